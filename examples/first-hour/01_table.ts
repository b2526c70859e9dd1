/** A CSV with categories and gaps, from the file to a model. @module */
import { data, input, layers, sequential } from "../../mod.ts";

const { dense, dropout } = layers, table = data.tablePreprocessor({ target: "species" });
const read = (part: string) => data.readCsv(new URL(`../tables/data/penguins-${part}.csv`, import.meta.url));
const { x, y } = table.fitTransform(await read("train")), test = table.transform(await read("test"));
const hidden = [dense({ units: 32, activation: "relu" }), dropout({ rate: 0.2 })];
const output = dense({ units: table.classes.length, activation: "softmax" });
const model = sequential([input({ shape: [table.width] }), ...hidden, output], { seed: 1 });
model.compile({ optimizer: "adam", loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
await model.fit(x, y, { epochs: 60, verbose: 0 });
await model.save("penguins.keras", { extras: table.extras });
console.log(`accuracy ${(await model.evaluate(test.x, test.y)).accuracy}`);
