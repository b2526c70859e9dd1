/** Softmax, its relatives, and the losses over them. @module */
import { item } from "../../values/item.ts";
import type { Builder } from "../../graph/builder.ts";
import { isNarrowFloat } from "../../values/dtype.ts";
import type { Value } from "../../graph/graph.ts";
import { decodeNarrow, encodeNarrow } from "../../values/narrow.ts";
import type { OldNode, OpDef } from "../../graph/op.ts";
import { choice, int, nullable } from "../../values/schema.ts";
import { asTensor, normalAxis, type Type } from "../../values/shape.ts";
import { type RuntimeValue, type Tensor, toNumbers } from "../../values/tensor.ts";
import { type Numbers, product, result } from "../arrays.ts";
import { defineOp, tensorAt } from "../define.ts";

interface Axis {
  readonly axis: number;
}
const axisField = {
  axis: int({ doc: "The axis that is normalised; negative counts from the back.", default: -1 }),
};
const inferSame = (
  { inputs, attributes }: { inputs: readonly (Type | undefined)[]; attributes: Axis },
): Type[] => {
  const type = asTensor(inputs[0]);
  if (type.shape) normalAxis(attributes.axis, type.shape.length);
  return [type];
};

/** Maps every line along an axis: `line` reads `count` elements `stride` apart from `at`, and writes them. */
function alongAxis(
  inputs: readonly (RuntimeValue | undefined)[],
  { axis }: Axis,
  line: (x: Numbers, out: Float64Array, at: number, stride: number, count: number) => void,
): [Tensor] {
  const x = tensorAt(inputs, 0), at = normalAxis(axis, x.shape.length), count = item(x.shape, at);
  const inner = product(x.shape, at + 1), outer = product(x.shape, 0, at);
  const data = toNumbers(x), out = new Float64Array(data.length);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) line(data, out, o * count * inner + i, inner, count);
  }
  return [result(out, x.shape, x.dtype)];
}
function maximum(x: Numbers, at: number, stride: number, count: number): number {
  let most = -Infinity;
  for (let k = 0, p = at; k < count; k++, p += stride) {
    const v = x[p] as number;
    if (v > most || v !== v) most = v;
  }
  return most;
}

const softmax: OpDef = defineOp<Axis>({
  name: "Softmax",
  since: 13,
  summary: "exp(x) divided by its sum along an axis.",
  attributes: axisField,
  arity: [1, 1],
  infer: inferSame,
  vjp(b, { outputs: [y], attributes: { axis } }, [dy]) {
    if (!y || !dy) return [];
    const weighted = b.mul(dy, y);
    const sum = b.reduceSum(weighted, b.ints([axis]), { keepdims: true });
    return [b.sub(weighted, b.mul(y, sum))];
  },
  plain(inputs, { attributes }) {
    const { dtype } = tensorAt(inputs, 0), narrow = isNarrowFloat(dtype);
    // Narrow floats round at each step, as the body does that ONNX gives Softmax.
    const step = (v: number) => (narrow ? decodeNarrow(dtype, encodeNarrow(dtype, v)) : v);
    return alongAxis(inputs, attributes, (x, out, at, stride, count) => {
      const most = maximum(x, at, stride, count), end = at + count * stride;
      let sum = 0;
      for (let p = at; p < end; p += stride) sum += out[p] = step(Math.exp((x[p] as number) - most));
      const whole = step(sum);
      for (let p = at; p < end; p += stride) out[p] = (out[p] as number) / whole;
    });
  },
  upgrade: flattened,
  accuracy: "rounding",
});

const logSoftmax: OpDef = defineOp<Axis>({
  name: "LogSoftmax",
  since: 13,
  summary: "The logarithm of softmax along an axis.",
  attributes: axisField,
  arity: [1, 1],
  infer: inferSame,
  vjp(b, { outputs: [y], attributes: { axis } }, [dy]) {
    if (!y || !dy) return [];
    const sum = b.reduceSum(dy, b.ints([axis]), { keepdims: true });
    return [b.sub(dy, b.mul(b.exp(y), sum))];
  },
  plain: (inputs, { attributes }) =>
    alongAxis(inputs, attributes, (x, out, at, stride, count) => {
      const most = maximum(x, at, stride, count), end = at + count * stride;
      let sum = 0;
      for (let p = at; p < end; p += stride) sum += Math.exp((x[p] as number) - most);
      const log = Math.log(sum);
      for (let p = at; p < end; p += stride) out[p] = (x[p] as number) - most - log;
    }),
  upgrade: flattened,
  accuracy: "rounding",
});

