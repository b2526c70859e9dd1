/** Products of quantized tensors, summed in 32 bits. @module */
import type { Builder } from "../../core/graph/builder.ts";
import { LapisError } from "../../core/values/errors.ts";
import type { Attributes, Value } from "../../core/graph/graph.ts";
import type { InferContext, OpDef } from "../../core/graph/op.ts";
import { defineOp, type NoAttributes } from "../../core/ops/define.ts";
import { type ConvAttributes, convFields } from "../../core/ops/windows/window.ts";
import { asTensor, dimsOf, tensorType } from "../../core/values/shape.ts";
import { tensor } from "../../core/values/tensor.ts";

type Given = readonly (Value | undefined)[];
/** A value that arity says is there. */
export function needed(values: Given, index: number): Value {
  const v = values[index];
  if (!v) throw new LapisError("graph", `input ${index} is missing`);
  return v;
}
/** A vector, unless it has one element alone, with axes of one element behind it. */
function upright(b: Builder, v: Value, behind: number): Value {
  const dims = dimsOf(v.type);
  if (dims.length !== 1 || dims[0] === 1 || behind === 0) return v;
  return b.unsqueeze(v, b.ints(Array.from({ length: behind }, (_, i) => 1 + i)));
}
/** x − zero in int32. */
function centred(b: Builder, x: Value, zero: Value | undefined, behind: number): Value {
  const wide = b.cast(x, { to: "int32" });
  return zero ? b.sub(wide, upright(b, b.cast(zero, { to: "int32" }), behind)) : wide;
}
const exact: Pick<OpDef, "accuracy" | "dtypes"> = { accuracy: "exact", dtypes: () => [tensorType("int32")] };
/** Of an operator whose output is quantized as its zero point, where ranks are unknown. */
const asZero = (c: InferContext<unknown>) => [tensorType(asTensor(c.inputs[7]).dtype)];

const matMulInteger: OpDef = defineOp<NoAttributes>({
  ...exact,
  name: "MatMulInteger",
  since: 10,
  summary: "The matrix product of A − zero and B − zero, in int32",
  attributes: {},
  arity: [2, 4],
  body: (b, v) => [
    b.matMul(centred(b, needed(v, 0), v[2], 1), centred(b, needed(v, 1), v[3], 0)),
  ],
});
const convInteger: OpDef = defineOp<ConvAttributes>({
  ...exact,
  name: "ConvInteger",
  since: 10,
  summary: "The convolution of x − zero with w − zero, in int32",
  attributes: convFields,
  arity: [2, 4],
  body(b, v, attributes) {
    const w = needed(v, 1), behind = dimsOf(w.type).length - 1;
    return [
      b.conv(centred(b, needed(v, 0), v[2], 0), centred(b, w, v[3], behind), { ...attributes }),
    ];
  },
});

/** Sums in int32 as what they stand for, in the output's scale and type. */
function requantized(
  b: Builder,
  sums: Value,
  factors: readonly [Value, Value],
  scale: Value,
  zero: Value,
): Value {
  const { dtype } = asTensor(scale.type);
  const factor = b.div(b.mul(factors[0], factors[1]), scale);
  const y = b.mul(b.cast(sums, { to: dtype }), factor);
  return quantizedBy(b, y, b.scalar(1, dtype), zero);
}
/** QuantizeLinear by one scale, whatever the shape it and the zero point have. */
export function quantizedBy(b: Builder, x: Value, scale: Value, zero: Value | undefined): Value {
  const one = (v: Value) => (dimsOf(v.type).length === 0 ? v : b.reshape(v, b.ints([])));
  return b.one("QuantizeLinear", zero ? [x, one(scale), one(zero)] : [x, one(scale)]);
}

/** Two quantized operands with scale and zero point, and the result's. */
function eight(v: Given): readonly [Value, Value, Value, Value, Value, Value, Value, Value] {
  const at = (i: number) => needed(v, i);
  return [at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)];
}
const isFloat8 = (v: Value) => asTensor(v.type).dtype.startsWith("float8");
const qLinearMatMul: OpDef = defineOp<NoAttributes>({
  name: "QLinearMatMul",
  since: 21,
  summary: "The matrix product of two quantized tensors, quantized",
  attributes: {},
  arity: [8, 8],
  accuracy: "rounding",
  dtypes: asZero,
  body(b, v) {
    const [a, aScale, aZero, w, wScale, wZero, scale, zero] = eight(v);
    if (isFloat8(a)) {
      const left = b.dequantizeLinear(a, aScale, aZero);
      const right = b.dequantizeLinear(w, wScale, wZero);
      return [quantizedBy(b, b.matMul(left, right), scale, zero)];
    }
    const sums = b.matMulInteger(a, w, aZero, wZero);
    return [requantized(b, sums, [upright(b, aScale, 1), wScale], scale, zero)];
  },
});
const qLinearConv: OpDef = defineOp<ConvAttributes>({
  name: "QLinearConv",
  since: 10,
  summary: "The convolution of quantized tensors, quantized; a bias has the scale of the products",
  attributes: convFields,
  arity: [8, 9],
  accuracy: "rounding",
  dtypes: asZero,
  body(b, v, attributes) {
    const [x, xScale, xZero, w, wScale, wZero, scale, zero] = eight(v);
    const behind = dimsOf(w.type).length - 2, bias = v[8];
    const products = b.convInteger(x, w, xZero, wZero, { ...attributes } as Attributes);
    const sums = bias ? b.add(products, upright(b, bias, behind)) : products;
    return [requantized(b, sums, [xScale, upright(b, wScale, behind)], scale, zero)];
  },
});

/** Products of quantized tensors. */
export const integerOps: readonly OpDef[] = [matMulInteger, convInteger, qLinearMatMul, qLinearConv];

/** A scalar of a float type. */
export function floatScalar(b: Builder, like: Value, value: number): Value {
  return b.constant(tensor([value], [], asTensor(like.type).dtype));
}
