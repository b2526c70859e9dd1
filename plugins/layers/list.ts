/** The list of layers that pages load, without their factories; rare.ts has the others. @module */
import type { LayerDef } from "../../core/network/layer.ts";
import { denseDef } from "./dense/dense.ts";
import {
  activationDef,
  eluDef,
  leakyReluDef,
  preluDef,
  reluDef,
  softmaxDef,
  thresholdedReluDef,
} from "./dense/activation.ts";
import { embeddingDef, maskingDef } from "./dense/embedding.ts";
import { gruDef, lstmDef, simpleRnnDef } from "./recurrent/recurrent.ts";
import { bidirectionalDef } from "./recurrent/bidirectional.ts";
import { timeDistributedDef } from "./recurrent/timedistributed.ts";
import { conv1dDef, conv2dDef, conv3dDef } from "./convolution/conv.ts";
import {
  depthwiseConv1dDef,
  depthwiseConv2dDef,
  separableConv1dDef,
  separableConv2dDef,
} from "./convolution/depthwise.ts";
import { conv1dTransposeDef, conv2dTransposeDef, conv3dTransposeDef } from "./convolution/convtranspose.ts";
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
  maxPooling1dDef,
  maxPooling2dDef,
  maxPooling3dDef,
} from "./convolution/pooling.ts";
import { flattenDef, permuteDef, repeatVectorDef, reshapeDef } from "./shapes/reshape.ts";
import {
  cropping1dDef,
  cropping2dDef,
  cropping3dDef,
  zeroPadding1dDef,
  zeroPadding2dDef,
  zeroPadding3dDef,
} from "./shapes/padding.ts";
import { upSampling1dDef, upSampling2dDef, upSampling3dDef } from "./images/upsampling.ts";
import {
  activityRegularizationDef,
  alphaDropoutDef,
  dropoutDef,
  gaussianDropoutDef,
  gaussianNoiseDef,
  spatialDropout1dDef,
  spatialDropout2dDef,
  spatialDropout3dDef,
} from "./normalization/dropout.ts";
import { batchNormalizationDef } from "./normalization/batchnorm.ts";
import {
  groupNormalizationDef,
  layerNormalizationDef,
  rmsNormalizationDef,
  unitNormalizationDef,
} from "./normalization/normalization.ts";
import { normalizationDef, rescalingDef } from "./normalization/scaling.ts";
import {
  addDef,
  averageDef,
  concatenateDef,
  dotDef,
  maximumDef,
  minimumDef,
  multiplyDef,
  subtractDef,
} from "./shapes/merge.ts";
import { additiveAttentionDef, attentionDef } from "./attention/attention.ts";
import { multiHeadAttentionDef } from "./attention/multihead.ts";
import { identityDef, inputLayerDef } from "./identity.ts";
import { einsumDenseDef } from "./dense/einsumdense.ts";
import { integerLookupDef, stringLookupDef } from "./features/lookup.ts";
import { centerCropDef, resizingDef } from "./images/resizing.ts";
import { textVectorizationDef } from "./features/textvectorization.ts";

/** A definition whose configuration's type is forgotten, as registries hold it. */
const plain = <C, P extends string>(def: LayerDef<C, P>): LayerDef => def as unknown as LayerDef;

/** The layers that models commonly have. */
export const layers: readonly LayerDef[] = [
  plain(denseDef),
  plain(activationDef),
  plain(reluDef),
  plain(leakyReluDef),
  plain(eluDef),
  plain(thresholdedReluDef),
  plain(preluDef),
  plain(softmaxDef),
  plain(embeddingDef),
  plain(maskingDef),
  plain(simpleRnnDef),
  plain(lstmDef),
  plain(gruDef),
  plain(bidirectionalDef),
  plain(timeDistributedDef),
  plain(conv1dDef),
  plain(conv2dDef),
  plain(conv3dDef),
  plain(depthwiseConv1dDef),
  plain(depthwiseConv2dDef),
  plain(separableConv1dDef),
  plain(separableConv2dDef),
  plain(conv1dTransposeDef),
  plain(conv2dTransposeDef),
  plain(conv3dTransposeDef),
  plain(maxPooling1dDef),
  plain(maxPooling2dDef),
  plain(maxPooling3dDef),
  plain(averagePooling1dDef),
  plain(averagePooling2dDef),
  plain(averagePooling3dDef),
  plain(globalMaxPooling1dDef),
  plain(globalMaxPooling2dDef),
  plain(globalMaxPooling3dDef),
  plain(globalAveragePooling1dDef),
  plain(globalAveragePooling2dDef),
  plain(globalAveragePooling3dDef),
  plain(flattenDef),
  plain(reshapeDef),
  plain(permuteDef),
  plain(repeatVectorDef),
  plain(zeroPadding1dDef),
  plain(zeroPadding2dDef),
  plain(zeroPadding3dDef),
  plain(cropping1dDef),
  plain(cropping2dDef),
  plain(cropping3dDef),
  plain(upSampling1dDef),
  plain(upSampling2dDef),
  plain(upSampling3dDef),
  plain(dropoutDef),
  plain(alphaDropoutDef),
  plain(spatialDropout1dDef),
  plain(spatialDropout2dDef),
  plain(spatialDropout3dDef),
  plain(gaussianDropoutDef),
  plain(gaussianNoiseDef),
  plain(activityRegularizationDef),
  plain(batchNormalizationDef),
  plain(layerNormalizationDef),
  plain(groupNormalizationDef),
  plain(rmsNormalizationDef),
  plain(unitNormalizationDef),
  plain(normalizationDef),
  plain(rescalingDef),
  plain(addDef),
  plain(subtractDef),
  plain(multiplyDef),
  plain(averageDef),
  plain(maximumDef),
  plain(minimumDef),
  plain(concatenateDef),
  plain(dotDef),
  plain(attentionDef),
  plain(additiveAttentionDef),
  plain(multiHeadAttentionDef),
  plain(einsumDenseDef),
  plain(integerLookupDef),
  plain(stringLookupDef),
  plain(centerCropDef),
  plain(resizingDef),
  plain(textVectorizationDef),
  plain(identityDef),
  plain(inputLayerDef),
];
