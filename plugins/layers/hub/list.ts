/** The list of KerasHub's layers. @module */
import type { LayerDef } from "../../../core/network/layer.ts";
import {
  alibiBiasDef,
  hubRmsNormalizationDef,
  maskedLmHeadDef,
  positionEmbeddingDef,
  sinePositionEncodingDef,
  tokenAndPositionEmbeddingDef,
} from "./embeddings.ts";
import {
  llamaDecoderDef,
  mistralDecoderDef,
  phi3DecoderDef,
  qwen3DecoderDef,
  qwenDecoderDef,
} from "./decoders.ts";
import { bloomDecoderDef } from "./bloom.ts";
import { decoderNorms } from "./norms.ts";
import { gemma3DecoderDef, gemmaDecoderDef, gemmaNormalizationDef, paliGemmaDecoderDef } from "./gemma.ts";
import { padderDef } from "./padder.ts";
import { textLayers } from "./text/list.ts";
import { hubVariablesDef } from "./variables.ts";
import { vitEncoderDef, vitPatchingDef } from "./vision.ts";
import { fNetEncoderDef } from "./fnet.ts";
import { rotaryEmbeddingDef } from "./rotary.ts";
import {
  transformerDecoderDef,
  transformerEncoderDef,
  whisperDecoderDef,
  whisperEncoderDef,
} from "./transformer.ts";

/** A definition whose configuration's type is forgotten, as registries hold it. */
const plain = <C, P extends string>(def: LayerDef<C, P>): LayerDef => def as unknown as LayerDef;

/** Layers of KerasHub, for models made of them. */
export const hubLayers: readonly LayerDef[] = [
  plain(positionEmbeddingDef),
  plain(tokenAndPositionEmbeddingDef),
  plain(sinePositionEncodingDef),
  plain(rotaryEmbeddingDef),
  plain(alibiBiasDef),
  plain(hubRmsNormalizationDef),
  plain(maskedLmHeadDef),
  plain(transformerEncoderDef),
  plain(transformerDecoderDef),
  plain(whisperEncoderDef),
  plain(whisperDecoderDef),
  plain(fNetEncoderDef),
  plain(padderDef),
  plain(hubVariablesDef),
  plain(llamaDecoderDef),
  plain(mistralDecoderDef),
  plain(qwenDecoderDef),
  plain(qwen3DecoderDef),
  plain(phi3DecoderDef),
  ...decoderNorms.map(plain),
  plain(gemmaDecoderDef),
  plain(paliGemmaDecoderDef),
  plain(gemma3DecoderDef),
  plain(gemmaNormalizationDef),
  plain(bloomDecoderDef),
  ...textLayers,
  plain(vitPatchingDef),
  plain(vitEncoderDef),
];
