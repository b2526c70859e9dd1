/** Models: data in, batches, weights, states, and sessions that are kept equal. @module */
import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { flatten } from "../../public/layers.ts";
import {
  apply,
  BackendError,
  createRegistry,
  dense,
  embedding,
  input,
  InputError,
  Model,
  model,
  sequential,
  ShapeError,
  type Tensor,
  tensor,
} from "../../mod.ts";
import { toNumbers } from "../../public/tensors.ts";
import { activation, batchNormalization, concatenate, gru, simpleRnn } from "../../public/layers.ts";

const backend = "plain";
const numbers = (t: Tensor | Tensor[] | undefined) => Array.from(toNumbers(t as Tensor));
const doubler = (): Model => {
  const m = sequential([input({ shape: [2], name: "x" }), dense({ units: 2, name: "d" })], {
    name: "m",
    backend,
  });
  m.setWeight("m/d/kernel", tensor([[2, 0], [0, 2]]));
  return m;
};

Deno.test("inputs and outputs say name, element type and shape", () => {
  const [x] = doubler().inputs, [y] = doubler().outputs;
  deepEqual([x?.name, x?.dtype, x?.shape], ["x", "float32", ["batch", 2]]);
  deepEqual([y?.name, y?.dtype, y?.shape], ["d", "float32", ["batch", 2]]);
});

Deno.test("predict cuts into batches, the last one shorter, and joins them", async () => {
  const m = doubler(), rows = Array.from({ length: 7 }, (_, i) => [i, -i]);
  const whole = await m.predict(rows) as Tensor, cut = await m.predict(rows, { batchSize: 3 }) as Tensor;
  deepEqual(whole.shape, [7, 2]);
  deepEqual(cut, whole);
  deepEqual((await m.predict(tensor([], [0, 2])) as Tensor).shape, [0, 2]);
  await rejects(m.predict(rows, { batchSize: 0 }), InputError);
});

Deno.test("a single sample may lack the batch axis", async () => {
  deepEqual(await doubler().predict([1, 2]), tensor([[2, 4]]));
});

Deno.test("numbers are cast to the input's type where none is lost", async () => {
  const m = sequential([
    input({ shape: [2], dtype: "int32", name: "ids" }),
    embedding({ inputDim: 4, outputDim: 1 }),
  ], {
    backend,
  });
  const ids = await m.predict(tensor([[1, 3]], undefined, "int32"));
  deepEqual(await m.predict(tensor([[1, 3]], undefined, "float64")), ids);
  deepEqual(await m.predict(tensor([[1, 3]], undefined, "int64")), ids);
  await rejects(m.predict([[1, 1.5]]), /input "ids": expected int32, got 1.5 \(element 1\)/);
  await rejects(m.predict(tensor([[1, 2 ** 40]], undefined, "int64")), /input "ids": expected int32/);
  await rejects(m.predict([["a", "b"]]), /input "ids": expected int32\[batch, 2\], got string/);
});

Deno.test("several inputs: a list in order, or data by name", async () => {
  const a = input({ shape: [1], name: "a" }), b = input({ shape: [1], name: "b" });
  const m = model({ inputs: [a, b], outputs: apply(concatenate({ name: "both" }), [a, b]), backend });
  deepEqual(numbers(await m.predict([[[1]], [[2]]])), [1, 2]);
  deepEqual(numbers(await m.predict({ b: [[2]], a: [[1]] })), [1, 2]);
  const out = await m.run({ a: tensor([[1]]), b: tensor([[2]]) });
  deepEqual(Object.keys(out), ["both"]);
  await rejects(m.predict({ a: [[1]] }), /input "b" is missing: expected float32\[batch, 1\]/);
  await rejects(
    m.run({ a: tensor([[1]]), b: tensor([[2]]), c: tensor([[3]]) }),
    /unknown input "c": expected a, b/,
  );
  await rejects(m.predict([[1], [2], [3]]), /expected data for 2 inputs \(a, b\), got a list of 3/);
  await rejects(m.predict([tensor([[1], [2]]), tensor([[2]])]), /input "b": has 1 samples, input "a" has 2/);
});

