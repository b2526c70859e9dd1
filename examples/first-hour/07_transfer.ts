/** A network that Keras trained on the digits five to nine learns zero to four: its head first, then all. @module */
import { data, edit, loadModel, optimizers, tensor, tensors } from "../../mod.ts";

const read = async (part: string) => {
  const { images, labels } = await data.readImageFolder(new URL(`digits/${part}`, import.meta.url).pathname);
  return [tensor(tensors.toNumbers(images).map((v) => v / 255), images.shape), labels] as const;
};
const [x, y] = await read("train"), base = await loadModel(new URL("base.keras", import.meta.url));
const model = edit.withHead(base, { classes: 5, dropout: 0, seed: 1 });
edit.freeze(model, { until: "pool3" });
const loss = "sparseCategoricalCrossentropy", metrics = ["accuracy"];
model.compile({ optimizer: optimizers.adam({ learningRate: 0.01 }), loss });
await model.fit(x, y, { epochs: 20, verbose: 0 });
edit.unfreeze(model);
model.compile({ optimizer: optimizers.adam({ learningRate: 0.001 }), loss, metrics });
await model.fit(x, y, { epochs: 10, verbose: 0 });
console.log(`accuracy ${(await model.evaluate(...await read("test"))).accuracy}`);
