import assert from "node:assert/strict";
import { GraphBuilder } from "../../graph/builder.ts";
import { shapeText, tensorType } from "../../values/shape.ts";
import { isTensor, tensor } from "../../values/tensor.ts";
import { testBodies } from "../../../tests/support/bodies.ts";
import {
  operators,
  runPlain,
  sampleGraph,
  sampleInputs,
  testGradients,
} from "../../../tests/support/gradients.ts";
import type { OpSample } from "../../../tests/support/samples.ts";
import { resizeSamples } from "./resize.samples.ts";

testGradients(resizeSamples);
testBodies(resizeSamples);

function run(sample: OpSample): number[] {
  const [y] = runPlain(sampleGraph(sample), sampleInputs(sample));
  assert.ok(isTensor(y));
  return Array.from(y.data as ArrayLike<number>);
}
const scales = tensor([1, 1, 2], [3]), line = tensor([0, 4], [1, 1, 2]);

Deno.test("half pixels keep the middle: linear doubling of two values", () => {
  assert.deepEqual(run({ op: "Resize", attributes: { mode: "linear" }, inputs: [line, undefined, scales] }), [
    0,
    1,
    3,
    4,
  ]);
});
Deno.test("aligned corners keep the ends", () => {
  const attributes = { mode: "linear", coordinate_transformation_mode: "align_corners" };
  const y = run({ op: "Resize", attributes, inputs: [tensor([0, 3], [1, 1, 2]), undefined, scales] });
  assert.deepEqual(y, [0, 1, 2, 3]);
});
Deno.test("whole and half scales give dims as expressions", () => {
  const b = new GraphBuilder(operators);
  const x = b.input("x", tensorType("float32", ["batch", 3, "height", "width"]));
  const y = b.resize(x, undefined, b.constant(tensor([1, 1, 2, 0.5], [4], "float32")));
  assert.equal(
    shapeText(y.type.kind === "tensor" ? y.type.shape : undefined),
    "[batch, 3, 2*height, width//2]",
  );
});
Deno.test("a size is the float32 product of size and scale, rounded down, as in onnxruntime", () => {
  const x = tensor([1, 2, 3, 4, 5]), cases = [[9 / 5, 9], [7 / 5, 7], [0.6, 3], [1.9, 9]] as const;
  for (const [scale, size] of cases) {
    const b = new GraphBuilder(operators), value = b.input("x", tensorType("float32", [5]));
    const fixed = b.resize(value, undefined, b.constant(tensor([scale])));
    assert.deepEqual(fixed.type, tensorType("float32", [size]));
    const open = b.resize(value, undefined, b.input("scale", tensorType("float32", [1])));
    b.output("y", open);
    const [y] = runPlain(b.build(), [x, tensor([scale])]);
    assert.ok(isTensor(y));
    assert.deepEqual(y.shape, [size]);
  }
});
