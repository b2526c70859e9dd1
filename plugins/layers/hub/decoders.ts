/** Decoders' layers of Llama's kind: root mean squares, rotary embeddings, shared keys, gated feed forward parts. @module */
import type { InitializerSpec, LayerDef } from "../../../core/network/layer.ts";
import { UnsupportedError } from "../../../core/values/errors.ts";
import {
  activationField,
  type ActivationSpec,
  asFloat,
  beforeZeroMasked,
  initializerField,
  inputAt,
  paramAt,
  sizeAt,
  weight,
  zeroMaskedField,
} from "../../../core/graph/words.ts";
import { bool, type Field, float, int, nullable, type Schema, text } from "../../../core/values/schema.ts";
import {
  at,
  attend,
  denseSpecs,
  dropped,
  fromHeads,
  gated,
  type HubContext,
  one,
  rms,
  rmsOf,
  type Specs,
  toHeads,
} from "./kit.ts";
import { hidden } from "./names.ts";
import { frequencies, rotated, scaledFrequencies } from "./rotary.ts";

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
  intermediateDim: int({ doc: "units of the gated part", min: 1 }),
  numQueryHeads: int({ doc: "number of the queries' heads", min: 1 }),
  numKeyValueHeads: int({ doc: "number of heads of keys and values", min: 1 }),
  ropeMaxWavelength: float({ doc: "the longest wave of the rotary embedding", default: 10000 }),
  activation: activationField({ doc: "of the gate", default: "silu" }),
  layerNormEpsilon: float({ doc: "added to the mean square", default: 1e-5 }),
  kernelInitializer: initializerField({ doc: "fills kernels", default: "glorotUniform" }),
  dropout: float({ doc: "share that is dropped in training", min: 0, max: 1, default: 0 }),
  zeroMasked: zeroMaskedField(),
};

/** Where a kind's weights lie. */
interface Attributes {
  readonly attention: string;
  /** What attributes of the attention begin with. */
  readonly prefix: string;
  readonly before: string;
  readonly after: string;
  readonly feedForward: string;
}
const private_: Attributes = {
  attention: "_self_attention_layer",
  prefix: "_",
  before: "_self_attention_layernorm",
  after: "_feedforward_layernorm",
  feedForward: "_feedforward_",
};
const public_: Attributes = {
  attention: "attention",
  prefix: "",
  before: "pre_attention_layernorm",
  after: "post_attention_layernorm",
  feedForward: "feedforward_",
};
/** What sets one kind of these decoders apart. */
interface Kind<C extends DecoderConfig> {
  readonly name: string;
  readonly summary: string;
  readonly fields: Omit<Schema<C>, keyof DecoderConfig>;
  readonly attributes?: Attributes;
  readonly ignore?: readonly string[];
  /** Queries, keys and values have biases. */
  readonly biased?: (config: C) => boolean;
  /** Added to the mean square of queries and keys, where those are normalized. */
  readonly headEpsilon?: number;
  readonly headDim?: (config: C) => number | null;
  readonly rates: (size: number, config: C) => readonly number[];
  readonly window?: (config: C) => number | null;
  readonly check?: (config: C, path: string) => void;
}

