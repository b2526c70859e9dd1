/** Decoders' layers of Llama's kind: root mean squares, rotary embeddings, shared keys, gated feed forward parts. @module */
import type { LayerDef } from "../../../core/network/layer.ts";
import { ConfigError } from "../../../core/values/errors.ts";
import { bool, choice, type Field, float, int, list, nullable } from "../../../core/values/schema.ts";
import { tensor } from "../../../core/values/tensor.ts";
import { decoder, type DecoderConfig, placesOf } from "./decoderkit.ts";
import { frequencies, scaledFrequencies } from "./rotary.ts";

const scaling = (): Field<number> => float({ default: 1 });
const optional = (): Field<number | null> => nullable(float());

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
  fields: {
    ropePositionScalingFactor: scaling(),
    ropeFrequencyAdjustmentFactor: optional(),
    ropeLowFreqFactor: optional(),
    ropeHighFreqFactor: optional(),
    ropePretrainingSequenceLength: optional(),
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
  fields: {
    ropeScalingFactor: scaling(),
    slidingWindow: nullable(int({ default: 512 })),
    headDim: nullable(int()),
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
  fields: {
    ropeScalingFactor: scaling(),
    useSlidingWindowAttention: bool({ default: false }),
    slidingWindowSize: int({ min: 1, default: 4096 }),
  },
  apart: { unsaid: ["useSlidingWindowAttention", "slidingWindowSize"] },
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
  fields: {
    ropeScalingFactor: scaling(),
    headDim: nullable(int()),
    slidingWindowSize: nullable(int()),
  },
  headEpsilon: 1e-5,
  headDim: (c) => c.headDim || null,
  apart: { unsaid: ["slidingWindowSize"] },
  window: (c) => c.slidingWindowSize || null,
  rates: (size, c) => frequencies(size, c.ropeMaxWavelength, c.ropeScalingFactor),
});

/** Options of {@link phi3DecoderDef}, resolved. */
export interface Phi3DecoderConfig extends DecoderConfig {
  /** Features of the output, those of the input. */
  readonly hiddenDim: number;
  /** How frequencies are scaled for long sequences. */
  readonly ropeScalingType: "su" | null;
  /** The longest sequence. */
  readonly maxSequenceLength: number;
  /** Length of the sequences trained on. */
  readonly pretrainingSequenceLength: number;
  /** What frequencies are divided by in sequences up to that length. */
  readonly ropeScalingShortFactor: readonly number[] | null;
  /** And in longer ones. */
  readonly ropeScalingLongFactor: readonly number[] | null;
}
const factors = () => nullable(list<number>({ of: float() }));
/** A decoder's layer of Phi 3 (Abdin et al. 2024), `[batch, steps, features]`, shape unchanged. */
export const phi3DecoderDef: LayerDef<Phi3DecoderConfig> = decoder<Phi3DecoderConfig>({
  name: "Phi3Decoder",
  fields: {
    hiddenDim: int({ min: 1 }),
    ropeScalingType: nullable(choice({ of: ["su"] })),
    maxSequenceLength: int({ min: 1, default: 4096 }),
    pretrainingSequenceLength: int({ min: 1, default: 4096 }),
    ropeScalingShortFactor: factors(),
    ropeScalingLongFactor: factors(),
  },
  places: placesOf({
    attention: "attention",
    prefix: "",
    before: "pre_attention_layernorm",
    after: "post_attention_layernorm",
    feedForward: "feedforward_",
  }),
  order: ["before", "attention", "after", "forward"],
  rates(size, c, b, x) {
    const own = frequencies(size, c.ropeMaxWavelength);
    const { ropeScalingShortFactor: short, ropeScalingLongFactor: long } = c;
    if (c.ropeScalingType === null || short === null || long === null) return own;
    const over = (factors: readonly number[]) =>
      b.constant(tensor(own.map((rate, i) => rate / (factors[i] ?? 1)), [own.length], "float32"));
    const count = b.shape(x, { start: 1, end: 2 });
    const isLong = b.greater(count, b.ints([c.pretrainingSequenceLength]));
    return b.where(isLong, over(long), over(short));
  },
  rotaryFactor({ ropeScalingType, maxSequenceLength: most, pretrainingSequenceLength: length }) {
    if (ropeScalingType === null || most <= length) return 1;
    return Math.sqrt(1 + Math.log(most / length) / Math.log(length));
  },
  check({ ropeScalingType, ropeScalingShortFactor: short, ropeScalingLongFactor: long }, path) {
    if (ropeScalingType === null) return;
    if (short === null || long === null || short.length !== long.length) {
      throw new ConfigError(`${path}: su scaling takes as many short factors as long ones`);
    }
  },
});
