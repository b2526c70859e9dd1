/** Carried values and what follows from weights alone: where they lie, in which order, and what fails on the way. @module */
import { deepStrictEqual, ok, rejects } from "node:assert/strict";
import type { GraphBuilder, ValuesFor } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import { tensorType } from "../../../core/values/shape.ts";
import { type Tensor, tensor, toNumbers } from "../../../core/values/tensor.ts";
import { onnxruntime } from "../onnxruntime/mod.ts";
import { compile, difference, engines, graphOf, normal, tensorOf } from "../../../tests/support/engines.ts";
import { wasm } from "./mod.ts";

const numbers = (t: unknown) => [...tensorOf(t as Tensor).data as Float32Array];
const f32 = (...shape: (number | string)[]) => tensorType("float32", shape);
type Step<S extends readonly Value[]> = (states: ValuesFor<S>, x: Value, b: GraphBuilder) => Value[];
/** state' = next(state, x), with the state before each step stacked. */
function loop<const S extends readonly Value[]>(b: GraphBuilder, starts: S, x: Value, next: Step<S>) {
  return b.scan(
    starts,
    [x],
    {},
    (s, [now], inner) => ({ state: next(s, now, inner), outputs: s }),
  );
}

Deno.test("a loop over constants alone gives the same at every run, before and after a write", async () => {
  const graph = graphOf((b) => {
    const x = b.input("x", f32("n"));
    const start = b.constant(tensor([0, 0])),
      rows = b.input("rows", f32(3, 2), "parameter", tensor([[1, 2], [3, 4], [5, 6]]));
    const { state: [sum], outputs: [sums] } = loop(
      b,
      [start],
      rows,
      ([s], row, inner) => [inner.add(s, row)],
    );
    b.output("sum", sum as Value);
    b.output("sums", sums as Value);
    b.output("later", b.mul(x, b.reduceSum(sum as Value)));
    b.output("own", b.neg(x));
  });
  for (const engine of [...engines, onnxruntime]) {
    using session = await compile(engine, graph);
    for (const n of [1, 5, 64]) {
      const run = await session.run({ x: tensor(Array.from({ length: n }, (_, i) => i)) });
      deepStrictEqual(numbers(run["sum"]), [9, 12]);
      deepStrictEqual(numbers(run["sums"]), [0, 0, 1, 2, 4, 6]);
      deepStrictEqual(numbers(run["later"]), Array.from({ length: n }, (_, i) => 21 * i));
    }
    session.write("rows", tensor([[1, 1], [1, 1], [1, 2]]));
    const run = await session.run({ x: tensor([2, 3]) });
    deepStrictEqual([numbers(run["sum"]), numbers(run["later"])], [[3, 4], [14, 21]]);
  }
});

Deno.test("an index out of range among constants is told at every run until it is mended", async () => {
  const graph = graphOf((b) => {
    const index = b.input("index", tensorType("int64", [2]), "parameter", tensor([0, 9], [2], "int64"));
    const rows = b.scope("lookup", () => b.gather(b.constant(tensor([[1, 2], [3, 4]])), index));
    b.output("y", b.add(rows, b.input("x", f32(1))));
  });
  using session = await compile(wasm, graph);
  const told = /lookup \(Gather\): index 9 is outside axis 0 of 2 elements: expected -2 to 1/;
  await rejects(session.run({ x: tensor([0]) }), told);
  await rejects(session.run({ x: tensor([0]) }), told);
  session.write("index", tensor([1, -2], [2], "int64"));
  deepStrictEqual(numbers((await session.run({ x: tensor([1]) }))["y"]), [4, 5, 2, 3]);
});

Deno.test("a lookup in a loop without trips can't fail", async () => {
  const graph = graphOf((b) => {
    const x = b.input("x", f32("n", 2)),
      table = b.input("table", f32(3, 2)),
      i = b.input("i", tensorType("int64", []));
    const { state: [y] } = loop(b, [b.constant(tensor([1, 2]))], x, ([s], now, inner) => [
      inner.add(inner.add(s, now), inner.gather(table, i)),
    ]);
    b.output("y", y as Value);
  });
  const table = tensor([[1, 1], [2, 2], [3, 3]]), seven = tensor([7], [], "int64");
  for (const engine of engines) {
    using session = await compile(engine, graph);
    const none = tensor([], [0, 2]);
    deepStrictEqual(numbers((await session.run({ x: none, table, i: seven }))["y"]), [1, 2]);
    await rejects(session.run({ x: tensor([[0, 0]]), table, i: seven }), /Gather/);
    const one = await session.run({ x: tensor([[5, 6]]), table, i: tensor([2], [], "int64") });
    deepStrictEqual(numbers(one["y"]), [9, 11]);
  }
});

