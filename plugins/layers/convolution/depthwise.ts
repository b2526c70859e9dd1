/** Depthwise and separable convolutions. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import { channelsOf, type SlidingConfig, slidingFields, slidingKeras } from "../shared/sliding.ts";
import { depthwiseToOnnx, kernelToOnnx, windowAttributes } from "../../../core/ops/windowwords.ts";
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { InitializerSpec, LayerDef } from "../../../core/network/layer.ts";
import {
  activate,
  asFloat,
  inputAt,
  isMultiBackend,
  paramAt,
  toFirst,
  toLast,
  weight,
} from "../../../core/ops/words.ts";
import { initializerField, type Opaque, opaqueField } from "../shared/fields.ts";
import { UnsupportedError } from "../../../core/values/errors.ts";
import { int } from "../../../core/values/schema.ts";

/** Options of the depthwise convolutions, resolved. */
export interface DepthwiseConfig
  extends Omit<SlidingConfig, `kernel${"Initializer" | "Regularizer" | "Constraint"}`> {
  /** Output channels for each input channel. */
  readonly depthMultiplier: number;
  /** Fills the depthwise kernel. */
  readonly depthwiseInitializer: InitializerSpec;
  /** Penalty on the depthwise kernel. */
  readonly depthwiseRegularizer: Opaque;
  /** Bound on the depthwise kernel. */
  readonly depthwiseConstraint: Opaque;
}
/** Options of the separable convolutions, resolved. */
export interface SeparableConfig extends DepthwiseConfig {
  /** Number of output channels. */
  readonly filters: number;
  /** Fills the pointwise kernel. */
  readonly pointwiseInitializer: InitializerSpec;
  /** Penalty on the pointwise kernel. */
  readonly pointwiseRegularizer: Opaque;
  /** Bound on the pointwise kernel. */
  readonly pointwiseConstraint: Opaque;
}

function depthwiseFields(rank: number) {
  const { kernelInitializer: _i, kernelRegularizer: _r, kernelConstraint: _c, ...sliding } = slidingFields(
    rank,
  );
  return {
    ...sliding,
    depthMultiplier: int({ min: 1, default: 1 }),
    depthwiseInitializer: initializerField({ default: "glorotUniform" }),
    depthwiseRegularizer: opaqueField(),
    depthwiseConstraint: opaqueField(),
  };
}
// Keras 2 writes these beside the depthwise ones, without a use.
const unused = ["kernel_initializer", "kernel_regularizer", "kernel_constraint", "groups"];

/** Convolves every channel of `x` (channels first) on its own. */
function depthwise(
  b: Builder,
  x: Value,
  kernel: Value,
  bias: Value | undefined,
  config: DepthwiseConfig,
): Value {
  return b.conv(x, depthwiseToOnnx(b, kernel), bias, {
    ...windowAttributes(x, config.kernelSize, config.strides, config.dilationRate, config.padding),
    group: channelsOf(x.type, "channels_first"),
  });
}

function depthwiseConv(rank: 1 | 2): LayerDef<DepthwiseConfig, "kernel" | "bias"> {
  return {
    kind: "layer",
    name: `DepthwiseConv${rank}D`,
    mask: "consume",
    config: depthwiseFields(rank),
    params(config, [x]) {
      const channels = channelsOf(x, config.dataFormat), { depthMultiplier } = config;
      return {
        kernel: weight([...config.kernelSize, channels, depthMultiplier], config.depthwiseInitializer),
        ...(config.useBias && { bias: weight([channels * depthMultiplier], config.biasInitializer) }),
      };
    },
    build({ b, config, inputs, params }) {
      const x = toFirst(b, asFloat(b, inputAt(inputs, 0)), config.dataFormat);
      const bias = config.useBias ? paramAt(params, "bias") : undefined;
      const y = depthwise(b, x, paramAt(params, "kernel"), bias, config);
      return [activate(b, config.activation, toLast(b, y, config.dataFormat))];
    },
    keras: slidingKeras<DepthwiseConfig>(rank, { ignore: ["filters", ...unused] }),
  };
}
type SeparableParam = "depthwiseKernel" | "pointwiseKernel" | "bias";

function separableConv(rank: 1 | 2): LayerDef<SeparableConfig, SeparableParam> {
  return {
    kind: "layer",
    name: `SeparableConv${rank}D`,
    mask: "consume",
    config: {
      filters: int({ min: 1 }),
      ...depthwiseFields(rank),
      pointwiseInitializer: initializerField({ default: "glorotUniform" }),
      pointwiseRegularizer: opaqueField(),
      pointwiseConstraint: opaqueField(),
    },
    params(config, [x]) {
      const channels = channelsOf(x, config.dataFormat), { depthMultiplier, filters, kernelSize } = config;
      return {
        depthwiseKernel: weight([...kernelSize, channels, depthMultiplier], config.depthwiseInitializer),
        pointwiseKernel: weight(
          [...kernelSize.map(() => 1), channels * depthMultiplier, filters],
          config.pointwiseInitializer,
        ),
        ...(config.useBias && { bias: weight([filters], config.biasInitializer) }),
      };
    },
    build({ b, config, inputs, params }) {
      const x = toFirst(b, asFloat(b, inputAt(inputs, 0)), config.dataFormat);
      const each = depthwise(b, x, paramAt(params, "depthwiseKernel"), undefined, config);
      const bias = config.useBias ? paramAt(params, "bias") : undefined;
      const y = b.conv(each, kernelToOnnx(b, paramAt(params, "pointwiseKernel")), bias);
      return [activate(b, config.activation, toLast(b, y, config.dataFormat))];
    },
    keras: slidingKeras<SeparableConfig>(rank, {
      classNames: [`SeparableConv${rank}D`, `SeparableConvolution${rank}D`],
      ignore: unused,
      upgrade(config, version) {
        const large = (field: string) => [config[field]].flat().some((n) => Number(n) > 1);
        if (isMultiBackend(version) && large("strides") && large("dilation_rate")) {
          throw new UnsupportedError("strides beside a dilation_rate: they mean something else since 2.4");
        }
        return config;
      },
    }),
  };
}

const depthwiseConv1dDef: LayerDef<DepthwiseConfig, "kernel" | "bias"> = depthwiseConv(1);
/** Convolves every channel on its own over time, `[batch, time, channels] → [batch, time', channels·depthMultiplier]`. */
export const depthwiseConv1d: Factory<DepthwiseConfig, "kernelSize"> = factory(depthwiseConv1dDef);
const depthwiseConv2dDef: LayerDef<DepthwiseConfig, "kernel" | "bias"> = depthwiseConv(2);
/** Convolves every channel of images on its own, `[batch, height, width, channels] → […, channels·depthMultiplier]`. */
export const depthwiseConv2d: Factory<DepthwiseConfig, "kernelSize"> = factory(depthwiseConv2dDef);
const separableConv1dDef: LayerDef<SeparableConfig, SeparableParam> = separableConv(1);
/** A depthwise convolution over time, then one that mixes channels. */
export const separableConv1d: Factory<SeparableConfig, "filters" | "kernelSize"> = factory(
  separableConv1dDef,
);
const separableConv2dDef: LayerDef<SeparableConfig, SeparableParam> = separableConv(2);
/** A depthwise convolution of images, then one that mixes channels. */
export const separableConv2d: Factory<SeparableConfig, "filters" | "kernelSize"> = factory(
  separableConv2dDef,
);
