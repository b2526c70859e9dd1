/** KerasHub's decoders of text: GPT-2, OPT, Bloom, Llama and its kin, Gemma. @module */
import type { ArchitectureDef } from "../../core/network/architecture.ts";
import { UnsupportedError } from "../../core/values/errors.ts";
import { backbone, geluByTanh, hub, type Hyperparameters, keras, layerNorm, scaled, tokens } from "./kit.ts";
import type { Draft, DraftLayer, Ref } from "./draft.ts";

/** Ids and their mask. */
export interface Inputs extends Readonly<Record<string, Ref>> {
  /** Ids, `[batch, steps]`. */
  readonly token_ids: Ref;
  /** 1 for what is real, `[batch, steps]`. */
  readonly padding_mask: Ref;
}
/** Those as inputs. */
export function inputsOf(d: Draft): Inputs {
  return { token_ids: d.input("token_ids", [null]), padding_mask: d.input("padding_mask", [null]) };
}
function decoder(h: Hyperparameters, name: string, activation: unknown): DraftLayer {
  return hub("TransformerDecoder", name, {
    num_heads: h.number("num_heads"),
    intermediate_dim: h.number("intermediate_dim"),
    dropout: h.number("dropout", 0.1),
    activation,
    layer_norm_epsilon: 1e-5,
    normalize_first: true,
  });
}
const gpt2 = backbone("GPT2Backbone", (h, d) => {
  const inputs = inputsOf(d), rows = d.call(tokens(h, h.number("hidden_dim")), [inputs.token_ids]);
  const length = { sequence_length: h.number("max_sequence_length", 1024) };
  const positions = d.call(hub("PositionEmbedding", "position_embedding", length), [rows]);
  let x = d.call(keras("Add", "embeddings_add"), [[rows, positions]]);
  x = d.call(keras("Dropout", "embeddings_dropout", { rate: h.number("dropout", 0.1) }), [x]);
  for (let i = 0; i < h.count("num_layers"); i++) {
    const part = decoder(h, `transformer_layer_${i}`, geluByTanh);
    x = d.call(part, [x], { decoder_padding_mask: inputs.padding_mask });
  }
  return d.finish(inputs, d.call(layerNorm("layer_norm", 1e-5), [x]));
});
const opt = backbone("OPTBackbone", (h, d) => {
  const inputs = inputsOf(d);
  const embedding = {
    vocabulary_size: h.number("vocabulary_size"),
    sequence_length: h.number("max_sequence_length", 2048),
    embedding_dim: h.number("hidden_dim"),
  };
  let x = d.call(hub("TokenAndPositionEmbedding", "embeddings", embedding), [inputs.token_ids]);
  for (let i = 0; i < h.count("num_layers"); i++) {
    const part = decoder(h, `transformer_layer_${i}`, "relu");
    x = d.call(part, [x], { decoder_padding_mask: inputs.padding_mask });
  }
  return d.finish(inputs, d.call(layerNorm("layer_norm", 1e-5), [x]));
});
const bloom = backbone("BloomBackbone", (h, d) => {
  const inputs = inputsOf(d), epsilon = h.number("layer_norm_epsilon", 1e-5);
  let x = d.call(tokens(h, h.number("hidden_dim")), [inputs.token_ids]);
  x = d.call(layerNorm("embedding_layernorm", epsilon), [x]);
  for (let i = 0; i < h.count("num_layers"); i++) {
    const config = {
      num_heads: h.number("num_heads"),
      intermediate_dim: h.number("intermediate_dim"),
      dropout: h.number("dropout", 0),
      layer_norm_epsilon: epsilon,
    };
    const part = hub("BloomDecoder", `transformer_layer_${i}`, config);
    x = d.call(part, [x], { decoder_padding_mask: inputs.padding_mask });
  }
  return d.finish(inputs, d.call(layerNorm("final_layernorm", epsilon), [x]));
});

/** Hyperparameters that a layer has under the same names. */
export function same(...keys: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(keys.map((key) => [key, key]));
}
/** What Llama and its kin hand to every layer. */
const usual = same(
  ...["intermediate_dim", "num_query_heads", "num_key_value_heads"],
  ...["rope_max_wavelength", "layer_norm_epsilon", "dropout"],
);
/**
 * Llama's kind: a table of tokens, decoders' layers, one more normalization. `tied` says whether the table is that of
 * the logits where the file doesn't; null where it never is. `own` gives what differs from layer to layer.
 */
export function llama(
  name: string,
  layer: string,
  last: string,
  more: Readonly<Record<string, string>>,
  tied: boolean | null,
  own: (h: Hyperparameters, i: number) => Readonly<Record<string, unknown>> = () => ({}),
): ArchitectureDef {
  return backbone(name, (h, d) => {
    const inputs = inputsOf(d), epsilon = h.number("layer_norm_epsilon", 1e-6);
    const tie_weights = tied === null ? false : h.flag("tie_word_embeddings", tied);
    let x = d.call(tokens(h, h.number("hidden_dim"), { tie_weights }), [inputs.token_ids]);
    for (let i = 0; i < h.count("num_layers"); i++) {
      const config = { layer_norm_epsilon: epsilon, ...h.pick(usual), ...h.pick(more), ...own(h, i) };
      const part = hub(layer, `transformer_layer_${i}`, config);
      x = d.call(part, [x], { decoder_padding_mask: inputs.padding_mask });
    }
    return d.finish(inputs, d.call(hub(last, "sequence_output_layernorm", { epsilon }), [x]));
  });
}
const llamaFields = same(
  ...["rope_position_scaling_factor", "rope_frequency_adjustment_factor", "rope_low_freq_factor"],
  ...["rope_high_freq_factor", "rope_pretraining_sequence_length"],
);

