/** Layers that `keras.applications` defines for its own models. @module */
import { type Factory, factory } from "../../core/network/factory.ts";
import type { LayerDef } from "../../core/network/layer.ts";
import {
  asFloat,
  dropoutPattern,
  inputAt,
  paramAt,
  range,
  scalarLike,
  shapeOf,
  shapeVector,
  weight,
} from "../../core/ops/words.ts";
import { float, int } from "../../core/values/schema.ts";

/** Options of {@link layerScaleDef}, resolved. */
export interface LayerScaleConfig {
  /** Every factor at first. */
  readonly initValues: number;
  /** Number of channels. */
  readonly projectionDim: number;
}
const layerScaleDef: LayerDef<LayerScaleConfig, "gamma"> = {
  kind: "layer",
  name: "LayerScale",
  mask: "pass",
  config: {
    initValues: float(),
    projectionDim: int({ min: 1 }),
  },
  params: (config) => ({
    gamma: weight([config.projectionDim], { name: "constant", value: config.initValues }),
  }),
  build: (
    { b, inputs, params },
  ) => [b.mul(asFloat(b, inputAt(inputs, 0)), paramAt(params, "gamma"))],
  keras: { classNames: ["LayerScale", "Custom>LayerScale"] },
};
/** Every channel times a learned factor (Touvron et al. 2021), `[…, channels]`, shape unchanged; ConvNeXt's. */
export const layerScale: Factory<LayerScaleConfig, "projectionDim"> = factory(layerScaleDef);

/** Options of {@link customScaleLayerDef}, resolved. */
export interface CustomScaleLayerConfig {
  /** Factor of the second input. */
  readonly scale: number;
}
/** The first input plus the second times a factor; InceptionResNetV2's. */
export const customScaleLayerDef: LayerDef<CustomScaleLayerConfig, never> = {
  kind: "layer",
  name: "CustomScaleLayer",
  mask: "pass",
  config: { scale: float() },
  params: () => ({}),
  build({ b, config, inputs }) {
    const x = asFloat(b, inputAt(inputs, 0)), y = asFloat(b, inputAt(inputs, 1));
    return [b.add(x, b.mul(y, scalarLike(b, config.scale, y)))];
  },
  keras: { classNames: ["CustomScaleLayer", "Custom>CustomScaleLayer"] },
};

/** Options of {@link stochasticDepthDef}, resolved. */
export interface StochasticDepthConfig {
  /** Share of the samples that become 0 in training. */
  readonly dropPathRate: number;
}
const stochasticDepthDef: LayerDef<StochasticDepthConfig, never> = {
  kind: "layer",
  name: "StochasticDepth",
  mask: "pass",
  config: { dropPathRate: float({ min: 0, max: 1 }) },
  params: () => ({}),
  build({ b, config, inputs, training }) {
    const x = inputAt(inputs, 0), { dropPathRate } = config;
    if (!training || dropPathRate === 0) return [x];
    const ones = range(1, shapeOf(x.type).length).map(() => 1);
    const pattern = dropoutPattern(b, x, shapeVector(b, x, [{ axis: 0 }, ...ones]), dropPathRate, null);
    return [b.mul(x, pattern)];
  },
  keras: { classNames: ["StochasticDepth", "Custom>StochasticDepth"] },
};
/** Drops whole samples in training (Huang et al. 2016), shape unchanged; ConvNeXt's. */
export const stochasticDepth: Factory<StochasticDepthConfig> = factory(stochasticDepthDef);
