/** The command line's edges: order of complaints, places that can't be written, signals, closed pipes. @module */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { input, sequential, tensor, writeNpy } from "../../mod.ts";
import { dense } from "../../public/layers.ts";
import { inFolder, lapis } from "../support/cli.ts";
import { root } from "../support/sources.ts";

const path = (below: string) => decodeURIComponent(new URL(below, root).pathname);
const mlp = path("tests/fixtures/keras/B_mlp_784/model.h5");
const bilstm = path("examples/data/nusax_bilstm/model.keras");
const keras = path("examples/data/nusax_bilstm/predictions.npy");
const command = (...args: readonly string[]) =>
  new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--config", path("deno.json"), path("cli/main.ts"), ...args],
    stdout: "piped",
    stderr: "piped",
  });

Deno.test("an unknown option is told before a missing one, with the nearest name", async () => {
  for (const name of ["evaluate", "extract", "build", "report", "gradients", "verify"]) {
    const { exit, err } = await lapis(name, mlp, "--ouput", "x");
    strictEqual(exit, 2);
    match(err, /unknown option '--ouput'/, name);
  }
  match((await lapis("evaluate", mlp)).err, /^error: --data is missing: samples/);
  match((await lapis("verify", mlp)).err, /^error: --against is missing: /);
});

Deno.test("a place that can't be written is told in the same words by every command, before any work", () =>
  inFolder(async (folder) => {
    await Deno.mkdir(`${folder}/a.csv`);
    await Deno.writeTextFile(`${folder}/file`, "");
    for (const ending of ["onnx", "svg", "wasm", "keras"]) await Deno.mkdir(`${folder}/a.${ending}`);
    // No model is there: what is told of the place was told before one was looked for.
    const model = `${folder}/none.keras`, config = `${folder}/c.json`;
    await Deno.writeTextFile(
      config,
      JSON.stringify({
        model: { layers: [{ type: "dense", units: 1 }] },
        data: { train: { x: "x.npy", y: "x.npy" } },
        compile: { loss: "mse" },
      }),
    );
    const files: readonly (readonly [string, ...string[]])[] = [
      ["onnx", "convert", model, "FILE"],
      ["onnx", "extract", model, "--outputs", "a", "-o", "FILE"],
      ["wasm", "build", model, "-o", "FILE"],
      ["svg", "graph", model, "-o", "FILE"],
      ["csv", "forecast", model, "--data", "x.csv", "-o", "FILE"],
      ["svg", "gradients", model, "-i", "x.npy", "--target", "y.npy", "--plot", "FILE"],
      ["keras", "train", config, "-o", "FILE"],
      ["svg", "train", config, "-o", `${folder}/m.keras`, "--plot", "FILE"],
    ];
    for (const [ending, ...args] of files) {
      const run = (name: string) => lapis(...args.map((arg) => arg === "FILE" ? `${folder}/${name}` : arg));
      const directory = await run(`a.${ending}`), missing = await run(`no/a.${ending}`);
      strictEqual(directory.err, `error: ${folder}/a.${ending}: is a directory, expected a file\n`);
      strictEqual(missing.err, `error: ${folder}/no/: no such folder\n`);
      strictEqual(directory.exit, 3);
      strictEqual(missing.exit, 3);
    }
    const folders = [["report", model, "-o"], ["experiment", config, "-o"]];
    for (const args of folders) {
      const { exit, err } = await lapis(...args, `${folder}/file`);
      strictEqual(err, `error: ${folder}/file: is a file, expected a folder\n`);
      strictEqual(exit, 3);
    }
  }));

Deno.test("no command writes over what it reads", () =>
  inFolder(async (folder) => {
    const model = `${folder}/m.h5`, linked = `${folder}/linked.h5`;
    await Deno.copyFile(mlp, model);
    await Deno.symlink(model, linked);
    const before = await Deno.readFile(model);
    for (const place of [model, linked, `${folder}/../${folder.split("/").at(-1)}/m.h5`]) {
      for (const args of [["extract", model, "--outputs", "dense", "-o", place], ["convert", model, place]]) {
        const { exit, err } = await lapis(...args);
        strictEqual(exit, 2, err);
        match(err, /m\.h5: is a file that is read|linked\.h5: is a file that is read/);
      }
    }
    strictEqual(`${await Deno.readFile(model)}`, `${before}`);
  }));

Deno.test("a reader that closes the pipe ends a command quietly", () =>
  inFolder(async (folder) => {
    await Deno.writeFile(`${folder}/x.npy`, writeNpy(tensor(new Float32Array(20000 * 784), [20000, 784])));
    const args = ["predict", mlp, "--input", `${folder}/x.npy`, "--rows", "20000", "--json"];
    const child = command(...args).spawn(), reader = child.stdout.getReader();
    await reader.read();
    await reader.cancel();
    const told = await new Response(child.stderr).text();
    strictEqual(told, "");
    strictEqual((await child.status).code, 0);
  }));

