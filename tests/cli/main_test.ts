/** The command line: what it prints, what it writes, and its exit codes. @module */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { readNpy, tensor, writeNpy } from "../../mod.ts";
import { inFolder, lapis } from "../support/cli.ts";
import { root } from "../support/sources.ts";

const path = (below: string) => decodeURIComponent(new URL(below, root).pathname);
const bilstm = path("examples/data/nusax_bilstm/model.keras");
const keras = path("examples/data/nusax_bilstm/predictions.npy");
const reviews = path("examples/data/nusax-sentiment/indonesian/test.csv");
const fixture = (name: string) => path(`tests/fixtures/keras/${name}`);

/** The one object that `--json` prints. */
async function json(...args: readonly string[]): Promise<Record<string, unknown>> {
  const { out } = await lapis(...args, "--json");
  equal(out.trim().split("\n").length, 1);
  return JSON.parse(out) as Record<string, unknown>;
}
const commands = [
  "predict",
  "inspect",
  "verify",
  "convert",
  "init",
  "train",
  "experiment",
  "evaluate",
  "generate",
  "forecast",
  "gradients",
  "extract",
  "diff",
  "build",
  "graph",
  "view",
  "report",
  "layers",
];

Deno.test("every command has --help with an example, and no line is wider than 80 columns", async () => {
  for (const name of ["", ...commands]) {
    const { exit, out } = await lapis(...(name === "" ? [] : [name]), "--help");
    equal(exit, 0);
    match(out, /Example:\n {2}lapis /);
    deepEqual(out.split("\n").filter((line) => line.length > 80), []);
  }
});

Deno.test("wrong use ends with 2", async () => {
  equal((await lapis()).exit, 2);
  equal((await lapis("fly")).exit, 2);
  equal((await lapis("predict")).exit, 2);
  equal((await lapis("predict", bilstm)).exit, 2);
  equal((await lapis("inspect", bilstm, "--colour")).exit, 2);
  equal((await lapis("predict", bilstm, "--text", "x", "--batch-size", "0")).exit, 2);
  equal((await lapis("predict", bilstm, "--text", "x", "--backend", "abacus")).exit, 2);
  equal((await lapis("verify", bilstm, "--against", keras)).exit, 2);
  const { exit, err } = await lapis("predict", bilstm, "--text", "x", "--rows", "many");
  equal(exit, 2);
  equal(err, "error: --rows: expected a whole number from 0, got many\n");
});

