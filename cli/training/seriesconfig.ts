/** The part of a training configuration that makes its tables a series: what is forecast, from what, and how it is split. @module */
import { fields, type Schema } from "../../public/plugins.ts";
import {
  type CalendarFeature,
  calendarNames,
  type MissingPolicy,
  type RollingStatistic,
  type ScalerKind,
  type SeriesPreprocessorOptions,
  type TargetTransform,
  type TimeSeriesOptions,
} from "../../public/series.ts";

const { bool, choice, field, float, int, list, nullable, text } = fields;

/** How a table is a series, and what is forecast. */
export interface SeriesConfig {
  readonly date: readonly string[] | null;
  readonly dayFirst: boolean | null;
  readonly timeZone: string | null;
  readonly where: Readonly<Record<string, string>> | null;
  readonly sort: boolean;
  readonly missing: MissingPolicy;
  readonly target: readonly string[];
  readonly features: readonly string[];
  readonly window: number;
  readonly horizon: number;
  readonly stride: number;
  readonly gap: number;
  readonly transform: TargetTransform;
  readonly difference: number;
  readonly seasonalDifference: number | null;
  readonly lags: readonly number[];
  readonly rolling: readonly number[];
  readonly statistics: readonly RollingStatistic[];
  readonly differences: readonly number[];
  readonly movingAverages: readonly number[];
  readonly rsi: number | null;
  readonly calendar: readonly CalendarFeature[];
  readonly calendarAhead: boolean;
  readonly scaler: ScalerKind;
  readonly validationSize: number;
  readonly testSize: number;
  readonly season: number | null;
  readonly ridgeLags: number;
  readonly steps: number | null;
  readonly level: number;
  readonly warnings: boolean;
}

const words = (doc: string, fallback?: readonly string[]) =>
  field<readonly string[]>({
    doc,
    ...(fallback && { default: fallback }),
    expects: "a column, or a list of columns",
    json: { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" } }] },
    read: (raw) => {
      const all = typeof raw === "string" ? [raw] : raw;
      return Array.isArray(all) && all.every((name) => typeof name === "string") ? all : undefined;
    },
  });
const counts = (doc: string) => list({ doc, of: int({ doc: "rows", min: 1 }), default: [] });
const size = (doc: string) =>
  float({ doc: `${doc}: a share of the rows below 1, or a number of rows`, min: 0, default: 0.15 });

/** Every key of `data.series`. */
export const seriesFields: Schema<SeriesConfig> = {
  date: nullable(words("column of the date; several are date and clock, or year, month, day and hour")),
  dayFirst: nullable(bool({ doc: "3/4/2024 is 3 April" })),
  timeZone: nullable(text({ doc: "zone of the calendar, where dates say their offset from UTC" })),
  where: nullable(field<Readonly<Record<string, string>>>({
    doc: "only rows with these texts, by column",
    expects: "an object of texts",
    json: { type: "object", additionalProperties: { type: "string" } },
    read: (raw) =>
      typeof raw === "object" && raw !== null && Object.values(raw).every((v) => typeof v === "string")
        ? raw as Readonly<Record<string, string>>
        : undefined,
  })),
  sort: bool({ doc: "order the rows by date", default: false }),
  missing: choice({
    doc: "what is done about missing values",
    of: ["error", "drop", "forwardFill", "interpolate"],
    default: "error",
  }),
  target: words("what is forecast"),
  features: words(
    "other columns whose past is seen; the target itself: its level beside its differences",
    [],
  ),
  window: int({ doc: "rows that are seen (lookback)", min: 1 }),
  horizon: int({
    doc: "rows that are forecast at once; the last layer has as many units",
    min: 1,
    default: 1,
  }),
  stride: int({ doc: "rows from one training window to the next", min: 1, default: 1 }),
  gap: int({ doc: "rows between what is seen and what is forecast", min: 0, default: 0 }),
  transform: choice({
    doc: "transform of the target, undone last",
    of: ["none", "log", "log1p", "sqrt"],
    default: "none",
  }),
  difference: int({ doc: "how often the target is differenced, undone exactly", min: 0, default: 0 }),
  seasonalDifference: nullable(
    int({ doc: "a difference to the value this many rows ago, taken first", min: 2 }),
  ),
  lags: counts("features: the target so many rows ago"),
  rolling: counts("features: windows of rolling statistics of the target"),
  statistics: list({
    doc: "statistics of each rolling window",
    of: choice({ doc: "a statistic", of: ["mean", "std", "min", "max", "sum"] }),
    default: ["mean", "std", "min", "max"],
  }),
  differences: counts("features: differences of the target of these orders"),
  movingAverages: counts("features: moving averages of the target"),
  rsi: nullable(int({ doc: "feature: relative strength index of the target over this period", min: 1 })),
  calendar: list({
    doc: "features of the date",
    of: choice({ doc: "a number of the calendar", of: calendarNames }),
    default: [],
  }),
  calendarAhead: bool({
    doc: "the calendar is that of the next row, which is known beforehand",
    default: false,
  }),
  scaler: choice({
    doc: "scaler of every column, fitted on the training part",
    of: ["standard", "minMax", "robust", "none"],
    default: "standard",
  }),
  validationSize: size("rows before the test part that are selected on"),
  testSize: size("last rows, which are forecast once at the end"),
  season: nullable(int({ doc: "rows of a season, for the seasonal naive forecast and MASE", min: 1 })),
  ridgeLags: int({ doc: "lags of the ridge regression beside it; 0 for none", min: 0, default: 24 }),
  steps: nullable(int({ doc: "rows to measure recursive forecasts over; the horizon unless given", min: 1 })),
  level: float({ doc: "probability of the prediction intervals", min: 0.01, max: 0.999, default: 0.9 }),
  warnings: bool({ doc: "tell what isn't scaled or not stationary", default: true }),
};

/** How tables are read. */
export function readingOf(config: SeriesConfig): TimeSeriesOptions {
  const { date, dayFirst, where, sort, missing, target, features } = config;
  return {
    date: date ?? null,
    where,
    sort,
    missing,
    columns: [...new Set([...target, ...features])],
    ...(dayFirst !== null && { dayFirst }),
  };
}
/** How windows are made. */
export function preprocessingOf(config: SeriesConfig): SeriesPreprocessorOptions {
  const { target, features, window, horizon, stride, gap, transform, difference, seasonalDifference } =
    config;
  const {
    lags,
    rolling,
    statistics,
    differences,
    movingAverages,
    rsi,
    calendar,
    calendarAhead,
    timeZone,
    scaler,
  } = config;
  const derives = [lags, rolling, differences, movingAverages].some((l) => l.length > 0) || rsi !== null;
  return {
    targets: target,
    features,
    length: window,
    horizon,
    stride,
    gap,
    transform,
    scaler,
    ...((difference > 0 || seasonalDifference !== null) &&
      { difference: { order: difference, seasonal: seasonalDifference } }),
    ...(derives && { derived: { lags, rolling, statistics, differences, movingAverages, rsi } }),
    ...(calendar.length > 0 && { calendar, calendarAhead }),
    ...(timeZone !== null && { timeZone }),
  };
}
