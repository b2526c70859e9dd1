/** The loops of reductions: elements brought together over axes, narrow ones in float64. @module */
import { item } from "../../values/item.ts";
import { type DType, dtypes, isBig, isFloat, isNarrowFloat } from "../../values/dtype.ts";
import { normalAxis } from "../../values/shape.ts";
import { sizeOf, type Tensor } from "../../values/tensor.ts";
import { broadcastPlan, forRows } from "../broadcast.ts";
import { finished, numbersFor, numbersOf } from "../kernels.ts";

/** Attributes of every reduction. */
export interface ReduceAttributes {
  readonly keepdims: boolean;
  readonly noop_with_empty_axes: boolean;
}
/** The axes to reduce: all where none are given, unless that means none. */
export function reducedAxes(rank: number, given: readonly number[] | undefined, noop: boolean): Set<number> {
  if (given && given.length > 0) return new Set(given.map((axis) => normalAxis(axis, rank)));
  return new Set(noop ? [] : Array.from({ length: rank }, (_, i) => i));
}
/** How elements are brought together. */
export interface Fold {
  readonly start: number;
  /** What an element counts as; itself unless said. */
  map?(x: number): number;
  add(sum: number, x: number): number;
  /** From the sum and the number of elements; the sum unless said. */
  finish?(sum: number, count: number): number;
  mapBig?(x: bigint): bigint;
  addBig?(sum: bigint, x: bigint): bigint;
}

interface Reduced {
  readonly kept: readonly number[];
  readonly shape: readonly number[];
  readonly count: number;
}
function reducedShape(x: Tensor, given: readonly number[] | undefined, a: ReduceAttributes): Reduced {
  const axes = reducedAxes(x.shape.length, given, a.noop_with_empty_axes);
  const kept = x.shape.map((d, i) => (axes.has(i) ? 1 : d));
  return {
    kept,
    shape: a.keepdims ? kept : x.shape.filter((_, i) => !axes.has(i)),
    count: sizeOf(x.shape.filter((_, i) => axes.has(i))),
  };
}
function foldNumbers(x: Tensor, kept: readonly number[], f: Fold, start: number): Float64Array {
  const from = numbersOf(x), sums = new Float64Array(sizeOf(kept)).fill(start);
  const plan = broadcastPlan(x.shape, kept), { inner, steps } = plan, map = f.map, add = f.add;
  if (sizeOf(x.shape) === 0) return sums;
  forRows(plan, (at, offsets) => {
    const p = item(offsets, 1);
    if (steps[1] === 1) {
      for (let i = 0; i < inner; i++) {
        const v = from[at + i] as number;
        sums[p + i] = add(sums[p + i] as number, map ? map(v) : v);
      }
    } else {
      let sum = sums[p] as number;
      if (map) { for (let i = 0; i < inner; i++) sum = add(sum, map(from[at + i] as number)); }
      else for (let i = 0; i < inner; i++) sum = add(sum, from[at + i] as number);
      sums[p] = sum;
    }
  });
  return sums;
}
function foldBig(x: Tensor, { kept, shape }: Reduced, f: Fold): Tensor {
  const from = x.data as BigInt64Array, out = new dtypes[x.dtype].array(sizeOf(kept)) as BigInt64Array;
  out.fill(bigStart(f.start, x.dtype));
  const plan = broadcastPlan(x.shape, kept), { inner, steps } = plan, step = item(steps, 1);
  const add = f.addBig ?? ((sum: bigint, v: bigint) => BigInt(f.add(Number(sum), Number(v))));
  if (from.length > 0) {
    forRows(plan, (at, offsets) => {
      for (let i = 0, p = item(offsets, 1); i < inner; i++, p += step) {
        const v = from[at + i] as bigint;
        out[p] = add(out[p] as bigint, f.mapBig ? f.mapBig(v) : v);
      }
    });
  }
  return { dtype: x.dtype, shape, data: out };
}
/** A tensor with axes folded into one element each. */
export function reduce(
  x: Tensor,
  given: readonly number[] | undefined,
  a: ReduceAttributes,
  f: Fold,
): Tensor {
  const r = reducedShape(x, given, a), { dtype } = x;
  if (isBig(dtype) && f.addBig) return foldBig(x, r, f);
  const sums = foldNumbers(x, r.kept, f, emptyStart(f.start, dtype)), finish = f.finish;
  if (finish) { for (let i = 0; i < sums.length; i++) sums[i] = finish(sums[i] as number, r.count); }
  if (dtype === "float64" || isNarrowFloat(dtype)) return finished(dtype, r.shape, sums);
  if (isBig(dtype)) {
    const data = new dtypes[dtype].array(sums.length) as BigInt64Array;
    for (let i = 0; i < data.length; i++) data[i] = BigInt(Math.trunc(sums[i] as number));
    return { dtype, shape: r.shape, data };
  }
  const out = numbersFor(dtype, sums.length);
  out.set(sums);
  return finished(dtype, r.shape, out);
}
function bigStart(start: number, dtype: DType): bigint {
  if (Number.isFinite(start)) return BigInt(start);
  if (dtype === "uint64") return start > 0 ? 2n ** 64n - 1n : 0n;
  return start > 0 ? 2n ** 63n - 1n : -(2n ** 63n);
}
/** Integers have no infinity to start an extreme from. */
function emptyStart(start: number, dtype: DType): number {
  if (Number.isFinite(start) || isFloat(dtype)) return start;
  if (dtype === "bool") return start > 0 ? 1 : 0;
  const { bits, kind } = dtypes[dtype];
  if (kind === "uint") return start > 0 ? 2 ** bits - 1 : 0;
  return start > 0 ? 2 ** (bits - 1) - 1 : -(2 ** (bits - 1));
}

/** ln Σ eˣ without overflow: what is largest is taken out first. */
export function logSumExp(x: Tensor, given: readonly number[] | undefined, a: ReduceAttributes): Tensor {
  const r = reducedShape(x, given, a);
  const peaks = foldNumbers(x, r.kept, { start: -Infinity, add: Math.max }, -Infinity), from = numbersOf(x);
  const sums = new Float64Array(peaks.length),
    plan = broadcastPlan(x.shape, r.kept),
    step = item(plan.steps, 1);
  if (from.length > 0) {
    forRows(plan, (at, offsets) => {
      for (let i = 0, p = item(offsets, 1); i < plan.inner; i++, p += step) {
        const peak = peaks[p] as number;
        sums[p] = (sums[p] as number) +
          (Number.isFinite(peak) ? Math.exp((from[at + i] as number) - peak) : 1);
      }
    });
  }
  const out = numbersFor(x.dtype, sums.length);
  for (let i = 0; i < out.length; i++) {
    const peak = peaks[i] as number;
    out[i] = Number.isFinite(peak) ? peak + Math.log(sums[i] as number) : peak;
  }
  return finished(x.dtype, r.shape, out);
}
