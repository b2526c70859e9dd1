/** Convolutions over channels-last images as implicit matrix products. @module */

import type { Kernel } from "../assembler.ts";
import { type Epilogue } from "./common.ts";

/** Specialisation of a convolution; extents of space are run-time arguments. Lists go depth, height, width (1 to 3 of them). */
export interface ConvSpec extends Epilogue {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly groups: number;
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
}

/**
 * A convolution of a zero-padded, contiguous [batch, D, H, W, inChannels] (see `padImage`; the image itself where there is
 * no padding). Arguments: `batch X D H W P Y OD OH OW yPixel [bias]`: D H W are the padded extents, P the packed weights,
 * yPixel the bytes between output pixels (outChannels·4 if contiguous). 1 and 2 dimensions pass D (and H) as 1.
 */
export function conv(_spec: ConvSpec): Kernel {
  throw new Error("soon");
}

/** Bytes of a convolution's packed weights. */
export function packedConvBytes(spec: ConvSpec): number {
  const K = spec.kernel.reduce((a, b) => a * b, 1) * (spec.inChannels / spec.groups);
  return spec.groups * Math.ceil(spec.outChannels / spec.groups / 8) * K * 32;
}

/** Packs W[outChannels, inChannels/groups, …kernel] of any strides: `W sO sI sD sH sW P` (strides of absent dims ignored). */
export function packConv(_spec: ConvSpec): Kernel {
  throw new Error("soon");
}
