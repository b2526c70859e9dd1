/**
 * Initializers, for `kernelInitializer` and the like: each stands for itself, or is called with options. Their names as
 * strings do as well.
 *
 * ```ts
 * import { heNormal, zeros } from "@lapis/lapis/initializers";
 * import { dense } from "@lapis/lapis/layers";
 * const layer = dense({ units: 8, kernelInitializer: heNormal({ seed: 1 }), biasInitializer: zeros });
 * ```
 * @module
 */
export type { NamedFactory, NamedSpec } from "../core/network/named.ts";
export * from "../plugins/initializers/constant.ts";
export * from "../plugins/initializers/random.ts";
export * from "../plugins/initializers/stft.ts";
