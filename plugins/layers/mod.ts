/** All layers. @module */
export { layers } from "./list.ts";
export { rareLayers } from "./rare.ts";
export { hubLayers } from "./hub/list.ts";
export * from "./factories.ts";
export * from "./factories-more.ts";
export type { Factory, Given, LayerOptions, OptionsOf } from "../../core/factory.ts";
export type { Padding, SlidingConfig } from "../../core/layerconv.ts";
export type { ActivationSpec, DataFormat, KernelConfig, Opaque } from "../../core/layerfields.ts";
export type { DenseConfig } from "./dense.ts";
export type {
  ActivationConfig,
  EluConfig,
  LeakyReluConfig,
  PreluConfig,
  ReluConfig,
  SoftmaxConfig,
  ThresholdedReluConfig,
} from "./activation.ts";
export type { EmbeddingConfig, MaskingConfig } from "./embedding.ts";
export type { StepsConfig } from "../../core/layerrecurrent.ts";
export type { GruConfig, LstmConfig, RecurrentConfig, RecurrentParam } from "./recurrent.ts";
export type { BidirectionalConfig } from "./bidirectional.ts";
export type { TimeDistributedConfig } from "./timedistributed.ts";
export type { ConvConfig } from "./conv.ts";
export type { DepthwiseConfig, SeparableConfig } from "./depthwise.ts";
export type { ConvTransposeConfig } from "./convtranspose.ts";
export type { GlobalPoolConfig, PoolConfig } from "./pooling.ts";
export type { FlattenConfig, PermuteConfig, RepeatVectorConfig, ReshapeConfig } from "./reshape.ts";
export type { CroppingConfig, Sides, ZeroPaddingConfig } from "./padding.ts";
export type { UpSampling2dConfig, UpSamplingConfig } from "./upsampling.ts";
export type {
  ActivityRegularizationConfig,
  DropoutConfig,
  GaussianNoiseConfig,
  RateConfig,
  SpatialDropoutConfig,
} from "./dropout.ts";
export type { BatchNormalizationConfig } from "./batchnorm.ts";
export type {
  GroupNormalizationConfig,
  LayerNormalizationConfig,
  RmsNormalizationConfig,
  ScaleConfig,
  UnitNormalizationConfig,
} from "./normalization.ts";
export type { NormalizationConfig, Numbers, RescalingConfig } from "./scaling.ts";
export type { ConcatenateConfig, DotConfig, MaskRuleConfig } from "./merge.ts";
export type { MergeConfig } from "./mergemode.ts";
export type { CustomScaleLayerConfig, LayerScaleConfig, StochasticDepthConfig } from "./applications.ts";
export type { BatchVariantsConfig } from "./batchvariants.ts";
export type { AutoContrastConfig, RandomCropConfig } from "./contrast.ts";
export type { MelSpectrogramConfig, StftSpectrogramConfig, Window } from "./spectra.ts";
export type { Quantization, QuantizedConfig } from "./quantized.ts";
export type { TimeMajorConfig } from "./timemajor.ts";
export type { LocallyConnectedConfig } from "./local.ts";
export type {
  BatchModesConfig,
  HighwayConfig,
  MaxoutDenseConfig,
  ParametricSoftplusConfig,
  SReluConfig,
} from "./legacy.ts";
export type { AdditiveAttentionConfig, AttentionConfig } from "./attention.ts";
export type { MultiHeadAttentionConfig } from "./multihead.ts";
export type { InputLayerConfig } from "./identity.ts";
export type { AdaptivePoolConfig } from "./adaptive.ts";
export type { CellConfig, GruCellConfig, LstmCellConfig, StackedRnnCellsConfig } from "./cells.ts";
export type { ConvLstmConfig } from "./convlstm.ts";
export type { EinsumDenseConfig } from "./einsumdense.ts";
export type { CategoryEncodingConfig, DiscretizationConfig, OutputMode } from "./encoding.ts";
export type { GroupedQueryAttentionConfig } from "./groupedquery.ts";
export type { LookupConfig, Token } from "./lookup.ts";
export type { CenterCropConfig, ResizingConfig } from "./resizing.ts";
export type { ReversibleEmbeddingConfig } from "./reversible.ts";
export type { RnnConfig } from "./rnn.ts";
export type { SpectralNormalizationConfig } from "./spectral.ts";
export type { HashedCrossingConfig, HashingConfig, TextVectorizationConfig } from "./textvectorization.ts";
export type { AugmentationConfig } from "./augmentation.ts";
export type { Interpolation } from "./interpolate.ts";
