/** BatchNormalization. @module */
import { item } from "../../values/item.ts";
import type { Builder } from "../../graph/builder.ts";
import type { Value } from "../../graph/graph.ts";
import type { OpDef } from "../../graph/op.ts";
import { bool, float } from "../../values/schema.ts";
import { asTensor, dimsOf } from "../../values/shape.ts";
import { type Tensor, toNumbers } from "../../values/tensor.ts";
import { product, result } from "../arrays.ts";
import { defineOp, tensorAt } from "../define.ts";

interface Batch {
  readonly epsilon: number;
  readonly momentum: number;
  readonly training_mode: boolean;
}

/** BatchNormalization. */
export const batchNormalization: OpDef = defineOp<Batch>({
  name: "BatchNormalization",
  since: 15,
  summary:
    "Scale and bias over what is normalised by running statistics, or in training by the batch's own (Ioffe and Szegedy 2015).",
  attributes: {
    epsilon: float({ doc: "Added to the variance.", default: 1e-5, min: 0 }),
    momentum: float({ doc: "What running statistics keep of themselves.", default: 0.9 }),
    training_mode: bool({ doc: "Normalise by the batch, and give new running statistics.", default: false }),
  },
  arity: [5, 5],
  maxOutputs: 3,
  infer: ({ inputs, attributes, outputs }) => {
    const x = asTensor(inputs[0]), mean = asTensor(inputs[3]), variance = asTensor(inputs[4]);
    return attributes.training_mode ? [x, mean, variance].slice(0, outputs) : [x];
  },
  body(b, [x, scale, bias, mean, variance], { epsilon, momentum, training_mode }, outputs) {
    if (!x || !scale || !bias || !mean || !variance) return [];
    const rank = dimsOf(x.type).length, { dtype } = asTensor(x.type), kept = asTensor(mean.type).dtype;
    const typed = (v: Value, to = dtype) => (asTensor(v.type).dtype === to ? v : b.cast(v, { to }));
    const column = b.ints([-1, ...new Array<number>(Math.max(0, rank - 2)).fill(1)]);
    const wide = (v: Value) => (rank > 2 ? b.reshape(typed(v), column) : typed(v));
    const applied = (d: Value, spread: Value) => {
      const root = b.sqrt(b.add(spread, b.scalar(epsilon, asTensor(spread.type).dtype)));
      const factor = wide(b.div(typed(scale, asTensor(spread.type).dtype), root));
      return b.add(b.mul(d, factor), wide(bias));
    };
    if (!training_mode) return [applied(b.sub(x, wide(mean)), variance)];
    const axes = b.ints(Array.from({ length: rank }, (_, i) => i).filter((i) => i !== 1));
    const average = (v: Value, keepdims: boolean) => b.reduceMean(v, axes, { keepdims });
    const d = b.sub(x, average(x, true));
    const spread = average(b.mul(d, d), false);
    const y = applied(d, spread);
    if (outputs < 2) return [y];
    return [
      y,
      blended(b, mean, typed(average(x, false), kept), momentum),
      blended(b, variance, typed(spread, kept), momentum),
    ].slice(0, outputs);
  },
  plain(inputs, { attributes: { epsilon, momentum, training_mode }, outputs }) {
    const x = tensorAt(inputs, 0),
      [scale, bias, mean, variance] = [1, 2, 3, 4].map((i) => toNumbers(tensorAt(inputs, i)));
    const channels = item(x.shape, 1), own = training_mode ? batchStatistics(x, channels) : undefined;
    const centre = own?.mean ?? mean, spread = own?.variance ?? variance;
    const data = toNumbers(x), out = new Float64Array(data.length), size = product(x.shape, 2);
    for (let i = 0; i * size < data.length; i++) {
      const c = i % channels, m = centre?.[c] ?? 0, shift = bias?.[c] ?? 0;
      const factor = (scale?.[c] ?? 1) / Math.sqrt((spread?.[c] ?? 1) + epsilon);
      for (let at = i * size; at < (i + 1) * size; at++) {
        out[at] = ((data[at] as number) - m) * factor + shift;
      }
    }
    const y = result(out, x.shape, x.dtype);
    if (!own) return [y];
    const running = (index: number, batch: Float64Array) => {
      const t = tensorAt(inputs, index), before = toNumbers(t);
      return result(
        batch.map((v, c) => momentum * (before[c] as number) + (1 - momentum) * v),
        t.shape,
        t.dtype,
      );
    };
    return [y, running(3, own.mean), running(4, own.variance)].slice(0, outputs);
  },
  accuracy: "rounding",
});

function blended(b: Builder, before: Value, now: Value, momentum: number): Value {
  const { dtype } = asTensor(before.type);
  return b.add(b.mul(before, b.scalar(momentum, dtype)), b.mul(now, b.scalar(1 - momentum, dtype)));
}
/** Mean and (population) variance of each channel over the batch. */
function batchStatistics(
  x: Tensor,
  channels: number,
): { readonly mean: Float64Array; readonly variance: Float64Array } {
  const data = toNumbers(x), size = product(x.shape, 2), count = data.length / channels;
  const mean = new Float64Array(channels), variance = new Float64Array(channels);
  for (let i = 0; i < data.length; i++) {
    const c = Math.floor(i / size) % channels;
    mean[c] = (mean[c] as number) + (data[i] as number) / count;
  }
  for (let i = 0; i < data.length; i++) {
    const c = Math.floor(i / size) % channels;
    variance[c] = (variance[c] as number) + ((data[i] as number) - (mean[c] as number)) ** 2 / count;
  }
  return { mean, variance };
}
