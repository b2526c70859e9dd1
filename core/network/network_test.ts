/** Networks: names, sharing, nesting, masks, and what their graphs hold. @module */
import { deepEqual, equal, ok, throws } from "node:assert/strict";
import {
  add,
  apply,
  applyAll,
  ConfigError,
  dense,
  embedding,
  flatten,
  input,
  LimitError,
  lstm,
  type Model,
  model,
  sequential,
  ShapeError,
  type SymbolicTensor,
  type Tensor,
  tensor,
} from "../../mod.ts";
import {
  batchNormalization,
  bidirectional,
  concatenate,
  repeatVector,
  timeDistributed,
} from "../../public/layers.ts";
import { toNumbers } from "../../public/tensors.ts";

const paths = (m: Model) => [...m.weights.keys()];
const numbers = (t: Tensor | Tensor[] | undefined) => Array.from(toNumbers(t as Tensor));
const features = (name: string, size: number): SymbolicTensor => input({ shape: [size], name });

Deno.test("nameless layers are named as Keras names them", () => {
  const m = sequential([
    input({ shape: [5], dtype: "int32" }),
    embedding({ inputDim: 9, outputDim: 2 }),
    bidirectional(lstm({ units: 2, returnSequences: true })),
    bidirectional(lstm({ units: 2 })),
    dense({ units: 2 }),
    dense({ units: 1 }),
  ]);
  deepEqual(m.layers.map((l) => l.name), [
    "embedding",
    "bidirectional",
    "bidirectional_1",
    "dense",
    "dense_1",
  ]);
  ok(paths(m).includes("sequential/bidirectional_1/backward_lstm_1/lstm_cell/recurrent_kernel"));
});

Deno.test("an automatic name avoids those of the user and of nested models", () => {
  const inner = sequential([input({ shape: [3] }), dense({ units: 2 })], { name: "encoder" });
  const x = features("x", 3);
  const y = apply(dense({ units: 1 }), apply(dense({ units: 4, name: "dense_1" }), apply(inner, x)));
  deepEqual(model({ inputs: x, outputs: y }).layers.map((l) => l.name), ["encoder", "dense_1", "dense_2"]);
});

Deno.test("two layers of one name are an error that names it", () => {
  const hidden = () => dense({ units: 2, name: "hidden" });
  throws(() => sequential([input({ shape: [2] }), hidden(), hidden()]), /layer name hidden is not unique/);
  const x = features("hidden", 2);
  throws(() => model({ inputs: x, outputs: apply(hidden(), x) }), /layer name hidden is not unique/);
});

Deno.test("a layer applied twice has one set of weights", async () => {
  const shared = dense({ units: 2, useBias: false }), a = features("a", 2), b = features("b", 2);
  const m = model({ inputs: [a, b], outputs: [apply(shared, a), apply(shared, b)], backend: "plain" });
  deepEqual(paths(m), ["dense/kernel"]);
  deepEqual(m.outputs.map((o) => o.name), ["dense", "dense_1"]);
  m.setWeight("dense/kernel", tensor([[1, 2], [3, 4]]));
  const [y, z] = await m.predictAll([tensor([[1, 0]]), tensor([[0, 1]])]);
  deepEqual([numbers(y), numbers(z)], [[1, 2], [3, 4]]);
});

Deno.test("a shared layer needs the same sizes at every call", () => {
  const shared = dense({ units: 2 }), a = features("a", 2), b = features("b", 3);
  throws(
    () => model({ inputs: [a, b], outputs: [apply(shared, a), apply(shared, b)] }),
    (e: unknown) => e instanceof ShapeError && /layer "dense" \(Dense\): weight kernel/.test(e.message),
  );
});

Deno.test("weights of nested models have the paths that Keras 3 gives them", () => {
  const stack = sequential([input({ shape: [3] }), dense({ units: 2, name: "inside" })], { name: "stack" });
  const start = features("start", 2);
  const graph = model({
    inputs: start,
    outputs: apply(dense({ units: 2, name: "free" }), start),
    name: "graph",
  });
  const x = features("x", 3);
  const m = model({ inputs: x, outputs: apply(graph, apply(stack, x)) });
  deepEqual(paths(m), ["stack/inside/kernel", "stack/inside/bias", "free/kernel", "free/bias"]);
  const row = sequential([input({ shape: [3] }), dense({ units: 2, name: "first" })], { name: "row" });
  deepEqual(paths(row), ["row/first/kernel", "row/first/bias"]);
});

Deno.test("a nested model used twice shares its weights, and begins with its own", async () => {
  const encoder = sequential([input({ shape: [2] }), dense({ units: 2, useBias: false, name: "d" })], {
    name: "enc",
  });
  encoder.setWeight("enc/d/kernel", tensor([[1, 0], [0, 2]]));
  const a = features("a", 2), b = features("b", 2);
  const m = model({
    inputs: [a, b],
    outputs: apply(add(), [apply(encoder, a), apply(encoder, b)]),
    backend: "plain",
  });
  deepEqual(paths(m), ["enc/d/kernel"]);
  deepEqual(numbers(await m.predict([tensor([[1, 1]]), tensor([[2, 2]])])), [3, 6]);
});

