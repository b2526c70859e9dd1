/** Differencing with an exact inverse, and the augmented Dickey–Fuller test for whether a series needs it. @module */
import * as args from "../../../io/files/arguments.ts";
import { ConfigError, InputError, shown } from "../../../core/values/errors.ts";
import { checkOptions, type OptionNames } from "../../../core/values/schema.ts";
import { solveSymmetric } from "./linear.ts";

/** How a series is differenced. */
export interface DifferenceOptions {
  /** How often the difference to the row before is taken; 1 unless given. */
  readonly order?: number;
  /** A difference to the value this many rows ago is taken first: 12 for years of months, 24 for days of hours. */
  readonly seasonal?: number | null;
}
const differenceNames: OptionNames<DifferenceOptions> = { order: 0, seasonal: 0 };
/** A way to difference series. */
export interface Differencer {
  /** The distances in rows, in the order in which they are taken. */
  readonly lags: readonly number[];
  /** Rows that are lost at the front. */
  readonly lost: number;
  /** The differences, as many as values; NaN in the first `lost` rows. */
  transform(values: ArrayLike<number>): Float64Array;
  /** The values again: `start` are the first `lost` of them. Differences of whole numbers are undone exactly. */
  inverse(differences: ArrayLike<number>, start: ArrayLike<number>): Float64Array;
  /**
   * Values from their differences, going on from the end of a series.
   * @throws {InputError} where the history is shorter than `lost`.
   */
  extend(history: ArrayLike<number>, differences: ArrayLike<number>): Float64Array;
}

/**
 * Differences of a series: seasonal first, then `order` times to the row before.
 *
 * ```ts
 * import { differencer } from "@lapis/lapis/series";
 * const d = differencer({ order: 1 });
 * d.transform([1, 4, 9]); // [NaN, 3, 5]
 * d.extend([1, 4, 9], [7, 9]); // [16, 25]
 * ```
 * @throws {ConfigError} for an order or a season that is no whole number.
 */
export function differencer(options: DifferenceOptions = {}): Differencer {
  checkOptions("differencer", options, differenceNames);
  const { order = 1, seasonal = null } = options;
  if (!Number.isSafeInteger(order) || order < 0) {
    throw new ConfigError(`order: expected integer >= 0, got ${shown(order)}`, { place: "order" });
  }
  if (seasonal !== null && (!Number.isSafeInteger(seasonal) || seasonal < 2)) {
    throw new ConfigError(`seasonal: expected integer >= 2, or null, got ${shown(seasonal)}`, {
      place: "seasonal",
    });
  }
  const lags = [...(seasonal === null ? [] : [seasonal]), ...new Array<number>(order).fill(1)];
  const lost = lags.reduce((a, b) => a + b, 0);
  const once = (values: Float64Array, lag: number) => values.map((v, i) => v - (values[i - lag] ?? NaN));
  const extend: Differencer["extend"] = (history, differences) => {
    if (history.length < lost) {
      throw new InputError(
        `undoing differences at ${lags.join(", ")} needs ${lost} rows, got ${history.length}`,
      );
    }
    // Each level's last rows, from the values down to the last difference but one.
    const levels = [Float64Array.from(history).slice(history.length - lost)];
    for (const lag of lags.slice(0, -1)) levels.push(once(levels.at(-1) ?? new Float64Array(), lag));
    let next = Float64Array.from(differences);
    for (let level = lags.length - 1; level >= 0; level--) {
      const lag = lags[level] ?? 1,
        known = levels[level] ?? new Float64Array(),
        out = new Float64Array(next.length);
      next.forEach((d, i) => out[i] = d + ((i < lag ? known[known.length - lag + i] : out[i - lag]) ?? NaN));
      next = out;
    }
    return next;
  };
  return {
    lags,
    lost,
    transform: (values) => lags.reduce(once, Float64Array.from(values)),
    inverse: (differences, start) => {
      const head = Float64Array.from(start).slice(0, lost);
      const rest = extend(head, Float64Array.from(differences).slice(lost));
      const out = new Float64Array(differences.length);
      out.set(head.subarray(0, out.length));
      out.set(rest, Math.min(lost, out.length));
      return out;
    },
    extend,
  };
}

