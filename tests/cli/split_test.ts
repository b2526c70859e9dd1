/** The rows that `lapis train` holds back for validation. @module */
import { match, ok, strictEqual } from "node:assert/strict";
import { inFolder, lapis } from "../support/cli.ts";

/** Two clouds of points, class after class, as tables and folders sorted by class have them. */
function sortedTable(rows: number): string {
  const line = (i: number) => {
    const dog = i >= rows / 2, at = Math.sin(i * 1.7) / 2 + (dog ? 2 : 0);
    return `${at.toFixed(4)},${Math.cos(i).toFixed(4)},${dog ? "dog" : "cat"}`;
  };
  return `a,b,label\n${Array.from({ length: rows }, (_, i) => line(i)).join("\n")}\n`;
}
const config = {
  model: { layers: [{ type: "dense", units: 2, activation: "softmax" }] },
  data: { train: "t.csv" },
  compile: {
    optimizer: { name: "adam", learningRate: 0.1 },
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy"],
  },
  fit: { epochs: 15, batchSize: 8, seed: 1, validationSplit: 0.25 },
};
const train = async (folder: string, fit: object, table: string, ...more: readonly string[]) => {
  await Deno.writeTextFile(`${folder}/t.csv`, table);
  await Deno.writeTextFile(
    `${folder}/c.json`,
    JSON.stringify({ ...config, fit: { ...config.fit, ...fit } }),
  );
  return await lapis("train", `${folder}/c.json`, "-o", `${folder}/m.keras`, "--json", ...more);
};
const last = (out: string, name: string): number => JSON.parse(out).history[name].at(-1);

Deno.test("a table sorted by class is validated on every class; the end alone is a warning that names the class", () =>
  inFolder(async (folder) => {
    const shuffled = await train(folder, {}, sortedTable(64));
    strictEqual(shuffled.exit, 0, shuffled.err);
    strictEqual(last(shuffled.out, "valAccuracy"), 1);
    match(shuffled.err, /48 samples, 16 for validation/);
    ok(!shuffled.err.includes("warning"), shuffled.err);

    const ordered = await train(folder, { shuffle: false, validationSplit: 0.5 }, sortedTable(64));
    match(ordered.err, /warning: training has no row of class dog, which validation has/);
    match(ordered.err, /warning: validation has no row of class cat, which training has/);
    strictEqual(last(ordered.out, "valAccuracy"), 0);
  }));

Deno.test("the rows held back follow the seed, or validationSeed where that is said", () =>
  inFolder(async (folder) => {
    const loss = async (fit: object) => last((await train(folder, fit, sortedTable(64))).out, "valLoss");
    strictEqual(await loss({}), await loss({}));
    ok(await loss({ validationSeed: 5 }) !== await loss({ validationSeed: 6 }));
    strictEqual(await loss({ validationSeed: 1 }), await loss({}));
  }));

Deno.test("a range of targets that training lacks is named; nothing left to train on is refused", () =>
  inFolder(async (folder) => {
    const rising = `a,label\n${Array.from({ length: 200 }, (_, i) => `${i % 7},${i}`).join("\n")}\n`;
    const model = { layers: [{ type: "dense", units: 1 }] };
    await Deno.writeTextFile(`${folder}/t.csv`, rising);
    await Deno.writeTextFile(
      `${folder}/c.json`,
      JSON.stringify({
        model,
        data: { train: "t.csv", target: "number" },
        compile: { loss: "mse" },
        fit: { validationSplit: 0.25, shuffle: false },
      }),
    );
    const run = await lapis("train", `${folder}/c.json`, "-o", `${folder}/m.keras`);
    match(run.err, /warning: training has no target from 15\d to 199, which other parts have/);
    const none = await train(folder, { validationSplit: 1 }, sortedTable(8));
    strictEqual(none.exit, 3);
    match(none.err, /t\.csv: fit\.validationSplit 1 leaves none of 8 rows to train on/);
  }));
