/** State has one owner: closing, writes and runs at once, and what reading takes. @module */
import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import {
  adam,
  dense,
  dropout,
  embedding,
  flatten,
  input,
  lstm,
  type Model,
  type ModelOptions,
  sequential,
  tensor,
} from "../../mod.ts";
import { createLayer, type LayerDef } from "../../public/plugins.ts";
import type { Graph } from "../graph/graph.ts";
import type { Compile } from "./sessions.ts";
import type { Tensor } from "../values/tensor.ts";

const x = tensor(new Float32Array(64 * 4).map((_, i) => Math.sin(i)), [64, 4]);
const y = tensor(new Float32Array(64).map((_, i) => i % 2), [64, 1]);
const quiet = { epochs: 3, verbose: 0 } as const;
function made(backend = "wasm", options: ModelOptions = {}): Model {
  const m = sequential(
    [input({ shape: [4] }), dense({ units: 8, activation: "tanh" }), dense({ units: 1 })],
    { backend, ...options },
  );
  m.compile({ optimizer: adam({ learningRate: 0.05 }), loss: "mse" });
  return m;
}
const values = (m: Model) => [...m.weights].map(([path, t]) => [path, Array.from(t.data as Float32Array)]);
const closed = { name: "BackendError", message: "the model was closed" };

Deno.test("closing brings what was trained home", async () => {
  for (const backend of ["wasm", "plain", "onnxruntime"]) {
    const open = made(backend), first = values(open);
    await open.fit(x, y, quiet);
    let kept: Model;
    {
      using m = made(backend);
      await m.fit(x, y, quiet);
      kept = m;
    }
    deepEqual(values(kept), values(open), backend);
    ok(JSON.stringify(values(kept)) !== JSON.stringify(first));
    deepEqual(await kept.toBytes("h5"), await open.toBytes("h5"));
    deepEqual(kept.trainingState().tensors, open.trainingState().tensors);
    for (const call of [() => kept.predict(x), () => kept.fit(x, y, quiet), () => kept.evaluate(x, y)]) {
      await rejects(call, closed);
    }
    await rejects(kept.session(), closed);
    open.close();
    open.close();
  }
});

Deno.test("states of layers outlive a close in a saved state", async () => {
  const m = sequential([input({ shape: [3, 1], batchSize: 1 }), lstm({ units: 2, stateful: true })]);
  m.compile({ loss: "mse" });
  await m.trainOnBatch(tensor([[[1], [2], [3]]]), tensor([[0, 0]]));
  const before = m.trainingState().tensors;
  m.close();
  deepEqual(m.trainingState().tensors, before);
  ok(Object.keys(before).some((name) => name.startsWith("state/")));
});

Deno.test("a weight set while a session compiles or predicts is there afterwards", async () => {
  for (const backend of ["wasm", "plain", "onnxruntime"]) {
    using m = made(backend);
    const kernel = [...m.weights.keys()][2] ?? "", zero = tensor(new Float32Array(8), [8, 1]);
    for (let turns = 0; turns < 20; turns += 3) {
      using other = made(backend);
      const first = other.predict(x);
      for (let i = 0; i < turns; i++) await Promise.resolve();
      other.setWeight(kernel, zero);
      await first;
      const after = await other.predict(x) as Tensor;
      ok((after.data as Float32Array).every((v) => v === 0), `${backend}: ${turns} turns`);
    }
  }
});

Deno.test("a fit excludes another and a compilation", async () => {
  using m = made();
  const running = m.fit(x, y, quiet);
  const named = (what: string) => ({
    name: "LapisError",
    message: new RegExp(`can't ${what} while fit runs`),
  });
  await rejects(m.fit(x, y, quiet), named("fit"));
  throws(() => m.compile({ loss: "mae" }), named("compile"));
  await running;
  m.compile({ loss: "mae" });
  await m.fit(x, y, quiet);
  await rejects(m.fit(x, tensor([1]), quiet), { name: "InputError" });
  await m.fit(x, y, quiet);
});

Deno.test("a prediction during a fit sees the weights of one step", async () => {
  for (const backend of ["wasm", "plain", "onnxruntime"]) {
    using m = made(backend);
    const same = tensor(new Float32Array(64 * 4).fill(0.5), [64, 4]);
    const running = m.fit(x, y, { ...quiet, epochs: 20, batchSize: 8 });
    const seen = new Set<number>();
    for (let i = 0; i < 10; i++) {
      const { data } = await m.predict(same, { batchSize: 4 }) as Tensor;
      equal(new Set(data as Float32Array).size, 1, backend);
      seen.add(Number(data[0]));
    }
    await running;
    ok(seen.size > 1, backend);
  }
});

