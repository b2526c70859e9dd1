/** Callbacks: stop early, keep the best, lower the rate, write logs. Keras 3's meaning. @module */
import { ConfigError, shown } from "../../core/values/errors.ts";
import { fieldToCamel, fieldToSnake } from "../../core/network/names.ts";
import { writeFileAtomic } from "../../core/files/platform.ts";
import { writeNamesOf } from "../../core/model/save.ts";
import { checkOptions, nearest, type OptionNames } from "../../core/values/schema.ts";
import { copyOf, type Tensor } from "../../core/values/tensor.ts";
import { renamed } from "../../core/training/saved.ts";
import type { Callback, FitRun, Logs } from "../../core/training/types.ts";

/** Which way a number is better. */
export type Mode = "auto" | "min" | "max";

/** `val_loss` and `valLoss` are one. @throws {ConfigError} for a number that the fit doesn't give. */
function checkMonitor(monitor: string, run: FitRun, who: string): void {
  if (run.monitors.includes(monitor)) return;
  const near = nearest(monitor, run.monitors);
  throw new ConfigError(
    `${who}: the fit gives no ${shown(monitor)}; it gives ${run.monitors.join(", ")}${
      near ? ` (is ${near} meant?)` : ""
    }`,
    { place: `${who}.monitor` },
  );
}
const modeOf = (mode: Mode, run: FitRun, monitor: string): "min" | "max" =>
  mode === "auto" ? run.better(monitor) : mode;
const worst = (mode: "min" | "max") => (mode === "min" ? Infinity : -Infinity);
/** JSON has no infinities. */
const stored = (n: number): number | string => (Number.isFinite(n) ? n : `${n}`);

/** Options of {@link earlyStopping}. */
export interface EarlyStoppingOptions {
  /** The number that is watched; `valLoss` unless given. */
  readonly monitor?: string;
  /** A change smaller than this is none. */
  readonly minDelta?: number;
  /** Epochs without improvement that are borne. */
  readonly patience?: number;
  /** Which way the number is better; by its meaning unless given. */
  readonly mode?: Mode;
  /** What must be bettered for patience to begin anew. */
  readonly baseline?: number;
  /** Gives the model the weights of its best epoch at the end. */
  readonly restoreBestWeights?: boolean;
  /** Epochs that don't count at first. */
  readonly startFromEpoch?: number;
}
const stoppingNames: OptionNames<EarlyStoppingOptions> = {
  monitor: 0,
  minDelta: 0,
  patience: 0,
  mode: 0,
  baseline: 0,
  restoreBestWeights: 0,
  startFromEpoch: 0,
};
/** Ends a fit that has stopped getting better: `earlyStopping({ patience: 3, restoreBestWeights: true })`. */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  checkOptions("earlyStopping", options, stoppingNames);
  const { minDelta = 0, patience = 0, mode = "auto", baseline, restoreBestWeights = false } = options;
  const monitor = fieldToCamel(options.monitor ?? "valLoss"), first = options.startFromEpoch ?? 0;
  let best: number | undefined, wait = 0, weights: Map<string, Tensor> | undefined;
  let resumed = false, ended = false;
  const keep = async (run: FitRun) => {
    if (restoreBestWeights) weights = (await run.model.synced()).weights;
  };
  return {
    name: "earlyStopping",
    onTrainBegin(run) {
      checkMonitor(monitor, run, "earlyStopping");
      if (!resumed) [best, wait, weights] = [undefined, 0, undefined];
      else if (weights) {
        const shapes = new Map([...run.model.weights].map(([path, { shape }]) => [path, shape]));
        weights = renamed(weights, shapes, "earlyStopping: a weight of the best epoch");
      }
      // The fit that the state is from had ended here.
      if (resumed && ended && wait >= patience) run.stop();
      ended = false;
      resumed = false;
    },
    async onEpochEnd(epoch, logs, run) {
      const current = logs[monitor];
      if (current === undefined || epoch < first) return;
      const way = modeOf(mode, run, monitor);
      const better = (than: number) => way === "min" ? current + minDelta < than : current - minDelta > than;
      if (restoreBestWeights && !weights) await keep(run);
      wait++;
      if (better(best ?? worst(way))) {
        best = current;
        await keep(run);
        if (baseline === undefined || better(baseline)) wait = 0;
        return;
      }
      if (wait < patience || epoch === 0) return;
      ended = true;
      run.stop();
    },
    onTrainEnd(_, run) {
      for (const [path, value] of weights ?? []) run.model.setWeight(path, value);
    },
    state: () => ({
      json: { wait, ended, ...(best !== undefined && { best: stored(best) }) },
      ...(weights && { tensors: Object.fromEntries(weights) }),
    }),
    restore({ json, tensors }) {
      wait = Number(json.wait);
      ended = json.ended === true;
      best = json.best === undefined ? undefined : Number(json.best);
      weights = tensors && Object.keys(tensors).length > 0
        ? new Map(Object.entries(tensors).map(([k, t]) => [k, copyOf(t)]))
        : undefined;
      resumed = true;
    },
  };
}

