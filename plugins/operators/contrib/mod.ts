/** Operators of onnxruntime's own domain that its optimizer and exporters write, each made of ONNX's. @module */
import type { OpDef } from "../../../core/graph/op.ts";
import { contribActivations } from "./activations.ts";
import { contribAttention } from "./attention.ts";
import { contribBlocks } from "./blocks.ts";
import { contribQuantized } from "./quantized.ts";
import { contribRecent } from "./recent.ts";
import { contribShapes } from "./shapes.ts";
import { contribExperts } from "./experts.ts";
import { contribGrouped } from "./grouped.ts";
import { contribHashes } from "./murmur.ts";
import { contribInverse } from "./inverse.ts";
import { contribNorms } from "./norms.ts";
import { contribTokenizer } from "./tokenizer.ts";
import { contribOlder } from "./older.ts";
import { contribProducts } from "./products.ts";

/** Operators of com.microsoft beside the quantizer's. */
export const contribOps: readonly OpDef[] = [
  ...contribActivations,
  ...contribNorms,
  ...contribProducts,
  ...contribAttention,
  ...contribGrouped,
  ...contribTokenizer,
  ...contribShapes,
  ...contribQuantized,
  ...contribBlocks,
  ...contribExperts,
  ...contribHashes,
  ...contribInverse,
  ...contribOlder,
  ...contribRecent,
];