Deno.test("a weight set within a prediction waits for its end", async () => {
  using m = made("plain");
  const bias = [...m.weights.keys()].at(-1) ?? "", rows = tensor(new Float32Array(64 * 4), [64, 4]);
  await m.predict(rows);
  const running = m.predict(rows, { batchSize: 1 });
  for (let i = 0; i < 40; i++) await Promise.resolve();
  m.setWeight(bias, tensor([5]));
  equal(m.weights.get(bias)?.data[0], 5);
  const { data } = await running as Tensor;
  equal(new Set(data as Float32Array).size, 1);
  equal(((await m.predict(rows)) as Tensor).data[63], 5);
});

Deno.test("predicting gives timers their turn, in one call and in many", async () => {
  using m = sequential([input({ shape: [50, 16] }), lstm({ units: 48 })], { backend: "plain" });
  const rows = (n: number) => tensor(new Float32Array(n * 800), [n, 50, 16]);
  await m.predict(rows(1));
  for (const one of [true, false]) {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 1), began = performance.now();
    while (performance.now() - began < 300) await m.predict(rows(one ? 64 : 1), { batchSize: 1 });
    clearInterval(timer);
    ok(ticks >= 2, `${ticks}`);
  }
});

Deno.test("reading a weight reads that alone, and once", async () => {
  const names: string[] = [];
  const around = async (graph: Graph, compile: Compile) => {
    const session = await compile(graph), { readSync } = session;
    const counted = (name: string) => {
      names.push(name);
      return readSync?.call(session, name);
    };
    return Object.assign(session, { readSync: counted });
  };
  using m = made("wasm", { around });
  await m.fit(x, y, quiet);
  const [layer] = m.layers, path = [...m.weights.keys()][1] ?? "";
  await m.trainOnBatch(x, y);
  names.length = 0;
  m.weightOf(layer?.layer ?? dense({ units: 1 }), "bias");
  deepEqual(names, [path]);
  m.weight(path);
  deepEqual(names, [path]);
  const { weights } = m;
  equal(weights.size, 4);
  equal(weights.get(path)?.shape.length, 1);
  deepEqual(names, [path]);
  equal([...weights].length, 4);
  equal(new Set(names).size, 4);
  equal(names.length, 4);
});

Deno.test("a batch that is refused moves neither weights nor slots nor the count of steps", async () => {
  for (const backend of ["wasm", "plain", "onnxruntime"]) {
    using m = sequential([
      input({ shape: [2], dtype: "int32" }),
      embedding({ inputDim: 4, outputDim: 3 }),
      flatten(),
      dense({ units: 1 }),
    ], { backend });
    m.compile({ optimizer: adam({ learningRate: 0.1 }), loss: "mse" });
    const target = tensor([[1]]), batch = (id: number) => tensor([0, id], [1, 2], "int32");
    await m.trainOnBatch(batch(1), target);
    const before = [values(m), m.trainingState()];
    await rejects(m.trainOnBatch(batch(9), target), /9/, backend);
    deepEqual([values(m), m.trainingState()], before, backend);
    await m.trainOnBatch(batch(2), target);
    equal(Number(m.trainingState().tensors["optimizer/iteration"]?.data[0]), 2);
  }
});

Deno.test("calls of a mode assemble its graph once", async () => {
  let built = 0;
  const counted: LayerDef<Readonly<Record<never, never>>, never> = {
    kind: "layer",
    name: "Counted",
    summary: "counts how often it is built",
    config: {},
    mask: "pass",
    params: () => ({}),
    build({ b, inputs }) {
      built++;
      return inputs.map((x) => b.identity(x));
    },
  };
  using m = sequential([input({ shape: [4] }), createLayer(counted, {}), dropout({ rate: 0.5 })]);
  m.compile({ loss: "mse" });
  const modes: [string, () => Promise<unknown>][] = [
    ["call", () => m.call(x)],
    ["call in training", () => m.call(x, { training: true })],
    ["activations", () => m.activations(x)],
    ["predict", () => m.predict(x)],
    ["draws", () => m.predict(x, { seed: 1 })],
    ["run", () => m.run({ [m.inputs[0]?.name ?? ""]: x })],
    ["testOnBatch", () => m.testOnBatch(x, x)],
    ["gradients", () => m.gradients(x, x)],
  ];
  for (const [name, call] of modes) {
    await call();
    const once = built;
    for (let i = 0; i < 3; i++) await call();
    equal(built, once, name);
  }
});
