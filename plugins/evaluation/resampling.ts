/** What a figure's rows make of it: bootstrap intervals, stratified folds, importance of columns by permutation. @module */
import * as args from "../../io/files/arguments.ts";
import { InputError } from "../../core/values/errors.ts";
import { checkSeed, Random } from "../../core/values/random.ts";
import { checkOptions, type OptionNames } from "../../core/values/schema.ts";
import { type Tensor, toNumbers } from "../../core/values/tensor.ts";
import { quantileOf } from "./calibration.ts";

/** How an interval is found. */
export interface BootstrapOptions {
  /** Resamples; 1,000 unless given. */
  readonly samples?: number;
  /** Probability of the interval; 0.95 unless given. */
  readonly level?: number;
  /** Fixes what is drawn; 0 unless given. */
  readonly seed?: number;
}
const bootstrapNames: OptionNames<BootstrapOptions> = { samples: 0, level: 0, seed: 0 };
/** An interval that a figure lies in with some probability. */
export interface Interval {
  /** Its beginning. */
  readonly lower: number;
  /** Its end. */
  readonly upper: number;
}

/**
 * The percentile bootstrap of a figure: it is computed over rows drawn with replacement, and the interval is what the middle
 * of the results spans. A resample for which `figure` gives NaN (one without a class, say) is left out.
 * @throws {InputError} for no rows, or no resample that gives a number.
 */
export function bootstrapInterval(
  rows: number,
  figure: (rows: Int32Array) => number,
  options: BootstrapOptions = {},
): Interval {
  args.check("bootstrapInterval", "figure", figure, args.callable);
  checkOptions("bootstrapInterval", options, bootstrapNames);
  const { samples = 1000, level = 0.95, seed = 0 } = options;
  checkSeed(seed);
  if (!(level > 0 && level < 1)) {
    throw new InputError(`bootstrapInterval: expected a level between 0 and 1, got ${level}`);
  }
  if (rows < 1) throw new InputError("bootstrapInterval: there are no rows");
  const random = Random.of(seed, "bootstrap"), drawn = new Int32Array(rows), found: number[] = [];
  for (let i = 0; i < samples; i++) {
    for (let r = 0; r < rows; r++) drawn[r] = random.below(rows);
    const value = figure(drawn);
    if (!Number.isNaN(value)) found.push(value);
  }
  if (found.length === 0) throw new InputError("bootstrapInterval: no resample gives a number");
  found.sort((a, b) => a - b);
  return { lower: quantileOf(found, (1 - level) / 2), upper: quantileOf(found, (1 + level) / 2) };
}

/** How rows are dealt out. */
export interface FoldOptions {
  /** Number of folds; 5 unless given. */
  readonly folds?: number;
  /** Fixes which rows a fold gets; 0 unless given. */
  readonly seed?: number;
  /** False deals rows out in their order. */
  readonly shuffle?: boolean;
  /** The class of each row: every fold gets its share of each. */
  readonly classes?: ArrayLike<string | number>;
}
const foldNames: OptionNames<FoldOptions> = { folds: 0, seed: 0, shuffle: 0, classes: 0 };
/** Rows of one round: what is trained on, and what is judged. */
export interface Fold {
  /** Rows to train on, rising. */
  readonly train: Int32Array;
  /** Rows to judge, rising. */
  readonly test: Int32Array;
}

/**
 * The rows of every round of a k-fold cross-validation: each row is judged once. Folds have equally many rows, give or take
 * one, and with classes equally many of each, give or take one.
 * @throws {InputError} for fewer rows than folds, or no class with as many.
 */
