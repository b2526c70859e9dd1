/** Attention as onnxruntime has it: projected, of heads, of groups with a cache, and rotary positions. @module */
import type { Draft, Wish } from "../draft.ts";
import type { Makers } from "./kit.ts";

const maybe = <T>(
  d: Draft,
  p: number,
  make: () => T,
): T | undefined => (d.dice.chance(p) ? make() : undefined);
/** A mask of lengths, of keys, or of queries and keys, 1 where a key counts. */
function maskOf(d: Draft, batch: number, queries: number, keys: number): string {
  const kind = d.dice.pick(["lengths", "keys", "both"]);
  if (kind === "lengths") {
    return d.ints(Array.from({ length: batch }, () => d.dice.between(1, keys)), "int32", [batch]);
  }
  const shape = kind === "keys" ? [batch, keys] : [batch, queries, keys],
    per = shape.reduce((n, s) => n * s, 1);
  return d.ints(
    Array.from({ length: per }, (_, i) => (i % keys === 0 ? 1 : d.dice.below(2))),
    "int32",
    shape,
  );
}
function attention(d: Draft): Wish {
  const heads = d.dice.between(1, 3),
    size = d.dice.between(1, 4),
    all = heads * size,
    batch = d.dice.between(1, 2);
  const steps = d.dice.between(1, 5),
    width = d.dice.between(2, 5),
    past = d.dice.chance(0.3) ? d.dice.between(1, 3) : 0;
  const cache = past > 0 ? d.source([2, batch, heads, past, size]).name : undefined;
  const mask = maybe(d, 0.5, () => maskOf(d, batch, steps, steps + past));
  const bias = maybe(d, 0.3, () => d.source([d.dice.pick([1, batch]), heads, steps, steps + past]).name);
  const one = d.dice.chance(0.4);
  return {
    op: "Attention",
    inputs: [
      d.source([batch, steps, width]).name,
      d.constant(d.dice.tensor([width, 3 * all], "float32", "small")).name,
      d.constant(d.dice.tensor([3 * all], "float32", "small")).name,
      mask,
      cache,
      bias,
    ],
    attributes: {
      num_heads: heads,
      ...(one && { unidirectional: 1 }),
      ...(d.dice.chance(0.3) && { scale: 0.3 }),
    },
    outputs: cache !== undefined ? 2 : 1,
  };
}
function multiHead(d: Draft): Wish {
  const heads = d.dice.between(1, 3),
    size = d.dice.between(1, 4),
    all = heads * size,
    batch = d.dice.between(1, 2);
  const steps = d.dice.between(1, 4), keys = d.dice.chance(0.5) ? steps : d.dice.between(1, 5);
  const past = keys === steps && d.dice.chance(0.3) ? d.dice.between(1, 3) : 0;
  const old = () => (past > 0 ? d.source([batch, heads, past, size]).name : undefined);
  const bias = maybe(d, 0.4, () => d.constant(d.dice.tensor([3 * all], "float32", "small")).name);
  const mask = maybe(d, 0.4, () => {
    const count = batch * (keys + past);
    return d.ints(
      Array.from({ length: count }, (_, i) => (i % (keys + past) === 0 ? 1 : d.dice.below(2))),
      "int32",
      [
        batch,
        keys + past,
      ],
    );
  });
  const scores = maybe(
    d,
    0.3,
    () => d.source([d.dice.pick([1, batch]), d.dice.pick([1, heads]), steps, keys + past]).name,
  );
  const row = (count: number) => d.source([batch, count, all]).name;
  return {
    op: "MultiHeadAttention",
    inputs: [row(steps), row(keys), row(keys), bias, mask, scores, old(), old()],
    attributes: { num_heads: heads, ...(keys === steps && d.dice.chance(0.3) && { unidirectional: 1 }) },
    outputs: past > 0 ? 3 : 1,
  };
}
function rotary(d: Draft): Wish {
  const heads = d.dice.between(1, 3),
    half = d.dice.between(1, 3),
    steps = d.dice.between(1, 4),
    batch = d.dice.between(1, 2);
  const table = () => d.constant(d.dice.tensor([8, half], "float32", "unit")).name;
  const single = d.dice.chance(0.5);
  const places = single
    ? d.ints([d.dice.below(4)], "int64", [1])
    : d.ints(Array.from({ length: batch * steps }, () => d.dice.below(8)), "int64", [batch, steps]);
  const shape = d.dice.chance(0.5) ? [batch, steps, heads * half * 2] : [batch, heads, steps, half * 2];
  return {
    op: "RotaryEmbedding",
    inputs: [d.source(shape).name, places, table(), table()],
    attributes: { interleaved: d.dice.below(2) },
  };
}
function grouped(d: Draft): Wish {
  const groups = d.dice.between(1, 2),
    each = d.dice.between(1, 3),
    heads = groups * each,
    half = d.dice.pick([4, 8]);
  const size = 2 * half, batch = d.dice.between(1, 2), prompt = d.dice.chance(0.5);
  const steps = prompt ? d.dice.between(1, 4) : 1,
    past = prompt ? 0 : d.dice.between(1, 4),
    total = steps + past;
  const cache = () => d.constant(d.dice.tensor([batch, groups, past, size])).name;
  const rotated = d.dice.chance(0.5),
    table = () => d.constant(d.dice.tensor([16, half], "float32", "unit")).name;
  const lengths = Array.from({ length: batch }, () => total - 1);
  const row = (count: number) => d.source([batch, steps, count * size]).name;
  return {
    op: "GroupQueryAttention",
    inputs: [
      row(heads),
      row(groups),
      row(groups),
      past > 0 ? cache() : undefined,
      past > 0 ? cache() : undefined,
      d.ints(lengths, "int32", [batch]),
      d.ints([total], "int32", []),
      ...(rotated ? [table(), table()] : []),
    ],
    attributes: {
      num_heads: heads,
      kv_num_heads: groups,
      ...(rotated && { do_rotary: 1, rotary_interleaved: d.dice.below(2) }),
      ...(d.dice.chance(0.3) && { local_window_size: d.dice.between(1, 4) }),
      ...(d.dice.chance(0.3) && { softcap: 5 }),
      ...(d.dice.chance(0.3) && { scale: 0.2 }),
    },
    outputs: 3,
  };
}
/** Their makers. */
export const attentions: Makers = {
  Attention: attention,
  MultiHeadAttention: multiHead,
  RotaryEmbedding: rotary,
  GroupQueryAttention: grouped,
};
