/** Losses over numbers: regression, hinge, divergences. Each gives one loss a sample, as Keras 3 defines it. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import { scalarLike, shapeOf } from "../../../core/ops/words.ts";
import { choice, type Field, float, int } from "../../../core/values/schema.ts";
import type { LossConfig, LossDef, Reduction } from "../../../core/training/contract.ts";
import { type PartFactory, partFactory } from "../../../core/training/parts.ts";

/** Keras' epsilon. */
export const epsilon = 1e-7;
/** The field that every loss has. */
export function reductionField(): Field<Reduction> {
  const inner = choice({
    of: ["sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none"],
    default: "sum_over_batch_size",
  });
  const older: Readonly<Record<string, string>> = { auto: "sum_over_batch_size" };
  return {
    ...inner,
    parse: (raw, path) =>
      raw === null ? "none" : inner.parse(typeof raw === "string" ? older[raw] ?? raw : raw, path),
  };
}
/** The mean over the last axis; a scalar sample stays as it is. */
export function lastMean(b: Builder, x: Value): Value {
  return shapeOf(x.type).length < 2 ? x : b.reduceMean(x, b.ints([-1]), { keepdims: 0 });
}
/** The sum over the last axis. */
export function lastSum(b: Builder, x: Value, keep = false): Value {
  return b.reduceSum(x, b.ints([-1]), { keepdims: keep ? 1 : 0 });
}
const square = (b: Builder, x: Value) => b.mul(x, x);
const atLeast = (b: Builder, x: Value, n: number) => b.max([x, scalarLike(b, n, x)]);
/** x / ‖x‖₂ over an axis, with Keras' bound on 1 / ‖x‖₂. */
export function unit(b: Builder, x: Value, axis: number): Value {
  const norm = b.sqrt(b.reduceSum(square(b, x), b.ints([axis]), { keepdims: 1 }));
  return b.div(x, atLeast(b, norm, epsilon));
}

/** A loss that needs no options: a value an element, meaned over the last axis. */
function elementwise(
  name: string,
  aliases: readonly string[],
  value: (b: Builder, target: Value, output: Value, plainLabels: boolean) => Value,
): LossDef<LossConfig> {
  return {
    kind: "loss",
    name,
    aliases,
    config: { reduction: reductionField() },
    build: ({ b, target, output, plainLabels = false }) => ({
      values: lastMean(b, value(b, target, output, plainLabels)),
    }),
  };
}

/** The definition of {@link meanSquaredError}. */
export const meanSquaredErrorDef: LossDef<LossConfig> = elementwise(
  "meanSquaredError",
  ["mse"],
  (b, y, p) => square(b, b.sub(p, y)),
);
/** Mean of (y − ŷ)². */
export const meanSquaredError: PartFactory<LossDef, LossConfig> = partFactory<LossDef>(meanSquaredErrorDef);
/** The definition of {@link meanAbsoluteError}. */
export const meanAbsoluteErrorDef: LossDef<LossConfig> = elementwise(
  "meanAbsoluteError",
  ["mae"],
  (b, y, p) => b.abs(b.sub(p, y)),
);
/** Mean of |y − ŷ|. */
export const meanAbsoluteError: PartFactory<LossDef, LossConfig> = partFactory<LossDef>(meanAbsoluteErrorDef);
/** The definition of {@link meanAbsolutePercentageError}. */
export const meanAbsolutePercentageErrorDef: LossDef<LossConfig> = elementwise(
  "meanAbsolutePercentageError",
  ["mape"],
  (b, y, p) => {
    const share = b.div(b.sub(p, y), atLeast(b, b.abs(y), epsilon));
    return b.mul(b.abs(share), scalarLike(b, 100, share));
  },
);
/** 100 · mean of |y − ŷ| / max(|y|, ε). */
export const meanAbsolutePercentageError: PartFactory<LossDef, LossConfig> = partFactory<LossDef>(
  meanAbsolutePercentageErrorDef,
);
/** The definition of {@link meanSquaredLogarithmicError}. */
export const meanSquaredLogarithmicErrorDef: LossDef<LossConfig> = elementwise(
  "meanSquaredLogarithmicError",
  ["msle"],
  (b, y, p) => {
    const log = (x: Value) => b.log(b.add(atLeast(b, x, epsilon), scalarLike(b, 1, x)));
    return square(b, b.sub(log(p), log(y)));
  },
);
/** Mean of (ln(1 + y) − ln(1 + ŷ))². */
export const meanSquaredLogarithmicError: PartFactory<LossDef, LossConfig> = partFactory<LossDef>(
  meanSquaredLogarithmicErrorDef,
);
/** The definition of {@link logCosh}. */
export const logCoshDef: LossDef<LossConfig> = {
  ...elementwise("logCosh", ["logcosh"], (b, y, p) => {
    const d = b.sub(p, y);
    const soft = b.softplus(b.mul(d, scalarLike(b, -2, d)));
    return b.sub(b.add(d, soft), scalarLike(b, Math.LN2, d));
  }),
};
/** Mean of ln cosh(ŷ − y). */
export const logCosh: PartFactory<LossDef, LossConfig> = partFactory<LossDef>(logCoshDef);