function decoder<C extends DecoderConfig>(kind: Kind<C>): LayerDef<C> {
  const { attention, prefix, before, after, feedForward } = kind.attributes ?? private_;
  const part = (name: string) => at(`${attention}/${prefix}${name}_dense`);
  const query = part("query"), key = part("key"), value = part("value"), output = part("output");
  const queryNorm = at(`${attention}/${prefix}query_dense_layer_norm`);
  const keyNorm = at(`${attention}/${prefix}key_dense_layer_norm`);
  const forward = ["gate", "intermediate", "output"].map((name) => at(`${feedForward}${name}_dense`));
  const [gate, up, down] = forward as unknown as readonly [
    ReturnType<typeof at>,
    ReturnType<typeof at>,
    ReturnType<typeof at>,
  ];
  const widthOf = (config: C, features: number) =>
    kind.headDim?.(config) ?? Math.floor(features / config.numQueryHeads);
  return {
    kind: "layer",
    name: kind.name,
    summary: kind.summary,
    mask: "pass",
    config: { ...shared, ...kind.fields } as Schema<C>,
    params(config, [x]): Specs {
      const features = sizeAt(x, -1), size = widthOf(config, features), init = config.kernelInitializer;
      const { numQueryHeads: heads, numKeyValueHeads: groups, intermediateDim: units } = config;
      const biased = kind.biased?.(config) ?? false;
      const heading = (place: ReturnType<typeof at>, n: number) =>
        denseSpecs(place, [features, n, size], init, biased ? [n, size] : undefined);
      const level = kind.headEpsilon !== undefined;
      return {
        ...heading(query, heads),
        ...(level && one(queryNorm, "scale", [size], "ones")),
        ...heading(key, groups),
        ...(level && one(keyNorm, "scale", [size], "ones")),
        ...heading(value, groups),
        ...denseSpecs(output, [heads, size, features], init),
        ...one(at(before), "scale", [features], "ones"),
        ...denseSpecs(up, [features, units], init),
        ...denseSpecs(gate, [features, units], init),
        ...denseSpecs(down, [units, features], init),
        ...one(at(after), "scale", [features], "ones"),
      };
    },
    build(context: HubContext<C>) {
      const { b, config, inputs, params, call: { values = {} } } = context;
      const x = asFloat(b, inputAt(inputs, 0)), epsilon = config.layerNormEpsilon;
      const level = rmsOf(b, x, params, at(before), epsilon), { headEpsilon } = kind;
      const size = widthOf(config, sizeAt(x.type, -1)), rates = kind.rates(size, config);
      const heads = (place: ReturnType<typeof at>, own: ReturnType<typeof at>) => {
        const y = toHeads(b, level, params, place);
        const even = headEpsilon === undefined ? y : rmsOf(b, y, params, own, headEpsilon);
        return rotated(b, even, rates, 2);
      };
      const [mixed] = attend(
        context,
        heads(query, queryNorm),
        heads(key, keyNorm),
        toHeads(b, level, params, value),
        {
          scale: 1 / Math.sqrt(size),
          mask: {
            padding: values.decoderPaddingMask ?? inputAt(inputs, 0).mask,
            attention: values.decoderAttentionMask,
            causal: true,
            window: kind.window?.(config) ?? null,
          },
          zeroed: config.zeroMasked,
        },
      );
      const seen = dropped(context, fromHeads(b, mixed, params, output), config.dropout);
      const middle = b.one("Add", [seen, x]);
      const even = rmsOf(b, middle, params, at(after), epsilon);
      return [b.one("Add", [gated(b, even, params, [gate, up, down], config.activation), middle])];
    },
    ...(kind.check && { check: kind.check }),
    keras: hidden(kind.name, {
      call: ["decoder_sequence", "decoder_padding_mask", "decoder_attention_mask", "training"],
      own: ["zeroMasked" as keyof C & string],
      ignore: kind.ignore ?? [],
      upgrade: beforeZeroMasked,
    }),
  };
}
const scaling = (doc = "frequencies are divided by this"): Field<number> => float({ doc, default: 1 });
const optional = (doc: string): Field<number | null> => nullable(float({ doc }));

