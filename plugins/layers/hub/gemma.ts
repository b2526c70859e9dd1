/** Decoders' layers of Gemma, and its normalization. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { InitializerSpec, LayerDef } from "../../../core/network/layer.ts";
import { asFloat, boolMask, causalMask, inputAt, scalarLike } from "../../../core/ops/words.ts";
import { bool, float, int, nullable, type Schema } from "../../../core/values/schema.ts";
import {
  at,
  attend,
  denseSpecs,
  dropped,
  fromHeads,
  gated,
  one,
  type Place,
  rmsOf,
  type Specs,
  steps,
  toHeadsFirst,
} from "./kit.ts";
import { hidden } from "./names.ts";
import { type HiddenNormConfig, rootMeanSquares } from "./norms.ts";
import { frequencies, rotated } from "./rotary.ts";

/** x over its root mean square, times one plus a learned scale, shape unchanged. */
export const gemmaNormalizationDef: LayerDef<HiddenNormConfig, "scale"> = rootMeanSquares(
  "GemmaRMSNormalization",
  "scale",
  1,
  { classNames: ["keras_hub>GemmaRMSNormalization", "RMSNormalization"] },
);

/** Options of {@link gemmaDecoderDef}, resolved. */
export interface GemmaDecoderConfig {
  /** Features of input and output. */
  readonly hiddenDim: number;
  /** Twice the units of the gated part. */
  readonly intermediateDim: number;
  /** Features of a head. */
  readonly headDim: number;
  /** Number of the queries' heads. */
  readonly numQueryHeads: number;
  /** Number of heads of keys and values; each serves several of the queries'. */
  readonly numKeyValueHeads: number;
  /** Queries are divided by √headDim; KerasHub does so even where this is false. */
  readonly queryHeadDimNormalize: boolean;
  /** Normalize after the gated part as well. */
  readonly usePostFfwNorm: boolean;
  /** Normalize after the attention as well. */
  readonly usePostAttentionNorm: boolean;
  /** Bounds scores to ±this by tanh. */
  readonly logitSoftCap: number | null;
  /** Queries see keys near them alone. */
  readonly useSlidingWindowAttention: boolean;
  /** How near. */
  readonly slidingWindowSize: number;
  /** Added to the mean square. */
  readonly layerNormEpsilon: number;
  /** Share of the outputs that is dropped in training. */
  readonly dropout: number;
}
/** Fields of {@link GemmaDecoderConfig}. */
const gemmaFields: Schema<GemmaDecoderConfig> = {
  hiddenDim: int({ min: 1 }),
  intermediateDim: int({ min: 2 }),
  headDim: int({ min: 1 }),
  numQueryHeads: int({ min: 1 }),
  numKeyValueHeads: int({ min: 1 }),
  queryHeadDimNormalize: bool({ default: true }),
  usePostFfwNorm: bool({ default: false }),
  usePostAttentionNorm: bool({ default: false }),
  logitSoftCap: nullable(float()),
  useSlidingWindowAttention: bool({ default: false }),
  slidingWindowSize: int({ min: 1, default: 4096 }),
  layerNormEpsilon: float({ default: 1e-6 }),
  dropout: float({ min: 0, max: 1, default: 0 }),
};
const before = at("pre_attention_norm"), afterAttention = at("post_attention_norm");
const beforeForward = at("pre_ffw_norm"), afterForward = at("post_ffw_norm");
const part = (name: string) => at(`attention/${name}`);
const query = part("query_dense"), key = part("key_dense"), value = part("value_dense");
const output = part("output_dense"), queryNorm = part("query_norm"), keyNorm = part("key_norm");
const gate = at("gating_ffw"), up = at("gating_ffw_2"), down = at("ffw_linear");
/** What sets a generation of Gemma apart. */
export interface GemmaKind<C extends GemmaDecoderConfig> {
  /** Class name in files. */
  readonly name: string;
  /** Options beside those that all have. */
  readonly fields: Omit<Schema<C>, keyof GemmaDecoderConfig>;
  /** Units of the gated part. */
  readonly units: (config: C) => number;
  /** Frequencies of the rotary embedding. */
  readonly rates: (config: C) => readonly number[];
  /** Queries and keys are normalized. */
  readonly normalized: (config: C) => boolean;
  /** Queries see keys after them too: those of the mask, near them where only near ones are seen. */
  readonly bothWays: (config: C) => boolean;
  /** Arguments of a call. */
  readonly call: readonly string[];
}
/** Whether key j stands at most `size` − 1 steps off query i, those before and after it shared out. */
function around(b: Builder, scores: Value, size: number): Value {
  const axis = (from: number, at: number) => b.unsqueeze(steps(b, scores, from), b.ints([at]));
  const right = Math.floor(size / 2), left = size - right - 1, apart = b.sub(axis(2, 1), axis(3, 0));
  return b.and(
    b.lessOrEqual(apart, b.scalar(left, "int64")),
    b.greaterOrEqual(apart, b.scalar(-right, "int64")),
  );
}
/**
 * What is no response sees all of what isn't either; each step of a response what stands before it. Masks are of the last
 * steps; what stands in front of them is real and no response. Where only near ones are seen, that is so on both sides.
 */
