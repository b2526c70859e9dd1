/** Matrix products against the limit: `deno run -A bench/gemm.ts`. @module */

import { gemm, packedBytes } from "../plugins/backends/wasm/kernels/mod.ts";
import { type BenchCase, compareWithLimit } from "./limit.ts";

const SHAPES = [
  [256, 256, 256],
  [512, 512, 512],
  [1024, 1024, 1024],
  [32, 64, 256],
  [32, 128, 512],
  [64, 256, 512],
  [1, 64, 256],
] as const;

function product([M, K, N]: readonly [number, number, number], fixed: boolean): BenchCase {
  const name = M === K && K === N ? `gemm ${M}³` : `gemm ${M}×${K}×${N}`;
  return {
    name: `${name}${fixed ? "" : ", sizes at run time"} wasm`,
    flops: 2 * M * K * N,
    prepare(bench) {
      const [A, B, C] = [bench.take(M * K * 4), bench.take(packedBytes(K, N)), bench.take(M * N * 4)];
      const kernel = fixed ? gemm({ K, N }) : gemm({ K: null, N: null });
      return bench.bind(kernel, { M, A, lda: K * 4, B, C, ldc: N * 4, K, N });
    },
  };
}

/** The products to compare: sizes known when the kernel is compiled, and not. */
export function products(): BenchCase[] {
  return [...SHAPES.map((shape) => product(shape, true)), ...SHAPES.map((shape) => product(shape, false))];
}

if (import.meta.main) await compareWithLimit(products());
