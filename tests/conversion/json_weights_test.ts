/** A model's JSON holds its weights: what was trained is what is read again. @module */
import { deepEqual, equal, match, rejects } from "node:assert/strict";
import { dense, input, loadModel, type Model, sequential, tensor } from "../../mod.ts";

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytesOf = (json: unknown) => new TextEncoder().encode(JSON.stringify(json));
async function trained(): Promise<Model> {
  const model = sequential([input({ shape: [3] }), dense({ units: 2, name: "head" })], {
    name: "m",
    seed: 1,
  });
  model.compile({ optimizer: "adam", loss: "mse" });
  await model.trainOnBatch(tensor([[1, 2, 3]]), tensor([[0.1, -7]]));
  return model;
}

Deno.test("a trained model is the same after JSON, and its text is read over by Keras' own key names", async () => {
  using model = await trained();
  using again = await loadModel(await model.toBytes("json"), { warn: (line) => match(line, /^$/) });
  deepEqual([...again.weights], [...model.weights]);
  const x = tensor([[0.5, -1, 2]]);
  deepEqual(await again.predict(x), await model.predict(x));
  const json = JSON.parse(text(await model.toBytes("json")));
  deepEqual(Object.keys(json).slice(0, 3), ["module", "class_name", "config"]);
  deepEqual(Object.keys(json.weights), ["m/head/kernel", "m/head/bias"]);
  equal(JSON.parse(text(await model.toBytes("json", { weights: false }))).weights, undefined);
});

Deno.test("numbers that JSON can't say, and every bit of the others, come back", async () => {
  using model = await trained();
  const odd = Float32Array.from([
    NaN,
    Infinity,
    -Infinity,
    1 / 3,
    1.1754943508222875e-38,
    3.4028234663852886e38,
  ]);
  model.setWeight("m/head/kernel", { dtype: "float32", shape: [3, 2], data: odd });
  using again = await loadModel(await model.toBytes("json"));
  const bits = (data: ArrayBufferView | undefined) => new Uint32Array((data?.buffer as ArrayBuffer).slice(0));
  deepEqual(bits(again.weights.get("m/head/kernel")?.data as Float32Array), bits(odd));
});

Deno.test("weights in JSON that don't fit are refused by name", async () => {
  using model = await trained();
  const json = JSON.parse(text(await model.toBytes("json"))), bias = json.weights["m/head/bias"];
  const spoilt = (weights: unknown) => loadModel(bytesOf({ ...json, weights }));
  await rejects(spoilt({ "m/head/bias": bias }), /holds no weight m\/head\/kernel/);
  await rejects(spoilt({ ...json.weights, more: bias }), /has no weight "more"/);
  await rejects(
    spoilt({ "m/head/bias": { ...bias, values: [1] } }),
    /weights\.m\/head\/bias: expected a dtype/,
  );
  await rejects(spoilt({ "m/head/bias": { ...bias, values: [1, "x"] } }), /values\[1\]: expected a number/);
  await rejects(spoilt([]), /weights: expected weights by path/);
});
