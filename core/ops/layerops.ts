/** The operators that layers build: what a page needs that runs models and doesn't train, one file per family. @module */
import type { OpDef } from "../graph/op.ts";
import { elementwiseOps } from "./elementwise/elementwise.ts";
import { compareOps } from "./elementwise/compare.ts";
import { reduceOps } from "./normalization/reduce.ts";
import { layoutOps } from "./layout/layout.ts";
import { gatherOps } from "./indexing/gather.ts";
import { createOps } from "./layout/create.ts";
import { matmulOps } from "./products/matmul.ts";
import { convOps } from "./windows/conv.ts";
import { poolOps } from "./windows/pool.ts";
import { normalizeOps } from "./normalization/normalize.ts";
import { softmaxOps } from "./normalization/softmax.ts";
import { resizeOps } from "./windows/resize.ts";
import { scanForward } from "./control/scan.ts";

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
  ...resizeOps,
];