/** Options of {@link llamaDecoderDef}, resolved. */
export interface LlamaDecoderConfig extends DecoderConfig {
  /** Frequencies would be divided by this, were it heeded. */
  readonly ropePositionScalingFactor: number;
  /** What long waves are slowed down by. */
  readonly ropeFrequencyAdjustmentFactor: number | null;
  /** Waves longer than the trained length over this are long. */
  readonly ropeLowFreqFactor: number | null;
  /** Waves shorter than the trained length over this stay. */
  readonly ropeHighFreqFactor: number | null;
  /** Length of the sequences trained on. */
  readonly ropePretrainingSequenceLength: number | null;
}
/** A decoder's layer of Llama (Touvron et al. 2023), `[batch, steps, features]`, shape unchanged. */
export const llamaDecoderDef: LayerDef<LlamaDecoderConfig> = decoder<LlamaDecoderConfig>({
  name: "LlamaTransformerDecoder",
  summary: "a decoder's layer of Llama (KerasHub)",
  fields: {
    ropePositionScalingFactor: scaling("not heeded, as KerasHub doesn't"),
    ropeFrequencyAdjustmentFactor: optional("what long waves are slowed down by"),
    ropeLowFreqFactor: optional("waves longer than the trained length over this are long"),
    ropeHighFreqFactor: optional("waves shorter than the trained length over this stay"),
    ropePretrainingSequenceLength: optional("length of the sequences trained on"),
  },
  rates(size, c) {
    const factor = c.ropeFrequencyAdjustmentFactor, low = c.ropeLowFreqFactor, high = c.ropeHighFreqFactor;
    const length = c.ropePretrainingSequenceLength;
    if (factor === null || low === null || high === null || length === null) {
      return frequencies(size, c.ropeMaxWavelength);
    }
    return scaledFrequencies(size, c.ropeMaxWavelength, { factor, low, high, length });
  },
});

/** Options of {@link mistralDecoderDef}, resolved. */
export interface MistralDecoderConfig extends DecoderConfig {
  /** Frequencies are divided by this. */
  readonly ropeScalingFactor: number;
  /** Queries see keys less than this many steps before; all where null. */
  readonly slidingWindow: number | null;
  /** Features of a head; those of the input over the heads where null. */
  readonly headDim: number | null;
}
/** A decoder's layer of Mistral (Jiang et al. 2023), `[batch, steps, features]`, shape unchanged. */
export const mistralDecoderDef: LayerDef<MistralDecoderConfig> = decoder<MistralDecoderConfig>({
  name: "MistralTransformerDecoder",
  summary: "a decoder's layer of Mistral (KerasHub)",
  fields: {
    ropeScalingFactor: scaling(),
    slidingWindow: nullable(int({ doc: "queries see keys less than this many steps before", default: 512 })),
    headDim: nullable(int({ doc: "features of a head; those of the input over the heads unless given" })),
  },
  headDim: (c) => c.headDim,
  window: (c) => c.slidingWindow,
  rates: (size, c) => frequencies(size, c.ropeMaxWavelength, c.ropeScalingFactor),
});

/** Options of {@link qwenDecoderDef}, resolved. */
export interface QwenDecoderConfig extends DecoderConfig {
  /** Frequencies are divided by this. */
  readonly ropeScalingFactor: number;
  /** Queries see keys near them alone. */
  readonly useSlidingWindowAttention: boolean;
  /** How near. */
  readonly slidingWindowSize: number;
}
/** A decoder's layer of Qwen 2 (Yang et al. 2024), `[batch, steps, features]`, shape unchanged. */
export const qwenDecoderDef: LayerDef<QwenDecoderConfig> = decoder<QwenDecoderConfig>({
  name: "QwenTransformerDecoder",
  summary: "a decoder's layer of Qwen 2 (KerasHub)",
  fields: {
    ropeScalingFactor: scaling(),
    useSlidingWindowAttention: bool({ doc: "queries see keys near them alone", default: false }),
    slidingWindowSize: int({ doc: "how near", min: 1, default: 4096 }),
  },
  biased: () => true,
  window: (c) => c.useSlidingWindowAttention ? c.slidingWindowSize : null,
  rates: (size, c) => frequencies(size, c.ropeMaxWavelength, c.ropeScalingFactor),
});

