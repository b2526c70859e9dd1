/** Casts between element types, by value and by bits. @module */
import {
  type DType,
  dtypes,
  isBig,
  isFloat,
  isInteger,
  isNarrowFloat,
  type NumericArray,
} from "../../values/dtype.ts";
import { InputError, ShapeError, UnsupportedError } from "../../values/errors.ts";
import { encodeNarrow } from "../../values/narrow.ts";
import type { OldNode, OpDef } from "../../graph/op.ts";
import { bool, choice } from "../../values/schema.ts";
import { asTensor } from "../../values/shape.ts";
import { castTensor, type Tensor } from "../../values/tensor.ts";
import { defineOp, dtypeField, dtypeOfCode, tensorAt, withDType } from "../define.ts";
import { numbersOf } from "../kernels.ts";

/** Options of a cast to 8-bit floats. */
export interface CastOptions {
  readonly saturate: boolean;
  readonly round_mode: "up" | "down" | "nearest";
}
type CastAttributes = CastOptions & { readonly to: number };

function parseNumber(word: string): number {
  const text = word.trim().toLowerCase();
  if (/^[+-]?inf(inity)?$/.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  if (/^[+-]?nan$/.test(text)) return NaN;
  const n = Number(text);
  if (text === "" || Number.isNaN(n)) throw new InputError(`${JSON.stringify(word)} is not a number`);
  return n;
}
/** A number as numpy writes it: the fewest digits that read back the same, in its own precision. */
function numberText(value: number, dtype: DType): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "INF" : "-INF";
  if (dtype !== "float32") return `${value}`;
  for (let digits = 1; digits <= 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return `${short}`;
  }
  return `${value}`;
}
function toText(t: Tensor): string[] {
  if (isFloat(t.dtype)) return Array.from(numbersOf(t), (v) => numberText(v, t.dtype));
  if (t.dtype === "bool") return Array.from(t.data as Uint8Array, (v) => (v ? "True" : "False"));
  return Array.from(t.data as ArrayLike<unknown>, String);
}
function fromText(t: Tensor, to: DType, options: CastOptions): Tensor {
  const words = t.data as readonly string[];
  if (isBig(to)) {
    const whole = (word: string) => {
      try {
        return BigInt(word.trim());
      } catch {
        return BigInt(wholePart(parseNumber(word), 64, to === "uint64"));
      }
    };
    const data = new dtypes[to].array(words.length) as BigInt64Array;
    words.forEach((word, i) => data[i] = whole(word));
    return { dtype: to, shape: t.shape, data };
  }
  return cast({ dtype: "float64", shape: t.shape, data: Float64Array.from(words, parseNumber) }, to, options);
}

/** A power of two as float8e8m0 holds it, rounded as told; overflow saturates or becomes NaN. */
function encodeScale(value: number, { saturate, round_mode }: CastOptions): number {
  if (Number.isNaN(value)) return 255;
  const a = Math.abs(value);
  if (a === Infinity) return saturate ? 254 : 255;
  if (a === 0) return 0;
  let e = Math.floor(Math.log2(a));
  if (2 ** e > a) e--;
  const over = a / 2 ** e;
  if (round_mode === "up" ? over > 1 : round_mode === "nearest" && over >= 1.5) e++;
  if (e > 127) return saturate ? 254 : 255;
  return Math.max(0, e + 127);
}

/** Four- and two-bit integers wrap to their width. */
function wrapBits(t: Tensor): Tensor {
  const { bits, kind } = dtypes[t.dtype];
  if (bits >= 8 || !isInteger(t.dtype)) return t;
  const data = t.data as Int8Array, mask = (1 << bits) - 1, sign = kind === "int" ? 1 << (bits - 1) : 0;
  for (let i = 0; i < data.length; i++) data[i] = (((data[i] ?? 0) & mask) ^ sign) - sign;
  return t;
}

/**
 * A number's whole part as an integer of `bits` holds it. ONNX leaves open what numbers outside of its range and NaN become;
 * here it's the least integer, and 0 from an unsigned one's end on, as onnxruntime has it on x86.
 */
function wholePart(v: number, bits: number, unsigned: boolean): number {
  const half = 2 ** (bits - 1), n = Math.trunc(v);
  if (unsigned && n >= half) return n < 2 * half ? n : 0;
  return n >= -half && n < half ? n : -half;
}
/** Floats as integers; narrow integers are the low bits of an int32, and float16 becomes uint32 by way of uint64. */
export function toWhole(t: Tensor, to: DType): Tensor {
  const { bits, kind, array } = dtypes[to], from = numbersOf(t), data = new array(from.length);
  const unsigned = kind === "uint" && bits >= 32;
  const wide = bits > 32 || (unsigned && t.dtype === "float16") ? 64 : 32;
  for (let i = 0; i < data.length; i++) {
    const n = wholePart(from[i] as number, wide, unsigned);
    if (isBig(to)) (data as BigInt64Array)[i] = BigInt(n);
    else (data as Int32Array)[i] = n;
  }
  return wrapBits({ dtype: to, shape: t.shape, data });
}