export function kFolds(rows: number, options: FoldOptions = {}): readonly Fold[] {
  checkOptions("kFolds", options, foldNames);
  const { folds = 5, seed = 0, shuffle = true, classes } = options;
  checkSeed(seed);
  if (!Number.isSafeInteger(folds) || folds < 2) {
    throw new InputError(`kFolds: expected 2 folds or more, got ${folds}`);
  }
  if (rows < folds) throw new InputError(`kFolds: ${rows} rows are too few for ${folds} folds`);
  if (classes && classes.length !== rows) {
    throw new InputError(`kFolds: ${rows} rows have ${classes.length} classes`);
  }
  const order = Array.from({ length: rows }, (_, i) => i), random = Random.of(seed, "folds");
  if (shuffle) {
    for (let i = rows - 1; i > 0; i--) {
      const j = random.below(i + 1);
      [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
    }
  }
  if (classes) {
    const counts = new Map<string | number, number>();
    for (const row of order) counts.set(classes[row] ?? "", (counts.get(classes[row] ?? "") ?? 0) + 1);
    const most = Math.max(...counts.values());
    if (most < folds) throw new InputError(`kFolds: no class has the ${folds} rows that ${folds} folds need`);
    // Dealt like cards, class after class: neither rows nor classes pile up in a fold.
    const place = new Map([...counts.keys()].sort((a, b) => a < b ? -1 : 1).map((name, i) => [name, i]));
    order.sort((a, b) => (place.get(classes[a] ?? "") ?? 0) - (place.get(classes[b] ?? "") ?? 0));
  }
  const fold = new Int32Array(rows);
  // In order, a fold is a stretch of rows; else every so manieth row.
  order.forEach((row, i) => fold[row] = shuffle || classes ? i % folds : Math.floor(i * folds / rows));
  const all = Int32Array.from({ length: rows }, (_, i) => i);
  return Array.from({ length: folds }, (_, f) => ({
    train: all.filter((row) => fold[row] !== f),
    test: all.filter((row) => fold[row] === f),
  }));
}

/** How columns are shuffled. */
export interface ImportanceOptions {
  /** Shuffles of each column; 5 unless given. */
  readonly repeats?: number;
  /** Fixes the shuffles; 0 unless given. */
  readonly seed?: number;
  /** Names of the columns; their numbers unless given. */
  readonly names?: readonly string[];
  /** Columns that are shuffled together, as those of one category are; each by itself unless given. */
  readonly groups?: Readonly<Record<string, readonly number[]>>;
}
const importanceNames: OptionNames<ImportanceOptions> = { repeats: 0, seed: 0, names: 0, groups: 0 };
/** What a score loses without a column. */
export interface ColumnImportance {
  /** The column's name, or its number. */
  readonly column: string;
  /** Mean of what the score falls by where the column's rows are shuffled. */
  readonly mean: number;
  /** Standard deviation over the shuffles. */
  readonly deviation: number;
}

/**
 * What a score falls by where one column's rows are shuffled (Breiman, 2001), the most important column first. `score` is
 * given samples `[rows, columns]` and is better the larger it is.
 * @throws {InputError} for samples of another rank.
 */
export async function permutationImportance(
  x: Tensor,
  score: (x: Tensor) => Promise<number> | number,
  options: ImportanceOptions = {},
): Promise<readonly ColumnImportance[]> {
  args.check("permutationImportance", "x", x, args.tensorKind);
  args.check("permutationImportance", "score", score, args.callable);
  checkOptions("permutationImportance", options, importanceNames);
  const { repeats = 5, seed = 0, names } = options, [rows = 0, width = 0] = x.shape;
  checkSeed(seed);
  if (x.shape.length !== 2) {
    throw new InputError(`permutationImportance: expected [rows, columns], got [${x.shape.join(", ")}]`);
  }
  if (names && names.length !== width) {
    throw new InputError(`permutationImportance: ${names.length} names for ${width} columns`);
  }
  const groups = options.groups ??
    Object.fromEntries(Array.from({ length: width }, (_, c) => [names?.[c] ?? `${c}`, [c]]));
  const values = toNumbers(x), base = await score(x), found: ColumnImportance[] = [];
  for (const [column, members] of Object.entries(groups)) {
    const random = Random.of(seed, "importance", column), falls: number[] = [];
    for (let i = 0; i < repeats; i++) {
      const order = Array.from({ length: rows }, (_, r) => r);
      for (let r = rows - 1; r > 0; r--) {
        const j = random.below(r + 1);
        [order[r], order[j]] = [order[j] ?? 0, order[r] ?? 0];
      }
      const data = Float32Array.from(values as ArrayLike<number>);
      for (let r = 0; r < rows; r++) {
        for (const c of members) data[r * width + c] = values[(order[r] ?? 0) * width + c] ?? 0;
      }
      falls.push(base - await score({ dtype: "float32", shape: x.shape, data }));
    }
    const mean = falls.reduce((a, b) => a + b, 0) / falls.length;
    const deviation = Math.sqrt(falls.reduce((sum, v) => sum + (v - mean) ** 2, 0) / falls.length);
    found.push({ column, mean, deviation });
  }
  return found.sort((a, b) => b.mean - a.mean);
}
