/** Values that an engine keeps between two runs. @module */
import { deepStrictEqual, equal, rejects } from "node:assert/strict";
import type { KeptValue } from "../../../core/graph/backend.ts";
import { UnsupportedError } from "../../../core/values/errors.ts";
import { tensor } from "../../../core/values/tensor.ts";
import { f32, graphOf, numbers, one, read, stateful, still, type Test } from "./support.ts";

/** The value under a name. */
function of(results: Readonly<Record<string, KeptValue>>, name: string): KeptValue {
  const found = results[name];
  if (!found) throw new TypeError(`nothing was kept as ${name}`);
  return found;
}

/** Registers the group. */
export function keptTests(test: Test): void {
  test(
    "a kept value is read, fed to other sessions of the engine, and is no other's to change",
    async (open, def) => {
      const [first, next] = [await open(stateful()), await open(still())];
      const y = of(await first.runKept(one), "y"), later = of(await first.runKept(one), "y");
      deepStrictEqual([y.kind, y.backend, y.dtype, y.shape], ["kept", def.name, "float32", [1, 2]]);
      deepStrictEqual(await read(first, "s"), [[2]]);
      ((await y.read()).data as Float32Array).fill(0);
      deepStrictEqual(await y.read(), tensor([[2, 3]]));
      deepStrictEqual(await later.read(), tensor([[3, 4]]));
      deepStrictEqual(numbers((await first.run({ x: y }))["y"]), [6, 11]);
      const flat = await open(
        graphOf((b) => b.output("x", b.reshape(b.input("y", f32(1, 2)), b.ints([-1])))),
      );
      const x = of(await flat.runKept({ y }), "x");
      const negative = of(await next.runKept({ x }), "y");
      deepStrictEqual(await negative.read(), tensor([-2, -3]));
      deepStrictEqual(numbers((await next.run({ x: negative }))["y"]), [2, 3]);
      first.close();
      flat.close();
      next.close();
      deepStrictEqual(await Promise.all([y, x, negative].map((v) => v.read())), [
        tensor([[2, 3]]),
        tensor([2, 3]),
        tensor([-2, -3]),
      ]);
    },
  );

  test("a kept value is fed before its run has ended, and outlasts what replaces its source", async (open) => {
    const session = await open(graphOf((b) => {
      const w = b.input("w", f32(1), "parameter", tensor([1]));
      b.output("old", w);
      b.output("w2", b.add(w, b.scalar(1)), "w");
    }));
    const kept = (await Promise.all([1, 2, 3].map(() => session.runKept({})))).map((r) => of(r, "old"));
    session.write("w", tensor([50]));
    await session.run({});
    deepStrictEqual(await Promise.all(kept.map(async (v) => numbers(await v.read()))), [[1], [2], [3]]);
  });

  test("a released value is refused, one of another size or engine too", async (open, def) => {
    const session = await open(stateful()), results = await session.runKept(one), y = of(results, "y");
    y.release();
    y.release();
    y[Symbol.dispose]();
    const released = { name: "BackendError", message: "the kept value was released" };
    await rejects(async () => await y.read(), released);
    await rejects(async () => await session.run({ x: y }), released);
    const other = await open(still()), long = of(await other.runKept({ x: tensor([1, 2, 3]) }), "y");
    await rejects(async () => await session.run({ x: long }), {
      name: "InputError",
      message: 'input "x": expected float32[batch, 2], got float32[3]',
    });
    const foreign: KeptValue = {
      kind: "kept",
      backend: "elsewhere",
      dtype: "float32",
      shape: [1, 2],
      read: () => Promise.resolve(tensor([[1, 1]])),
      release: () => {},
      [Symbol.dispose]: () => {},
    };
    const refused = (by: string) => ({
      name: "InputError",
      message: `input "x": is kept by ${by}, not by backend ${def.name}: feed what its read() gives`,
    });
    await rejects(async () => await session.run({ x: foreign }), refused("backend elsewhere"));
    await rejects(
      async () => await session.run({ x: { ...foreign, backend: def.name } }),
      refused(`another engine named ${def.name}`),
    );
    deepStrictEqual(await read(session, "s"), [[1]]);
    deepStrictEqual(numbers((await session.run({ x: await foreign.read() }))["y"]), [3, 4]);
  });

  test("what is no tensor can't be kept, which is said before the run", async (open) => {
    const graph = graphOf((b) => {
      const w = b.input("w", f32(1), "parameter", tensor([1])), x = b.input("x", f32(1));
      b.output("both", b.sequenceConstruct([x, w]));
      b.output("w2", b.add(w, x), "w");
    });
    const session = await open(graph).catch((error) => {
      // An engine may know tensors alone.
      if (error instanceof UnsupportedError) return undefined;
      throw error;
    });
    if (!session) return;
    await rejects(async () => await session.runKept({ x: tensor([1]) }), {
      name: "InputError",
      message: 'output "both": only tensors can be kept, not a sequence',
    });
    equal(numbers(await session.read("w"))[0], 1);
  });
}
