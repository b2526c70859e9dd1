/** Callbacks' options: their types say what they are, their fields what they may be and their defaults. @module */
import {
  bool,
  choice,
  type Field,
  field,
  float,
  int,
  nullable,
  optionsIn,
  parseConfig,
  type Schema,
  text,
} from "../../core/values/schema.ts";
import type { Mode } from "./monitor.ts";

const monitor = (): Field<string> => text({ default: "valLoss" });
const mode = (): Field<Mode> => choice({ of: ["auto", "min", "max"], default: "auto" });
const patience = (epochs: number): Field<number> => int({ min: 0, default: epochs });

/** Options of `earlyStopping`. */
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
/** Options of `reduceLearningRateOnPlateau`. */
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
/** Options of `terminateOnNaN`. */
export interface TerminateOptions {
  /** Throws in place of ending the fit, so that no callback is told of its end. */
  readonly raiseError?: boolean;
}
/** Options of `lossThreshold`. */
export interface LossThresholdOptions {
  /** The number that is watched; `loss` unless given. */
  readonly monitor?: string;
}
/** Options of `modelCheckpoint`. */
export interface ModelCheckpointOptions {
  /**
   * Where to. `{epoch}`, `{batch}` (with `saveFreq`) and names of numbers stand for their values, in Python's formats
   * where they say one: `run-{epoch:02d}-{valLoss:.3f}.keras`.
   */
  readonly path: string;
  /** The number that tells which is best; `valLoss` unless given. */
  readonly monitor?: string;
  /** Writes only where the number is the best so far. */
  readonly saveBestOnly?: boolean;
  /** Writes weights alone; the path ends in `.weights.h5`. */
  readonly saveWeightsOnly?: boolean;
  /** Which way the number is better; by its meaning unless given. */
  readonly mode?: Mode;
  /** Epochs between files; 1 unless given. */
  readonly every?: number;
  /** `epoch`, or so many batches between files. */
  readonly saveFreq?: "epoch" | number;
  /** What must be bettered before anything is written, with `saveBestOnly`. */
  readonly initialValueThreshold?: number;
}
/** Options of `backupAndRestore`. */
export interface BackupOptions {
  /** The folder that the backup is in. */
  readonly folder: string;
  /** Keeps the backup when the fit has ended; it is removed unless said. */
  readonly keep?: boolean;
}
/** Options of `csvLogger`. */
export interface CsvLoggerOptions {
  /** Between numbers; a comma unless given. */
  readonly separator?: string;
  /** Adds to the file that is there; otherwise it is written anew. */
  readonly append?: boolean;
}
/** Options of `swapEmaWeights`. */
export interface SwapEmaOptions {
  /** Other callbacks, such as one that saves the model, find the averages at an epoch's end. */
  readonly swapOnEpoch?: boolean;
}
/** Options of a callback with their defaults; those of `N` may be null. */
export type Settings<O, N extends keyof O = never> = {
  readonly [K in keyof O]-?: Exclude<O[K], undefined> | (K extends N ? null : never);
};
/** Options of every callback by its name, those that stand first left out. */
export interface CallbackFields {
  /** Of `earlyStopping`. */
  readonly earlyStopping: Schema<Settings<EarlyStoppingOptions, "baseline">>;
  /** Of `reduceLearningRateOnPlateau`. */
  readonly reduceLearningRateOnPlateau: Schema<Settings<PlateauOptions, "minLr">>;
  /** Of `modelCheckpoint`. */
  readonly modelCheckpoint: Schema<Settings<ModelCheckpointOptions, "initialValueThreshold">>;
  /** Of `csvLogger`. */
  readonly csvLogger: Schema<Settings<CsvLoggerOptions>>;
  /** Of `terminateOnNaN`. */
  readonly terminateOnNaN: Schema<Settings<TerminateOptions>>;
  /** Of `swapEmaWeights`. */
  readonly swapEmaWeights: Schema<Settings<SwapEmaOptions>>;
  /** Of `lossThreshold`. */
  readonly lossThreshold: Schema<Settings<LossThresholdOptions>>;
  /** Of `backupAndRestore`. */
  readonly backupAndRestore: Schema<Settings<BackupOptions>>;
}
/** The fields of callbacks' options. */
export const callbackFields: CallbackFields = {
  earlyStopping: {
    monitor: monitor(),
    minDelta: float({ default: 0 }),
    patience: patience(0),
    mode: mode(),
    baseline: nullable(float()),
    restoreBestWeights: bool({ default: false }),
    startFromEpoch: int({ min: 0, default: 0 }),
  },
  reduceLearningRateOnPlateau: {
    monitor: monitor(),
    factor: float({ min: 0, default: 0.1 }),
    patience: patience(10),
    mode: mode(),
    minDelta: float({ default: 1e-4 }),
    cooldown: int({ min: 0, default: 0 }),
    minLearningRate: float({ min: 0, default: 0 }),
    minLr: nullable(float({ min: 0 })),
  },
  modelCheckpoint: {
    path: text(),
    monitor: monitor(),
    saveBestOnly: bool({ default: false }),
    saveWeightsOnly: bool({ default: false }),
    mode: mode(),
    every: int({ min: 1, default: 1 }),
    saveFreq: field<"epoch" | number>({
      default: "epoch",
      expects: "epoch, or a whole number of batches from 1",
      json: { anyOf: [{ const: "epoch" }, { type: "integer", minimum: 1 }] },
      read: (raw) =>
        raw === "epoch"
          ? raw
          : typeof raw === "number" && Number.isInteger(raw) && raw >= 1
          ? raw
          : undefined,
    }),
    initialValueThreshold: nullable(float()),
  },
  csvLogger: { separator: text({ default: "," }), append: bool({ default: false }) },
  terminateOnNaN: { raiseError: bool({ default: false }) },
  swapEmaWeights: { swapOnEpoch: bool({ default: false }) },
  lossThreshold: { monitor: text({ default: "loss" }) },
  backupAndRestore: { folder: text(), keep: bool({ default: false }) },
};
/** A callback's options with their defaults. @throws {ConfigError} naming one that isn't known, or doesn't fit. */
export function settingsOf<C>(name: string, schema: Schema<C>, options: object): C {
  return parseConfig(schema, { ...optionsIn(name, options) }, name);
}
