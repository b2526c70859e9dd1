/**
 * Optimizers: each function takes an optimizer's options, for `compile({ optimizer })`.
 *
 * ```ts
 * import { adam } from "@lapis/lapis/optimizers";
 * const optimizer = adam({ learningRate: 0.001, clipNorm: 1 });
 * ```
 * @module
 */
export * from "../plugins/training/optimizers/mod.ts";
