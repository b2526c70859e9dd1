import assert from "node:assert/strict";
import { LapisError, ShapeError } from "../../values/errors.ts";
import { tensorType } from "../../values/shape.ts";
import { isTensor, tensor, zeros } from "../../values/tensor.ts";
import { testBodies } from "../../../tests/support/bodies.ts";
import { runPlain, sampleGraph, sampleInputs, testGradients } from "../../../tests/support/gradients.ts";
import { compile, engines, graphOf, tensorOf } from "../../../tests/support/engines.ts";
import type { OpSample } from "../../../tests/support/samples.ts";
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

for (const engine of engines) {
  Deno.test(`${engine.name}: an axis that no window fits into gives none, one that is further off is refused`, async () => {
    for (const op of ["MaxPool", "AveragePool", "LpPool"]) {
      const graph = (n: number | string, size: number) =>
        graphOf((b) => {
          const x = b.input("x", tensorType("float32", [1, 2, n]));
          b.output("y", b.one(op, [x], { kernel_shape: [size] }));
        });
      // onnxruntime 1.32: a window of 3 over 2 elements gives an axis of 0, one of 4 an error.
      using session = await compile(engine, graph(2, 3));
      assert.deepEqual(tensorOf((await session.run({ x: zeros([1, 2, 2]) }))["y"]).shape, [
        1,
        2,
        0,
      ]);
      assert.throws(() => graph(2, 4), ShapeError);
      using open = await compile(engine, graph("n", 3));
      assert.deepEqual(tensorOf((await open.run({ x: zeros([1, 2, 2]) }))["y"]).shape, [1, 2, 0]);
      await assert.rejects(open.run({ x: zeros([1, 2, 1]) }), LapisError);
    }
  });
}
