/** Every operation of Keras 3 and function of TensorFlow that is read, in one table. @module */
import { arrays } from "./arrays.ts";
import { contractions } from "./contractions.ts";
import type { Operations } from "./given.ts";
import { type KnownOperations, usualOperations } from "../reading/operations.ts";
import { grids } from "./grids.ts";
import { images } from "./images.ts";
import { linalg } from "./linalg.ts";
import { losses } from "./losses.ts";
import { numbers } from "./numbers.ts";
import { signal } from "./signal.ts";
import { statistics } from "./statistics.ts";
import { tensorflowOperations } from "./tensorflow/tfops.ts";
import { rareFunctions } from "./tensorflow/tfunctions.ts";
import { warps } from "./warps.ts";

const rare: Operations = {
  ...numbers,
  ...arrays,
  ...contractions,
  ...grids,
  ...statistics,
  ...linalg,
  ...signal,
  ...losses,
  ...images,
  ...warps,
  ...tensorflowOperations,
};

/** The usual operations and all others. */
export const allOperations: KnownOperations = {
  operations: { ...usualOperations.operations, ...rare },
  functions: { ...usualOperations.functions, ...rareFunctions },
};
