/** TensorFlow's functions on images that Keras 3 has no operation for. @module */
import type { Builder } from "../../../../core/graph/builder.ts";
import { isFloat } from "../../../../core/values/dtype.ts";
import type { Value } from "../../../../core/graph/graph.ts";
import { cast, dtypeOf, range, scalarLike, sizeAt } from "../../../../core/ops/words.ts";
import { tensor } from "../../../../core/values/tensor.ts";
import { images } from "../images.ts";
import type { Given, Operation, Operations } from "../given.ts";
import { weightsBetween } from "../warps.ts";
import { plus, rankOf, times } from "../terms.ts";

const x = ["x"];
/** Another operation with arguments of its own. */
function run(given: Given, name: string, args: Readonly<Record<string, unknown>>): Value | readonly Value[] {
  const operation = images[name];
  if (!operation) throw given.refuse("images");
  return operation.build(given.with(args));
}
/** Rows and columns of images: the last axes but that of channels. */
const extents = (v: Value) => [sizeAt(v.type, rankOf(v) - 3), sizeAt(v.type, rankOf(v) - 2)] as const;
const modes: Readonly<Record<string, string>> = {
  bilinear: "bilinear",
  nearest: "nearest",
  bicubic: "bicubic",
  lanczos3: "lanczos3",
  lanczos5: "lanczos5",
  gaussian: "gaussian",
  mitchellcubic: "mitchellcubic",
  area: "area",
  0: "bilinear",
  1: "nearest",
  2: "bicubic",
  3: "area",
};
/** Images of another size by the filter that TensorFlow names. */
function scaled(given: Given, v: Value, [height, width]: readonly [number, number]): Value {
  const { b } = given, word = `${given.get("method") ?? "bilinear"}`.toLowerCase(), mode = modes[word];
  const antialias = given.flag("antialias"), [rows, columns] = extents(v), axis = rankOf(v) - 3;
  if (mode === undefined) throw given.refuse("method");
  if (rows === height && columns === width) return mode === "nearest" ? v : cast(b, v, "float32");
  if (mode === "nearest") {
    const places = (from: number, to: number) =>
      b.ints(range(0, to).map((i) => Math.min(from - 1, Math.floor(((i + 0.5) * from) / to))));
    const tall = b.gather(v, places(rows, height), { axis });
    return b.gather(tall, places(columns, width), { axis: axis + 1 });
  }
  // TensorFlow always widens these two where the image gets smaller, and area takes whole pixels.
  const weights = (from: number, to: number) => weightsBetween(from, to, mode, antialias);
  const [p, q] = [weights(rows, height), weights(columns, width)];
  if (!p || !q) throw given.refuse("method");
  const letters = rankOf(v) === 4 ? "nhwc" : "hwc";
  return b.einsum([b.constant(p), cast(b, v, "float32"), b.constant(q)], {
    equation: `ih,${letters},jw->${letters.replace("h", "i").replace("w", "j")}`,
  });
}
function resized(given: Given): Value {
  const v = given.value("images"),
    [height = 0, width = 0] = given.integers("size"),
    [rows, columns] = extents(v);
  if (given.flag("align_corners")) throw given.refuse("align_corners");
  if (!given.flag("preserve_aspect_ratio")) return scaled(given, v, [height, width]);
  const share = Math.min(height / rows, width / columns);
  return scaled(given, v, [Math.round(rows * share), Math.round(columns * share)]);
}
function resizedWithPad(given: Given): Value {
  const { b } = given, v = given.value("images"), [rows, columns] = extents(v);
  const height = given.number("target_height"), width = given.number("target_width");
  const ratio = Math.max(columns / width, rows / height);
  const size = [Math.floor(rows / ratio), Math.floor(columns / ratio)] as const;
  const y = scaled(given, v, size);
  const [top, left] = [Math.floor((height - rows / ratio) / 2), Math.floor((width - columns / ratio) / 2)];
  return sided(b, y, [Math.max(0, top), Math.max(0, left)], [height, width]);
}
/** Zeros around images, up to a size. */
function sided(
  b: Builder,
  v: Value,
  [top, left]: readonly [number, number],
  [height, width]: readonly [number, number],
): Value {
  const [rows, columns] = extents(v), lead = rankOf(v) === 4 ? [0] : [];
  return b.pad(v, b.ints([...lead, top, left, 0, ...lead, height - rows - top, width - columns - left, 0]));
}
function croppedOrPadded(given: Given): Value {
  const { b } = given, v = given.value("images"), [rows, columns] = extents(v), axis = rankOf(v) - 3;
  const height = given.number("target_height"), width = given.number("target_width");
  const part = (u: Value, size: number, wanted: number, at: number) => {
    const from = Math.floor(Math.max(0, size - wanted) / 2);
    return b.slice(u, b.ints([from]), b.ints([from + Math.min(size, wanted)]), b.ints([at]));
  };
  const y = part(part(v, rows, height, axis), columns, width, axis + 1);
  const before = (size: number, wanted: number) => Math.floor(Math.max(0, wanted - size) / 2);
  return sided(b, y, [before(rows, height), before(columns, width)], [height, width]);
}
function centralCrop(given: Given): Value {
  const { b } = given, v = given.value("images"), share = given.number("central_fraction");
  const axis = rankOf(v) - 3, list = extents(v).map((size) => Math.trunc((size - size * share) / 2));
  const to = extents(v).map((size, i) => size - (list[i] ?? 0));
  return b.slice(v, b.ints(list), b.ints(to), b.ints([axis, axis + 1]));
}
/** The mean over rows and columns of each channel. */
const spatialMean = (b: Builder, v: Value) =>
  b.reduceMean(v, b.ints([rankOf(v) - 3, rankOf(v) - 2]), { keepdims: 1 });
