/** ONNX operators outside networks: quantization, ai.onnx.ml, strings, signals, detection, images, training. @module */
import type { OpDef } from "../../core/graph/op.ts";
import { contribOps } from "./contrib/mod.ts";
import { deformOps } from "./images/deform.ts";
import { detectionOps } from "./images/detection.ts";
import { imageOps } from "./images/images.ts";
import { integerOps } from "./integer.ts";
import { fewBitsOps } from "./fewbits.ts";
import { linalgOps } from "./matrices/linalg.ts";
import { microsoftOps } from "./microsoft.ts";
import { mlOps } from "./ml/mod.ts";
import { nestedOps } from "./nested.ts";
import { pairOps } from "./pairs.ts";
import { quantizeOps } from "./quantize.ts";
import { randomOps } from "./random.ts";
import { signalOps } from "./matrices/signal.ts";
import { spatialOps } from "./images/spatial.ts";
import { crossHash } from "./text/crossing.ts";
import { stringOps } from "./text/strings.ts";
import { tfidfOps } from "./text/tfidf.ts";
import { trainingOps } from "./training.ts";
import { transformerOps } from "./transformers.ts";

/** Every operator that isn't a network's. */
export const operators: readonly OpDef[] = [
  ...quantizeOps,
  ...integerOps,
  ...pairOps,
  ...microsoftOps,
  ...fewBitsOps,
  ...contribOps,
  ...transformerOps,
  ...nestedOps,
  ...linalgOps,
  ...signalOps,
  ...spatialOps,
  ...deformOps,
  ...detectionOps,
  ...imageOps,
  crossHash,
  ...stringOps,
  ...tfidfOps,
  ...randomOps,
  ...trainingOps,
  ...mlOps,
];
