/** A model's weights are a view of what they are now. @module */
import { deepEqual, match, notDeepEqual, throws } from "node:assert/strict";
import { dense, input, LapisError, sequential, tensor } from "../../mod.ts";

Deno.test("weights are as they are now; a map of them keeps what they were", async () => {
  const model = sequential([input({ shape: [2] }), dense({ units: 1 })], { backend: "plain", seed: 1 });
  model.compile({ loss: "mse", optimizer: "sgd" });
  const { weights } = model, before = new Map(weights);
  deepEqual(weights, before);
  await model.trainOnBatch(tensor([[1, 2]]), tensor([[9]]));
  notDeepEqual(weights, before);
  deepEqual([...weights.keys()], [...before.keys()]);
});
Deno.test("weights print their paths and shapes, are compared by what they hold, and are set by setWeight alone", () => {
  const make = (seed: number) =>
    sequential([input({ shape: [2] }), dense({ units: 3, name: "d" })], { seed, name: "m" });
  const model = make(1);
  const [first = tensor([])] = model.weights.values();
  match(`${model.weights}`, /^2 weights\n {2}m\/d\/kernel float32\[2, 3\]\n {2}m\/d\/bias float32\[3\]$/);
  deepEqual(model.weights, make(1).weights);
  notDeepEqual(model.weights, make(2).weights);
  throws(
    () => model.weights.set("m/d/bias", first),
    (error) => error instanceof LapisError && /setWeight/.test(error.message),
  );
});
