/** Every public loss, metric, optimizer, schedule, regularizer, constraint, initializer and callback of Keras 3.15: here, or left out with the reason. @module */
import { deepStrictEqual, ok } from "node:assert/strict";
import * as lapis from "../../mod.ts";
import { registry } from "../../mod.ts";
import type { PartKind } from "../../core/training/contract.ts";
import { partOf } from "../../core/training/parts.ts";

/** Classes by kind, with options where some are needed. */
const parts: Readonly<Record<string, readonly (string | readonly [string, Record<string, unknown>])[]>> = {
  loss: [
    ..."BinaryCrossentropy BinaryFocalCrossentropy CTC CategoricalCrossentropy CategoricalFocalCrossentropy"
      .split(" "),
    ..."CategoricalGeneralizedCrossEntropy CategoricalHinge Circle CosineSimilarity Dice Hinge Huber".split(
      " ",
    ),
    ..."KLDivergence LogCosh MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredError".split(" "),
    ..."MeanSquaredLogarithmicError Poisson SparseCategoricalCrossentropy SquaredHinge Tversky".split(" "),
  ],
  metric: [
    ..."AUC Accuracy BinaryAccuracy BinaryCrossentropy BinaryIoU CategoricalAccuracy CategoricalCrossentropy"
      .split(" "),
    ..."CategoricalHinge ConcordanceCorrelation CosineSimilarity FalseNegatives".split(
      " ",
    ),
    ..."FalsePositives Hinge KLDivergence LogCoshError MeanAbsoluteError MeanAbsolutePercentageError".split(
      " ",
    ),
    ..."MeanSquaredError MeanSquaredLogarithmicError PearsonCorrelation Poisson Precision R2Score Recall"
      .split(" "),
    ..."RootMeanSquaredError SparseCategoricalAccuracy SparseCategoricalCrossentropy".split(" "),
    ..."SparseTopKCategoricalAccuracy SquaredHinge TopKCategoricalAccuracy TrueNegatives TruePositives".split(
      " ",
    ),
    // One number a class, for average None, is refused.
    ["F1Score", { average: "macro" }],
    ["FBetaScore", { average: "macro", beta: 2 }],
    ["IoU", { num_classes: 3, target_class_ids: [0] }],
    ["MeanIoU", { num_classes: 3 }],
    ["OneHotIoU", { num_classes: 3, target_class_ids: [0] }],
    ["OneHotMeanIoU", { num_classes: 3 }],
    ["PrecisionAtRecall", { recall: 0.5 }],
    ["RecallAtPrecision", { precision: 0.5 }],
    ["SensitivityAtSpecificity", { specificity: 0.5 }],
    ["SpecificityAtSensitivity", { sensitivity: 0.5 }],
    // Functions that have no class.
    ..."binary_focal_crossentropy categorical_focal_crossentropy huber log_cosh".split(" "),
  ],
  optimizer: [
    ..."Adadelta Adafactor Adagrad Adam AdamW Adamax Ftrl Lamb Lion Muon Nadam RMSprop SGD".split(" "),
    "ScheduleFreeAdamW",
    ["LossScaleOptimizer", { inner_optimizer: { class_name: "Adam", config: {} } }],
  ],
  schedule: [
    ["CosineDecay", { initial_learning_rate: 1, decay_steps: 2 }],
    ["CosineDecayRestarts", { initial_learning_rate: 1, first_decay_steps: 2 }],
    ["ExponentialDecay", { initial_learning_rate: 1, decay_steps: 2, decay_rate: 0.5 }],
    ["InverseTimeDecay", { initial_learning_rate: 1, decay_steps: 2, decay_rate: 0.5 }],
    ["PiecewiseConstantDecay", { boundaries: [1], values: [1, 2] }],
    ["PolynomialDecay", { initial_learning_rate: 1, decay_steps: 2 }],
  ],
  regularizer: ["L1", "L1L2", "L2", "OrthogonalRegularizer"],
  constraint: ["MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm"],
};
const initializers =
  "Constant GlorotNormal GlorotUniform HeNormal HeUniform Identity LecunNormal LecunUniform Ones " +
  "Orthogonal RandomNormal RandomUniform TruncatedNormal VarianceScaling Zeros";
const callbacks = {
  BackupAndRestore: "backupAndRestore",
  CSVLogger: "csvLogger",
  EarlyStopping: "earlyStopping",
  LearningRateScheduler: "learningRateScheduler",
  ModelCheckpoint: "modelCheckpoint",
  ReduceLROnPlateau: "reduceLearningRateOnPlateau",
  SwapEMAWeights: "swapEmaWeights",
  TensorBoard: "tensorBoard",
  TerminateOnNaN: "terminateOnNaN",
};
/** What is left out, and why. */
const leftOut: Readonly<Record<string, string>> = {
  Loss: "a base class: a loss of one's own is an object of kind loss",
  Metric: "a base class: a metric of one's own is an object of kind metric",
  Mean: "for programs that call it; a compiled model's metric compares targets and outputs",
  Sum: "for programs that call it",
  MeanMetricWrapper: "read where a file wraps one of the functions",
  MultiOptimizer:
    "a step's graph has one optimizer; parts of a model are trained apart as models of their own",
  OptimizerMap: "belongs to MultiOptimizer",
  STFT: "its layer makes its own kernels",
  History: "what fit gives",
  LambdaCallback: "a callback is an object with such functions",
  CallbackList: "fit takes a list",
  ProgbarLogger: "fit's verbose",
  OrbaxCheckpoint: "a format of JAX",
  RemoteMonitor: "nothing is sent over a network; a callback's onEpochEnd may fetch",
};

Deno.test("every part of Keras 3.15's public API is read", () => {
  const refused: unknown[] = [];
  for (const [kind, list] of Object.entries(parts)) {
    for (const one of list) {
      const [name, config] = typeof one === "string" ? [one, {}] : one;
      const form = /^[a-z]/.test(name) ? name : { class_name: name, config };
      try {
        ok(partOf(registry, kind as PartKind, form, name));
      } catch (error) {
        refused.push([kind, name, String(error)]);
      }
    }
  }
  deepStrictEqual(refused, []);
});
Deno.test("every initializer and callback is there, and what isn't has a reason", () => {
  const bare = (word: string) => word.replace(/[^a-z0-9]/gi, "").toLowerCase();
  const known = registry.all("initializer").map((d) => bare(d.name));
  deepStrictEqual(initializers.split(" ").filter((name) => !known.includes(bare(name))), []);
  const exported: Readonly<Record<string, unknown>> = lapis.callbacks;
  const missing = Object.values(callbacks).filter((name) => typeof exported[name] !== "function");
  deepStrictEqual(missing, []);
  ok(Object.values(leftOut).every((reason) => reason.length > 10));
});
