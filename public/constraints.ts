/**
 * Constraints: bounds that training keeps weights to, for a layer's `kernelConstraint` and the like.
 *
 * ```ts
 * import { maxNorm } from "@lapis/lapis/constraints";
 * import { dense } from "@lapis/lapis/layers";
 * const layer = dense({ units: 8, kernelConstraint: maxNorm({ maxValue: 2 }) });
 * ```
 * @module
 */
export * from "../plugins/training/constraints.ts";
