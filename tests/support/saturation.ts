/** Whether this machine's onnxruntime multiplies bytes right. @module */
import { GraphBuilder } from "../../core/graph/builder.ts";
import { tensorType } from "../../core/values/shape.ts";
import { uniform } from "../../core/ops/sample.ts";
import { castTensor, isTensor, type Tensor, tensor, toNumbers } from "../../core/values/tensor.ts";
import { registry } from "../../mod.ts";
import { onnxruntime } from "../../plugins/backends/onnxruntime/mod.ts";

/** int8 weights that it multiplies right on every processor: sums of two products stay within 2 · 255 · 64. */
export const narrowWeights = (shape: readonly number[], seed: number): Tensor =>
  castTensor(uniform(shape, -64, 64, seed), "int8");

/**
 * False on processors without VNNI, where onnxruntime adds two products of uint8 and int8 in 16 bits: 2 · 255 · 127 comes to
 * 32,767.
 */
export async function multipliesBytes(): Promise<boolean> {
  const b = new GraphBuilder(registry, { name: "bytes" });
  const weights = b.constant(tensor([127, 127], [2, 1], "int8"));
  b.output("y", b.matMulInteger(b.input("x", tensorType("uint8", [1, 2])), weights));
  using session = await onnxruntime.compile(b.build(), { registry });
  const { y } = await session.run({ x: tensor([255, 255], [1, 2], "uint8") });
  return y !== undefined && isTensor(y) && toNumbers(y)[0] === 2 * 255 * 127;
}
