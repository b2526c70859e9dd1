/** A small use of every layer, for the table of layers: options, and the inputs it is applied to. @module */
import { type DType, registry } from "../../mod.ts";
import { createLayer } from "../../public/plugins.ts";
import type { ApplyOptions } from "../../core/network/network.ts";
import { hubSamples } from "../keras/hubsamples.ts";

/** One use of a layer. */
export interface LayerSample {
  readonly options?: Readonly<Record<string, unknown>>;
  /** Shapes with the batch axis; float32 unless said. */
  readonly inputs: readonly { readonly shape: readonly number[]; readonly dtype?: DType }[];
  readonly call?: ApplyOptions;
}
type Shape = readonly number[];
const on = (shape: Shape, options: Readonly<Record<string, unknown>> = {}, dtype?: DType): LayerSample => ({
  options,
  inputs: [{ shape, ...(dtype && { dtype }) }],
});
const two = (
  shape: Shape,
  options: Readonly<Record<string, unknown>> = {},
  other: Shape = shape,
): LayerSample => ({
  options,
  inputs: [{ shape }, { shape: other }],
});
const layer = (name: string, options: Readonly<Record<string, unknown>>) =>
  createLayer(registry.get("layer", name), options);

const flat = [2, 6], series = [2, 7, 4], image = [2, 8, 9, 3], volume = [2, 5, 6, 4, 2];
const byRank = (make: (rank: 1 | 2 | 3, shape: Shape) => readonly [string, LayerSample][]) =>
  ([[1, series], [2, image], [3, volume]] as const).flatMap(([rank, shape]) => make(rank, shape));
const augmentations = [
  ...["RandomFlip", "RandomRotation", "RandomZoom", "RandomTranslation", "RandomShear", "RandomPerspective"],
  ...["RandomElasticTransform", "RandomContrast", "RandomBrightness", "RandomHue", "RandomSaturation"],
  ...[
    "RandomSharpness",
    "RandomPosterization",
    "RandomGrayscale",
    "RandomColorDegeneration",
    "RandomColorJitter",
  ],
  ...["RandomInvert", "RandomGaussianBlur", "RandomErasing", "RandAugment", "AugMix", "MixUp", "CutMix"],
  ...["Solarization", "MaxNumBoundingBoxes", "RandomHeight", "RandomWidth"],
];
const eightBits = { mode: "int8", block: null, inputs: { most: 127, epsilon: 1e-7 }, history: 1 };
const kernel = { filters: 4, kernelSize: 2 }, vocabulary = ["cat", "dog"];

