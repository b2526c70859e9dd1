/** Going on: wherever names of layers changed, states find their weights or are refused; and a fit leaves others their turn. @module */
import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import {
  adam,
  type Callback,
  dense,
  dropout,
  type FitOptions,
  input,
  loadModel,
  lstm,
  type Model,
  type Nested,
  sequential,
  type Tensor,
  tensor,
  type TrainingState,
} from "../../../mod.ts";
import { earlyStopping, modelCheckpoint, reduceLearningRateOnPlateau } from "../../../public/callbacks.ts";
import { batchNormalization, bidirectional, gru } from "../../../public/layers.ts";
import { f1 as f1Metric } from "../../../public/metrics.ts";
import { toNumbers } from "../../../public/tensors.ts";

const x = Array.from({ length: 24 }, (_, i) => [[Math.sin(i)], [Math.cos(2 * i)], [Math.sin(3 * i)]]);
const y = x.map(([a = []], i) => [(a[0] ?? 0) * (i % 3)]);
const options = { batchSize: 6, seed: 3, verbose: 0 } as const;
/** Both ways, with a state that lasts; `inner` names the recurrent layer. */
function net(inner?: string, units = 2): Model {
  const made = sequential([
    input({ shape: [3, 1], batchSize: 6 }),
    bidirectional(lstm({ units, stateful: true, ...(inner !== undefined && { name: inner }) })),
    dense({ units: 1 }),
  ], { backend: "plain", seed: 5, name: "m" });
  made.compile({ optimizer: "adam", loss: "mse" });
  return made;
}
const stopping = () => earlyStopping({ monitor: "loss", patience: 9, restoreBestWeights: true });
const bits = (m: Model) => [...m.weights.values()];

/** A state after `epochs` epochs, and the weights of that moment. */
async function half(of: Model, epochs: number): Promise<readonly [TrainingState, readonly Tensor[]]> {
  let held: readonly [TrainingState, readonly Tensor[]] | undefined;
  const keep: Callback = { onEpochEnd: (_, __, run) => void (held = [run.state(), bits(of)]) };
  await of.fit(x, y, { ...options, epochs, callbacks: [stopping(), keep] });
  if (!held) throw new Error("no epoch ended");
  return held;
}

Deno.test("a state goes on in a model whose inner layers have other names", async () => {
  const whole = net();
  await whole.fit(x, y, { ...options, epochs: 4, callbacks: [stopping()] });
  const [resumeFrom, weights] = await half(net(), 2), other = net("recurrent");
  ok([...other.weights.keys()].every((path) => !path.includes("forward_lstm")));
  [...other.weights.keys()].forEach((path, i) => other.setWeight(path, weights[i] as Tensor));
  await other.fit(x, y, { ...options, epochs: 4, callbacks: [stopping()], resumeFrom });
  deepStrictEqual(bits(other), bits(whole));
});

Deno.test("a state of another model is refused by the name of what it has no place for", async () => {
  const [resumeFrom] = await half(net(), 1);
  await rejects(net(undefined, 3).fit(x, y, { ...options, resumeFrom }), {
    name: "InputError",
    message: /a variable of the optimizer is "optimizer\/m\/.*kernel_?\/?momentum" \[1, 8\]/,
  });
  const { "optimizer/iteration": _, ...tensors } = resumeFrom.tensors;
  await rejects(
    net().fit(x, y, { ...options, resumeFrom: { ...resumeFrom, tensors } }),
    /variable of the optimizer "optimizer\/iteration" is missing/,
  );
});

Deno.test("names of weights stay when a model goes through a file of Keras", async () => {
  const model = sequential([
    input({ shape: [5, 3] }),
    bidirectional(lstm({ units: 2, returnSequences: true })),
    bidirectional(gru({ units: 2, name: "own", goBackwards: true })),
  ], { backend: "plain" });
  for (const kerasVersion of [2, 3] as const) {
    for (const ending of ["keras", "h5"]) {
      const once = await loadModel(await model.toBytes(ending, { kerasVersion }));
      const twice = await loadModel(await once.toBytes(ending, { kerasVersion }));
      deepStrictEqual([...once.weights.keys()], [...model.weights.keys()], `${ending} ${kerasVersion}`);
      deepStrictEqual([...twice.weights.keys()], [...model.weights.keys()], `${ending} ${kerasVersion}`);
    }
  }
});

Deno.test("timers run while a fit computes, and while it validates", async () => {
  const model = sequential([input({ shape: [64] }), dense({ units: 64 }), dense({ units: 1 })], {
    backend: "wasm",
  });
  model.compile({ optimizer: "sgd", loss: "mse" });
  const rows = Array.from({ length: 512 }, (_, i) => Array.from({ length: 64 }, (_, k) => Math.sin(i * k)));
  const targets = rows.map(() => [1]);
  /** Ticks of a timer in a fit of 400 ms or more, and its milliseconds. */
  const fitted = async (more: FitOptions): Promise<readonly [ticks: number, time: number]> => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 5), began = performance.now();
    const late: Callback = {
      onEpochEnd: (_, __, run) => void (performance.now() - began > 400 && run.stop()),
    };
    await model.fit(rows, targets, { batchSize: 4, epochs: 1e6, verbose: 0, callbacks: [late], ...more });
    clearInterval(timer);
    return [ticks, performance.now() - began];
  };
  for (const more of [{}, { validationData: [rows, targets] as const }]) {
    // At most 50 ms of steps lie between two turns; others that use the machine may take some of them.
    const tries = [await fitted(more), await fitted(more), await fitted(more)];
    ok(tries.every(([ticks]) => ticks > 0), `${tries}`);
    ok(tries.some(([ticks, time]) => ticks >= time / 100), `${tries}`);
  }
});

