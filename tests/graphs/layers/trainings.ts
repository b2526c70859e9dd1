/** Random losses, optimizers and targets for random models. @module */
import { portOf } from "../../../core/model/feed.ts";
import { asTensor } from "../../../core/values/shape.ts";
import { type Compiled, readCompiled } from "../../../plugins/training/engine/compiled.ts";
import { targetName, weightName } from "../../../plugins/training/engine/forward.ts";
import * as lapis from "../../../mod.ts";
import { type Tensor, tensor } from "../../../mod.ts";
import { toNumbers } from "../../../public/tensors.ts";
import type { Dice } from "../dice.ts";
import type { DrawnModel } from "./draw.ts";

/** How a random model is trained. */
export interface DrawnTraining {
  readonly compiled: Compiled;
  /** The model's inputs, targets, and weights of samples. */
  readonly feed: Readonly<Record<string, Tensor>>;
  /** Ranks of the weights of samples, by output. */
  readonly weighted: ReadonlyMap<string, number>;
  /** The parts, for people. */
  readonly about: string;
}
type Loss = Readonly<Record<string, unknown>> & { readonly name: string };

/** Losses of any numbers. */
const ofNumbers = (d: Dice): readonly Loss[] => [
  { name: "meanSquaredError" },
  { name: "meanAbsoluteError" },
  { name: "meanAbsolutePercentageError" },
  { name: "huber", delta: d.pick([0.5, 1]) },
  { name: "logCosh" },
  { name: "hinge" },
  { name: "squaredHinge" },
  { name: "categoricalHinge" },
  { name: "cosineSimilarity" },
  { name: "binaryCrossentropy", fromLogits: true, labelSmoothing: d.pick([0, 0.1]) },
  { name: "categoricalCrossentropy", fromLogits: true, labelSmoothing: d.pick([0, 0.1]) },
  { name: "sparseCategoricalCrossentropy", fromLogits: true },
  { name: "binaryFocalCrossentropy", fromLogits: true, applyClassBalancing: d.chance(0.5) },
];
/** Losses of what lies between 0 and 1. */
const ofProbabilities = (d: Dice): readonly Loss[] => [
  { name: "binaryCrossentropy", labelSmoothing: d.pick([0, 0.2]) },
  { name: "categoricalCrossentropy", labelSmoothing: d.pick([0, 0.2]) },
  { name: "sparseCategoricalCrossentropy", ...(d.chance(0.3) && { ignoreClass: 0 }) },
  { name: "binaryFocalCrossentropy", gamma: d.pick([1.5, 2]) },
  { name: "categoricalFocalCrossentropy" },
  { name: "categoricalGeneralizedCrossEntropy", q: d.pick([0.3, 0.7]) },
  { name: "klDivergence" },
  { name: "poisson" },
  { name: "meanSquaredLogarithmicError" },
  { name: "dice" },
  { name: "tversky", alpha: 0.3, beta: 0.7 },
  { name: "circle" },
];
/** Optimizers with options of their own. */
const optimizers = (d: Dice): readonly Loss[] => [
  { name: "sgd" },
  { name: "sgd", momentum: 0.9, nesterov: d.chance(0.5) },
  { name: "rmsprop", momentum: d.pick([0, 0.5]), centered: d.chance(0.5) },
  { name: "adam", amsgrad: d.chance(0.5) },
  { name: "adamW" },
  { name: "adamax" },
  { name: "nadam" },
  { name: "adagrad" },
  { name: "adadelta" },
  { name: "ftrl", l1RegularizationStrength: d.pick([0, 0.01]), beta: d.pick([0, 0.1]) },
  { name: "lion" },
  { name: "lamb" },
  { name: "adafactor" },
  { name: "muon" },
  { name: "scheduleFreeAdamW" },
];
/** Options that all optimizers have. */
function common(d: Dice): Readonly<Record<string, unknown>> {
  return d.pick([
    {},
    {},
    { clipNorm: 0.1 },
    { globalClipNorm: 0.1 },
    { clipValue: 0.01 },
    { weightDecay: 0.05 },
    { useEma: true, emaMomentum: 0.8, emaOverwriteFrequency: 2 },
    { gradientAccumulationSteps: 2 },
  ]);
}

/** A loss for each output, an optimizer, and data for a step. */
export async function drawTraining({ model, inputs }: DrawnModel, d: Dice): Promise<DrawnTraining> {
  const feed: Record<string, Tensor> = {};
  model.inputs.forEach(({ name }, i) => {
    const value = inputs[i];
    if (value) feed[name] = value;
  });
  const said = await model.run(feed), names = model.outputs.map((o) => o.name);
  const losses = names.map((name) => {
    const value = said[name];
    const numbers = value && lapis.tensors.isTensor(value) ? toNumbers(value) : [];
    const between = Array.from(numbers).every((x) => x > 1e-4 && x < 1 - 1e-4);
    return d.pick(between && d.chance(0.7) ? ofProbabilities(d) : ofNumbers(d));
  });
  const chosen = { ...d.pick(optimizers(d)), ...common(d), learningRate: d.pick([0.003, 0.05]) };
  const compiled = readCompiled(lapis.registry, model.outputs.map((o) => portOf(o.name, o.type)), {
    loss: losses,
    optimizer: chosen,
    ...(names.length > 1 && d.chance(0.5) && { lossWeights: names.map(() => d.pick([0.5, 1, 2])) }),
  });
  const rows = inputs[0]?.shape[0] ?? 1, weighted = new Map<string, number>();
  for (const loss of compiled.losses) {
    feed[targetName(loss.output.name)] = target(loss, rows, d);
    if (!d.chance(0.3)) continue;
    weighted.set(loss.output.name, 1);
    feed[weightName(loss.output.name)] = d.tensor([rows], "float32", "positive");
  }
  return { compiled, feed, weighted, about: JSON.stringify([losses, chosen]) };
}
/** What could be wanted of an output: classes, ±1, whole distributions or numbers. */
function target(
  { loss, output, target, classes }: Compiled["losses"][number],
  rows: number,
  d: Dice,
): Tensor {
  const { dtype, shape } = asTensor(target.type), width = Number(asTensor(output.type).shape?.at(-1) ?? 1);
  const sizes = (shape ?? []).map((s, i) => (i === 0 ? rows : Number(s)));
  const count = sizes.reduce((n, s) => n * s, 1),
    each = <T>(make: (i: number) => T) => Array.from({ length: count }, (_, i) => make(i));
  if (dtype === "int32") return tensor(each(() => d.below(classes ?? width)), sizes, dtype);
  if (/[hH]inge$/.test(loss.def.name) && loss.def.name !== "categoricalHinge") {
    return tensor(each(() => (d.chance(0.5) ? 1 : -1)), sizes, dtype);
  }
  if (/^categorical/.test(loss.def.name)) {
    const right = Array.from({ length: rows }, () => d.below(width));
    return tensor(each((i) => (i % width === right[Math.floor(i / width)] ? 1 : 0)), sizes, dtype);
  }
  return tensor(each(() => d.uniform(0.05, 0.95)), sizes, dtype);
}
