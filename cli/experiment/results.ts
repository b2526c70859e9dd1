/** What an experiment found: a table, JSON, CSV, curves, and a sentence. @module */
import { plotCurves, plotHistory, type Series } from "../../plugins/plots/mod.ts";
import { fileName, writeWhole } from "../output.ts";
import { clip, count, table, wrapped } from "../terminal.ts";
import { short } from "../training/watch.ts";
import type { ExperimentConfig } from "./config.ts";
import type { Value } from "./space.ts";
import { type Finished, isHigherBetter } from "./trial.ts";
import { spread } from "./spread.ts";
import type { Score, Trial, Trials } from "./trials.ts";

/** Everything there is to tell. */
export interface Found {
  readonly plan: ExperimentConfig;
  readonly trials: Trials;
  readonly best: Trial | undefined;
  /** The chosen trial on the test part, by seed. */
  readonly tests: ReadonlyMap<number, Finished>;
}
/** A mean over seeds. */
export interface Mean {
  readonly mean: number;
  readonly deviation: number | null;
  readonly seeds: number;
}

/** A value in few characters. */
export function valueText(value: Value): string {
  if (typeof value === "number") {
    return Number.isInteger(value) ? `${value}` : `${Number(value.toPrecision(4))}`;
  }
  return typeof value === "string" ? value : JSON.stringify(value);
}
/** The last words of a path that tell it from the others: `learningRate` for `compile.optimizer.learningRate`. */
function shortNames(paths: readonly string[]): ReadonlyMap<string, string> {
  return new Map(paths.map((path) => {
    const parts = path.split(".");
    for (let n = 1; n < parts.length; n++) {
      const end = parts.slice(-n).join(".");
      if (paths.every((other) => other === path || !`.${other}`.endsWith(`.${end}`))) {
        return [path, end] as const;
      }
    }
    return [path, path] as const;
  }));
}
const meanText = (mean: number, deviation: number | undefined | null) =>
  deviation === undefined || deviation === null ? short(mean) : `${short(mean)} ± ${short(deviation)}`;

/** A trial's results at a rung, in the order of the seeds. */
function runsOf({ plan, trials }: Found, trial: Trial, rung: number) {
  return plan.seeds.flatMap((seed) => {
    const result = trials.resultOf(trial, rung, seed);
    return result ? [{ seed, result }] : [];
  });
}
const finishedOf = (found: Found, trial: Trial, score: Score | undefined): readonly Finished[] =>
  runsOf(found, trial, score?.rung ?? 0).flatMap(({ result }) => (result.status === "done" ? [result] : []));
/** Means over seeds of every number of the test part. */
function testMeans(list: readonly Finished[]): Readonly<Record<string, Mean>> {
  const [first] = list;
  if (!first?.test || list.some(({ test }) => !test)) return {};
  return Object.fromEntries(
    Object.keys(first.test).map((name) => {
      const { mean, deviation } = spread(list.map(({ test }) => test?.[name] ?? NaN));
      return [name, { mean, deviation: deviation ?? null, seeds: list.length }];
    }),
  );
}
/** The number of the test part that answers to the metric. */
function testName(metric: string): string {
  const bare = metric.replace(/^val(?=[A-Z])/, "");
  return bare.charAt(0).toLowerCase() + bare.slice(1);
}
const testsOf = (found: Found, trial: Trial) => {
  const { tests, best, plan, trials } = found;
  if (trial === best && tests.size > 0) return [...tests.values()];
  return plan.test === "all" ? finishedOf(found, trial, trials.score(trial)) : [];
};

/** Everything, as an object. */
export function resultsData(found: Found): Readonly<Record<string, unknown>> {
  const { plan, trials, best, tests } = found;
  return {
    name: plan.name,
    metric: plan.metric,
    better: trials.higher ? "max" : "min",
    seeds: plan.seeds,
    trials: trials.list.map((trial) => {
      const score = trials.score(trial);
      return {
        trial: trial.number,
        ...(trial.name !== null && { name: trial.name, group: trial.group }),
        values: trial.values,
        status: score?.message === undefined ? "done" : "failed",
        ...(score?.message !== undefined && { message: score.message }),
        score: score?.mean ?? null,
        deviation: score?.deviation ?? null,
        rung: score?.rung ?? 0,
        runs: runsOf(found, trial, score?.rung ?? 0).map(({ seed, result }) => ({ seed, ...result })),
        ...(plan.test === "all" && { test: testMeans(testsOf(found, trial)) }),
      };
    }),
    chosen: best && {
      trial: best.number,
      ...(best.name !== null && { name: best.name }),
      values: best.values,
      score: trials.score(best)?.mean,
      model: "best.keras",
      test: testMeans(testsOf(found, best)),
      tests: [...tests].map(([seed, { test }]) => ({ seed, ...test })),
    },
    warnings: warningsOf(found),
    found: finding(found),
  };
}

