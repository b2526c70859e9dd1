/** KerasHub's encoders of text: BERT and its kin. @module */
import type { ArchitectureDef } from "../../core/network/architecture.ts";
import { ConfigError } from "../../core/values/errors.ts";
import type { Draft, DraftLayer, Ref } from "./draft.ts";
import {
  backbone,
  firstStep,
  geluByTanh,
  hub,
  type Hyperparameters,
  ids,
  keras,
  layerNorm,
  tokens,
} from "./kit.ts";

/** Rows of tokens, positions and segments, added and normalized. */
function embedded(
  h: Hyperparameters,
  d: Draft,
  [token, segment]: readonly [Ref, Ref],
  size: number,
  segments: number,
  key?: string,
): Ref {
  const rows = d.call(tokens(h, size, {}, key), [token]);
  const positions = d.call(
    hub("PositionEmbedding", "position_embedding", { sequence_length: h.number("max_sequence_length", 512) }),
    [rows],
  );
  const parts = d.call(
    keras("Embedding", "segment_embedding", {
      input_dim: h.number("num_segments", segments),
      output_dim: size,
    }),
    [segment],
  );
  const sum = d.call(keras("Add", "embeddings_add"), [[rows, positions, parts]]);
  return d.call(layerNorm("embeddings_layer_norm", 1e-12), [sum]);
}
function encoder(
  h: Hyperparameters,
  name: string,
  activation: unknown,
  epsilon: number,
  dropout = 0.1,
): DraftLayer {
  return hub("TransformerEncoder", name, {
    num_heads: h.number("num_heads"),
    intermediate_dim: h.number("intermediate_dim"),
    dropout: h.number("dropout", dropout),
    activation,
    layer_norm_epsilon: epsilon,
  });
}
/** The first step through a dense layer, beside all steps. */
function pooled(d: Draft, x: Ref, size: number): Readonly<Record<string, Ref>> {
  const dense = keras("Dense", "pooled_dense", { units: size, activation: "tanh" });
  return { sequence_output: x, pooled_output: d.call(dense, [firstStep(d, x)]) };
}
const bertInputs = ["token_ids", "segment_ids", "padding_mask"] as const;
function inputsOf(d: Draft): readonly [Ref, Ref, Ref] {
  const [token, segment, mask] = ids(d, ...bertInputs);
  if (!token || !segment || !mask) throw new ConfigError("expected three inputs");
  return [token, segment, mask];
}

const bert = backbone("BertBackbone", (h, d) => {
  const [token, segment, mask] = inputsOf(d), size = h.number("hidden_dim");
  let x = embedded(h, d, [token, segment], size, 2);
  x = d.call(keras("Dropout", "embeddings_dropout", { rate: h.number("dropout", 0.1) }), [x]);
  for (let i = 0; i < h.count("num_layers"); i++) {
    x = d.call(encoder(h, `transformer_layer_${i}`, geluByTanh, 1e-12), [x], { padding_mask: mask });
  }
  return d.finish(
    { token_ids: token, segment_ids: segment, padding_mask: mask },
    pooled(d, x, size),
  );
});
const electra = backbone("ElectraBackbone", (h, d) => {
  const [token, segment, mask] = inputsOf(d);
  const size = h.number("hidden_dim"), rows = h.number("embedding_dim");
  let x = embedded(h, d, [token, segment], rows, 2, "vocab_size");
  x = d.call(keras("Dropout", "embeddings_dropout", { rate: h.number("dropout", 0.1) }), [x]);
  if (rows !== size) x = d.call(keras("Dense", "embeddings_projection", { units: size }), [x]);
  for (let i = 0; i < h.count("num_layers"); i++) {
    x = d.call(encoder(h, `transformer_layer_${i}`, geluByTanh, 1e-12), [x], { padding_mask: mask });
  }
  return d.finish(
    { token_ids: token, segment_ids: segment, padding_mask: mask },
    pooled(d, x, size),
  );
});
const albert = backbone("AlbertBackbone", (h, d) => {
  const [token, segment, mask] = inputsOf(d), size = h.number("hidden_dim");
  let x = embedded(h, d, [token, segment], h.number("embedding_dim"), 2);
  x = d.call(keras("Dropout", "embeddings_dropout", { rate: h.number("dropout", 0) }), [x]);
  x = d.call(keras("Dense", "embedding_projection", { units: size }), [x]);
  const groups = h.count("num_groups", 1), inner = h.count("num_inner_repetitions", 1);
  const calls = Math.floor(h.count("num_layers") / groups);
  for (let group = 0; group < groups; group++) {
    for (let i = 0; i < calls; i++) {
      for (let k = 0; k < inner; k++) {
        const part = encoder(h, `group_${group}_inner_layer_${k}`, geluByTanh, 1e-12, 0);
        x = d.call(part, [x], { padding_mask: mask });
      }
    }
  }
  return d.finish(
    { token_ids: token, segment_ids: segment, padding_mask: mask },
    pooled(d, x, size),
  );
});
const fNet = backbone("FNetBackbone", (h, d) => {
  const token = d.input("token_ids", [null]), segment = d.input("segment_ids", [null]);
  const size = h.number("hidden_dim"), dropout = h.number("dropout", 0.1);
  let x = embedded(h, d, [token, segment], size, 4);
  x = d.call(keras("Dense", "embedding_projection", { units: size }), [x]);
  x = d.call(keras("Dropout", "embeddings_dropout", { rate: dropout }), [x]);
  for (let i = 0; i < h.count("num_layers"); i++) {
    const config = {
      intermediate_dim: h.number("intermediate_dim"),
      activation: geluByTanh,
      dropout,
      layer_norm_epsilon: 1e-12,
    };
    x = d.call(hub("FNetEncoder", `f_net_layer_${i}`, config), [x]);
  }
  return d.finish({ token_ids: token, segment_ids: segment }, pooled(d, x, size));
});
/** Roberta's kind: tokens and positions in one layer, no segments, all steps as output. */
function roberta(name: string, embeddings: string, epsilon: number): ArchitectureDef {
  return backbone(name, (h, d) => {
    const token = d.input("token_ids", [null]), mask = d.input("padding_mask", [null]);
    const size = h.number("hidden_dim");
    let x = d.call(
      hub("TokenAndPositionEmbedding", embeddings, {
        vocabulary_size: h.number("vocabulary_size"),
        sequence_length: h.number("max_sequence_length", 512),
        embedding_dim: size,
      }),
      [token],
    );
    x = d.call(layerNorm("embeddings_layer_norm", epsilon), [x]);
    x = d.call(keras("Dropout", "embeddings_dropout", { rate: h.number("dropout", 0.1) }), [x]);
    for (let i = 0; i < h.count("num_layers"); i++) {
      x = d.call(encoder(h, `transformer_layer_${i}`, "gelu", epsilon), [x], { padding_mask: mask });
    }
    return d.finish({ token_ids: token, padding_mask: mask }, x);
  });
}

/** BERT, ELECTRA, ALBERT, FNet, RoBERTa, XLM-RoBERTa, DistilBERT. */
export const encoders: readonly ArchitectureDef[] = [
  bert,
  electra,
  albert,
  fNet,
  roberta("RobertaBackbone", "embeddings", 1e-5),
  roberta("XLMRobertaBackbone", "embeddings", 1e-5),
  roberta("DistilBertBackbone", "token_and_position_embedding", 1e-12),
];
