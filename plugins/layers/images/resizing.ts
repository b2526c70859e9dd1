/** Images at another size: Resizing and CenterCrop. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import type { Builder } from "../../../core/graph/builder.ts";
import { type DType, isFloat } from "../../../core/values/dtype.ts";
import { ConfigError, ShapeError } from "../../../core/values/errors.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { LayerDef } from "../../../core/network/layer.ts";
import {
  asFloat,
  cast,
  dtypeOf,
  inputAt,
  scalarLike,
  shapeOf,
  shapeOfRank,
  toFirst,
  toLast,
} from "../../../core/ops/words.ts";
import { dataFormatField } from "../shared/fields.ts";
import type { DataFormat } from "../../../core/network/specs.ts";
import { bool, choice, float, int } from "../../../core/values/schema.ts";
import { type Interpolation, interpolations, resizeTo } from "./interpolate.ts";

/** Options of {@link centerCropDef}, resolved. */
export interface CenterCropConfig {
  /** Pixels from top to bottom. */
  readonly height: number;
  /** Pixels from left to right. */
  readonly width: number;
  /** Where the channels stand: after the sizes, or before them. */
  readonly dataFormat: DataFormat;
}
/** Options of {@link resizingDef}, resolved. */
export interface ResizingConfig extends CenterCropConfig {
  /** How new pixels are found. */
  readonly interpolation: Interpolation;
  /** Cut to the new sides' proportion first, about the middle. */
  readonly cropToAspectRatio: boolean;
  /** Filled up to the new sides' proportion first, on both sides. */
  readonly padToAspectRatio: boolean;
  /** What padding is filled with. */
  readonly fillMode: "constant";
  /** The value it is filled with. */
  readonly fillValue: number;
  /** Widen the filter where the image shrinks. */
  readonly antialias: boolean;
  /** Whole pixels come out as floats, as up to Keras 2. */
  readonly floats: boolean;
}
const axes = "[batch, height, width, channels]";
const sizeFields = () => ({
  height: int({ min: 1 }),
  width: int({ min: 1 }),
  dataFormat: dataFormatField(),
});

/** Height and width of images `[batch, channels, height, width]`. @throws {ShapeError} */
export function sidesOf(x: Value, why: string): readonly [number, number] {
  const [, , h, w] = shapeOf(x.type);
  if (typeof h !== "number" || typeof w !== "number") {
    throw new ShapeError(`${why} needs a known height and width`);
  }
  return [h, w];
}
/** The part of images `[batch, channels, height, width]` that begins somewhere. */
export function cut(b: Builder, x: Value, from: readonly number[], size: readonly number[]): Value {
  return b.slice(x, b.ints(from), b.ints(from.map((f, i) => f + (size[i] ?? 0))), b.ints([2, 3]));
}
/** The largest part about the middle that has the sides' proportion. */
export function cropped(b: Builder, x: Value, height: number, width: number): Value {
  const [h, w] = sidesOf(x, "cropToAspectRatio");
  const tall = Math.max(1, Math.min(h, Math.trunc(Math.fround(Math.fround(w * height) / width))));
  const wide = Math.max(1, Math.min(w, Math.trunc(Math.fround(Math.fround(h * width) / height))));
  return cut(b, x, [Math.trunc((h - tall) / 2), Math.trunc((w - wide) / 2)], [tall, wide]);
}
/** Filled on both sides alike up to the sides' proportion. */
function filled(b: Builder, x: Value, { height, width, fillValue }: ResizingConfig): Value {
  const [h, w] = sidesOf(x, "padToAspectRatio");
  const tall = Math.max(h, Math.trunc(Math.fround(Math.fround(w * height) / width)));
  const wide = Math.max(w, Math.trunc(Math.fround(Math.fround(h * width) / height)));
  const [top, left] = [Math.trunc((tall - h) / 2), Math.trunc((wide - w) / 2)];
  if (top === 0 && left === 0) return x;
  return b.pad(x, b.ints([0, 0, top, left, 0, 0, top, left]), scalarLike(b, fillValue, x), {
    mode: "constant",
  });
}

/** Whole pixels again, where the input's are. */
function likeInput(b: Builder, y: Value, dtype: DType): Value {
  if (isFloat(dtype)) return y;
  const [low, high] = dtype === "uint8"
    ? [0, 255]
    : dtype === "int8"
    ? [-128, 127]
    : [-(2 ** 31), 2 ** 31 - 128];
  return cast(b, b.clip(b.round(y), scalarLike(b, low, y), scalarLike(b, high, y)), dtype);
}

const resizingDef: LayerDef<ResizingConfig, never> = {
  kind: "layer",
  name: "Resizing",
  mask: "consume",
  config: {
    ...sizeFields(),
    interpolation: choice({ default: "bilinear", of: interpolations }),
    cropToAspectRatio: bool({ default: false }),
    padToAspectRatio: bool({ default: false }),
    fillMode: choice({ default: "constant", of: ["constant"] }),
    fillValue: float({ default: 0 }),
    antialias: bool({ default: false }),
    floats: bool({ default: false }),
  },
  params: () => ({}),
  build({ b, config, inputs }) {
    const given = inputAt(inputs, 0), { height, width } = config;
    shapeOfRank(given.type, 4, axes);
    let x = toFirst(b, asFloat(b, given), config.dataFormat);
    if (config.cropToAspectRatio) x = cropped(b, x, height, width);
    if (config.padToAspectRatio) x = filled(b, x, config);
    const y = toLast(
      b,
      resizeTo(b, x, [height, width], config.interpolation, config.antialias),
      config.dataFormat,
    );
    return [config.floats ? y : likeInput(b, y, dtypeOf(given))];
  },
  check(config, path) {
    if (config.cropToAspectRatio && config.padToAspectRatio) {
      throw new ConfigError(`${path}: expected cropToAspectRatio or padToAspectRatio, got both`, {
        place: path,
      });
    }
  },
  keras: {
    call: ["inputs", "training"],
    ignore: imageIgnored(),
    own: ["floats"],
    upgrade: (config, version) => (/^2(\.|$)/.test(version) ? { ...config, floats: true } : config),
  },
};
/** Images `[batch, height, width, channels]` at another size. */
export const resizing: Factory<ResizingConfig, "height" | "width"> = factory(resizingDef);
/** Keys that image layers of Keras hold and inference doesn't read. */
export function imageIgnored(): readonly string[] {
  return ["factor", "bounding_box_format", "value_range"];
}

const centerCropDef: LayerDef<CenterCropConfig, never> = {
  kind: "layer",
  name: "CenterCrop",
  mask: "consume",
  config: sizeFields(),
  params: () => ({}),
  build({ b, config, inputs }) {
    const given = inputAt(inputs, 0), { height, width } = config;
    shapeOfRank(given.type, 4, axes);
    const x = toFirst(b, cast(b, given, dtypeOf(asFloat(b, given))), config.dataFormat);
    const [h, w] = sidesOf(x, "CenterCrop");
    const y = h >= height && w >= width
      ? cut(b, x, [Math.floor((h - height) / 2), Math.floor((w - width) / 2)], [height, width])
      : resizeTo(b, cropped(b, x, height, width), [height, width], "bilinear");
    return [toLast(b, y, config.dataFormat)];
  },
  keras: { call: ["inputs", "training"], ignore: imageIgnored() },
};
/** The middle of images `[batch, height, width, channels]`. */
export const centerCrop: Factory<CenterCropConfig, "height" | "width"> = factory(centerCropDef);
