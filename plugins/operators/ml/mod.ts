/** Operators of ai.onnx.ml: scikit-learn's models and what they need. @module */
import type { OpDef } from "../../../core/graph/op.ts";
import { encodeOps } from "./encode.ts";
import { ensembleOps } from "./ensemble.ts";
import { featureOps } from "./features.ts";
import { linearOps } from "./linear.ts";
import { mapOps } from "./maps.ts";
import { svmOps } from "./svm.ts";
import { treeOps } from "./trees.ts";

/** Every operator of ai.onnx.ml. */
export const mlOps: readonly OpDef[] = [
  ...featureOps,
  ...encodeOps,
  ...mapOps,
  ...linearOps,
  ...svmOps,
  ...treeOps,
  ...ensembleOps,
];
