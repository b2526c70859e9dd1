/** `lapis forecast`: what comes next in a series, with prediction intervals; or how well that works on rows that are known. @module */
import { InputError, type Model } from "../../mod.ts";
import { dateText, timesAfter, type TimeSeries, timeSeries } from "../../public/series.ts";
import { type CommandDef, numberOption, type Outcome, textOption, UsageError } from "../command.ts";
import { type ForecastPlot, forecastSvg } from "../forecastplot.ts";
import { readTable } from "../inputs.ts";
import { givenFiles } from "../given.ts";
import { loadNamed, modelOptions } from "../loading.ts";
import { checkFile, writeText } from "../output.ts";
import { csvText } from "../results/formats.ts";
import { table } from "../terminal.ts";
import { bandsOf, forecastPart, judge, predictOne, reportText } from "../training/forecasts.ts";
import { asTest, type HeldSeries, readSeries, seriesFrom } from "../training/series.ts";
import { short } from "../training/watch.ts";

/** Forecasts a series. */
export const forecast: CommandDef = {
  name: "forecast",
  summary: "forecast what comes next in a series",
  example: `lapis forecast airline.keras --data airline-passengers.csv --horizon 12
lapis forecast load.keras --data recent.csv --level 0.95 -o forecast.svg
lapis forecast load.keras --data all.csv --backtest 168   # beside what came`,
  declare: (command) =>
    modelOptions(command)
      .option("--data <file>", "the series up to now: a .csv with the columns of training")
      .option("--horizon <rows>", "rows to forecast; as many as the model does at once unless given")
      .option("--future <file>", "coming rows of the other columns, where the model sees some")
      .option("--level <probability>", "probability of the intervals; that of training unless given")
      .option("--backtest <rows>", "forecast the last rows, and compare")
      .option("-o, --output <file>", "where the forecast is written: .csv or .svg"),
  async run([path = ""], options, context) {
    const file = textOption(options, "data"), output = textOption(options, "output");
    const horizon = numberOption(options, "horizon", { flag: "--horizon", whole: true, min: 1 });
    const level = numberOption(options, "level", { flag: "--level", min: 0 });
    const backtest = numberOption(options, "backtest", { flag: "--backtest", whole: true, min: 1 });
    if (file === undefined) throw new UsageError("--data is missing: the series up to now");
    if (level !== undefined && !(level > 0 && level < 1)) {
      throw new UsageError(`--level: expected a probability between 0 and 1, got ${level}`);
    }
    if (output !== undefined) {
      const inputs = [path, file, textOption(options, "future") ?? file];
      await checkFile(output, { flag: "--output", endings: [".csv", ".svg"], inputs });
    }
    const { model } = await loadNamed(path, options, context), kept = seriesFrom(model.extras);
    if (!kept) {
      throw new InputError(
        `${path}: holds no series: forecasters are trained by lapis train with data.series`,
        { file: path },
      );
    }
    const held = level === undefined ? kept : { ...kept, config: { ...kept.config, level } };
    const series = await readSeries(await givenFiles([file]), held.config, held.form);
    if (backtest !== undefined) {
      const first = series.times?.[series.rows - backtest], { trainedUntil } = held;
      if (first !== undefined && trainedUntil !== null && first <= trainedUntil) {
        context.log(
          `warning: the last ${backtest} rows begin on ${
            dateText(first)
          }, and the model was trained or selected on rows up to ${
            dateText(trainedUntil)
          }: forecasts of rows that it has seen say little`,
        );
      }
      return await past({ held, model, series, rows: backtest, output, width: context.terminal.width, path });
    }
    const steps = horizon ?? held.preprocessor.options.horizon ?? 1,
      futureFile = textOption(options, "future");
    const future = futureFile === undefined ? {} : await comingColumns(futureFile, held);
    const values = await held.preprocessor.forecast((x) => predictOne(model, x), [series], steps, future);
    return await coming({ held, series, steps, values, output, path, width: context.terminal.width });
  },
};

/** The other columns' coming rows. */
async function comingColumns(file: string, { preprocessor, form }: HeldSeries) {
  const { targets, features = [] } = preprocessor.options,
    columns = features.filter((name) => !targets.includes(name));
  return timeSeries(await readTable(file, form), { columns, file }).columns;
}

/** Names of the next rows: dates, or their distance. */
function comingNames(series: TimeSeries, gap: number, steps: number): string[] {
  const times = series.times && timesAfter(series.times, gap + steps);
  return Array.from({ length: steps }, (_, i) => (times ? dateText(times[gap + i] ?? 0) : `+${gap + i + 1}`));
}
const rowName = ({ times }: TimeSeries, row: number) => (times ? dateText(times[row] ?? 0) : `${row + 1}`);

