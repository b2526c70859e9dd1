/** The layers that pages load, each with its options' type: the one list that a layer stands in; rare.ts has the others. @module */
export { dense, type DenseConfig } from "./dense/dense.ts";
export {
  activation,
  type ActivationConfig,
  elu,
  type EluConfig,
  leakyRelu,
  type LeakyReluConfig,
  prelu,
  type PreluConfig,
  relu,
  type ReluConfig,
  softmax,
  type SoftmaxConfig,
  thresholdedRelu,
  type ThresholdedReluConfig,
} from "./dense/activation.ts";
export { embedding, type EmbeddingConfig, masking, type MaskingConfig } from "./dense/embedding.ts";
export {
  gru,
  type GruConfig,
  lstm,
  type LstmConfig,
  type RecurrentConfig,
  type RecurrentParam,
  simpleRnn,
} from "./recurrent/recurrent.ts";
export { bidirectional, type BidirectionalConfig } from "./recurrent/bidirectional.ts";
export { timeDistributed, type TimeDistributedConfig } from "./recurrent/timedistributed.ts";
export { conv1d, conv2d, conv3d, type ConvConfig } from "./convolution/conv.ts";
export {
  type DepthwiseConfig,
  depthwiseConv1d,
  depthwiseConv2d,
  type SeparableConfig,
  separableConv1d,
  separableConv2d,
} from "./convolution/depthwise.ts";
export {
  conv1dTranspose,
  conv2dTranspose,
  conv3dTranspose,
  type ConvTransposeConfig,
} from "./convolution/convtranspose.ts";
export {
  averagePooling1d,
  averagePooling2d,
  averagePooling3d,
  globalAveragePooling1d,
  globalAveragePooling2d,
  globalAveragePooling3d,
  globalMaxPooling1d,
  globalMaxPooling2d,
  globalMaxPooling3d,
  type GlobalPoolConfig,
  maxPooling1d,
  maxPooling2d,
  maxPooling3d,
  type PoolConfig,
} from "./convolution/pooling.ts";
export {
  flatten,
  type FlattenConfig,
  permute,
  type PermuteConfig,
  repeatVector,
  type RepeatVectorConfig,
  reshape,
  type ReshapeConfig,
} from "./shapes/reshape.ts";
export {
  cropping1d,
  cropping2d,
  cropping3d,
  type CroppingConfig,
  type Sides,
  zeroPadding1d,
  zeroPadding2d,
  zeroPadding3d,
  type ZeroPaddingConfig,
} from "./shapes/padding.ts";
export {
  upSampling1d,
  upSampling2d,
  type UpSampling2dConfig,
  upSampling3d,
  type UpSamplingConfig,
} from "./images/upsampling.ts";
export {
  activityRegularization,
  type ActivityRegularizationConfig,
  alphaDropout,
  dropout,
  type DropoutConfig,
  gaussianDropout,
  gaussianNoise,
  type GaussianNoiseConfig,
  type RateConfig,
  spatialDropout1d,
  spatialDropout2d,
  spatialDropout3d,
  type SpatialDropoutConfig,
} from "./normalization/dropout.ts";
export { batchNormalization, type BatchNormalizationConfig } from "./normalization/batchnorm.ts";
export {
  groupNormalization,
  type GroupNormalizationConfig,
  layerNormalization,
  type LayerNormalizationConfig,
  rmsNormalization,
  type RmsNormalizationConfig,
  type ScaleConfig,
  unitNormalization,
  type UnitNormalizationConfig,
} from "./normalization/normalization.ts";
export {
  normalization,
  type NormalizationConfig,
  type Numbers,
  rescaling,
  type RescalingConfig,
} from "./normalization/scaling.ts";
export {
  add,
  average,
  concatenate,
  type ConcatenateConfig,
  dot,
  type DotConfig,
  type MaskRuleConfig,
  maximum,
  minimum,
  multiply,
  subtract,
} from "./shapes/merge.ts";
export {
  additiveAttention,
  type AdditiveAttentionConfig,
  attention,
  type AttentionConfig,
} from "./attention/attention.ts";
export { multiHeadAttention, type MultiHeadAttentionConfig } from "./attention/multihead.ts";
export { identity, inputLayer, type InputLayerConfig } from "./identity.ts";
export { einsumDense, type EinsumDenseConfig } from "./dense/einsumdense.ts";
export { integerLookup, type LookupConfig, stringLookup, type Token } from "./features/lookup.ts";
export { centerCrop, type CenterCropConfig, resizing, type ResizingConfig } from "./images/resizing.ts";
export { textVectorization, type TextVectorizationConfig } from "./features/textvectorization.ts";