Deno.test("bad input ends with 3 and one clear line without a stack trace", () =>
  inFolder(async (folder) => {
    const bytes = await Deno.readFile(bilstm);
    await Deno.writeFile(`${folder}/cut.keras`, bytes.slice(0, bytes.length / 2));
    await Deno.writeFile(`${folder}/wrong.npy`, writeNpy(tensor([[1, 2, 3]])));
    await Deno.writeTextFile(`${folder}/text.npy`, "no array");
    await Deno.writeTextFile(`${folder}/bad.csv`, "a,b\n1,x\n");
    const mlp = fixture("B_mlp_784/model.h5");
    const bad: readonly (readonly [RegExp, ...string[]])[] = [
      [/missing\.keras/, "inspect", `${folder}/missing.keras`],
      [/directory/, "inspect", folder],
      [/zip|truncated/, "inspect", `${folder}/cut.keras`],
      [/FancyDense/, "inspect", fixture("F_cfg_unknown_layer/model.keras")],
      [/no such file/, "predict", mlp, "--input", `${folder}/missing.npy`],
      [/npy/, "predict", mlp, "--input", `${folder}/text.npy`],
      [/784/, "predict", mlp, "--input", `${folder}/wrong.npy`],
      [/not a number/, "predict", mlp, "--input", `${folder}/bad.csv`],
      [/holds no pictures \(\.png, \.jpg, \.gif, \.bmp, \.webp/, "predict", mlp, "--input", folder],
      [/vocabulary/, "predict", mlp, "--text", "hello"],
      [/no column stars; it has id, text, label/, "predict", bilstm, "-i", reviews, "--column", "stars"],
      [/layer/, "layers", "Lstn"],
    ];
    for (const [pattern, ...args] of bad) {
      const { exit, out, err } = await lapis(...args);
      equal(exit, 3, `${args.join(" ")}: ${err}`);
      match(err, /^error: [^\n]+\n$/);
      match(err, pattern);
      equal(out, "");
    }
    const debug = await lapis("inspect", `${folder}/missing.keras`, "--debug");
    match(debug.err, /\n {4}at /);
    const told = await json("inspect", `${folder}/missing.keras`);
    ok(typeof told.error === "object");
  }));

Deno.test("predict writes every output, whole, under its name", () =>
  inFolder(async (folder) => {
    const { exit, out } = await lapis("predict", bilstm, "--input", reviews, "-o", `${folder}/out`);
    equal(exit, 0);
    match(out, /row {2}class +probability {2}text/);
    match(out, /written: .*dense.*\.npy/);
    const names: string[] = [];
    for await (const entry of Deno.readDir(`${folder}/out`)) names.push(entry.name);
    equal(names.length, 1);
    const [got, expected] = [await Deno.readFile(`${folder}/out/${names[0]}`), await Deno.readFile(keras)]
      .map((b) => readNpy(b));
    deepEqual(got?.shape, expected?.shape);
  }));

Deno.test("predict reads text, with the class and its probability", async () => {
  const { exit, out, err } = await lapis("predict", bilstm, "--text", "enak dan murah, saya suka");
  equal(exit, 0);
  equal(err, "");
  match(out, / positive +0\.\d{4} {2}enak dan murah/);
  const found = await json("predict", bilstm, "--text", "enak", "--text", "buruk");
  equal(found.rows, 2);
});

Deno.test("predict takes inputs by name and in order, numbers from .csv too", () =>
  inFolder(async (folder) => {
    const model = fixture("A_merge_subtract/model.h5"), io = fixture("A_merge_subtract/io");
    const [first, second] = [`${io}/in_input_0.npy`, `${io}/in_input_1.npy`];
    const ordered = await json("predict", model, "--input", first, "--input", second);
    const [a, b] = (await json("inspect", model)).inputs as { name: string }[];
    const named = await json("predict", model, "-i", `${b?.name}=${second}`, "-i", `${a?.name}=${first}`);
    deepEqual(
      (named.outputs as { first: unknown }[])[0]?.first,
      (ordered.outputs as { first: unknown }[])[0]?.first,
    );
    await Deno.writeTextFile(
      `${folder}/x.csv`,
      `${Array.from({ length: 784 }, (_, i) => `p${i}`)}\n${Array.from({ length: 784 }, () => 0.5)}\n`,
    );
    const table = await json("predict", fixture("B_mlp_784/model.h5"), "--input", `${folder}/x.csv`);
    equal(table.rows, 1);
  }));

Deno.test("inspect shows layers with shapes and parameters, operators, and the real batch", async () => {
  const { exit, out } = await lapis("inspect", bilstm);
  equal(exit, 0);
  match(out, /226,435 parameters/);
  match(out, /bidirectional .*Bidirectional/);
  match(out, / {2}forward_lstm/);
  match(out, /operators: /);
  deepEqual(out.split("\n").filter((line) => line.length > 80), []);
  const real = await lapis("inspect", bilstm, "--text", "enak", "--text", "tidak");
  match(real.out, /\[2, 100, 64\]/);
});

Deno.test("inspect --plan shows segments, kernels and bytes", async () => {
  const { exit, out } = await lapis("inspect", bilstm, "--plan");
  equal(exit, 0);
  match(out, /segment +where +kernel +layer +bytes/);
  match(out, /memory: weights \d/);
  deepEqual(out.split("\n").filter((line) => line.length > 80), []);
});

Deno.test("verify against Keras' predictions reports classes, scores and ten samples", async () => {
  const { exit, out } = await lapis("verify", bilstm, "--against", keras, "-i", reviews, "--target", reviews);
  equal(exit, 0, out);
  match(out, /same class: 400 of 400 rows/);
  match(out, /macro F1 +0\.7452/);
  match(out, /equal within/);
  const found = await json("verify", bilstm, "--against", keras, "-i", reviews, "--target", reviews);
  equal((found.samples as unknown[]).length, 10);
});

Deno.test("verify between two engines goes layer by layer and names the first that differs", async () => {
  const equalRun = await lapis("verify", bilstm, "--against", "plain", "--text", "enak dan murah");
  equal(equalRun.exit, 0, equalRun.out);
  match(equalRun.out, /embedding/);
  const strict = await lapis("verify", bilstm, "--against", "plain", "-i", reviews, "--tolerance", "0");
  equal(strict.exit, 1);
  match(strict.out, /the first layer that does: /);
});

Deno.test("verify answers no when the stored predictions are others", () =>
  inFolder(async (folder) => {
    const stored = readNpy(await Deno.readFile(keras));
    const data = (stored.data as Float32Array).map((p, i) => (i === 0 ? p + 0.01 : p));
    await Deno.writeFile(`${folder}/other.npy`, writeNpy({ ...stored, data }));
    const { exit, out } = await lapis("verify", bilstm, "--against", `${folder}/other.npy`, "-i", reviews);
    equal(exit, 1);
    match(out, /differs by more than 0\.00001/);
  }));

Deno.test("layers lists every layer, and one layer's options in full", async () => {
  const { layers } = await json("layers") as { layers: { name: string }[] };
  ok(layers.some(({ name }) => name === "LSTM"));
  const { exit, out } = await lapis("layers", "Dense");
  equal(exit, 0);
  match(out, /units: integer >= 1 \(required\)\n {4}/);
});

Deno.test("the process asks for no permission that it doesn't need", async () => {
  const run = async (permissions: readonly string[], ...args: readonly string[]) => {
    const { code, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", ...permissions, path("cli/main.ts"), ...args],
      stdin: "null",
    }).output();
    return { code, err: new TextDecoder().decode(stderr) };
  };
  deepEqual(await run([], "layers"), { code: 0, err: "" });
  deepEqual(await run([], "--help"), { code: 0, err: "" });
  deepEqual(await run(["--allow-read"], "predict", bilstm, "--text", "enak"), { code: 0, err: "" });
  const refused = await run([], "inspect", bilstm);
  equal(refused.code, 2);
  match(refused.err, /^error: [^\n]*--allow-read[^\n]*\n$/);
});