function prefixed(
  b: Builder,
  padding: Value,
  response: Value,
  near: number | null,
): (scores: Value) => Value {
  return (scores) => {
    const wide = (mask: Value, fill: number) => {
      const size = (x: Value, axis: number) => b.shape(x, { start: axis, end: axis + 1 });
      const before = b.sub(size(scores, 3), size(mask, 1)), none = b.ints([0]);
      const numbers = b.cast(boolMask(b, mask), { to: "float32" });
      const pads = b.concat([none, before, none, none], { axis: 0 });
      const all = b.pad(numbers, pads, scalarLike(b, fill, numbers));
      return b.unsqueeze(b.cast(all, { to: "bool" }), b.ints([1, 2]));
    };
    const own = wide(response, 0), prefix = b.and(wide(padding, 1), b.not(own));
    const seen = b.or(prefix, b.and(causalMask(b, scores), own));
    if (near === null) return seen;
    const axis = (from: number, at: number) => b.unsqueeze(steps(b, scores, from), b.ints([at]));
    const apart = b.abs(b.sub(axis(2, 1), axis(3, 0)));
    return b.and(seen, b.less(apart, b.scalar(near, "int64")));
  };
}
/** A decoder's layer of that kind. */
export function gemmaBlock<C extends GemmaDecoderConfig>(kind: GemmaKind<C>): LayerDef<C> {
  return {
    kind: "layer",
    name: kind.name,
    mask: "consume",
    config: { ...gemmaFields, ...kind.fields } as Schema<C>,
    params(c): Specs {
      const { hiddenDim: size, headDim: width } = c, units = kind.units(c), level = kind.normalized(c);
      const init: InitializerSpec = "glorotUniform";
      const scale = (place: Place, of = size) => one(place, "scale", [of], "zeros");
      return {
        ...scale(before),
        ...(c.usePostAttentionNorm && scale(afterAttention)),
        ...denseSpecs(query, [c.numQueryHeads, size, width], init),
        ...denseSpecs(key, [c.numKeyValueHeads, size, width], init),
        ...denseSpecs(value, [c.numKeyValueHeads, size, width], init),
        ...(level && scale(queryNorm, width)),
        ...(level && scale(keyNorm, width)),
        ...denseSpecs(output, [c.numQueryHeads, width, size], init),
        ...scale(beforeForward),
        ...(c.usePostFfwNorm && scale(afterForward)),
        ...denseSpecs(gate, [size, units], init),
        ...denseSpecs(up, [size, units], init),
        ...denseSpecs(down, [units, size], init),
      };
    },
    build(context) {
      const { b, config: c, inputs, params, call: { values } } = context, x = asFloat(b, inputAt(inputs, 0));
      const rates = kind.rates(c),
        both = kind.bothWays(c),
        padding = values?.paddingMask ?? inputAt(inputs, 0).mask,
        response = values?.responseMask;
      const level = (y: Value, place: Place) => rmsOf(b, y, params, place, c.layerNormEpsilon, 1);
      const even = level(x, before);
      const turned = (place: Place, own: Place) => {
        const heads = toHeadsFirst(b, even, params, place);
        return rotated(b, kind.normalized(c) ? level(heads, own) : heads, rates, 2);
      };
      const near = c.useSlidingWindowAttention ? c.slidingWindowSize : null;
      const [mixed] = attend(
        context,
        turned(query, queryNorm),
        turned(key, keyNorm),
        toHeadsFirst(b, even, params, value),
        {
          scale: 1 / Math.sqrt(c.headDim),
          mask: response && padding ? { also: prefixed(b, padding, response, near) } : {
            padding,
            query: both ? padding : undefined,
            causal: !both,
            window: both ? null : near,
            also: both && near !== null ? (scores) => around(b, scores, near) : undefined,
          },
          zeroed: true,
          softCap: c.logitSoftCap,
          dropout: c.dropout,
        },
      );
      let seen = fromHeads(b, mixed, params, output);
      if (c.usePostAttentionNorm) seen = level(seen, afterAttention);
      const middle = b.add(x, dropped(context, seen, c.dropout));
      let y = gated(b, level(middle, beforeForward), params, [gate, up, down], {
        name: "gelu",
        approximate: true,
      });
      if (c.usePostFfwNorm) y = level(y, afterForward);
      return [b.add(y, middle)];
    },
    keras: hidden(kind.name, { call: kind.call }),
  };
}
/** A decoder's layer of Gemma 1 and 2 (2024), `[batch, steps, features]`, shape unchanged. */
export const gemmaDecoderDef: LayerDef<GemmaDecoderConfig> = gemmaBlock<GemmaDecoderConfig>({
  name: "GemmaDecoderBlock",
  fields: {},
  units: (c) => Math.floor(c.intermediateDim / 2),
  rates: (c) => frequencies(c.headDim, 10000),
  normalized: () => false,
  bothWays: () => false,
  call: ["x", "padding_mask", "cache", "cache_update_index"],
});

