/** TensorProto and sparse tensors, to and from our tensors. @module */
import * as args from "../files/arguments.ts";
import { type DType, dtypeFromOnnx, dtypes, type NumericArray } from "../../core/values/dtype.ts";
import { FormatError, LimitError, shown, UnsupportedError } from "../../core/values/errors.ts";
import { defaultLimits, type Limits } from "../../core/values/limits.ts";
import { sizeOf, type Tensor } from "../../core/values/tensor.ts";
import { externalBytes, type ExternalFiles } from "./reading/external.ts";
import { type SparseTensorProto, type TensorProto, tensorTable } from "./messages.ts";
import { decode, encode } from "./proto.ts";

/** What reading tensors needs. */
export interface TensorContext {
  /** Bounds on what the file declares. */
  readonly limits?: Limits;
  /** Name of the file, for errors. */
  readonly file?: string;
  /** External files by the location that tensors name. */
  readonly external?: ExternalFiles;
}

const utf8 = new TextDecoder();
/** Bytes of a TensorProto's string as text. */
export function textOf(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? "" : utf8.decode(bytes);
}
/** Text as the bytes of a TensorProto's string. */
export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** The element type of an ONNX number. @throws {FormatError} */
export function dtypeOf(code: number | undefined, where: string): DType {
  const dtype = dtypeFromOnnx(code ?? 0);
  if (dtype === undefined) throw new FormatError(`${where}: ${code ?? 0} is no element type of ONNX`);
  return dtype;
}

/** Dims as numbers, checked with the bytes that they make before anything is allocated. */
function checkedShape(
  dims: ArrayLike<bigint> | undefined,
  dtype: DType,
  where: string,
  limits: Limits,
): number[] {
  const shape = Array.from(dims ?? [], Number);
  if (shape.length > 64) throw new LimitError(`${where}: rank ${shape.length}; 64 is the limit`);
  let count = 1n;
  for (const d of dims ? Array.from(dims) : []) {
    if (d < 0n) throw new FormatError(`${where}: dimension ${d} is negative`);
    count *= d;
  }
  const bytes = count * BigInt(Math.max(1, dtypes[dtype].per * dtypes[dtype].array.BYTES_PER_ELEMENT));
  if (bytes > BigInt(limits.tensorBytes) || shape.some((d) => !Number.isSafeInteger(d))) {
    throw new LimitError(
      `${where}: shape [${shape}] of ${dtype} takes ${bytes} bytes; ${limits.tensorBytes} are allowed`,
    );
  }
  return shape;
}

/** Bytes that `count` elements take in a file. */
function packedBytes(dtype: DType, count: number): number {
  return Math.ceil(count * dtypes[dtype].bits / 8);
}

/** Elements of little-endian bytes; a view where they are aligned. */
function fromBytes(dtype: DType, bytes: Uint8Array, count: number): NumericArray {
  const { array, per, bits } = dtypes[dtype];
  if (bits < 8) return unpack(dtype, bytes, count);
  const length = count * per;
  const aligned = bytes.byteOffset % array.BYTES_PER_ELEMENT === 0;
  const data = aligned
    ? new array(bytes.buffer, bytes.byteOffset, length)
    : new array(bytes.slice().buffer, 0, length);
  return dtype === "bool" && (data as Uint8Array).some((v) => v > 1)
    ? (data as Uint8Array).map((v) => (v ? 1 : 0))
    : data;
}
/** Elements of 4 or 2 bits, the first in the lowest bits. */
function unpack(dtype: DType, bytes: ArrayLike<number>, count: number): NumericArray {
  const { array, bits, kind } = dtypes[dtype];
  const out = new array(count) as Uint8Array, perByte = 8 / bits, mask = (1 << bits) - 1;
  const signed = kind === "int" ? 1 << (bits - 1) : 0;
  for (let i = 0; i < count; i++) {
    const v = (bytes[Math.floor(i / perByte)] ?? 0) >> bits * (i % perByte) & mask;
    out[i] = (v ^ signed) - signed;
  }
  return out;
}
function pack(dtype: DType, data: ArrayLike<number>): Uint8Array {
  const { bits } = dtypes[dtype];
  const perByte = 8 / bits, mask = (1 << bits) - 1, out = new Uint8Array(packedBytes(dtype, data.length));
  for (let i = 0; i < data.length; i++) {
    const at = Math.floor(i / perByte);
    out[at] = (out[at] ?? 0) | ((data[i] ?? 0) & mask) << bits * (i % perByte);
  }
  return out;
}

