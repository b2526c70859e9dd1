/** What a session refuses, and what it takes without a host step. @module */
import { deepStrictEqual, ok, rejects } from "node:assert/strict";
import { tensorType } from "../../../core/values/shape.ts";
import { tensor, toNumbers } from "../../../core/values/tensor.ts";
import type { GraphBuilder } from "../../../core/graph/builder.ts";
import type { Attributes, Value } from "../../../core/graph/graph.ts";
import { compile, difference, graphOf, normal, registry, tensorOf } from "../../../tests/support/engines.ts";
import { wasm } from "./mod.ts";

Deno.test("inputs too small for a convolution are refused, naming it", async () => {
  const graph = graphOf((b) => {
    const x = b.input("x", tensorType("float32", ["batch", 3, "height", "width"]));
    const w = b.input("w", tensorType("float32", [4, 3, 5, 5]), "parameter", normal([4, 3, 5, 5], 1));
    b.output("y", b.globalAveragePool(b.conv(x, w)));
  });
  using session = await compile(wasm, graph);
  await session.run({ x: normal([1, 3, 5, 5], 2) });
  // The product of two sizes below zero is a size again.
  await rejects(
    session.run({ x: normal([1, 3, 3, 3], 2) }),
    /Conv: .*\[batch, 4, height - 4, width - 4\] is \[1, 4, -1, -1\]/,
  );
});

Deno.test("an index out of range is told as it came, and leaves the next run alone", async () => {
  const graph = graphOf((b) => {
    const table = b.input("table", tensorType("float32", [4, 2]), "parameter", normal([4, 2], 1));
    const i = b.input("i", tensorType("int64", ["n"])), j = b.input("j", tensorType("float32", ["n"]));
    const left = b.gather(table, i), right = b.gather(table, b.cast(j, { to: 6 }));
    b.output("y", b.exp(b.add(left, right)));
  });
  using session = await compile(wasm, graph);
  const long = BigInt64Array.from([0n, 2n ** 40n, 9n]);
  const i = { dtype: "int64", shape: [3], data: long } as const;
  await rejects(
    session.run({ i, j: tensor([0, 0, 7]) }),
    /index 1099511627776 is outside axis 0 of 4 elements: expected -4 to 3/,
  );
  const good = { dtype: "int64", shape: [3], data: BigInt64Array.from([0n, 1n, -1n]) } as const;
  await rejects(session.run({ i: good, j: tensor([0, -5, 7]) }), /index -5 is outside axis 0 of 4/);
  const y = tensorOf((await session.run({ i: good, j: tensor([0, 1, 3]) }))["y"]);
  deepStrictEqual(y.shape, [3, 2]);
});

Deno.test("a composite of half floats is rounded once, not at each step of its body", async () => {
  const graph = graphOf((b) => b.output("y", b.gelu(b.input("x", tensorType("float16", [1])))));
  using session = await compile(wasm, graph);
  const { y } = await session.run({ x: tensor([-3], [1], "float16") });
  // -3·Φ(-3) = -0.0040497; onnxruntime 1.30 gives the half float nearest to it.
  deepStrictEqual([...toNumbers(tensorOf(y))], [-0.00405120849609375]);
});

Deno.test("a slice backwards over a size that varies runs in the module", async () => {
  const graph = graphOf((b) => {
    const x = b.input("x", tensorType("float32", ["n", 2]));
    const fixed = b.input("fixed", tensorType("float32", [4, 2]));
    const ints = (...values: number[]) => b.ints(values);
    b.output("flipped", b.slice(x, ints(-1), ints(-(2 ** 31)), ints(0), ints(-1)));
    b.output("some", b.slice(fixed, ints(9, -1), ints(0, -9), ints(0, 1), ints(-2, -1)));
  });
  using session = await compile(wasm, graph);
  const fixed = tensor([[1, 2], [3, 4], [5, 6], [7, 8]]);
  const out = await session.run({ x: tensor([[1, 2], [3, 4], [5, 6]]), fixed });
  deepStrictEqual([...tensorOf(out["flipped"]).data], [5, 6, 3, 4, 1, 2]);
  deepStrictEqual([...tensorOf(out["some"]).data], [8, 7, 4, 3]);
  deepStrictEqual(session.plan().filter(({ where }) => where === "host"), []);
});

Deno.test("a sum of more operands than a function can have parameters", async () => {
  const names = Array.from({ length: 1500 }, (_, i) => `x${i}`);
  const graph = graphOf((b) =>
    b.output("y", b.sum(names.map((name) => b.input(name, tensorType("float32", [2])))))
  );
  using session = await compile(wasm, graph);
  const out = await session.run(Object.fromEntries(names.map((name) => [name, tensor([1, 2])])));
  deepStrictEqual([...tensorOf(out["y"]).data], [1500, 3000]);
});

