/** Layers of T5Gemma: Gemma's encoders and decoders, where masks lower scores. @module */
import type { Builder } from "../../../../core/graph/builder.ts";
import { ConfigError, UnsupportedError } from "../../../../core/values/errors.ts";
import type { Value } from "../../../../core/graph/graph.ts";
import type { LayerDef } from "../../../../core/network/layer.ts";
import { asFloat, boolMask, cast, dtypeOf, inputAt, scalarLike } from "../../../../core/ops/words.ts";
import { activationField } from "../../shared/fields.ts";
import type { ActivationSpec } from "../../../../core/network/specs.ts";
import { bool, choice, float, int, nullable, type Schema } from "../../../../core/values/schema.ts";
import {
  at,
  attend,
  denseSpecs,
  dropped,
  fromHeads,
  gated,
  type HubContext,
  one,
  type Place,
  rmsOf,
  type Specs,
  steps,
  toHeads,
} from "../kit.ts";
import { hidden } from "../names.ts";
import { frequencies, rotated } from "../rotary.ts";

/** Options of the layers, resolved. */
export interface T5GemmaConfig {
  /** Features of input and output. */
  readonly hiddenSize: number;
  /** Added to the mean square. */
  readonly rmsNormEps: number;
  /** Number of the queries' heads. */
  readonly numAttentionHeads: number;
  /** Number of heads of keys and values; each serves several of the queries'. */
  readonly numKeyValueHeads: number;
  /** Scores are divided by the root of this. */
  readonly queryPreAttnScalar: number;
  /** Dense parts of the attention have biases. */
  readonly attentionBias: boolean;
  /** Units of the gated part. */
  readonly intermediateSize: number;
  /** Activation of the gate. */
  readonly hiddenActivation: ActivationSpec;
  /** Share of the outputs that is dropped in training. */
  readonly dropoutRate: number;
  /** Features of a head. */
  readonly headDim: number;
  /** Share of the attention's scores that is dropped in training. */
  readonly attentionDropout: number;
  /** Whether queries see keys near them alone. */
  readonly layerType: "sliding_attention" | "full_attention";
  /** How near. */
  readonly slidingWindow: number | null;
  /** The longest wave of the rotary embedding. */
  readonly ropeMaxWavelength: number;
  /** Frequencies are divided by this. */
  readonly ropeScalingFactor: number;
  /** Bounds scores to ±this by tanh. */
  readonly attnLogitSoftcapping: number | null;
  /** Features of the encoder's output. */
  readonly crossAttentionHiddenSize: number | null;
  /** Queries and keys are normalized, in the second generation. */
  readonly useQueryKeyNorm: boolean;
}
const fields: Schema<T5GemmaConfig> = {
  hiddenSize: int({ min: 1 }),
  rmsNormEps: float({ default: 1e-6 }),
  numAttentionHeads: int({ min: 1 }),
  numKeyValueHeads: int({ min: 1 }),
  queryPreAttnScalar: float({ default: 1 }),
  attentionBias: bool({ default: false }),
  intermediateSize: int({ min: 1 }),
  hiddenActivation: activationField({ default: "geluByTanh" }),
  dropoutRate: float({ min: 0, max: 1, default: 0 }),
  headDim: int({ min: 1 }),
  attentionDropout: float({
    min: 0,
    max: 1,
    default: 0,
  }),
  layerType: choice({
    of: ["sliding_attention", "full_attention"],
    default: "full_attention",
  }),
  slidingWindow: nullable(int({ min: 1 })),
  ropeMaxWavelength: float({ default: 10000 }),
  ropeScalingFactor: float({ default: 1 }),
  attnLogitSoftcapping: nullable(float()),
  crossAttentionHiddenSize: nullable(int({ min: 1 })),
  useQueryKeyNorm: bool({ default: true }),
};

