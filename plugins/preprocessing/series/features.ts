/** Features of a series as pandas computes them: lags, rolling statistics, differences, moving averages, RSI. @module */
import * as args from "../../../io/files/arguments.ts";
import { ConfigError, shown } from "../../../core/values/errors.ts";
import { featureNames } from "./types.ts";
import { checkOptions, type OptionNames } from "../../../core/values/schema.ts";

/** What a rolling window gives. */
export type RollingStatistic = "mean" | "std" | "min" | "max" | "sum";
/** How {@link rolling} sees a window. */
export interface RollingOptions {
  /** Values that must be there for a result; the whole window unless given. */
  readonly minPeriods?: number;
  /** Rows that the window ends before: 0, pandas' own, includes the row itself; 1 is `shift(1).rolling(…)`. */
  readonly shift?: number;
}
const rollingNames: OptionNames<RollingOptions> = { minPeriods: 0, shift: 0 };

function whole(name: string, value: number, min: number): number {
  if (Number.isSafeInteger(value) && value >= min) return value;
  throw new ConfigError(`${name}: expected integer >= ${min}, got ${shown(value)}`, { place: name });
}

/** Values of `rows` rows ago, NaN where there is none: pandas' `shift`. Below 0 it would be the future, and is refused. */
export function lag(values: ArrayLike<number>, rows: number): Float64Array {
  whole("lag", rows, 0);
  return Float64Array.from({ length: values.length }, (_, i) => (i < rows ? NaN : values[i - rows] ?? NaN));
}

/** The difference to the row before, `order` times: pandas' `diff().diff()…`; NaN where there is none. */
export function differenceOf(values: ArrayLike<number>, order: number): Float64Array {
  args.check("differenceOf", "values", values, args.list);
  let out = Float64Array.from(values);
  for (let k = 0; k < order; k++) {
    const before = out;
    out = before.map((v, i) => v - (before[i - 1] ?? NaN));
  }
  return out;
}

const statistics: Readonly<Record<RollingStatistic, (window: readonly number[]) => number>> = {
  sum: (w) => w.reduce((a, b) => a + b, 0),
  mean: (w) => w.reduce((a, b) => a + b, 0) / w.length,
  min: (w) => Math.min(...w),
  max: (w) => Math.max(...w),
  std: (w) => {
    if (w.length < 2) return NaN;
    const mean = w.reduce((a, b) => a + b, 0) / w.length;
    return Math.sqrt(w.reduce((a, b) => a + (b - mean) ** 2, 0) / (w.length - 1));
  },
};

/**
 * A statistic of the last `window` rows: pandas' `rolling(window).mean()` and so on, `std` with ddof 1. NaN where fewer
 * than `minPeriods` values are there; a missing value in the window counts as not there.
 */
export function rolling(
  values: ArrayLike<number>,
  window: number,
  statistic: RollingStatistic,
  options: RollingOptions = {},
): Float64Array {
  checkOptions("rolling", options, rollingNames);
  const { minPeriods = window, shift = 0 } = options, of = statistics[statistic];
  whole("window", window, 1);
  whole("minPeriods", minPeriods, 0);
  whole("shift", shift, 0);
  if (!of) {
    throw new ConfigError(
      `statistic: expected ${Object.keys(statistics).join(", ")}, got ${shown(statistic)}`,
    );
  }
  return Float64Array.from({ length: values.length }, (_, i) => {
    const held: number[] = [];
    for (let k = Math.max(0, i - shift - window + 1); k <= i - shift; k++) {
      const v = values[k] ?? NaN;
      if (!Number.isNaN(v)) held.push(v);
    }
    return held.length === 0 || held.length < minPeriods ? NaN : of(held);
  });
}

/** The mean of the last `window` rows (SMA); NaN before there are as many. */
export function movingAverage(values: ArrayLike<number>, window: number): Float64Array {
  return rolling(values, window, "mean");
}

/**
 * The exponentially weighted mean of a gapless series: pandas' `ewm(span=…).mean()`, newer rows weigh more by `1 + 2/(span − 1)`.
 * `adjust: false` is the recursion `e ← e + 2/(span + 1) · (value − e)` from the first value.
 */
export function exponentialMovingAverage(
  values: ArrayLike<number>,
  span: number,
  options: { readonly adjust?: boolean } = {},
): Float64Array {
  checkOptions("exponentialMovingAverage", options, { adjust: 0 });
  if (!(span >= 1)) {
    throw new ConfigError(`span: expected number >= 1, got ${shown(span)}`, { place: "span" });
  }
  return weighted(values, 2 / (span + 1), options.adjust ?? true);
}
function weighted(values: ArrayLike<number>, alpha: number, adjust: boolean): Float64Array {
  let mean = NaN, weight = 0;
  return Float64Array.from(values, (v) => {
    weight = adjust ? weight * (1 - alpha) + 1 : 1;
    mean = Number.isNaN(mean) ? v : mean + (adjust ? 1 / weight : alpha) * (v - mean);
    return mean;
  });
}