interface Coming {
  readonly held: HeldSeries;
  readonly series: TimeSeries;
  readonly steps: number;
  readonly values: Float64Array;
  readonly output: string | undefined;
  readonly path: string;
  readonly width: number;
}
async function coming({ held, series, steps, values, output, path, width }: Coming): Promise<Outcome> {
  const { config, preprocessor, intervals } = held, { targets, gap = 0 } = preprocessor.options;
  const names = comingNames(series, gap, steps);
  const parts = targets.map((target, j) => {
    const forecast = Array.from({ length: steps }, (_, h) => values[h * targets.length + j] ?? NaN);
    const known = intervals[j], bands = known && bandsOf(preprocessor, known, forecast, config.level, steps);
    return {
      target,
      forecast,
      ...(bands && { lower: bands.map(([lower]) => lower), upper: bands.map(([, upper]) => upper) }),
    };
  });
  const percent = Number((100 * config.level).toPrecision(6));
  const header = [
    "",
    ...parts.flatMap((p) => [p.target, ...(p.lower ? [`lower ${percent} %`, `upper ${percent} %`] : [])]),
  ];
  const rows = names.map((name, h) => [
    name,
    ...parts.flatMap((p) =>
      [p.forecast[h], ...(p.lower ? [p.lower[h], p.upper?.[h]] : [])].map((v) => v ?? NaN)
    ),
  ]);
  const known = intervals[0]?.horizon ?? 0, { horizon = 1 } = preprocessor.options;
  const notes = [
    ...(steps > horizon
      ? [`recursive beyond ${horizon} ${horizon === 1 ? "step" : "steps"}: on the model's own forecasts`]
      : []),
    ...(known > 0 && steps > known
      ? [`intervals beyond step ${known} widen with the root of the step: they weren't measured`]
      : []),
  ];
  if (output !== undefined) {
    const text = output.endsWith(".svg")
      ? forecastSvg(comingPlot(series, parts[0], names, percent))
      : csvText([[
        series.times ? "date" : "step",
        ...header.slice(1).map((h) => h.replaceAll(" ", "_").replace("_%", "")),
      ], ...rows]);
    await writeText(output, text);
  }
  return {
    text: [
      table(header, rows.map((row) => row.map((v) => (typeof v === "number" ? short(v) : v))), {
        right: header.map((_, i) => i).slice(1),
        width,
      }),
      ...notes,
      ...(output === undefined ? [] : [`written: ${output}`]),
    ].join("\n"),
    data: {
      model: path,
      steps,
      level: config.level,
      dates: names,
      forecasts: parts,
      ...(output !== undefined && { output }),
    },
  };
}

function comingPlot(
  series: TimeSeries,
  part: {
    readonly target: string;
    readonly forecast: number[];
    readonly lower?: number[];
    readonly upper?: number[];
  } | undefined,
  names: readonly string[],
  percent: number,
): ForecastPlot {
  const { target = "", forecast = [], lower, upper } = part ?? {},
    shown = Math.min(series.rows, 4 * names.length + 48);
  const start = series.rows - shown, values = series.columns[target]?.subarray(start) ?? [];
  return {
    title: `${target}: ${names.length} rows ahead${lower ? `, ${percent} % interval` : ""}`,
    lines: [{ name: target, from: start, values }, { name: "forecast", from: series.rows, values: forecast }],
    ...(lower && upper && { band: { from: series.rows, lower, upper } }),
    label: (row) => (row < series.rows ? rowName(series, row) : names[row - series.rows] ?? ""),
  };
}

interface Past {
  readonly held: HeldSeries;
  readonly model: Model;
  readonly series: TimeSeries;
  readonly rows: number;
  readonly output: string | undefined;
  readonly width: number;
  readonly path: string;
}
/** Forecasts of the last rows beside what came. */
async function past({ held, model, series, rows, output, width, path }: Past): Promise<Outcome> {
  const from = series.rows - rows, { gap = 0, length } = held.preprocessor.options;
  const least = held.preprocessor.lost + length + gap;
  if (from < least) {
    throw new InputError(`--backtest ${rows}: leaves ${Math.max(0, from)} rows before: expected ${least}`);
  }
  const run = asTest(held, series, from), { options } = run.preprocessor;
  const reports = await judge(run, model, "test", held.intervals);
  if (output !== undefined) {
    const made = await forecastPart(run, model, "test"),
      { targets, horizon = 1 } = options,
      [target = ""] = targets;
    const each = horizon * targets.length, truth = series.columns[target] ?? new Float64Array();
    // Every row's forecast: from the blocks one after another.
    const forecast = new Float64Array(rows).fill(NaN);
    made.origins.forEach((origin, i) => {
      if ((origin - from) % horizon !== 0 && i < made.origins.length - 1) return;
      for (let h = 0; h < horizon; h++) {
        forecast[origin - from + h] = made.values[i * each + h * targets.length] ?? NaN;
      }
    });
    const start = Math.max(0, from - 48);
    const text = output.endsWith(".svg")
      ? forecastSvg({
        title: `${target}: the last ${rows} rows, ${horizon === 1 ? "one step" : `${horizon} steps`} ahead`,
        lines: [
          { name: target, from: start, values: truth.subarray(start) },
          { name: "forecast", from, values: forecast, dashed: true },
        ],
        label: (row) => rowName(series, row),
      })
      : csvText([
        [series.times ? "date" : "row", target, "forecast"],
        ...Array.from(forecast, (f, i) => [rowName(series, from + i), truth[from + i] ?? NaN, f]),
      ]);
    await writeText(output, text);
  }
  return {
    text: [reportText(reports, width), ...(output === undefined ? [] : [`written: ${output}`])].join("\n"),
    data: { model: path, backtest: rows, forecasts: reports, ...(output !== undefined && { output }) },
  };
}
