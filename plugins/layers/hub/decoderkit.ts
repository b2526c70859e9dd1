/** What decoders' layers of Llama's kind have in common: root mean squares, rotary embeddings, shared keys, gated parts. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import type { InitializerSpec, KerasMapping, LayerDef } from "../../../core/network/layer.ts";
import type { Value } from "../../../core/graph/graph.ts";
import { asFloat, inputAt, sizeAt } from "../../../core/ops/words.ts";
import { activationField, initializerField } from "../shared/fields.ts";
import type { ActivationSpec } from "../../../core/network/specs.ts";
import { float, int, type Schema } from "../../../core/values/schema.ts";
import {
  at,
  attend,
  type AttendOptions,
  denseSpecs,
  dropped,
  fromHeads,
  gated,
  type HubContext,
  one,
  type Place,
  rmsOf,
  type Specs,
  toHeads,
} from "./kit.ts";
import { hidden } from "./names.ts";
import { rotated } from "./rotary.ts";
import { beforeZeroMasked, zeroMaskedField } from "../shared/spelled.ts";

/** Options that all of these have, resolved. */
export interface DecoderConfig {
  /** Units of the gated part. */
  readonly intermediateDim: number;
  /** Number of the queries' heads. */
  readonly numQueryHeads: number;
  /** Number of heads of keys and values; each serves several of the queries'. */
  readonly numKeyValueHeads: number;
  /** The longest wave of the rotary embedding. */
  readonly ropeMaxWavelength: number;
  /** Activation of the gate. */
  readonly activation: ActivationSpec;
  /** Added to the mean square. */
  readonly layerNormEpsilon: number;
  /** Fills kernels. */
  readonly kernelInitializer: InitializerSpec;
  /** Share of the outputs that is dropped in training. */
  readonly dropout: number;
  /** Masked scores become 0 even where all are masked. */
  readonly zeroMasked: boolean;
}
const shared: Schema<DecoderConfig> = {
  intermediateDim: int({ min: 1 }),
  numQueryHeads: int({ min: 1 }),
  numKeyValueHeads: int({ min: 1 }),
  ropeMaxWavelength: float({ default: 10000 }),
  activation: activationField({ default: "silu" }),
  layerNormEpsilon: float({ default: 1e-5 }),
  kernelInitializer: initializerField({ default: "glorotUniform" }),
  dropout: float({ min: 0, max: 1, default: 0 }),
  zeroMasked: zeroMaskedField(),
};

/** Where a kind's weights lie. */
export type Places = Readonly<
  Record<
    | "query"
    | "key"
    | "value"
    | "output"
    | "queryNorm"
    | "keyNorm"
    | "before"
    | "after"
    | "gate"
    | "up"
    | "down",
    Place
  >
>;
/** Places by the attributes that KerasHub's layers have for them. */
export function placesOf(o: {
  /** The attention's. */
  readonly attention: string;
  /** What attributes of the attention begin with. */
  readonly prefix: string;
  /** What the output's begins with, where not with that. */
  readonly output?: string;
  /** The normalization before the attention. */
  readonly before: string;
  /** The normalization after it. */
  readonly after: string;
  /** What those of the feed forward part begin with. */
  readonly feedForward: string;
}): Places {
  const part = (name: string) => at(`${o.attention}/${o.prefix}${name}`);
  const forward = (name: string) => at(`${o.feedForward}${name}_dense`);
  return {
    query: part("query_dense"),
    key: part("key_dense"),
    value: part("value_dense"),
    output: at(`${o.attention}/${o.output ?? o.prefix}output_dense`),
    queryNorm: part("query_dense_layer_norm"),
    keyNorm: part("key_dense_layer_norm"),
    before: at(o.before),
    after: at(o.after),
    gate: forward("gate"),
    up: forward("intermediate"),
    down: forward("output"),
  };
}
/** Where most of these keep their weights. */
export const usualPlaces: Places = placesOf({
  attention: "_self_attention_layer",
  prefix: "_",
  before: "_self_attention_layernorm",
  after: "_feedforward_layernorm",
  feedForward: "_feedforward_",
});

/** What takes the place of the gated part. */
export interface FeedForward<C> {
  /** Its weights for so many features. */
  readonly specs: (config: C, features: number) => Specs;
  /** x `[batch, steps, features]` through it. */
  readonly build: (context: HubContext<C>, x: Value) => Value;
}
/** A part of such a layer. */
export type Stage = "attention" | "before" | "forward" | "after";
/** What sets one kind of these decoders apart. */
export interface Kind<C extends DecoderConfig> {
  /** Class name in files. */
  readonly name: string;
  /** Options beside those that all have. */
  readonly fields: Omit<Schema<C>, keyof DecoderConfig>;
  /** Where weights lie. */
  readonly places?: Places;
  /** Keys of files that mean nothing here. */
  readonly ignore?: readonly string[];
  /** What of Keras' files and training is other than here. */
  readonly apart?: Pick<KerasMapping<C>, "unsaid" | "unadded">;
  /** Queries, keys and values have biases. */
  readonly biased?: (config: C) => boolean;
  /** Added to the mean square of queries and keys, where those are normalized. */
  readonly headEpsilon?: number;
  /** Features of a head, where not those of the input over the heads. */
  readonly headDim?: (config: C) => number | null;
  /** Frequencies of the pairs of `size` features; x is the layer's input. */
  readonly rates: (size: number, config: C, b: Builder, x: Value) => readonly number[] | Value;
  /** Factor of cosines and sines. */
  readonly rotaryFactor?: (config: C) => number;
  /** Queries see keys less than so many steps before. */
  readonly window?: (config: C) => number | null;
  /** The feed forward part, where not the gated one. */
  readonly feedForward?: FeedForward<C>;
  /** In which order Keras makes its parts, which whole-model .h5 files keep. */
  readonly order?: readonly Stage[];
  /** The output of the attention has a bias. */
  readonly outputBiased?: boolean;
  /** More weights of the attention. */
  readonly more?: (config: C) => Specs;
  /** How scores become weights, where not by a softmax. */
  readonly weights?: (context: HubContext<C>) => AttendOptions["weights"];
  /** Refuses options that don't go together. */
  readonly check?: (config: C, path: string) => void;
}

