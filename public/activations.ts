/**
 * Activations, for `activation` and the like: each stands for itself, or is called with options. Their names as strings
 * do as well.
 *
 * ```ts
 * import { elu, tanh } from "@lapis/lapis/activations";
 * import { dense } from "@lapis/lapis/layers";
 * const layers = [dense({ units: 8, activation: tanh }), dense({ units: 8, activation: elu({ alpha: 0.5 }) })];
 * ```
 * @module
 */
export type { NamedFactory, NamedSpec } from "../core/network/named.ts";
export * from "../plugins/activations/hub.ts";
export * from "../plugins/activations/piecewise.ts";
export * from "../plugins/activations/smooth.ts";
