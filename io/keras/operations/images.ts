/** Keras 3's operations on images: colours, sizes, patches, filters. @module */
import type { AttributesOf } from "../../../core/graph/vocabulary.ts";
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import {
  cast,
  dtypeOf,
  range,
  reshape,
  scalarLike,
  shapeOf,
  sizeAt,
  sizesOf,
  toFirst,
  toLast,
  transpose,
} from "../../../core/ops/words.ts";
import type { DataFormat } from "../../../core/network/specs.ts";
import { windowAttributes } from "../../../core/ops/windowwords.ts";
import { tensor } from "../../../core/values/tensor.ts";
import type { Given, Operations } from "./given.ts";
import { format, padding, resized, sizesFor } from "./products.ts";
import { weightsBetween } from "./warps.ts";
import { plus, rankOf, times } from "./terms.ts";

/** Runs on a batch of images `[n, channels, height, width]`, whatever the rank and format that came. */
function onBatch(given: Given, v: Value, run: (x: Value) => Value, way: DataFormat = format(given)): Value {
  const { b } = given, alone = rankOf(v) === 3;
  const y = toLast(b, run(toFirst(b, alone ? b.unsqueeze(v, b.ints([0])) : v, way)), way);
  return alone ? b.squeeze(y, b.ints([0])) : y;
}
/** The axis of channels of an image or a batch. */
const channelAxis = (given: Given, v: Value) => rankOf(v) + (format(given) === "channels_first" ? -3 : -1);
function gray(given: Given): Value {
  const { b } = given, v = given.float("images"), axis = channelAxis(given, v);
  const shape = range(0, rankOf(v)).map((a) => (a === axis ? 3 : 1));
  const weights = cast(b, b.constant(tensor(Float32Array.of(0.2989, 0.587, 0.114), shape)), dtypeOf(v));
  return b.reduceSum(b.mul(v, weights), b.ints([axis]), { keepdims: 1 });
}
/** Red, green and blue (or what stands in their place) apart, and a function that joins three again. */
function channels(given: Given): readonly [readonly Value[], (list: readonly Value[]) => Value] {
  const { b } = given, v = given.float("images"), axis = channelAxis(given, v);
  return [
    b.split(v, { axis, num_outputs: 3 }),
    (list) => b.concat(list, { axis }),
  ];
}
/** Hue, saturation and value, each from 0 to 1 (Smith 1978). */
function toHsv(given: Given): Value {
  const { b } = given, [rgb, joined] = channels(given), [r, g, bl] = rgb as [Value, Value, Value];
  const most = b.max([r, g, bl]), gap = b.sub(most, b.min([r, g, bl]));
  const zero = scalarLike(b, 0, r), flat = b.equal(gap, zero), none = b.equal(most, zero);
  const safe = b.where(flat, scalarLike(b, 1, r), gap);
  const part = (p: Value, q: Value, shift: number) =>
    times(b, plus(b, b.div(b.sub(p, q), safe), shift), 1 / 6);
  const hue = b.where(
    b.equal(most, r),
    part(g, bl, 0),
    b.where(b.equal(most, g), part(bl, r, 2), part(r, g, 4)),
  );
  const turned = b.where(b.less(hue, zero), plus(b, hue, 1), hue);
  const share = b.div(gap, b.where(none, scalarLike(b, 1, r), most));
  return joined([b.where(flat, zero, turned), b.where(none, zero, share), most]);
}
function toRgb(given: Given): Value {
  const { b } = given, [hsv, joined] = channels(given), [h, s, v] = hsv as [Value, Value, Value];
  const six = times(b, h, 6), zero = scalarLike(b, 0, h), one = scalarLike(b, 1, h);
  const ramp = (at: number, sign: 1 | -1, base: number) => {
    const size = plus(b, times(b, b.abs(plus(b, six, -at)), sign), base);
    const share = b.min([b.max([size, zero]), one]);
    return b.mul(v, plus(b, b.mul(s, plus(b, share, -1)), 1));
  };
  return joined([ramp(3, 1, -1), ramp(2, -1, 2), ramp(4, -1, 2)]);
}

