/** Forecasters from the command line: training on a series, forecasts from the file alone, leaks refused. @module */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { readTrainConfig } from "../../cli/training/config.ts";
import { dense, input, lstm, sequential } from "../../mod.ts";
import { gru } from "../../public/layers.ts";
import { lapis, type Run } from "../support/cli.ts";
import { exists, root } from "../support/sources.ts";

/** Ten years of months that grow and swing, as shares: log and a seasonal difference make a line of them. */
const months = Array.from({ length: 120 }, (_, i) => {
  const date = `${2010 + Math.floor(i / 12)}-${`${i % 12 + 1}`.padStart(2, "0")}`;
  const noise = Math.sin(i * 12.9898) * 0.01;
  return { date, value: Math.exp(4 + i / 100 + 0.2 * Math.sin(i * Math.PI / 6) + noise), other: Math.cos(i) };
});
const csv = (rows: readonly typeof months[number][]) =>
  `Month,Sales,Other\r\n${
    rows.map(({ date, value, other }) => `${date},${value},${other}`).join("\r\n")
  }\r\n`;
const config = {
  model: { name: "sales", layers: [{ type: "gru", units: 4 }, { type: "dense", units: 1 }] },
  data: {
    train: "sales.csv",
    series: {
      date: "Month",
      target: "Sales",
      features: [] as string[],
      window: 6,
      horizon: 1,
      transform: "log",
      seasonalDifference: 12,
      calendar: ["monthSin"],
      validationSize: 20,
      testSize: 20,
      season: 12,
      ridgeLags: 12,
      level: 0.8,
    },
  },
  compile: { optimizer: { name: "adam", learningRate: 0.02 }, loss: "meanSquaredError" },
  fit: { epochs: 5, batchSize: 16, seed: 1 } as Record<string, unknown>,
};
type Config = typeof config;

