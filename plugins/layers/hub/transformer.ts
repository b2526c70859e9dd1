/** KerasHub's encoder and decoder of transformers, and Whisper's kind of them. @module */
import { ShapeError } from "../../../core/values/errors.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { InitializerSpec, KerasMapping, LayerDef } from "../../../core/network/layer.ts";
import { activate, asFloat, boolMask, inputAt, sizeAt } from "../../../core/ops/words.ts";
import { activationField, initializerField } from "../shared/fields.ts";
import type { ActivationSpec } from "../../../core/network/specs.ts";
import { bool, float, int, type Schema } from "../../../core/values/schema.ts";
import type { Type } from "../../../core/values/shape.ts";
import {
  at,
  attend,
  dense,
  denseSpecs,
  dropped,
  fromHeads,
  type HubContext,
  type MaskParts,
  norm,
  normSpecs,
  type Place,
  type Specs,
  toHeads,
} from "./kit.ts";
import { hub } from "./names.ts";
import { beforeZeroMasked, zeroMaskedField } from "../shared/spelled.ts";

/** Options of {@link transformerEncoderDef} and {@link transformerDecoderDef}, resolved. */
export interface TransformerConfig {
  /** Units between the two dense layers. */
  readonly intermediateDim: number;
  /** Number of heads. */
  readonly numHeads: number;
  /** Share of the attention's scores and of the outputs that is dropped in training. */
  readonly dropout: number;
  /** Activation between the dense layers. */
  readonly activation: ActivationSpec;
  /** Added to the variance. */
  readonly layerNormEpsilon: number;
  /** Fills kernels. */
  readonly kernelInitializer: InitializerSpec;
  /** Fills biases. */
  readonly biasInitializer: InitializerSpec;
  /** Normalize before each part and not after it. */
  readonly normalizeFirst: boolean;
  /** Masked scores become 0 even where all are masked. */
  readonly zeroMasked: boolean;
}
/** Fields of {@link TransformerConfig}. */
export const transformerFields: Schema<TransformerConfig> = {
  intermediateDim: int({ min: 1 }),
  numHeads: int({ min: 1 }),
  dropout: float({ min: 0, max: 1, default: 0 }),
  activation: activationField({ default: "relu" }),
  layerNormEpsilon: float({ default: 1e-5 }),
  kernelInitializer: initializerField({ default: "glorotUniform" }),
  biasInitializer: initializerField({ default: "zeros" }),
  normalizeFirst: bool({ default: false }),
  zeroMasked: zeroMaskedField(),
};
const selfNorm = at("_self_attention_layer_norm"), crossNorm = at("_cross_attention_layer_norm");
const forwardNorm = at("_feedforward_layer_norm");
const inner = at("_feedforward_intermediate_dense"), outer = at("_feedforward_output_dense");
const selfAttention = "_self_attention_layer", crossAttention = "_cross_attention_layer";

type Heads = Readonly<Record<"query" | "key" | "value" | "output", Place>>;
function headsAt(group: string, prefix = ""): Heads {
  const part = (name: string) => at(`${group}/${prefix}${name}_dense`);
  return { query: part("query"), key: part("key"), value: part("value"), output: part("output") };
}
/** Weights of an attention by heads over features. */
function headsSpecs(
  group: string,
  c: TransformerConfig,
  size: number,
  keys = size,
  keyBias = true,
): Specs {
  const heads = headsAt(group), width = Math.floor(size / c.numHeads), init = c.kernelInitializer;
  if (width === 0) throw new ShapeError(`${c.numHeads} heads are more than ${size} features`);
  const each = (place: Place, from: number, biased = true) =>
    denseSpecs(
      place,
      [from, c.numHeads, width],
      init,
      biased ? [c.numHeads, width] : undefined,
      c.biasInitializer,
    );
  return {
    ...each(heads.query, size),
    ...each(heads.key, keys, keyBias),
    ...each(heads.value, keys),
    ...denseSpecs(heads.output, [c.numHeads, width, size], init, [size], c.biasInitializer),
  };
}
/** The feed forward part, in the order that Keras makes it. */
function forwardSpecs(c: TransformerConfig, size: number): Specs {
  const { intermediateDim: units, kernelInitializer: init, biasInitializer: biases } = c;
  return {
    ...denseSpecs(inner, [size, units], init, [units], biases),
    ...denseSpecs(outer, [units, size], init, [size], biases),
  };
}
/** Attention by heads; with the weights. */
function attention(
  context: HubContext<TransformerConfig>,
  group: string,
  x: Value,
  over: Value,
  mask: MaskParts,
  scores = false,
): readonly [Value, Value] {
  const { b, params, config: c } = context, heads = headsAt(group);
  const query = toHeads(b, x, params, heads.query), size = sizeAt(query.type, -1);
  const [y, weights] = attend(
    context,
    query,
    toHeads(b, over, params, heads.key),
    toHeads(b, over, params, heads.value),
    // Keras has a fused kernel for attention without dropout, even where nothing is allowed.
    {
      scale: 1 / Math.sqrt(size),
      mask,
      zeroed: c.zeroMasked && (c.dropout > 0 || scores),
      dropout: c.dropout,
    },
  );
  return [fromHeads(b, y, params, heads.output), weights];
}
/** A part with what goes around it: normalization before or after, dropout, the way past it. */
function around(
  context: HubContext<TransformerConfig>,
  x: Value,
  place: Place,
  part: (x: Value) => Value,
): Value {
  const { b, config: c, params } = context;
  const level = (v: Value) => norm(b, v, params, place, c.layerNormEpsilon);
  const y = b.add(dropped(context, part(c.normalizeFirst ? level(x) : x), c.dropout), x);
  return c.normalizeFirst ? y : level(y);
}
function forward({ b, config: c, params }: HubContext<TransformerConfig>) {
  return (x: Value) => dense(b, activate(b, c.activation, dense(b, x, params, inner)), params, outer);
}
function encoderSpecs(c: TransformerConfig, size: number, keyBias: boolean): Specs {
  return {
    ...headsSpecs(selfAttention, c, size, size, keyBias),
    ...normSpecs(selfNorm, size),
    ...normSpecs(forwardNorm, size),
    ...forwardSpecs(c, size),
  };
}

