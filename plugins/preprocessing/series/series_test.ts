/** Features, scalers, differences, splits and windows against pandas, scikit-learn and statsmodels. @module */
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { ConfigError, InputError } from "../../../core/values/errors.ts";
import {
  forecastMetrics,
  naiveError,
  persistenceForecast,
  ridgeForecaster,
  seasonalNaiveForecast,
} from "./forecasting.ts";
import { conformalIntervals, intervalsFromJSON } from "./forecasting.ts";
import { minMaxScaler, robustScaler, type Scaler, scalerFromJSON, standardScaler } from "../scaling.ts";
import { parseDates } from "./dates.ts";
import { adfTest, differencer } from "./difference.ts";
import { columnFeatures, dropGaps, exponentialMovingAverage, lag, rolling, rsi } from "./features.ts";
import { assertAfter, assertNoLeak, chronologicalSplit, walkForward } from "./split.ts";
import { appendRows, timeSeries } from "./table.ts";
import { slidingWindows } from "./windows.ts";
import { holes, near, numbers, price, values } from "../../../tests/support/seriesvalues.ts";

Deno.test("features: lags, rolling statistics and differences are pandas', and the rows without gaps too", () => {
  const made = columnFeatures("price", price, {
    lags: [1, 2, 3, 7, 14],
    rolling: [7, 14, 30],
    differences: [1, 2],
  });
  deepStrictEqual(Object.keys(made), Object.keys(values.features));
  for (const [name, expected] of Object.entries(values.features)) near(made[name] ?? [], expected, name);
  const { rows, columns } = dropGaps(made);
  deepStrictEqual([...rows], values.complete);
  strictEqual(columns.price_lag_1?.[0], price[(values.complete[0] ?? 0) - 1]);
});

Deno.test("rolling windows with missing values count what is there, as pandas does; a shifted one ends before its row", () => {
  near(rolling(holes, 3, "mean"), values.holesRolling.mean3 ?? [], "mean3");
  near(rolling(holes, 4, "std", { minPeriods: 2 }), values.holesRolling.std4min2 ?? [], "std4min2");
  near(rolling(holes, 5, "min", { minPeriods: 1 }), values.holesRolling.min5min1 ?? [], "min5min1");
  near(rolling(holes, 3, "mean", { shift: 1 }), values.holesRolling.shiftedMean3 ?? [], "shiftedMean3");
});

Deno.test("no feature knows a later row: changing the last one changes nothing before it", () => {
  const options = { lags: [1], rolling: [7], differences: [1, 2], movingAverages: [5], rsi: 14 };
  const changed = price.slice();
  changed[79] = 1e6;
  const before = columnFeatures("p", price, options), after = columnFeatures("p", changed, options);
  for (const [name, column] of Object.entries(before)) {
    deepStrictEqual(after[name]?.subarray(0, 79), column.subarray(0, 79), name);
  }
  throws(() => lag(price, -1), ConfigError);
  throws(() => columnFeatures("p", price, { lags: [0] }), /lags: expected integer >= 1, got 0/);
});

Deno.test("moving averages and the relative strength index are pandas'", () => {
  near(exponentialMovingAverage(price, 12), values.ewm.adjusted, "adjusted");
  near(exponentialMovingAverage(price, 12, { adjust: false }), values.ewm.plain, "plain");
  near(rsi(price), values.rsi.wilder, "wilder", 1e-9);
  near(rsi(price, 14, { smoothing: "simple" }), values.rsi.simple, "simple", 1e-9);
  strictEqual(rsi([1, 2, 3, 4], 2)[3], 100);
  strictEqual(rsi([1, 1, 1, 1], 2)[3], NaN);
});

