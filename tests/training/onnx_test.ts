/** A step of training as an ONNX file: onnxruntime alone, fed with what each step left, trains as we do for 100 steps. @module */
import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import {
  adam,
  dense,
  dropout,
  embedding,
  flatten,
  input,
  lstm,
  type Model,
  registry,
  sequential,
  type Tensor,
  tensor,
} from "../../mod.ts";
import { batchNormalization, conv2d, maxPooling2d } from "../../public/layers.ts";
import { sgd } from "../../public/optimizers.ts";
import { sizeOf, toNumbers } from "../../public/tensors.ts";
import { readOnnx } from "../../io/onnx/mod.ts";
import { loadEngine } from "../../plugins/backends/onnxruntime/engine.ts";
import type { EngineTensor } from "../../plugins/backends/onnxruntime/native.ts";
import { fromEngine, toEngine } from "../../plugins/backends/onnxruntime/tensors.ts";
import { l2 } from "../../public/regularizers.ts";
import { cosineDecay } from "../../public/schedules.ts";

const steps = 100;
const waves = (shape: readonly number[], k: number): Tensor =>
  tensor(Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i * k + k)), shape);
const classes = (shape: readonly number[], count: number, k: number): Tensor =>
  tensor(
    Int32Array.from({ length: sizeOf(shape) }, (_, i) => Math.abs(Math.sin(i * k + 1)) * count * 0.999),
    shape,
    "int32",
  );
const options = { backend: "wasm", seed: 3, name: "net" } as const;
type Batch = readonly [x: Tensor, y: Tensor];

/** Between them: dropout, a schedule, penalties, statistics, decay, masks, clipping, accumulation and averages. */
const nets: Readonly<Record<string, { make(): Model; batch(step: number): Batch }>> = {
  "an MLP": {
    make() {
      const net = sequential([
        input({ shape: [20] }),
        dense({ units: 32, activation: "relu", kernelRegularizer: l2({ l2: 1e-3 }) }),
        dropout({ rate: 0.3 }),
        dense({ units: 4, activation: "softmax" }),
      ], options);
      const learningRate = cosineDecay({ initialLearningRate: 1e-2, decaySteps: 80 });
      net.compile({ optimizer: adam({ learningRate }), loss: "sparseCategoricalCrossentropy" });
      return net;
    },
    batch: (i) => [waves([16, 20], 0.7 + i % 5), classes([16], 4, 0.3 + i % 5)],
  },
  "a CNN": {
    make() {
      const net = sequential([
        input({ shape: [12, 12, 3] }),
        conv2d({ filters: 8, kernelSize: 3, padding: "same", useBias: false }),
        batchNormalization(),
        maxPooling2d({ poolSize: 2 }),
        conv2d({ filters: 8, kernelSize: 3, activation: "relu" }),
        flatten(),
        dense({ units: 5, activation: "softmax" }),
      ], options);
      const optimizer = sgd({ learningRate: 2e-3, momentum: 0.9, nesterov: true, weightDecay: 1e-3 });
      net.compile({ optimizer, loss: "sparseCategoricalCrossentropy" });
      return net;
    },
    batch: (i) => [waves([8, 12, 12, 3], 0.37 + i % 4), classes([8], 5, 0.3 + i % 4)],
  },
  "an LSTM": {
    make() {
      const net = sequential([
        input({ shape: [null], dtype: "int32" }),
        embedding({ inputDim: 30, outputDim: 8, maskZero: true }),
        lstm({ units: 12, dropout: 0.1 }),
        dense({ units: 2, activation: "softmax" }),
      ], options);
      const optimizer = adam({
        learningRate: 5e-3,
        globalClipNorm: 0.5,
        gradientAccumulationSteps: 2,
        useEma: true,
        emaOverwriteFrequency: 10,
      });
      net.compile({ optimizer, loss: "sparseCategoricalCrossentropy" });
      return net;
    },
    batch: (i) => [classes([8, 7 + i % 3], 30, 0.37 + i % 4), classes([8], 2, 1.3 + i % 3)],
  },
};

