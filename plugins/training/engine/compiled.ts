/** What `compile` was given, read: the loss and metrics of every output, and the optimizer. @module */
import { item } from "../../../core/values/item.ts";
import { isRecord } from "../../../core/values/schema.ts";
import { ConfigError, InputError, shown } from "../../../core/values/errors.ts";
import { type Port, portOf } from "../../../core/model/feed.ts";
import { fieldToCamel, fieldToSnake } from "../../../core/network/names.ts";
import type { ModelParts, TrainingPlugins } from "../../../core/training/types.ts";
import { asTensor, type TensorType, tensorType } from "../../../core/values/shape.ts";
import type { LossDef, MetricDef, OptimizerDef, Part } from "../../../core/training/contract.ts";
import { partOf } from "../../../core/training/parts.ts";
import type { MeanOver } from "./reduce.ts";
import type { CompileTraining } from "../../../core/training/types.ts";

/** An output's loss. */
export interface OutputLoss {
  readonly output: Port;
  readonly loss: Part<LossDef>;
  /** Factor in the total. */
  readonly weight: number;
  /** What targets are given as. */
  readonly target: Port;
  /** Number of classes, where targets are classes' numbers; and the number that stands for none. */
  readonly classes: number | undefined;
  readonly ignored: number | undefined;
}
/** An output that targets are given for: it has a loss, or metrics alone, which take targets as they come. */
export interface OutputTarget {
  readonly output: Port;
  readonly loss: OutputLoss | undefined;
}
/** A metric of an output. */
export interface OutputMetric {
  readonly output: Port;
  readonly metric: Part<MetricDef>;
  /** Its name in logs and histories. */
  readonly name: string;
  /** The same without the output's. */
  readonly own: string;
  /** True where samples count by their weights. */
  readonly weighted: boolean;
}
/** All of it. */
export interface Compiled {
  readonly losses: readonly OutputLoss[];
  readonly metrics: readonly OutputMetric[];
  /** In the order of the outputs. */
  readonly targets: readonly OutputTarget[];
  readonly optimizer: Part<OptimizerDef> | undefined;
  readonly options: CompileTraining;
  /** The version of Keras whose numbers these are: 3, or that of the file it comes from, as 2.004 for 2.4. */
  readonly keras: number;
  /** What the mean of a loss is over. */
  readonly meanOver: MeanOver;
  /** Apart from every other compilation. */
  readonly key: string;
}

/** True for one part, as against parts by output. */
const isOne = (raw: Readonly<Record<string, unknown>>) =>
  "class_name" in raw || "kind" in raw || (typeof raw.name === "string" && !("class_name" in raw));

/** What belongs to each output, from one for all, a list, or by name. @throws {ConfigError} for what fits no output. */
export function byOutput(raw: unknown, outputs: readonly Port[], what: string): readonly unknown[] {
  const names = outputs.map((o) => o.name);
  if (isRecord(raw) && !isOne(raw)) {
    const unknown = Object.keys(raw).find((k) => !names.includes(k));
    if (unknown !== undefined) {
      throw new ConfigError(`${what}: no output is named ${shown(unknown)}; there are ${names.join(", ")}`, {
        place: `${what}.${unknown}`,
      });
    }
    return outputs.map(({ name }) => raw[name] ?? null);
  }
  if (!Array.isArray(raw)) return outputs.map(() => raw ?? null);
  if (raw.length !== outputs.length) {
    throw new ConfigError(
      `${what}: expected one for each of ${outputs.length} outputs (${names.join(", ")}), got ${raw.length}`,
      { place: what },
    );
  }
  return raw.map((item) => item ?? null);
}

/** A metric's name in logs: the one it was asked for by, else its own. */
function metricName(raw: unknown, metric: Part<MetricDef>, byFunction: boolean): string {
  // Up to Keras 2.3 a metric has the name of its function, whatever it was asked for by.
  const given = typeof raw === "string"
    ? byFunction && metric.def.name !== "accuracy" ? metric.def.name : raw
    : isRecord(raw) && isRecord(raw.config) && typeof raw.config.name === "string"
    ? raw.config.name
    : metric.def.name;
  const word = fieldToCamel(given);
  return word.charAt(0).toLowerCase() + word.slice(1);
}

/**
 * Keras' `crossentropy` and `ce`, which choose by output and targets: binary for an output of one number.
 * @throws {ConfigError} for several, where only targets would tell.
 */
