/** Normalization by mean and variance: over a layer, a group, an instance, or without the mean. @module */
import { item } from "../../values/item.ts";
import type { Builder } from "../../graph/builder.ts";
import type { DType } from "../../values/dtype.ts";
import { ShapeError } from "../../values/errors.ts";
import type { Value } from "../../graph/graph.ts";
import type { OpDef } from "../../graph/op.ts";
import { float, int } from "../../values/schema.ts";
import {
  asTensor,
  type Dim,
  dimsOf,
  dimText,
  normalAxis,
  shapeText,
  tensorType,
} from "../../values/shape.ts";
import { type Tensor, toNumbers } from "../../values/tensor.ts";
import { type Numbers, product, result } from "../arrays.ts";
import { batchNormalization } from "./batchnorm.ts";
import { defineOp, dtypeField, dtypeOfCode, optionalAt, tensorAt } from "../define.ts";

const epsilon = (value: number) => float({ doc: "Added to the variance.", default: value, min: 0 });

/** x as mean 0 and variance 1 over axes; `centred: false` leaves the mean in. */
function normalized(
  b: Builder,
  x: Value,
  axes: readonly number[],
  eps: number,
  centred = true,
): { readonly y: Value; readonly mean: Value | undefined; readonly inverse: Value } {
  const over = b.ints(axes), keep = { keepdims: true };
  const mean = centred ? b.reduceMean(x, over, keep) : undefined;
  const d = mean ? b.sub(x, mean) : x;
  const variance = b.reduceMean(b.mul(d, d), over, keep);
  const inverse = b.reciprocal(b.sqrt(b.add(variance, b.scalar(eps, asTensor(x.type).dtype))));
  return { y: b.mul(d, inverse), mean, inverse };
}
/** Means and 1/√(variance + epsilon) of consecutive rows. */
function statistics(
  x: Numbers,
  size: number,
  eps: number,
  centred = true,
): { readonly mean: Float64Array; readonly inverse: Float64Array } {
  const rows = size === 0 ? 0 : x.length / size,
    mean = new Float64Array(rows),
    inverse = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    let sum = 0, squares = 0;
    if (centred) { for (let i = r * size; i < (r + 1) * size; i++) sum += x[i] as number; }
    const m = sum / size;
    for (let i = r * size; i < (r + 1) * size; i++) squares += ((x[i] as number) - m) ** 2;
    mean[r] = m;
    inverse[r] = 1 / Math.sqrt(squares / size + eps);
  }
  return { mean, inverse };
}
function withType(b: Builder, x: Value, dtype: DType): Value {
  return asTensor(x.type).dtype === dtype ? x : b.cast(x, { to: dtype });
}

interface Layered {
  readonly axis: number;
  readonly epsilon: number;
  readonly stash_type: number;
}
const layerFields = {
  axis: int({ doc: "First of the axes that are normalised together.", default: -1 }),
  epsilon: epsilon(1e-5),
  stash_type: { ...dtypeField("Element type of the statistics."), required: false, default: 1 },
};
/** The type that statistics are taken in: that of `stash_type`, but never narrower than x. */
function statisticsType(x: DType, { stash_type }: { readonly stash_type: number }): DType {
  return x === "float64" ? x : dtypeOfCode(stash_type);
}
const lastAxes = (axis: number, rank: number) => {
  const first = normalAxis(axis, rank);
  return Array.from({ length: rank - first }, (_, i) => first + i);
};

const layerNormalization: OpDef = defineOp<Layered>({
  name: "LayerNormalization",
  since: 17,
  summary: "Mean 0 and variance 1 over the last axes, then scale and bias (Ba et al. 2016).",
  attributes: layerFields,
  arity: [2, 3],
  maxOutputs: 3,
  infer({ inputs: [type], attributes, outputs }) {
    const x = asTensor(type), shape = dimsOf(x), first = normalAxis(attributes.axis, shape.length);
    const kept = tensorType(statisticsType(x.dtype, attributes), shape.map((d, i) => (i < first ? d : 1)));
    return [x, kept, kept].slice(0, outputs);
  },
  dtypes({ inputs, attributes }) {
    const { dtype } = asTensor(inputs[0]), stash = tensorType(statisticsType(dtype, attributes));
    return [tensorType(dtype), stash, stash];
  },
  body(b, [x, scale, bias], attributes, outputs) {
    if (!x || !scale) return [];
    const { dtype } = asTensor(x.type), stash = statisticsType(dtype, attributes);
    const axes = lastAxes(attributes.axis, dimsOf(x.type).length);
    const { y, mean, inverse } = normalized(b, withType(b, x, stash), axes, attributes.epsilon);
    const scaled = b.mul(withType(b, y, dtype), scale);
    return [bias ? b.add(scaled, bias) : scaled, ...(mean ? [mean, inverse] : [])].slice(0, outputs);
  },
  plain(inputs, { attributes, outputs }) {
    const x = tensorAt(inputs, 0), first = normalAxis(attributes.axis, x.shape.length);
    const size = product(x.shape, first), stats = statistics(toNumbers(x), size, attributes.epsilon);
    const y = scaledRows(x, size, stats, tensorAt(inputs, 1), optionalAt(inputs, 2), first);
    const shape = x.shape.map((d, i) => (i < first ? d : 1)), stash = statisticsType(x.dtype, attributes);
    return [y, result(stats.mean, shape, stash), result(stats.inverse, shape, stash)].slice(0, outputs);
  },
  accuracy: "rounding",
});