/** A tensor of another element type, as ONNX casts. */
export function cast(t: Tensor, to: DType, options: CastOptions): Tensor {
  if (t.dtype === to) return t;
  if (dtypes[t.dtype].kind === "complex" || dtypes[to].kind === "complex") {
    throw new UnsupportedError(`no cast from ${t.dtype} to ${to}`);
  }
  if (to === "string") return { dtype: to, shape: t.shape, data: toText(t) };
  if (t.dtype === "string") return fromText(t, to, options);
  if (isNarrowFloat(to)) {
    const from = numbersOf(t), data = new dtypes[to].array(from.length) as Uint8Array;
    for (let i = 0; i < data.length; i++) {
      const v = from[i] as number;
      data[i] = to === "float8e8m0" ? encodeScale(v, options) : encodeNarrow(to, v, options.saturate);
    }
    return { dtype: to, shape: t.shape, data };
  }
  if (isBig(t.dtype) && isInteger(to)) {
    // The low bits, as integers wrap; a double would lose them.
    const from = t.data as BigInt64Array, data = new dtypes[to].array(from.length);
    if (isBig(to)) { for (let i = 0; i < from.length; i++) (data as BigInt64Array)[i] = from[i] as bigint; }
    else {for (let i = 0; i < from.length; i++) {
        (data as Int32Array)[i] = Number(BigInt.asIntN(32, from[i] as bigint));
      }}
    return wrapBits({ dtype: to, shape: t.shape, data });
  }
  return isFloat(t.dtype) && isInteger(to) ? toWhole(t, to) : wrapBits(castTensor(t, to));
}

const options = {
  saturate: bool({ doc: "too large numbers become the largest 8-bit float, not infinity", default: true }),
  round_mode: choice({ doc: "how float8e8m0 is rounded", default: "up", of: ["up", "down", "nearest"] }),
} as const;

/** Opset 1 named the type by a word. */
function upgradeCast(_from: number, node: OldNode): OldNode {
  const { to } = node.attributes;
  if (typeof to !== "string") return node;
  const words: Record<string, DType> = { float: "float32", double: "float64" };
  const word = to.toLowerCase();
  return { ...node, attributes: { ...node.attributes, to: words[word] ?? word } };
}
const castOp = defineOp<CastAttributes>({
  name: "Cast",
  since: 28,
  summary: "The same values under another element type",
  attributes: { to: dtypeField("the element type wanted"), ...options },
  arity: [1, 1],
  accuracy: "exact",
  infer: (c) => [withDType(asTensor(c.inputs[0]), dtypeOfCode(c.attributes.to))],
  propagate: (c) => (isInteger(dtypeOfCode(c.attributes.to)) ? c.dims(0) : undefined),
  vjp(b, { inputs: [x] }, [dy]) {
    if (!x || !dy) return [];
    const { dtype } = asTensor(x.type);
    return [isFloat(dtype) ? b.cast(dy, { to: dtype }) : undefined];
  },
  plain: (inputs, { attributes }) => [cast(tensorAt(inputs, 0), dtypeOfCode(attributes.to), attributes)],
  upgrade: upgradeCast,
});

const castLike = defineOp<CastOptions>({
  name: "CastLike",
  since: 25,
  summary: "The same values under the second input's element type",
  attributes: options,
  arity: [2, 2],
  accuracy: "exact",
  infer: (c) => [withDType(asTensor(c.inputs[0]), asTensor(c.inputs[1]).dtype)],
  body(b, [x, like], attributes) {
    if (!x || !like) return [];
    return [b.cast(x, { ...attributes, to: asTensor(like.type).dtype })];
  },
});

const bitCast = defineOp<{ readonly to: number }>({
  name: "BitCast",
  since: 26,
  summary: "The same bits under another element type of the same width",
  attributes: { to: dtypeField("the element type wanted") },
  arity: [1, 1],
  accuracy: "exact",
  infer(c) {
    const from = asTensor(c.inputs[0]), to = dtypeOfCode(c.attributes.to);
    if (dtypes[from.dtype].bits !== dtypes[to].bits || from.dtype === "string" || to === "string") {
      throw new ShapeError(`no bits of ${from.dtype} as ${to}: the widths differ`);
    }
    return [withDType(from, to)];
  },
  gradient: "none",
  plain(inputs, { attributes }) {
    const x = tensorAt(inputs, 0), to = dtypeOfCode(attributes.to);
    return [{
      dtype: to,
      shape: x.shape,
      data: new dtypes[to].array((x.data as NumericArray).slice().buffer),
    }];
  },
});

/** Casts. */
export const castOps: readonly OpDef[] = [castOp, castLike, bitCast];