/** The field beside raw data that holds a type's elements. */
function typedField(proto: TensorProto, dtype: DType): ArrayLike<number | bigint> | undefined {
  switch (dtype) {
    case "float32":
    case "complex64":
      return proto.floatData;
    case "float64":
    case "complex128":
      return proto.doubleData;
    case "int64":
      return proto.int64Data;
    case "uint32":
    case "uint64":
      return proto.uint64Data;
    default:
      return proto.int32Data;
  }
}
function fromField(dtype: DType, field: ArrayLike<number | bigint>, count: number): NumericArray {
  const { array, bits } = dtypes[dtype];
  if (bits < 8) return unpack(dtype, field as ArrayLike<number>, count);
  if (field instanceof (array as unknown as typeof Float32Array)) return field as NumericArray;
  const out = new array(field.length) as Float64Array;
  for (let i = 0; i < field.length; i++) out[i] = Number(field[i]);
  return dtype === "bool" ? out.map((v) => (v ? 1 : 0)) : out;
}

/**
 * A tensor out of its message. Raw data stays where it is, when it is aligned.
 * @throws {FormatError} when the elements don't fill the shape.
 */
export function tensorFromProto(proto: TensorProto, context: TensorContext = {}, name?: string): Tensor {
  const where = `${context.file === undefined ? "" : `${context.file}: `}tensor ${
    shown(name ?? proto.name ?? "")
  }`;
  const dtype = dtypeOf(proto.dataType, where);
  if (proto.segment) throw new UnsupportedError(`${where}: tensors in segments`);
  const shape = checkedShape(proto.dims, dtype, where, context.limits ?? defaultLimits);
  const count = sizeOf(shape);
  if (dtype === "string") {
    const strings = proto.stringData ?? [];
    if (strings.length !== count) throw wrongCount(where, shape, "strings", count, strings.length);
    return { dtype, shape, data: strings.map(textOf) };
  }
  const wanted = packedBytes(dtype, count);
  if (proto.dataLocation === 1) {
    const bytes = externalBytes(proto, wanted, where, context.external);
    return { dtype, shape, data: fromBytes(dtype, bytes, count) };
  }
  const field = typedField(proto, dtype), raw = proto.rawData;
  if (raw !== undefined && (raw.length > 0 || !field?.length)) {
    if (raw.length !== wanted) throw wrongCount(where, shape, "bytes", wanted, raw.length);
    return { dtype, shape, data: fromBytes(dtype, raw, count) };
  }
  const perEntry = dtypes[dtype].bits < 8 ? 8 / dtypes[dtype].bits : 1;
  const entries = Math.ceil(count * dtypes[dtype].per / perEntry);
  if ((field?.length ?? 0) !== entries) {
    throw wrongCount(where, shape, "elements", entries, field?.length ?? 0);
  }
  return { dtype, shape, data: fromField(dtype, field ?? [], count) };
}
/** A tensor, or one without elements where they were left out of its message or lie in another file. */
export function tensorOrHollow(proto: TensorProto, context: TensorContext = {}): Tensor {
  const dtype = dtypeOf(proto.dataType, `tensor ${shown(proto.name ?? "")}`);
  const held = proto.rawData?.length || typedField(proto, dtype)?.length || proto.stringData?.length;
  const shape = Array.from(proto.dims ?? [], Number), empty = shape.includes(0);
  if (proto.dataLocation !== 1 && (held || empty)) return tensorFromProto(proto, context);
  const hollow: Tensor = { dtype, shape, data: new Float32Array(0) };
  hollows.add(hollow);
  return hollow;
}
const hollows = new WeakSet<Tensor>();
/** True for a tensor whose elements were left out. */
export function isHollow(t: Tensor): boolean {
  return hollows.has(t);
}
function wrongCount(
  where: string,
  shape: readonly number[],
  what: string,
  expected: number,
  got: number,
): FormatError {
  return new FormatError(`${where}: shape [${shape}] takes ${expected} ${what}, the file holds ${got}`);
}

