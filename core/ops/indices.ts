/** Indices as kernels walk them: counted from the front, checked against their axis. @module */
import { item } from "../values/item.ts";
import { isBig } from "../values/dtype.ts";
import { InputError } from "../values/errors.ts";
import { normalAxis } from "../values/shape.ts";
import { sizeOf, type Tensor, toIntegers } from "../values/tensor.ts";

/** What every engine says of an index that an axis doesn't have. */
export function indexFault(index: number | bigint, size: number, axis: number): string {
  const range = size === 0 ? "the axis is empty" : `expected ${-size} to ${size - 1}`;
  // What casts make of numbers that an integer can't hold, and layers of negative ids that Keras refuses.
  const hint = [-(2 ** 31), -(2 ** 63)].includes(Number(index))
    ? " (for NaN, a negative or too large an id)"
    : "";
  return `index ${BigInt(index)}${hint} is outside axis ${axis} of ${size} elements: ${range}`;
}
/** An index counted from the front. @throws {InputError} naming the index and what is allowed */
export function placeOf(index: number, size: number, axis: number): number {
  if (index >= -size && index < size) return index < 0 ? index + size : index;
  throw new InputError(indexFault(index, size, axis));
}
/** Indices as numbers; int64 below 2^53. */
export function indicesOf(t: Tensor): ArrayLike<number> {
  return isBig(t.dtype) ? toIntegers(t) : t.data as Int32Array;
}

/** Calls back for each index with its own position and the position in the data that it names. */
export function eachLine(
  shape: readonly number[],
  indices: Tensor,
  at: number,
  found: (at: number, place: number) => void,
): void {
  const rank = shape.length, axis = normalAxis(at, rank), d = item(shape, axis);
  if (indices.shape.length !== rank || indices.shape.some((n, i) => i !== axis && n > item(shape, i))) {
    throw new InputError(`indices [${indices.shape}] don't fit into [${shape}] around axis ${axis}`);
  }
  const strides = new Array<number>(rank).fill(1), list = indicesOf(indices), index = new Int32Array(rank);
  for (let i = rank - 2; i >= 0; i--) strides[i] = (strides[i + 1] as number) * (shape[i + 1] as number);
  const step = item(strides, axis);
  for (let k = 0; k < list.length; k++) {
    let base = 0;
    for (let i = 0; i < rank; i++) if (i !== axis) base += (index[i] as number) * (strides[i] as number);
    found(k, base + placeOf(list[k] as number, d, axis) * step);
    for (let i = rank - 1; i >= 0; i--) {
      const next = (index[i] as number) + 1;
      index[i] = next < (indices.shape[i] as number) ? next : 0;
      if (index[i] !== 0) break;
    }
  }
}

/** Calls back for each index tuple with its number and where the slice it names starts, and the slice's length. */
export function eachTuple(
  shape: readonly number[],
  indices: Tensor,
  batch: number,
  found: (tuple: number, start: number) => void,
): number {
  const depth = indices.shape.at(-1) ?? 0, list = indicesOf(indices), rank = shape.length;
  if (batch + depth > rank) {
    throw new InputError(`indices [${indices.shape}] name ${depth} axes behind ${batch} of [${shape}]`);
  }
  const run = sizeOf(shape.slice(batch + depth)),
    tuples = depth === 0 ? sizeOf(indices.shape.slice(0, -1)) : list.length / depth;
  const batches = sizeOf(shape.slice(0, batch)), each = batches === 0 ? 0 : tuples / batches;
  const whole = sizeOf(shape.slice(batch));
  for (let t = 0; t < tuples; t++) {
    let place = 0;
    for (let k = 0; k < depth; k++) {
      const d = shape[batch + k] as number;
      place = place * d + placeOf(list[t * depth + k] as number, d, batch + k);
    }
    found(t, Math.floor(t / each) * whole + place * run);
  }
  return run;
}
