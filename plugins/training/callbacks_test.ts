/** Callbacks on scripted numbers, and on fits. @module */
import { deepEqual, equal, ok, throws } from "node:assert/strict";
import {
  type Callback,
  type FitOptions,
  input,
  loadModel,
  type Model,
  sequential,
  tensor,
} from "../../mod.ts";
import {
  csvLogger,
  earlyStopping,
  learningRateScheduler,
  lossThreshold,
  modelCheckpoint,
  reduceLearningRateOnPlateau,
  tensorBoard,
  terminateOnNaN,
} from "../../public/callbacks.ts";
import { dense } from "../../public/layers.ts";
import { adam, sgd } from "../../public/optimizers.ts";
import { toNumbers } from "../../public/tensors.ts";
import { eventFile } from "./tensorboard.ts";

const path = "m/d/kernel";
function tiny(): Model {
  const m = sequential([input({ shape: [1] }), dense({ units: 1, useBias: false, name: "d" })], {
    backend: "plain",
    name: "m",
  });
  m.setWeight(path, tensor([[0]]));
  m.compile({ optimizer: sgd({ learningRate: 0.5 }), loss: "mae" });
  return m;
}
const x = [[1]], y = [10];
/** Epochs run and rates before each, where the validation loss follows a script. */
async function fitted(callbacks: readonly Callback[], script: readonly number[]) {
  const m = tiny(), rates: number[] = [], weights: number[] = [];
  const play: Callback = {
    onEpochBegin: (_, run) => void rates.push(run.learningRate),
    onEpochEnd(epoch, logs) {
      (logs as Record<string, number>).valLoss = script[epoch] ?? 9;
      weights.push(Number(toNumbers(m.weights.get(path) ?? tensor([]))[0]));
    },
  };
  const options: FitOptions = {
    epochs: script.length,
    verbose: 0,
    validationData: [x, y],
    callbacks: [play, ...callbacks],
  };
  const { epoch } = await m.fit(x, y, options);
  return { m, epochs: epoch.length, rates, weights };
}
const weightOf = (m: Model) => Number(toNumbers(m.weights.get(path) ?? tensor([]))[0]);

Deno.test("early stopping bears some epochs without improvement and gives back the best weights", async () => {
  const script = [5, 4, 4.5, 3.9, 4, 4, 4, 1];
  equal((await fitted([earlyStopping({ patience: 3 })], script)).epochs, 7);
  equal((await fitted([earlyStopping({ patience: 2, minDelta: 0.5 })], script)).epochs, 4);
  equal((await fitted([earlyStopping({ patience: 1, startFromEpoch: 4 })], script)).epochs, 6);
  equal((await fitted([earlyStopping({ patience: 2, baseline: 2 })], script)).epochs, 3);
  const { m, weights } = await fitted([earlyStopping({ patience: 3, restoreBestWeights: true })], script);
  equal(weightOf(m), weights[3]);
  ok(weights[3] !== weights[6]);
});
Deno.test("the rate falls on a plateau, rests, and stops at its bound", async () => {
  const lower = reduceLearningRateOnPlateau({ patience: 2, factor: 0.5, cooldown: 1, minLearningRate: 0.2 });
  const { rates } = await fitted([lower], [3, 3, 3, 3, 3, 3, 3, 3]);
  deepEqual(rates.map((r) => Math.round(r * 1000) / 1000), [0.5, 0.5, 0.5, 0.25, 0.25, 0.2, 0.2, 0.2]);
  const keras = await fitted([
    reduceLearningRateOnPlateau({ monitor: "val_loss", patience: 1, minLr: 0.125 }),
  ], [
    3,
    3,
    3,
    3,
  ]);
  deepEqual(keras.rates, [0.5, 0.5, 0.125, 0.125]);
  throws(() => reduceLearningRateOnPlateau({ factor: 1.5 }), /factor/);
});
Deno.test("a schedule of epochs, a threshold, and a loss that is no number", async () => {
  const halved = await fitted([learningRateScheduler((epoch, rate) => (epoch === 0 ? rate : rate / 2))], [
    1,
    1,
    1,
  ]);
  deepEqual(halved.rates, [0.5, 0.5, 0.25]);
  equal((await fitted([lossThreshold(9)], [1, 1, 1, 1, 1, 1])).epochs, 3);
  const m = tiny();
  m.setWeight(path, tensor([[NaN]]));
  const { epoch } = await m.fit(x, y, { epochs: 5, verbose: 0, callbacks: [terminateOnNaN()] });
  equal(epoch.length, 1);
});

Deno.test("checkpoints, CSV and TensorBoard files", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const m = tiny();
    m.compile({ optimizer: adam({ learningRate: 0.1 }), loss: "mae" });
    const callbacks = [
      modelCheckpoint({ path: `${folder}/run-{epoch:02d}.keras` }),
      csvLogger(`${folder}/log.csv`),
      tensorBoard(`${folder}/board`),
    ];
    const { history } = await m.fit(x, y, { epochs: 3, verbose: 0, validationData: [x, y], callbacks });
    const [header, first, ...rest] = (await Deno.readTextFile(`${folder}/log.csv`)).split("\r\n");
    equal(header, "epoch,loss,val_loss");
    deepEqual(first?.split(",").map(Number), [0, history.loss?.[0], history.valLoss?.[0]]);
    deepEqual([rest.length, rest.at(-1)], [3, ""]);
    const half = await loadModel(`${folder}/run-02.keras`, { backend: "plain" });
    await half.fit(x, y, { epochs: 3, verbose: 0, validationData: [x, y], resumeFrom: half.trainingState() });
    equal(weightOf(half), weightOf(m));
    deepEqual(half.history.history, history);
    const files = [...Deno.readDirSync(`${folder}/board/validation`)].map((f) => f.name);
    equal(files.length, 1);
    const bytes = await Deno.readFile(`${folder}/board/validation/${files[0]}`);
    ok(new TextDecoder().decode(bytes).includes("epoch_loss"));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
Deno.test("a CSV file is what Keras writes: sorted names, NA where an epoch wasn't validated", async () => {
  const file = await Deno.makeTempFile(), m = tiny();
  try {
    m.compile({ optimizer: adam({ learningRate: 0 }), loss: "mse", metrics: ["mae", "binaryAccuracy"] });
    m.setWeight(path, tensor([[0]]));
    const callbacks = [csvLogger(file, { separator: ";" })];
    await m.fit([[1], [2]], [0, 0], {
      epochs: 2,
      verbose: 0,
      validationData: [[[1]], [0.5]],
      validationFreq: 2,
      callbacks,
    });
    equal(
      await Deno.readTextFile(file),
      "epoch;binary_accuracy;loss;mae;val_binary_accuracy;val_loss;val_mae\r\n" +
        "0;1.0;0.0;0.0;NA;NA;NA\r\n" +
        "1;1.0;0.0;0.0;0.0;0.25;0.5\r\n",
    );
  } finally {
    await Deno.remove(file);
  }
});
Deno.test("an event file is records of a length, its checksum, the event and its checksum", () => {
  const bytes = eventFile([]), view = new DataView(bytes.buffer);
  equal(view.getUint32(0, true), bytes.length - 16);
  // TensorFlow's own files begin with these twelve bytes.
  equal(view.getUint32(0, true), 24);
  equal(view.getUint32(8, true), 0x224b7fa3);
  equal(new TextDecoder().decode(bytes.subarray(23, 36)), "brain.Event:2");
});
