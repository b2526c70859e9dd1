/** Reviews of places, good or bad, from lines of text. @module */
import { data, input, layers, optimizers, sequential, text } from "../../mod.ts";

const lines = await data.readLines(new URL("../data/reviews/yelp_labelled.txt", import.meta.url));
const rows = lines.map((line) => ({ text: line.slice(0, -2), label: line.at(-1) }));
const { embedding, globalAveragePooling1d, dropout, dense } = layers;
const words = text.textPreprocessor({ maxLength: 32 }), inputDim = 3000;
const train = await words.fitTransform(rows.slice(0, 800)), test = words.transform(rows.slice(800));
const read = [embedding({ inputDim, outputDim: 32, maskZero: true }), globalAveragePooling1d()];
const head = [dropout({ rate: 0.5 }), dense({ units: 1, activation: "sigmoid" })];
const model = sequential([input({ shape: [32], dtype: "int32" }), ...read, ...head], { seed: 1 });
const optimizer = optimizers.adam({ learningRate: 0.01 }), loss = "binaryCrossentropy";
model.compile({ optimizer, loss, metrics: ["accuracy"] });
await model.fit(train.x, train.y, { epochs: 20, verbose: 0 });
console.log(`accuracy ${(await model.evaluate(test.x, test.y)).accuracy}`);