Deno.test("data of another shape is an error that names the input", async () => {
  await rejects(doubler().predict([[1, 2, 3]]), /input "x": expected shape \[batch, 2\], got \[1, 3\]/);
});

Deno.test("a weight set through the model reaches sessions that run", async () => {
  const m = doubler();
  deepEqual(numbers(await m.predict([1, 1])), [2, 2]);
  m.setWeight("m/d/bias", tensor([10, 20]));
  deepEqual(numbers(await m.predict([1, 1])), [12, 22]);
  deepEqual(numbers(m.weights.get("m/d/bias")), [10, 20]);
  throws(() => m.setWeight("m/d/bias", tensor([1])), ShapeError);
  throws(() => m.setWeight("m/e/bias", tensor([1])), /has no weight "m\/e\/bias"/);
});

Deno.test("training moves statistics, which weights and later predictions show", async () => {
  const m = sequential([input({ shape: [1] }), batchNormalization({ momentum: 0.5, name: "n" })], {
    name: "m",
    backend,
  });
  const before = await m.predict([[1]]);
  await m.call([[3], [5]], { training: true });
  deepEqual(numbers(m.weights.get("m/n/moving_mean")), [2]);
  ok(numbers(await m.predict([[1]]))[0] !== numbers(before)[0]);
  deepEqual(numbers(m.weights.get("m/n/gamma")), [1]);
});

const stateful = () =>
  sequential([
    input({ shape: [null, 1], batchSize: 2, name: "x" }),
    gru({ units: 3, stateful: true, returnSequences: true, name: "g" }),
  ], { name: "m", backend });

Deno.test("a stateful model goes on where it stopped until it is reset", async () => {
  const m = stateful(), x = tensor([[[1], [2], [3]], [[4], [5], [6]]]);
  const whole = await m.predict(x) as Tensor;
  const steps = (from: number, to: number) =>
    tensor([1, 4].flatMap((first) => Array.from({ length: to - from }, (_, i) => first + from + i)), [
      2,
      to - from,
      1,
    ]);
  m.resetStates();
  const first = await m.predict(steps(0, 2)) as Tensor, rest = await m.predict(steps(2, 3)) as Tensor;
  const row = (t: Tensor, r: number) => numbers(t).slice(r * t.data.length / 2, (r + 1) * t.data.length / 2);
  for (const r of [0, 1]) {
    const joined = [...row(first, r), ...row(rest, r)], want = row(whole, r);
    ok(joined.every((v, i) => Math.abs(v - (want[i] ?? NaN)) < 1e-6));
  }
  ok(!m.weights.has("m/g/rnn_state"));
  await rejects(m.predict(tensor(new Float32Array(9), [3, 3, 1])), /fixed batch of 2; 3 samples/);
});

Deno.test("two models of the same layers don't share states", async () => {
  const a = stateful(), b = stateful(), x = tensor([[[1]], [[2]]]);
  for (const [path, value] of a.weights) b.setWeight(path, value);
  const first = await a.predict(x);
  await a.predict(x);
  deepEqual(await b.predict(x), first);
});

Deno.test("the states of a mode go on in another", async () => {
  const m = stateful(), x = tensor([[[1]], [[2]]]);
  await m.predict(x);
  const second = await m.predict(x);
  m.resetStates();
  await m.call(x, { training: true });
  deepEqual(await m.predict(x), second);
});

Deno.test("a stateful layer that is applied twice hands its state from call to call within one run", async () => {
  const x = input({ shape: [2, 1], batchSize: 1, name: "x" });
  const layer = simpleRnn({ units: 1, stateful: true, name: "r" });
  const both = model({ inputs: x, outputs: [apply(layer, x), apply(layer, x)], backend });
  const [first, second] = await both.predictAll([[[1], [1]]]);
  const once = model({ inputs: x, outputs: apply(layer, x), backend });
  for (const [path, value] of both.weights) once.setWeight(path, value);
  deepEqual(numbers(await once.predict([[[1], [1]]])), numbers(first));
  deepEqual(numbers(await once.predict([[[1], [1]]])), numbers(second));
});

