/** Operators of onnxruntime on quantized tensors beside those of its quantizer's first list. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { OpDef } from "../../../core/graph/op.ts";
import {
  type ConvAttributes,
  convFields,
  type Sliding,
  slidingFields,
} from "../../../core/ops/windows/window.ts";
import { bool, float, int, list } from "../../../core/values/schema.ts";
import { asTensor, dimsOf, tensorType } from "../../../core/values/shape.ts";
import { needed, quantizedBy } from "../integer.ts";
import { contribOp, type Given } from "./define.ts";

/** What inputs at three places stand for. */
function read(b: Builder, v: Given, at: number, scale: number, zero: number): Value {
  const one = (x: Value) => b.reshape(x, b.ints([])), point = v[zero];
  return b.dequantizeLinear(needed(v, at), one(needed(v, scale)), point && one(point));
}
/** A picture with channels last, as ONNX wants it, and back. */
function first(b: Builder, x: Value, last: boolean, build: (x: Value) => Value): Value {
  if (!last) return build(x);
  const rank = dimsOf(x.type).length, inner = Array.from({ length: rank - 2 }, (_, i) => i + 1);
  const y = build(b.transpose(x, { perm: [0, rank - 1, ...inner] }));
  return b.transpose(y, { perm: [0, ...inner.map((i) => i + 1), 1] });
}
const where = contribOp({
  name: "QLinearWhere",
  summary: "Where of two quantized tensors, quantized",
  attributes: {},
  arity: [9, 9],
  dtypes: ({ inputs }) => [tensorType(asTensor(inputs[1]).dtype)],
  body: (b, v) => [
    quantizedBy(b, b.where(needed(v, 0), read(b, v, 1, 2, 3), read(b, v, 4, 5, 6)), needed(v, 7), v[8]),
  ],
});
const axes = list({ doc: "axes", of: int({ doc: "axis" }) });
const keepdims = bool({ doc: "axes stay, with one element" });
interface Reduced {
  readonly axes: readonly number[];
  readonly keepdims: boolean;
}
const mean = contribOp<Reduced>({
  name: "QLinearReduceMean",
  summary: "Means of a quantized tensor, quantized",
  attributes: { axes, keepdims },
  arity: [4, 5],
  body: (b, v, a) => [
    quantizedBy(
      b,
      b.reduceMean(read(b, v, 0, 1, 2), b.ints(a.axes), { keepdims: a.keepdims }),
      needed(v, 3),
      v[4],
    ),
  ],
});
const whole = (b: Builder, x: Value) => b.cast(x, { to: "int32" });
const sum = contribOp<Reduced>({
  name: "ReduceSumInteger",
  summary: "Sums of 8-bit numbers in 32 bits",
  attributes: { axes, keepdims },
  arity: [1, 1],
  dtypes: () => [tensorType("int32")],
  body(b, v, a) {
    const x = needed(v, 0), y = b.reduceSum(whole(b, x), b.ints(a.axes), { keepdims: a.keepdims });
    return [asTensor(x.type).dtype === "uint8" ? b.cast(y, { to: "uint32" }) : y];
  },
});
const product = contribOp({
  name: "MulInteger",
  summary: "(A − zero)·(B − zero) in 32 bits",
  attributes: {},
  arity: [3, 4],
  dtypes: () => [tensorType("int32")],
  body(b, v) {
    const centred = (at: number, zero: number) => {
      const x = whole(b, needed(v, at)), z = v[zero];
      return z ? b.sub(x, whole(b, z)) : x;
    };
    return [b.mul(centred(0, 1), centred(2, 3))];
  },
});
const matMul16 = contribOp({
  name: "MatMulInteger16",
  summary: "Products of 16-bit matrices in 32 bits",
  attributes: {},
  arity: [2, 2],
  dtypes: () => [tensorType("int32")],
  body(b, v) {
    const y = b.matMul(whole(b, needed(v, 0)), whole(b, needed(v, 1)));
    const unsigned = [0, 1].every((i) => asTensor(needed(v, i).type).dtype === "uint16");
    return [unsigned ? b.cast(y, { to: "uint32" }) : y];
  },
});
const conv = contribOp<ConvAttributes & { readonly channels_last: boolean }>({
  name: "QLinearConv",
  summary: "The convolution of quantized tensors, quantized; channels may be last",
  attributes: { ...convFields, channels_last: bool({ doc: "channels are the last axis", default: false }) },
  arity: [8, 9],
  dtypes: ({ inputs }) => [tensorType(asTensor(inputs[7]).dtype)],
  body: (b, [x, ...rest], { channels_last, ...a }) => [
    first(b, needed([x], 0), channels_last, (p) => b.one("QLinearConv", [p, ...rest], { ...a })),
  ],
});
interface Pooled extends Sliding {
  readonly ceil_mode: boolean;
  readonly kernel_shape: readonly number[];
}
const maxPool = contribOp<Pooled>({
  name: "NhwcMaxPool",
  summary: "MaxPool of a picture whose channels are last",
  attributes: {
    ...slidingFields,
    ceil_mode: bool({ doc: "a last window may reach past the end", default: false }),
    kernel_shape: list({ doc: "the window's shape", of: int({ doc: "size", min: 1 }) }),
  },
  arity: [1, 1],
  body: (b, v, a) => [first(b, needed(v, 0), true, (p) => b.maxPool(p, { ...a })[0])],
});
const embed = contribOp<{ readonly epsilon: number }>({
  name: "QEmbedLayerNormalization",
  summary: "EmbedLayerNormalization of quantized tables",
  attributes: { epsilon: float({ doc: "added to the variance", default: 1e-12, min: 0 }) },
  arity: [18, 18],
  maxOutputs: 2,
  dtypes: () => [tensorType("float32"), tensorType("int32")],
  body(b, v, a, outputs) {
    const table = (
      at: number,
      scale: number,
      zero: number,
    ) => (v[at] ? read(b, v, at, scale, zero) : undefined);
    const floats = [table(2, 8, 13), table(3, 9, 14), table(4, 10, 15), table(5, 11, 16), table(6, 12, 17)];
    return b.op("com.microsoft.EmbedLayerNormalization", [v[0], v[1], ...floats, v[7]], { ...a }, {
      outputs,
    });
  },
});

/** Operators on quantized tensors. */
export const contribQuantized: readonly OpDef[] = [where, mean, sum, product, matMul16, conv, maxPool, embed];
