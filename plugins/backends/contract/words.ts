/** Misuse in the same words on every engine, and figures that it tells of itself: memory, plan, bounds, determinism. @module */
import { deepStrictEqual, equal, ok, rejects, throws } from "node:assert/strict";
import type { Feeds, SessionOptions } from "../../../core/graph/backend.ts";
import { BackendError, LapisError, LimitError } from "../../../core/values/errors.ts";
import { defaultLimits } from "../../../core/values/limits.ts";
import { tensorType } from "../../../core/values/shape.ts";
import { type Tensor, tensor } from "../../../core/values/tensor.ts";
import { f32, graphOf, ids, numbers, one, registry, stateful, type Test } from "./support.ts";

const unknown = (name: string) => ({
  name: "InputError",
  message: `the session holds nothing named "${name}": it holds ["w","s"]`,
});
const misfit = (what: string) => ({ name: "ShapeError", message: `write: input "w": expected ${what}` });

/** Registers the group. */
export function wordTests(test: Test): void {
  test("it says what it is", async (_, def) => {
    equal(def.kind, "backend");
    ok(/^[a-z][a-z0-9-]*$/.test(def.name), def.name);
    ok(def.summary.length > 0 && !def.summary.includes("\n"));
    equal(await def.available(), true);
    const [node] = stateful().nodes;
    ok(node && typeof def.supports(node, [f32("batch", 2), f32(2)]) === "boolean");
  });

  test("misuse is refused in the same words", async (open) => {
    const session = await open(stateful());
    for (const name of ["x", "nope"]) {
      await rejects(async () => await session.read(name), unknown(name));
      if (session.readSync) throws(() => session.readSync?.(name), unknown(name));
      throws(() => session.write(name, tensor([1, 2])), unknown(name));
    }
    throws(() => session.write("w", tensor([1, 2, 3])), misfit("shape [2], got [3] (axis 0)"));
    throws(() => session.write("w", tensor([[1, 2]])), misfit("float32[2], got float32[1, 2]"));
    throws(() => session.write("w", tensor([1, 2], [2], "int32")), misfit("float32[2], got int32[2]"));
    const short: Tensor = { dtype: "float32", shape: [2], data: new Float32Array(1) };
    throws(() => session.write("w", short), {
      name: "ShapeError",
      message: 'write: input "w": [2] has 2 elements, got 1',
    });
    const said = (message: string) => ({ name: "InputError", message });
    for (const run of [session.run.bind(session), session.runKept.bind(session)]) {
      await rejects(async () => await run({}), said('input "x" is missing: expected float32[batch, 2]'));
      await rejects(async () => await run({ ...one, z: tensor([1]) }), said('unknown input "z": expected x'));
      await rejects(
        async () => await run({ x: tensor([[1, 2]], [1, 2], "int32") }),
        said('input "x": expected float32[batch, 2], got int32[1, 2]'),
      );
      await rejects(
        async () => await run({ x: tensor([[1, 2, 3]]) }),
        said('input "x": expected shape [batch, 2], got [1, 3] (axis 1)'),
      );
    }
    deepStrictEqual(await session.read("w"), tensor([2, 3]));
    deepStrictEqual(numbers((await session.run(one))["y"]), [2, 3]);
  });

  test("a weight without a value is refused until it is written", async (open) => {
    const session = await open(graphOf((b) => {
      const w = b.input("w", f32(2), "parameter");
      b.output("y", b.mul(b.input("x", f32(2)), w));
    }));
    const missing = { name: "BackendError", message: 'parameter "w" has no value yet: write one first' };
    await rejects(async () => await session.run({ x: tensor([1, 2]) }), missing);
    await rejects(async () => await session.read("w"), missing);
    session.write("w", tensor([3, 4]));
    deepStrictEqual(numbers((await session.run({ x: tensor([1, 2]) }))["y"]), [3, 8]);
  });

  test("an index that an axis lacks is refused in the same words", async (open) => {
    const session = await open(graphOf((b) => {
      const rows = b.input("ids", f32("n")), whole = b.cast(rows, { to: "int32" });
      const table = b.scope(
        "words",
        () => b.gather(b.constant(tensor([[1, 2, 3]])), whole, { axis: -1 }),
      );
      b.output("y", table);
    }));
    const refuses = (id: number, index: string) =>
      rejects(async () => await session.run({ ids: tensor([0, id]) }), {
        name: "InputError",
        place: "words (Gather)",
        message: `words (Gather): index ${index} is outside axis 1 of 3 elements: expected -3 to 2`,
      });
    for (const [id, index] of [[3, "3"], [-4, "-4"], [1e6, "1000000"], [-3.5e8, "-350000000"]] as const) {
      await refuses(id, index);
    }
    for (const id of [NaN, Infinity, -Infinity, 2 ** 31, 2 ** 32 + 1024, 1e30]) {
      await refuses(id, "-2147483648 (for NaN, a negative or too large an id)");
    }
    deepStrictEqual(numbers((await session.run({ ids: tensor([2.9, -1, -0.5, 0]) }))["y"]), [3, 3, 1, 1]);
  });

  test("a table without rows has no index", async (open) => {
    const session = await open(graphOf((b) => {
      b.output("y", b.gather(b.input("x", f32("rows")), b.input("ids", tensorType("int64", ["n"]))));
    }));
    await rejects(async () => await session.run({ x: tensor([], [0], "float32"), ids: ids(0) }), {
      name: "InputError",
      message: "Gather: index 0 is outside axis 0 of 0 elements: the axis is empty",
    });
  });

  test("options that it doesn't know or can't heed are refused", async (open, def) => {
    const refused = (options: object, error: { name: string; message?: RegExp }) =>
      rejects(async () => await open(stateful(), options as Omit<SessionOptions, "registry">), error);
    await refused({ thread: 2 }, { name: "ConfigError", message: /thread\b.*threads/ });
    for (const threads of [0, 1.5, -1]) {
      await refused({ threads }, { name: "ConfigError", message: /threads: expected integer >= 1/ });
    }
    const graph = stateful(), options = { registry, deterministic: true };
    const session = await def.compile(graph, options).catch((error) => {
      // One that can't promise it says so.
      ok(error instanceof BackendError && error.message.includes(def.name), error.message);
      return undefined;
    });
    if (session) deepStrictEqual(numbers((await session.run(one))["y"]), [2, 3]);
    session?.close();
  });

  test("a plan beyond the bytes allowed is refused, where memory is planned", async (open) => {
    const large = graphOf((b) => {
      const x = b.input("x", f32(1 << 18)),
        w = b.input("w", f32(1 << 18), "parameter", tensor(new Float32Array(1 << 18)));
      b.output("y", b.add(b.neg(x), w));
    });
    const x = tensor(new Float32Array(1 << 18).fill(1));
    const run = async () => numbers((await (await open(large, { maxBytes: 1 << 16 })).run({ x }))["y"])[9];
    equal(await run().catch((e) => (e instanceof LimitError ? -1 : e)), -1);
  });

  test("sizes that data says are held to the limits, where the engine allocates", async (open, def) => {
    const limits = { ...defaultLimits, tensorBytes: 1 << 12 };
    const session = await open(
      graphOf((b) => {
        const shape = b.input("shape", tensorType("int64", [1]));
        b.output("y", b.constantOfShape(shape, { value: tensor([7]) }));
      }),
      { limits },
    );
    deepStrictEqual(numbers((await session.run({ shape: ids(3) }))["y"]), [7, 7, 7]);
    const told = await session.run({ shape: ids(1 << 16) }).catch((e) => e);
    ok(told instanceof LimitError || def.name === "onnxruntime", `${told}`);
  });

  test("memory and plan tell what is there", async (open, def) => {
    const session = await open(stateful());
    await session.run(one);
    const { weights, packed, activations, workspace } = session.memory();
    ok(weights >= 8, `${weights}`);
    for (const bytes of [weights, packed, activations, workspace]) {
      ok(Number.isSafeInteger(bytes) && bytes >= 0);
    }
    const heavy = await open(graphOf((b) => {
      const w = b.input("w", f32(1000), "parameter", tensor(new Float32Array(1000)));
      b.output("y", b.mul(b.input("x", f32(1000)), w));
    }));
    ok(heavy.memory().weights >= 4000);
    const plan = session.plan();
    ok(plan.length > 0);
    for (const { segment, where, kernel, nodes, scope } of plan) {
      ok(Number.isSafeInteger(segment) && segment >= 0 && where !== "" && kernel !== "");
      ok(Array.isArray(nodes) && typeof scope === "string");
    }
    equal(session.backend, def.name);
    ok(Number.isSafeInteger(session.compilations) && session.compilations >= 0);
    const profiled = await open(stateful(), { profile: true });
    await profiled.run(one);
    ok(profiled.plan().every(({ milliseconds = 0 }) => milliseconds >= 0));
  });

  test("the same inputs give the same bits, in one session and in another", async (open) => {
    const graph = graphOf((b) => {
      const w = b.input("w", f32(2), "slot", tensor([0.1, 0.7]));
      b.output("next", b.mul(b.add(w, b.input("x", f32(2))), w), "w");
    });
    const [a, b] = [await open(graph), await open(graph)];
    for (let i = 0; i < 5; i++) for (const s of [a, b]) await s.run({ x: tensor([0.3, -0.2 * i]) });
    deepStrictEqual(await a.read("w"), await b.read("w"));
    a.write("w", tensor([0.1, 0.7]));
    for (let i = 0; i < 5; i++) await a.run({ x: tensor([0.3, -0.2 * i]) });
    deepStrictEqual(await a.read("w"), await b.read("w"));
    deepStrictEqual(graph.inputs.find((i) => i.name === "w")?.value, tensor([0.1, 0.7]));
  });

  test("errors are LapisErrors of one line", async (open) => {
    const session = await open(stateful());
    const refused: Feeds[] = [{}, { x: tensor([1]) }, { x: { kind: "sequence", items: [] } }];
    for (const feeds of refused) {
      const error = await session.run(feeds).catch((e) => e);
      ok(error instanceof LapisError && !error.message.includes("\n"), `${error}`);
    }
  });
}
