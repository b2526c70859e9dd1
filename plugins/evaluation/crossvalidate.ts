/** k-fold cross-validation: a new model for every fold, trained on the others and judged on it. @module */
import * as args from "../../io/files/arguments.ts";
import { InputError } from "../../core/values/errors.ts";
import { takeRows } from "../../core/model/feed.ts";
import type { Model } from "../../core/model/model.ts";
import type { FitOptions } from "../../core/training/types.ts";
import { checkOptions, type OptionNames } from "../../core/values/schema.ts";
import { type Nested, type Tensor, tensor, toNumbers } from "../../core/values/tensor.ts";
import { type FoldOptions, kFolds } from "./resampling.ts";

/** How a model is cross-validated. */
export interface CrossValidateOptions extends Pick<FoldOptions, "folds" | "seed" | "shuffle"> {
  /** How each fold's model is trained. */
  readonly fit?: Omit<FitOptions, "validationData" | "validationSplit" | "resumeFrom">;
  /** Folds get their share of every class, the default where targets are whole numbers of classes; false deals rows out. */
  readonly stratify?: boolean;
}
const names: OptionNames<CrossValidateOptions> = { folds: 0, seed: 0, shuffle: 0, fit: 0, stratify: 0 };

/** What one fold came to. */
export interface FoldResult {
  /** Rows that it was judged on. */
  readonly rows: Int32Array;
  /** Loss and metrics on these. */
  readonly metrics: Readonly<Record<string, number>>;
}
/** What a cross-validation came to. */
export interface CrossValidation {
  /** Every fold's figures, in order. */
  readonly folds: readonly FoldResult[];
  /** Mean of every figure over the folds. */
  readonly mean: Readonly<Record<string, number>>;
  /** Its standard deviation over the folds, with n − 1. */
  readonly deviation: Readonly<Record<string, number>>;
}

/** Means of the figures that rounds have, and their standard deviations with n − 1. */
export function spreadOf(
  list: readonly Readonly<Record<string, number>>[],
): Pick<CrossValidation, "mean" | "deviation"> {
  args.check("spreadOf", "list", list, args.list);
  const mean: Record<string, number> = {}, deviation: Record<string, number> = {};
  for (const name of Object.keys(list[0] ?? {})) {
    const values = list.map((figures) => figures[name] ?? NaN), n = values.length;
    const m = values.reduce((a, b) => a + b, 0) / n;
    mean[name] = m;
    deviation[name] = Math.sqrt(values.reduce((sum, v) => sum + (v - m) ** 2, 0) / Math.max(1, n - 1));
  }
  return { mean, deviation };
}

const tensorOf = (x: Tensor | Nested): Tensor =>
  typeof x === "object" && "shape" in x ? x as Tensor : tensor(x as Nested);

/** Classes that folds share out: whole numbers, one a row. */
function classesOf(y: Tensor): ArrayLike<number> | undefined {
  const numbers = toNumbers(y), rows = y.shape[0] ?? 0;
  const few = new Set(numbers).size <= Math.max(2, Math.sqrt(rows));
  return numbers.length === rows && few && numbers.every((v: number) => Number.isInteger(v))
    ? numbers
    : undefined;
}

/**
 * Trains and judges a model `folds` times, each time on other rows. `make` gives a new, compiled model; a fold's number lets
 * it choose a seed. Whatever is fitted on data belongs into the model, or its test rows are known beforehand.
 *
 * ```ts
 * import { input, sequential } from "@lapis/lapis";
 * import { crossValidate } from "@lapis/lapis/evaluation";
 * import { dense } from "@lapis/lapis/layers";
 * const make = () => {
 *   const model = sequential([input({ shape: [2] }), dense({ units: 1, activation: "sigmoid" })]);
 *   model.compile({ loss: "binaryCrossentropy", optimizer: "adam", metrics: ["accuracy"] });
 *   return model;
 * };
 * const x = [[0, 1], [1, 0], [0, 2], [2, 0]], y = [1, 0, 1, 0];
 * const { mean } = await crossValidate(make, x, y, { folds: 2, fit: { epochs: 2, verbose: 0 } });
 * console.log(Object.keys(mean)); // ["loss", "accuracy"]
 * ```
 * @throws {InputError} for fewer rows, or rows of a class, than folds; for samples and targets of different lengths.
 */
export async function crossValidate(
  make: (fold: number) => Model | Promise<Model>,
  x: Tensor | Nested,
  y: Tensor | Nested,
  options: CrossValidateOptions = {},
): Promise<CrossValidation> {
  checkOptions("crossValidate", options, names);
  const { fit = {}, stratify, ...dealt } = options,
    data = tensorOf(x),
    targets = tensorOf(y);
  const rows = data.shape[0] ?? 0, given = targets.shape[0] ?? 0;
  if (rows !== given) throw new InputError(`crossValidate: ${rows} samples for ${given} targets`);
  const classes = stratify === false ? undefined : classesOf(targets);
  if (stratify === true && !classes) {
    throw new InputError("crossValidate: stratify needs a class's number for each row");
  }
  const folds: FoldResult[] = [], made = new Set<Model>();
  for (const [i, { train, test }] of kFolds(rows, { ...dealt, ...(classes && { classes }) }).entries()) {
    using model = await make(i);
    if (made.has(model)) {
      throw new InputError("crossValidate: expected a new model for every fold, got one twice");
    }
    made.add(model);
    await model.fit(takeRows(data, train), takeRows(targets, train), { verbose: 0, ...fit });
    folds.push({ rows: test, metrics: await model.evaluate(takeRows(data, test), takeRows(targets, test)) });
  }
  return { folds, ...spreadOf(folds.map(({ metrics }) => metrics)) };
}
