/** `lapis train --folds`: k-fold cross-validation of whatever data is trained on. @module */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { kFolds } from "../../public/evaluation.ts";
import { writeNpy } from "../../public/data.ts";
import { tensor } from "../../public/tensors.ts";
import { inFolder, lapis } from "../support/cli.ts";

const wine = new URL("../../examples/tables/data/wine-train.csv", import.meta.url).pathname;
const compile = {
  optimizer: { name: "adam", learningRate: 0.1 },
  loss: "sparseCategoricalCrossentropy",
  metrics: ["accuracy"],
};
const softmax = (units: number) => ({ layers: [{ type: "dense", units, activation: "softmax" }] });
const fit = { epochs: 8, batchSize: 8, seed: 3 };

Deno.test("five folds of a table tell a line each, and mean ± deviation; nothing is written without -o", () =>
  inFolder(async (folder) => {
    const args = ["train", "--data", wine, "--target", "cultivar", "--folds", "5"];
    const { exit, out, err } = await lapis(...args);
    strictEqual(exit, 0, err);
    for (const f of [1, 2, 3, 4, 5]) match(err, new RegExp(`fold ${f}/5 .* 2[67] rows .*accuracy`));
    match(out, /mean ± deviation over 5 folds:\nloss \d\.\d{4} ± \d\.\d{4}\naccuracy/);
    const [, mean, deviation] = /accuracy (\S+) ± (\S+)/.exec(out) ?? [];
    // scikit-learn's LogisticRegression on five stratified folds has 0.977 ± 0.021.
    ok(Math.abs(Number(mean) - 0.977) < 0.03 && Number(deviation) < 0.05, out);
    deepStrictEqual([...Deno.readDirSync(folder)], []);

    const model = `${folder}/m.keras`, kept = await lapis(...args, "-o", model, "--epochs", "2", "--json");
    strictEqual(kept.exit, 0, kept.err);
    match(kept.err, /m\.keras is trained on the rows of all 5 folds/);
    const { crossValidation: { folds, mean: means } } = JSON.parse(kept.out);
    strictEqual(folds.length, 5);
    ok(
      Math.abs(
        folds.reduce((s: number, f: { metrics: { loss: number } }) => s + f.metrics.loss, 0) / 5 - means.loss,
      ) < 1e-12,
    );
    ok(Deno.statSync(model).size > 0);
  }));

Deno.test("a fold is what training on its rows alone gives, its preparation too", () =>
  inFolder(async (folder) => {
    const [header = "", ...lines] = (await Deno.readTextFile(wine)).trim().split("\n");
    const cultivars = lines.map((line) => line.split(",").at(-1) ?? "");
    const [first] = kFolds(lines.length, { folds: 3, seed: 3, classes: cultivars });
    ok(first);
    const part = async (name: string, rows: Iterable<number>) =>
      await Deno.writeTextFile(
        `${folder}/${name}`,
        [header, ...Array.from(rows, (r) => lines[r])].join("\n"),
      );
    await part("all.csv", lines.keys());
    await part("train.csv", first.train);
    await part("test.csv", first.test);
    const data = { label: "cultivar", normalize: true };
    const write = (name: string, parts: object) =>
      Deno.writeTextFile(
        `${folder}/${name}`,
        JSON.stringify({ model: softmax(3), compile, fit, data: { ...data, ...parts } }),
      );
    await write("folds.json", { train: "all.csv" });
    await write("one.json", { train: "train.csv", test: "test.csv" });
    const folds = await lapis("train", `${folder}/folds.json`, "--folds", "3", "--json");
    const one = await lapis("train", `${folder}/one.json`, "-o", `${folder}/m.keras`, "--json");
    strictEqual(folds.exit, 0, folds.err);
    const { metrics } = JSON.parse(folds.out).folds[0], { test } = JSON.parse(one.out);
    ok(Math.abs(metrics.loss - test.metrics.loss) < 1e-6, `${metrics.loss} ${test.metrics.loss}`);
    strictEqual(metrics.accuracy, test.metrics.accuracy);
  }));

Deno.test("arrays, texts and a class of one row are folded as well", () =>
  inFolder(async (folder) => {
    const config = (model: object, data: object, more: object = {}) =>
      Deno.writeTextFile(
        `${folder}/c.json`,
        JSON.stringify({ model, data, compile: { ...compile, ...more }, fit }),
      );
    const folded = async (...more: readonly string[]) => {
      const { exit, out, err } = await lapis("train", `${folder}/c.json`, "--folds", "3", "--json", ...more);
      strictEqual(exit, 0, err);
      return JSON.parse(out);
    };
    const x = Float32Array.from({ length: 60 }, (_, i) => Math.sin(i * 1.7));
    await Deno.writeFile(`${folder}/x.npy`, writeNpy(tensor(x, [30, 2])));
    await Deno.writeFile(`${folder}/y.npy`, writeNpy(tensor(x.filter((_, i) => i % 2 === 0), [30, 1])));
    await config({ layers: [{ type: "dense", units: 1 }] }, {
      train: { x: "x.npy", y: "y.npy" },
      target: "number",
    }, {
      loss: "meanSquaredError",
      metrics: ["meanAbsoluteError"],
    });
    const numbers = await folded();
    deepStrictEqual(numbers.folds.map(({ rows }: { rows: number }) => rows), [10, 10, 10]);
    ok(numbers.mean.meanAbsoluteError < 0.4);

    const words = { cat: "purr meow soft", dog: "bark woof loud" };
    const texts = Array.from({ length: 24 }, (_, i) => i % 2 ? `${words.cat},cat` : `${words.dog},dog`);
    // The fold that judges the only row of a class trains on none: its name is known all the same.
    await Deno.writeTextFile(`${folder}/t.csv`, `text,label\n${texts.join("\n")}\nmoo grass,cow\n`);
    const layers = [{ type: "embedding", inputDim: 20, outputDim: 4 }, { type: "globalAveragePooling1D" }];
    await config({ layers: [...layers, ...softmax(3).layers] }, { train: "t.csv", text: { length: 4 } });
    const { mean } = await folded();
    ok(mean.accuracy > 0.9, `${mean.accuracy}`);
  }));

Deno.test("folds refuse what they can't be", async () => {
  const refused = async (expected: RegExp, ...args: readonly string[]) => {
    const { exit, err } = await lapis("train", "--data", wine, "--target", "cultivar", ...args);
    strictEqual(exit, 2, err);
    match(err, expected);
  };
  await refused(/--folds: expected a whole number from 2, got 1/, "--folds", "1");
  await refused(/can't --resume/, "--folds", "3", "--resume", "-o", "m.keras");
  await refused(/--history is for the model that -o writes/, "--folds", "3", "--history", "h.json");
});
