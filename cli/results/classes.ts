/** What scores say of classes: the class of every row, its name, its probability. @module */
import type { Tensor } from "../../mod.ts";
import { toNumbers } from "../../public/tensors.ts";

/** Scores of classes, row by row. */
export interface ClassScores {
  readonly rows: number;
  readonly classes: number;
  /** True where a row's scores are probabilities that sum to 1. */
  readonly probabilities: boolean;
  /** Score of a class in a row. */
  at(row: number, c: number): number;
  /** The class of a row: the best, or of two the second above the threshold. */
  best(row: number): number;
  /** The classes of a row with the highest scores, the best first. */
  top(row: number, count: number): readonly number[];
  /** A class' name; its number where it has none. */
  name(c: number): string;
}
/** What is known of a model's classes. */
export interface ClassNames {
  readonly labels?: readonly string[] | undefined;
  /** Probability above which a row is of the second of two classes; 0.5 unless given. */
  readonly threshold?: number | undefined;
}

/** Numbers from 0 to 1 in every row, that sum to 1 where there are several. */
function areProbabilities(values: ArrayLike<number>, rows: number, width: number): boolean {
  for (let r = 0; r < rows; r++) {
    let sum = 0;
    for (let c = 0; c < width; c++) {
      const p = values[r * width + c] ?? NaN;
      if (!(p >= 0 && p <= 1)) return false;
      sum += p;
    }
    if (width > 1 && Math.abs(sum - 1) > 1e-3) return false;
  }
  return rows > 0;
}

/**
 * An output as scores of classes: rows of probabilities, rows of as many numbers as there are names, or one probability a
 * row where there are two names; undefined for any other output.
 */
export function classScores(t: Tensor, { labels, threshold = 0.5 }: ClassNames): ClassScores | undefined {
  const [rows = 0, width = 1] = t.shape;
  if (t.dtype === "string" || t.shape.length < 1 || t.shape.length > 2 || rows === 0) return undefined;
  const values = toNumbers(t), probabilities = areProbabilities(values, rows, width);
  const name = (c: number) => labels?.[c] ?? `${c}`;
  if (width === 1) {
    if (!probabilities || labels?.length !== 2) return undefined;
    const second = (row: number) => values[row] ?? NaN;
    return {
      rows,
      classes: 2,
      probabilities,
      name,
      at: (row, c) => c === 1 ? second(row) : 1 - second(row),
      best: (row) => second(row) > threshold ? 1 : 0,
      top: (row, count) => (second(row) > 0.5 ? [1, 0] : [0, 1]).slice(0, count),
    };
  }
  if (!probabilities && labels?.length !== width) return undefined;
  const at = (row: number, c: number) => values[row * width + c] ?? NaN;
  return {
    rows,
    classes: width,
    probabilities,
    name,
    at,
    top: (row, count) =>
      Array.from({ length: width }, (_, c) => c).sort((a, b) => at(row, b) - at(row, a)).slice(0, count),
    best(row) {
      if (width === 2 && probabilities && threshold !== 0.5) return at(row, 1) > threshold ? 1 : 0;
      let best = 0;
      for (let c = 1; c < width; c++) if (at(row, c) > at(row, best)) best = c;
      return best;
    },
  };
}
