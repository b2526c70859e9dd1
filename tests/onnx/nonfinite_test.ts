/** What is no number stays where the definition has it, on every engine. @module */
import { deepStrictEqual, rejects } from "node:assert/strict";
import type { Value } from "../../core/graph/graph.ts";
import type { Builder } from "../../core/graph/builder.ts";
import { tensorType } from "../../core/values/shape.ts";
import { type Tensor, tensor } from "../../core/values/tensor.ts";
import { LapisError } from "../../core/values/errors.ts";
import { compile, engines, graphOf, tensorOf } from "../support/engines.ts";

const nan = NaN;
/** Runs one operator on inputs that are data, constants or parameters. */
type Given = readonly [role: "data" | "parameter", value: Tensor];
const cases: readonly (readonly [
  name: string,
  inputs: readonly Given[],
  build: (b: Builder, inputs: readonly Value[]) => Value,
  expected: readonly number[],
])[] = [
  // Each element of x times the kernel, two apart: NaN only where the kernel's first element falls.
  ...(["data", "parameter"] as const).map((role) =>
    [
      `a transposed convolution's weight (${role})`,
      [["data", tensor([[[1, 2]]])], [role, tensor([[[nan, 3]]])]],
      (b: Builder, v: readonly Value[]) => b.one("ConvTranspose", v, { strides: [2] }),
      [nan, 3, nan, 6],
    ] as const
  ),
  [
    "a transposed convolution's input",
    [["data", tensor([[[1, nan]]])], ["parameter", tensor([[[2, 3]]])]],
    (b, v) => b.one("ConvTranspose", v, { strides: [2] }),
    [2, 3, nan, nan],
  ],
  [
    "Gemm's C with a beta of 0",
    [["data", tensor([[1, 2]])], ["data", tensor([[3], [4]])], ["data", tensor([nan])]],
    (b, v) => b.one("Gemm", v, { beta: 0 }),
    [11],
  ],
  [
    "one to any power, minus one to an infinite one (IEEE 754)",
    [["data", tensor([1, 1, -1, -1, 2])], ["data", tensor([nan, Infinity, Infinity, -Infinity, nan])]],
    (b, v) => b.one("Pow", v),
    [1, 1, 1, 1, nan],
  ],
];
for (const engine of engines) {
  for (const [name, inputs, build, expected] of cases) {
    Deno.test(`${engine.name}: ${name} that is no number spoils only what it touches`, async () => {
      const graph = graphOf((b) => {
        const values = inputs.map(([role, value], i) =>
          b.input(`x${i}`, tensorType(value.dtype, value.shape), role, role === "data" ? undefined : value)
        );
        b.output("y", build(b, values));
      });
      using session = await compile(engine, graph);
      const feed = inputs.flatMap(([role, value], i) => (role === "data" ? [[`x${i}`, value] as const] : []));
      const out = await session.run(Object.fromEntries(feed));
      deepStrictEqual([...tensorOf(out["y"]).data], expected);
    });
  }
  Deno.test(`${engine.name}: a range or a resize by what is no number is refused`, async () => {
    const range = graphOf((b) => {
      const x = b.input("x", tensorType("float32", []));
      b.output("y", b.range(x, b.scalar(5), b.scalar(1)));
    });
    const resize = graphOf((b) => {
      const x = b.constant(tensor([[[1, 2]]])), scales = b.input("x", tensorType("float32", [3]));
      b.output("y", b.resize(x, undefined, scales));
    });
    for (const [graph, values] of [[range, tensor([nan], [])], [resize, tensor([1, 1, nan])]] as const) {
      using session = await compile(engine, graph);
      await rejects(session.run({ x: values }), LapisError);
    }
  });
}