type Context = HubContext<T5GemmaConfig>;
type Heads = Readonly<Record<"query" | "key" | "value" | "output" | "queryNorm" | "keyNorm", Place>>;
function headsAt(group: string): Heads {
  const part = (name: string) => at(`${group}/${name}`);
  return {
    query: part("query_dense"),
    key: part("key_dense"),
    value: part("value_dense"),
    output: part("output_dense"),
    queryNorm: part("query_norm"),
    keyNorm: part("key_norm"),
  };
}
const level = (place: Place, size: number) => one(place, "scale", [size], "zeros");
function headsSpecs(heads: Heads, c: T5GemmaConfig, keys: number, normalized: boolean): Specs {
  const { hiddenSize: size, headDim: width, numAttentionHeads: count, numKeyValueHeads: groups } = c;
  const heading = (place: Place, from: number, n: number) =>
    denseSpecs(place, [from, n, width], "randomNormal", c.attentionBias ? [n, width] : undefined);
  return {
    ...heading(heads.query, size, count),
    ...heading(heads.key, keys, groups),
    ...heading(heads.value, keys, groups),
    ...denseSpecs(heads.output, [count, width, size], "randomNormal", c.attentionBias ? [size] : undefined),
    ...(normalized && { ...level(heads.queryNorm, width), ...level(heads.keyNorm, width) }),
  };
}
/** What scores of masked keys get. */
function lowered(b: Builder, seen: Value, like: Value): Value {
  return b.mul(cast(b, b.not(seen), dtypeOf(like)), scalarLike(b, -1e9, like));
}
/** `[batch, steps]` against scores. */
const ofKeys = (b: Builder, mask: Value) => b.unsqueeze(boolMask(b, mask), b.ints([1, 2]));
/** How many steps key j stands before query i, `[queries, keys]`. */
function distance(b: Builder, scores: Value): Value {
  const axis = (from: number, at: number) => b.unsqueeze(steps(b, scores, from), b.ints([at]));
  return b.sub(axis(2, 1), axis(3, 0));
}
/** Attention with what is added to its scores. */
function attention(
  context: Context,
  heads: Heads,
  [query, key, value]: readonly [Value, Value, Value],
  bias: (scores: Value) => Value,
): Value {
  const { b, params, config: c } = context;
  const [mixed] = attend(context, query, key, value, {
    scale: c.queryPreAttnScalar ** -0.5,
    mask: {},
    zeroed: false,
    softCap: c.attnLogitSoftcapping,
    dropout: c.attentionDropout,
    bias: (scores) => b.add(scores, bias(scores)),
  });
  return fromHeads(b, mixed, params, heads.output);
}
/** Heads of queries, or of keys, normalized and turned. */
function turned({ b, params, config: c }: Context, x: Value, place: Place, own: Place | undefined): Value {
  const heads = toHeads(b, x, params, place);
  const even = own ? rmsOf(b, heads, params, own, c.rmsNormEps, 1) : heads;
  return rotated(b, even, frequencies(c.headDim, c.ropeMaxWavelength, c.ropeScalingFactor), 2);
}
/** A part between two normalizations, and the way past it. */
function around(context: Context, x: Value, name: string, part: (x: Value) => Value): Value {
  const { b, params, config: c } = context;
  const even = (v: Value, when: string) =>
    rmsOf(b, v, params, at(`${when}_${name}_layernorm`), c.rmsNormEps, 1);
  return b.add(x, dropped(context, even(part(even(x, "pre")), "post"), c.dropoutRate));
}
const aroundSpecs = (name: string, size: number): Specs => ({
  ...level(at(`pre_${name}_layernorm`), size),
  ...level(at(`post_${name}_layernorm`), size),
});
const gate = at("mlp/gate_proj"), up = at("mlp/up_proj"), down = at("mlp/down_proj");
function forwardSpecs({ hiddenSize: size, intermediateSize: units }: T5GemmaConfig): Specs {
  return {
    ...denseSpecs(gate, [size, units], "randomNormal"),
    ...denseSpecs(up, [size, units], "randomNormal"),
    ...denseSpecs(down, [units, size], "randomNormal"),
    ...aroundSpecs("feedforward", size),
  };
}
function forward(context: Context, x: Value): Value {
  const { b, params, config: c } = context;
  return around(context, x, "feedforward", (v) => gated(b, v, params, [gate, up, down], c.hiddenActivation));
}
const mapping = (name: string, call: readonly string[]) =>
  hidden<T5GemmaConfig>(name, {
    call,
    ignore: ["initializer_range"],
    upgrade: (config) =>
      config.hidden_activation === "gelu_approximate"
        ? { ...config, hidden_activation: "geluByTanh" }
        : { ...config },
  });
