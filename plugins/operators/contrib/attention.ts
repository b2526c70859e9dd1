/** Attention, MultiHeadAttention and their kin of onnxruntime. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import { ShapeError, UnsupportedError } from "../../../core/values/errors.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { OpDef } from "../../../core/graph/op.ts";
import { bool, float, int, list, nullable, type Schema } from "../../../core/values/schema.ts";
import { dimsOf, shapeText } from "../../../core/values/shape.ts";
import { needed } from "../integer.ts";
import { contribOp, countAt, type Given, line, maybeFloat, maybeInt, slice } from "./define.ts";
import { apart, attend, causal, grown, type Heads, maskBias, together } from "./heads.ts";

interface Common {
  readonly mask_filter_value: number;
  readonly num_heads: number;
  readonly scale: number | null;
}
const commonFields: Schema<Common> = {
  mask_filter_value: float({ doc: "added to scores of masked keys", default: -10000 }),
  num_heads: int({ doc: "heads", min: 1 }),
  scale: maybeFloat("factor of the scores; 1/√size unless given"),
};
const unidirectional = bool({ doc: "a query sees the keys up to its own place", default: false });

interface Merged extends Common {
  readonly do_rotary: boolean;
  readonly past_present_share_buffer: boolean;
  readonly rotary_embedding_dim: number | null;
  readonly unidirectional: boolean;
}
const mergedFields: Schema<Merged> = {
  ...commonFields,
  do_rotary: bool({ doc: "rotary positions, on GPUs", default: false }),
  past_present_share_buffer: bool({ doc: "the cache has its full length, on GPUs", default: false }),
  rotary_embedding_dim: maybeInt("elements that are turned"),
  unidirectional,
};
function refuseForGpu(a: Pick<Merged, "do_rotary" | "past_present_share_buffer">): void {
  if (a.do_rotary) {
    throw new UnsupportedError("rotary positions inside it (do_rotary), which onnxruntime has on GPUs alone");
  }
  if (a.past_present_share_buffer) {
    throw new UnsupportedError("a cache of its full length (past_present_share_buffer), for GPUs alone");
  }
}
/** Attention of queries, keys and values that lie in one tensor, with a cache `[2, batch, heads, steps, size]`. */
function merged(
  b: Builder,
  all: Value,
  sizes: readonly [number, number, number],
  { mask, past, bias }: Readonly<Record<"mask" | "past" | "bias", Value | undefined>>,
  a: Merged,
): readonly Value[] {
  const [q, k, v] = b.split(all, b.ints(sizes), { axis: -1 }, { outputs: 3 })
    .map((part) => apart(b, part, a.num_heads));
  const cached = (at: number) => past && b.gather(past, b.scalar(at, "int64"), { axis: 0 });
  const heads: Heads = {
    q: needed([q], 0),
    k: grown(b, cached(0), needed([k], 0)),
    v: grown(b, cached(1), needed([v], 0)),
  };
  const { mixed } = attend(b, heads, {
    scale: a.scale,
    biases: [maskBias(b, mask, heads, a.mask_filter_value), bias],
    seen: a.unidirectional ? causal(b, heads.q, heads.k) : undefined,
  });
  const present = () => b.concat([heads.k, heads.v].map((x) => b.unsqueeze(x, b.ints([0]))), { axis: 0 });
  return sizes[0] === sizes[2] ? [together(b, mixed), present()] : [together(b, mixed)];
}
function thirds(width: unknown, sizes: readonly number[] | null): readonly [number, number, number] {
  const [q, k, v] = sizes ?? [];
  if (q !== undefined && k !== undefined && v !== undefined) return [q, k, v];
  if (typeof width !== "number" || width % 3 !== 0) {
    throw new ShapeError("weights of a known width, a multiple of 3, expected");
  }
  return [width / 3, width / 3, width / 3];
}
const attention = contribOp<Merged & { readonly qkv_hidden_sizes: readonly number[] | null }>({
  name: "Attention",
  summary: "Attention over heads of what one matrix projects to queries, keys and values",
  attributes: {
    ...mergedFields,
    qkv_hidden_sizes: nullable(
      list({ doc: "sizes of Q, K and V", of: int({ doc: "size", min: 1 }), length: 3 }),
    ),
  },
  arity: [2, 7],
  maxOutputs: 2,
  body(b, v, a) {
    refuseForGpu(a);
    const product = b.matMul(needed(v, 0), needed(v, 1)), all = v[2] ? b.add(product, v[2]) : product;
    const sizes = thirds(dimsOf(needed(v, 1).type)[1], a.qkv_hidden_sizes);
    return merged(b, all, sizes, { mask: v[3], past: v[4], bias: v[5] }, a);
  },
});
const quantized = contribOp<Merged>({
  name: "QAttention",
  summary: "Attention whose projection is a product of quantized matrices",
  attributes: mergedFields,
  arity: [5, 9],
  maxOutputs: 2,
  dtypes: ({ inputs }) => inputs[3] ? [inputs[3], inputs[3]] : [],
  body(b, v, a) {
    refuseForGpu(a);
    const [, , bias, , , mask, xZero, wZero, past] = v, at = (i: number) => needed(v, i);
    const all = b.microsoftMatMulIntegerToFloat(at(0), at(1), at(3), at(4), xZero, wZero, bias);
    const sizes = thirds(dimsOf(needed(v, 1).type)[1], null);
    return merged(b, all, sizes, { mask, past, bias: undefined }, a);
  },
});

