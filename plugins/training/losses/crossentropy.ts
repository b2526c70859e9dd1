/** Cross-entropies and focal losses, as Keras 3 on TensorFlow computes them. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import { cast, dtypeOf, scalarLike, shapeOf, sizeAt, transpose } from "../../../core/ops/words.ts";
import { bool, float, int, nullable, type Schema } from "../../../core/values/schema.ts";
import { dimsOf, normalAxis, type TensorType, tensorType } from "../../../core/values/shape.ts";
import { tensor } from "../../../core/values/tensor.ts";
import type { LossConfig, LossContext, LossDef } from "../../../core/training/contract.ts";
import { type PartFactory, partFactory } from "../../../core/training/parts.ts";
import { epsilon, lastMean, lastSum, reductionField } from "./losses.ts";

/** Options that cross-entropies share. */
export interface CrossentropyConfig extends LossConfig {
  /** Outputs are scores before softmax or sigmoid. */
  readonly fromLogits: boolean;
  /** Share of the target that is spread over all classes. */
  readonly labelSmoothing: number;
  /** The axis of the classes. */
  readonly axis: number;
}
function fields(): Schema<CrossentropyConfig> {
  return {
    reduction: reductionField(),
    fromLogits: bool({ default: false }),
    labelSmoothing: float({
      default: 0,
      min: 0,
      max: 1,
    }),
    axis: int({ default: -1 }),
  };
}

const times = (b: Builder, x: Value, n: number) => (n === 1 ? x : b.mul(x, scalarLike(b, n, x)));
const plus = (b: Builder, x: Value, n: number) => b.add(x, scalarLike(b, n, x));
const oneMinus = (b: Builder, x: Value) => b.sub(scalarLike(b, 1, x), x);
const clipped = (b: Builder, p: Value) => b.clip(p, scalarLike(b, epsilon, p), scalarLike(b, 1 - epsilon, p));
/** x with an axis moved to the end. */
function classesLast(b: Builder, x: Value, axis: number): Value {
  const rank = shapeOf(x.type).length, at = normalAxis(axis, rank);
  if (at === rank - 1) return x;
  return transpose(b, x, [...Array.from({ length: rank }, (_, i) => i).filter((i) => i !== at), at]);
}

/** −y·ln p − (1 − y)·ln(1 − p) of each element. */
function binaryElements(
  b: Builder,
  y: Value,
  { output, logits }: Pick<LossContext<unknown>, "output" | "logits">,
  fromLogits: boolean,
): Value {
  const scores = fromLogits ? output : logits?.of === "Sigmoid" ? logits.value : undefined;
  if (scores) {
    // softplus(x) − x·y, the stable form of both terms.
    return b.sub(b.softplus(scores), b.mul(scores, y));
  }
  const p = clipped(b, output);
  const yes = b.mul(y, b.log(p));
  const no = b.mul(oneMinus(b, y), b.log(oneMinus(b, p)));
  return b.neg(b.add(yes, no));
}
const smoothBinary = (b: Builder, y: Value, share: number) =>
  share === 0 ? y : plus(b, times(b, y, 1 - share), 0.5 * share);

/** The definition of {@link binaryCrossentropy}. */
export const binaryCrossentropyDef: LossDef<CrossentropyConfig> = {
  kind: "loss",
  name: "binaryCrossentropy",
  aliases: ["bce"],
  classifies: true,
  config: fields(),
  build(context) {
    const { b, config, target } = context;
    const y = smoothBinary(b, target, config.labelSmoothing);
    const values = binaryElements(b, y, context, config.fromLogits);
    return { values: lastMean(b, classesLast(b, values, config.axis)) };
  },
};
/** Binary cross-entropy: mean over the last axis of −y·ln p − (1 − y)·ln(1 − p). */
export const binaryCrossentropy: PartFactory<LossDef, CrossentropyConfig> = partFactory<LossDef>(
  binaryCrossentropyDef,
);

