/** Quantization: floats to few bits by a scale and a zero point, and back. @module */
import { type DType, dtypes, isInteger } from "../../core/values/dtype.ts";
import { ShapeError } from "../../core/values/errors.ts";
import type { InferContext, OpDef } from "../../core/graph/op.ts";
import {
  defineOp,
  dtypeField,
  dtypeOfCode,
  floats,
  inputOf,
  optionalAt,
  tensorAt,
} from "../../core/ops/define.ts";
import { finished, numbersFor, numbersOf } from "../../core/ops/kernels.ts";
import { roundHalfEven } from "../../core/ops/elementwise/math.ts";
import { decodeNarrow, encodeNarrow } from "../../core/values/narrow.ts";
import { bool, type Field, field, int } from "../../core/values/schema.ts";
import { asTensor, tensorType } from "../../core/values/shape.ts";
import { castTensor, scalar, type Tensor } from "../../core/values/tensor.ts";
import { eachScaled } from "./scales.ts";

const small: readonly DType[] = [
  "int8",
  "uint8",
  "int16",
  "uint16",
  "int4",
  "uint4",
  "int2",
  "uint2",
  "float8e4m3fn",
  "float8e4m3fnuz",
  "float8e5m2",
  "float8e5m2fnuz",
  "float4e2m1",
];
const scaleTypes: readonly DType[] = [...floats, "int32", "float8e8m0"];

/** An element type by number; 0 leaves it to the inputs. */
function typeOrInputs(doc: string): Field<number> {
  const code = dtypeField(doc);
  return field({
    doc,
    expects: "an element type, or 0",
    kind: "dtype",
    default: 0,
    read: (raw, path) => (raw === 0 ? 0 : code.parse(raw, path)),
  });
}

/** Least and greatest whole number of an integer type. */
export function rangeOf(dtype: DType): readonly [number, number] {
  const { bits, kind } = dtypes[dtype];
  return kind === "int" ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
}
/** Rounds a number to what a float type holds. */
function rounderOf(dtype: DType): (v: number) => number {
  if (dtype === "float32") return Math.fround;
  if (dtype === "float16" || dtype === "bfloat16") return (v) => decodeNarrow(dtype, encodeNarrow(dtype, v));
  return (v) => v;
}

interface Quantize {
  readonly axis: number;
  readonly block_size: number;
  readonly output_dtype: number;
  readonly precision: number;
  readonly saturate: boolean;
}
function quantizedType({ output_dtype }: Quantize, zero: DType | undefined): DType {
  const dtype = output_dtype === 0 ? zero ?? "uint8" : dtypeOfCode(output_dtype);
  if (zero !== undefined && zero !== dtype) {
    throw new ShapeError(`output_dtype says ${dtype}, the zero point is ${zero}`);
  }
  if (!small.includes(dtype)) throw new ShapeError(`nothing is quantized to ${dtype}`);
  return dtype;
}
/** The elements of `x`, quantized. */
export function quantized(x: Tensor, scale: Tensor, zero: Tensor | undefined, a: Quantize): Tensor {
  const dtype = quantizedType(a, zero?.dtype), from = numbersOf(x), scales = numbersOf(scale);
  const zeros = zero && numbersOf(zero), out = new dtypes[dtype].array(from.length) as Uint8Array;
  const given = a.precision === 0 ? scale.dtype : dtypeOfCode(a.precision);
  const round = rounderOf(given === "float8e8m0" ? "float32" : given), whole = isInteger(dtype);
  const [least, most] = whole ? rangeOf(dtype) : [0, 0];
  eachScaled(x.shape, scale.shape, a.axis, a.block_size, (i, s) => {
    const v = round(round(from[i] as number) / round(scales[s] as number)), z = zeros?.[s] ?? 0;
    out[i] = whole
      // NaN becomes the least number, as in onnxruntime.
      ? Number.isNaN(v) ? least : Math.min(most, Math.max(least, roundHalfEven(v) + z))
      : encodeNarrow(dtype, v + z, a.saturate);
  });
  return { dtype, shape: x.shape, data: out };
}
const axisField = int({ doc: "axis that vectors of scales and blocks lie along", default: 1 });
const blockField = int({
  doc: "elements that share a scale along the axis; 0 for no blocks",
  default: 0,
  min: 0,
});

