/** What a preprocessor of series takes, does and saves. @module */
import type { OptionNames } from "../../../core/values/schema.ts";
import type { Tensor } from "../../../core/values/tensor.ts";
import type { Columns, ScalerJson, ScalerKind } from "../scaling.ts";
import type { CalendarFeature } from "./dates.ts";
import type { DifferenceOptions } from "./difference.ts";
import type { FeatureOptions } from "./features.ts";
import type { SeriesSplit } from "./split.ts";
import type { TimeSeries } from "./table.ts";
import type { SeriesWindows } from "./windows.ts";

/** What the target is made of before anything else; undone last. */
export type TargetTransform = "none" | "log" | "log1p" | "sqrt";
/** Names of the options of features. */
export const featureNames: OptionNames<FeatureOptions> = {
  lags: 0,
  rolling: 0,
  statistics: 0,
  shift: 0,
  differences: 0,
  movingAverages: 0,
  rsi: 0,
};

/** How a {@link seriesPreprocessor} makes windows of a series. */
export interface SeriesPreprocessorOptions {
  /** Columns that are forecast. */
  readonly targets: readonly string[];
  /** Other columns whose past is seen; a target named here is seen as it is beside its differences. */
  readonly features?: readonly string[];
  /** Rows that are seen (lookback). */
  readonly length: number;
  /** Rows that are forecast at once; 1 unless given. */
  readonly horizon?: number;
  /** Rows between windows of training; 1 unless given. */
  readonly stride?: number;
  /** Rows between what is seen and what is forecast; 0 unless given. */
  readonly gap?: number;
  /** Transform of the targets; none unless given. */
  readonly transform?: TargetTransform;
  /** Differences of the targets, after the transform; none unless given. */
  readonly difference?: DifferenceOptions | null;
  /** Features of each target, after the transform; none unless given. */
  readonly derived?: FeatureOptions | null;
  /** Numbers of the calendar; none unless given. */
  readonly calendar?: readonly CalendarFeature[];
  /** True sees the calendar of the row after each, which is known beforehand: of the first row that is forecast, at last. */
  readonly calendarAhead?: boolean;
  /** Zone of the calendar, where the dates say their offset from UTC. */
  readonly timeZone?: string;
  /** Scaler of every column; standard unless given. */
  readonly scaler?: ScalerKind;
}
/** Their names. */
export const seriesPreprocessorNames: OptionNames<SeriesPreprocessorOptions> = {
  targets: 0,
  features: 0,
  length: 0,
  horizon: 0,
  stride: 0,
  gap: 0,
  transform: 0,
  difference: 0,
  derived: 0,
  calendar: 0,
  calendarAhead: 0,
  timeZone: 0,
  scaler: 0,
};
/** A fitted preprocessor as JSON. */
export interface SeriesPreprocessorJson {
  /** Of this form. */
  readonly version: 1;
  /** Its options. */
  readonly options: SeriesPreprocessorOptions;
  /** Its scaler. */
  readonly scaler: ScalerJson;
}
/** A part of a split. */
export type SeriesPart = keyof SeriesSplit;

/** What {@link SeriesPreprocessor.warnings} is told of a training. */
export interface SeriesTrainingFacts {
  /** Numbers in the model. */
  readonly parameters: number;
  /** Windows in a batch. */
  readonly batchSize: number;
}
/** Makes windows of a series and series of forecasts. Row numbers are those of the series that is given. */
export interface SeriesPreprocessor {
  /** Its options. */
  readonly options: SeriesPreprocessorOptions;
  /** Columns of a window, in order; known once fitted. */
  readonly inputs: readonly string[];
  /** What the targets' transform does with a value, and undoes: prediction intervals are symmetric in between. */
  readonly transform: { to(value: number): number; back(value: number): number };
  /** Rows at the front that differences and features use up. */
  readonly lost: number;
  /** Rows at the end that a forecast looks at. */
  readonly needed: number;
  /** Learns the scaling from the training part. @throws {InputError} for a series that doesn't suit the options. */
  fit(series: TimeSeries, split: SeriesSplit): SeriesPreprocessor;
  /**
   * What is odd about the training part: values far from 1, a target with a unit root; and about the training, where that is told:
   * no validation part, far more parameters than there are values to learn from, batches of one. Each says what to do.
   */
  warnings(series: TimeSeries, split: SeriesSplit, training?: SeriesTrainingFacts): string[];
  /** Windows whose targets lie in a part; those of later parts look back into earlier ones. */
  windows(series: TimeSeries, split: SeriesSplit, part: SeriesPart): SeriesWindows;
  /** First target row of every window, in the rows of the series. */
  origins(windows: SeriesWindows): Int32Array;
  /** The window that ends with the last row: `[1, length, columns]`. */
  latest(series: TimeSeries): Tensor;
  /** A model's output `[rows, horizon…]` for forecasts that begin at `origins`, in the unit of the series: `[rows × horizon × targets]`. */
  restore(series: TimeSeries, origins: ArrayLike<number>, output: Tensor): Float64Array;
  /**
   * Forecasts what comes behind each series, `[series × steps × targets]`: directly up to the model's horizon, beyond it recursively on
   * its own forecasts; `future` holds the other columns' coming rows, which recursion needs.
   */
  forecast(
    predict: (x: Tensor) => Promise<Tensor>,
    series: readonly TimeSeries[],
    steps: number,
    future?: Columns,
  ): Promise<Float64Array>;
  /** What {@link seriesPreprocessorFromJSON} reads. */
  toJSON(): SeriesPreprocessorJson;
}
