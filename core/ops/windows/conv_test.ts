import assert from "node:assert/strict";
import { GraphBuilder } from "../../graph/builder.ts";
import { ShapeError } from "../../values/errors.ts";
import { shapeText, tensorType, type Type } from "../../values/shape.ts";
import { isTensor, tensor } from "../../values/tensor.ts";
import { testBodies } from "../../../tests/support/bodies.ts";
import {
  operators,
  runPlain,
  sampleGraph,
  sampleInputs,
  testGradients,
} from "../../../tests/support/gradients.ts";
import { type OpSample, uniform } from "../../../tests/support/samples.ts";
import { convSamples } from "./conv.samples.ts";

testGradients(convSamples);
testBodies(convSamples);

function run(sample: OpSample): number[] {
  const [y] = runPlain(sampleGraph(sample), sampleInputs(sample));
  assert.ok(isTensor(y));
  return Array.from(y.data as ArrayLike<number>);
}
function shapeOf(type: Type | undefined): string {
  return shapeText(type?.kind === "tensor" ? type.shape : undefined);
}

Deno.test("Conv is cross-correlation: the kernel is not turned", () => {
  const y = run({ op: "Conv", inputs: [tensor([1, 2, 3, 4], [1, 1, 4]), tensor([1, 10], [1, 1, 2])] });
  assert.deepEqual(y, [21, 32, 43]);
});
Deno.test("ConvTranspose whose pads take more than there is is refused", () => {
  const x = tensor([1], [1, 1, 1]), w = tensor([1, 10], [1, 1, 2]);
  const padded = { op: "ConvTranspose", attributes: { pads: [2, 1] }, inputs: [x, w] };
  assert.throws(() => run(padded), { name: "ShapeError", message: /axis 2 comes out at -1/ });
});
Deno.test("ConvTranspose spreads each input by the kernel", () => {
  const x = tensor([1, 2], [1, 1, 2]), w = tensor([1, 10, 100], [1, 1, 3]);
  assert.deepEqual(run({ op: "ConvTranspose", attributes: { strides: [2] }, inputs: [x, w] }), [
    1,
    10,
    102,
    20,
    200,
  ]);
});
Deno.test("SAME puts the odd pad at the end, or with LOWER at the start", () => {
  const inputs = [tensor([1, 2, 3], [1, 1, 3]), tensor([1, 10], [1, 1, 2])];
  assert.deepEqual(run({ op: "Conv", attributes: { auto_pad: "SAME_UPPER" }, inputs }), [21, 32, 3]);
  assert.deepEqual(run({ op: "Conv", attributes: { auto_pad: "SAME_LOWER" }, inputs }), [10, 21, 32]);
});
Deno.test("spatial symbols become expressions", () => {
  const b = new GraphBuilder(operators);
  const x = b.input("x", tensorType("float32", ["batch", 3, "height", "width"]));
  const w = b.input("w", tensorType("float32", [8, 3, 3, 3]));
  const same = b.conv(x, w, { pads: [1, 1, 1, 1] });
  assert.equal(shapeOf(same.type), "[batch, 8, height, width]");
  const half = b.conv(x, w, { pads: [1, 1, 1, 1], strides: [2, 2] });
  assert.equal(shapeOf(half.type), "[batch, 8, (height - 1)//2 + 1, (width - 1)//2 + 1]");
});
Deno.test("a window larger than its axis is refused", () => {
  const inputs = [uniform([1, 1, 2]), uniform([1, 1, 3])];
  assert.throws(() => sampleGraph({ op: "Conv", inputs }), ShapeError);
});
Deno.test("wrong channels are refused, with what was expected", () => {
  const inputs = [uniform([1, 3, 5]), uniform([2, 2, 3])];
  assert.throws(() => sampleGraph({ op: "Conv", inputs }), /channels of X: expected 2, got 3/);
});
