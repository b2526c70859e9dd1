/**
 * What picks, bounds or interpolates, where numbers are NaN or infinite: one meaning on every engine of ours, NumPy's where ONNX
 * leaves it open; docs/conformance.md says where onnxruntime's differs. @module
 */
import { deepStrictEqual } from "node:assert/strict";
import type { Value } from "../../core/graph/graph.ts";
import { type Builder, GraphBuilder } from "../../core/graph/builder.ts";
import type { Graph } from "../../core/graph/graph.ts";
import { tensorType } from "../../core/values/shape.ts";
import { type Tensor, tensor } from "../../core/values/tensor.ts";
import { registry } from "../../mod.ts";
import { engines, tensorOf } from "../support/engines.ts";

const nan = NaN, inf = Infinity;
/** Takes as many inputs as are given, of three. */
type Build = (b: Builder, inputs: readonly [Value, Value, Value]) => Value | readonly (Value | undefined)[];
function graphOf(fill: (b: GraphBuilder) => void): Graph {
  const b = new GraphBuilder(registry, { name: "extremes" });
  fill(b);
  return b.build();
}
async function agree(inputs: readonly Tensor[], build: Build, ...wanted: (readonly (number | bigint)[])[]) {
  const graph = graphOf((b) => {
    const values = inputs.map((x, i) => b.input(`x${i}`, tensorType(x.dtype, x.shape))),
      y = build(b, values as unknown as Parameters<Build>[1]);
    (Array.isArray(y) ? y as readonly Value[] : [y as Value]).forEach((v, i) => b.output(`y${i}`, v));
  });
  for (const engine of engines) {
    using session = await engine.compile(graph, { registry });
    const out = await session.run(Object.fromEntries(inputs.map((x, i) => [`x${i}`, x])));
    wanted.forEach((want, i) => deepStrictEqual([...tensorOf(out[`y${i}`]).data], want, engine.name));
  }
}
const image = (count: number, at: number, value: number): Tensor =>
  tensor(Float32Array.from({ length: count }, (_, i) => (i === at ? value : i)), [1, 1, 4, count / 4]);

Deno.test("the largest or smallest of what holds a NaN is NaN, wherever it stands", async () => {
  for (const op of ["ReduceMax", "ReduceMin"]) {
    for (const count of [3, 9, 17, 40]) {
      for (const at of [0, 1, count - 1]) {
        const line = Float32Array.from({ length: count }, (_, i) => (i === at ? nan : i));
        await agree([tensor(line)], (b, [x]) => b.one(op, [x]), [nan]);
        const two = tensor(
          [...line, ...Array.from({ length: count }, (_, i) => i + 5)],
          [2, count],
          "float32",
        );
        const rest = op === "ReduceMax" ? count + 4 : 5;
        await agree([two], (b, [x]) => b.one(op, [x, b.ints([1])], { keepdims: 0 }), [nan, rest]);
      }
    }
  }
});

Deno.test("a pool's largest is NaN where its window holds one, and no other's is", async () => {
  await agree(
    [image(16, 5, nan)],
    (b, [x]) => b.maxPool(x, { kernel_shape: [2, 2], strides: [2, 2] }, { outputs: 2 }),
    [nan, 7, 13, 15],
    [5n, 7n, 13n, 15n],
  );
  await agree(
    [image(16, 5, nan)],
    (b, [x]) => b.maxPool(x, { kernel_shape: [2, 2] })[0],
    [nan, nan, 7, nan, nan, 11, 13, 14, 15],
  );
  await agree([image(16, 5, nan)], (b, [x]) => b.globalMaxPool(x), [nan]);
});

Deno.test("the average of a window that lies in the padding alone is NaN, the average of nothing", async () => {
  const average: Build = (b, [x]) => b.averagePool(x, { kernel_shape: [1, 2], pads: [0, 2, 1, 0] });
  const x = tensor([[[[1, 3], [5, 7]]]]);
  await agree([x], average, [nan, 1, 2, nan, 5, 6, nan, nan, nan]);
});

Deno.test("NaN counts as the largest where places are looked for: ArgMax, ArgMin, TopK, Hardmax", async () => {
  const x = tensor([1, nan, 2, nan, 3]);
  for (const op of ["ArgMax", "ArgMin"]) {
    // As NumPy's argmax and argmin: the first NaN, whichever is sought.
    await agree([x], (b, [v]) => b.one(op, [v], { axis: 0 }), [1n]);
  }
  const top = (k: number, largest: 0 | 1): Build => (b, [v]) => b.topK(v, b.ints([k]), { largest });
  await agree([x], top(4, 1), [nan, nan, 3, 2], [1n, 3n, 4n, 2n]);
  await agree([x], top(4, 0), [1, 2, 3, nan], [0n, 2n, 4n, 1n]);
  await agree([x], (b, [v]) => b.hardmax(v), [0, 1, 0, 0, 0]);
  await agree([tensor([2, 1, 2])], (b, [v]) => b.hardmax(v), [1, 0, 0]);
});

