/** The learning-rate range test (Smith, 2017): the rate rises exponentially, and the loss tells which rates learn. @module */
import * as args from "../../io/files/arguments.ts";
import { InputError } from "../../core/values/errors.ts";
import type { Model } from "../../core/model/model.ts";
import type { Callback, FitOptions } from "../../core/training/types.ts";
import { checkOptions, type OptionNames } from "../../core/values/schema.ts";
import type { Nested, Tensor } from "../../core/values/tensor.ts";

/** Which rates are tried. */
export interface RateRangeOptions {
  /** The first rate; 1e-6 unless given. */
  readonly from?: number;
  /** The last rate; 1 unless given. */
  readonly to?: number;
  /** Steps between them; 100 unless given. */
  readonly steps?: number;
}
const names: OptionNames<RateRangeOptions> = { from: 0, to: 0, steps: 0 };
/** What a range test found. */
export interface RateRange {
  /** The rate of each step. */
  readonly rates: readonly number[];
  /** The loss after each step, smoothed exponentially by 0.9. */
  readonly losses: readonly number[];
  /** The rate at which the loss falls steepest by the rate's logarithm. */
  readonly steepest: number;
}
/** Ends a fit whose range is walked. */
class Walked extends Error {}

/** The rate at which a smoothed loss falls steepest, before its least value. */
function steepestOf(rates: readonly number[], losses: readonly number[], steps: number): number {
  const least = losses.indexOf(Math.min(...losses));
  // Single steps are noise: slopes span a tenth of the range, after the tenth in which the smoothing fills.
  const half = Math.max(1, Math.floor(steps / 20)), first = Math.ceil(steps / 10) + half;
  let best = NaN, slope = 0;
  for (let i = first; i <= least && i + half < losses.length; i++) {
    const falls = (losses[i + half] ?? NaN) - (losses[i - half] ?? NaN);
    if (falls < slope) [best, slope] = [rates[i] ?? NaN, falls];
  }
  if (Number.isFinite(best)) return best;
  throw new InputError("findLearningRate: the loss falls at no rate of the range");
}

/**
 * Runs a fit with a callback that raises its rate from step to step; `fit` is given as many epochs as there are steps, and is
 * ended where the range or the loss' patience is: at four times its least value.
 * @throws {InputError} where the loss falls at no rate.
 */
export async function rateRange(
  fit: (callback: Callback, epochs: number) => Promise<unknown>,
  options: RateRangeOptions = {},
): Promise<RateRange> {
  args.check("rateRange", "fit", fit, args.callable);
  checkOptions("rateRange", options, names);
  const { from = 1e-6, to = 1, steps = 100 } = options;
  if (!(from > 0 && to > from && Number.isFinite(to)) || !Number.isSafeInteger(steps) || steps < 10) {
    throw new InputError(
      `rateRange: expected 0 < from < to and 10 steps or more, got ${from}, ${to}, ${steps}`,
    );
  }
  const rates: number[] = [],
    losses: number[] = [],
    rateAt = (i: number) => from * (to / from) ** (i / (steps - 1));
  let mean = 0, average = 0;
  const callback: Callback = {
    name: "rateRange",
    onBatchBegin(_, run) {
      run.learningRate = rateAt(rates.length);
    },
    onBatchEnd(batch, { loss = NaN }) {
      // Told is the mean of the epoch so far: the step's own loss is what it adds.
      const own = loss * (batch + 1) - (batch === 0 ? 0 : mean * batch);
      mean = loss;
      average = 0.9 * average + 0.1 * own;
      const smooth = average / (1 - 0.9 ** (rates.length + 1));
      const isOver = !Number.isFinite(smooth) ||
        smooth > 4 * Math.abs(Math.min(...losses)) && losses.length > 5;
      if (isOver) throw new Walked();
      rates.push(rateAt(rates.length));
      losses.push(smooth);
      if (rates.length >= steps) throw new Walked();
    },
  };
  await fit(callback, steps).catch((error) => {
    if (!(error instanceof Walked)) throw error;
  });
  return { rates, losses, steepest: steepestOf(rates, losses, steps) };
}

/**
 * Which learning rate a model learns fastest at: `make` gives a new, compiled model, which is trained over rising rates and
 * let go.
 *
 * ```ts
 * import { input, sequential } from "@lapis/lapis";
 * import { findLearningRate } from "@lapis/lapis/evaluation";
 * import { dense } from "@lapis/lapis/layers";
 * const make = () => {
 *   const model = sequential([input({ shape: [1] }), dense({ units: 1 })], { seed: 0 });
 *   model.compile({ loss: "meanSquaredError", optimizer: "sgd" });
 *   return model;
 * };
 * const { steepest } = await findLearningRate(make, [[1], [2], [3]], [[3], [6], [9]]);
 * console.log(steepest < 1); // true
 * ```
 * @throws {InputError} where the loss falls at no rate. @throws {ConfigError} where a schedule says the rate.
 */
export async function findLearningRate(
  make: () => Model | Promise<Model>,
  x: Tensor | Nested,
  y: Tensor | Nested,
  options: RateRangeOptions & { readonly fit?: Pick<FitOptions, "batchSize" | "seed" | "classWeight"> } = {},
): Promise<RateRange> {
  args.check("findLearningRate", "make", make, args.callable);
  checkOptions("findLearningRate", options, { ...names, fit: 0 });
  const { fit = {}, ...range } = options;
  using model = await make();
  return await rateRange(
    (callback, epochs) => model.fit(x, y, { ...fit, epochs, verbose: 0, callbacks: [callback] }),
    range,
  );
}
