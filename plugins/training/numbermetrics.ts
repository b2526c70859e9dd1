/** Metrics of numbers as sums that add up over batches: errors, R², directions, perplexity, and every loss. @module */
import type { Builder } from "../../core/builder.ts";
import type { Value } from "../../core/graph.ts";
import { cast, scalarLike, shapeOf } from "../../core/layerkit.ts";
import { int, type Schema } from "../../core/schema.ts";
import type { LossDef, MetricContext, MetricDef } from "../../core/training/contract.ts";
import { part, type PartFactory, partFactory } from "../../core/training/parts.ts";
import {
  binaryCrossentropyDef,
  categoricalCrossentropyDef,
  sparseCategoricalCrossentropyDef,
} from "./crossentropy.ts";
import {
  cosineSimilarityDef,
  hingeDef,
  huberDef,
  klDivergenceDef,
  logCoshDef,
  meanAbsoluteErrorDef,
  meanAbsolutePercentageErrorDef,
  meanSquaredErrorDef,
  meanSquaredLogarithmicErrorDef,
  poissonDef,
} from "./losses.ts";
import { meanOf, meanSums, type MetricConfig, nameField } from "./metricdefs.ts";

const total = (b: Builder, x: Value) => b.one("ReduceSum", [x], { keepdims: 0 });
const square = (b: Builder, x: Value) => b.one("Mul", [x, x]);
type Sums = Readonly<Record<string, readonly number[]>>;

/** Losses that Keras has other metrics for, or none. */
const metricKeras: Readonly<Record<string, MetricDef["keras"]>> = {
  huber: { save: () => undefined },
  logCosh: { save: (config) => ({ className: "LogCoshError", config }) },
};
/** A loss as a metric: the mean of the samples' values. */
function ofLoss(
  loss: LossDef,
  result: (sums: Sums) => number = meanOf,
  more: Partial<MetricDef<MetricConfig>> = {},
): MetricDef<MetricConfig> {
  const { config } = part(loss);
  return {
    kind: "metric",
    name: loss.name,
    ...(loss.className !== undefined && { className: loss.className }),
    summary: `mean over samples of ${loss.summary}`,
    aliases: (loss.aliases ?? []).filter((a) => typeof a === "string"),
    better: "min",
    config: nameField(),
    keras: { ignore: ["from_logits", "label_smoothing", "axis", "ignore_class"], ...metricKeras[loss.name] },
    build(c: MetricContext<MetricConfig>) {
      const own = { ...config, ...("fromLogits" in config && { fromLogits: c.fromLogits }) };
      const { values } = loss.build({ b: c.b, config: own, target: c.target, output: c.output });
      return meanSums(c, values);
    },
    result,
    ...more,
  };
}

/** √ of the mean squared error. */
export const rootMeanSquaredErrorDef: MetricDef<MetricConfig> = ofLoss(
  meanSquaredErrorDef,
  (sums) => Math.sqrt(meanOf(sums)),
  {
    name: "rootMeanSquaredError",
    summary: "root of the mean of (y - p)^2",
    aliases: ["rmse"],
  },
);
/** e to the mean cross-entropy of sparse targets. */
export const perplexityDef: MetricDef<MetricConfig> = ofLoss(
  sparseCategoricalCrossentropyDef,
  (sums) => Math.exp(meanOf(sums)),
  {
    name: "perplexity",
    summary: "exp of the mean cross-entropy",
    aliases: [],
    keras: { save: () => undefined },
  },
);
/** The cosine of the angle between target and output. */
export const cosineMetricDef: MetricDef<MetricConfig> = ofLoss(
  cosineSimilarityDef,
  (sums) => -meanOf(sums),
  { summary: "mean cosine between y and p", aliases: ["cosine"], better: "max" },
);

/** 1 − Σ(y − ŷ)² / Σ(y − mean y)². */
export const r2Def: MetricDef<MetricConfig> = {
  kind: "metric",
  name: "r2",
  className: "R2Score",
  summary: "1 - squared error over variance",
  aliases: ["r2Score"],
  better: "max",
  config: nameField(),
  keras: { ignore: ["class_aggregation", "num_regressors"] },
  build({ b, target, output, weights }) {
    const y = cast(b, target, "float32");
    const column = weights && b.one("Unsqueeze", [weights, b.ints([-1])]);
    const kept = (x: Value) => (column ? b.one("Mul", [x, column]) : x);
    const ones = b.one("Expand", [scalarLike(b, 1, y), b.one("Shape", [y])]);
    return {
      error: total(b, kept(square(b, b.one("Sub", [y, output])))),
      sum: total(b, kept(y)),
      squares: total(b, kept(square(b, y))),
      count: total(b, kept(ones)),
    };
  },
  result({ error = [0], sum = [0], squares = [0], count = [0] }) {
    const n = count[0] ?? 0, mean = n === 0 ? 0 : (sum[0] ?? 0) / n;
    const spread = (squares[0] ?? 0) - n * mean * mean;
    return spread <= 0 ? 0 : 1 - (error[0] ?? 0) / spread;
  },
};

/** Options of {@link directionAccuracyDef}. */
export interface DirectionConfig extends MetricConfig {
  /** Axis of time: 0 compares neighbouring samples, −1 the steps of a forecast. */
  readonly axis: number;
}
const directionFields = (): Schema<DirectionConfig> => ({
  ...nameField(),
  axis: int({ doc: "axis of time: 0 neighbouring samples, -1 the steps of a forecast", default: 0 }),
});
/** The share of steps that go up or down as they should; samples (or steps) must be in order. */
export const directionAccuracyDef: MetricDef<DirectionConfig> = {
  kind: "metric",
  name: "directionAccuracy",
  summary: "share of steps that go the right way",
  better: "max",
  config: directionFields(),
  keras: { save: () => undefined },
  build({ b, config, target, output }) {
    const at = b.ints([config.axis < 0 ? config.axis + shapeOf(output.type).length : config.axis]);
    const end = b.ints([Number.MAX_SAFE_INTEGER]);
    const sign = (x: Value) => {
      const later = b.one("Slice", [x, b.ints([1]), end, at]);
      const before = b.one("Slice", [x, b.ints([0]), b.ints([-1]), at]);
      return b.one("Sign", [b.one("Sub", [later, before])]);
    };
    const right = cast(b, b.one("Equal", [sign(cast(b, target, "float32")), sign(output)]), "float32");
    return meanSums({ b }, right);
  },
  result: meanOf,
};

/** Every metric here. */
export const numberMetrics: readonly MetricDef[] = [
  ofLoss(meanSquaredErrorDef),
  ofLoss(meanAbsoluteErrorDef),
  ofLoss(meanAbsolutePercentageErrorDef),
  ofLoss(meanSquaredLogarithmicErrorDef),
  ofLoss(logCoshDef),
  ofLoss(huberDef),
  ofLoss(hingeDef),
  ofLoss(klDivergenceDef),
  ofLoss(poissonDef),
  ofLoss(binaryCrossentropyDef),
  ofLoss(categoricalCrossentropyDef),
  ofLoss(sparseCategoricalCrossentropyDef),
  cosineMetricDef,
  rootMeanSquaredErrorDef,
  perplexityDef,
  r2Def,
  directionAccuracyDef,
];
/** The share of steps that go the right way: `directionAccuracyMetric({ axis: -1 })`. */
export const directionAccuracyMetric: PartFactory<MetricDef, DirectionConfig> = partFactory<MetricDef>(
  directionAccuracyDef,
);
