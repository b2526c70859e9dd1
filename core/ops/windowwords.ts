/** Windows that slide over images: padding in ONNX' words, kernels from Keras' axes to ONNX'. @module */
import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import { range, shapeOf, sizeAt, transpose } from "./words.ts";

/** How a window treats the borders; `causal` looks back only. */
export type Padding = "valid" | "same" | "causal";

/** The attributes of a window, as `Conv` and the pools have them. */
export interface WindowAttributes {
  /** Its size along each axis. */
  readonly kernel_shape: readonly number[];
  /** Steps from window to window. */
  readonly strides: readonly number[];
  /** Steps between a window's elements. */
  readonly dilations: readonly number[];
  /** Padding before each axis, then behind each. */
  readonly pads?: readonly number[];
  /** Said where sizes are known only when data comes. */
  readonly auto_pad?: "SAME_UPPER";
}
/** ONNX attributes of windows over `x` (channels first). TensorFlow's `same` pads the odd element at the end. */
export function windowAttributes(
  x: Value,
  kernel: readonly number[],
  strides: readonly number[],
  dilations: readonly number[],
  padding: Padding,
): WindowAttributes {
  const base = { strides: [...strides], dilations: [...dilations], kernel_shape: [...kernel] };
  const reach = kernel.map((k, i) => (k - 1) * (dilations[i] ?? 1));
  if (padding === "valid") return { ...base, pads: [...reach, ...reach].fill(0) };
  if (padding === "causal") return { ...base, pads: [...reach, ...reach.map(() => 0)] };
  const spatial = shapeOf(x.type).slice(2);
  const totals = reach.map((r, i) => {
    const stride = strides[i] ?? 1, size = spatial[i];
    if (stride === 1) return r;
    return typeof size === "number"
      ? Math.max(0, (Math.ceil(size / stride) - 1) * stride + r + 1 - size)
      : undefined;
  });
  if (!totals.every((t) => t !== undefined)) return { ...base, auto_pad: "SAME_UPPER" };
  const before = totals.map((t) => Math.floor(t / 2));
  return { ...base, pads: [...before, ...totals.map((t, i) => t - (before[i] ?? 0))] };
}

/** A Keras kernel `[…sizes, in, out] → [out, in, …sizes]`. */
export function kernelToOnnx(b: Builder, kernel: Value): Value {
  const rank = shapeOf(kernel.type).length - 2;
  return transpose(b, kernel, [rank + 1, rank, ...range(0, rank)]);
}
/** A Keras depthwise kernel `[…sizes, channels, multiplier] → [channels·multiplier, 1, …sizes]`. */
export function depthwiseToOnnx(b: Builder, kernel: Value): Value {
  const shape = shapeOf(kernel.type), rank = shape.length - 2;
  const turned = transpose(b, kernel, [rank, rank + 1, ...range(0, rank)]);
  const size = (i: number) => sizeAt(kernel.type, i);
  return b.reshape(turned, b.ints([size(rank) * size(rank + 1), 1, ...range(0, rank).map(size)]));
}
