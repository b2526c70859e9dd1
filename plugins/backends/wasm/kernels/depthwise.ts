/** Depthwise convolutions over channels-last images. @module */

import type { Kernel } from "../assembler.ts";
import { type Epilogue } from "./common.ts";

/** Specialisation of a depthwise convolution: groups = channels, outChannels = channels · multiplier. */
export interface DepthwiseSpec extends Epilogue {
  readonly channels: number;
  readonly multiplier: number;
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
}

/** Arguments as `conv`'s: `batch X D H W P Y OD OH OW yPixel [bias]`; X is padded, P is what `packDepthwise` made. */
export function depthwise(_spec: DepthwiseSpec): Kernel {
  throw new Error("soon");
}

/** Bytes of the packed weights. */
export function packedDepthwiseBytes(spec: DepthwiseSpec): number {
  return spec.kernel.reduce((a, b) => a * b, 1) * spec.channels * spec.multiplier * 4;
}

/** Packs W[channels·multiplier, 1, …kernel] of any strides: `W sO sD sH sW P`. */
export function packDepthwise(_spec: DepthwiseSpec): Kernel {
  throw new Error("soon");
}
