/** Losses of overlap, of embeddings, and of labels that may be wrong: Dice, Tversky, circle, generalized cross-entropy. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import { cast, dtypeOf, scalarLike, sizeAt } from "../../../core/ops/words.ts";
import { bool, type Field, float, int, list, nullable } from "../../../core/values/schema.ts";
import { tensorType } from "../../../core/values/shape.ts";
import type { LossConfig, LossDef } from "../../../core/training/contract.ts";
import { type PartFactory, partFactory } from "../../../core/training/parts.ts";
import { oneHot } from "./crossentropy.ts";
import { epsilon, lastSum, reductionField } from "./losses.ts";

const mul = (b: Builder, x: Value, y: Value) => b.mul(x, y);
const plus = (b: Builder, x: Value, n: number) => b.add(x, scalarLike(b, n, x));
const times = (b: Builder, x: Value, n: number) => b.mul(x, scalarLike(b, n, x));
const oneMinus = (b: Builder, x: Value) => b.sub(scalarLike(b, 1, x), x);

/** Options of {@link diceDef}. */
export interface DiceConfig extends LossConfig {
  /** Axes that are added up; all where null. */
  readonly axis: readonly number[] | null;
}
function axes(): Field<readonly number[] | null> {
  const several = nullable(list({ of: int() }));
  return { ...several, parse: (raw, path) => several.parse(typeof raw === "number" ? [raw] : raw, path) };
}
function sumOver(b: Builder, x: Value, axis: readonly number[] | null): Value {
  return b.one("ReduceSum", axis === null ? [x] : [x, b.ints([...axis])], { keepdims: 0 });
}
const diceDef: LossDef<DiceConfig> = {
  kind: "loss",
  name: "dice",
  config: { reduction: reductionField(), axis: axes() },
  classifies: true,
  build({ b, config: { axis }, target: y, output: p }) {
    const both = sumOver(b, mul(b, y, p), axis);
    const all = b.add(sumOver(b, y, axis), sumOver(b, p, axis));
    return { values: oneMinus(b, b.div(times(b, both, 2), plus(b, all, epsilon))) };
  },
};
/** 1 − 2·Σ y·p / (Σ y + Σ p). */
export const dice: PartFactory<LossDef, DiceConfig> = partFactory<LossDef>(diceDef);

/** Options of {@link tverskyDef}. */
export interface TverskyConfig extends DiceConfig {
  /** Weight of what is missed. */
  readonly alpha: number;
  /** Weight of what is wrongly found. */
  readonly beta: number;
}
const tverskyDef: LossDef<TverskyConfig> = {
  kind: "loss",
  name: "tversky",
  config: {
    reduction: reductionField(),
    axis: axes(),
    alpha: float({ default: 0.5 }),
    beta: float({ default: 0.5 }),
  },
  classifies: true,
  build({ b, config: { axis, alpha, beta }, target: y, output: p }) {
    const hits = sumOver(b, mul(b, y, p), axis);
    const missed = sumOver(b, mul(b, oneMinus(b, p), y), axis);
    const wrong = sumOver(b, mul(b, p, oneMinus(b, y)), axis);
    const all = b.add(b.add(hits, times(b, missed, alpha)), times(b, wrong, beta));
    return { values: oneMinus(b, b.div(hits, plus(b, all, epsilon))) };
  },
};
/** 1 − hits / (hits + α·missed + β·wrong) (Salehi et al. 2017). */
export const tversky: PartFactory<LossDef, TverskyConfig> = partFactory<LossDef>(tverskyDef);

/** Options of {@link categoricalGeneralizedCrossEntropyDef}. */
export interface GeneralizedConfig extends LossConfig {
  /** Near 0 cross-entropy, at 1 the mean absolute error. */
  readonly q: number;
}
/** (1 − p^q) / q of the target's class (Zhang and Sabuncu 2018). */
export const categoricalGeneralizedCrossEntropyDef: LossDef<GeneralizedConfig> = {
  kind: "loss",
  name: "categoricalGeneralizedCrossEntropy",
  config: {
    reduction: reductionField(),
    q: float({ default: 0.5, min: 0, max: 1 }),
  },
  classifies: true,
  target: (output) => tensorType("int32", output.shape?.slice(0, -1)),
  classes: (output) => sizeAt(output, -1),
  build({ b, config: { q }, target, output }) {
    const own = lastSum(b, mul(b, output, oneHot(b, target, sizeAt(output.type, -1), output)));
    const powered = b.pow(own, scalarLike(b, q, own));
    return { values: times(b, oneMinus(b, powered), 1 / q) };
  },
};

/** Options of {@link circleDef}. */
export interface CircleConfig extends LossConfig {
  /** How steep it is. */
  readonly gamma: number;
  /** How far classes are to stand apart. */
  readonly margin: number;
  /** A sample is no neighbour of its own. */
  readonly removeDiagonal: boolean;
}
const circleDef: LossDef<CircleConfig> = {
  kind: "loss",
  name: "circle",
  config: {
    reduction: reductionField(),
    gamma: float({ default: 80 }),
    margin: float({ default: 0.4 }),
    removeDiagonal: bool({ default: true }),
  },
  target: (output) => tensorType("int32", output.shape?.slice(0, 1)),
  build({ b, config: { gamma, margin, removeDiagonal }, target, output }) {
    const away = oneMinus(b, b.matMul(output, b.transpose(output, { perm: [1, 0] })));
    const distance = b.max([away, scalarLike(b, 0, away)]);
    const column = b.unsqueeze(target, b.ints([1])), row = b.unsqueeze(target, b.ints([0]));
    let same = b.equal(column, row);
    const others = b.not(same);
    if (removeDiagonal) {
      const rows = b.shape(output, { start: 0, end: 1 });
      const eye = b.eyeLike(b.expand(b.scalar(0), b.concat([rows, rows], { axis: 0 })));
      same = b.and(same, b.not(cast(b, eye, "bool")));
    }
    const atLeast = (x: Value) => b.max([x, scalarLike(b, 0, x)]);
    const near = mul(
      b,
      atLeast(plus(b, distance, margin)),
      b.sub(distance, scalarLike(b, margin, distance)),
    );
    const far = mul(
      b,
      atLeast(oneMinus(b, plus(b, distance, -margin))),
      oneMinus(b, plus(b, distance, margin)),
    );
    // −∞ where no sample counts, which the mask leaves out.
    const least = -1e30, dtype = dtypeOf(output);
    const logSum = (mask: Value, x: Value) =>
      b.reduceLogSumExp(b.where(mask, times(b, x, gamma), b.scalar(least, dtype)), b.ints([1]), {
        keepdims: 0,
      });
    const values = b.softplus(b.add(logSum(same, near), logSum(others, far)));
    return { values, mask: b.greater(values, scalarLike(b, 0, values)) };
  },
};
/** Embeddings of one class near, of others far, by cosine (Sun et al. 2020); outputs are unit vectors. */
export const circle: PartFactory<LossDef, CircleConfig> = partFactory<LossDef>(circleDef);

/** Generalized cross-entropy of classes' numbers. */
export const categoricalGeneralizedCrossEntropy: PartFactory<LossDef, GeneralizedConfig> = partFactory<
  LossDef
>(
  categoricalGeneralizedCrossEntropyDef,
);
