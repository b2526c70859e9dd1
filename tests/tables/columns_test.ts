/** A trained model finds the columns of a table by name, in every command and format. @module */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { inFolder, lapis } from "../support/cli.ts";

/** Numbers of which the second tells the class and the first would tell the other. */
function table(rows: number, header: readonly string[] = ["a", "b", "label"]): string {
  const line = (i: number) => {
    const cells: Record<string, string> = {
      a: `${i % 2 ? 2 : 30}`,
      b: `${i % 2 ? 20 : 1}`,
      label: i % 2 ? "yes" : "no",
      id: `${1000 + i}`,
      c: "7",
    };
    return header.map((name) => cells[name] ?? "").join();
  };
  return `${header.join()}\n${Array.from({ length: rows }, (_, i) => line(i)).join("\n")}\n`;
}
const config = {
  model: { layers: [{ type: "dense", units: 2, activation: "softmax" }] },
  data: { train: "t.csv", normalize: true },
  compile: {
    optimizer: { name: "adam", learningRate: 0.1 },
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy"],
  },
  fit: { epochs: 20, batchSize: 8, seed: 1 },
};
async function trained(folder: string, data: object = {}): Promise<string> {
  await Deno.writeTextFile(`${folder}/t.csv`, table(32));
  await Deno.writeTextFile(`${folder}/turned.csv`, table(32, ["label", "b", "id", "a"]));
  await Deno.writeTextFile(`${folder}/lacking.csv`, table(32, ["a", "label", "bb"]));
  await Deno.writeTextFile(`${folder}/bare.csv`, table(32).split("\n").slice(1).join("\n"));
  await Deno.writeTextFile(
    `${folder}/c.json`,
    JSON.stringify({ ...config, data: { ...config.data, ...data } }),
  );
  const run = await lapis("train", `${folder}/c.json`, "-o", `${folder}/m.keras`);
  strictEqual(run.exit, 0, run.err);
  return `${folder}/m.keras`;
}
const outputs = (out: string) => (JSON.parse(out).outputs as { first: number[][] }[])[0]?.first;

for (const [name, data] of [["as they are", {}], ["as said", { columns: {} }]] as const) {
  Deno.test(`columns ${name}: exchanged ones are right, further ones are told, one that lacks is named`, () =>
    inFolder(async (folder) => {
      const model = await trained(folder, data);
      const before = await lapis("evaluate", model, "--data", `${folder}/t.csv`, "--json");
      const turned = await lapis("evaluate", model, "--data", `${folder}/turned.csv`, "--json");
      strictEqual(JSON.parse(turned.out).metrics.accuracy, 1, turned.err);
      strictEqual(JSON.parse(turned.out).metrics.loss, JSON.parse(before.out).metrics.loss);
      match(turned.err, /turned\.csv: the model takes no id/);

      const straight = await lapis("predict", model, "--input", `${folder}/t.csv`, "--json");
      const other = await lapis("predict", model, "--input", `${folder}/turned.csv`, "--json");
      ok(outputs(straight.out)?.length === 5);
      deepStrictEqual(outputs(other.out), outputs(straight.out));
      match(other.err, /takes no id/);

      for (
        const args of [
          ["evaluate", model, "--data"],
          ["predict", model, "--input"],
          ["gradients", model, "--target", "label", "--input"],
          ["train", model, "-o", `${folder}/n.keras`, "--data"],
        ]
      ) {
        const run = await lapis(...args, `${folder}/lacking.csv`);
        strictEqual(run.exit, 3, run.out);
        match(run.err, /lacking\.csv: no column "?b"?; it has a, label, bb \(is bb meant\?\)/);
      }
      const bare = await lapis("predict", model, "--input", `${folder}/bare.csv`);
      match(bare.err, /bare\.csv: no column "?a"?/);
      await Deno.writeTextFile(`${folder}/bare.csv`, "2,20\n30,1\n2,20\n30,1\n2,20\n");
      const unnamed = await lapis("predict", model, "--input", `${folder}/bare.csv`, "--json");
      match(unnamed.err, /bare\.csv: no row names its columns: taken as a, b/);
      deepStrictEqual(outputs(unnamed.out)?.[0], outputs(straight.out)?.[1]);
    }));
}

Deno.test("going on, ONNX and back: the columns stay with the model", () =>
  inFolder(async (folder) => {
    const model = await trained(folder, { columns: { b: "number" } });
    const want = outputs((await lapis("predict", model, "--input", `${folder}/t.csv`, "--json")).out);
    for (const [from, to] of [["m.keras", "m.onnx"], ["m.onnx", "back.keras"]]) {
      const run = await lapis("convert", `${folder}/${from}`, `${folder}/${to}`);
      strictEqual(run.exit, 0, run.err);
      const made = await lapis("predict", `${folder}/${to}`, "--input", `${folder}/turned.csv`, "--json");
      strictEqual(made.exit, 0, made.err);
      outputs(made.out)?.flat().forEach((v, i) => ok(Math.abs(v - (want?.flat()[i] ?? NaN)) < 1e-5));
    }
    const more = await lapis(
      "train",
      model,
      "--data",
      `${folder}/turned.csv`,
      "--epochs",
      "1",
      "-o",
      `${folder}/n.keras`,
    );
    strictEqual(more.exit, 0, more.err);
    const after = await lapis("evaluate", `${folder}/n.keras`, "--data", `${folder}/t.csv`, "--json");
    strictEqual(JSON.parse(after.out).metrics.accuracy, 1);
  }));

Deno.test("files of one part may have their columns in another order, and not others", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/u.csv`, table(32, ["b", "label", "a"]));
    await trained(folder, { train: ["t.csv", "u.csv"] });
    await Deno.writeTextFile(`${folder}/u.csv`, table(32, ["b", "label", "aa"]));
    const run = await lapis("train", `${folder}/c.json`, "-o", `${folder}/m.keras`);
    match(run.err, /u\.csv: no column a; it has b, label, aa \(is aa meant\?\)/);
  }));
