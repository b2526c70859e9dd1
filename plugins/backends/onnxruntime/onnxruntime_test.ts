/** The onnxruntime backend: the same results as plain, the same session, and its limits said clearly. */
import { deepStrictEqual, match, ok, rejects, strictEqual, throws } from "node:assert/strict";
import type { Session } from "../../../core/graph/backend.ts";
import { GraphBuilder } from "../../../core/graph/builder.ts";
import { BackendError, InputError, UnsupportedError } from "../../../core/values/errors.ts";
import type { Graph, Value } from "../../../core/graph/graph.ts";
import { networkOps } from "../../../core/ops/mod.ts";
import { Random } from "../../../core/values/random.ts";
import { createRegistry } from "../../../core/registry.ts";
import { type Dim, tensorType } from "../../../core/values/shape.ts";
import {
  isTensor,
  type RuntimeValue,
  scalar,
  sizeOf,
  type Tensor,
  tensor,
  toNumbers,
} from "../../../core/values/tensor.ts";
import { plain } from "../plain/mod.ts";
import { wasm } from "../wasm/mod.ts";
import { onnxruntime, onnxruntimeWith } from "./mod.ts";

const registry = createRegistry([{ owner: "core", plugins: [...networkOps, plain, wasm, onnxruntime] }]);
const random = new Random(5);
const values = (...shape: number[]) =>
  tensor(Float32Array.from({ length: sizeOf(shape) }, () => random.bits() / 2 ** 31 - 1), shape);
const input = (b: GraphBuilder, name: string, ...shape: Dim[]) => b.input(name, tensorType("float32", shape));
const weight = (b: GraphBuilder, name: string, ...shape: number[]) =>
  b.input(name, tensorType("float32", shape), "parameter", values(...shape));
function graphOf(fill: (b: GraphBuilder) => Readonly<Record<string, Value>>): Graph {
  const b = new GraphBuilder(registry, { name: "net" });
  for (const [name, value] of Object.entries(fill(b))) b.output(name, value);
  return b.build();
}
const both = (graph: Graph): Promise<readonly [Session, Session]> =>
  Promise.all([onnxruntime.compile(graph, { registry }), plain.compile(graph, { registry })]);

/** float32 rounds each of `terms` additions by half a unit of the last place of values up to `size`. */
function near(got: RuntimeValue | undefined, want: RuntimeValue | undefined, terms: number, size = 1): void {
  ok(isTensor(got) && isTensor(want));
  deepStrictEqual([got.dtype, got.shape], [want.dtype, want.shape]);
  const a = toNumbers(got), b = toNumbers(want), bound = terms * 2 ** -23 * size;
  b.forEach((y, i) =>
    ok(Math.abs((a[i] ?? NaN) - y) <= bound, `${i}: ${a[i]} and ${y}, more than ${bound} apart`)
  );
}
/** Runs both engines on the same data and compares every output. */
async function agree(
  graph: Graph,
  data: Readonly<Record<string, RuntimeValue>>,
  terms: number,
  size?: number,
): Promise<void> {
  const [native, judge] = await both(graph);
  using _native = native, _judge = judge;
  const got = await native.run(data), want = await judge.run(data);
  deepStrictEqual(Object.keys(got), Object.keys(want));
  for (const name of Object.keys(want)) near(got[name], want[name], terms, size);
}

Deno.test("onnxruntime-node is there: deno cache npm:onnxruntime-node@1.30.0", async () => {
  strictEqual(await onnxruntime.available(), true);
});

Deno.test("a dense network is the same", () => {
  const graph = graphOf((b) => {
    const hidden = b.gemm(input(b, "x", "batch", 8), weight(b, "w", 8, 16), weight(b, "b", 16));
    return { y: b.softmax(b.matMul(b.gelu(hidden), weight(b, "v", 16, 3))) };
  });
  return agree(graph, { x: values(5, 8) }, 8 + 16 + 3, 4);
});

Deno.test("a convolution network is the same", () => {
  const graph = graphOf((b) => {
    const x = b.conv(
      input(b, "x", "batch", 3, 9, 9),
      weight(b, "k", 4, 3, 3, 3),
      weight(b, "b", 4),
      {
        pads: [1, 1, 1, 1],
      },
    );
    const pooled = b.maxPool(b.relu(x), { kernel_shape: [2, 2], strides: [2, 2] })[0];
    return { y: b.reduceMean(pooled, b.ints([2, 3]), { keepdims: false }) };
  });
  return agree(graph, { x: values(2, 3, 9, 9) }, 27 + 16, 8);
});

