/** Where a slice starts and how long it is, by ONNX' clamping: in numbers and in dims. @module */
import { ShapeError } from "../../values/errors.ts";
import {
  addDims,
  ceilDivDims,
  type Dim,
  maxDims,
  minDims,
  mulDims,
  rangeOf,
  sameDim,
  subDims,
} from "../../values/shape.ts";

/** A slice of one axis. */
export interface Cut<T> {
  /** First element taken; one before the beginning where none is. */
  readonly start: T;
  /** How many are taken. */
  readonly count: T;
}

/** Offsets from here on mean "as far as it goes". */
const far = 2 ** 31 - 1;
const clamp = (i: number, least: number, most: number) => Math.max(least, Math.min(most, i));

/** A slice of `d` elements. Its start is held to 0 … d, its end too; backwards to 0 … d − 1 and −1 … d − 1. @throws {ShapeError} */
export function cut(d: number, start: number, end: number, step: number): Cut<number> & { step: number } {
  if (step === 0) throw new ShapeError("a slice's step may not be 0");
  const place = (i: number) => (i < 0 ? i + d : i), last = step < 0 ? d - 1 : d;
  const from = Math.min(last, Math.max(0, place(start)));
  const to = end < -d && step < 0 ? -1 : clamp(place(end), step < 0 ? -1 : 0, last);
  return { start: from, step, count: Math.max(0, Math.ceil((to - from) / step)) };
}

/** A place in an axis before it is held to the axis: so far from the front (at least 0), or from the back (at least 1). */
interface Place {
  readonly front?: Dim;
  readonly back?: Dim;
  readonly at: Dim;
}
function placed(d: Dim, i: Dim): Place {
  const [least, most] = rangeOf(i);
  if (least >= 0) return { front: least >= far ? d : i, at: least >= far ? d : i };
  if (most <= -far) return { front: 0, at: 0 };
  if (most < 0) return { back: mulDims(-1, i), at: addDims(d, i) };
  // One where i is below zero, else zero.
  const below = maxDims(0, minDims(1, mulDims(-1, i)));
  return { at: addDims(i, mulDims(d, below)) };
}
const within = (d: Dim, { at }: Place): Dim => minDims(d, maxDims(0, at));
const positive = (d: Dim): Dim => maxDims(d, 0);

function forward(d: Dim, start: Place, end: Place): Cut<Dim> {
  const to = within(d, end), whole = sameDim(to, d);
  if (start.front !== undefined) {
    const from = start.front, rest = positive(subDims(d, from));
    const first = minDims(d, from);
    if (whole) return { start: first, count: rest };
    if (end.back !== undefined) {
      return { start: first, count: positive(subDims(subDims(d, end.back), from)) };
    }
    const length = end.front === undefined ? undefined : subDims(end.front, from);
    const [least = -1] = length === undefined ? [] : rangeOf(length);
    return {
      start: first,
      count: length !== undefined && least >= 0 ? minDims(length, rest) : positive(subDims(to, from)),
    };
  }
  const first = start.back === undefined ? within(d, start) : positive(subDims(d, start.back));
  if (start.back !== undefined && whole) return { start: first, count: minDims(d, start.back) };
  if (start.back !== undefined && end.back !== undefined) {
    const length = subDims(start.back, end.back), [least, most] = rangeOf(length);
    if (most <= 0) return { start: first, count: 0 };
    if (least >= 0) return { start: first, count: minDims(length, positive(subDims(d, end.back))) };
  }
  return { start: first, count: positive(subDims(to, first)) };
}
/** A slice of a dim, whatever its symbols are bound to. @throws {ShapeError} */
export function cutDims(d: Dim, start: Dim, end: Dim, step: number): Cut<Dim> {
  if (typeof d === "number" && typeof start === "number" && typeof end === "number") {
    return cut(d, start, end, step);
  }
  if (step === 0) throw new ShapeError("a slice's step may not be 0");
  if (step > 0) {
    const one = forward(d, placed(d, start), placed(d, end));
    return { start: one.start, count: ceilDivDims(one.count, step) };
  }
  const last = subDims(d, 1), { at } = placed(d, start);
  const from = sameDim(at, last) ? last : minDims(last, maxDims(0, at));
  const to = rangeOf(end)[1] <= -far ? -1 : minDims(last, maxDims(-1, placed(d, end).at));
  return { start: from, count: ceilDivDims(positive(subDims(from, to)), -step) };
}
