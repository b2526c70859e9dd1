/** One axis of a resampling as a sparse matrix: which inputs make an output, and with which weights. @module */

/** How an output's place is mapped to the input. */
export type CoordinateMode =
  | "half_pixel"
  | "half_pixel_symmetric"
  | "pytorch_half_pixel"
  | "align_corners"
  | "asymmetric"
  | "tf_crop_and_resize";
/** How a place between two inputs is rounded. */
export type NearestMode = "round_prefer_floor" | "round_prefer_ceil" | "floor" | "ceil";

/** What the taps of one axis depend on. */
export interface AxisSampling {
  readonly mode: "nearest" | "linear" | "cubic";
  readonly coordinates: CoordinateMode;
  readonly nearest: NearestMode;
  readonly antialias: boolean;
  readonly excludeOutside: boolean;
  readonly cubicA: number;
  readonly input: number;
  readonly output: number;
  readonly scale: number;
  /** Start and end of the crop, as parts of the axis. */
  readonly roi: readonly [number, number];
}
/** `count` inputs and weights for each output. An output whose place lies outside the crop is marked. */
export interface Taps {
  readonly count: number;
  readonly index: Int32Array;
  readonly weight: Float64Array;
  readonly outside: Uint8Array;
}

/** The place in the input that output `x` is taken from (the formulas of ONNX Resize); `r` rounds each step. */
function coordinate(x: number, s: AxisSampling, r: (v: number) => number): number {
  const { input, output } = s, scale = r(s.scale), width = r(scale * input);
  const centred = () => r(r((x + 0.5) / scale) - 0.5);
  switch (s.coordinates) {
    case "asymmetric":
      return r(x / scale);
    case "align_corners":
      return width === 1 ? 0 : r(r(x * (input - 1)) / r(width - 1));
    case "tf_crop_and_resize": {
      const [start, end] = s.roi, from = r(r(start) * (input - 1)), size = r(r(end) - r(start));
      if (width === 1) return r(from + r(size * (input - 1)) / 2);
      return r(from + r(r(r(x * size) * (input - 1)) / r(width - 1)));
    }
    case "pytorch_half_pixel":
      return output > 1 ? centred() : 0;
    case "half_pixel_symmetric":
      return r(r(input / 2 * r(1 - r(output / width))) + (x + 0.5) / scale - 0.5);
    case "half_pixel":
      return centred();
  }
}

