/** `lapis train`, `evaluate` and `gradients`: configurations, what they print and write, stopping and going on. @module */
import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { main } from "../../cli/main.ts";
import { schemaText } from "../../cli/training/schema.ts";
import { loadModel, tensor, writeNpy } from "../../mod.ts";
import { writeNpz } from "../../public/data.ts";
import { toNumbers } from "../../public/tensors.ts";
import { inFolder } from "../support/cli.ts";
import { root } from "../support/sources.ts";

const path = (below: string) => decodeURIComponent(new URL(below, root).pathname);

interface Run {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
}
/** Runs the command line in this process; on a terminal that a person looks at where `interactive` is true. */
async function lapis(args: readonly string[], interactive = false): Promise<Run> {
  let out = "", err = "";
  const exit = await main(args, {
    out: (text) => out += text,
    err: (text) => err += text,
    width: 80,
    interactive,
  });
  return { exit, out, err };
}
type Json = Record<string, unknown>;
async function json(args: readonly string[]): Promise<Json> {
  const { exit, out, err } = await lapis([...args, "--json"]);
  strictEqual(exit, 0, err);
  strictEqual(out.trim().split("\n").length, 1);
  return JSON.parse(out) as Json;
}

/** Eight texts of two classes, told apart by one word. */
const reviews = `text,label
"good, food",yes
"GOOD place",yes
bad food,no
bad place,no
good staff,yes
bad staff,no
"good
price",yes
bad price,no
`;
const textConfig = {
  model: {
    layers: [
      { type: "embedding", inputDim: 20, outputDim: 8, maskZero: true },
      { type: "bidirectional", layer: { type: "lstm", units: 4 } },
      { type: "dense", units: 2, activation: "softmax" },
    ],
  },
  data: {
    train: "reviews.csv",
    validation: ["reviews.csv"],
    test: "reviews.csv",
    text: { maxWords: 20, length: 4 },
  },
  compile: {
    optimizer: { name: "adam", learningRate: 0.05 },
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy"],
  },
  fit: { epochs: 20, batchSize: 4, seed: 1 },
};
async function textFolder(
  folder: string,
  change: (config: typeof textConfig) => unknown = (c) => c,
): Promise<string> {
  await Deno.writeTextFile(`${folder}/reviews.csv`, reviews);
  const file = `${folder}/train.json`;
  await Deno.writeTextFile(file, JSON.stringify(change(structuredClone(textConfig))));
  return file;
}
/** Points on a line: y = 2a − b. */
async function lineFolder(folder: string): Promise<void> {
  const rows = Array.from({ length: 32 }, (_, i) => [Math.sin(i), Math.cos(3 * i)]);
  const y = rows.map(([a = 0, b = 0]) => [2 * a - b]);
  await Deno.writeFile(`${folder}/x.npy`, writeNpy(tensor(rows)));
  await Deno.writeFile(`${folder}/y.npy`, writeNpy(tensor(y)));
  await Deno.writeFile(`${folder}/both.npz`, writeNpz({ x: tensor(rows), y: tensor(y) }));
  await Deno.writeTextFile(
    `${folder}/line.csv`,
    `a,b,y\n${rows.map((row, i) => [...row, y[i]?.[0]].join()).join("\n")}\n`,
  );
  await Deno.writeTextFile(
    `${folder}/line.json`,
    JSON.stringify({
      model: { layers: [{ type: "dense", units: 1 }] },
      data: { train: "line.csv", test: "line.csv", label: "y", target: "number", normalize: true },
      compile: { optimizer: { name: "sgd", learningRate: 0.1 }, loss: "meanSquaredError" },
      fit: { epochs: 30, batchSize: 8, seed: 2 },
    }),
  );
}

Deno.test("the published schema is the one that the code gives: deno task schema writes it", async () => {
  strictEqual(await Deno.readTextFile(new URL("docs/train.schema.json", root)), schemaText());
});

