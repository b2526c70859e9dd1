/** The page's questions about a subject, answered: one name, one maker of data. @module */
import { InputError } from "../../mod.ts";
import { activationsAt, activationsStart } from "./panels/activations.ts";
import { cellData } from "./panels/cells.ts";
import { computationData } from "./panels/computation.ts";
import { confusionData, hasClasses } from "./panels/confusion.ts";
import type { About, ViewEntry } from "./data.ts";
import { distributionsData } from "./panels/distributions.ts";
import { networkData } from "./panels/network.ts";
import { neuronsData } from "./panels/neurons.ts";
import type { Records } from "./records.ts";
import type { Answerer } from "./server.ts";
import { allNodes, type Subject, treeOf } from "./subject.ts";

/** What a page shows: a model, records of runs, experiments and forecasts, or both. */
export interface Shown {
  readonly name: string;
  readonly subject?: Subject | undefined;
  readonly records: Records;
}

const titles: Readonly<Record<string, string>> = {
  network: "Network",
  computation: "Computation graph",
  distributions: "Distributions",
  activations: "Activations",
  confusion: "Confusion and mistakes",
  training: "Training",
  experiments: "Experiments",
  forecasts: "Forecasts",
};
/** The views that there is something to show in. */
export function viewsOf({ subject, records }: Shown): readonly ViewEntry[] {
  const ids: string[] = [];
  if (records.live) ids.push("training");
  if (subject) {
    ids.push("network", "computation");
    if (treeOf(subject.model).length > 0) ids.push("distributions", "activations");
    else if (subject.model.weights.size > 0) ids.push("distributions");
    if (hasClasses(subject)) ids.push("confusion");
  } else if (records.graph) ids.push("computation");
  else if (records.moments.length > 0) ids.push("distributions");
  if (!records.live && records.runs.length > 0) ids.push("training");
  if (records.experiments) ids.push("experiments");
  if (records.forecasts) ids.push("forecasts");
  return ids.map((id) => ({ id, title: titles[id] ?? id }));
}
function aboutOf(shown: Shown): About {
  const { name, subject, records } = shown;
  return {
    name,
    kind: records.live ? "training" : subject ? "model" : "run",
    views: viewsOf(shown),
    ...(subject && {
      parameters: subject.model.countParams(),
      backend: `engine ${subject.model.backend ?? "wasm"}`,
      sample: subject.sampleText,
      ...(subject.assets.labels && { labels: subject.assets.labels }),
    }),
  };
}

/** The recurrent layers that can be unrolled, in the order of the Network view. */
export function unrollable({ model }: Subject): readonly string[] {
  return allNodes(treeOf(model)).filter((n) => ["SimpleRNN", "LSTM", "GRU"].includes(n.layer.def.name))
    .map((n) => n.path);
}

/** Answers questions; each answer without options is computed once. */
export function answererOf(shown: Shown): Answerer {
  const { subject, records } = shown;
  const needed = (): Subject => {
    if (subject) return subject;
    throw new InputError(`${shown.name}: holds no model`);
  };
  const text = (options: Readonly<Record<string, unknown>>, name: string): string => {
    const value = options[name];
    if (typeof value === "string") return value;
    throw new InputError(`${name}: expected a text`);
  };
  const makers: Readonly<Record<string, (options: Readonly<Record<string, unknown>>) => unknown>> = {
    about: () => aboutOf(shown),
    network: () => networkData(needed()),
    neurons: ({ units }) =>
      neuronsData(needed(), typeof units === "number" && units >= 1 ? Math.min(64, Math.floor(units)) : 12),
    cell: (options) => cellData(needed(), text(options, "layer")),
    computation: () => computationData(subject, records),
    distributions: () => distributionsData(subject, records),
    activations: () => activationsStart(needed()),
    activate: (options) => activationsAt(needed(), options),
    confusion: () => confusionData(needed()),
    training: () => ({ runs: records.runs, live: records.live !== undefined }),
    experiments: () => records.experiments,
    forecasts: () => records.forecasts,
  };
  const kept = new Map<string, unknown>();
  return async (name, options) => {
    const own = records.live?.answer(name, options);
    if (own !== undefined) return await own;
    const make = Object.hasOwn(makers, name) ? makers[name] : undefined;
    if (!make) throw new InputError(`no answer is known to ${name}`);
    const constant = Object.keys(options).length === 0 && name !== "training" && name !== "about" &&
      !records.live;
    if (constant && kept.has(name)) return await kept.get(name);
    const made = Promise.resolve(make(options));
    if (constant) {
      kept.set(name, made);
      made.catch(() => kept.delete(name));
    }
    const answer = await made;
    if (answer === undefined) throw new InputError(`${name}: there is nothing to show`);
    return answer;
  };
}
