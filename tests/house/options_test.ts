/** Options that a function doesn't know are refused, with the nearest name; those that it takes do something. @module */
import { deepEqual, ok, rejects, throws } from "node:assert/strict";
import { apply, ConfigError, dense, input, model, sequential, tensor } from "../../mod.ts";
import { readCsv, readJsonLines, readLines } from "../../public/data.ts";
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

Deno.test("a reader of texts takes no path, and says so", () => {
  for (
    const name of [
      "x.csv",
      "./my data/x.tsv",
      "file:///data/x.csv",
      "C:\\data\\x.txt",
      "rows.jsonl",
      "x.csv.gz",
    ]
  ) {
    throws(() => readCsv(name), {
      name: "InputError",
      message: /readCsv: .*the name of a file .*give the file's bytes/,
    });
    throws(() => readLines(name), /readLines: .*the name of a file/);
    throws(() => readJsonLines(name), /readJsonLines: .*the name of a file/);
  }
  throws(() => readCsv(new URL("file:///x.csv") as unknown as string), /readCsv: expected text or bytes/);
  deepEqual(readLines("see the notes.txt"), ["see the notes.txt"]);
  deepEqual(readLines("x.csv\n"), ["x.csv"]);
  deepEqual(readCsv("a,x.csv", { header: false }).rows, [["a", "x.csv"]]);
  deepEqual(readCsv("name\nx.csv").rows, [["x.csv"]]);
});