/** ln of the outputs' probabilities, classes last: by log-softmax of the scores where there are scores. */
function logProbabilities(
  b: Builder,
  { output, logits }: Pick<LossContext<unknown>, "output" | "logits">,
  axis: number,
  fromLogits: boolean,
): Value {
  const last = normalAxis(axis, shapeOf(output.type).length) === shapeOf(output.type).length - 1;
  const scores = fromLogits ? output : logits?.of === "Softmax" && last ? logits.value : undefined;
  if (scores) return b.logSoftmax(classesLast(b, scores, axis), { axis: -1 });
  const p = classesLast(b, output, axis);
  return b.log(clipped(b, b.div(p, lastSum(b, p, true))));
}

/** The definition of {@link categoricalCrossentropy}. */
export const categoricalCrossentropyDef: LossDef<CrossentropyConfig> = {
  kind: "loss",
  name: "categoricalCrossentropy",
  aliases: ["cce"],
  classifies: true,
  config: fields(),
  build(context) {
    const { b, config, target } = context, { labelSmoothing: share, axis } = config;
    let y = classesLast(b, target, axis);
    if (share > 0) y = plus(b, times(b, y, 1 - share), share / sizeAt(context.output.type, axis));
    const logs = logProbabilities(b, context, axis, config.fromLogits);
    return { values: b.neg(lastSum(b, b.mul(y, logs))) };
  },
};
/** Cross-entropy of one-hot targets (or distributions) `[…, classes]`. */
export const categoricalCrossentropy: PartFactory<LossDef, CrossentropyConfig> = partFactory<LossDef>(
  categoricalCrossentropyDef,
);

/** Options of {@link sparseCategoricalCrossentropyDef}. */
export interface SparseCrossentropyConfig extends LossConfig {
  /** Outputs are scores before softmax. */
  readonly fromLogits: boolean;
  /** A target that doesn't count. */
  readonly ignoreClass: number | null;
  /** The axis of the classes. */
  readonly axis: number;
}
/** 1 at each sample's class and 0 elsewhere, `[…] → […, classes]`. */
export function oneHot(b: Builder, ids: Value, classes: number, like: Value): Value {
  const all = b.constant(tensor(Int32Array.from({ length: classes }, (_, i) => i), [classes]));
  const column = b.unsqueeze(cast(b, ids, "int32"), b.ints([-1]));
  return cast(b, b.equal(column, all), dtypeOf(like));
}
const withoutAxis = (output: TensorType, axis: number): TensorType => {
  const dims = output.shape && dimsOf(output);
  return tensorType("int32", dims?.filter((_, i) => i !== normalAxis(axis, dims.length)));
};
/** Cross-entropy of targets that are classes' numbers, `[…]` for outputs `[…, classes]`. */
export const sparseCategoricalCrossentropyDef: LossDef<SparseCrossentropyConfig> = {
  kind: "loss",
  name: "sparseCategoricalCrossentropy",
  aliases: ["scce"],
  classifies: true,
  config: {
    reduction: reductionField(),
    fromLogits: bool({ default: false }),
    ignoreClass: nullable(int()),
    axis: int({ default: -1 }),
  },
  target: (output, { axis }) => withoutAxis(output, axis),
  classes: (output, { axis }) => sizeAt(output, axis),
  ignored: ({ ignoreClass }) => ignoreClass ?? undefined,
  keras: {
    save({ axis, ...rest }, major) {
      // Keras up to 3.4 knows no axis.
      return { config: major === 3 && axis !== -1 ? { ...rest, axis } : rest };
    },
  },
  build(context) {
    const { b, config, target, output } = context, { ignoreClass } = config;
    let logs = logProbabilities(b, context, config.axis, config.fromLogits);
    if (!config.fromLogits && context.logits?.of !== "Softmax") {
      // TensorFlow takes the logarithms of clipped probabilities as scores once more.
      logs = b.logSoftmax(logs, { axis: -1 });
    }
    const classes = sizeAt(output.type, config.axis);
    const picked = lastSum(b, b.mul(oneHot(b, target, classes, logs), logs));
    const values = b.neg(picked);
    if (ignoreClass === null) return { values };
    const mask = b.not(b.equal(target, b.scalar(ignoreClass, dtypeOf(target))));
    return { values: b.where(mask, values, scalarLike(b, 0, values)), mask };
  },
};

