/** Mixtures of experts of onnxruntime: every expert is computed, those that aren't chosen weigh nothing. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import { ShapeError, UnsupportedError } from "../../../core/values/errors.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { OpDef } from "../../../core/graph/op.ts";
import { bool, choice, float, int, type Schema } from "../../../core/values/schema.ts";
import { asTensor, dimsOf } from "../../../core/values/shape.ts";
import { tensor } from "../../../core/values/tensor.ts";
import { unpacked } from "../fewbits.ts";
import { needed } from "../integer.ts";
import { contribOp, type Given, maybeFloat, maybeInt, numberLike, typed } from "./define.ts";

const activations = ["relu", "relu2", "gelu", "silu", "identity", "swiglu", "geglu"] as const;
interface Experts {
  readonly activation_alpha: number;
  readonly activation_beta: number;
  readonly activation_type: (typeof activations)[number];
  readonly k: number;
  readonly normalize_routing_weights: boolean;
  readonly swiglu_fusion: number;
  readonly swiglu_limit: number | null;
  readonly swiglu_limit_after_activation: boolean;
  readonly use_sparse_mixer: boolean;
}
const fields: Schema<Experts> = {
  activation_alpha: float({ doc: "factor inside SwiGLU's sigmoid", default: 1 }),
  activation_beta: float({ doc: "added to SwiGLU's linear half", default: 0 }),
  activation_type: choice({
    doc: "activation between an expert's two layers",
    of: activations,
    default: "relu",
  }),
  k: int({ doc: "experts that a token is given to", default: 1, min: 1 }),
  normalize_routing_weights: bool({ doc: "weights of the chosen experts sum to one", default: false }),
  swiglu_fusion: int({
    doc: "gate and linear half: 0 apart, 1 interleaved, 2 behind one another",
    default: 0,
    min: 0,
    max: 2,
  }),
  swiglu_limit: maybeFloat("bound of both halves"),
  swiglu_limit_after_activation: bool({
    doc: "the gate is bounded behind its activation, on GPUs",
    default: false,
  }),
  use_sparse_mixer: bool({ doc: "another choice of experts, on GPUs", default: false }),
};
/** A layer of every expert: weights `[experts, out, in]` and a bias `[experts, out]`. */
interface Layer {
  readonly weights: Value;
  readonly bias: Value | undefined;
}
/** x `[1 or experts, tokens, in]` through a layer: `[experts, tokens, out]`. */
function through(b: Builder, x: Value, { weights, bias }: Layer): Value {
  const y = b.matMul(x, b.transpose(weights, { perm: [0, 2, 1] }));
  return bias ? b.add(y, b.unsqueeze(bias, b.ints([1]))) : y;
}
function halves(b: Builder, x: Value, fusion: number): readonly Value[] {
  if (fusion === 2) return b.split(x, { axis: -1, num_outputs: 2 });
  return [0, 1].map((from) => b.slice(x, b.ints([from]), b.ints([2 ** 31 - 1]), b.ints([-1]), b.ints([2])));
}
/** What stands between an expert's two layers. */
function middle(b: Builder, x: Value, first: Layer, third: Layer | undefined, a: Experts): Value {
  const y = through(b, x, first), gated = a.activation_type === "swiglu" || a.activation_type === "geglu";
  if (gated && !third && a.swiglu_fusion === 0) {
    throw new ShapeError("a third layer, or swiglu_fusion, expected");
  }
  const [gate = y, linear] = third ? [y, through(b, x, third)] : gated ? halves(b, y, a.swiglu_fusion) : [y];
  const limit = a.activation_type === "swiglu" && a.swiglu_limit !== null
    ? numberLike(b, y, a.swiglu_limit)
    : undefined;
  const shown = activatedGate(b, limit ? b.min([gate, limit]) : gate, a);
  if (!linear) return shown;
  const bounded = limit ? b.clip(linear, b.neg(limit), limit) : linear;
  const shift = a.activation_type === "swiglu" ? a.activation_beta : 0;
  return b.mul(shown, shift === 0 ? bounded : b.add(bounded, numberLike(b, y, shift)));
}
function activatedGate(b: Builder, x: Value, a: Experts): Value {
  switch (a.activation_type) {
    case "relu":
      return b.relu(x);
    case "relu2": {
      const y = b.relu(x);
      return b.mul(y, y);
    }
    case "gelu":
    case "geglu":
      return b.gelu(x, { approximate: "tanh" });
    case "silu":
      return b.swish(x);
    case "swiglu":
      return b.swish(x, { alpha: a.activation_alpha });
    case "identity":
      return x;
  }
}
/** The weight `[experts, tokens, 1]` of each expert for each token, 0 where it isn't chosen. */
function routing(
  b: Builder,
  logits: Value,
  mixing: Value | undefined,
  experts: number,
  a: Experts,
  normalized: boolean,
): Value {
  const p = b.softmax(logits, { axis: -1 });
  const [best, index] = b.topK(mixing ? logits : p, b.ints([a.k]), { axis: -1 });
  const chosen = needed([mixing ? b.gatherElements(mixing, index, { axis: 1 }) : best], 0);
  const weights = normalized ? b.div(chosen, b.reduceSum(chosen, b.ints([-1]), { keepdims: true })) : chosen;
  const { dtype } = asTensor(logits.type);
  const at = b.oneHot(index, b.scalar(experts, "int64"), b.constant(tensor([0, 1], [2], dtype)), {
    axis: -1,
  });
  const all = b.reduceSum(b.mul(at, b.unsqueeze(weights, b.ints([2]))), b.ints([1]), { keepdims: false });
  return b.unsqueeze(b.transpose(all, { perm: [1, 0] }), b.ints([2]));
}
function mixture(
  b: Builder,
  v: Given,
  layers: readonly [Layer, Layer, Layer | undefined],
  mixing: Value | undefined,
  a: Experts,
  normalized: boolean,
): Value {
  if (a.use_sparse_mixer) throw new UnsupportedError("use_sparse_mixer, which only GPUs have");
  if (a.swiglu_limit_after_activation) {
    throw new UnsupportedError("swiglu_limit_after_activation, which only GPUs have");
  }
  const x = needed(v, 0), logits = needed(v, 1), [first, second, third] = layers;
  const [experts] = dimsOf(second.weights.type), width = dimsOf(x.type).at(-1);
  if (typeof experts !== "number" || typeof width !== "number") {
    throw new ShapeError("experts of known sizes expected");
  }
  const tokens = b.reshape(x, b.ints([1, -1, width]));
  const y = through(b, middle(b, tokens, first, third, a), second);
  const weights = routing(b, logits, mixing, experts, a, normalized);
  const sum = b.reduceSum(b.mul(y, weights), b.ints([0]), { keepdims: false });
  return b.reshape(sum, b.shape(x));
}
const moe = contribOp<Experts>({
  name: "MoE",
  summary: "For each token, the weighted sum of what the best of many two-layer networks give",
  attributes: fields,
  arity: [5, 8],
  body(b, v, a) {
    const layer = (at: number): Layer => ({ weights: needed(v, at), bias: v[at + 1] });
    return [mixture(b, v, [layer(2), layer(4), v[6] && layer(6)], undefined, a, a.normalize_routing_weights)];
  },
});