const cell = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
/** A row for every trial and seed. */
export function resultsCsv(found: Found): string {
  const { plan, trials } = found, list = trials.list;
  const values = [...new Set(list.flatMap((t) => Object.keys(t.values)))];
  const runs = list.flatMap((trial) => {
    const rung = trials.score(trial)?.rung ?? 0;
    return runsOf(found, trial, rung).map((run) => ({ trial, rung, ...run }));
  });
  const names = (of: (r: Finished) => object | undefined) => [
    ...new Set(runs.flatMap(({ result }) => (result.status === "done" ? Object.keys(of(result) ?? {}) : []))),
  ];
  const metrics = names((r) => r.metrics), tested = plan.test === "all" ? names((r) => r.test) : [];
  const header = [
    "trial",
    "group",
    "name",
    ...values,
    "seed",
    "rung",
    "status",
    "epochs",
    "parameters",
    "seconds",
    ...metrics,
    ...tested.map((name) => `test ${name}`),
    "message",
  ];
  const rows = runs.map(({ trial, rung, seed, result }) => {
    const done = result.status === "done" ? result : undefined,
      number = (n: number | undefined) => `${n ?? ""}`;
    return [
      `${trial.number}`,
      trial.group ?? "",
      trial.name ?? "",
      ...values.map((name) => {
        const v = trial.values[name];
        return v === undefined ? "" : typeof v === "number" ? `${v}` : valueText(v);
      }),
      `${seed}`,
      `${rung + 1}`,
      result.status,
      number(done?.epochs),
      number(done?.parameters),
      done ? done.seconds.toFixed(2) : "",
      ...metrics.map((name) => number(done?.metrics[name])),
      ...tested.map((name) => number(done?.test?.[name])),
      result.status === "failed" ? result.message : "",
    ];
  });
  return [header, ...rows].map((row) => row.map(cell).join(",")).join("\n") + "\n";
}

/** What trials warned of, each once, with the trials that did. */
export function warningsOf({ plan, trials }: Found): readonly string[] {
  const by = new Map<string, Set<number>>();
  for (const trial of trials.list) {
    for (const seed of plan.seeds) {
      const result = trials.resultOf(trial, trials.score(trial)?.rung ?? 0, seed);
      for (const line of result?.status === "done" ? result.warnings ?? [] : []) {
        by.set(line, (by.get(line) ?? new Set()).add(trial.number));
      }
    }
  }
  return [...by].map(([line, numbers]) =>
    numbers.size === trials.list.length ? line : `${line} (trial ${[...numbers].join(", ")})`
  );
}

/** The table that a terminal shows: variants in their groups, points of a search the best first. */
export function resultsText(found: Found, width: number): string {
  const { plan, trials, best } = found, ranked = trials.ranked(), { metric } = plan;
  const searched = ranked.filter((t) => t.name === null), named = trials.list.filter((t) => t.name !== null);
  const paths = [...new Set(searched.flatMap((t) => Object.keys(t.values)))], names = shortNames(paths);
  const test = testName(metric), tested = plan.test === "all";
  const parts: string[] = [];
  const shown = (t: Trial) => {
    const score = trials.score(t), finished = finishedOf(found, t, score);
    const of = tested ? testMeans(testsOf(found, t))[test] : undefined;
    const scored = score?.message !== undefined
      ? `failed: ${score.message}`
      : score?.mean === undefined
      ? "–"
      : meanText(score.mean, score.deviation);
    return {
      scored,
      test: tested ? [of ? meanText(of.mean, of.deviation) : "–"] : [],
      epochs: `${finished[0]?.epochs ?? "–"}`,
      mark: t === best ? "*" : "",
    };
  };
  const groups = [...new Set(named.map((t) => t.group))];
  for (const group of groups) {
    const rows = named.filter((t) => t.group === group).map((t) => {
      const { scored, test, epochs, mark } = shown(t), finished = finishedOf(found, t, trials.score(t));
      const parameters = finished[0] ? count(finished[0].parameters) : "–";
      return [`${t.name}${mark}`, parameters, epochs, ...test, scored];
    });
    const header = [group ?? "trial", "parameters", "epochs", ...(tested ? [`test ${test}`] : []), metric];
    parts.push(table(header, rows, { right: [1, 2, ...(tested ? [3] : [])], width }));
  }
  if (searched.length > 0) {
    const rows = searched.map((t) => {
      const { scored, test, epochs, mark } = shown(t);
      const values = paths.map((path) => clip(valueText(t.values[path]), 18));
      return [`${t.number}${mark}`, ...values, epochs, ...test, scored];
    });
    const header = [
      "trial",
      ...paths.map((path) => clip(names.get(path) ?? path, 18)),
      "epochs",
      ...(tested ? [`test ${test}`] : []),
      metric,
    ];
    parts.push(table(header, rows, { right: [0, paths.length + 1], width }));
  }
  const said = finding(found).split("\n").flatMap((line) => wrapped(line, width));
  return [...parts, said.join("\n")].join("\n\n");
}