Deno.test("verify compares with a stored array; a folder in its place is refused before the model runs", async () => {
  const text = ["--text", "enak"];
  const { exit, err } = await lapis("verify", bilstm, "--against", path("examples/data"), ...text);
  strictEqual(exit, 3);
  match(err, /examples\/data: is a directory, expected a file/);
  strictEqual((await lapis("verify", bilstm, "--against", keras, ...text)).exit, 3);
});

Deno.test("layers are found whatever their letters' case", async () => {
  for (const name of ["lstm", "LSTM", "Lstm", "bidirectional"]) {
    const { exit, out } = await lapis("layers", name);
    strictEqual(exit, 0);
    match(out.toLowerCase(), new RegExp(`^${name.toLowerCase()} `));
  }
});

Deno.test("a training whose loss is no number ends, says where, and leaves an earlier model alone", () =>
  inFolder(async (folder) => {
    const config = {
      model: { layers: [{ type: "dense", units: 1 }] },
      data: { train: { x: "x.npy", y: "y.npy" }, target: "number" },
      compile: { loss: "mse", optimizer: { name: "sgd", learningRate: 1e30 } },
      fit: { epochs: 9 },
    };
    await Deno.writeTextFile(`${folder}/c.json`, JSON.stringify(config));
    for (const name of ["x", "y"]) {
      await Deno.writeFile(`${folder}/${name}.npy`, writeNpy(tensor([[1], [2], [3]])));
    }
    await Deno.writeTextFile(`${folder}/m.keras`, "an earlier model");
    const { exit, err } = await lapis("train", `${folder}/c.json`, "-o", `${folder}/m.keras`);
    strictEqual(exit, 3);
    match(err, /error: the loss is (NaN|Infinity) after step 1 of epoch [23], so nothing is written/);
    strictEqual(await Deno.readTextFile(`${folder}/m.keras`), "an earlier model");
  }));

Deno.test("any metric is asked of a compiled model; one that isn't known is told with all that are", () =>
  inFolder(async (folder) => {
    const model = sequential([
      input({ shape: [1] }),
      dense({ units: 1, activation: "sigmoid", kernelInitializer: "ones" }),
    ]);
    model.compile({ loss: "binaryCrossentropy" });
    await model.save(`${folder}/m.keras`);
    await Deno.writeTextFile(`${folder}/t.csv`, "a,label\n-2,0\n-1,1\n1,0\n2,1\n");
    const args = ["evaluate", `${folder}/m.keras`, "--data", `${folder}/t.csv`];
    const { out } = await lapis(...args, "--metrics", "auc,f1", "--metrics", "recall");
    match(out, /^loss \d\.\d{4} {2}auc 0\.7500 {2}f1 0\.5000 {2}recall 0\.5000\n/);
    const wrong = await lapis(...args, "--metrics", "aux");
    strictEqual(wrong.exit, 3);
    match(wrong.err, /no metric named aux; did you mean auc\?; there are accuracy, auc, .*truePositives\n/);
    match((await lapis(...args, "--loss", "mes")).err, /no loss named mes.*; there are binaryCrossentropy, /);
  }));

/** A model of two classes whose probability is the sigmoid of the first column; the second is not read. */
async function sigmoidModel(file: string, threshold?: number): Promise<void> {
  const model = sequential([
    input({ shape: [2] }),
    dense({ units: 1, activation: "sigmoid", kernelInitializer: "zeros" }),
  ]);
  const [kernel = ""] = model.weights.keys();
  model.setWeight(kernel, tensor([[1], [0]]));
  model.compile({ loss: "binaryCrossentropy" });
  const preprocessing = { features: ["a", "b"], label: "kind", target: "class" };
  const kept = { ...(threshold !== undefined && { threshold }) };
  await model.save(file, { extras: { json: { preprocessing, labels: ["no", "yes"], ...kept } } });
}
// Scores of the truths 1, 1, 0, 1, 0, 0 fall: ROC area 8 of 9 pairs, average precision (1 + 1 + 3/4) / 3.
const judgedRows = "a,b,kind\n3,0,yes\n2,1,yes\n1,2,no\n-0.5,3,yes\n-2,4,no\n-3,5,no\n";

