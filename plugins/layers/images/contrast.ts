/** Image layers that do something in inference too: RandomCrop up to Keras 3.6, AutoContrast. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import { UnsupportedError } from "../../../core/values/errors.ts";
import type { LayerDef } from "../../../core/network/layer.ts";
import { asFloat, inputAt, scalarLike, shapeOfRank, toFirst, toLast } from "../../../core/ops/words.ts";
import { dataFormatField, type Opaque, opaqueField } from "../shared/fields.ts";
import type { DataFormat } from "../../../core/network/specs.ts";
import { choice, float, int, list } from "../../../core/values/schema.ts";
import { resizeTo } from "./interpolate.ts";
import { cropped, cut, imageIgnored, sidesOf } from "./resizing.ts";

/** Options of {@link randomCropDef}, resolved. */
export interface RandomCropConfig {
  /** Pixels from top to bottom. */
  readonly height: number;
  /** Pixels from left to right. */
  readonly width: number;
  /** Where the channels stand: after the sizes, or before them. */
  readonly dataFormat: DataFormat;
  /** Seed of Keras' training. */
  readonly seed: Opaque;
  /** What inference does: `pass` since Keras 3.7; `cut` to the proportion, then resize; up to 2.7 `resize`, then cut. */
  readonly inference: "pass" | "cut" | "resize";
}
/** A part of images at random in Keras' training; in inference the middle at that size, or since Keras 3.7 all of it. */
export const randomCropDef: LayerDef<RandomCropConfig, never> = {
  kind: "layer",
  name: "RandomCrop",
  mask: "consume",
  config: {
    height: int({ min: 1 }),
    width: int({ min: 1 }),
    dataFormat: dataFormatField(),
    seed: opaqueField(),
    inference: choice({
      default: "pass",
      of: ["pass", "cut", "resize"],
    }),
  },
  params: () => ({}),
  build({ b, config, inputs, training }) {
    if (training) {
      throw new UnsupportedError(
        "cuts images at random in training, which isn't supported: cut them beforehand",
      );
    }
    const x = inputAt(inputs, 0), { height, width, dataFormat, inference } = config;
    shapeOfRank(x.type, 4, "[batch, height, width, channels]");
    if (inference === "pass") return [x];
    const images = toFirst(b, asFloat(b, x), dataFormat);
    if (inference === "cut") {
      const part = cropped(b, images, height, width);
      return [toLast(b, resizeTo(b, part, [height, width], "bilinear"), dataFormat)];
    }
    const [h, w] = sidesOf(images, "RandomCrop");
    const tall = Math.max(height, Math.trunc(width * h / w)),
      wide = Math.max(width, Math.trunc(height * w / h));
    const whole = resizeTo(b, images, [tall, wide], "bilinear");
    const from = [Math.trunc((tall - height) / 2), Math.trunc((wide - width) / 2)];
    return [toLast(b, cut(b, whole, from, [height, width]), dataFormat)];
  },
  keras: {
    call: ["inputs", "training"],
    ignore: imageIgnored(),
    own: ["inference"],
    upgrade(config, version) {
      const resizes = /^2\.[0-7](\.|$)/.test(version), cuts = /^(2(\.|$)|3\.[0-6](\.|$))/.test(version);
      return { ...config, inference: resizes ? "resize" : cuts ? "cut" : "pass" };
    },
  },
};

/** Options of {@link autoContrastDef}, resolved. */
export interface AutoContrastConfig {
  /** Smallest and largest value of a pixel. */
  readonly valueRange: readonly number[];
  /** Where the channels stand: after the sizes, or before them. */
  readonly dataFormat: DataFormat;
}
const autoContrastDef: LayerDef<AutoContrastConfig, never> = {
  kind: "layer",
  name: "AutoContrast",
  mask: "consume",
  config: {
    valueRange: list({
      of: float(),
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
    const low = over("ReduceMin"), width = b.sub(over("ReduceMax"), low);
    const share = b.div(b.sub(x, low), width);
    const stretched = b.add(b.mul(share, between(most, least)), like(least));
    // A channel of one value stays as it is.
    return [
      b.where(b.equal(width, like(0)), x, b.clip(stretched, like(least), like(most))),
    ];
  },
  keras: { call: ["inputs", "training"], ignore: imageIgnored(), since: 3 },
};
/** Every channel of every image stretched over the whole range, shape unchanged. */
export const autoContrast: Factory<AutoContrastConfig> = factory(autoContrastDef);
