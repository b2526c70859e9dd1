/** KerasHub's models for tasks: a backbone, and a head that classifies, guesses the next token or masked ones. @module */
import type { ArchitectureDef } from "../../core/network/architecture.ts";
import { shown, UnsupportedError } from "../../core/values/errors.ts";
import { type Body, bodyOf } from "./body.ts";
import { embeddersOf } from "./embedders.ts";
import type { Draft, DraftLayer, Ref } from "./draft.ts";
import {
  backbone as drafted,
  firstStep,
  geluByTanh,
  hub,
  type Hyperparameters,
  keras,
  listed,
} from "./kit.ts";

function logits(h: Hyperparameters, d: Draft, x: Ref, name = "logits"): Ref {
  const activation = h.any("activation", null);
  return d.call(keras("Dense", name, { units: h.number("num_classes"), activation }), [x]);
}
/** A class of the pooled output. */
function pooledClassifier(name: string, def: ArchitectureDef, dropout: string): ArchitectureDef {
  return drafted(name, (h, d) => {
    const body = bodyOf(h, d, def), rate = h.number("dropout", 0.1);
    const x = d.call(keras("Dropout", dropout, { rate }), [body.output("pooled_output")]);
    return d.finish(body.inputs, logits(h, d, x));
  });
}
/** A class of the first step, through a dense layer. */
function firstClassifier(
  name: string,
  def: ArchitectureDef,
  o: {
    readonly activation: string;
    readonly dropout: number;
    readonly twice: boolean;
    /** Name of the second dropout; the backbone's own rate under DeBERTa's. */
    readonly output: string;
  },
): ArchitectureDef {
  return drafted(name, (h, d) => {
    const body = bodyOf(h, d, def), rate = h.number("dropout", o.dropout);
    const units = h.any("hidden_dim", null) ?? body.said("hidden_dim");
    let x = firstStep(d, body.output());
    if (o.twice) x = d.call(keras("Dropout", "pooled_dropout", { rate }), [x]);
    x = d.call(keras("Dense", "pooled_dense", { units, activation: o.activation }), [x]);
    const last = o.output === "output_dropout" ? rate : body.said("dropout");
    x = d.call(keras("Dropout", o.output, { rate: last }), [x]);
    return d.finish(body.inputs, logits(h, d, x));
  });
}
/** The layer of the backbone that has the table of the tokens, which also turns features into scores. */
function tableOf(body: Body): DraftLayer {
  for (const name of ["token_embedding", "decoder_token_embedding"]) {
    const own = body.layer(name);
    if (own) return keras("ReversibleEmbedding", name, own);
  }
  for (const name of ["embeddings", "token_and_position_embedding"]) {
    const both = body.layer(name);
    if (both) return hub("TokenAndPositionEmbedding", name, both);
  }
  throw new UnsupportedError("backbone: expected a table of tokens");
}
/** Scores of the next token at every step, by the table of the tokens. */
function causal(name: string, def: ArchitectureDef, output?: string): ArchitectureDef {
  return drafted(name, (h, d) => {
    const body = bodyOf(h, d, def);
    let x = body.output(output);
    if (name === "T5Seq2SeqLM" && body.said("tie_embedding_weights") !== false) {
      x = d.operation("Multiply", "multiply", [x, Math.fround(Number(body.said("hidden_dim")) ** -0.5)]);
    }
    x = d.call(tableOf(body), [x], { reverse: true });
    const cap = body.said("final_logit_softcapping");
    if (typeof cap !== "number") return d.finish(body.inputs, x);
    // T5Gemma bounds its scores outside of the table.
    const bounded = d.operation("Tanh", "tanh", [d.operation("TrueDivide", "true_divide", [x, cap])]);
    return d.finish(body.inputs, d.operation("Multiply", "multiply", [bounded, cap]));
  });
}
/** Scores of masked tokens: by the table of the tokens, or by one of their own. */
function masked(
  name: string,
  def: ArchitectureDef,
  output?: string,
  more: (body: Body) => Readonly<Record<string, unknown>> = () => ({ intermediate_activation: "gelu" }),
): ArchitectureDef {
  const drawn = drafted(name, (h, d) => {
    const body = bodyOf(h, d, def), places = d.input("mask_positions", [null]);
    const said = { vocabulary_size: body.said("vocabulary_size"), ...more(body) };
    const { type, name: own, config, module = "keras.layers" } = tableOf(body);
    const table = { token_embedding: { module, class_name: type, name: own, config } };
    const type_ = name === "RoformerV2MaskedLM" ? "RoformerV2MaskedLMHead" : "MaskedLMHead";
    const head = hub(type_, "mlm_head", { ...table, ...said });
    const scores = d.call(head, [body.output(output), places]);
    return d.finish({ ...body.inputs as Readonly<Record<string, Ref>>, mask_positions: places }, scores);
  });
  return listed(drawn, "never");
}
/** Scores of the next item, by a table of their own. */
function edRec(def: ArchitectureDef): ArchitectureDef {
  return drafted("EdRecSeq2SeqLM", (h, d) => {
    const body = bodyOf(h, d, def);
    const head = keras("Dense", "lm_head", { units: body.said("vocab_size"), use_bias: false });
    return d.finish(body.inputs, d.call(head, [body.output("decoder_sequence_output")]));
  });
}
/** The backbone's own network, which ends in scores. */
function rwkv7(def: ArchitectureDef): ArchitectureDef {
  return drafted("RWKV7CausalLM", (h) => {
    const raw = h.any("backbone"),
      { config } = raw as { readonly config?: Readonly<Record<string, unknown>> };
    h.any("preprocessor");
    if (!config) {
      throw new UnsupportedError(`RWKV7CausalLM.backbone: expected a model, got ${shown(raw, 60)}`);
    }
    return def.network(config);
  });
}
/** Models for tasks of these backbones. */
export function tasksOf(backbones: readonly ArchitectureDef[]): readonly ArchitectureDef[] {
  const named = (name: string, make: (def: ArchitectureDef) => ArchitectureDef) =>
    backbones.filter((def) => def.name === name).map(make);
  const tables = [
    ...["GPT2", "OPT", "Bloom", "Llama", "Llama3", "Mistral", "Qwen", "Qwen3", "Phi3", "Gemma", "Gemma3"],
    ...["GPTNeoX", "Falcon", "SmolLM3", "Mixtral", "QwenMoe", "Qwen3Moe", "GptOss", "Qwen3_5", "Qwen3_5Moe"],
  ];
  const first = (
    name: string,
    { activation = "tanh", dropout = 0, twice = true, task = "TextClassifier", output = "output_dropout" } =
      {},
  ) =>
    named(
      `${name}Backbone`,
      (def) => firstClassifier(`${name}${task}`, def, { activation, dropout, twice, output }),
    );
  const pooled = (name: string, dropout: string) =>
    named(`${name}Backbone`, (def) => pooledClassifier(`${name}TextClassifier`, def, dropout));
  const plain = ["Roberta", "XLMRoberta", "DistilBert", "DebertaV3"];
  const own = (body: Body) => ({
    token_embedding: null,
    intermediate_activation: body.said("activation"),
    layer_norm_epsilon: body.said("layer_norm_eps"),
  });
  const tasks = [
    ...pooled("Bert", "classifier_dropout"),
    ...pooled("Albert", "output_dropout"),
    ...pooled("FNet", "output_dropout"),
    ...first("Roberta"),
    ...first("XLMRoberta"),
    ...first("RoformerV2"),
    ...first("ESM", { task: "ProteinClassifier" }),
    ...first("DistilBert", { activation: "relu", dropout: 0.2, twice: false }),
    ...first("DebertaV3", { activation: "gelu", output: "classifier_dropout" }),
    ...tables.flatMap((name) => named(`${name}Backbone`, (def) => causal(`${name}CausalLM`, def))),
    ...["Bart", "T5", "T5Gemma", "T5Gemma2"].flatMap((name) =>
      named(`${name}Backbone`, (def) => causal(`${name}Seq2SeqLM`, def, "decoder_sequence_output"))
    ),
    ...["Bert", "FNet"].flatMap((name) =>
      named(`${name}Backbone`, (def) => masked(`${name}MaskedLM`, def, "sequence_output"))
    ),
    ...named(
      "AlbertBackbone",
      (def) =>
        masked("AlbertMaskedLM", def, "sequence_output", () => ({ intermediate_activation: geluByTanh })),
    ),
    ...plain.flatMap((name) => named(`${name}Backbone`, (def) => masked(`${name}MaskedLM`, def))),
    ...named("RoformerV2Backbone", (def) => masked("RoformerV2MaskedLM", def, undefined, () => ({}))),
    ...named("ESMBackbone", (def) => masked("ESMMaskedPLM", def, undefined, own)),
    ...named("EdRecBackbone", edRec),
    ...named("RWKV7Backbone", rwkv7),
    ...embeddersOf(named),
  ];
  const never = ["OPTCausalLM", "BartSeq2SeqLM", "ESMProteinClassifier"];
  return tasks.map((def) => never.includes(def.name) ? listed(def, "never") : def);
}
