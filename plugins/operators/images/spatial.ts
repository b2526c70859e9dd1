/** Images put together or cut: unpooling, columns to images, crops, deformable convolution; determinants. @module */
import { item } from "../../../core/values/item.ts";
import { InputError, ShapeError, UnsupportedError } from "../../../core/values/errors.ts";
import type { OpDef } from "../../../core/graph/op.ts";
import { product, result } from "../../../core/ops/arrays.ts";
import {
  anyType,
  defineOp,
  floats,
  indexTypes,
  inputOf,
  type NoAttributes,
  optionalAt,
  tensorAt,
  vectorLength,
} from "../../../core/ops/define.ts";
import { copyRun, emptyLike } from "../../../core/ops/kernels.ts";
import {
  along,
  geometryOf,
  optionalInts,
  type Sliding,
  windowOffsets,
} from "../../../core/ops/windows/window.ts";
import { int, list } from "../../../core/values/schema.ts";
import {
  addDims,
  asTensor,
  type Dim,
  dimsOf,
  divDims,
  freshDim,
  mulDims,
  normalAxis,
  productDims,
  subDims,
  tensorType,
} from "../../../core/values/shape.ts";
import { dtypes } from "../../../core/values/dtype.ts";
import { type Tensor, tensor, toIntegers, toNumbers } from "../../../core/values/tensor.ts";
import { boundedSize } from "../bounds.ts";

interface Unpool {
  readonly kernel_shape: readonly number[];
  readonly pads: readonly number[] | null;
  readonly strides: readonly number[] | null;
}
/** The size that pooling had, where it divided evenly. */
function unpooled(shape: readonly Dim[], a: Unpool): readonly Dim[] {
  const rank = a.kernel_shape.length, strides = along(a.strides, rank, 1, "strides");
  const pads = along(a.pads, 2 * rank, 0, "pads");
  if (shape.length !== rank + 2) {
    throw new ShapeError(`a kernel of ${rank} axes on a rank of ${shape.length}`);
  }
  return shape.map((d, i) => {
    const k = i - 2;
    if (k < 0) return d;
    const window = item(a.kernel_shape, k) - item(pads, k) - item(pads, k + rank);
    return addDims(mulDims(subDims(d, 1), item(strides, k)), window);
  });
}
/** A tensor in the corner of zeros of a larger shape. */
function embedded(
  data: Float64Array,
  from: readonly number[],
  to: readonly number[],
  size: number,
): Float64Array {
  const out = new Float64Array(size), place = new Array<number>(from.length).fill(0);
  for (let i = 0; i < data.length; i++) {
    let at = 0;
    place.forEach((p, axis) => at = at * (to[axis] ?? 1) + p);
    out[at] = data[i] ?? 0;
    for (let axis = from.length - 1; axis >= 0; axis--) {
      const next = (place[axis] ?? 0) + 1;
      place[axis] = next === from[axis] ? 0 : next;
      if (next !== from[axis]) break;
    }
  }
  return out;
}
const maxUnpool: OpDef = defineOp<Unpool>({
  name: "MaxUnpool",
  since: 22,
  summary: "Zeros with the maxima that MaxPool found where they stood",
  attributes: {
    kernel_shape: list({ doc: "the window along each spatial axis", of: int({ doc: "size", min: 1 }) }),
    pads: optionalInts("elements the pool had added around; 0 unless given"),
    strides: optionalInts("steps between windows; 1 unless given", 1),
  },
  arity: [2, 3],
  accuracy: "exact",
  infer(c) {
    const x = inputOf(c, 0, floats), shape = unpooled(dimsOf(x), c.attributes);
    return [tensorType(x.dtype, c.inputs[2] ? c.dims(2) ?? shape.map(() => freshDim()) : shape)];
  },
  vjp(b, { inputs: [x, index, shape] }, [dy]) {
    if (!x || !index || !dy) return [];
    if (shape) throw new UnsupportedError("the gradient of MaxUnpool with an output_shape");
    const flat = b.ints([-1]);
    const found = b.gather(b.reshape(dy, flat), b.reshape(index, flat), {
      axis: 0,
    });
    return [b.reshape(found, b.shape(x))];
  },
  plain(inputs, { attributes, limits }) {
    const x = tensorAt(inputs, 0), index = toIntegers(tensorAt(inputs, 1)), given = optionalAt(inputs, 2);
    const shape = unpooled(x.shape, attributes) as readonly number[],
      size = boundedSize(shape, "float64", limits);
    const out = new Float64Array(size), values = toNumbers(x);
    index.forEach((at, i) => {
      if (at < 0 || at >= size) throw new InputError(`index ${at} is outside [${shape}]`);
      out[at] = values[i] as number;
    });
    if (!given) return [result(out, shape, x.dtype)];
    const wanted = toIntegers(given), fits = wanted.length === shape.length;
    if (!fits || wanted.some((d, i) => d < (shape[i] ?? 0))) {
      throw new InputError(`[${shape}] doesn't fit into [${wanted}]`);
    }
    return [result(embedded(out, shape, wanted, boundedSize(wanted, "float64", limits)), wanted, x.dtype)];
  },
});

