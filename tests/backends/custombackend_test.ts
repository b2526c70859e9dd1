/** A stranger's backend, of a device that only answers later: the contract, and all that a model does on it. @module */
import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { delayedBackend } from "../../examples/custom-backend/backend.ts";
import { Device } from "../../examples/custom-backend/device.ts";
import {
  adam,
  dense,
  dropout,
  input,
  loadModel,
  lstm,
  type Model,
  type ModelOptions,
  registry,
  sequential,
  type Tensor,
  tensor,
} from "../../mod.ts";
import { earlyStopping, modelCheckpoint } from "../../public/callbacks.ts";
import { exponentialDecay } from "../../public/schedules.ts";
import { backendContract } from "../../plugins/backends/contract/mod.ts";
import { root } from "../support/sources.ts";

backendContract(delayedBackend(), Deno.test);

const x = tensor(new Float32Array(24 * 4).map((_, i) => Math.sin(i)), [24, 4]);
const y = tensor(new Float32Array(24).map((_, i) => i % 2), [24, 1]);
const quiet = { epochs: 2, batchSize: 8, verbose: 0 } as const;
const unsynced = {
  name: "LapisError",
  code: "unsynced",
  message: /backend delayed.*await model\.synced\(\) first/,
};

/** A model on the device, or one like it on the plain backend. */
function made(device: Device | undefined, options: ModelOptions = {}): Model {
  const own = device ? registry.with(delayedBackend(device)) : registry;
  const m = sequential(
    [
      input({ shape: [4], registry: own }),
      dense({ units: 6, activation: "tanh" }),
      dropout({ rate: 0.2 }),
      dense({ units: 1 }),
    ],
    { backend: device ? "delayed" : "plain", name: "m", registry: own, ...options },
  );
  m.compile({ optimizer: adam({ learningRate: 0.05 }), loss: "mse", metrics: ["mae"] });
  return m;
}
/** The same done on both; what it gives has to be equal. */
async function same(what: (m: Model) => Promise<unknown>, options: ModelOptions = {}): Promise<void> {
  const device = new Device();
  const [theirs, own] = [made(device, options), made(undefined, options)];
  deepEqual(await what(theirs), await what(own));
  await theirs.close();
  await own.close();
  await device.idle();
  equal(device.buffers, 0, "buffers left on the device");
}
const values = (m: Model) => [...m.weights].map(([path, t]) => [path, Array.from(t.data as Float32Array)]);

Deno.test("the example trains, says what to wait for, and tells its weights", async () => {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-read", "--allow-env", "examples/custom-backend/main.ts"],
    cwd: root,
  }).output();
  const text = new TextDecoder().decode(stdout);
  ok(success, new TextDecoder().decode(stderr));
  ok(
    /^loss 0\.\d+ at first, 0\.\d+ after 30 epochs\nunsynced: .*await model\.synced\(\) first\n/.test(text),
    text,
  );
  equal(text.trim().split("\n").length, 6);
});

Deno.test("what a model computes on a device that answers later is what it computes at home", async () => {
  await same(async (m) => {
    const { history } = await m.fit(x, y, { ...quiet, validationData: [x, y] });
    return [
      history,
      await m.evaluate(x, y),
      await m.predict(x),
      await m.predict(x, { seed: 3 }),
      await m.call(x, { training: true }),
      [...await m.activations(x)],
      await m.trainOnBatch(x, y),
      await m.testOnBatch(x, y),
      await m.gradients(x, y),
      await m.score(x, y),
      values(await m.synced()),
      m.trainingState(),
    ];
  });
});

Deno.test("files are written with what lies on the device", async () => {
  await same(async (m) => {
    await m.fit(x, y, quiet);
    await m.trainOnBatch(x, y);
    const date = new Date(0), formats = ["keras", "h5", "weights.h5", "safetensors", "onnx"];
    const files = [];
    for (const format of formats) files.push(await m.toBytes(format, format === "keras" ? { date } : {}));
    await m.trainOnBatch(x, y);
    return [...files, await m.toBytes("onnx", { graph: "training" })];
  });
});

