/** Metrics of classification as sums that add up over batches: accuracies and top-k; and what other metrics share. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import { cast, dtypeOf, scalarLike, shapeOf } from "../../../core/ops/words.ts";
import { float, int, nullable, type Schema, text } from "../../../core/values/schema.ts";
import { isInteger } from "../../../core/values/dtype.ts";
import type { MetricContext, MetricDef } from "../../../core/training/contract.ts";
import { type PartFactory, partFactory } from "../../../core/training/parts.ts";
import { oneHot } from "../losses/crossentropy.ts";

/** Options that every metric has. */
export interface MetricConfig {
  /** Its name in logs, where another is wanted. */
  readonly name: string | null;
}
/** Fields of {@link MetricConfig}. */
export const nameField = (): Schema<MetricConfig> => ({ name: nullable(text()) });

/** The sum of all elements. */
export const total = (b: Builder, x: Value): Value => b.reduceSum(x, { keepdims: 0 });
/** Sums of values, and of what counts, over all samples and steps. */
export function meanSums(
  { b, weights }: Pick<MetricContext<unknown>, "b" | "weights">,
  values: Value,
): Record<string, Value> {
  const ones = weights ?? b.expand(scalarLike(b, 1, values), b.shape(values));
  const weighted = weights ? b.mul(values, weights) : values;
  return { sum: total(b, weighted), count: total(b, ones) };
}
/** The mean of such sums; 0 where nothing counted. */
export function meanOf({ sum = [0], count = [0] }: Readonly<Record<string, readonly number[]>>): number {
  return count[0] ? (sum[0] ?? 0) / count[0] : 0;
}

/** How many classes outputs tell apart; 1 for a single probability. */
export const classCount = (output: Value): number => {
  const size = shapeOf(output.type).at(-1);
  return typeof size === "number" ? size : 1;
};
/** True where targets are classes' numbers rather than one number an output. */
export const isSparse = ({ target, output }: Pick<MetricContext<unknown>, "target" | "output">): boolean =>
  isInteger(dtypeOf(target)) || shapeOf(target.type).length < shapeOf(output.type).length;
const argMax = (b: Builder, x: Value) => cast(b, b.argMax(x, { axis: -1, keepdims: 0 }), "int32");
const squeezed = (b: Builder, x: Value) => b.squeeze(x, b.ints([-1]));

/** True class and predicted class of every sample, int32 of the leading axes. */
export function classesOf(c: MetricContext<unknown>, threshold = 0.5): { truth: Value; predicted: Value } {
  const { b, target, output } = c;
  if (classCount(output) === 1) {
    const one = shapeOf(output.type).length > 1 ? squeezed(b, output) : output;
    const same = shapeOf(target.type).length === shapeOf(output.type).length &&
      shapeOf(output.type).length > 1;
    return {
      truth: cast(b, same ? squeezed(b, target) : target, "int32"),
      predicted: cast(b, b.greater(one, scalarLike(b, threshold, one)), "int32"),
    };
  }
  return {
    truth: isSparse(c) ? cast(b, target, "int32") : argMax(b, target),
    predicted: argMax(b, output),
  };
}
const equal = (b: Builder, x: Value, y: Value) => cast(b, b.equal(x, y), "float32");