Deno.test("a mask made by an embedding reaches the recurrent layer; null drops it", async () => {
  const ids = input({ shape: [4], dtype: "int32", name: "ids" });
  const table = embedding({ inputDim: 5, outputDim: 3, maskZero: true }), cell = lstm({ units: 2 });
  const x = apply(table, ids);
  ok(x.mask);
  const m = model({
    inputs: ids,
    outputs: [apply(cell, x), apply(cell, x, { mask: null })],
    backend: "plain",
  });
  const short = await m.predictAll(tensor([[1, 2, 0, 0]], undefined, "int32"));
  const long = await m.predictAll(tensor([[1, 2, 0, 3]], undefined, "int32"));
  ok(short[0] && short[1] && long[0]);
  equal(numbers(short[0]).join() === numbers(short[1]).join(), false);
  equal(numbers(short[0]).join() === numbers(long[0]).join(), false);
  const padded = model({ inputs: ids, outputs: apply(flatten(), apply(cell, x)), backend: "plain" });
  for (const [path, value] of m.weights) padded.setWeight(path, value);
  deepEqual(numbers(await padded.predict([1, 2, 0, 0])), numbers(short[0]));
});

Deno.test("Keras' order of layers: by depth from the outputs, then by first visit", () => {
  const x = features("x", 2), y = apply(dense({ units: 2, name: "near" }), x);
  const z = apply(dense({ units: 2, name: "far" }), apply(dense({ units: 2, name: "deep" }), x));
  const m = model({ inputs: x, outputs: apply(concatenate({ name: "all" }), [y, z]) });
  deepEqual(m.layers.map((l) => l.name), ["deep", "near", "far", "all"]);
});

Deno.test("an output that doesn't come from the inputs is an error that names what it needs", () => {
  const x = features("x", 2), other = features("other", 2);
  throws(
    () => model({ inputs: x, outputs: apply(dense({ units: 1 }), other) }),
    (e: unknown) => e instanceof ConfigError && /graph disconnected.*"other"/.test(e.message),
  );
});

Deno.test("errors have the layer's path, the nested ones' too, at the line that applies it", () => {
  throws(
    () => apply(lstm({ units: 2, name: "reader" }), features("x", 3)),
    /layer "reader" \(LSTM\): expected 3 axes .* got float32\[batch, 3\]/,
  );
  const inner = sequential([
    flatten(),
    repeatVector({ n: 2 }),
    dense({ units: 1 }),
    lstm({ units: 1, name: "l" }),
  ], {
    name: "inner",
  });
  const wrong = sequential([inner, lstm({ units: 2, name: "again" })]);
  throws(() => wrong.build([null, 3]), /layer "again" \(LSTM\)/);
  const named = sequential([timeDistributed(lstm({ units: 1, name: "steps" }), { name: "every" })]);
  throws(() => named.build([null, 3, 4]), /layer "every\/steps" \(LSTM\)/);
});

Deno.test("a nested model refuses inputs of another shape", () => {
  const inner = sequential([input({ shape: [2], name: "two" }), dense({ units: 2 })], { name: "inner" });
  throws(
    () => apply(inner, features("x", 3)),
    /layer "inner" \(Sequential\): input "two": expected float32\[batch, 2\]/,
  );
});

Deno.test("several outputs come as a list", () => {
  const x = input({ shape: [3, 2], name: "x" }), memory = lstm({ units: 4, returnState: true });
  throws(() => apply(memory, x), /has 3 outputs; applyAll\(\)/);
  deepEqual(applyAll(memory, x).map((t) => t.type.shape), [["batch", 4], ["batch", 4], ["batch", 4]]);
});

Deno.test("a graph has roles for its inputs, scopes by layer path, and updates for statistics in training alone", () => {
  const m = sequential([input({ shape: [2], name: "x" }), batchNormalization({ name: "norm" })], {
    name: "m",
  });
  const graph = m.graph({ training: true });
  deepEqual(
    graph.inputs.filter((i) => i.role !== "constant").map((i) => `${i.role} ${i.name}`),
    [
      "data x",
      "parameter m/norm/gamma",
      "parameter m/norm/beta",
      "statistic m/norm/moving_mean",
      "statistic m/norm/moving_variance",
    ],
  );
  deepEqual([...new Set(graph.nodes.map((n) => n.scope))], ["norm"]);
  const updated = (training: boolean) => m.graph({ training }).outputs.flatMap((o) => o.updates ?? []);
  deepEqual(updated(true), ["m/norm/moving_mean", "m/norm/moving_variance"]);
  deepEqual(updated(false), []);
});

Deno.test("a weight beyond the limits is refused before it is made", () => {
  throws(
    () => sequential([input({ shape: [4] }), dense({ units: 1e9, name: "huge" })]),
    (e: unknown) =>
      e instanceof LimitError &&
      /layer "huge" \(Dense\): weight kernel of shape \[4, 1000000000\]/.test(e.message),
  );
});
