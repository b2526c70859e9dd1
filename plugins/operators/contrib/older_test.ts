import assert from "node:assert/strict";
import type { AttributeProto, TensorProto } from "../../../io/onnx/messages.ts";
import { encodeModel } from "../../../tests/support/onnx.ts";
import { loadModel, type Tensor, tensor } from "../../../mod.ts";

const ints = (name: string, ...values: number[]): AttributeProto => ({
  name,
  type: 7,
  ints: BigInt64Array.from(values, BigInt),
});
const int = (name: string, value: number): AttributeProto => ({ name, type: 2, i: BigInt(value) });
const dims = (shape: readonly number[]) => ({
  tensorType: { elemType: 1, shape: { dim: shape.map((d) => ({ dimValue: BigInt(d) })) } },
});
async function gives(
  opType: string,
  attribute: AttributeProto[],
  x: Tensor,
  expected: Tensor,
  initializer: TensorProto[] = [],
  opset = 1,
): Promise<void> {
  const input = ["x", ...initializer.map((t) => t.name ?? "")];
  const bytes = encodeModel({
    node: [{ opType, input, output: ["y"], attribute }],
    input: [{ name: "x", type: dims(x.shape) }],
    initializer,
    output: [{ name: "y" }],
  }, opset);
  for (const backend of ["plain", "wasm"]) {
    const { y } = await (await loadModel(bytes, { backend })).run({ x });
    assert.ok(y && "data" in y);
    assert.deepEqual([y.shape, Array.from(y.data as Float32Array, (v) => Math.round(v * 1e4) / 1e4)], [
      expected.shape,
      Array.from(expected.data as Float32Array, (v) => Math.round(v * 1e4) / 1e4),
    ], `${opType} on ${backend}`);
  }
}
const picture = tensor([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 2, 2]);

Deno.test("pictures are scaled and cut as ONNX 1 and onnxruntime do it", async () => {
  const bias: AttributeProto = { name: "bias", type: 6, floats: Float32Array.of(10, -1) };
  const scale: AttributeProto = { name: "scale", type: 1, f: 2 };
  await gives("ImageScaler", [bias, scale], picture, tensor([12, 14, 16, 18, 9, 11, 13, 15], [1, 2, 2, 2]));
  await gives("Crop", [ints("border", 1, 0, 0, 1)], picture, tensor([2, 6], [1, 2, 1, 1]));
  await gives(
    "Crop",
    [ints("border", 0, 1, 0, 0), ints("scale", 1, 2)],
    picture,
    tensor([3, 4, 7, 8], [1, 2, 1, 2]),
  );
});
Deno.test("DynamicSlice takes what Slice takes now", async () => {
  const whole = (name: string, value: bigint): TensorProto => ({
    name,
    dataType: 7,
    dims: BigInt64Array.of(1n),
    int64Data: BigInt64Array.of(value),
  });
  const part = [whole("starts", 1n), whole("ends", 9n), whole("axes", 3n)];
  await gives("DynamicSlice", [], picture, tensor([2, 4, 6, 8], [1, 2, 2, 1]), part);
});
Deno.test("MeanVarianceNormalization of opset 1 names its axes by a flag, and may leave the variance", async () => {
  const own = [-1.5, -0.5, 0.5, 1.5], all = [-3.5, -2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 3.5];
  const one = (list: readonly number[], deviation: number) =>
    list.map((v) => Math.round(v / deviation * 1e4) / 1e4);
  const named = (
    across: number,
    variance: number,
  ) => [int("across_channels", across), int("normalize_variance", variance)];
  const shape = [1, 2, 2, 2], mvn = "MeanVarianceNormalization";
  await gives(mvn, named(0, 0), picture, tensor([...own, ...own], shape));
  await gives(mvn, named(1, 0), picture, tensor(all, shape));
  await gives(mvn, named(0, 1), picture, tensor(one([...own, ...own], Math.sqrt(1.25)), shape));
  await gives(mvn, named(1, 1), picture, tensor(one(all, Math.sqrt(5.25)), shape));
});
Deno.test("an output that is listed twice is given once, with a warning", async () => {
  const bytes = encodeModel({
    node: [{ opType: "Relu", input: ["x"], output: ["y"] }],
    input: [{ name: "x", type: dims([2]) }],
    output: [{ name: "y" }, { name: "y" }],
  });
  const warnings: string[] = [], model = await loadModel(bytes, { warn: (w) => warnings.push(w) });
  assert.deepEqual(await model.run({ x: tensor([-1, 2]) }), { y: tensor([0, 2]) });
  assert.match(warnings.join("\n"), /output "y" is listed twice/);
});
