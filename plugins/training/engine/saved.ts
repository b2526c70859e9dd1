/** What files hold of training: compilation in Keras' form, and what resuming needs beside it. @module */
import { isRecord } from "../../../core/values/schema.ts";
import { ConfigError, InputError, shown } from "../../../core/values/errors.ts";
import type { Port } from "../../../core/model/feed.ts";
import type { Model } from "../../../core/model/model.ts";
import type { Tensor } from "../../../core/values/tensor.ts";
import type { Compiled } from "./compiled.ts";
import { fieldToSnake } from "../../../core/network/names.ts";
import type { Era, OptimizerDef, Part } from "../../../core/training/contract.ts";
import { serializePart } from "../../../core/training/parts.ts";
import type { MeanOver } from "./reduce.ts";
import type { CompileTraining, SavedTraining, TrainingState } from "../../../core/training/types.ts";
import { isEarlyKeras, versionOf } from "../../../core/training/saved.ts";

/** Whose arithmetic the optimizer of a file follows. */
function eraOf(
  { version }: SavedTraining,
  className: unknown,
  config: Readonly<Record<string, unknown>>,
): Era {
  const number = versionOf({ version });
  if (number >= 3) return "3";
  // Of a scaled loss the optimizer inside tells.
  const inner = [config.inner_optimizer, config.optimizer].find(isRecord);
  if (inner && isRecord(inner.config)) return eraOf({ config: {}, version }, inner.class_name, inner.config);
  if (isEarlyKeras({ version })) return "1";
  if (typeof className === "string" && className.startsWith("Custom>")) return "2.11";
  const older = number < 2.011 || "decay" in config || config.is_legacy_optimizer === true;
  return older ? "2" : "2.11";
}
/** The optimizer of a file with the era that its version belongs to. */
function datedOptimizer(saved: SavedTraining): unknown {
  const { optimizer } = saved.config;
  if (!isRecord(optimizer)) return optimizer;
  const { class_name: className } = optimizer;
  // Keras 1 keeps the name beside the options.
  if (className === undefined) return { era: eraOf(saved, undefined, optimizer), ...optimizer };
  const config = isRecord(optimizer.config) ? optimizer.config : {};
  return { ...optimizer, config: { era: eraOf(saved, className, config), ...config } };
}
/** What a file's compilation is in the words of `compile`. */
export function optionsOf(saved: SavedTraining): CompileTraining {
  const { config } = saved, optimizer = datedOptimizer(saved);
  const { loss, metrics, weighted_metrics: weighted, loss_weights: lossWeights } = config;
  // Keras 2 lists the metrics of each output, of one output too.
  const listed = (raw: unknown) =>
    Array.isArray(raw) && raw.length === 1 && Array.isArray(raw[0]) ? raw[0] : raw;
  const options = {
    optimizer,
    loss,
    metrics: listed(metrics),
    weightedMetrics: listed(weighted),
    lossWeights,
  };
  return Object.fromEntries(Object.entries(options).filter(([, v]) => v !== null && v !== undefined));
}

/** What the mean of a loss is over in the version that a file is from. */
export function meanOverOf(saved: Pick<SavedTraining, "version">): MeanOver {
  const number = versionOf(saved);
  if (number >= 2.012) return "kept";
  return isEarlyKeras(saved) ? "weighted" : "everything";
}

