/** The card of `deno bench`: names that `--filter` finds, nothing computed at import, figures that run. @module */
import { equal, ok } from "node:assert/strict";

interface Definition {
  readonly name: string;
  readonly group?: string;
  readonly baseline?: boolean;
  fn(bench: { start(): void; end(): void }): void | Promise<void>;
}

Deno.test("deno bench: each figure has a name of its own that says what and on which engine, and runs", async () => {
  const found: Definition[] = [], { bench } = Deno;
  let measured = 0;
  Reflect.set(Deno, "bench", (definition: Definition) => found.push(definition));
  try {
    for (const file of ["kernels", "layers", "models", "training"]) {
      const before = found.length;
      await import(`../../bench/${file}_bench.ts`);
      ok(found.length > before, `${file}_bench.ts has no figures`);
    }
  } finally {
    Reflect.set(Deno, "bench", bench);
  }
  equal(new Set(found.map(({ name }) => name)).size, found.length);
  for (const { name } of found) ok(/ (wasm|plain|onnxruntime-node|onnxruntime-web)$/.test(name), name);
  for (const { group } of found) {
    if (group) equal(found.filter((one) => one.group === group && one.baseline).length, 1, group);
  }
  const own = found.filter(({ name }) => /(?:b1|256³) wasm$|^step MLP b32 wasm$/.test(name));
  ok(own.length > 20, `${own.length} figures`);
  for (const { fn } of own) await fn({ start() {}, end: () => void measured++ });
  equal(measured, own.length);
});
