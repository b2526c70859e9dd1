/** Splits that respect time: training before validation before test, walk-forward folds, and the check for leaks. @module */
import * as args from "../../../io/files/arguments.ts";
import { ConfigError, InputError, shown } from "../../../core/values/errors.ts";
import { checkOptions, type OptionNames } from "../../../core/values/schema.ts";
import type { RowRange, Scaler } from "../scaling.ts";
import { checkOrder, dateText } from "./dates.ts";

const dated: args.Kind = args.having("rows with a name and times", "name", "times");

/** Parts of a series, one after another. */
export interface SeriesSplit {
  /** What is learned from. */
  readonly train: RowRange;
  /** What is selected on. */
  readonly validation: RowRange;
  /** What is opened once. */
  readonly test: RowRange;
}
/** Sizes of the parts: shares of all rows below 1, or numbers of rows from 1. */
export interface SplitOptions {
  /** 0.15 unless given. */
  readonly validation?: number;
  /** 0.15 unless given. */
  readonly test?: number;
}
const splitNames: OptionNames<SplitOptions> = { validation: 0, test: 0 };

/**
 * Cuts a series chronologically, 70/15/15 unless told otherwise: training is what validation and test leave.
 *
 * ```ts
 * import { chronologicalSplit } from "@lapis/lapis/series";
 * chronologicalSplit(144, { validation: 24, test: 24 }).test; // { from: 120, to: 144 }
 * ```
 * @throws {ConfigError} for sizes that leave no row to train on.
 */
export function chronologicalSplit(rows: number, options: SplitOptions = {}): SeriesSplit {
  checkOptions("chronologicalSplit", options, splitNames);
  const size = (name: "validation" | "test") => {
    const given = options[name] ?? 0.15;
    if (!(given >= 0) || (given >= 1 && !Number.isSafeInteger(given))) {
      throw new ConfigError(`${name}: expected a share below 1 or a number of rows, got ${shown(given)}`, {
        place: name,
      });
    }
    return given < 1 ? Math.round(given * rows) : given;
  };
  const validation = size("validation"), test = size("test"), train = rows - validation - test;
  if (train < 1) {
    throw new ConfigError(
      `${rows} rows, ${validation} of them for validation and ${test} for test, leave none to train on`,
    );
  }
  return {
    train: { from: 0, to: train },
    validation: { from: train, to: train + validation },
    test: { from: train + validation, to: rows },
  };
}

/** How {@link walkForward} moves. */
export interface WalkForwardOptions {
  /** Number of folds; 5 unless given. */
  readonly splits?: number;
  /** Rows of a test part; `rows / (splits + 1)` unless given. */
  readonly testSize?: number;
  /** Rows left out between training and test. */
  readonly gap?: number;
  /** `expanding` trains on everything before; `sliding` on the last `trainSize` rows. */
  readonly mode?: "expanding" | "sliding";
  /** Most rows to train on in `sliding` mode; those of the first fold unless given. */
  readonly trainSize?: number;
}
const walkNames: OptionNames<WalkForwardOptions> = { splits: 0, testSize: 0, gap: 0, mode: 0, trainSize: 0 };
/** A fold of walk-forward validation. */
export interface WalkForwardFold {
  /** What is learned from. */
  readonly train: RowRange;
  /** What comes after it. */
  readonly test: RowRange;
}

/**
 * Walk-forward validation: each fold trains on what comes before its test part, as scikit-learn's TimeSeriesSplit.
 * @throws {ConfigError} for more folds than the rows allow.
 */
export function walkForward(rows: number, options: WalkForwardOptions = {}): WalkForwardFold[] {
  checkOptions("walkForward", options, walkNames);
  const { splits = 5, gap = 0, mode = "expanding" } = options;
  for (const [name, value, least] of [["splits", splits, 1], ["gap", gap, 0]] as const) {
    if (!Number.isSafeInteger(value) || value < least) {
      throw new ConfigError(`${name}: expected integer >= ${least}, got ${shown(value)}`, { place: name });
    }
  }
  const testSize = options.testSize ?? Math.floor(rows / (splits + 1));
  const first = rows - splits * testSize - gap;
  if (!Number.isSafeInteger(testSize) || testSize < 1 || first < 1) {
    throw new ConfigError(
      `${splits} folds of ${testSize} test rows with a gap of ${gap} don't fit into ${rows} rows: fewer splits, or a smaller testSize`,
    );
  }
  const most = mode === "sliding" ? options.trainSize ?? first : Infinity;
  return Array.from({ length: splits }, (_, k) => {
    const start = rows - (splits - k) * testSize, to = start - gap;
    return { train: { from: Math.max(0, to - most), to }, test: { from: start, to: start + testSize } };
  });
}

