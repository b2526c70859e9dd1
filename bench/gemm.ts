/** Matrix products against the limit: `deno run -A bench/gemm.ts`. @module */

import { gemm, packedBytes } from "../plugins/backends/wasm/kernels/mod.ts";
import { type BenchCase, compareWithLimit, KernelBench } from "./limit.ts";

const SHAPES = [
  [256, 256, 256],
  [512, 512, 512],
  [1024, 1024, 1024],
  [32, 64, 256],
  [32, 128, 512],
  [64, 256, 512],
  [1, 64, 256],
] as const;

const bench = new KernelBench();

function product([M, K, N]: readonly [number, number, number], fixed: boolean): BenchCase {
  bench.reset();
  const [A, B, C] = [bench.take(M * K * 4), bench.take(packedBytes(K, N)), bench.take(M * N * 4)];
  const kernel = fixed ? gemm({ K, N }) : gemm({ K: null, N: null });
  const run = bench.bind(kernel, { M, A, lda: K * 4, B, C, ldc: N * 4, K, N });
  return { name: `${M}×${K}×${N}${fixed ? "" : " K, N at run time"}`, flops: 2 * M * K * N, run };
}

/** The products to compare. */
export function products(): BenchCase[] {
  return [...SHAPES.map((shape) => product(shape, true)), ...SHAPES.map((shape) => product(shape, false))];
}

if (import.meta.main) await compareWithLimit(products());