Deno.test("a weight without a value is refused on every engine, until it is written", async () => {
  const graph = graphOf((b) => {
    const w = b.input("w", tensorType("float32", [2]), "parameter");
    return { y: b.mul(input(b, "x", 2), w) };
  });
  for (const engine of [onnxruntime, plain, wasm]) {
    using session = await engine.compile(graph, { registry });
    const missing = { name: "BackendError", message: 'parameter "w" has no value yet: write one first' };
    await rejects(session.run({ x: tensor([1, 2]) }), missing, engine.name);
    throws(() => session.read("w"), missing, engine.name);
    session.write("w", tensor([3, 4]));
    deepStrictEqual((await session.run({ x: tensor([1, 2]) }))["y"], tensor([3, 8]));
  }
});

const lstm = (layout: number) =>
  graphOf((b) => {
    const [y, h, c] = b.lstm(
      input(b, "x", ...(layout === 0 ? ["time", "batch"] : ["batch", "time"]), 3),
      weight(b, "w", 2, 16, 3),
      weight(b, "r", 2, 16, 4),
      weight(b, "bias", 2, 32),
      { hidden_size: 4, direction: "bidirectional", ...(layout === 1 && { layout }) },
    );
    ok(y && h && c);
    return { y, h, c };
  });
Deno.test("an LSTM is one node, and its body where onnxruntime lacks the layout", async () => {
  // Seven steps of eleven products each.
  await agree(lstm(0), { x: values(7, 2, 3) }, 7 * 11, 4);
  await agree(lstm(1), { x: values(2, 7, 3) }, 7 * 11, 4);
});

Deno.test("a branch that captures is the same both ways", async () => {
  const graph = graphOf((b) => {
    const x = input(b, "x", 3), go = b.input("go", tensorType("bool", []));
    const yes = b.nested("yes", [], (inner) => [inner.add(x, inner.scalar(1))]);
    const no = b.nested("no", [], () => [x]);
    const { graphs: [then_branch, else_branch], captures } = b.alignCaptures([yes, no]);
    ok(then_branch && else_branch);
    return {
      y: b.one("If", [go, ...captures], { captures: captures.length }, {
        graphs: { then_branch, else_branch },
      }),
    };
  });
  for (const go of [true, false]) await agree(graph, { x: values(3), go: scalar(go, "bool") }, 0);
});

/** `total = carry*decay + x`, kept from run to run. */
function accumulator(): Graph {
  const b = new GraphBuilder(registry, { name: "sum" });
  const x = input(b, "x", "n"), decay = weight(b, "decay", 1);
  const carry = b.input("carry", tensorType("float32", ["n"]), "state");
  const total = b.add(b.mul(carry, decay), x);
  b.output("total", total);
  b.output("carry_next", total, "carry");
  return b.build();
}
Deno.test("states go round inside the session, can be read, written and reset", async () => {
  using session = await onnxruntime.compile(accumulator(), { registry });
  session.write("decay", tensor([0.5]));
  const x = tensor([1, 2]);
  const total = async () => [...toNumbers((await session.run({ x }))["total"] as Tensor)];
  deepStrictEqual([await total(), await total(), await total()], [[1, 2], [1.5, 3], [1.75, 3.5]]);
  deepStrictEqual(await session.read("carry"), tensor([1.75, 3.5]));
  session.write("carry", tensor([8, 8]));
  deepStrictEqual(await total(), [5, 6]);
  session.resetStates();
  deepStrictEqual(await total(), [1, 2]);
});
Deno.test("a result keeps its values when the next run begins", async () => {
  using session = await onnxruntime.compile(accumulator(), { registry });
  const first = await session.run({ x: tensor([1, 2]) });
  await session.run({ x: tensor([100, 200]) });
  deepStrictEqual(first["total"], tensor([1, 2]));
});
Deno.test("a written weight takes effect; the engine's session is made again only then", async () => {
  using session = await onnxruntime.compile(accumulator(), { registry });
  strictEqual(session.compilations, 1);
  await session.run({ x: tensor([1]) });
  session.write("decay", tensor([3]));
  deepStrictEqual(await session.read("decay"), tensor([3]));
  deepStrictEqual((await session.run({ x: tensor([1]) }))["total"], tensor([4]));
  strictEqual(session.compilations, 2);
});

