/** Normalization without learnt weights: over neighbouring channels, by a norm, by mean and variance. @module */
import type { OpDef } from "../../graph/op.ts";
import { float, int, list } from "../../values/schema.ts";
import { asTensor, dimsOf } from "../../values/shape.ts";
import { toNumbers } from "../../values/tensor.ts";
import { product, result } from "../arrays.ts";
import { defineOp, tensorAt } from "../define.ts";

interface Local {
  readonly alpha: number;
  readonly beta: number;
  readonly bias: number;
  readonly size: number;
}
const lrn: OpDef = defineOp<Local>({
  name: "LRN",
  since: 13,
  summary: "x / (bias + alpha/size·Σx²)^beta, summed over neighbouring channels (Krizhevsky et al. 2012).",
  attributes: {
    alpha: float({ doc: "Factor of the mean square.", default: 1e-4 }),
    beta: float({ doc: "The exponent.", default: 0.75 }),
    bias: float({ doc: "Added to the mean square.", default: 1 }),
    size: int({ doc: "Channels that are summed over.", min: 1 }),
  },
  arity: [1, 1],
  infer: ({ inputs }) => [asTensor(inputs[0])],
  body(b, [x], { alpha, beta, bias, size }) {
    if (!x) return [];
    const { dtype } = asTensor(x.type), shape = b.shape(x);
    const at = (start: number) => b.shape(x, { start, end: start + 1 });
    const flat = b.concat([at(0), b.ints([1]), at(1), b.ints([-1])], { axis: 0 });
    const squares = b.reshape(b.mul(x, x), flat);
    const [, channels] = dimsOf(x.type), half = Math.floor((size - 1) / 2);
    // No further than there are channels: the mean of so many is weighted by them.
    const most = typeof channels === "number" ? Math.max(0, channels - 1) : Infinity;
    const before = Math.min(half, most), after = Math.min(size - 1 - half, most), width = before + 1 + after;
    const mean = b.averagePool(squares, {
      kernel_shape: [width, 1],
      pads: [before, 0, after, 0],
      count_include_pad: true,
    });
    const factor = b.scalar(alpha * width / size, dtype);
    const scaled = b.mul(b.reshape(mean, shape, { allowzero: true }), factor);
    const base = b.add(scaled, b.scalar(bias, dtype));
    return [b.div(x, b.pow(base, b.scalar(beta, dtype)))];
  },
  plain(inputs, { attributes: { alpha, beta, bias, size } }) {
    const x = tensorAt(inputs, 0), [batch = 1, channels = 1] = x.shape, count = product(x.shape, 2);
    const data = toNumbers(x), out = new Float64Array(data.length);
    const before = Math.floor((size - 1) / 2), after = size - 1 - before;
    for (let n = 0; n < batch; n++) {
      for (let c = 0; c < channels; c++) {
        const from = Math.max(0, c - before), to = Math.min(channels - 1, c + after);
        for (let i = 0; i < count; i++) {
          let sum = 0;
          for (let k = from; k <= to; k++) sum += (data[(n * channels + k) * count + i] as number) ** 2;
          const at = (n * channels + c) * count + i;
          out[at] = (data[at] as number) / (bias + alpha / size * sum) ** beta;
        }
      }
    }
    return [result(out, x.shape, x.dtype)];
  },
  accuracy: "rounding",
});

const lpNormalization: OpDef = defineOp<{ readonly axis: number; readonly p: number }>({
  name: "LpNormalization",
  since: 22,
  summary: "x divided by its 1- or 2-norm along an axis; zeros stay zeros.",
  attributes: {
    axis: int({ doc: "The axis that norms are taken along.", default: -1 }),
    p: int({ doc: "Which norm: 1 or 2.", default: 2, min: 1, max: 2 }),
  },
  arity: [1, 1],
  infer: ({ inputs }) => [asTensor(inputs[0])],
  body(b, [x], { axis, p }) {
    if (!x) return [];
    const { dtype } = asTensor(x.type);
    const norm = b.one(p === 1 ? "ReduceL1" : "ReduceL2", [x, b.ints([axis])], { keepdims: true });
    const empty = b.equal(norm, b.scalar(0, dtype));
    return [b.div(x, b.where(empty, b.scalar(1, dtype), norm))];
  },
  accuracy: "rounding",
});

const meanVarianceNormalization: OpDef = defineOp<{ readonly axes: readonly number[] }>({
  name: "MeanVarianceNormalization",
  since: 13,
  summary: "Mean 0 and variance 1 over axes.",
  attributes: {
    axes: list({
      doc: "The axes that statistics are taken over.",
      of: int({ doc: "An axis." }),
      default: [0, 2, 3],
    }),
  },
  arity: [1, 1],
  infer: ({ inputs }) => [asTensor(inputs[0])],
  upgrade(from, node) {
    if (from >= 9) return node;
    const { across_channels, normalize_variance, ...rest } = node.attributes,
      b = node.builder,
      [x] = node.inputs;
    const axes = across_channels ? [0, 1, 2, 3] : [0, 2, 3];
    if (normalize_variance !== 0 || !x) return { ...node, attributes: { ...rest, axes } };
    return {
      ...node,
      op: "Sub",
      inputs: [x, b.reduceMean(x, b.ints(axes), { keepdims: true })],
      attributes: rest,
    };
  },
  body(b, [x], { axes }) {
    if (!x) return [];
    const over = b.ints(axes), keep = { keepdims: true };
    const d = b.sub(x, b.reduceMean(x, over, keep));
    const deviation = b.sqrt(b.reduceMean(b.mul(d, d), over, keep));
    return [b.div(d, b.add(deviation, b.scalar(1e-9, asTensor(x.type).dtype)))];
  },
  accuracy: "rounding",
});

/** Normalization without learnt weights. */
export const localOps: readonly OpDef[] = [lrn, lpNormalization, meanVarianceNormalization];
