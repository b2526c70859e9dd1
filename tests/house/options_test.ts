/** Options that a function doesn't know are refused, with the nearest name; those that it takes do something. @module */
import { deepEqual, ok, rejects, throws } from "node:assert/strict";
import { apply, ConfigError, dense, input, model, sequential, tensor } from "../../mod.ts";
import {
  parseCsv,
  parseJsonLines,
  parseLines,
  readCsv,
  readJsonLines,
  readLines,
} from "../../public/data.ts";
import { meanSquaredError } from "../../public/losses.ts";
import { sgd } from "../../public/optimizers.ts";

const small = () => sequential([input({ shape: [2] }), dense({ units: 1 })], { backend: "plain", seed: 1 });
const x = tensor([[1, 2], [3, 4], [5, 6]]), y = tensor([[1], [2], [3]]);

Deno.test("a slip in an option's name is refused with the name that is meant", async () => {
  const m = small();
  const slips = [
    [
      () => m.compile({ loss: "mse", optimiser: "sgd" } as object),
      /^compile: .*"optimiser"; did you mean optimizer\?/,
    ],
    [() => m.fit(x, y, { epoch: 3 } as object), /^fit: .*"epoch"; did you mean epochs\?/],
    [() => m.predict(x, { batchsize: 1 } as object), /^predict: .*"batchsize"; did you mean batchSize\?/],
    [
      () => m.toBytes("keras", { kerasVersio: 2 } as object),
      /^toBytes as .keras: .*did you mean kerasVersion\?/,
    ],
    [
      () => sequential([dense({ units: 1 })], { sead: 1 } as object),
      /^model sequential: .*did you mean seed\?/,
    ],
  ] as const;
  m.compile({ loss: "mse" });
  for (const [call, message] of slips) {
    await rejects(
      async () => await call(),
      (error) => error instanceof ConfigError && message.test(error.message),
    );
  }
  throws(() => m.compile("adam" as unknown as object), /compile: expected an object of options, got "adam"/);
});

Deno.test("evaluate writes a line where it is asked to", async () => {
  const m = small(), lines: string[] = [], { error } = console;
  m.compile({ loss: "mse" });
  console.error = (line: string) => void lines.push(line);
  try {
    await m.evaluate(x, y);
    await m.evaluate(x, y, { verbose: 2 });
  } finally {
    console.error = error;
  }
  deepEqual(lines.length, 1);
  ok(/^evaluate .* loss /.test(lines[0] ?? ""), `${lines[0]}`);
});

Deno.test("factors of losses count in gradients of what was compiled", async () => {
  const start = input({ shape: [2] });
  const layer = dense({ units: 1, kernelInitializer: "ones" });
  const m = model({ inputs: start, outputs: apply(layer, start), backend: "plain" });
  m.compile({ loss: meanSquaredError(), optimizer: sgd() });
  // Errors of [1, 2], [3, 4], [5, 6] under ones are 2, 5, 8: their mean square is 31.
  deepEqual((await m.gradients(x, y)).loss, 31);
  deepEqual((await m.gradients(x, y, { lossWeights: [0.5] })).loss, 15.5);
});

Deno.test("a string is a path to what reads, and the text to what parses", async () => {
  const path = await Deno.makeTempFile({ suffix: ".csv" });
  try {
    await Deno.writeTextFile(path, "a,b\n1,2\n");
    deepEqual(await readCsv(path), parseCsv("a,b\n1,2\n"));
    deepEqual(await readLines(path), parseLines("a,b\n1,2\n"));
    await Deno.writeTextFile(path, '{"a":1}\n');
    deepEqual(await readJsonLines(path), parseJsonLines('{"a":1}\n'));
  } finally {
    await Deno.remove(path);
  }
  for (const read of [readCsv, readLines, readJsonLines]) {
    await rejects(read("a,b\n1,2\n"), { name: "InputError" });
    await rejects(read(`${path}.none`), { name: "InputError", message: /\.csv\.none/ });
  }
  throws(() => parseCsv(new URL("file:///x.csv") as unknown as string), /parseCsv: expected text or bytes/);
  deepEqual(parseLines("x.csv"), ["x.csv"]);
});