/** The cubic convolution kernel (Keys 1981). */
export function cubic(x: number, a: number): number {
  const d = Math.abs(x);
  if (d <= 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? ((a * d - 5 * a) * d + 8 * a) * d - 4 * a : 0;
}
/** Weights of the inputs around a place, from the input `first` steps after the one below it. */
function weightsAt(ratio: number, s: AxisSampling): { readonly first: number; readonly weights: number[] } {
  if (s.mode === "nearest") {
    const up = ratio === 1 || s.nearest === "ceil" ||
      (s.nearest === "round_prefer_floor" ? ratio > 0.5 : s.nearest === "round_prefer_ceil" && ratio >= 0.5);
    return { first: up ? 1 : 0, weights: [1] };
  }
  // Shrinking with antialias widens the filter to all the inputs that an output covers.
  const shrink = s.antialias ? Math.min(s.scale, 1) : 1, reach = s.mode === "linear" ? 1 : 2;
  const first = Math.floor(-reach / shrink) + 1;
  const weights = Array.from({ length: 2 - 2 * first }, (_, i) => {
    const d = (first + i - ratio) * shrink;
    return s.mode === "linear" ? Math.max(0, 1 - Math.abs(d)) : cubic(d, s.cubicA);
  });
  return { first, weights };
}

/** The taps of one axis. Places beyond the edge read the edge. */
export function tapsOf(s: AxisSampling): Taps {
  const { output, input } = s, outside = new Uint8Array(output);
  const count = weightsAt(0.5, s).weights.length;
  const index = new Int32Array(output * count), weight = new Float64Array(output * count);
  // The nearest of two inputs and the crop's edge can hang on a bit: there places are in float32, as onnxruntime has them.
  const narrow = s.mode === "nearest" || s.coordinates === "tf_crop_and_resize";
  const round = narrow ? Math.fround : (v: number) => v;
  for (let x = 0; x < output; x++) {
    const place = coordinate(x, s, round);
    if (s.coordinates === "tf_crop_and_resize" && (place < 0 || place > input - 1)) outside[x] = 1;
    // The ratio lies in (0, 1]: a place on an input counts as reached from the one before.
    const below = Math.ceil(place) - 1, { first, weights } = weightsAt(place - below, s);
    let sum = 0;
    weights.forEach((w, i) => {
      const at = below + first + i, inside = at >= 0 && at < input;
      const kept = s.excludeOutside && !inside ? 0 : w;
      index[x * count + i] = Math.min(input - 1, Math.max(0, at));
      weight[x * count + i] = kept;
      sum += kept;
    });
    if (s.antialias || s.excludeOutside) {
      for (let i = 0; i < count; i++) weight[x * count + i] = (weight[x * count + i] as number) / sum;
    }
  }
  return { count, index, weight, outside };
}

/** Resamples the middle axis of `[outer, input, inner]`. */
export function applyTaps(
  x: ArrayLike<number>,
  outer: number,
  input: number,
  inner: number,
  { count, index, weight, outside }: Taps,
  extrapolation: number,
): Float64Array {
  const output = outside.length, out = new Float64Array(outer * output * inner);
  for (let o = 0; o < outer; o++) {
    for (let k = 0; k < output; k++) {
      const to = (o * output + k) * inner;
      if (outside[k]) {
        out.fill(extrapolation, to, to + inner);
        continue;
      }
      for (let t = k * count; t < (k + 1) * count; t++) {
        const w = weight[t] as number, from = (o * input + (index[t] as number)) * inner;
        if (w === 0) continue;
        for (let i = 0; i < inner; i++) out[to + i] = (out[to + i] as number) + w * (x[from + i] as number);
      }
    }
  }
  return out;
}
/** One input and its weight for each output. */
export interface TapColumn {
  readonly index: Int32Array;
  readonly weight: Float32Array;
}
/**
 * The taps one by one. One without weight takes half of another's, which changes no sum: a NaN that no output is made of then
 * isn't read.
 */
export function columnsOf({ count, index, weight, outside }: Taps): readonly TapColumn[] {
  const places = index.slice(), shares = weight.slice();
  for (let from = 0; from < outside.length * count; from += count) {
    const own = Array.from({ length: count }, (_, t) => from + t);
    let largest = own.reduce((
      a,
      b,
    ) => (Math.abs(shares[b] as number) > Math.abs(shares[a] as number) ? b : a));
    for (const t of own) {
      if (shares[t] !== 0) continue;
      shares[t] = shares[largest] = (shares[largest] as number) / 2;
      places[t] = places[largest] as number;
      largest = t;
    }
  }
  return Array.from({ length: count }, (_, t) => ({
    index: Int32Array.from(outside, (_, k) => places[k * count + t] as number),
    weight: Float32Array.from(outside, (_, k) => shares[k * count + t] as number),
  }));
}

/** The transpose of {@link applyTaps}: spreads `[outer, output, inner]` back over the inputs. */
export function spreadTaps(
  dy: ArrayLike<number>,
  outer: number,
  input: number,
  inner: number,
  { count, index, weight, outside }: Taps,
): Float64Array {
  const output = outside.length, out = new Float64Array(outer * input * inner);
  for (let o = 0; o < outer; o++) {
    for (let k = 0; k < output; k++) {
      if (outside[k]) continue;
      const from = (o * output + k) * inner;
      for (let t = k * count; t < (k + 1) * count; t++) {
        const w = weight[t] as number, to = (o * input + (index[t] as number)) * inner;
        for (let i = 0; i < inner; i++) out[to + i] = (out[to + i] as number) + w * (dy[from + i] as number);
      }
    }
  }
  return out;
}
/** The taps as a dense matrix `[output, input]`. */
export function tapMatrix({ count, index, weight, outside }: Taps, input: number): Float64Array {
  const out = new Float64Array(outside.length * input);
  for (let k = 0; k < outside.length; k++) {
    for (let t = k * count; !outside[k] && t < (k + 1) * count; t++) {
      const at = k * input + (index[t] as number);
      out[at] = (out[at] as number) + (weight[t] as number);
    }
  }
  return out;
}
