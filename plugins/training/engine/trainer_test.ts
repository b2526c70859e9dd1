/** Training: it learns, seeds fix everything, resuming is exact, and what doesn't fit is refused by name. @module */
import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import {
  adam,
  apply,
  type Callback,
  ConfigError,
  dense,
  dropout,
  embedding,
  input,
  InputError,
  loadModel,
  lstm,
  type Model,
  model,
  sequential,
  type Tensor,
  tensor,
  type TrainingState,
} from "../../../mod.ts";
import { earlyStopping } from "../../../public/callbacks.ts";
import { sgd } from "../../../public/optimizers.ts";
import { l2 } from "../../../public/regularizers.ts";
import { toNumbers } from "../../../public/tensors.ts";

const backend = "plain", verbose = 0;
const numbers = (t: Tensor | Tensor[] | undefined) => Array.from(toNumbers(t as Tensor));
const xor = { x: [[0, 0], [0, 1], [1, 0], [1, 1]], y: [0, 1, 1, 0] };

/** 64 points and whether they lie inside a ring. */
const points = Array.from({ length: 64 }, (_, i) => [Math.sin(i * 1.7), Math.cos(i * 2.3)]);
const inside: number[] = points.map(([a = 0, b = 0]) => (a * a + b * b < 0.8 ? 1 : 0));
function classifier(options: { seed?: number; backend?: string } = {}): Model {
  const net = sequential([
    input({ shape: [2] }),
    dense({ units: 8, activation: "tanh" }),
    dropout({ rate: 0.25 }),
    dense({ units: 2, activation: "softmax" }),
  ], { backend, seed: 3, name: "net", ...options });
  net.compile({
    optimizer: adam({ learningRate: 0.05 }),
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy", "macroF1"],
  });
  return net;
}
const bits = (m: Model) => [...m.weights].map(([path, t]) => [path, numbers(t)]);

Deno.test("XOR is learnt on every engine", async () => {
  for (const engine of ["plain", "wasm"]) {
    const net = sequential([
      input({ shape: [2] }),
      dense({ units: 8, activation: "tanh" }),
      dense({ units: 1, activation: "sigmoid" }),
    ], { backend: engine, seed: 1 });
    net.compile({
      optimizer: adam({ learningRate: 0.1 }),
      loss: "binaryCrossentropy",
      metrics: ["accuracy"],
    });
    const history = await net.fit(xor.x, xor.y, { epochs: 60, verbose });
    deepEqual(numbers(await net.predictClasses(xor.x)), xor.y);
    equal(history.epoch.length, 60);
    equal(history.history.accuracy?.at(-1), 1);
    ok((history.history.loss?.at(-1) ?? 1) < 0.1);
    equal(await net.score(xor.x, xor.y), 1);
    const { loss } = await net.evaluate(xor.x, xor.y);
    ok((loss ?? 1) < 0.1);
  }
});

Deno.test("a seed fixes the order and the dropped units, another seed changes them", async () => {
  const run = async (seed: number) => {
    const net = classifier();
    await net.fit(points, inside, { batchSize: 10, epochs: 2, seed, verbose });
    return bits(net);
  };
  const first = await run(5);
  deepEqual(await run(5), first);
  ok(JSON.stringify(await run(6)) !== JSON.stringify(first));
});

Deno.test("a fit resumed after any epoch ends with the bits of an unbroken one", async () => {
  const options = { batchSize: 10, epochs: 4, seed: 9, verbose } as const;
  const stopping = () => earlyStopping({ monitor: "loss", patience: 9, restoreBestWeights: true });
  const whole = classifier();
  const states: { state: TrainingState; weights: Map<string, Tensor> }[] = [];
  const watch: Callback = {
    onEpochEnd: (_, __, run) => void states.push({ state: run.state(), weights: new Map(run.model.weights) }),
  };
  const history = await whole.fit(points, inside, {
    ...options,
    validationSplit: 0.25,
    callbacks: [stopping(), watch],
  });
  for (const { state, weights } of states.slice(0, 3)) {
    const again = classifier();
    for (const [path, value] of weights) again.setWeight(path, value);
    // What a file can hold.
    const json = JSON.parse(JSON.stringify(state.json));
    const continued = await again.fit(points, inside, {
      ...options,
      validationSplit: 0.25,
      callbacks: [stopping()],
      resumeFrom: { json, tensors: state.tensors },
    });
    deepEqual(bits(again), bits(whole));
    deepEqual(continued.history, history.history);
    deepEqual(continued.epoch, [0, 1, 2, 3]);
  }
});

