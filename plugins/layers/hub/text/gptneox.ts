/** Decoders' layers of GPT-NeoX and Falcon. @module */
import type { Value } from "../../../../core/graph/graph.ts";
import type { InitializerSpec, LayerDef } from "../../../../core/network/layer.ts";
import { activate, asFloat, cast, dtypeOf, inputAt, sizeAt } from "../../../../core/ops/words.ts";
import { activationField, initializerField } from "../../shared/fields.ts";
import type { ActivationSpec } from "../../../../core/network/specs.ts";
import { float, int } from "../../../../core/values/schema.ts";
import { tensor } from "../../../../core/values/tensor.ts";
import { alibiSlopes } from "../embeddings.ts";
import { at, attend, dense, denseSpecs, dropped, norm, normSpecs, toHeads, unsplit } from "../kit.ts";
import { hidden } from "../names.ts";
import { frequencies, rotated } from "../rotary.ts";
import { beforeZeroMasked, zeroMaskedField } from "../../shared/spelled.ts";

/** Options of {@link gptNeoXDecoderDef}, resolved. */
export interface GptNeoXDecoderConfig {
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
  /** Share of a head's features that are turned. */
  readonly rotaryPercentage: number;
  /** The longest wave of the rotary embedding. */
  readonly rotaryMaxWavelength: number;
  /** Masked scores become 0 even where all are masked. */
  readonly zeroMasked: boolean;
}
const attention = "_self_attention_layer", selfNorm = at("_self_attention_layer_norm");
const joined = at(`${attention}/_qkv_dense`), output = at(`${attention}/_output_dense`);
const forwardNorm = at("_feedforward_layer_norm");
const inner = at("_feedforward_intermediate_dense"), outer = at("_feedforward_output_dense");
/** A decoder's layer of GPT-NeoX (2022), attention beside the feed forward part, `[batch, steps, features]`, shape unchanged. */
export const gptNeoXDecoderDef: LayerDef<GptNeoXDecoderConfig> = {
  kind: "layer",
  name: "GPTNeoXDecoder",
  mask: "pass",
  config: {
    intermediateDim: int({ min: 1 }),
    numHeads: int({ min: 1 }),
    dropout: float({ min: 0, max: 1, default: 0 }),
    activation: activationField({ default: "relu" }),
    layerNormEpsilon: float({ default: 1e-5 }),
    kernelInitializer: initializerField({ default: "glorotUniform" }),
    biasInitializer: initializerField({ default: "zeros" }),
    rotaryPercentage: float({
      min: 0,
      max: 1,
      default: 0.25,
    }),
    rotaryMaxWavelength: float({ default: 10000 }),
    zeroMasked: zeroMaskedField(),
  },
  params(c, [x]) {
    const size = sizeAt(x, -1), width = 3 * Math.floor(size / c.numHeads), units = c.intermediateDim;
    const { kernelInitializer: init, biasInitializer: biases, numHeads: heads } = c;
    return {
      ...denseSpecs(joined, [size, heads, width], init, [heads, width], biases),
      ...denseSpecs(output, [size, size], init, [size], biases),
      ...normSpecs(selfNorm, size),
      ...denseSpecs(inner, [size, units], init, [units], biases),
      ...denseSpecs(outer, [units, size], init, [size], biases),
      ...normSpecs(forwardNorm, size),
    };
  },
  build(context) {
    const { b, config: c, inputs, params, call: { values = {} } } = context;
    const x = asFloat(b, inputAt(inputs, 0)), level = norm(b, x, params, selfNorm, c.layerNormEpsilon);
    const heads = toHeads(b, level, params, joined);
    const [query, key, value] = b.split(heads, { axis: -1, num_outputs: 3 });
    const size = Math.floor(sizeAt(x.type, -1) / c.numHeads), turned = Math.floor(size * c.rotaryPercentage);
    const turn = (y: Value) => {
      const part = (from: number, to: number) => b.slice(y, b.ints([from]), b.ints([to]), b.ints([3]));
      const first = rotated(b, part(0, turned), frequencies(turned, c.rotaryMaxWavelength), 2);
      return turned === size ? first : b.concat([first, part(turned, size)], { axis: -1 });
    };
    const [mixed] = attend(context, turn(query as Value), turn(key as Value), value as Value, {
      scale: 1 / Math.sqrt(size),
      mask: {
        padding: values.decoderPaddingMask ?? inputAt(inputs, 0).mask,
        attention: values.decoderAttentionMask,
        causal: true,
      },
      zeroed: c.zeroMasked,
      dropout: c.dropout,
    });
    const seen = dropped(context, dense(b, unsplit(b, mixed), params, output), c.dropout);
    const even = norm(b, x, params, forwardNorm, c.layerNormEpsilon);
    const y = dense(b, activate(b, c.activation, dense(b, even, params, inner)), params, outer);
    return [b.add(b.add(y, seen), x)];
  },
  keras: hidden("GPTNeoXDecoder", {
    call: ["decoder_sequence", "decoder_padding_mask", "decoder_attention_mask"],
    own: ["zeroMasked"],
    ignore: ["max_sequence_length", "decoder_sequence_shape"],
    upgrade: beforeZeroMasked,
  }),
};

