/** How good forecasts are, and what any of them must beat: persistence, seasonal naive, ridge on lags. @module */
import * as args from "../../../io/files/arguments.ts";
import { ConfigError, InputError, shown } from "../../../core/values/errors.ts";
import { checkOptions, type OptionNames } from "../../../core/values/schema.ts";
import { solveSymmetric } from "./linear.ts";
import type { RowRange } from "../scaling.ts";

const intervalKind: args.Kind = args.having("intervals", "count", "quantiles");

/** Numbers of {@link forecastMetrics}; NaN where one isn't defined. */
export interface ForecastMetrics {
  /** Mean squared error. */
  readonly mse: number;
  /** Its square root, in the unit of the series. */
  readonly rmse: number;
  /** Mean absolute error. */
  readonly mae: number;
  /** Mean absolute error in percent of the truth; NaN where a true value is 0. */
  readonly mape: number;
  /** Mean of `200 |y − f| / (|y| + |f|)`, 0 to 200 (Makridakis); a term is 0 where both are 0. */
  readonly smape: number;
  /** Mean absolute error over that of the seasonal naive forecast on the training part (Hyndman and Koehler 2006). */
  readonly mase: number;
  /** Share of the variance that is explained; NaN for a constant truth. */
  readonly r2: number;
  /**
   * Share of the steps whose change from `previous` has the true sign; NaN where no change is forecast at all. Without
   * `previous`, share of equal signs of the successive differences of both; NaN for one step.
   */
  readonly directionAccuracy: number;
}
/** What some of the metrics need. */
export interface ForecastMetricOptions {
  /** The last known value of every forecast, for the direction. */
  readonly previous?: ArrayLike<number>;
  /** The naive forecast's mean absolute error on the training part, from {@link naiveError}. */
  readonly naiveError?: number;
}
const metricNames: OptionNames<ForecastMetricOptions> = { previous: 0, naiveError: 0 };

/** Mean absolute difference of values `season` rows apart, as MASE divides by. */
export function naiveError(train: ArrayLike<number>, season = 1): number {
  args.check("naiveError", "train", train, args.list);
  let sum = 0;
  for (let i = season; i < train.length; i++) sum += Math.abs((train[i] ?? NaN) - (train[i - season] ?? NaN));
  return sum / (train.length - season);
}

/**
 * Compares forecasts with what came.
 * @throws {InputError} where they are none, or not as many.
 */
export function forecastMetrics(
  truth: ArrayLike<number>,
  forecast: ArrayLike<number>,
  options: ForecastMetricOptions = {},
): ForecastMetrics {
  args.check("forecastMetrics", "truth", truth, args.list);
  args.check("forecastMetrics", "forecast", forecast, args.list);
  checkOptions("forecastMetrics", options, metricNames);
  const n = truth.length, { previous, naiveError = NaN } = options;
  if (n === 0 || forecast.length !== n || (previous && previous.length !== n)) {
    throw new InputError(`forecastMetrics: ${forecast.length} forecasts for ${n} values`);
  }
  let squares = 0, off = 0, percent = 0, symmetric = 0, total = 0, same = 0, moves = false;
  for (let i = 0; i < n; i++) {
    const y = truth[i] ?? NaN, f = forecast[i] ?? NaN, d = Math.abs(y - f), both = Math.abs(y) + Math.abs(f);
    squares += d * d;
    off += d;
    percent += y === 0 ? NaN : d / Math.abs(y);
    symmetric += both === 0 ? 0 : 200 * d / both;
    total += y;
    const from = previous?.[i] ?? NaN;
    if (Math.sign(y - from) === Math.sign(f - from)) same++;
    moves ||= f !== from;
  }
  let spread = 0;
  for (let i = 0; i < n; i++) spread += ((truth[i] ?? NaN) - total / n) ** 2;
  return {
    mse: squares / n,
    rmse: Math.sqrt(squares / n),
    mae: off / n,
    mape: 100 * percent / n,
    smape: symmetric / n,
    mase: off / n / naiveError,
    r2: spread === 0 ? NaN : 1 - squares / spread,
    directionAccuracy: previous ? (moves ? same / n : NaN) : equalSigns(truth, forecast),
  };
}
/** Share of equal signs of successive differences. */
function equalSigns(truth: ArrayLike<number>, forecast: ArrayLike<number>): number {
  let same = 0;
  const change = (of: ArrayLike<number>, i: number) => Math.sign((of[i] ?? NaN) - (of[i - 1] ?? NaN));
  for (let i = 1; i < truth.length; i++) if (change(truth, i) === change(forecast, i)) same++;
  return truth.length > 1 ? same / (truth.length - 1) : NaN;
}