Deno.test("parameters that a graph updates are fed, not compiled in", async () => {
  const b = new GraphBuilder(registry, { name: "step" });
  const x = input(b, "x", "n", 2), target = input(b, "target", "n", 1);
  const w = b.input("w", tensorType("float32", [2, 1]), "parameter", tensor([[0], [0]]));
  const error = b.sub(b.matMul(x, w), target);
  const gradient = b.matMul(b.transpose(x, { perm: [1, 0] }), error);
  b.output("loss", b.reduceSumSquare(error, { keepdims: false }));
  b.output("w_next", b.sub(w, b.mul(gradient, b.scalar(0.1))), "w");
  using session = await onnxruntime.compile(b.build(), { registry });
  const data = { x: tensor([[1, 0], [0, 1], [1, 1]]), target: tensor([[2], [-1], [1]]) };
  const losses: number[] = [];
  for (let i = 0; i < 200; i++) losses.push(toNumbers((await session.run(data))["loss"] as Tensor)[0] ?? NaN);
  ok((losses.at(-1) ?? 1) < 1e-9 && (losses[0] ?? 0) === 6);
  const [w0 = 0, w1 = 0] = toNumbers(await session.read("w"));
  ok(Math.abs(w0 - 2) < 1e-4 && Math.abs(w1 + 1) < 1e-4);
  strictEqual(session.compilations, 1);
});

Deno.test("every element type that onnxruntime-node takes goes in and comes out", async () => {
  const tensors: Tensor[] = [
    tensor([1, 0, 1], [3], "bool"),
    tensor(["a", "ß", ""], [3], "string"),
    ...([
      "float16",
      "float32",
      "float64",
      "int8",
      "int16",
      "int32",
      "int64",
      "uint8",
      "uint16",
      "uint32",
      "uint64",
    ] as const).map((dtype) => tensor([1, 2, 3], [3], dtype)),
  ];
  for (const t of tensors) {
    const graph = graphOf((b) => ({
      y: b.concat([b.input("x", tensorType(t.dtype, ["n"])), b.constant(t)], { axis: 0 }),
    }));
    const [native, judge] = await both(graph);
    using _native = native, _judge = judge;
    deepStrictEqual(await native.run({ x: t }), await judge.run({ x: t }), t.dtype);
  }
});

Deno.test("shared memory is taken", async () => {
  const graph = graphOf((b) => ({ y: b.neg(input(b, "x", 2)) }));
  const shared = new Float32Array(new SharedArrayBuffer(8));
  shared.set([1, 2]);
  using session = await onnxruntime.compile(graph, { registry });
  deepStrictEqual(
    (await session.run({ x: { dtype: "float32", shape: [2], data: shared } }))["y"],
    tensor([-1, -2]),
  );
});

Deno.test("an input with a default may be left out", async () => {
  const b = new GraphBuilder(registry);
  const d = b.input("d", tensorType("float32", [2]), "data", tensor([10, 20]));
  b.output("y", b.add(input(b, "x", 2), d));
  using session = await onnxruntime.compile(b.build(), { registry });
  deepStrictEqual((await session.run({ x: tensor([1, 2]) }))["y"], tensor([11, 22]));
  deepStrictEqual((await session.run({ x: tensor([1, 2]), d: tensor([0, 0]) }))["y"], tensor([1, 2]));
});

Deno.test("inputs are checked before the engine sees them", async () => {
  using session = await onnxruntime.compile(graphOf((b) => ({ y: b.neg(input(b, "x", 2)) })), {
    registry,
  });
  await rejects(session.run({}), /input "x" is missing/);
  await rejects(
    session.run({ x: tensor([1, 2, 3]) }),
    /expected float32\[2\], got float32\[3\]|expected shape \[2\]/,
  );
  await rejects(session.run({ x: tensor([1, 2], [2], "float64") }), InputError);
  throws(() => session.read("x"), InputError);
});

