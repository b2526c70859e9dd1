/** A small use of every layer of KerasHub's. @module */
import type { LayerSample } from "../layers/layersamples.ts";

const series = [2, 4, 8] as const;
const on = (shape: readonly number[], options: Readonly<Record<string, unknown>> = {}): LayerSample => ({
  options,
  inputs: [{ shape }],
});
const transformer = { intermediateDim: 6, numHeads: 2, activation: "tanh" };
const grouped = { intermediateDim: 6, numQueryHeads: 4, numKeyValueHeads: 2 };
const recurrent = {
  layerType: "linear_attention",
  numQueryHeads: 4,
  numKeyValueHeads: 2,
  headDim: 4,
  linearNumKeyHeads: 1,
  linearNumValueHeads: 2,
  linearKeyHeadDim: 4,
  linearValueHeadDim: 3,
};
const gemmaPair = {
  hiddenSize: 8,
  numAttentionHeads: 4,
  numKeyValueHeads: 2,
  headDim: 4,
  intermediateSize: 6,
  attentionBias: true,
  layerType: "sliding_attention",
  slidingWindow: 2,
};
const crossed: LayerSample = {
  options: transformer,
  inputs: [{ shape: series }, { shape: [2, 3, 6] }],
};

/** Samples by layer. */
export const hubSamples: Readonly<Record<string, LayerSample>> = {
  PositionEmbedding: on(series, { sequenceLength: 5 }),
  TokenAndPositionEmbedding: {
    options: { vocabularySize: 4, sequenceLength: 6, embeddingDim: 3, maskZero: true },
    inputs: [{ shape: [2, 5], dtype: "int32" }],
  },
  SinePositionEncoding: on(series, { maxWavelength: 20 }),
  RotaryEmbedding: on([2, 4, 2, 6], { scalingFactor: 2 }),
  AlibiBias: on([2, 3, 4, 5]),
  HubRMSNormalization: on(series, { inputDim: 8 }),
  MaskedLMHead: {
    options: { vocabularySize: 5, intermediateActivation: "tanh" },
    inputs: [{ shape: series }, { shape: [2, 3], dtype: "int32" }],
  },
  TransformerEncoder: on(series, transformer),
  TransformerDecoder: crossed,
  WhisperEncoder: on(series, transformer),
  WhisperDecoder: crossed,
  FNetEncoder: on(series, { intermediateDim: 6, activation: "tanh" }),
  Padder: on(series),
  HubVariables: on(series, {
    shapes: [[1, 3], [2]],
    initializers: ["randomNormal", "ones"],
    kept: [false, true],
    rows: [true, false],
  }),
  LlamaTransformerDecoder: on(series, grouped),
  MistralTransformerDecoder: on(series, { ...grouped, slidingWindow: 2 }),
  QwenTransformerDecoder: on(series, grouped),
  Qwen3TransformerDecoder: on(series, { ...grouped, headDim: 4 }),
  Phi3Decoder: on(series, { ...grouped, hiddenDim: 8 }),
  LlamaLayerNorm: on(series),
  QwenLayerNorm: on(series),
  Qwen3LayerNorm: on(series),
  Phi3LayerNorm: on(series),
  MistralLayerNormalization: on(series),
  GemmaDecoderBlock: on(series, {
    ...grouped,
    hiddenDim: 8,
    headDim: 4,
    logitSoftCap: 3,
    usePostFfwNorm: true,
  }),
  PaliGemmaDecoderBlock: on(series, { ...grouped, hiddenDim: 8, headDim: 4 }),
  GemmaRMSNormalization: on(series),
  BloomDecoder: on(series, { intermediateDim: 6, numHeads: 2 }),
  ...Object.fromEntries(
    [
      "MixtralLayerNormalization",
      "Qwen3MoeLayerNorm",
      "GptOssLayerNormalization",
      "RoformerNorm",
      "T5LayerNorm",
    ]
      .map((name) => [name, on(series)]),
  ),
  Gemma3DecoderBlock: on(series, {
    ...grouped,
    hiddenDim: 8,
    headDim: 4,
    useQueryKeyNorm: true,
    useBidirectionalAttention: true,
    useSlidingWindowAttention: true,
    slidingWindowSize: 3,
  }),
  Gemma3MeanPooling: { inputs: [{ shape: series }, { shape: [2, 4] }] },
  GPTNeoXDecoder: on(series, { ...transformer, rotaryPercentage: 0.5 }),
  FalconTransformerDecoder: on(series, { numAttentionHeads: 2, intermediateDim: 6 }),
  SmolLM3DecoderLayer: on(series, {
    hiddenSize: 8,
    numAttentionHeads: 4,
    numKeyValueHeads: 2,
    attentionBias: true,
    ropeLayerEnabledList: [true],
    layerIdx: 0,
    intermediateSize: 6,
    mlpBias: true,
  }),
  MixtralTransformerDecoder: on(series, { ...grouped, numExperts: 3 }),
  QwenMoeTransformerDecoder: on(series, {
    ...grouped,
    numExperts: 3,
    moeIntermediateDim: 4,
    sharedExpertIntermediateDim: 5,
  }),
  Qwen3MoeTransformerDecoder: on(series, {
    ...grouped,
    headDim: 4,
    isSparseMlp: true,
    numExperts: 3,
    moeIntermediateDim: 4,
    normTopKProb: true,
  }),
  GptOssTransformerDecoder: on(series, { ...grouped, headDim: 4, numExperts: 3 }),
  T5TransformerLayer: {
    options: {
      isDecoder: true,
      hiddenDim: 8,
      intermediateDim: 6,
      keyValueDim: 4,
      dropout: 0.1,
      activation: "tanh",
      numHeads: 2,
      useGatedActivation: true,
      useRelativeAttentionBias: true,
    },
    inputs: [{ shape: series }, { shape: [2, 3, 8] }],
  },
  ...Object.fromEntries(
    ["T5GemmaEncoderLayer", "T5Gemma2EncoderLayer", "T5GemmaDecoderLayer"].map((name) => [name, {
      options: gemmaPair,
      inputs: [{ shape: series }, ...name.includes("Decoder") ? [{ shape: [2, 3, 8] }] : []],
    }]),
  ),
  EdRecEncoderBlock: on(series, { hiddenDim: 8, numHeads: 2, intermediateDim: 6 }),
  EdRecDecoderBlock: {
    options: { hiddenDim: 8, numHeads: 2, intermediateDim: 6 },
    inputs: [{ shape: series }, { shape: [2, 3, 8] }],
  },
  T5Gemma2DecoderLayer: {
    options: gemmaPair,
    inputs: [{ shape: series }, { shape: [2, 3, 8] }, { shape: [2, 3] }],
  },
  RWKV7_Block: on(series, {
    hiddenSize: 8,
    headSize: 4,
    intermediateDim: 6,
    gateLora: 3,
    mvLora: 2,
    aaaLora: 2,
    decayLora: 3,
    useInitialNorm: true,
  }),
  Qwen3_5LayerNorm: on(series),
  Qwen3_5TransformerDecoder: on(series, { ...recurrent, intermediateDim: 6 }),
  Qwen3_5MoeTransformerDecoder: on(series, {
    ...recurrent,
    layerType: "full_attention",
    partialRotaryFactor: 0.5,
    numExperts: 3,
    topK: 2,
    moeIntermediateDim: 4,
    sharedExpertIntermediateSize: 5,
  }),
  RelativeEmbedding: on(series, { hiddenDim: 8, bucketSize: 3 }),
  DisentangledAttentionEncoder: {
    options: { ...transformer, bucketSize: 3, maxPositionEmbeddings: 6 },
    inputs: [{ shape: series }, { shape: [2, 6, 8] }],
  },
  RoformerV2Encoder: on(series, { heads: 2, headSize: 4, intermediateSize: 6, activation: "tanh" }),
  ESMEncoder: on(series, { heads: 2, headSize: 4, intermediateSize: 6, useBias: true }),
  ContentAndQueryEmbedding: {
    options: { vocabularySize: 4, hiddenDim: 6 },
    inputs: [{ shape: [2, 5], dtype: "int32" }],
  },
  XLNetAttentionMaskLayer: on([2, 5], { hiddenDim: 6 }),
  XLNetSegmentMatrixLayer: { inputs: [{ shape: [2, 5], dtype: "int32" }] },
  XLNetEncoder: {
    options: { numHeads: 2, hiddenDim: 8, headDim: 4, intermediateDim: 6, activation: "tanh" },
    inputs: [{ shape: series }, { shape: [2, 4, 4] }, { shape: [2, 8, 8] }, { shape: [2, 4, 4] }],
  },
  ViTPatchingAndEmbedding: on([2, 4, 6, 3], { imageSize: [4, 6], patchSize: 2, hiddenDim: 4 }),
  ViTEncoder: on(series, { numLayers: 2, numHeads: 2, hiddenDim: 8, mlpDim: 6 }),
};
