/**
 * Callbacks of a fit: stop early, lower the rate, keep the best weights, write logs.
 *
 * ```ts
 * import { earlyStopping } from "@lapis/lapis/callbacks";
 * const callbacks = [earlyStopping({ patience: 3, restoreBestWeights: true })];
 * ```
 * @module
 */
export * from "../plugins/training/averages.ts";
export * from "../plugins/training/callbacks.ts";
export * from "../plugins/training/checkpoints.ts";
export * from "../plugins/training/csvlog.ts";
export { tensorBoard } from "../plugins/training/tensorboard.ts";
export type {
  BackupOptions,
  CsvLoggerOptions,
  EarlyStoppingOptions,
  LossThresholdOptions,
  ModelCheckpointOptions,
  PlateauOptions,
  SwapEmaOptions,
  TerminateOptions,
} from "../plugins/training/callbackfields.ts";
