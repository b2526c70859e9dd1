/** Five-fold cross-validation: how good, and how sure is that? @module */
import { data, evaluation, input, layers, optimizers, sequential } from "../../mod.ts";

const rows = await data.readCsv(new URL("../tables/data/wine-train.csv", import.meta.url));
const table = data.tablePreprocessor({ target: "cultivar" }), { x, y = [] } = table.fitTransform(rows);
const make = (fold: number) => {
  const output = layers.dense({ units: 3, activation: "softmax" });
  const model = sequential([input({ shape: [table.width] }), output], { seed: fold });
  const optimizer = optimizers.adam({ learningRate: 0.05 }), loss = "sparseCategoricalCrossentropy";
  model.compile({ optimizer, loss, metrics: ["accuracy"] });
  return model;
};
const fit = { epochs: 40, verbose: 0 } as const;
const { mean, deviation } = await evaluation.crossValidate(make, x, y, { folds: 5, fit });
console.log(`accuracy ${mean.accuracy} ± ${deviation.accuracy}`);