Deno.test("a saved model goes on with its optimizer and its state", async () => {
  const options = { batchSize: 10, seed: 9, verbose } as const;
  const whole = classifier();
  await whole.fit(points, inside, { ...options, epochs: 3 });
  const half = classifier();
  await half.fit(points, inside, { ...options, epochs: 1 });
  const loaded = await loadModel(await half.toBytes("keras"), { backend });
  ok(loaded.compiled);
  deepEqual(bits(loaded), bits(half));
  await loaded.fit(points, inside, { ...options, epochs: 3, resumeFrom: loaded.trainingState() });
  deepEqual(bits(loaded), bits(whole));
});

Deno.test("a source of batches trains as arrays do, and one that can't be begun anew is refused", async () => {
  const cut = (at: number) => [points.slice(at, at + 16), inside.slice(at, at + 16)] as const;
  const batches = async function* () {
    for (let at = 0; at < 64; at += 16) yield await Promise.resolve(cut(at));
  };
  const arrays = classifier(), source = classifier();
  await arrays.fit(points, inside, { batchSize: 16, epochs: 2, shuffle: false, verbose });
  await source.fit(batches, { epochs: 2, verbose });
  deepEqual(bits(source), bits(arrays));
  const once = classifier();
  await rejects(once.fit(batches(), { epochs: 2, verbose }), /no batches in epoch 2; give a function/);
  const resumeFrom = source.trainingState();
  await rejects(classifier().fit(batches(), { resumeFrom, verbose }), /can't be sought/);
});

Deno.test("what doesn't fit is refused by name", async () => {
  const net = classifier();
  await rejects(net.fit(points, inside.with(7, 5), { verbose }), {
    name: "InputError",
    message: /label 5 of sample 7 is outside the 2 classes/,
  });
  await rejects(net.fit(points, inside.slice(1), { verbose }), /has 63 samples, the inputs have 64/);
  await rejects(net.fit(points, inside, { batchSize: 0, verbose }), InputError);
  await rejects(
    net.fit(points, inside, { batchSize: NaN, verbose }),
    /batchSize: expected 1 or more, got NaN/,
  );
  await rejects(
    net.fit(points, inside, { epochs: -1, verbose }),
    /epochs: expected a whole number from 0, got -1/,
  );
  await rejects(
    net.fit(points, inside, { classWeight: JSON.parse('{"a":2}'), verbose }),
    /classWeight: .* got \{"a":2\}/,
  );
  await rejects(net.predict(JSON.parse("null")), /input "input_layer" is missing/);
  throws(() => net.compile({ loss: "meanSquaredEror" }), /did you mean meanSquaredError/);
  throws(() => net.compile({ optimizer: adam({ learningRate: -1 }), loss: "mse" }), ConfigError);
  throws(() => net.compile({ loss: { other: "mse" } }), /no output is named "other"/);
  const plain = sequential([input({ shape: [2] }), dense({ units: 1 })], { backend });
  await rejects(plain.fit(points, inside, { verbose }), /is not compiled/);
  plain.compile({ loss: "categoricalCrossentropy" });
  await rejects(
    classifier().fit(points, inside, { callbacks: [earlyStopping()], verbose }),
    /gives no "valLoss"; it gives loss, accuracy, macroF1/,
  );
});

Deno.test("labels for categorical cross-entropy say which loss they go with", async () => {
  const net = classifier();
  net.compile({ loss: "categoricalCrossentropy" });
  await rejects(net.fit(points, inside, { verbose }), /sparseCategoricalCrossentropy/);
});

Deno.test("several inputs, outputs and weighted losses", async () => {
  const a = input({ shape: [2], name: "a" }), b = input({ shape: [3], name: "b" });
  const shared = dense({ units: 4, activation: "tanh", name: "shared" });
  const p = apply(dense({ units: 1, name: "p" }), apply(shared, a));
  const q = apply(dense({ units: 2, activation: "softmax", name: "q" }), b);
  const net = model({ inputs: [a, b], outputs: [p, q], backend });
  net.compile({
    optimizer: "sgd",
    loss: { p: "mse", q: "sparseCategoricalCrossentropy" },
    lossWeights: { p: 0.5, q: 2 },
    metrics: { q: ["accuracy"] },
  });
  const x = { a: points, b: points.map(([u = 0, v = 0]) => [u, v, u * v]) }, y = { p: inside, q: inside };
  const logs = await net.evaluate(x, y);
  deepEqual(Object.keys(logs), ["loss", "pLoss", "qLoss", "qAccuracy"]);
  ok(Math.abs((logs.loss ?? 0) - 0.5 * (logs.pLoss ?? 0) - 2 * (logs.qLoss ?? 0)) < 1e-6);
  const { history } = await net.fit(x, y, { epochs: 3, verbose });
  ok((history.loss?.[2] ?? 9) < (history.loss?.[0] ?? 0));
});

Deno.test("weights of samples and classes are the losses' factors", async () => {
  const one = () => {
    const m = sequential([input({ shape: [1] }), dense({ units: 1, useBias: false })], {
      backend,
      name: "m",
    });
    m.setWeight("m/dense/kernel", tensor([[1]]));
    m.compile({ optimizer: sgd({ learningRate: 0 }), loss: "mse" });
    return m;
  };
  const x = [[1], [2], [3]], y = [0, 0, 1];
  equal((await one().trainOnBatch(x, y)).loss, Math.fround((1 + 4 + 4) / 3));
  equal((await one().trainOnBatch(x, y, { sampleWeight: [1, 0, 2] })).loss, 3);
  equal((await one().testOnBatch(x, y, { classWeight: { 1: 3 } })).loss, Math.fround(17 / 3));
  const { history } = await one().fit(x, y, { classWeight: { 0: 2 }, sampleWeight: [1, 1, 0.5], verbose });
  equal(history.loss?.[0], 4);
});

Deno.test("frozen layers stay, and penalties and bounds are of their weights", async () => {
  const net = sequential([
    input({ shape: [2] }),
    dense({ units: 3, trainable: false, name: "frozen" }),
    dense({ units: 1, kernelRegularizer: l2({ l2: 0.5 }), kernelConstraint: "nonNeg", name: "free" }),
  ], { backend, name: "n" });
  net.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: "mse" });
  const before = new Map(net.weights), kernel = numbers(before.get("n/free/kernel"));
  const mse = sequential([input({ shape: [2] }), dense({ units: 3 }), dense({ units: 1 })], { backend });
  mse.compile({ loss: "mse" });
  [...mse.weights.keys()].forEach((path, i) => mse.setWeight(path, [...before.values()][i] as Tensor));
  const bare = (await mse.evaluate(points, inside)).loss ?? 0;
  const penalised = (await net.evaluate(points, inside)).loss ?? 0;
  ok(Math.abs(penalised - bare - 0.5 * kernel.reduce((s, w) => s + w * w, 0)) < 1e-5);
  await net.fit(points, inside, { epochs: 2, verbose });
  deepEqual(net.weights.get("n/frozen/kernel"), before.get("n/frozen/kernel"));
  ok(numbers(net.weights.get("n/free/kernel")).every((w) => w >= 0));
});

