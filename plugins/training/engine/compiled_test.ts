/** What compile reads: names of metrics, and which outputs targets are given for. @module */
import { deepStrictEqual, ok, rejects } from "node:assert/strict";
import { apply, dense, input, type Model, model, sequential, type TargetData, tensor } from "../../../mod.ts";

const two = (): Model => {
  const x = input({ shape: [1], name: "x" });
  const a = apply(dense({ units: 1, name: "a", kernelInitializer: "ones" }), x);
  return model({ inputs: x, outputs: [a, apply(dense({ units: 2, name: "b" }), x)], backend: "plain" });
};
const x = [[1], [2]], a = tensor([[3], [3]]), b = tensor([[0, 1], [1, 0]]);

Deno.test("a metric asked for twice has two names, the weighted one says so", async () => {
  const m = sequential([input({ shape: [1] }), dense({ units: 1, kernelInitializer: "ones" })]);
  m.compile({ loss: "mse", metrics: ["mae", "mse", "mae"], weightedMetrics: ["mae", "mape"] });
  const logs = await m.testOnBatch([[1], [2]], [3, 3], { sampleWeight: [1, 0] });
  deepStrictEqual(Object.keys(logs), ["loss", "mae", "mse", "mae1", "weightedMae", "mape"]);
  // Errors are 2 and 1; the second sample doesn't count.
  deepStrictEqual([logs.mae, logs.mae1, logs.weightedMae], [1.5, 1.5, 2]);
  const several = two();
  several.compile({ loss: "mse", metrics: { a: ["mae"] }, weightedMetrics: { a: ["mae"], b: ["mae"] } });
  const names = Object.keys(await several.testOnBatch(x, [a, b]));
  deepStrictEqual(names, ["loss", "aLoss", "bLoss", "aMae", "aWeightedMae", "bMae"]);
});

Deno.test("targets of outputs without a loss may be given, left out or null", async () => {
  const m = two();
  m.compile({ loss: { a: "mse", b: null } });
  const forms: readonly TargetData[] = [[a, b], [a, null], a, { a }, { a, b }, { a, b: null }];
  for (const y of [...forms, [[[3], [3]], [[0, 1], [1, 0]]]]) {
    // (3 - 1)² and (3 - 2)²
    deepStrictEqual(await m.testOnBatch(x, y), { loss: 2.5 });
  }
  await rejects(m.testOnBatch(x, { b }), /target "a" is missing: expected float32\[batch, 1\]/);
  await rejects(m.testOnBatch(x, { c: a }), /unknown target "c": expected a, b/);
});

Deno.test("an output without a loss may have metrics, of classes' numbers or one-hot", async () => {
  const m = two();
  m.compile({
    loss: { a: "mse", b: null },
    metrics: { b: ["accuracy"] },
    weightedMetrics: { b: ["accuracy"] },
  });
  const sampleWeight = { b: [1, 0] }, hot = await m.testOnBatch(x, [a, b], { sampleWeight });
  const ids = await m.testOnBatch(x, [a, tensor(Int32Array.from([1, 0]), [2], "int32")], { sampleWeight });
  deepStrictEqual(ids, hot);
  // Both samples have one class: one of the two is right.
  ok(hot.bAccuracy === 0.5 && (hot.bWeightedAccuracy === 0 || hot.bWeightedAccuracy === 1));
  await rejects(m.testOnBatch(x, [a, null]), /target "b" is missing/);
});

Deno.test("losses of several outputs are means of batches, as in Keras 3 on TensorFlow", async () => {
  const m = two();
  m.compile({ loss: { a: "mse", b: "mse" }, lossWeights: { a: 1, b: 0 } });
  const logs = await m.evaluate(
    [[1], [2], [3]],
    [tensor([[3], [3], [3]]), tensor([[0, 0], [0, 0], [0, 0]])],
    {
      batchSize: 2,
    },
  );
  // 4, 1 and 0: the mean of samples, and that of 2.5 and 0.
  deepStrictEqual([Math.fround(logs.loss ?? NaN), logs.aLoss], [Math.fround(5 / 3), 1.25]);
});

Deno.test("evaluate takes other metrics than those that were compiled, and leaves those as they were", async () => {
  const m = sequential([
    input({ shape: [1] }),
    dense({ units: 1, activation: "sigmoid", kernelInitializer: "ones" }),
  ]);
  m.compile({ loss: "binaryCrossentropy", metrics: ["accuracy"] });
  const [x, y] = [[[-2], [-1], [1], [2]], [0, 1, 0, 1]];
  const compiled = await m.evaluate(x, y),
    asked = await m.evaluate(x, y, { metrics: ["precision", "recall"] });
  deepStrictEqual(Object.keys(asked), ["loss", "precision", "recall"]);
  deepStrictEqual([asked.loss, asked.precision, asked.recall], [compiled.loss, 0.5, 0.5]);
  deepStrictEqual(await m.evaluate(x, y), compiled);
  deepStrictEqual(Object.keys(await m.evaluate(x, y, { metrics: [], batchSize: 3 })), ["loss"]);
  await rejects(
    m.evaluate(x, y, { metrics: ["recal"] }),
    /no metric named recal; did you mean recall\?; there are .*precision, /,
  );
});

Deno.test("a loss that is no number is said once, and the fit goes on as Keras' does", async () => {
  const told: string[] = [], { warn } = console;
  console.warn = (line: string) => void told.push(line);
  try {
    const m = sequential([input({ shape: [1] }), dense({ units: 1 })]);
    m.compile({ loss: "mse", optimizer: "sgd" });
    const { history } = await m.fit([[1], [NaN]], [1, 2], { epochs: 3, verbose: 0 });
    deepStrictEqual(history.loss?.map(Number.isNaN), [true, true, true]);
    deepStrictEqual(told.length, 1);
    ok(/the loss of epoch 1 is NaN/.test(told[0] ?? ""), told[0] ?? "");
  } finally {
    console.warn = warn;
  }
});
