/** Resizing along an axis by a matrix of weights, as TensorFlow computes what ONNX' Resize doesn't. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import { UnsupportedError } from "../../../core/values/errors.ts";
import { cast, dtypeOf, range, shapeOf, shapeVector, sizesOf, transpose } from "../../../core/ops/words.ts";
import { tensor } from "../../../core/values/tensor.ts";

/** Ways of finding new pixels. */
export type Interpolation =
  | "nearest"
  | "bilinear"
  | "bicubic"
  | "lanczos3"
  | "lanczos5"
  | "area"
  | "gaussian"
  | "mitchellcubic";
/** All of {@link Interpolation}. */
export const interpolations: readonly Interpolation[] = [
  "nearest",
  "bilinear",
  "bicubic",
  "lanczos3",
  "lanczos5",
  "area",
  "gaussian",
  "mitchellcubic",
];

/** Rows of weights over an axis' elements: one row for each output. */
export type Weights = readonly Float64Array[];

/** x with an axis multiplied by weights: `[…, size, …] → […, rows, …]`. */
export function alongAxis(b: Builder, x: Value, axis: number, weights: Weights): Value {
  const rank = shapeOf(x.type).length,
    size = weights[0]?.length ?? 0,
    data = new Float32Array(weights.length * size);
  weights.forEach((row, r) => data.set(row, r * size));
  const matrix = cast(b, b.constant(tensor(data, [weights.length, size])), dtypeOf(x));
  // [rows, size] · […, size, inner]
  if (axis === rank - 2) return b.matMul(matrix, x);
  const order = [...range(0, rank).filter((a) => a !== axis), axis];
  const y = b.matMul(transpose(b, x, order), transpose(b, matrix, [1, 0]));
  return transpose(b, y, range(0, rank).map((a) => order.indexOf(a)));
}

/** Keys' cubic with the coefficient −1/2. */
function keysCubic(x: number): number {
  if (x >= 2) return 0;
  return x >= 1 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : ((1.5 * x - 2.5) * x) * x + 1;
}
function lanczos(radius: number): (x: number) => number {
  return (x) => {
    if (x > radius) return 0;
    if (x <= 1e-3) return 1;
    const sinc = Math.PI * x;
    return radius * Math.sin(sinc) * Math.sin(sinc / radius) / (sinc * sinc);
  };
}
/** Mitchell's and Netravali's cubic, both coefficients 1/3. */
function mitchell(x: number): number {
  if (x >= 2) return 0;
  return x >= 1 ? ((-7 * x / 18 + 2) * x - 10 / 3) * x + 16 / 9 : (7 * x / 6 - 2) * x * x + 8 / 9;
}
const kernels = {
  bilinear: { radius: 1, at: (x: number) => Math.max(0, 1 - x) },
  bicubic: { radius: 2, at: keysCubic },
  lanczos3: { radius: 3, at: lanczos(3) },
  lanczos5: { radius: 5, at: lanczos(5) },
  gaussian: { radius: 1.5, at: (x: number) => (x < 1.5 ? Math.exp(-2 * x * x) : 0) },
  mitchellcubic: { radius: 2, at: mitchell },
};

