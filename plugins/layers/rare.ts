/** Layers that few models have, which pages that only run models do without. @module */
import type { LayerDef } from "../../core/network/layer.ts";
import { batchModesDef, highwayDef, maxoutDenseDef, parametricSoftplusDef, sReluDef } from "./legacy.ts";
import {
  adaptiveAveragePooling1dDef,
  adaptiveAveragePooling2dDef,
  adaptiveAveragePooling3dDef,
  adaptiveMaxPooling1dDef,
  adaptiveMaxPooling2dDef,
  adaptiveMaxPooling3dDef,
} from "./convolution/adaptive.ts";
import { augmentationDefs } from "./images/augmentation.ts";
import { autoContrastDef, randomCropDef } from "./images/contrast.ts";
import { melSpectrogramDef, stftSpectrogramDef } from "./images/spectra.ts";
import { batchVariantsDef } from "./normalization/batchvariants.ts";
import { convLstm1dDef, convLstm2dDef, convLstm3dDef } from "./recurrent/convlstm.ts";
import { groupedQueryAttentionDef } from "./attention/groupedquery.ts";
import { reversibleEmbeddingDef } from "./dense/reversible.ts";
import { spectralNormalizationDef } from "./dense/spectral.ts";
import { customScaleLayerDef, layerScaleDef, stochasticDepthDef } from "./applications.ts";
import { categoryEncodingDef, discretizationDef } from "./features/categories.ts";
import { hashedCrossingDef } from "./features/crossing.ts";
import { hashingDef } from "./features/hashing.ts";
import { mergeDef } from "./shapes/mergemode.ts";
import { locallyConnected1dDef, locallyConnected2dDef } from "./convolution/local.ts";

import { gruCellDef, lstmCellDef, simpleRnnCellDef, stackedRnnCellsDef } from "./recurrent/cells.ts";
import { cellWrapperDefs } from "./recurrent/cellwrappers.ts";
import { rnnDef } from "./recurrent/rnn.ts";
import { pipelineDef } from "./shapes/pipeline.ts";
import { randomFourierFeaturesDef } from "./dense/fourierfeatures.ts";
import { quantizedDefs } from "./dense/quantized.ts";
import { timeMajorDefs } from "./recurrent/timemajor.ts";

/** A definition whose configuration's type is forgotten, as registries hold it. */
const plain = <C, P extends string>(def: LayerDef<C, P>): LayerDef => def as unknown as LayerDef;

/** Layers of Keras 1 alone, locally connected ones, convolutional LSTMs, augmentation, those of `keras.applications`, and the newest. */
export const rareLayers: readonly LayerDef[] = [
  plain(gruCellDef),
  plain(lstmCellDef),
  plain(simpleRnnCellDef),
  plain(stackedRnnCellsDef),
  plain(rnnDef),
  ...cellWrapperDefs.map(plain),
  plain(pipelineDef),
  plain(randomFourierFeaturesDef),
  ...timeMajorDefs.map(plain),
  ...quantizedDefs.map(plain),
  plain(adaptiveAveragePooling1dDef),
  plain(adaptiveAveragePooling2dDef),
  plain(adaptiveAveragePooling3dDef),
  plain(adaptiveMaxPooling1dDef),
  plain(adaptiveMaxPooling2dDef),
  plain(adaptiveMaxPooling3dDef),
  plain(convLstm1dDef),
  plain(convLstm2dDef),
  plain(convLstm3dDef),
  plain(groupedQueryAttentionDef),
  plain(reversibleEmbeddingDef),
  plain(spectralNormalizationDef),
  plain(autoContrastDef),
  plain(randomCropDef),
  plain(stftSpectrogramDef),
  plain(melSpectrogramDef),
  plain(layerScaleDef),
  plain(customScaleLayerDef),
  plain(stochasticDepthDef),
  plain(categoryEncodingDef),
  plain(discretizationDef),
  plain(hashedCrossingDef),
  plain(hashingDef),
  plain(mergeDef),
  plain(highwayDef),
  plain(maxoutDenseDef),
  plain(sReluDef),
  plain(parametricSoftplusDef),
  plain(batchModesDef),
  plain(batchVariantsDef),
  plain(locallyConnected1dDef),
  plain(locallyConnected2dDef),
  ...augmentationDefs.map(plain),
];