/** Options of {@link modelCheckpoint}. */
export interface ModelCheckpointOptions {
  /** Where to; `{epoch}` and names of numbers stand for their values, as in `run-{epoch}-{valLoss}.keras`. */
  readonly path: string;
  /** The number that tells which is best; `valLoss` unless given. */
  readonly monitor?: string;
  /** Writes only where the number is the best so far. */
  readonly saveBestOnly?: boolean;
  /** Which way the number is better; by its meaning unless given. */
  readonly mode?: Mode;
  /** Epochs between files; 1 unless given. */
  readonly every?: number;
}
const checkpointNames: OptionNames<ModelCheckpointOptions> = {
  path: 0,
  monitor: 0,
  saveBestOnly: 0,
  mode: 0,
  every: 0,
};
/** Saves the model after epochs, with everything that resuming needs; a file is there whole or not at all. */
export function modelCheckpoint(options: ModelCheckpointOptions): Callback {
  checkOptions("modelCheckpoint", options, checkpointNames);
  const { path, saveBestOnly = false, mode = "auto", every = 1 } = options;
  const monitor = fieldToCamel(options.monitor ?? "valLoss");
  let best: number | undefined;
  return {
    name: "modelCheckpoint",
    saves: true,
    onTrainBegin(run) {
      if (saveBestOnly) checkMonitor(monitor, run, "modelCheckpoint");
    },
    async onEpochEnd(epoch, logs, run) {
      if ((epoch + 1) % every !== 0) return;
      if (saveBestOnly) {
        const current = logs[monitor], way = modeOf(mode, run, monitor), than = best ?? worst(way);
        if (current === undefined || !(way === "min" ? current < than : current > than)) return;
        best = current;
      }
      await run.model.synced();
      const { json, tensors } = run.state();
      // The optimizer's slots stand in the file already, where Keras looks for them.
      const rest = Object.entries(tensors).filter(([name]) => !name.startsWith("optimizer/"));
      const file = filled(path, epoch, logs),
        extras = { json: { training: json }, tensors: Object.fromEntries(rest) };
      await run.model.save(file, writeNamesOf(run.model.registry, file).includes("extras") ? { extras } : {});
    },
    state: () => ({ json: best === undefined ? {} : { best: stored(best) } }),
    restore({ json }) {
      best = json.best === undefined ? undefined : Number(json.best);
    },
  };
}
function filled(path: string, epoch: number, logs: Logs): string {
  return path.replace(/\{(\w+)(?::[^}]*)?\}/g, (whole, name: string) => {
    if (name === "epoch") return `${epoch + 1}`.padStart(2, "0");
    const value = logs[fieldToCamel(name)];
    return value === undefined ? whole : value.toFixed(4);
  });
}

/** Options of {@link reduceLearningRateOnPlateau}. */
export interface PlateauOptions {
  /** The number that is watched; `valLoss` unless given. */
  readonly monitor?: string;
  /** What the rate is multiplied by. */
  readonly factor?: number;
  /** Epochs without improvement that are borne. */
  readonly patience?: number;
  /** Which way the number is better; by its meaning unless given. */
  readonly mode?: Mode;
  /** A change smaller than this is none. */
  readonly minDelta?: number;
  /** Epochs after a change of the rate that don't count. */
  readonly cooldown?: number;
  /** The rate goes no lower. */
  readonly minLearningRate?: number;
  /** The same in Keras' words. */
  readonly minLr?: number;
}
const plateauNames: OptionNames<PlateauOptions> = {
  monitor: 0,
  factor: 0,
  patience: 0,
  mode: 0,
  minDelta: 0,
  cooldown: 0,
  minLearningRate: 0,
  minLr: 0,
};
/** Lowers the learning rate where a number has stopped getting better. */
export function reduceLearningRateOnPlateau(options: PlateauOptions = {}): Callback {
  checkOptions("reduceLearningRateOnPlateau", options, plateauNames);
  const { factor = 0.1, patience = 10, mode = "auto", minDelta = 1e-4, cooldown = 0 } = options;
  const monitor = fieldToCamel(options.monitor ?? "valLoss"),
    least = options.minLearningRate ?? options.minLr ?? 0;
  if (factor >= 1) {
    throw new ConfigError(`reduceLearningRateOnPlateau.factor: expected below 1, got ${factor}`);
  }
  let best: number | undefined, wait = 0, resting = 0;
  return {
    name: "reduceLearningRateOnPlateau",
    onTrainBegin: (run) => checkMonitor(monitor, run, "reduceLearningRateOnPlateau"),
    onEpochEnd(_, logs, run) {
      const current = logs[monitor];
      if (current === undefined) return;
      const way = modeOf(mode, run, monitor), than = best ?? worst(way);
      if (resting > 0) [resting, wait] = [resting - 1, 0];
      if (way === "min" ? current < than - minDelta : current > than + minDelta) {
        [best, wait] = [current, 0];
      } else if (resting === 0 && ++wait >= patience && run.learningRate > Math.fround(least)) {
        run.learningRate = Math.max(run.learningRate * factor, least);
        [resting, wait] = [cooldown, 0];
      }
    },
    state: () => ({ json: { wait, resting, ...(best !== undefined && { best: stored(best) }) } }),
    restore({ json }) {
      [wait, resting] = [Number(json.wait), Number(json.resting)];
      best = json.best === undefined ? undefined : Number(json.best);
    },
  };
}

