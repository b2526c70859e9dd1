/** Number arrays for plain kernels: sums run in float64 and are rounded once, at the end. @module */
import type { DType } from "../values/dtype.ts";
import { castTensor, type Tensor } from "../values/tensor.ts";

/** What a kernel reads. */
export type Numbers = Float64Array | Float32Array | Int32Array;

/** A tensor of an element type from float64 results. */
export function result(data: Float64Array, shape: readonly number[], dtype: DType): Tensor {
  if (dtype === "float32") return { dtype, shape, data: new Float32Array(data) };
  return castTensor({ dtype: "float64", shape, data }, dtype);
}
/** Elements an index of each axis stands apart, in row-major order. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) {
    strides[i] = (strides[i + 1] as number) * (shape[i + 1] as number);
  }
  return strides;
}
/** The product of some dims. */
export function product(shape: readonly number[], from = 0, to: number = shape.length): number {
  let n = 1;
  for (let i = from; i < to; i++) n *= shape[i] as number;
  return n;
}
/** Calls back with the flat offset of every index, in row-major order, for each set of strides. */
export function eachOffset(
  shape: readonly number[],
  strides: readonly (readonly number[])[],
  visit: (offsets: Int32Array, flat: number) => void,
): void {
  const rank = shape.length, total = product(shape);
  const index = new Int32Array(rank), offsets = new Int32Array(strides.length);
  for (let flat = 0; flat < total; flat++) {
    visit(offsets, flat);
    for (let axis = rank - 1; axis >= 0; axis--) {
      const next = (index[axis] as number) + 1, size = shape[axis] as number;
      const done = next === size;
      index[axis] = done ? 0 : next;
      for (let s = 0; s < strides.length; s++) {
        const step = strides[s]?.[axis] ?? 0;
        offsets[s] = (offsets[s] as number) + (done ? -step * (size - 1) : step);
      }
      if (!done) break;
    }
  }
}
