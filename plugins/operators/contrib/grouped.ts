/** GroupQueryAttention and RotaryEmbedding of onnxruntime: what exports of language models are made of. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import { ShapeError, UnsupportedError } from "../../../core/values/errors.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { OpDef } from "../../../core/graph/op.ts";
import { bool, choice, float, int } from "../../../core/values/schema.ts";
import { dimsOf, sameDim } from "../../../core/values/shape.ts";
import { needed } from "../integer.ts";
import {
  contribOp,
  countAt,
  type Given,
  line,
  maybeFloat,
  maybeInt,
  numberLike,
  sizeAt,
  typed,
} from "./define.ts";
import { apart, attend, together } from "./heads.ts";

interface Rotary {
  readonly interleaved: boolean;
  readonly is_packed_batching: boolean;
  readonly num_heads: number;
  readonly rotary_embedding_dim: number;
  readonly scale: number;
}
const rotary = contribOp<Rotary>({
  name: "RotaryEmbedding",
  summary: "Pairs of each head's elements, turned by angles that grow with the position (Su et al. 2021)",
  attributes: {
    interleaved: bool({ doc: "pairs are neighbours, not halves", default: false }),
    is_packed_batching: bool({ doc: "rows of one batch behind one another, on GPUs", default: false }),
    num_heads: int({ doc: "heads; as many as the caches' size gives unless given", default: 0, min: 0 }),
    rotary_embedding_dim: int({ doc: "elements of a head that are turned; 0 for all", default: 0, min: 0 }),
    scale: float({ doc: "changes no result in onnxruntime", default: 1 }),
  },
  arity: [4, 4],
  body(b, v, a) {
    if (a.is_packed_batching) throw new UnsupportedError("is_packed_batching, which only GPUs have");
    const x = needed(v, 0), shape = dimsOf(x.type), flat = shape.length === 3;
    const [, half] = dimsOf(needed(v, 2).type), width = shape[2];
    let heads = a.num_heads;
    if (flat && a.rotary_embedding_dim === 0) {
      if (typeof half !== "number" || typeof width !== "number") {
        throw new ShapeError("X and caches of a known width expected");
      }
      heads = width / (2 * half);
    }
    const { interleaved, rotary_embedding_dim } = a;
    return [b.rotaryEmbedding(x, needed(v, 2), needed(v, 3), places(b, x, needed(v, 1), flat ? 1 : 2), {
      interleaved,
      rotary_embedding_dim,
      ...(flat && { num_heads: heads }),
    })];
  },
});
/** Places `[batch, steps]`, where only the first may be given. */
function places(b: Builder, x: Value, given: Value, axis: number): Value {
  if (dimsOf(given.type).length === 2) return given;
  const row = b.add(line(b, countAt(b, x, axis)), given);
  return b.expand(row, b.concat([sizeAt(b, x, 0), sizeAt(b, x, axis)], { axis: 0 }));
}

interface Grouped {
  readonly causal: boolean;
  readonly do_rotary: boolean;
  readonly k_norm_epsilon: number | null;
  readonly k_quant_type: "NONE" | "PER_TENSOR" | "PER_CHANNEL";
  readonly kv_cache_bit_width: number | null;
  readonly kv_num_heads: number;
  readonly local_window_size: number;
  readonly num_heads: number;
  readonly q_norm_epsilon: number | null;
  readonly qk_norm_epsilon: number;
  readonly qk_output: number;
  readonly rotary_interleaved: boolean;
  readonly scale: number | null;
  readonly sliding_window_cache: boolean;
  readonly smooth_softmax: number;
  readonly softcap: number;
  readonly v_quant_type: "NONE" | "PER_TENSOR" | "PER_CHANNEL";
}
const quantType = choice({
  doc: "how the cache is quantized",
  of: ["NONE", "PER_TENSOR", "PER_CHANNEL"],
  default: "NONE",
});

