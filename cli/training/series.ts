/** A series made ready for `lapis train`, and its form in lapis.json. @module */
import { type BatchSource, type Extras, InputError, type Tensor } from "../../mod.ts";
import { fields } from "../../public/plugins.ts";
import {
  appendRows,
  assertAfter,
  chronologicalSplit,
  type ForecastIntervals,
  type IntervalJson,
  intervalsFromJSON,
  scalerFromJSON,
  type SeriesPreprocessor,
  seriesPreprocessor,
  seriesPreprocessorFromJSON,
  type SeriesPreprocessorJson,
  type SeriesSplit,
  type SeriesTrainingFacts,
  type SeriesWindows,
  type TimeSeries,
  timeSeries,
} from "../../public/series.ts";
import { reshaped, sizeOf } from "../../public/tensors.ts";
import { readTable, type TableOptions } from "../inputs.ts";
import type { DataConfig } from "./config.ts";
import { preprocessingOf, readingOf, type SeriesConfig, seriesFields } from "./seriesconfig.ts";

/** Reads files as one series, one after another in time. @throws {InputError} where one begins before the last ends. */
export async function readSeries(
  files: readonly string[],
  config: SeriesConfig,
  form: TableOptions = {},
): Promise<TimeSeries> {
  let all: TimeSeries | undefined, last = "";
  for (const file of files) {
    const next = timeSeries(await readTable(file, form), { ...readingOf(config), file });
    if (all?.times && next.times) {
      assertAfter({ name: file, times: next.times }, { name: last, times: all.times });
    }
    all = all ? joined(all, next) : next;
    last = file;
  }
  if (all) return all;
  throw new InputError("a series needs a table: data.train");
}
function joined(a: TimeSeries, b: TimeSeries): TimeSeries {
  const made = appendRows({ ...a, times: null }, b.columns, b.rows);
  return { ...made, times: a.times && b.times && Float64Array.from([...a.times, ...b.times]) };
}

/** Everything about a series that training and forecasting share. */
export interface SeriesRun {
  readonly config: SeriesConfig;
  /** How its tables are written. */
  readonly form?: TableOptions;
  readonly series: TimeSeries;
  readonly split: SeriesSplit;
  readonly preprocessor: SeriesPreprocessor;
}
/** How windows are cut into batches. */
export interface BatchesOptions {
  readonly batchSize: number;
  readonly seed?: number;
  /** The epoch to begin with. */
  readonly epoch?: number;
  /** Rank of the model's output: `[batch, horizon × targets]` where it is 2. */
  readonly rank: number;
}
function batchesOf(windows: SeriesWindows, { rank, ...options }: BatchesOptions): BatchSource {
  const source = windows.batches(options);
  return function* () {
    for (const { x, y } of source()) {
      yield {
        x,
        y: rank === 2 && y.shape.length > 2 ? reshaped(y, [y.shape[0] ?? 0, sizeOf(y.shape.slice(1))]) : y,
      };
    }
  };
}
/** A series that is ready to be trained on. */
export interface SeriesTraining extends SeriesRun {
  /** A window, for the shape of a sample. */
  readonly sample: Tensor;
  /** Windows of the training part. */
  readonly rows: number;
  /** What is odd about the data or the training of a model; none where the configuration wants none. */
  warnings(training: SeriesTrainingFacts): readonly string[];
  /** Batches of the training part from an epoch on. */
  batches(options: BatchesOptions): BatchSource;
  /** Batches of the validation part for an output of this rank, where there is such a part. */
  readonly validation: ((rank: number) => BatchSource) | undefined;
}

