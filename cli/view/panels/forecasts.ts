/** The Forecasts view's data: series with what was predicted of them. @module */
import { fields } from "../../../public/plugins.ts";
import type { ForecastsData, ForecastSeries } from "../data.ts";

type Json = Readonly<Record<string, unknown>>;
type Numbers = readonly (number | null)[];
const numbersIn = (raw: unknown): Numbers | undefined =>
  Array.isArray(raw) && raw.every((v) => typeof v === "number" || v === null) ? raw : undefined;

/** Errors of the predicted steps whose true value is known. */
export function forecastErrors(values: Numbers, prediction: Numbers): Record<string, number> {
  const pairs = values.flatMap((v, i) => {
    const p = prediction[i];
    return typeof v === "number" && typeof p === "number" ? [[v, p] as const] : [];
  });
  if (pairs.length === 0) return {};
  const mean = (f: (v: number, p: number) => number) =>
    pairs.reduce((n, [v, p]) => n + f(v, p), 0) / pairs.length;
  return { rmse: Math.sqrt(mean((v, p) => (v - p) ** 2)), mae: mean((v, p) => Math.abs(v - p)) };
}

function seriesFrom(raw: Json, name: string): ForecastSeries | undefined {
  const values = numbersIn(raw.values) ?? numbersIn(raw.series) ?? numbersIn(raw.actual);
  const given = numbersIn(raw.prediction) ?? numbersIn(raw.forecast) ?? numbersIn(raw.mean);
  if (!values || !given) return undefined;
  const start = typeof raw.start === "number"
    ? raw.start
    : given.length === values.length
    ? 0
    : values.length;
  const length = Math.max(values.length, start + given.length);
  const laid = (list: Numbers): Numbers =>
    Array.from({ length }, (_, i) => (i >= start ? list[i - start] ?? null : null));
  const all = Array.from({ length }, (_, i) => values[i] ?? null), prediction = laid(given);
  const lower = numbersIn(raw.lower), upper = numbersIn(raw.upper);
  const times = Array.isArray(raw.times) ? raw.times.map(String) : [];
  const first = prediction.findIndex((p) => p !== null);
  const window = Array.isArray(raw.window) && raw.window.length === 2
    ? [Number(raw.window[0]), Number(raw.window[1])] as const
    : [Math.max(0, first - (typeof raw.window === "number" ? raw.window : 0)), Math.max(0, first)] as const;
  return {
    name: typeof raw.name === "string" ? raw.name : name,
    times: Array.from({ length }, (_, i) => times[i] ?? `${i}`),
    values: all,
    window,
    prediction,
    ...(lower && { lower: laid(lower) }),
    ...(upper && { upper: laid(upper) }),
    metrics: {
      ...forecastErrors(all, prediction),
      ...(fields.isRecord(raw.metrics)
        ? Object.fromEntries(
          Object.entries(raw.metrics).filter((e): e is [string, number] => typeof e[1] === "number"),
        )
        : {}),
    },
  };
}

/** Forecasts out of a file: one `{ values, prediction, lower, upper, start }`, or `{ forecasts: [...] }`; undefined for others. */
export function forecastsFrom(raw: Json, name: string): ForecastsData | undefined {
  const list = Array.isArray(raw.forecasts) ? raw.forecasts : [raw];
  const series = list.flatMap((one, i) => {
    const made = fields.isRecord(one)
      ? seriesFrom(one, list.length === 1 ? name : `${name} ${i + 1}`)
      : undefined;
    return made ? [made] : [];
  });
  return series.length > 0 ? { series } : undefined;
}
