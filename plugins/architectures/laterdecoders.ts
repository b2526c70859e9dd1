/** KerasHub's later decoders of text: GPT-NeoX, Falcon, SmolLM3, RWKV 7, Qwen 3.5. @module */
import type { ArchitectureDef } from "../../core/network/architecture.ts";
import { UnsupportedError } from "../../core/values/errors.ts";
import { inputsOf, same } from "./decoders.ts";
import type { Ref } from "./draft.ts";
import { backbone, geluByTanh, hub, keras, layerNorm, tokens } from "./kit.ts";

const gptNeoX = backbone("GPTNeoXBackbone", (h, d) => {
  const inputs = inputsOf(d),
    epsilon = h.number("layer_norm_epsilon", 1e-5),
    dropout = h.number("dropout", 0);
  let x = d.call(tokens(h, h.number("hidden_dim")), [inputs.token_ids]);
  x = d.call(keras("Dropout", "embeddings_dropout", { rate: dropout }), [x]);
  for (let i = 0; i < h.count("num_layers"); i++) {
    const config = {
      dropout,
      layer_norm_epsilon: epsilon,
      activation: geluByTanh,
      ...h.pick(same(
        ...["intermediate_dim", "num_heads", "max_sequence_length"],
        ...["rotary_percentage", "rotary_max_wavelength"],
      )),
    };
    const part = hub("GPTNeoXDecoder", `transformer_layer_${i}`, config);
    x = d.call(part, [x], { decoder_padding_mask: inputs.padding_mask });
  }
  return d.finish(inputs, d.call(layerNorm("layer_norm", epsilon), [x]));
});
const falcon = backbone("FalconBackbone", (h, d) => {
  const inputs = inputsOf(d);
  let x = d.call(tokens(h, h.number("hidden_dim")), [inputs.token_ids]);
  for (let i = 0; i < h.count("num_layers"); i++) {
    const config = h.pick(same(
      ...["num_attention_heads", "intermediate_dim"],
      ...["attention_dropout_rate", "feedforward_dropout_rate"],
    ));
    const part = hub("FalconTransformerDecoder", `transformer_layer_${i}`, config);
    x = d.call(part, [], { inputs: x, decoder_padding_mask: inputs.padding_mask });
  }
  const epsilon = h.number("layer_norm_epsilon", 1e-5);
  return d.finish(inputs, d.call(layerNorm("final_layernorm", epsilon), [x]));
});
const smolLM3 = backbone("SmolLM3Backbone", (h, d) => {
  const inputs = inputsOf(d);
  let x = d.call(tokens(h, h.number("hidden_dim")), [inputs.token_ids]);
  for (let i = 0; i < h.count("num_layers"); i++) {
    const config = {
      layer_idx: i,
      ...h.pick({
        hidden_size: "hidden_dim",
        intermediate_size: "intermediate_dim",
        ...same("num_attention_heads", "num_key_value_heads", "attention_bias", "attention_dropout"),
        ...same("rope_layer_enabled_list", "layer_types", "mlp_bias", "layer_norm_epsilon"),
        ...same("max_position_embeddings", "rope_theta", "partial_rotary_factor"),
      }),
    };
    const part = hub("SmolLM3DecoderLayer", `transformer_layer_${i}`, config);
    x = d.call(part, [x], { decoder_padding_mask: inputs.padding_mask });
  }
  const last = keras("RMSNormalization", "sequence_output_layernorm", {
    epsilon: h.number("layer_norm_epsilon"),
  });
  return d.finish(inputs, d.call(last, [x]));
});

const rwkv7 = backbone("RWKV7Backbone", (h, d) => {
  const inputs = inputsOf(d), size = h.number("hidden_size"), count = h.number("vocabulary_size");
  const table = keras("Embedding", "token_embedding", { input_dim: count, output_dim: size });
  let x = d.call(table, [inputs.token_ids]), values: Ref | null = null;
  const cast = { type: "Cast", name: "cast", config: { dtype: "float32" }, module: "keras.src.ops.core" };
  const mask = d.call(cast, [inputs.padding_mask]), rate = h.number("dropout_rate", 0);
  for (let i = 0; i < h.count("num_layers"); i++) {
    const config = {
      use_initial_norm: i === 0,
      ...h.pick(same(
        ...["hidden_size", "head_size", "intermediate_dim"],
        ...["gate_lora", "mv_lora", "aaa_lora", "decay_lora"],
      )),
    };
    const block: Ref = d.call(hub("RWKV7_Block", `rwkv_layer_${i}`, config), [x, values, mask]);
    values = { ...block, tensor: 1 };
    x = d.call(keras("Dropout", "dropout", { rate }), [block]);
  }
  x = d.call(layerNorm("output_norm", 1e-5), [x]);
  return d.finish(inputs, d.call(keras("Dense", "head", { units: count, use_bias: false }), [x]));
});
/** Qwen 3.5, whose layers are recurrences but for every fourth. */
function qwen35(kind: string, more: Readonly<Record<string, string>>): ArchitectureDef {
  return backbone(`${kind}Backbone`, (h, d) => {
    const inputs = inputsOf(d),
      epsilon = h.number("layer_norm_epsilon", 1e-6),
      types = h.any("layer_types", null);
    if (h.any("vision_encoder", null) !== null) {
      throw new UnsupportedError(`${kind}Backbone.vision_encoder: only models of text alone are supported`);
    }
    const tie_weights = h.flag("tie_word_embeddings", false);
    let x = d.call(tokens(h, h.number("hidden_dim"), { tie_weights }), [inputs.token_ids]);
    for (let i = 0; i < h.count("num_layers"); i++) {
      const usual = (i + 1) % 4 === 0 ? "full_attention" : "linear_attention";
      const config = {
        layer_type: Array.isArray(types) ? types[i] : usual,
        layer_norm_epsilon: epsilon,
        sliding_window_size: 32768,
        ...h.pick({
          ...more,
          ...same("num_query_heads", "num_key_value_heads", "head_dim", "partial_rotary_factor", "dropout"),
          ...same("rope_max_wavelength", "rope_scaling_factor", "sliding_window_size", "mrope_section"),
          ...same("linear_num_key_heads", "linear_num_value_heads", "linear_conv_kernel_dim"),
          ...same("linear_key_head_dim", "linear_value_head_dim"),
        }),
      };
      const part = hub(`${kind}TransformerDecoder`, `transformer_layer_${i}`, config);
      x = d.call(part, [x], { decoder_padding_mask: inputs.padding_mask });
    }
    return d.finish(inputs, d.call(hub("Qwen3_5LayerNorm", "sequence_output_layernorm", { epsilon }), [x]));
  });
}

/** GPT-NeoX, Falcon, SmolLM3, RWKV 7, Qwen 3.5. */
export const laterDecoders: readonly ArchitectureDef[] = [
  gptNeoX,
  falcon,
  smolLM3,
  rwkv7,
  qwen35("Qwen3_5", same("intermediate_dim")),
  qwen35(
    "Qwen3_5Moe",
    same(
      ...["num_experts", "top_k", "moe_intermediate_dim"],
      ...["shared_expert_intermediate_size", "router_aux_loss_coefficient"],
    ),
  ),
];