Deno.test("what onnxruntime-node can't be handed is refused by name", async () => {
  const refused = (graph: Graph, expected: RegExp) =>
    rejects(onnxruntime.compile(graph, { registry }), (error) => {
      ok(error instanceof UnsupportedError);
      match(error.message, expected);
      return true;
    });
  await refused(
    graphOf((b) => ({ y: b.identity(b.input("x", tensorType("bfloat16", [2]))) })),
    /input x: .*bfloat16/,
  );
  await refused(
    graphOf((b) => ({ y: b.sequenceConstruct([input(b, "x", 2)]) })),
    /output y: .*sequence/,
  );
  await refused(
    graphOf((b) => ({
      y: b.cast(b.cast(input(b, "x", 2), { to: "int4" }), { to: "float32" }),
    })),
    /Cast to int4/,
  );
});

Deno.test("a failure of the engine is an error of ours", async () => {
  const graph = graphOf((b) => ({
    y: b.reshape(input(b, "x", 2), b.input("i", tensorType("int64", [1]))),
  }));
  using session = await onnxruntime.compile(graph, { registry });
  await rejects(session.run({ x: tensor([1, 2]), i: tensor([7n]) }), BackendError);
});

Deno.test("an index out of range is told in our words, whichever operator looks up", async () => {
  const x = tensor([[1, 2], [3, 4]]), ids = (id: number) => tensor([0, id], [2, 1], "int64");
  const made: Readonly<Record<string, (b: GraphBuilder, i: Value) => Value>> = {
    GatherElements: (b, i) => b.gatherElements(input(b, "x", 2, 2), i, { axis: 1 }),
    GatherND: (b, i) => b.gatherND(input(b, "x", 2, 2), i),
    ScatterND: (b, i) => b.scatterND(input(b, "x", 2, 2), i, b.constant(x)),
    ScatterElements: (b, i) => b.scatterElements(input(b, "x", 2, 2), i, b.cast(i, { to: 1 })),
  };
  for (const [op, make] of Object.entries(made)) {
    const graph = graphOf((b) => ({ y: make(b, b.input("i", tensorType("int64", [2, 1]))) }));
    for (const engine of [onnxruntime, plain]) {
      using session = await engine.compile(graph, { registry });
      const axis = op === "GatherElements" ? 1 : 0;
      await rejects(session.run({ x, i: ids(7) }), {
        name: "InputError",
        message: `${op}: index 7 is outside axis ${axis} of 2 elements: expected -2 to 1`,
      });
    }
  }
});

Deno.test("settings of onnxruntime's own reach it", async () => {
  const exact = onnxruntimeWith({ graphOptimizationLevel: "disabled" });
  using session = await exact.compile(accumulator(), { registry });
  deepStrictEqual((await session.run({ x: tensor([2]) }))["total"], tensor([2]));
  const wrong = onnxruntimeWith({ executionProviders: ["none-such"] });
  await rejects(wrong.compile(accumulator(), { registry }), BackendError);
});

Deno.test("a closed session refuses to run", async () => {
  const session = await onnxruntime.compile(accumulator(), { registry });
  session.close();
  await rejects(session.run({ x: tensor([1]) }), /closed/);
});

Deno.test("--allow-ffi is the one permission it takes; without it, it says so", async () => {
  const here = new URL("./mod.ts", import.meta.url).href,
    core = new URL("../../../core/", import.meta.url).href;
  const program = `
    import { onnxruntime } from "${here}";
    import { GraphBuilder } from "${core}graph/builder.ts";
    import { networkOps } from "${core}ops/mod.ts";
    import { createRegistry } from "${core}registry.ts";
    import { tensor } from "${core}values/tensor.ts";
    const registry = createRegistry(networkOps), b = new GraphBuilder(registry);
    b.output("y", b.neg(b.input("x", { kind: "tensor", dtype: "float32", shape: [1] })));
    const why = await onnxruntime.available();
    if (why !== true) console.log(why);
    else {
      const session = await onnxruntime.compile(b.build(), { registry });
      console.log((await session.run({ x: tensor([2]) })).y.data[0]);
    }`;
  const printed = async (...flags: string[]) => {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-prompt", "--no-check", ...flags, "-"],
      cwd: new URL("../../../", import.meta.url),
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(program));
    await writer.close();
    return new TextDecoder().decode((await child.output()).stdout).trim();
  };
  match(await printed(), /run with --allow-ffi/);
  strictEqual(await printed("--allow-ffi"), "-2");
});