async function lossesOf(net: Model, batch: (step: number) => Batch): Promise<number[]> {
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) losses.push((await net.trainOnBatch(...batch(i))).loss ?? NaN);
  return losses;
}
/** What any program does with the two files. */
async function trainedElsewhere(net: Model, batch: (step: number) => Batch): Promise<number[]> {
  const engine = await loadEngine(), quiet = { logSeverityLevel: 4 };
  const file = await net.toBytes("onnx", { graph: "training" });
  const start = await net.toBytes("onnx", { graph: "initial" });
  const { updates } = JSON.parse(readOnnx(file, { registry }).metadata["lapis.roles"] ?? "") as {
    updates: Record<string, string>;
  };
  const first = await engine.InferenceSession.create(start, quiet);
  const step = await engine.InferenceSession.create(file, quiet);
  const state: Record<string, EngineTensor> = { ...await first.run({}) };
  const [x = "", y = ""] = [net.inputs[0]?.name, `target/${net.outputs[0]?.name}`];
  deepStrictEqual([...step.inputNames].sort(), [x, y, ...Object.keys(state)].sort());
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) {
    const [bx, by] = batch(i);
    const results = await step.run({ ...state, [x]: toEngine(engine, bx), [y]: toEngine(engine, by) });
    for (const [output, of] of Object.entries(updates)) state[of] = results[output] as EngineTensor;
    losses.push(toNumbers(fromEngine(results.loss as EngineTensor, "loss"))[0] ?? NaN);
  }
  await first.release();
  await step.release();
  return losses;
}
const largest = (a: readonly number[], b: readonly number[]) =>
  Math.max(...a.map((v, i) => Math.abs(v - (b[i] ?? NaN))));

for (const [name, { make, batch }] of Object.entries(nets)) {
  Deno.test(`${name} saved as ONNX trains in onnxruntime as here for ${steps} steps`, async () => {
    using net = make();
    const theirs = await trainedElsewhere(net, batch), ours = await lossesOf(net, batch);
    // An engine rounds each step anew, as if weights were one unit in the last place apart: what a single such change at
    // the start comes to, once for every step, is what two engines may differ by.
    using moved = make();
    for (const [path, value] of moved.weights) {
      const data = Float32Array.from(
        toNumbers(value),
        (v, i) => v * (1 + (i % 2 === 0 ? 2 ** -23 : -(2 ** -23))),
      );
      moved.setWeight(path, { ...value, data });
    }
    const one = Math.max(largest(await lossesOf(moved, batch), ours), 2 ** -23);
    ok(one < 1e-3, `one unit in the last place comes to ${one}`);
    const apart = largest(theirs, ours);
    ok(apart <= steps * one, `losses are ${apart} apart, ${steps * one} are allowed`);
    ok((ours.at(-1) ?? NaN) !== ours[0]);
  });
}

Deno.test("a file of a step goes on from where training stands, and says what it replaces", async () => {
  const { make, batch } = nets["an MLP"] as (typeof nets)[string];
  using net = make();
  await lossesOf(net, batch);
  const { graph } = readOnnx(await net.toBytes("onnx", { graph: "initial" }), { registry });
  deepStrictEqual(graph.inputs.filter((i) => i.role === "data"), []);
  deepStrictEqual(
    graph.outputs.map((o) => o.name).sort(),
    net.trainingGraph().inputs.filter((i) => i.value && i.role !== "constant").map((i) => i.name).sort(),
  );
  strictEqual(await counted(net), steps);
  const bare = sequential([input({ shape: [2] }), dense({ units: 1 })]);
  await rejects(bare.toBytes("onnx", { graph: "training" }), /is not compiled/);
});
/** The steps done, as the file of first values has them. */
async function counted(net: Model): Promise<number> {
  const { InferenceSession } = await loadEngine();
  const session = await InferenceSession.create(await net.toBytes("onnx", { graph: "initial" }), {
    logSeverityLevel: 4,
  });
  const count = (await session.run({}))["optimizer/iteration"] as EngineTensor;
  await session.release();
  return Number(toNumbers(fromEngine(count, "count"))[0]);
}