/** {@link reduceLearningRateOnPlateau} by Keras' name. */
export const reduceLROnPlateau: (options?: PlateauOptions) => Callback = reduceLearningRateOnPlateau;

/** Sets the rate before every epoch: `learningRateScheduler((epoch, rate) => rate * 0.9)`. */
export function learningRateScheduler(schedule: (epoch: number, rate: number) => number): Callback {
  return {
    name: "learningRateScheduler",
    onEpochBegin(epoch, run) {
      run.learningRate = schedule(epoch, run.learningRate);
    },
  };
}

/** Options of {@link csvLogger}. */
export interface CsvLoggerOptions {
  /** Between numbers; a comma unless given. */
  readonly separator?: string;
}
const loggerNames: OptionNames<CsvLoggerOptions> = { separator: 0 };
/** A number as Python writes it. */
function pythonNumber(n: number): string {
  if (Number.isNaN(n)) return "nan";
  if (!Number.isFinite(n)) return n > 0 ? "inf" : "-inf";
  return Number.isInteger(n) && Math.abs(n) < 1e16 ? `${n}.0` : `${n}`;
}
/**
 * Writes every epoch's numbers to a CSV file as Keras does: a header, names in snake_case and in their order, lines that
 * end with CR and LF, `NA` where an epoch has no such number.
 */
export function csvLogger(path: string | URL, options: CsvLoggerOptions = {}): Callback {
  checkOptions("csvLogger", options, loggerNames);
  const { separator = "," } = options;
  let rows: (readonly [number, Logs])[] = [], resumed = false;
  return {
    name: "csvLogger",
    onTrainBegin() {
      if (!resumed) rows = [];
      resumed = false;
    },
    async onEpochEnd(epoch, logs, run) {
      rows.push([epoch, logs]);
      const names = [...new Set([...run.monitors, ...Object.keys(logs)])];
      const columns = names.map((name) => [fieldToSnake(name), name] as const).sort(([x], [y]) =>
        x < y ? -1 : 1
      );
      const lines = rows.map(([e, l]) => [
        e,
        ...columns.map(([, name]) => {
          const value = l[name];
          return value === undefined ? "NA" : pythonNumber(value);
        }),
      ]);
      const all = [["epoch", ...columns.map(([column]) => column)], ...lines];
      const text = all.map((line) => `${line.join(separator)}\r\n`).join("");
      await writeFileAtomic(path, new TextEncoder().encode(text));
    },
    state: () => ({ json: { rows } }),
    restore({ json }) {
      rows = json.rows as (readonly [number, Logs])[];
      resumed = true;
    },
  };
}

/** Ends the fit at once where the loss is no number, or infinite. */
export function terminateOnNaN(): Callback {
  return {
    name: "terminateOnNaN",
    onBatchEnd(_, logs, run) {
      if (!Number.isFinite(logs.loss ?? 0)) run.stop();
    },
  };
}
/** Ends the fit where a number (`loss` unless given) is good enough. */
export function lossThreshold(
  threshold: number,
  options: { readonly monitor?: string } = {},
): Callback {
  checkOptions("lossThreshold", options, { monitor: 0 });
  const name = fieldToCamel(options.monitor ?? "loss");
  return {
    name: "lossThreshold",
    onTrainBegin: (run) => checkMonitor(name, run, "lossThreshold"),
    onEpochEnd(_, logs, run) {
      const value = logs[name];
      if (value === undefined) return;
      if (run.better(name) === "min" ? value <= threshold : value >= threshold) run.stop();
    },
  };
}
