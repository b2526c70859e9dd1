/** Decoders' layers of Gemma and Bloom, and Gemma's normalization. @module */
import type { InitializerSpec, LayerDef } from "../../../core/network/layer.ts";
import {
  activate,
  asFloat,
  beforeZeroMasked,
  initializerField,
  inputAt,
  paramAt,
  sizeAt,
  weight,
  zeroMaskedField,
} from "../../../core/graph/words.ts";
import { bool, float, int, nullable } from "../../../core/values/schema.ts";
import { withAlibi } from "./embeddings.ts";
import {
  at,
  attend,
  dense,
  denseSpecs,
  dropped,
  fromHeads,
  gated,
  norm,
  normSpecs,
  one,
  rms,
  rmsOf,
  toHeads,
  toHeadsFirst,
  unsplit,
} from "./kit.ts";
import { hidden } from "./names.ts";
import { frequencies, rotated } from "./rotary.ts";

/** Options of {@link gemmaNormalizationDef}, resolved. */
export interface GemmaNormalizationConfig {
  /** Added to the mean square. */
  readonly epsilon: number;
}
/** x over its root mean square, times one plus a learned scale, shape unchanged. */
export const gemmaNormalizationDef: LayerDef<GemmaNormalizationConfig, "scale"> = {
  kind: "layer",
  name: "GemmaRMSNormalization",
  summary: "x over its root mean square, times one plus a learned scale (KerasHub)",
  mask: "consume",
  config: { epsilon: float({ doc: "added to the mean square", default: 1e-6 }) },
  params: (_, [x]) => ({ scale: weight([sizeAt(x, -1)], "zeros") }),
  build: ({ b, config, inputs, params }) => [
    rms(b, asFloat(b, inputAt(inputs, 0)), paramAt(params, "scale"), config.epsilon, 1),
  ],
  keras: {
    ...hidden("GemmaRMSNormalization"),
    classNames: ["keras_hub>GemmaRMSNormalization", "RMSNormalization"],
  },
};

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
  /** Queries are divided by √headDim; else by √(hiddenDim / numQueryHeads). */
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
const before = at("pre_attention_norm"), afterAttention = at("post_attention_norm");
const beforeForward = at("pre_ffw_norm"), afterForward = at("post_ffw_norm");
const query = at("attention/query_dense"),
  key = at("attention/key_dense"),
  value = at("attention/value_dense");
const output = at("attention/output_dense");
const gate = at("gating_ffw"), up = at("gating_ffw_2"), down = at("ffw_linear");
/** A decoder's layer of Gemma (2024), `[batch, steps, features]`, shape unchanged. */
export const gemmaDecoderDef: LayerDef<GemmaDecoderConfig> = {
  kind: "layer",
  name: "GemmaDecoderBlock",
  summary: "a decoder's layer of Gemma (KerasHub)",
  mask: "consume",
  config: {
    hiddenDim: int({ doc: "features of input and output", min: 1 }),
    intermediateDim: int({ doc: "twice the units of the gated part", min: 2 }),
    headDim: int({ doc: "features of a head", min: 1 }),
    numQueryHeads: int({ doc: "number of the queries' heads", min: 1 }),
    numKeyValueHeads: int({ doc: "number of heads of keys and values", min: 1 }),
    queryHeadDimNormalize: bool({ doc: "queries are divided by the root of headDim", default: true }),
    usePostFfwNorm: bool({ doc: "normalize after the gated part as well", default: false }),
    usePostAttentionNorm: bool({ doc: "normalize after the attention as well", default: false }),
    logitSoftCap: nullable(float({ doc: "bounds scores to plus or minus this" })),
    useSlidingWindowAttention: bool({ doc: "queries see keys near them alone", default: false }),
    slidingWindowSize: int({ doc: "how near", min: 1, default: 4096 }),
    layerNormEpsilon: float({ doc: "added to the mean square", default: 1e-6 }),
    dropout: float({ doc: "share that is dropped in training", min: 0, max: 1, default: 0 }),
  },
  params(c) {
    const { hiddenDim: size, headDim: width } = c, units = Math.floor(c.intermediateDim / 2);
    const init: InitializerSpec = "glorotUniform";
    const scale = (place: ReturnType<typeof at>) => one(place, "scale", [size], "zeros");
    return {
      ...scale(before),
      ...(c.usePostAttentionNorm && scale(afterAttention)),
      ...denseSpecs(query, [c.numQueryHeads, size, width], init),
      ...denseSpecs(key, [c.numKeyValueHeads, size, width], init),
      ...denseSpecs(value, [c.numKeyValueHeads, size, width], init),
      ...denseSpecs(output, [c.numQueryHeads, width, size], init),
      ...(c.usePostFfwNorm && scale(afterForward)),
      ...scale(beforeForward),
      ...denseSpecs(gate, [size, units], init),
      ...denseSpecs(up, [size, units], init),
      ...denseSpecs(down, [units, size], init),
    };
  },
  build(context) {
    const { b, config: c, inputs, params, call: { values } } = context, x = asFloat(b, inputAt(inputs, 0));
    const rates = frequencies(c.headDim, 10000);
    const level = (y: typeof x, place: ReturnType<typeof at>) =>
      rmsOf(b, y, params, place, c.layerNormEpsilon, 1);
    const even = level(x, before);
    const normalizer = c.queryHeadDimNormalize ? c.headDim : Math.floor(c.hiddenDim / c.numQueryHeads);
    const [mixed] = attend(
      context,
      rotated(b, toHeadsFirst(b, even, params, query), rates, 2),
      rotated(b, toHeadsFirst(b, even, params, key), rates, 2),
      toHeadsFirst(b, even, params, value),
      {
        scale: 1 / Math.sqrt(normalizer),
        mask: {
          padding: values?.paddingMask ?? inputAt(inputs, 0).mask,
          causal: true,
          window: c.useSlidingWindowAttention ? c.slidingWindowSize : null,
        },
        zeroed: true,
        softCap: c.logitSoftCap,
        dropout: c.dropout,
      },
    );
    let seen = fromHeads(b, mixed, params, output);
    if (c.usePostAttentionNorm) seen = level(seen, afterAttention);
    const middle = b.one("Add", [x, dropped(context, seen, c.dropout)]);
    let y = gated(b, level(middle, beforeForward), params, [gate, up, down], {
      name: "gelu",
      approximate: true,
    });
    if (c.usePostFfwNorm) y = level(y, afterForward);
    return [b.one("Add", [y, middle])];
  },
  keras: hidden("GemmaDecoderBlock", {
    call: ["x", "padding_mask", "cache", "cache_update_index"],
  }),
};

