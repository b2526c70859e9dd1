/**
 * Metrics that training and `evaluate` report, for `compile({ metrics })`. Losses are metrics too: `metrics: ["mse"]`.
 *
 * ```ts
 * import { f1, topKCategoricalAccuracy } from "@lapis/lapis/metrics";
 * const metrics = ["accuracy", f1(), topKCategoricalAccuracy({ k: 3 })];
 * ```
 * @module
 */
export * from "../plugins/training/metrics/mod.ts";