Deno.test("activations: every layer's output by path", async () => {
  const m = sequential([
    input({ shape: [2] }),
    dense({ units: 2, name: "d" }),
    activation({ activation: "relu", name: "a" }),
  ], { name: "m", backend });
  m.setWeight("m/d/kernel", tensor([[1, -1], [0, 0]]));
  const all = await m.activations([[2, 0]]);
  deepEqual([...all.keys()], ["d", "a"]);
  deepEqual(numbers(all.get("d")), [2, -2]);
  deepEqual(numbers(all.get("a")), [2, 0]);
});

Deno.test("a model without input is built from its first data", async () => {
  const m = sequential([dense({ units: 3 })], { backend });
  equal(m.built, false);
  throws(() => m.weights, /is not built yet/);
  deepEqual((await m.predict([[1, 2]]) as Tensor).shape, [1, 3]);
  equal(m.countParams(), 9);
});

Deno.test("first weights follow the seed and the weight's path", () => {
  const made = (seed: number) => sequential([input({ shape: [3] }), dense({ units: 2 })], { seed }).weights;
  deepEqual(made(1), made(1));
  ok(
    numbers(made(1).get("sequential/dense/kernel")).join() !==
      numbers(made(2).get("sequential/dense/kernel")).join(),
  );
});

Deno.test("the summary is at most 80 columns wide and counts parameters", () => {
  const m = sequential([
    input({ shape: [3] }),
    dense({ units: 2, name: "a_layer_with_a_name_that_is_much_too_long_for_its_column" }),
    batchNormalization(),
  ]);
  const lines = m.summary().split("\n");
  ok(lines.every((line) => line.length <= 80));
  ok(lines.includes(" Total params: 16 (64.00 B)"));
  ok(lines.includes(" Non-trainable params: 4 (16.00 B)"));
});

Deno.test("a backend that was named and isn't there is an error; none named takes what is there", async () => {
  const named = sequential([input({ shape: [1] }), dense({ units: 1 })], { backend: "abacus" });
  await rejects(
    named.predict([[1]]),
    (e: unknown) => e instanceof BackendError && /no backend named abacus/.test(e.message),
  );
  const any = sequential([input({ shape: [1] }), dense({ units: 1 })]);
  await any.predict([[1]]);
  ok(any.backend !== undefined);
});

Deno.test("a closed model runs no more", async () => {
  const m = doubler();
  m.close();
  await rejects(m.predict([1, 2]), /was closed/);
});

Deno.test("a model of a bare graph runs, and has weights but no layers", async () => {
  const from = doubler(), graph = from.graph();
  const m = Model.fromGraph(graph, from.registry, { backend });
  deepEqual(numbers(await m.predict([1, 2])), [2, 4]);
  m.setWeight("m/d/bias", tensor([1, 1]));
  deepEqual(numbers((await m.run({ x: tensor([[1, 2]]) })).d), [3, 5]);
  deepEqual([...m.weights.keys()], ["m/d/kernel", "m/d/bias"]);
  deepEqual(m.layers, []);
  throws(() => m.summary(), /bare graph without layers/);
});

Deno.test("an initializer that isn't there is an error that names the weight", () => {
  const layer = dense({ units: 1 }), bare = createRegistry([]);
  const start = input({ shape: [1], registry: bare });
  throws(() => sequential([start, layer]), /no op named MatMul|no initializer/);
});

Deno.test("a number that is no id is refused with its place, on every engine and by fit as by predict", async () => {
  for (const backend of ["wasm", "plain"]) {
    const m = sequential([embedding({ inputDim: 10, outputDim: 2 }), flatten(), dense({ units: 1 })], {
      backend,
    });
    m.compile({ loss: "mse" });
    await m.predict([[0, 9, 3]]);
    for (const wrong of [NaN, 1.5, -5, 10]) {
      const said = new RegExp(`row 2, number 3: ${wrong} is no id: expected a whole number from 0 to 9`);
      await rejects(m.predict([[1, 2, 3], [1, 2, wrong]]), said);
      await rejects(m.fit([[1, 2, 3], [1, 2, wrong]], [1, 2], { verbose: 0 }), said);
      await rejects(m.evaluate([[1, 2, 3], [1, 2, wrong]], [1, 2]), said);
    }
  }
});
