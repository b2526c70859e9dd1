/**
 * The forecasting exercises, each by one command: `rmse` (four series against their baselines), `energy` (the next 24 hours by
 * SimpleRNN, LSTM and GRU), `stocks` (prices with moving averages and RSI). Trains by `lapis train` with the seeds 1, 2, 3.
 * @module
 */
import { parseArgs } from "node:util";

const here = (path: string) => decodeURIComponent(new URL(path, import.meta.url).pathname);
const { positionals: [exercise = ""], values } = parseArgs({
  args: Deno.args,
  allowPositionals: true,
  options: {
    data: { type: "string", default: here("../../../shared/data/timeseries") },
    output: { type: "string", short: "o", default: "forecasting" },
    seeds: { type: "string", default: "1,2,3" },
  },
});
const { data, output } = values, seeds = values.seeds.split(",").map(Number);

interface Judged {
  readonly name: string;
  readonly metrics: Readonly<Record<string, number>>;
  readonly stepRmse: readonly number[];
}
interface Report {
  readonly part: "validation" | "test";
  readonly models: readonly Judged[];
  readonly coverage?: { readonly level: number; readonly share: number };
}
/** Runs `lapis` with the same Deno; its answer comes as JSON. */
async function lapis(args: readonly string[]): Promise<{ readonly forecasts: readonly Report[] }> {
  const command = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", here("../../cli/main.ts"), ...args, "--json"],
    stderr: "piped",
  });
  const { success, stdout, stderr } = await command.output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}
const model = (name: string, seed: number) => `${output}/${name}-${seed}.keras`;
/** Trains a configuration with every seed: the reports of the test part. */
async function trained(name: string, config = here(`${name}.json`)): Promise<readonly Report[]> {
  const reports: Report[] = [];
  for (const seed of seeds) {
    const { forecasts } = await lapis([
      "train",
      config,
      "--data",
      data,
      "--seed",
      `${seed}`,
      "-o",
      model(name, seed),
    ]);
    const test = forecasts.find(({ part }) => part === "test");
    if (test) reports.push(test);
    console.log(`${name}, seed ${seed}: RMSE ${test?.models[0]?.metrics.rmse?.toFixed(4)}`);
  }
  return reports;
}
const mean = (list: readonly number[]) => list.reduce((a, b) => a + b, 0) / list.length;
const metric = (reports: readonly Report[], at: number, name: string) =>
  mean(reports.map((r) => r.models[at]?.metrics[name] ?? NaN));
function printTable(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, c) => Math.max(...rows.map((row) => row[c]?.length ?? 0)));
  for (const row of rows) {
    console.log(
      row.map((cell, c) => c ? cell.padStart(widths[c] ?? 0) : cell.padEnd(widths[c] ?? 0)).join("  "),
    );
  }
}
const fixed = (n: number, digits = 3) => (Number.isFinite(n) ? n.toFixed(digits) : "–");

const series = ["airline", "temperatures", "bike", "etth1"];
async function rmse(): Promise<string> {
  const rows = [[
    "series, RMSE of the test part",
    ...seeds.map((s) => `seed ${s}`),
    "mean",
    "persistence",
    "seasonal",
    "ridge",
  ]];
  const lost: string[] = [];
  for (const name of series) {
    const reports = await trained(name), own = metric(reports, 0, "rmse");
    const baselines = [1, 2, 3].map((at) => metric(reports, at, "rmse"));
    if (!baselines.every((b) => own < b)) lost.push(name);
    rows.push([
      name,
      ...reports.map((r) => fixed(r.models[0]?.metrics.rmse ?? NaN)),
      fixed(own),
      ...baselines.map((b) => fixed(b)),
    ]);
    await picture(name, 96);
  }
  printTable(rows);
  return lost.length === 0
    ? `On all four series the mean of ${seeds.length} seeds is below persistence, the seasonal naive forecast and ridge regression.`
    : `Below every baseline on ${series.length - lost.length} of ${series.length} series; not on ${
      lost.join(", ")
    }.`;
}
/** The last rows beside what was forecast for them. */
async function picture(name: string, rows: number): Promise<void> {
  const file = sources[name] ?? "ETTh1.csv";
  await lapis([
    "forecast",
    model(name, seeds[0] ?? 1),
    "--data",
    `${data}/${file}`,
    "--backtest",
    `${rows}`,
    "-o",
    `${output}/${name}.svg`,
  ]);
}
const sources: Readonly<Record<string, string>> = {
  airline: "airline-passengers.csv",
  temperatures: "daily-min-temperatures.csv",
  bike: "bike-sharing-hour.csv",
  stocks: "stocks.csv",
};

