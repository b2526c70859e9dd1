/**
 * Optimizers: each function takes an optimizer's options, for `compile({ optimizer })`.
 *
 * ```ts
 * import { adam } from "@lapis/lapis/optimizers";
 * const optimizer = adam({ learningRate: 0.001, clipNorm: 1 });
 * ```
 * @module
 */
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
} from "../plugins/training/optimizers/moreoptimizers.ts";
export { muon, type MuonConfig } from "../plugins/training/optimizers/muon.ts";
export { nadam, type NadamConfig } from "../plugins/training/optimizers/nadam.ts";
export type { Betas } from "../plugins/training/optimizers/optimizerkit.ts";
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
} from "../plugins/training/optimizers/optimizers.ts";
