/** Transposed convolutions: a convolution's input from its output's shape. @module */
import { item } from "../../../core/values/item.ts";
import { type Factory, factory } from "../../../core/network/factory.ts";
import {
  channelsOf,
  keras1Kernels,
  type SlidingConfig,
  slidingFields,
  slidingKeras,
} from "../shared/sliding.ts";
import { kernelToOnnx } from "../../../core/ops/windowwords.ts";
import type { LayerDef } from "../../../core/network/layer.ts";
import {
  activate,
  asFloat,
  inputAt,
  paramAt,
  range,
  toFirst,
  toLast,
  weight,
} from "../../../core/ops/words.ts";
import { transposed } from "../../../core/ops/layout/move.ts";
import { int, nullable, sizes } from "../../../core/values/schema.ts";

/** Options of the transposed convolutions, resolved. */
export interface ConvTransposeConfig extends SlidingConfig {
  /** Number of output channels. */
  readonly filters: number;
  /** Elements added at the end of every axis; null for what padding and strides give. */
  readonly outputPadding: readonly number[] | null;
}

/** Pads and output padding of one axis, so that the output has the size Keras gives it. */
function ends(config: ConvTransposeConfig, i: number): readonly [number, number, number] {
  const stride = item(config.strides, i), extra = config.outputPadding?.[i];
  const reach = (item(config.kernelSize, i) - 1) * item(config.dilationRate, i) + 1;
  // How much longer (input − 1)·stride + reach is than the output.
  const over = config.padding === "valid"
    ? extra === undefined ? Math.min(0, reach - stride) : -extra
    : extra === undefined
    ? reach - stride
    : 2 * Math.floor(reach / 2) - extra;
  if (over <= 0) return [0, 0, -over];
  return [Math.floor(over / 2), over - Math.floor(over / 2), 0];
}

/** The output padding of Keras 1's output shape; undefined where it is what strides and padding give. */
function endOf(config: Readonly<Record<string, unknown>>, shape: readonly unknown[]): number[] | undefined {
  const { kernel_size: kernel, strides, padding, data_format: format } = config;
  const sizes = format === "channels_first" ? shape.slice(2) : shape.slice(1, -1);
  if (!Array.isArray(kernel) || !sizes.every((n) => typeof n === "number")) return undefined;
  const ends = sizes.map((out, i) => {
    const k = Number(kernel[i]), s = Array.isArray(strides) ? Number(strides[i]) : 1;
    if (padding !== "same") return { end: (out - k) % s, usual: Math.max(0, s - k) };
    const odd = k % 2;
    return { end: out - (Math.ceil(out / s) - 1) * s - odd, usual: s - odd };
  });
  return ends.some(({ end, usual }) => end !== usual) ? ends.map(({ end }) => end) : undefined;
}

function convTranspose(rank: 1 | 2 | 3): LayerDef<ConvTransposeConfig, "kernel" | "bias"> {
  const { padding: _, ...sliding } = slidingFields(rank);
  return {
    kind: "layer",
    name: `Conv${rank}DTranspose`,
    mask: "consume",
    config: {
      filters: int({ min: 1 }),
      ...sliding,
      padding: slidingFields(rank === 1 ? 2 : rank).padding,
      outputPadding: nullable(sizes({ rank, min: 0 })),
    },
    params(config, [x]) {
      const channels = channelsOf(x, config.dataFormat);
      return {
        kernel: weight([...config.kernelSize, config.filters, channels], config.kernelInitializer),
        ...(config.useBias && { bias: weight([config.filters], config.biasInitializer) }),
      };
    },
    build({ b, config, inputs, params }) {
      const x = toFirst(b, asFloat(b, inputAt(inputs, 0)), config.dataFormat);
      const kernel = kernelToOnnx(b, paramAt(params, "kernel"));
      const sides = config.strides.map((_, i) => ends(config, i));
      const y = b.convTranspose(x, kernel, config.useBias ? paramAt(params, "bias") : undefined, {
        strides: [...config.strides],
        dilations: [...config.dilationRate],
        kernel_shape: [...config.kernelSize],
        pads: [...sides.map((s) => s[0]), ...sides.map((s) => s[1])],
        output_padding: sides.map((s) => s[2]),
        group: 1,
      });
      return [activate(b, config.activation, toLast(b, y, config.dataFormat))];
    },
    keras: slidingKeras<ConvTransposeConfig>(rank, {
      upgrade({ output_shape: shape, ...config }) {
        const padding = Array.isArray(shape) && endOf(config, shape);
        return padding ? { ...config, output_padding: padding } : config;
      },
      classNames: [`Conv${rank}DTranspose`, `Convolution${rank}DTranspose`, `Deconvolution${rank}D`],
      ignore: ["groups"],
      // Keras 1 holds the kernel as a convolution's.
      weights: (arrays, config, version) =>
        keras1Kernels(arrays, config, version).map((t) =>
          version.startsWith("1") && t.shape.length === rank + 2
            ? transposed(t, [...range(0, rank), rank + 1, rank])
            : t
        ),
    }),
  };
}

const conv1dTransposeDef: LayerDef<ConvTransposeConfig, "kernel" | "bias"> = convTranspose(1);
/** Transposed convolution over time, `[batch, time, channels] → [batch, time·stride, filters]`. */
export const conv1dTranspose: Factory<ConvTransposeConfig, "filters" | "kernelSize"> = factory(
  conv1dTransposeDef,
);
const conv2dTransposeDef: LayerDef<ConvTransposeConfig, "kernel" | "bias"> = convTranspose(2);
/** Transposed convolution of images. */
export const conv2dTranspose: Factory<ConvTransposeConfig, "filters" | "kernelSize"> = factory(
  conv2dTransposeDef,
);
const conv3dTransposeDef: LayerDef<ConvTransposeConfig, "kernel" | "bias"> = convTranspose(3);
/** Transposed convolution of volumes. */
export const conv3dTranspose: Factory<ConvTransposeConfig, "filters" | "kernelSize"> = factory(
  conv3dTransposeDef,
);
