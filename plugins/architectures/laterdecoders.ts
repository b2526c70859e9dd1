/** KerasHub's later decoders of text: GPT-NeoX, Falcon, SmolLM3. @module */
import type { ArchitectureDef } from "../../core/network/architecture.ts";
import { inputsOf, same } from "./decoders.ts";
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

/** GPT-NeoX, Falcon, SmolLM3. */
export const laterDecoders: readonly ArchitectureDef[] = [gptNeoX, falcon, smolLM3];
