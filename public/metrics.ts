/**
 * Metrics that training and `evaluate` report, for `compile({ metrics })`. Losses are metrics too: `metrics: ["mse"]`.
 *
 * ```ts
 * import { f1, topKCategoricalAccuracy } from "@lapis/lapis/metrics";
 * const metrics = ["accuracy", f1(), topKCategoricalAccuracy({ k: 3 })];
 * ```
 * @module
 */
export { auc, type AucConfig } from "../plugins/training/metrics/auc.ts";
export {
  type CurveConfig,
  precisionAtRecall,
  recallAtPrecision,
  sensitivityAtSpecificity,
  specificityAtSensitivity,
} from "../plugins/training/metrics/curvemetrics.ts";
export {
  binaryIou,
  iou,
  type IouConfig,
  type IouOptions,
  meanIou,
  oneHotIou,
  oneHotMeanIou,
} from "../plugins/training/metrics/ioumetrics.ts";
export {
  binaryCrossentropy,
  binaryFocalCrossentropy,
  categoricalCrossentropy,
  categoricalFocalCrossentropy,
  categoricalHinge,
  hinge,
  huber,
  klDivergence,
  logCosh,
  type LossMetricConfig,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
  poisson,
  sparseCategoricalCrossentropy,
  squaredHinge,
} from "../plugins/training/metrics/lossmetrics.ts";
export {
  accuracy,
  binaryAccuracy,
  categoricalAccuracy,
  exactAccuracy,
  type MetricConfig,
  sparseCategoricalAccuracy,
  type ThresholdConfig,
  topKCategoricalAccuracy,
  type TopKConfig,
} from "../plugins/training/metrics/metricdefs.ts";
export {
  concordanceCorrelation,
  type CorrelationConfig,
  cosineProximity,
  cosineSimilarity,
  directionAccuracy,
  type DirectionConfig,
  pearsonCorrelation,
  perplexity,
  r2,
  type R2Config,
  rootMeanSquaredError,
} from "../plugins/training/metrics/numbermetrics.ts";
export {
  type Averaging,
  type CountConfig,
  f1,
  type F1Config,
  falseNegatives,
  falsePositives,
  fBeta,
  type FBetaConfig,
  type OutputScoreConfig,
  precision,
  recall,
  type ScoreConfig,
  trueNegatives,
  truePositives,
} from "../plugins/training/metrics/scoremetrics.ts";
