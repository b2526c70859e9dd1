/**
 * Schedules of the learning rate, for an optimizer's `learningRate`.
 *
 * ```ts
 * import { adam } from "@lapis/lapis/optimizers";
 * import { cosineDecay } from "@lapis/lapis/schedules";
 * const optimizer = adam({ learningRate: cosineDecay({ initialLearningRate: 0.01, decaySteps: 1000 }) });
 * ```
 * @module
 */
export * from "../plugins/training/schedules.ts";
