/** The limit of 128-bit multiply-adds in registers, the yardstick of every kernel in the same run. @module */

import { hasRelaxedSimd, type Kernel, ModuleBuilder } from "../plugins/backends/wasm/assembler/assembler.ts";

let loop: ((iterations: number, a: number, b: number) => number) | undefined;

/** The peak loop, compiled at the first call: twelve independent sums, nothing read from memory. */
export function peak(iterations = 200_000): void {
  if (!loop) {
    loop = compilePeak();
    // The first calls run in the engine's first tier; these bring the optimised code in.
    for (let i = 0; i < 30; i++) loop(20_000, 1, 1);
  }
  loop(iterations, 1.000001, 0.5);
}
/** Runs the peak loop and returns GFLOP/s. */
export function limit(iterations = 200_000): number {
  peak(0);
  const start = performance.now();
  peak(iterations);
  return iterations * 4 * 12 * 8 / (performance.now() - start) / 1e6;
}

function compilePeak(): (iterations: number, a: number, b: number) => number {
  const m = new ModuleBuilder({ relaxed: hasRelaxedSimd() });
  m.addFunction("peak", ["i32", "f32", "f32"], ["f32"], (f) => {
    const sums = f.locals("v128", 12);
    const [a = 0, b = 0] = f.locals("v128", 2);
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

/** A memory of random numbers, and kernels compiled to run in it. */
export class KernelBench {
  readonly memory: WebAssembly.Memory = new WebAssembly.Memory({ initial: 1024 });
  #end = 4096;

  constructor() {
    const floats = new Float32Array(this.memory.buffer);
    for (let i = 0; i < floats.length; i++) floats[i] = Math.random() - 0.5;
  }

  /** Takes bytes from the memory, at the start of a cache line. */
  take(bytes: number): number {
    const address = this.#end;
    this.#end = (address + bytes + 127) & ~63;
    if (this.#end > this.memory.buffer.byteLength) throw new Error("The benchmark's memory is full.");
    return address;
  }

  /** Gives all memory back, for the next case. */
  reset(): void {
    this.#end = 4096;
  }

  /** Compiles a kernel and binds its arguments. */
  bind(kernel: Kernel, args: Readonly<Record<string, number>>): () => void {
    const m = new ModuleBuilder({ relaxed: hasRelaxedSimd() });
    m.kernel(kernel, { export: true });
    const module = new WebAssembly.Module(m.finish());
    const instance = new WebAssembly.Instance(module, { env: { memory: this.memory } });
    const run = instance.exports[kernel.key] as (...values: number[]) => void;
    const values = kernel.args.map((name) => args[name] ?? 0);
    return () => run(...values);
  }
}

/** Work whose speed is compared with the limit. */
export interface BenchCase {
  readonly name: string;
  readonly flops: number;
  /** Compiles the kernel and takes its memory; what it gives runs once. */
  readonly prepare: (bench: KernelBench) => () => void;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? NaN;
}

/** Runs all cases and the limit in turns, so that a busy machine slows all alike, and prints minimum, median and share. */
export async function compareWithLimit(cases: readonly BenchCase[], rounds = 21): Promise<void> {
  const bench = new KernelBench();
  const ready = cases.map(({ flops, prepare }) => {
    bench.reset();
    return { flops, run: prepare(bench) };
  });
  const speed = ({ flops, run }: { readonly flops: number; readonly run: () => void }): number => {
    const repeats = Math.max(1, Math.round(2e8 / flops));
    const start = performance.now();
    for (let i = 0; i < repeats; i++) run();
    return flops * repeats / (performance.now() - start) / 1e6;
  };
  for (const one of ready) for (let i = 0; i < 5; i++) speed(one);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const limits: number[] = [];
  const speeds = cases.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    limits.push(limit());
    ready.forEach((one, i) => speeds[i]?.push(speed(one)));
  }
  const row = (name: string, values: readonly number[]): void => {
    const [low, middle] = [Math.min(...values), median(values)];
    const share = middle / median(limits);
    console.log(
      `${name.padEnd(34)} ${low.toFixed(1).padStart(7)} ${middle.toFixed(1).padStart(7)} ${
        share.toFixed(3).padStart(7)
      }`,
    );
  };
  console.log(`${"GFLOP/s".padEnd(34)} ${"min".padStart(7)} ${"median".padStart(7)} ${"share".padStart(7)}`);
  row("limit", limits);
  cases.forEach((one, i) => row(one.name, speeds[i] ?? []));
}
