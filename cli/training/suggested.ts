/** The network and the fit that a table is begun with: written as JSON to be changed. @module */
import type { Json } from "./config.ts";

/** What is known of a table before a network is chosen. */
export interface TableSize {
  /** Rows with a target. */
  readonly rows: number;
  /** Names of classes; none where a number is predicted. */
  readonly classes: readonly string[];
  /** Mean of the numbers that are predicted, and their standard deviation. */
  readonly center: number;
  readonly scale: number;
}
/** The sections `model`, `compile` and `fit`. */
export interface Suggestion {
  readonly model: { readonly layers: readonly Json[] };
  readonly compile: Json;
  readonly fit: Json;
}

/** Units of the hidden layers by the rows that there are to learn from. */
function unitsFor(rows: number): readonly number[] {
  return rows < 300 ? [32] : rows < 2000 ? [64, 32] : [128, 64];
}
const exact = (n: number) => Number(n.toPrecision(6));

/** A network for a table: hidden layers, and an output for classes, for two classes, or for a number in its own unit. */
export function suggestedFor({ rows, classes, center, scale }: TableSize): Suggestion {
  const small = rows < 2000, rate = small ? 0.3 : 0.1;
  const hidden = unitsFor(rows).flatMap((units): Json[] => [
    {
      type: "dense",
      units,
      activation: "relu",
      ...(small && { kernelRegularizer: { name: "l2", l2: 1e-3 } }),
    },
    { type: "dropout", rate },
  ]);
  const several = classes.length > 2, two = classes.length === 2;
  const head: Json[] = several
    ? [{ type: "dense", units: classes.length, activation: "softmax" }]
    : two
    ? [{ type: "dense", units: 1, activation: "sigmoid" }]
    // The last layer turns deviations from the mean into the target's own unit.
    : [{ type: "dense", units: 1 }, { type: "rescaling", scale: exact(scale), offset: exact(center) }];
  return {
    model: { layers: [...hidden, ...head] },
    compile: {
      optimizer: { name: "adam", learningRate: small ? 2e-3 : 1e-3 },
      loss: several ? "sparseCategoricalCrossentropy" : two ? "binaryCrossentropy" : "meanSquaredError",
      metrics: several || two ? ["accuracy"] : ["meanAbsoluteError"],
    },
    fit: {
      epochs: 300,
      batchSize: rows < 1000 ? 16 : rows < 10_000 ? 64 : 256,
      seed: 0,
      validationSplit: 0.2,
      callbacks: [
        { type: "reduceLearningRateOnPlateau", factor: 0.5, patience: 8 },
        { type: "earlyStopping", patience: 25, restoreBestWeights: true },
      ],
    },
  };
}
