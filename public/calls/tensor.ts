/** Reading tensors, held to their arguments. @module */
import * as args from "../../io/files/arguments.ts";
import * as elements from "../../core/values/dtype.ts";
import * as tensors from "../../core/values/tensor.ts";
import * as feed from "../../core/model/feed.ts";
import type { DType } from "../../core/values/dtype.ts";
import type { Tensor } from "../../core/values/tensor.ts";

const elementType: args.Kind = [
  "an element type",
  (value) => typeof value === "string" && Object.hasOwn(elements.dtypes, value),
];

/** Bytes that `count` elements take in memory. */
export function byteLength(dtype: DType, count: number): number {
  args.check("byteLength", "dtype", dtype, elementType);
  return elements.byteLength(dtype, count);
}
/** The element type that several become together: bool below whole numbers below floats, wide enough for all, as Keras 3 has it. */
export function commonType(types: readonly DType[]): DType {
  args.check("commonType", "types", types, args.some);
  return elements.commonType(types);
}
/** Number of elements of a shape; 1 for a scalar's `[]`. */
export function sizeOf(shape: readonly number[]): number {
  args.check("sizeOf", "shape", shape, args.list);
  return tensors.sizeOf(shape);
}
/** The elements as numbers: bits of narrow floats decoded, BigInts made numbers (exact below 2^53). */
export function toNumbers(t: Tensor): Float64Array | Float32Array | Int32Array {
  args.check("toNumbers", "t", t, args.tensorKind);
  return tensors.toNumbers(t);
}
/** Rows in a given order. */
export function takeRows(t: Tensor, rows: Int32Array): Tensor {
  args.check("takeRows", "t", t, args.tensorKind);
  args.check("takeRows", "rows", rows, args.list);
  return feed.takeRows(t, rows);
}
