/** What callbacks' options may be and their defaults; their types say what they are. @module */
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

/** `earlyStopping`'s. */
export interface StoppingSettings {
  readonly monitor: string;
  readonly minDelta: number;
  readonly patience: number;
  readonly mode: Mode;
  readonly baseline: number | null;
  readonly restoreBestWeights: boolean;
  readonly startFromEpoch: number;
}
/** `reduceLearningRateOnPlateau`'s. */
export interface PlateauSettings {
  readonly monitor: string;
  readonly factor: number;
  readonly patience: number;
  readonly mode: Mode;
  readonly minDelta: number;
  readonly cooldown: number;
  readonly minLearningRate: number;
  readonly minLr: number | null;
}
/** `modelCheckpoint`'s. */
export interface CheckpointSettings {
  readonly path: string;
  readonly monitor: string;
  readonly saveBestOnly: boolean;
  readonly saveWeightsOnly: boolean;
  readonly mode: Mode;
  readonly every: number;
  readonly saveFreq: "epoch" | number;
  readonly initialValueThreshold: number | null;
}
/** `csvLogger`'s. */
export interface LoggerSettings {
  readonly separator: string;
  readonly append: boolean;
}
/** Options of every callback by its name, those that stand first left out. */
export interface CallbackFields {
  /** Of `earlyStopping`. */
  readonly earlyStopping: Schema<StoppingSettings>;
  /** Of `reduceLearningRateOnPlateau`. */
  readonly reduceLearningRateOnPlateau: Schema<PlateauSettings>;
  /** Of `modelCheckpoint`. */
  readonly modelCheckpoint: Schema<CheckpointSettings>;
  /** Of `csvLogger`. */
  readonly csvLogger: Schema<LoggerSettings>;
  /** Of `terminateOnNaN`. */
  readonly terminateOnNaN: Schema<{ readonly raiseError: boolean }>;
  /** Of `swapEmaWeights`. */
  readonly swapEmaWeights: Schema<{ readonly swapOnEpoch: boolean }>;
  /** Of `lossThreshold`. */
  readonly lossThreshold: Schema<{ readonly monitor: string }>;
  /** Of `backupAndRestore`. */
  readonly backupAndRestore: Schema<{ readonly folder: string; readonly keep: boolean }>;
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