/** Reads, splits and prepares. @throws {LapisError} for leaks, gaps and columns that aren't there. */
export async function openSeries(
  data: DataConfig,
  config: SeriesConfig,
  fitted?: SeriesPreprocessor,
): Promise<SeriesTraining> {
  const parts = [data.train, data.validation, data.test].map((part) => part?.x ?? []);
  const series = await readSeries(parts.flat(), config, data.table);
  const split = await splitOf(parts, series, config, data.table);
  const preprocessor = fitted ?? seriesPreprocessor(preprocessingOf(config)).fit(series, split);
  const windows = preprocessor.windows(series, split, "train");
  const later = split.validation.to > split.validation.from
    ? preprocessor.windows(series, split, "validation")
    : undefined;
  return {
    config,
    form: data.table,
    series,
    split,
    preprocessor,
    sample: windows.take([0]).x,
    rows: windows.count,
    warnings: (training) => (config.warnings ? preprocessor.warnings(series, split, training) : []),
    batches: (options) => batchesOf(windows, options),
    validation: later && ((rank) => batchesOf(later, { batchSize: 256, rank })),
  };
}
/** Parts by their sizes, or by their files where those are given apart. */
async function splitOf(
  [train = [], validation = [], test = []]: readonly (readonly string[])[],
  series: TimeSeries,
  config: SeriesConfig,
  form: TableOptions,
): Promise<SeriesSplit> {
  const { validationSize, testSize } = config;
  const rowsOf = async (files: readonly string[]) =>
    files.length === 0 ? undefined : (await readSeries(files, config, form)).rows;
  const behind = await rowsOf(test) ??
    chronologicalSplit(series.rows, { validation: 0, test: testSize }).test;
  const tested = typeof behind === "number" ? behind : behind.to - behind.from;
  const selected = await rowsOf(validation) ??
    (validationSize < 1 && test.length > 0
      ? Math.round(validationSize * (await rowsOf(train) ?? 0))
      : validationSize);
  return chronologicalSplit(series.rows, { validation: selected, test: tested });
}

/** What a model's file keeps of its series. */
export function seriesExtras(run: SeriesRun, intervals: readonly ForecastIntervals[]): Extras {
  return {
    json: {
      series: {
        config: run.config,
        form: run.form ?? {},
        preprocessor: run.preprocessor.toJSON(),
        intervals: intervals.map((i) => i.toJSON()),
        trainedUntil: run.series.times?.[run.split.validation.to - 1] ?? null,
      },
    },
  };
}
/** What a model's file says of its series. */
export interface HeldSeries {
  readonly config: SeriesConfig;
  readonly form: TableOptions;
  readonly preprocessor: SeriesPreprocessor;
  readonly intervals: readonly ForecastIntervals[];
  /** The last date that it was trained or selected on; null where its series had none. */
  readonly trainedUntil: number | null;
}
/** A run whose test part is a series' rows from `from` on. The file isn't the one of training: its rows say nothing of what was learned. */
export function asTest({ config, preprocessor }: HeldSeries, series: TimeSeries, from: number): SeriesRun {
  const { options, scaler } = preprocessor.toJSON();
  return {
    config,
    series,
    split: {
      train: { from: 0, to: from },
      validation: { from, to: from },
      test: { from, to: series.rows },
    },
    preprocessor: seriesPreprocessorFromJSON({
      version: 1,
      options,
      scaler: { ...scalerFromJSON(scaler).toJSON(), rows: { from: 0, to: 0 } },
    }),
  };
}
/** Reads it back; undefined where the file holds none. @throws {ConfigError} where it isn't one. */
export function seriesFrom(extras: Extras | undefined): HeldSeries | undefined {
  const raw = extras?.json.series;
  if (typeof raw !== "object" || raw === null) return undefined;
  const { config, form, preprocessor, intervals, trainedUntil } = raw as {
    readonly form?: TableOptions;
    readonly config: Readonly<Record<string, unknown>>;
    readonly preprocessor: SeriesPreprocessorJson;
    readonly intervals?: readonly IntervalJson[];
    readonly trainedUntil?: number | null;
  };
  return {
    config: fields.parseConfig(seriesFields, config, "lapis.json: series"),
    form: form ?? {},
    preprocessor: seriesPreprocessorFromJSON(preprocessor),
    intervals: (intervals ?? []).map(intervalsFromJSON),
    trainedUntil: trainedUntil ?? null,
  };
}
