/** Optimizers, each with its options' type: the one list that an optimizer stands in. @module */
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
export type { Betas } from "./optimizerkit.ts";
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
