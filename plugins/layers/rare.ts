/** Layers that few models have, each with its options' type: the one list that such a layer stands in. @module */
export {
  type BatchModesConfig,
  highway,
  type HighwayConfig,
  maxoutDense,
  type MaxoutDenseConfig,
  parametricSoftplus,
  type ParametricSoftplusConfig,
  sRelu,
  type SReluConfig,
} from "./legacy.ts";
export {
  adaptiveAveragePooling1d,
  adaptiveAveragePooling2d,
  adaptiveAveragePooling3d,
  adaptiveMaxPooling1d,
  adaptiveMaxPooling2d,
  adaptiveMaxPooling3d,
  type AdaptivePoolConfig,
} from "./convolution/adaptive.ts";
export { autoContrast, type AutoContrastConfig, type RandomCropConfig } from "./images/contrast.ts";
export {
  melSpectrogram,
  type MelSpectrogramConfig,
  stftSpectrogram,
  type StftSpectrogramConfig,
  type Window,
} from "./images/spectra.ts";
export { convLstm1d, convLstm2d, convLstm3d, type ConvLstmConfig } from "./recurrent/convlstm.ts";
export { groupedQueryAttention, type GroupedQueryAttentionConfig } from "./attention/groupedquery.ts";
export { reversibleEmbedding, type ReversibleEmbeddingConfig } from "./dense/reversible.ts";
export { spectralNormalization, type SpectralNormalizationConfig } from "./dense/spectral.ts";
export {
  type CustomScaleLayerConfig,
  layerScale,
  type LayerScaleConfig,
  stochasticDepth,
  type StochasticDepthConfig,
} from "./applications.ts";
export {
  categoryEncoding,
  type CategoryEncodingConfig,
  discretization,
  type DiscretizationConfig,
} from "./features/categories.ts";
export { hashedCrossing, type HashedCrossingConfig } from "./features/crossing.ts";
export { hashing, type HashingConfig } from "./features/hashing.ts";
export { merge, type MergeConfig } from "./shapes/mergemode.ts";
export { locallyConnected1d, locallyConnected2d, type LocallyConnectedConfig } from "./convolution/local.ts";
export {
  type CellConfig,
  gruCell,
  type GruCellConfig,
  lstmCell,
  type LstmCellConfig,
  simpleRnnCell,
  stackedRnnCells,
  type StackedRnnCellsConfig,
} from "./recurrent/cells.ts";
export { rnn, type RnnConfig } from "./recurrent/rnn.ts";
export { pipeline, type PipelineConfig } from "./shapes/pipeline.ts";
export { randomFourierFeatures, type RandomFourierFeaturesConfig } from "./dense/fourierfeatures.ts";
