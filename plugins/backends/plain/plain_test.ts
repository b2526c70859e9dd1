import assert from "node:assert/strict";
import { GraphBuilder } from "../../../core/graph/builder.ts";
import type { Graph } from "../../../core/graph/graph.ts";
import { tensorType, typeText } from "../../../core/values/shape.ts";
import { scalar, type Tensor, tensor } from "../../../core/values/tensor.ts";
import { operators } from "../../../tests/support/gradients.ts";
import { registry } from "../../../mod.ts";
import { plain, toFloat64 } from "./mod.ts";

/** y = x·w + s, then s becomes s + 1 for each row of the batch. */
function counting(): Graph {
  const b = new GraphBuilder(operators), x = b.input("x", tensorType("float32", ["batch", 2]));
  const w = b.input("w", tensorType("float32", [2]), "parameter", tensor([2, 3]));
  const s = b.input("s", tensorType("float32", ["batch", 1]), "state");
  b.output("y", b.add(b.mul(x, w), s));
  b.output("next", b.add(s, b.scalar(1)), "s");
  return b.build();
}
const options = { registry: operators };

Deno.test("a state starts at zero in the batch's size, is carried on, and reset", async () => {
  using session = await plain.compile(counting(), options);
  const x = tensor([[1, 1], [2, 2]]);
  assert.deepEqual(await session.run({ x }), { y: tensor([[2, 3], [4, 6]]) });
  assert.deepEqual(session.runSync?.({ x }), { y: tensor([[3, 4], [5, 7]]) });
  assert.deepEqual(await session.read("s"), tensor([[2], [2]]));
  await assert.rejects(session.run({ x: tensor([[1, 1]]) }), {
    name: "InputError",
    message: /reset the states/,
  });
  session.resetStates();
  assert.deepEqual(await session.run({ x: tensor([[1, 1]]) }), { y: tensor([[2, 3]]) });
});
Deno.test("a written parameter is used from the next run on, and is a copy", async () => {
  using session = await plain.compile(counting(), options);
  const w = tensor([10, 20]);
  session.write("w", w);
  (w.data as Float32Array)[0] = 0;
  assert.deepEqual(await session.run({ x: tensor([[1, 1]]) }), { y: tensor([[10, 20]]) });
  ((await session.read("w")).data as Float32Array)[0] = 0;
  assert.deepEqual(await session.read("w"), tensor([10, 20]));
});
Deno.test("what doesn't fit is refused by name", async () => {
  using session = await plain.compile(counting(), options);
  assert.throws(() => session.write("w", tensor([1, 2, 3])), {
    name: "ShapeError",
    message: /input "w": expected shape \[2\], got \[3\]/,
  });
  assert.throws(() => session.write("w", tensor([1, 2], [2], "int32")), { name: "ShapeError" });
  assert.throws(() => session.read("x"), { name: "InputError", message: /"x".*\["w","s"\]/ });
  await assert.rejects(session.run({}), { name: "InputError", message: /"x" is missing/ });
  await assert.rejects(session.run({ x: tensor([1, 2]) }), {
    name: "InputError",
    message: /float32\[batch, 2\]/,
  });
  await assert.rejects(session.run({ x: tensor([[1, 2]]), z: scalar(1) }), {
    name: "InputError",
    message: /"z"/,
  });
});
Deno.test("results are copies", async () => {
  const b = new GraphBuilder(operators), x = b.input("x", tensorType("float32", [2]));
  b.output("y", b.identity(x));
  using session = await plain.compile(b.build(), options);
  const given = tensor([1, 2]), { y } = await session.run({ x: given });
  (given.data as Float32Array)[0] = 9;
  assert.deepEqual(y, tensor([1, 2]));
});
Deno.test("updates are written all at once", async () => {
  const b = new GraphBuilder(operators), type = tensorType("float32", []);
  const p = b.input("p", type, "parameter", scalar(1)), q = b.input("q", type, "parameter", scalar(2));
  b.output("p'", q, "p");
  b.output("q'", p, "q");
  using session = await plain.compile(b.build(), options);
  await session.run({});
  assert.deepEqual([await session.read("p"), await session.read("q")], [scalar(2), scalar(1)]);
});
Deno.test("a closed session says so", async () => {
  const session = await plain.compile(counting(), options);
  session.close();
  await assert.rejects(session.run({ x: tensor([[1, 1]]) }), { name: "BackendError", message: /closed/ });
});
Deno.test("the plan has one row a node", async () => {
  using session = await plain.compile(counting(), options);
  assert.deepEqual(session.plan().map((s) => s.kernel), ["Mul", "Add", "Add"]);
  assert.equal(session.compilations, 0);
});
Deno.test("toFloat64 retypes inputs, constants, casts and nested graphs", () => {
  const b = new GraphBuilder(operators), x = b.input("x", tensorType("float32", [3, 2]));
  const n = b.cast(b.cast(x, { to: "int64" }), { to: "float32" });
  const made = b.constantOfShape(b.ints([2]));
  const { state } = b.scan([made], [n], {}, (s, xs, step) => ({
    state: [step.add(s[0], step.mul(xs[0], step.scalar(0.5)))],
    outputs: [],
  }));
  b.output("y", state[0] ?? made);
  const wide = toFloat64(b.build(), operators);
  const all = [wide, ...wide.nodes.flatMap((node) => Object.values(node.graphs))].flatMap((g) => g.types);
  assert.ok(all.every((t) => !typeText(t).includes("float32")), all.map(typeText).join(" "));
});
Deno.test("toFloat64 retypes windows, which say their type as a number", () => {
  const b = new GraphBuilder(registry), n = b.ints([4]);
  b.output("y", b.hannWindow(b.squeeze(n)));
  assert.equal(typeText(toFloat64(b.build(), registry).types.at(-1)), "float64[4]");
});
Deno.test("sums of a model in float64 are exact", async () => {
  const graph = toFloat64(counting(), operators);
  using session = await plain.compile(graph, options);
  const x: Tensor = tensor(Float64Array.of(1 / 3, 1), [1, 2]);
  assert.deepEqual(await session.run({ x }), { y: tensor(Float64Array.of(2 / 3, 3), [1, 2]) });
});