type Columns = Pick<Sliding, "dilations" | "pads" | "strides">;
const sliding = (a: Columns): Sliding => ({
  auto_pad: "NOTSET",
  dilations: a.dilations,
  pads: a.pads,
  strides: a.strides,
});
const col2Im: OpDef = defineOp<Columns>({
  name: "Col2Im",
  since: 18,
  summary: "Images out of their windows `[batch, channels·block, windows]`; what overlaps is added",
  attributes: {
    dilations: optionalInts("distance of the block's elements; 1 unless given", 1),
    pads: optionalInts("elements added around; 0 unless given"),
    strides: optionalInts("steps between blocks; 1 unless given", 1),
  },
  arity: [3, 3],
  accuracy: "rounding",
  infer(c) {
    const x = inputOf(c, 0), [batch = 1, rows = 1] = dimsOf(x), block = c.dims(2), image = c.dims(1);
    const rank = vectorLength(c, 1) ?? vectorLength(c, 2);
    if (rank === undefined) return [tensorType(x.dtype)];
    const channels = block ? divDims(rows, productDims(block)) : freshDim();
    return [tensorType(x.dtype, [batch, channels, ...image ?? Array.from({ length: rank }, freshDim)])];
  },
  vjp(b, { inputs: [x, , block], attributes: { dilations, pads, strides } }, [dy]) {
    const known = b.knownOf(block), kernel = known && toIntegers(known);
    if (!x || !dy) return [];
    if (!kernel) throw new UnsupportedError("the gradient of Col2Im needs a block_shape that is known");
    const { dtype } = asTensor(dy.type),
      count = product(kernel),
      units = new Array<number>(count * count).fill(0);
    for (let i = 0; i < count; i++) units[i * count + i] = 1;
    const images = b.reshape(dy, b.concat([b.ints([-1, 1]), b.shape(dy, { start: 2 })], { axis: 0 }));
    const taps = b.constant(tensor(units, [count, 1, ...kernel], dtype));
    return [
      b.reshape(b.conv(images, taps, { dilations, pads, strides }), b.shape(x)),
    ];
  },
  plain(inputs, { attributes, limits }) {
    const x = tensorAt(inputs, 0),
      image = toIntegers(tensorAt(inputs, 1)),
      kernel = toIntegers(tensorAt(inputs, 2));
    const [batch = 1, rows = 1, count = 1] = x.shape, block = product(kernel), values = toNumbers(x);
    if (dtypes[x.dtype].kind === "complex" || x.dtype === "string") {
      throw new UnsupportedError(`images of ${x.dtype}`);
    }
    if (block < 1 || rows % block !== 0) {
      throw new InputError(`${rows} rows are no channels of ${block} elements`);
    }
    const channels = rows / block, shape = [batch, channels, ...image];
    const out = new Float64Array(boundedSize(shape, "float64", limits));
    const g = geometryOf(image, kernel, sliding(attributes)), size = product(image);
    if (product(g.output) !== count) {
      throw new InputError(`${count} windows, [${g.output}] fit into the image`);
    }
    const offsets = windowOffsets(g, 0, count);
    for (let i = 0; i < batch * channels; i++) {
      for (let e = 0; e < offsets.length; e++) {
        const to = offsets[e] ?? -1;
        if (to >= 0) {
          out[i * size + to] = (out[i * size + to] as number) + (values[i * block * count + e] as number);
        }
      }
    }
    return [result(out, shape, x.dtype)];
  },
});