const quantize: OpDef = defineOp<Quantize>({
  name: "QuantizeLinear",
  since: 28,
  summary: "round(x / scale) + zero point, in the range of the quantized type",
  attributes: {
    axis: axisField,
    block_size: blockField,
    output_dtype: typeOrInputs("quantized type; the zero point's, or uint8, unless given"),
    precision: typeOrInputs("type that x is divided in; the scale's unless given"),
    saturate: bool({ doc: "too large numbers become the largest 8-bit float", default: true }),
  },
  arity: [2, 3],
  accuracy: "rounding",
  infer(c) {
    const x = inputOf(c, 0, [...floats, "int32"]);
    inputOf(c, 1, scaleTypes);
    const zero = c.inputs[2] && inputOf(c, 2, small).dtype;
    return [tensorType(quantizedType(c.attributes, zero), x.shape)];
  },
  gradient: "none",
  plain: (inputs, { attributes }) => [
    quantized(tensorAt(inputs, 0), tensorAt(inputs, 1), optionalAt(inputs, 2), attributes),
  ],
});

interface Dequantize {
  readonly axis: number;
  readonly block_size: number;
  readonly output_dtype: number;
}
const floatOf = (scale: DType, { output_dtype }: Dequantize): DType =>
  output_dtype !== 0 ? dtypeOfCode(output_dtype) : scale === "float8e8m0" ? "float32" : scale;

/** The floats that quantized elements stand for. */
export function dequantized(x: Tensor, scale: Tensor, zero: Tensor | undefined, a: Dequantize): Tensor {
  const dtype = floatOf(scale.dtype, a), from = numbersOf(x), scales = numbersOf(scale);
  const zeros = zero && numbersOf(zero), out = numbersFor(dtype, from.length);
  eachScaled(x.shape, scale.shape, a.axis, a.block_size, (i, s) => {
    out[i] = Math.fround((from[i] as number) - (zeros?.[s] ?? 0)) * (scales[s] as number);
  });
  return finished(dtype, x.shape, out);
}
const dequantize: OpDef = defineOp<Dequantize>({
  name: "DequantizeLinear",
  since: 28,
  summary: "(x − zero point)·scale",
  attributes: {
    axis: axisField,
    block_size: blockField,
    output_dtype: typeOrInputs("float type; the scale's unless given"),
  },
  arity: [2, 3],
  accuracy: "rounding",
  infer(c) {
    const x = inputOf(c, 0, [...small, "int32"]), scale = inputOf(c, 1, scaleTypes);
    if (c.inputs[2] && inputOf(c, 2).dtype !== x.dtype) {
      throw new ShapeError(`the zero point is ${inputOf(c, 2).dtype}, x is ${x.dtype}`);
    }
    return [tensorType(floatOf(scale.dtype, c.attributes), x.shape)];
  },
  gradient: "none",
  plain: (inputs, { attributes }) => [
    dequantized(tensorAt(inputs, 0), tensorAt(inputs, 1), optionalAt(inputs, 2), attributes),
  ],
});

/** A scale and a zero point that cover a tensor's numbers and zero with uint8. */
function coveringScale(x: ArrayLike<number>): readonly [scale: number, zero: number] {
  let least = 0, most = 0;
  for (let i = 0; i < x.length; i++) {
    least = Math.min(least, x[i] as number);
    most = Math.max(most, x[i] as number);
  }
  const scale = most === least ? 1 : Math.fround(Math.fround(most - least) / 255);
  const zero = roundHalfEven(Math.min(255, Math.max(0, -Math.fround(least / scale))));
  return [scale, zero];
}
const dynamicQuantize: OpDef = defineOp({
  name: "DynamicQuantizeLinear",
  since: 11,
  summary: "x in uint8, with the scale and zero point that cover its range",
  attributes: {},
  arity: [1, 1],
  maxOutputs: 3,
  minOutputs: 3,
  accuracy: "rounding",
  infer(c: InferContext<unknown>) {
    const x = inputOf(c, 0, ["float32", "float64"]);
    return [tensorType("uint8", x.shape), tensorType(x.dtype, []), tensorType("uint8", [])];
  },
  dtypes: (c) => [tensorType("uint8"), tensorType(asTensor(c.inputs[0]).dtype), tensorType("uint8")],
  gradient: "none",
  plain(inputs) {
    const x = tensorAt(inputs, 0), [scale, zero] = coveringScale(numbersOf(x));
    const s = castTensor(scalar(scale, "float64"), x.dtype), z = scalar(zero, "uint8");
    const a = { axis: 1, block_size: 0, output_dtype: 0, precision: 0, saturate: true };
    return [quantized(x, s, z, a), s, z];
  },
});

/** Quantization and back. */
export const quantizeOps: readonly OpDef[] = [quantize, dequantize, dynamicQuantize];
