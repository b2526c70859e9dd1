/** Classification metrics as pure functions: accuracy, confusion matrix, precision, recall and F1 of each class. @module */
import { item } from "../../../core/values/item.ts";
import * as args from "../../../io/files/arguments.ts";
import { InputError } from "../../../core/values/errors.ts";
import { type Tensor, toNumbers } from "../../../core/values/tensor.ts";

/** Precision, recall and F1 of one class; a ratio without a denominator is 0. */
export interface ClassScore {
  /** The share of the predicted rows that belong to the class. */
  readonly precision: number;
  /** The share of the class' rows that were predicted. */
  readonly recall: number;
  /** Harmonic mean of precision and recall. */
  readonly f1: number;
  /** Rows that truly belong to the class. */
  readonly support: number;
}

/** What {@link classificationReport} finds. */
export interface ClassificationReport {
  /** The share of rows whose predicted class is the true one. */
  readonly accuracy: number;
  /** Plain mean of the classes' F1 scores. */
  readonly macroF1: number;
  /** Mean of the classes' F1 scores, weighted by support. */
  readonly weightedF1: number;
  /** Scores by class. */
  readonly classes: readonly ClassScore[];
  /** Rows by true class, columns by predicted class. */
  readonly confusion: readonly (readonly number[])[];
  /** Number of rows. */
  readonly rows: number;
}

/** The most probable class of every row of `[rows, classes]`; the lowest where several tie. One column is cut at a half. */
export function classesOf(scores: Tensor): Int32Array {
  args.check("classesOf", "scores", scores, args.tensorKind);
  const width = scores.shape.at(-1) ?? 1;
  const values = toNumbers(scores);
  const out = new Int32Array(width === 0 ? 0 : values.length / width);
  for (let row = 0; row < out.length; row++) {
    const start = row * width;
    if (width === 1) {
      out[row] = (values[start] ?? 0) > 0.5 ? 1 : 0;
      continue;
    }
    let best = 0;
    for (let i = 1; i < width; i++) {
      if ((values[start + i] as number) > (values[start + best] as number)) best = i;
    }
    out[row] = best;
  }
  return out;
}

function checkLength(truth: ArrayLike<number>, predicted: ArrayLike<number>): void {
  if (truth.length !== predicted.length) {
    throw new InputError(`metrics: ${truth.length} labels for ${predicted.length} predictions`);
  }
}

/** The share of rows whose predicted class is the true one. */
export function accuracy(truth: ArrayLike<number>, predicted: ArrayLike<number>): number {
  args.check("accuracy", "truth", truth, args.list);
  args.check("accuracy", "predicted", predicted, args.list);
  checkLength(truth, predicted);
  let same = 0;
  for (let i = 0; i < truth.length; i++) if (truth[i] === predicted[i]) same++;
  return truth.length === 0 ? 0 : same / truth.length;
}

/**
 * Counts of rows by true and predicted class.
 * @throws {InputError} when a class is not a whole number from 0 to `classes - 1`.
 */
export function confusionMatrix(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classes: number,
): number[][] {
  args.check("confusionMatrix", "truth", truth, args.list);
  args.check("confusionMatrix", "predicted", predicted, args.list);
  checkLength(truth, predicted);
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < truth.length; i++) {
    const t = truth[i] ?? -1, p = predicted[i] ?? -1;
    const row = counts[t];
    if (row?.[p] === undefined) {
      throw new InputError(
        `metrics: row ${i} has label ${t} and prediction ${p}, expected 0 to ${classes - 1}`,
      );
    }
    row[p] = item(row, p) + 1;
  }
  return counts;
}

const ratio = (a: number, b: number) => (b === 0 ? 0 : a / b);
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

/** Scores of every class from a confusion matrix. */
export function classScores(confusion: readonly (readonly number[])[]): ClassScore[] {
  args.check("classScores", "confusion", confusion, args.rows);
  return confusion.map((row, c) => {
    const hits = item(row, c), support = sum(row);
    const predicted = sum(confusion.map((other) => item(other, c)));
    return {
      precision: ratio(hits, predicted),
      recall: ratio(hits, support),
      f1: ratio(2 * hits, predicted + support),
      support,
    };
  });
}

/** Plain mean of the F1 scores of all classes. */
export function macroF1(truth: ArrayLike<number>, predicted: ArrayLike<number>, classes: number): number {
  args.check("macroF1", "truth", truth, args.list);
  args.check("macroF1", "predicted", predicted, args.list);
  const scores = classScores(confusionMatrix(truth, predicted, classes));
  return ratio(sum(scores.map((s) => s.f1)), classes);
}

/** All of it at once. */
export function classificationReport(
  truth: ArrayLike<number>,
  predicted: ArrayLike<number>,
  classes: number,
): ClassificationReport {
  args.check("classificationReport", "truth", truth, args.list);
  args.check("classificationReport", "predicted", predicted, args.list);
  const confusion = confusionMatrix(truth, predicted, classes);
  const scores = classScores(confusion);
  return {
    accuracy: accuracy(truth, predicted),
    macroF1: ratio(sum(scores.map((s) => s.f1)), classes),
    weightedF1: ratio(sum(scores.map((s) => s.f1 * s.support)), truth.length),
    classes: scores,
    confusion,
    rows: truth.length,
  };
}

/** Largest and mean absolute difference of two equally long lists of numbers; NaN on one side alone is infinitely far. */
export function differences(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
): { readonly max: number; readonly mean: number; readonly at: number } {
  args.check("differences", "a", a, args.list);
  args.check("differences", "b", b, args.list);
  if (a.length !== b.length) throw new InputError(`differences: ${a.length} numbers against ${b.length}`);
  let max = 0, total = 0, at = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i] ?? NaN, y = b[i] ?? NaN;
    let d = Object.is(x, y) ? 0 : Math.abs(x - y);
    if (Number.isNaN(d)) d = Number.isNaN(x) && Number.isNaN(y) ? 0 : Infinity;
    total += d;
    if (d > max) {
      max = d;
      at = i;
    }
  }
  return { max, mean: ratio(total, a.length), at };
}
