/** Convolutions against the limit: `deno run -A bench/conv.ts`. @module */

import { conv, type ConvSpec, packedConvBytes } from "../plugins/backends/wasm/kernels/mod.ts";
import { type BenchCase, compareWithLimit, KernelBench } from "./limit.ts";

/** Height and width, channels in and out, of 3×3 convolutions with padding 1. */
const CASES = [
  [32, 3, 32],
  [32, 32, 32],
  [16, 32, 64],
  [16, 64, 64],
  [8, 64, 128],
  [8, 128, 128],
] as const;

const bench = new KernelBench();

function convolution(
  [size, inChannels, outChannels]: readonly [number, number, number],
  batch: number,
): BenchCase {
  bench.reset();
  const spec: ConvSpec = {
    ...{ inChannels, outChannels, groups: 1, kernel: [3, 3], strides: [1, 1], dilations: [1, 1] },
    bias: true,
    activation: { kind: "relu" },
  };
  const [padded, pixels] = [size + 2, size * size];
  const [X, P] = [bench.take(batch * padded * padded * inChannels * 4), bench.take(packedConvBytes(spec))];
  const [bias, Y] = [bench.take(outChannels * 4), bench.take(batch * pixels * outChannels * 4)];
  const run = bench.bind(conv(spec), {
    ...{ batch, X, D: 1, H: padded, W: padded, P, Y, bias },
    ...{ OD: 1, OH: size, OW: size, yPixel: outChannels * 4 },
  });
  const flops = batch * pixels * outChannels * inChannels * 9 * 2;
  return { name: `${size}×${size}, ${inChannels} → ${outChannels}, batch ${batch}`, flops, run };
}

/** The convolutions to compare. */
export function convolutions(): BenchCase[] {
  return [1, 32].flatMap((batch) => CASES.map((one) => convolution(one, batch)));
}

if (import.meta.main) await compareWithLimit(convolutions());
