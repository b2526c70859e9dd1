/**
 * Layers: each function takes a layer's options and gives a layer, ready for `sequential` or `apply`.
 *
 * ```ts
 * import { input, sequential } from "@lapis/lapis";
 * import { dense, lstm } from "@lapis/lapis/layers";
 * const model = sequential([input({ shape: [null, 8] }), lstm({ units: 16 }), dense({ units: 1 })]);
 * console.log(model.outputs);
 * ```
 * @module
 */
export * from "../plugins/layers/common.ts";
export * from "../plugins/layers/rare.ts";
export type {
  Factory,
  Given,
  LayerFactory,
  LayerOptions,
  OptionsOf,
  WrapperFactory,
} from "../core/network/factory.ts";
export type { Padding } from "../core/ops/windowwords.ts";
export type { KernelConfig, Opaque } from "../plugins/layers/shared/fields.ts";
export type { ActivationSpec, DataFormat } from "../core/network/specs.ts";
export type { OutputMode } from "../plugins/layers/features/encoding.ts";
export type { Interpolation } from "../plugins/layers/images/interpolate.ts";
export type { StepsConfig } from "../plugins/layers/shared/recurrent.ts";
export type { SlidingConfig } from "../plugins/layers/shared/sliding.ts";