/** Options of {@link falconDecoderDef}, resolved. */
export interface FalconDecoderConfig {
  /** Number of heads. */
  readonly numAttentionHeads: number;
  /** Units between the two dense layers. */
  readonly intermediateDim: number;
  /** Added to the variance. */
  readonly layerNormEpsilon: number;
  /** Share of the attention's scores and of its output that is dropped in training. */
  readonly attentionDropoutRate: number;
  /** Share of the feed forward part's output that is dropped in training. */
  readonly feedforwardDropoutRate: number;
  /** Masked scores become 0 even where all are masked. */
  readonly zeroMasked: boolean;
}
const falcon = (name: string) => at(`attention_layer/${name}_dense`);
const before = at("input_layernorm"), after = at("post_attention_layernorm");
const up = at("dense_h_to_4h"), down = at("dense_4h_to_h");
/** A decoder's layer of Falcon (2023), whose scores grow with the number of real keys before, `[batch, steps, features]`, shape unchanged. */
export const falconDecoderDef: LayerDef<FalconDecoderConfig> = {
  kind: "layer",
  name: "FalconTransformerDecoder",
  mask: "consume",
  config: {
    numAttentionHeads: int({ min: 1 }),
    intermediateDim: int({ min: 1 }),
    layerNormEpsilon: float({ default: 1e-5 }),
    attentionDropoutRate: float({
      min: 0,
      max: 1,
      default: 0,
    }),
    feedforwardDropoutRate: float({
      min: 0,
      max: 1,
      default: 0,
    }),
    zeroMasked: zeroMaskedField(),
  },
  params(c, [x]) {
    const size = sizeAt(x, -1), heads = c.numAttentionHeads, width = Math.floor(size / heads);
    const heading = (name: string) =>
      denseSpecs(falcon(name), [size, heads, width], "glorotUniform", [heads, width]);
    return {
      ...normSpecs(before, size),
      ...heading("query"),
      ...heading("key"),
      ...heading("value"),
      ...denseSpecs(falcon("output"), [size, size], "glorotUniform", [size]),
      ...normSpecs(after, size),
      ...denseSpecs(up, [size, c.intermediateDim], "glorotUniform", [c.intermediateDim]),
      ...denseSpecs(down, [c.intermediateDim, size], "glorotUniform", [size]),
    };
  },
  build(context) {
    const { b, config: c, inputs, params, call: { values = {} } } = context, first = inputAt(inputs, 0);
    const x = asFloat(b, first), level = norm(b, x, params, before, c.layerNormEpsilon);
    const heads = (name: string) => toHeads(b, level, params, falcon(name)), query = heads("query");
    const scale = 1 / Math.sqrt(sizeAt(query.type, -1)), count = c.numAttentionHeads;
    const real = values.decoderPaddingMask;
    // Which real key it is, 0, 1, …; padding counts as the first.
    const order = (scores: Value) => {
      const like = real ? cast(b, real, dtypeOf(scores)) : b.expand(
        b.scalar(1),
        b.concat([
          b.shape(scores, { start: 0, end: 1 }),
          b.shape(scores, { start: 3 }),
        ], {
          axis: 0,
        }),
      );
      const places = b.sub(b.cumSum(like, b.scalar(1, "int64")), b.scalar(1));
      return b.unsqueeze(b.mul(places, like), b.ints([1, 2]));
    };
    const slopes = Float32Array.from(alibiSlopes(count, 8).map((slope) => slope * scale));
    const [mixed] = attend(context, query, heads("key"), heads("value"), {
      scale,
      mask: {
        padding: real ?? first.mask,
        attention: values.decoderAttentionMask,
        causal: true,
      },
      zeroed: c.zeroMasked,
      dropout: c.attentionDropoutRate,
      bias: (scores) => b.add(scores, b.mul(b.constant(tensor(slopes, [count, 1, 1])), order(scores))),
    });
    const seen = dense(b, unsplit(b, mixed), params, falcon("output"));
    const middle = b.add(dropped(context, seen, c.attentionDropoutRate), x);
    const even = norm(b, middle, params, after, c.layerNormEpsilon);
    const y = dense(b, activate(b, { name: "gelu" }, dense(b, even, params, up)), params, down);
    return [b.add(dropped(context, y, c.feedforwardDropoutRate), middle)];
  },
  keras: hidden("FalconTransformerDecoder", {
    call: ["inputs", "decoder_padding_mask", "decoder_attention_mask", "training"],
    own: ["zeroMasked"],
    upgrade: beforeZeroMasked,
  }),
};