Deno.test("Max, Min and Clip keep NaN; a bound of NaN is none", async () => {
  const x = tensor([nan, 1, nan, 4]), y = tensor([1, nan, nan, 3]);
  await agree([x, y], (b, v) => b.max(v), [nan, nan, nan, 4]);
  await agree([x, y], (b, v) => b.min(v), [nan, nan, nan, 3]);
  const z = tensor([nan, 1, -5, 5, inf, -inf]);
  const clip = (low: number, high: number): Build => (b, [v]) => b.clip(v, b.scalar(low), b.scalar(high));
  await agree([z], clip(-1, 2), [nan, 1, -1, 2, 2, -1]);
  await agree([z], clip(nan, 2), [nan, 1, -5, 2, 2, -inf]);
  await agree([z], clip(-1, nan), [nan, 1, -1, 5, inf, -1]);
  await agree([z], clip(3, 1), [nan, 1, 1, 1, 1, 1]);
  const fed: Build = (b, [v, low, high]) => b.clip(v, low, high);
  await agree([z, tensor([nan], []), tensor([2], [])], fed, [nan, 1, -5, 2, 2, -inf]);
  // Without a bound nothing is bounded, as in ONNX's own function for Clip.
  await agree([z], (b, [v]) => b.clip(v, b.scalar(3)), [nan, 3, 3, 5, inf, 3]);
});

Deno.test("an interpolated image has NaN and infinities where they weigh something, and nowhere else", async () => {
  const scales = (b: Builder) => b.constant(tensor([1, 1, 1, 2]));
  for (const value of [nan, inf]) {
    const x = tensor([[[[0, 1, value, 3]]]]);
    const resize = (mode: "linear", rest = {}): Build => (b, [v]) =>
      b.resize(v, undefined, scales(b), { mode, ...rest });
    await agree([x], resize("linear"), [0, 0.25, 0.75, value, value, value, value, 3]);
    const corners = { coordinate_transformation_mode: "asymmetric" };
    // Every second output lies on an input.
    await agree([x], resize("linear", corners), [0, 0.5, 1, value, value, value, 3, 3]);
    const rows = tensor([[[[0], [1], [value], [3]]]]);
    await agree(
      [rows],
      (b, [v]) => b.resize(v, undefined, b.constant(tensor([1, 1, 2, 1])), { mode: "linear" }),
      [0, 0.25, 0.75, value, value, value, value, 3],
    );
  }
  const far = tensor([[[[0, 1, 2, 3, 4, 5, 6, nan]]]]);
  const cubicOf = (b: Builder, v: Value) => b.resize(v, undefined, scales(b), { mode: "cubic" });
  const graph = graphOf((b) => b.output("y", cubicOf(b, b.input("x", tensorType("float32", [1, 1, 1, 8])))));
  for (const engine of engines) {
    using session = await engine.compile(graph, { registry });
    const y = [...tensorOf((await session.run({ x: far }))["y"]).data] as number[];
    deepStrictEqual(y.map((v) => Number.isNaN(v)), y.map((_, i) => i >= 11), engine.name);
  }
});

Deno.test("GridSample's cubic places beyond the border read the border, as in PyTorch and onnxruntime", async () => {
  const x = tensor([[[[-3, -2, -1, 0, 1], [2, 3, -3, -2, -1], [0, 1, 2, 3, -3], [-2, -1, 0, 1, 2]]]]);
  const grid = tensor([[[[-1.3, -1.2], [0.2, 0.3], [-1.05, 0.5], [9, 9], [inf, -inf]]]]);
  const graph = graphOf((b) => {
    const inputs = [
      b.input("x", tensorType("float32", [1, 1, 4, 5])),
      b.input("grid", tensorType("float32", [1, 1, 5, 2])),
    ];
    b.output("y", b.one("GridSample", inputs, { mode: "cubic", padding_mode: "border", align_corners: 1 }));
  });
  for (const engine of engines) {
    using session = await engine.compile(graph, { registry });
    const y = [...tensorOf((await session.run({ x, grid }))["y"]).data] as number[];
    // The first two are onnxruntime's; far away it is the corner.
    deepStrictEqual(y.map((v) => Math.round(v * 1e3) / 1e3), [-3.623, 2.762, -0.725, 2, 1], engine.name);
  }
});

Deno.test("QuantizeLinear makes NaN the least number, as onnxruntime does", async () => {
  const x = tensor([nan, inf, -inf, 2.5, -0.5]);
  const to = (dtype: "uint8" | "int8" | "int16", zero: number): Build => (b, [v]) =>
    b.quantizeLinear(v, b.scalar(1), b.scalar(zero, dtype));
  await agree([x], to("uint8", 128), [0, 255, 0, 130, 128]);
  await agree([x], to("int8", 0), [-128, 127, -128, 2, 0]);
  await agree([x], to("int16", 5), [-32768, 32767, -32768, 7, 5]);
});

Deno.test("whole numbers to a power wrap, to a real one they are cast", async () => {
  const x = tensor([100, 2, -100], [3], "int32");
  await agree([x], (b, [v]) => b.pow(v, b.constant(tensor([10, 31, 2], [3], "int32"))), [
    1661992960,
    -(2 ** 31),
    10000,
  ]);
  await agree([x], (b, [v]) => b.pow(v, b.constant(tensor([10, 0.5, 2]))), [-(2 ** 31), 1, 10000]);
});
