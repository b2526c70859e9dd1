/** How good a model's forecasts of a series are, beside those of the baselines; and the intervals around them. @module */
import { InputError, type Model, type Tensor } from "../../mod.ts";
import {
  conformalIntervals,
  type ForecastIntervals,
  type ForecastMetrics,
  forecastMetrics,
  naiveError,
  persistenceForecast,
  ridgeForecaster,
  seasonalNaiveForecast,
  type SeriesPart,
  type SeriesPreprocessor,
  seriesRows,
  type TimeSeries,
} from "../../public/series.ts";
import { table } from "../terminal.ts";
import type { SeriesRun } from "./series.ts";
import { short } from "./watch.ts";

const chunk = 2048;
/** What a model forecasts for every window of a part, in the unit of the series, with the first row of each. */
export async function forecastPart(run: SeriesRun, model: Model, part: SeriesPart) {
  const { preprocessor, series, split } = run, windows = preprocessor.windows(series, split, part);
  const origins = preprocessor.origins(windows), { options } = preprocessor;
  const each = (options.horizon ?? 1) * options.targets.length,
    values = new Float64Array(windows.count * each);
  for (let from = 0; from < windows.count; from += chunk) {
    const to = Math.min(from + chunk, windows.count);
    const { x } = windows.take(Int32Array.from({ length: to - from }, (_, i) => from + i));
    values.set(
      preprocessor.restore(series, origins.subarray(from, to), await predictOne(model, x)),
      from * each,
    );
  }
  return { origins, values };
}
/** The output of a model of one output. */
export async function predictOne(model: Model, x: Tensor): Promise<Tensor> {
  if (model.outputs.length === 1) return await model.predict(x, { batchSize: 256 });
  throw new InputError(`a forecaster has one output; this model has ${model.outputs.length}`);
}
/** Forecasts over `steps` rows from so many places of a part, on the model's own forecasts where it must. */
async function forecastFrom(run: SeriesRun, model: Model, part: SeriesPart, steps: number) {
  const { preprocessor, series, split } = run, { from, to } = split[part], most = 200;
  const count = Math.min(most, to - steps - from + 1);
  if (count < 1) return undefined;
  const origins = Int32Array.from(
    { length: count },
    (_, i) => from + Math.floor(i * (to - steps - from + 1) / count),
  );
  const known = [...origins].map((at) => seriesRows(series, Math.max(0, at - 2 * preprocessor.needed), at));
  const others = preprocessor.options.features ?? [];
  if (others.some((name) => !preprocessor.options.targets.includes(name))) return undefined;
  const values = await preprocessor.forecast((x) => predictOne(model, x), known, steps);
  return { origins, values };
}

/** A forecast's rows of one target: `[origins × steps]`. */
function targetOf(values: Float64Array, targets: number, j: number): Float64Array {
  return targets === 1
    ? values
    : Float64Array.from({ length: values.length / targets }, (_, i) => values[i * targets + j] ?? NaN);
}
function truthOf(series: TimeSeries, name: string, origins: Int32Array, steps: number): Float64Array {
  const column = series.columns[name];
  return Float64Array.from(
    { length: origins.length * steps },
    (_, i) => column?.[(origins[Math.floor(i / steps)] ?? 0) + i % steps] ?? NaN,
  );
}

/** Forecasts of one kind and how good they are. */
export interface Judged {
  readonly name: string;
  readonly metrics: ForecastMetrics;
  /** RMSE of each step ahead. */
  readonly stepRmse: readonly number[];
}
/** What the forecasts of a part come to, for one target. */
export interface ForecastReport {
  readonly target: string;
  readonly part: SeriesPart;
  /** Forecasts that were made, and steps of each. */
  readonly forecasts: number;
  readonly steps: number;
  /** `direct`, or `recursive` on the model's own forecasts. */
  readonly kind: "direct" | "recursive";
  /** The model first, then persistence and the other baselines. */
  readonly models: readonly Judged[];
  /** Share of the truth inside the prediction intervals, where these are known. */
  readonly coverage?: { readonly level: number; readonly share: number; readonly width: number };
}