/** The gated part. */
export function gatedPart<C extends DecoderConfig>({ gate, up, down }: Places): FeedForward<C> {
  return {
    specs: ({ intermediateDim: units, kernelInitializer: init }, features) => ({
      ...denseSpecs(up, [features, units], init),
      ...denseSpecs(gate, [features, units], init),
      ...denseSpecs(down, [units, features], init),
    }),
    build: ({ b, params, config }, x) => gated(b, x, params, [gate, up, down], config.activation),
  };
}
/** A decoder's layer of that kind. */
export function decoder<C extends DecoderConfig>(kind: Kind<C>): LayerDef<C> {
  const places = kind.places ?? usualPlaces, feedForward = kind.feedForward ?? gatedPart<C>(places);
  const widthOf = (config: C, features: number) =>
    kind.headDim?.(config) ?? Math.floor(features / config.numQueryHeads);
  return {
    kind: "layer",
    name: kind.name,
    mask: "pass",
    config: { ...shared, ...kind.fields } as Schema<C>,
    params(config, [x]): Specs {
      const features = sizeAt(x, -1), size = widthOf(config, features), init = config.kernelInitializer;
      const { numQueryHeads: heads, numKeyValueHeads: groups } = config;
      const biased = kind.biased?.(config) ?? false, level = kind.headEpsilon !== undefined;
      const heading = (place: Place, n: number) =>
        denseSpecs(place, [features, n, size], init, biased ? [n, size] : undefined);
      const bias = kind.outputBiased ? [features] : undefined;
      const parts: Readonly<Record<Stage, Specs>> = {
        attention: {
          // A layer's own weights stand before those of its parts.
          ...kind.more?.(config),
          ...heading(places.query, heads),
          ...(level && one(places.queryNorm, "scale", [size], "ones")),
          ...heading(places.key, groups),
          ...(level && one(places.keyNorm, "scale", [size], "ones")),
          ...heading(places.value, groups),
          ...denseSpecs(places.output, [heads, size, features], init, bias),
        },
        before: one(places.before, "scale", [features], "ones"),
        forward: feedForward.specs(config, features),
        after: one(places.after, "scale", [features], "ones"),
      };
      const { order = ["attention", "before", "forward", "after"] } = kind;
      return Object.assign({}, ...order.map((stage) => parts[stage]));
    },
    build(context: HubContext<C>) {
      const { b, config, inputs, params, call: { values = {} } } = context;
      const x = asFloat(b, inputAt(inputs, 0)), epsilon = config.layerNormEpsilon;
      const level = rmsOf(b, x, params, places.before, epsilon), { headEpsilon } = kind;
      const size = widthOf(config, sizeAt(x.type, -1)), rates = kind.rates(size, config, b, x);
      const factor = kind.rotaryFactor?.(config) ?? 1;
      const heads = (place: Place, own: Place) => {
        const y = toHeads(b, level, params, place);
        const even = headEpsilon === undefined ? y : rmsOf(b, y, params, own, headEpsilon);
        return rotated(b, even, rates, 2, { factor });
      };
      const weights = kind.weights?.(context);
      const [mixed] = attend(
        context,
        heads(places.query, places.queryNorm),
        heads(places.key, places.keyNorm),
        toHeads(b, level, params, places.value),
        {
          scale: 1 / Math.sqrt(size),
          mask: {
            padding: values.decoderPaddingMask ?? inputAt(inputs, 0).mask,
            attention: values.decoderAttentionMask,
            causal: true,
            window: kind.window?.(config) ?? null,
          },
          zeroed: config.zeroMasked,
          ...(weights && { weights }),
        },
      );
      const seen = dropped(context, fromHeads(b, mixed, params, places.output), config.dropout);
      const middle = b.add(seen, x);
      const even = rmsOf(b, middle, params, places.after, epsilon);
      return [b.add(feedForward.build(context, even), middle)];
    },
    ...(kind.check && { check: kind.check }),
    keras: hidden(kind.name, {
      ...kind.apart,
      call: ["decoder_sequence", "decoder_padding_mask", "decoder_attention_mask", "training"],
      own: ["zeroMasked" as keyof C & string],
      ignore: kind.ignore ?? [],
      upgrade: beforeZeroMasked,
    }),
  };
}
