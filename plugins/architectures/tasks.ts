/** KerasHub's models for tasks: a backbone, and a head that classifies, guesses the next token or masked ones. @module */
import type { ArchitectureDef } from "../../core/network/architecture.ts";
import { ConfigError, shown, UnsupportedError } from "../../core/values/errors.ts";
import type { Argument, Draft, Ref } from "./draft.ts";
import { backbone as drafted, firstStep, hub, type Hyperparameters, keras } from "./kit.ts";

type Json = Readonly<Record<string, unknown>>;
const isJson = (x: unknown): x is Json => typeof x === "object" && x !== null && !Array.isArray(x);

/** A backbone inside a task's model, called on the model's inputs. */
export interface Body {
  readonly inputs: Readonly<Record<string, Ref>> | Ref;
  /** The output of that name, or the only one. */
  readonly output: (name?: string) => Ref;
  /** A hyperparameter of the backbone. */
  readonly said: (key: string) => unknown;
  /** The configuration of one of its layers. */
  readonly layer: (name: string) => Json | undefined;
}
/** The backbone that a task is given. @throws {ConfigError} */
export function bodyOf(h: Hyperparameters, d: Draft, def: ArchitectureDef): Body {
  const raw = h.any("backbone"), config = isJson(raw) ? raw.config : undefined;
  if (!isJson(raw) || !isJson(config)) {
    throw new ConfigError(`backbone: expected a model, got ${shown(raw, 60)}`, { place: "backbone" });
  }
  if (raw.class_name !== def.name) {
    throw new UnsupportedError(`backbone: expected a ${def.name}, got ${shown(raw.class_name)}`);
  }
  h.any("preprocessor");
  const network = def.network(config), layers = network.layers as readonly Json[];
  const name = typeof config.name === "string" ? config.name : "backbone";
  const refs = Object.fromEntries(
    layers.flatMap((layer): readonly (readonly [string, Ref])[] => {
      if (layer.class_name !== "InputLayer" || !isJson(layer.config)) return [];
      const { batch_shape: shape, dtype, name: own } = layer.config;
      return [[String(own), d.input(String(own), (shape as (number | null)[]).slice(1), String(dtype))]];
    }),
  );
  const [only] = Object.values(refs), single = Array.isArray(network.input_layers);
  const inputs = single && only ? only : refs;
  const called = d.call({ type: def.name, name, config: network, module: "keras_hub" }, [inputs as Argument]);
  const outputs = isJson(network.output_layers) ? Object.keys(network.output_layers).sort() : [];
  return {
    inputs,
    output: (key) => ({ ...called, tensor: key === undefined ? 0 : outputs.indexOf(key) }),
    said: (key) => config[key],
    layer(key) {
      const found = layers.find((layer) => layer.name === key)?.config;
      return isJson(found) ? found : undefined;
    },
  };
}
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
  activation: string,
  dropout: number,
  twice: boolean,
): ArchitectureDef {
  return drafted(name, (h, d) => {
    const body = bodyOf(h, d, def), rate = h.number("dropout", dropout);
    const units = h.any("hidden_dim", null) ?? body.said("hidden_dim");
    let x = firstStep(d, body.output());
    if (twice) x = d.call(keras("Dropout", "pooled_dropout", { rate }), [x]);
    x = d.call(keras("Dense", "pooled_dense", { units, activation }), [x]);
    x = d.call(keras("Dropout", "output_dropout", { rate }), [x]);
    return d.finish(body.inputs, logits(h, d, x));
  });
}
/** Scores of the next token at every step, by the table of the tokens. */
function causal(name: string, def: ArchitectureDef): ArchitectureDef {
  return drafted(name, (h, d) => {
    const body = bodyOf(h, d, def), config = body.layer("token_embedding") ?? {};
    const table = keras("ReversibleEmbedding", "token_embedding", config);
    return d.finish(body.inputs, d.call(table, [body.output()], { reverse: true }));
  });
}
/** Scores of masked tokens, by the table of the tokens. */
function masked(name: string, def: ArchitectureDef): ArchitectureDef {
  return drafted(name, (h, d) => {
    const body = bodyOf(h, d, def), config = body.layer("token_embedding") ?? {};
    const places = d.input("mask_positions", [null]);
    const table = {
      module: "keras.layers",
      class_name: "ReversibleEmbedding",
      name: "token_embedding",
      config,
    };
    const head = hub("MaskedLMHead", "mlm_head", {
      vocabulary_size: body.said("vocabulary_size"),
      token_embedding: table,
      intermediate_activation: "gelu",
    });
    const scores = d.call(head, [body.output("sequence_output"), places]);
    return d.finish({ ...body.inputs as Readonly<Record<string, Ref>>, mask_positions: places }, scores);
  });
}
function vit(def: ArchitectureDef): ArchitectureDef {
  return drafted("ViTImageClassifier", (h, d) => {
    const body = bodyOf(h, d, def),
      pooling = h.any("pooling", "token"),
      units = h.any("intermediate_dim", null);
    if (pooling !== "token") {
      throw new UnsupportedError(
        `ViTImageClassifier.pooling: only "token" is supported, got ${shown(pooling)}`,
      );
    }
    let x = firstStep(d, body.output());
    if (units !== null) x = d.call(keras("Dense", "pre_logits", { units, activation: "tanh" }), [x]);
    x = d.call(keras("Dropout", "output_dropout", { rate: h.number("dropout", 0) }), [x]);
    return d.finish(body.inputs, logits(h, d, x, "predictions"));
  });
}

/** Models for tasks of these backbones. */
export function tasksOf(backbones: readonly ArchitectureDef[]): readonly ArchitectureDef[] {
  const named = (name: string, make: (def: ArchitectureDef) => ArchitectureDef) =>
    backbones.filter((def) => def.name === name).map(make);
  const tables = ["GPT2", "Bloom", "Llama", "Llama3", "Mistral", "Qwen", "Qwen3", "Phi3", "Gemma"];
  const roberta = (name: string) =>
    named(`${name}Backbone`, (def) => firstClassifier(`${name}TextClassifier`, def, "tanh", 0, true));
  return [
    ...named("BertBackbone", (def) => pooledClassifier("BertTextClassifier", def, "classifier_dropout")),
    ...named("AlbertBackbone", (def) => pooledClassifier("AlbertTextClassifier", def, "output_dropout")),
    ...named("FNetBackbone", (def) => pooledClassifier("FNetTextClassifier", def, "output_dropout")),
    ...roberta("Roberta"),
    ...roberta("XLMRoberta"),
    ...named(
      "DistilBertBackbone",
      (def) => firstClassifier("DistilBertTextClassifier", def, "relu", 0.2, false),
    ),
    ...tables.flatMap((name) => named(`${name}Backbone`, (def) => causal(`${name}CausalLM`, def))),
    ...named("BertBackbone", (def) => masked("BertMaskedLM", def)),
    ...named("ViTBackbone", vit),
  ];
}
