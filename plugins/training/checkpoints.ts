/** Callbacks that write the model while it is trained: the best or every one, and a backup that a fit goes on from. @module */
import { ConfigError, InputError } from "../../core/values/errors.ts";
import { loadWith } from "../../io/files/load.ts";
import { fieldToCamel } from "../../core/network/names.ts";
import { listFolder, makeFolder, removeFile } from "../../io/files/folders.ts";
import { writeNamesOf } from "../../io/files/save.ts";
import type { Tensor } from "../../core/values/tensor.ts";
import { renamed } from "./engine/saved.ts";
import type { Callback, FitRun, Logs } from "../../core/training/types.ts";
import {
  type BackupOptions,
  callbackFields,
  type ModelCheckpointOptions,
  settingsOf,
} from "./callbackfields.ts";
import { checkMonitor, improves, stored, wayOf } from "./monitor.ts";
import { filled } from "./pythontext.ts";

/** Writes the model, with what resuming needs where the format has a place for it; the optimizer's slots have their own place in a file. */
async function save(run: FitRun, path: string): Promise<void> {
  await run.model.synced();
  const { json, tensors } = run.state();
  const rest = Object.entries(tensors).filter(([name]) => !name.startsWith("optimizer/"));
  const extras = { json: { training: json }, tensors: Object.fromEntries(rest) };
  await run.model.save(path, writeNamesOf(run.model.registry, path).includes("extras") ? { extras } : {});
}
/**
 * Saves the model after epochs, or every so many batches, with everything that resuming needs; a file is there whole or
 * not at all.
 * @throws {ConfigError} for a path that names a number that the fit doesn't give.
 */
export function modelCheckpoint(options: ModelCheckpointOptions): Callback {
  const settings = settingsOf("modelCheckpoint", callbackFields.modelCheckpoint, options);
  const { path, saveBestOnly, saveWeightsOnly, mode, every, saveFreq } = settings;
  if (saveWeightsOnly && !path.endsWith(".weights.h5")) {
    const place = "modelCheckpoint.path";
    throw new ConfigError(`${place}: expected a file ending in .weights.h5 for weights alone, got ${path}`, {
      place,
    });
  }
  const monitor = fieldToCamel(settings.monitor), first = settings.initialValueThreshold ?? undefined;
  let best = first, batches = 0;
  const write = async (run: FitRun, epoch: number, logs: Logs, batch?: number) => {
    if (saveBestOnly) {
      const current = logs[monitor];
      if (current === undefined || !improves(current, best, wayOf(mode, run, monitor))) return;
      best = current;
    }
    const known = (name: string) =>
      name === "epoch"
        ? epoch + 1
        : name === "batch" && batch !== undefined
        ? batch + 1
        : logs[fieldToCamel(name)];
    const file = filled(path, known, ["epoch", "batch"], "modelCheckpoint.path");
    if (saveWeightsOnly) await run.model.save(file);
    else await save(run, file);
  };
  return {
    name: "modelCheckpoint",
    saves: true,
    onTrainBegin(run) {
      if (saveBestOnly) checkMonitor(monitor, run, "modelCheckpoint");
    },
    ...(saveFreq !== "epoch" && {
      async onBatchEnd(batch, logs, run) {
        if (++batches < saveFreq) return;
        batches = 0;
        await write(run, run.epoch, logs, batch);
      },
    }),
    async onEpochEnd(epoch, logs, run) {
      if (saveFreq === "epoch" && (epoch + 1) % every === 0) await write(run, epoch, logs);
    },
    state: () => ({ json: { batches, ...(best !== undefined && { best: stored(best) }) } }),
    restore({ json }) {
      batches = Number(json.batches ?? 0);
      best = json.best === undefined ? first : Number(json.best);
    },
  };
}

const backupFile = "latest.keras";
/** True where a folder holds a backup. */
async function holdsBackup(folder: string): Promise<boolean> {
  try {
    return (await listFolder(folder)).some(({ name }) => name === backupFile);
  } catch (error) {
    if (error instanceof InputError && (error.cause as { readonly code?: unknown })?.code === "ENOENT") {
      return false;
    }
    throw error;
  }
}
/**
 * Backs a fit up after every epoch, and lets the same program, begun again after it was interrupted, go on behind the last
 * epoch that was done: weights, optimizer, order of the samples, random numbers and callbacks as they were. The backup is
 * removed when the fit ends.
 */
export function backupAndRestore(options: BackupOptions): Callback {
  const { folder, keep } = settingsOf("backupAndRestore", callbackFields.backupAndRestore, options);
  const path = `${folder.replace(/[\\/]+$/, "")}/${backupFile}`;
  return {
    name: "backupAndRestore",
    saves: true,
    async resume(model) {
      if (!await holdsBackup(folder)) return undefined;
      using backup = await loadWith(model.registry, path);
      await model.synced();
      const shapes = new Map<string, readonly number[]>();
      for (const [name, { shape }] of model.weights) shapes.set(name, shape);
      const weights: Map<string, Tensor> = renamed(backup.weights, shapes, `${path}: a weight`);
      for (const [name, value] of weights) model.setWeight(name, value);
      return backup.trainingState();
    },
    async onEpochEnd(_, _logs, run) {
      await makeFolder(folder);
      await save(run, path);
    },
    async onTrainEnd() {
      if (!keep && await holdsBackup(folder)) await removeFile(path);
    },
  };
}
