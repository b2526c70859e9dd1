/** What a session refuses, and what it takes without a host step. @module */
import { deepStrictEqual, rejects } from "node:assert/strict";
import { tensorType } from "../../../core/shape.ts";
import { tensor } from "../../../core/tensor.ts";
import { compile, graphOf, normal, tensorOf } from "../../../tests/support/engines.ts";
import { wasm } from "./mod.ts";

Deno.test("inputs too small for a convolution are refused, naming it", async () => {
  const graph = graphOf((b) => {
    const x = b.input("x", tensorType("float32", ["batch", 3, "height", "width"]));
    const w = b.input("w", tensorType("float32", [4, 3, 5, 5]), "parameter", normal([4, 3, 5, 5], 1));
    b.output("y", b.one("GlobalAveragePool", [b.one("Conv", [x, w])]));
  });
  using session = await compile(wasm, graph);
  await session.run({ x: normal([1, 3, 5, 5], 2) });
  // The product of two sizes below zero is a size again.
  await rejects(
    session.run({ x: normal([1, 3, 3, 3], 2) }),
    /Conv: the inputs are too small: its result \[batch, 4, height - 4, width - 4\] comes out as \[1, 4, -1, -1\]/,
  );
});

Deno.test("an index out of range is told as it came, and leaves the next run alone", async () => {
  const graph = graphOf((b) => {
    const table = b.input("table", tensorType("float32", [4, 2]), "parameter", normal([4, 2], 1));
    const i = b.input("i", tensorType("int64", ["n"])), j = b.input("j", tensorType("float32", ["n"]));
    const left = b.one("Gather", [table, i]), right = b.one("Gather", [table, b.one("Cast", [j], { to: 6 })]);
    b.output("y", b.one("Exp", [b.one("Add", [left, right])]));
  });
  using session = await compile(wasm, graph);
  const long = BigInt64Array.from([0n, 2n ** 40n, 9n]);
  const i = { dtype: "int64", shape: [3], data: long } as const;
  await rejects(
    session.run({ i, j: tensor([0, 0, 7]) }),
    /index 1099511627776 at position 1 is outside 0 to 3/,
  );
  const good = { dtype: "int64", shape: [3], data: BigInt64Array.from([0n, 1n, -1n]) } as const;
  await rejects(session.run({ i: good, j: tensor([0, -5, 7]) }), /index -5 at position 1/);
  const y = tensorOf((await session.run({ i: good, j: tensor([0, 1, 3]) }))["y"]);
  deepStrictEqual(y.shape, [3, 2]);
});

Deno.test("a slice backwards over a size that varies runs in the module", async () => {
  const graph = graphOf((b) => {
    const x = b.input("x", tensorType("float32", ["n", 2]));
    const fixed = b.input("fixed", tensorType("float32", [4, 2]));
    const ints = (...values: number[]) => b.ints(values);
    b.output("flipped", b.one("Slice", [x, ints(-1), ints(-(2 ** 31)), ints(0), ints(-1)]));
    b.output("some", b.one("Slice", [fixed, ints(9, -1), ints(0, -9), ints(0, 1), ints(-2, -1)]));
  });
  using session = await compile(wasm, graph);
  const fixed = tensor([[1, 2], [3, 4], [5, 6], [7, 8]]);
  const out = await session.run({ x: tensor([[1, 2], [3, 4], [5, 6]]), fixed });
  deepStrictEqual([...tensorOf(out["flipped"]).data], [5, 6, 3, 4, 1, 2]);
  deepStrictEqual([...tensorOf(out["some"]).data], [8, 7, 4, 3]);
  deepStrictEqual(session.plan().filter(({ where }) => where === "host"), []);
});