Deno.test("what is synchronous is told once it was waited for, and until the next step", async () => {
  const device = new Device(), m = made(device), [layer] = m.layers;
  const all = [
    () => [...m.weights],
    () => m.weight("m/dense/kernel"),
    () => layer && m.weightOf(layer.layer, "kernel"),
    () => m.graph(),
    () => m.trainingGraph(),
    () => m.trainingState(),
    () => m.savedTraining()?.variables?.(),
  ];
  for (const ask of all) ask();
  for (let step = 0; step < 2; step++) {
    await m.trainOnBatch(x, y);
    for (const ask of all) throws(ask, unsynced);
    equal(m.learningRate, Math.fround(0.05));
    equal(await m.synced(), m);
    for (const ask of all) ask();
  }
  const first = values(m);
  await m.predict(x);
  deepEqual(values(m), first);
  await m.close();
});

Deno.test("closing brings what was trained home, also within `using`", async () => {
  const want = made(undefined);
  await want.fit(x, y, quiet);
  await want.trainOnBatch(x, y);
  const device = new Device(), kept: Model[] = [];
  const trained = async (m: Model) => {
    kept.push(m);
    await m.fit(x, y, quiet);
    await m.trainOnBatch(x, y);
  };
  const closed = made(device);
  await trained(closed);
  await closed.close();
  {
    await using m = made(device);
    await trained(m);
  }
  {
    using m = made(device);
    await trained(m);
  }
  throws(() => [...kept[2]?.weights ?? []], unsynced);
  await kept[2]?.synced();
  for (const m of kept) {
    deepEqual(values(m), values(want));
    deepEqual(m.trainingState().tensors, want.trainingState().tensors);
    await rejects(m.predict(x), { name: "BackendError", message: "the model was closed" });
    await m.close();
  }
  await device.idle();
  equal(device.buffers, 0);
});

Deno.test("a model that is closed in the middle of a step keeps the weights of whole steps", async () => {
  const device = new Device();
  const seen = new Set<string>();
  for (let turns = 0; turns < 8; turns++) {
    const m = made(device), running = m.fit(x, y, { ...quiet, epochs: 50 });
    for (let i = 0; i < 10 + 3 * turns; i++) await new Promise((go) => setTimeout(go));
    const closing = m.close();
    await rejects(running, { name: "BackendError", message: "the model was closed" });
    await closing;
    const step = Number(m.trainingState().tensors["optimizer/iteration"]?.data[0]);
    const like = made(undefined);
    let steps = 0;
    // The same steps at home, as many as the device has done.
    await like.fit(x, y, {
      ...quiet,
      epochs: 50,
      callbacks: [{ onBatchEnd: (_, __, run) => void (++steps === step && run.stop()) }],
    })
      .catch(() => undefined);
    if (step > 0) deepEqual(values(m), values(like), `after ${step} steps`);
    seen.add(`${step}`);
  }
  ok(seen.size > 1, `${[...seen]}`);
});

Deno.test("a file that is written during a fit holds one whole step", async () => {
  for (const backend of ["wasm", "plain", "onnxruntime", "delayed"]) {
    const own = registry.with(delayedBackend());
    const dropless = () => {
      const layers = [input({ shape: [4], registry: own }), dense({ units: 6 }), dense({ units: 1 })];
      const m = sequential(layers, { backend, name: "m", registry: own });
      m.compile({ optimizer: adam({ learningRate: 0.05 }), loss: "mse" });
      return m;
    };
    await using like = dropless();
    const steps = [values(like)];
    const onBatchEnd = async () => void steps.push(values(await like.synced()));
    await like.fit(x, y, { ...quiet, epochs: 8, callbacks: [{ onBatchEnd }] });
    await using m = dropless();
    let running = true;
    const fit = m.fit(x, y, { ...quiet, epochs: 8 }).finally(() => running = false);
    for (let files = 0; running || files === 0; files++) {
      const back = await loadModel(await m.toBytes("h5"));
      const step = Number(back.trainingState().tensors["optimizer/iteration"]?.data[0]);
      deepEqual(values(back), steps[step], `${backend}: step ${step}`);
      await new Promise((go) => setTimeout(go));
    }
    await fit;
  }
});

