/**
 * Layers: each function takes a layer's options and gives a layer, ready for `sequential` or `apply`.
 *
 * ```ts
 * import { input, sequential } from "@lapis/lapis";
 * import { dense, lstm } from "@lapis/lapis/layers";
 * const model = sequential([input({ shape: [null, 8] }), lstm({ units: 16 }), dense({ units: 1 })]);
 * console.log(model.outputs);
 * ```
 * @module
 */
export * from "../plugins/layers/factories.ts";
export * from "../plugins/layers/factories-more.ts";
export type { Factory, Given, LayerOptions, OptionsOf } from "../core/network/factory.ts";
export type { Padding } from "../core/graph/windows.ts";
export type { SlidingConfig } from "../plugins/layers/shared/sliding.ts";
export type { ActivationSpec, DataFormat, KernelConfig, Opaque } from "../core/network/fields.ts";
export type { DenseConfig } from "../plugins/layers/dense/dense.ts";
export type {
  ActivationConfig,
  EluConfig,
  LeakyReluConfig,
  PreluConfig,
  ReluConfig,
  SoftmaxConfig,
  ThresholdedReluConfig,
} from "../plugins/layers/dense/activation.ts";
export type { EmbeddingConfig, MaskingConfig } from "../plugins/layers/dense/embedding.ts";
export type { StepsConfig } from "../plugins/layers/shared/recurrent.ts";
export type {
  GruConfig,
  LstmConfig,
  RecurrentConfig,
  RecurrentParam,
} from "../plugins/layers/recurrent/recurrent.ts";
export type { BidirectionalConfig } from "../plugins/layers/recurrent/bidirectional.ts";
export type { TimeDistributedConfig } from "../plugins/layers/recurrent/timedistributed.ts";
export type { ConvConfig } from "../plugins/layers/convolution/conv.ts";
export type { DepthwiseConfig, SeparableConfig } from "../plugins/layers/convolution/depthwise.ts";
export type { ConvTransposeConfig } from "../plugins/layers/convolution/convtranspose.ts";
export type { GlobalPoolConfig, PoolConfig } from "../plugins/layers/convolution/pooling.ts";
export type {
  FlattenConfig,
  PermuteConfig,
  RepeatVectorConfig,
  ReshapeConfig,
} from "../plugins/layers/shapes/reshape.ts";
export type { CroppingConfig, Sides, ZeroPaddingConfig } from "../plugins/layers/shapes/padding.ts";
export type { UpSampling2dConfig, UpSamplingConfig } from "../plugins/layers/images/upsampling.ts";
export type {
  ActivityRegularizationConfig,
  DropoutConfig,
  GaussianNoiseConfig,
  RateConfig,
  SpatialDropoutConfig,
} from "../plugins/layers/normalization/dropout.ts";
export type { BatchNormalizationConfig } from "../plugins/layers/normalization/batchnorm.ts";
export type {
  GroupNormalizationConfig,
  LayerNormalizationConfig,
  RmsNormalizationConfig,
  ScaleConfig,
  UnitNormalizationConfig,
} from "../plugins/layers/normalization/normalization.ts";
export type {
  NormalizationConfig,
  Numbers,
  RescalingConfig,
} from "../plugins/layers/normalization/scaling.ts";
export type { ConcatenateConfig, DotConfig, MaskRuleConfig } from "../plugins/layers/shapes/merge.ts";
export type { MergeConfig } from "../plugins/layers/shapes/mergemode.ts";
export type {
  CustomScaleLayerConfig,
  LayerScaleConfig,
  StochasticDepthConfig,
} from "../plugins/layers/applications.ts";
export type { BatchVariantsConfig } from "../plugins/layers/normalization/batchvariants.ts";
export type { AutoContrastConfig, RandomCropConfig } from "../plugins/layers/images/contrast.ts";
export type {
  MelSpectrogramConfig,
  StftSpectrogramConfig,
  Window,
} from "../plugins/layers/images/spectra.ts";
export type { Quantization, QuantizedConfig } from "../plugins/layers/dense/quantized.ts";
export type { TimeMajorConfig } from "../plugins/layers/recurrent/timemajor.ts";
export type { LocallyConnectedConfig } from "../plugins/layers/convolution/local.ts";
export type {
  BatchModesConfig,
  HighwayConfig,
  MaxoutDenseConfig,
  ParametricSoftplusConfig,
  SReluConfig,
} from "../plugins/layers/legacy.ts";
export type { AdditiveAttentionConfig, AttentionConfig } from "../plugins/layers/attention/attention.ts";
export type { MultiHeadAttentionConfig } from "../plugins/layers/attention/multihead.ts";
export type { InputLayerConfig } from "../plugins/layers/identity.ts";
export type { AdaptivePoolConfig } from "../plugins/layers/convolution/adaptive.ts";
export type {
  CellConfig,
  GruCellConfig,
  LstmCellConfig,
  StackedRnnCellsConfig,
} from "../plugins/layers/recurrent/cells.ts";
export type { ConvLstmConfig } from "../plugins/layers/recurrent/convlstm.ts";
export type { EinsumDenseConfig } from "../plugins/layers/dense/einsumdense.ts";
export type { CategoryEncodingConfig, DiscretizationConfig } from "../plugins/layers/features/categories.ts";
export type { OutputMode } from "../plugins/layers/features/encoding.ts";
export type { GroupedQueryAttentionConfig } from "../plugins/layers/attention/groupedquery.ts";
export type { LookupConfig, Token } from "../plugins/layers/features/lookup.ts";
export type { CenterCropConfig, ResizingConfig } from "../plugins/layers/images/resizing.ts";
export type { ReversibleEmbeddingConfig } from "../plugins/layers/dense/reversible.ts";
export type { RnnConfig } from "../plugins/layers/recurrent/rnn.ts";
export type { SpectralNormalizationConfig } from "../plugins/layers/dense/spectral.ts";
export type { HashingConfig } from "../plugins/layers/features/hashing.ts";
export type { TextVectorizationConfig } from "../plugins/layers/features/textvectorization.ts";
export type { HashedCrossingConfig } from "../plugins/layers/features/crossing.ts";
export type { AugmentationConfig } from "../plugins/layers/images/augmentation.ts";
export type { Interpolation } from "../plugins/layers/images/interpolate.ts";
