/** Trains a model on a backend of one's own, whose weights come home only where they are waited for. @module */
import { dense, input, LapisError, registry, sequential, tensor } from "@lapis/lapis";
import { toNumbers } from "@lapis/lapis/tensors";
import { delayedBackend } from "./backend.ts";

const own = registry.with(delayedBackend());
const layers = [
  input({ shape: [2], registry: own }),
  dense({ units: 8, activation: "tanh" }),
  dense({ units: 1 }),
];
await using model = sequential(layers, { backend: "delayed", seed: 1, registry: own });
model.compile({ optimizer: "adam", loss: "mse" });

const x = tensor([[0, 0], [0, 1], [1, 0], [1, 1]]), y = tensor([[0], [1], [1], [0]]);
const { history } = await model.fit(x, y, { epochs: 30, verbose: 0 });
const shown = (n: number | undefined) => n?.toFixed(4);
console.log(`loss ${shown(history.loss?.[0])} at first, ${shown(history.loss?.at(-1))} after 30 epochs`);

await model.trainOnBatch(x, y);
try {
  console.log(new Map(model.weights));
} catch (error) {
  if (!(error instanceof LapisError)) throw error;
  console.log(`${error.code}: ${error.message}`);
}
const { weights } = await model.synced();
for (const [path, value] of weights) console.log(path, value.shape, shown(toNumbers(value)[0]));
