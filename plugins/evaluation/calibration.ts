/** How far probabilities are what they say: reliability, Brier score, expected calibration error. @module */
import * as args from "../../io/files/arguments.ts";
import { InputError } from "../../core/values/errors.ts";
import { checkOptions, type OptionNames } from "../../core/values/schema.ts";
import { type Tensor, toNumbers } from "../../core/values/tensor.ts";

/** Rows whose probabilities lie in one range. */
export interface ReliabilityBin {
  /** Mean probability. */
  readonly predicted: number;
  /** Share of the rows that are of the class. */
  readonly actual: number;
  /** How many rows they are. */
  readonly rows: number;
}
/** How ranges are cut. */
export interface CalibrationOptions {
  /** Number of ranges; 10 unless given. */
  readonly bins?: number;
  /** Ranges of equal width, the default, or of equally many rows. */
  readonly strategy?: "uniform" | "quantile";
}
const calibrationNames: OptionNames<CalibrationOptions> = { bins: 0, strategy: 0 };

/** A quantile of sorted numbers, between two of them by straight line. */
export function quantileOf(sorted: readonly number[], q: number): number {
  const at = q * (sorted.length - 1), low = Math.floor(at), first = sorted[low] ?? NaN;
  return first + (at - low) * ((sorted[low + 1] ?? first) - first);
}

function binned(
  truth: ArrayLike<number | boolean>,
  probabilities: ArrayLike<number>,
  options: CalibrationOptions,
): readonly ReliabilityBin[] {
  const { bins = 10, strategy = "uniform" } = options;
  if (truth.length !== probabilities.length) {
    throw new InputError(`calibration: ${truth.length} truths for ${probabilities.length} probabilities`);
  }
  if (!Number.isSafeInteger(bins) || bins < 1) {
    throw new InputError(`calibration: expected 1 bin or more, got ${bins}`);
  }
  const list = Array.from(probabilities);
  const wrong = list.findIndex((p) => !(p >= 0 && p <= 1));
  if (wrong >= 0) throw new InputError(`calibration: row ${wrong + 1}: ${list[wrong]} is no probability`);
  const sorted = strategy === "quantile" ? list.toSorted((a, b) => a - b) : [];
  const inner = Array.from({ length: bins - 1 }, (_, i) => {
    const q = (i + 1) / bins;
    return strategy === "quantile" ? quantileOf(sorted, q) : q;
  });
  const sums = Array.from({ length: bins }, () => ({ p: 0, t: 0, rows: 0 }));
  list.forEach((p, row) => {
    const found = inner.findIndex((border) => border >= p), bin = sums[found < 0 ? bins - 1 : found];
    if (!bin) return;
    bin.p += p;
    bin.t += Number(truth[row]);
    bin.rows++;
  });
  return sums.filter(({ rows }) => rows > 0).map(({ p, t, rows }) => ({
    predicted: p / rows,
    actual: t / rows,
    rows,
  }));
}

/**
 * Mean probability beside the share of rows that are of the class, by ranges of probability; empty ranges are left out.
 * @throws {InputError} for a number that is no probability.
 */
export function calibrationCurve(
  truth: ArrayLike<number | boolean>,
  probabilities: ArrayLike<number>,
  options: CalibrationOptions = {},
): readonly ReliabilityBin[] {
  args.check("calibrationCurve", "truth", truth, args.list);
  args.check("calibrationCurve", "probabilities", probabilities, args.list);
  checkOptions("calibrationCurve", options, calibrationNames);
  return binned(truth, probabilities, options);
}

/** How well probabilities of classes tell. */
export interface Calibration {
  /** Mean squared distance of the probabilities from the truth, summed over classes (0 to 2); of two classes that of one (0 to 1). */
  readonly brier: number;
  /** Mean distance of the predicted classes' probability from their accuracy, by ranges, weighted by rows. */
  readonly expectedError: number;
  /** The predicted classes' probabilities beside their accuracy. */
  readonly bins: readonly ReliabilityBin[];
}
/**
 * Brier score, expected calibration error (Guo and others, 2017) and reliability of `[rows, classes]` probabilities, or of
 * `[rows]` or `[rows, 1]` of the second of two classes.
 * @throws {InputError} for a number that is no probability, or another number of truths.
 */
export function calibration(
  truth: ArrayLike<number>,
  probabilities: Tensor,
  options: CalibrationOptions = {},
): Calibration {
  args.check("calibration", "truth", truth, args.list);
  args.check("calibration", "probabilities", probabilities, args.tensorKind);
  checkOptions("calibration", options, calibrationNames);
  const values = toNumbers(probabilities),
    rows = probabilities.shape[0] ?? 0,
    width = values.length / Math.max(1, rows);
  if (truth.length !== rows) throw new InputError(`calibration: ${truth.length} truths for ${rows} rows`);
  const sure: number[] = [], right: number[] = [];
  let brier = 0;
  for (let row = 0; row < rows; row++) {
    const t = truth[row] ?? -1;
    const p = (c: number) =>
      width === 1 ? (c === 1 ? values[row] ?? 0 : 1 - (values[row] ?? 0)) : values[row * width + c] ?? 0;
    const classes = Math.max(2, width);
    let best = 0, squares = 0;
    for (let c = 0; c < classes; c++) {
      if (p(c) > p(best)) best = c;
      squares += (p(c) - (c === t ? 1 : 0)) ** 2;
    }
    brier += classes === 2 ? squares / 2 : squares;
    sure.push(p(best));
    right.push(best === t ? 1 : 0);
  }
  const bins = binned(right, sure, options);
  const expectedError = bins.reduce((sum, b) => sum + Math.abs(b.actual - b.predicted) * b.rows, 0) /
    Math.max(1, rows);
  return { brier: brier / Math.max(1, rows), expectedError, bins };
}
