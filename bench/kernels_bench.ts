/** The wasm engine's kernels beside the limit of this machine: `deno bench -A --filter gemm bench/`. @module */
import { syncCard } from "./card.ts";
import { convolutions } from "./conv.ts";
import { products } from "./gemm.ts";
import { type BenchCase, KernelBench, peak } from "./limit.ts";

let bench: KernelBench | undefined;
const figure = ({ name, prepare }: BenchCase) => ({
  name,
  prepare() {
    bench ??= new KernelBench();
    bench.reset();
    return prepare(bench);
  },
});

syncCard([
  // 4 · 12 · 8 operations an iteration: as many as gemm 256³ has.
  { name: "limit, multiply-adds of gemm 256³ wasm", prepare: () => () => peak(87_381) },
  ...products().map(figure),
  ...convolutions().map(figure),
]);