const turned = (axes: readonly number[]) => (b: GraphBuilder, x: Value) =>
  b.transpose(x, { perm: [...axes] });
const square = tensor([[1, 2], [3, 4]]);
const orders: readonly (readonly [string, (b: GraphBuilder, s: Value, x: Value) => Value])[] = [
  ["itself transposed", (b, s) => turned([1, 0])(b, s)],
  ["itself backwards", (b, s) => b.slice(s, b.ints([-1]), b.ints([-9]), b.ints([0]), b.ints([-1]))],
  ["a transposed sum", (b, s, x) => turned([1, 0])(b, b.add(s, x))],
  [
    "a sum of transposed values",
    (b, s, x) => b.tanh(b.add(turned([1, 0])(b, s), turned([1, 0])(b, x))),
  ],
  ["a product, turned", (b, s, x) => turned([1, 0])(b, b.matMul(s, x))],
  [
    "a row repeated",
    (b, s) => b.expand(b.slice(s, b.ints([0]), b.ints([1]), b.ints([0])), b.ints([2, 2])),
  ],
  ["a convolution of two channels", (b, s, x) => {
    const image = b.reshape(b.add(s, x), b.ints([1, 1, 2, 2]));
    const y = b.conv(image, b.constant(normal([2, 1, 1, 2], 3)), { kernel_shape: [1, 2] });
    return b.reshape(y, b.ints([2, 2]));
  }],
  ["the step's own input", (_, __, x) => x],
  ["the step's own input, turned", (b, _, x) => turned([1, 0])(b, x)],
];
for (const [name, next] of orders) {
  Deno.test(`a state may be ${name}`, async () => {
    const graph = graphOf((b) => {
      const x = b.input("x", f32("n", 2, 2)), start = b.input("start", f32(2, 2));
      const step: Step<[Value]> = ([s], now, inner) => [next(inner, s, now)];
      const { state: [last], outputs: [before] } = loop(b, [start], x, step);
      b.output("last", last as Value);
      b.output("before", before as Value);
      // Where nobody reads the old state, the new one may take its memory.
      const { state: [unseen] } = b.scan([start], [x], {}, (s, [now], inner) => ({
        state: now ? step(s, now, inner) : [],
        outputs: [],
      }));
      b.output("unseen", unseen as Value);
    });
    using native = await compile(onnxruntime, graph);
    for (const engine of engines) {
      using session = await compile(engine, graph);
      for (const n of [1, 2, 3]) {
        const fed = { x: normal([n, 2, 2], n), start: square };
        const want = await native.run(fed), got = await session.run(fed);
        for (const name of ["last", "before", "unseen"]) {
          const [a, b] = [got, want].map((run) => tensorOf(run[name])) as [Tensor, Tensor];
          const most = Math.max(1, ...numbers(b).map(Math.abs));
          ok(difference(a, b) <= 4e-7 * most, `${name}: ${numbers(a)}, expected ${numbers(b)}`);
        }
      }
    }
  });
}

Deno.test("states may have one successor, and swap", async () => {
  const graph = graphOf((b) => {
    const x = b.input("x", f32("n", 2)), a = b.input("a", f32(2)), c = b.input("c", f32(2));
    const one = loop(b, [a, c], x, ([s, t], now, inner) => {
      const sum = inner.add(inner.sub(s, t), now);
      return [sum, sum];
    });
    const swap = loop(b, [a, c], x, ([s, t]) => [t as Value, s as Value]);
    const unseen = b.scan([a, c], [x], {}, ([s, t], [now], inner) => {
      const sum = inner.add(inner.sub(s, t), now);
      return { state: [sum, sum], outputs: [] };
    });
    [...one.state, ...one.outputs, ...swap.state, ...unseen.state].forEach((v, i) => b.output(`y${i}`, v));
  });
  for (const engine of [...engines, onnxruntime]) {
    using session = await compile(engine, graph);
    const run = await session.run({
      x: tensor([[1, 2], [3, 4], [5, 6]]),
      a: tensor([10, 20]),
      c: tensor([7, 8]),
    });
    deepStrictEqual(Array.from({ length: 8 }, (_, i) => numbers(run[`y${i}`])), [
      [5, 6],
      [5, 6],
      [10, 20, 4, 14, 3, 4],
      [7, 8, 4, 14, 3, 4],
      [7, 8],
      [10, 20],
      [5, 6],
      [5, 6],
    ]);
  }
});

