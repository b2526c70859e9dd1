import assert from "node:assert/strict";
import { isTensor, tensor } from "../../values/tensor.ts";
import { testBodies } from "../../../tests/support/bodies.ts";
import { runPlain, sampleGraph, sampleInputs, testGradients } from "../../../tests/support/gradients.ts";
import type { OpSample } from "../../../tests/support/samples.ts";
import { normalizeSamples } from "./normalize.samples.ts";

testGradients(normalizeSamples);
testBodies(normalizeSamples);

function run(sample: OpSample): number[][] {
  return runPlain(sampleGraph(sample), sampleInputs(sample)).map((y) => {
    assert.ok(isTensor(y));
    return Array.from(y.data as ArrayLike<number>);
  });
}

Deno.test("a layer with a large mean keeps its small differences", () => {
  const x = tensor([10000, 10001, 10002, 10003], [1, 4]), one = tensor([1, 1, 1, 1], [4]);
  const [y = []] = run({ op: "LayerNormalization", attributes: { epsilon: 0 }, inputs: [x, one] });
  const want = [-1.5, -0.5, 0.5, 1.5].map((d) => Math.fround(d / Math.sqrt(1.25)));
  assert.deepEqual(y, want);
});
Deno.test("training gives running statistics with the population variance", () => {
  const inputs = [[1, 3], [1], [0], [10], [20]].map((v, i) => tensor(v, i === 0 ? [2, 1] : [1]));
  const attributes = { training_mode: 1, momentum: 0.5, epsilon: 0 };
  assert.deepEqual(run({ op: "BatchNormalization", attributes, inputs }), [[-1, 1], [6], [10.5]]);
});
Deno.test("a row of zeros has no direction: LpNormalization leaves it", () => {
  assert.deepEqual(run({ op: "LpNormalization", inputs: [tensor([0, 0, 3, 4], [2, 2])] })[0]?.slice(0, 2), [
    0,
    0,
  ]);
});
Deno.test("channels that don't divide into groups are refused", () => {
  const inputs = [tensor([1, 2, 3], [1, 3, 1]), tensor([1, 1, 1]), tensor([0, 0, 0])];
  assert.throws(
    () => sampleGraph({ op: "GroupNormalization", attributes: { num_groups: 2 }, inputs }),
    /2 groups/,
  );
});
