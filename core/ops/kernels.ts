/** Loops of the plain kernels: elements read as numbers or BigInts, results rounded to their type. @module */
import { item } from "../values/item.ts";
import {
  type DType,
  dtypes,
  isBig,
  isNarrowFloat,
  type NumericArray,
  type TensorData,
} from "../values/dtype.ts";
import { LimitError, UnsupportedError } from "../values/errors.ts";
import { decodeNarrowArray, encodeNarrow } from "../values/narrow.ts";
import { sizeOf, type Tensor } from "../values/tensor.ts";
import { broadcastPlan, forRows } from "./broadcast.ts";

/** Elements as something that is indexed with numbers; bits of narrow floats are decoded. Not for BigInts and strings. */
export type Numbers = Float64Array;

/** A tensor's elements as numbers, without a copy where they are already. */
export function numbersOf(t: Tensor): Numbers {
  if (isNarrowFloat(t.dtype)) return decodeNarrowArray(t.dtype, t.data as Uint16Array | Uint8Array);
  if (isBig(t.dtype)) return Float64Array.from(t.data as BigInt64Array, Number);
  if (t.dtype === "string") throw new UnsupportedError("numbers expected, got strings");
  return t.data as Numbers;
}
/** A new array to write results of a type to as numbers; see {@link finished}. */
export function numbersFor(dtype: DType, size: number): Numbers {
  return isNarrowFloat(dtype)
    ? new Float64Array(size)
    : new dtypes[dtype].array(size * dtypes[dtype].per) as Numbers;
}
/** The tensor of results written to an array of {@link numbersFor}. */
export function finished(dtype: DType, shape: readonly number[], out: Numbers): Tensor {
  if (!isNarrowFloat(dtype)) return { dtype, shape, data: out };
  const bits = new dtypes[dtype].array(out.length) as Uint16Array;
  for (let i = 0; i < bits.length; i++) bits[i] = encodeNarrow(dtype, out[i] as number);
  return { dtype, shape, data: bits };
}

/** A scalar function, on numbers and (for 64-bit integers) on BigInts. */
export interface Unary {
  number(x: number): number;
  big?(x: bigint): bigint;
}
/** The same of two. */
export interface Binary {
  number(x: number, y: number): number;
  big?(x: bigint, y: bigint): bigint;
  /** For 32-bit integers, where a double would lose the low bits. */
  int32?(x: number, y: number): number;
}

function noBig(): never {
  throw new UnsupportedError("64-bit integers are not defined here");
}

/** f of every element. */
export function mapUnary(x: Tensor, f: Unary): Tensor {
  const { dtype, shape } = x;
  if (isBig(dtype)) {
    const from = x.data as BigInt64Array, big = f.big ?? noBig;
    const out = new dtypes[dtype].array(from.length) as BigInt64Array;
    for (let i = 0; i < out.length; i++) out[i] = big(from[i] as bigint);
    return { dtype, shape, data: out };
  }
  const from = numbersOf(x), out = numbersFor(dtype, from.length), g = f.number;
  for (let i = 0; i < out.length; i++) out[i] = g(from[i] as number);
  return finished(dtype, shape, out);
}
/** A test of every element, as bool. */
export function testUnary(x: Tensor, f: (x: number) => boolean): Tensor {
  const from = numbersOf(x), out = new Uint8Array(from.length);
  for (let i = 0; i < out.length; i++) out[i] = f(from[i] as number) ? 1 : 0;
  return { dtype: "bool", shape: x.shape, data: out };
}

/** Anything indexed; kernels choose one function for its elements. */
interface Slots<T> {
  readonly length: number;
  [index: number]: T;
}
function walk2<T, R>(
  x: Tensor,
  y: Tensor,
  a: Slots<T>,
  b: Slots<T>,
  out: Slots<R>,
  f: (x: T, y: T) => R,
): void {
  const plan = broadcastPlan(x.shape, y.shape);
  const { inner, steps } = plan, sa = item(steps, 0), sb = item(steps, 1);
  forRows(plan, (at, offsets) => {
    const pa = item(offsets, 0), pb = item(offsets, 1);
    if (sa === 1 && sb === 1) {
      for (let i = 0; i < inner; i++) out[at + i] = f(a[pa + i] as T, b[pb + i] as T);
    } else if (sa === 1) {
      const v = b[pb] as T;
      for (let i = 0; i < inner; i++) out[at + i] = f(a[pa + i] as T, v);
    } else {
      const v = a[pa] as T;
      for (let i = 0; i < inner; i++) out[at + i] = f(v, b[pb + i] as T);
    }
  });
}

/** f of two operands, broadcast. */
export function mapBinary(x: Tensor, y: Tensor, f: Binary): Tensor {
  const { dtype } = x, shape = broadcastPlan(x.shape, y.shape).shape, size = sizeOf(shape);
  if (isBig(dtype)) {
    const out = new dtypes[dtype].array(size) as BigInt64Array;
    walk2(x, y, x.data as BigInt64Array, y.data as BigInt64Array, out, f.big ?? noBig);
    return { dtype, shape, data: out };
  }
  const out = numbersFor(dtype, size);
  const number = f.int32 && (dtype === "int32" || dtype === "uint32") ? f.int32 : f.number;
  walk2(x, y, numbersOf(x), numbersOf(y), out, number);
  return finished(dtype, shape, out);
}
/** A test of two operands, broadcast, as bool. Strings and BigInts compare as they are. */
export function testBinary<T>(x: Tensor, y: Tensor, f: (x: T, y: T) => boolean): Tensor {
  const shape = broadcastPlan(x.shape, y.shape).shape, out = new Uint8Array(sizeOf(shape));
  const direct = isBig(x.dtype) || x.dtype === "string";
  const a = (direct ? x.data : numbersOf(x)) as unknown as Slots<T>;
  const b = (direct ? y.data : numbersOf(y)) as unknown as Slots<T>;
  walk2<T, number>(x, y, a, b, out, (p, q) => (f(p, q) ? 1 : 0));
  return { dtype: "bool", shape, data: out };
}

/** A new array of a tensor's own kind, for kernels that only move elements. */
export function emptyLike(dtype: DType, size: number): NumericArray | string[] {
  if (!(size >= 0 && size < 2 ** 32)) throw new LimitError(`a tensor of ${size} elements is not made`);
  return dtype === "string"
    ? new Array<string>(size).fill("")
    : new dtypes[dtype].array(size * dtypes[dtype].per);
}
/** Copies `count` elements; `per` slots an element (2 for complex). */
export function copyRun(
  from: TensorData,
  at: number,
  to: NumericArray | string[],
  into: number,
  count: number,
): void {
  if (count > 16 && !Array.isArray(from) && !Array.isArray(to)) {
    (to as Float64Array).set((from as Float64Array).subarray(at, at + count), into);
    return;
  }
  const source = from as Float64Array, target = to as Float64Array;
  for (let i = 0; i < count; i++) target[into + i] = source[at + i] as number;
}
