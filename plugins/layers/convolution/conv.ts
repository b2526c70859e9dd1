/** Convolutions over one, two and three axes. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import { ShapeError } from "../../../core/values/errors.ts";
import {
  channelsOf,
  checkSliding,
  groupsField,
  type SlidingConfig,
  slidingFields,
  slidingKeras,
} from "../shared/sliding.ts";
import { kernelToOnnx, windowAttributes } from "../../../core/ops/windowwords.ts";
import type { LayerDef } from "../../../core/network/layer.ts";
import {
  activate,
  asFloat,
  inputAt,
  paramAt,
  shapeOfRank,
  toFirst,
  toLast,
  weight,
} from "../../../core/ops/words.ts";
import { int } from "../../../core/values/schema.ts";
import { transposed } from "../../../core/ops/layout/move.ts";
import { reshaped } from "../../../core/values/tensor.ts";

/** Options of the convolution layers, resolved. */
export interface ConvConfig extends SlidingConfig {
  /** Number of output channels. */
  readonly filters: number;
  /** Blocks of channels convolved apart. */
  readonly groups: number;
}
const axes = [
  "[batch, time, channels]",
  "[batch, height, width, channels]",
  "[batch, depth, height, width, channels]",
];

function conv(rank: 1 | 2 | 3, classNames: readonly string[]): LayerDef<ConvConfig, "kernel" | "bias"> {
  return {
    kind: "layer",
    name: `Conv${rank}D`,
    mask: "consume",
    config: {
      filters: int({ min: 1 }),
      ...slidingFields(rank),
      groups: groupsField(),
    },
    params(config, [x]) {
      shapeOfRank(x, rank + 2, axes[rank - 1] ?? "");
      const channels = channelsOf(x, config.dataFormat), { groups, filters } = config;
      if (channels % groups !== 0 || filters % groups !== 0) {
        throw new ShapeError(
          `${groups} groups don't divide ${channels} input channels and ${filters} filters`,
        );
      }
      return {
        kernel: weight([...config.kernelSize, channels / groups, filters], config.kernelInitializer),
        ...(config.useBias && { bias: weight([filters], config.biasInitializer) }),
      };
    },
    build({ b, config, inputs, params }) {
      const x = toFirst(b, asFloat(b, inputAt(inputs, 0)), config.dataFormat);
      const kernel = kernelToOnnx(b, paramAt(params, "kernel"));
      const y = b.conv(x, kernel, config.useBias ? paramAt(params, "bias") : undefined, {
        ...windowAttributes(x, config.kernelSize, config.strides, config.dilationRate, config.padding),
        group: config.groups,
      });
      return [activate(b, config.activation, toLast(b, y, config.dataFormat))];
    },
    check: checkSliding,
    keras: slidingKeras<ConvConfig>(rank, {
      classNames,
      // Keras 1 holds a kernel over time with an axis of 1: `[steps, 1, in, out]`, before 1.2 `[out, in, steps, 1]`.
      ...(rank === 1 && {
        weights: (arrays, { filters, kernelSize: [steps] }) =>
          arrays.map((t) => {
            if (t.shape.length !== 4) return t;
            const [a = 1, b = 1, c = 1, d = 1] = t.shape;
            if (a === steps && b === 1 && d === filters) return reshaped(t, [a, c, d]);
            return reshaped(transposed(t, [2, 3, 1, 0]), [c, b, a]);
          }),
      }),
    }),
  };
}

const conv1dDef: LayerDef<ConvConfig, "kernel" | "bias"> = conv(1, [
  "Conv1D",
  "Convolution1D",
  "AtrousConvolution1D",
]);
/** Convolution over time, `[batch, time, channels] → [batch, time', filters]`. */
export const conv1d: Factory<ConvConfig, "filters" | "kernelSize"> = factory(conv1dDef);
const conv2dDef: LayerDef<ConvConfig, "kernel" | "bias"> = conv(2, [
  "Conv2D",
  "Convolution2D",
  "AtrousConvolution2D",
]);
/** Convolution of images, `[batch, height, width, channels] → [batch, height', width', filters]`. */
export const conv2d: Factory<ConvConfig, "filters" | "kernelSize"> = factory(conv2dDef);
const conv3dDef: LayerDef<ConvConfig, "kernel" | "bias"> = conv(3, ["Conv3D", "Convolution3D"]);
/** Convolution of volumes, `[batch, depth, height, width, channels] → [batch, depth', height', width', filters]`. */
export const conv3d: Factory<ConvConfig, "filters" | "kernelSize"> = factory(conv3dDef);
