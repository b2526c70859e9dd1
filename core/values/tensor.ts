/** Tensors as values: element type, shape and a flat row-major array; and the sequences and optionals ONNX has beside them. @module */
import {
  byteLength,
  type DType,
  dtypes,
  isBig,
  isNarrowFloat,
  type NumericArray,
  type TensorData,
} from "./dtype.ts";
import { InputError, ShapeError, shown } from "./errors.ts";
import { decodeNarrowArray, encodeNarrow } from "./narrow.ts";

/** A dense array in row-major order. Narrow floats are stored as bits, booleans as 0 and 1, strings as `string[]`. */
export interface Tensor {
  /** Type of the elements. */
  readonly dtype: DType;
  /** The sizes of its axes; `[]` for a scalar. */
  readonly shape: readonly number[];
  /** The elements in row-major order. */
  readonly data: TensorData;
}
/** An ONNX sequence value. */
export interface TensorSequence {
  /** Tells values apart. */
  readonly kind: "sequence";
  /** What is in it. */
  readonly items: readonly RuntimeValue[];
}
/** An ONNX optional value; `value` is absent when it is empty. */
export interface TensorOptional {
  /** Tells values apart. */
  readonly kind: "optional";
  /** What is in it. */
  readonly value?: RuntimeValue;
}
/** An ONNX map value: as many keys as values, both vectors. */
export interface TensorMap {
  /** Tells values apart. */
  readonly kind: "map";
  /** The keys, strings or integers. */
  readonly keys: Tensor;
  /** What each key leads to. */
  readonly values: Tensor;
}
/** Whatever a graph's value may be when it runs. */
export type RuntimeValue = Tensor | TensorSequence | TensorOptional | TensorMap;

/** Numbers, strings or booleans, nested to any depth; typed arrays stand for rows of numbers. */
export type Nested = number | bigint | boolean | string | NumericArray | readonly Nested[];
/** True for a list, typed or not. */
export const isList = (data: unknown): data is readonly Nested[] => Array.isArray(data) || isTypedArray(data);

/** True for a tensor, false for a sequence, an optional or a map. */
export function isTensor(value: RuntimeValue | undefined): value is Tensor {
  return typeof value === "object" && value !== null && "data" in value;
}

/** Number of elements of a shape; 1 for a scalar's `[]`. */
export function sizeOf(shape: readonly number[]): number {
  let n = 1;
  for (const d of shape) n *= d;
  return n;
}

function isTypedArray(data: unknown): data is NumericArray {
  return ArrayBuffer.isView(data) && !(data instanceof DataView);
}

function inferDType(first: unknown): DType {
  if (typeof first === "string") return "string";
  if (typeof first === "bigint") return "int64";
  if (typeof first === "boolean") return "bool";
  return "float32";
}

function dtypeOfArray(data: NumericArray): DType {
  const match = (Object.keys(dtypes) as DType[]).find((name) => {
    const { array, kind, bits, per } = dtypes[name];
    return per === 1 && kind !== "string" && kind !== "bool" && bits >= 8 && !isNarrowFloat(name) &&
      data instanceof (array as unknown as { new (n: number): NumericArray });
  });
  return match ?? "float32";
}

function flatten(nested: Nested, shape: number[], depth: number, out: unknown[]): void {
  if (!isList(nested)) {
    if (depth !== shape.length) throw new ShapeError("tensor: nested arrays of unequal depth");
    out.push(nested);
    return;
  }
  if (depth === shape.length) {
    if (out.length) throw new ShapeError("tensor: nested arrays of unequal depth");
    shape.push(nested.length);
  }
  if (nested.length !== shape[depth]) {
    throw new ShapeError(
      `tensor: rows of unequal length on axis ${depth}: ${shape[depth]} and ${nested.length}`,
    );
  }
  for (const item of nested) flatten(item, shape, depth + 1, out);
}

/**
 * Makes a tensor from nested arrays, or from flat data with a shape. A typed array of the right kind is
 * kept without a copy; numbers for float16 and narrower are rounded to bits.
 *
 * ```ts
 * import { tensor } from "@lapis/lapis";
 * const t = tensor([[1, 2], [3, 4]]); // float32, shape [2, 2]
 * const ids = tensor([1, 2, 3, 4], [2, 2], "int32");
 * ```
 * @throws {ShapeError} when the data doesn't fill the shape, or rows are ragged.
 */
export function tensor(data: Nested | TensorData, shape?: readonly number[], dtype?: DType): Tensor {
  if (isTypedArray(data)) {
    const type = dtype ?? dtypeOfArray(data);
    const dims = shape ?? [data.length / dtypes[type].per];
    const wanted = dtypes[type].array;
    const same = data instanceof (wanted as unknown as { new (n: number): NumericArray });
    return make(type, dims, same ? data : convertNumbers(Array.from(data as ArrayLike<number>), type));
  }
  let flat: unknown[];
  let dims: readonly number[];
  if (Array.isArray(data)) {
    const found: number[] = [];
    flat = [];
    flatten(data as Nested, found, 0, flat);
    dims = shape ?? found;
  } else {
    flat = [data];
    dims = shape ?? [];
  }
  const type = dtype ?? inferDType(flat[0]);
  return make(type, dims, type === "string" ? flat.map(String) : convertNumbers(flat, type));
}

