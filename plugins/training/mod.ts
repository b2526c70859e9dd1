/** All of training's parts. @module */
import type { PartDef } from "../../core/training/contract.ts";
import { constraints } from "./constraints.ts";
import { crossentropies } from "./crossentropy.ts";
import { ctcDef } from "./ctc.ts";
import { numberLosses } from "./losses.ts";
import { classMetrics } from "./metricdefs.ts";
import { aucDef } from "./auc.ts";
import { curveMetrics } from "./curvemetrics.ts";
import { iouMetrics } from "./ioumetrics.ts";
import { overlapLosses } from "./overlap.ts";
import { numberMetrics } from "./numbermetrics.ts";
import { scoreMetrics } from "./scoremetrics.ts";
import { optimizers } from "./optimizers.ts";
import { regularizers } from "./regularizers.ts";
import { schedules } from "./schedules.ts";

export * from "./callbacks.ts";
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
} from "./crossentropy.ts";
export { ctc } from "./ctc.ts";
export {
  type CurveConfig,
  precisionAtRecallMetric,
  recallAtPrecisionMetric,
  sensitivityAtSpecificityMetric,
  specificityAtSensitivityMetric,
} from "./curvemetrics.ts";
export { binaryIouMetric, type IouConfig, iouMetric, type IouOptions, meanIouMetric } from "./ioumetrics.ts";
export {
  categoricalGeneralizedCrossEntropy,
  circle,
  type CircleConfig,
  dice,
  type DiceConfig,
  type GeneralizedConfig,
  tversky,
  type TverskyConfig,
} from "./overlap.ts";
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
} from "./losses.ts";
export {
  accuracyMetric,
  binaryAccuracyMetric,
  exactAccuracyMetric,
  type MetricConfig,
  type ThresholdConfig,
  type TopKConfig,
  topKMetric,
} from "./metricdefs.ts";
export { type AucConfig, aucMetric } from "./auc.ts";
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
} from "./scoremetrics.ts";
export * from "./metrics.ts";
export { directionAccuracyMetric, type DirectionConfig } from "./numbermetrics.ts";
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
} from "./moreoptimizers.ts";
export { muon, type MuonConfig } from "./muon.ts";
export { nadam, type NadamConfig } from "./nadam.ts";
export { type Betas } from "./optimizerkit.ts";
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
} from "./optimizers.ts";
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
} from "./schedules.ts";
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
