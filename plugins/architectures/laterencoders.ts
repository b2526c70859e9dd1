/** KerasHub's later encoders of text: DeBERTa V3, RoFormer V2, ESM, XLNet; and T5. @module */
import type { ArchitectureDef } from "../../core/network/architecture.ts";
import { same } from "./decoders.ts";
import { backbone, hub, keras, layerNorm, tokens } from "./kit.ts";
import { pairInputs } from "./pairs.ts";
import type { Draft, Ref } from "./draft.ts";

const deberta = backbone("DebertaV3Backbone", (h, d) => {
  const token = d.input("token_ids", [null]), mask = d.input("padding_mask", [null]);
  const size = h.number("hidden_dim"), dropout = h.number("dropout", 0.1), epsilon = 1e-7;
  let x = d.call(tokens(h, size), [token]);
  x = d.call(layerNorm("embeddings_layer_norm", epsilon), [x]);
  x = d.call(keras("Dropout", "embeddings_dropout", { rate: dropout }), [x]);
  const bucket_size = h.number("bucket_size", 256);
  const table = { hidden_dim: size, bucket_size, layer_norm_epsilon: epsilon };
  const rows = d.call(hub("RelativeEmbedding", "rel_embedding", table), [x]);
  for (let i = 0; i < h.count("num_layers"); i++) {
    const config = {
      bucket_size,
      dropout,
      activation: "gelu",
      layer_norm_epsilon: epsilon,
      ...h.pick({ ...same("num_heads", "intermediate_dim"), max_position_embeddings: "max_sequence_length" }),
    };
    const part = hub("DisentangledAttentionEncoder", `disentangled_attention_encoder_layer_${i}`, config);
    x = d.call(part, [x], { rel_embeddings: rows, padding_mask: mask });
  }
  return d.finish({ token_ids: token, padding_mask: mask }, x);
});

/** True where ids aren't padding. */
const differing = (d: Draft, token: Ref, padding: number) =>
  d.operation("NotEqual", "not_equal", [token, padding]);
const roformer = backbone("RoformerV2Backbone", (h, d) => {
  const token = d.input("token_ids", [null]), segment = d.input("segment_ids", [null]);
  const size = h.number("hidden_dim"), mask = differing(d, token, 0), dropout = h.number("dropout", 0.1);
  const segments = { input_dim: h.number("num_segments", 2), output_dim: size };
  const rows = [
    d.call(tokens(h, size), [token]),
    d.call(keras("Embedding", "segment_embedding", segments), [segment]),
  ];
  let x = d.call(keras("Add", "embeddings_add"), [rows]);
  x = d.call(hub("RoformerNorm", "embeddings_layer_norm", { epsilon: 1e-7 }), [x]);
  x = d.call(keras("Dropout", "embeddings_dropout", { rate: dropout }), [x]);
  for (let i = 0; i < h.count("num_layers"); i++) {
    const config = {
      dropout,
      ...h.pick({
        heads: "num_heads",
        intermediate_size: "intermediate_dim",
        ...same("head_size", "use_bias", "max_wavelength", "activation"),
      }),
    };
    x = d.call(hub("RoformerV2Encoder", `transformer_layer_${i}`, config), [x], { attention_mask: mask });
  }
  return d.finish({ token_ids: token, segment_ids: segment }, x);
});
const esm = backbone("ESMBackbone", (h, d) => {
  const token = d.input("token_ids", [null]), padding = h.number("pad_token_id", 0);
  const size = h.number("hidden_dim"), mask = differing(d, token, padding);
  const rotary = h.any("position_embedding_type", "rotary") === "rotary";
  const epsilon = h.number("layer_norm_eps", 1e-12), length = h.number("max_sequence_length", 1024);
  const table = { input_dim: h.number("vocabulary_size"), output_dim: size };
  let x = d.call(keras("Embedding", "token_embedding", table), [token]);
  if (!rotary) {
    const part = hub("PositionEmbedding", "position_embedding", { sequence_length: length });
    x = d.call(keras("Add", "embeddings_add"), [[x, d.call(part, [x], { start_index: padding })]]);
  }
  if (h.flag("use_pre_layer_norm", false)) x = d.call(layerNorm("emb_layer_norm", epsilon), [x]);
  for (let i = 0; i < h.count("num_layers"); i++) {
    const config = {
      use_rotary: rotary,
      use_bias: true,
      head_size: Math.floor(size / h.number("num_heads")),
      layer_norm_eps: epsilon,
      dropout: h.number("dropout", 0.1),
      ...h.pick({
        heads: "num_heads",
        intermediate_size: "intermediate_dim",
        ...same("use_bias", "max_wavelength", "activation"),
      }),
    };
    x = d.call(hub("ESMEncoder", `transformer_layer_${i}`, config), [x], { attention_mask: mask });
  }
  return d.finish({ token_ids: token }, d.call(layerNorm("output_layer_norm", epsilon), [x]));
});

