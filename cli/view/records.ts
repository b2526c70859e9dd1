/** Records that commands write: histories of runs, results of experiments, forecasts, graphs of values. @module */
import { fields } from "../../public/plugins.ts";
import { InputError, type Model } from "../../mod.ts";
import { parseCsv } from "../../public/data.ts";
import { readBytes, readText } from "../inputs.ts";
import type { DistributionRow, ExperimentsData, ForecastsData, RunData, ValueGraph } from "./data.ts";
import { experimentsFrom } from "./panels/experiments.ts";
import { forecastsFrom } from "./panels/forecasts.ts";

/** A training in progress, as its page asks after it; undefined for what it doesn't know. */
export interface LiveTraining {
  answer(name: string, options: Readonly<Record<string, unknown>>): unknown;
}
/** Distributions as an epoch ended. */
export interface Moment {
  readonly epoch: number | null;
  readonly rows: readonly DistributionRow[];
}
/** What was read. */
export interface Records {
  readonly runs: RunData[];
  readonly moments: readonly Moment[];
  readonly experiments?: ExperimentsData;
  readonly forecasts?: ForecastsData;
  readonly graph?: ValueGraph;
  readonly live?: LiveTraining;
}
/** Nothing yet. */
export const noRecords = (): Records => ({ runs: [], moments: [] });

type Json = Readonly<Record<string, unknown>>;
const isNumbers = (raw: unknown): raw is readonly (number | null)[] =>
  Array.isArray(raw) && raw.every((v) => typeof v === "number" || v === null);

function historyIn(raw: unknown): Record<string, readonly (number | null)[]> {
  if (!fields.isRecord(raw)) return {};
  return Object.fromEntries(
    Object.entries(raw).filter((entry): entry is [string, readonly (number | null)[]] => isNumbers(entry[1])),
  );
}
/** A run from a history: `{ epoch, history }` as `lapis train --history` and `.keras` files hold it. */
function runFrom(name: string, raw: Json): RunData {
  const history = historyIn(raw.history),
    length = Math.max(0, ...Object.values(history).map((h) => h.length));
  const epoch = isNumbers(raw.epoch) ? raw.epoch.map(Number) : Array.from({ length }, (_, i) => i);
  const batches = fields.isRecord(raw.batches) ? historyIn(raw.batches) : undefined;
  const norms = fields.isRecord(raw.gradientNorms) ? historyIn(raw.gradientNorms) : undefined;
  const speed = raw.samplesPerSecond;
  return {
    name,
    epochs: epoch.length,
    epoch,
    history,
    ...(batches && { batches }),
    ...(isNumbers(raw.rate) && { rate: raw.rate.map(Number) }),
    ...(norms && { gradientNorms: norms as Readonly<Record<string, readonly number[]>> }),
    ...(typeof speed === "number" && { samplesPerSecond: speed }),
  };
}
/** The run that a model's file remembers. */
export function runIn(model: Model, name: string): RunData | undefined {
  const training = model.extras?.json.training;
  if (!fields.isRecord(training) || !fields.isRecord(training.history)) return undefined;
  const run = runFrom(name, training.history);
  return run.epochs > 0 ? run : undefined;
}

/** What a JSON file records. */
function fromJson(path: string, raw: Json): Records | undefined {
  const name = nameOf(path);
  if (Array.isArray(raw.trials)) return { ...noRecords(), experiments: experimentsFrom(raw, name, path) };
  const forecasts = forecastsFrom(raw, name);
  if (forecasts) return { ...noRecords(), forecasts };
  if (Array.isArray(raw.nodes) && Array.isArray(raw.edges)) {
    return { ...noRecords(), graph: graphFrom(raw, path) };
  }
  if (fields.isRecord(raw.history)) {
    const moments = Array.isArray(raw.moments) ? raw.moments as unknown as readonly Moment[] : [];
    return { runs: [runFrom(name, raw)], moments };
  }
  return undefined;
}
function graphFrom(raw: Json, path: string): ValueGraph {
  const nodes = (raw.nodes as readonly unknown[]).map((node) => {
    if (fields.isRecord(node) && typeof node.id === "string" && typeof node.label === "string") {
      return {
        ...node,
        kind: node.kind === "operator" ? "operator" : "value",
      } as ValueGraph["nodes"][number];
    }
    throw new InputError(`${path}: nodes: expected objects with id, kind and label`, { file: path });
  });
  const known = new Set(nodes.map((n) => n.id));
  const edges = (raw.edges as readonly unknown[]).map((edge) => {
    if (Array.isArray(edge) && known.has(edge[0]) && known.has(edge[1])) {
      return edge as unknown as [string, string];
    }
    throw new InputError(`${path}: edges: expected pairs of node ids, got ${JSON.stringify(edge)}`, {
      file: path,
    });
  });
  return { nodes, edges };
}
const nameOf = (path: string): string => path.replace(/[\\/]+$/, "").split(/[\\/]/).slice(-2).join("/");