Deno.test("callbacks keep the best weights and write files", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await same(async (m) => {
      const path = `${folder}/${m.backend}.h5`;
      const callbacks = [
        earlyStopping({ monitor: "loss", patience: 1, restoreBestWeights: true }),
        modelCheckpoint({ path, monitor: "loss", saveBestOnly: true }),
      ];
      const { history } = await m.fit(x, y, { ...quiet, epochs: 6, callbacks });
      return [history, values(await m.synced()), await Deno.readFile(path)];
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("averages of weights, schedules, states of layers and a compilation anew", async () => {
  await same(async (m) => {
    m.compile({ optimizer: adam({ useEma: true, emaMomentum: 0.5 }), loss: "mse" });
    await m.fit(x, y, quiet);
    const averaged = values(await m.synced());
    const learningRate = exponentialDecay({ initialLearningRate: 0.1, decaySteps: 2, decayRate: 0.5 });
    m.compile({ optimizer: adam({ learningRate }), loss: "mae" });
    const { history } = await m.fit(x, y, quiet);
    await m.synced();
    const state = m.trainingState(), rate = m.learningRate;
    await m.fit(x, y, { ...quiet, epochs: 4, resumeFrom: state });
    return [averaged, history, rate, values(await m.synced()), m.trainingState()];
  });
  const states = async (device: Device | undefined) => {
    const own = device ? registry.with(delayedBackend(device)) : registry;
    const layers = [
      input({ shape: [3, 1], batchSize: 1, registry: own }),
      lstm({ units: 2, stateful: true }),
    ];
    await using m = sequential(layers, { backend: device ? "delayed" : "plain", name: "m", registry: own });
    m.compile({ loss: "mse" });
    const rows = tensor([[[1], [2], [3]]]), seen: unknown[] = [];
    for (let i = 0; i < 2; i++) {
      seen.push(await m.predict(rows), await m.trainOnBatch(rows, tensor([[0, 0]])));
    }
    m.resetStates();
    seen.push(await m.predict(rows), (await m.synced()).trainingState().tensors);
    return seen;
  };
  deepEqual(await states(new Device()), await states(undefined));
});

Deno.test("calls overlap as on other engines", async () => {
  const device = new Device(), m = made(device), paths = [...m.weights.keys()], kernel = paths[2] ?? "";
  for (let turns = 0; turns < 12; turns += 3) {
    const other = made(device), first = other.predict(x);
    for (let i = 0; i < turns; i++) {
      await (turns % 2 ? Promise.resolve() : new Promise((go) => setTimeout(go)));
    }
    other.setWeight(kernel, tensor(new Float32Array(6), [6, 1]));
    await first;
    const { data } = await other.predict(x) as Tensor;
    ok((data as Float32Array).every((v) => v === 0), `${turns} turns`);
    await other.close();
  }
  const rows = tensor(new Float32Array(24 * 4).fill(0.5), [24, 4]);
  const running = m.fit(x, y, { ...quiet, epochs: 10 }), seen = new Set<number>();
  await rejects(m.fit(x, y, quiet), /can't fit while fit runs/);
  throws(() => m.compile({ loss: "mae" }), /can't compile while fit runs/);
  for (let i = 0; i < 6; i++) {
    const { data } = await m.predict(rows, { batchSize: 4 }) as Tensor;
    equal(new Set(data as Float32Array).size, 1);
    seen.add(Number(data[0]));
    const read = new Map((await m.synced()).weights);
    equal(read.size, 4);
  }
  await running;
  ok(seen.size > 1);
  await m.close();
});

Deno.test("another engine takes over what lies on the device, and the other way round", async () => {
  await same(async (m) => {
    await m.fit(x, y, quiet);
    await m.fit(x, y, { ...quiet, backend: "wasm" });
    await m.fit(x, y, quiet);
    return values(await m.synced());
  });
});

Deno.test("a device that fails while it is read loses nothing silently", async () => {
  class Failing extends Device {
    broken = false;
    override download(...given: Parameters<Device["download"]>): ReturnType<Device["download"]> {
      return this.broken ? Promise.reject(new Error("the device was lost")) : super.download(...given);
    }
  }
  const device = new Failing(), m = made(device);
  await m.trainOnBatch(x, y);
  device.broken = true;
  await rejects(m.synced(), /the device was lost/);
  await rejects(m.close(), /the device was lost/);
  throws(() => [...m.weights], { name: "BackendError", message: /"m\/dense\/kernel" was lost/ });
  await rejects(m.toBytes("h5"), /lost/);
});
