/** The proof of a conversion: whatever computes something else is not proved, however its wrongness looks. @module */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { proofOf as partProof } from "../../cli/commands/extract.ts";
import { prove } from "../../cli/conversion/proof.ts";
import { fittingSamples, type Sample } from "../../cli/conversion/samples.ts";
import { GraphBuilder } from "../../core/graph/builder.ts";
import { uniform } from "../../core/ops/sample.ts";
import { tensorType } from "../../core/values/shape.ts";
import {
  apply,
  dense,
  embedding,
  extractLayers,
  input,
  loadModel,
  lstm,
  Model,
  model as functionalModel,
  registry,
  sequential,
  type Tensor,
  tensor,
} from "../../mod.ts";
import { toNumbers } from "../../public/tensors.ts";
import { globalAveragePooling1d, masking } from "../../public/layers.ts";

type Outputs = Readonly<Record<string, Tensor>>;
/** What becomes of a model's right outputs. */
type Spoil = (outputs: Outputs, turn: number) => Outputs;

/** A proof of the model itself whose outputs were changed. */
async function proofOf(model: Model, spoil: Spoil, samples?: readonly Sample[]) {
  using twin = Model.fromGraph(model.graph(), model.registry);
  let turn = 0;
  return await prove(model, {
    outputs: model.outputs.map((o) => o.name),
    run: async (x) => spoil(await twin.run(x), turn++),
    resetStates: () => twin.resetStates(),
  }, samples ?? await fittingSamples(model, { seed: 1 }));
}
const changed = (t: Tensor, how: (v: number, i: number) => number): Tensor => {
  const data = t.data.slice() as Float32Array;
  toNumbers(t).forEach((v, i) => data[i] = how(v, i));
  return { ...t, data };
};
const all = (how: (v: number, i: number) => number): Spoil => (outputs) =>
  Object.fromEntries(Object.entries(outputs).map(([name, t]) => [name, changed(t, how)]));

/** Ids of float32, which Keras gives an Input without dtype. */
const floatIds = () =>
  sequential([
    input({ shape: [7], name: "ids" }),
    embedding({ inputDim: 9, outputDim: 5 }),
    globalAveragePooling1d({}),
    dense({ units: 3, activation: "tanh" }),
  ]);
const plainNet = () =>
  sequential([input({ shape: [4] }), dense({ units: 5, activation: "relu" }), dense({ units: 3 })]);
const maskedNet = () =>
  sequential([input({ shape: [6, 2] }), masking({ maskValue: -1.5 }), lstm({ units: 3 })]);

const spoils: Readonly<Record<string, Spoil>> = {
  "times −3": all((v) => -3 * v),
  "times 1.01": all((v) => 1.01 * v),
  negated: all((v) => -v),
  shifted: all((v) => v + 0.01),
  zeros: all(() => 0),
  "one element off": all((v, i) => (i === 1 ? v + 0.01 : v)),
  "a NaN": all((v, i) => (i === 1 ? NaN : v)),
  infinite: all((v, i) => (i === 1 ? Infinity : v)),
  "the last row wrong": (outputs) =>
    all((v, i) => (i >= (Object.values(outputs)[0]?.data.length ?? 0) - 3 ? 2 * v + 0.1 : v))(outputs, 0),
  "wrong in the second sample alone": (
    outputs,
    turn,
  ) => (turn === 1 ? all((v) => v * 1.1)(outputs, 0) : outputs),
  missing: () => ({}),
  "another type": (outputs) =>
    Object.fromEntries(
      Object.entries(outputs).map((
        [name, t],
      ) => [name, { dtype: "float64", shape: t.shape, data: toNumbers(t) as Float64Array } as Tensor]),
    ),
};
for (
  const [what, make] of Object.entries({
    "ids of float32": floatIds,
    "two layers": plainNet,
    "a mask": maskedNet,
  })
) {
  Deno.test(`${what}: proved as it is, not proved where outputs are spoiled`, async () => {
    using net = make();
    deepStrictEqual((await proofOf(net, (o) => o)).runs.filter((r) => r.problem !== undefined), []);
    for (const [how, spoil] of Object.entries(spoils)) {
      strictEqual((await proofOf(net, spoil)).equal, false, how);
    }
  });
}

