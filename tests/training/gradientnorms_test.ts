/** Gradients over time against cells by hand: exact backpropagation, and finite differences. @module */
import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import {
  dense,
  embedding,
  input,
  loadModel,
  lstm,
  type Model,
  sequential,
  type Tensor,
  tensor,
  type TrainingState,
} from "../../mod.ts";
import { gru, simpleRnn, timeDistributed } from "../../public/layers.ts";
import { sgd } from "../../public/optimizers.ts";
import { gradientNorms, sequenceBatches, sequenceLoss, sequenceWindows } from "../../public/sequences.ts";
import { toNumbers } from "../../public/tensors.ts";
import { run, times } from "../../examples/sequences/cells.ts";
import { byHand, kinds, matrixOf, weightsOf } from "../../examples/sequences/gradients.ts";

const steps = 5, features = 2, units = 3;
const data = Float32Array.from({ length: steps * features }, (_, i) => Math.sin(i * 1.7));
const xs = Array.from(
  { length: steps },
  (_, t) => Float64Array.from(data.slice(t * features, (t + 1) * features)),
);

for (const { name, cell, layer } of kinds) {
  Deno.test(`${name}: the gradient at each hidden state is the finite difference of moving it`, async () => {
    using model = sequential([
      input({ shape: [steps, features] }),
      layer(units, "orthogonal"),
      dense({ units: 1 }),
    ], { seed: 4, backend: "plain" });
    const x = tensor(data, [1, steps, features]), loss = { loss: "meanSquaredError" };
    const found = await gradientNorms(model, x, tensor([[0.5]]), loss);
    const head = matrixOf(model.weights.get("sequential/dense/kernel") ?? x), zero = new Float64Array(units);
    const lossAt = (t: number, k: number, by: number) => {
      const change = xs.map((_, i) => zero.map((_, j) => (i === t && j === k ? by : 0)));
      const h = run(cell, weightsOf(model), xs, [zero, zero], change).at(-1) ?? zero;
      return ((times(h, head)[0] ?? NaN) - 0.5) ** 2;
    };
    const got = toNumbers(found.gradients), step = 1e-5;
    for (let t = 0; t < steps; t++) {
      let squares = 0;
      for (let k = 0; k < units; k++) {
        const want = (lossAt(t, k, step) - lossAt(t, k, -step)) / (2 * step);
        // Central differences are off by step² times the third derivative, a few units here; float32 by 2^-23 of ∂loss/∂h.
        ok(
          Math.abs(Number(got[t * units + k]) - want) < 1e-6,
          `step ${t}, unit ${k}: ${got[t * units + k]}, ${want}`,
        );
        squares += want * want;
      }
      ok(Math.abs((found.norms[t] ?? 0) - Math.sqrt(squares)) < 2e-6);
    }
  });
}
Deno.test("backpropagation through 50 steps by hand is the library's, and clipping bounds all gradients together", async () => {
  const sizes = { steps: 50, features: 10, units: 64, batch: 1, recurrentInitializers: {} };
  const found = await byHand(sizes, 1, 5);
  // Float32 against float64: gradients are of length 260 here, so 2^-23 · 260 for each of a few sums.
  ok(found.difference < 2e-4 && found.norms < 2e-4, JSON.stringify(found));
  ok(found.length > 5 && Math.abs(found.clipped - 5) < 1e-9);
});
Deno.test("a layer is chosen by name, inside a stack too, backwards too; another model is refused", async () => {
  using model = sequential([
    input({ shape: [4], dtype: "int32" }),
    embedding({ inputDim: 9, outputDim: 3 }),
    gru({ units: 2, returnSequences: true, goBackwards: true, name: "first" }),
    lstm({ units: 3, name: "second" }),
    dense({ units: 2, activation: "softmax" }),
  ]);
  model.compile({ loss: "sparseCategoricalCrossentropy" });
  const x = tensor([[1, 2, 3, 4], [5, 6, 7, 8]], undefined, "int32"), y = tensor([0, 1], [2], "int32");
  const { loss } = await model.gradients(x, y);
  for (const layer of ["first", "second"]) {
    const found = await gradientNorms(model, x, y, { layer });
    strictEqual(found.layer, layer);
    ok(Math.abs(found.loss - loss) < 1e-6 && found.norms.every((n) => n > 0));
  }
  await rejects(gradientNorms(model, x, y, { layer: "third" }), /layer "third"; there is first, second/);
  using flat = sequential([input({ shape: [2] }), dense({ units: 1 })]);
  await rejects(gradientNorms(flat, [[1, 2]], [[1]], { loss: "meanSquaredError" }), /there is none/);
});