/** The rows that forecasts are made for. */
export interface ForecastRows {
  /** First target row of every forecast. */
  readonly origins: ArrayLike<number>;
  /** Rows forecast from each; 1 unless given. */
  readonly horizon?: number;
  /** Rows between the last known one and the first that is forecast; 0 unless given. */
  readonly gap?: number;
}
const rowNames: OptionNames<ForecastRows> = { origins: 0, horizon: 0, gap: 0 };
function perStep(who: string, rows: ForecastRows, of: (known: number, step: number) => number) {
  checkOptions(who, rows, rowNames);
  const { origins, horizon = 1, gap = 0 } = rows;
  const out = new Float64Array(origins.length * horizon);
  for (let i = 0; i < origins.length; i++) {
    // The last known row, and how far beyond it each step lies.
    const known = (origins[i] ?? 0) - gap - 1;
    for (let h = 0; h < horizon; h++) out[i * horizon + h] = of(known, gap + h + 1);
  }
  return out;
}

/** The last known value for every step, `[origins × horizon]`. */
export function persistenceForecast(values: ArrayLike<number>, rows: ForecastRows): Float64Array {
  args.check("persistenceForecast", "values", values, args.list);
  args.check("persistenceForecast", "rows", rows, args.object);
  return perStep("persistenceForecast", rows, (known) => values[known] ?? NaN);
}
/** The last known value of the same season for every step. @throws {ConfigError} for a season that is no whole number. */
export function seasonalNaiveForecast(
  values: ArrayLike<number>,
  season: number,
  rows: ForecastRows,
): Float64Array {
  if (!Number.isSafeInteger(season) || season < 1) {
    throw new ConfigError(`season: expected integer >= 1, got ${shown(season)}`, { place: "season" });
  }
  return perStep(
    "seasonalNaiveForecast",
    rows,
    (known, step) => values[known + step - season * Math.ceil(step / season)] ?? NaN,
  );
}

/** How {@link ridgeForecaster} is fitted. */
export interface RidgeOptions {
  /** Last values that are regressed on. */
  readonly lags: number;
  /** The rows it learns from; all unless given. */
  readonly rows?: RowRange;
  /** Steps, each with a regression of its own; 1 unless given. */
  readonly horizon?: number;
  /** Rows between the last known one and the first that is forecast. */
  readonly gap?: number;
  /** Strength of the penalty on the coefficients of the standardised lags; 1 unless given, scikit-learn's default. */
  readonly alpha?: number;
}
const ridgeNames: OptionNames<RidgeOptions> = { lags: 0, rows: 0, horizon: 0, gap: 0, alpha: 0 };
/**
 * Ridge regression on the last `lags` values, standardised: linear autoregression, hard to beat on many series. Returns
 * what forecasts from a series' rows.
 * @throws {InputError} for fewer rows than coefficients take.
 */
export function ridgeForecaster(
  values: ArrayLike<number>,
  options: RidgeOptions,
): (values: ArrayLike<number>, origins: ArrayLike<number>) => Float64Array {
  args.check("ridgeForecaster", "values", values, args.list);
  args.check("ridgeForecaster", "options", options, args.object);
  checkOptions("ridgeForecaster", options, ridgeNames);
  const { lags, horizon = 1, gap = 0, alpha = 1 } = options,
    rows = options.rows ?? { from: 0, to: values.length };
  const first = rows.from + lags + gap, count = rows.to - horizon - first + 1;
  if (!Number.isSafeInteger(lags) || lags < 1) {
    throw new ConfigError(`lags: expected integer >= 1, got ${shown(lags)}`);
  }
  if (count < 2) throw new InputError(`${rows.to - rows.from} rows are too few for a ridge on ${lags} lags`);
  const lagOf = (list: ArrayLike<number>, origin: number, k: number) => list[origin - gap - 1 - k] ?? NaN;
  const mean = new Float64Array(lags), deviation = new Float64Array(lags);
  for (let k = 0; k < lags; k++) {
    let sum = 0, squares = 0;
    for (let i = 0; i < count; i++) sum += lagOf(values, first + i, k);
    for (let i = 0; i < count; i++) squares += (lagOf(values, first + i, k) - sum / count) ** 2;
    mean[k] = sum / count;
    deviation[k] = Math.sqrt(squares / count) || 1;
  }
  const at = (list: ArrayLike<number>, origin: number, k: number) =>
    (lagOf(list, origin, k) - (mean[k] ?? 0)) / (deviation[k] ?? 1);
  const gram = Array.from({ length: lags }, () => new Float64Array(lags));
  const right = Array.from({ length: horizon }, () => new Float64Array(lags)),
    level = new Float64Array(horizon);
  const x = new Float64Array(lags);
  for (let i = 0; i < count; i++) {
    for (let h = 0; h < horizon; h++) level[h] = (level[h] ?? 0) + (values[first + i + h] ?? NaN) / count;
  }
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < lags; k++) x[k] = at(values, first + i, k);
    gram.forEach((row, a) => {
      const xa = x[a] ?? 0;
      for (let b = 0; b < lags; b++) row[b] = (row[b] ?? 0) + xa * (x[b] ?? 0);
    });
    right.forEach((r, h) => {
      const y = (values[first + i + h] ?? NaN) - (level[h] ?? 0);
      for (let k = 0; k < lags; k++) r[k] = (r[k] ?? 0) + y * (x[k] ?? 0);
    });
  }
  gram.forEach((row, k) => row[k] = (row[k] ?? 0) + alpha);
  const weights = solveSymmetric(gram, right);
  if (!weights) throw new InputError(`the lags are collinear: a ridge needs alpha above 0, got ${alpha}`);
  return (list, origins) => {
    const out = new Float64Array(origins.length * horizon);
    for (let i = 0; i < origins.length; i++) {
      for (let h = 0; h < horizon; h++) {
        let sum = level[h] ?? 0;
        for (let k = 0; k < lags; k++) sum += (weights[h]?.[k] ?? 0) * at(list, origins[i] ?? 0, k);
        out[i * horizon + h] = sum;
      }
    }
    return out;
  };
}