const data = {
  x: tensor(Float32Array.from({ length: 15 }, (_, i) => Math.sin(i)), [5, 3]),
  y: tensor(Float32Array.from({ length: 5 }, (_, i) => Math.cos(i)), [5, 1]),
};
const keras2 = new URL("../../../tests/fixtures/keras2-optimizers/", import.meta.url);
const resumed: Record<string, { losses: number[]; weights: Nested[] }> = JSON.parse(
  await Deno.readTextFile(new URL("resumed.json", keras2)),
);
for (const [name, { losses, weights }] of Object.entries(resumed)) {
  Deno.test(`${name} goes on from Keras 2's .h5 as tf-keras does, and from what we write of it`, async () => {
    const steps = async (m: Model): Promise<number[]> => {
      const out: number[] = [];
      for (let i = 0; i < 3; i++) out.push((await m.trainOnBatch(data.x, data.y)).loss ?? NaN);
      return out;
    };
    const read = async (from: URL | Uint8Array) => await loadModel(from, { backend: "plain" });
    const model = await read(new URL(`${name}.h5`, keras2)),
      bytes = await model.toBytes("h5", { kerasVersion: 2 });
    const ours = await steps(model);
    // Three steps of two small products, some ten roundings each.
    ours.forEach((v, i) => ok(Math.abs(v - (losses[i] ?? NaN)) <= 30 * 2 ** -23, `${v}, ${losses[i]}`));
    [...model.weights.values()].forEach((t, i) => {
      const wanted = toNumbers(tensor(weights[i] ?? []));
      toNumbers(t).forEach((v, k) => ok(Math.abs(v - (wanted[k] ?? NaN)) <= 30 * 2 ** -23));
    });
    for (const again of [bytes, await (await read(bytes)).toBytes("keras")]) {
      deepStrictEqual(await steps(await read(again)), ours);
    }
  });
}

Deno.test("a rate that was lowered is the rate in files of Keras 2, which have no other place for it", async () => {
  const model = net();
  await model.fit(x, y, { ...options });
  model.learningRate = 0.0002;
  for (const kerasVersion of [2, 3] as const) {
    for (const ending of ["h5", "keras"]) {
      const again = await loadModel(await model.toBytes(ending, { kerasVersion }), { backend: "plain" });
      strictEqual(again.learningRate, model.learningRate);
    }
  }
});

Deno.test("metrics keep the names that they were asked for by, so that callbacks find them after a resume", async () => {
  const model = sequential([input({ shape: [3] }), dense({ units: 4, activation: "softmax" })]);
  model.compile({
    optimizer: "sgd",
    loss: "sparseCategoricalCrossentropy",
    metrics: ["acc", "top3", f1Metric({ average: "macro", name: "mine" }), "sparse_categorical_crossentropy"],
  });
  const [px, py] = [[[1, 2, 3], [3, 2, 1]], [0, 3]], names = Object.keys(await model.evaluate(px, py));
  deepStrictEqual(names, ["loss", "acc", "top3", "mine", "sparseCategoricalCrossentropy"]);
  for (const ending of ["keras", "h5"]) {
    const again = await loadModel(await model.toBytes(ending));
    // Keras' own .h5 has no place for what Keras doesn't know.
    const wanted = ending === "keras" ? names : names.filter((n) => n !== "mine");
    deepStrictEqual(Object.keys(await again.evaluate(px, py)), wanted);
  }
});

Deno.test("a fit goes on exactly after any epoch, its last one too, wherever its checkpoint stands in the list", async () => {
  const folder = await Deno.makeTempDir();
  const callbacks = (name: string) => [
    modelCheckpoint({ path: `${folder}/${name}-{epoch:02d}.keras` }),
    reduceLearningRateOnPlateau({ monitor: "loss", patience: 0, factor: 0.5, minDelta: 0.05, cooldown: 1 }),
    earlyStopping({ monitor: "valLoss", patience: 2, restoreBestWeights: true }),
  ];
  const model = sequential([
    input({ shape: [3, 1], batchSize: 6 }),
    lstm({ units: 4, stateful: true, dropout: 0.2 }),
    batchNormalization(),
    dropout({ rate: 0.3 }),
    dense({ units: 1 }),
  ], { backend: "wasm", seed: 5, name: "m" });
  const learning = { learningRate: 0.05, useEma: true, gradientAccumulationSteps: 2 };
  model.compile({ optimizer: adam(learning), loss: "mse" });
  const all = { ...options, epochs: 12, validationData: [x.slice(0, 6), y.slice(0, 6)] as const };
  try {
    const { epoch, history } = await model.fit(x, y, { ...all, callbacks: callbacks("whole") });
    ok(epoch.length < 12, "the fit is stopped early");
    for (const done of epoch) {
      const file = `${folder}/whole-${`${done + 1}`.padStart(2, "0")}.keras`;
      const again = await loadModel(file, { backend: "wasm" });
      const resumeFrom = again.trainingState();
      const found = await again.fit(x, y, { ...all, callbacks: callbacks("again"), resumeFrom });
      deepStrictEqual(bits(again), bits(model), file);
      deepStrictEqual(found.history, history);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