interface Quantized extends Experts {
  readonly accuracy_level: number;
  readonly block_size: number | null;
  readonly expert_weight_bits: number;
  readonly fc1_expert_weight_bits: number | null;
  readonly fc2_expert_weight_bits: number | null;
  readonly fc3_expert_weight_bits: number | null;
  readonly quant_type: "int";
  readonly weights_prepacked: number;
}
/** Whole numbers of a few bits `[experts, rows, columns]` as what they stand for. */
function opened(
  b: Builder,
  bytes: Value,
  scales: Value,
  zeros: Value | undefined,
  bits: number,
  block: number,
): Value {
  const { dtype } = asTensor(scales.type),
    [experts, rows] = dimsOf(bytes.type),
    blocks = dimsOf(scales.type)[2];
  if (typeof experts !== "number" || typeof rows !== "number") {
    throw new ShapeError("experts of known sizes expected");
  }
  const codes = typed(b, b.reshape(unpacked(b, bytes, bits), b.ints([experts, rows, -1])), dtype);
  const count = typeof blocks === "number" ? blocks : 1;
  if (count > 1 && block === 0) throw new ShapeError("block_size expected, since there are scales of blocks");
  const upright = (x: Value) => b.reshape(x, b.ints([experts, rows, count, 1]));
  const least = zeros &&
    b.reshape(
      unpacked(b, zeros, bits),
      b.ints(count > 1 || dimsOf(zeros.type).length === 3 ? [experts, rows, -1] : [experts, -1]),
    );
  const own = least &&
    b.slice(least, b.ints([0]), b.ints([dimsOf(least.type).length === 3 ? count : rows]), b.ints([-1]));
  const centre = own ? upright(typed(b, own, dtype)) : b.scalar(2 ** (bits - 1), dtype);
  const apart = b.reshape(codes, b.ints([experts, rows, count, -1]));
  const whole = b.mul(b.sub(apart, centre), upright(scales));
  return b.reshape(whole, b.ints([experts, rows, -1]));
}
const qmoe = contribOp<Quantized>({
  name: "QMoE",
  summary: "MoE whose weights have few bits; the chosen experts' weights sum to one",
  attributes: {
    ...fields,
    accuracy_level: int({ doc: "least accuracy of the sums; ours are exact", default: 0 }),
    block_size: maybeInt("elements that share a scale"),
    expert_weight_bits: int({ doc: "bits of a weight", default: 4 }),
    fc1_expert_weight_bits: maybeInt("those of the first layers"),
    fc2_expert_weight_bits: maybeInt("those of the second"),
    fc3_expert_weight_bits: maybeInt("those of the third"),
    quant_type: choice({ doc: "what the weights are", of: ["int"], default: "int" }),
    weights_prepacked: int({ doc: "1: an order of the engine's own", default: -1, min: -1, max: 0 }),
  },
  arity: [7, 21],
  body(b, v, a) {
    if (v.slice(15).some((x) => x)) {
      throw new UnsupportedError("scales of whole layers or of activations, which only GPUs take");
    }
    const layer = (at: number, zero: number, own: number | null): Layer => {
      const bits = own ?? a.expert_weight_bits;
      if (![2, 4, 8].includes(bits)) {
        throw new UnsupportedError(`weights of ${bits} bits: 2, 4 and 8 are read`);
      }
      const weights = opened(b, needed(v, at), needed(v, at + 1), v[zero], bits, a.block_size ?? 0);
      return { weights, bias: v[at + 2] };
    };
    const first = layer(2, 11, a.fc1_expert_weight_bits), second = layer(5, 12, a.fc2_expert_weight_bits);
    const third = v[8] && layer(8, 13, a.fc3_expert_weight_bits);
    return [mixture(b, v, [first, second, third], v[14], a, !v[14] || a.normalize_routing_weights)];
  },
});

/** Mixtures of experts. */
export const contribExperts: readonly OpDef[] = [moe, qmoe];
