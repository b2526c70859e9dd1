/** Image layers that do something in inference too: RandomCrop up to Keras 3.6, AutoContrast. @module */
import { UnsupportedError } from "../../core/errors.ts";
import type { LayerDef } from "../../core/layer.ts";
import {
  asFloat,
  type DataFormat,
  dataFormatField,
  inputAt,
  type Opaque,
  opaqueField,
  scalarLike,
  shapeOfRank,
  toFirst,
  toLast,
} from "../../core/layerkit.ts";
import { bool, float, int, list } from "../../core/schema.ts";
import { resizeTo } from "./interpolate.ts";
import { cropped, imageIgnored } from "./resizing.ts";

/** Options of {@link randomCropDef}, resolved. */
export interface RandomCropConfig {
  /** Pixels from top to bottom. */
  readonly height: number;
  /** Pixels from left to right. */
  readonly width: number;
  /** Where the channels stand. */
  readonly dataFormat: DataFormat;
  /** Seed of Keras' training. */
  readonly seed: Opaque;
  /** Inference passes images as they are, as since Keras 3.7; else it cuts the middle and resizes it. */
  readonly passes: boolean;
}
/** A part of images at random in Keras' training; in inference the middle at that size, or since Keras 3.7 all of it. */
export const randomCropDef: LayerDef<RandomCropConfig, never> = {
  kind: "layer",
  name: "RandomCrop",
  summary: "cuts images at random in Keras' training; the middle, or nothing, in inference",
  mask: "consume",
  config: {
    height: int({ doc: "pixels from top to bottom", min: 1 }),
    width: int({ doc: "pixels from left to right", min: 1 }),
    dataFormat: dataFormatField(),
    seed: opaqueField("seed of Keras' training"),
    passes: bool({ doc: "inference passes images as they are, as since Keras 3.7", default: true }),
  },
  params: () => ({}),
  build({ b, config, inputs, training }) {
    if (training) {
      throw new UnsupportedError(
        "cuts images at random in training, which isn't supported: cut them beforehand",
      );
    }
    const x = inputAt(inputs, 0), { height, width, dataFormat, passes } = config;
    shapeOfRank(x.type, 4, "[batch, height, width, channels]");
    if (passes) return [x];
    const images = toFirst(b, asFloat(b, x), dataFormat);
    return [
      toLast(b, resizeTo(b, cropped(b, images, height, width), [height, width], "bilinear"), dataFormat),
    ];
  },
  keras: {
    call: ["inputs", "training"],
    ignore: imageIgnored(),
    own: ["passes"],
    upgrade: (config, version) => ({ ...config, passes: !/^(2(\.|$)|3\.[0-6](\.|$))/.test(version) }),
  },
};

/** Options of {@link autoContrastDef}, resolved. */
export interface AutoContrastConfig {
  /** Smallest and largest value of a pixel. */
  readonly valueRange: readonly number[];
  /** Where the channels stand. */
  readonly dataFormat: DataFormat;
}
/** Every channel of every image stretched over the whole range, shape unchanged. */
export const autoContrastDef: LayerDef<AutoContrastConfig, never> = {
  kind: "layer",
  name: "AutoContrast",
  summary: "every channel of every image stretched over the whole range",
  mask: "consume",
  config: {
    valueRange: list({
      doc: "smallest and largest value of a pixel",
      of: float({ doc: "value" }),
      default: [0, 255],
    }),
    dataFormat: dataFormatField(),
  },
  params: () => ({}),
  build({ b, config, inputs }) {
    const x = asFloat(b, inputAt(inputs, 0)), [least = 0, most = 255] = config.valueRange;
    shapeOfRank(x.type, 4, "[batch, height, width, channels]");
    const like = (n: number) => scalarLike(b, n, x), between = (n: number, m: number) => like(n - m);
    // Keras takes axes 1 and 2 wherever the channels stand.
    const over = (op: string) => b.one(op, [x, b.ints([1, 2])], { keepdims: 1 });
    const low = over("ReduceMin"), width = b.one("Sub", [over("ReduceMax"), low]);
    const share = b.one("Div", [b.one("Sub", [x, low]), width]);
    const stretched = b.one("Add", [b.one("Mul", [share, between(most, least)]), like(least)]);
    // A channel of one value stays as it is.
    return [
      b.one("Where", [
        b.one("Equal", [width, like(0)]),
        x,
        b.one("Clip", [stretched, like(least), like(most)]),
      ]),
    ];
  },
  keras: { call: ["inputs", "training"], ignore: imageIgnored(), since: 3 },
};