const gemma = backbone("GemmaBackbone", (h, d) => {
  const inputs = inputsOf(d),
    size = h.number("hidden_dim"),
    slides = h.flag("use_sliding_window_attention", false);
  const cap = h.any("final_logit_soft_cap", null);
  let x = scaled(d, d.call(tokens(h, size, { logit_soft_cap: cap }), [inputs.token_ids]), size);
  for (let i = 0; i < h.count("num_layers"); i++) {
    const config = {
      hidden_dim: size,
      ...h.pick({
        ...same("intermediate_dim", "num_query_heads", "num_key_value_heads", "head_dim", "dropout"),
        ...same("query_head_dim_normalize", "use_post_ffw_norm", "use_post_attention_norm"),
        ...same("sliding_window_size"),
        logit_soft_cap: "attention_logit_soft_cap",
      }),
      use_sliding_window_attention: slides && i % 2 === 0,
    };
    const part = hub("GemmaDecoderBlock", `decoder_block_${i}`, config);
    x = d.call(part, [x], { padding_mask: inputs.padding_mask });
  }
  const epsilon = h.number("layer_norm_epsilon", 1e-6);
  return d.finish(inputs, d.call(hub("RMSNormalization", "final_normalization", { epsilon }), [x]));
});

const gemma3 = backbone("Gemma3Backbone", (h, d) => {
  const inputs = inputsOf(d), size = h.number("hidden_dim");
  if (h.any("vision_encoder", null) !== null) {
    throw new UnsupportedError("Gemma3Backbone.vision_encoder: only models of text alone are supported");
  }
  h.any("image_size");
  const table = tokens(h, size, { logit_soft_cap: h.any("final_logit_soft_cap", null) });
  let x = scaled(d, d.call(table, [inputs.token_ids]), size);
  const slides = h.flag("use_sliding_window_attention", false);
  const local = h.number("local_rope_scaling_factor", 1), global = h.number("global_rope_scaling_factor", 1);
  for (let i = 0; i < h.count("num_layers"); i++) {
    const near = slides && i % 6 < 5;
    const config = {
      use_query_key_norm: true,
      sliding_window_size: 1024,
      ...h.pick({
        ...same("hidden_dim", "intermediate_dim", "num_query_heads", "num_key_value_heads", "head_dim"),
        ...same("query_head_dim_normalize", "use_query_key_norm", "use_post_ffw_norm", "dropout"),
        ...same("use_post_attention_norm", "use_bidirectional_attention", "sliding_window_size"),
        logit_soft_cap: "attention_logit_soft_cap",
      }),
      gate_dim_reduction: 1,
      use_sliding_window_attention: near,
      rope_wavelength: near ? 1e4 : 1e6,
      rope_scaling_factor: near ? local : global,
    };
    const part = hub("Gemma3DecoderBlock", `decoder_block_${i}`, config);
    x = d.call(part, [x], { padding_mask: inputs.padding_mask });
  }
  const epsilon = h.number("layer_norm_epsilon", 1e-6);
  x = d.call(hub("RMSNormalization", "final_normalization", { epsilon }), [x]);
  const units = h.any("pooling_intermediate_dim", null), features = h.any("embedding_dim", null);
  if (!h.flag("is_embedding_model", false)) return d.finish(inputs, x);
  const mean = hub("Gemma3MeanPooling", "mean_pooling", {});
  let y = d.call(mean, [x], { padding_mask: inputs.padding_mask });
  y = d.call(keras("Dense", "pooling_dense_1", { units, use_bias: false }), [y]);
  y = d.call(keras("Dense", "embedding_projection", { units: features, use_bias: false }), [y]);
  y = d.call(keras("UnitNormalization", "unit_normalization", { axis: -1 }), [y]);
  return d.finish(inputs, { sequence_output: x, pooled_output: y });
});

/** GPT-2, OPT, Bloom, Llama 2 and 3, Mistral, Qwen 2 and 3, Phi 3, Gemma 1 to 3. */
export const decoders: readonly ArchitectureDef[] = [
  gpt2,
  opt,
  bloom,
  llama("LlamaBackbone", "LlamaTransformerDecoder", "LlamaLayerNorm", llamaFields, false),
  llama("Llama3Backbone", "LlamaTransformerDecoder", "LlamaLayerNorm", llamaFields, false),
  llama(
    "MistralBackbone",
    "MistralTransformerDecoder",
    "MistralLayerNormalization",
    same("rope_scaling_factor", "sliding_window", "head_dim"),
    null,
  ),
  llama(
    "QwenBackbone",
    "QwenTransformerDecoder",
    "QwenLayerNorm",
    same("rope_scaling_factor", "use_sliding_window_attention", "sliding_window_size"),
    true,
  ),
  llama(
    "Qwen3Backbone",
    "Qwen3TransformerDecoder",
    "Qwen3LayerNorm",
    same("rope_scaling_factor", "head_dim", "sliding_window_size"),
    true,
  ),
  llama("Phi3Backbone", "Phi3Decoder", "Phi3LayerNorm", {
    hidden_dim: "hidden_dim",
    ...same("max_sequence_length", "pretraining_sequence_length", "rope_scaling_type"),
    ...same("rope_scaling_short_factor", "rope_scaling_long_factor"),
  }, null),
  gemma,
  gemma3,
];