const hardmax: OpDef = defineOp<Axis>({
  name: "Hardmax",
  since: 13,
  summary: "1 at the first maximum along an axis, 0 elsewhere.",
  attributes: axisField,
  arity: [1, 1],
  infer: inferSame,
  gradient: "none",
  plain: (inputs, { attributes }) =>
    alongAxis(inputs, attributes, (x, out, at, stride, count) => {
      let best = at;
      for (let k = 1, p = at + stride; k < count; k++, p += stride) {
        const v = x[p] as number, top = x[best] as number;
        // NaN counts as the largest, as ArgMax has it.
        if (v > top || (Number.isNaN(v) && !Number.isNaN(top))) best = p;
      }
      if (count > 0) out[best] = 1;
    }),
  upgrade: flattened,
  accuracy: "exact",
});

/** Before opset 13 the axes from `axis` on were normalised together. */
function flattened(_: number, node: OldNode): OldNode {
  const axis = Number(node.attributes["axis"] ?? 1), type = node.inputs[0]?.type;
  const rank = type?.kind === "tensor" ? type.shape?.length : undefined;
  if (axis === -1 || (rank !== undefined && normalAxis(axis, rank) === rank - 1)) {
    return { ...node, attributes: { axis: -1 } };
  }
  return { ...node, op: `lapis.Flat${node.op}`, attributes: { axis } };
}
function flat(name: string): OpDef {
  return defineOp<Axis>({
    name: `Flat${name}`,
    domain: "lapis",
    since: 1,
    summary: `${name} over all axes from one on, as ONNX meant it before opset 13.`,
    attributes: { axis: int({ doc: "The first axis that is normalised.", default: 1 }) },
    arity: [1, 1],
    infer: inferSame,
    body(b, [x], { axis }) {
      if (!x) return [];
      const rows = b.one(name, [b.flatten(x, { axis })], { axis: 1 });
      return [b.reshape(rows, b.shape(x), { allowzero: true })];
    },
    accuracy: name === "Hardmax" ? "exact" : "rounding",
  });
}

interface Loss {
  readonly reduction: "none" | "sum" | "mean";
  readonly ignore_index: number | null;
}
const lossFields = {
  reduction: choice({
    doc: "none: a loss an element; mean: their weighted mean; sum.",
    of: ["none", "sum", "mean"],
    default: "mean",
  }),
  ignore_index: nullable(int({ doc: "A target that counts nothing." })),
};

const negativeLogLikelihood: OpDef = defineOp<Loss>({
  name: "NegativeLogLikelihoodLoss",
  since: 22,
  summary:
    "Minus the log probability `[batch, classes, ...]` of the target class `[batch, ...]`, weighted by class.",
  attributes: lossFields,
  arity: [2, 3],
  body(b, [logs, target, weight], attributes) {
    return logs && target ? [classLoss(b, logs, target, weight, attributes)] : [];
  },
  accuracy: "rounding",
});

const softmaxCrossEntropy: OpDef = defineOp<Loss>({
  name: "SoftmaxCrossEntropyLoss",
  since: 13,
  summary:
    "Cross entropy of the softmax of scores `[batch, classes, ...]` and target classes `[batch, ...]`.",
  attributes: lossFields,
  arity: [2, 3],
  maxOutputs: 2,
  body(b, [scores, target, weight], attributes, outputs) {
    if (!scores || !target) return [];
    const logs = b.logSoftmax(scores, { axis: 1 });
    const loss = classLoss(b, logs, target, weight, attributes);
    return outputs > 1 ? [loss, logs] : [loss];
  },
  accuracy: "rounding",
});

function classLoss(
  b: Builder,
  logs: Value,
  target: Value,
  weight: Value | undefined,
  { reduction, ignore_index }: Loss,
): Value {
  const { dtype } = asTensor(logs.type), zero = b.scalar(0, dtype), index = asTensor(target.type).dtype;
  const counts = ignore_index === null ? undefined : b.not(b.equal(target, b.scalar(ignore_index, index)));
  const classes = counts ? b.where(counts, target, b.scalar(0, index)) : target;
  const axis = b.ints([1]);
  const picked = b.gatherElements(logs, b.unsqueeze(classes, axis), { axis: 1 });
  let loss = b.neg(b.squeeze(picked, axis));
  let weights = weight && b.gather(weight, classes, { axis: 0 });
  if (weights) loss = b.mul(loss, weights);
  if (counts) {
    loss = b.where(counts, loss, zero);
    weights = weights ? b.where(counts, weights, zero) : b.cast(counts, { to: dtype });
  }
  if (reduction === "none") return loss;
  if (reduction === "mean" && !weights) return b.reduceMean(loss, { keepdims: false });
  const sum = b.reduceSum(loss, { keepdims: false });
  if (reduction === "sum" || !weights) return sum;
  return b.div(sum, b.reduceSum(weights, { keepdims: false }));
}

/** Softmax, its relatives, and the losses over them. */
export const softmaxOps: readonly OpDef[] = [
  softmax,
  logSoftmax,
  hardmax,
  flat("Softmax"),
  flat("LogSoftmax"),
  flat("Hardmax"),
  negativeLogLikelihood,
  softmaxCrossEntropy,
];
