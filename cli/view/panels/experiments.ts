/** The Experiments view's data: trials of an experiment, and how much each parameter matters. @module */
import { fields } from "../../../public/plugins.ts";
import { InputError } from "../../../mod.ts";
import type { ExperimentsData, Trial } from "../data.ts";

type Json = Readonly<Record<string, unknown>>;

function trialFrom(raw: unknown, at: number, file: string): Trial {
  if (!fields.isRecord(raw)) throw new InputError(`${file}: trials[${at}]: expected an object`, { file });
  const named = typeof raw.name === "string" ? { variant: raw.name } : {};
  const values = fields.isRecord(raw.params) ? raw.params : fields.isRecord(raw.values) ? raw.values : {};
  const runs = (Array.isArray(raw.runs) ? raw.runs : []).filter(fields.isRecord);
  const test = Object.entries(fields.isRecord(raw.test) ? raw.test : {}).map(([name, v]) =>
    [`test ${name}`, fields.isRecord(v) ? v.mean : v] as const
  );
  const metrics = {
    ...meansOf(runs),
    ...(fields.isRecord(raw.metrics) ? raw.metrics : {}),
    ...Object.fromEntries(test),
  };
  const seeds = runs.map((r) => r.seed);
  const seed = typeof raw.seed === "number" ? raw.seed : seeds.length === 1 ? seeds[0] : undefined;
  return {
    id: String(raw.id ?? raw.trial ?? at),
    params: { ...named, ...values },
    ...(typeof seed === "number" && { seed }),
    status: String(raw.status ?? "done"),
    metrics: Object.fromEntries(
      Object.entries(metrics).map((
        [name, v],
      ) => [name, typeof v === "number" && Number.isFinite(v) ? v : null]),
    ),
  };
}
/** Means of the seeds' numbers. */
function meansOf(runs: readonly Json[]): Readonly<Record<string, number>> {
  const lists = new Map<string, number[]>();
  for (const run of runs) {
    for (const [name, v] of Object.entries(fields.isRecord(run.metrics) ? run.metrics : {})) {
      if (typeof v === "number") lists.set(name, [...lists.get(name) ?? [], v]);
    }
  }
  return Object.fromEntries(
    [...lists].map(([name, list]) => [name, list.reduce((a, b) => a + b, 0) / list.length]),
  );
}

/**
 * The share of a metric's variance that a parameter explains by itself: between the groups of its values (correlation
 * ratio η²); numbers with many values are put in five groups of equal size. 0 to 1.
 */
export function importanceOf(values: readonly unknown[], metric: readonly number[]): number {
  const groups = new Map<string, number[]>(), keys = groupsOf(values);
  metric.forEach((m, i) => {
    const key = keys[i] ?? "";
    groups.set(key, [...groups.get(key) ?? [], m]);
  });
  const mean = metric.reduce((a, b) => a + b, 0) / (metric.length || 1);
  const total = metric.reduce((n, m) => n + (m - mean) ** 2, 0);
  if (total === 0 || groups.size < 2) return 0;
  const between = [...groups.values()].reduce((n, list) => {
    const own = list.reduce((a, b) => a + b, 0) / list.length;
    return n + list.length * (own - mean) ** 2;
  }, 0);
  return between / total;
}
function groupsOf(values: readonly unknown[]): readonly string[] {
  const texts = values.map((v) => JSON.stringify(v) ?? "");
  const numbers = values.filter((v): v is number => typeof v === "number");
  if (new Set(texts).size <= 6 || numbers.length < values.length) return texts;
  const sorted = [...numbers].sort((a, b) => a - b);
  return numbers.map((v) => `${Math.min(4, Math.floor((sorted.indexOf(v) / sorted.length) * 5))}`);
}

/** An experiment out of its results file. @throws {InputError} naming the file and the trial. */
export function experimentsFrom(raw: Json, name: string, file: string): ExperimentsData {
  const trials = (raw.trials as readonly unknown[]).map((t, i) => trialFrom(t, i, file));
  const names = [...new Set(trials.flatMap((t) => Object.keys(t.metrics)))];
  const said = [raw.metric, raw.monitor].find((m): m is string => typeof m === "string" && names.includes(m));
  const liked = ["valMacroF1", "valAccuracy", "macroF1", "accuracy", "valLoss", "loss"];
  const metric = said ?? liked.find((m) => names.includes(m)) ?? names[0] ?? "";
  const way = raw.mode ?? raw.better;
  const mode = way === "min" || way === "max"
    ? way
    : /loss|error|mse|mae|rmse|mape/i.test(metric)
    ? "min"
    : "max";
  const params = [...new Set(trials.flatMap((t) => Object.keys(t.params)))];
  const scored = trials.filter((t) => typeof t.metrics[metric] === "number");
  const numbers = scored.map((t) => t.metrics[metric] ?? 0);
  const importance = params.map((param) => ({
    param,
    share: importanceOf(scored.map((t) => t.params[param] ?? null), numbers),
  })).sort((a, b) => b.share - a.share);
  const order = [...scored].sort((a, b) =>
    ((a.metrics[metric] ?? 0) - (b.metrics[metric] ?? 0)) * (mode === "min" ? 1 : -1)
  );
  const chosen = raw.best ?? raw.chosen, told = fields.isRecord(chosen) ? chosen.id ?? chosen.trial : chosen;
  const best = trials.find((t) => t.id === String(told))?.id ?? order[0]?.id;
  return { name, metric, mode, trials, params, importance, ...(best !== undefined && { best }) };
}
