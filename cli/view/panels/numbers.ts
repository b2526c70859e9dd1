/** Numbers for the page: summaries, histograms and pictures of tensors. @module */
import type { Tensor } from "../../../mod.ts";
import { histogram } from "../../../plugins/plots/mod.ts";
import { toNumbers } from "../../../public/tensors.ts";
import type { Histogram, Picture } from "../data.ts";

/** Summed up. */
export interface Summary {
  readonly mean: number;
  readonly deviation: number;
  readonly min: number;
  readonly max: number;
  readonly norm: number;
}
/** Mean, deviation, range and Euclidean norm; all 0 for nothing. */
export function summary(values: ArrayLike<number>): Summary {
  let sum = 0, squares = 0, min = Infinity, max = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const v = values[i] ?? 0;
    sum += v;
    squares += v * v;
    if (v < min) min = v;
    if (v > max) max = v;
  }
  if (values.length === 0) return { mean: 0, deviation: 0, min: 0, max: 0, norm: 0 };
  const mean = sum / values.length;
  return {
    mean,
    deviation: Math.sqrt(Math.max(0, squares / values.length - mean * mean)),
    min,
    max,
    norm: Math.sqrt(squares),
  };
}

/** Counts in bins of equal width with mean, deviation and norm; what isn't finite is left out of the bins. */
export function histogramOf(values: ArrayLike<number>, bins = 30): Histogram {
  const { edges, counts, mean, deviation } = histogram(values, bins);
  return { from: edges[0] ?? 0, to: edges.at(-1) ?? 0, counts, mean, deviation, norm: summary(values).norm };
}

/** Bytes as base64. */
export function base64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}

/** How a picture is made. */
export interface PictureOptions {
  readonly channels?: 1 | 3;
  /** 0 is the middle of the scale; where some number is negative unless said. */
  readonly signed?: boolean;
  /** The scale, the numbers' own unless given. */
  readonly range?: readonly [number, number];
}
/** Numbers `[height, width(, channels)]` as a picture. */
export function picture(
  values: ArrayLike<number>,
  width: number,
  height: number,
  { channels = 1, signed, range }: PictureOptions = {},
): Picture {
  const found = summary(values), [low, high] = range ?? [found.min, found.max];
  const both = signed ?? low < 0, size = Math.max(Math.abs(low), Math.abs(high));
  const [min, max] = both ? [-size, size] : [low, high], span = max - min || 1;
  const bytes = Uint8Array.from(
    { length: width * height * channels },
    (_, i) => Math.max(0, Math.min(255, Math.round((((values[i] ?? 0) - min) / span) * 255))),
  );
  return { width, height, channels, pixels: base64(bytes), min, max, signed: both };
}

/** The numbers of one row of a batch. */
export function rowOf(t: Tensor, row: number): ArrayLike<number> {
  const numbers = toNumbers(t), size = numbers.length / (t.shape[0] || 1);
  return numbers.subarray(row * size, (row + 1) * size);
}
/** The first rows of a batch. */
export function headOf(t: Tensor, rows: number): Tensor {
  const have = t.shape[0] ?? 0;
  if (t.shape.length === 0 || have <= rows) return t;
  const data = t.data.slice(0, (t.data.length / have) * rows) as Tensor["data"];
  return { dtype: t.dtype, shape: [rows, ...t.shape.slice(1)], data };
}
/** One row of a batch as a batch of its own. */
export function oneRow(t: Tensor, row: number): Tensor {
  if (t.shape.length === 0) return t;
  const size = t.data.length / (t.shape[0] || 1);
  const data = t.data.slice(row * size, (row + 1) * size) as Tensor["data"];
  return { dtype: t.dtype, shape: [1, ...t.shape.slice(1)], data };
}
