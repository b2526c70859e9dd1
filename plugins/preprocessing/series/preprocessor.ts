/** All that stands between a series and a forecasting model: transform, differences, features, scaling, windows; and back. @module */
import * as args from "../../../io/files/arguments.ts";
import { ConfigError, InputError, shown } from "../../../core/values/errors.ts";
import { checkOptions } from "../../../core/values/schema.ts";
import { type Tensor, tensor, toNumbers } from "../../../core/values/tensor.ts";
import { type Columns, type RowRange, type Scaler, scalerFromJSON, scalerOf } from "../scaling.ts";
import { calendarFeatures } from "./dates.ts";
import { adfTest, type Differencer, differencer } from "./difference.ts";
import { columnFeatures, type FeatureOptions } from "./features.ts";
import { assertNoLeak, type SeriesSplit } from "./split.ts";
import { appendRows, seriesRows, type TimeSeries } from "./table.ts";
import {
  featureNames,
  type SeriesPreprocessor,
  type SeriesPreprocessorJson,
  seriesPreprocessorNames,
  type SeriesPreprocessorOptions,
  type SeriesTrainingFacts,
  type TargetTransform,
} from "./types.ts";
import { slidingWindows } from "./windows.ts";

const transforms: Readonly<
  Record<
    TargetTransform,
    { readonly to: (v: number) => number; readonly back: (v: number) => number; readonly least: number }
  >
> = {
  none: { to: (v) => v, back: (v) => v, least: -Infinity },
  log: { to: Math.log, back: Math.exp, least: Number.MIN_VALUE },
  log1p: { to: Math.log1p, back: Math.expm1, least: -1 + Number.EPSILON },
  sqrt: { to: Math.sqrt, back: (v) => Math.max(v, 0) ** 2, least: 0 },
};

/**
 * A preprocessor of series.
 *
 * ```ts
 * import { chronologicalSplit, seriesPreprocessor } from "@lapis/lapis/series";
 * const sales = Float64Array.from({ length: 60 }, (_, i) => 100 + i + 10 * Math.sin(i / 2));
 * const series = { times: null, zoned: false, columns: { sales }, rows: 60 }, split = chronologicalSplit(60);
 * const p = seriesPreprocessor({ targets: ["sales"], length: 12, difference: { order: 1 } }).fit(series, split);
 * p.windows(series, split, "train").inputShape; // [12, 1]
 * ```
 * @throws {ConfigError} for options that don't go together.
 */
export function seriesPreprocessor(options: SeriesPreprocessorOptions): SeriesPreprocessor {
  args.check("seriesPreprocessor", "options", options, args.object);
  checkOptions("seriesPreprocessor", options, seriesPreprocessorNames);
  checkOptions("seriesPreprocessor.derived", options.derived ?? undefined, featureNames);
  return make(options, undefined);
}
/** A fitted preprocessor from its JSON. @throws {LapisError} where it isn't one. */
export function seriesPreprocessorFromJSON(json: SeriesPreprocessorJson): SeriesPreprocessor {
  if (json?.version !== 1) throw new ConfigError(`series: expected version 1, got ${shown(json?.version)}`);
  return make(json.options, scalerFromJSON(json.scaler));
}

/** What of earlier rows a derived feature knows. */
function memoryOf(
  { lags = [], rolling = [], differences = [], movingAverages = [], rsi, shift = 0 }: FeatureOptions,
) {
  // Wilder's average forgets slowly: after ten periods less than a thousandth is left.
  return Math.max(
    0,
    ...lags,
    ...differences,
    ...movingAverages.map((n) => n - 1),
    ...rolling.map((n) => n - 1 + shift),
    (rsi ?? 0) * 10,
  );
}
/** Rows at the front where a derived feature has no value. */
function lostOf({ rsi, ...rest }: FeatureOptions): number {
  return Math.max(memoryOf(rest), rsi ?? 0);
}

