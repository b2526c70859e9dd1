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
import { type AnySchema, callbackFields, fields } from "../../public/plugins.ts";
import { described } from "../docs.ts";
import type { Json } from "./config.ts";

const { float, nearest, parseConfig, text } = fields;

/** A callback's options and what makes it. */
export interface CallbackKind {
  readonly fields: AnySchema;
  make(options: Json): Callback;
}
const path = text({ doc: "the file" });
const own = callbackFields;

/** Every callback by name. */
export const callbackKinds: Readonly<Record<string, CallbackKind>> = {
  earlyStopping: {
    fields: described("EarlyStoppingOptions", own.earlyStopping),
    make: (options) => earlyStopping(options),
  },
  modelCheckpoint: {
    fields: described("ModelCheckpointOptions", own.modelCheckpoint),
    make: ({ path, ...options }) => modelCheckpoint({ ...options, path: String(path) }),
  },
  reduceLearningRateOnPlateau: {
    fields: described("PlateauOptions", own.reduceLearningRateOnPlateau),
    make: (options) => reduceLearningRateOnPlateau(options),
  },
  csvLogger: {
    fields: { path, ...described("CsvLoggerOptions", own.csvLogger) },
    make: ({ path, ...options }) => csvLogger(String(path), options),
  },
  tensorBoard: {
    fields: { folder: text({ doc: "where event files are written" }) },
    make: ({ folder }) => tensorBoard(String(folder)),
  },
  terminateOnNaN: {
    fields: described("TerminateOptions", own.terminateOnNaN),
    make: (options) => terminateOnNaN(options),
  },
  swapEmaWeights: {
    fields: described("SwapEmaOptions", own.swapEmaWeights),
    make: (options) => swapEmaWeights(options),
  },
  lossThreshold: {
    fields: {
      threshold: float({ doc: "good enough" }),
      ...described("LossThresholdOptions", own.lossThreshold),
    },
    make: ({ threshold, ...options }) => lossThreshold(Number(threshold), options),
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
