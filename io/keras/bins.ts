/** Boundaries of bins out of what Keras 2 keeps of the data that a Discretization saw. @module */
import { FormatError } from "../../core/values/errors.ts";
import { type Tensor, toNumbers } from "../../core/values/tensor.ts";
import type { Json } from "./json.ts";

/**
 * Where the bins of a Discretization end, from its summary: values and the weight of each. In Keras 2's steps of float32, so
 * that a number on a boundary falls where it fell.
 * @throws {FormatError} for a summary of another shape.
 */
export function boundariesOf(summary: Tensor, config: Json): readonly number[] {
  const { shape } = summary, { num_bins: bins } = config, count = shape[1] ?? 0;
  if (shape.length !== 2 || shape[0] !== 2 || typeof bins !== "number" || !(bins >= 1)) {
    throw new FormatError(
      `${config.name}: expected num_bins and a summary of shape [2, any], got ${bins} and [${shape}]`,
    );
  }
  const all = toNumbers(summary), values = Array.from(all).slice(0, count), step = 1 / bins;
  if (count * step < 1) return values.slice(0, -1);
  let sum = 0;
  const sums = Array.from(all).slice(count).map((weight) => sum = Math.fround(sum + weight));
  const shares = sums.map((part) => Math.fround(part / sum));
  const percents = Array.from({ length: Math.ceil(1 / step) }, (_, i) => step + i * step);
  return percents.slice(0, -1).map((percent) => Math.fround(between(percent, shares, values)));
}
/** The value at `x` of the line through points whose places rise. */
function between(x: number, places: readonly number[], values: readonly number[]): number {
  const at = places.findLastIndex((place) => place <= x);
  if (at < 0) return values[0] ?? NaN;
  const from = places[at] ?? 0, value = values[at] ?? NaN, to = places[at + 1];
  return to === undefined ? value : ((values[at + 1] ?? 0) - value) / (to - from) * (x - from) + value;
}
