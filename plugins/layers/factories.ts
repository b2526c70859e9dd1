/** Factories of all layers: options in, a layer ready to be applied out. @module */
import {
  createLayer,
  type Factory,
  factory,
  type LayerOptions,
  type OptionsOf,
} from "../../core/network/factory.ts";
import type { Layer } from "../../core/network/layer.ts";
import { type DenseConfig, denseDef } from "./dense/dense.ts";
import {
  type ActivationConfig,
  activationDef,
  type EluConfig,
  eluDef,
  type LeakyReluConfig,
  leakyReluDef,
  type PreluConfig,
  preluDef,
  type ReluConfig,
  reluDef,
  type SoftmaxConfig,
  softmaxDef,
  type ThresholdedReluConfig,
  thresholdedReluDef,
} from "./dense/activation.ts";
import { type EmbeddingConfig, embeddingDef, type MaskingConfig, maskingDef } from "./dense/embedding.ts";
import {
  type GruConfig,
  gruDef,
  type LstmConfig,
  lstmDef,
  type RecurrentConfig,
  simpleRnnDef,
} from "./recurrent/recurrent.ts";
import { type BidirectionalConfig, bidirectionalDef } from "./recurrent/bidirectional.ts";
import { timeDistributedDef } from "./recurrent/timedistributed.ts";
import { conv1dDef, conv2dDef, conv3dDef, type ConvConfig } from "./convolution/conv.ts";
import {
  type DepthwiseConfig,
  depthwiseConv1dDef,
  depthwiseConv2dDef,
  type SeparableConfig,
  separableConv1dDef,
  separableConv2dDef,
} from "./convolution/depthwise.ts";
import {
  conv1dTransposeDef,
  conv2dTransposeDef,
  conv3dTransposeDef,
  type ConvTransposeConfig,
} from "./convolution/convtranspose.ts";
import {
  averagePooling1dDef,
  averagePooling2dDef,
  averagePooling3dDef,
  globalAveragePooling1dDef,
  globalAveragePooling2dDef,
  globalAveragePooling3dDef,
  globalMaxPooling1dDef,
  globalMaxPooling2dDef,
  globalMaxPooling3dDef,
  type GlobalPoolConfig,
  maxPooling1dDef,
  maxPooling2dDef,
  maxPooling3dDef,
  type PoolConfig,
} from "./convolution/pooling.ts";
import {
  type FlattenConfig,
  flattenDef,
  type PermuteConfig,
  permuteDef,
  type RepeatVectorConfig,
  repeatVectorDef,
  type ReshapeConfig,
  reshapeDef,
} from "./shapes/reshape.ts";
import {
  cropping1dDef,
  cropping2dDef,
  cropping3dDef,
  type CroppingConfig,
  zeroPadding1dDef,
  zeroPadding2dDef,
  zeroPadding3dDef,
  type ZeroPaddingConfig,
} from "./shapes/padding.ts";
import {
  upSampling1dDef,
  type UpSampling2dConfig,
  upSampling2dDef,
  upSampling3dDef,
  type UpSamplingConfig,
} from "./images/upsampling.ts";
import {
  type ActivityRegularizationConfig,
  activityRegularizationDef,
  alphaDropoutDef,
  type DropoutConfig,
  dropoutDef,
  gaussianDropoutDef,
  type GaussianNoiseConfig,
  gaussianNoiseDef,
  type RateConfig,
  spatialDropout1dDef,
  spatialDropout2dDef,
  spatialDropout3dDef,
  type SpatialDropoutConfig,
} from "./normalization/dropout.ts";
import { type BatchNormalizationConfig, batchNormalizationDef } from "./normalization/batchnorm.ts";
import {
  type GroupNormalizationConfig,
  groupNormalizationDef,
  type LayerNormalizationConfig,
  layerNormalizationDef,
  type RmsNormalizationConfig,
  rmsNormalizationDef,
  type UnitNormalizationConfig,
  unitNormalizationDef,
} from "./normalization/normalization.ts";
import {
  type NormalizationConfig,
  normalizationDef,
  type RescalingConfig,
  rescalingDef,
} from "./normalization/scaling.ts";
import {
  addDef,
  averageDef,
  type ConcatenateConfig,
  concatenateDef,
  type DotConfig,
  dotDef,
  type MaskRuleConfig,
  maximumDef,
  minimumDef,
  multiplyDef,
  subtractDef,
} from "./shapes/merge.ts";
import {
  type AdditiveAttentionConfig,
  additiveAttentionDef,
  type AttentionConfig,
  attentionDef,
} from "./attention/attention.ts";
import { type MultiHeadAttentionConfig, multiHeadAttentionDef } from "./attention/multihead.ts";
import { identityDef, type InputLayerConfig, inputLayerDef } from "./identity.ts";