function make(dtype: DType, shape: readonly number[], data: TensorData): Tensor {
  for (const d of shape) {
    if (!Number.isSafeInteger(d) || d < 0) {
      throw new ShapeError(`tensor: a dimension is a whole number from 0, got ${shown(shape)}`);
    }
  }
  const expected = sizeOf(shape) * dtypes[dtype].per;
  if (data.length !== expected) {
    throw new ShapeError(`tensor: shape [${shape}] takes ${expected} elements, got ${data.length}`);
  }
  return { dtype, shape: [...shape], data };
}

function convertNumbers(values: readonly unknown[], dtype: DType): NumericArray {
  const out = new dtypes[dtype].array(values.length);
  if (isBig(dtype)) {
    const big = out as BigInt64Array;
    for (let i = 0; i < values.length; i++) big[i] = toBig(values[i]);
  } else {
    const plain = out as Float64Array;
    const narrow = isNarrowFloat(dtype), bool = dtype === "bool";
    for (let i = 0; i < values.length; i++) {
      const v = Number(values[i]);
      plain[i] = narrow ? encodeNarrow(dtype, v) : bool ? (v ? 1 : 0) : v;
    }
  }
  return out;
}

function toBig(value: unknown): bigint {
  if (typeof value === "bigint") return value;
  const n = Number(value);
  if (!Number.isFinite(n)) throw new InputError(`tensor: ${shown(value)} is not a whole number`);
  return BigInt(Math.trunc(n));
}

/** A tensor of zeros (empty strings for strings). */
export function zeros(shape: readonly number[], dtype: DType = "float32"): Tensor {
  const n = sizeOf(shape);
  return {
    dtype,
    shape: [...shape],
    data: dtype === "string" ? new Array<string>(n).fill("") : new dtypes[dtype].array(n * dtypes[dtype].per),
  };
}

/** A scalar tensor. */
export function scalar(value: number | bigint | boolean | string, dtype?: DType): Tensor {
  return tensor(value as Nested, [], dtype ?? inferDType(value));
}

/** The same elements under another shape of the same size. */
export function reshaped(t: Tensor, shape: readonly number[]): Tensor {
  if (sizeOf(shape) !== sizeOf(t.shape)) {
    throw new ShapeError(
      `reshape: [${t.shape}] has ${sizeOf(t.shape)} elements, [${shape}] takes ${sizeOf(shape)}`,
    );
  }
  return { dtype: t.dtype, shape: [...shape], data: t.data };
}

/** A deep copy. */
export function copyOf(t: Tensor): Tensor {
  return { dtype: t.dtype, shape: [...t.shape], data: t.data.slice() as TensorData };
}

/** The elements as numbers: bits of narrow floats decoded, BigInts made numbers (exact below 2^53). */
export function toNumbers(t: Tensor): Float64Array | Float32Array | Int32Array {
  const { data } = t;
  if (data instanceof Float64Array || data instanceof Float32Array || data instanceof Int32Array) return data;
  if (isNarrowFloat(t.dtype)) return decodeNarrowArray(t.dtype, data as Uint16Array | Uint8Array);
  const out = new Float64Array(data.length);
  for (let i = 0; i < data.length; i++) out[i] = Number(data[i]);
  return out;
}

/** A tensor of another element type, by value: floats to integers truncate, to bool test against zero. */
export function castTensor(t: Tensor, dtype: DType): Tensor {
  if (t.dtype === dtype) return t;
  if (dtype === "string") {
    return { dtype, shape: t.shape, data: Array.from(t.data as ArrayLike<unknown>, String) };
  }
  const out = new dtypes[dtype].array(t.data.length);
  if (isBig(dtype)) {
    const big = out as BigInt64Array;
    if (isBig(t.dtype)) { for (let i = 0; i < big.length; i++) big[i] = (t.data as BigInt64Array)[i] ?? 0n; }
    else {
      const numbers = toNumbers(t);
      for (let i = 0; i < big.length; i++) {
        const v = Math.trunc(numbers[i] as number);
        big[i] = Number.isFinite(v) ? BigInt(v) : -(2n ** 63n);
      }
    }
  } else {
    const numbers = toNumbers(t), plain = out as Float64Array;
    const narrow = isNarrowFloat(dtype), bool = dtype === "bool";
    for (let i = 0; i < plain.length; i++) {
      const v = numbers[i] as number;
      plain[i] = narrow ? encodeNarrow(dtype, v) : bool ? (v !== 0 ? 1 : 0) : v;
    }
  }
  return { dtype, shape: t.shape, data: out };
}

/** Whole numbers of an integer tensor, as a shape or axes input holds them. */
export function toIntegers(t: Tensor): number[] {
  return Array.from(t.data as ArrayLike<number | bigint>, Number);
}

/** Bytes of a tensor's elements; strings count two bytes a character. */
export function tensorBytes(t: Tensor): number {
  if (t.dtype === "string") return (t.data as readonly string[]).reduce((n, s) => n + 2 * s.length, 0);
  return byteLength(t.dtype, sizeOf(t.shape));
}
