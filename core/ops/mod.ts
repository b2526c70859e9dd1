/** Every operator of networks, one file per family. @module */
import type { OpDef } from "../op.ts";
import { attentionOps } from "./attention.ts";
import { findOps } from "./find.ts";
import { gridOps } from "./gridsample.ts";
import { layerOps } from "./layerops.ts";
import { sequenceOps } from "./sequence.ts";

/** Every operator of core. */
export const networkOps: readonly OpDef[] = [
  ...layerOps,
  ...findOps,
  ...gridOps,
  ...sequenceOps,
  ...attentionOps,
];