Deno.test("the examples' configurations are read, and every key they have is in the schema", async () => {
  const { $defs, properties } = JSON.parse(schemaText()) as {
    $defs: { layer: { oneOf: { properties: Record<string, { const?: string }> }[] } };
    properties: Record<string, unknown>;
  };
  const layers = new Map($defs.layer.oneOf.map((l) => [l.properties.type?.const, l.properties]));
  const folder = new URL("examples/training/", root);
  let seen = 0;
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith(".json")) continue;
    const config = JSON.parse(await Deno.readTextFile(new URL(name, folder))) as typeof textConfig;
    deepStrictEqual(Object.keys(config).filter((key) => !(key in properties)), []);
    for (const layer of config.model.layers) {
      const known = layers.get(layer.type) ?? {};
      deepStrictEqual(Object.keys(layer).filter((key) => !(key in known)), []);
    }
    seen++;
  }
  ok(seen >= 4);
});

Deno.test("a model of text is trained, tested, saved with its words and labels, and its history written", () =>
  inFolder(async (folder) => {
    const config = await textFolder(folder), file = `${folder}/out.keras`;
    const done = await json(["train", config, "-o", file, "--history", `${folder}/history.json`]);
    strictEqual(done.epochs, 20);
    const history = JSON.parse(await Deno.readTextFile(`${folder}/history.json`)) as {
      epoch: number[];
      history: Record<string, number[]>;
    };
    strictEqual(history.epoch.length, 20);
    deepStrictEqual(Object.keys(history.history).sort(), ["accuracy", "loss", "valAccuracy", "valLoss"]);
    strictEqual(history.history.valAccuracy?.at(-1), 1);
    deepStrictEqual((done.test as { report: { accuracy: number } }).report.accuracy, 1);

    // The classes are the sorted labels; the file alone is enough for texts.
    const said = await json(["predict", file, "--text", "Good!!", "--text", "bad"]);
    const outputs = said.outputs as { classes: { label: string }[] }[];
    deepStrictEqual(outputs[0]?.classes.map(({ label }) => label), ["yes", "no"]);

    const told = await lapis(["evaluate", file, "--data", `${folder}/reviews.csv`, "--samples", "3"]);
    strictEqual(told.exit, 0, told.err);
    match(told.out, /^loss \d\S+ {2}accuracy 1\.0000/);
    match(told.out, /accuracy +1\.0000 +8/);
    match(told.out, /mean confidence +predicted so +truly so/);
    match(told.out, / {2}3 {2}no +no +\d\.\d{4} {2}bad food/);
  }));

Deno.test("numbers: a table, arrays and flags alone train the same model; evaluate says RMSE and R2", () =>
  inFolder(async (folder) => {
    await lineFolder(folder);
    const first = await json(["train", `${folder}/line.json`, "-o", `${folder}/a.keras`]);
    const { numbers } = first.test as { numbers: { rmse: number; r2: number } };
    ok(numbers.rmse < 0.05 && numbers.r2 > 0.99, JSON.stringify(numbers));

    const flags = [
      "--target-kind",
      "number",
      "--epochs",
      "3",
      "--seed",
      "5",
      "--loss",
      "mse",
      "--optimizer",
      "adam",
    ];
    const from = `${folder}/a.keras`;
    const apart = ["--data", `${folder}/x.npy`, "--target", `${folder}/y.npy`];
    await json(["train", from, ...apart, ...flags, "-o", `${folder}/b.keras`]);
    await json(["train", from, "--data", `${folder}/both.npz`, ...flags, "-o", `${folder}/c.keras`]);
    const [b, c] = [await loadModel(`${folder}/b.keras`), await loadModel(`${folder}/c.keras`)];
    deepStrictEqual([...b.weights.values()], [...c.weights.values()]);

    const { numbers: again } = await json(["evaluate", from, "--data", `${folder}/line.csv`]) as {
      numbers: { r2: number };
    };
    strictEqual(again.r2, numbers.r2);
  }));

