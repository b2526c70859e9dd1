/** Layers of a trained model in a new one: their weights, freezing, and fine-tuning beside Keras 3.15's. @module */
import { deepEqual, equal, match, notDeepEqual, ok, rejects, throws } from "node:assert/strict";
import {
  apply,
  input,
  type Layer,
  loadModel,
  type Model,
  model,
  sequential,
  type Tensor,
  tensor,
} from "../../mod.ts";
import { freeze, unfreeze } from "../../public/edit.ts";
import { batchNormalization, conv2d, dense, flatten, maxPooling2d } from "../../public/layers.ts";
import { adam, sgd } from "../../public/optimizers.ts";

/** Values of a shape by a formula that the Keras program has too. */
function wave(shape: readonly number[], phase: number, size = 0.3): Tensor {
  const n = shape.reduce((a, b) => a * b, 1);
  return tensor(Float32Array.from({ length: n }, (_, i) => size * Math.sin(i * 0.7 + phase)), shape);
}
/** Gives a layer weights by the formula. */
function put(owner: Model, name: string, phase: number): void {
  const node = owner.tree.find((n) => n.name === name);
  node?.weights.forEach(({ path, shape, param }, i) => {
    const value = wave(shape, phase + i);
    const data = Float32Array.from(value.data as Float32Array, (v) => 1 + 0.5 * Math.abs(v));
    owner.setWeight(path, param === "movingVariance" ? { ...value, data } : value);
  });
}
function baseModel(): Model {
  const base = sequential([
    input({ shape: [6, 6, 1] }),
    conv2d({ filters: 4, kernelSize: 3, activation: "relu", name: "conv" }),
    batchNormalization({ name: "norm" }),
    maxPooling2d({ name: "pool" }),
    flatten({ name: "flat" }),
    dense({ units: 6, activation: "tanh", name: "body" }),
    dense({ units: 3, activation: "softmax", name: "top" }),
  ]);
  base.layers.forEach(({ name, params }, i) => params > 0 && put(base, name, i * 10));
  return base;
}
const x = wave([24, 6, 6, 1], 1, 1), y = tensor(Int32Array.from({ length: 24 }, (_, i) => (i * 7) % 5));
const plainly = { batchSize: 8, epochs: 3, shuffle: false, verbose: 0 } as const;
/** Sums of the weights of the layer `norm`. */
const sums = (m: Model) =>
  [...m.weights].filter(([path]) => path.includes("norm/")).map(([, w]) =>
    [...w.data as Float32Array].reduce((a, b) => a + b, 0)
  );
/** Float32 noise of a few steps: the numbers are of the size 1, their error of 2⁻²⁴ grows with the steps. */
function near(got: readonly number[] | undefined, expected: readonly number[], within = 5e-6): void {
  equal(got?.length, expected.length);
  expected.forEach((v, i) => ok(Math.abs((got?.[i] ?? NaN) - v) < within, `${got} is not ${expected}`));
}
const head = (): Layer => dense({ units: 5, activation: "softmax", name: "head" });

Deno.test("a new head on frozen layers, then all of them at a lower rate: Keras 3.15's histories", async () => {
  using base = baseModel();
  near([...(await base.predict(x)).data as Float32Array].slice(0, 3), [0.32036847, 0.34628040, 0.33335117]);
  using m = sequential([input({ shape: [6, 6, 1] }), ...base.layers.slice(0, -1), head()]);
  put(m, "head", 99);
  deepEqual(freeze(m, { until: "flat" }), ["conv", "norm", "pool", "flat"]);
  const before = sums(m);
  m.compile({
    optimizer: adam({ learningRate: 0.01 }),
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy"],
  });
  const first = await m.fit(x, y, plainly);
  near(first.history.loss, [1.6272958517, 1.6116455793, 1.6084132195]);
  near(first.history.accuracy, [1 / 6, 1 / 6, 5 / 24]);
  deepEqual(sums(m), before, "frozen batch normalization keeps its statistics");
  deepEqual(unfreeze(m), ["conv", "norm", "pool", "flat", "body", "head"]);
  m.compile({
    optimizer: adam({ learningRate: 0.001 }),
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy"],
  });
  const second = await m.fit(x, y, plainly);
  near(second.history.loss, [1.6075700521, 1.6067641973, 1.6064010859]);
  near(sums(m), [-0.8624298573, -0.4251661897, 0.4572123587, 4.0641541481], 2e-5);
  const after = [...(await base.predict(x)).data as Float32Array].slice(0, 3);
  near(after, [0.3183603585, 0.3479099274, 0.3337296844], 2e-5);
});

