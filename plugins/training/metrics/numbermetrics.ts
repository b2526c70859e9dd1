/** Metrics of numbers as sums that add up over batches: correlations, R², directions, perplexity. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import { cast, scalarLike, shapeOf } from "../../../core/ops/words.ts";
import { choice, int, type Schema } from "../../../core/values/schema.ts";
import type { MetricDef } from "../../../core/training/contract.ts";
import { type PartFactory, partFactory } from "../../../core/training/parts.ts";
import { sparseCategoricalCrossentropyDef } from "../losses/crossentropy.ts";
import { type CosineConfig, cosineSimilarityDef, meanSquaredErrorDef } from "../losses/losses.ts";
import { type LossMetricConfig, ofLoss } from "./lossmetrics.ts";
import { meanOf, meanSums, type MetricConfig, nameField } from "./metricdefs.ts";

const square = (b: Builder, x: Value) => b.mul(x, x);

const rootMeanSquaredErrorDef: MetricDef<MetricConfig> = ofLoss(
  meanSquaredErrorDef,
  (sums) => Math.sqrt(meanOf(sums)),
  {
    name: "rootMeanSquaredError",
    aliases: ["rmse"],
  },
);
/** √ of the mean squared error. */
export const rootMeanSquaredError: PartFactory<MetricDef, MetricConfig> = partFactory<MetricDef>(
  rootMeanSquaredErrorDef,
);
const perplexityDef: MetricDef<MetricConfig> = ofLoss(
  sparseCategoricalCrossentropyDef,
  (sums) => Math.exp(meanOf(sums)),
  {
    name: "perplexity",
    aliases: [],
    keras: { save: () => undefined },
  },
);
/** e to the mean cross-entropy of targets that are classes' numbers. */
export const perplexity: PartFactory<MetricDef, MetricConfig> = partFactory<MetricDef>(perplexityDef);
/** The cosine of the angle between target and output. */
export const cosineMetricDef: MetricDef<MetricConfig> = ofLoss(
  cosineSimilarityDef,
  (sums) => -meanOf(sums),
  { aliases: ["cosine"], better: "max" },
);

const cosineProximityDef: MetricDef<MetricConfig> = ofLoss(cosineSimilarityDef, meanOf, {
  name: "cosineProximity",
  aliases: [],
  keras: { save: () => undefined },
});
/** Minus the mean cosine, as Keras had it at first. */
export const cosineProximity: PartFactory<MetricDef, LossMetricConfig<CosineConfig>> = partFactory<MetricDef>(
  cosineProximityDef,
);

/** Options of correlations. */
export interface CorrelationConfig extends MetricConfig {
  /** The axis whose numbers are compared. */
  readonly axis: number;
}
/** What correlates two rows of numbers, from their means and their differences from them. */
type Correlation = (b: Builder, y: Value, p: Value, mean: (x: Value) => Value) => Value;
/** A metric of every sample's outputs beside its targets. */
function correlation(name: string, of: Correlation): MetricDef<CorrelationConfig> {
  return {
    kind: "metric",
    name,
    better: "max",
    config: { ...nameField(), axis: int({ default: -1 }) },
    build(c) {
      const { b, config: { axis }, output } = c, y = cast(b, c.target, "float32");
      const mean = (x: Value, keepdims: 0 | 1 = 1) => b.reduceMean(x, b.ints([axis]), { keepdims });
      return meanSums(c, mean(of(b, y, output, mean), 0));
    },
    result: meanOf,
  };
}
const minus = (b: Builder, x: Value, y: Value) => b.sub(x, y);
const over = (b: Builder, x: Value, y: Value) => b.div(x, y);
const pearsonDef = correlation("pearsonCorrelation", (b, y, p, mean) => {
  const standard = (x: Value) => {
    const off = minus(b, x, mean(x));
    return over(b, off, b.sqrt(mean(square(b, minus(b, off, mean(off))))));
  };
  return b.mul(standard(y), standard(p));
});
/** Linear correlation of targets and outputs (Pearson), along an axis. */
export const pearsonCorrelation: PartFactory<MetricDef, CorrelationConfig> = partFactory<MetricDef>(
  pearsonDef,
);
// Keras takes the targets' differences from the outputs' mean.
const concordanceDef = correlation("concordanceCorrelation", (b, y, p, mean) => {
  const variance = (x: Value) => mean(square(b, minus(b, x, mean(x))));
  const joint = b.mul(minus(b, y, mean(p)), minus(b, p, mean(p)));
  const apart = square(b, minus(b, mean(y), mean(p)));
  const all = b.add(b.add(variance(y), variance(p)), apart);
  const twice = b.mul(joint, scalarLike(b, 2, joint));
  return over(b, twice, b.add(all, scalarLike(b, 1e-7, all)));
});
/** Agreement of targets and outputs (Lin 1989), along an axis. */
export const concordanceCorrelation: PartFactory<MetricDef, CorrelationConfig> = partFactory<MetricDef>(
  concordanceDef,
);