/** A CSV log of epochs, as the callback `csvLogger` writes it. */
async function fromCsv(path: string): Promise<Records> {
  const { header, rows } = parseCsv(await readBytes(path), { file: path });
  const at = header.indexOf("epoch");
  if (at < 0) {
    throw new InputError(`${path}: no column epoch; it has ${header.join(", ")}: expected the log of a run`, {
      file: path,
    });
  }
  const column = (i: number) => rows.map((row) => (row[i] === "" ? null : Number(row[i])));
  const history = Object.fromEntries(header.flatMap((name, i) => (i === at ? [] : [[name, column(i)]])));
  return { ...noRecords(), runs: [runFrom(nameOf(path), { epoch: column(at), history })] };
}

/** What a path on the command line is. */
export type Found = { readonly records: Records } | { readonly model: string };

/**
 * Finds out what a path holds: a model's file, a run's history, an experiment's results, forecasts, or a folder of them.
 * @throws {InputError} naming the path, what was expected and what came.
 */
export async function find(path: string): Promise<readonly Found[]> {
  const info = await Deno.stat(path).catch((error: unknown) => {
    if (error instanceof Deno.errors.NotFound) {
      throw new InputError(`${path}: no such file or folder`, { file: path });
    }
    throw error;
  });
  if (info.isDirectory) return await findIn(path.replace(/[\\/]+$/, ""));
  if (path.endsWith(".csv")) return [{ records: await fromCsv(path) }];
  if (!path.endsWith(".json")) return [{ model: path }];
  let raw: unknown;
  try {
    raw = JSON.parse(await readText(path));
  } catch (error) {
    throw new InputError(`${path}: isn't JSON: ${error instanceof Error ? error.message : error}`, {
      file: path,
    });
  }
  if (fields.isRecord(raw) && typeof raw.class_name === "string") return [{ model: path }];
  const records = fields.isRecord(raw) ? fromJson(path, raw) : undefined;
  if (records) return [{ records }];
  throw new InputError(
    `${path}: expected a model's configuration, a run's history, an experiment's trials or forecasts`,
    { file: path },
  );
}
/** Files of a folder that say what it is, the first model among them. */
async function findIn(folder: string): Promise<readonly Found[]> {
  const names: string[] = [];
  for await (const entry of Deno.readDir(folder)) if (entry.isFile) names.push(entry.name);
  const found: Found[] = [],
    tried = names.sort().filter((name) =>
      name.endsWith(".json") || /(log|history|epochs).*\.csv$/.test(name)
    );
  for (const name of tried) {
    try {
      found.push(...await find(`${folder}/${name}`));
    } catch (error) {
      // Other JSON files lie in such folders too: labels, vocabularies, settings.
      if (!(error instanceof InputError)) throw error;
    }
  }
  const models = names.filter((name) => /\.(keras|h5|onnx)$/.test(name) && !name.endsWith(".weights.h5"));
  const first = models.find((name) => name.startsWith("model.")) ?? models[0];
  const configured = found.some((f) => "model" in f);
  if (first !== undefined && !configured) found.unshift({ model: `${folder}/${first}` });
  if (found.length > 0) return found;
  throw new InputError(`${folder}: holds no model, history, results or forecasts`, { file: folder });
}
