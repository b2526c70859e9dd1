/** Factories of recurrent cells, text, image and further layers. @module */
import { type Factory, factory } from "../../core/network/factory.ts";
import {
  adaptiveAveragePooling1dDef,
  adaptiveAveragePooling2dDef,
  adaptiveAveragePooling3dDef,
  adaptiveMaxPooling1dDef,
  adaptiveMaxPooling2dDef,
  adaptiveMaxPooling3dDef,
  type AdaptivePoolConfig,
} from "./convolution/adaptive.ts";
import {
  type CellConfig,
  type GruCellConfig,
  gruCellDef,
  type LstmCellConfig,
  lstmCellDef,
  simpleRnnCellDef,
  type StackedRnnCellsConfig,
  stackedRnnCellsDef,
} from "./recurrent/cells.ts";
import { convLstm1dDef, convLstm2dDef, convLstm3dDef, type ConvLstmConfig } from "./recurrent/convlstm.ts";
import { type EinsumDenseConfig, einsumDenseDef } from "./dense/einsumdense.ts";
import {
  type CategoryEncodingConfig,
  categoryEncodingDef,
  type DiscretizationConfig,
  discretizationDef,
} from "./features/categories.ts";
import { type HashingConfig, hashingDef } from "./features/hashing.ts";
import { type GroupedQueryAttentionConfig, groupedQueryAttentionDef } from "./attention/groupedquery.ts";
import { integerLookupDef, type LookupConfig, stringLookupDef } from "./features/lookup.ts";
import { type CenterCropConfig, centerCropDef, type ResizingConfig, resizingDef } from "./images/resizing.ts";
import { type ReversibleEmbeddingConfig, reversibleEmbeddingDef } from "./dense/reversible.ts";
import { type RnnConfig, rnnDef } from "./recurrent/rnn.ts";
import { type SpectralNormalizationConfig, spectralNormalizationDef } from "./dense/spectral.ts";
import { type HashedCrossingConfig, hashedCrossingDef } from "./features/crossing.ts";
import { type TextVectorizationConfig, textVectorizationDef } from "./features/textvectorization.ts";

/** Mean of so many windows over time, `[batch, time, channels] → [batch, outputSize, channels]`. */
export const adaptiveAveragePooling1d: Factory<AdaptivePoolConfig, "outputSize"> = factory(
  adaptiveAveragePooling1dDef,
);
/** Mean of so many windows of images. */
export const adaptiveAveragePooling2d: Factory<AdaptivePoolConfig, "outputSize"> = factory(
  adaptiveAveragePooling2dDef,
);
/** Mean of so many windows of volumes. */
export const adaptiveAveragePooling3d: Factory<AdaptivePoolConfig, "outputSize"> = factory(
  adaptiveAveragePooling3dDef,
);
/** Largest of so many windows over time, `[batch, time, channels] → [batch, outputSize, channels]`. */
export const adaptiveMaxPooling1d: Factory<AdaptivePoolConfig, "outputSize"> = factory(
  adaptiveMaxPooling1dDef,
);
/** Largest of so many windows of images. */
export const adaptiveMaxPooling2d: Factory<AdaptivePoolConfig, "outputSize"> = factory(
  adaptiveMaxPooling2dDef,
);
/** Largest of so many windows of volumes. */
export const adaptiveMaxPooling3d: Factory<AdaptivePoolConfig, "outputSize"> = factory(
  adaptiveMaxPooling3dDef,
);
/** One step of a fully connected recurrent layer, for `rnn`. */
export const simpleRnnCell: Factory<CellConfig, "units"> = factory(simpleRnnCellDef);
/** One step of an LSTM, for `rnn`. */
export const lstmCell: Factory<LstmCellConfig, "units"> = factory(lstmCellDef);
/** One step of a GRU, for `rnn`. */
export const gruCell: Factory<GruCellConfig, "units"> = factory(gruCellDef);
/** Cells on top of one another as one cell, for `rnn`. */
export const stackedRnnCells: Factory<StackedRnnCellsConfig, "cells"> = factory(stackedRnnCellsDef);
/** A cell over time, `[batch, time, features] → [batch, units]`, or every step with returnSequences. */
export const rnn: Factory<RnnConfig, "cell"> = factory(rnnDef);
/** Convolutional LSTM over `[batch, time, size, channels]`. */
export const convLstm1d: Factory<ConvLstmConfig, "filters" | "kernelSize"> = factory(convLstm1dDef);
/** Convolutional LSTM over `[batch, time, height, width, channels]`. */
export const convLstm2d: Factory<ConvLstmConfig, "filters" | "kernelSize"> = factory(convLstm2dDef);
/** Convolutional LSTM over `[batch, time, depth, height, width, channels]`. */
export const convLstm3d: Factory<ConvLstmConfig, "filters" | "kernelSize"> = factory(convLstm3dDef);
/** A product with a kernel along the axes that an equation names, as in `abc,cd->abd`. */
export const einsumDense: Factory<EinsumDenseConfig, "equation" | "outputShape"> = factory(einsumDenseDef);
/** Ids `[batch, n]` as rows of zeros and ones, or as counts, `[batch, numTokens]`. */
export const categoryEncoding: Factory<CategoryEncodingConfig, "numTokens"> = factory(categoryEncodingDef);
/** Number of the bin that each number falls into. */
export const discretization: Factory<DiscretizationConfig, "binBoundaries"> = factory(discretizationDef);
/** Attention whose queries' heads share keys and values: query `[batch, queries, features]`, value and key `[batch, keys, …]`. */
export const groupedQueryAttention: Factory<
  GroupedQueryAttentionConfig,
  "headDim" | "numQueryHeads" | "numKeyValueHeads"
> = factory(groupedQueryAttentionDef);
/** Strings to their ids in a vocabulary, in any shape; or ids back to strings. */
export const stringLookup: Factory<LookupConfig> = factory(stringLookupDef);
/** Whole numbers to their ids in a vocabulary, in any shape; or ids back to numbers. */
export const integerLookup: Factory<LookupConfig> = factory(integerLookupDef);
/** Texts `[batch]` or `[batch, 1]` to ids `[batch, tokens]`, or to rows `[batch, vocabulary]` of what is there. */
export const textVectorization: Factory<TextVectorizationConfig> = factory(textVectorizationDef);
/** Strings or whole numbers to bins by a hash, in any shape. */
export const hashing: Factory<HashingConfig, "numBins"> = factory(hashingDef);
/** What several inputs `[batch]` or `[batch, 1]` hold together, to bins by a hash. */
export const hashedCrossing: Factory<HashedCrossingConfig, "numBins"> = factory(hashedCrossingDef);
/** Images `[batch, height, width, channels]` at another size. */
export const resizing: Factory<ResizingConfig, "height" | "width"> = factory(resizingDef);
/** The middle of images `[batch, height, width, channels]`. */
export const centerCrop: Factory<CenterCropConfig, "height" | "width"> = factory(centerCropDef);
/** Rows of a table by id; called with `reverse`, features back to scores of ids. */
export const reversibleEmbedding: Factory<ReversibleEmbeddingConfig, "inputDim" | "outputDim"> = factory(
  reversibleEmbeddingDef,
);
/** A layer whose kernel training keeps at a largest singular value of 1. */
export const spectralNormalization: Factory<SpectralNormalizationConfig, "layer"> = factory(
  spectralNormalizationDef,
);
