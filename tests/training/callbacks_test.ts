/** What callbacks do to a fit is what Keras 3.15's do: epochs, rates, weights, histories and files. @module */
import { deepStrictEqual, equal, ok, rejects } from "node:assert/strict";
import { type Callback, dense, type FitOptions, input, type Model, sequential, tensor } from "../../mod.ts";
import {
  backupAndRestore,
  csvLogger,
  earlyStopping,
  learningRateScheduler,
  modelCheckpoint,
  reduceLearningRateOnPlateau,
  swapEmaWeights,
  terminateOnNaN,
} from "../../public/callbacks.ts";
import { sgd } from "../../public/optimizers.ts";
import { toNumbers } from "../../public/tensors.ts";

type Stored = number | "NaN" | "Infinity" | "-Infinity";
type Numbers = Readonly<Record<string, readonly Stored[]>>;
interface Scripted {
  readonly name: string;
  readonly callback: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly key: string;
  readonly script: readonly Stored[];
  readonly epochs: number;
  readonly rates: readonly number[];
  readonly weight: number;
  readonly learningRates: readonly number[] | null;
  /** Rates of a second fit with the same callback. */
  readonly again: readonly number[];
}
interface Fitted {
  readonly name: string;
  readonly history: Numbers;
  readonly weight: Stored;
  readonly evaluate?: readonly number[];
  /** The weight as another callback finds it at each epoch's end. */
  readonly watched?: readonly number[];
}
interface Fixture {
  readonly scripted: readonly Scripted[];
  readonly averages: readonly Fitted[];
  readonly real: readonly Fitted[];
  readonly files: readonly {
    readonly options: { readonly path: string } & Readonly<Record<string, unknown>>;
    readonly files: readonly string[];
  }[];
  readonly csv: readonly { readonly name: string; readonly text: string }[];
}
const fixture: Fixture = JSON.parse(
  await Deno.readTextFile(new URL("../fixtures/keras-callbacks.json", import.meta.url)),
);

const path = "m/d/kernel";
const x = [[1], [2], [3], [4]], y = [[2], [3], [5], [9]];
const validationData = [[[1.5], [2.5]], [[2.4], [4.5]]] as const;
function tiny(optimizer = sgd({ learningRate: 0.05 })): Model {
  const m = sequential([input({ shape: [1] }), dense({ units: 1, useBias: false, name: "d" })], {
    backend: "plain",
    name: "m",
  });
  m.setWeight(path, tensor([[0.1]]));
  m.compile({ optimizer, loss: "mse", metrics: ["mae"] });
  return m;
}
const weightOf = (m: Model) => Number(toNumbers(m.weights.get(path) ?? tensor([]))[0]);
const quiet: FitOptions = { batchSize: 2, shuffle: false, verbose: 0, validationData };
const snake = (name: string) => name.replace(/[A-Z]/g, (c) => `_${c.toLowerCase()}`);
/** Some tens of roundings of float32, of numbers that a few steps led to. */
const near = (a: number | undefined, b: Stored, most = 2e-6) =>
  Object.is(a, Number(b)) || Math.abs((a ?? NaN) - Number(b)) <= most * Math.max(1, Math.abs(Number(b)));
const allNear = (a: readonly number[], b: readonly Stored[]) =>
  a.length === b.length && b.every((v, i) => near(a[i], v));
/** Names and values that differ. */
function differences(got: Readonly<Record<string, readonly number[]>>, want: Numbers): unknown[] {
  const own = new Map(Object.entries(got).map(([k, v]) => [snake(k), v]));
  const wrong = Object.entries(want).filter(([k, v]) => !allNear(own.get(k) ?? [], v)).map(([k, v]) => [
    k,
    own.get(k),
    v,
  ]);
  return [...wrong, ...[...own.keys()].filter((k) => !(k in want))];
}

const made: Readonly<Record<string, (options: Readonly<Record<string, unknown>>) => Callback>> = {
  earlyStopping,
  reduceLearningRateOnPlateau,
  learningRateScheduler: ({ factor }) => learningRateScheduler((_, rate) => rate * Number(factor)),
};
/** Plays an epoch's number, and notes rates. */
function play(script: readonly Stored[], key: string, rates: number[]): Callback {
  const name = key.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase());
  return {
    onEpochBegin: (_, run) => void rates.push(run.learningRate),
    onEpochEnd: (epoch, logs) => void ((logs as Record<string, number>)[name] = Number(script[epoch])),
  };
}

Deno.test("fits end, and rates fall, where they do in Keras", async () => {
  const wrong: unknown[] = [];
  for (const one of fixture.scripted) {
    const m = tiny(), callback = made[one.callback]?.(one.options) ?? {};
    const fit = async () => {
      const rates: number[] = [], callbacks = [play(one.script, one.key, rates), callback];
      const { epoch, history } = await m.fit(x, y, { ...quiet, epochs: one.script.length, callbacks });
      return { epochs: epoch.length, history, rates };
    };
    const { epochs, history, rates } = await fit();
    const right = epochs === one.epochs && allNear(rates, one.rates) && near(weightOf(m), one.weight) &&
      allNear(history.learningRate ?? [], one.learningRates ?? []);
    if (!right) wrong.push([one.name, epochs, rates, weightOf(m), history, one]);
    const again = await fit();
    if (!allNear(again.rates, one.again)) wrong.push([one.name, "again", again.rates, one.again]);
  }
  ok(fixture.scripted.length > 25);
  deepStrictEqual(wrong, []);
});

