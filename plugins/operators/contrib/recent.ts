/** Operators of the newest language models: linear attention, causal convolutions, positions in pictures, gates. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import { ShapeError, UnsupportedError } from "../../../core/values/errors.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { OpDef } from "../../../core/graph/op.ts";
import { bool, choice, float, int, list } from "../../../core/values/schema.ts";
import { asTensor, dimsOf } from "../../../core/values/shape.ts";
import { tensor } from "../../../core/values/tensor.ts";
import { needed } from "../integer.ts";
import { contribOp, numberLike, typed } from "./define.ts";

const rules = ["linear", "gated", "delta", "gated_delta"] as const;
const noWindow = int({ doc: "0: the state after the last step alone", default: 0, min: 0, max: 0 });
interface Linear {
  readonly chunk_size: number;
  readonly kv_num_heads: number;
  readonly q_num_heads: number;
  readonly scale: number;
  readonly state_window: number;
  readonly update_rule: (typeof rules)[number];
}
const linear = contribOp<Linear>({
  name: "LinearAttention",
  summary: "Attention through a state that each step adds to, decayed and corrected",
  attributes: {
    chunk_size: int({ doc: "steps that a chunked engine takes at once; changes no result", default: 64 }),
    kv_num_heads: int({ doc: "heads of keys and values", min: 1 }),
    q_num_heads: int({ doc: "heads of queries", min: 1 }),
    scale: float({ doc: "factor of the output; 0 for 1/√size", default: 0 }),
    state_window: noWindow,
    update_rule: choice({ doc: "how a step changes the state", of: rules, default: "gated_delta" }),
  },
  arity: [3, 6],
  maxOutputs: 2,
  body(b, v, { state_window: _, ...a }, outputs) {
    const width = dimsOf(needed(v, 0).type)[2];
    // The scale follows from queries, whose heads have a key's size.
    const scale = a.scale === 0 && typeof width === "number" ? 1 / Math.sqrt(width / a.q_num_heads) : a.scale;
    return b.op("LinearAttention", [...v], { ...a, scale }, { outputs });
  },
});

interface Causal {
  readonly activation: "none" | "silu" | "swish";
  readonly channels_last: boolean;
  readonly dilation: number;
  readonly ndim: number;
  readonly state_window: number;
}
const causal = contribOp<Causal>({
  name: "CausalConvWithState",
  summary: "A depthwise convolution over time that sees no later steps, and the last steps for the next call",
  attributes: {
    activation: choice({ doc: "of the result", of: ["none", "silu", "swish"], default: "none" }),
    channels_last: bool({ doc: "channels are the last axis", default: false }),
    dilation: int({ doc: "steps from one tap to the next; 1 is read", default: 1, min: 1, max: 1 }),
    ndim: int({ doc: "axes of space; 1 is read", default: 1, min: 1, max: 1 }),
    state_window: noWindow,
  },
  arity: [2, 4],
  maxOutputs: 2,
  body(b, v, { activation, channels_last }, outputs) {
    if (channels_last && dimsOf(needed(v, 0).type).length !== 3) {
      throw new UnsupportedError("channels of several axes");
    }
    const turned = (x: Value | undefined) => x && channels_last ? b.transpose(x, { perm: [0, 2, 1] }) : x;
    const given = [turned(v[0]), v[1], v[2], turned(v[3])];
    return b.op("CausalConvWithState", given, { activation }, { outputs }).map((y) => needed([turned(y)], 0));
  },
});

interface Rotary {
  readonly interleaved: boolean;
  readonly is_packed_batching: boolean;
  readonly mrope_layout: number;
  readonly mrope_section: readonly number[];
  readonly num_heads: number;
  readonly rotary_embedding_dim: number;
  readonly scale: number;
}
/** Which of the three positions turns each pair of a head: by sections, or in turns. */
function streams([time = 0, height = 0, width = 0]: readonly number[], layout: number): readonly number[] {
  const all = time + height + width;
  if (layout === 0) return Array.from({ length: all }, (_, i) => (i < time ? 0 : i < time + height ? 1 : 2));
  return Array.from(
    { length: all },
    (_, i) => (i % 3 === 1 && i < 3 * height ? 1 : i % 3 === 2 && i < 3 * width ? 2 : 0),
  );
}
const rotary = contribOp<Rotary>({
  name: "MRotaryEmbedding",
  summary: "RotaryEmbedding by three positions a step: its time, and its height and width in a picture",
  attributes: {
    interleaved: bool({ doc: "pairs are neighbours, not halves", default: false }),
    is_packed_batching: bool({ doc: "rows of one batch behind one another, on GPUs", default: false }),
    mrope_layout: int({ doc: "0: positions by sections, 1: in turns", default: 0, min: 0, max: 1 }),
    mrope_section: list({ doc: "pairs of each position", of: int({ doc: "pairs", min: 0 }), length: 3 }),
    num_heads: int({ doc: "heads; as many as the caches' size gives unless given", default: 0, min: 0 }),
    rotary_embedding_dim: int({ doc: "elements of a head that are turned; 0 for all", default: 0, min: 0 }),
    scale: float({ doc: "changes no result in onnxruntime", default: 1 }),
  },
  arity: [4, 4],
  body(b, v, a) {
    if (a.is_packed_batching) throw new UnsupportedError("is_packed_batching, which only GPUs have");
    const x = needed(v, 0),
      shape = dimsOf(x.type),
      width = shape[2],
      of = streams(a.mrope_section, a.mrope_layout);
    const heads = a.num_heads || (typeof width === "number" ? width / (2 * of.length) : 0);
    // Of each position's row of factors, the pairs that are its own.
    const chosen = (cache: Value) => {
      const rows = b.gather(cache, needed(v, 1), { axis: 0 });
      const own = [0, 1, 2].map((s) => {
        const mask = b.constant(tensor(of.map((n) => (n === s ? 1 : 0)), [of.length], "float32"));
        const row = b.gather(rows, b.scalar(s, "int64"), { axis: 0 });
        return b.mul(row, typed(b, mask, asTensor(cache.type).dtype));
      });
      return b.sum(own);
    };
    return [b.rotaryEmbedding(x, chosen(needed(v, 2)), chosen(needed(v, 3)), {
      interleaved: a.interleaved,
      rotary_embedding_dim: a.rotary_embedding_dim,
      ...(shape.length === 3 && { num_heads: heads }),
    })];
  },
});

