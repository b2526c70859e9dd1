/** All layers. @module */
export { layers } from "./list.ts";
export { rareLayers } from "./rare.ts";
export { hubLayers } from "./hub/list.ts";
export * from "./factories.ts";
export * from "./factories-more.ts";
export type { Factory, Given, LayerOptions, OptionsOf } from "../../core/network/factory.ts";
export type { Padding } from "../../core/graph/windows.ts";
export type { SlidingConfig } from "./shared/sliding.ts";
export type { ActivationSpec, DataFormat, KernelConfig, Opaque } from "../../core/network/fields.ts";
export type { DenseConfig } from "./dense/dense.ts";
export type {
  ActivationConfig,
  EluConfig,
  LeakyReluConfig,
  PreluConfig,
  ReluConfig,
  SoftmaxConfig,
  ThresholdedReluConfig,
} from "./dense/activation.ts";
export type { EmbeddingConfig, MaskingConfig } from "./dense/embedding.ts";
export type { StepsConfig } from "./shared/recurrent.ts";
export type { GruConfig, LstmConfig, RecurrentConfig, RecurrentParam } from "./recurrent/recurrent.ts";
export type { BidirectionalConfig } from "./recurrent/bidirectional.ts";
export type { TimeDistributedConfig } from "./recurrent/timedistributed.ts";
export type { ConvConfig } from "./convolution/conv.ts";
export type { DepthwiseConfig, SeparableConfig } from "./convolution/depthwise.ts";
export type { ConvTransposeConfig } from "./convolution/convtranspose.ts";
export type { GlobalPoolConfig, PoolConfig } from "./convolution/pooling.ts";
export type { FlattenConfig, PermuteConfig, RepeatVectorConfig, ReshapeConfig } from "./shapes/reshape.ts";
export type { CroppingConfig, Sides, ZeroPaddingConfig } from "./shapes/padding.ts";
export type { UpSampling2dConfig, UpSamplingConfig } from "./images/upsampling.ts";
export type {
  ActivityRegularizationConfig,
  DropoutConfig,
  GaussianNoiseConfig,
  RateConfig,
  SpatialDropoutConfig,
} from "./normalization/dropout.ts";
export type { BatchNormalizationConfig } from "./normalization/batchnorm.ts";
export type {
  GroupNormalizationConfig,
  LayerNormalizationConfig,
  RmsNormalizationConfig,
  ScaleConfig,
  UnitNormalizationConfig,
} from "./normalization/normalization.ts";
export type { NormalizationConfig, Numbers, RescalingConfig } from "./normalization/scaling.ts";
export type { ConcatenateConfig, DotConfig, MaskRuleConfig } from "./shapes/merge.ts";
export type { MergeConfig } from "./shapes/mergemode.ts";
export type { CustomScaleLayerConfig, LayerScaleConfig, StochasticDepthConfig } from "./applications.ts";
export type { BatchVariantsConfig } from "./normalization/batchvariants.ts";
export type { AutoContrastConfig, RandomCropConfig } from "./images/contrast.ts";
export type { MelSpectrogramConfig, StftSpectrogramConfig, Window } from "./images/spectra.ts";
export type { Quantization, QuantizedConfig } from "./dense/quantized.ts";
export type { TimeMajorConfig } from "./recurrent/timemajor.ts";
export type { LocallyConnectedConfig } from "./convolution/local.ts";
export type {
  BatchModesConfig,
  HighwayConfig,
  MaxoutDenseConfig,
  ParametricSoftplusConfig,
  SReluConfig,
} from "./legacy.ts";
export type { AdditiveAttentionConfig, AttentionConfig } from "./attention/attention.ts";
export type { MultiHeadAttentionConfig } from "./attention/multihead.ts";
export type { InputLayerConfig } from "./identity.ts";
export type { AdaptivePoolConfig } from "./convolution/adaptive.ts";
export type { CellConfig, GruCellConfig, LstmCellConfig, StackedRnnCellsConfig } from "./recurrent/cells.ts";
export type { ConvLstmConfig } from "./recurrent/convlstm.ts";
export type { EinsumDenseConfig } from "./dense/einsumdense.ts";
export type { CategoryEncodingConfig, DiscretizationConfig } from "./features/categories.ts";
export type { OutputMode } from "./features/encoding.ts";
export type { GroupedQueryAttentionConfig } from "./attention/groupedquery.ts";
export type { LookupConfig, Token } from "./features/lookup.ts";
export type { CenterCropConfig, ResizingConfig } from "./images/resizing.ts";
export type { ReversibleEmbeddingConfig } from "./dense/reversible.ts";
export type { RnnConfig } from "./recurrent/rnn.ts";
export type { SpectralNormalizationConfig } from "./dense/spectral.ts";
export type { HashedCrossingConfig } from "./features/crossing.ts";
export type { HashingConfig } from "./features/hashing.ts";
export type { TextVectorizationConfig } from "./features/textvectorization.ts";
export type { AugmentationConfig } from "./images/augmentation.ts";
export type { Interpolation } from "./images/interpolate.ts";