/** Fully connected: `activation(x · kernel + bias)` over the last axis, `[…, features] → […, units]`. */
export const dense: Factory<DenseConfig, "units"> = factory(denseDef);
/** A named function of every element (or axis), shape unchanged. */
export const activation: Factory<ActivationConfig, "activation"> = factory(activationDef);
/** max(x, 0) with a ceiling, a slope below and a threshold. */
export const relu: Factory<ReluConfig> = factory(reluDef);
/** x where positive, else slope · x. */
export const leakyRelu: Factory<LeakyReluConfig> = factory(leakyReluDef);
/** x where positive, else α·(eˣ − 1). */
export const elu: Factory<EluConfig> = factory(eluDef);
/** x where above θ, else 0; Keras 2's layer. */
export const thresholdedRelu: Factory<ThresholdedReluConfig> = factory(thresholdedReluDef);
/** x where positive, else a learned slope · x; a slope for every element but those of shared axes. */
export const prelu: Factory<PreluConfig> = factory(preluDef);
/** eˣ over its sum along one axis or several; where a mask is false the result is 0. */
export const softmax: Factory<SoftmaxConfig> = factory(softmaxDef);
/** Rows of a table by id, `[…] → […, outputDim]`. */
export const embedding: Factory<EmbeddingConfig, "inputDim" | "outputDim"> = factory(embeddingDef);
/** Masks the steps whose features all equal a value, and sets them to 0, `[batch, time, features]` in and out. */
export const masking: Factory<MaskingConfig> = factory(maskingDef);
/** A fully connected recurrent layer (Elman 1990): h' = activation(x·kernel + h·recurrentKernel + bias). */
export const simpleRnn: Factory<RecurrentConfig, "units"> = factory(simpleRnnDef);
/** Long short-term memory (Hochreiter and Schmidhuber 1997), gates in Keras' order i, f, c, o. */
export const lstm: Factory<LstmConfig, "units"> = factory(lstmDef);
/** A gated recurrent unit (Cho et al. 2014), gates in Keras' order z, r, h. */
export const gru: Factory<GruConfig, "units"> = factory(gruDef);
/** Convolution over time, `[batch, time, channels] → [batch, time', filters]`. */
export const conv1d: Factory<ConvConfig, "filters" | "kernelSize"> = factory(conv1dDef);
/** Convolution of images, `[batch, height, width, channels] → [batch, height', width', filters]`. */
export const conv2d: Factory<ConvConfig, "filters" | "kernelSize"> = factory(conv2dDef);
/** Convolution of volumes, `[batch, depth, height, width, channels] → [batch, depth', height', width', filters]`. */
export const conv3d: Factory<ConvConfig, "filters" | "kernelSize"> = factory(conv3dDef);
/** Convolves every channel on its own over time, `[batch, time, channels] → [batch, time', channels·depthMultiplier]`. */
export const depthwiseConv1d: Factory<DepthwiseConfig, "kernelSize"> = factory(depthwiseConv1dDef);
/** Convolves every channel of images on its own, `[batch, height, width, channels] → […, channels·depthMultiplier]`. */
export const depthwiseConv2d: Factory<DepthwiseConfig, "kernelSize"> = factory(depthwiseConv2dDef);
/** A depthwise convolution over time, then one that mixes channels. */
export const separableConv1d: Factory<SeparableConfig, "filters" | "kernelSize"> = factory(
  separableConv1dDef,
);
/** A depthwise convolution of images, then one that mixes channels. */
export const separableConv2d: Factory<SeparableConfig, "filters" | "kernelSize"> = factory(
  separableConv2dDef,
);
/** Transposed convolution over time, `[batch, time, channels] → [batch, time·stride, filters]`. */
export const conv1dTranspose: Factory<ConvTransposeConfig, "filters" | "kernelSize"> = factory(
  conv1dTransposeDef,
);
/** Transposed convolution of images. */
export const conv2dTranspose: Factory<ConvTransposeConfig, "filters" | "kernelSize"> = factory(
  conv2dTransposeDef,
);
/** Transposed convolution of volumes. */
export const conv3dTranspose: Factory<ConvTransposeConfig, "filters" | "kernelSize"> = factory(
  conv3dTransposeDef,
);
/** Largest of every window over time. */
export const maxPooling1d: Factory<PoolConfig> = factory(maxPooling1dDef);
/** Largest of every window of images. */
export const maxPooling2d: Factory<PoolConfig> = factory(maxPooling2dDef);
/** Largest of every window of volumes. */
export const maxPooling3d: Factory<PoolConfig> = factory(maxPooling3dDef);
/** Mean of every window over time. */
export const averagePooling1d: Factory<PoolConfig> = factory(averagePooling1dDef);
/** Mean of every window of images. */
export const averagePooling2d: Factory<PoolConfig> = factory(averagePooling2dDef);
/** Mean of every window of volumes. */
export const averagePooling3d: Factory<PoolConfig> = factory(averagePooling3dDef);
/** Largest of every channel over time, `[batch, time, channels] → [batch, channels]`. */
export const globalMaxPooling1d: Factory<GlobalPoolConfig> = factory(globalMaxPooling1dDef);
/** Largest of every channel of images, `[batch, height, width, channels] → [batch, channels]`. */
export const globalMaxPooling2d: Factory<GlobalPoolConfig> = factory(globalMaxPooling2dDef);
/** Largest of every channel of volumes. */
export const globalMaxPooling3d: Factory<GlobalPoolConfig> = factory(globalMaxPooling3dDef);
/** Mean of every channel over the steps that aren't masked, `[batch, time, channels] → [batch, channels]`. */
export const globalAveragePooling1d: Factory<GlobalPoolConfig> = factory(globalAveragePooling1dDef);
/** Mean of every channel of images, `[batch, height, width, channels] → [batch, channels]`. */
export const globalAveragePooling2d: Factory<GlobalPoolConfig> = factory(globalAveragePooling2dDef);
/** Mean of every channel of volumes. */
export const globalAveragePooling3d: Factory<GlobalPoolConfig> = factory(globalAveragePooling3dDef);
/** All axes but the batch as one, `[batch, …] → [batch, features]`; channels come last first, where they stand before. */
export const flatten: Factory<FlattenConfig> = factory(flattenDef);
/** The same elements under another shape, `[batch, …] → [batch, …targetShape]`. */
export const reshape: Factory<ReshapeConfig, "targetShape"> = factory(reshapeDef);
/** Axes in another order; the batch stays first. */
export const permute: Factory<PermuteConfig, "dims"> = factory(permuteDef);
/** A vector repeated as steps, `[batch, features] → [batch, n, features]`. */
export const repeatVector: Factory<RepeatVectorConfig, "n"> = factory(repeatVectorDef);
/** Zeros before and after the steps of `[batch, time, channels]`. */
export const zeroPadding1d: Factory<ZeroPaddingConfig> = factory(zeroPadding1dDef);
/** Zeros around images. */
export const zeroPadding2d: Factory<ZeroPaddingConfig> = factory(zeroPadding2dDef);
/** Zeros around volumes. */
export const zeroPadding3d: Factory<ZeroPaddingConfig> = factory(zeroPadding3dDef);
/** Leaves out steps at both ends. */
export const cropping1d: Factory<CroppingConfig> = factory(cropping1dDef);
/** Leaves out the borders of images. */
export const cropping2d: Factory<CroppingConfig> = factory(cropping2dDef);
/** Leaves out the borders of volumes. */
export const cropping3d: Factory<CroppingConfig> = factory(cropping3dDef);
/** Repeats every step, `[batch, time, channels] → [batch, time·size, channels]`. */
export const upSampling1d: Factory<UpSamplingConfig> = factory(upSampling1dDef);
/** Enlarges images by whole factors. */
export const upSampling2d: Factory<UpSampling2dConfig> = factory(upSampling2dDef);
/** Repeats every element of volumes. */
export const upSampling3d: Factory<UpSamplingConfig> = factory(upSampling3dDef);
/** Sets a share of the inputs to 0 in training and scales the rest, so that sums stay (Srivastava et al. 2014). */
export const dropout: Factory<DropoutConfig, "rate"> = factory(dropoutDef);
/** Dropout that keeps mean and variance, for SELU networks (Klambauer et al. 2017). */
export const alphaDropout: Factory<DropoutConfig, "rate"> = factory(alphaDropoutDef);
/** Drops whole channels of `[batch, time, channels]`. */
export const spatialDropout1d: Factory<SpatialDropoutConfig, "rate"> = factory(spatialDropout1dDef);
/** Drops whole channels of `[batch, height, width, channels]`. */
export const spatialDropout2d: Factory<SpatialDropoutConfig, "rate"> = factory(spatialDropout2dDef);
/** Drops whole channels of `[batch, depth, height, width, channels]`. */
export const spatialDropout3d: Factory<SpatialDropoutConfig, "rate"> = factory(spatialDropout3dDef);
/** Multiplies by normal noise of mean 1 in training. */
export const gaussianDropout: Factory<RateConfig, "rate"> = factory(gaussianDropoutDef);
/** Adds normal noise of mean 0 in training. */
export const gaussianNoise: Factory<GaussianNoiseConfig, "stddev"> = factory(gaussianNoiseDef);
/** Leaves its input as it is; training adds l1·Σ|x| + l2·Σx² to the loss. */
export const activityRegularization: Factory<ActivityRegularizationConfig> = factory(
  activityRegularizationDef,
);
/** Each feature to mean β and deviation γ (Ioffe and Szegedy 2015), shape unchanged; a frozen layer is in inference. */
export const batchNormalization: Factory<BatchNormalizationConfig> = factory(batchNormalizationDef);
/** Each sample to mean β and deviation γ over some axes (Ba et al. 2016), shape unchanged. */
export const layerNormalization: Factory<LayerNormalizationConfig> = factory(layerNormalizationDef);
/** Each group of channels of each sample to mean 0 and deviation 1, then γ and β (Wu and He 2018), shape unchanged. */
export const groupNormalization: Factory<GroupNormalizationConfig> = factory(groupNormalizationDef);
/** x / √(mean x² + ε), times a learned scale (Zhang and Sennrich 2019), shape unchanged. */
export const rmsNormalization: Factory<RmsNormalizationConfig> = factory(rmsNormalizationDef);
/** x / ‖x‖₂ over some axes, shape unchanged. */
export const unitNormalization: Factory<UnitNormalizationConfig> = factory(unitNormalizationDef);
/** (x − mean) / √variance by fixed statistics, given or adapted to data, shape unchanged. */
export const normalization: Factory<NormalizationConfig> = factory(normalizationDef);
/** x · scale + offset, in floats, shape unchanged. */
export const rescaling: Factory<RescalingConfig, "scale"> = factory(rescalingDef);
/** The sum of the inputs; shapes broadcast. */
export const add: Factory<MaskRuleConfig> = factory(addDef);
/** The first input less the second. */
export const subtract: Factory<MaskRuleConfig> = factory(subtractDef);
/** The product of the inputs. */
export const multiply: Factory<MaskRuleConfig> = factory(multiplyDef);
/** The mean of the inputs. */
export const average: Factory<MaskRuleConfig> = factory(averageDef);
/** The largest of the inputs, element by element. */
export const maximum: Factory<MaskRuleConfig> = factory(maximumDef);
/** The smallest of the inputs, element by element. */
export const minimum: Factory<MaskRuleConfig> = factory(minimumDef);
/** The inputs one after another along an axis. */
export const concatenate: Factory<ConcatenateConfig> = factory(concatenateDef);
/** Products of two inputs summed over an axis of each: `[batch, a, k]`, `[batch, c, k] → [batch, a, c]` with axes 2. */
export const dot: Factory<DotConfig> = factory(dotDef);
/** Dot-product attention (Luong et al. 2015): `[batch, queries, features]`, `[batch, keys, size] → [batch, queries, size]`. */
export const attention: Factory<AttentionConfig> = factory(attentionDef);
/** Additive attention (Bahdanau et al. 2015): scores are Σ scale · tanh(query + key). */
export const additiveAttention: Factory<AdditiveAttentionConfig> = factory(additiveAttentionDef);
/** Attention by several heads (Vaswani et al. 2017): query `[batch, queries, features]`, value and key `[batch, keys, …]`. */
export const multiHeadAttention: Factory<MultiHeadAttentionConfig, "numHeads" | "keyDim"> = factory(
  multiHeadAttentionDef,
);
/** Its input as it is. */
export const identity: Factory<Readonly<Record<never, never>>> = factory(identityDef);
/** Where a model begins. */
export const inputLayer: Factory<InputLayerConfig, "batchShape"> = factory(inputLayerDef);

/**
 * Runs a recurrent layer forwards and backwards: `bidirectional(lstm({ units: 64 }))`,
 * `[batch, time, features] → [batch, 2·units]`.
 */
export function bidirectional(
  layer: Layer,
  options: Omit<OptionsOf<BidirectionalConfig>, "layer"> = {},
): Layer {
  return createLayer(bidirectionalDef, { ...options, layer });
}
/** Applies a layer to every step: `timeDistributed(dense({ units: 3 }))`, `[batch, time, …] → [batch, time, …]`. */
export function timeDistributed(layer: Layer, options: LayerOptions = {}): Layer {
  return createLayer(timeDistributedDef, { ...options, layer });
}
