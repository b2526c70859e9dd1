/** Upsampling of one, two and three axes. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import type { LayerDef } from "../../../core/network/layer.ts";
import {
  asFloat,
  inputAt,
  isMultiBackend,
  shapeOf,
  shapeOfRank,
  toFirst,
  toLast,
} from "../../../core/ops/words.ts";
import { dataFormatField } from "../shared/fields.ts";
import type { DataFormat } from "../../../core/network/specs.ts";
import { ShapeError, UnsupportedError } from "../../../core/values/errors.ts";
import { choice, sizes } from "../../../core/values/schema.ts";
import { type Interpolation, interpolations, resizeTo } from "./interpolate.ts";
import { tensor } from "../../../core/values/tensor.ts";
import { renamed, withoutFields } from "../shared/spelled.ts";

/** Options of {@link upSampling1dDef} and {@link upSampling3dDef}, resolved. */
export interface UpSamplingConfig {
  /** Factors: how often every element is repeated along each axis. */
  readonly size: readonly number[];
  /** Where the channels stand: after the sizes, or before them. */
  readonly dataFormat: DataFormat;
}
/** Options of {@link upSampling2dDef}, resolved. */
export interface UpSampling2dConfig extends UpSamplingConfig {
  /** How new pixels are found. */
  readonly interpolation: Interpolation;
  /** Where a pixel's value lies for bilinear interpolation: its middle, or, as up to Keras 2.3, its corner. */
  readonly pixels: "middle" | "corner";
}
const axesText = [
  "[batch, time, channels]",
  "[batch, height, width, channels]",
  "[batch, depth, height, width, channels]",
];
const attributes = {
  nearest: { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" },
  bilinear: { mode: "linear", coordinate_transformation_mode: "half_pixel" },
  corner: { mode: "linear", coordinate_transformation_mode: "asymmetric" },
} as const;

function build(rank: 1 | 2 | 3): LayerDef<UpSamplingConfig, never>["build"] {
  return ({ b, config, inputs }) => {
    const given = asFloat(b, inputAt(inputs, 0));
    shapeOfRank(given.type, rank + 2, axesText[rank - 1] ?? "");
    const { interpolation = "nearest", pixels } = config as Partial<UpSampling2dConfig>;
    const x = toFirst(b, given, config.dataFormat), own = shapeOf(x.type).slice(2);
    if (interpolation !== "nearest" && interpolation !== "bilinear") {
      const size = config.size.map((n, i) => {
        const d = own[i];
        if (typeof d !== "number") {
          throw new ShapeError(`interpolation ${interpolation} needs a known height and width`);
        }
        return d * n;
      });
      return [toLast(b, resizeTo(b, x, size, interpolation), config.dataFormat)];
    }
    const scales = b.constant(tensor(Float32Array.of(1, 1, ...config.size)));
    const kind = interpolation === "bilinear" && pixels === "corner" ? "corner" : interpolation;
    const y = b.resize(x, undefined, scales, attributes[kind]);
    return [toLast(b, y, config.dataFormat)];
  };
}
const keras1 = (config: Record<string, unknown>) => renamed(config, { length: "size" });

const upSampling1dDef: LayerDef<UpSamplingConfig, never> = {
  kind: "layer",
  name: "UpSampling1D",
  mask: "consume",
  config: {
    size: sizes({ rank: 1, default: [2] }),
    dataFormat: dataFormatField(),
  },
  params: () => ({}),
  build: build(1),
  keras: {
    upgrade: keras1,
    save: (fields) => ({
      config: { ...withoutFields(fields, { data_format: "channels_last" }), size: [fields.size].flat()[0] },
    }),
  },
};
/** Repeats every step, `[batch, time, channels] → [batch, time·size, channels]`. */
export const upSampling1d: Factory<UpSamplingConfig> = factory(upSampling1dDef);
const upSampling2dDef: LayerDef<UpSampling2dConfig, never> = {
  kind: "layer",
  name: "UpSampling2D",
  mask: "consume",
  config: {
    size: sizes({ rank: 2, default: [2, 2] }),
    dataFormat: dataFormatField(),
    interpolation: choice({
      default: "nearest",
      of: interpolations,
    }),
    pixels: choice({
      default: "middle",
      of: ["middle", "corner"],
    }),
  },
  params: () => ({}),
  build: build(2),
  keras: {
    upgrade: (config, version) => ({
      ...keras1(config),
      ...(isMultiBackend(version) && { pixels: "corner" }),
    }),
    save({ pixels, ...fields }) {
      if (pixels === "corner" && fields.interpolation === "bilinear") {
        throw new UnsupportedError("pixels: Keras interpolates between their middles since 2.4");
      }
      return { config: fields };
    },
  },
};
/** Enlarges images by whole factors. */
export const upSampling2d: Factory<UpSampling2dConfig> = factory(upSampling2dDef);
const upSampling3dDef: LayerDef<UpSamplingConfig, never> = {
  kind: "layer",
  name: "UpSampling3D",
  mask: "consume",
  config: {
    size: sizes({ rank: 3, default: [2, 2, 2] }),
    dataFormat: dataFormatField(),
  },
  params: () => ({}),
  build: build(3),
  keras: { upgrade: keras1 },
};
/** Repeats every element of volumes. */
export const upSampling3d: Factory<UpSamplingConfig> = factory(upSampling3dDef);