async function energy(): Promise<string> {
  const rows = [[
    "next 24 hours, test part",
    "RMSE",
    "MAE",
    "sMAPE %",
    "MASE",
    "R²",
    "hour 1",
    "hour 24",
    "inside 90 %",
  ]];
  const found: { readonly name: string; readonly rmse: number }[] = [];
  const row = (name: string, reports: readonly Report[], at: number) => {
    const step = (h: number) => mean(reports.map((r) => r.models[at]?.stepRmse[h] ?? NaN));
    const inside = at === 0 ? mean(reports.map((r) => 100 * (r.coverage?.share ?? NaN))) : NaN;
    const numbers = ["rmse", "mae", "smape", "mase", "r2"].map((m) => fixed(metric(reports, at, m)));
    rows.push([name, ...numbers, fixed(step(0)), fixed(step(23)), fixed(inside, 1)]);
    found.push({ name, rmse: metric(reports, at, "rmse") });
  };
  for (const [at, type] of ["simpleRNN", "lstm", "gru"].entries()) {
    const config = JSON.parse(await Deno.readTextFile(here("energy.json")));
    config.model.layers[0].type = type;
    const file = `${output}/energy-${type}.json`;
    await Deno.writeTextFile(file, JSON.stringify(config));
    const name = `energy-${type}`, reports = await trained(name, file);
    row(type, reports, 0);
    await picture(name, 24 * 7);
    if (at === 2) {
      ["persistence", "seasonal naive (24)", "ridge (48 lags)"].forEach((b, i) => row(b, reports, i + 1));
    }
  }
  printTable(rows);
  const [best, second] = [...found].sort((a, b) => a.rmse - b.rmse);
  return `The next 24 hours of oil temperature are forecast best by ${best?.name} (RMSE ${
    fixed(best?.rmse ?? NaN)
  }), then by ${second?.name} (${fixed(second?.rmse ?? NaN)}).`;
}

async function stocks(): Promise<string> {
  const reports = await trained("stocks"),
    names = ["rmse", "mae", "mape", "smape", "mase", "r2", "directionAccuracy"];
  const rows = [["AAPL, monthly, last 24", ...names]];
  const list = reports[0]?.models ?? [];
  list.forEach(({ name }, at) =>
    rows.push([at === 0 ? "two LSTM layers" : name, ...names.map((m) => fixed(metric(reports, at, m)))])
  );
  await picture("stocks", 24);
  printTable(rows);
  const own = metric(reports, 0, "rmse"), naive = metric(reports, 1, "rmse");
  return own < naive
    ? `The network's RMSE ${fixed(own)} is below persistence's ${
      fixed(naive)
    }: a little of next month's price is known beforehand.`
    : `The network's RMSE ${fixed(own)} isn't below persistence's ${
      fixed(naive)
    }: the last price is as good a guess as any.`;
}

const exercises: Readonly<Record<string, () => Promise<string>>> = { rmse, energy, stocks };
const run = Object.hasOwn(exercises, exercise) ? exercises[exercise] : undefined;
if (!run) {
  console.error(`expected one of ${Object.keys(exercises).join(", ")}, got ${exercise || "nothing"}`);
  Deno.exit(2);
}
await Deno.mkdir(output, { recursive: true });
console.log(`\n${await run()}`);