const swiglu = contribOp<{
  readonly activation_alpha: number;
  readonly activation_beta: number;
  readonly limit: number;
  readonly round_activation: boolean;
}>({
  name: "SwiGLU",
  summary: "swish(gate)·(up + beta), both bounded; gate and up may lie behind one another",
  attributes: {
    activation_alpha: float({ doc: "factor inside the sigmoid", default: 1 }),
    activation_beta: float({ doc: "added to the linear half", default: 0 }),
    limit: float({ doc: "bound of both halves; none from zero down", default: 0 }),
    round_activation: bool({ doc: "changes float16 alone, by a rounding", default: false }),
  },
  arity: [1, 2],
  body(b, v, a) {
    const halves = v[1] ? [v[0], v[1]] : b.split(needed(v, 0), { axis: -1, num_outputs: 2 });
    const [gate, up] = [needed(halves, 0), needed(halves, 1)], bound = numberLike(b, gate, a.limit);
    const bounded = a.limit > 0;
    const shown = b.swish(bounded ? b.min([gate, bound]) : gate, {
      alpha: a.activation_alpha,
    });
    const linear = bounded ? b.clip(up, b.neg(bound), bound) : up;
    const shifted = a.activation_beta === 0 ? linear : b.add(linear, numberLike(b, up, a.activation_beta));
    return [b.mul(shown, shifted)];
  },
});
const scaled = contribOp<{ readonly alpha: number }>({
  name: "ScaledSiLU",
  summary: "z·sigmoid(z) of z = scale·x",
  attributes: { alpha: float({ doc: "the scale, where none is an input", default: 1 }) },
  arity: [1, 2],
  body(b, v, { alpha }) {
    const x = needed(v, 0),
      { dtype } = asTensor(x.type),
      scale = v[1] ? typed(b, v[1], dtype) : b.scalar(alpha, dtype);
    return [b.swish(b.mul(x, b.reshape(scale, b.ints([]))))];
  },
});
const gatedAdd = contribOp({
  name: "GatedAdd",
  summary: "X + Y·gate, the gate one for a row",
  attributes: {},
  arity: [3, 3],
  body: (b, v) => [b.add(needed(v, 0), b.mul(needed(v, 1), needed(v, 2)))],
});
const gatedBias = contribOp<{ readonly num_heads: number }>({
  name: "GatedRelativePositionBias",
  summary: "A bias by distance `[1, heads, steps, steps]`, gated by each query (WavLM)",
  attributes: { num_heads: int({ doc: "heads", min: 1 }) },
  arity: [6, 6],
  body(b: Builder, v, { num_heads }) {
    const query = b.add(needed(v, 0), needed(v, 1)), half = dimsOf(needed(v, 3).type)[1];
    if (typeof half !== "number") throw new ShapeError("weights of a known width expected");
    const apart = b.transpose(b.reshape(query, b.ints([0, 0, num_heads, -1])), {
      perm: [0, 2, 1, 3],
    });
    const gates = b.add(b.matMul(apart, needed(v, 3)), needed(v, 4));
    const pairs = b.reshape(gates, b.ints([0, 0, 0, 2, half / 2]));
    const both = b.sigmoid(b.reduceSum(pairs, b.ints([4]), { keepdims: false }));
    const halves = b.split(both, { axis: -1, num_outputs: 2 }), u = needed(halves, 0);
    const one = numberLike(b, both, 1), two = numberLike(b, both, 2);
    const inner = b.sub(b.mul(needed(halves, 1), needed(v, 5)), one);
    return [b.mul(b.add(b.mul(u, inner), two), needed(v, 2))];
  },
});

/** Operators of the newest models. */
export const contribRecent: readonly OpDef[] = [linear, causal, rotary, swiglu, scaled, gatedAdd, gatedBias];
