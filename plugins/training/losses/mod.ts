/** Losses, each with its options' type: the one list that a loss stands in. @module */
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