Deno.test("a key that isn't known is refused with the nearest one", () =>
  inFolder(async (folder) => {
    type Change = Parameters<typeof textFolder>[1];
    const wrong: readonly (readonly [RegExp, Change])[] = [
      [/unknown option "epoch"; did you mean epochs\?/, (c) => ({ ...c, fit: { epoch: 3 } })],
      [/unknown option "modle"; did you mean model\?/, (c) => ({ ...c, modle: 1 })],
      [/unknown option "unit"; did you mean units\?/, (c) => {
        c.model.layers[2] = { type: "dense", unit: 2 } as never;
        return c;
      }],
      [/model\.layers\[0\]: no layer named embeding; did you mean embedding\?/, (c) => {
        c.model.layers[0] = { type: "embeding" } as never;
        return c;
      }],
      [/did you mean learningRate\?/, (c) => {
        c.compile.optimizer = { name: "adam", learningrat: 1 } as never;
        return c;
      }],
      [/no callback named earlyStoping; did you mean earlyStopping\?/, (c) => ({
        ...c,
        fit: { ...c.fit, callbacks: [{ type: "earlyStoping" }] },
      })],
      [/train\.json\.fit\.batchSize: expected integer >= 1, got 0/, (c) => ({ ...c, fit: { batchSize: 0 } })],
      [/label "yes" is none of no, maybe/, (c) => ({ ...c, data: { ...c.data, labels: ["no", "maybe"] } })],
    ];
    for (const [message, change] of wrong) {
      const config = await textFolder(folder, change);
      const { exit, err } = await lapis(["train", config, "-o", `${folder}/out.keras`]);
      strictEqual(exit, 3, `${message}: ${err}`);
      match(err, message);
      match(err, /^error: .*\n$/);
    }
    const config = await textFolder(folder);
    strictEqual((await lapis(["train", config])).exit, 2);
    strictEqual((await lapis(["train", config, "-o", `${folder}/out.txt`])).exit, 2);
    strictEqual((await lapis(["train", config, "-o", `${folder}/none/out.keras`])).exit, 3);
    strictEqual((await lapis(["train", config, "-o", `${folder}/out.keras`, "--resume"])).exit, 3);
    deepStrictEqual([...Deno.readDirSync(folder)].map(({ name }) => name).sort(), [
      "reviews.csv",
      "train.json",
    ]);
  }));

Deno.test("a terminal sees a bar with both losses and the time left, a pipe plain lines", () =>
  inFolder(async (folder) => {
    const config = await textFolder(folder),
      args = ["train", config, "-o", `${folder}/out.keras`, "--epochs", "3"];
    const live = await lapis(args, true);
    match(
      live.err.replaceAll("\x1b[K", ""),
      /\r2\/3 █+ 2\/2 {2}\d+\.\d s left {2}loss \d\.\d+ {2}valLoss \d\.\d+/,
    );
    const plain = await lapis(args);
    ok(!plain.err.includes("\r"));
    strictEqual(plain.err.split("\n").filter((line) => line.startsWith("epoch ")).length, 3);
    match(plain.err, /epoch 3\/3 {2}\d+\.\d s {2}loss .* valLoss /);
  }));

Deno.test("Ctrl-C saves where the last epoch ended, and --resume ends as if nothing had been", {
  ignore: Deno.build.os === "windows",
}, () =>
  inFolder(async (folder) => {
    const config = await textFolder(folder, (c) => ({
      ...c,
      fit: {
        ...c.fit,
        epochs: 400,
        callbacks: [{ type: "earlyStopping", patience: 500, restoreBestWeights: true }],
      },
    }));
    const broken = `${folder}/broken.keras`, whole = `${folder}/whole.keras`;
    await Deno.writeTextFile(broken, "an earlier model");
    // A process of its own: the test runner takes the signal for itself.
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--config", path("deno.json"), path("cli/main.ts"), "train", config, "-o", broken],
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    let told = "";
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      if (!/epoch +5\//.test(told) && /epoch +5\//.test(told + text)) child.kill("SIGINT");
      told += text;
    }
    const { code } = await child.status, out = await new Response(child.stdout).text();
    strictEqual(code, 130, told);
    strictEqual(await Deno.readTextFile(broken), "an earlier model");
    match(out, /stopped after (\d+) epochs; .*broken\.keras is as it was\nwritten: .*broken\.stopped\.keras/);
    const done = Number(/after (\d+)/.exec(out)?.[1]);
    ok(done >= 5 && done < 400);
    const epochs = `${done + 3}`;
    await json(["train", config, "-o", broken, "--resume", "--epochs", epochs]);
    await rejects(Deno.stat(`${folder}/broken.stopped.keras`));
    await json(["train", config, "-o", whole, "--epochs", epochs]);
    const [a, b] = [await loadModel(broken), await loadModel(whole)];
    deepStrictEqual([...a.weights], [...b.weights]);
    deepStrictEqual(a.extras?.json, b.extras?.json);
  }));