/** Options of {@link huberDef}. */
export interface HuberConfig extends LossConfig {
  /** Where the loss goes over from square to linear. */
  readonly delta: number;
}
/** The definition of {@link huber}. */
export const huberDef: LossDef<HuberConfig> = {
  kind: "loss",
  name: "huber",
  aliases: ["huberLoss"],
  config: {
    reduction: reductionField(),
    delta: float({ default: 1 }),
  },
  build({ b, config, target, output }) {
    const error = b.sub(output, target), size = b.abs(error), { delta } = config;
    const half = b.mul(square(b, error), scalarLike(b, 0.5, error));
    const linear = b.sub(b.mul(size, scalarLike(b, delta, size)), scalarLike(b, 0.5 * delta * delta, size));
    const near = b.lessOrEqual(size, scalarLike(b, delta, size));
    return { values: lastMean(b, b.where(near, half, linear)) };
  },
};
/** (y − ŷ)² / 2 near 0, linear from `delta` on (Huber 1964). */
export const huber: PartFactory<LossDef, HuberConfig> = partFactory<LossDef>(huberDef);

/** Targets 0 and 1 as −1 and 1, where all of them are 0 or 1. */
function signs(b: Builder, y: Value): Value {
  const is = (n: number) => b.equal(y, scalarLike(b, n, y));
  const binary = b.cast(b.or(is(0), is(1)), { to: "float32" });
  const all = b.equal(b.reduceMin(binary, { keepdims: 0 }), b.scalar(1));
  const mapped = b.sub(b.mul(y, scalarLike(b, 2, y)), scalarLike(b, 1, y));
  return b.where(all, mapped, y);
}
const margin = (b: Builder, y: Value, p: Value, plainLabels: boolean) =>
  atLeast(b, b.sub(scalarLike(b, 1, p), b.mul(plainLabels ? y : signs(b, y), p)), 0);
/** The definition of {@link hinge}. */
export const hingeDef: LossDef<LossConfig> = {
  ...elementwise("hinge", [], margin),
  classifies: true,
};
/** Mean of max(1 − y·ŷ, 0), targets −1 and 1 (or 0 and 1). */
export const hinge: PartFactory<LossDef, LossConfig> = partFactory<LossDef>(hingeDef);
/** The definition of {@link squaredHinge}. */
export const squaredHingeDef: LossDef<LossConfig> = {
  ...elementwise(
    "squaredHinge",
    [],
    (b, y, p, plain) => square(b, margin(b, y, p, plain)),
  ),
  classifies: true,
};
/** Mean of max(1 − y·ŷ, 0)². */
export const squaredHinge: PartFactory<LossDef, LossConfig> = partFactory<LossDef>(squaredHingeDef);
/** The definition of {@link categoricalHinge}. */
export const categoricalHingeDef: LossDef<LossConfig> = {
  kind: "loss",
  name: "categoricalHinge",
  config: { reduction: reductionField() },
  classifies: true,
  build({ b, target: y, output: p }) {
    const right = lastSum(b, b.mul(y, p));
    const wrong = b.mul(b.sub(scalarLike(b, 1, y), y), p);
    const best = b.reduceMax(wrong, b.ints([-1]), { keepdims: 0 });
    const over = b.add(b.sub(best, right), scalarLike(b, 1, right));
    return { values: atLeast(b, over, 0) };
  },
};
/** max(0, 1 + the best wrong score − the right score). */
export const categoricalHinge: PartFactory<LossDef, LossConfig> = partFactory<LossDef>(categoricalHingeDef);

/** The definition of {@link klDivergence}. */
export const klDivergenceDef: LossDef<LossConfig> = {
  kind: "loss",
  name: "klDivergence",
  className: "KLDivergence",
  aliases: ["kld", "kullbackLeiblerDivergence"],
  config: { reduction: reductionField() },
  build({ b, target, output }) {
    const clipped = (x: Value) => b.clip(x, scalarLike(b, epsilon, x), scalarLike(b, 1, x));
    const y = clipped(target), p = clipped(output);
    const log = b.sub(b.log(y), b.log(p));
    return { values: lastSum(b, b.mul(y, log)) };
  },
};
/** Σ y · ln(y / ŷ): how far a distribution is from another. */
export const klDivergence: PartFactory<LossDef, LossConfig> = partFactory<LossDef>(klDivergenceDef);
/** The definition of {@link poisson}. */
export const poissonDef: LossDef<LossConfig> = elementwise(
  "poisson",
  [],
  (b, y, p) => {
    const log = b.log(b.add(p, scalarLike(b, epsilon, p)));
    return b.sub(p, b.mul(y, log));
  },
);
/** Mean of ŷ − y · ln(ŷ + ε). */
export const poisson: PartFactory<LossDef, LossConfig> = partFactory<LossDef>(poissonDef);

/** Options of {@link cosineSimilarityDef}. */
export interface CosineConfig extends LossConfig {
  /** The axis of the vectors. */
  readonly axis: number;
}
/** The definition of {@link cosineSimilarity}. */
export const cosineSimilarityDef: LossDef<CosineConfig> = {
  kind: "loss",
  name: "cosineSimilarity",
  aliases: ["cosineProximity"],
  config: { reduction: reductionField(), axis: int({ default: -1 }) },
  build({ b, config: { axis }, target, output }) {
    const product = b.mul(unit(b, target, axis), unit(b, output, axis));
    return { values: b.neg(b.reduceSum(product, b.ints([axis]), { keepdims: 0 })) };
  },
};
/** Minus the cosine of the angle between target and output. */
export const cosineSimilarity: PartFactory<LossDef, CosineConfig> = partFactory<LossDef>(cosineSimilarityDef);
