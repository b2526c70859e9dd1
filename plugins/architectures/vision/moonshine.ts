/** KerasHub's Moonshine (Jeffries et al. 2024): sound as samples to text. @module */
import type { ArchitectureDef } from "../../../core/network/architecture.ts";
import { type Argument, Draft, type Ref } from "../draft.ts";
import { backbone, type Hyperparameters, keras } from "../kit.ts";
import { some } from "./dino.ts";
import { inList, Net } from "./kit.ts";

const slice = (start: number | null, stop: number | null) => ({
  class_name: "__slice__",
  config: { start, stop, step: null },
});
const all = slice(null, null);
/** 0, 1, … along the steps of `[batch, steps]`. */
function places(n: Net, name: string, x: Ref): Ref {
  const row = n.operation("GetItem", `${name}_row`, [x, [0]]);
  const ones = n.operation("OnesLike", `${name}_ones`, [
    n.operation("Cast", `${name}_cast`, [row], { dtype: "float32" }, {}, "core"),
  ]);
  return n.operation("Subtract", name, [n.operation("Cumsum", `${name}_sum`, [ones], { axis: 0 }), 1]);
}
interface Attention {
  readonly path: string;
  readonly heads: number;
  readonly size: number;
  readonly bias: boolean;
  readonly mask: Ref;
  readonly angles?: Ref;
  readonly turned: number;
}
/** Attention by heads of such a size, the first features of each turned by their steps. */
function attention(n: Net, query: Ref, over: Ref, c: Attention): Ref {
  const { path, heads, size } = c, dim = n.channels(query);
  const project = (kind: string, x: Ref) => {
    const config = {
      equation: "abc,cde->abde",
      output_shape: [null, heads, size],
      bias_axes: c.bias ? "de" : null,
    };
    return n.d.call(keras("EinsumDense", `${path}/${kind}_dense`, config), [x]);
  };
  const rotated = (kind: string, x: Ref) => {
    if (!c.angles) return x;
    const cut = (name: string, from: number | null, to: number | null) =>
      n.operation("GetItem", `${path}/${kind}_${name}`, [x, [all, all, all, slice(from, to)]]);
    const first = cut("turned", null, c.turned), own = `${path}/${kind}`;
    const pairs = n.d.call(keras("Reshape", `${own}_pairs`, { target_shape: [-1, heads, c.turned / 2, 2] }), [
      first,
    ]);
    const half = (i: number) =>
      n.operation("GetItem", `${own}_half_${i}`, [pairs, [all, all, all, all, slice(i, i + 1)]]);
    const negative = n.operation("Negative", `${own}_negative`, [half(1)]);
    const swapped = n.operation("Concatenate", `${own}_swapped`, [[negative, half(0)]], { axis: -1 });
    const flat = n.d.call(keras("Reshape", `${own}_flat`, { target_shape: [-1, heads, c.turned] }), [
      swapped,
    ]);
    const wave = (type: string) => n.operation(type, `${own}_${type}`, [c.angles ?? x]);
    const moved = n.operation("Add", `${own}_moved`, [
      n.operation("Multiply", `${own}_by_cos`, [first, wave("Cos")]),
      n.operation("Multiply", `${own}_by_sin`, [flat, wave("Sin")]),
    ]);
    if (c.turned === size) return moved;
    return n.operation("Concatenate", `${own}_joined`, [[moved, cut("kept", c.turned, null)]], { axis: -1 });
  };
  const by = (name: string, x: Ref, axes: readonly number[]) =>
    n.operation("Transpose", `${path}/${name}`, [x], { axes });
  const left = by("query_t", rotated("query", project("query", query)), [0, 2, 1, 3]);
  const right = by("key_t", rotated("key", project("key", over)), [0, 2, 3, 1]);
  const scores = n.operation("Multiply", `${path}/scores`, [
    n.operation("Matmul", `${path}/products`, [left, right]),
    size ** -0.5,
  ]);
  const masked = n.operation("Where", `${path}/masked`, [c.mask, scores, -1e30]);
  const weights = n.operation("Softmax", `${path}/weights`, [masked], { axis: -1 }, {}, "nn");
  const mixed = n.operation("Matmul", `${path}/mixed`, [
    weights,
    by("value_t", project("value", over), [0, 2, 1, 3]),
  ]);
  const back = by("mixed_t", mixed, [0, 2, 1, 3]);
  const config = { equation: "abcd,cde->abe", output_shape: [null, dim], bias_axes: c.bias ? "e" : null };
  return n.with(n.d.call(keras("EinsumDense", `${path}/output_dense`, config), [back]), dim);
}
/** The part behind the attention. */
function forward(n: Net, path: string, x: Ref, units: number, gated: boolean): Ref {
  const dim = n.channels(x), wide = n.dense(`${path}/dense_1`, x, gated ? 2 * units : units);
  if (!gated) return n.dense(`${path}/dense_2`, n.act(`${path}/activation`, wide, "gelu"), dim);
  const split = n.operation("Split", `${path}/split`, [wide], { indices_or_sections: 2, axis: -1 });
  const gate = n.act(`${path}/activation`, n.with({ ...split, tensor: 1 }, units), "silu");
  return n.dense(`${path}/dense_2`, n.both("Multiply", `${path}/gated`, gate, split), dim);
}
/** Angles of every step by the rates that a layer keeps, `[steps, 1, turned features]`. */
function angles(n: Net, index: number, at: Ref, beside: Ref, turned: number): Ref {
  const own = inList("layers", "MoonshineRotaryEmbedding", index), name = `rotary_${index}`;
  const [rates] = n.variables(own, beside, [{ shape: [turned / 2], kept: true }]);
  const column = n.operation("Reshape", `${name}_column`, [at], { newshape: [-1, 1, 1] });
  const products = n.operation("Multiply", `${name}_products`, [column, rates ?? at]);
  return n.operation("Repeat", `${name}_angles`, [products], { repeats: 2, axis: -1 });
}
/** Samples of a convolution's output for so many in. */
function lengths(n: Net, mask: Ref): Ref {
  let x = n.operation("Sum", "lengths", [
    n.operation("Cast", "lengths_cast", [mask], { dtype: "float32" }, {}, "core"),
  ], { axis: 1 });
  [[127, 64], [7, 3], [3, 2]].forEach(([size = 1, stride = 1], i) => {
    const steps = n.operation("TrueDivide", `lengths_steps_${i}`, [
      n.operation("Subtract", `lengths_less_${i}`, [x, size]),
      stride,
    ]);
    x = n.operation("Add", `lengths_${i}`, [n.operation("Floor", `lengths_floor_${i}`, [steps]), 1]);
  });
  return n.operation("Maximum", "lengths_least", [x, 0]);
}
/** Moonshine. */
export const moonshine: ArchitectureDef = backbone("MoonshineBackbone", (h: Hyperparameters) => {
  const d = new Draft(h.common(), ""),
    n = new Net(d),
    dim = h.number("hidden_dim"),
    filters = h.number("filter_dim");
  ["intermediate_dim", "max_position_embeddings", "initializer_range", "rope_theta"].forEach((key) =>
    h.any(key)
  );
  const inputs = {
    encoder_input_values: n.input("encoder_input_values", [null, 1]),
    encoder_padding_mask: d.input("encoder_padding_mask", [null]),
    decoder_token_ids: d.input("decoder_token_ids", [null]),
    decoder_padding_mask: d.input("decoder_padding_mask", [null]),
  };
  const bias = h.flag("attention_bias", false),
    times = h.number("feedforward_expansion_factor", 4),
    rate = h.number("dropout", 0);
  const multiple = h.any("pad_head_dim_to_multiple_of", null);
  h.any("attention_dropout");
  const share = h.number("partial_rotary_factor", 0.62);
  const sized = (heads: number) => {
    const own = Math.floor(dim / heads), step = typeof multiple === "number" ? multiple : 1;
    const size = Math.ceil(own / step) * step;
    return { heads, size, turned: Math.floor(Math.trunc(size * share) / 2) * 2, bias };
  };
  const conv = (i: number, x: Ref, count: number, kernel_size: number, strides: number) => {
    const config = { filters: count, kernel_size, strides, padding: "valid", use_bias: i > 0 };
    return n.with(d.call(keras("Conv1D", inList("layers", "Conv1D", i), config), [x]), count);
  };
  let x = n.act("tanh_after_conv1", conv(0, inputs.encoder_input_values, filters, 127, 64), "tanh");
  x = n.layer("GroupNormalization", "layers/group_normalization", x, { groups: 1, axis: -1, epsilon: 1e-5 });
  x = n.act("gelu_after_conv2", conv(1, x, 2 * filters, 7, 3), "gelu");
  x = n.act("gelu_after_conv3", conv(2, x, filters, 3, 2), "gelu");
  const level = (name: string, y: Ref) =>
    n.layer("LayerNormalization", name, y, { axis: -1, epsilon: 1e-5, center: false, scale: true });
  const flat = n.operation("GetItem", "encoder_steps", [x, [all, all, 0]]),
    at = places(n, "encoder_places", flat);
  const column = n.operation("Reshape", "length_column", [lengths(n, inputs.encoder_padding_mask)], {
    newshape: [-1, 1],
  });
  const known = n.operation("Less", "encoder_attention_mask", [
    n.operation("Add", "encoder_all", [n.operation("ZerosLike", "encoder_zeros", [flat]), at]),
    column,
  ]);
  const wide = (name: string, y: Ref, axes: Argument) => n.operation("GetItem", name, [y, axes]);
  const overKeys = wide("encoder_keys", known, [all, null, null, all]),
    encoder = sized(h.number("encoder_num_heads"));
  const turned = angles(n, 0, at, x, encoder.turned);
  x = n.drop("encoder_dropout", x, rate);
  for (let i = 0; i < h.count("encoder_num_layers"); i++) {
    const path = inList("layers", "MoonshineEncoderBlock", i),
      even = level(`${path}/self_attention_layer_norm`, x);
    const part = { ...encoder, path: `${path}/self_attention_layer`, mask: overKeys, angles: turned };
    x = n.add(`${path}/add_1`, [attention(n, even, even, part), x]);
    const gated = h.flag("encoder_use_swiglu_activation", false);
    x = n.add(`${path}/add_2`, [
      forward(
        n,
        `${path}/feedforward`,
        level(`${path}/feedforward_layer_norm`, x),
        Math.trunc(dim * times),
        gated,
      ),
      x,
    ]);
  }
  const encoded = level("layers/layer_normalization", x), decoder = sized(h.number("decoder_num_heads"));
  const table = keras("ReversibleEmbedding", "layers/reversible_embedding", {
    input_dim: h.number("vocabulary_size"),
    output_dim: dim,
  });
  let y = n.with(d.call(table, [inputs.decoder_token_ids]), dim);
  const when = places(n, "decoder_places", inputs.decoder_token_ids),
    moved = angles(n, 1, when, y, decoder.turned);
  const causal = n.operation("GreaterEqual", "causal", [
    n.operation("Reshape", "causal_queries", [when], { newshape: [-1, 1] }),
    n.operation("Reshape", "causal_keys", [when], { newshape: [1, -1] }),
  ]);
  const padding = n.operation(
    "Cast",
    "decoder_mask",
    [inputs.decoder_padding_mask],
    { dtype: "bool" },
    {},
    "core",
  );
  const mask = n.operation("LogicalAnd", "decoder_masks", [
    wide("decoder_keys", padding, [all, null, null, all]),
    causal,
  ]);
  y = n.drop("decoder_dropout", y, rate);
  for (let i = 0; i < h.count("decoder_num_layers"); i++) {
    const path = inList("layers", "MoonshineDecoderBlock", i), even = level(`${path}/norm1`, y);
    y = n.add(`${path}/add_1`, [
      attention(n, even, even, { ...decoder, path: `${path}/self_attention`, mask, angles: moved }),
      y,
    ]);
    const crossed = { ...decoder, path: `${path}/cross_attention`, mask: overKeys };
    y = n.add(`${path}/add_2`, [attention(n, level(`${path}/norm2`, y), encoded, crossed), y]);
    const gated = h.flag("decoder_use_swiglu_activation", true);
    y = n.add(`${path}/add_3`, [
      forward(n, `${path}/ff`, level(`${path}/norm3`, y), Math.trunc(dim * times), gated),
      y,
    ]);
  }
  const decoded = level("layers/layer_normalization_1", y);
  return d.finish(inputs, {
    encoder_sequence_output: some([encoded], 0),
    decoder_sequence_output: decoded,
    encoder_attention_mask: known,
  });
});
