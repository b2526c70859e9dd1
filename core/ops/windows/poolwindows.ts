/** What pooling operators share: their attributes, and walks over windows. @module */
import { item } from "../../values/item.ts";
import type { Builder } from "../../graph/builder.ts";
import type { DType } from "../../values/dtype.ts";
import type { Attributes, Value } from "../../graph/graph.ts";
import { bool, type Field, int, list } from "../../values/schema.ts";
import { asTensor } from "../../values/shape.ts";
import { tensor } from "../../values/tensor.ts";
import { type Numbers, product } from "../arrays.ts";
import { fixedSliding, type Geometry, type Sliding, slidingFields, windowOffsets } from "./window.ts";

/** Attributes that all windows share. */
export interface Pool extends Sliding {
  readonly ceil_mode: boolean;
  readonly kernel_shape: readonly number[];
}
/** Their fields. */
export const poolFields: { readonly [K in keyof Pool]: Field<Pool[K]> } = {
  ...slidingFields,
  ceil_mode: bool({ doc: "Let a last window reach past the end.", default: false }),
  kernel_shape: list({
    doc: "The window along each spatial axis.",
    of: int({ doc: "Size along one axis.", min: 1 }),
  }),
};

/** Attributes of AveragePool. */
export interface AveragePool extends Pool {
  readonly count_include_pad: boolean;
}
/** Fields of AveragePool. */
export const averageFields: { readonly [K in keyof AveragePool]: Field<AveragePool[K]> } = {
  ...poolFields,
  count_include_pad: bool({ doc: "Divide by the whole window, its padding included.", default: false }),
};
/** The first maximum of each window, and its offset in its channel's image. */
export function maxima(
  x: Numbers,
  g: Geometry,
  images: number,
): { readonly best: Float64Array; readonly at: Int32Array } {
  const size = product(g.input), count = product(g.output), offsets = windowOffsets(g, 0, count);
  const best = new Float64Array(images * count).fill(-Infinity), at = new Int32Array(images * count).fill(-1);
  for (let i = 0; i < images; i++) {
    const base = i * size, to = i * count;
    for (let e = 0; e < offsets.length; e += count) {
      for (let p = 0; p < count; p++) {
        const from = offsets[e + p] ?? -1;
        if (from < 0) continue;
        const v = x[base + from] as number, most = best[to + p] as number;
        if (v > most || (v !== v && most === most) || (at[to + p] as number) < 0) {
          best[to + p] = v;
          at[to + p] = from;
        }
      }
    }
  }
  return { best, at };
}

/** Adds f of the elements of each window. */
export function addWindows(
  x: Numbers,
  g: Geometry,
  images: number,
  out: Float64Array,
  f: (v: number) => number,
): void {
  const size = product(g.input), count = product(g.output), offsets = windowOffsets(g, 0, count);
  for (let i = 0; i < images; i++) {
    const base = i * size, to = i * count;
    for (let e = 0; e < offsets.length; e += count) {
      for (let p = 0; p < count; p++) {
        const from = offsets[e + p] ?? -1;
        if (from >= 0) out[to + p] = (out[to + p] as number) + f(x[base + from] as number);
      }
    }
  }
}
/** What each window's sum is divided by: its elements inside the image, or inside its padding. */
export function windowCounts(g: Geometry, includePad: boolean): Float64Array {
  const padded: Geometry = includePad
    ? {
      ...g,
      input: g.input.map((n, i) => n + item(g.begin, i) + item(g.end, i)),
      begin: g.begin.map(() => 0),
    }
    : g;
  const count = product(g.output), offsets = windowOffsets(padded, 0, count), out = new Float64Array(count);
  for (let i = 0; i < offsets.length; i++) {
    if ((offsets[i] ?? -1) >= 0) out[i % count] = (out[i % count] as number) + 1;
  }
  return out;
}

/** The sum of each window of `[batch, channels, ...]` in ONNX operators. `spatial` is the shape without the first two. */
export function windowSums(b: Builder, x: Value, spatial: Value, a: Pool): Value {
  const join = (...parts: Value[]) => b.concat(parts, { axis: 0 });
  const images = b.reshape(x, join(b.ints([-1, 1]), spatial));
  const sums = b.conv(
    images,
    unitKernel(b, a, asTensor(x.type).dtype),
    windowAttributes(b, spatial, a),
  );
  const outer = b.shape(x, { start: 0, end: 2 });
  return b.reshape(sums, join(outer, b.shape(sums, { start: 2 })));
}
/** A convolution kernel of ones over one channel. */
export function unitKernel(b: Builder, { kernel_shape }: Pool, dtype: DType): Value {
  const shape = [1, 1, ...kernel_shape];
  return b.constant(tensor(new Array<number>(product(shape)).fill(1), shape, dtype));
}
/** A convolution's attributes with a pool's windows. */
export function windowAttributes(b: Builder, spatial: Value, a: Pool): Attributes {
  const { strides, dilations, begin, end } = fixedSliding(b.dimsOf(spatial), a.kernel_shape, a, a.ceil_mode);
  return { strides, dilations, pads: [...begin, ...end] };
}