/** Options of {@link bloomDecoderDef}, resolved. */
export interface BloomDecoderConfig {
  /** Units between the two dense layers. */
  readonly intermediateDim: number;
  /** Number of heads. */
  readonly numHeads: number;
  /** Share of weights and outputs that is dropped in training. */
  readonly dropout: number;
  /** Added to the variance. */
  readonly layerNormEpsilon: number;
  /** Fills kernels. */
  readonly kernelInitializer: InitializerSpec;
  /** Fills biases. */
  readonly biasInitializer: InitializerSpec;
  /** Masked scores become 0 even where all are masked. */
  readonly zeroMasked: boolean;
}
const bloomBefore = at("_pre_attention_layernorm"), bloomAfter = at("_post_attention_layernorm");
const bloom = (name: string) => at(`_self_attention_layer/_${name}_dense`);
const inner = at("_mlp_intermediate_dense"), outer = at("_mlp_output_dense");
/** A decoder's layer of Bloom (2022), whose scores have ALiBi's biases, `[batch, steps, features]`, shape unchanged. */
export const bloomDecoderDef: LayerDef<BloomDecoderConfig> = {
  kind: "layer",
  name: "BloomDecoder",
  summary: "a decoder's layer of Bloom (KerasHub)",
  mask: "consume",
  config: {
    intermediateDim: int({ doc: "units between the two dense layers", min: 1 }),
    numHeads: int({ doc: "number of heads", min: 1 }),
    dropout: float({ doc: "share that is dropped in training", min: 0, max: 1, default: 0 }),
    layerNormEpsilon: float({ doc: "added to the variance", default: 1e-5 }),
    kernelInitializer: initializerField({ doc: "fills kernels", default: "glorotUniform" }),
    biasInitializer: initializerField({ doc: "fills biases", default: "zeros" }),
    zeroMasked: zeroMaskedField(),
  },
  params(c, [x]) {
    const size = sizeAt(x, -1), width = Math.floor(size / c.numHeads), heads = c.numHeads;
    const { kernelInitializer: init, biasInitializer: biases, intermediateDim: units } = c;
    const heading = (name: string) =>
      denseSpecs(bloom(name), [size, heads, width], init, [heads, width], biases);
    return {
      ...normSpecs(bloomBefore, size),
      ...heading("query"),
      ...heading("key"),
      ...heading("value"),
      ...denseSpecs(bloom("output"), [size, size], init, [size], biases),
      ...normSpecs(bloomAfter, size),
      ...denseSpecs(inner, [size, units], init, [units], biases),
      ...denseSpecs(outer, [units, size], init, [size], biases),
    };
  },
  build(context) {
    const { b, config: c, inputs, params, call: { values, options } } = context;
    const x = asFloat(b, inputAt(inputs, 0)), even = norm(b, x, params, bloomBefore, c.layerNormEpsilon);
    const heads = (name: string) => toHeads(b, even, params, bloom(name));
    const query = heads("query");
    const [mixed] = attend(context, query, heads("key"), heads("value"), {
      scale: 1 / Math.sqrt(sizeAt(query.type, -1)),
      mask: {
        padding: values?.decoderPaddingMask ?? inputAt(inputs, 0).mask,
        attention: values?.decoderAttentionMask,
        causal: options?.useCausalMask !== false,
      },
      zeroed: c.zeroMasked,
      dropout: c.dropout,
      bias: (scores) => withAlibi(b, scores, 8),
    });
    const seen = dropped(context, dense(b, unsplit(b, mixed), params, bloom("output")), c.dropout);
    const middle = b.one("Add", [seen, x]);
    const level = norm(b, middle, params, bloomAfter, c.layerNormEpsilon);
    const y = activate(b, { name: "gelu", approximate: true }, dense(b, level, params, inner));
    return [b.one("Add", [dropped(context, dense(b, y, params, outer), c.dropout), middle])];
  },
  keras: hidden("BloomDecoder", {
    call: [
      ...["decoder_sequence", "decoder_padding_mask", "decoder_attention_mask"],
      ...["cache", "cache_update_index", "use_causal_mask"],
    ],
    own: ["zeroMasked"],
    upgrade: beforeZeroMasked,
  }),
};