/** Windows as far as a check for leaks looks at them. */
export interface CheckedWindows {
  /** Rows that the windows' inputs cover. */
  readonly inputRows: RowRange;
  /** Rows that the windows' targets cover. */
  readonly targetRows: RowRange;
}
/** What {@link assertNoLeak} looks at; what isn't given isn't checked. */
export interface LeakCheck {
  /** The parts. */
  readonly split: SeriesSplit | WalkForwardFold;
  /** Windows that are trained on. */
  readonly train?: CheckedWindows;
  /** Windows that are selected on. */
  readonly validation?: CheckedWindows;
  /** Windows of the test part. */
  readonly test?: CheckedWindows;
  /** Scalers that were fitted. */
  readonly scalers?: readonly Scaler[];
  /** Times of all rows, in the rows' order. */
  readonly times?: Float64Array;
}
const leakNames: OptionNames<LeakCheck> = {
  split: 0,
  train: 0,
  validation: 0,
  test: 0,
  scalers: 0,
  times: 0,
};

const span = ({ from, to }: RowRange) => `rows ${from + 1} to ${to}`;

/**
 * Refuses what would let a model see what it is tested on: parts out of order, times that go back, windows that cross the
 * border of their part, a scaler fitted on rows past the training part. Windows of later parts may look back into earlier
 * ones: what is past is known when a forecast is made.
 * @throws {InputError} naming the leak and what to do.
 */
export function assertNoLeak(check: LeakCheck): void {
  args.check("assertNoLeak", "check", check, args.having("rows to check", "split"));
  checkOptions("assertNoLeak", check, leakNames);
  const { split, scalers = [], times } = check;
  const parts = Object.entries(split) as [keyof SeriesSplit, RowRange][];
  if (times) checkOrder(times);
  parts.forEach(([name, part], i) => {
    const before = parts[i - 1];
    if (before && part.from < before[1].to) {
      throw new InputError(
        `leak: the ${name} part (${span(part)}) begins before the ${before[0]} part ends (${
          span(before[1])
        }): parts follow one another in time, as chronologicalSplit cuts them`,
      );
    }
  });
  for (const [name, part] of parts) {
    const windows = check[name];
    if (!windows) continue;
    const { inputRows, targetRows } = windows;
    if (
      targetRows.from < part.from || targetRows.to > part.to || (name === "train" && inputRows.to > part.to)
    ) {
      throw new InputError(
        `leak: ${name} windows have targets in ${span(targetRows)}, the ${name} part is ${
          span(part)
        }: cut windows after the split, inside each part (rows: split.${name}), not the whole series before it`,
      );
    }
  }
  for (const scaler of scalers) {
    const { rows } = scaler, { train } = split;
    if (rows && (rows.to > train.to || rows.from < train.from)) {
      throw new InputError(
        `leak: the ${scaler.kind} scaler was fitted on ${span(rows)}, the training part is ${
          span(train)
        }: fit it on the training part alone (fit(columns, { rows: split.train }))`,
      );
    }
  }
}

/** Refuses a later table that doesn't begin after an earlier one ends. @throws {InputError} naming both and what to do. */
export function assertAfter(
  later: { readonly name: string; readonly times: Float64Array },
  earlier: { readonly name: string; readonly times: Float64Array },
): void {
  args.check("assertAfter", "later", later, dated);
  args.check("assertAfter", "earlier", earlier, dated);
  const start = later.times[0] ?? 0, end = earlier.times.at(-1) ?? 0;
  if (start > end) return;
  throw new InputError(
    `leak: ${later.name} begins on ${dateText(start)}, ${earlier.name} ends on ${
      dateText(end)
    }: what is validated or tested on must come after what is trained on; cut the files at one date`,
  );
}
