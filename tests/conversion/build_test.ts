/** Stand-alone modules: the deterministic backend's bits, sizes that vary, states, and what is refused. @module */
import { deepStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { tensorType } from "../../core/values/shape.ts";
import {
  type Graph,
  input,
  loadModel,
  Model,
  registry,
  sequential,
  type Tensor,
  tensor,
  UnsupportedError,
} from "../../mod.ts";
import { graphOf, normal } from "../support/engines.ts";
import { loopCase } from "../support/loops.ts";
import { exists, root } from "../support/sources.ts";
import { buildModule, type BuiltModule } from "../../public/backends.ts";
import { gru, simpleRnn } from "../../public/layers.ts";

const fixture = (name: string) => new URL(`tests/fixtures/${name}`, root);
const bilstm = new URL("examples/data/nusax_bilstm/model.keras", root);
const cnn = fixture("models/cifar_cnn/model.keras");
const loadSure = (from: URL, weights?: URL) =>
  loadModel(from, { deterministic: true, backend: "wasm", warn: () => {}, ...(weights && { weights }) });
const sureOf = (graph: Graph) => Model.fromGraph(graph, registry, { deterministic: true, backend: "wasm" });

type Given = Readonly<Record<string, Tensor>>;
type Given2 = Readonly<Record<string, unknown>>;
/** The script's model, as a program without types sees it. */
interface Loaded {
  run(inputs: Given2, options?: { readonly dims?: Readonly<Record<string, number>> }): Record<string, Tensor>;
  reset(): void;
}
interface Script {
  load(source?: unknown): Promise<Loaded>;
  readonly info: BuiltModule["info"];
}
const scriptOf = (built: BuiltModule): Promise<Script> =>
  import(`data:text/javascript,${encodeURIComponent(built.script)}`);
async function loadBuilt(built: BuiltModule): Promise<Loaded> {
  return await (await scriptOf(built)).load(built.wasm);
}
const bitsOf = ({ data }: Pick<Tensor, "data">): readonly number[] => {
  const view = data as Float32Array;
  return [...new Uint8Array(view.buffer, view.byteOffset, view.byteLength)];
};
async function same(model: Model, module: Loaded, inputs: Given): Promise<void> {
  const expected = await model.run(inputs), got = module.run(inputs);
  deepStrictEqual(Object.keys(got), Object.keys(expected));
  for (const [name, t] of Object.entries(expected)) {
    deepStrictEqual(got[name]?.shape, [...t.shape]);
    deepStrictEqual(bitsOf(got[name] ?? t), bitsOf(t), name);
  }
}

/** Seeded data for a model: numbers, or ids below `ids`. */
function dataFor(model: Model, sizes: Readonly<Record<string, number>>, ids = 7): Given {
  return Object.fromEntries(model.inputs.map(({ name, dtype, shape }, i) => {
    const x = normal(shape.map((d) => (typeof d === "number" ? d : sizes[d] ?? 6)), i + 1), { data } = x;
    const id = (v: number) => Math.floor(Math.abs(v) * 100) % ids;
    if (dtype === "int32") return [name, { ...x, dtype, data: Int32Array.from(data as Float32Array, id) }];
    if (dtype === "int64") {
      return [name, { ...x, dtype, data: BigInt64Array.from(data as Float32Array, (v) => BigInt(id(v))) }];
    }
    return [name, x];
  }));
}

const aboveZero = (t: Tensor): Tensor =>
  t.dtype === "float32" ? { ...t, data: (t.data as Float32Array).map(Math.abs) } : t;

const cases: readonly (readonly [string, URL, URL?])[] = [
  ["an MLP", fixture("keras/B_mlp_784/model.h5")],
  ["a CNN", cnn],
  ["a BiLSTM over token ids", bilstm],
  [
    "a masked LSTM",
    fixture("models/nusax_lstm_prepad/config.json"),
    fixture("models/nusax_lstm_prepad/model.weights.h5"),
  ],
  ["a GRU translator with two inputs", fixture("models/seq2seq_ind_eng_gru/model.h5")],
  ["a decoder with states in and out", fixture("models/seq2seq_ind_eng_gru/decoder.h5")],
];
for (const [what, from, weights] of cases) {
  Deno.test(`${what} gives the bits of the deterministic backend, whatever the batch`, async () => {
    using model = await loadSure(from, weights);
    const built = await buildModule(model), module = await loadBuilt(built);
    for (const batch of [1, 7, 3]) await same(model, module, dataFor(model, { batch }));
    ok(WebAssembly.Module.imports(new WebAssembly.Module(built.wasm)).length === 0);
    // Equal models, equal bytes.
    using again = await loadSure(from, weights);
    const other = await buildModule(again);
    deepStrictEqual([other.wasm, other.script, other.types], [built.wasm, built.script, built.types]);
  });
}

Deno.test("a stateful RNN keeps its state inside until reset", async () => {
  using model = sequential([
    input({ name: "x", shape: [null, 3], batchSize: 2 }),
    gru({ units: 5, stateful: true, returnSequences: true }),
    simpleRnn({ units: 4, stateful: true }),
  ], { deterministic: true, backend: "wasm" });
  const module = await loadBuilt(await buildModule(model)), x = dataFor(model, {});
  const first = module.run(x);
  model.resetStates();
  module.reset();
  for (const x_time of [6, 1, 9]) await same(model, module, dataFor(model, { x_time }));
  module.reset();
  deepStrictEqual(module.run(x), first);
});

Deno.test("states with first values and open sizes go on over other lengths, and refuse another batch", async () => {
  const graph = graphOf((b) => {
    const x = b.input("x", tensorType("float32", ["batch", "time"]));
    const total = b.input("total", tensorType("float32", ["batch", 1]), "state");
    const count = b.input("count", tensorType("float32", [1]), "state", tensor([10]));
    const next = b.add(total, b.reduceSum(x, b.ints([1]), { keepdims: 1 }));
    const more = b.add(count, b.scalar(1));
    b.output("y", b.mul(next, more));
    b.output("next", next, "total");
    b.output("more", more, "count");
  });
  using model = sureOf(graph);
  const module = await loadBuilt(await buildModule(model));
  await same(model, module, { x: tensor([[1, 2], [3, 4]]) });
  await same(model, module, { x: tensor([[1, 2, 3], [3, 4, 5]]) });
  throws(
    () => module.run({ x: tensor([[1]]) }),
    /the states are of other sizes: reset\(\) before batch 1, time 1/,
  );
  await same(model, module, { x: tensor([[1], [2]]) });
  model.resetStates();
  module.reset();
  await same(model, module, { x: tensor([[1, 1, 1]]) });
  const y = module.run({ x: tensor([[1, 1, 1]]) })["y"];
  deepStrictEqual([...y?.data ?? []], [6 * 12]);
});

Deno.test("a run that a lookup refuses leaves the states inside alone", async () => {
  const graph = graphOf((b) => {
    const x = b.input("x", tensorType("float32", [1])), ids = b.input("ids", tensorType("int64", ["n"]));
    const count = b.input("count", tensorType("float32", [1]), "state", tensor([10]));
    const next = b.add(count, x);
    b.output("next", next, "count");
    b.output("y", b.mul(b.gather(b.constant(tensor([1, 2])), ids), next));
  });
  using model = sureOf(graph);
  const module = await loadBuilt(await buildModule(model));
  const given = (id: number) => ({ x: tensor([1]), ids: tensor([id], [1], "int64") });
  await same(model, module, given(0));
  throws(() => module.run(given(2)), /index 2 at position 0 is outside 0 to 1/);
  await rejects(model.run(given(2)), /index 2/);
  await same(model, module, given(1));
  deepStrictEqual([...module.run(given(0))["y"]?.data ?? []], [13]);
});

Deno.test("sizes as expressions, values left out, integer results, and sizes without a name", async () => {
  const graph = graphOf((b) => {
    const x = b.input("x", tensorType("float32", [{ unknown: -7 }, "n"]));
    const twice = b.input("twice", tensorType("float32", [{ op: "mul", a: 2, b: "n" }]));
    const k = b.input("k", tensorType("int64", [2]), "data", tensor([3, 4], [2], "int64"));
    b.output("flat", b.reshape(x, b.ints([-1])));
    b.output("sizes", b.shape(b.concat([twice, twice], { axis: 0 })));
    b.output("sum", b.add(k, b.shape(x)));
    b.output("positive", b.greater(twice, b.scalar(0)));
  });
  using model = sureOf(graph);
  const built = await buildModule(model), module = await loadBuilt(built);
  deepStrictEqual(built.info.dims, ["x_dim0", "n"]);
  const x = normal([3, 2], 1), twice = normal([4], 2), k = tensor([5, 6], [2], "int64");
  await same(model, module, { x, twice, k });
  await same(model, module, { x, twice });
  deepStrictEqual(module.run({ x: x.data, twice }, { dims: { n: 2 } }), module.run({ x, twice }));
  throws(() => module.run({ x, twice: normal([5], 2) }), /"twice": expected shape \[4\], got \[5\]/);
  throws(() => module.run({ x: x.data, twice: twice.data }), /doesn't tell x_dim0, n/);
});

Deno.test("what doesn't fit is refused by name", async () => {
  using model = await loadModel(bilstm);
  const built = await buildModule(model), { load } = await scriptOf(built), module = await load(built.wasm);
  const run = (inputs: unknown, dims?: Record<string, number>) => () =>
    module.run(inputs as Given2, dims ? { dims } : {});
  const tokens = new Int32Array(200);
  throws(run({}), /input "tokens" is missing: expected int32 \[batch, 100\]/);
  throws(run({ tokens, other: tokens }), /unknown input "other": expected tokens/);
  throws(run(tokens), /expected an object with tokens/);
  throws(
    run({ tokens: new Float32Array(100) }),
    /"tokens": expected Int32Array for int32 \[batch, 100\], got Float32Array/,
  );
  throws(run({ tokens: [1, 2] }), /got Array/);
  throws(
    run({ tokens: new Int32Array(150) }),
    /150 elements don't fill \[batch, 100\]: expected a multiple of 100/,
  );
  throws(run({ tokens: { data: tokens, shape: [2, 99] } }), /expected shape \[batch, 100\], got \[2, 99\]/);
  throws(run({ tokens }, { batch: 3 }), /expected 300 elements for \[3, 100\], got 200/);
  throws(run({ tokens }, { batch: -1 }), /expected a whole number from 0 for batch, got -1/);
  throws(run({ tokens }, { rows: 2 }), /unknown dim "rows": expected batch/);
  throws(run({ tokens }, { batch: 2 ** 31 - 1 }), /no memory for these sizes: batch 2147483647/);
  tokens[101] = 99999;
  throws(
    run({ tokens }),
    /^RangeError: embedding \(Gather\): index 99999 at position 101 is outside 0 to \d+$/,
  );
  tokens[101] = 0;
  deepStrictEqual(module.run({ tokens })["dense"]?.shape, [2, 3]);
  strictEqual(module.run({ tokens: new Int32Array(0) })["dense"]?.data.length, 0);

  const other = await buildModule(model, { labels: ["a", "b", "c"] });
  await rejects(load(other.wasm), /not the module that the script was made for/);
  deepStrictEqual((await scriptOf(other)).info.labels, ["a", "b", "c"]);
  await rejects(buildModule(model, { fileName: "../x.wasm" }), /ends in \.wasm/);
  await rejects(
    buildModule(model, { limits: { planBytes: 100_000 } }),
    /takes \d+ bytes, more than the 100000/,
  );
});

Deno.test("sizes that come out below zero are no binding", async () => {
  const graph = graphOf((b) => {
    const x = b.input("x", tensorType("float32", [1, 1, "height", "width"]));
    b.output("y", b.globalAveragePool(b.averagePool(x, { kernel_shape: [5, 5] })));
  });
  using model = sureOf(graph);
  const module = await loadBuilt(await buildModule(model));
  await same(model, module, { x: normal([1, 1, 5, 9], 1) });
  throws(() => module.run({ x: normal([1, 1, 3, 3], 1) }), /can't take these sizes: height 3, width 3/);
  await same(model, module, { x: normal([1, 1, 6, 6], 1) });
});

Deno.test("sizes that a layer can't join are no binding", async () => {
  const graph = graphOf((b) => {
    const x = b.input("x", tensorType("float32", [1, 1, "height", "width"]));
    const w = b.input("w", tensorType("float32", [1, 1, 2, 2]), "parameter", normal([1, 1, 2, 2], 2));
    const half = b.maxPool(x, { kernel_shape: [2, 2], strides: [2, 2] })[0];
    const whole = b.convTranspose(half, w, { strides: [2, 2] });
    b.output("y", b.concat([x, whole], { axis: 1 }));
  });
  const model = sureOf(graph), module = await loadBuilt(await buildModule(model));
  await same(model, module, { x: normal([1, 1, 16, 6], 1) });
  throws(() => module.run({ x: normal([1, 1, 17, 6], 1) }), /can't take .*height 17, width 6/);
  await same(model, module, { x: normal([1, 1, 8, 8], 1) });
});

Deno.test("a model with host steps is refused with their list", async () => {
  const graph = graphOf((b) => {
    const x = b.input("x", tensorType("float32", ["n"]));
    b.output("y", b.scope("encoder", () => b.nonZero(b.relu(x))));
    b.output("z", b.unique(x)[0]);
  });
  await rejects(buildModule(sureOf(graph)), /the host runs steps of it: encoder \(NonZero\), Unique$/);
  const words = graphOf((b) => b.output("y", b.input("x", tensorType("string", ["n"]))));
  await rejects(buildModule(sureOf(words)), /input x: string\[n\] has no place in a module's memory/);
});

const shared = new URL("../shared/", root);
Deno.test({
  name:
    "every trained model and every ONNX export that runs in the engine alone gives the deterministic bits",
  ignore: !await exists(new URL("models/", shared)),
  fn: async () => {
    const found: URL[] = [];
    for (const folder of ["models/", "fixtures/onnx/visible/"]) {
      for await (const { name } of Deno.readDir(new URL(folder, shared))) {
        if (name.startsWith("broken_")) continue;
        for (const file of ["model.keras", "model.h5", "model.onnx"]) {
          const url = new URL(`${folder}${name}/${file}`, shared);
          if (await exists(url)) found.push(url);
        }
      }
    }
    let built = 0;
    const refused: string[] = [];
    for (const url of found) {
      using model = await loadSure(url).catch(() => undefined) ??
        Model.fromGraph(graphOf(() => {}), registry);
      if (model.outputs.length === 0) continue;
      const made = await buildModule(model).catch((error: Error) => error.message);
      if (typeof made === "string") {
        refused.push(made);
        continue;
      }
      const module = await loadBuilt(made);
      for (const size of [1, 4]) {
        // Exporters may give the batch of each input a name of its own.
        const batches = model.inputs.flatMap(({ shape: [d] }) => (typeof d === "string" ? [[d, size]] : []));
        const data = dataFor(model, Object.fromEntries(batches), 4);
        // Some take ids as floats, which are none below zero.
        const inputs = Object.fromEntries(Object.entries(data).map(([name, t]) => [name, aboveZero(t)]));
        await same(model, module, inputs);
      }
      built++;
    }
    console.log(`${built} modules with the deterministic backend's bits, ${refused.length} models refused`);
    deepStrictEqual(refused.filter((message) => !/the host runs/.test(message)), []);
    ok(built >= 85, `${built}`);
  },
});

Deno.test("what a loop leaves of constants is in the module, and random loops give the backend's bits", async () => {
  let built = 0;
  for (let seed = 1; built < 25; seed++) {
    const { graph, feeds: [first = {}, second = {}] } = loopCase(seed);
    const kept = graph.outputs.some(({ updates }) =>
      graph.inputs.some((i) => i.name === updates && i.role !== "state")
    );
    if (kept) continue;
    using model = sureOf(graph);
    const made = await buildModule(model).catch((error) => {
      if (error instanceof UnsupportedError) return undefined;
      throw error;
    });
    if (!made) continue;
    built++;
    const module = await loadBuilt(made);
    for (const feed of [first, second, first, first]) await same(model, module, feed);
  }
});

Deno.test("a constant index out of range is told when the module is built", async () => {
  using model = sureOf(graphOf((b) => {
    const table = b.input("table", tensorType("float32", [4]), "parameter", tensor([1, 2, 3, 4]));
    const row = b.scope("pick", () => b.gather(table, b.ints([1, 7])));
    b.output("y", b.add(row, b.input("x", tensorType("float32", [1]))));
  }));
  await rejects(
    buildModule(model),
    /pick \(Gather\): index 7 is outside axis 0 of 4 elements: expected -4 to 3/,
  );
});
