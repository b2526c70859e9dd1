/** Keras 3's spectra; complex numbers are pairs of tensors. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import { cast, range, reshape, scalarLike, shapeOf, sizesOf } from "../../../core/ops/words.ts";
import { tensor } from "../../../core/values/tensor.ts";
import { frames } from "./arrays.ts";
import { first, type Given, type Operations } from "./given.ts";
import { rankOf } from "./terms.ts";

/** A pair as a tensor whose last axis holds real and imaginary parts. */
function joined(b: Builder, parts: readonly Value[]): Value {
  const list = parts.map((v) => b.unsqueeze(v, b.ints([rankOf(v)])));
  return b.concat(list, { axis: rankOf(first(parts)) });
}
const parts = (b: Builder, v: Value): readonly Value[] =>
  [0, 1].map((i) => b.gather(v, b.scalar(i, "int64"), { axis: rankOf(v) - 1 }));
/** A transform along one axis of `[…, 2]` or `[…, 1]`. */
function dft(
  b: Builder,
  v: Value,
  axis: number,
  options: { readonly length?: number; readonly inverse?: boolean; readonly onesided?: boolean } = {},
): Value {
  const { length, inverse = false, onesided = false } = options;
  return b.dft(
    v,
    length === undefined ? undefined : b.scalar(length, "int64"),
    b.scalar(axis, "int64"),
    { inverse: inverse ? 1 : 0, onesided: onesided ? 1 : 0 },
  );
}
const complex = (given: Given): Value => {
  const list = given.list("x").map((v) => cast(given.b, v, "float32"));
  if (list.length !== 2) throw given.refuse("x");
  return joined(given.b, list);
};
/** Transforms of the last axes, both ways. */
const spectrum = (axes: number, inverse: boolean) => ({
  args: ["x"],
  build(given: Given): readonly Value[] {
    const { b } = given, v = complex(given), rank = rankOf(v);
    return parts(b, range(0, axes).reduce((y, i) => dft(b, y, rank - 2 - i, { inverse }), v));
  },
});
/** Real numbers of the last axis, as one-sided spectra. */
function realSpectrum(b: Builder, v: Value, length?: number): readonly Value[] {
  const column = b.unsqueeze(v, b.ints([rankOf(v)])), rank = rankOf(v);
  const own = length === undefined ? {} : { length };
  return parts(b, dft(b, column, rank - 1, { ...own, onesided: true }));
}
/** Real numbers from a one-sided spectrum, `[…, 2]`. */
function fromSpectrum(b: Builder, v: Value, length: number): Value {
  const y = dft(b, v, rankOf(v) - 2, { length, inverse: true, onesided: true });
  return b.squeeze(y, b.ints([rankOf(y) - 1]));
}
/** A window by name (periodic), or numbers, in the middle of zeros. */
function windowOf(given: Given, length: number, fft: number): Value {
  const { b } = given, word = given.get("window");
  const cosine = (p: number, q: number) => (i: number) => p - q * Math.cos((2 * Math.PI * i) / length);
  const shape = word === null
    ? () => 1
    : word === "hann"
    ? cosine(0.5, 0.5)
    : word === "hamming"
    ? cosine(0.54, 0.46)
    : undefined;
  if (!shape && typeof word === "string") throw given.refuse("window");
  const taps = shape
    ? b.constant(tensor(Float32Array.from({ length }, (_, i) => shape(i))))
    : given.value("window");
  const before = Math.floor((fft - length) / 2);
  return fft === length ? taps : b.pad(taps, b.ints([before, fft - length - before]));
}
interface Sizes {
  readonly length: number;
  readonly stride: number;
  readonly fft: number;
}
const sizes = (given: Given): Sizes => ({
  length: given.number("sequence_length"),
  stride: given.number("sequence_stride"),
  fft: given.number("fft_length"),
});
function stft(given: Given): readonly Value[] {
  const { b } = given, v = given.float("x"), { length, stride, fft } = sizes(given);
  const half = given.get("center") === false ? 0 : Math.floor(fft / 2), rank = rankOf(v);
  const none = range(0, rank - 1).map(() => 0);
  const whole = half > 0 ? b.pad(v, b.ints([...none, half, ...none, half]), { mode: "reflect" }) : v;
  const parted = b.mul(frames(b, whole, fft, stride), windowOf(given, length, fft));
  return realSpectrum(b, parted);
}
/** Frames laid over one another and added: `[rows, frames, length]` to `[rows, samples]`. */
function overlapped(b: Builder, v: Value, length: number, stride: number): Value {
  const eye = new Float32Array(length * length);
  for (let i = 0; i < length; i++) eye[i * length + i] = 1;
  const kernel = b.constant(tensor(eye, [length, 1, length]));
  const y = b.convTranspose(b.transpose(v, { perm: [0, 2, 1] }), kernel, {
    strides: [stride],
  });
  return b.squeeze(y, b.ints([1]));
}
function istft(given: Given): Value {
  const { b } = given, v = complex(given), { length, stride, fft } = sizes(given), rank = rankOf(v);
  const window = windowOf(given, length, fft), rows = fromSpectrum(b, v, fft), lead = range(0, rank - 3);
  const count = b.shape(rows, { start: rank - 3, end: rank - 2 });
  const flat = b.reshape(b.mul(rows, window), b.concat([b.ints([-1]), count, b.ints([fft])], { axis: 0 }));
  const sum = overlapped(b, flat, fft, stride);
  // What the windows add up to, where they overlap.
  const squares = b.expand(b.mul(window, window), b.concat([b.ints([1]), count, b.ints([fft])], { axis: 0 }));
  const weight = overlapped(b, squares, fft, stride), small = scalarLike(b, 1e-10, weight);
  const safe = b.where(b.greater(weight, small), weight, scalarLike(b, 1, weight));
  const centred = given.get("center") !== false, from = centred ? Math.floor(fft / 2) : 0;
  const to = given.has("length") ? from + given.number("length") : centred ? -from : 2 ** 31;
  const y = b.slice(b.div(sum, safe), b.ints([from]), b.ints([to]), b.ints([1]));
  return lead.length === 1
    ? y
    : lead.length === 0
    ? b.squeeze(y, b.ints([0]))
    : reshape(b, y, [...sizesOf(v, lead), -1], v);
}

/** Spectra by class name. */
export const signal: Operations = {
  FFT: spectrum(1, false),
  FFT2: spectrum(2, false),
  IFFT2: spectrum(2, true),
  RFFT: {
    args: ["x"],
    build(given) {
      const length = given.has("fft_length") ? given.number("fft_length") : undefined;
      return realSpectrum(given.b, given.float("x"), length);
    },
  },
  IRFFT: {
    args: ["x"],
    build(given) {
      const v = complex(given), size = shapeOf(v.type)[rankOf(v) - 2];
      if (!given.has("fft_length") && typeof size !== "number") throw given.refuse("fft_length");
      const length = given.has("fft_length") ? given.number("fft_length") : 2 * (Number(size) - 1);
      return fromSpectrum(given.b, v, length);
    },
  },
  STFT: { args: ["x"], build: stft },
  ISTFT: { args: ["x"], build: istft },
};