/** What {@link adfTest} finds. */
export interface AdfResult {
  /** The t-statistic of the level's coefficient; the more negative, the less a unit root. */
  readonly statistic: number;
  /** Lagged differences in the regression. */
  readonly lags: number;
  /** Rows of the regression. */
  readonly rows: number;
  /** MacKinnon's (2010) critical values for a constant without trend. */
  readonly critical: { readonly "1%": number; readonly "5%": number; readonly "10%": number };
  /** True where a unit root is refused at 5 percent. */
  readonly stationary: boolean;
}

/** Coefficients in 1/T of MacKinnon (2010), table 2, constant, one variable. */
const surface = {
  "1%": [-3.43035, -6.5393, -16.786, -79.433],
  "5%": [-2.86154, -2.8903, -4.234, -40.04],
  "10%": [-2.56677, -1.5384, -2.809, 0],
} as const;

/**
 * The augmented Dickey–Fuller test with a constant: is the series a random walk (a unit root), which differencing makes
 * stationary? `lags` differences are in the regression, Schwert's `12 · (rows / 100)^¼` unless given.
 * @throws {InputError} for fewer than 20 rows, or a value that is no number.
 */
export function adfTest(values: ArrayLike<number>, options: { readonly lags?: number } = {}): AdfResult {
  args.check("adfTest", "values", values, args.list);
  checkOptions("adfTest", options, { lags: 0 });
  const n = values.length;
  if (n < 20) throw new InputError(`the augmented Dickey–Fuller test needs 20 rows, got ${n}`);
  const most = Math.floor(n / 2) - 3;
  const lags = options.lags ?? Math.min(Math.ceil(12 * (n / 100) ** 0.25), most);
  if (!Number.isSafeInteger(lags) || lags < 0 || lags > most) {
    throw new ConfigError(`lags: expected integer from 0 to ${most}, got ${shown(lags)}`, { place: "lags" });
  }
  const at = (i: number) => values[i] ?? NaN, change = (i: number) => at(i) - at(i - 1);
  // The level is centered, which changes nothing but the constant, and keeps the normal equations sound.
  const mean = Array.from(values).reduce((a, b) => a + b, 0) / n;
  if (!Number.isFinite(mean)) {
    throw new InputError("the augmented Dickey–Fuller test needs a number in every row");
  }
  const width = lags + 2, rows = n - lags - 1;
  const gram = Array.from({ length: width }, () => new Float64Array(width)), right = new Float64Array(width);
  let squares = 0;
  for (let t = lags + 1; t < n; t++) {
    const x = [at(t - 1) - mean, 1, ...Array.from({ length: lags }, (_, k) => change(t - 1 - k))],
      y = change(t);
    squares += y * y;
    x.forEach((a, i) => {
      right[i] = (right[i] ?? 0) + a * y;
      const row = gram[i] ?? right;
      for (let j = 0; j < width; j++) row[j] = (row[j] ?? 0) + a * (x[j] ?? 0);
    });
  }
  const solved = solveSymmetric(gram, [
    right,
    Float64Array.from({ length: width }, (_, i) => (i === 0 ? 1 : 0)),
  ]);
  const [beta, first] = solved ?? [];
  // A constant series has no spread to test, and is stationary.
  if (!beta || !first) {
    return { statistic: -Infinity, lags, rows, critical: criticalOf(rows), stationary: true };
  }
  const rest = squares - beta.reduce((sum, b, i) => sum + b * (right[i] ?? 0), 0);
  const statistic = (beta[0] ?? 0) / Math.sqrt(rest / (rows - width) * (first[0] ?? 0)),
    critical = criticalOf(rows);
  return { statistic, lags, rows, critical, stationary: statistic < critical["5%"] };
}
function criticalOf(rows: number): AdfResult["critical"] {
  const of = ([a, b, c, d]: readonly [number, number, number, number]) =>
    a + b / rows + c / rows ** 2 + d / rows ** 3;
  return { "1%": of(surface["1%"]), "5%": of(surface["5%"]), "10%": of(surface["10%"]) };
}
