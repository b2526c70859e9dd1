/** Element types: all of ONNX's, how each is stored, and how narrow floats are read and written. @module */

/** Every ONNX element type. */
export type DType =
  | "float32"
  | "float64"
  | "float16"
  | "bfloat16"
  | "float8e4m3fn"
  | "float8e4m3fnuz"
  | "float8e5m2"
  | "float8e5m2fnuz"
  | "float8e8m0"
  | "float4e2m1"
  | "int64"
  | "int32"
  | "int16"
  | "int8"
  | "int4"
  | "int2"
  | "uint64"
  | "uint32"
  | "uint16"
  | "uint8"
  | "uint4"
  | "uint2"
  | "bool"
  | "string"
  | "complex64"
  | "complex128";

/** The typed array behind numeric elements. Narrow floats are bits; 4- and 2-bit types take a byte an element. */
export type NumericArray =
  | Float32Array
  | Float64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint32Array
  | Uint16Array
  | Uint8Array
  | BigInt64Array
  | BigUint64Array;
/** What a tensor's `data` may be. */
export type TensorData = NumericArray | readonly string[];

/** Constructor of a typed array. */
export interface ArrayMaker {
  /** Bytes of a slot. */
  readonly BYTES_PER_ELEMENT: number;
  /** An array of zeros. */
  new (length: number): NumericArray;
  /** A view of memory. */
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): NumericArray;
}

/** Facts of one element type. `per` is the number of array slots an element takes (2 for complex). */
export interface DTypeInfo {
  /** The typed array of its elements. */
  readonly array: ArrayMaker;
  /** Slots that an element takes. */
  readonly per: number;
  /** The family of number that it is. */
  readonly kind: "float" | "int" | "uint" | "bool" | "complex" | "string";
  /** Bits of an element in a packed file. */
  readonly bits: number;
  /** TensorProto.DataType of ONNX. */
  readonly onnx: number;
}

const info = (
  array: unknown,
  kind: DTypeInfo["kind"],
  bits: number,
  onnx: number,
  per = 1,
): DTypeInfo => ({ array: array as ArrayMaker, per, kind, bits, onnx });

/** The table of element types. */
export const dtypes: Readonly<Record<DType, DTypeInfo>> = {
  float32: info(Float32Array, "float", 32, 1),
  uint8: info(Uint8Array, "uint", 8, 2),
  int8: info(Int8Array, "int", 8, 3),
  uint16: info(Uint16Array, "uint", 16, 4),
  int16: info(Int16Array, "int", 16, 5),
  int32: info(Int32Array, "int", 32, 6),
  int64: info(BigInt64Array, "int", 64, 7),
  string: info(Uint8Array, "string", 0, 8),
  bool: info(Uint8Array, "bool", 8, 9),
  float16: info(Uint16Array, "float", 16, 10),
  float64: info(Float64Array, "float", 64, 11),
  uint32: info(Uint32Array, "uint", 32, 12),
  uint64: info(BigUint64Array, "uint", 64, 13),
  complex64: info(Float32Array, "complex", 64, 14, 2),
  complex128: info(Float64Array, "complex", 128, 15, 2),
  bfloat16: info(Uint16Array, "float", 16, 16),
  float8e4m3fn: info(Uint8Array, "float", 8, 17),
  float8e4m3fnuz: info(Uint8Array, "float", 8, 18),
  float8e5m2: info(Uint8Array, "float", 8, 19),
  float8e5m2fnuz: info(Uint8Array, "float", 8, 20),
  uint4: info(Uint8Array, "uint", 4, 21),
  int4: info(Int8Array, "int", 4, 22),
  float4e2m1: info(Uint8Array, "float", 4, 23),
  float8e8m0: info(Uint8Array, "float", 8, 24),
  uint2: info(Uint8Array, "uint", 2, 25),
  int2: info(Int8Array, "int", 2, 26),
};

/** All names, in ONNX order. */
export const dtypeNames: readonly DType[] = Object.keys(dtypes) as DType[];

/** True for a name of {@link dtypes}. */
export function isDType(name: unknown): name is DType {
  return typeof name === "string" && Object.hasOwn(dtypes, name);
}
/** The element type of an ONNX number, or undefined. */
export function dtypeFromOnnx(code: number): DType | undefined {
  return dtypeNames.find((name) => dtypes[name].onnx === code);
}
/** True for float and complex-free real types that gradients are taken in. */
export function isFloat(dtype: DType): boolean {
  return dtypes[dtype]?.kind === "float";
}
/** True for signed and unsigned integers. */
export function isInteger(dtype: DType): boolean {
  const kind = dtypes[dtype]?.kind;
  return kind === "int" || kind === "uint";
}
/** True where elements are BigInt. */
export function isBig(dtype: DType): boolean {
  return dtype === "int64" || dtype === "uint64";
}
/** True where the stored array holds the bits of a float narrower than 32. */
export function isNarrowFloat(dtype: DType): boolean {
  return isFloat(dtype) && dtypes[dtype].bits < 32;
}
/** Bytes that `count` elements take in memory. */
export function byteLength(dtype: DType, count: number): number {
  const { array, per } = dtypes[dtype];
  return array.BYTES_PER_ELEMENT * per * count;
}

/** The element type that several become together: bool below whole numbers below floats, wide enough for all, as Keras 3 has it. */
export function commonType(types: readonly DType[]): DType {
  return types.reduce((a, b) => {
    const [x, y] = [dtypes[a], dtypes[b]];
    if (a === b || y.kind === "bool") return a;
    if (x.kind === "bool") return b;
    if (x.kind === y.kind) return x.bits === y.bits ? "float32" : x.bits > y.bits ? a : b;
    if (isFloat(a)) return a;
    if (isFloat(b)) return b;
    const [signed, unsigned] = x.kind === "int" ? [x, y] : [y, x];
    if (signed.bits > unsigned.bits) return x === signed ? a : b;
    return unsigned.bits < 64 ? `int${2 * unsigned.bits}` as DType : "float32";
  });
}