function make(options: SeriesPreprocessorOptions, known: Scaler | undefined): SeriesPreprocessor {
  const { targets, features = [], length, horizon = 1, stride = 1, gap = 0, derived, calendar = [] } =
    options;
  const change = options.difference ? differencer(options.difference) : undefined;
  const transform = transforms[options.transform ?? "none"];
  if (!transform) {
    throw new ConfigError(
      `transform: expected ${Object.keys(transforms).join(", ")}, got ${shown(options.transform)}`,
    );
  }
  if (!Array.isArray(targets) || targets.length === 0) {
    throw new ConfigError("targets: expected a column at least", { place: "targets" });
  }
  if (gap > 0 && change) {
    throw new ConfigError(
      "gap: differences can't be undone over rows that aren't forecast: leave out one of the two",
    );
  }
  const lost = Math.max(change?.lost ?? 0, derived ? lostOf(derived) : 0);
  const needed = length + Math.max(change?.lost ?? 0, derived ? memoryOf(derived) : 0);
  let scaler = known;

  const column = (series: TimeSeries, name: string) => {
    const found = Object.hasOwn(series.columns, name) ? series.columns[name] : undefined;
    if (found) return found;
    throw new InputError(`no column ${shown(name)}: there are ${Object.keys(series.columns).join(", ")}`, {
      place: name,
    });
  };
  /** A target after its transform. */
  const level = (series: TimeSeries, name: string) =>
    column(series, name).map((v, row) => {
      if (v >= transform.least) return transform.to(v);
      throw new InputError(
        `column ${shown(name)}: row ${row + 1} is ${v}: ${options.transform} can't be taken of it`,
      );
    });
  /** All columns of windows, unscaled, without the lost rows. */
  const unscaled = (series: TimeSeries): Record<string, Float64Array> => {
    const all: Record<string, Float64Array> = {};
    for (const name of targets) {
      const values = level(series, name);
      all[name] = change ? change.transform(values) : values;
      if (change && features.includes(name)) all[`${name}_level`] = values;
      if (derived) Object.assign(all, columnFeatures(name, values, derived));
    }
    for (const name of features) all[name] ??= column(series, name);
    if (calendar.length > 0) Object.assign(all, dates(series));
    // Where nothing moved, neither gains nor losses are ahead.
    if (derived?.rsi) {
      for (const name of targets) {
        const held = all[`${name}_rsi_${derived.rsi}`];
        held?.forEach((v, i) => (i >= lost && Number.isNaN(v) ? held[i] = 50 : v));
      }
    }
    return Object.fromEntries(Object.entries(all).map(([name, values]) => [name, values.subarray(lost)]));
  };
  const dates = (series: TimeSeries) => {
    if (!series.times) throw new InputError('calendar: the series has no dates: set "date" to their column');
    const zone = series.zoned && options.timeZone !== undefined ? { timeZone: options.timeZone } : {};
    const ahead = options.calendarAhead === true && series.rows > 1;
    const times = ahead ? appendRows(series, {}, 1).times?.subarray(1) ?? series.times : series.times;
    return calendarFeatures(times, calendar, zone);
  };
  const scaled = (series: TimeSeries) => {
    if (!scaler) {
      throw new InputError("the preprocessor isn't fitted: call fit with the series and its split first");
    }
    const least = lost + length;
    if (series.rows < least) {
      throw new InputError(`${series.rows} rows are too few to forecast from: it takes ${least}`);
    }
    return scaler.transform(unscaled(series));
  };
  const pitfalls = ({ train, validation }: SeriesSplit, { parameters, batchSize }: SeriesTrainingFacts) => {
    const span = length + gap + horizon, windows = Math.floor((train.to - lost - span) / stride) + 1;
    const numbers = windows * horizon * targets.length, found: string[] = [];
    if (validation.to <= validation.from) {
      found.push(
        "no validation part: nothing shows when the model begins to learn the training part by heart; " +
          "set the split's validation size",
      );
    }
    if (parameters > 10 * numbers) {
      found.push(
        `the model has ${parameters} parameters for ${numbers} values to learn from (${windows} windows): ` +
          "it can learn them by heart; fewer units, more data, dropout or an L2 penalty",
      );
    }
    if (batchSize === 1) {
      found.push("batches of one window: each step follows one window's noise; set batchSize to 16 or more");
    }
    return found;
  };
  const behind = (rows: RowRange): RowRange => ({ from: Math.max(0, rows.from - lost), to: rows.to - lost });

  const self: SeriesPreprocessor = {
    options,
    transform,
    get inputs() {
      return scaler ? Object.keys(scaler.toJSON().center) : [];
    },
    lost,
    needed,
    fit(series, split) {
      if (split.train.to - lost < length + gap + horizon) {
        throw new InputError(
          `the training part has ${split.train.to} rows: ${lost} for differences and features and ${
            length + gap + horizon
          } for one window leave none; a shorter window, or more data`,
        );
      }
      assertNoLeak({ split, ...(series.times && { times: series.times }) });
      scaler = scalerOf(options.scaler ?? "standard").fit(unscaled(series), { rows: behind(split.train) });
      return self;
    },
    warnings(series, split, training) {
      const all = unscaled(series), { train } = split, found: string[] = [];
      if (options.scaler === "none") {
        for (const [name, values] of Object.entries(all)) {
          const part = values.subarray(0, train.to - lost),
            most = part.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
          if (most <= 10 && most >= 0.01) continue;
          found.push(
            `${name} isn't scaled (values up to ${
              Number(most.toPrecision(3))
            }): set scaler to standard, minMax or robust`,
          );
          break;
        }
      }
      for (const name of targets) {
        const part = all[name]?.subarray(0, train.to - lost) ?? new Float64Array();
        // The last rows are enough to tell, and keep the test quick.
        const test = part.length < 20 ? undefined : adfTest(part.subarray(Math.max(0, part.length - 5000)));
        if (!test || test.stationary) continue;
        found.push(
          `${name} isn't stationary${
            change ? " after differencing" : ""
          } in the training part (augmented Dickey–Fuller ${test.statistic.toFixed(2)}, not below ${
            test.critical["5%"].toFixed(2)
          }): take ${
            change ? "a higher order of difference, or one of a season" : "a difference of order 1"
          }${
            change ? "" : ", and of a season where it has one"
          }, or transform to log where it grows by shares`,
        );
      }
      return training ? [...found, ...pitfalls(split, training)] : found;
    },
    windows(series, split, part) {
      const windows = slidingWindows(scaled(series), {
        length,
        horizon,
        gap,
        targets,
        inputs: self.inputs,
        stride: part === "train" ? stride : 1,
        rows: behind(split[part]),
        context: part !== "train",
      });
      const shift = (rows: RowRange) => ({ from: rows.from + lost, to: rows.to + lost });
      const { rows } = scaler ?? {};
      assertNoLeak({
        split,
        [part]: { inputRows: shift(windows.inputRows), targetRows: shift(windows.targetRows) },
      });
      if (rows && rows.to + lost > split.train.to) {
        throw new InputError(
          `leak: the scaler was fitted on rows up to ${
            rows.to + lost
          }, the training part ends with row ${split.train.to}: fit it with this split`,
        );
      }
      return windows;
    },
    origins: (windows) => Int32Array.from({ length: windows.count }, (_, i) => windows.at(i).target + lost),
    latest(series) {
      const columns = scaled(series), count = series.rows - lost;
      const names = self.inputs, data = new Float32Array(length * names.length);
      names.forEach((name, c) => {
        for (let r = 0; r < length; r++) {
          data[r * names.length + c] = columns[name]?.[count - length + r] ?? NaN;
        }
      });
      return tensor(data, [1, length, names.length]);
    },
    restore(series, origins, output) {
      const values = toNumbers(output), wide = targets.length, each = horizon * wide;
      if (values.length !== origins.length * each) {
        throw new InputError(
          `the model gives ${
            values.length / Math.max(1, origins.length)
          } numbers for a window: expected ${each} ` +
            `(horizon ${horizon}${wide > 1 ? ` × ${wide} targets` : ""}): the last layer needs ${each} units`,
        );
      }
      const out = new Float64Array(values.length);
      targets.forEach((name, j) => {
        const levels = change ? level(series, name) : new Float64Array();
        for (let i = 0; i < origins.length; i++) {
          const z = Float64Array.from({ length: horizon }, (_, h) => values[i * each + h * wide + j] ?? NaN);
          const [plain = z] = Object.values(scaler?.inverseTransform({ [name]: z }) ?? {});
          const next = change ? extended(change, levels, origins[i] ?? 0, plain) : plain;
          next.forEach((v, h) => out[i * each + h * wide + j] = transform.back(v));
        }
      });
      return out;
    },
    async forecast(predict, series, steps, future = {}) {
      const wide = targets.length, out = new Float64Array(series.length * steps * wide);
      const others = features.filter((name) => !targets.includes(name));
      let grown = series.map((s) => seriesRows(s, Math.max(0, s.rows - needed), s.rows));
      for (let done = 0; done < steps; done += horizon) {
        if (gap > 0 && done > 0) {
          throw new InputError(`a model with a gap forecasts ${horizon} steps, not ${steps}`);
        }
        const x = stacked(grown.map(self.latest)), output = await predict(x);
        const each = toNumbers(output).length / grown.length;
        const blocks = grown.map((s, i) => {
          const one = tensor(Float32Array.from(toNumbers(output).slice(i * each, (i + 1) * each)), [1, each]);
          return self.restore(s, [s.rows + gap], one);
        });
        blocks.forEach((block, i) => {
          for (let h = 0; h < horizon && done + h < steps; h++) {
            for (let j = 0; j < wide; j++) {
              out[(i * steps + done + h) * wide + j] = block[h * wide + j] ?? NaN;
            }
          }
        });
        if (done + horizon >= steps) break;
        const given = Object.fromEntries(
          others.map((name) => [name, comingRows(name, future, done, horizon, steps)]),
        );
        grown = grown.map((s, i) => {
          const next = targets.map((name, j) =>
            [
              name,
              Float64Array.from({ length: horizon }, (_, h) => blocks[i]?.[h * wide + j] ?? NaN),
            ] as const
          );
          return appendRows(s, { ...given, ...Object.fromEntries(next) }, horizon);
        });
      }
      return out;
    },
    toJSON() {
      if (!scaler) {
        throw new InputError("the preprocessor isn't fitted: call fit with the series and its split first");
      }
      return { version: 1, options, scaler: scaler.toJSON() };
    },
  };
  return self;
}

function extended(
  change: Differencer,
  levels: Float64Array,
  origin: number,
  differences: Float64Array,
): Float64Array {
  return change.extend(levels.subarray(Math.max(0, origin - change.lost), origin), differences);
}
function stacked(list: readonly Tensor[]): Tensor {
  const [first] = list, size = first?.data.length ?? 0, data = new Float32Array(size * list.length);
  list.forEach((t, i) => data.set(toNumbers(t) as Float32Array, i * size));
  return tensor(data, [list.length, ...first?.shape.slice(1) ?? []]);
}
/** The rows of another column that a recursive forecast sees next. */
function comingRows(name: string, future: Columns, done: number, count: number, steps: number): Float64Array {
  const values = future[name];
  if (values && values.length >= done + count) return values.subarray(done, done + count);
  throw new InputError(
    `forecasting ${steps} steps by recursion needs the coming rows of column ${shown(name)}${
      values ? `: ${values.length} are given` : ""
    }: give them, forecast ${done + count} steps, or train with a horizon of ${steps}`,
    { place: name },
  );
}
