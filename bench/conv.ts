/** Convolutions against the limit: `deno run -A bench/conv.ts`. @module */

import { conv, type ConvSpec, packedConvBytes } from "../plugins/backends/wasm/kernels/mod.ts";
import { type BenchCase, compareWithLimit } from "./limit.ts";

/** Height and width, channels in and out, of 3×3 convolutions with padding 1. */
const CASES = [
  [32, 3, 32],
  [32, 32, 32],
  [16, 32, 64],
  [16, 64, 64],
  [8, 64, 128],
  [8, 128, 128],
] as const;

function convolution(
  [size, inChannels, outChannels]: readonly [number, number, number],
  batch: number,
): BenchCase {
  const spec: ConvSpec = {
    ...{ inChannels, outChannels, groups: 1, kernel: [3, 3], strides: [1, 1], dilations: [1, 1] },
    bias: true,
    activation: { kind: "relu" },
  };
  const padded = size + 2, pixels = size * size;
  return {
    name: `conv 3×3 ${inChannels}→${outChannels}, ${size}×${size} b${batch} wasm`,
    flops: batch * pixels * outChannels * inChannels * 9 * 2,
    prepare(bench) {
      const X = bench.take(batch * padded * padded * inChannels * 4), P = bench.take(packedConvBytes(spec));
      const bias = bench.take(outChannels * 4), Y = bench.take(batch * pixels * outChannels * 4);
      return bench.bind(conv(spec), {
        ...{ batch, X, D: 1, H: padded, W: padded, P, Y, bias },
        ...{ OD: 1, OH: size, OW: size, yPixel: outChannels * 4 },
      });
    },
  };
}

/** The convolutions to compare. */
export function convolutions(): BenchCase[] {
  return [1, 32].flatMap((batch) => CASES.map((one) => convolution(one, batch)));
}

if (import.meta.main) await compareWithLimit(convolutions());
