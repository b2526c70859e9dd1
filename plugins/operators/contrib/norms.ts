/** Normalizations that onnxruntime fuses with what stands around them: residuals, embeddings, biases. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import { ShapeError } from "../../../core/values/errors.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { OpDef } from "../../../core/graph/op.ts";
import { bool, choice, float, int, nullable } from "../../../core/values/schema.ts";
import { asTensor, dimsOf, normalAxis } from "../../../core/values/shape.ts";
import { dtypeField, dtypeOfCode } from "../../../core/ops/define.ts";
import { zeros } from "../../../core/values/tensor.ts";
import { needed } from "../integer.ts";
import { contribOp, countAt, type Given, line, numberLike, ownDomain, sizeAt, typed } from "./define.ts";

const epsilon = (value: number) => float({ doc: "added to the variance", default: value, min: 0 });

interface Simplified {
  readonly axis: number;
  readonly epsilon: number;
  readonly stash_type: number;
}
/** x over the root of its mean square along the last axes, and that root's inverse. */
function rms(b: Builder, x: Value, first: number, eps: number): readonly [Value, Value] {
  const rank = dimsOf(x.type).length, from = normalAxis(first, rank);
  const axes = b.ints(Array.from({ length: rank - from }, (_, i) => from + i));
  const square = b.reduceMean(b.mul(x, x), axes, { keepdims: true });
  const root = b.sqrt(b.add(square, numberLike(b, x, eps)));
  const inverse = b.reciprocal(root);
  return [b.mul(x, inverse), inverse];
}
const simplified = contribOp<Simplified>({
  name: "SimplifiedLayerNormalization",
  summary: "X over the root of its mean square along the last axes, times a scale",
  attributes: {
    axis: int({ doc: "first of the axes that are normalised together", default: -1 }),
    epsilon: epsilon(1e-5),
    stash_type: { ...dtypeField("element type of the statistics"), required: false, default: 1 },
  },
  arity: [2, 2],
  maxOutputs: 2,
  body(b, v, { axis, epsilon, stash_type }) {
    const x = needed(v, 0), scale = needed(v, 1), { dtype } = asTensor(x.type);
    const wide = dtype === "float64" ? dtype : dtypeOfCode(stash_type), to = asTensor(scale.type).dtype;
    const [y, inverse] = rms(b, typed(b, x, wide), axis, epsilon);
    return [b.mul(typed(b, y, to), scale), inverse];
  },
});

/** Input, residual and bias added up. */
function added(b: Builder, v: Given, bias: number): Value {
  const sum = b.add(needed(v, 0), needed(v, 1)), more = v[bias];
  return more ? b.add(sum, more) : sum;
}
const skip = contribOp<{ readonly epsilon: number }>({
  name: "SkipLayerNormalization",
  summary: "Layer normalization of a sum of input, residual and bias; the sum is the fourth output",
  attributes: { epsilon: epsilon(1e-12) },
  arity: [3, 5],
  maxOutputs: 4,
  body(b, v, { epsilon }) {
    const sum = added(b, v, 4),
      [y, mean, inverse] = b.layerNormalization(sum, needed(v, 2), v[3], { epsilon });
    return [needed([y], 0), needed([mean], 0), needed([inverse], 0), sum];
  },
});
const skipSimplified = contribOp<{ readonly epsilon: number }>({
  name: "SkipSimplifiedLayerNormalization",
  summary: "The same over the root of the mean square alone",
  attributes: { epsilon: epsilon(1e-12) },
  arity: [3, 4],
  maxOutputs: 4,
  body(b, v, { epsilon }) {
    const sum = added(b, v, 3), { dtype } = asTensor(sum.type);
    const wide = dtype === "float64" ? dtype : "float32",
      [y, inverse] = rms(b, typed(b, sum, wide), -1, epsilon);
    const mean = b.reduceMean(typed(b, sum, wide), b.ints([-1]), { keepdims: true });
    return [b.mul(typed(b, y, dtype), needed(v, 2)), mean, inverse, sum];
  },
});

const embed = contribOp<{ readonly epsilon: number; readonly mask_index_type: number | null }>({
  name: "EmbedLayerNormalization",
  summary:
    "Layer normalization of the sum of word, position and segment embeddings; and how long each row is",
  attributes: {
    epsilon: epsilon(1e-12),
    mask_index_type: nullable(int({ doc: "whether the mask's index is wanted; changes no result" })),
  },
  arity: [7, 9],
  maxOutputs: 3,
  dtypes: ({ inputs }) => {
    const { dtype } = asTensor(inputs[2]);
    return [dtype, "int32" as const, dtype].map((d) => ({ kind: "tensor" as const, dtype: d }));
  },
  body(b, v, { epsilon }) {
    const ids = needed(v, 0),
      rows = (table: number, at: Value) => b.gather(needed(v, table), at, { axis: 0 });
    const places = v[8] ?? b.unsqueeze(line(b, countAt(b, ids, 1)), b.ints([0]));
    const words = b.add(rows(2, ids), rows(3, places));
    const sum = v[1] && v[4] ? b.add(words, rows(4, v[1])) : words;
    const y = b.layerNormalization(sum, needed(v, 5), v[6], { epsilon })[0];
    const mask = v[7];
    const lengths = mask
      ? b.reduceSum(b.cast(b.equal(mask, numberLike(b, mask, 1)), { to: "int32" }), b.ints([1]), {
        keepdims: false,
      })
      : b.constantOfShape(sizeAt(b, ids, 0), { value: zeros([1], "int32") });
    return [y, lengths, sum];
  },
});