Deno.test("evaluate says areas, calibration, the surest mistakes with their rows, intervals and importances", () =>
  inFolder(async (folder) => {
    await sigmoidModel(`${folder}/m.keras`);
    await Deno.writeTextFile(`${folder}/t.csv`, judgedRows);
    const args = [
      "evaluate",
      `${folder}/m.keras`,
      "--data",
      `${folder}/t.csv`,
      "--curves",
      `${folder}/c.svg`,
    ];
    const { out, exit, err } = await lapis(...args, "--intervals", "0.9", "--importance", "20", "--json");
    strictEqual(exit, 0, err);
    const found = JSON.parse(out);
    const [area] = found.areas;
    // Sums of a few float64 numbers.
    ok(Math.abs(area.roc - 8 / 9) < 1e-15 && Math.abs(area.averagePrecision - (1 + 1 + 3 / 4) / 3) < 1e-15);
    const p = [3, 2, 1, -0.5, -2, -3].map((v) => Math.fround(1 / (1 + Math.exp(-v))));
    const brier = [1, 1, 0, 1, 0, 0].reduce((sum, t, i) => sum + (t - (p[i] ?? 0)) ** 2, 0) / 6;
    // Probabilities are float32 numbers.
    ok(Math.abs(found.calibration.brier - brier) < 1e-6);
    deepStrictEqual(
      found.mistakes.map((
        m: { row: number; true: number; predicted: number },
      ) => [m.row, m.true, m.predicted]),
      [[3, 0, 1], [4, 1, 0]],
    );
    ok(found.intervals.accuracy.lower < 4 / 6 && found.intervals.accuracy.upper > 4 / 6);
    strictEqual(found.importance[0].column, "a");
    deepStrictEqual(found.importance[1], { column: "b", mean: 0, deviation: 0 });
    match(await Deno.readTextFile(`${folder}/c.svg`), />ROC<.*yes: area 0\.8889.*>reliability</s);
    const told = await lapis(...args);
    match(told.out, /yes +0\.8889 +0\.9167\n/);
    match(told.out, /no +yes +0\.7311 +3\n/);
    match(told.out, /\nwritten: .*c\.svg\n$/);
    deepStrictEqual(told.out.split("\n").filter((line) => line.length > 80), []);
  }));

Deno.test("the threshold in a file, or one that is given, is what evaluate and predict go by", () =>
  inFolder(async (folder) => {
    await sigmoidModel(`${folder}/half.keras`);
    await sigmoidModel(`${folder}/low.keras`, 0.3);
    await Deno.writeTextFile(`${folder}/t.csv`, judgedRows);
    const predicted = async (name: string, ...more: readonly string[]) => {
      const { out } = await lapis(
        "evaluate",
        `${folder}/${name}.keras`,
        "--data",
        `${folder}/t.csv`,
        "--json",
        ...more,
      );
      return JSON.parse(out).samples.map((s: { predicted: number }) => s.predicted);
    };
    deepStrictEqual(await predicted("half"), [1, 1, 1, 0, 0, 0]);
    deepStrictEqual(await predicted("low"), [1, 1, 1, 1, 0, 0]);
    deepStrictEqual(await predicted("half", "--threshold", "0.1"), [1, 1, 1, 1, 1, 0]);
    await lapis("predict", `${folder}/low.keras`, `${folder}/t.csv`, "-o", `${folder}/p.json`);
    const rows = JSON.parse(await Deno.readTextFile(`${folder}/p.json`)) as { label: string }[];
    deepStrictEqual(rows.map((row) => row.label), ["yes", "yes", "yes", "yes", "no", "no"]);
    strictEqual(
      (await lapis("evaluate", `${folder}/half.keras`, "--data", "x.csv", "--threshold", "2")).exit,
      2,
    );
  }));

Deno.test("a search whose data are missing ends before the first trial", () =>
  inFolder(async (folder) => {
    const layers = [{ type: "dense", units: 1 }], data = { train: { x: "none.npy", y: "none.npy" } };
    const base = { model: { layers }, data, compile: { loss: "mse" } };
    const plan = { base, variants: [{ name: "a" }], metric: "valLoss" };
    await Deno.writeTextFile(`${folder}/plan.json`, JSON.stringify(plan));
    const { exit, err } = await lapis("experiment", `${folder}/plan.json`, "-o", `${folder}/out`);
    strictEqual(exit, 3);
    match(err, /none\.npy: no such file, and trials need it/);
  }));

Deno.test("train --early-stopping ends where validation gets no better; without validation rows it is refused", () =>
  inFolder(async (folder) => {
    const layers = [{ type: "dense", units: 1 }],
      compile = { loss: "mse", optimizer: { name: "sgd", learningRate: 0 } };
    const config = {
      model: { layers },
      data: { train: { x: "x.npy", y: "x.npy" }, target: "number" },
      compile,
    };
    await Deno.writeTextFile(`${folder}/c.json`, JSON.stringify(config));
    await Deno.writeFile(`${folder}/x.npy`, writeNpy(tensor([[1], [2], [3], [4]])));
    const args = [
      "train",
      `${folder}/c.json`,
      "-o",
      `${folder}/m.keras`,
      "--epochs",
      "20",
      "--early-stopping",
      "3",
    ];
    const { out } = await lapis(...args, "--best", "--validation-split", "0.5");
    match(out, /trained 4 epochs/);
    const { exit, err } = await lapis(...args);
    ok(exit !== 0);
    match(err, /valLoss/);
  }));
