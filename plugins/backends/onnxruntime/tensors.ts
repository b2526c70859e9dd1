/** Tensors to and from onnxruntime's. @module */
import { type DType, dtypes, type NumericArray } from "../../../core/values/dtype.ts";
import { UnsupportedError } from "../../../core/values/errors.ts";
import { sizeOf, type Tensor } from "../../../core/values/tensor.ts";
import type { Engine, EngineTensor } from "./native.ts";
import type { WiredTensor } from "./wire.ts";

/** Element types that cross the border, under the name both use. */
const shared: ReadonlySet<DType> = new Set<DType>([
  "float32",
  "float64",
  "float16",
  "int64",
  "int32",
  "int16",
  "int8",
  "uint64",
  "uint32",
  "uint16",
  "uint8",
  "bool",
  "string",
]);

/** @throws {UnsupportedError} for an element type that onnxruntime's JavaScript interface lacks. */
export function checkType(dtype: DType, what: string): void {
  if (!shared.has(dtype)) {
    throw new UnsupportedError(`${what}: onnxruntime-node can't be handed ${dtype}; other backends can`);
  }
}

/** A tensor for the engine. Shared memory is copied, since the engine refuses it. */
export function toEngine({ Tensor }: Engine, t: Tensor): EngineTensor {
  checkType(t.dtype, "a tensor");
  if (t.dtype === "string") return new Tensor("string", [...t.data as readonly string[]], t.shape);
  const data = t.data as NumericArray;
  const own = data.buffer instanceof ArrayBuffer ? data : data.slice();
  return new Tensor(t.dtype, own, t.shape);
}

/** A tensor of ours out of the engine's. */
export function fromEngine(t: EngineTensor, what: string): Tensor {
  const dtype = t.type as DType, shape = [...t.dims];
  checkType(dtype, what);
  const count = sizeOf(shape);
  if (dtype === "string") return { dtype, shape, data: [...t.data as readonly string[]] };
  const data = t.data as NumericArray, { array } = dtypes[dtype];
  const fits = data instanceof (array as unknown as typeof Float32Array);
  return { dtype, shape, data: fits ? data : new array(data.buffer, data.byteOffset, count) };
}

/** The elements of a tensor that came in a message, read where they lie. @throws {UnsupportedError} */
export function dataOf({ type, part, texts }: WiredTensor, parts: readonly Uint8Array[]): unknown {
  if (texts) return [...texts];
  checkType(type as DType, "a tensor");
  const bytes = parts[part ?? -1] ?? new Uint8Array(), { array } = dtypes[type as DType];
  return new array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength / array.BYTES_PER_ELEMENT);
}
