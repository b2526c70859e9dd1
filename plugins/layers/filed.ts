/** Layers that files alone hold, and nobody makes: what older ones mean by a class of a newer name, and what changes images in Keras' training. @module */
import type { LayerDef } from "../../core/network/layer.ts";
import { customScaleLayerDef } from "./applications.ts";
import { quantizedDefs } from "./dense/quantized.ts";
import { augmentationDefs } from "./images/augmentation.ts";
import { randomCropDef } from "./images/contrast.ts";
import { batchModesDef } from "./legacy.ts";
import { batchVariantsDef } from "./normalization/batchvariants.ts";
import { cellWrapperDefs } from "./recurrent/cellwrappers.ts";
import { timeMajorDefs } from "./recurrent/timemajor.ts";

/** A definition whose configuration's type is forgotten, as registries hold it. */
const plain = <C, P extends string>(def: LayerDef<C, P>): LayerDef => def as unknown as LayerDef;

/** The one list that such layers stand in. */
export const filedLayers: readonly LayerDef[] = [
  plain(customScaleLayerDef),
  ...quantizedDefs.map(plain),
  ...augmentationDefs.map(plain),
  plain(randomCropDef),
  plain(batchModesDef),
  plain(batchVariantsDef),
  ...cellWrapperDefs.map(plain),
  ...timeMajorDefs.map(plain),
];