/** Queries, keys and values that may lie in one tensor or two, or be heads already. */
function separated(b: Builder, [query, key, value, bias]: Given, heads: number): Heads {
  const x = needed([query], 0), rank = dimsOf(x.type).length;
  // [batch, steps, heads, parts, size]
  const packed = (p: Value, at: number) =>
    b.transpose(b.gather(p, b.scalar(at, "int64"), { axis: 3 }), { perm: [0, 2, 1, 3] });
  if (rank === 5) return { q: packed(x, 0), k: packed(x, 1), v: packed(x, 2) };
  if (!key) throw new ShapeError("keys, or queries of rank 5, expected");
  const shape = dimsOf(key.type), width = dimsOf(x.type)[2];
  const part = (from: number, to: number) => {
    if (!bias) return undefined;
    const [whole] = dimsOf(bias.type);
    if (typeof width !== "number" || typeof whole !== "number") {
      throw new ShapeError("queries of a known width expected");
    }
    const ends = [0, width, 2 * width, whole];
    return b.slice(bias, b.ints([ends[from] ?? 0]), b.ints([ends[to] ?? whole]), b.ints([0]));
  };
  const own = (p: Value, at: number) => {
    if (dimsOf(p.type).length === 4) return p;
    const addend = part(at, at + 1);
    return apart(b, addend ? b.add(p, addend) : p, heads);
  };
  const q = own(x, 0);
  if (shape.length === 5) return { q, k: packed(key, 0), v: packed(key, 1) };
  if (!value) throw new ShapeError(`values, or keys of rank 5, expected beside keys ${shapeText(shape)}`);
  return { q, k: own(key, 1), v: own(value, 2) };
}
interface Separate {
  readonly mask: Value | undefined;
  readonly bias: Value | undefined;
  readonly pastKey: Value | undefined;
  readonly pastValue: Value | undefined;
}
function separate(
  b: Builder,
  parts: Heads,
  { mask, bias, pastKey, pastValue }: Separate,
  a: Common & { readonly unidirectional: boolean },
): readonly Value[] {
  const heads = { q: parts.q, k: grown(b, pastKey, parts.k), v: grown(b, pastValue, parts.v) };
  const { mixed, scores } = attend(b, heads, {
    scale: a.scale,
    biases: [maskBias(b, mask, heads, a.mask_filter_value), bias],
    seen: a.unidirectional ? causal(b, heads.q, heads.k) : undefined,
  });
  return [together(b, mixed), heads.k, heads.v, scores];
}
const multiHead = contribOp<Common & { readonly unidirectional: boolean }>({
  name: "MultiHeadAttention",
  summary: "Attention over heads of given queries, keys and values, biases added first, with a cache",
  attributes: { ...commonFields, unidirectional },
  arity: [1, 10],
  maxOutputs: 4,
  body(b, v, a) {
    if (v[8] || v[9]) {
      throw new UnsupportedError("a cache of its full length (past_sequence_length, cache_indirection)");
    }
    const own = { mask: v[4], bias: v[5], pastKey: v[6], pastValue: v[7] };
    return separate(b, separated(b, v, a.num_heads), own, a);
  },
});
interface Masked extends Common {
  readonly output_qk: boolean;
  readonly past_present_share_buffer: boolean;
}
const decoderMasked = contribOp<Masked>({
  name: "DecoderMaskedMultiHeadAttention",
  summary: "MultiHeadAttention of one step, behind a cache",
  attributes: {
    ...commonFields,
    output_qk: bool({ doc: "the fourth output is wanted", default: false }),
    past_present_share_buffer: bool({ doc: "the cache has its full length", default: false }),
  },
  arity: [1, 11],
  maxOutputs: 4,
  body(b, v, a) {
    if (v[9]) {
      throw new UnsupportedError(
        "a cache searched by beams (cache_indirection): convert the model without BeamSearch around it",
      );
    }
    const own = { mask: v[3], bias: v[4], pastKey: v[5], pastValue: v[6] };
    const parts = separated(b, [v[0], v[1], v[2], v[10]], a.num_heads), past = v[7];
    if (!a.past_present_share_buffer || !v[5]) {
      return separate(b, parts, own, { ...a, unidirectional: false });
    }
    if (!past) {
      throw new ShapeError("past_sequence_length (input 7) expected beside past_present_share_buffer");
    }
    // The cache has its full length; the step of now lies behind the first ones, and what follows isn't seen.
    const at = b.reshape(b.cast(past, { to: "int64" }), b.ints([1]));
    const end = b.add(at, b.ints([1]));
    const [key, value] = [[own.pastKey, parts.k], [own.pastValue, parts.v]].map(([cache, now]) =>
      placed(b, needed([cache], 0), needed([now], 0), at)
    );
    const present = [needed([key], 0), needed([value], 0)];
    const [k, w] = present.map((x) => slice(b, x, 2, 0, end));
    const heads = { q: parts.q, k: needed([k], 0), v: needed([w], 0) };
    const { mixed, scores } = attend(b, heads, {
      scale: a.scale,
      biases: [maskBias(b, own.mask, heads, a.mask_filter_value), own.bias],
    });
    return [together(b, mixed), ...present, scores];
  },
});
/** A cache `[batch, heads, most, size]` with one step at a place of its own. */
function placed(b: Builder, cache: Value, now: Value, at: Value): Value {
  const here = b.equal(line(b, countAt(b, cache, 2)), at);
  return b.where(b.unsqueeze(here, b.ints([1])), now, cache);
}

/** Attention with one weight for each head and key. */
export const contribAttention: readonly OpDef[] = [attention, quantized, multiHead, decoderMasked];