Deno.test("sizes that disagree only when running are refused, naming the node and the shapes", async () => {
  type Shape = (string | number)[];
  type Case = readonly [
    shapes: readonly Shape[],
    make: (b: GraphBuilder, inputs: readonly [Value, ...Value[]]) => Value,
    fits: readonly (readonly number[])[],
    not: readonly (readonly number[])[],
    said: RegExp,
  ];
  const cases: readonly Case[] = [
    [
      [[1, 1, "height", "width"]],
      (b, [x]) => {
        const half = b.maxPool(x, { kernel_shape: [2, 2], strides: [2, 2] })[0];
        const weights = b.input(
          "w",
          tensorType("float32", [1, 1, 2, 2]),
          "parameter",
          normal([1, 1, 2, 2], 9),
        );
        const whole = b.convTranspose(half, weights, { strides: [2, 2] });
        return b.concat([x, whole], { axis: 1 });
      },
      [[1, 1, 16, 16]],
      [[1, 1, 17, 17]],
      /Concat: .* is \[1, 1, 17, 17\], .* is \[1, 1, 16, 16\]: sizes don't fit$/,
    ],
    [
      [["n", "k"], ["l", 4]],
      (b, xs) => b.one("MatMul", xs),
      [[2, 3], [3, 4]],
      [[2, 3], [5, 4]],
      /MatMul: .* is \[2, 3\], .* is \[5, 4\]: sizes don't fit$/,
    ],
    [
      [["k", "n"], [4, "l"]],
      (b, xs) => b.one("Gemm", xs, { transA: true, transB: true }),
      [[3, 2], [4, 3]],
      [[3, 2], [4, 5]],
      /Gemm: .* is \[3, 2\], .* is \[4, 5\]: sizes don't fit$/,
    ],
    [
      [["n", "k"]],
      (b, [x]) => b.reshape(x, b.ints([-1, 4])),
      [[2, 6]],
      [[3, 3]],
      /Reshape: .* is \[3, 3\], .* is \[2, 4\]: sizes don't fit$/,
    ],
    [
      [["n", 2, "height", 4]],
      (b, [x]) => b.spaceToDepth(x, { blocksize: 2 }),
      [[1, 2, 4, 4]],
      [[1, 2, 3, 4]],
      /SpaceToDepth: .* is \[1, 2, 3, 4\], .* is \[1, 8, 1, 2\]: sizes don't fit$/,
    ],
    [
      [["n", "time"]],
      (b, [x]) => b.squeeze(b.slice(x, b.ints([-1]), b.ints([9]), b.ints([1])), b.ints([1])),
      [[2, 7]],
      [[2, 0]],
      /Squeeze: .* is \[2, 0\]/,
    ],
    [
      [["n", 2, "time"], [3, 2, 3]],
      (b, xs) => b.one("Conv", xs),
      [[2, 2, 3], [3, 2, 3]],
      [[2, 2, 2], [3, 2, 3]],
      /Conv: .* is \[2, 2, 2\], .* is \[2, 3, 0\]: sizes don't fit$/,
    ],
  ];
  for (const [shapes, make, fits, not, said] of cases) {
    const graph = graphOf((b) => {
      const inputs = shapes.map((shape, i) => b.input(`x${i}`, tensorType("float32", shape)));
      b.output("y", make(b, inputs as [Value, ...Value[]]));
    });
    const feed = (sizes: readonly (readonly number[])[]) =>
      Object.fromEntries(sizes.map((shape, i) => [`x${i}`, normal(shape, i + 1)]));
    using session = await compile(wasm, graph);
    using judge = await compile(registry.get("backend", "plain"), graph);
    const run = async (s: typeof session) => tensorOf((await s.run(feed(fits)))["y"]);
    const expected = await run(judge);
    ok(difference(await run(session), expected) < 1e-5, `${said}`);
    await rejects(session.run(feed(not)), said);
    ok(difference(await run(session), expected) < 1e-5, `${said}, after a refusal`);
  }
});

Deno.test("a transposed convolution whose pads leave nothing gives nothing, as on the plain engine", async () => {
  const cases: readonly (readonly [number[], number[], Attributes])[] = [
    [[1, 2, 1, 4], [2, 1, 2, 1], { pads: [1, 0, 1, 0] }],
    [[1, 2, 0, 4], [2, 1, 2, 1], { strides: [2, 1] }],
    [[2, 4, 1, 3], [4, 1, 3, 3], { group: 2, pads: [1, 1, 2, 1] }],
    [[2, 4, 1], [4, 3, 2], { pads: [1, 1] }],
    [[1, 2, 1, 2, 2], [2, 3, 2, 2, 2], { pads: [1, 1, 0, 1, 1, 0] }],
  ];
  for (const [shape, kernel, attributes] of cases) {
    const open = shape.map((n, axis) => (axis === 1 ? n : `d${axis}`));
    const graph = graphOf((b) => {
      const x = b.input("x", tensorType("float32", open));
      b.output("y", b.one("ConvTranspose", [x, b.constant(normal(kernel, 2))], attributes));
    });
    const shapes = await Promise.all([wasm, registry.get("backend", "plain")].map(async (engine) => {
      using session = await compile(engine, graph);
      return tensorOf((await session.run({ x: normal(shape, 1) }))["y"]).shape;
    }));
    ok(shapes[0]?.includes(0) && `${shapes[0]}` === `${shapes[1]}`, `${shape}: ${shapes.join(" and ")}`);
  }
});

Deno.test("operands that repeat or not as the sizes come run as on the plain engine", async () => {
  const cases: readonly [string, readonly (readonly [(string | number)[], number[]])[]][] = [
    ["MatMul", [[["p", 2, 3], [1, 2, 3]], [["q", 3, 4], [5, 3, 4]]]],
    ["Gemm", [[["n", 3], [2, 3]], [[3, 4], [3, 4]], [["k"], [1]]]],
    ["LayerNormalization", [[["n", 3], [2, 3]], [[1], [1]]]],
    ["RMSNormalization", [[["n", "c"], [2, 3]], [["d"], [1]]]],
  ];
  for (const [op, given] of cases) {
    const graph = graphOf((b) => {
      const inputs = given.map(([shape], i) => b.input(`x${i}`, tensorType("float32", shape)));
      b.output("y", b.one(op, inputs));
    });
    const feed = Object.fromEntries(given.map(([, shape], i) => [`x${i}`, normal(shape, i + 1)]));
    using session = await compile(wasm, graph);
    using judge = await compile(registry.get("backend", "plain"), graph);
    const [y, expected] = [await session.run(feed), await judge.run(feed)];
    ok(difference(tensorOf(y["y"]), tensorOf(expected["y"])) < 1e-5, op);
  }
});