function chosenCrossentropy(raw: unknown, { name, type }: Port): unknown {
  if (typeof raw !== "string" || !/^(crossentropy|ce)$/i.test(raw)) return raw;
  if (asTensor(type).shape?.at(-1) === 1) return "binaryCrossentropy";
  throw new ConfigError(
    `compile.loss (output ${name}): ${raw} is chosen by the targets in Keras, which come later here: name ` +
      "categoricalCrossentropy (a number for each class) or sparseCategoricalCrossentropy (the class's number)",
    { place: "compile.loss" },
  );
}
/** The loss of one output. */
function outputLoss(registry: TrainingPlugins, output: Port, raw: unknown, weight: number): OutputLoss {
  const chosen = chosenCrossentropy(raw, output);
  const loss = partOf(registry, "loss", chosen, `compile.loss (output ${output.name})`);
  const type = asTensor(output.type), { def, config } = loss;
  return {
    output,
    loss,
    weight,
    target: portOf(output.name, ownSizes(def.target?.(type, config) ?? floatType(type), output)),
    classes: def.classes?.(type, config),
    ignored: def.ignored?.(config),
  };
}
/** A target's sizes that its output doesn't have, named after the output, so that those of two outputs differ. */
function ownSizes(target: TensorType, { name, type }: Port): TensorType {
  const known = new Set(asTensor(type).shape);
  return tensorType(
    target.dtype,
    target.shape?.map((d) => typeof d === "string" && !known.has(d) ? `${name}_${d}` : d),
  );
}
const floatType = (type: TensorType): TensorType => tensorType("float32", type.shape);

/** The losses of the outputs. @throws {ConfigError} naming the output or loss that isn't known. */
export function readLosses(
  registry: TrainingPlugins,
  outputs: readonly Port[],
  raw: CompileTraining["loss"],
  lossWeights: CompileTraining["lossWeights"],
): readonly OutputLoss[] {
  if (raw === undefined || raw === null) return [];
  const list = byOutput(raw, outputs, "loss"), weights = weightsOf(outputs, lossWeights);
  return outputs.flatMap((output, i) => {
    const loss = list[i];
    return loss === null || loss === undefined ? [] : [outputLoss(registry, output, loss, item(weights, i))];
  });
}
/** Factors in the outputs' order. */
function weightsOf(
  outputs: readonly Port[],
  lossWeights: CompileTraining["lossWeights"],
): readonly number[] {
  if (!lossWeights) return outputs.map(() => 1);
  const given = byOutput(lossWeights, outputs, "lossWeights");
  return outputs.map(({ name }, i) => {
    const weight = given[i] ?? 1;
    if (typeof weight === "number") return weight;
    throw new ConfigError(`lossWeights: expected a number for ${name}, got ${shown(weight)}`);
  });
}
/** Losses with other factors, where some are given. */
export function reweighted(
  losses: readonly OutputLoss[],
  outputs: readonly Port[],
  lossWeights: CompileTraining["lossWeights"],
): readonly OutputLoss[] {
  if (!lossWeights) return losses;
  const weights = weightsOf(outputs, lossWeights);
  return losses.map((loss) => ({
    ...loss,
    weight: weights[outputs.findIndex((o) => o.name === loss.output.name)] ?? 1,
  }));
}