Deno.test("nothing is explained beyond a thousandth of the largest output", async () => {
  // Weights of a step function: a unit in their last place turns outputs over.
  const b = new GraphBuilder(registry, { name: "steps" });
  const x = b.input("x", tensorType("float32", ["batch", 8]));
  const kernel = b.input("kernel", tensorType("float32", [8, 4]), "parameter", uniform([8, 4]));
  const y = b.matMul(x, kernel);
  b.output("y", b.floor(b.mul(y, b.scalar(1e7))));
  const net = Model.fromGraph(b.build(), registry);
  const { runs } = await proofOf(net, all((v) => v * 1.01));
  ok(runs.every((r) => r.problem !== undefined), JSON.stringify(runs));
});

/** One value of every input, each as an output of its own. */
function twoOutputs(): Model {
  const x = input({ shape: [4], name: "x" });
  const small = apply(dense({ units: 3, name: "small" }), x),
    large = apply(dense({ units: 3, name: "large" }), x);
  return functionalModel({ inputs: [x], outputs: [large, small] });
}
Deno.test("of several outputs each has to be right, and in its place", async () => {
  using net = twoOutputs();
  const [first = "", second = ""] = net.outputs.map((o) => o.name);
  const at = (name: string, how: (v: number) => number): Spoil => (o) => ({
    ...o,
    [name]: changed(o[name] as Tensor, how),
  });
  strictEqual((await proofOf(net, (o) => o)).equal, true);
  strictEqual((await proofOf(net, at(first, (v) => -v))).equal, false);
  strictEqual((await proofOf(net, at(second, (v) => -v))).equal, false);
  const swapped: Spoil = (o) => ({ [first]: o[second] as Tensor, [second]: o[first] as Tensor });
  strictEqual((await proofOf(net, swapped)).equal, false);
});

/** Outputs of columns and rows that differ by a million. */
function scaled(columns: readonly number[]): Model {
  const b = new GraphBuilder(registry, { name: "scaled" });
  const x = b.input("x", tensorType("float32", ["batch", columns.length]));
  const kernel = uniform([columns.length, columns.length]);
  const y = b.matMul(x, b.input("kernel", tensorType("float32", kernel.shape), "parameter", kernel));
  b.output("y", b.mul(y, b.constant(tensor(Float32Array.from(columns), [columns.length]))));
  return Model.fromGraph(b.build(), registry);
}
Deno.test("small outputs beside large ones are judged by their own size", async () => {
  using net = scaled([1e4, 1, 1e-4]);
  strictEqual((await proofOf(net, (o) => o)).equal, true);
  strictEqual((await proofOf(net, all((v, i) => (i % 3 === 2 ? -3 * v : v)))).equal, false, "a small column");
  const rows: Sample = {
    what: "rows of two sizes",
    inputs: { x: tensor([[1e3, 2e3, -1e3], [1e-4, 3e-4, 2e-4], [5e2, -4e3, 2e3]]) },
  };
  strictEqual((await proofOf(net, (o) => o, [rows])).equal, true);
  const row = all((v, i) => (Math.floor(i / 3) === 1 ? -3 * v : v));
  strictEqual((await proofOf(net, row, [rows])).equal, false, "a small row");
});

/** A model of one operator after a product, without a tolerance. */
function ending(
  end: (b: GraphBuilder, y: ReturnType<GraphBuilder["one"]>) => ReturnType<GraphBuilder["one"]>,
): Model {
  const b = new GraphBuilder(registry, { name: "exact" });
  const x = b.input("x", tensorType("float32", ["batch", 5]));
  const kernel = b.input("kernel", tensorType("float32", [5, 6]), "parameter", uniform([5, 6]));
  b.output("y", end(b, b.matMul(x, kernel)));
  return Model.fromGraph(b.build(), registry);
}
Deno.test("whole numbers, classes, booleans and texts have no tolerance", async () => {
  using whole = ending((b, y) => b.cast(b.mul(y, b.scalar(1e4)), { to: "int32" }));
  using classes = ending((b, y) => b.argMax(y, { axis: 1 }));
  using signs = ending((b, y) => b.greater(y, b.scalar(0)));
  for (const net of [whole, classes, signs]) strictEqual((await proofOf(net, (o) => o)).equal, true);
  const wrong = (y: Tensor, how: (v: number) => number): Tensor => {
    const data = y.data.slice() as Int32Array | BigInt64Array;
    if (data instanceof BigInt64Array) data[0] = BigInt(how(Number(data[0])));
    else data[0] = how(Number(data[0]));
    return { ...y, data } as Tensor;
  };
  const first = (how: (v: number) => number): Spoil => (o) => ({ y: wrong(o.y as Tensor, how) });
  strictEqual((await proofOf(whole, first((v) => v + 1))).equal, false);
  strictEqual((await proofOf(classes, first((v) => (v + 1) % 6))).equal, false);
  strictEqual((await proofOf(signs, first((v) => 1 - v))).equal, false);
  using texts = ending((b, y) => b.cast(b.argMax(y, { axis: 1 }), { to: "string" }));
  strictEqual((await proofOf(texts, (o) => o)).equal, true);
  const other: Spoil = ({ y }) => ({ y: { ...y, data: ["9", ...(y?.data as string[]).slice(1)] } as Tensor });
  strictEqual((await proofOf(texts, other)).equal, false);
});

