/** Operators of onnxruntime's language models: one step of a decoder, biases by distance, states, gates. @module */
import type { Draft, Wish } from "../draft.ts";
import type { Makers } from "./kit.ts";

const maybe = (d: Draft, p: number, name: () => string) => (d.dice.chance(p) ? name() : undefined);
const small = (d: Draft, shape: readonly number[]) =>
  d.constant(d.dice.tensor(shape, "float32", "small")).name;
const unit = (d: Draft, shape: readonly number[]) => d.constant(d.dice.tensor(shape, "float32", "unit")).name;

/** One step behind a cache of its full length, or across to keys that are heads already. */
function decoderStep(d: Draft): Wish {
  const heads = d.dice.between(1, 3), size = d.dice.between(1, 4), batch = d.dice.between(1, 2);
  const across = d.dice.chance(0.3),
    past = d.dice.between(1, 4),
    most = past + d.dice.between(1, 3),
    keys = past + 1;
  const row = () => d.source([batch, 1, heads * size]).name;
  const cache = (steps: number) => d.source([batch, heads, steps, size]).name;
  const attributes = { num_heads: heads, ...(d.dice.chance(0.3) && { scale: 0.3 }) };
  if (across) {
    return { op: "DecoderMaskedMultiHeadAttention", inputs: [row(), cache(keys), cache(keys)], attributes };
  }
  const mask = maybe(
    d,
    0.5,
    () =>
      d.ints(
        Array.from({ length: batch * keys }, (_, i) => (i % keys === 0 ? 1 : d.dice.below(2))),
        "int32",
        [batch, keys],
      ),
  );
  return {
    op: "DecoderMaskedMultiHeadAttention",
    inputs: [
      row(),
      row(),
      row(),
      mask,
      maybe(d, 0.4, () => d.source([d.dice.pick([1, batch]), heads, 1, keys]).name),
      cache(most),
      cache(most),
      d.ints([past], "int32", [1]),
      undefined,
      undefined,
      maybe(d, 0.4, () => small(d, [3 * heads * size])),
    ],
    attributes: { ...attributes, past_present_share_buffer: 1 },
    outputs: 3,
  };
}
function linear(d: Draft): Wish {
  const rule = d.dice.pick(["linear", "gated", "delta", "gated_delta"]), values = d.dice.between(1, 2);
  const each = d.dice.between(1, 2),
    queries = values * each,
    size = d.dice.between(1, 4),
    wide = d.dice.between(1, 4);
  const batch = d.dice.between(1, 2),
    steps = d.dice.between(1, 4),
    row = (n: number) => d.source([batch, steps, n]).name;
  const decay = () => {
    const t = d.dice.tensor([batch, steps, values * size], "float32", "positive");
    return d.constant({ ...t, data: (t.data as Float32Array).map((v) => -v) }).name;
  };
  return {
    op: "LinearAttention",
    inputs: [
      row(queries * size),
      row(values * size),
      row(values * wide),
      maybe(d, 0.5, () => d.source([batch, values, size, wide]).name),
      rule.startsWith("gated") ? decay() : undefined,
      rule.endsWith("delta")
        ? d.constant(d.dice.tensor([batch, steps, values], "float32", "unit")).name
        : undefined,
    ],
    attributes: { q_num_heads: queries, kv_num_heads: values, update_rule: rule },
    outputs: 2,
  };
}
function causal(d: Draft): Wish {
  const batch = d.dice.between(1, 2),
    channels = d.dice.between(1, 4),
    taps = d.dice.between(2, 4),
    steps = d.dice.between(1, 5);
  return {
    op: "CausalConvWithState",
    inputs: [
      d.source([batch, channels, steps]).name,
      small(d, [channels, 1, taps]),
      maybe(d, 0.6, () => small(d, [channels])),
      maybe(d, 0.6, () => d.source([batch, channels, taps - 1]).name),
    ],
    attributes: { activation: d.dice.pick(["none", "silu"]) },
    outputs: 2,
  };
}

/** Their makers. */
export const contribLanguage: Makers = {
  DecoderMaskedMultiHeadAttention: decoderStep,
  RelativePositionBias: (d) => {
    const buckets = d.dice.pick([4, 8]), heads = d.dice.between(1, 3), steps = d.ints([d.dice.between(1, 6)]);
    return {
      op: "RelativePositionBias",
      inputs: [small(d, [buckets, heads]), steps, steps],
      attributes: { max_distance: d.dice.pick([8, 16]), is_bidirectional: d.dice.below(2) },
    };
  },
  GatedRelativePositionBias: (d) => {
    const heads = d.dice.between(1, 2),
      size = d.dice.between(1, 3),
      steps = d.dice.between(1, 4),
      batch = d.dice.between(1, 2);
    return {
      op: "GatedRelativePositionBias",
      inputs: [
        d.source([batch, steps, heads * size]).name,
        small(d, [heads * size]),
        d.source([1, heads, steps, steps]).name,
        small(d, [size, 8]),
        small(d, [8]),
        small(d, [1, heads, 1, 1]),
      ],
      attributes: { num_heads: heads },
    };
  },
  LinearAttention: linear,
  CausalConvWithState: causal,
  MRotaryEmbedding: (d) => {
    const sections = [d.dice.between(1, 2), d.dice.between(1, 2), d.dice.between(1, 2)],
      half = sections.reduce((n, s) => n + s, 0);
    const heads = d.dice.between(1, 2), batch = d.dice.between(1, 2), steps = d.dice.between(1, 3);
    const places = Array.from({ length: 3 * batch * steps }, () => d.dice.below(6));
    return {
      op: "MRotaryEmbedding",
      inputs: [
        d.source(d.dice.chance(0.5) ? [batch, steps, heads * 2 * half] : [batch, heads, steps, 2 * half])
          .name,
        d.ints(places, "int64", [3, batch, steps]),
        unit(d, [6, half]),
        unit(d, [6, half]),
      ],
      attributes: { mrope_section: sections, interleaved: d.dice.below(2), num_heads: heads },
    };
  },
};
