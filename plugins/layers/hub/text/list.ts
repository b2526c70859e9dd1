/** The list of layers of KerasHub's later models of text. @module */
import type { LayerDef } from "../../../../core/network/layer.ts";
import { disentangledEncoderDef, relativeEmbeddingDef } from "./deberta.ts";
import { edRecDecoderDef, edRecEncoderDef } from "./edrec.ts";
import { falconDecoderDef, gptNeoXDecoderDef } from "./gptneox.ts";
import { gptOssDecoderDef } from "./gptoss.ts";
import { gemma3MeanPoolingDef, roformerHeadDef } from "./heads.ts";
import { mixtralDecoderDef, qwen3MoeDecoderDef, qwenMoeDecoderDef } from "./mixtures.ts";
import { qwen35DecoderDef, qwen35MoeDecoderDef, qwen35NormDef } from "./qwen35.ts";
import { esmEncoderDef, roformerEncoderDef } from "./roformer.ts";
import { rwkv7BlockDef } from "./rwkv.ts";
import { smolLM3DecoderDef } from "./smollm.ts";
import { t5LayerNormDef, t5TransformerLayerDef } from "./t5.ts";
import { t5GemmaLayers } from "./t5gemma.ts";
import { contentAndQueryEmbeddingDef, xlnetEncoderDef, xlnetMaskDef, xlnetSegmentsDef } from "./xlnet.ts";

/** A definition whose configuration's type is forgotten, as registries hold it. */
const plain = <C, P extends string>(def: LayerDef<C, P>): LayerDef => def as unknown as LayerDef;

/** Layers of KerasHub's later models of text. */
export const textLayers: readonly LayerDef[] = [
  plain(gptNeoXDecoderDef),
  plain(falconDecoderDef),
  plain(smolLM3DecoderDef),
  plain(rwkv7BlockDef),
  plain(qwen35NormDef),
  plain(qwen35DecoderDef),
  plain(qwen35MoeDecoderDef),
  plain(t5LayerNormDef),
  plain(t5TransformerLayerDef),
  ...t5GemmaLayers.map(plain),
  plain(edRecEncoderDef),
  plain(edRecDecoderDef),
  plain(relativeEmbeddingDef),
  plain(disentangledEncoderDef),
  plain(roformerEncoderDef),
  plain(esmEncoderDef),
  plain(roformerHeadDef),
  plain(gemma3MeanPoolingDef),
  plain(contentAndQueryEmbeddingDef),
  plain(xlnetMaskDef),
  plain(xlnetSegmentsDef),
  plain(xlnetEncoderDef),
  plain(mixtralDecoderDef),
  plain(qwenMoeDecoderDef),
  plain(qwen3MoeDecoderDef),
  plain(gptOssDecoderDef),
];
