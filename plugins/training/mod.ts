/** All of training's parts. @module */
import type { PartDef } from "../../core/training/contract.ts";
import { constraints } from "./constraints.ts";
import { crossentropies } from "./losses/crossentropy.ts";
import { ctcDef } from "./losses/ctc.ts";
import { numberLosses } from "./losses/losses.ts";
import { classMetrics } from "./metrics/metricdefs.ts";
import { aucDef } from "./metrics/auc.ts";
import { curveMetrics } from "./metrics/curvemetrics.ts";
import { iouMetrics } from "./metrics/ioumetrics.ts";
import { overlapLosses } from "./losses/overlap.ts";
import { numberMetrics } from "./metrics/numbermetrics.ts";
import { scoreMetrics } from "./metrics/scoremetrics.ts";
import { optimizers } from "./optimizers/optimizers.ts";
import { regularizers } from "./regularizers.ts";
import { schedules } from "./optimizers/schedules.ts";

export * from "./averages.ts";
export * from "./callbacks.ts";
export * from "./checkpoints.ts";
export {
  type Axes,
  maxNorm,
  type MaxNormConfig,
  minMaxNorm,
  type MinMaxNormConfig,
  nonNeg,
  unitNorm,
} from "./constraints.ts";
export {
  binaryCrossentropy,
  type BinaryFocalConfig,
  binaryFocalCrossentropy,
  categoricalCrossentropy,
  type CategoricalFocalConfig,
  categoricalFocalCrossentropy,
  type CrossentropyConfig,
  sparseCategoricalCrossentropy,
  type SparseCrossentropyConfig,
} from "./losses/crossentropy.ts";
export * from "./csvlog.ts";
export { ctc } from "./losses/ctc.ts";
export {
  type CurveConfig,
  precisionAtRecallMetric,
  recallAtPrecisionMetric,
  sensitivityAtSpecificityMetric,
  specificityAtSensitivityMetric,
} from "./metrics/curvemetrics.ts";
export {
  binaryIouMetric,
  type IouConfig,
  iouMetric,
  type IouOptions,
  meanIouMetric,
} from "./metrics/ioumetrics.ts";
export {
  categoricalGeneralizedCrossEntropy,
  circle,
  type CircleConfig,
  dice,
  type DiceConfig,
  type GeneralizedConfig,
  tversky,
  type TverskyConfig,
} from "./losses/overlap.ts";
export {
  categoricalHinge,
  type CosineConfig as CosineSimilarityConfig,
  cosineSimilarity,
  hinge,
  huber,
  type HuberConfig,
  klDivergence,
  logCosh,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
  poisson,
  squaredHinge,
} from "./losses/losses.ts";
export {
  accuracyMetric,
  binaryAccuracyMetric,
  exactAccuracyMetric,
  type MetricConfig,
  type ThresholdConfig,
  type TopKConfig,
  topKMetric,
} from "./metrics/metricdefs.ts";
export { type AucConfig, aucMetric } from "./metrics/auc.ts";
export {
  type Averaging,
  type F1Config,
  f1Metric,
  type FBetaConfig,
  fBetaMetric,
  type OutputScoreConfig,
  precisionMetric,
  recallMetric,
  type ScoreConfig,
} from "./metrics/scoremetrics.ts";
export * from "./metrics/metrics.ts";
export { directionAccuracyMetric, type DirectionConfig } from "./metrics/numbermetrics.ts";
export {
  adafactor,
  type AdafactorConfig,
  ftrl,
  type FtrlConfig,
  lamb,
  type LambConfig,
  type LossScaleConfig,
  lossScaleOptimizer,
  scheduleFreeAdamW,
  type ScheduleFreeConfig,
} from "./optimizers/moreoptimizers.ts";
export { muon, type MuonConfig } from "./optimizers/muon.ts";
export { nadam, type NadamConfig } from "./optimizers/nadam.ts";
export { type Betas } from "./optimizers/optimizerkit.ts";
export {
  adadelta,
  type AdadeltaConfig,
  adagrad,
  type AdagradConfig,
  adam,
  adamax,
  type AdamConfig,
  adamW,
  type BetaConfig,
  lion,
  type LionConfig,
  rmsprop,
  type RmspropConfig,
  sgd,
  type SgdConfig,
} from "./optimizers/optimizers.ts";
export {
  l1,
  type L1Config,
  l1l2,
  type L1L2Config,
  l2,
  type L2Config,
  type OrthogonalConfig,
  orthogonalRegularizer,
} from "./regularizers.ts";
export {
  type CosineConfig as CosineDecayConfig,
  cosineDecay,
  cosineDecayRestarts,
  type DecayConfig,
  exponentialDecay,
  inverseTimeDecay,
  oneCycle,
  type OneCycleConfig,
  type PiecewiseConfig,
  piecewiseConstantDecay,
  type PolynomialConfig,
  polynomialDecay,
  type RestartsConfig,
} from "./optimizers/schedules.ts";
export { tensorBoard } from "./tensorboard.ts";
export { Value as EagerValue, value, type ValueAndGrad, valueAndGrad, type ValueLike } from "./value.ts";
export { type ValueGraph, type ValueNode, valueText } from "./valuegraph.ts";

/** Every loss, metric, optimizer, schedule, regularizer and constraint. */
export const trainingParts: readonly PartDef[] = [
  ...numberLosses,
  ...crossentropies,
  ...overlapLosses,
  ctcDef,
  ...classMetrics,
  ...scoreMetrics,
  aucDef,
  ...curveMetrics,
  ...iouMetrics,
  ...numberMetrics,
  ...optimizers,
  ...schedules,
  ...regularizers,
  ...constraints,
];
