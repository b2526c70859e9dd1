import assert from "node:assert/strict";
import { isTensor, tensor } from "../../values/tensor.ts";
import { testBodies } from "../../../tests/support/bodies.ts";
import { runPlain, sampleGraph, sampleInputs, testGradients } from "../../../tests/support/gradients.ts";
import { int64, type OpSample, uniform } from "../../../tests/support/samples.ts";
import { softmaxSamples } from "./softmax.samples.ts";

testGradients(softmaxSamples);
testBodies(softmaxSamples);

function run(sample: OpSample): number[] {
  const [y] = runPlain(sampleGraph(sample), sampleInputs(sample));
  assert.ok(isTensor(y));
  return Array.from(y.data as ArrayLike<number>);
}

Deno.test("Softmax of large scores doesn't overflow", () => {
  assert.deepEqual(run({ op: "Softmax", inputs: [tensor([1000, 1000, -1000], [1, 3])] }), [0.5, 0.5, 0]);
});
Deno.test("LogSoftmax stays finite where softmax is zero", () => {
  assert.deepEqual(run({ op: "LogSoftmax", inputs: [tensor([0, -500], [1, 2])] }), [0, -500]);
});
Deno.test("Hardmax takes the first of equal maxima", () => {
  assert.deepEqual(run({ op: "Hardmax", inputs: [tensor([1, 3, 3], [1, 3])] }), [0, 1, 0]);
});
Deno.test("the mean loss divides by the weights of what is not ignored", () => {
  const logs = uniform([3, 2], -2, -0.1), weights = tensor([2, 5], [2]);
  const [loss = NaN] = run({
    op: "NegativeLogLikelihoodLoss",
    attributes: { ignore_index: -1 },
    inputs: [logs, int64([0, -1, 1]), weights],
  });
  const [first = 0, , , , , last = 0] = Array.from(logs.data as Float32Array);
  assert.ok(Math.abs(loss - (-2 * first - 5 * last) / 7) < 1e-6);
});
