import assert from "node:assert/strict";
import { isTensor, tensor } from "../tensor.ts";
import { testBodies } from "../../tests/support/bodies.ts";
import { runPlain, sampleGraph, sampleInputs, testGradients } from "../../tests/support/gradients.ts";
import type { OpSample } from "../../tests/support/samples.ts";
import { poolSamples } from "./pool.samples.ts";

testGradients(poolSamples);
testBodies(poolSamples);

function run(sample: OpSample): number[][] {
  return runPlain(sampleGraph(sample), sampleInputs(sample)).map((y) => {
    assert.ok(isTensor(y));
    return Array.from(y.data as ArrayLike<number | bigint>, Number);
  });
}

Deno.test("where a window has several maxima the first gets the whole gradient", () => {
  const x = tensor([2, 2, 1, 2], [1, 1, 2, 2]), dy = tensor([5], [1, 1, 1, 1]);
  const [dx] = run({ op: "lapis.MaxPoolGrad", attributes: { kernel_shape: [2, 2] }, inputs: [x, dy] });
  assert.deepEqual(dx, [5, 0, 0, 0]);
});
Deno.test("Indices count over batch and channels, row- or column-major", () => {
  const x = tensor([0, 1, 2, 3, 9, 5, 6, 7, 8, 1, 0, 0], [1, 2, 2, 3]);
  const at = (storage_order: number) =>
    run({ op: "MaxPool", attributes: { kernel_shape: [2, 3], storage_order }, inputs: [x], outputs: 2 })[1];
  assert.deepEqual(at(0), [4, 8]);
  assert.deepEqual(at(1), [3, 10]);
});
Deno.test("a mean leaves padding out unless it is counted", () => {
  const attributes = { kernel_shape: [2], pads: [1, 0] }, inputs = [tensor([4, 6], [1, 1, 2])];
  assert.deepEqual(run({ op: "AveragePool", attributes, inputs })[0], [4, 5]);
  assert.deepEqual(
    run({ op: "AveragePool", attributes: { ...attributes, count_include_pad: 1 }, inputs })[0],
    [2, 5],
  );
});
Deno.test("with ceil_mode no window starts beyond the input", () => {
  const attributes = { kernel_shape: [1], strides: [2], ceil_mode: 1 };
  assert.deepEqual(
    run({ op: "MaxPool", attributes, inputs: [tensor([1, 2, 3, 4], [1, 1, 4])], outputs: 1 })[0],
    [1, 3],
  );
});
