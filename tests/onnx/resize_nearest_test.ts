/** The nearest neighbour of every coordinate and rounding mode beside onnxruntime. @module */
import { deepStrictEqual } from "node:assert/strict";
import { tensorType } from "../../core/values/shape.ts";
import { tensor } from "../../core/values/tensor.ts";
import { compile, engines, graphOf, tensorOf } from "../support/engines.ts";

type Case = readonly [
  coordinates: string,
  nearest: string,
  length: number,
  to: { readonly scale?: number; readonly size?: number },
  taken: readonly number[],
];
const cases: readonly Case[] = JSON.parse(
  await Deno.readTextFile(new URL("../fixtures/onnx/nearest.json", import.meta.url)),
);
const lengths = [...new Set(cases.map(([, , length]) => length))];

for (const engine of engines) {
  Deno.test(`${engine.name}: every nearest_mode takes the neighbours that onnxruntime takes`, async () => {
    const graph = graphOf((b) => {
      const inputs = new Map(lengths.map((n) => [n, b.input(`x${n}`, tensorType("float32", [1, 1, 1, n]))]));
      cases.forEach(([coordinate_transformation_mode, nearest_mode, length, { scale, size }], i) => {
        const scales = scale === undefined ? undefined : b.constant(tensor([1, 1, 1, scale]));
        const sizes = size === undefined ? undefined : b.ints([1, 1, 1, size]);
        const attributes = { mode: "nearest", coordinate_transformation_mode, nearest_mode };
        b.output(`y${i}`, b.one("Resize", [inputs.get(length), undefined, scales, sizes], attributes));
      });
    });
    using session = await compile(engine, graph);
    const out = await session.run(
      Object.fromEntries(lengths.map((n) => [
        `x${n}`,
        tensor(Float32Array.from({ length: n }, (_, i) => i), [1, 1, 1, n]),
      ])),
    );
    cases.forEach(([...c], i) =>
      deepStrictEqual([...c.slice(0, 4), [...tensorOf(out[`y${i}`]).data]], [...c.slice(0, 4), c[4]])
    );
  });
}
