/**
 * Regularizers: penalties on weights and outputs, for a layer's `kernelRegularizer` and the like.
 *
 * ```ts
 * import { dense } from "@lapis/lapis/layers";
 * import { l2 } from "@lapis/lapis/regularizers";
 * const layer = dense({ units: 8, kernelRegularizer: l2({ l2: 0.01 }) });
 * ```
 * @module
 */
export * from "../plugins/training/regularizers.ts";