const xlnet = backbone("XLNetBackbone", (h, d) => {
  const inputs = {
    token_ids: d.input("token_ids", [null]),
    padding_mask: d.input("padding_mask", [null]),
    segment_ids: d.input("segment_ids", [null]),
  };
  const size = h.number("hidden_dim"), heads = h.number("num_heads"), dropout = h.number("dropout", 0);
  const table = { vocabulary_size: h.number("vocabulary_size"), hidden_dim: size, dropout };
  h.any("kernel_initializer_range");
  let x = d.call(hub("ContentAndQueryEmbedding", "content_query_embedding", table), [inputs.token_ids]);
  const waves = { ...x, tensor: 1 };
  const masks = hub("XLNetAttentionMaskLayer", "encoder_block_attn_mask_layer", { hidden_dim: size });
  const content = d.call(masks, [inputs.padding_mask]), query = { ...content, tensor: 1 };
  const differ = d.call(hub("XLNetSegmentMatrixLayer", "encoder_block_seg_mat_layer", {}), [
    inputs.segment_ids,
  ]);
  for (let i = 0; i < h.count("num_layers"); i++) {
    const config = {
      hidden_dim: size,
      head_dim: Math.floor(size / heads),
      dropout,
      layer_norm_epsilon: 1e-12,
      ...h.pick(same("num_heads", "intermediate_dim", "activation", "bias_initializer")),
    };
    x = d.call(hub("XLNetEncoder", `xlnet_encoder_${i}`, config), [x], {
      attn_mask_content: content,
      attn_mask_query: query,
      pos_emb: waves,
      seg_mat: differ,
    });
  }
  return d.finish(inputs, d.call(keras("Dropout", "dropout", { rate: dropout }), [x]));
});
const t5 = backbone("T5Backbone", (h, d) => {
  const inputs = pairInputs(d), size = h.number("hidden_dim"), rate = h.number("dropout", 0.1);
  const epsilon = h.number("layer_norm_epsilon", 1e-6), layers = h.count("num_layers");
  const width = h.any("key_value_dim", null) ?? Math.floor(size / h.number("num_heads"));
  const table = tokens(h, size, { tie_weights: h.flag("tie_embedding_weights", true) });
  const whole = { class_name: "__slice__", config: { start: null, stop: null, step: null } };
  const wide = (name: string, mask: Ref) => d.operation("GetItem", name, [mask, [whole, null, whole]]);
  const side = (name: string, i: number) =>
    hub("T5TransformerLayer", `transformer_${name}_layer_${i}`, {
      is_decoder: name === "decoder",
      hidden_dim: size,
      key_value_dim: width,
      dropout: rate,
      activation: "relu",
      layer_norm_epsilon: epsilon,
      use_gated_activation: true,
      use_relative_attention_bias: i === 0,
      ...h.pick(same("intermediate_dim", "num_heads", "activation", "use_gated_activation")),
    });
  const dropout = (name: string, x: Ref) => d.call(keras("Dropout", name, { rate }), [x]);
  const level = (name: string, x: Ref) => d.call(hub("T5LayerNorm", name, { epsilon }), [x]);
  const mask = wide("get_item", inputs.encoder_padding_mask);
  let x = dropout("encoder_embedding_dropout", d.call(table, [inputs.encoder_token_ids]));
  let bias: Ref | null = null;
  for (let i = 0; i < layers; i++) {
    x = d.call(side("encoder", i), [x], {
      attention_mask: mask,
      position_bias: bias,
      use_causal_mask: false,
    });
    bias = { ...x, tensor: 1 };
  }
  x = dropout("encoder_output_dropout", level("encoder_output_layer_norm", x));
  const own = wide("get_item_1", inputs.decoder_padding_mask);
  let y = dropout("decoder_embedding_dropout", d.call(table, [inputs.decoder_token_ids]));
  bias = null;
  for (let i = 0; i < layers; i++) {
    y = d.call(side("decoder", i), [y], {
      attention_mask: own,
      position_bias: bias,
      encoder_hidden_states: x,
      encoder_attention_mask: mask,
      use_causal_mask: true,
    });
    bias = { ...y, tensor: 1 };
  }
  y = dropout("decoder_output_dropout", level("decoder_output_layer_norm", y));
  return d.finish(inputs, { encoder_sequence_output: x, decoder_sequence_output: y });
});

/** DeBERTa V3, RoFormer V2, ESM, XLNet, T5. */
export const laterEncoders: readonly ArchitectureDef[] = [deberta, roformer, esm, xlnet, t5];