/** Options of {@link qwen3DecoderDef}, resolved. */
export interface Qwen3DecoderConfig extends DecoderConfig {
  /** Frequencies are divided by this. */
  readonly ropeScalingFactor: number;
  /** Features of a head; those of the input over the heads where null. */
  readonly headDim: number | null;
  /** Queries see keys less than this many steps before; all where null. */
  readonly slidingWindowSize: number | null;
}
/** A decoder's layer of Qwen 3 (2025), which normalizes queries and keys, `[batch, steps, features]`, shape unchanged. */
export const qwen3DecoderDef: LayerDef<Qwen3DecoderConfig> = decoder<Qwen3DecoderConfig>({
  name: "Qwen3TransformerDecoder",
  summary: "a decoder's layer of Qwen 3 (KerasHub)",
  fields: {
    ropeScalingFactor: scaling(),
    headDim: nullable(int({ doc: "features of a head; those of the input over the heads unless given" })),
    slidingWindowSize: nullable(int({ doc: "queries see keys less than this many steps before" })),
  },
  headEpsilon: 1e-5,
  headDim: (c) => c.headDim || null,
  window: (c) => c.slidingWindowSize || null,
  rates: (size, c) => frequencies(size, c.ropeMaxWavelength, c.ropeScalingFactor),
});

/** Options of {@link phi3DecoderDef}, resolved. */
export interface Phi3DecoderConfig extends DecoderConfig {
  /** Features of the output, those of the input. */
  readonly hiddenDim: number;
  /** How frequencies are scaled for long sequences; only null is supported. */
  readonly ropeScalingType: string | null;
}
/** A decoder's layer of Phi 3 (Abdin et al. 2024), `[batch, steps, features]`, shape unchanged. */
export const phi3DecoderDef: LayerDef<Phi3DecoderConfig> = decoder<Phi3DecoderConfig>({
  name: "Phi3Decoder",
  summary: "a decoder's layer of Phi 3 (KerasHub)",
  fields: {
    hiddenDim: int({ doc: "features of the output, those of the input", min: 1 }),
    ropeScalingType: nullable(text({ doc: "how frequencies are scaled for long sequences: only null" })),
  },
  attributes: public_,
  ignore: [
    ...["max_sequence_length", "pretraining_sequence_length"],
    ...["rope_scaling_short_factor", "rope_scaling_long_factor"],
  ],
  rates: (size, c) => frequencies(size, c.ropeMaxWavelength),
  check({ ropeScalingType }, path) {
    if (ropeScalingType === null) return;
    throw new UnsupportedError(`${path}.ropeScalingType: only null is supported, got ${ropeScalingType}`);
  },
});

/** Options of the normalizations, resolved. */
export interface HiddenNormConfig {
  /** Added to the mean square. */
  readonly epsilon: number;
}
/** A root mean square normalization under a name of its own; `offset` is added to its scale. */
function normalization(name: string, offset = 0): LayerDef<HiddenNormConfig, "scale"> {
  return {
    kind: "layer",
    name,
    summary: "x over its root mean square, times a learned scale (KerasHub)",
    mask: "consume",
    config: { epsilon: float({ doc: "added to the mean square", default: 1e-6 }) },
    params: (_, [x]) => ({ scale: weight([sizeAt(x, -1)], offset === 0 ? "ones" : "zeros") }),
    build: ({ b, config, inputs, params }) => [
      rms(b, asFloat(b, inputAt(inputs, 0)), paramAt(params, "scale"), config.epsilon, offset),
    ],
    keras: hidden(name, { ignore: ["head_dim"] }),
  };
}
/** Those of Llama, Mistral, Qwen and Phi. */
export const decoderNorms: readonly LayerDef<HiddenNormConfig, "scale">[] = [
  ...["LlamaLayerNorm", "QwenLayerNorm", "Qwen3LayerNorm", "Phi3LayerNorm"].map((name) =>
    normalization(name)
  ),
  normalization("MistralLayerNormalization"),
];