Deno.test("histories of callbacks that change the rate, and of a loss that is infinite", async () => {
  const [plateau, schedule, infinite] = fixture.real;
  const cases = [
    [plateau, reduceLearningRateOnPlateau({ monitor: "loss", patience: 1, factor: 0.5, minDelta: 2 }), 0.05],
    [schedule, learningRateScheduler((_, rate) => rate * 0.9), 0.05],
    [infinite, terminateOnNaN(), 1e20],
  ] as const;
  for (const [want, callback, learningRate] of cases) {
    const m = tiny(sgd({ learningRate }));
    const { history } = await m.fit(x, y, { ...quiet, epochs: 4, callbacks: [callback] });
    deepStrictEqual([want?.name, differences(history, want?.history ?? {})], [want?.name, []]);
  }
  const m = tiny(sgd({ learningRate: 1e20 }));
  let ended = false;
  const callbacks = [terminateOnNaN({ raiseError: true }), { onTrainEnd: () => void (ended = true) }];
  await rejects(m.fit(x, y, { ...quiet, callbacks }), /the loss is .* after batch 2/);
  equal(ended, false);
});

Deno.test("validation with the moving averages of the weights", async () => {
  const wrong: unknown[] = [];
  for (const one of fixture.averages) {
    const every = one.name.includes("freq3") ? 3 : undefined;
    const m = tiny(sgd({
      learningRate: 0.05,
      momentum: 0.5,
      useEma: true,
      emaMomentum: 0.6,
      ...(every && { emaOverwriteFrequency: every }),
    }));
    const swap = one.name === "none"
      ? []
      : [swapEmaWeights({ swapOnEpoch: one.name.includes("epoch") || one.name.includes("True") })];
    const seen: number[] = [], watch: Callback = { onEpochEnd: () => void seen.push(weightOf(m)) };
    const watched = one.watched ? [watch] : [];
    const callbacks = one.name.includes("before") ? [...watched, ...swap] : [...swap, ...watched];
    const { validationData: validation, ...rest } = quiet;
    const options = one.name.includes("noval") ? rest : { ...rest, validationData: validation };
    const { history } = await m.fit(x, y, { ...options, epochs: 4, callbacks } as FitOptions);
    const { loss, mae } = one.evaluate ? await m.evaluate(...validationData) : {};
    const right = near(weightOf(m), one.weight) && allNear(seen, one.watched ?? []) &&
      (!one.evaluate || allNear([loss ?? NaN, mae ?? NaN], one.evaluate));
    if (!right || differences(history, one.history).length > 0) {
      wrong.push([one, history, weightOf(m), seen, loss, mae]);
    }
  }
  deepStrictEqual(wrong, []);
  await rejects(tiny().fit(x, y, { ...quiet, callbacks: [swapEmaWeights()] }), /useEma/);
});

Deno.test("checkpoints are named as Python names them, and written when Keras writes them", async () => {
  for (const { options, files } of fixture.files) {
    const folder = await Deno.makeTempDir();
    try {
      const callbacks = [modelCheckpoint({ ...options, path: `${folder}/${options.path}` })];
      await tiny().fit(x, y, { ...quiet, batchSize: 1, epochs: 3, callbacks });
      deepStrictEqual([...Deno.readDirSync(folder)].map((f) => f.name).sort(), files);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  }
  const unknown = modelCheckpoint({ path: "m{nothing}.keras" });
  await rejects(tiny().fit(x, y, { ...quiet, callbacks: [unknown] }), /names "nothing"/);
});

Deno.test("CSV files hold the columns that Keras' hold, and go on where they are asked to", async () => {
  for (const { name, text } of fixture.csv) {
    const file = await Deno.makeTempFile({ suffix: ".csv" });
    try {
      const m = tiny(), { validationData: validation, ...rest } = quiet;
      const validated = name === "csv rate before" || name === "csv freq";
      for (let i = 0; i < 2; i++) {
        const rate = name === "csv rate before" ? [learningRateScheduler((_, r) => r * 0.5)] : [];
        await m.fit(x, y, {
          ...rest,
          batchSize: 1,
          epochs: 2,
          ...(validated && { validationData: validation }),
          ...(name === "csv freq" && { validationFreq: 2 }),
          callbacks: [...rate, csvLogger(file, { append: name === "csv append" })],
        } as FitOptions);
      }
      const cells = (t: string) => t.split("\r\n").map((line) => line.split(","));
      const ours = cells(await Deno.readTextFile(file)), theirs = cells(text);
      const same = (a: string | undefined, b: string) =>
        a === b || (/\d\.\d/.test(a ?? "") && near(Number(a), Number(b)));
      const wrong = theirs.flatMap((line, i) => line.filter((cell, k) => !same(ours[i]?.[k], cell)));
      deepStrictEqual([name, wrong, ours.length, ours[0]], [name, [], theirs.length, theirs[0]]);
    } finally {
      await Deno.remove(file);
    }
  }
});

Deno.test("a fit that was interrupted goes on from its backup, and leaves none when it has ended", async () => {
  const folder = await Deno.makeTempDir(), place = `${folder}/backup`;
  try {
    const options = { ...quiet, shuffle: true, epochs: 4 };
    const whole = tiny(), { history } = await whole.fit(x, y, options);
    const fall: Callback = {
      onBatchBegin(_, run) {
        if (run.epoch === 2) throw new Error("the power is gone");
      },
    };
    const first = tiny();
    await rejects(
      first.fit(x, y, { ...options, callbacks: [backupAndRestore({ folder: place }), fall] }),
      /power/,
    );
    const second = tiny(), epochs: number[] = [];
    const callbacks = [
      backupAndRestore({ folder: place }),
      { onEpochBegin: (epoch: number) => void epochs.push(epoch) },
    ];
    const gone = await second.fit(x, y, { ...options, callbacks });
    deepStrictEqual([epochs, gone.history, weightOf(second)], [[2, 3], history, weightOf(whole)]);
    deepStrictEqual([...Deno.readDirSync(place)], []);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
