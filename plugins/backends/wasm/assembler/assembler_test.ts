import { deepStrictEqual, ok } from "node:assert/strict";
import { hasSimd, type Kernel, ModuleBuilder } from "./assembler.ts";

function instantiate(
  m: ModuleBuilder,
  scratch = 0,
): { exports: Record<string, CallableFunction>; bytes: Uint8Array } {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(m.finish({ scratch })), {
    env: { memory },
  });
  return { exports: exports as Record<string, CallableFunction>, bytes: new Uint8Array(memory.buffer) };
}

Deno.test("branches find their label at any depth", () => {
  const m = new ModuleBuilder();
  // The first n ≥ 1 whose square is at least the argument.
  m.addFunction("root", ["i32"], ["i32"], (f) => {
    const n = f.local("i32");
    f.block((done) => {
      f.loop((again) => {
        f.inc(n, 1);
        f.get(n, n).op("i32.mul").get(0).op("i32.lt_s").if(() => f.br(again), () => f.br(done));
      });
    });
    f.get(n);
  }, { export: true });
  const { root } = instantiate(m).exports;
  deepStrictEqual([1, 2, 9, 10, 10000].map((x) => root?.(x)), [1, 2, 3, 4, 100]);
});

Deno.test("numbers of every size are encoded", () => {
  const values = [0, 1, -1, 63, 64, -64, -65, 8191, 8192, 2 ** 31 - 1, -(2 ** 31)];
  const longs = [0n, -1n, 2n ** 62n, -(2n ** 63n), 2n ** 63n - 1n];
  const m = new ModuleBuilder();
  values.forEach((x, i) => m.addFunction(`i${i}`, [], ["i32"], (f) => void f.i32(x), { export: true }));
  longs.forEach((x, i) => m.addFunction(`l${i}`, [], ["i64"], (f) => void f.i64(x), { export: true }));
  m.addFunction("d", [], ["f64"], (f) => void f.f64(Math.PI), { export: true });
  const { exports } = instantiate(m);
  deepStrictEqual(values.map((_, i) => exports[`i${i}`]?.()), values);
  deepStrictEqual(longs.map((_, i) => exports[`l${i}`]?.()), longs);
  deepStrictEqual(exports.d?.(), Math.PI);
});

Deno.test("a kernel is written once, and may call another", () => {
  let written = 0;
  const double: Kernel = {
    ...{ key: "double", args: ["x"], params: ["i32"], results: ["i32"] },
    emit: (f) => {
      written++;
      f.get(0).i32(2).op("i32.mul");
    },
  };
  const m = new ModuleBuilder();
  m.addFunction("four", ["i32"], ["i32"], (f) => {
    f.get(0).call(m.kernel(double)).call(m.kernel(double));
  }, { export: true });
  deepStrictEqual([written, instantiate(m).exports.four?.(3)], [1, 12]);
});

Deno.test("tables lie in memory, and scratch addresses follow the module", () => {
  const m = new ModuleBuilder();
  const table = m.data(new Uint8Array([7, 8, 9]));
  m.addFunction("mark", [], [], (f) => void f.scratch(8).i32(42).mem("i32.store"), { export: true });
  for (const scratch of [0, 300, 60000]) {
    const { exports, bytes } = instantiate(m, scratch);
    exports.mark?.();
    deepStrictEqual([...bytes.subarray(table, table + 3)], [7, 8, 9]);
    deepStrictEqual(bytes[scratch + 8], 42);
  }
});

Deno.test("this engine has SIMD", () => ok(hasSimd()));