/** Other sizes: by Resize where ONNX has the filter, else by the weights of each pixel. */
function sized(given: Given): Value {
  const { b } = given,
    v = given.value("images"),
    size = given.integers("size"),
    [height = 0, width = 0] = size;
  const mode = `${given.get("interpolation") ?? "bilinear"}`, antialias = given.flag("antialias");
  const crop = given.flag("crop_to_aspect_ratio"), pad = given.flag("pad_to_aspect_ratio");
  if (given.has("fill_mode") && given.get("fill_mode") !== "constant") throw given.refuse("fill_mode");
  if (mode === "nearest" || (mode === "bilinear" && !antialias && !crop && !pad && rankOf(v) === 4)) {
    given.get("antialias");
    if (!crop && !pad && rankOf(v) === 4) return resized(given);
  }
  return onBatch(given, cast(b, v, "float32"), (image) => {
    const rows = sizeAt(image.type, 2), columns = sizeAt(image.type, 3);
    const high = Math.trunc((columns * height) / width), wide = Math.trunc((rows * width) / height);
    let x = image;
    if (crop) {
      const [h, w] = [Math.max(1, Math.min(rows, high)), Math.max(1, Math.min(columns, wide))];
      const [top, left] = [Math.trunc((rows - h) / 2), Math.trunc((columns - w) / 2)];
      x = b.slice(x, b.ints([top, left]), b.ints([top + h, left + w]), b.ints([2, 3]));
    } else if (pad) {
      const [y, z] = [Math.max(rows, high) - rows, Math.max(columns, wide) - columns].map((n) =>
        Math.trunc(n / 2)
      );
      const fill = scalarLike(b, given.has("fill_value") ? given.number("fill_value") : 0, x);
      x = b.pad(x, b.ints([0, 0, y ?? 0, z ?? 0, 0, 0, y ?? 0, z ?? 0]), fill);
    }
    if (mode === "nearest") {
      return b.resize(x, undefined, undefined, b.ints([...sizeList(x), height, width]), {
        mode: "nearest",
        coordinate_transformation_mode: "half_pixel",
        nearest_mode: "round_prefer_ceil",
      });
    }
    const rowWeights = weightsBetween(sizeAt(x.type, 2), height, mode, antialias);
    const columnWeights = weightsBetween(sizeAt(x.type, 3), width, mode, antialias);
    if (!rowWeights || !columnWeights) throw given.refuse("interpolation");
    return b.matMul(b.matMul(b.constant(rowWeights), x), transpose(b, b.constant(columnWeights), [1, 0]));
  });
}
/** The first two sizes of a batch, where they are known. */
const sizeList = (x: Value) =>
  [0, 1].map((a) => {
    const size = shapeOf(x.type)[a];
    return typeof size === "number" ? size : 1;
  });

