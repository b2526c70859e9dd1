/** Keras 3's operations that few models hold, in one table. @module */
import { arrays } from "./arrays.ts";
import type { Operations } from "./given.ts";
import { grids } from "./grids.ts";
import { images } from "./images.ts";
import { linalg } from "./linalg.ts";
import { losses } from "./losses.ts";
import { numbers } from "./numbers.ts";
import { signal } from "./signal.ts";
import { statistics } from "./statistics.ts";
import { warps } from "./warps.ts";

/** Operations beyond the usual ones, by class name. */
export const rareOperations: Operations = {
  ...numbers,
  ...arrays,
  ...grids,
  ...statistics,
  ...linalg,
  ...signal,
  ...losses,
  ...images,
  ...warps,
};
