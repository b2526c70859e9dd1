/** A confusion matrix and a ROC curve: who survived. @module */
import { data, evaluation, input, layers, optimizers, sequential, tensors } from "../../mod.ts";

const read = (part: string) => data.readCsv(new URL(`../tables/data/titanic-${part}.csv`, import.meta.url));
const table = data.tablePreprocessor({ target: "Survived" });
const { x, y } = table.fitTransform(await read("train")), test = table.transform(await read("test"));
const output = layers.dense({ units: 1, activation: "sigmoid" });
const model = sequential([input({ shape: [table.width] }), output], { seed: 1 });
model.compile({ optimizer: optimizers.adam({ learningRate: 0.01 }), loss: "binaryCrossentropy" });
await model.fit(x, y, { epochs: 40, verbose: 0 });
const scores = tensors.toNumbers(await model.predict(test.x));
const truth = test.y ? tensors.toNumbers(test.y) : [], said = Array.from(scores, (p) => Number(p > 0.5));
console.log(evaluation.confusionMatrix(truth, said, 2), evaluation.rocCurve(truth, scores).area);