Deno.test("halves are judged by their own units", async () => {
  using net = ending((b, y) => b.cast(y, { to: "float16" }));
  strictEqual((await proofOf(net, (o) => o)).equal, true);
  const bits = (by: number): Spoil => ({ y }) => ({
    y: { ...y, data: (y?.data as Uint16Array).map((v) => v ^ by) } as Tensor,
  });
  strictEqual((await proofOf(net, bits(1))).equal, true, "one unit of a half");
  strictEqual((await proofOf(net, bits(0x8000))).equal, false, "the other sign");
  strictEqual((await proofOf(net, bits(0x40))).equal, false, "64 units");
});

Deno.test("rows that are NaN in the source are left out and counted; nothing but NaN proves nothing", async () => {
  const b = new GraphBuilder(registry, { name: "roots" });
  const x = b.input("x", tensorType("float32", ["batch", 2]));
  b.output("y", b.sqrt(x));
  const net = Model.fromGraph(b.build(), registry);
  const rows = (list: number[][]): Sample => ({ what: "rows", inputs: { x: tensor(list) } });
  const some = rows([[1.5, 2.5], [-1, 2.5], [3.5, 0.5]]);
  const wrongThere: Spoil = ({ y }) => ({ y: changed(y as Tensor, (v, i) => (i === 2 ? 7 : v)) });
  const proof = await proofOf(net, wrongThere, [some]);
  deepStrictEqual([proof.equal, proof.runs[0]?.leftOut], [true, 1]);
  const wrongElsewhere: Spoil = ({ y }) => ({ y: changed(y as Tensor, (v, i) => (i > 3 ? 2 * v : v)) });
  strictEqual((await proofOf(net, wrongElsewhere, [some])).equal, false);
  strictEqual((await proofOf(net, all((v, i) => (i === 5 ? NaN : v)), [some])).equal, false);
  const none = await proofOf(net, (o) => o, [rows([[-1.5, -2.5]])]);
  strictEqual(none.equal, false);
  match(none.runs.at(-1)?.problem ?? "", /nothing but NaN/);
});

Deno.test("a part that computes something else than the whole there is not proved, small as its numbers are", async () => {
  const stack = (seed: number) =>
    sequential([
      input({ shape: [4], name: "x" }),
      dense({ units: 5, activation: "tanh", name: "first" }),
      dense({ units: 3, name: "second" }),
    ], { seed });
  using whole = stack(1);
  for (const path of ["second/kernel", "second/bias"]) {
    const found = [...whole.weights].find(([name]) => name.endsWith(path));
    ok(found);
    // Numbers that an absolute tolerance would take for equal.
    whole.setWeight(found[0], changed(found[1], (v, i) => 1e-7 * (v + i)));
  }
  const names = { inputs: ["first"], outputs: ["second"] };
  const part = extractLayers(whole, names), probe = extractLayers(whole, { outputs: ["first", "second"] });
  const samples = await fittingSamples(probe);
  strictEqual((await partProof({ part, probe }, samples)).equal, true);
  // A copy: a part shares the whole's weights.
  using wrong = await loadModel(await part.toBytes("keras"), { warn: () => {} });
  const [kernel] = [...wrong.weights].filter(([name]) => name.endsWith("kernel"));
  ok(kernel);
  wrong.setWeight(kernel[0], changed(kernel[1], (v) => -3 * v));
  strictEqual((await partProof({ part: wrong, probe }, samples)).equal, false);
});