/** How long each row is, and where it stands: int64 `[batch]`. */
interface Rows {
  /** Steps behind this call's. */
  readonly total: Value;
  /** Steps in the cache before it. */
  readonly past: Value;
  /** Steps that the cache holds in the end, int64 scalar. */
  readonly length: Value;
}
function rowsOf(b: Builder, v: Given, query: Value): Rows {
  const one = b.scalar(1, "int64"), whole = (x: Value | undefined) => typed(b, needed([x], 0), "int64");
  const total = b.add(whole(v[5]), one);
  const fresh = v[16] ? whole(v[16]) : b.min([countAt(b, query, 1), total]);
  const most = b.reshape(whole(v[6]), b.ints([]));
  return {
    total,
    past: b.sub(total, fresh),
    length: v[3] ? b.max([most, countAt(b, v[3], 2)]) : most,
  };
}
/** The cache with this call's steps (a padded row's padding too) written behind each row's own, zeros behind them. */
function present(b: Builder, cache: Value | undefined, now: Value, rows: Rows): Value {
  const whole = cache ? b.concat([cache, now], { axis: 2 }) : now;
  const column = (x: Value) => b.unsqueeze(x, b.ints([1]));
  const steps = line(b, rows.length), past = column(rows.past), zero = b.scalar(0, "int64");
  const first = cache ? countAt(b, cache, 2) : zero;
  const fresh = b.add(b.sub(steps, past), first);
  const from = b.where(b.less(steps, past), steps, fresh);
  const last = b.sub(countAt(b, whole, 2), b.scalar(1, "int64"));
  const place = b.unsqueeze(b.min([from, last]), b.ints([2]));
  const byStep = b.transpose(whole, { perm: [0, 2, 1, 3] });
  const found = b.transpose(b.gatherND(byStep, place, { batch_dims: 1 }), {
    perm: [0, 2, 1, 3],
  });
  const kept = b.unsqueeze(b.less(steps, b.add(past, countAt(b, now, 2))), b.ints([1, 3]));
  return b.where(kept, found, numberLike(b, found, 0));
}
/** Keys that a query sees: up to its own place, within the window. */
function seenBy(b: Builder, query: Value, rows: Rows, a: Grouped): Value {
  const upright = (x: Value) => b.reshape(x, b.ints([-1, 1, 1, 1]));
  const keys = line(b, rows.length);
  if (!a.causal) return b.less(keys, upright(rows.total));
  const own = b.unsqueeze(line(b, countAt(b, query, 1)), b.ints([1]));
  // Padding behind a row sees what the row has, and its last step at least.
  const place = b.add(upright(rows.past), own), one = b.scalar(1, "int64");
  const last = b.sub(upright(rows.total), one);
  const before = b.lessOrEqual(keys, b.min([place, last]));
  if (a.local_window_size <= 0) return before;
  const least = b.sub(place, b.scalar(a.local_window_size, "int64"));
  return b.and(before, b.greater(keys, b.min([least, b.sub(last, one)])));
}
/** Each head of keys or values as often as heads of queries share it. */
function shared(b: Builder, x: Value, times: number): Value {
  if (times === 1) return x;
  const heads = dimsOf(x.type)[1];
  const wide = b.expand(b.unsqueeze(x, b.ints([2])), b.ints([1, 1, times, 1, 1]));
  const shape = [sizeAt(b, x, 0), b.ints([Number(heads) * times]), b.shape(x, { start: 2 })];
  return b.reshape(wide, b.concat(shape, { axis: 0 }));
}
/** Queries, keys and values `[batch, steps, width]`, which may lie in one tensor. */
function parts(b: Builder, v: Given, a: Grouped): readonly Value[] {
  const query = needed(v, 0), [, key, value] = v;
  if (key && value) return [query, key, value];
  const width = dimsOf(query.type)[2], all = a.num_heads + 2 * a.kv_num_heads;
  if (typeof width !== "number" || width % all !== 0) {
    throw new ShapeError(`queries, keys and values of ${all} heads expected`);
  }
  const size = width / all, own = a.kv_num_heads * size;
  return b.split(query, b.ints([a.num_heads * size, own, own]), { axis: -1 }, { outputs: 3 });
}
/** Heads normalised by the root of their mean square, where weights are given, and turned by their places. */
function prepared(
  b: Builder,
  x: Value,
  v: Given,
  rows: Rows,
  weight: Value | undefined,
  eps: number,
  a: Grouped,
): Value {
  const y = weight ? b.rmsNormalization(x, weight, { axis: -1, epsilon: eps }) : x;
  if (!a.do_rotary) return y;
  const cos = needed(v, 7), half = dimsOf(cos.type)[1], size = dimsOf(x.type)[3];
  if (typeof half !== "number" || typeof size !== "number") {
    throw new ShapeError("caches and heads of a known size expected");
  }
  const past = b.unsqueeze(rows.past, b.ints([1]));
  const places = v[9] ?? b.add(line(b, countAt(b, x, 2)), past);
  return b.rotaryEmbedding(y, cos, needed(v, 8), places, {
    interleaved: a.rotary_interleaved,
    rotary_embedding_dim: 2 * half === size ? 0 : 2 * half,
  });
}
const grouped = contribOp<Grouped>({
  name: "GroupQueryAttention",
  summary:
    "Causal attention over heads whose keys and values are shared, rotary positions, a cache and a window",
  attributes: {
    causal: bool({ doc: "a query sees the keys up to its own place", default: true }),
    do_rotary: bool({ doc: "queries and keys are turned by their places", default: false }),
    k_norm_epsilon: maybeFloat("epsilon of keys' normalization"),
    k_quant_type: quantType,
    kv_cache_bit_width: maybeInt("bits of a quantized cache"),
    kv_num_heads: int({ doc: "heads of keys and values", min: 1 }),
    local_window_size: int({ doc: "keys up to its own that a query sees; −1 for all", default: -1 }),
    num_heads: int({ doc: "heads of queries", min: 1 }),
    q_norm_epsilon: maybeFloat("epsilon of queries' normalization"),
    qk_norm_epsilon: float({ doc: "epsilon of both", default: 1e-6 }),
    qk_output: int({ doc: "the fourth output: 1 scores, 2 probabilities", default: 0, min: 0, max: 2 }),
    rotary_interleaved: bool({ doc: "pairs are neighbours, not halves", default: false }),
    scale: maybeFloat("factor of the scores; 1/√size unless given"),
    sliding_window_cache: bool({ doc: "the cache holds a window alone", default: false }),
    smooth_softmax: int({ doc: "1: one more score of 0 takes part in the softmax", default: -1 }),
    softcap: float({ doc: "bounds scores by softcap·tanh(score/softcap); 0 for no bound", default: 0 }),
    v_quant_type: quantType,
  },
  arity: [7, 17],
  maxOutputs: 4,
  body(b, v, a, outputs) {
    if (a.k_quant_type !== "NONE" || a.v_quant_type !== "NONE" || v[12] || v[13]) {
      throw new UnsupportedError(
        "a quantized cache (k_quant_type, v_quant_type): export the model with a cache in floats",
      );
    }
    if (a.sliding_window_cache) {
      throw new UnsupportedError(
        "a cache of the window alone (sliding_window_cache): export the model with a whole cache",
      );
    }
    if (a.num_heads % a.kv_num_heads !== 0) {
      throw new ShapeError(`${a.num_heads} heads of queries don't divide among ${a.kv_num_heads} of keys`);
    }
    const [query, key, value] = parts(b, v, a), rows = rowsOf(b, v, needed([query], 0));
    const q = apart(b, needed([query], 0), a.num_heads), k = apart(b, needed([key], 0), a.kv_num_heads);
    const now = prepared(b, k, v, rows, v[15], a.k_norm_epsilon ?? a.qk_norm_epsilon, a);
    const keys = present(b, v[3], now, rows);
    const values = present(b, v[4], apart(b, needed([value], 0), a.kv_num_heads), rows);
    const times = a.num_heads / a.kv_num_heads;
    const sink = v[11] ? b.reshape(v[11], b.ints([1, a.num_heads, 1, 1])) : undefined;
    const { mixed, scores, probabilities } = attend(b, {
      q: prepared(b, q, v, rows, v[14], a.q_norm_epsilon ?? a.qk_norm_epsilon, a),
      k: shared(b, keys, times),
      v: shared(b, values, times),
    }, {
      scale: a.scale,
      biases: [v[10] && asLong(b, v[10], rows)],
      seen: seenBy(b, needed([query], 0), rows, a),
      unseen: 0,
      softcap: a.softcap,
      sink: sink ?? (a.smooth_softmax === 1 ? b.constant(zeroSink) : undefined),
    });
    return [together(b, mixed), keys, values, a.qk_output === 2 ? probabilities : scores].slice(0, outputs);
  },
});
const zeroSink = { dtype: "float32" as const, shape: [1, 1, 1, 1], data: new Float32Array(1) };
/** A bias for the keys there are, with zeros for the rest of a cache that is longer. */
function asLong(b: Builder, bias: Value, rows: Rows): Value {
  const [, , , last = 1] = dimsOf(bias.type), length = b.dimsOf(rows.length)?.[0];
  if (length !== undefined && sameDim(last, length)) return bias;
  const missing = b.sub(b.reshape(rows.length, b.ints([1])), sizeAt(b, bias, 3));
  const amounts = b.concat([b.ints([0]), missing], { axis: 0 });
  return b.pad(bias, amounts, undefined, b.ints([3]));
}

/** Attention of language models. */
export const contribGrouped: readonly OpDef[] = [rotary, grouped];