const rmsNormalization: OpDef = defineOp<Layered>({
  name: "RMSNormalization",
  since: 23,
  summary:
    "Divided by the root of the mean square over the last axes, then scaled (Zhang and Sennrich 2019).",
  attributes: layerFields,
  arity: [2, 2],
  infer({ inputs, attributes }) {
    const x = asTensor(inputs[0]);
    if (x.shape) normalAxis(attributes.axis, x.shape.length);
    return [tensorType(asTensor(inputs[1]).dtype, x.shape)];
  },
  body(b, [x, scale], attributes) {
    if (!x || !scale) return [];
    const stash = statisticsType(asTensor(x.type).dtype, attributes);
    const axes = lastAxes(attributes.axis, dimsOf(x.type).length);
    const { y } = normalized(b, withType(b, x, stash), axes, attributes.epsilon, false);
    return [b.mul(withType(b, y, asTensor(scale.type).dtype), scale)];
  },
  plain(inputs, { attributes }) {
    const x = tensorAt(inputs, 0),
      scale = tensorAt(inputs, 1),
      first = normalAxis(attributes.axis, x.shape.length);
    const size = product(x.shape, first), stats = statistics(toNumbers(x), size, attributes.epsilon, false);
    return [scaledRows(x, size, stats, scale, undefined, first, scale.dtype)];
  },
  accuracy: "rounding",
});

/** (x − mean)·inverse·scale + bias by rows; scale and bias broadcast to the whole shape. */
function scaledRows(
  x: Tensor,
  size: number,
  { mean, inverse }: { readonly mean: Float64Array; readonly inverse: Float64Array },
  scale: Tensor,
  bias: Tensor | undefined,
  first: number,
  dtype: DType = x.dtype,
): Tensor {
  const data = toNumbers(x), out = new Float64Array(data.length);
  const factors = spread(scale, x.shape, first), shifts = bias && spread(bias, x.shape, first);
  for (let r = 0; r < mean.length; r++) {
    const m = mean[r] as number, k = inverse[r] as number;
    for (let i = 0, at = r * size; i < size; i++, at++) {
      const f = factors.length === size ? i : at;
      const v = ((data[at] ?? 0) - m) * k * (factors[f] as number);
      out[at] = shifts ? v + (shifts[shifts.length === size ? i : at] as number) : v;
    }
  }
  return result(out, x.shape, dtype);
}
/** A scale's elements for one row where it has no more axes than the row, else for the whole shape. */
function spread(scale: Tensor, shape: readonly number[], first: number): Numbers {
  const data = toNumbers(scale), row = shape.slice(first);
  const own = [...new Array<number>(shape.length).fill(1), ...scale.shape].slice(-shape.length);
  const target = own.slice(0, first).every((d) => d === 1) ? row : shape;
  const small = own.slice(shape.length - target.length);
  if (small.every((d, i) => d === target[i])) return data;
  const out = new Float64Array(product(target));
  for (let i = 0; i < out.length; i++) {
    let rest = i, at = 0, step = 1;
    for (let axis = target.length - 1; axis >= 0; axis--) {
      const size = target[axis] ?? 1, d = small[axis] ?? 1;
      if (d !== 1) at += rest % size * step;
      step *= d;
      rest = Math.floor(rest / size);
    }
    out[i] = data[at] ?? 0;
  }
  return out;
}