function check({ layerType, slidingWindow }: T5GemmaConfig, path: string): void {
  if (layerType === "full_attention" || slidingWindow !== null) return;
  throw new ConfigError(`${path}.slidingWindow: sliding_attention takes a number`);
}

const own = headsAt("self_attn"), cross = headsAt("cross_attn"), merged = headsAt("merged_attn");
/** An encoder's layer; the second generation's queries see keys near them where it slides. */
function encoder(name: string, second: boolean): LayerDef<T5GemmaConfig> {
  return {
    kind: "layer",
    name,
    summary: `An encoder's layer of ${second ? "T5Gemma 2" : "T5Gemma"} (KerasHub).`,
    mask: "consume",
    config: fields,
    params: (c): Specs => ({
      ...headsSpecs(own, c, c.hiddenSize, second && c.useQueryKeyNorm),
      ...aroundSpecs("self_attn", c.hiddenSize),
      ...forwardSpecs(c),
    }),
    build(context) {
      const { b, config: c, inputs, params, call: { values } } = context;
      const x = asFloat(b, inputAt(inputs, 0)), padding = values?.paddingMask;
      const level = second && c.useQueryKeyNorm, window = c.slidingWindow ?? 0;
      const seen = around(context, x, "self_attn", (v) => {
        const query = turned(context, v, own.query, level ? own.queryNorm : undefined);
        const key = turned(context, v, own.key, level ? own.keyNorm : undefined);
        return attention(context, own, [query, key, toHeads(b, v, params, own.value)], (scores) => {
          const all = padding ? lowered(b, ofKeys(b, padding), scores) : scalarLike(b, 0, scores);
          if (!second || c.layerType === "full_attention") return all;
          const apart = distance(b, scores),
            left = Math.floor((window + 1) / 2),
            right = Math.floor(window / 2) + 1;
          const near = b.and(
            b.less(apart, b.scalar(left, "int64")),
            b.greater(apart, b.scalar(-right, "int64")),
          );
          return b.add(all, lowered(b, near, scores));
        });
      });
      return [forward(context, seen)];
    },
    check,
    keras: mapping(name, ["hidden_states", "padding_mask", "training"]),
  };
}
/** Which keys of its own a decoder's queries see: those up to them, `most` steps back at most. */
function upTo(b: Builder, scores: Value, padding: Value | undefined, most: number | null): Value {
  const apart = distance(b, scores);
  let seen = b.greaterOrEqual(apart, b.scalar(0, "int64"));
  if (most !== null) seen = b.and(seen, b.lessOrEqual(apart, b.scalar(most, "int64")));
  return padding ? b.and(seen, ofKeys(b, padding)) : seen;
}
const decoderCall = ["inputs", "self_attention_padding_mask", "cross_attention_padding_mask", "training"];
function encodedOf({ b, inputs }: Context, name: string): Value {
  const over = inputs[1];
  if (!over) throw new UnsupportedError(`${name}: expected an encoder's output as second input`);
  return asFloat(b, over);
}
/** A decoder's layer: attention over its own steps, then over an encoder's. */
const decoderDef: LayerDef<T5GemmaConfig> = {
  kind: "layer",
  name: "T5GemmaDecoderLayer",
  summary: "A decoder's layer of T5Gemma (KerasHub).",
  mask: "consume",
  config: fields,
  params: (c): Specs => ({
    ...headsSpecs(own, c, c.hiddenSize, false),
    ...aroundSpecs("self_attn", c.hiddenSize),
    ...headsSpecs(cross, c, c.crossAttentionHiddenSize ?? c.hiddenSize, false),
    ...aroundSpecs("cross_attn", c.hiddenSize),
    ...forwardSpecs(c),
  }),
  build(context) {
    const { b, config: c, inputs, params, call: { values = {} } } = context;
    const x = asFloat(b, inputAt(inputs, 0)), over = encodedOf(context, "T5GemmaDecoderLayer");
    const most = c.layerType === "sliding_attention" ? c.slidingWindow : null;
    const seen = around(context, x, "self_attn", (v) => {
      const query = turned(context, v, own.query, undefined), key = turned(context, v, own.key, undefined);
      return attention(
        context,
        own,
        [query, key, toHeads(b, v, params, own.value)],
        (scores) => lowered(b, upTo(b, scores, values.selfAttentionPaddingMask, most), scores),
      );
    });
    const mask = values.crossAttentionPaddingMask;
    const crossed = around(context, seen, "cross_attn", (v) => {
      const query = toHeads(b, v, params, cross.query);
      const key = toHeads(b, over, params, cross.key), value = toHeads(b, over, params, cross.value);
      return attention(
        context,
        cross,
        [query, key, value],
        (scores) => mask ? lowered(b, ofKeys(b, mask), scores) : scalarLike(b, 0, scores),
      );
    });
    return [forward(context, crossed)];
  },
  check,
  keras: mapping("T5GemmaDecoderLayer", decoderCall),
};
/** A decoder's layer of the second generation: one attention over its own steps and an encoder's. */
const mergedDecoderDef: LayerDef<T5GemmaConfig> = {
  kind: "layer",
  name: "T5Gemma2DecoderLayer",
  summary: "A decoder's layer of T5Gemma 2 (KerasHub).",
  mask: "consume",
  config: fields,
  params: (c): Specs => ({
    ...headsSpecs(merged, c, c.hiddenSize, c.useQueryKeyNorm),
    ...aroundSpecs("self_attn", c.hiddenSize),
    ...forwardSpecs(c),
  }),
  build(context) {
    const { b, config: c, inputs, params, call: { values = {} } } = context;
    const x = asFloat(b, inputAt(inputs, 0)), over = encodedOf(context, "T5Gemma2DecoderLayer");
    const most = c.layerType === "sliding_attention" && c.slidingWindow !== null ? c.slidingWindow - 1 : null;
    const mask = values.crossAttentionPaddingMask ?? inputs[2];
    if (!mask) throw new UnsupportedError("T5Gemma2DecoderLayer: expected cross_attention_padding_mask");
    const seen = around(context, x, "self_attn", (v) => {
      const level = (place: Place) => c.useQueryKeyNorm ? place : undefined;
      const query = turned(context, v, merged.query, level(merged.queryNorm));
      const first = turned(context, v, merged.key, level(merged.keyNorm));
      const heads = toHeads(b, over, params, merged.key);
      const second = c.useQueryKeyNorm ? rmsOf(b, heads, params, merged.keyNorm, c.rmsNormEps, 1) : heads;
      const join = (p: Value, q: Value) => b.concat([p, q], { axis: 2 });
      const value = join(toHeads(b, v, params, merged.value), toHeads(b, over, params, merged.value));
      return attention(context, merged, [query, join(first, second), value], (scores) => {
        // Scores of its own steps stand first, those of the encoder's after them.
        const count = b.shape(first, { start: 2, end: 3 });
        const part = b.slice(scores, b.ints([0]), count, b.ints([3]));
        const mine = lowered(b, upTo(b, part, values.selfAttentionPaddingMask, most), scores);
        const theirs = lowered(b, ofKeys(b, mask), scores);
        const rest = b.slice(scores, count, b.ints([2 ** 31 - 1]), b.ints([3]));
        const wide = (y: Value, like: Value) => b.expand(y, b.shape(like));
        return b.concat([wide(mine, part), wide(theirs, rest)], { axis: 3 });
      });
    });
    return [forward(context, seen)];
  },
  check,
  keras: mapping("T5Gemma2DecoderLayer", decoderCall),
};
/** Layers of T5Gemma (2025), `[batch, steps, features]`, shape unchanged. */
export const t5GemmaLayers: readonly LayerDef<T5GemmaConfig>[] = [
  encoder("T5GemmaEncoderLayer", false),
  decoderDef,
  encoder("T5Gemma2EncoderLayer", true),
  mergedDecoderDef,
];
