/** The limit of 128-bit multiply-adds in registers, the yardstick of every kernel in the same run. @module */

import { hasRelaxedSimd, ModuleBuilder } from "../plugins/backends/wasm/assembler.ts";

/** Runs the peak loop and returns GFLOP/s: twelve independent sums, nothing read from memory. */
export function limit(iterations = 200_000): number {
  const start = performance.now();
  peak(iterations, 1.000001, 0.5);
  return iterations * 4 * 12 * 8 / (performance.now() - start) / 1e6;
}

function compilePeak(): (iterations: number, a: number, b: number) => number {
  const m = new ModuleBuilder({ relaxed: hasRelaxedSimd() });
  m.addFunction("peak", ["i32", "f32", "f32"], ["f32"], (f) => {
    const sums = f.locals("v128", 12);
    const a = f.local("v128");
    const b = f.local("v128");
    f.get(1).op("f32x4.splat").set(a).get(2).op("f32x4.splat").set(b);
    f.times(0, () => {
      for (let unroll = 0; unroll < 4; unroll++) for (const sum of sums) f.get(a, b).madd(sum).set(sum);
    });
    f.get(sums[0] ?? 0);
    for (const sum of sums.slice(1)) f.get(sum).op("f32x4.add");
    f.lane("f32x4.extract_lane", 0);
  }, { export: true });
  const memory = new WebAssembly.Memory({ initial: 1 });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(m.finish()), { env: { memory } });
  return instance.exports.peak as (iterations: number, a: number, b: number) => number;
}

const peak = compilePeak();
// The first call runs in the engine's first tier; these bring the optimised code in.
for (let i = 0; i < 30; i++) peak(20_000, 1, 1);
