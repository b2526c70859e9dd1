/**
 * Losses: each function takes a loss' options, for `compile({ loss })`.
 *
 * ```ts
 * import { huber } from "@lapis/lapis/losses";
 * const loss = huber({ delta: 2 });
 * ```
 * @module
 */
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
} from "../plugins/training/losses/crossentropy.ts";
export { ctc } from "../plugins/training/losses/ctc.ts";
export {
  categoricalGeneralizedCrossEntropy,
  circle,
  type CircleConfig,
  dice,
  type DiceConfig,
  type GeneralizedConfig,
  tversky,
  type TverskyConfig,
} from "../plugins/training/losses/overlap.ts";
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
} from "../plugins/training/losses/losses.ts";