/** Prediction intervals as JSON: quantiles of the absolute residuals, by step. */
export interface IntervalJson {
  /** Residuals behind the quantiles of a step. */
  readonly count: number;
  /** For each step, the quantiles 0, 1/steps … 1. */
  readonly quantiles: readonly (readonly number[])[];
}
/** Prediction intervals: how far from a forecast the truth lies. */
export interface ForecastIntervals {
  /** Steps whose residuals are known. */
  readonly horizon: number;
  /**
   * Half the width of each step's interval that holds the truth with probability `level`. Beyond the known steps it grows with
   * the root of the step, as a random walk's error does.
   */
  widths(level: number, steps?: number): Float64Array;
  /** What {@link intervalsFromJSON} reads. */
  toJSON(): IntervalJson;
}
const grid = 400;

/**
 * Split-conformal intervals (Vovk et al. 2005) from residuals `[origins × horizon]` of rows that nothing was learned from: the
 * `⌈(n + 1) · level⌉`-th smallest absolute residual of each step; the largest where there are too few.
 * @throws {InputError} without residuals.
 */
export function conformalIntervals(residuals: ArrayLike<number>, horizon = 1): ForecastIntervals {
  args.check("conformalIntervals", "residuals", residuals, args.list);
  const count = Math.floor(residuals.length / horizon);
  if (count < 1) throw new InputError("prediction intervals need residuals, got none");
  const quantiles = Array.from({ length: horizon }, (_, h) => {
    const sizes = Float64Array.from({ length: count }, (_, i) => Math.abs(residuals[i * horizon + h] ?? NaN))
      .sort();
    // All of them where they are few, else every so many: rounded up, so that intervals don't get too narrow.
    const points = Math.min(grid, count - 1);
    return Array.from(
      { length: points + 1 },
      (_, i) => sizes[points === 0 ? 0 : Math.ceil(i * (count - 1) / points)] ?? NaN,
    );
  });
  return intervalsFromJSON({ count, quantiles });
}
/** Intervals from their JSON. */
export function intervalsFromJSON(json: IntervalJson): ForecastIntervals {
  args.check("intervalsFromJSON", "json", json, intervalKind);
  const { count, quantiles } = json, horizon = quantiles.length;
  return {
    horizon,
    widths(level, steps = horizon) {
      if (!(level > 0 && level < 1)) {
        throw new ConfigError(`level: expected a number between 0 and 1, got ${shown(level)}`);
      }
      const rank = Math.min(count, Math.ceil((count + 1) * level));
      const at = (step: number) => {
        const list = quantiles[step] ?? [];
        return list[count < 2 ? 0 : Math.ceil((rank - 1) / (count - 1) * (list.length - 1))] ?? NaN;
      };
      return Float64Array.from(
        { length: steps },
        (_, h) => h < horizon ? at(h) : at(horizon - 1) * Math.sqrt((h + 1) / horizon),
      );
    },
    toJSON: () => json,
  };
}
