/** Scores of two classes over every threshold: ROC and precision–recall curves, their areas, and a threshold's choice. @module */
import * as args from "../../io/files/arguments.ts";
import { InputError, shown } from "../../core/values/errors.ts";

/** Truths of two classes, 1 where a row is of the positive one. */
export type Truth = ArrayLike<number | boolean>;

/** Rows counted at every threshold, the highest first. */
interface Counts {
  readonly thresholds: readonly number[];
  /** Positive rows with a score from the threshold on. */
  readonly positive: readonly number[];
  /** Negative rows with a score from the threshold on. */
  readonly negative: readonly number[];
  readonly positives: number;
  readonly negatives: number;
}
function countsOf(what: string, truth: Truth, scores: ArrayLike<number>): Counts {
  args.check(what, "truth", truth, args.list);
  args.check(what, "scores", scores, args.list);
  if (truth.length !== scores.length) {
    throw new InputError(`${what}: ${truth.length} truths for ${scores.length} scores`);
  }
  const order = Array.from({ length: scores.length }, (_, i) => i);
  for (const i of order) {
    const t = Number(truth[i]);
    if (t !== 0 && t !== 1) {
      throw new InputError(`${what}: row ${i + 1}: expected a truth of 0 or 1, got ${shown(truth[i])}`);
    }
    if (Number.isNaN(scores[i])) throw new InputError(`${what}: row ${i + 1}: the score is NaN`);
  }
  order.sort((a, b) => (scores[b] ?? 0) - (scores[a] ?? 0));
  const thresholds: number[] = [], positive: number[] = [], negative: number[] = [];
  let p = 0, n = 0;
  order.forEach((row, i) => {
    Number(truth[row]) === 1 ? p++ : n++;
    const next = order[i + 1];
    if (next !== undefined && scores[next] === scores[row]) return;
    thresholds.push(scores[row] ?? 0);
    positive.push(p);
    negative.push(n);
  });
  if (p === 0 || n === 0) {
    throw new InputError(`${what}: every row is of ${p === 0 ? "the negative" : "the positive"} class`);
  }
  return { thresholds, positive, negative, positives: p, negatives: n };
}

/** How a classifier of two classes trades false alarms for hits. */
export interface RocCurve {
  /** Share of the negative rows that are taken for positive, at each threshold; 0 first. */
  readonly falsePositiveRate: readonly number[];
  /** Share of the positive rows that are found. */
  readonly truePositiveRate: readonly number[];
  /** Scores from which a row counts as positive, falling; Infinity first. */
  readonly thresholds: readonly number[];
  /** The area below: the probability that a positive row scores above a negative one. */
  readonly area: number;
}
/**
 * The receiver operating characteristic of scores.
 * @throws {InputError} for truths other than 0 and 1, a score that is NaN, or rows of one class alone.
 */
export function rocCurve(truth: Truth, scores: ArrayLike<number>): RocCurve {
  const { thresholds, positive, negative, positives, negatives } = countsOf("rocCurve", truth, scores);
  const fpr = [0, ...negative.map((n) => n / negatives)], tpr = [0, ...positive.map((p) => p / positives)];
  let area = 0;
  for (let i = 1; i < fpr.length; i++) {
    area += ((fpr[i] ?? 0) - (fpr[i - 1] ?? 0)) * ((tpr[i] ?? 0) + (tpr[i - 1] ?? 0)) / 2;
  }
  return { falsePositiveRate: fpr, truePositiveRate: tpr, thresholds: [Infinity, ...thresholds], area };
}

/** How many of the rows that are taken for positive are, against how many of the positive ones are found. */
export interface PrecisionRecallCurve {
  /** Share of the rows from the threshold on that are positive; 1 last, where no row is taken. */
  readonly precision: readonly number[];
  /** Share of the positive rows that are found; 0 last. */
  readonly recall: readonly number[];
  /** Scores from which a row counts as positive, rising; one fewer than points. */
  readonly thresholds: readonly number[];
  /** Average precision: precisions weighted by the recall that each adds. */
  readonly area: number;
}
/**
 * The precision–recall curve of scores.
 * @throws {InputError} for truths other than 0 and 1, a score that is NaN, or rows of one class alone.
 */
export function precisionRecallCurve(truth: Truth, scores: ArrayLike<number>): PrecisionRecallCurve {
  const { thresholds, positive, negative, positives } = countsOf("precisionRecallCurve", truth, scores);
  const precision = positive.map((p, i) => p / (p + (negative[i] ?? 0))),
    recall = positive.map((p) => p / positives);
  const area = recall.reduce((sum, r, i) => sum + (r - (recall[i - 1] ?? 0)) * (precision[i] ?? 0), 0);
  return {
    precision: [...precision.reverse(), 1],
    recall: [...recall.reverse(), 0],
    thresholds: [...thresholds].reverse(),
    area,
  };
}

/** What a threshold is chosen for. */
export type ThresholdGoal = "f1" | "accuracy" | "balancedAccuracy";
/** A threshold and what it reaches. */
export interface ChosenThreshold {
  /** A row is positive where its score is above. */
  readonly threshold: number;
  /** The goal at that threshold, on the rows that it was chosen by. */
  readonly value: number;
}
/**
 * The threshold that is best for a goal, halfway between two rows' scores; choose it on validation rows.
 * @throws {InputError} for truths other than 0 and 1, a score that is NaN, or rows of one class alone.
 */
export function chooseThreshold(
  truth: Truth,
  scores: ArrayLike<number>,
  goal: ThresholdGoal = "f1",
): ChosenThreshold {
  const { thresholds, positive, negative, positives, negatives } = countsOf("chooseThreshold", truth, scores);
  let best: ChosenThreshold = { threshold: 0.5, value: -1 };
  thresholds.forEach((score, i) => {
    const p = positive[i] ?? 0, n = negative[i] ?? 0;
    const value = goal === "f1"
      ? 2 * p / (p + n + positives)
      : goal === "accuracy"
      ? (p + negatives - n) / (positives + negatives)
      : (p / positives + 1 - n / negatives) / 2;
    if (value > best.value) best = { threshold: (score + (thresholds[i + 1] ?? score - 2e-6)) / 2, value };
  });
  return best;
}