/** A stateful model over tokens, of one row. */
const overTokens = (stateful: boolean) => {
  const model = sequential([
    input({ shape: [null], batchSize: stateful ? 2 : null, dtype: "int32" }),
    embedding({ inputDim: 6, outputDim: 4 }),
    simpleRnn({ units: 5, returnSequences: true, stateful }),
    timeDistributed(dense({ units: 6, activation: "softmax" })),
  ], { seed: 9 });
  model.compile({ optimizer: sgd({ learningRate: 0.5 }), loss: "sparseCategoricalCrossentropy" });
  return model;
};
const tokens = [1, 5, 2, 0, 3, 4, 4, 1, 2, 5, 0, 3, 1];
Deno.test("lanes are read in chunks whose targets are the tokens that follow", () => {
  const source = sequenceBatches(tokens, { batchSize: 2, length: 4 });
  const rows = [...source()].map((item) => {
    const [x, y] = "x" in item ? [item.x, item.y] : item;
    return [Array.from((x as Tensor).data as Int32Array), Array.from((y as Tensor).data as Int32Array)];
  });
  deepStrictEqual([source.steps, source.targets], [2, 12]);
  deepStrictEqual(rows, [[[1, 5, 2, 4, 1, 2], [5, 2, 0, 1, 2, 5]], [[0, 3, 4, 5, 0, 3], [3, 4, 4, 0, 3, 1]]]);
});
Deno.test("one chunk that covers all is full backpropagation through time, epoch after epoch", async () => {
  using chunked = overTokens(true), whole = overTokens(false);
  const source = sequenceBatches(tokens, { batchSize: 2, length: 100, model: chunked });
  await chunked.fit(source, { epochs: 3, verbose: 0 });
  const x = tensor([tokens.slice(0, 6), tokens.slice(6, 12)], undefined, "int32");
  const y = tensor([tokens.slice(1, 7), tokens.slice(7, 13)], undefined, "int32");
  await whole.fit(x, y, { epochs: 3, batchSize: 2, verbose: 0 });
  const [a, b] = [chunked, whole].map((m) =>
    [...m.weights.values()].flatMap((t) => Array.from(toNumbers(t), Number))
  );
  // One operation more or less is fused for a fixed batch: a unit in the last place after three steps.
  a?.forEach((v, i) => ok(Math.abs(v - (b?.[i] ?? NaN)) < 1e-6, `weight ${i}: ${v}, ${b?.[i]}`));
});
Deno.test("states go on from chunk to chunk, gradients don't, and a pass begins at zero", async () => {
  using chunked = overTokens(true), whole = overTokens(false);
  const short = sequenceBatches(tokens, { batchSize: 2, length: 2, model: chunked });
  const long = sequenceBatches(tokens, { batchSize: 2, length: 100 });
  const one = await sequenceLoss(chunked, short), all = await sequenceLoss(whole, long);
  ok(Math.abs(one.loss - all.loss) < 1e-6 && one.targets === 12);
  deepStrictEqual(await sequenceLoss(chunked, short), one);
  // The gradient of a chunk alone: that of the model run on it from the states before, which no gradient enters.
  const [first, second] = [...sequenceBatches(tokens, { batchSize: 2, length: 3 })()];
  const of = (item: typeof first) => (item && !("x" in item) ? item : undefined);
  const [x1, y1] = of(first) ?? [], [x2, y2] = of(second) ?? [];
  ok(x1 && y1 && x2 && y2);
  chunked.resetStates();
  await chunked.testOnBatch(x1, y1);
  const cut = (await chunked.gradients(x2, y2)).weights,
    full = (await whole.gradients(
      tensor([tokens.slice(0, 6), tokens.slice(6, 12)], undefined, "int32"),
      tensor([tokens.slice(1, 7), tokens.slice(7, 13)], undefined, "int32"),
      { sampleWeight: tensor([[0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 1]]) },
    )).weights;
  const largest = (path: string) => {
    const a = toNumbers(cut.get(path) ?? tensor([0])), b = toNumbers(full.get(path) ?? tensor([0]));
    return Math.max(...Array.from(a, (v, i) => Math.abs(Number(v) - 2 * Number(b[i]))));
  };
  // Above the loop both see the same; inside it only whole sequences reach back.
  const paths = [...cut.keys()], head = paths.find((p) => p.endsWith("bias") && !p.includes("rnn")) ?? "";
  ok(largest(head) < 1e-6, `${head} ${largest(head)}`);
  ok(largest(paths.find((p) => p.endsWith("recurrent_kernel")) ?? "") > 1e-4);
});
Deno.test("windows stand apart, with the next token of every step or of the last", () => {
  const every = sequenceWindows([0, 1, 2, 3, 4, 5], { length: 2, stride: 3 });
  deepStrictEqual([every.x.data, every.y.data], [Int32Array.of(0, 1, 3, 4), Int32Array.of(1, 2, 4, 5)]);
  const last = sequenceWindows([0, 1, 2, 3], { length: 2, stride: 1, next: "last" });
  deepStrictEqual([last.x.data, last.y], [Int32Array.of(0, 1, 1, 2), tensor(Int32Array.of(2, 3), [2])]);
});
Deno.test("a resumed fit in chunks begins its pass at zero, and ends as an unbroken one", async () => {
  const fit = async (model: Model, epochs: number, resumeFrom?: TrainingState) => {
    const source = sequenceBatches(tokens, { batchSize: 2, length: 2, model });
    await model.fit(source, { epochs, verbose: 0, ...(resumeFrom && { resumeFrom }) });
  };
  using whole = overTokens(true), broken = overTokens(true);
  await fit(whole, 4);
  await fit(broken, 2);
  const file = await broken.toBytes(".keras"), state = broken.trainingState();
  using resumed = await loadModel(file);
  await fit(resumed, 4, state);
  deepStrictEqual([...resumed.weights.values()], [...whole.weights.values()]);
});