Deno.test("scalers are scikit-learn's, fitted on the training rows, constant columns included, undone column by column", () => {
  const columns = {
    a: price,
    b: Float64Array.from(price, (_, i) => i ** 2),
    constant: new Float64Array(80).fill(3.3),
  };
  const all: Record<string, Scaler> = {
    standard: standardScaler(),
    minMax: minMaxScaler(),
    minMaxWide: minMaxScaler({ featureRange: [-1, 2] }),
    robust: robustScaler(),
    robustWide: robustScaler({ quantileRange: [10, 90] }),
  };
  for (const [name, scaler] of Object.entries(all)) {
    const scaled = scaler.fit(columns, { rows: { from: 0, to: 56 } }).transform(columns);
    for (const [column, expected] of Object.entries(values.scalers[name] ?? {})) {
      near(scaled[column] ?? [], expected, `${name} ${column}`, 1e-12);
    }
    const again = scalerFromJSON(JSON.parse(JSON.stringify(scaler)));
    near(again.inverseTransform({ b: scaled.b ?? price }).b ?? [], [...columns.b], name, 1e-12);
    deepStrictEqual(again.rows, { from: 0, to: 56 });
  }
  throws(
    () => standardScaler().fit({ holes }),
    (error: Error) =>
      error instanceof InputError && /^column "holes": row 6 is NaN: fill the gap/.test(error.message),
  );
  throws(() => standardScaler().transform({ a: price }), /isn't fitted/);
  throws(
    () => standardScaler().fit({ a: price }).transform({ b: price }),
    /no column "b": it was fitted on a/,
  );
});

Deno.test("differences are undone exactly, over a whole series and from its end", () => {
  const whole = Float64Array.from(price, (v) => Math.round(v * 100));
  for (
    const options of [{}, { order: 2 }, { order: 0, seasonal: 12 }, { order: 1, seasonal: 7 }, {
      order: 2,
      seasonal: 12,
    }]
  ) {
    const d = differencer(options), z = d.transform(whole);
    ok(z.subarray(0, d.lost).every(Number.isNaN) && !z.subarray(d.lost).some(Number.isNaN));
    deepStrictEqual(d.inverse(z, whole), whole);
    deepStrictEqual(d.extend(whole.subarray(0, 60), z.subarray(60)), whole.subarray(60));
  }
  near(differencer().transform(price), values.features.price_diff_1 ?? [], "diff");
  throws(() => differencer({ seasonal: 12 }).extend([1, 2], [0]), /needs 13 rows, got 2/);
  throws(() => differencer({ order: -1 }), ConfigError);
});

Deno.test("the augmented Dickey–Fuller statistic and its critical values are statsmodels'", () => {
  for (const { values: series, lags, statistic, used, rows, critical } of values.adf) {
    const found = adfTest(numbers(series), lags === null ? {} : { lags });
    deepStrictEqual([found.lags, found.rows], [used, rows]);
    near([found.statistic], [statistic], `statistic at ${used} lags`, 1e-9);
    near(Object.values(found.critical), Object.values(critical), "critical values", 1e-12);
    strictEqual(found.stationary, statistic < critical["5%"]);
  }
  ok(adfTest(new Float64Array(50).fill(4)).stationary);
});

Deno.test("chronological parts follow one another, 70/15/15 unless said", () => {
  deepStrictEqual(chronologicalSplit(200), {
    train: { from: 0, to: 140 },
    validation: { from: 140, to: 170 },
    test: { from: 170, to: 200 },
  });
  deepStrictEqual(chronologicalSplit(144, { validation: 20, test: 24 }).validation, { from: 100, to: 120 });
  throws(() => chronologicalSplit(10, { test: 10 }), /leave none to train on/);
});

Deno.test("walk-forward folds are those of scikit-learn's TimeSeriesSplit; sliding keeps their length", () => {
  for (const { options: o, folds } of values.folds) {
    const made = walkForward(80, {
      ...(o.n_splits !== undefined && { splits: o.n_splits }),
      ...(o.test_size !== undefined && { testSize: o.test_size }),
      ...(o.gap !== undefined && { gap: o.gap }),
      ...(o.max_train_size !== undefined && { mode: "sliding" as const, trainSize: o.max_train_size }),
    });
    deepStrictEqual(made.map(({ train, test }) => [train.from, train.to, test.from, test.to]), folds);
  }
  deepStrictEqual(walkForward(12, { splits: 2, testSize: 3, mode: "sliding" }).map((f) => f.train), [
    { from: 0, to: 6 },
    { from: 3, to: 9 },
  ]);
  throws(() => walkForward(10, { splits: 5, testSize: 2 }), /don't fit into 10 rows/);
});

const ramp = (n: number) => Float64Array.from({ length: n }, (_, i) => i);

Deno.test("windows: length, horizon, stride and gap; which columns go in and come out", () => {
  const columns = { a: ramp(12), b: ramp(12).map((v) => 100 + v) };
  const windows = slidingWindows(columns, { length: 3, horizon: 2, stride: 3, gap: 1, targets: ["b"] });
  deepStrictEqual([windows.count, windows.inputShape, windows.targetShape], [3, [3, 2], [2]]);
  const { x, y } = windows.take();
  deepStrictEqual([x.shape, y.shape], [[3, 3, 2], [3, 2]]);
  deepStrictEqual(Array.from(x.data as Float32Array).slice(6, 12), [3, 103, 4, 104, 5, 105]);
  deepStrictEqual(Array.from(y.data as Float32Array), [104, 105, 107, 108, 110, 111]);
  deepStrictEqual(windows.take([2]).y.data, Float32Array.of(110, 111));
  deepStrictEqual(slidingWindows(columns, { length: 2, horizon: 2 }).targetShape, [2, 2]);
  throws(() => windows.take([3]), /window 3: expected 0 to 2/);
  throws(
    () => slidingWindows(columns, { length: 12 }),
    /12 rows hold no window: it takes 12 rows, a gap of 0 and a horizon of 1, 13 in all/,
  );
  throws(() => slidingWindows({ holes }, { length: 3 }), /column "holes": row 6 is NaN/);
  throws(() => slidingWindows(columns, { length: 3, targets: ["c"] }), /no column "c": there are a, b/);
});

Deno.test("windows stay in their rows; with context only their inputs look back", () => {
  const inside = slidingWindows({ a: ramp(20) }, { length: 4, rows: { from: 10, to: 20 } });
  deepStrictEqual([inside.count, inside.at(0)], [6, { input: 10, target: 14 }]);
  const context = slidingWindows({ a: ramp(20) }, { length: 4, rows: { from: 10, to: 20 }, context: true });
  deepStrictEqual([context.count, context.at(0)], [10, { input: 6, target: 10 }]);
  deepStrictEqual([context.inputRows, context.targetRows], [{ from: 6, to: 19 }, { from: 10, to: 20 }]);
});

Deno.test("batches go over all windows once, in another order by seed and pass, and take no memory beforehand", () => {
  const windows = slidingWindows({ a: ramp(1_000_000) }, { length: 1000 });
  strictEqual(windows.count, 999_000);
  const next = windows.batches({ batchSize: 4 });
  const [first] = next();
  deepStrictEqual(Array.from(first?.y.data as Float32Array), [1000, 1001, 1002, 1003]);
  const few = slidingWindows({ a: ramp(13) }, { length: 3 }),
    shuffled = few.batches({ batchSize: 4, seed: 1 });
  const seen = () => [...shuffled()].flatMap((b) => Array.from(b.y.data as Float32Array));
  const one = seen(), two = seen();
  deepStrictEqual([...one].sort((a, b) => a - b), [3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  ok(`${one}` !== `${two}`);
  const resumed = few.batches({ batchSize: 4, seed: 1, epoch: 1 });
  deepStrictEqual(
    [...resumed()].flatMap((b) => Array.from(b.y.data as Float32Array)),
    two,
  );
});

Deno.test("a leak is an error that says what to do", () => {
  const split = chronologicalSplit(100), columns = { a: ramp(100) };
  const train = slidingWindows(columns, { length: 5, rows: split.train });
  const scaler = standardScaler().fit(columns, { rows: split.train });
  assertNoLeak({ split, train, scalers: [scaler], times: ramp(100) });
  const crossing = slidingWindows(columns, { length: 5 });
  throws(
    () => assertNoLeak({ split, train: crossing }),
    /leak: train windows have targets in rows 6 to 100, the train part is rows 1 to 70: cut windows after the split/,
  );
  throws(
    () => assertNoLeak({ split, scalers: [standardScaler().fit(columns)] }),
    /leak: the standard scaler was fitted on rows 1 to 100, the training part is rows 1 to 70: fit it/,
  );
  throws(
    () => assertNoLeak({ split: { ...split, test: split.train } }),
    /leak: the test part \(rows 1 to 70\) begins before the validation part ends/,
  );
  throws(
    () => assertNoLeak({ split, times: ramp(100).reverse() }),
    /row 2 .* is earlier than row 1 .*set "sort"/,
  );
  const early = parseDates(["2024-01-01", "2024-01-02"]).times;
  throws(
    () => assertAfter({ name: "test.csv", times: early }, { name: "train.csv", times: early }),
    /leak: test\.csv begins on 2024-01-01, train\.csv ends on 2024-01-02/,
  );
});

Deno.test("tables: dates of several columns, missing values, rows of one kind, order", () => {
  const table = {
    header: ["s", "y", "m", "d", "h", "v"],
    rows: [
      ["A", "2024", "1", "2", "3", "5"],
      ["B", "2024", "1", "2", "3", "6"],
      ["A", "2024", "1", "2", "5", "NA"],
      ["A", "2024", "1", "2", "4", "7"],
      ["A", "2024", "1", "2", "6", "8"],
    ],
  };
  const date = ["y", "m", "d", "h"], where = { s: "A" }, columns = ["v"];
  throws(
    () => timeSeries(table, { date, columns, missing: "drop" }),
    /rows 1 and 2 are both of 2024-01-02 03:00.*"where"/,
  );
  throws(
    () => timeSeries(table, { date, columns, where, missing: "drop" }),
    /row 3 .* is earlier than row 2 .*"sort"/,
  );
  const read = (missing: "drop" | "forwardFill" | "interpolate") =>
    timeSeries(table, { date, where, columns, missing, sort: true });
  deepStrictEqual(read("drop").columns.v, Float64Array.of(5, 7, 8));
  deepStrictEqual(read("forwardFill").columns.v, Float64Array.of(5, 7, 7, 8));
  deepStrictEqual(read("interpolate").columns.v, Float64Array.of(5, 7, 7.5, 8));
  strictEqual(new Date(read("drop").times?.[0] ?? 0).toISOString(), "2024-01-02T03:00:00.000Z");
  throws(
    () => timeSeries(table, { date, where, columns, sort: true }),
    /column "v" has 1 missing values, the first in row 3: set "missing"/,
  );
  throws(() => timeSeries(table, { columns: ["s"] }), /row 1, column "s": "A" is not a number/);
  throws(() => timeSeries(table, { columns: ["w"] }), /no column w; it has s, y, m, d, h, v/);
  throws(() => timeSeries(table, { where: { s: "C" } }), /no row with \{"s":"C"\}/);
  const grown = appendRows(read("drop"), { v: Float64Array.of(9) }, 1);
  deepStrictEqual([grown.rows, grown.columns.v?.[3]], [4, 9]);
});

Deno.test("metrics are scikit-learn's and NumPy's; what isn't defined is NaN", () => {
  const m = values.metrics, truth = price.subarray(40);
  const found = forecastMetrics(truth, m.forecast as unknown as number[], {
    previous: price.subarray(39, -1),
    naiveError: naiveError(price.subarray(0, 40), 7),
  });
  near(
    [
      found.mse,
      found.rmse,
      found.mae,
      found.mape,
      found.r2,
      found.smape,
      found.mase,
      found.directionAccuracy,
    ],
    [
      m.mse ?? 0,
      Math.sqrt(m.mse ?? 0),
      m.mae ?? 0,
      m.mape ?? 0,
      m.r2 ?? 0,
      m.smape ?? 0,
      m.mase ?? 0,
      m.direction ?? 0,
    ],
    "metrics",
    1e-12,
  );
  const odd = forecastMetrics([0, 0], [0, 1]);
  deepStrictEqual([odd.mape, odd.r2, odd.smape, odd.directionAccuracy], [NaN, NaN, 100, 0]);
  deepStrictEqual(forecastMetrics([1, 2], [0, 1], { previous: [0, 1] }).directionAccuracy, NaN);
  // numpy: np.mean(np.sign(np.diff([1, 3, 2, 2, 5])) == np.sign(np.diff([0, 1, 1, 1, 0])))
  deepStrictEqual(forecastMetrics([1, 3, 2, 2, 5], [0, 1, 1, 1, 0]).directionAccuracy, 0.5);
  deepStrictEqual(forecastMetrics([1], [0]).directionAccuracy, NaN);
  throws(() => forecastMetrics([1], []), /0 forecasts for 1 values/);
});

Deno.test("baselines: the last value, that of the season before, and scikit-learn's ridge on lags", () => {
  const series = ramp(20), origins = [10, 15];
  deepStrictEqual(
    persistenceForecast(series, { origins, horizon: 2, gap: 1 }),
    Float64Array.of(8, 8, 13, 13),
  );
  deepStrictEqual(
    seasonalNaiveForecast(series, 3, { origins, horizon: 4 }),
    Float64Array.of(7, 8, 9, 7, 12, 13, 14, 12),
  );
  const ridge = ridgeForecaster(price, { lags: 6, horizon: 2, rows: { from: 0, to: 60 } });
  const starts = Float64Array.from(values.ridge, (_, i) => 60 + i);
  near(ridge(price, starts), values.ridge.flat(), "ridge", 1e-9);
});

Deno.test("conformal intervals hold the share that they promise, by step", () => {
  const residuals = Float64Array.from(
    { length: 198 },
    (_, i) => (i % 2 === 0 ? 1 : -10) * (Math.floor(i / 2) + 1),
  );
  const intervals = conformalIntervals(residuals, 2);
  // 99 residuals 1 … 99: the ⌈100 · 0.9⌉ = 90th smallest.
  deepStrictEqual([...intervals.widths(0.9)], [90, 900]);
  deepStrictEqual(
    [...intervalsFromJSON(JSON.parse(JSON.stringify(intervals))).widths(0.9, 4)].map(Math.round),
    [90, 900, 1102, 1273],
  );
  deepStrictEqual([...conformalIntervals([3, -4]).widths(0.9)], [4]);
  throws(() => intervals.widths(1), /level: expected a number between 0 and 1/);
});