/** Samples by layer. */
export const samples: Readonly<Record<string, LayerSample>> = {
  ...hubSamples,
  RoformerV2MaskedLMHead: {
    options: { tokenEmbedding: layer("ReversibleEmbedding", { inputDim: 5, outputDim: 4 }) },
    inputs: [{ shape: series }, { shape: [2, 3], dtype: "int32" }],
  },
  Dense: on(flat, { units: 3, activation: "relu" }),
  ...Object.fromEntries(["SimpleRNN", "LSTM", "GRU"].map((name) => [
    `TimeMajor${name}`,
    on(series, { layer: layer(name, { units: 3, returnSequences: true }) }),
  ])),
  TimeMajorRNN: on(series, {
    layer: layer("RNN", { cell: layer("LSTMCell", { units: 3 }), returnSequences: true }),
  }),
  TimeMajorBidirectional: on(series, {
    layer: layer("Bidirectional", { layer: layer("GRU", { units: 3, returnSequences: true }) }),
  }),
  ...Object.fromEntries(["ResidualWrapper", "DropoutWrapper", "DeviceWrapper"].map((name) => [
    name,
    { options: { cell: layer("GRUCell", { units: 3 }) }, inputs: [{ shape: [2, 3] }, { shape: [2, 3] }] },
  ])),
  Pipeline: on(image, { layers: [layer("Rescaling", { scale: 2 }), layer("RandomInvert", {})] }),
  RandomFourierFeatures: on(flat, { outputDim: 3 }),
  QuantizedDense: on(flat, { units: 3, quantization: eightBits }),
  QuantizedEinsumDense: on(series, { equation: "abc,cd->abd", outputShape: [7, 3], quantization: eightBits }),
  QuantizedEmbedding: on([2, 5], { inputDim: 4, outputDim: 3, quantization: eightBits }, "int32"),
  RandomCrop: on(image, { height: 4, width: 5, inference: "cut" }),
  AutoContrast: on(image),
  STFTSpectrogram: on([2, 40, 2], { frameLength: 16 }),
  MelSpectrogram: on([2, 80], { fftLength: 32, sequenceStride: 16, numMelBins: 4 }),
  Highway: on(flat, { activation: "tanh" }),
  MaxoutDense: on(flat, { units: 3 }),
  SReLU: on(flat),
  ParametricSoftplus: on(flat),
  BatchNormalizationVariant: on(image, { axis: [1, 3] }),
  BatchNormalizationMode: on(flat, { mode: 2 }),
  LocallyConnected1D: on(series, { filters: 2, kernelSize: 3, padding: "same", implementation: 3 }),
  LocallyConnected2D: on([2, 4, 5, 2], { filters: 2, kernelSize: 2, strides: [1, 2] }),
  LayerScale: on(flat, { initValues: 0.5, projectionDim: 6 }),
  CustomScaleLayer: two(flat, { scale: 0.2 }),
  StochasticDepth: on(flat, { dropPathRate: 0.5 }),
  Activation: on(flat, { activation: "tanh" }),
  ReLU: on(flat, { maxValue: 2, negativeSlope: 0.1, threshold: 0.2 }),
  LeakyReLU: on(flat),
  ELU: on(flat),
  ThresholdedReLU: on(flat, { theta: 0.1 }),
  PReLU: on(flat),
  Softmax: on(flat),
  Embedding: on([2, 5], { inputDim: 4, outputDim: 3 }, "int32"),
  ReversibleEmbedding: on([2, 5], { inputDim: 4, outputDim: 3 }, "int32"),
  Masking: on(series),
  SimpleRNN: on(series, { units: 3 }),
  LSTM: on(series, { units: 3 }),
  GRU: on(series, { units: 3 }),
  Bidirectional: on(series, { layer: layer("LSTM", { units: 3 }) }),
  TimeDistributed: on(series, { layer: layer("Dense", { units: 3 }) }),
  RNN: on(series, { cell: layer("LSTMCell", { units: 3 }) }),
  SimpleRNNCell: { options: { units: 3 }, inputs: [{ shape: flat }, { shape: [2, 3] }] },
  LSTMCell: { options: { units: 3 }, inputs: [{ shape: flat }, { shape: [2, 3] }, { shape: [2, 3] }] },
  GRUCell: { options: { units: 3 }, inputs: [{ shape: flat }, { shape: [2, 3] }] },
  StackedRNNCells: {
    options: { cells: [layer("SimpleRNNCell", { units: 3 }), layer("GRUCell", { units: 2 })] },
    inputs: [{ shape: flat }, { shape: [2, 3] }, { shape: [2, 2] }],
  },
  ...Object.fromEntries(byRank((rank, shape) => [
    [`Conv${rank}D`, on(shape, { ...kernel, activation: "relu" })],
    [`Conv${rank}DTranspose`, on(shape, { ...kernel, strides: 2 })],
    [`ConvLSTM${rank}D`, on([2, 3, ...shape.slice(1)], { ...kernel, padding: "same" })],
    [`MaxPooling${rank}D`, on(shape)],
    [`AveragePooling${rank}D`, on(shape)],
    [`GlobalMaxPooling${rank}D`, on(shape)],
    [`GlobalAveragePooling${rank}D`, on(shape)],
    [`AdaptiveMaxPooling${rank}D`, on(shape, { outputSize: 3 })],
    [`AdaptiveAveragePooling${rank}D`, on(shape, { outputSize: 3 })],
    [`ZeroPadding${rank}D`, on(shape)],
    [`Cropping${rank}D`, on(shape)],
    [`UpSampling${rank}D`, on(shape)],
    [`SpatialDropout${rank}D`, on(shape, { rate: 0.5 })],
  ])),
  DepthwiseConv1D: on(series, { kernelSize: 2 }),
  DepthwiseConv2D: on(image, { kernelSize: 2 }),
  SeparableConv1D: on(series, kernel),
  SeparableConv2D: on(image, kernel),
  Flatten: on(image),
  Reshape: on(series, { targetShape: [4, 7] }),
  Permute: on(series, { dims: [2, 1] }),
  RepeatVector: on(flat, { n: 3 }),
  Dropout: on(flat, { rate: 0.5 }),
  AlphaDropout: on(flat, { rate: 0.5 }),
  GaussianDropout: on(flat, { rate: 0.5 }),
  GaussianNoise: on(flat, { stddev: 1 }),
  ActivityRegularization: on(flat, { l2: 0.1 }),
  BatchNormalization: on(image),
  LayerNormalization: on(image),
  GroupNormalization: on(image, { groups: 3 }),
  RMSNormalization: on(image),
  UnitNormalization: on(image),
  SpectralNormalization: on(flat, { layer: layer("Dense", { units: 3 }) }),
  Normalization: on(image, { mean: 0.5, variance: 2, axis: null }),
  Rescaling: on(image, { scale: 1 / 255 }),
  Resizing: on(image, { height: 5, width: 12 }),
  CenterCrop: on(image, { height: 5, width: 6 }),
  ...Object.fromEntries(
    ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Merge"].map((
      name,
    ) => [name, two(series)]),
  ),
  Dot: two(series, { axes: 2 }),
  Attention: two(series),
  AdditiveAttention: two(series),
  MultiHeadAttention: two(series, { numHeads: 2, keyDim: 3 }),
  GroupedQueryAttention: two(series, { headDim: 3, numQueryHeads: 4, numKeyValueHeads: 2 }),
  EinsumDense: on(series, { equation: "abc,cd->abd", outputShape: [null, 5], biasAxes: "d" }),
  Identity: on(flat),
  InputLayer: on(flat, { batchShape: flat }),
  Discretization: on(flat, { binBoundaries: [-0.5, 0.5] }),
  CategoryEncoding: on([2, 5], { numTokens: 4 }, "int32"),
  StringLookup: on([2, 3], { vocabulary }, "string"),
  IntegerLookup: on([2, 3], { vocabulary: [1, 2] }, "int64"),
  TextVectorization: on([2, 1], { vocabulary }, "string"),
  Hashing: on([2, 3], { numBins: 9 }, "string"),
  HashedCrossing: {
    options: { numBins: 9 },
    inputs: [{ shape: [2, 1], dtype: "string" }, { shape: [2, 1], dtype: "int64" }],
  },
  ...Object.fromEntries(augmentations.map((name) => [name, on(image)])),
};