/** The message of a tensor: raw little-endian data, 4- and 2-bit elements packed, strings as UTF-8. */
export function tensorToProto(t: Tensor, name?: string): TensorProto {
  const { onnx, bits } = dtypes[t.dtype];
  const head: TensorProto = {
    dims: BigInt64Array.from(t.shape, BigInt),
    dataType: onnx,
    ...(name !== undefined && { name }),
  };
  if (t.dtype === "string") {
    return { ...head, stringData: Array.from(t.data as readonly string[], bytesOf) };
  }
  const data = t.data as NumericArray;
  if (bits < 8) return { ...head, rawData: pack(t.dtype, data as Uint8Array) };
  return { ...head, rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) };
}

/** A dense tensor out of a sparse one. Indices are positions `[count]` or coordinates `[count, rank]`. */
export function tensorFromSparse(proto: SparseTensorProto, context: TensorContext = {}): Tensor {
  const name = proto.values?.name ?? "", where = `sparse tensor ${shown(name)}`;
  if (!proto.values) throw new FormatError(`${where}: its values are missing`);
  const values = tensorFromProto(proto.values, context, name);
  const indices = proto.indices
    ? tensorFromProto(proto.indices, context, `${name} (indices)`)
    : { dtype: "int64", shape: [0], data: new BigInt64Array(0) } as const;
  const shape = checkedShape(proto.dims, values.dtype, where, context.limits ?? defaultLimits);
  const count = values.data.length, rank = indices.shape[1];
  if (values.dtype === "string" || dtypes[values.dtype].per !== 1) {
    throw new UnsupportedError(`${where}: sparse tensors of ${values.dtype}`);
  }
  if (
    indices.dtype !== "int64" || values.shape.length !== 1 || indices.shape[0] !== count ||
    indices.shape.length > 2 || (rank !== undefined && rank !== shape.length)
  ) {
    throw new FormatError(
      `${where}: indices of shape [${indices.shape}] don't go with values [${values.shape}] in [${shape}]`,
    );
  }
  const total = sizeOf(shape), dense = new dtypes[values.dtype].array(total);
  const at = indices.data as BigInt64Array;
  for (let i = 0; i < count; i++) {
    let position = rank === undefined ? Number(at[i]) : 0;
    for (let d = 0; d < (rank ?? 0); d++) {
      const index = Number(at[i * shape.length + d]), size = shape[d] ?? 0;
      if (index < 0 || index >= size) throw new FormatError(`${where}: index ${index} is outside ${size}`);
      position = position * size + index;
    }
    if (position < 0 || position >= total) {
      throw new FormatError(`${where}: index ${position} is outside ${total} elements`);
    }
    (dense as Float64Array)[position] = (values.data as Float64Array)[i] ?? 0;
  }
  return { dtype: values.dtype, shape, data: dense };
}

/** Reads a `.pb` file that holds one tensor. */
export function decodeTensor(bytes: Uint8Array, context: TensorContext = {}): Tensor {
  args.check("decodeTensor", "bytes", bytes, args.bytes);
  return tensorFromProto(decode(tensorTable, bytes, context), context);
}
/** The bytes of a `.pb` file with one tensor. */
export function encodeTensor(t: Tensor, name?: string): Uint8Array {
  args.check("encodeTensor", "t", t, args.tensorKind);
  return encode(tensorTable, tensorToProto(t, name));
}