interface Grouped {
  readonly activation: number;
  readonly channels_last: boolean;
  readonly epsilon: number;
  readonly groups: number;
}
const groupFields = {
  activation: int({ doc: "0 for none, 1 for SiLU behind it", min: 0, max: 1 }),
  channels_last: bool({ doc: "channels are the last axis", default: true }),
  epsilon: epsilon(1e-5),
  groups: int({ doc: "groups of channels", min: 1 }),
};
/** Group normalization of a picture whose channels may be last. */
function grouped(b: Builder, x: Value, scale: Value, bias: Value, a: Grouped): Value {
  const rank = dimsOf(x.type).length, { dtype } = asTensor(x.type);
  if (rank < 3) throw new ShapeError(`a picture with channels expected, got rank ${rank}`);
  const inner = Array.from({ length: rank - 2 }, (_, i) => i + 1);
  const first = a.channels_last ? b.transpose(x, { perm: [0, rank - 1, ...inner] }) : x;
  const { epsilon, groups: num_groups } = a, own = (p: Value) => typed(b, p, dtype);
  const y = b.groupNormalization(first, own(scale), own(bias), { epsilon, num_groups });
  const shown = a.activation === 1 ? b.swish(y) : y;
  return a.channels_last ? b.transpose(shown, { perm: [0, ...inner.map((i) => i + 1), 1] }) : shown;
}
const group = contribOp<Grouped>({
  name: "GroupNorm",
  summary: "Group normalization of a picture whose channels are last, and SiLU behind it",
  attributes: groupFields,
  arity: [3, 3],
  body: (b, v, a) => [grouped(b, needed(v, 0), needed(v, 1), needed(v, 2), a)],
});
const skipGroup = contribOp<Grouped>({
  name: "SkipGroupNorm",
  summary: "The same of a sum of picture, residual and bias; the sum is the second output",
  attributes: groupFields,
  arity: [4, 5],
  maxOutputs: 2,
  body(b, v, a) {
    const x = needed(v, 0), residual = needed(v, 3), bias = v[4], rank = dimsOf(x.type).length;
    // [batch, channels] or [batch, 1, 1, channels] beside a picture.
    const wide = dimsOf(residual.type).length === 2 && rank === 4
      ? b.unsqueeze(residual, b.ints(a.channels_last ? [1, 2] : [2, 3]))
      : residual;
    const both = b.add(x, wide);
    const upright = bias && !a.channels_last ? b.unsqueeze(bias, b.ints(rank === 4 ? [1, 2] : [1])) : bias;
    const sum = upright ? b.add(both, upright) : both;
    return [grouped(b, sum, needed(v, 1), needed(v, 2), a), sum];
  },
});

const gatedRms = contribOp<{ readonly activation: "silu" | "swish" | "sigmoid"; readonly epsilon: number }>({
  name: "GatedRMSNorm",
  summary: "X over the root of its mean square, times a scale and a gate's activation",
  attributes: {
    activation: choice({ doc: "of the gate", of: ["silu", "swish", "sigmoid"], default: "silu" }),
    epsilon: epsilon(1e-5),
  },
  arity: [3, 3],
  body(b, v, { activation, epsilon }) {
    const x = needed(v, 0), { dtype } = asTensor(x.type), [size] = dimsOf(needed(v, 1).type);
    if (typeof size !== "number") throw new ShapeError("a scale of known size expected");
    const shape = b.shape(x),
      apart = b.concat([b.shape(x, { end: -1 }), b.ints([-1, size])], { axis: 0 });
    const wide = (p: Value) => typed(b, p, "float32");
    const [y] = rms(b, b.reshape(wide(x), apart), -1, epsilon);
    const scaled = b.reshape(b.mul(y, wide(needed(v, 1))), shape);
    const gate = b.one(activation === "sigmoid" ? "Sigmoid" : "Swish", [wide(needed(v, 2))]);
    return [typed(b, b.mul(scaled, gate), dtype)];
  },
});

/** Normalizations. */
export const contribNorms: readonly OpDef[] = [
  simplified,
  ownDomain(simplified),
  skip,
  skipSimplified,
  embed,
  group,
  skipGroup,
  gatedRms,
];
