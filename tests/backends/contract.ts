/**
 * What every backend's sessions have to do, whatever engine is behind them: `backendContract(def)` registers the tests. It needs a
 * handful of operators (Add, Mul, Gather, Cast, Neg) and nothing of the engine. @module
 */
import { deepStrictEqual, equal, ok, rejects, throws } from "node:assert/strict";
import type { BackendDef, Session } from "../../core/graph/backend.ts";
import { GraphBuilder } from "../../core/graph/builder.ts";
import { LapisError } from "../../core/values/errors.ts";
import type { Graph, Role } from "../../core/graph/graph.ts";
import { tensorType } from "../../core/values/shape.ts";
import { isTensor, type RuntimeValue, type Tensor, tensor, toNumbers } from "../../core/values/tensor.ts";
import { registry } from "../support/engines.ts";

const roles = ["parameter", "statistic", "slot", "state"] as const;
const f32 = (...shape: (number | string)[]) => tensorType("float32", shape);
const numbers = (value: RuntimeValue | undefined): number[] => {
  if (!isTensor(value)) throw new TypeError("expected a tensor");
  return [...toNumbers(value)];
};
function graphOf(fill: (b: GraphBuilder) => void): Graph {
  const b = new GraphBuilder(registry, { name: "contract" });
  fill(b);
  return b.build();
}
/** y = w · x + s, and s grows by one. */
const stateful = () =>
  graphOf((b) => {
    const x = b.input("x", f32("batch", 2));
    const w = b.input("w", f32(2), "parameter", tensor([2, 3]));
    const s = b.input("s", f32("batch", 1), "state");
    b.output("y", b.one("Add", [b.one("Mul", [x, w]), s]));
    b.output("next", b.one("Add", [s, b.scalar(1)]), "s");
  });
/** Two values that grow by x before and after rows are looked up that may not be there. */
const looking = (role: Role) =>
  graphOf((b) => {
    const x = b.input("x", f32(2)), ids = b.input("ids", tensorType("int64", ["n"]));
    const v = b.input("v", f32(2), role, tensor([0, 0])), w = b.input("w", f32(2), role, tensor([1, 2]));
    b.output("v2", b.one("Add", [v, x]), "v");
    b.output("y", b.one("Gather", [b.constant(tensor([1, 2, 3])), ids]));
    b.output("w2", b.one("Mul", [w, x]), "w");
  });
const one = { x: tensor([[1, 1]]) };
const closed = { name: "BackendError", message: "the session is closed" };
const unknown = (name: string) => ({
  name: "InputError",
  message: `the session holds nothing named "${name}": it holds ["w","s"]`,
});
const misfit = (what: string) => ({ name: "ShapeError", message: `write: input "w": expected ${what}` });