function standardized(given: Given): Value {
  const { b } = given, v = cast(b, given.value("x"), "float32"), axes = b.ints([-3, -2, -1]);
  const apart = b.sub(v, b.reduceMean(v, axes, { keepdims: 1 }));
  const spread = b.sqrt(b.reduceMean(b.mul(apart, apart), axes, { keepdims: 1 }));
  const count = range(rankOf(v) - 3, rankOf(v)).reduce((n, a) => n * sizeAt(v.type, a), 1);
  return b.div(apart, b.max([spread, scalarLike(b, 1 / Math.sqrt(count), spread)]));
}
/** Colours by a matrix, its rows the parts of the input. */
const coloured = (rows: readonly (readonly number[])[]): Operation => ({
  args: x,
  build(given) {
    const matrix = tensor(Float32Array.from(rows.flat()), [3, 3]);
    return given.b.matMul(given.float("x"), given.b.constant(matrix));
  },
});
/** Colours changed as hue, saturation and value. */
const byHsv = (change: (given: Given, hsv: readonly Value[]) => readonly Value[]): Operation => ({
  args: ["images"],
  build(given) {
    const { b } = given, hsv = run(given, "RGBToHSV", { images: given.get("images") }) as Value;
    const axis = rankOf(hsv) - 1, parts = b.split(hsv, { axis, num_outputs: 3 });
    return run(given, "HSVToRGB", { images: b.concat(change(given, parts), { axis }) });
  },
});
const unit = (b: Builder, v: Value) => b.min([b.max([v, scalarLike(b, 0, v)]), scalarLike(b, 1, v)]);
/** The parts of images that boxes name, each in one size: `[boxes, height, width, channels]`. */
function cropAndResize(given: Given): Value {
  const { b } = given, v = given.float("images"), [height = 1, width = 1] = given.integers("crop_size");
  const boxes = given.float("boxes"),
    at = cast(b, given.value("box_indices"), "int64"),
    [rows, columns] = extents(v);
  if ((given.get("method") ?? "bilinear") !== "bilinear") throw given.refuse("method");
  const fill = given.has("extrapolation_value") ? given.number("extrapolation_value") : 0;
  const line = (from: number, to: number, size: number, count: number) => {
    const pick = (i: number) => b.slice(boxes, b.ints([i]), b.ints([i + 1]), b.ints([1]));
    const steps = tensor(Float32Array.from(range(0, count)), [1, count]), [p, q] = [pick(from), pick(to)];
    if (count === 1) return times(b, b.add(p, q), 0.5 * (size - 1));
    const step = times(b, b.sub(q, p), (size - 1) / (count - 1));
    return b.add(times(b, p, size - 1), b.mul(b.constant(steps), step));
  };
  const weights = (c: Value, size: number) => {
    const places = b.constant(tensor(Float32Array.from(range(0, size)), [1, 1, size]));
    const gap = b.abs(b.sub(b.unsqueeze(c, b.ints([2])), places));
    return b.max([b.sub(scalarLike(b, 1, gap), gap), scalarLike(b, 0, gap)]);
  };
  const inside = (c: Value, size: number) =>
    b.and(b.greaterOrEqual(c, scalarLike(b, 0, c)), b.lessOrEqual(c, scalarLike(b, size - 1, c)));
  const [down, across] = [line(0, 2, rows, height), line(1, 3, columns, width)];
  const y = b.einsum([
    weights(down, rows),
    b.gather(v, at, { axis: 0 }),
    weights(across, columns),
  ], {
    equation: "nih,nhwc,njw->nijc",
  });
  const seen = b.and(
    b.unsqueeze(inside(down, rows), b.ints([2, 3])),
    b.unsqueeze(inside(across, columns), b.ints([1, 3])),
  );
  return b.where(seen, y, scalarLike(b, fill, y));
}

