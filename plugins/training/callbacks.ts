/** Callbacks that end a fit or change its rate. Keras 3's meaning. @module */
import { ConfigError, LapisError } from "../../core/values/errors.ts";
import { fieldToCamel } from "../../core/network/names.ts";
import {
  callbackFields,
  type EarlyStoppingOptions,
  type LossThresholdOptions,
  type PlateauOptions,
  settingsOf,
  type TerminateOptions,
} from "./callbackfields.ts";
import { copyOf, type Tensor } from "../../core/values/tensor.ts";
import { renamed } from "./engine/saved.ts";
import type { Callback, FitRun, Logs } from "../../core/training/types.ts";
import { checkMonitor, improves, stored, wayOf } from "./monitor.ts";

export type { Mode } from "./monitor.ts";

/** Ends a fit that has stopped getting better: `earlyStopping({ patience: 3, restoreBestWeights: true })`. */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  const settings = settingsOf("earlyStopping", callbackFields.earlyStopping, options);
  const { minDelta, patience, mode, baseline, restoreBestWeights, startFromEpoch: first } = settings;
  const monitor = fieldToCamel(settings.monitor);
  let best: number | undefined, wait = 0, weights: Map<string, Tensor> | undefined;
  let resumed = false, ended = false;
  const keep = async (run: FitRun) => {
    if (restoreBestWeights) weights = new Map((await run.model.synced()).weights);
  };
  return {
    name: "earlyStopping",
    async onTrainBegin(run) {
      checkMonitor(monitor, run, "earlyStopping");
      if (!resumed) [best, wait, weights] = [undefined, 0, undefined];
      else if (weights) {
        const shapes = new Map(
          [...(await run.model.synced()).weights].map(([path, { shape }]) => [path, shape]),
        );
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
      const way = wayOf(mode, run, monitor);
      if (restoreBestWeights && !weights) await keep(run);
      wait++;
      if (improves(current, best, way, minDelta)) {
        best = current;
        await keep(run);
        if (improves(current, baseline ?? undefined, way, minDelta)) wait = 0;
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

/** Lowers the learning rate where a number has stopped getting better. */
export function reduceLearningRateOnPlateau(options: PlateauOptions = {}): Callback {
  const fields = callbackFields.reduceLearningRateOnPlateau;
  const settings = settingsOf("reduceLearningRateOnPlateau", fields, options);
  const { factor, patience, mode, minDelta, cooldown, minLearningRate, minLr } = settings;
  const monitor = fieldToCamel(settings.monitor);
  const least = options.minLearningRate === undefined && minLr !== null ? minLr : minLearningRate;
  if (factor >= 1) {
    throw new ConfigError(`reduceLearningRateOnPlateau.factor: expected below 1, got ${factor}`);
  }
  let best: number | undefined, wait = 0, resting = 0, resumed = false;
  return {
    name: "reduceLearningRateOnPlateau",
    onTrainBegin(run) {
      checkMonitor(monitor, run, "reduceLearningRateOnPlateau");
      if (!resumed) [best, wait, resting] = [undefined, 0, 0];
      resumed = false;
    },
    onEpochEnd(_, logs, run) {
      noteRate(logs, run);
      const current = logs[monitor];
      if (current === undefined) return;
      if (resting > 0) [resting, wait] = [resting - 1, 0];
      if (improves(current, best, wayOf(mode, run, monitor), minDelta)) {
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
      resumed = true;
    },
  };
}

/** The rate of the epoch beside its other numbers, where a callback changes it, as Keras' histories have it. */
function noteRate(logs: Logs, run: FitRun): void {
  (logs as Record<string, number>).learningRate = run.learningRate;
}
/**
 * Sets the rate before every epoch: `learningRateScheduler((epoch, rate) => rate * 0.9)`. Histories hold it as
 * `learningRate`.
 * @throws {ConfigError} where the schedule gives no number.
 */
export function learningRateScheduler(schedule: (epoch: number, rate: number) => number): Callback {
  return {
    name: "learningRateScheduler",
    onEpochBegin(epoch, run) {
      run.learningRate = schedule(epoch, run.learningRate);
    },
    onEpochEnd: (_, logs, run) => noteRate(logs, run),
  };
}

/**
 * Ends the fit at once where the loss is no number, or infinite.
 * @throws {LapisError} from the fit, with `raiseError`.
 */
export function terminateOnNaN(options: TerminateOptions = {}): Callback {
  const { raiseError } = settingsOf("terminateOnNaN", callbackFields.terminateOnNaN, options);
  return {
    name: "terminateOnNaN",
    onBatchEnd(batch, logs, run) {
      const { loss = 0 } = logs;
      if (Number.isFinite(loss)) return;
      if (raiseError) {
        throw new LapisError("model", `terminateOnNaN: the loss is ${loss} after batch ${batch + 1}`);
      }
      run.stop();
    },
  };
}
/** Ends the fit where a number is good enough. */
export function lossThreshold(threshold: number, options: LossThresholdOptions = {}): Callback {
  const name = fieldToCamel(settingsOf("lossThreshold", callbackFields.lossThreshold, options).monitor);
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