/**
 * The relative strength index (Wilder 1978), 0 to 100: `100 − 100 / (1 + gains / losses)` over `period` rows; NaN for the
 * first `period` rows, 100 where nothing was lost, NaN where nothing moved. Gains and losses are Wilder's averages
 * (`ewm(alpha=1/period, adjust=False)`), or plain rolling means by `smoothing: "simple"`.
 */
export function rsi(
  values: ArrayLike<number>,
  period = 14,
  options: { readonly smoothing?: "wilder" | "simple" } = {},
): Float64Array {
  args.check("rsi", "values", values, args.list);
  checkOptions("rsi", options, { smoothing: 0 });
  whole("period", period, 1);
  const { smoothing = "wilder" } = options;
  const moves = differenceOf(values, 1).subarray(1);
  const smooth = (part: Float64Array) =>
    smoothing === "simple" ? rolling(part, period, "mean") : weighted(part, 1 / period, false);
  const up = smooth(moves.map((d) => Math.max(d, 0))), down = smooth(moves.map((d) => Math.max(-d, 0)));
  return Float64Array.from({ length: values.length }, (_, i) => {
    if (i < period) return NaN;
    const gained = up[i - 1] ?? NaN, lost = down[i - 1] ?? NaN;
    return lost === 0 ? (gained === 0 ? NaN : 100) : 100 - 100 / (1 + gained / lost);
  });
}

/** Which features {@link columnFeatures} makes of a column. */
export interface FeatureOptions {
  /** Rows ago, as in 1, 2, 3, 7, 14. */
  readonly lags?: readonly number[];
  /** Windows of rolling statistics, as in 7, 14, 30. */
  readonly rolling?: readonly number[];
  /** The statistics of each window; mean, std, min and max unless given. */
  readonly statistics?: readonly RollingStatistic[];
  /** Rows that rolling windows end before: 0 includes the row itself; 1 where a row's features predict that same row. */
  readonly shift?: number;
  /** Orders of differences, as in 1, 2. */
  readonly differences?: readonly number[];
  /** Windows of moving averages. */
  readonly movingAverages?: readonly number[];
  /** Period of the relative strength index. */
  readonly rsi?: number | null;
}

/**
 * Features of a column by name: `price_lag_1`, `price_rolling_mean_7`, `price_diff_1`, `price_sma_20`, `price_rsi_14`. None
 * knows later rows than its own.
 */
export function columnFeatures(
  name: string,
  values: ArrayLike<number>,
  options: FeatureOptions,
): Record<string, Float64Array> {
  args.check("columnFeatures", "name", name, args.text);
  args.check("columnFeatures", "values", values, args.list);
  args.check("columnFeatures", "options", options, args.object);
  checkOptions("columnFeatures", options, featureNames);
  const out: Record<string, Float64Array> = {};
  const { lags = [], differences = [], movingAverages = [], shift = 0 } = options;
  for (const rows of lags) out[`${name}_lag_${rows}`] = lag(values, whole("lags", rows, 1));
  for (const window of options.rolling ?? []) {
    for (const of of options.statistics ?? ["mean", "std", "min", "max"] as const) {
      out[`${name}_rolling_${of}_${window}`] = rolling(values, window, of, { shift });
    }
  }
  for (const order of differences) {
    out[`${name}_diff_${order}`] = differenceOf(values, whole("differences", order, 1));
  }
  for (const window of movingAverages) out[`${name}_sma_${window}`] = movingAverage(values, window);
  if (options.rsi) out[`${name}_rsi_${options.rsi}`] = rsi(values, options.rsi);
  return out;
}

/** Rows that have a number in every column: their places, and the columns without the others, as pandas' `dropna`. */
export function dropGaps(
  columns: Readonly<Record<string, Float64Array>>,
): { readonly rows: Int32Array; readonly columns: Record<string, Float64Array> } {
  args.check("dropGaps", "columns", columns, args.object);
  const all = Object.values(columns), count = all[0]?.length ?? 0;
  const rows = Int32Array.from(
    Array.from({ length: count }, (_, i) => i).filter((i) => all.every((c) => !Number.isNaN(c[i] ?? NaN))),
  );
  return {
    rows,
    columns: Object.fromEntries(
      Object.entries(columns).map(([name, c]) => [name, Float64Array.from(rows, (i) => c[i] ?? NaN)]),
    ),
  };
}