/** Options of {@link accuracyDef} and {@link binaryAccuracyDef}. */
export interface ThresholdConfig extends MetricConfig {
  /** A probability above it means class 1. */
  readonly threshold: number;
}
const threshold = () => float({ default: 0.5 });
const accuracyDef: MetricDef<ThresholdConfig> = {
  kind: "metric",
  name: "accuracy",
  aliases: ["acc"],
  better: "max",
  config: { ...nameField(), threshold: threshold() },
  // Keras' class of its name compares numbers; by the name alone Keras finds the accuracy that fits.
  className: "AccuracyOfClasses",
  keras: { save: ({ threshold: bound }) => (bound === 0.5 ? "accuracy" : undefined) },
  build(c) {
    const { truth, predicted } = classesOf(c, c.config.threshold);
    return meanSums(c, equal(c.b, truth, predicted));
  },
  result: meanOf,
};
/** Share of samples whose most probable class is the true one, a single output cut at the threshold: `accuracy({ threshold: 0.7 })`. */
export const accuracy: PartFactory<MetricDef, ThresholdConfig> = partFactory<MetricDef>(accuracyDef);
/** The share of samples whose largest output is that of their class. */
function largestAccuracy(name: string, sparse: boolean): MetricDef<MetricConfig> {
  return {
    kind: "metric",
    name,
    better: "max",
    config: nameField(),
    build(c) {
      const { b, target, output } = c, truth = isSparse(c) ? cast(b, target, "int32") : argMax(b, target);
      if (!sparse || isSparse(c)) return meanSums(c, equal(b, truth, argMax(b, output)));
      return meanSums(c, equal(b, cast(b, squeezed(b, target), "int32"), argMax(b, output)));
    },
    result: meanOf,
  };
}
const categoricalAccuracyDef = largestAccuracy("categoricalAccuracy", false);
/** Share of samples whose largest output stands where the one-hot target's 1 does. */
export const categoricalAccuracy: PartFactory<MetricDef, MetricConfig> = partFactory<MetricDef>(
  categoricalAccuracyDef,
);
const sparseCategoricalAccuracyDef = largestAccuracy("sparseCategoricalAccuracy", true);
/** Share of samples whose largest output stands at the target's number. */
export const sparseCategoricalAccuracy: PartFactory<MetricDef, MetricConfig> = partFactory<MetricDef>(
  sparseCategoricalAccuracyDef,
);
const exactAccuracyDef: MetricDef<MetricConfig> = {
  kind: "metric",
  name: "exactAccuracy",
  className: "Accuracy",
  better: "max",
  config: nameField(),
  build(c) {
    const { b, target, output } = c, [own, wanted] = [shapeOf(target.type), shapeOf(output.type)];
    const y = cast(
      b,
      own.length < wanted.length ? b.unsqueeze(target, b.ints([-1])) : target,
      "float32",
    );
    const right = equal(b, y, output);
    return meanSums(
      c,
      wanted.length < 2 ? right : b.reduceMean(right, b.ints([-1]), { keepdims: 0 }),
    );
  },
  result: meanOf,
};
/** Share of numbers that are exactly their targets, as Keras' class Accuracy has it. */
export const exactAccuracy: PartFactory<MetricDef, MetricConfig> = partFactory<MetricDef>(
  exactAccuracyDef,
);
const binaryAccuracyDef: MetricDef<ThresholdConfig> = {
  kind: "metric",
  name: "binaryAccuracy",
  better: "max",
  config: { ...nameField(), threshold: threshold() },
  build(c) {
    const { b, target, output } = c;
    const yes = cast(b, b.greater(output, scalarLike(b, c.config.threshold, output)), "float32");
    const right = equal(b, yes, cast(b, target, "float32"));
    return meanSums(c, b.reduceMean(right, b.ints([-1]), { keepdims: 0 }));
  },
  result: meanOf,
};
/** Share of outputs on the right side of the threshold, several labels a sample. */
export const binaryAccuracy: PartFactory<MetricDef, ThresholdConfig> = partFactory<MetricDef>(
  binaryAccuracyDef,
);

/** Options of {@link topKDef}. */
export interface TopKConfig extends MetricConfig {
  /** How many. */
  readonly k: number;
}
const topKDef: MetricDef<TopKConfig> = {
  kind: "metric",
  name: "topKCategoricalAccuracy",
  aliases: ["topK", "sparseTopKCategoricalAccuracy", ["top3", { k: 3 }], ["top5", { k: 5 }]],
  better: "max",
  config: { ...nameField(), k: int({ default: 5, min: 1 }) },
  build(c) {
    const { b, output, config } = c, classes = classCount(output);
    const hot = isSparse(c) ? oneHot(b, c.target, classes, output) : cast(b, c.target, "float32");
    const own = b.reduceSum(b.mul(hot, output), b.ints([-1]), { keepdims: 1 });
    const better = cast(b, b.greater(output, own), "float32");
    const ahead = b.reduceSum(better, b.ints([-1]), { keepdims: 0 });
    return meanSums(c, cast(b, b.less(ahead, scalarLike(b, config.k, ahead)), "float32"));
  },
  result: meanOf,
};
/** The share of samples whose true class is among the k most probable. */
export const topKCategoricalAccuracy: PartFactory<MetricDef, TopKConfig> = partFactory<MetricDef>(topKDef);