type Crop = { readonly axes: readonly number[] | null };
function cropAxes({ axes }: Crop, rank: number): readonly number[] {
  return axes?.map((a) => normalAxis(a, rank)) ?? Array.from({ length: rank }, (_, i) => i);
}
/** One axis cut or filled up with zeros about its middle. */
function centred(x: Tensor, axis: number, size: number): Tensor {
  const before = item(x.shape, axis), shape = x.shape.with(axis, size);
  if (before === size) return x;
  const run = product(x.shape, axis + 1) * dtypes[x.dtype].per, outer = product(x.shape, 0, axis);
  const data = emptyLike(x.dtype, product(shape));
  const skip = Math.floor(Math.max(0, before - size) / 2), lead = Math.floor(Math.max(0, size - before) / 2);
  const count = Math.min(before, size) * run;
  for (let o = 0; o < outer; o++) {
    copyRun(x.data, (o * before + skip) * run, data, (o * size + lead) * run, count);
  }
  return { dtype: x.dtype, shape, data };
}
const centerCropPad: OpDef = defineOp<Crop>({
  name: "CenterCropPad",
  since: 18,
  summary: "Axes cut, or filled up with zeros, about their middle",
  attributes: { axes: optionalInts("axes that the shape is of; all unless given") },
  arity: [2, 2],
  accuracy: "exact",
  infer(c) {
    const x = inputOf(c, 0, anyType), shape = dimsOf(x), wanted = c.dims(1);
    inputOf(c, 1, indexTypes);
    const axes = cropAxes(c.attributes, shape.length);
    return [
      tensorType(
        x.dtype,
        shape.map((d, i) => (axes.includes(i) ? wanted?.[axes.indexOf(i)] ?? freshDim() : d)),
      ),
    ];
  },
  vjp(b, { inputs: [x], attributes }, [dy]) {
    if (!x || !dy) return [];
    const whole = b.shape(x), { axes } = attributes;
    return [b.centerCropPad(dy, axes ? b.gather(whole, b.ints(axes)) : whole, attributes)];
  },
  plain(inputs, { attributes, limits }) {
    const x = tensorAt(inputs, 0), sizes = toIntegers(tensorAt(inputs, 1));
    const axes = cropAxes(attributes, x.shape.length);
    if (sizes.length !== axes.length) throw new InputError(`${sizes.length} sizes for ${axes.length} axes`);
    boundedSize(x.shape.map((d, i) => (axes.includes(i) ? sizes[axes.indexOf(i)] ?? d : d)), x.dtype, limits);
    return [axes.reduce((t, axis, i) => centred(t, axis, item(sizes, i)), x)];
  },
});

/** The determinant by elimination with pivots. `m` is overwritten. */
function determinant(m: Float64Array, n: number): number {
  let det = 1;
  for (let c = 0; c < n; c++) {
    let pivot = c;
    for (let r = c + 1; r < n; r++) {
      if (Math.abs(m[r * n + c] as number) > Math.abs(m[pivot * n + c] as number)) pivot = r;
    }
    const top = m[pivot * n + c] as number;
    if (top === 0) return 0;
    if (pivot !== c) {
      const row = m.slice(c * n, (c + 1) * n);
      m.copyWithin(c * n, pivot * n, (pivot + 1) * n);
      m.set(row, pivot * n);
      det = -det;
    }
    det *= top;
    for (let r = c + 1; r < n; r++) {
      const factor = (m[r * n + c] as number) / top;
      for (let k = c; k < n; k++) m[r * n + k] = (m[r * n + k] as number) - factor * (m[c * n + k] as number);
    }
  }
  return det;
}
const det: OpDef = defineOp<NoAttributes>({
  name: "Det",
  since: 22,
  summary: "The determinant of each square matrix",
  attributes: {},
  arity: [1, 1],
  accuracy: "rounding",
  infer(c) {
    const x = inputOf(c, 0, floats), shape = dimsOf(x), [rows, columns] = shape.slice(-2);
    if (shape.length < 2 || (typeof rows === "number" && typeof columns === "number" && rows !== columns)) {
      throw new ShapeError("square matrices expected");
    }
    return [tensorType(x.dtype, shape.slice(0, -2))];
  },
  gradient: "none",
  plain(inputs) {
    const x = tensorAt(inputs, 0),
      n = x.shape.at(-1) ?? 1,
      shape = x.shape.slice(0, -2),
      values = toNumbers(x);
    const matrix = (i: number) => Float64Array.from(values.subarray(i * n * n, (i + 1) * n * n));
    return [
      result(
        Float64Array.from({ length: product(shape) }, (_, i) => determinant(matrix(i), n)),
        shape,
        x.dtype,
      ),
    ];
  },
});

/** Operators on images' places, and determinants. */
export const spatialOps: readonly OpDef[] = [maxUnpool, col2Im, centerCropPad, det];
