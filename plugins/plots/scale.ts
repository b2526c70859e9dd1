/** Axes: from numbers to places, with round numbers at the ticks. @module */

/** One axis of a picture. */
export interface Axis {
  /** The least and the greatest number that it shows. */
  readonly min: number;
  readonly max: number;
  readonly ticks: readonly number[];
  /** Where a number stands, from 0 to 1. */
  share(value: number): number;
}

/** The finite numbers' ends; 0 to 1 where there are none. */
export function ends(values: Iterable<number>): readonly [number, number] {
  let min = Infinity, max = -Infinity;
  for (const v of values) {
    if (!Number.isFinite(v)) continue;
    min = Math.min(min, v);
    max = Math.max(max, v);
  }
  return min <= max ? [min, max] : [0, 1];
}
/** Steps of 1, 2 or 5 times a power of ten, about as many as asked for. */
function stepOf(span: number, count: number): number {
  const raw = span / Math.max(1, count), power = 10 ** Math.floor(Math.log10(raw)), lead = raw / power;
  return (lead < 1.5 ? 1 : lead < 3.5 ? 2 : lead < 7.5 ? 5 : 10) * power;
}
/** A linear axis whose ends are ticks; `whole` keeps the ticks whole. */
export function linearAxis([from, to]: readonly [number, number], count: number, whole = false): Axis {
  const wide = to - from || Math.abs(to) || 1, low = to === from ? from - wide / 2 : from;
  const step = Math.max(stepOf(to === from ? wide : to - from, count), whole ? 1 : 0);
  const min = Math.floor(low / step + 1e-9) * step;
  const max = Math.max(min + step, Math.ceil((to === from ? to + wide / 2 : to) / step - 1e-9) * step);
  const steps = Math.round((max - min) / step);
  return {
    min,
    max,
    ticks: Array.from({ length: steps + 1 }, (_, i) => min + i * step),
    share: (value) => (value - min) / (max - min),
  };
}
/** A logarithmic axis from a power of ten to another. Numbers must be above 0. */
export function logAxis([from, to]: readonly [number, number]): Axis {
  const low = Math.floor(Math.log10(from) + 1e-9), high = Math.max(low + 1, Math.ceil(Math.log10(to) - 1e-9));
  const step = Math.ceil((high - low) / 6);
  const powers = Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, i) => low + i * step);
  return {
    min: 10 ** low,
    max: 10 ** high,
    ticks: powers.map((p) => 10 ** p),
    share: (value) => (Math.log10(value) - low) / (high - low),
  };
}
/** A tick's number in few characters: `0.25`, `1.5e-5`, `20k`. */
export function tickText(value: number): string {
  const size = Math.abs(value);
  if (size < 1e-12) return "0";
  if (size < 1e-3 || size >= 1e6) return value.toExponential(2).replace(/\.?0+e/, "e").replace("e+", "e");
  if (size >= 1e4) return `${Number((value / 1e3).toPrecision(4))}k`;
  return `${Number(value.toPrecision(4))}`;
}