/** Options of {@link r2Def}. */
export interface R2Config extends MetricConfig {
  /** How several outputs' scores become one. */
  readonly classAggregation: "uniform_average" | "variance_weighted_average";
  /** Independent variables, for the adjusted score. */
  readonly numRegressors: number;
}
const r2Def: MetricDef<R2Config> = {
  kind: "metric",
  name: "r2",
  className: "R2Score",
  aliases: ["r2Score"],
  better: "max",
  config: {
    ...nameField(),
    classAggregation: choice({
      of: ["uniform_average", "variance_weighted_average"],
      default: "uniform_average",
    }),
    numRegressors: int({ default: 0, min: 0 }),
  },
  build({ b, target, output, weights }) {
    const y = cast(b, target, "float32");
    const column = weights && b.unsqueeze(weights, b.ints([-1]));
    const kept = (x: Value) => (column ? b.mul(x, column) : x);
    const ones = b.expand(scalarLike(b, 1, y), b.shape(y));
    const over = b.ints(Array.from({ length: Math.max(1, shapeOf(y.type).length - 1) }, (_, i) => i));
    const sum = (x: Value) => b.reduceSum(kept(x), over, { keepdims: 0 });
    return {
      error: sum(square(b, b.sub(y, output))),
      sum: sum(y),
      squares: sum(square(b, y)),
      count: sum(ones),
    };
  },
  result({ error = [], sum = [], squares = [], count: [n = 0] = [] }, config) {
    const spreads = squares.map((s, i) => (n === 0 ? 0 : s - (sum[i] ?? 0) ** 2 / n));
    const scores = spreads.map((spread, i) => (spread <= 0 ? 0 : 1 - (error[i] ?? 0) / spread));
    const factors = config.classAggregation === "uniform_average" ? scores.map(() => 1) : spreads;
    const all = factors.reduce((x, y) => x + y, 0);
    const score = all === 0 ? 0 : scores.reduce((x, s, i) => x + s * (factors[i] ?? 0), 0) / all;
    const free = n - config.numRegressors - 1;
    return config.numRegressors === 0 || free <= 0 ? score : 1 - ((1 - score) * (n - 1)) / free;
  },
};
/** 1 − squared error over variance, of each output, and their mean. */
export const r2: PartFactory<MetricDef, R2Config> = partFactory<MetricDef>(r2Def);

/** Options of {@link directionAccuracyDef}. */
export interface DirectionConfig extends MetricConfig {
  /** Axis of time: 0 compares neighbouring samples, −1 the steps of a forecast. */
  readonly axis: number;
}
const directionFields = (): Schema<DirectionConfig> => ({
  ...nameField(),
  axis: int({ default: 0 }),
});
const directionAccuracyDef: MetricDef<DirectionConfig> = {
  kind: "metric",
  name: "directionAccuracy",
  better: "max",
  config: directionFields(),
  keras: { save: () => undefined },
  build({ b, config, target, output }) {
    const at = b.ints([config.axis < 0 ? config.axis + shapeOf(output.type).length : config.axis]);
    const end = b.ints([Number.MAX_SAFE_INTEGER]);
    const sign = (x: Value) => {
      const later = b.slice(x, b.ints([1]), end, at);
      const before = b.slice(x, b.ints([0]), b.ints([-1]), at);
      return b.sign(b.sub(later, before));
    };
    const right = cast(b, b.equal(sign(cast(b, target, "float32")), sign(output)), "float32");
    return meanSums({ b }, right);
  },
  result: meanOf,
};
/** Share of steps that go up or down as they should, samples (or steps) in order: `directionAccuracy({ axis: -1 })`. */
export const directionAccuracy: PartFactory<MetricDef, DirectionConfig> = partFactory<MetricDef>(
  directionAccuracyDef,
);

/** Mean cosine of the angle between target and output. */
export const cosineSimilarity: PartFactory<MetricDef, LossMetricConfig<CosineConfig>> = partFactory<
  MetricDef
>(cosineMetricDef);
