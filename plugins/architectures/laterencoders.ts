/** KerasHub's later encoders of text: DeBERTa V3, RoFormer V2, ESM, XLNet. @module */
import type { ArchitectureDef } from "../../core/network/architecture.ts";
import { same } from "./decoders.ts";
import { backbone, hub, keras, layerNorm, listed, tokens } from "./kit.ts";
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
    x = d.call(hub("XLNetEncoder", `xlnet_encoder_${i}`, config), [], {
      output_content: x,
      attn_mask_content: content,
      attn_mask_query: query,
      pos_emb: waves,
      seg_mat: differ,
    });
  }
  return d.finish(inputs, d.call(keras("Dropout", "dropout", { rate: dropout }), [x]));
});
/** DeBERTa V3, RoFormer V2, ESM, XLNet. */
export const laterEncoders: readonly ArchitectureDef[] = [deberta, roformer, listed(esm, "alone"), xlnet];