/** A decoder's layer of PaliGemma: an image and a question are seen whole, the answer step by step. */
export const paliGemmaDecoderDef: LayerDef<GemmaDecoderConfig> = gemmaBlock<GemmaDecoderConfig>({
  name: "PaliGemmaDecoderBlock",
  fields: {},
  units: (c) => Math.floor(c.intermediateDim / 2),
  rates: (c) => frequencies(c.headDim, 10000),
  normalized: () => false,
  bothWays: () => false,
  call: ["x", "padding_mask", "response_mask", "cache", "cache_update_index"],
});

/** Options of {@link gemma3DecoderDef}, resolved. */
export interface Gemma3DecoderConfig extends GemmaDecoderConfig {
  /** Queries and keys are normalized. */
  readonly useQueryKeyNorm: boolean;
  /** The units of the gated part are those said over this. */
  readonly gateDimReduction: number;
  /** The longest wave of the rotary embedding. */
  readonly ropeWavelength: number;
  /** Frequencies are divided by this. */
  readonly ropeScalingFactor: number;
  /** Queries see keys after them too. */
  readonly useBidirectionalAttention: boolean;
}
/** A decoder's layer of Gemma 3 (2025), of text alone, `[batch, steps, features]`, shape unchanged. */
export const gemma3DecoderDef: LayerDef<Gemma3DecoderConfig> = gemmaBlock<Gemma3DecoderConfig>({
  name: "Gemma3DecoderBlock",
  fields: {
    useQueryKeyNorm: bool({ default: false }),
    gateDimReduction: int({ min: 1, default: 2 }),
    ropeWavelength: float({ default: 10000 }),
    ropeScalingFactor: float({ default: 1 }),
    useBidirectionalAttention: bool({ default: false }),
  },
  units: (c) => Math.floor(c.intermediateDim / c.gateDimReduction),
  rates: (c) => frequencies(c.headDim, c.ropeWavelength, c.ropeScalingFactor),
  normalized: (c) => c.useQueryKeyNorm,
  bothWays: (c) => c.useBidirectionalAttention,
  call: ["x", "padding_mask"],
});