Deno.test("a mask keeps padding out of the loss and the metrics", async () => {
  const build = (maskZero: boolean) => {
    const m = sequential([
      input({ shape: [null], dtype: "int32" }),
      embedding({ inputDim: 5, outputDim: 3, maskZero }),
      lstm({ units: 4, returnSequences: true }),
      dense({ units: 2, activation: "softmax" }),
    ], { backend, seed: 2, name: "m" });
    m.compile({ optimizer: "sgd", loss: "sparseCategoricalCrossentropy", metrics: ["accuracy"] });
    return m;
  };
  const masked = build(true), short = build(false);
  const whole = await masked.evaluate([[1, 2, 3, 0, 0]], [[0, 1, 0, 1, 1]]);
  const cut = await short.evaluate([[1, 2, 3]], [[0, 1, 0]]);
  ok(Math.abs((whole.loss ?? 0) - (cut.loss ?? 1)) < 1e-6);
  equal(whole.accuracy, cut.accuracy);
});

Deno.test("states of stateful layers are part of a saved state", async () => {
  const build = () => {
    const m = sequential([
      input({ shape: [3, 2], batchSize: 2 }),
      lstm({ units: 3, stateful: true }),
      dense({ units: 1 }),
    ], { backend, seed: 4, name: "s" });
    m.compile({ optimizer: "adam", loss: "mse" });
    return m;
  };
  const x = points.slice(0, 24).reduce<number[][][]>(
    (all, p, i) => (i % 3 === 0 ? [...all, [p]] : [...all.slice(0, -1), [...all.at(-1) ?? [], p]]),
    [],
  );
  const y = x.map((_, i) => i % 3), options = { batchSize: 2, shuffle: false, verbose } as const;
  const whole = build(), half = build();
  await whole.fit(x, y, { ...options, epochs: 2 });
  await half.fit(x, y, { ...options, epochs: 1 });
  const again = build(), state = half.trainingState();
  for (const [path, value] of half.weights) again.setWeight(path, value);
  await again.fit(x, y, { ...options, epochs: 2, resumeFrom: state });
  deepEqual(bits(again), bits(whole));
});