/** Registers the tests of the contract for a backend; one that isn't available here is passed over. */
export function backendContract(def: BackendDef): void {
  const test = (what: string, run: (open: (graph: Graph) => Promise<Session>) => Promise<void>) =>
    Deno.test(`${def.name}: ${what}`, async () => {
      if ((await def.available()) !== true) return;
      const opened: Session[] = [];
      try {
        await run(async (graph) => {
          const session = await def.compile(graph, { registry });
          opened.push(session);
          return session;
        });
      } finally {
        for (const session of opened) session.close();
      }
    });

  test("a value of every role is read as it was given, written and read again, as copies", async (open) => {
    for (const role of roles) {
      const session = await open(graphOf((b) => {
        const w = b.input("w", f32(2), role, tensor([2, 3]));
        b.output("y", b.one("Mul", [b.input("x", f32(2)), w]));
      }));
      const x = tensor([1, 10]), given = tensor([4, 5]);
      deepStrictEqual(session.read("w"), tensor([2, 3]), role);
      deepStrictEqual(numbers((await session.run({ x }))["y"]), [2, 30]);
      session.write("w", given);
      (given.data as Float32Array).fill(0);
      (session.read("w").data as Float32Array).fill(0);
      deepStrictEqual(session.read("w"), tensor([4, 5]), role);
      deepStrictEqual(numbers((await session.run({ x }))["y"]), [4, 50], role);
    }
  });

  test("what a run replaces is there for the next, and handed out as a copy", async (open) => {
    for (const role of roles) {
      const session = await open(graphOf((b) => {
        const w = b.input("w", f32(2), role, tensor([1, 2]));
        b.output("old", w);
        b.output("next", b.one("Add", [w, b.input("x", f32(2))]), "w");
      }));
      const first = await session.run({ x: tensor([1, 1]) });
      const second = await session.run({ x: tensor([1, 1]) });
      deepStrictEqual([numbers(first["old"]), numbers(second["old"])], [[1, 2], [2, 3]], role);
      deepStrictEqual(Object.keys(first), ["old"]);
      deepStrictEqual(session.read("w"), tensor([3, 4]), role);
    }
  });

  test("a run that is refused replaces nothing", async (open) => {
    for (const role of roles) {
      const session = await open(looking(role)), x = tensor([2, 3]);
      const ids = (id: number) => tensor([0, id], [2], "int64");
      await session.run({ x, ids: ids(2) });
      const before = [session.read("v"), session.read("w")];
      await rejects(session.run({ x, ids: ids(7) }), (e) => e instanceof LapisError && /7/.test(e.message));
      await rejects(session.run({ x, ids: tensor([0]) }), { name: "InputError" });
      deepStrictEqual([session.read("v"), session.read("w")], before, role);
      deepStrictEqual(numbers((await session.run({ x, ids: ids(-1) }))["y"]), [1, 3]);
      deepStrictEqual([session.read("v"), session.read("w")], [tensor([4, 6]), tensor([4, 18])], role);
    }
  });

  test("a state begins with zeros of the bound sizes, goes on, and is reset", async (open) => {
    const session = await open(stateful());
    throws(() => session.read("s"), { name: "BackendError", message: 'state "s": batch is not known' });
    deepStrictEqual(numbers((await session.run(one))["y"]), [2, 3]);
    deepStrictEqual(numbers((await session.run(one))["y"]), [3, 4]);
    deepStrictEqual(session.read("s"), tensor([[2]]));
    const two = { x: tensor([[1, 1], [1, 1]]) };
    await rejects(session.run(two), {
      name: "InputError",
      message: /state "s" holds \[1,1\].*reset the states/,
    });
    deepStrictEqual(session.read("s"), tensor([[2]]));
    session.resetStates();
    deepStrictEqual(numbers((await session.run(two))["y"]), [2, 3, 2, 3]);
    session.write("s", tensor([[5]]));
    deepStrictEqual(numbers((await session.run(one))["y"]), [7, 8]);
  });

  test("a run that fails leaves no state of its sizes behind", async (open) => {
    const session = await open(graphOf((b) => {
      const ids = b.input("ids", tensorType("int64", ["n"])), s = b.input("s", f32("n"), "state");
      const rows = b.one("Gather", [b.constant(tensor([1, 2])), ids]);
      b.output("next", b.one("Add", [s, rows]), "s");
    }));
    await rejects(session.run({ ids: tensor([0, 5], [2], "int64") }), LapisError);
    await session.run({ ids: tensor([0, 1, 1], [3], "int64") });
    deepStrictEqual(session.read("s"), tensor([1, 2, 2]));
  });

  test("runs at once are as one after another", async (open) => {
    const session = await open(stateful());
    const all = await Promise.all([1, 2, 3, 4].map(() => session.run(one)));
    deepStrictEqual(all.map((r) => numbers(r["y"])), [[2, 3], [3, 4], [4, 5], [5, 6]]);
    const still = await open(graphOf((b) => b.output("y", b.one("Neg", [b.input("x", f32("n"))]))));
    const given = [1, 2, 3].map((n) => tensor(Array.from({ length: n }, (_, i) => i + n)));
    const each = await Promise.all(given.map((x) => still.run({ x })));
    deepStrictEqual(each.map((r) => numbers(r["y"])), [[-1], [-2, -3], [-3, -4, -5]]);
  });

  test("a refused run among others leaves them alone", async (open) => {
    const session = await open(stateful());
    const told = await Promise.allSettled([session.run(one), session.run({}), session.run(one)]);
    deepStrictEqual(told.map((r) => r.status), ["fulfilled", "rejected", "fulfilled"]);
    deepStrictEqual(session.read("s"), tensor([[2]]));
  });

  test("misuse is refused in the same words", async (open) => {
    const session = await open(stateful());
    for (const name of ["x", "nope"]) {
      throws(() => session.read(name), unknown(name));
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
    await rejects(session.run({}), said('input "x" is missing: expected float32[batch, 2]'));
    await rejects(session.run({ ...one, z: tensor([1]) }), said('unknown input "z": expected x'));
    await rejects(
      session.run({ x: tensor([[1, 2]], [1, 2], "int32") }),
      said('input "x": expected float32[batch, 2], got int32[1, 2]'),
    );
    deepStrictEqual(session.read("w"), tensor([2, 3]));
    deepStrictEqual(numbers((await session.run(one))["y"]), [2, 3]);
  });

  test("an index that an axis lacks is refused in the same words", async (open) => {
    const session = await open(graphOf((b) => {
      const ids = b.input("ids", f32("n")), whole = b.one("Cast", [ids], { to: "int32" });
      const table = b.scope(
        "words",
        () => b.one("Gather", [b.constant(tensor([[1, 2, 3]])), whole], { axis: -1 }),
      );
      b.output("y", table);
    }));
    const refuses = (id: number, index: string) =>
      rejects(session.run({ ids: tensor([0, id]) }), {
        name: "InputError",
        place: "words (Gather)",
        message: `words (Gather): index ${index} is outside axis 1 of 3 elements: expected -3 to 2`,
      });
    for (const [id, index] of [[3, "3"], [-4, "-4"], [1e6, "1000000"], [-3.5e8, "-350000000"]] as const) {
      await refuses(id, index);
    }
    for (const id of [NaN, Infinity, -Infinity, 2 ** 31, 2 ** 32 + 1024, 1e30]) {
      await refuses(id, "-2147483648 (NaN, or too large a number)");
    }
    deepStrictEqual(numbers((await session.run({ ids: tensor([2.9, -1, -0.5, 0]) }))["y"]), [3, 3, 1, 1]);
  });

  test("a table without rows has no index", async (open) => {
    const session = await open(graphOf((b) => {
      b.output("y", b.one("Gather", [b.input("x", f32("rows")), b.input("ids", tensorType("int64", ["n"]))]));
    }));
    await rejects(session.run({ x: tensor([], [0], "float32"), ids: tensor([0], [1], "int64") }), {
      name: "InputError",
      message: "Gather: index 0 is outside axis 0 of 0 elements: the axis is empty",
    });
  });

  test("a weight without a value is refused until it is written", async (open) => {
    const session = await open(graphOf((b) => {
      const w = b.input("w", f32(2), "parameter");
      b.output("y", b.one("Mul", [b.input("x", f32(2)), w]));
    }));
    const missing = { name: "BackendError", message: 'parameter "w" has no value yet: write one first' };
    await rejects(session.run({ x: tensor([1, 2]) }), missing);
    throws(() => session.read("w"), missing);
    session.write("w", tensor([3, 4]));
    deepStrictEqual(numbers((await session.run({ x: tensor([1, 2]) }))["y"]), [3, 8]);
  });

  test("once closed everything is refused in the same words, and closing again is fine", async (open) => {
    const session = await open(stateful());
    await session.run(one);
    session.close();
    session.close();
    session[Symbol.dispose]();
    await rejects(session.run(one), closed);
    if (session.runSync) throws(() => session.runSync?.(one), closed);
    throws(() => session.read("w"), closed);
    throws(() => session.read("nope"), closed);
    throws(() => session.write("w", tensor([1, 2])), closed);
    throws(() => session.resetStates(), closed);
    throws(() => session.memory(), closed);
    throws(() => session.plan(), closed);
  });

  test("memory and plan tell what is there", async (open) => {
    const session = await open(stateful());
    await session.run(one);
    const { weights, packed, activations, workspace } = session.memory();
    ok(weights >= 8, `${weights}`);
    for (const bytes of [packed, activations, workspace]) ok(Number.isSafeInteger(bytes) && bytes >= 0);
    ok(session.plan().length > 0);
    equal(session.backend, def.name);
    ok(session.compilations >= 0);
  });

  test("the same inputs give the same bits, in one session and in another", async (open) => {
    const graph = graphOf((b) => {
      const w = b.input("w", f32(2), "slot", tensor([0.1, 0.7]));
      b.output("next", b.one("Mul", [b.one("Add", [w, b.input("x", f32(2))]), w]), "w");
    });
    const [a, b] = [await open(graph), await open(graph)];
    for (let i = 0; i < 5; i++) for (const s of [a, b]) await s.run({ x: tensor([0.3, -0.2 * i]) });
    deepStrictEqual(a.read("w"), b.read("w"));
    deepStrictEqual(graph.inputs.find((i) => i.name === "w")?.value, tensor([0.1, 0.7]));
  });
}
