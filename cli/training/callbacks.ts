/** Callbacks that a configuration may ask for, each with its options: `{ "type": "earlyStopping", "patience": 3 }`. @module */
import { type Callback, ConfigError } from "../../mod.ts";
import {
  csvLogger,
  earlyStopping,
  lossThreshold,
  modelCheckpoint,
  reduceLearningRateOnPlateau,
  swapEmaWeights,
  tensorBoard,
  terminateOnNaN,
} from "../../public/callbacks.ts";
import { type AnySchema, fields } from "../../public/plugins.ts";
import { described } from "../docs.ts";
import type { Json } from "./config.ts";

const { bool, choice, float, int, nearest, nullable, parseConfig, text } = fields;

/** A callback's options and what makes it. */
export interface CallbackKind {
  readonly fields: AnySchema;
  make(options: Json): Callback;
}
const monitor = nullable(text());
const mode = choice({ of: ["auto", "min", "max"], default: "auto" });
const patience = (epochs: number) => int({ min: 0, default: epochs });
const least = (value: number) => float({ min: 0, default: value });
const path = text({ doc: "the file" });

/** Every callback by name. */
export const callbackKinds: Readonly<Record<string, CallbackKind>> = {
  earlyStopping: {
    fields: described("EarlyStoppingOptions", {
      monitor,
      mode,
      minDelta: least(0),
      patience: patience(0),
      baseline: nullable(float()),
      restoreBestWeights: bool({ default: false }),
      startFromEpoch: int({ min: 0, default: 0 }),
    }),
    make: (options) => earlyStopping(options),
  },
  modelCheckpoint: {
    fields: described("ModelCheckpointOptions", {
      path: text(),
      monitor,
      mode,
      saveBestOnly: bool({ default: false }),
      saveWeightsOnly: bool({ default: false }),
      every: int({ min: 1, default: 1 }),
      saveFreq: nullable(int({ min: 1 })),
      initialValueThreshold: nullable(float()),
    }),
    make: ({ path, ...options }) => modelCheckpoint({ ...options, path: String(path) }),
  },
  reduceLearningRateOnPlateau: {
    fields: described("PlateauOptions", {
      monitor,
      mode,
      factor: float({ min: 0, max: 1, default: 0.1 }),
      patience: patience(10),
      minDelta: least(1e-4),
      cooldown: int({ min: 0, default: 0 }),
      minLearningRate: float({ min: 0, default: 0 }),
    }),
    make: (options) => reduceLearningRateOnPlateau(options),
  },
  csvLogger: {
    fields: described("CsvLoggerOptions", {
      path,
      separator: text({ default: "," }),
      append: bool({ default: false }),
    }),
    make: ({ path, ...options }) => csvLogger(String(path), options),
  },
  tensorBoard: {
    fields: { folder: text({ doc: "where event files are written" }) },
    make: ({ folder }) => tensorBoard(String(folder)),
  },
  terminateOnNaN: {
    fields: described("TerminateOptions", { raiseError: bool({ default: false }) }),
    make: (options) => terminateOnNaN(options),
  },
  swapEmaWeights: {
    fields: described("SwapEmaOptions", { swapOnEpoch: bool({ default: false }) }),
    make: (options) => swapEmaWeights(options),
  },
  lossThreshold: {
    fields: {
      threshold: float({ doc: "good enough" }),
      monitor: text({ doc: "the number that is watched", default: "loss" }),
    },
    make: ({ threshold, monitor }) => lossThreshold(Number(threshold), { monitor: String(monitor) }),
  },
};

/** The callbacks of a configuration. @throws {ConfigError} with the path of a wrong key. */
export function callbacksFrom(list: readonly Json[]): Callback[] {
  return list.map((raw, i) => {
    const { type, ...options } = raw, place = `fit.callbacks[${i}]`;
    const kind = typeof type === "string" && Object.hasOwn(callbackKinds, type)
      ? callbackKinds[type]
      : undefined;
    if (!kind) {
      const near = nearest(String(type), Object.keys(callbackKinds));
      throw new ConfigError(
        `${place}: no callback named ${type}${near ? `; did you mean ${near}?` : ""}`,
        { place },
      );
    }
    const read = parseConfig(kind.fields as fields.Schema<Record<string, unknown>>, options, place);
    return kind.make(Object.fromEntries(Object.entries(read).filter(([, value]) => value !== null)));
  });
}
