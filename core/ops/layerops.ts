/** The operators that layers build: what a page needs that runs models and doesn't train, one file per family. @module */
import type { OpDef } from "../op.ts";
import { elementwiseOps } from "./elementwise.ts";
import { compareOps } from "./compare.ts";
import { reduceOps } from "./reduce.ts";
import { layoutOps } from "./layout.ts";
import { gatherOps } from "./gather.ts";
import { createOps } from "./create.ts";
import { matmulOps } from "./matmul.ts";
import { convOps } from "./conv.ts";
import { poolOps } from "./pool.ts";
import { normalizeOps } from "./normalize.ts";
import { softmaxOps } from "./softmax.ts";
import { recurrentOps } from "./recurrent.ts";
import { resizeOps } from "./resize.ts";
import { scanForward } from "./scan.ts";

/** The operators that layers build. */
export const layerOps: readonly OpDef[] = [
  ...elementwiseOps,
  ...compareOps,
  ...reduceOps,
  ...layoutOps,
  ...gatherOps,
  ...createOps,
  scanForward,
  ...matmulOps,
  ...convOps,
  ...poolOps,
  ...normalizeOps,
  ...softmaxOps,
  ...recurrentOps,
  ...resizeOps,
];
