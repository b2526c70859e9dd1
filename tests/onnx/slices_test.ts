/** Slices of every kind of bounds beside onnxruntime: sizes that are fixed, that vary, and their gradients. @module */
import { deepStrictEqual } from "node:assert/strict";
import { gradient } from "../../core/graph/differentiate.ts";
import { tensorType } from "../../core/values/shape.ts";
import { type Tensor, tensor } from "../../core/values/tensor.ts";
import { loadModel } from "../../mod.ts";
import { plain } from "../../plugins/backends/plain/mod.ts";
import { compile, engines, graphOf, registry, tensorOf } from "../support/engines.ts";

interface Case {
  readonly start: string;
  readonly end: string;
  readonly step: number;
  /** The elements of 0 … d − 1 that onnxruntime takes, for each length. */
  readonly taken: readonly (readonly number[])[];
}
const lengths = [0, 1, 2, 3, 5, 8];
const cases: readonly Case[] = JSON.parse(
  await Deno.readTextFile(new URL("../fixtures/onnx/slices.json", import.meta.url)),
);
const upTo = (d: number) => tensor(Float32Array.from({ length: d }, (_, i) => i), [d]);
const sliceGraph = (dim: string | number, every: readonly Case[]) =>
  graphOf((b) => {
    const x = b.input("x", tensorType("float32", [dim]));
    const big = (n: string) =>
      b.constant({ dtype: "int64", shape: [1], data: BigInt64Array.from([BigInt(n)]) });
    every.forEach(({ start, end, step }, i) =>
      b.output(`y${i}`, b.slice(x, big(start), big(end), b.ints([0]), b.ints([step])))
    );
  });

for (const engine of engines) {
  Deno.test(`${engine.name}: bounds of slices are held to the axis as onnxruntime holds them`, async () => {
    using open = await compile(engine, sliceGraph("n", cases));
    for (const [k, d] of lengths.entries()) {
      using fixed = await compile(engine, sliceGraph(d, cases));
      for (const session of [open, fixed]) {
        const out = await session.run({ x: upTo(d) });
        cases.forEach(({ start, end, step, taken }, i) =>
          deepStrictEqual(
            [start, end, step, d, ...tensorOf(out[`y${i}`]).data],
            [start, end, step, d, ...taken[k] ?? []],
          )
        );
      }
    }
    deepStrictEqual(open.plan().filter(({ where }) => where === "host" && engine !== plain), []);
  });
}

Deno.test("a slice's gradient is one where it took an element, also past the ends", async () => {
  for (const dim of ["n", 3]) {
    const forward = graphOf((b) => {
      const x = b.input("x", tensorType("float32", [dim])), big = 2 ** 31;
      const sums = [[-5, big], [1, -1], [-2, big], [2, 9], [-9, -2]].map(([start = 0, end = 0]) => {
        const part = b.slice(x, b.ints([start]), b.ints([end]), b.ints([0]));
        return b.reduceSum(b.mul(part, part), { keepdims: false });
      });
      b.output("loss", sums.reduce((a, c) => b.add(a, c)));
    });
    const graph = gradient(forward, "loss", ["x"], registry);
    for (const engine of engines) {
      using session = await compile(engine, graph);
      // x[-5:], x[1:-1], x[-2:], x[2:9] and x[:-2] of 3 elements: 2, 3 and 3 of them hold each.
      const out = await session.run({ x: tensor([1, 10, 100]) });
      deepStrictEqual([...tensorOf(out["gradient/x"]).data], [2 * 2, 3 * 20, 3 * 200]);
    }
  }
});

Deno.test("slices of Keras models are Python's, whatever the number of steps", async () => {
  const { config, given }: {
    readonly config: string;
    readonly given: Readonly<Record<string, readonly (readonly [readonly number[], readonly number[]])[]>>;
  } = JSON.parse(await Deno.readTextFile(new URL("../fixtures/keras-slices.json", import.meta.url)));
  for (const { name: backend } of engines) {
    using model = await loadModel(new TextEncoder().encode(config), { backend, warn: () => {} });
    for (const [steps, expected] of Object.entries(given)) {
      const n = Number(steps), t = { ...upTo(2 * n), shape: [1, n, 2] };
      const out = Object.values(await model.run({ x: tensor([[1, 2, 3]]), t })) as Tensor[];
      deepStrictEqual(out.map(({ shape, data }) => [[...shape], [...data]]), expected);
    }
  }
});