Deno.test("a model called in inference under a new head trains its scale and keeps its statistics", async () => {
  using base = baseModel();
  using features = model({ inputs: base.network.inputs, outputs: base.getLayer("body").output });
  base.trainable = false;
  deepEqual(base.layers.map((l) => l.trainable), [false, false, false, false, false, false]);
  const start = input({ shape: [6, 6, 1] });
  using f = model({ inputs: start, outputs: apply(head(), apply(features, start, { training: false })) });
  f.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: "sparseCategoricalCrossentropy" });
  put(f, "head", 99);
  const before = sums(base), weights = [...base.weights.values()].map((w) => [...w.data as Float32Array]);
  await f.fit(x, y, plainly);
  deepEqual([...base.weights.values()].map((w) => [...w.data as Float32Array]), weights);
  features.trainable = true;
  f.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: "sparseCategoricalCrossentropy" });
  await f.fit(x, y, plainly);
  const [gamma, beta, mean, variance] = sums(base);
  deepEqual([mean, variance], before.slice(2));
  notDeepEqual([gamma, beta], before.slice(0, 2));
});

Deno.test("models share the weights of a layer that stands in both, whichever trains", async () => {
  const start = input({ shape: [2] }), code = apply(dense({ units: 2, name: "code" }), start);
  using whole = model({ inputs: start, outputs: apply(dense({ units: 2, name: "out" }), code) });
  using encoder = model({ inputs: start, outputs: code });
  const data = tensor([[1, 2], [3, 4]]), codes = async () => [...(await encoder.predict(data)).data];
  const first = await codes();
  whole.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: "mse" });
  await whole.fit(data, data, { epochs: 2, verbose: 0 });
  notDeepEqual(await codes(), first);
  deepEqual(encoder.weightOf(encoder.getLayer("code").layer, "kernel"), whole.weight("code/kernel"));
  encoder.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: "mse" });
  await encoder.fit(data, data, { verbose: 0 });
  deepEqual(whole.weight("code/kernel"), encoder.weight("code/kernel"));
  encoder.setWeight("code/bias", tensor([5, 6]));
  deepEqual([...whole.weight("code/bias")?.data ?? []], [5, 6]);
  const known = await whole.activations(data);
  deepEqual([...(known.get("code") as Tensor).data], await codes());
});

Deno.test("what a model trains is settled at its first step: a fit after a change says so", async () => {
  using m = sequential([
    input({ shape: [2] }),
    dense({ units: 2, name: "a" }),
    dense({ units: 1, name: "b" }),
  ]);
  const data = tensor([[1, 2], [3, 4]]), aims = tensor([[1], [2]]);
  m.compile({ optimizer: "adam", loss: "mse" });
  m.getLayer("a").trainable = false;
  const kept = [...m.weight("sequential/a/kernel")?.data ?? []];
  await m.fit(data, aims, { verbose: 0 });
  deepEqual(
    [...m.weight("sequential/a/kernel")?.data ?? []],
    kept,
    "frozen after compile, before the first step",
  );
  m.getLayer("a").layer.trainable = true;
  await rejects(
    () => m.fit(data, aims, { verbose: 0 }),
    /"sequential\/a\/kernel" was freed after the first step.*compile/,
  );
  await m.trainOnBatch(data, aims);
  deepEqual([...m.weight("sequential/a/kernel")?.data ?? []], kept);
  m.compile({ optimizer: "adam", loss: "mse" });
  await m.fit(data, aims, { verbose: 0 });
  notDeepEqual([...m.weight("sequential/a/kernel")?.data ?? []], kept);
});

Deno.test("a layer freed inside a frozen model trains, and a file keeps which layers are frozen", async () => {
  using base = baseModel();
  base.layer.trainable = false;
  base.getLayer("body").trainable = true;
  const start = input({ shape: [6, 6, 1] });
  using m = model({ inputs: start, outputs: apply(head(), apply(base, start)) });
  const trained = () => m.getLayer("sequential/body").trainable && !m.getLayer("sequential/conv").trainable;
  ok(trained());

  using again = await loadModel(await m.toBytes("keras"));
  deepEqual([again.getLayer("sequential/body").trainable, again.getLayer("sequential/conv").trainable], [
    true,
    false,
  ]);
});

Deno.test("layers print in a line, are found by name, and wrong flags and names are refused", () => {
  using base = baseModel();
  equal(`${base.getLayer("body")}`, 'Dense "body" [batch, 6], 102 weights');
  equal(Deno.inspect(base.getLayer("body").layer), 'Dense "body" (units: 6, activation: tanh)');
  freeze(base);
  equal(Deno.inspect(base.layers[4]), 'Dense "body" [batch, 6], 102 weights, frozen');
  throws(() => base.getLayer("bodi"), /has no layer "bodi"; is "body" meant/);
  throws(
    () => freeze(base, { until: "convv" }),
    /freeze: model sequential has no layer "convv"; is "conv" meant/,
  );
  const flag = () => Object.assign(base.getLayer("body").layer, { trainable: "no" });
  throws(flag, /body.trainable: expected true or false, got "no"/);
  match(`${conv2d({ filters: 2, kernelSize: 3, trainable: false })}`, /^Conv2D "conv2d" \(.*\), frozen$/);
});
