/** Decoders' layers of Llama's kind whose feed forward part is a mixture of experts: Mixtral, Qwen. @module */
import type { LayerDef } from "../../../../core/network/layer.ts";
import { bool, float, int, list, nullable } from "../../../../core/values/schema.ts";
import { decoder, type DecoderConfig, type FeedForward, placesOf, usualPlaces } from "../decoderkit.ts";
import { at, denseSpecs, gated } from "../kit.ts";
import { frequencies } from "../rotary.ts";
import {
  type Bank,
  bankSpecs,
  gatedPlaces,
  gatedSpecs,
  likeSteps,
  throughBank,
  throughShared,
  tokensOf,
} from "./experts.ts";

/** Options that all of these have, resolved. */
export interface MixtureConfig extends DecoderConfig {
  /** Number of experts. */
  readonly numExperts: number;
  /** How many of them a token goes through. */
  readonly topK: number;
  /** Frequencies are divided by this. */
  readonly ropeScalingFactor: number;
}
const fields = {
  numExperts: int({ min: 0 }),
  topK: int({ min: 1, default: 2 }),
  ropeScalingFactor: float({ default: 1 }),
};
const rates = (size: number, c: MixtureConfig) => frequencies(size, c.ropeMaxWavelength, c.ropeScalingFactor);

/** Options of {@link mixtralDecoderDef}, resolved. */
export interface MixtralDecoderConfig extends MixtureConfig {
  /** Queries see keys less than this many steps before; all where null. */
  readonly slidingWindow: number | null;
}
const balance = "a share of how unevenly tokens are routed to experts";
const mixtralBank: Bank = {
  router: at("_sparse_moe_block/_sparse_feedforward_gate_dense"),
  experts: at("_sparse_moe_block/expert_bank"),
  joined: false,
};
/** A decoder's layer of Mixtral (Jiang et al. 2024), `[batch, steps, features]`, shape unchanged. */
export const mixtralDecoderDef: LayerDef<MixtralDecoderConfig> = decoder<MixtralDecoderConfig>({
  name: "MixtralTransformerDecoder",
  fields: {
    ...fields,
    slidingWindow: nullable(int({ default: 512 })),
  },
  places: placesOf({
    attention: "_self_attention_layer",
    prefix: "",
    before: "_self_attention_layernorm",
    after: "_feedforward_layernorm",
    feedForward: "",
  }),
  apart: { unadded: balance },
  ignore: ["router_jitter_noise", "router_aux_loss_coef", "output_router_logits"],
  window: (c) => c.slidingWindow,
  rates,
  feedForward: {
    specs: (c, features) =>
      bankSpecs(mixtralBank, c.numExperts, [features, c.intermediateDim], c.kernelInitializer),
    build: (context, x) => {
      const { b, config: { topK, activation } } = context;
      const y = throughBank(context, tokensOf(b, x), mixtralBank, { topK, activation, normalized: true });
      return likeSteps(b, y, x);
    },
  },
});

const bank: Bank = {
  router: at("mlp/_sparse_feedforward_gate_dense"),
  experts: at("mlp/expert_bank"),
  joined: true,
};
const shared = gatedPlaces("mlp/shared_expert_dense"), sharedGate = at("mlp/shared_expert_gate_dense");
const whole = gatedPlaces("mlp");
interface QwenMixture extends MixtureConfig {
  /** Units of an expert. */
  readonly moeIntermediateDim: number;
  /** The shares of a token's experts sum to 1. */
  readonly normTopKProb: boolean;
}
const qwenFields = {
  ...fields,
  moeIntermediateDim: int({ min: 1 }),
  normTopKProb: bool({ default: false }),
};
/** A mixture where `sparse` says so, with an expert of so many units that all tokens share; else one gated part. */
function qwenPart<C extends QwenMixture>(
  sparse: (config: C) => boolean,
  sharedUnits: (config: C) => number,
): FeedForward<C> {
  return {
    specs(c, features) {
      const init = c.kernelInitializer, units = sharedUnits(c);
      if (!sparse(c)) return gatedSpecs(whole, [features, c.intermediateDim], init);
      return {
        ...bankSpecs(bank, c.numExperts, [features, c.moeIntermediateDim], init),
        ...(units > 0 && gatedSpecs(shared, [features, units], init)),
        ...(units > 0 && denseSpecs(sharedGate, [features, 1], init)),
      };
    },
    build(context, x) {
      const { b, params, config: c } = context, { topK, activation, normTopKProb: normalized } = c;
      if (!sparse(c)) return gated(b, x, params, whole, activation);
      const tokens = tokensOf(b, x);
      let y = throughBank(context, tokens, bank, { topK, activation, normalized });
      if (sharedUnits(c) > 0) {
        y = b.add(y, throughShared(context, tokens, shared, sharedGate, activation));
      }
      return likeSteps(b, y, x);
    },
  };
}

