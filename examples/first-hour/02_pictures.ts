/** Folders of JPEG pictures, one a class. @module */
import { data, input, layers, optimizers, sequential } from "../../mod.ts";

const read = (part: string) => data.readImageFolder(new URL(`digits/${part}`, import.meta.url).pathname);
const train = await read("train"), test = await read("test"), pool = () => layers.maxPooling2d();
const conv = (filters: number) =>
  layers.conv2d({ filters, kernelSize: 3, padding: "same", activation: "relu" });
const body = [conv(8), pool(), conv(16), pool(), conv(32), layers.globalAveragePooling2d()];
const head = layers.dense({ units: train.classNames.length, activation: "softmax" });
const scale = layers.rescaling({ scale: 1 / 255 });
const model = sequential([input({ shape: [32, 32, 3] }), scale, ...body, head], { seed: 1 });
const optimizer = optimizers.adam({ learningRate: 0.005 }), loss = "sparseCategoricalCrossentropy";
model.compile({ optimizer, loss, metrics: ["accuracy"] });
await model.fit(train.images, train.labels, { epochs: 30, verbose: 0 });
console.log(`accuracy ${(await model.evaluate(test.images, test.labels)).accuracy}`);