function readMetrics(
  registry: TrainingPlugins,
  outputs: readonly Port[],
  raw: CompileTraining["metrics"],
  weighted: boolean,
  byFunction: boolean,
  place = "compile",
): readonly OutputMetric[] {
  if (raw === undefined || raw === null) return [];
  const flat = Array.isArray(raw) && !raw.some((m) => Array.isArray(m) || m === null);
  const list = flat && (outputs.length === 1 || raw.length !== outputs.length)
    ? outputs.map(() => raw)
    : byOutput(raw, outputs, "metrics");
  return outputs.flatMap((output, i) => {
    const own = list[i];
    const items = (Array.isArray(own) ? own : [own]).filter((item) => item !== null && item !== undefined);
    return items.map((item): OutputMetric => {
      const metric = partOf(registry, "metric", item, `${place}.metrics (output ${output.name})`);
      const named = metricName(item, metric, byFunction), prefix = fieldToCamel(output.name);
      // Keras 2's files name a metric together with its output.
      const inFile = outputs.length > 1 && isRecord(item) && named.startsWith(prefix) &&
        /^[A-Z]/.test(named.slice(prefix.length));
      const rest = named.slice(prefix.length).replace(/^Weighted(?=[A-Z])/, "");
      const own = inFile ? `${rest.charAt(0).toLowerCase()}${rest.slice(1)}` : named;
      return {
        output,
        metric,
        own,
        weighted,
        name: outputs.length === 1 ? own : outputName(output.name, own),
      };
    });
  });
}
/** Names that tell all metrics apart, as Keras numbers them; of one asked for twice the weighted one says so. */
function namedApart(metrics: readonly OutputMetric[], single: boolean): readonly OutputMetric[] {
  const uses = new Map<string, number>();
  const taken = (name: string) => {
    const before = uses.get(name) ?? 0;
    uses.set(name, before + 1);
    return before;
  };
  return metrics.map((metric) => {
    const { output, own, weighted } = metric;
    let { name } = metric, before = taken(name);
    if (before > 0 && weighted) {
      const weightedOwn = `weighted${own.charAt(0).toUpperCase()}${own.slice(1)}`;
      name = single ? weightedOwn : outputName(output.name, weightedOwn);
      before = taken(name);
    }
    return { ...metric, name: before === 0 ? name : fieldToCamel(`${name}_${before}`) };
  });
}
/** The outputs that have a loss or a metric. */
export function targetsOf(
  losses: readonly OutputLoss[],
  metrics: readonly OutputMetric[],
  outputs: readonly Port[],
): readonly OutputTarget[] {
  return outputs.flatMap((output) => {
    const loss = losses.find((l) => l.output.name === output.name);
    return loss || metrics.some((m) => m.output.name === output.name) ? [{ output, loss }] : [];
  });
}
/** `main` and `accuracy`: `mainAccuracy`. */
export function outputName(output: string, name: string): string {
  return fieldToCamel(`${output}_${fieldToSnake(name)}`.replace(/[^A-Za-z0-9]+/g, "_"));
}

let compilations = 0;
/**
 * Reads what `compile` was given.
 * @throws {ConfigError} naming the output, the part or the option that isn't known.
 */
export function readCompiled(
  registry: TrainingPlugins,
  outputs: readonly Port[],
  options: CompileTraining,
  keras = 3,
  meanOver: MeanOver = "kept",
): Compiled {
  const { optimizer = "rmsprop", loss, metrics, weightedMetrics, lossWeights } = options;
  const losses = readLosses(registry, outputs, loss, lossWeights);
  const all = namedApart([
    ...readMetrics(registry, outputs, metrics, false, meanOver === "weighted"),
    ...readMetrics(registry, outputs, weightedMetrics, true, meanOver === "weighted"),
  ], outputs.length === 1);
  return {
    losses,
    metrics: all,
    targets: targetsOf(losses, all, outputs),
    optimizer: partOf(registry, "optimizer", optimizer, "compile.optimizer"),
    options,
    keras,
    meanOver,
    key: `${compilations++}`,
  };
}
/** What was compiled with other metrics in the place of its own. @throws {ConfigError} naming one that isn't known. */
export function withMetrics(
  { registry, model: { outputs } }: Pick<ModelParts, "registry" | "model">,
  compiled: Compiled,
  raw: CompileTraining["metrics"],
): Compiled {
  const read = readMetrics(registry, outputs, raw, false, compiled.meanOver === "weighted", "evaluate");
  const metrics = namedApart(read, outputs.length === 1);
  return { ...compiled, metrics, targets: targetsOf(compiled.losses, metrics, outputs) };
}
/** The outputs that targets are given for, where any has a loss. @throws {InputError} */
export function needTargets(compiled: Compiled): readonly OutputTarget[] {
  if (compiled.losses.length > 0) return compiled.targets;
  throw new InputError("the model was compiled without a loss: model.compile({ loss })");
}
/** Names of a compilation's numbers, and which way is better. */
export function monitorsOf({ losses, metrics }: Compiled): ReadonlyMap<string, "max" | "min"> {
  const each = losses.length > 1 ? losses.map((l) => outputName(l.output.name, "loss")) : [];
  return new Map([
    ...["loss", ...each].map((name) => [name, "min"] as const),
    ...metrics.map(({ name, metric }) => [name, metric.def.better] as const),
  ]);
}