Deno.test("the rate is changed without a new compilation; a schedule's can't be", async () => {
  const net = classifier();
  await net.trainOnBatch(points, inside);
  ok(Math.abs(net.learningRate - 0.05) < 1e-7);
  net.learningRate = 0;
  const before = bits(net);
  await net.trainOnBatch(points, inside);
  deepEqual(bits(net), before);
  net.compile({
    optimizer: sgd({
      learningRate: {
        class_name: "ExponentialDecay",
        config: { initial_learning_rate: 1, decay_steps: 1, decay_rate: 0.5 },
      } as never,
    }),
    loss: "sparseCategoricalCrossentropy",
  });
  equal(net.learningRate, 1);
  await net.trainOnBatch(points, inside);
  equal(net.learningRate, 0.5);
  throws(() => net.learningRate = 1, /has a schedule/);
});

Deno.test("the training step is one graph that runs on a session of its own", async () => {
  const net = sequential([input({ shape: [2], name: "x" }), dense({ units: 1, name: "d" })], {
    backend,
    name: "m",
  });
  net.compile({ optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }), loss: "mse" });
  const graph = net.trainingGraph();
  deepEqual(graph.inputs.filter((i) => i.role === "slot").map((i) => i.name), [
    "optimizer/iteration",
    "optimizer/learning_rate",
    "optimizer/m/d/kernel/momentum",
    "optimizer/m/d/bias/momentum",
  ]);
  deepEqual(graph.outputs.map((o) => o.updates ?? o.name), [
    "loss",
    "optimizer/m/d/kernel/momentum",
    "m/d/kernel",
    "optimizer/m/d/bias/momentum",
    "m/d/bias",
    "optimizer/iteration",
  ]);
  const fed = { x: tensor(points), "target/d": tensor(inside.map((v) => [v])) };
  for (const engine of ["plain", "wasm"]) {
    const session = await net.registry.get("backend", engine).compile(graph, { registry: net.registry });
    const first = await session.run(fed), second = await session.run(fed);
    ok(numbers(second.loss as Tensor)[0] as number < (numbers(first.loss as Tensor)[0] as number));
    deepEqual(numbers(await session.read("optimizer/iteration")), [2]);
    session.close();
  }
});

Deno.test("a model without an input is compiled before its data tells its shapes", async () => {
  const net = sequential([dense({ units: 1 })], { backend });
  net.compile({ optimizer: "sgd", loss: "mse" });
  const { history } = await net.fit(points, inside, { epochs: 2, verbose });
  equal(history.loss?.length, 2);
});
