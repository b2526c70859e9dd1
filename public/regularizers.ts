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
export {
  l1,
  type L1Config,
  l1l2,
  type L1L2Config,
  l2,
  type L2Config,
  orthogonal,
  type OrthogonalConfig,
} from "../plugins/training/regularizers.ts";
