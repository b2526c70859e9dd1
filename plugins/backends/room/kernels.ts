/** Kernels as programs name them, and those that the room itself calls. @module */
import type { CopySpec, ElementwiseSpec, FillSpec } from "./lowering/loops.ts";

/** A kernel as programs name it. An engine adds what it makes of it; equal keys mean equal kernels. */
export interface Kernel {
  readonly key: string;
  /** Names of the arguments, in order: addresses and strides in bytes, extents in elements, all int32. */
  readonly args: readonly string[];
}

/** Kernels that the room itself calls. */
export interface LoopKernels {
  /** `e0 … e(rank-1) X xs0 … xs(rank-1) Y ys0 … ys(rank-1)` */
  copy(spec: CopySpec): Kernel;
  /** `Y count low high`: `count` elements whose bits are `low` (and `high` for 8 bytes). */
  fill(spec: FillSpec): Kernel;
  /** `e0 … e(rank-1) n`, then for each input and output its address, a stride for each outer loop, and the inner one if "any". */
  elementwise(spec: ElementwiseSpec): Kernel;
}