/** A compilation in Keras 3's form; its optimizer's rate as it is now. */
export function serializeCompiled(
  { losses, metrics, optimizer }: Compiled,
  outputs: readonly Port[],
  rate: number | undefined,
): Readonly<Record<string, unknown>> {
  const each = <T>(of: (name: string) => T): T | Readonly<Record<string, T>> => {
    const [only] = outputs;
    if (outputs.length === 1 && only) return of(only.name);
    return Object.fromEntries(outputs.map(({ name }) => [name, of(name)]));
  };
  const lossOf = (name: string) => {
    const found = losses.find((l) => l.output.name === name);
    return found ? serializePart(found.loss) : null;
  };
  const metricsOf = (weighted: boolean) => (name: string) =>
    metrics.filter((m) => m.output.name === name && m.weighted === weighted).map(({ metric, own }) =>
      // The name that logs and callbacks know it by.
      serializePart(
        own === metric.def.name
          ? metric
          : { ...metric, config: { ...metric.config, name: fieldToSnake(own) } },
      )
    );
  const weights = losses.some((l) => l.weight !== 1)
    ? each((name) => losses.find((l) => l.output.name === name)?.weight ?? 1)
    : null;
  return {
    optimizer: optimizer && serializePart(withRate(optimizer, rate)),
    loss: each(lossOf),
    loss_weights: typeof weights === "number" ? [weights] : weights,
    metrics: metrics.some((m) => !m.weighted) ? each(metricsOf(false)) : null,
    weighted_metrics: metrics.some((m) => m.weighted) ? each(metricsOf(true)) : null,
    run_eagerly: false,
    steps_per_execution: 1,
    jit_compile: false,
  };
}

function withRate(optimizer: Part<OptimizerDef>, rate: number | undefined): Part<OptimizerDef> {
  const { learningRate } = optimizer.config;
  if (typeof learningRate !== "number" || rate === undefined || Math.fround(learningRate) === rate) {
    return optimizer;
  }
  return { ...optimizer, config: { ...optimizer.config, learningRate: rate } };
}

/** What a file of Lapis holds of a fit. @throws {ConfigError} for a form that isn't known. */
export function savedState({ extras }: Model): TrainingState | undefined {
  const json = extras?.json.training;
  if (typeof json !== "object" || json === null) return undefined;
  const { version } = json as { readonly version?: unknown };
  if (version !== 1 && version !== 2) {
    throw new ConfigError(`the file's training state is of version ${shown(version)}`);
  }
  return { json: json as TrainingState["json"], tensors: extras?.tensors ?? {} };
}
/**
 * Saved arrays under the names that they are wanted by. A wrapper's inner layers may have other names in a file than in
 * the program: what has no name here goes, in order, to what is left with the same last word and shape.
 * @throws {InputError} naming an array that is wanted nowhere, or one that is missing; none at all is fine.
 */
export function renamed(
  held: ReadonlyMap<string, Tensor>,
  wanted: ReadonlyMap<string, readonly number[] | undefined>,
  what: string,
): Map<string, Tensor> {
  if (held.size === 0) return new Map();
  const left = [...wanted].filter(([name]) => !held.has(name)),
    last = (name: string) => name.split("/").at(-1);
  const found = new Map<string, string>();
  for (const [name, { shape }] of held) {
    const [to, dims] = wanted.has(name) ? [name, wanted.get(name)] : left.shift() ?? [];
    if (to === undefined || last(to) !== last(name) || (dims && dims.join() !== shape.join())) {
      const other = to === undefined
        ? "the model has none of that name"
        : `the model has ${shown(to)} [${dims?.join(", ")}]`;
      throw new InputError(`${what} is ${shown(name)} [${shape.join(", ")}]; ${other}`, { place: name });
    }
    found.set(to, name);
  }
  const missing = [...wanted.keys()].find((name) => !found.has(name));
  if (missing !== undefined) throw new InputError(`${what} ${shown(missing)} is missing`, { place: missing });
  return new Map([...found].flatMap(([to, from]) => {
    const value = held.get(from);
    return value ? [[to, value] as const] : [];
  }));
}
/** Puts what resuming needs beside the model, so that its files have it; nothing is kept of an older fit. */
export function keepState(model: Model, state: TrainingState | undefined): void {
  const { training: _, ...json } = model.extras?.json ?? {};
  // The optimizer's slots have their own place in a file.
  const own = (tensors: Readonly<Record<string, Tensor>> = {}, wanted: boolean) =>
    Object.entries(tensors).filter(([name]) => /^(state|callback)\//.test(name) === wanted);
  const others = own(model.extras?.tensors, false).filter(([name]) => !name.startsWith("optimizer/"));
  const tensors = Object.fromEntries([...others, ...own(state?.tensors, true)]);
  const all = { ...json, ...(state && { training: state.json }) };
  const any = Object.keys(all).length + Object.keys(tensors).length > 0;
  model.extras = any ? { json: all, tensors } : undefined;
}
