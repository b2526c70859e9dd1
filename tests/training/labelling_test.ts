/** Sequences out: a label for every step under masks and weights, and many steps out of one input. @module */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  adam,
  apply,
  dense,
  embedding,
  input,
  lstm,
  type Model,
  model as functional,
  sequential,
  type Tensor,
  tensor,
} from "../../mod.ts";
import { bidirectional, gru, repeatVector, timeDistributed } from "../../public/layers.ts";
import { toNumbers } from "../../public/tensors.ts";
import { decode } from "../../public/sequences.ts";

const ids = (rows: readonly (readonly number[])[]) => tensor(rows.map((r) => [...r]), undefined, "int32");
const tagger = (seed: number): Model => {
  const made = sequential([
    input({ shape: [null], dtype: "int32" }),
    embedding({ inputDim: 10, outputDim: 6, maskZero: true }),
    bidirectional(lstm({ units: 6, returnSequences: true })),
    timeDistributed(dense({ units: 3, activation: "softmax" })),
  ], { seed });
  made.compile({
    optimizer: adam({ learningRate: 0.02, globalClipNorm: 5 }),
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy"],
  });
  return made;
};
/** Label of a token: 0 at the beginning, 1 after a smaller token, 2 after any other. */
const labelsOf = (row: readonly number[]) =>
  row.map((t, i) => (t === 0 || i === 0 ? 0 : t > (row[i - 1] ?? 0) ? 1 : 2));
const rows = Array.from(
  { length: 48 },
  (_, r) => Array.from({ length: 7 }, (_, t) => (t < 3 + (r % 5) ? 1 + ((r * 5 + t * t * 3 + t) % 9) : 0)),
);

Deno.test("every step gets its label, whatever is before and behind it", async () => {
  using model = tagger(1);
  await model.fit(ids(rows), ids(rows.map(labelsOf)), { epochs: 60, batchSize: 16, verbose: 0 });
  const got = toNumbers(await model.predictClasses(ids(rows)));
  const wrong = rows.flatMap((row, r) =>
    row.filter((t, i) => t !== 0 && got[r * 7 + i] !== labelsOf(row)[i])
  );
  strictEqual(wrong.length, 0);
});
Deno.test("masked steps count in no loss and no metric; steps weigh what they are given", async () => {
  using model = tagger(2);
  const x = ids([[4, 2, 7, 0], [5, 6, 0, 0]]), y = ids([[0, 2, 1, 0], [0, 1, 0, 0]]);
  const other = ids([[0, 2, 1, 2], [0, 1, 2, 1]]), weights = tensor([[1, 0.5, 2, 9], [0, 3, 9, 9]]);
  const p = toNumbers(await model.predict(x) as Tensor),
    row = (i: number) => Array.from(p.slice(i * 3, i * 3 + 3), Number);
  const nats = (steps: readonly (readonly [step: number, label: number, weight: number])[]) => {
    const losses = steps.map(([i, label, w]) => -w * Math.log(row(i)[label] ?? NaN));
    return losses.reduce((a, b) => a + b) / 5;
  };
  const plain = await model.testOnBatch(x, y);
  // Keras divides by the steps that count: five are not masked.
  ok(Math.abs((plain.loss ?? 0) - nats([[0, 0, 1], [1, 2, 1], [2, 1, 1], [4, 0, 1], [5, 1, 1]])) < 1e-6);
  deepStrictEqual(await model.testOnBatch(x, other), plain);
  const weighed = await model.testOnBatch(x, y, { sampleWeight: weights });
  ok(Math.abs((weighed.loss ?? 0) - nats([[0, 0, 1], [1, 2, 0.5], [2, 1, 2], [4, 0, 0], [5, 1, 3]])) < 1e-6);
  deepStrictEqual(await model.testOnBatch(x, other, { sampleWeight: weights }), weighed);
});
Deno.test("one to many: one input is repeated, and every step answers it", async () => {
  using model = sequential([
    input({ shape: [1] }),
    repeatVector({ n: 5 }),
    gru({ units: 12, returnSequences: true }),
    timeDistributed(dense({ units: 1 })),
  ], { seed: 3 });
  model.compile({ optimizer: adam({ learningRate: 0.02 }), loss: "meanSquaredError" });
  const x = Array.from({ length: 11 }, (_, i) => [i / 10]);
  const y = x.map(([v = 0]) => Array.from({ length: 5 }, (_, t) => [v * (t + 1) / 5]));
  const { history } = await model.fit(x, y, { epochs: 150, batchSize: 11, verbose: 0 });
  deepStrictEqual((await model.predict(x) as Tensor).shape, [11, 5, 1]);
  ok((history.loss?.at(-1) ?? 1) < 2e-3, `${history.loss?.at(-1)}`);
});
Deno.test("one to many: a sequence is generated from a single vector, token by token", async () => {
  const start = input({ shape: [4], name: "what" }),
    token = input({ shape: [null], dtype: "int32", name: "token" });
  const state = apply(dense({ units: 16, activation: "tanh" }), start);
  const decoded = apply(
    gru({ units: 16, returnSequences: true }),
    apply(embedding({ inputDim: 7, outputDim: 6 }), token),
    {
      initialState: [state],
    },
  );
  using model = functional({
    inputs: [start, token],
    outputs: apply(dense({ units: 7, activation: "softmax" }), decoded),
  });
  model.compile({ optimizer: adam({ learningRate: 0.03 }), loss: "sparseCategoricalCrossentropy" });
  const words = [[2, 3, 4], [5], [6, 6], [4, 2]],
    what = words.map((_, i) => words.map((_, k) => (k === i ? 1 : 0)));
  const padded = (rows: readonly (readonly number[])[]) => ids(rows.map((r) => [...r, 0, 0, 0].slice(0, 4)));
  const weight = words.map((w) => [...w, 1].map(() => 1)).map((w) => [...w, 0, 0, 0].slice(0, 4));
  await model.fit({ what, token: padded(words.map((w) => [0, ...w])) }, padded(words.map((w) => [...w, 1])), {
    epochs: 80,
    batchSize: 4,
    sampleWeight: weight,
    verbose: 0,
  });
  const found = await decode(model, { what }, { start: 0, end: 1, maxLength: 5 });
  deepStrictEqual(found.map((d) => d.tokens), words);
});