Deno.test("what is replaced is handed out as it was, and may be replaced by itself in another order", async () => {
  const graph = graphOf((b) => {
    const w = b.input("w", f32(2, 2), "parameter", square), v = b.input("v", f32(2, 2), "slot", square);
    const s = b.input("s", f32(2, 2), "state", square), x = b.input("x", f32(1));
    b.output("w_before", b.identity(w));
    b.output("v_before", b.transpose(v, { perm: [1, 0] }));
    b.output("s_before", b.identity(s));
    b.output("w_next", b.transpose(w, { perm: [1, 0] }), "w");
    b.output("v_next", b.transpose(b.add(v, x), { perm: [1, 0] }), "v");
    b.output("s_next", b.transpose(b.add(s, x), { perm: [1, 0] }), "s");
  });
  for (const engine of engines) {
    using session = await compile(engine, graph);
    const runs = [await session.run({ x: tensor([10]) }), await session.run({ x: tensor([10]) })];
    deepStrictEqual(runs.map((r) => numbers(r["w_before"])), [[1, 2, 3, 4], [1, 3, 2, 4]]);
    deepStrictEqual(runs.map((r) => numbers(r["v_before"])), [[1, 3, 2, 4], [11, 12, 13, 14]]);
    deepStrictEqual(runs.map((r) => numbers(r["s_before"])), [[1, 2, 3, 4], [11, 13, 12, 14]]);
    const left = await Promise.all(["w", "v", "s"].map((name) => session.read(name)));
    deepStrictEqual(left.map(numbers), [
      [1, 2, 3, 4],
      [21, 22, 23, 24],
      [21, 22, 23, 24],
    ]);
  }
});

Deno.test("stacked results of a loop without trips have the sizes of the values around it", async () => {
  const graph = graphOf((b) => {
    const x = b.input("x", f32("n", 2)), row = b.input("row", f32("m", 3));
    const y = b.scan([], [x], {}, (_, [now], inner) => ({
      state: [],
      outputs: [
        inner.matMul(inner.transpose(row), row),
        inner.sum([row]),
        now as Value,
      ],
    }));
    y.outputs.forEach((v, i) => b.output(`y${i}`, v));
  });
  for (const engine of engines) {
    using session = await compile(engine, graph);
    const run = await session.run({ x: tensor([], [0, 2]), row: normal([4, 3], 1) });
    deepStrictEqual(Object.values(run).map((t) => tensorOf(t).shape), [[0, 3, 3], [0, 4, 3], [0, 2]]);
  }
});

Deno.test("sequences of one loop have one length", async () => {
  const graph = graphOf((b) => {
    const x = b.input("x", f32("n", 2)), mask = b.input("mask", f32("m"));
    const y = b.scan(
      [],
      [x, mask],
      {},
      (_, [now, m], inner) => ({ state: [], outputs: [inner.mul(now, m)] }),
    );
    b.output("y", y.outputs[0] as Value);
  });
  for (const engine of engines) {
    using session = await compile(engine, graph);
    await rejects(session.run({ x: normal([6, 2], 1), mask: normal([1], 2) }), /Scan: .*6.*1/);
    deepStrictEqual(
      tensorOf((await session.run({ x: normal([6, 2], 1), mask: normal([6], 2) }))["y"]).shape,
      [6, 2],
    );
  }
});

Deno.test("weights of a type that only the host computes are replaced too", async () => {
  for (const role of ["parameter", "statistic", "slot", "state"] as const) {
    const graph = graphOf((b) => {
      const type = tensorType("float64", [2]), w = b.input("w", type, role, tensor([1, 2], [2], "float64"));
      const next = b.add(w, b.input("x", type));
      b.output("y", next);
      b.output("next", next, "w");
    });
    using session = await compile(wasm, graph);
    const x = tensor([1, 0.5], [2], "float64");
    await session.run({ x });
    deepStrictEqual(numbers((await session.run({ x }))["y"]), [3, 3]);
    deepStrictEqual(numbers(await session.read("w")), [3, 3]);
  }
});

Deno.test("a loop whose results are known as sizes stacks them, not what lay in the memory", async () => {
  for (const dtype of ["int64", "int32", "float32"] as const) {
    const graph = graphOf((b) => {
      const x = b.input("x", tensorType("float32", ["n", 3])), three = b.constant(tensor([3], [1], dtype));
      const { outputs } = b.scan([], [x], { axis: 0 }, (_, [step], inner) => {
        const size = inner.one("Cast", [inner.one("Shape", [step])], { to: dtype });
        return { state: [], outputs: [inner.one("Add", [three, three]), inner.one("Add", [size, three])] };
      });
      outputs.forEach((y, i) => b.output(`y${i}`, y));
    });
    using session = await compile(wasm, graph);
    const got = await session.run({ x: normal([2, 3], 1) });
    for (const name of ["y0", "y1"]) {
      deepStrictEqual(Array.from(toNumbers(tensorOf(got[name]))), [6, 6], dtype);
    }
  }
});