/** Windows of each place: `[n, channels·sizes, …]`, channels first and then the places in a window. */
function windows(
  b: Builder,
  x: Value,
  size: readonly number[],
  attributes: AttributesOf["Conv"],
): Value {
  const depth = sizeAt(x.type, 1), places = size.reduce((p, q) => p * q, 1);
  const one = new Float32Array(depth * places * places);
  for (let c = 0; c < depth; c++) {
    for (let i = 0; i < places; i++) one[(c * places + i) * places + i] = 1;
  }
  const kernel = cast(b, b.constant(tensor(one, [depth * places, 1, ...size])), dtypeOf(x));
  return b.conv(x, kernel, { ...attributes, group: depth });
}
function patches(given: Given): Value {
  const { b } = given, v = given.float("images"), size = sizesFor(given, "size", 2);
  const strides = given.has("strides") ? sizesFor(given, "strides", 2) : size;
  return onBatch(given, v, (x) => {
    const dilations = sizesFor(given, "dilation_rate", 2, 1), depth = sizeAt(x.type, 1);
    const y = windows(b, x, size, windowAttributes(x, size, strides, dilations, padding(given)));
    const places = size.reduce((p, q) => p * q, 1), sizes = sizesOf(y, [0, 2, 3]);
    const [n = -1, h = -1, w = -1] = sizes;
    // TensorFlow has a pixel's channels side by side.
    const apart = transpose(b, reshape(b, y, [n, depth, places, h, w], y), [0, 2, 1, 3, 4]);
    return reshape(b, apart, [n, depth * places, h, w], y);
  });
}
const pairOf = (given: Given, name: string, otherwise: number): readonly [number, number] => {
  const [p = otherwise, q = p] = given.has(name) ? given.integers(name) : [otherwise];
  return [p, q];
};
/** PyTorch's unfold: columns of windows. */
function unfolded(given: Given): Value {
  const { b } = given, x = given.float("x"), size = pairOf(given, "kernel_size", 1);
  const [top, left] = pairOf(given, "padding", 0);
  const y = windows(b, x, size, {
    dilations: [...pairOf(given, "dilation", 1)],
    strides: [...pairOf(given, "stride", 1)],
    pads: [top, left, top, left],
  });
  return reshape(b, y, [...sizesOf(y, [0, 1]), -1], y);
}
function folded(given: Given): Value {
  const { b } = given, [top, left] = pairOf(given, "padding", 0);
  return b.col2Im(
    given.float("x"),
    b.ints(pairOf(given, "output_size", 1)),
    b.ints(pairOf(given, "kernel_size", 1)),
    {
      dilations: [...pairOf(given, "dilation", 1)],
      strides: [...pairOf(given, "stride", 1)],
      pads: [top, left, top, left],
    },
  );
}
/** Zeros at the sides, or less of them: two of an axis' before, after and target say all. */
function sides(given: Given, x: Value, word: "padding" | "cropping"): readonly (readonly [number, number])[] {
  const side = (name: string) => (given.has(`${name}_${word}`) ? given.number(`${name}_${word}`) : undefined);
  return ([["top", "bottom", "target_height", 2], ["left", "right", "target_width", 3]] as const).map(
    ([from, to, target, axis]) => {
      const size = sizeAt(x.type, axis), wanted = given.has(target) ? given.number(target) : undefined;
      const all = wanted === undefined ? undefined : word === "padding" ? wanted - size : size - wanted;
      const before = side(from), after = side(to);
      const first = before ?? (all === undefined ? 0 : all - (after ?? 0));
      const last = after ?? (all === undefined ? 0 : all - first);
      if (first < 0 || last < 0) throw given.refuse(target);
      return [first, last] as const;
    },
  );
}
function paddedImages(given: Given): Value {
  const { b } = given;
  return onBatch(given, given.value("images"), (x) => {
    const [[top, bottom] = [0, 0], [left, right] = [0, 0]] = sides(given, x, "padding");
    return b.pad(x, b.ints([0, 0, top, left, 0, 0, bottom, right]));
  });
}
function croppedImages(given: Given): Value {
  const { b } = given;
  return onBatch(given, given.value("images"), (x) => {
    const [[top, bottom] = [0, 0], [left, right] = [0, 0]] = sides(given, x, "cropping");
    const to = [sizeAt(x.type, 2) - bottom, sizeAt(x.type, 3) - right];
    return b.slice(x, b.ints([top, left]), b.ints(to), b.ints([2, 3]));
  });
}
const outer = (rows: readonly number[], columns: readonly number[]) =>
  rows.flatMap((p) => columns.map((q) => p * q));