async function inFolder(
  work: (folder: string, file: string) => Promise<void>,
  change: (config: Config) => void = () => {},
): Promise<void> {
  const folder = await Deno.makeTempDir(), own = structuredClone(config);
  change(own);
  try {
    await Deno.writeTextFile(`${folder}/sales.csv`, csv(months));
    await Deno.writeTextFile(`${folder}/train.json`, JSON.stringify(own));
    await work(folder, `${folder}/train.json`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
interface Report {
  readonly part: string;
  readonly forecasts: number;
  readonly steps: number;
  readonly kind: string;
  readonly models: readonly {
    readonly name: string;
    readonly metrics: Record<string, number>;
    readonly stepRmse: number[];
  }[];
  readonly coverage?: { readonly share: number };
}
const reportsOf = ({ out }: Run) => (JSON.parse(out) as { forecasts: readonly Report[] }).forecasts;

Deno.test("a forecaster is trained and judged; its file alone forecasts, with intervals, to the terminal, CSV and SVG", () =>
  inFolder(async (folder, file) => {
    const model = `${folder}/m.keras`, trained = await lapis(...["train", file, "-o", model]);
    strictEqual(trained.exit, 0, trained.err);
    match(trained.out, /Sales, test part: 20 forecasts, one step ahead/);
    match(trained.out, /seasonal naive/);
    match(trained.out, /lie inside the 80\.00 % intervals/);
    match(trained.out, /sales (forecasts better|doesn't forecast better) than/);
    ok(trained.out.split("\n").every((line) => line.length <= 100), trained.out);

    const recent = `${folder}/recent.csv`;
    await Deno.writeTextFile(recent, csv(months.slice(-25)));
    const told = await lapis(...["forecast", model, "--data", recent, "--horizon", "3", "--level", "0.5"]);
    strictEqual(told.exit, 0, told.err);
    match(told.out, /^ +Sales +lower 50 % +upper 50 %\n/);
    match(told.out, /\n2020-01-01 +\d/);
    match(told.out, /recursive beyond 1 step/);

    const out = `${folder}/f.csv`;
    strictEqual((await lapis(...["forecast", model, "--data", recent, "--horizon", "2", "-o", out])).exit, 0);
    const [head, first = "", second, end] = (await Deno.readTextFile(out)).split("\n");
    deepStrictEqual([head, end], ["date,Sales,lower_80,upper_80", ""]);
    const [date, ...numbers] = first.split(",");
    const [value = 0, lower = 0, upper = 0] = numbers.map(Number);
    ok(date === "2020-01-01" && second?.startsWith("2020-02-01,") && lower < value && value < upper);
    // A whole table gives what its last rows give.
    const whole = JSON.parse(
      (await lapis(...["forecast", model, "--data", `${folder}/sales.csv`, "--json"])).out,
    );
    strictEqual(whole.forecasts[0].forecast[0], value);

    const picture = `${folder}/f.svg`;
    strictEqual(
      (await lapis(...[
        "forecast",
        model,
        "--data",
        `${folder}/sales.csv`,
        "--backtest",
        "12",
        "-o",
        picture,
      ]))
        .exit,
      0,
    );
    match(
      await Deno.readTextFile(picture),
      /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"[^]*stroke-dasharray[^]*<\/svg>\n$/,
    );
  }));

Deno.test("the same seed gives the same forecaster; a stopped one isn't needed to go on: --resume does more epochs", () =>
  inFolder(async (folder, file) => {
    const run = async (name: string) =>
      reportsOf(await lapis(...["train", file, "-o", `${folder}/${name}.keras`, "--json"]));
    deepStrictEqual(await run("a"), await run("b"));
    const once = await lapis(...["train", file, "-o", `${folder}/long.keras`, "--epochs", "8", "--json"]);
    await lapis(...["train", file, "-o", `${folder}/a.keras`, "--epochs", "8", "--resume", "--json"]).then(
      (resumed) => {
        strictEqual(resumed.exit, 0, resumed.err);
        deepStrictEqual(reportsOf(resumed), reportsOf(once));
      },
    );
  }));

Deno.test("a forecaster's checkpoint forecasts by itself", () =>
  inFolder(
    async (folder, file) => {
      const model = `${folder}/m.keras`, data = ["--data", `${folder}/sales.csv`, "--json"];
      strictEqual((await lapis(...["train", file, "-o", model])).exit, 0);
      const forecastOf = async (path: string) => {
        const { exit, out, err } = await lapis(...["forecast", path, ...data]);
        strictEqual(exit, 0, err);
        return (JSON.parse(out) as { forecasts: { forecast: number[] }[] }).forecasts[0]?.forecast;
      };
      deepStrictEqual(await forecastOf(`${folder}/at.keras`), await forecastOf(model));
    },
    (own) => own.fit = { ...own.fit, callbacks: [{ type: "modelCheckpoint", path: "at.keras", every: 5 }] },
  ));

Deno.test("direct forecasts of several steps, and of several columns at once", () =>
  inFolder(async (folder, file) => {
    const run = await lapis(...["train", file, "-o", `${folder}/m.keras`, "--json"]);
    strictEqual(run.exit, 0, run.err);
    const test = reportsOf(run).filter(({ part }) => part === "test");
    deepStrictEqual(test.map((r) => [r.forecasts, r.steps, r.kind]), [[18, 3, "direct"], [18, 3, "direct"]]);
    strictEqual(test[0]?.models[0]?.stepRmse.length, 3);
  }, (c) => {
    c.data.series.target = ["Sales", "Other"] as unknown as string;
    c.data.series.transform = "none";
    c.data.series.horizon = 3;
    c.model.layers[1] = { type: "dense", units: 6 };
  }));

Deno.test("recursive forecasts are measured over the steps asked for, and their intervals with them", () =>
  inFolder(async (folder, file) => {
    const run = await lapis(...["train", file, "-o", `${folder}/m.keras`, "--json"]);
    strictEqual(run.exit, 0, run.err);
    const test = reportsOf(run).find(({ part }) => part === "test");
    deepStrictEqual([test?.steps, test?.kind, test?.forecasts], [4, "recursive", 17]);
    const told = await lapis(...[
      "forecast",
      `${folder}/m.keras`,
      "--data",
      `${folder}/sales.csv`,
      "--horizon",
      "4",
    ]);
    ok(!told.out.includes("weren't measured"), told.out);
  }, (c) => void Object.assign(c.data.series, { steps: 4 })));

const refused: readonly [string, (c: Config) => void, RegExp][] = [
  [
    "a split inside the windows",
    (c) => void (c.fit.validationSplit = 0.2),
    /windows cross the border: say data\.series\.validationSize/,
  ],
  [
    "a column that isn't there",
    (c) => void (c.data.series.target = "Sale"),
    /no column Sale; it has Month, Sales, Other/,
  ],
  [
    "validation before training",
    (c) => void Object.assign(c.data, { validation: "sales.csv" }),
    /leak: .*sales\.csv begins on 2010-01-01, .* ends on 2019-12-01/,
  ],
  [
    "a head of another size",
    (c) => void (c.model.layers[1] = { type: "dense", units: 2 }),
    /1 units|\[batch, 1\]|got \[/,
  ],
  [
    "a key that isn't one",
    (c) => void Object.assign(c.data.series, { windows: 3 }),
    /unknown option "windows"; did you mean window\?/,
  ],
];
for (const [name, change, message] of refused) {
  Deno.test(`refused: ${name}`, () =>
    inFolder(async (folder, file) => {
      const { exit, err } = await lapis(...["train", file, "-o", `${folder}/m.keras`]);
      ok(exit === 2 || exit === 3, `${exit}: ${err}`);
      match(err, message);
    }, change));
}

Deno.test("what isn't stationary is warned of, and silenced by an option", () =>
  inFolder(
    async (folder, file) => {
      const warned = await lapis(...["train", file, "-o", `${folder}/m.keras`]);
      match(warned.err, /warning: Sales isn't stationary in the training part \(augmented Dickey–Fuller/);
      await Deno.writeTextFile(
        file,
        (await Deno.readTextFile(file)).replace('"level":0.8', '"level":0.8,"warnings":false'),
      );
      ok(!(await lapis(...["train", file, "-o", `${folder}/m.keras`])).err.includes("warning"));
    },
    (c) => void Object.assign(c.data.series, { transform: "none", seasonalDifference: null, calendar: [] }),
  ));

Deno.test("lapis forecast refuses a model without a series, and too few rows", () =>
  inFolder(async (folder, file) => {
    await sequential([input({ shape: [2] }), dense({ units: 1 })]).save(`${folder}/plain.keras`);
    const plain = await lapis(...["forecast", `${folder}/plain.keras`, "--data", `${folder}/sales.csv`]);
    strictEqual(plain.exit, 3);
    match(plain.err, /plain\.keras: holds no series/);
    await lapis(...["train", file, "-o", `${folder}/m.keras`]);
    await Deno.writeTextFile(`${folder}/few.csv`, csv(months.slice(0, 10)));
    match(
      (await lapis(...["forecast", `${folder}/m.keras`, "--data", `${folder}/few.csv`])).err,
      /10 rows are too few to forecast from: it takes 18/,
    );
    const judged = await lapis(...["evaluate", `${folder}/m.keras`, "--data", `${folder}/sales.csv`]);
    match(judged.err, /forecasts a series: lapis forecast .* --backtest ROWS/);
    strictEqual((await lapis(...["forecast", `${folder}/m.keras`])).exit, 2);
    strictEqual(
      (await lapis(...["forecast", `${folder}/m.keras`, "--data", "x.csv", "--level", "1"])).exit,
      2,
    );
  }));

Deno.test("LSTM(64) and Dense(1) on (batch, 50, 1) have 16,961 parameters, GRU 12,929", () => {
  const count = (layer: ReturnType<typeof lstm> | ReturnType<typeof gru>) =>
    sequential([input({ shape: [50, 1] }), layer, dense({ units: 1 })]).countParams();
  deepStrictEqual([count(lstm({ units: 64 })), count(gru({ units: 64 }))], [16961, 12929]);
});

const examples = new URL("examples/forecasting/", root);
const shared = new URL("../shared/data/timeseries/", root);
const path = (url: URL) => decodeURIComponent(url.pathname);

Deno.test("the forecasting exercises' configurations are read", async () => {
  let seen = 0;
  for await (const { name } of Deno.readDir(examples)) {
    if (!name.endsWith(".json")) continue;
    const { data, compile } = await readTrainConfig(path(new URL(name, examples)));
    ok(data?.series && compile, name);
    seen++;
  }
  ok(seen >= 6);
});

Deno.test({
  name: "airline passengers: the exercise's network is below persistence and the seasonal naive forecast",
  ignore: !await exists(shared),
  fn: () =>
    inFolder(async (folder) => {
      const run = await lapis(...[
        "train",
        path(new URL("airline.json", examples)),
        "--data",
        path(shared),
        "--seed",
        "2",
        "-o",
        `${folder}/m.keras`,
        "--json",
      ]);
      strictEqual(run.exit, 0, run.err);
      const [test] = reportsOf(run), rmse = (at: number) => test?.models[at]?.metrics.rmse ?? NaN;
      ok(rmse(0) < rmse(1) && rmse(0) < rmse(2), `${rmse(0)}`);
      // The baselines of the data sets' page: 51.78, 49.99 and ridge's 15.5.
      deepStrictEqual([rmse(1).toFixed(2), rmse(2).toFixed(2), rmse(3).toFixed(1)], [
        "51.78",
        "49.99",
        "15.5",
      ]);
    }),
});
