/** What a session holds: values of every role read, written, replaced by runs, and states. @module */
import { deepStrictEqual, rejects } from "node:assert/strict";
import { LapisError } from "../../../core/values/errors.ts";
import { tensorType } from "../../../core/values/shape.ts";
import { isTensor, type Tensor, tensor } from "../../../core/values/tensor.ts";
import { f32, graphOf, heldRoles, ids, looking, numbers, one, read, stateful, type Test } from "./support.ts";

/** Registers the group. */
export function valueTests(test: Test): void {
  test("a value of every role is read as it was given, written and read again, as copies", async (open) => {
    for (const role of heldRoles) {
      const session = await open(graphOf((b) => {
        const w = b.input("w", f32(2), role, tensor([2, 3]));
        b.output("y", b.mul(b.input("x", f32(2)), w));
      }));
      const x = tensor([1, 10]), given = tensor([4, 5]);
      deepStrictEqual(await session.read("w"), tensor([2, 3]), role);
      deepStrictEqual(numbers((await session.run({ x }))["y"]), [2, 30]);
      session.write("w", given);
      (given.data as Float32Array).fill(0);
      ((await session.read("w")).data as Float32Array).fill(0);
      deepStrictEqual(await session.read("w"), tensor([4, 5]), role);
      deepStrictEqual(numbers((await session.run({ x }))["y"]), [4, 50], role);
      if (session.readSync) deepStrictEqual(session.readSync("w"), tensor([4, 5]), role);
    }
  });

  test("counts are held as exactly as fractions, and what no output needs is held too", async (open) => {
    for (const role of heldRoles) {
      const count = tensor([2n ** 53n + 1n], [], "int64");
      const session = await open(graphOf((b) => {
        const n = b.input("n", tensorType("int64", []), role, count);
        b.input("idle", f32(2), role, tensor([7, 8]));
        b.output("next", b.add(n, b.constant(tensor([1n], [], "int64"))), "n");
      }));
      deepStrictEqual(await session.run({}), {}, role);
      deepStrictEqual((await session.read("n")).data[0], 2n ** 53n + 2n, role);
      session.write("n", tensor([5n], [], "int64"));
      session.write("idle", tensor([1, 2]));
      await session.run({});
      deepStrictEqual((await session.read("n")).data[0], 6n, role);
      deepStrictEqual(await session.read("idle"), tensor([1, 2]), role);
    }
  });

  test("what is made of a weight is made again after a write", async (open) => {
    const session = await open(graphOf((b) => {
      const w = b.input("w", f32(2, 2), "parameter", tensor([[1, 2], [3, 4]])), x = b.input("x", f32("n", 2));
      b.output("y", b.matMul(x, w));
      b.output("turned", b.matMul(x, b.transpose(w, { perm: [1, 0] })));
    }));
    const x = tensor([[1, 10]]);
    const both = async () => Object.values(await session.run({ x })).map(numbers);
    deepStrictEqual(await both(), [[31, 42], [21, 43]]);
    session.write("w", tensor([[0, 1], [1, 0]]));
    deepStrictEqual(await both(), [[10, 1], [10, 1]]);
    session.write("w", tensor([[1, 2], [3, 4]]));
    deepStrictEqual(await both(), [[31, 42], [21, 43]]);
  });

  test("what a run replaces is there for the next, and handed out as a copy", async (open) => {
    for (const role of heldRoles) {
      const session = await open(graphOf((b) => {
        const w = b.input("w", f32(2), role, tensor([1, 2]));
        b.output("old", w);
        b.output("next", b.add(w, b.input("x", f32(2))), "w");
      }));
      const first = await session.run({ x: tensor([1, 1]) });
      const second = await session.run({ x: tensor([1, 1]) });
      deepStrictEqual([numbers(first["old"]), numbers(second["old"])], [[1, 2], [2, 3]], role);
      deepStrictEqual(Object.keys(first), ["old"]);
      if (isTensor(second["old"])) (second["old"].data as Float32Array).fill(0);
      deepStrictEqual(await session.read("w"), tensor([3, 4]), role);
    }
  });

  test("replaced values are all of one run: two change places", async (open) => {
    for (const role of heldRoles) {
      const session = await open(graphOf((b) => {
        const p = b.input("p", f32(2), role, tensor([1, 2])), q = b.input("q", f32(2), role, tensor([3, 4]));
        b.output("p2", q, "p");
        b.output("q2", b.add(p, p), "q");
      }));
      await session.run({});
      deepStrictEqual(await read(session, "p", "q"), [[3, 4], [2, 4]], role);
      await session.run({});
      deepStrictEqual(await read(session, "p", "q"), [[2, 4], [6, 8]], role);
    }
  });

  test("a run that is refused replaces nothing", async (open) => {
    for (const role of heldRoles) {
      const session = await open(looking(role)), x = tensor([2, 3]);
      await session.run({ x, ids: ids(0, 2) });
      const before = await read(session, "v", "w");
      await rejects(
        session.run({ x, ids: ids(0, 7) }),
        (e) => e instanceof LapisError && /7/.test(e.message),
      );
      await rejects(session.run({ x, ids: tensor([0]) }), { name: "InputError" });
      deepStrictEqual(await read(session, "v", "w"), before, role);
      deepStrictEqual(numbers((await session.run({ x, ids: ids(0, -1) }))["y"]), [1, 3]);
      deepStrictEqual(await read(session, "v", "w"), [[4, 6], [4, 18]], role);
    }
  });

  test("a state begins with zeros of the bound sizes, goes on, and is reset", async (open) => {
    const session = await open(stateful()), unknown = 'state "s": batch is not known';
    await rejects(async () => await session.read("s"), { name: "BackendError", message: unknown });
    deepStrictEqual(numbers((await session.run(one))["y"]), [2, 3]);
    deepStrictEqual(numbers((await session.run(one))["y"]), [3, 4]);
    deepStrictEqual(await session.read("s"), tensor([[2]]));
    const two = { x: tensor([[1, 1], [1, 1]]) };
    await rejects(session.run(two), {
      name: "InputError",
      message: /state "s" holds \[1,1\].*reset the states/,
    });
    deepStrictEqual(await session.read("s"), tensor([[2]]));
    session.resetStates();
    await rejects(async () => await session.read("s"), { name: "BackendError", message: unknown });
    deepStrictEqual(numbers((await session.run(two))["y"]), [2, 3, 2, 3]);
    session.write("s", tensor([[5]]));
    deepStrictEqual(numbers((await session.run(one))["y"]), [7, 8]);
  });

  test("a state with a first value goes back to it, and nothing else does", async (open) => {
    const session = await open(graphOf((b) => {
      for (const [name, role] of [["s", "state"], ["w", "parameter"]] as const) {
        const held = b.input(name, f32(1), role, tensor([4]));
        b.output(`${name}2`, b.add(held, b.scalar(1)), name);
      }
    }));
    for (const reached of [6, 8]) {
      await session.run({});
      await session.run({});
      deepStrictEqual(await read(session, "s", "w"), [[6], [reached]]);
      session.resetStates();
      deepStrictEqual(await read(session, "s", "w"), [[4], [reached]]);
    }
  });

  test("a run that fails leaves no state of its sizes behind", async (open) => {
    const session = await open(graphOf((b) => {
      const rows = b.input("ids", tensorType("int64", ["n"])), s = b.input("s", f32("n"), "state");
      b.output("next", b.add(s, b.gather(b.constant(tensor([1, 2])), rows)), "s");
    }));
    await rejects(session.run({ ids: ids(0, 5) }), LapisError);
    await session.run({ ids: ids(0, 1, 1) });
    deepStrictEqual(await session.read("s"), tensor([1, 2, 2]));
  });

  test("inputs with a value of their own need not be given, results are copies of what was", async (open) => {
    const session = await open(graphOf((b) => {
      const x = b.input("x", f32(2), "data", tensor([1, 2])), c = b.constant(tensor([5, 6]));
      b.output("same", b.identity(x));
      b.output("again", b.identity(x));
      b.output("fixed", b.identity(c));
    }));
    const given = tensor([3, 4]);
    for (const [feed, x] of [[{}, [1, 2]], [{ x: given }, [3, 4]], [{}, [1, 2]]] as const) {
      const results = await session.run(feed);
      deepStrictEqual(Object.values(results).map(numbers), [x, x, [5, 6]]);
      for (const value of Object.values(results)) ((value as Tensor).data as Float32Array).fill(9);
    }
    deepStrictEqual(given, tensor([3, 4]));
  });

  test("sizes that differ from run to run, and none at all", async (open) => {
    const session = await open(graphOf((b) => {
      b.output(
        "y",
        b.add(b.input("x", f32("n", 2)), b.input("w", f32(2), "parameter", tensor([1, 2]))),
      );
    }));
    for (const n of [1, 3, 0, 2, 1]) {
      const y = (await session.run({ x: tensor(new Float32Array(2 * n), [n, 2]) }))["y"];
      deepStrictEqual(isTensor(y) && y.shape, [n, 2]);
      deepStrictEqual(numbers(y), Array.from({ length: 2 * n }, (_, i) => 1 + i % 2));
    }
  });
}
