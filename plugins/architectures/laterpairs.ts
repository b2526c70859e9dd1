/** KerasHub's later encoders with decoders: T5, T5Gemma, EdRec. @module */
import type { ArchitectureDef } from "../../core/network/architecture.ts";
import { UnsupportedError } from "../../core/values/errors.ts";
import { same } from "./decoders.ts";
import type { DraftLayer, Ref } from "./draft.ts";
import { backbone, hub, type Hyperparameters, keras, scaled, tokens } from "./kit.ts";
import { pairInputs } from "./pairs.ts";

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

/** Refuses an encoder of images. @throws {UnsupportedError} */
function textAlone(h: Hyperparameters, name: string): void {
  if (h.any("vision_encoder", null) === null) return;
  throw new UnsupportedError(`${name}.vision_encoder: only models of text alone are supported`);
}
/** T5Gemma, whose generations differ in their layers and frequencies. */
function t5Gemma(name: string, second: boolean): ArchitectureDef {
  return backbone(name, (h, d) => {
    const inputs = pairInputs(d),
      epsilon = h.number("rms_norm_eps", 1e-6),
      rate = h.number("dropout_rate", 0);
    const size = (side: string) => h.number(`${side}_hidden_dim`),
      wave = h.number("rope_max_wavelength", 1e4);
    const tied = h.flag("tie_word_embeddings", true), count = h.number("vocabulary_size");
    for (const key of ["initializer_range", "final_logit_softcapping"]) h.any(key);
    if (second) {
      textAlone(h, name);
      h.any("eoi_token_index");
    }
    const factor = second ? h.number("global_rope_scaling_factor", 1) : 1;
    const encoderWave = second ? h.any("encoder_rope_max_wavelength", null) ?? wave : wave;
    const encoderFactor = second ? h.any("encoder_global_rope_scaling_factor", null) ?? factor : 1;
    const typeOf = (side: string, i: number) => {
      const types = h.any(`${side}_layer_types`);
      return Array.isArray(types) ? types[i] : undefined;
    };
    const layer = (side: "encoder" | "decoder", i: number): DraftLayer => {
      const type = typeOf(side, i), slides = type === "sliding_attention", encodes = side === "encoder";
      const config = {
        dropout_rate: rate,
        rms_norm_eps: epsilon,
        layer_type: type,
        ...h.pick({
          ...same("query_pre_attn_scalar", "attention_bias", "hidden_activation", "attention_dropout"),
          ...same("sliding_window", "cross_attention_hidden_size"),
          attn_logit_softcapping: "attn_logit_softcapping",
          hidden_size: `${side}_hidden_dim`,
          intermediate_size: `${side}_intermediate_dim`,
          num_attention_heads: `${side}_num_attention_heads`,
          num_key_value_heads: `${side}_num_key_value_heads`,
          head_dim: `${side}_head_dim`,
        }),
        rope_max_wavelength: second && !slides ? 1e6 : encodes ? encoderWave : wave,
        ...(second && {
          rope_scaling_factor: slides ? 1 : encodes ? encoderFactor : factor,
          use_query_key_norm: h.flag("use_query_key_norm", true),
        }),
      };
      const kind = `${name.replace("Backbone", "")}${encodes ? "Encoder" : "Decoder"}Layer`;
      return hub(kind, `${side}_layer_${i}`, config);
    };
    const dropout = (name: string, x: Ref) => d.call(keras("Dropout", name, { rate }), [x]);
    const level = (name: string, x: Ref) => d.call(hub("RMSNormalization", name, { epsilon }), [x]);
    const rows = keras("Embedding", "encoder_token_embedding", {
      input_dim: count,
      output_dim: size("encoder"),
    });
    const table = keras("ReversibleEmbedding", "decoder_token_embedding", {
      input_dim: count,
      output_dim: size("decoder"),
      tie_weights: tied,
    });
    let x = scaled(d, d.call(rows, [inputs.encoder_token_ids]), size("encoder"), "multiply");
    x = dropout("dropout", x);
    for (let i = 0; i < h.count("encoder_num_layers"); i++) {
      x = d.call(layer("encoder", i), [x], { padding_mask: inputs.encoder_padding_mask });
    }
    x = dropout("dropout", level("rms_normalization", x));
    let y = scaled(d, d.call(table, [inputs.decoder_token_ids]), size("decoder"), "multiply_1");
    y = dropout("dropout_1", y);
    for (let i = 0; i < h.count("decoder_num_layers"); i++) {
      y = d.call(layer("decoder", i), [[y, x]], {
        self_attention_padding_mask: inputs.decoder_padding_mask,
        cross_attention_padding_mask: inputs.encoder_padding_mask,
      });
    }
    y = dropout("dropout_1", level("rms_normalization_1", y));
    return d.finish(inputs, { encoder_sequence_output: x, decoder_sequence_output: y });
  });
}
const edRec = backbone("EdRecBackbone", (h, d) => {
  const inputs = pairInputs(d, "bool"), size = h.number("hidden_dim");
  const table = keras("Embedding", "embedding", { input_dim: h.number("vocab_size"), output_dim: size });
  const config = {
    hidden_dim: size,
    ...h.pick({ ...same("num_heads", "intermediate_dim", "epsilon"), dropout_rate: "dropout" }),
  };
  let x = d.call(table, [inputs.encoder_token_ids]);
  for (let i = 0; i < h.count("num_layers_enc"); i++) {
    const part = hub("EdRecEncoderBlock", `encoder_layer_${i}`, config);
    x = d.call(part, [x], { padding_mask: inputs.encoder_padding_mask });
  }
  let y = d.call(table, [inputs.decoder_token_ids]);
  for (let i = 0; i < h.count("num_layers_dec"); i++) {
    y = d.call(hub("EdRecDecoderBlock", `decoder_layer_${i}`, config), [y], {
      encoder_outputs: x,
      decoder_padding_mask: inputs.decoder_padding_mask,
      encoder_padding_mask: inputs.encoder_padding_mask,
    });
  }
  return d.finish(inputs, { encoder_sequence_output: x, decoder_sequence_output: y });
});

/** T5, T5Gemma 1 and 2, EdRec. */
export const laterPairs: readonly ArchitectureDef[] = [
  t5,
  t5Gemma("T5GemmaBackbone", false),
  t5Gemma("T5Gemma2Backbone", true),
  edRec,
];