/** TensorFlow's functions on images by the names that we give them. */
export const tfImages: Operations = {
  "tf.Resize": { args: ["images"], build: resized },
  "tf.ResizeWithPad": { args: ["images"], build: resizedWithPad },
  "tf.CropOrPad": { args: ["images"], build: croppedOrPadded },
  "tf.CentralCrop": { args: ["images"], build: centralCrop },
  "tf.CropAndResize": { args: ["images", "boxes", "box_indices"], build: cropAndResize },
  "tf.GrayscaleToRGB": {
    args: x,
    build(given) {
      const v = given.value("x");
      return given.b.concat([v, v, v], { axis: rankOf(v) - 1 });
    },
  },
  "tf.RGBToYUV": coloured([
    [0.299, -0.14714119, 0.61497538],
    [0.587, -0.28886916, -0.51496512],
    [0.114, 0.43601035, -0.10001026],
  ]),
  "tf.YUVToRGB": coloured([[1, 1, 1], [0, -0.394642334, 2.03206185], [1.13988303, -0.58062185, 0]]),
  "tf.Standardize": { args: x, build: standardized },
  "tf.Brightness": {
    args: ["x", "delta"],
    build: (given) => {
      const v = given.value("x");
      if (!isFloat(dtypeOf(v))) throw given.refuse("x");
      return plus(given.b, v, given.number("delta"));
    },
  },
  "tf.Contrast": {
    args: ["x", "contrast_factor"],
    build(given) {
      const { b } = given, v = given.float("x"), mean = spatialMean(b, v);
      return b.add(times(b, b.sub(v, mean), given.number("contrast_factor")), mean);
    },
  },
  "tf.Gamma": {
    args: x,
    build(given) {
      const { b } = given, v = given.float("x");
      const power = b.pow(v, scalarLike(b, given.has("gamma") ? given.number("gamma") : 1, v));
      return times(b, power, given.has("gain") ? given.number("gain") : 1);
    },
  },
  "tf.Saturation": byHsv((given, [h, s, v]) => {
    const { b } = given;
    return h && s && v ? [h, unit(b, times(b, s, given.number("saturation_factor"))), v] : [];
  }),
  "tf.Hue": byHsv((given, [h, s, v]) => {
    const { b } = given;
    if (!h || !s || !v) return [];
    const turned = plus(b, h, given.number("delta"));
    return [b.sub(turned, b.floor(turned)), s, v];
  }),
  "tf.ConvertImage": {
    args: x,
    build(given) {
      const { b } = given, v = given.value("x"), to = given.dtype() ?? "float32", own = dtypeOf(v);
      given.flag("saturate");
      const tops = { uint8: 255, uint16: 65535, int8: 127, int16: 32767, int32: 2147483647 } as const;
      if (own === to) return v;
      if (isFloat(own) && isFloat(to)) return cast(b, v, to);
      const top = Object.hasOwn(tops, own) ? tops[own as keyof typeof tops] : undefined;
      if (!isFloat(to) || top === undefined) throw given.refuse("dtype");
      return times(b, cast(b, v, to), 1 / top);
    },
  },
  "tf.Patches": {
    args: ["images"],
    build: (given) =>
      run(given, "ExtractPatches", {
        images: given.get("images"),
        size: given.integers("size").slice(1, 3),
        strides: given.integers("strides").slice(1, 3),
        dilation_rate: given.integers("dilation_rate").slice(1, 3),
        padding: `${given.get("padding")}`.toLowerCase(),
      }),
  },
  "tf.PSNR": {
    args: ["x1", "x2"],
    build(given) {
      const { b } = given, [p, q] = given.pair("x1", "x2"), apart = b.sub(p, q);
      const noise = b.reduceMean(b.mul(apart, apart), b.ints([-3, -2, -1]), {
        keepdims: 0,
      });
      const tens = times(b, b.log(noise), 10 / Math.LN10);
      return b.sub(scalarLike(b, 20 * Math.log10(given.number("max_val")), noise), tens);
    },
  },
  "tf.SSIM": {
    args: ["image1", "image2"],
    build(given) {
      if (given.flag("return_index_map")) throw given.refuse("return_index_map");
      const names = ["image1", "image2", "max_val", "filter_size", "filter_sigma", "k1", "k2"];
      return run(given, "SSIM", Object.fromEntries(names.map((name) => [name, given.get(name)])));
    },
  },
};
