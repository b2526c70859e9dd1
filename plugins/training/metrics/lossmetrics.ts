/** Losses as metrics: the mean of the samples' values. @module */
import type { Schema } from "../../../core/values/schema.ts";
import type { LossConfig, LossDef, MetricContext, MetricDef } from "../../../core/training/contract.ts";
import { part, type PartFactory, partFactory } from "../../../core/training/parts.ts";
import { cast } from "../../../core/ops/words.ts";
import {
  binaryCrossentropyDef,
  type BinaryFocalConfig,
  binaryFocalCrossentropyDef,
  categoricalCrossentropyDef,
  type CategoricalFocalConfig,
  categoricalFocalCrossentropyDef,
  type CrossentropyConfig,
  sparseCategoricalCrossentropyDef,
  type SparseCrossentropyConfig,
} from "../losses/crossentropy.ts";
import {
  categoricalHingeDef,
  hingeDef,
  type HuberConfig,
  huberDef,
  klDivergenceDef,
  logCoshDef,
  meanAbsoluteErrorDef,
  meanAbsolutePercentageErrorDef,
  meanSquaredErrorDef,
  meanSquaredLogarithmicErrorDef,
  poissonDef,
  squaredHingeDef,
} from "../losses/losses.ts";
import { meanOf, meanSums, type MetricConfig, nameField } from "./metricdefs.ts";

type Sums = Readonly<Record<string, readonly number[]>>;
/** Options of a loss's metric: the loss's, without how it is reduced, and a name. */
export type LossMetricConfig<C extends LossConfig> = MetricConfig & Omit<C, "reduction">;

/** Where Keras' metric isn't the loss's class with its options. */
const metricKeras: Readonly<Record<string, MetricDef["keras"]>> = {
  huber: { save: () => undefined },
  logCosh: { save: (config) => ({ className: "LogCoshError", config }) },
  binaryCrossentropy: { save: ({ axis: _, ...config }) => ({ config }) },
};
/** A loss as a metric: the mean of the samples' values. */
export function ofLoss(
  loss: LossDef,
  result: (sums: Sums) => number = meanOf,
  more: Partial<MetricDef<MetricConfig>> = {},
): MetricDef<MetricConfig> {
  const { reduction: _, ...fields } = loss.config as Schema<LossConfig>;
  const { config } = part(loss);
  return {
    kind: "metric",
    name: loss.name,
    ...(loss.className !== undefined && { className: loss.className }),
    aliases: (loss.aliases ?? []).filter((a) => typeof a === "string"),
    better: "min",
    config: { ...nameField(), ...fields },
    ...(metricKeras[loss.name] && { keras: metricKeras[loss.name] }),
    build(c: MetricContext<MetricConfig>) {
      const { b, target, output, plainLabels = false } = c;
      const { values, mask } = loss.build({
        b,
        config: { ...config, ...c.config },
        target,
        output,
        plainLabels,
      });
      const kept = mask && cast(b, mask, "float32");
      const weights = kept && c.weights ? b.mul(kept, c.weights) : kept ?? c.weights;
      return meanSums({ b, ...(weights && { weights }) }, values);
    },
    result,
    ...more,
  };
}

/** Keras has these as functions, by their names. */
const functionAlone: Partial<MetricDef<MetricConfig>> = { keras: { save: () => undefined } };
/** Mean of (y − p)². */
export const meanSquaredError: PartFactory<MetricDef, LossMetricConfig<LossConfig>> = partFactory<MetricDef>(
  ofLoss(meanSquaredErrorDef),
);
/** Mean of |y − p|. */
export const meanAbsoluteError: PartFactory<MetricDef, LossMetricConfig<LossConfig>> = partFactory<MetricDef>(
  ofLoss(meanAbsoluteErrorDef),
);
/** Mean of |y − p| over |y|, times 100. */
export const meanAbsolutePercentageError: PartFactory<MetricDef, LossMetricConfig<LossConfig>> = partFactory<
  MetricDef
>(ofLoss(meanAbsolutePercentageErrorDef));
/** Mean of (log(1 + y) − log(1 + p))². */
export const meanSquaredLogarithmicError: PartFactory<MetricDef, LossMetricConfig<LossConfig>> = partFactory<
  MetricDef
>(ofLoss(meanSquaredLogarithmicErrorDef));
/** Mean of log cosh (p − y). */
export const logCosh: PartFactory<MetricDef, LossMetricConfig<LossConfig>> = partFactory<MetricDef>(
  ofLoss(logCoshDef, meanOf, { aliases: ["logCoshError", "logcosh"] }),
);
/** Squared near 0, linear beyond delta. */
export const huber: PartFactory<MetricDef, LossMetricConfig<HuberConfig>> = partFactory<MetricDef>(
  ofLoss(huberDef),
);
/** Mean of max(1 − y·p, 0). */
export const hinge: PartFactory<MetricDef, LossMetricConfig<LossConfig>> = partFactory<MetricDef>(
  ofLoss(hingeDef),
);
/** Mean of max(1 − y·p, 0)². */
export const squaredHinge: PartFactory<MetricDef, LossMetricConfig<LossConfig>> = partFactory<MetricDef>(
  ofLoss(squaredHingeDef),
);
/** How far the best wrong class is ahead, by a margin of 1. */
export const categoricalHinge: PartFactory<MetricDef, LossMetricConfig<LossConfig>> = partFactory<MetricDef>(
  ofLoss(categoricalHingeDef),
);
/** Kullback–Leibler divergence of p from y. */
export const klDivergence: PartFactory<MetricDef, LossMetricConfig<LossConfig>> = partFactory<MetricDef>(
  ofLoss(klDivergenceDef),
);
/** Mean of p − y·log p. */
export const poisson: PartFactory<MetricDef, LossMetricConfig<LossConfig>> = partFactory<MetricDef>(
  ofLoss(poissonDef),
);
/** Cross-entropy of probabilities of yes. */
export const binaryCrossentropy: PartFactory<MetricDef, LossMetricConfig<CrossentropyConfig>> = partFactory<
  MetricDef
>(ofLoss(binaryCrossentropyDef));
/** Cross-entropy of one-hot targets. */
export const categoricalCrossentropy: PartFactory<MetricDef, LossMetricConfig<CrossentropyConfig>> =
  partFactory<MetricDef>(ofLoss(categoricalCrossentropyDef));
/** Cross-entropy of targets that are classes' numbers. */
export const sparseCategoricalCrossentropy: PartFactory<
  MetricDef,
  LossMetricConfig<SparseCrossentropyConfig>
> = partFactory<MetricDef>(ofLoss(sparseCategoricalCrossentropyDef));
/** Binary cross-entropy, easy samples counting less. */
export const binaryFocalCrossentropy: PartFactory<MetricDef, LossMetricConfig<BinaryFocalConfig>> =
  partFactory<MetricDef>(ofLoss(binaryFocalCrossentropyDef, meanOf, functionAlone));
/** Categorical cross-entropy, easy samples counting less. */
export const categoricalFocalCrossentropy: PartFactory<MetricDef, LossMetricConfig<CategoricalFocalConfig>> =
  partFactory<MetricDef>(ofLoss(categoricalFocalCrossentropyDef, meanOf, functionAlone));