Deno.test("gradients: every weight's shape and size, totals by type, and a loss that is asked for", () =>
  inFolder(async (folder) => {
    await lineFolder(folder);
    await json(["train", `${folder}/line.json`, "-o", `${folder}/a.keras`, "--epochs", "1"]);
    const args = [
      "gradients",
      `${folder}/a.keras`,
      "--input",
      `${folder}/x.npy`,
      "--target",
      `${folder}/y.npy`,
    ];
    const found = await json(args) as {
      loss: number;
      weights: {
        weight: string;
        shape: number[];
        finite: boolean;
        nonzero: number;
        mean: number;
        max: number;
      }[];
      types: { type: string; elements: number }[];
    };
    deepStrictEqual(found.weights.map(({ weight, shape }) => [weight, shape]), [["kernel", [2, 1]], ["bias", [
      1,
    ]]]);
    deepStrictEqual(found.types.map(({ type, elements }) => [type, elements]), [["Dense", 3]]);
    // The bias' gradient is twice the mean error, and the command scales its input as training did.
    const model = await loadModel(`${folder}/a.keras`);
    const { preprocessing } = model.extras?.json as {
      preprocessing: { mean: number[]; deviation: number[] };
    };
    const rows = Array.from({ length: 32 }, (_, i) => [Math.sin(i), Math.cos(3 * i)]);
    const scaled = rows.map((row) =>
      row.map((v, c) => (v - (preprocessing.mean[c] ?? 0)) / (preprocessing.deviation[c] ?? 1))
    );
    const predicted = toNumbers(await model.predict(scaled) as ReturnType<typeof tensor>);
    const error = rows.reduce((sum, [x = 0, z = 0], i) => sum + (predicted[i] ?? 0) - (2 * x - z), 0) / 32;
    ok(Math.abs((found.weights[1]?.max ?? 0) - Math.abs(2 * error)) < 1e-5);

    const other = await json([...args, "--loss", "meanAbsoluteError"]) as { loss: number };
    ok(other.loss !== found.loss);
    const { exit, out } = await lapis([...args, "--plot", `${folder}/a.svg`, "--layer", "kernel"]);
    strictEqual(exit, 0);
    const svg = await Deno.readTextFile(`${folder}/a.svg`);
    match(svg, />[^<]*dense\/kernel<.*>gradient of [^<]*dense\/kernel</s);
    ok(!svg.includes("bias"));
    match(out, /dense\/kernel +\[2, 1\] +yes +100\.0 %/);
    match(out, /Dense +1 +3 +yes/);
    strictEqual((await lapis(["gradients", `${folder}/a.keras`, "--target", `${folder}/y.npy`])).exit, 2);
  }));

Deno.test("--resume reads tables as the configuration says they are written", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const rows = Array.from({ length: 12 }, () => '"bagus; enak";pos\n"buruk; mahal";neg').join("\n");
    await Deno.writeTextFile(`${folder}/texts.csv`, `text;label\n${rows}\n`);
    const layers = [
      { type: "embedding", inputDim: 8, outputDim: 4 },
      { type: "flatten" },
      { type: "dense", units: 2, activation: "softmax" },
    ];
    const data = { train: "texts.csv", table: { delimiter: ";" }, text: { maxWords: 8, length: 3 } };
    const compile = { optimizer: "adam", loss: "sparseCategoricalCrossentropy" };
    await Deno.writeTextFile(
      `${folder}/c.json`,
      JSON.stringify({ model: { layers }, data, compile, fit: { epochs: 1 } }),
    );
    const quiet = { out: () => {}, err: () => {}, width: 80, interactive: false };
    const ask = ["train", `${folder}/c.json`, "-o", `${folder}/m.keras`];
    strictEqual(await main(ask, quiet), 0);
    strictEqual(await main([...ask, "--resume", "--epochs", "2"], quiet), 0);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
