/** Every operator of networks, one file per family. @module */
import type { OpDef } from "../op.ts";
import { attentionOps } from "./attention.ts";
import { controlOps } from "./control.ts";
import { convGradInput, convGradKernel } from "./convgradient.ts";
import { findOps } from "./find.ts";
import { gridOps } from "./gridsample.ts";
import { layerOps } from "./layerops.ts";
import { localOps } from "./localnorm.ts";
import { averagePoolGrad, maxPoolGrad } from "./poolgradient.ts";
import { scanForward } from "./scan.ts";
import { sequenceOps } from "./sequence.ts";

/** Every operator of core. */
export const networkOps: readonly OpDef[] = [
  // Scan stands here with its gradient.
  ...layerOps.filter((op) => op !== scanForward),
  ...controlOps,
  convGradInput,
  convGradKernel,
  maxPoolGrad,
  averagePoolGrad,
  ...findOps,
  ...gridOps,
  ...localOps,
  ...sequenceOps,
  ...attentionOps,
];