/** Attention over its own steps and a feed forward part, `[batch, steps, features]`, shape unchanged. */
export const transformerEncoderDef: LayerDef<TransformerConfig> = {
  kind: "layer",
  name: "TransformerEncoder",
  mask: "pass",
  config: transformerFields,
  params: (c, [x]) => encoderSpecs(c, sizeAt(x, -1), true),
  build: (context) => encoded(context, true),
  keras: hub("TransformerEncoder", {
    call: ["inputs", "padding_mask", "attention_mask", "training", "return_attention_scores"],
    own: ["zeroMasked"],
    upgrade: beforeZeroMasked,
  }),
};
/** An encoder's layer; Keras' own attention heeds the mask that rides with x beside the one it is given. */
function encoded(context: HubContext<TransformerConfig>, heeds: boolean): readonly Value[] {
  const { b, call: { values, options } } = context, x = inputAt(context.inputs, 0), own = x.mask;
  const scores = options?.returnAttentionScores === true, given = values?.paddingMask;
  const both = heeds && own && given ? b.and(boolMask(b, own), boolMask(b, given)) : given ?? own;
  const mask = { query: heeds ? own : undefined, padding: both, attention: values?.attentionMask };
  let weights: Value | undefined;
  const seen = around(context, asFloat(b, x), selfNorm, (v) => {
    const [y, w] = attention(context, selfAttention, v, v, mask, scores);
    weights = w;
    return y;
  });
  const y = around(context, seen, forwardNorm, forward(context));
  return scores && weights ? [y, weights] : [y];
}

function decoderSpecs(c: TransformerConfig, inputs: readonly Type[], keyBias: boolean): Specs {
  const size = sizeAt(inputs[0], -1), encoded = inputs[1];
  return {
    ...headsSpecs(selfAttention, c, size, size, keyBias),
    ...normSpecs(selfNorm, size),
    ...(encoded && {
      ...headsSpecs(crossAttention, c, size, sizeAt(encoded, -1), keyBias),
      ...normSpecs(crossNorm, size),
    }),
    ...forwardSpecs(c, size),
    ...normSpecs(forwardNorm, size),
  };
}
/**
 * Attention over its own steps up to each, over an encoder's steps where a second input gives them, and a feed forward
 * part: `[batch, steps, features]`, shape unchanged.
 */
export const transformerDecoderDef: LayerDef<TransformerConfig> = {
  kind: "layer",
  name: "TransformerDecoder",
  mask: "pass",
  config: transformerFields,
  params: (c, inputs) => decoderSpecs(c, inputs, true),
  build(context) {
    const { b, inputs, call: { values = {}, options = {} } } = context;
    const first = inputAt(inputs, 0), second = inputs[1];
    let x = around(context, asFloat(b, first), selfNorm, (v) =>
      attention(context, selfAttention, v, v, {
        padding: values.decoderPaddingMask ?? first.mask,
        attention: values.decoderAttentionMask,
        causal: options.useCausalMask !== false,
      })[0]);
    if (second) {
      const over = asFloat(b, second);
      x = around(context, x, crossNorm, (v) =>
        attention(context, crossAttention, v, over, {
          padding: values.encoderPaddingMask ?? second.mask,
          attention: values.encoderAttentionMask,
        })[0]);
    }
    return [around(context, x, forwardNorm, forward(context))];
  },
  keras: hub("TransformerDecoder", {
    call: [
      "decoder_sequence",
      "encoder_sequence",
      "decoder_padding_mask",
      "decoder_attention_mask",
      "encoder_padding_mask",
      "encoder_attention_mask",
      "self_attention_cache",
      "self_attention_cache_update_index",
      "cross_attention_cache",
      "cross_attention_cache_update_index",
      "use_causal_mask",
      "training",
    ],
    ignore: ["decoder_sequence_shape", "encoder_sequence_shape"],
    own: ["zeroMasked"],
    upgrade: beforeZeroMasked,
  }),
};
/** How files name a class that differs by its name alone. */
function registered(name: string): Pick<KerasMapping<TransformerConfig>, "classNames" | "save"> {
  const { classNames = [], save } = hub<TransformerConfig>(name);
  return { classNames, ...(save && { save }) };
}
/** Whisper's encoder: the keys' projection has no bias. */
export const whisperEncoderDef: LayerDef<TransformerConfig> = {
  ...transformerEncoderDef,
  name: "WhisperEncoder",
  params: (c, [x]) => encoderSpecs(c, sizeAt(x, -1), false),
  build: (context) => encoded(context, false),
  keras: { ...transformerEncoderDef.keras, ...registered("WhisperEncoder") },
};
/** Whisper's decoder: the keys' projections have no bias. */
export const whisperDecoderDef: LayerDef<TransformerConfig> = {
  ...transformerDecoderDef,
  name: "WhisperDecoder",
  params: (c, inputs) => decoderSpecs(c, inputs, false),
  keras: { ...transformerDecoderDef.keras, ...registered("WhisperDecoder") },
};
