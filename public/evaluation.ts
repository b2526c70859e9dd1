/**
 * Figures over predictions that are there: accuracy, confusion matrix, precision and recall a class.
 *
 * ```ts
 * import { accuracy, confusionMatrix } from "@lapis/lapis/evaluation";
 * console.log(accuracy([0, 1, 1], [0, 1, 0]), confusionMatrix([0, 1, 1], [0, 1, 0], 2));
 * ```
 * @module
 */
export * from "../plugins/training/metrics/metrics.ts";
export * from "../plugins/evaluation/binary.ts";
export {
  type Calibration,
  calibration,
  calibrationCurve,
  type CalibrationOptions,
  type ReliabilityBin,
} from "../plugins/evaluation/calibration.ts";
export {
  crossValidate,
  type CrossValidateOptions,
  type CrossValidation,
  type FoldResult,
  spreadOf,
} from "../plugins/evaluation/crossvalidate.ts";
export * from "../plugins/evaluation/resampling.ts";
export * from "../plugins/evaluation/raterange.ts";
