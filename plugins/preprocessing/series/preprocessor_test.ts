/** The preprocessor: what a model sees, that forecasts come back in the series' unit, recursion, warnings, JSON. @module */
import { deepStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { Random } from "../../../core/values/random.ts";
import { type Tensor, tensor, toNumbers } from "../../../core/values/tensor.ts";
import { parseDates, timesAfter } from "./dates.ts";
import { seriesPreprocessor, seriesPreprocessorFromJSON } from "./preprocessor.ts";
import type { SeriesPreprocessorOptions } from "./types.ts";
import { chronologicalSplit } from "./split.ts";
import { seriesRows, type TimeSeries } from "./table.ts";

const rows = 120, start = parseDates(["2015-01-01", "2015-02-01"]).times;
const times = new Float64Array(rows);
times.set(start);
times.set(timesAfter(start, rows - 2), 2);
const sales = Float64Array.from(
  { length: rows },
  (_, i) => (100 + 2 * i) * (1 + 0.3 * Math.sin(i * Math.PI / 6)),
);
const series: TimeSeries = {
  times,
  zoned: false,
  rows,
  columns: { sales, other: Float64Array.from({ length: rows }, (_, i) => Math.cos(i)) },
};
const split = chronologicalSplit(rows);
const close = (got: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number) => {
  strictEqual(got.length, wanted.length);
  for (let i = 0; i < wanted.length; i++) {
    const g = got[i] ?? NaN, w = wanted[i] ?? NaN;
    ok(Math.abs(g - w) <= tolerance * Math.abs(w), `${i}: ${g}, expected ${w}`);
  }
};

const cases:
  readonly (Omit<SeriesPreprocessorOptions, "targets"> & { readonly targets?: readonly string[] })[] = [
    { length: 6, horizon: 3 },
    { length: 6, horizon: 3, transform: "log", difference: { order: 1, seasonal: 12 } },
    {
      length: 4,
      horizon: 2,
      transform: "sqrt",
      scaler: "minMax",
      features: ["sales", "other"],
      difference: { order: 2 },
    },
    {
      length: 4,
      gap: 2,
      scaler: "robust",
      derived: { lags: [1, 12], rolling: [7], differences: [1], rsi: 5 },
    },
    {
      length: 4,
      horizon: 2,
      transform: "log1p",
      targets: ["sales", "other"],
      calendar: ["monthSin", "quarter"],
    },
  ];
for (const options of cases) {
  const { targets = ["sales"], horizon = 1 } = options;
  Deno.test(`windows' own targets are restored to the series: ${JSON.stringify(options)}`, () => {
    const p = seriesPreprocessor({ ...options, targets }).fit(series, split);
    for (const part of ["train", "validation", "test"] as const) {
      const windows = p.windows(series, split, part), origins = p.origins(windows);
      const truth = [...origins].flatMap((o) =>
        Array.from({ length: horizon }, (_, h) => targets.map((name) => series.columns[name]?.[o + h] ?? NaN))
          .flat()
      );
      // Float32 windows: 2^-24 of the scaled target, grown by undoing; far below any forecast's error.
      close(p.restore(series, origins, windows.take().y), truth, 1e-4);
      if (part === "test") strictEqual(origins.at(-1), rows - horizon);
      if (part !== "train") strictEqual(origins[0], split[part].from);
    }
  });
}

Deno.test("nothing of the validation and test parts is learned: changing them changes no training window", () => {
  const changed = {
    ...series,
    columns: { ...series.columns, sales: sales.map((v, i) => (i < split.train.to ? v : v * 5)) },
  };
  const options = { targets: ["sales"], length: 6, difference: { order: 1 }, derived: { rolling: [7] } };
  const one = seriesPreprocessor(options).fit(series, split),
    two = seriesPreprocessor(options).fit(changed, split);
  deepStrictEqual(one.toJSON(), two.toJSON());
  deepStrictEqual(one.windows(series, split, "train").take(), two.windows(changed, split, "train").take());
});

Deno.test("a scaler that was fitted with another split is a leak", () => {
  const p = seriesPreprocessor({ targets: ["sales"], length: 6 }).fit(series, split);
  throws(
    () => p.windows(series, chronologicalSplit(rows, { test: 60 }), "train"),
    /leak: the scaler was fitted on rows up to 84/,
  );
});

/** A model that repeats the last differenced value that it saw: a line drawn on. */
const lineOn = (x: Tensor): Promise<Tensor> => {
  const [n = 0, length = 0, width = 1] = x.shape, v = toNumbers(x);
  return Promise.resolve(
    tensor(Float32Array.from({ length: n }, (_, i) => v[(i * length + length - 1) * width] ?? NaN), [n, 1]),
  );
};

Deno.test("recursion goes on from its own forecasts; several series go together", async () => {
  const line = Float64Array.from({ length: 60 }, (_, i) => 10 + 3 * i),
    flat = { ...series, rows: 60, times: times.subarray(0, 60) };
  const one = { ...flat, columns: { sales: line } };
  const p = seriesPreprocessor({
    targets: ["sales"],
    length: 4,
    difference: { order: 1 },
    scaler: "none",
    calendar: ["month"],
  });
  p.fit(one, chronologicalSplit(60));
  const shorter = seriesRows(one, 0, 30);
  close(await p.forecast(lineOn, [one, shorter], 3), [190, 193, 196, 100, 103, 106], 1e-6);
  ok(p.needed <= 8);
  close(await p.forecast(lineOn, [seriesRows(one, 60 - p.needed, 60)], 2), [190, 193], 1e-6);
  await rejects(
    p.forecast(lineOn, [seriesRows(one, 56, 60)], 2),
    /4 rows are too few to forecast from: it takes 5/,
  );
});

Deno.test("recursion needs the other columns' coming rows, and says so", async () => {
  const p = seriesPreprocessor({ targets: ["sales"], features: ["other"], length: 4 }).fit(series, split);
  await rejects(
    p.forecast(lineOn, [series], 3),
    /forecasting 3 steps by recursion needs the coming rows of column "other": give them, forecast 1 steps, or train with a horizon of 3/,
  );
  strictEqual((await p.forecast(lineOn, [series], 3, { other: new Float64Array(2) })).length, 3);
});

Deno.test("a fitted preprocessor is the same after JSON", () => {
  const p = seriesPreprocessor({
    targets: ["sales"],
    features: ["other"],
    length: 5,
    transform: "log",
    difference: { seasonal: 12 },
    derived: { lags: [1], rolling: [7], statistics: ["mean"] },
    calendar: ["monthCos"],
  }).fit(series, split);
  const again = seriesPreprocessorFromJSON(JSON.parse(JSON.stringify(p)));
  deepStrictEqual(again.inputs, ["sales", "sales_lag_1", "sales_rolling_mean_7", "other", "monthCos"]);
  deepStrictEqual(again.latest(series), p.latest(series));
});

Deno.test("the calendar ahead is that of the row that is forecast", () => {
  const p = seriesPreprocessor({
    targets: ["sales"],
    length: 2,
    calendar: ["month"],
    calendarAhead: true,
    scaler: "none",
  });
  const x = p.fit(series, split).latest(series);
  // The series ends with December 2024.
  deepStrictEqual([x.data[1], x.data[3]], [12, 1]);
});

Deno.test("what isn't scaled or not stationary is warned of, with the way out", () => {
  const random = new Random(3);
  let level = 100;
  const walk = {
    ...series,
    columns: { sales: Float64Array.from({ length: rows }, () => level += random.normal()) },
  };
  const told = (options: Partial<SeriesPreprocessorOptions>) =>
    seriesPreprocessor({ targets: ["sales"], length: 6, ...options }).fit(walk, split).warnings(walk, split);
  const raw = told({ scaler: "none" });
  ok(/^sales isn't scaled \(values up to [\d.]+\): set scaler to standard/.test(raw[0] ?? ""), `${raw[0]}`);
  ok(
    /^sales isn't stationary in the training part .*: take a difference of order 1, and of a season/.test(
      raw[1] ?? "",
    ),
    `${raw[1]}`,
  );
  strictEqual(told({}).length, 1);
  deepStrictEqual(told({ difference: { order: 1 } }), []);
  const fitted = seriesPreprocessor({ targets: ["sales"], length: 6, difference: { order: 1 } }).fit(
    walk,
    split,
  );
  // 84 rows, less one for the difference: 77 windows of six and the one ahead.
  deepStrictEqual(fitted.warnings(walk, split, { parameters: 770, batchSize: 16 }), []);
  const [many = "", one = "", ...more] = fitted.warnings(walk, split, { parameters: 771, batchSize: 1 });
  ok(many.startsWith("the model has 771 parameters for 77 values to learn from (77 windows)"), many);
  ok(one.startsWith("batches of one window"), one);
  deepStrictEqual(more, []);
  const none = { ...split, validation: { from: split.validation.to, to: split.validation.to } };
  const [alone = ""] = fitted.warnings(walk, none, { parameters: 1, batchSize: 16 });
  ok(alone.startsWith("no validation part"), alone);
});

Deno.test("options that don't go together, and series that don't suit, are refused by name", () => {
  throws(
    () => seriesPreprocessor({ targets: ["sales"], length: 4, gap: 1, difference: {} }),
    /gap: differences can't be undone/,
  );
  throws(
    () => seriesPreprocessor({ targets: ["x"], length: 4 }).fit(series, split),
    /no column "x": there are sales, other/,
  );
  throws(
    () => seriesPreprocessor({ targets: ["other"], length: 4, transform: "log" }).fit(series, split),
    /column "other": row 3 is -0.4\d+: log can't be taken of it/,
  );
  throws(
    () => seriesPreprocessor({ targets: ["sales"], length: 90 }).fit(series, split),
    /the training part has 84 rows/,
  );
  throws(() => seriesPreprocessor({ targets: ["sales"], length: 4 }).latest(series), /isn't fitted/);
  const p = seriesPreprocessor({ targets: ["sales"], length: 4, horizon: 2 }).fit(series, split);
  throws(
    () => p.restore(series, [60], tensor([[1]])),
    /the model gives 1 numbers for a window: expected 2 \(horizon 2\)/,
  );
});