/** Options of {@link qwenMoeDecoderDef}, resolved. */
export interface QwenMoeDecoderConfig extends QwenMixture {
  /** Units of the expert that all tokens share. */
  readonly sharedExpertIntermediateDim: number;
  /** Only every so manyth layer is a mixture; KerasHub counts all as the first. */
  readonly decoderSparseStep: number;
  /** Numbers of layers that are none. */
  readonly mlpOnlyLayers: readonly number[];
  /** Queries see keys near them alone. */
  readonly useSlidingWindowAttention: boolean;
  /** How near. */
  readonly slidingWindowSize: number;
}
/** A decoder's layer of Qwen 1.5 MoE (2024), `[batch, steps, features]`, shape unchanged. */
export const qwenMoeDecoderDef: LayerDef<QwenMoeDecoderConfig> = decoder<QwenMoeDecoderConfig>({
  name: "QwenMoeTransformerDecoder",
  fields: {
    ...qwenFields,
    sharedExpertIntermediateDim: int({ min: 1 }),
    decoderSparseStep: int({ min: 1, default: 1 }),
    mlpOnlyLayers: list<number>({ of: int(), default: [] }),
    useSlidingWindowAttention: bool({ default: false }),
    slidingWindowSize: int({ min: 1, default: 4096 }),
  },
  places: placesOf({
    attention: "_self_attention_layer",
    prefix: "",
    output: "_",
    before: "_self_attention_layernorm",
    after: "_feedforward_layernorm",
    feedForward: "",
  }),
  apart: { unadded: balance },
  ignore: ["output_router_logits", "router_aux_loss_coefficient", "layer_index"],
  biased: () => true,
  window: (c) => c.useSlidingWindowAttention ? c.slidingWindowSize : null,
  rates,
  feedForward: qwenPart(
    (c) => c.numExperts > 0 && c.decoderSparseStep === 1 && !c.mlpOnlyLayers.includes(0),
    (c) => c.sharedExpertIntermediateDim,
  ),
});

/** Options of {@link qwen3MoeDecoderDef}, resolved. */
export interface Qwen3MoeDecoderConfig extends QwenMixture {
  /** It is a mixture of experts; else one gated part. */
  readonly isSparseMlp: boolean;
  /** Features of a head; those of the input over the heads where null. */
  readonly headDim: number | null;
  /** Queries see keys less than this many steps before; all where null. */
  readonly slidingWindowSize: number | null;
}
/** A decoder's layer of Qwen 3 MoE (2025), `[batch, steps, features]`, shape unchanged. */
export const qwen3MoeDecoderDef: LayerDef<Qwen3MoeDecoderConfig> = decoder<Qwen3MoeDecoderConfig>({
  name: "Qwen3MoeTransformerDecoder",
  fields: {
    ...qwenFields,
    isSparseMlp: bool({ default: false }),
    headDim: nullable(int()),
    slidingWindowSize: nullable(int()),
  },
  places: usualPlaces,
  apart: { unadded: balance },
  ignore: ["router_aux_loss_coefficient"],
  headEpsilon: 1e-6,
  headDim: (c) => c.headDim || null,
  window: (c) => c.slidingWindowSize || null,
  rates,
  feedForward: qwenPart((c) => c.isSparseMlp, () => 0),
});
