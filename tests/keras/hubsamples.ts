/** A small use of every layer of KerasHub's. @module */
import type { LayerSample } from "../layers/layersamples.ts";

const series = [2, 4, 8] as const;
const on = (shape: readonly number[], options: Readonly<Record<string, unknown>> = {}): LayerSample => ({
  options,
  inputs: [{ shape }],
});
const transformer = { intermediateDim: 6, numHeads: 2, activation: "tanh" };
const grouped = { intermediateDim: 6, numQueryHeads: 4, numKeyValueHeads: 2 };
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
  GemmaRMSNormalization: on(series),
  BloomDecoder: on(series, { intermediateDim: 6, numHeads: 2 }),
  ViTPatchingAndEmbedding: on([2, 4, 6, 3], { imageSize: [4, 6], patchSize: 2, hiddenDim: 4 }),
  ViTEncoder: on(series, { numLayers: 2, numHeads: 2, hiddenDim: 8, mlpDim: 6 }),
};