const bell = (size: number, sigma: number): number[] => {
  const list = range(0, size).map((i) => Math.exp(-0.5 * ((i - (size - 1) / 2) / sigma) ** 2));
  const sum = list.reduce((p, q) => p + q, 0);
  return list.map((v) => v / sum);
};
/** One kernel over every channel. */
function filtered(
  b: Builder,
  x: Value,
  taps: readonly number[],
  size: readonly [number, number],
  same: boolean,
): Value {
  const depth = sizeAt(x.type, 1);
  const kernel = tensor(Float32Array.from(range(0, depth).flatMap(() => taps)), [depth, 1, ...size]);
  const window = windowAttributes(x, size, [1, 1], [1, 1], same ? "same" : "valid");
  return b.conv(x, cast(b, b.constant(kernel), dtypeOf(x)), { ...window, group: depth });
}
function blurred(given: Given): Value {
  const { b } = given, size = pairOf(given, "kernel_size", 3), [rows, columns] = size;
  const [p = 1, q = p] = [given.get("sigma") ?? 1].flat().map(Number);
  // Keras lays the first size and sigma along x, and then takes the numbers as a kernel of the first size as height.
  const taps = outer(bell(columns, q), bell(rows, p));
  return onBatch(given, given.float("images"), (x) => filtered(b, x, taps, size, true));
}
/** Differences down and across (Sobel), as TensorFlow has them: the images mirrored at their edges. */
function sobel(given: Given): Value {
  const { b } = given, way = format(given), v = toFirst(b, given.float("images"), way);
  const wide = b.pad(v, b.ints([0, 0, 1, 1, 0, 0, 1, 1]), { mode: "reflect" });
  const smooth = [1, 2, 1], slope = [-1, 0, 1];
  const list = [outer(slope, smooth), outer(smooth, slope)].map((taps) =>
    filtered(b, wide, taps, [3, 3], false)
  )
    .map((y) => b.unsqueeze(toLast(b, y, way), b.ints([4])));
  return b.concat(list, { axis: 4 });
}
/** Structural similarity (Wang et al. 2004), a number an image. */
function similarity(given: Given): Value {
  const { b } = given, most = given.number("max_val", 1), size = given.number("filter_size", 11);
  const taps = bell(size, given.number("filter_sigma", 1.5)), alone = rankOf(given.float("image1")) === 3;
  const [x, y] = ["image1", "image2"].map((name) => {
    const v = given.float(name);
    return toFirst(b, alone ? b.unsqueeze(v, b.ints([0])) : v, format(given));
  }) as [Value, Value];
  const mean = (v: Value) => filtered(b, v, outer(taps, taps), [size, size], false),
    mul = (p: Value, q: Value) => b.mul(p, q);
  const less = (p: Value, q: Value) => b.sub(p, q),
    add = (p: Value, q: Value) => b.add(p, q);
  const [c1, c2] = [(given.number("k1", 0.01) * most) ** 2, (given.number("k2", 0.03) * most) ** 2];
  const [p, q] = [mean(x), mean(y)], both = mul(p, q), squares = add(mul(p, p), mul(q, q));
  const spread = less(add(mean(mul(x, x)), mean(mul(y, y))), squares), shared = less(mean(mul(x, y)), both);
  const above = mul(plus(b, times(b, both, 2), c1), plus(b, times(b, shared, 2), c2));
  const below = mul(plus(b, squares, c1), plus(b, spread, c2));
  const map = b.reduceMean(b.div(above, below), b.ints([1, 2, 3]), { keepdims: 0 });
  return alone ? b.squeeze(map, b.ints([0])) : map;
}
/** Pools whose windows cut an axis into as many parts as are wanted. */
function adaptive(given: Given, op: "ReduceMean" | "ReduceMax"): Value {
  const { b } = given, way = format(given), x = toFirst(b, given.float("inputs"), way);
  const rank = rankOf(x) - 2, sizes = sizesFor(given, "output_size", rank);
  const y = sizes.reduce((v, count, i) => {
    const axis = i + 2, size = sizeAt(v.type, axis);
    const parts = range(0, count).map((k) => {
      const from = Math.floor((k * size) / count), to = Math.ceil(((k + 1) * size) / count);
      const part = b.slice(v, b.ints([from]), b.ints([to]), b.ints([axis]));
      return b.one(op, [part, b.ints([axis])], { keepdims: 1 });
    });
    return b.concat(parts, { axis });
  }, x);
  return toLast(b, y, way);
}

/** Operations on images by class name. */
export const images: Operations = {
  RGBToGrayscale: { args: ["images"], build: gray },
  RGBToHSV: { args: ["images"], build: toHsv },
  HSVToRGB: { args: ["images"], build: toRgb },
  Resize: { args: ["images"], build: sized },
  ExtractPatches: { args: ["images"], build: patches },
  Unfold: { args: ["x"], build: unfolded },
  Fold: { args: ["x"], build: folded },
  PadImages: { args: ["images"], build: paddedImages },
  CropImages: { args: ["images"], build: croppedImages },
  GaussianBlur: { args: ["images"], build: blurred },
  SobelEdges: { args: ["images"], build: sobel },
  SSIM: { args: ["image1", "image2"], build: similarity },
  AdaptiveAveragePool: { args: ["inputs"], build: (given) => adaptive(given, "ReduceMean") },
  AdaptiveMaxPool: { args: ["inputs"], build: (given) => adaptive(given, "ReduceMax") },
};
