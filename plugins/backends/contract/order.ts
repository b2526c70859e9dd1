/** What overlaps: runs, reads, writes and resets take effect in the order in which they are asked for; and the end. @module */
import { deepStrictEqual, ok, rejects, throws } from "node:assert/strict";
import { tensor } from "../../../core/values/tensor.ts";
import { f32, graphOf, numbers, one, stateful, still, type Test } from "./support.ts";

const closed = { name: "BackendError", message: "the session is closed" };

/** Registers the group. */
export function orderTests(test: Test): void {
  test("runs at once are as one after another", async (open) => {
    const session = await open(stateful());
    const all = await Promise.all([1, 2, 3, 4].map(() => session.run(one)));
    deepStrictEqual(all.map((r) => numbers(r["y"])), [[2, 3], [3, 4], [4, 5], [5, 6]]);
    const other = await open(still());
    const given = [1, 2, 3].map((n) => tensor(Array.from({ length: n }, (_, i) => i + n)));
    const each = await Promise.all(given.map((x) => other.run({ x })));
    deepStrictEqual(each.map((r) => numbers(r["y"])), [[-1], [-2, -3], [-3, -4, -5]]);
  });

  test("a refused run among others leaves them alone", async (open) => {
    const session = await open(stateful());
    const told = await Promise.allSettled([session.run(one), session.run({}), session.run(one)]);
    deepStrictEqual(told.map((r) => r.status), ["fulfilled", "rejected", "fulfilled"]);
    deepStrictEqual(await session.read("s"), tensor([[2]]));
  });

  test("a write reaches the runs after it and none before it", async (open) => {
    for (const moving of [true, false]) {
      const session = await open(graphOf((b) => {
        const w = b.input("w", f32(1), "parameter", tensor([1]));
        b.output("y", b.mul(w, b.input("x", f32(1))));
        if (moving) b.output("w2", b.add(w, b.scalar(1)), "w");
      }));
      const x = tensor([1]), run = async () => numbers((await session.run({ x }))["y"]);
      const seen: Promise<number[]>[] = [run(), run()];
      session.write("w", tensor([10]));
      seen.push(run(), run());
      session.write("w", tensor([20]));
      session.write("w", tensor([30]));
      seen.push(run());
      deepStrictEqual(
        await Promise.all(seen),
        moving ? [[1], [2], [10], [11], [30]] : [[1], [1], [10], [10], [30]],
      );
      deepStrictEqual(await session.read("w"), tensor([moving ? 31 : 30]));
    }
  });

  test("a read tells what the runs and writes before it left, and nothing of those after it", async (open) => {
    const session = await open(stateful());
    const ran = async () => numbers((await session.run(one))["y"]);
    const told = async (name: string) => numbers(await session.read(name));
    const seen = [ran(), told("s"), ran(), told("s"), told("w")];
    session.write("s", tensor([[7]]));
    session.write("w", tensor([1, 1]));
    seen.push(told("s"), ran(), told("s"));
    session.resetStates();
    seen.push(ran(), told("s"), told("w"));
    const values = await Promise.all(seen);
    deepStrictEqual(values, [[2, 3], [1], [3, 4], [2], [2, 3], [7], [8, 8], [8], [1, 1], [1], [1, 1]]);
  });

  test("a session that is closed while a run goes on gives its results, or says that it is closed", async (open) => {
    for (const turns of [0, 1, 3]) {
      const session = await open(stateful()), running = [session.run(one), session.run(one)];
      for (let i = 0; i < turns; i++) await Promise.resolve();
      session.close();
      const want = [[2, 3], [3, 4]];
      for (const [i, told] of (await Promise.allSettled(running)).entries()) {
        if (told.status === "fulfilled") deepStrictEqual(numbers(told.value["y"]), want[i]);
        else {throws(() => {
            throw told.reason;
          }, closed);}
      }
    }
  });

  test("once closed everything is refused in the same words, and closing again is fine", async (open) => {
    const session = await open(stateful());
    await session.run(one);
    session.close();
    session.close();
    session[Symbol.dispose]();
    await rejects(async () => await session.run(one), closed);
    await rejects(async () => await session.runKept(one), closed);
    if (session.runSync) throws(() => session.runSync?.(one), closed);
    for (const name of ["w", "nope"]) {
      await rejects(async () => await session.read(name), closed);
      if (session.readSync) throws(() => session.readSync?.(name), closed);
      throws(() => session.write(name, tensor([1, 2])), closed);
    }
    throws(() => session.resetStates(), closed);
    throws(() => session.memory(), closed);
    throws(() => session.plan(), closed);
  });

  test("sessions of one graph share nothing, and the graph stays as it is", async (open) => {
    const graph = graphOf((b) => {
      const w = b.input("w", f32(1), "parameter", tensor([1]));
      b.output("w2", b.add(w, b.scalar(1)), "w");
    });
    const [a, b] = [await open(graph), await open(graph)];
    await a.run({});
    b.write("w", tensor([9]));
    a.close();
    await b.run({});
    deepStrictEqual(await b.read("w"), tensor([10]));
    ok(graph.inputs.every((i) => i.name !== "w" || numbers(i.value)[0] === 1));
  });
}
