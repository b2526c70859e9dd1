/** How much of two tensors' difference rounding explains, element by element. @module */
import type { DType, Tensor } from "../../mod.ts";
import { toNumbers } from "../../public/tensors.ts";

/**
 * How much more than one rounding of every weight a whole computation may round: engines add up in other orders, and their exp
 * and tanh differ in the last places.
 */
const roundings = 64;
/** Nothing is explained beyond this part of the largest output, whatever moved weights do. */
const most = 1 / 1000;
/** Units in the last place that half-precision outputs may be off at most: a thousandth of them is one. */
const halfUnits = 8;
/** Few elements tell less of how much rounding moves their kind. */
const enough = 8;

/** A unit in the last place of a number around 1, by the coarsest type that a computation goes through. */
export const unitOf: Readonly<Partial<Record<DType, number>>> = {
  float64: 2 ** -52,
  float32: 2 ** -23,
  float16: 2 ** -10,
  bfloat16: 2 ** -7,
};

/** What one output's comparison found. */
export interface Gap {
  /** The largest difference. */
  readonly difference: number;
  /** The largest that rounding explains. */
  readonly tolerance: number;
  /** Rows that are NaN in the source, and therefore left out. */
  readonly leftOut: readonly number[];
  /** True where anything was compared. */
  readonly compared: boolean;
  /** What differs. */
  readonly problem?: string;
}

/** For each axis, the largest of each slice; an element's kind is the smallest slice that it is in. */
class Slices {
  readonly #strides: readonly number[];
  readonly #shape: readonly number[];
  readonly #largest: readonly Float64Array[];
  readonly #factor: readonly number[];

  /** `few` says what slices of few elements are multiplied by. */
  constructor(shape: readonly number[], numbers: ArrayLike<number>, few: boolean) {
    this.#shape = shape;
    this.#strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((n, d) => n * d, 1));
    this.#largest = shape.map((d) => new Float64Array(d));
    this.#factor = shape.map((d) => (few ? Math.max(1, enough * d / Math.max(1, numbers.length)) : 1));
    for (let i = 0; i < numbers.length; i++) {
      const size = Math.abs(numbers[i] ?? 0);
      if (!Number.isFinite(size)) continue;
      for (const [axis, list] of this.#largest.entries()) {
        const at = this.#at(i, axis);
        if (size > (list[at] ?? 0)) list[at] = size;
      }
    }
  }
  #at(i: number, axis: number): number {
    return Math.floor(i / (this.#strides[axis] ?? 1)) % (this.#shape[axis] ?? 1);
  }
  /** The smallest of the largest around an element. */
  around(i: number): number {
    let least = Infinity;
    for (const [axis, list] of this.#largest.entries()) {
      least = Math.min(least, (list[this.#at(i, axis)] ?? 0) * (this.#factor[axis] ?? 1));
    }
    return least;
  }
}
const text = (t: Tensor) => `${t.dtype}[${t.shape}]`;
const nothing = (problem: string): Gap => ({
  difference: Infinity,
  tolerance: 0,
  leftOut: [],
  compared: true,
  problem,
});

/** The largest change of each element over runs that only rounding tells apart; nothing where one breaks off. */
function noiseOf(want: ArrayLike<number>, others: readonly (Tensor | undefined)[]): Float64Array {
  const noise = new Float64Array(want.length);
  for (const other of others) {
    if (!other || other.data.length !== want.length || other.dtype === "string") continue;
    const numbers = toNumbers(other);
    for (let i = 0; i < noise.length; i++) {
      const moved = Math.abs((numbers[i] ?? NaN) - (want[i] ?? NaN));
      if (Number.isFinite(moved) && moved > (noise[i] ?? 0)) noise[i] = moved;
    }
  }
  return noise;
}

/**
 * Compares one output with the source's. `noisy` are the source's outputs with weights moved by a unit in their last place: an
 * element may differ by 64 times what that changes in outputs of its kind, or 64 units of the largest of them, never by more
 * than a thousandth of the whole output's largest, and by half of the largest of its kind at most unless that is rounding
 * itself. Whole numbers, booleans and texts have to be the same; where the source is NaN nothing is compared.
 */
export function compare(
  got: Tensor | undefined,
  want: Tensor,
  noisy: readonly (Tensor | undefined)[],
  unit: number,
): Gap {
  if (!got) return nothing("is missing");
  if (got.shape.join() !== want.shape.join() || got.dtype !== want.dtype) {
    return nothing(`is ${text(got)}, expected ${text(want)}`);
  }
  if (want.dtype === "string") {
    const at = want.data.findIndex((v, i) => v !== got.data[i]);
    return at < 0 ? { difference: 0, tolerance: 0, leftOut: [], compared: true } : nothing("has other texts");
  }
  const a = toNumbers(got), b = toNumbers(want), whole = !/float/.test(want.dtype);
  const row = want.shape.length === 0 ? 1 : Math.max(1, b.length / Math.max(1, want.shape[0] ?? 1));
  const leftOut = new Set<number>();
  let largest = 0;
  for (let i = 0; i < b.length; i++) {
    const y = b[i] ?? NaN;
    if (Number.isNaN(y)) leftOut.add(Math.floor(i / row));
    else if (Number.isFinite(y)) largest = Math.max(largest, Math.abs(y));
  }
  const shape = want.shape.length === 0 ? [1] : want.shape;
  const moved = new Slices(shape, whole ? [] : noiseOf(b, noisy), true), sizes = new Slices(shape, b, false);
  const cap = Math.max(most, want.dtype === "float16" || want.dtype === "bfloat16" ? halfUnits * unit : 0) *
    largest;
  let difference = 0, tolerance = 0, over = 0, worst = 0, allowedThere = 0, compared = 0;
  for (let i = 0; i < b.length; i++) {
    const x = a[i] ?? NaN, y = b[i] ?? NaN;
    if (Number.isNaN(y) || (Number.isNaN(x) && leftOut.has(Math.floor(i / row)))) continue;
    compared++;
    const size = sizes.around(i);
    const explained = roundings * Math.max(moved.around(i), unit * size);
    const allowed = whole ? 0 : Math.min(explained, cap, Math.max(size / 2, roundings * unit * largest));
    tolerance = Math.max(tolerance, allowed);
    if (x === y) continue;
    const off = Number.isFinite(x) && Number.isFinite(y) ? Math.abs(x - y) : Infinity;
    difference = Math.max(difference, off);
    if (off > allowed && off - allowed >= over) [over, worst, allowedThere] = [off - allowed, off, allowed];
  }
  return {
    difference,
    tolerance,
    leftOut: [...leftOut],
    compared: compared > 0 || b.length === 0,
    ...(worst > 0 && {
      problem: `differs by ${worst.toExponential(1)}; rounding explains ${allowedThere.toExponential(1)}`,
    }),
  };
}
