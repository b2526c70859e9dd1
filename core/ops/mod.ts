/** Every operator of networks, one file per family. @module */
import type { OpDef } from "../graph/op.ts";
import { attentionOps } from "./products/attention.ts";
import { controlOps } from "./control/control.ts";
import { convGradInput, convGradKernel } from "./windows/convgradient.ts";
import { findOps } from "./indexing/find.ts";
import { gridOps } from "./windows/gridsample.ts";
import { layerOps } from "./layerops.ts";
import { localOps } from "./normalization/localnorm.ts";
import { averagePoolGrad, maxPoolGrad } from "./windows/poolgradient.ts";
import { resizeGradientOps } from "./windows/resizegradient.ts";
import { recurrentOps } from "./control/recurrent.ts";
import { scanForward } from "./control/scan.ts";
import { sequenceOps } from "./control/sequence.ts";

/** Every operator of core. */
export const networkOps: readonly OpDef[] = [
  // Scan stands here with its gradient.
  ...layerOps.filter((op) => op !== scanForward),
  ...recurrentOps,
  ...controlOps,
  convGradInput,
  convGradKernel,
  maxPoolGrad,
  averagePoolGrad,
  ...findOps,
  ...gridOps,
  ...resizeGradientOps,
  ...localOps,
  ...sequenceOps,
  ...attentionOps,
];
