/** Records a fit for pages: steps, rates, gradient norms, distributions as each epoch ends. @module */
import type { Callback, FitRun, Logs, Model, ModelData, Tensor } from "../../mod.ts";
import { isTensor } from "../../public/tensors.ts";
import type { RunData } from "./data.ts";
import { weightRows } from "./panels/distributions.ts";
import { headOf, summary } from "./panels/numbers.ts";
import type { Moment } from "./records.ts";

/** A few samples that gradients are taken at as each epoch ends. */
export interface Probe {
  readonly x: ModelData;
  readonly y: ModelData;
}
/** What a recorder knows of a fit. */
export interface Recorder {
  readonly callback: Callback;
  /** The run so far. */
  run(): RunData;
  /** Distributions as epochs ended; 32 of them at most, evenly apart. */
  readonly moments: readonly Moment[];
  /** For a file, beside the history. */
  json(): Readonly<Record<string, unknown>>;
}
/** Steps and moments that are kept at most. */
const mostSteps = 200_000, mostMoments = 32;

/** Samples that gradients are taken at as each epoch ends. */
export const probeRows = 64;

/** What of a fit a recorder is made for. */
export interface Recorded {
  readonly name: string;
  /** Samples of an epoch, where they can be counted. */
  readonly rows: number | undefined;
  readonly x?: Tensor | undefined;
  readonly y?: Tensor | undefined;
}
/** A recorder for a fit, with the first samples to take gradients at. */
export function recorderFor({ name, rows, x, y }: Recorded): Recorder {
  const probe = x && y && isTensor(x) && isTensor(y)
    ? { x: headOf(x, probeRows), y: headOf(y, probeRows) }
    : undefined;
  return recorder(name, rows, probe);
}

/** Records a fit of `rows` samples an epoch. */
export function recorder(name: string, rows: number | undefined, probe: Probe | undefined): Recorder {
  const losses: (number | null)[] = [], rate: number[] = [], norms: Record<string, number[]> = {};
  let moments: Moment[] = [], every = 1, epochs: number[] = [], before = 0, seen = 0;
  let history: Record<string, (number | null)[]> = {};
  const takeMoment = async (epoch: number, model: Model): Promise<void> => {
    const slopes = probe && (await model.gradients(probe.x, probe.y)).weights;
    for (const [path, t] of slopes ?? []) {
      if (isTensor(t)) (norms[path] ??= []).push(summary(t.data as Float32Array).norm);
    }
    if (epoch % every !== 0) return;
    moments.push({ epoch, rows: weightRows(model, slopes) });
    if (moments.length <= mostMoments) return;
    every *= 2;
    moments = moments.filter((m) => (m.epoch ?? 0) % every === 0);
  };
  /** A step's own loss out of the means of the epoch so far. */
  const stepLoss = (batch: number, { loss = NaN }: Logs, run: FitRun): number => {
    if (batch === 0) [before, seen] = [0, 0];
    const last = rows !== undefined && run.steps === batch + 1;
    const size = last ? rows - run.batchSize * batch : run.batchSize, total = loss * (seen + size);
    const own = (total - before) / size;
    [before, seen] = [total, seen + size];
    return own;
  };
  const callback: Callback = {
    onBatchEnd(batch, logs, run) {
      const own = stepLoss(batch, logs, run);
      if (losses.length < mostSteps) losses.push(Number.isFinite(own) ? own : null);
    },
    async onEpochEnd(epoch, logs, run) {
      epochs.push(epoch);
      for (const [key, value] of Object.entries(logs)) {
        const list = history[key] ??= new Array<number | null>(epochs.length - 1).fill(null);
        list.push(Number.isFinite(value) ? value : null);
      }
      for (const list of Object.values(history)) while (list.length < epochs.length) list.push(null);
      rate.push(run.learningRate);
      await takeMoment(epoch, run.model);
    },
    onTrainBegin() {
      [epochs, history] = [[], {}];
    },
  };
  return {
    callback,
    run: () => ({
      name,
      epochs: epochs.length,
      epoch: epochs,
      history,
      batches: { loss: losses },
      rate,
      ...(Object.keys(norms).length > 0 && { gradientNorms: norms }),
    }),
    get moments() {
      return moments;
    },
    json: () => ({ batches: { loss: losses }, rate, gradientNorms: norms, moments }),
  };
}
