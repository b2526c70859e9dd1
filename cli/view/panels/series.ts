/** A forecaster at its series: windows as samples, forecasts of the last rows beside what came, and of the next ones. @module */
import { InputError, LapisError, type Model, type Tensor } from "../../../mod.ts";
import { dateText, timesAfter } from "../../../public/series.ts";

import { bandsOf, forecastPart, predictOne } from "../../training/forecasts.ts";
import { asTest, type HeldSeries, readSeries } from "../../training/series.ts";
import type { ForecastSeries } from "../data.ts";
import { forecastErrors } from "./forecasts.ts";

/** What is seen of a series. */
export interface SeenSeries {
  readonly forecasts: readonly ForecastSeries[];
  /** Windows of the last rows, and what came after each. */
  readonly x: Tensor;
  readonly y: Tensor | undefined;
}
/** Rows at the end that are forecast, and rows before them that are shown, at most. */
const mostRows = 200, mostBefore = 400;

/**
 * Forecasts the last fifth of a series from the rows before each, and what comes next.
 * @throws {InputError} for a series that is too short.
 */
export async function seriesSeen(
  model: Model,
  held: HeldSeries,
  files: readonly string[],
): Promise<SeenSeries> {
  const { config, intervals } = held, series = await readSeries(files, config);
  const { targets, horizon = 1, length: window } = held.preprocessor.options;
  const rows = Math.min(mostRows, Math.floor(series.rows / 5)), from = series.rows - rows;
  if (rows < horizon || from < held.preprocessor.needed) {
    throw new InputError(`${files.join(", ")}: ${series.rows} rows are too few to forecast the last of them`);
  }
  const run = asTest(held, series, from), { preprocessor, split } = run;
  const made = await forecastPart(run, model, "test");
  const windows = preprocessor.windows(series, split, "test");
  const { x, y } = windows.take(Int32Array.from({ length: windows.count }, (_, i) => i));
  const next = await preprocessor.forecast((batch) => predictOne(model, batch), [series], horizon)
    // Other columns' coming rows may be wanted, which nobody has.
    .catch((error: unknown) => {
      if (error instanceof LapisError) return undefined;
      throw error;
    });
  const start = Math.max(0, from - mostBefore),
    ahead = next ? horizon : 0,
    length = series.rows - start + ahead;
  const coming = series.times && timesAfter(series.times, ahead);
  const times = Array.from({ length }, (_, i) => {
    const row = start + i, time = row < series.rows ? series.times?.[row] : coming?.[row - series.rows];
    return time === undefined ? `${row + 1}` : dateText(time);
  });
  const forecasts = targets.map((target, j): ForecastSeries => {
    const truth = series.columns[target] ?? new Float64Array(), each = horizon * targets.length;
    const values = Array.from({ length }, (_, i) => truth[start + i] ?? null);
    const prediction = new Array<number | null>(length).fill(null);
    const lower = [...prediction], upper = [...prediction], known = intervals[j];
    const put = (row: number, block: readonly number[]): void => {
      const bands = known && bandsOf(preprocessor, known, block, config.level, horizon);
      block.forEach((v, h) => {
        prediction[row - start + h] = v;
        lower[row - start + h] = bands?.[h]?.[0] ?? null;
        upper[row - start + h] = bands?.[h]?.[1] ?? null;
      });
    };
    const block = (of: ArrayLike<number>, at: number) =>
      Array.from({ length: horizon }, (_, h) => of[at + h * targets.length + j] ?? NaN);
    made.origins.forEach((origin, i) => {
      if ((origin - from) % horizon === 0) put(origin, block(made.values, i * each));
    });
    if (next) put(series.rows, block(next, 0));
    return {
      name: target,
      times,
      values,
      window: [Math.max(0, from - start - window), from - start],
      prediction,
      ...(known && { lower, upper }),
      metrics: forecastErrors(values, prediction),
    };
  });
  return { forecasts, x, y };
}