/** scale·y + bias, with one of each a channel (axis 1). */
function perChannel(b: Builder, y: Value, scale: Value, bias: Value): Value {
  const column = b.ints([-1, ...dimsOf(y.type).slice(2).map(() => 1)]);
  const wide = (v: Value) => (dimsOf(y.type).length > 2 ? b.reshape(v, column) : v);
  return b.add(b.mul(y, wide(scale)), wide(bias));
}
/** Rows `[batch, channels, ...]` in groups of channels, normalised, then one scale and bias a channel. */
function grouped(x: Tensor, groups: number, eps: number, scale: Tensor, bias: Tensor): Tensor {
  const [batch = 1, channels = 1] = x.shape, size = product(x.shape, 2), data = toNumbers(x);
  const row = channels / groups * size, { mean, inverse } = statistics(data, row, eps);
  const factors = toNumbers(scale), shifts = toNumbers(bias), out = new Float64Array(data.length);
  for (let i = 0; i < batch * channels; i++) {
    const r = Math.floor(i * size / row), c = i % channels;
    const m = mean[r] as number,
      k = (inverse[r] as number) * (factors[c] as number),
      shift = shifts[c] as number;
    for (let at = i * size; at < (i + 1) * size; at++) out[at] = ((data[at] ?? 0) - m) * k + shift;
  }
  return result(out, x.shape, x.dtype);
}

const instanceNormalization: OpDef = defineOp<{ readonly epsilon: number }>({
  name: "InstanceNormalization",
  since: 22,
  summary: "Mean 0 and variance 1 over each channel's image, then scale and bias (Ulyanov et al. 2016).",
  attributes: { epsilon: epsilon(1e-5) },
  arity: [3, 3],
  infer: ({ inputs }) => [asTensor(inputs[0])],
  body(b, [x, scale, bias], { epsilon }) {
    if (!x || !scale || !bias) return [];
    const axes = dimsOf(x.type).map((_, i) => i).slice(2);
    return [perChannel(b, normalized(b, x, axes, epsilon).y, scale, bias)];
  },
  plain(inputs, { attributes: { epsilon } }) {
    const x = tensorAt(inputs, 0);
    return [grouped(x, item(x.shape, 1), epsilon, tensorAt(inputs, 1), tensorAt(inputs, 2))];
  },
  upgrade(_, node) {
    const { consumed_inputs: _consumed, ...attributes } = node.attributes;
    return { ...node, attributes };
  },
  accuracy: "rounding",
});

interface Grouped {
  readonly epsilon: number;
  readonly num_groups: number;
  readonly stash_type: number;
}
function checkGroups(shape: readonly Dim[], groups: number): void {
  const channels = shape[1];
  if (shape.length < 2 || (typeof channels === "number" && channels % groups !== 0)) {
    throw new ShapeError(
      `expected channels on axis 1 in ${groups} groups, got ${shapeText(shape)}, ${
        dimText(channels ?? 0)
      } channels`,
    );
  }
}
const groupNormalization: OpDef = defineOp<Grouped>({
  name: "GroupNormalization",
  since: 21,
  summary:
    "Mean 0 and variance 1 over groups of channels, then one scale and bias a channel (Wu and He 2018).",
  attributes: {
    epsilon: epsilon(1e-5),
    num_groups: int({ doc: "Groups that channels are divided into.", min: 1 }),
    stash_type: layerFields.stash_type,
  },
  arity: [3, 3],
  infer({ inputs, attributes }) {
    checkGroups(dimsOf(inputs[0]), attributes.num_groups);
    return [asTensor(inputs[0])];
  },
  body(b, [x, scale, bias], attributes) {
    if (!x || !scale || !bias) return [];
    const { dtype } = asTensor(x.type), stash = statisticsType(dtype, attributes);
    const rows = b.reshape(withType(b, x, stash), b.ints([0, attributes.num_groups, -1]));
    const { y } = normalized(b, rows, [2], attributes.epsilon);
    const whole = b.reshape(withType(b, y, dtype), b.shape(x), { allowzero: true });
    return [perChannel(b, whole, scale, bias)];
  },
  plain(inputs, { attributes: { num_groups, epsilon } }) {
    const x = tensorAt(inputs, 0);
    checkGroups(x.shape, num_groups);
    return [grouped(x, num_groups, epsilon, tensorAt(inputs, 1), tensorAt(inputs, 2))];
  },
  upgrade(_, node) {
    // Before opset 21 there was a scale and a bias a group.
    const { builder: b, inputs: [x, scale, bias] } = node, groups = Number(node.attributes["num_groups"]);
    if (!x) return node;
    const each = b.div(b.shape(x, { start: 1, end: 2 }), b.ints([groups]));
    const shape = b.concat([b.ints([groups]), each], { axis: 0 });
    const repeated = (v: Value | undefined) =>
      v && b.reshape(b.expand(b.unsqueeze(v, b.ints([1])), shape), b.ints([-1]));
    return { ...node, inputs: [x, repeated(scale), repeated(bias)] };
  },
  accuracy: "rounding",
});

/** Normalization. */
export const normalizeOps: readonly OpDef[] = [
  batchNormalization,
  layerNormalization,
  rmsNormalization,
  instanceNormalization,
  groupNormalization,
];