/** Judges a model's forecasts of a part beside those of the baselines. */
export async function judge(
  run: SeriesRun,
  model: Model,
  part: SeriesPart,
  intervals: readonly ForecastIntervals[] = [],
): Promise<ForecastReport[]> {
  const { config, preprocessor } = run, { targets, horizon = 1 } = preprocessor.options;
  const steps = config.steps ?? horizon, kind = steps > horizon ? "recursive" : "direct";
  const made = kind === "direct"
    ? await forecastPart(run, model, part)
    : await forecastFrom(run, model, part, steps);
  if (!made) return [];
  return targets.map((target, j) => {
    const shown = kind === "direct" ? horizon : steps;
    const forecast = targetOf(made.values, targets.length, j);
    return reportOf(run, target, part, made.origins, forecast, {
      steps: shown,
      kind,
      name: model.name,
      intervals: intervals[j],
    });
  });
}
function reportOf(
  { series, split, config, preprocessor }: SeriesRun,
  target: string,
  part: SeriesPart,
  origins: Int32Array,
  forecast: Float64Array,
  { steps, kind, name, intervals }: {
    readonly steps: number;
    readonly kind: "direct" | "recursive";
    readonly name: string;
    readonly intervals: ForecastIntervals | undefined;
  },
): ForecastReport {
  const values = series.columns[target] ?? new Float64Array(),
    truth = truthOf(series, target, origins, steps);
  const rows = { origins, horizon: steps, gap: config.gap }, previous = persistenceForecast(values, rows);
  const naive = naiveError(values.subarray(0, split.train.to), config.season ?? 1);
  const judged = (title: string, given: Float64Array): Judged => ({
    name: title,
    metrics: forecastMetrics(truth, given, { previous, naiveError: naive }),
    stepRmse: Array.from({ length: steps }, (_, h) => {
      const step = (list: Float64Array) => list.filter((_, i) => i % steps === h);
      return forecastMetrics(step(truth), step(given)).rmse;
    }),
  });
  const before = { from: 0, to: split[part].from }, { season, ridgeLags } = config;
  const models = [judged(name, forecast), judged("persistence", previous)];
  if (season !== null && season > 1) {
    models.push(judged(`seasonal naive (${season})`, seasonalNaiveForecast(values, season, rows)));
  }
  if (ridgeLags > 0 && before.to > 2 * ridgeLags + steps + config.gap) {
    const ridge = ridgeForecaster(values, { lags: ridgeLags, horizon: steps, gap: config.gap, rows: before });
    models.push(judged(`ridge (${ridgeLags} lags)`, ridge(values, origins)));
  }
  if (!intervals) return { target, part, forecasts: origins.length, steps, kind, models };
  const bands = bandsOf(preprocessor, intervals, forecast, config.level, steps);
  const inside =
    bands.filter(([lower, upper], i) => lower <= (truth[i] ?? NaN) && (truth[i] ?? NaN) <= upper).length;
  const width = bands.reduce((sum, [lower, upper]) => sum + upper - lower, 0) / bands.length;
  return {
    target,
    part,
    forecasts: origins.length,
    steps,
    kind,
    models,
    coverage: { level: config.level, share: inside / forecast.length, width },
  };
}

/** The intervals around forecasts `[origins × steps]`, in the unit of the series. */
export function bandsOf(
  { transform }: SeriesPreprocessor,
  intervals: ForecastIntervals,
  forecast: ArrayLike<number>,
  level: number,
  steps: number,
): (readonly [lower: number, upper: number])[] {
  const widths = intervals.widths(level, steps);
  return Array.from(forecast, (f, i) => {
    const half = widths[i % steps] ?? NaN;
    return [transform.back(transform.to(f) - half), transform.back(transform.to(f) + half)];
  });
}

/** Prediction intervals of every target, from the residuals of the validation part; none where there is no such part. */
export async function learnIntervals(run: SeriesRun, model: Model): Promise<ForecastIntervals[]> {
  const { config, preprocessor, series, split } = run, { targets, horizon = 1 } = preprocessor.options;
  const { to } = preprocessor.transform;
  if (split.validation.to === split.validation.from) return [];
  const steps = config.steps ?? horizon, direct = steps <= horizon;
  const made = direct
    ? await forecastPart(run, model, "validation")
    : await forecastFrom(run, model, "validation", steps);
  if (!made) return [];
  const shown = direct ? horizon : steps;
  return targets.map((target, j) => {
    const forecast = targetOf(made.values, targets.length, j),
      truth = truthOf(series, target, made.origins, shown);
    return conformalIntervals(forecast.map((f, i) => to(f) - to(truth[i] ?? NaN)), shown);
  });
}

const percent = (n: number) => (Number.isFinite(n) ? n.toFixed(2) : "–");
const plain = (n: number) => (Number.isFinite(n) ? short(n) : "–");

/** Reports in lines. */
export function reportText(reports: readonly ForecastReport[], width: number): string {
  return reports.map(({ target, part, forecasts, steps, kind, models, coverage }) => {
    const rows = models.map(({ name, metrics: m }) => [
      name,
      plain(m.rmse),
      plain(m.mae),
      percent(m.mape),
      percent(m.smape),
      plain(m.mase),
      plain(m.r2),
      percent(100 * m.directionAccuracy),
    ]);
    const ahead = steps === 1 ? "one step ahead" : `${steps} steps ahead, ${kind}`;
    const head = ["", "RMSE", "MAE", "MAPE %", "sMAPE %", "MASE", "R²", "direction %"];
    const lines = [
      `${target}, ${part} part: ${forecasts} forecasts, ${ahead}`,
      table(head, rows, { right: [1, 2, 3, 4, 5, 6, 7], width }),
    ];
    if (coverage) {
      lines.push(
        `${percent(100 * coverage.share)} % lie inside the ${
          percent(100 * coverage.level)
        } % intervals, mean width ${plain(coverage.width)}`,
      );
    }
    lines.push(verdict(models));
    return lines.join("\n");
  }).join("\n\n");
}
/** In words, which of the baselines the model beats. */
function verdict([own, ...others]: readonly Judged[]): string {
  const names = (list: readonly Judged[]) => list.map(({ name }) => name).join(", ");
  const beaten = others.filter(({ metrics }) => (own?.metrics.rmse ?? Infinity) < metrics.rmse);
  const left = others.filter((o) => !beaten.includes(o));
  if (left.length === 0) return `${own?.name} forecasts better than ${names(beaten)} (RMSE).`;
  return `${own?.name} doesn't forecast better than ${names(left)}${
    beaten.length ? `; better than ${names(beaten)}` : ""
  } (RMSE).`;
}