/** Options of {@link binaryFocalCrossentropyDef}. */
export interface BinaryFocalConfig extends CrossentropyConfig {
  /** Weigh class 1 by `alpha` and class 0 by 1 − alpha. */
  readonly applyClassBalancing: boolean;
  /** Weight of class 1. */
  readonly alpha: number;
  /** How much less sure samples count. */
  readonly gamma: number;
}
/** The definition of {@link binaryFocalCrossentropy}. */
export const binaryFocalCrossentropyDef: LossDef<BinaryFocalConfig> = {
  kind: "loss",
  name: "binaryFocalCrossentropy",
  aliases: ["binaryFocal"],
  classifies: true,
  config: {
    ...fields(),
    applyClassBalancing: bool({ default: false }),
    alpha: float({ default: 0.25 }),
    gamma: float({ default: 2 }),
  },
  build({ b, config, target, output, logits }) {
    const { alpha, gamma } = config, y = smoothBinary(b, target, config.labelSmoothing);
    const p = config.fromLogits ? b.sigmoid(output) : output;
    const known = config.fromLogits ? { of: "Sigmoid" as const, value: output } : logits;
    const entropy = binaryElements(b, y, { output: p, ...(known && { logits: known }) }, false);
    const right = b.add(b.mul(y, p), b.mul(oneMinus(b, y), oneMinus(b, p)));
    const rest = oneMinus(b, right);
    let values = b.mul(power(b, rest, gamma), entropy);
    if (config.applyClassBalancing) {
      values = b.mul(values, plus(b, times(b, y, 2 * alpha - 1), 1 - alpha));
    }
    return { values: lastMean(b, classesLast(b, values, config.axis)) };
  },
};
/** Binary cross-entropy times (1 − p of the true class)^gamma (Lin et al. 2018). */
export const binaryFocalCrossentropy: PartFactory<LossDef, BinaryFocalConfig> = partFactory<LossDef>(
  binaryFocalCrossentropyDef,
);
const power = (b: Builder, x: Value, n: number) => n === 2 ? b.mul(x, x) : b.pow(x, scalarLike(b, n, x));

/** Options of {@link categoricalFocalCrossentropyDef}. */
export interface CategoricalFocalConfig extends CrossentropyConfig {
  /** Weight of all classes. */
  readonly alpha: number;
  /** How much less sure samples count. */
  readonly gamma: number;
}
/** Cross-entropy of one-hot targets, each class times alpha · (1 − p)^gamma (Lin et al. 2018). */
export const categoricalFocalCrossentropyDef: LossDef<CategoricalFocalConfig> = {
  kind: "loss",
  name: "categoricalFocalCrossentropy",
  aliases: ["categoricalFocal", "focal"],
  classifies: true,
  config: {
    ...fields(),
    alpha: float({ default: 0.25 }),
    gamma: float({ default: 2 }),
  },
  build({ b, config, target, output }) {
    const { axis, alpha, gamma, labelSmoothing: share } = config;
    let y = classesLast(b, target, axis);
    if (share > 0) y = plus(b, times(b, y, 1 - share), share / sizeAt(output.type, axis));
    const given = classesLast(b, output, axis);
    const sure = config.fromLogits ? b.softmax(given, { axis: -1 }) : given;
    const p = clipped(b, b.div(sure, lastSum(b, sure, true)));
    const factor = times(b, power(b, oneMinus(b, p), gamma), alpha);
    const entropy = b.mul(y, b.log(p));
    return { values: b.neg(lastSum(b, b.mul(factor, entropy))) };
  },
};

/** Cross-entropy of classes' numbers. */
export const sparseCategoricalCrossentropy: PartFactory<LossDef, SparseCrossentropyConfig> = partFactory<
  LossDef
>(sparseCategoricalCrossentropyDef);

/** Focal loss of one-hot targets. */
export const categoricalFocalCrossentropy: PartFactory<LossDef, CategoricalFocalConfig> = partFactory<
  LossDef
>(categoricalFocalCrossentropyDef);
