/** KerasHub's encoders with decoders: BART and Whisper; and ViT. @module */
import type { ArchitectureDef } from "../../core/network/architecture.ts";
import { UnsupportedError } from "../../core/values/errors.ts";
import type { Draft, DraftLayer, Ref } from "./draft.ts";
import { backbone, hub, type Hyperparameters, keras, layerNorm, listed, tokens } from "./kit.ts";

function transformer(
  h: Hyperparameters,
  type: string,
  name: string,
  dropout: number,
  more: Readonly<Record<string, unknown>> = {},
): DraftLayer {
  return hub(type, name, {
    num_heads: h.number("num_heads"),
    intermediate_dim: h.number("intermediate_dim"),
    dropout: h.number("dropout", dropout),
    activation: "gelu",
    layer_norm_epsilon: 1e-5,
    ...more,
  });
}
/** Ids and masks of an encoder and a decoder. */
export type PairInputs = Readonly<Record<`${"encoder" | "decoder"}_${"token_ids" | "padding_mask"}`, Ref>>;
/** Those as inputs. */
export function pairInputs(d: Draft, mask = "int32"): PairInputs {
  const input = (name: string, dtype?: string) => d.input(name, [null], dtype);
  return {
    encoder_token_ids: input("encoder_token_ids"),
    encoder_padding_mask: input("encoder_padding_mask", mask),
    decoder_token_ids: input("decoder_token_ids"),
    decoder_padding_mask: input("decoder_padding_mask", mask),
  };
}
const drawnBart = backbone("BartBackbone", (h, d) => {
  const inputs = pairInputs(d);
  const table = tokens(h, h.number("hidden_dim")), rate = h.number("dropout", 0.1);
  const length = { sequence_length: h.number("max_sequence_length", 1024) };
  const embedded = (side: string, token: Ref) => {
    const rows = d.call(table, [token]);
    const positions = d.call(hub("PositionEmbedding", `${side}_position_embedding`, length), [rows]);
    const sum = d.call(keras("Add", `${side}_embeddings_add`), [[rows, positions]]);
    const level = d.call(layerNorm(`${side}_embeddings_layer_norm`, 1e-5), [sum]);
    return d.call(keras("Dropout", `${side}_embeddings_dropout`, { rate }), [level]);
  };
  const layers = h.count("num_layers");
  let x = embedded("encoder", inputs.encoder_token_ids);
  for (let i = 0; i < layers; i++) {
    const part = transformer(h, "TransformerEncoder", `transformer_encoder_layer_${i}`, 0.1);
    x = d.call(part, [x], { padding_mask: inputs.encoder_padding_mask });
  }
  let y = embedded("decoder", inputs.decoder_token_ids);
  for (let i = 0; i < layers; i++) {
    y = d.call(transformer(h, "TransformerDecoder", `transformer_decoder_layer_${i}`, 0.1), [y, x], {
      decoder_padding_mask: inputs.decoder_padding_mask,
      encoder_padding_mask: inputs.encoder_padding_mask,
    });
  }
  return d.finish(inputs, { encoder_sequence_output: x, decoder_sequence_output: y });
});

const bart = listed(drawnBart, "alone");

const gelu = (d: Draft, name: string, x: Ref) =>
  d.call({ type: "Gelu", name, config: { approximate: false }, module: "keras.src.ops.nn" }, [x]);
const whisper = backbone("WhisperBackbone", (h, d) => {
  const inputs = {
    encoder_features: d.input("encoder_features", [null, h.number("num_mels", 80)], "float32"),
    decoder_token_ids: d.input("decoder_token_ids", [null]),
    decoder_padding_mask: d.input("decoder_padding_mask", [null]),
  };
  const size = h.number("hidden_dim"), rate = h.number("dropout", 0), layers = h.count("num_layers");
  const conv = (i: number, strides: number, padding: string) =>
    keras("Conv1D", `encoder_token_embedding_conv_layer_${i}`, {
      filters: size,
      kernel_size: 3,
      strides,
      padding,
    });
  const first = gelu(d, "gelu", d.call(conv(1, 1, "same"), [inputs.encoder_features]));
  const padded = d.call(hub("Padder", "encoder_padder", {}), [first]);
  const features = gelu(d, "gelu_1", d.call(conv(2, 2, "valid"), [padded]));
  const length = { sequence_length: Math.floor(h.number("max_encoder_sequence_length", 3000) / 2) };
  const table = hub("PositionEmbedding", "encoder_position_embedding", { ...length, trainable: false });
  const positions = d.call(table, [features]);
  let x = d.call(keras("Add", "encoder_embeddings_add"), [[features, positions]]);
  x = d.call(keras("Dropout", "encoder_embeddings_dropout", { rate }), [x]);
  const first_ = { normalize_first: true };
  for (let i = 0; i < layers; i++) {
    x = d.call(transformer(h, "WhisperEncoder", `transformer_encoder_layer_${i}`, 0, first_), [x]);
  }
  x = d.call(layerNorm("encoder_layer_norm", 1e-5), [x]);
  const embedding = hub("TokenAndPositionEmbedding", "decoder_token_and_position_embedding", {
    vocabulary_size: h.number("vocabulary_size"),
    sequence_length: h.number("max_decoder_sequence_length", 448),
    embedding_dim: size,
  });
  let y = d.call(embedding, [inputs.decoder_token_ids]);
  y = d.call(keras("Dropout", "decoder_embeddings_dropout", { rate }), [y]);
  for (let i = 0; i < layers; i++) {
    y = d.call(transformer(h, "WhisperDecoder", `transformer_decoder_layer_${i}`, 0, first_), [y, x], {
      decoder_padding_mask: inputs.decoder_padding_mask,
    });
  }
  y = d.call(layerNorm("decoder_layer_norm", 1e-5), [y]);
  return d.finish(inputs, { encoder_sequence_output: x, decoder_sequence_output: y });
});

const same = (...keys: readonly string[]) => Object.fromEntries(keys.map((key) => [key, key]));
const vit = backbone("ViTBackbone", (h, d) => {
  const format = h.any("data_format", "channels_last");
  if (format !== "channels_last") {
    throw new UnsupportedError("ViTBackbone.data_format: only channels_last is supported");
  }
  const shape = h.numbers("image_shape", 3), [height = null, width = null, channels = null] = shape;
  const images = d.input("images", shape, "float32");
  const patches = hub("ViTPatchingAndEmbedding", "vit_patching_and_embedding", {
    image_size: [height, width],
    num_channels: channels,
    ...h.pick(same("patch_size", "hidden_dim", "use_class_token", "use_patch_bias")),
  });
  const encoder = hub(
    "ViTEncoder",
    "vit_encoder",
    h.pick(same(
      ...["num_layers", "num_heads", "hidden_dim", "mlp_dim", "dropout_rate", "attention_dropout"],
      ...["layer_norm_epsilon", "use_mha_bias", "use_mlp_bias"],
    )),
  );
  return d.finish(images, d.call(encoder, [d.call(patches, [images])]));
});

/** BART, Whisper, ViT. */
export const pairs: readonly ArchitectureDef[] = [bart, whisper, vit];