/** One sentence on the chosen trial, and one for every group that variants are compared in. */
export function finding(found: Found): string {
  const { plan, trials, best, tests } = found, { metric } = plan, lines: string[] = [];
  const test = testName(metric), up = plan.test === "all" ? isHigherBetter(test) : trials.higher;
  const groups = [...new Set(trials.list.flatMap((t) => (t.group === null ? [] : [t.group])))];
  for (const group of groups) {
    const scored = trials.list.filter((t) => t.group === group).flatMap((trial) => {
      const score = trials.score(trial),
        of = plan.test === "all" ? testMeans(testsOf(found, trial))[test] : undefined;
      const mean = of?.mean ?? score?.mean;
      return mean === undefined
        ? []
        : [{ trial, mean, deviation: of ? of.deviation : score?.deviation ?? null }];
    }).sort((a, b) => (up ? b.mean - a.mean : a.mean - b.mean));
    const [first, second] = scored;
    if (!first || !second) continue;
    const apart = Math.abs(first.mean - second.mean), seeds = plan.seeds.length;
    const error = Math.sqrt(((first.deviation ?? 0) ** 2 + (second.deviation ?? 0) ** 2) / seeds);
    const certain = seeds === 1
      ? ""
      : apart > 2 * error
      ? ", more than the seeds' spread explains"
      : ", no more than the seeds' spread";
    lines.push(
      `${group}: ${first.trial.name} is best with ${meanText(first.mean, first.deviation)}, ` +
        `${short(apart)} ahead of ${second.trial.name}${certain}.`,
    );
  }
  if (!best) return [...lines, "No trial could be trained; results.json says why."].join("\n");
  const score = trials.score(best), means = testMeans([...tests.values()]), of = means[test];
  const what = best.name ??
    Object.entries(best.values).map(([path, value]) =>
      `${shortNames(Object.keys(best.values)).get(path)} ${valueText(value)}`
    ).join(", ");
  const failed = trials.list.filter((t) => trials.score(t)?.message !== undefined).length;
  const word = (n: number, one: string) => `${n} ${one}${n === 1 ? "" : "s"}`;
  lines.push(
    `Best of ${word(trials.list.length, "trial")} by ${metric}${
      failed > 0 ? ` (${failed} failed)` : ""
    }: ${what}` +
      ` with ${meanText(score?.mean ?? NaN, score?.deviation)}` +
      (of
        ? `; ${plan.refit ? "trained anew with the validation part too, " : ""}on the test part ${test} ${
          meanText(of.mean, of.deviation)
        }`
        : "") +
      `${plan.seeds.length > 1 ? ` (mean of ${plan.seeds.length} seeds)` : ""}.`,
  );
  return lines.join("\n");
}

/** Most curves in one picture. */
const most = 8;
/** The metric of the best trials over their epochs, where training reports it. */
function trialCurves(found: Found): string | undefined {
  const { plan: { metric, seeds, name }, trials } = found;
  const series = trials.ranked().flatMap((trial): Series[] => {
    const score = trials.score(trial), result = trials.resultOf(trial, score?.rung ?? 0, seeds[0] ?? 0);
    const values = result?.status === "done" ? result.history[metric] ?? result.history.valLoss : undefined;
    return values && values.length > 0
      ? [{ name: `${trial.number}${trial.name === null ? "" : ` ${trial.name}`}`, values, dashed: true }]
      : [];
  });
  if (series.length === 0) return undefined;
  const first = trials.best(),
    result = first && trials.resultOf(first, trials.score(first)?.rung ?? 0, seeds[0] ?? 0);
  const shown = result?.status === "done" && result.history[metric] ? metric : "valLoss";
  return plotCurves(series.slice(0, most), {
    title: `${name}: ${shown}, the best ${Math.min(most, series.length)} trials`,
  });
}
/** Writes results.json, results.csv, curves of the chosen trial's seeds and of the best trials. */
export async function writeResults(found: Found, folder: string): Promise<void> {
  const { trials, best, plan } = found, encoder = new TextEncoder();
  const write = (name: string, text: string) => writeWhole(`${folder}/${name}`, encoder.encode(text));
  await write("results.json", `${JSON.stringify(resultsData(found), null, 1)}\n`);
  await write("results.csv", resultsCsv(found));
  const curves = trialCurves(found);
  if (curves) await write("trials.svg", curves);
  if (!best) return;
  for (const { seed, result } of runsOf(found, best, trials.score(best)?.rung ?? 0)) {
    if (result.status !== "done" || Object.keys(result.history).length === 0) continue;
    const length = Math.max(...Object.values(result.history).map((values) => values.length));
    const history = { epoch: Array.from({ length }, (_, i) => i), history: result.history };
    const title = `${plan.name} trial ${best.number}, seed ${seed}`;
    await write(`${fileName(`curves-seed${seed}`)}.svg`, plotHistory(history, { title }));
  }
}
