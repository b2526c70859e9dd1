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
import type { Json } from "./config.ts";

const { bool, choice, float, int, nearest, nullable, parseConfig, text } = fields;

/** A callback's options and what makes it. */
export interface CallbackKind {
  readonly fields: AnySchema;
  make(options: Json): Callback;
}
const monitor = nullable(text({ doc: "the number that is watched; valLoss unless given" }));
const mode = choice({ doc: "which way the number is better", of: ["auto", "min", "max"], default: "auto" });
const patience = (epochs: number) =>
  int({ doc: "epochs without improvement that are borne", min: 0, default: epochs });
const least = (value: number) => float({ doc: "a change smaller than this is none", min: 0, default: value });
const path = text({ doc: "the file" });

/** Every callback by name. */
export const callbackKinds: Readonly<Record<string, CallbackKind>> = {
  earlyStopping: {
    fields: {
      monitor,
      mode,
      minDelta: least(0),
      patience: patience(0),
      baseline: nullable(float({ doc: "what must be bettered for patience to begin anew" })),
      restoreBestWeights: bool({ doc: "the model ends with the weights of its best epoch", default: false }),
      startFromEpoch: int({ doc: "epochs that don't count at first", min: 0, default: 0 }),
    },
    make: (options) => earlyStopping(options),
  },
  modelCheckpoint: {
    fields: {
      path: text({
        doc: "the file; {epoch} and names of numbers stand for their values, as in run-{epoch:02d}.keras",
      }),
      monitor,
      mode,
      saveBestOnly: bool({ doc: "writes only where the number is the best so far", default: false }),
      saveWeightsOnly: bool({ doc: "writes weights alone; the path ends in .weights.h5", default: false }),
      every: int({ doc: "epochs between files", min: 1, default: 1 }),
      saveFreq: nullable(int({ doc: "batches between files, in place of epochs", min: 1 })),
      initialValueThreshold: nullable(float({ doc: "what must be bettered before anything is written" })),
    },
    make: ({ path, ...options }) => modelCheckpoint({ ...options, path: String(path) }),
  },
  reduceLearningRateOnPlateau: {
    fields: {
      monitor,
      mode,
      factor: float({ doc: "what the rate is multiplied by", min: 0, max: 1, default: 0.1 }),
      patience: patience(10),
      minDelta: least(1e-4),
      cooldown: int({ doc: "epochs after a change that don't count", min: 0, default: 0 }),
      minLearningRate: float({ doc: "the rate goes no lower", min: 0, default: 0 }),
    },
    make: (options) => reduceLearningRateOnPlateau(options),
  },
  csvLogger: {
    fields: {
      path,
      separator: text({ doc: "between numbers", default: "," }),
      append: bool({ doc: "adds to the file that is there", default: false }),
    },
    make: ({ path, ...options }) => csvLogger(String(path), options),
  },
  tensorBoard: {
    fields: { folder: text({ doc: "where event files are written" }) },
    make: ({ folder }) => tensorBoard(String(folder)),
  },
  terminateOnNaN: {
    fields: { raiseError: bool({ doc: "fails in place of ending the fit", default: false }) },
    make: (options) => terminateOnNaN(options),
  },
  swapEmaWeights: {
    fields: {
      swapOnEpoch: bool({ doc: "other callbacks find the averages at an epoch's end", default: false }),
    },
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