/** TensorFlow's ScaleAndTranslate: a kernel around each place, its weights made to sum to 1; wider where an image shrinks and `antialias` is set. */
export function kernelWeights(
  kind: Exclude<Interpolation, "nearest" | "area">,
  input: number,
  output: number,
  antialias: boolean,
): Weights {
  const { radius, at } = kernels[kind], step = input / output, wide = antialias ? Math.max(step, 1) : 1;
  return range(0, output).map((i) => {
    const row = new Float64Array(input), place = (i + 0.5) * step;
    const clamp = (n: number) => Math.min(Math.max(n, 0), input - 1);
    const from = clamp(Math.ceil(place - radius * wide - 0.5)),
      to = clamp(Math.floor(place + radius * wide - 0.5));
    for (let s = from; s <= to; s++) row[s] = at(Math.abs((s + 0.5 - place) / wide));
    return evened(row);
  });
}
/** TensorFlow's ResizeBicubic: places are rounded to 1/1024 of a pixel, what lies outside has no weight. */
export function cubicWeights(input: number, output: number): Weights {
  const step = input / output;
  return range(0, output).map((i) => {
    const row = new Float64Array(input), place = Math.fround(Math.fround(i + 0.5) * Math.fround(step)) - 0.5;
    const left = Math.floor(place), part = roundHalfEven((place - left) * 1024) / 1024;
    [1 + part, part, 1 - part, 2 - part].forEach((x, k) => {
      const s = left - 1 + k;
      if (s >= 0 && s < input) row[s] = keysCubic(x);
    });
    return evened(row);
  });
}
/** TensorFlow's ResizeArea: the mean of what lies under each new pixel. */
export function areaWeights(input: number, output: number): Weights {
  const step = input / output;
  return range(0, output).map((i) => {
    const row = new Float64Array(input), from = i * step, to = from + step;
    for (let s = Math.floor(from); s < Math.min(input, Math.ceil(to)); s++) {
      row[s] = Math.min(s + 1, to) - Math.max(s, from);
    }
    return evened(row);
  });
}
function roundHalfEven(x: number): number {
  const n = Math.round(x);
  return Math.abs(x % 1) === 0.5 && n % 2 !== 0 ? n - 1 : n;
}
function evened(row: Float64Array): Float64Array {
  const sum = row.reduce((n, w) => n + w, 0);
  return Math.abs(sum) < 1e-30 ? row : row.map((w) => w / sum);
}

/** Elements that TensorFlow takes for each output, in its float32. */
function nearestPlaces(b: Builder, input: number, output: number): Value {
  const step = Math.fround(input / output);
  const places = range(0, output).map((i) => Math.min(input - 1, Math.floor(Math.fround((i + 0.5) * step))));
  return b.constant(tensor(places, [output], "int64"));
}
/** A float32 that takes an axis from one size to another, rounded down. */
function scaleFor(input: number, output: number): number {
  let scale = Math.fround(output / input);
  while (Math.floor(input * scale) < output) scale = Math.fround(scale * (1 + 2 ** -23));
  return scale;
}

const attributes = {
  nearest: {
    mode: "nearest",
    coordinate_transformation_mode: "half_pixel",
    nearest_mode: "round_prefer_ceil",
  },
  bilinear: { mode: "linear", coordinate_transformation_mode: "half_pixel" },
  // TensorFlow's cubic has the coefficient of Keys 1981 and leaves out what lies outside.
  bicubic: {
    mode: "cubic",
    coordinate_transformation_mode: "half_pixel",
    cubic_coeff_a: -0.5,
    exclude_outside: 1,
  },
} as const;

/**
 * Images `[batch, channels, height, width]` at another size, as TensorFlow's `image.resize` computes it. Where a size of
 * the input is only known when running, cubic places aren't rounded, and the kernels that ONNX hasn't aren't there.
 */
export function resizeTo(
  b: Builder,
  x: Value,
  size: readonly number[],
  kind: Interpolation,
  antialias = false,
): Value {
  const own = shapeOf(x.type).slice(2);
  const known = own.every((d) => typeof d === "number");
  if (known && kind !== "nearest" && (antialias || kind !== "bilinear")) {
    return size.reduce((y, to, i) => {
      const from = own[i] ?? 1;
      const weights = kind === "area"
        ? areaWeights(from, to)
        : kind === "bicubic" && !antialias
        ? cubicWeights(from, to)
        : kernelWeights(kind, from, to, antialias);
      return alongAxis(b, y, i + 2, weights);
    }, x);
  }
  if (kind === "nearest" && known) {
    return size.reduce(
      (y, to, i) => b.gather(y, nearestPlaces(b, own[i] ?? 1, to), { axis: i + 2 }),
      x,
    );
  }
  if (kind === "bilinear" && known) {
    const scales = Float32Array.of(1, 1, ...size.map((to, i) => scaleFor(own[i] ?? 1, to)));
    return b.resize(x, undefined, b.constant(tensor(scales)), attributes.bilinear);
  }
  if (kind !== "nearest" && kind !== "bilinear" && kind !== "bicubic") {
    throw new UnsupportedError(`interpolation ${kind} needs sizes that are known`);
  }
  // All axes are named: onnxruntime's optimizer takes sizes of some axes for those of all.
  const sizes = shapeVector(b, x, [...sizesOf(x, [0, 1]), ...size]);
  return b.resize(x, undefined, undefined, sizes, {
    ...attributes[kind],
    ...(antialias && kind !== "nearest" && { antialias: 1 }),
  });
}
