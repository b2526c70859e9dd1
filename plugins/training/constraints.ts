/** Bounds that weights are put back into after each step, as Keras 3 defines them. @module */
import type { Builder } from "../../core/graph/builder.ts";
import type { Value } from "../../core/graph/graph.ts";
import { scalarLike } from "../../core/ops/words.ts";
import { axesField } from "../../core/values/schema.ts";
import { float } from "../../core/values/schema.ts";
import type { ConstraintDef } from "../../core/training/contract.ts";
import { type PartFactory, partFactory } from "../../core/training/parts.ts";
import { epsilon } from "./losses/losses.ts";

/** One axis, or several. */
export type Axes = number | readonly number[];
const axes = () => axesField({ default: 0 });
const norms = (b: Builder, w: Value, axis: Axes) =>
  b.sqrt(b.reduceSum(b.mul(w, w), b.ints(typeof axis === "number" ? [axis] : axis), {
    keepdims: 1,
  }));
const like = (b: Builder, n: number, w: Value) => scalarLike(b, n, w);
const aboveZero = (b: Builder, x: Value) => b.add(x, like(b, epsilon, x));
const scaled = (b: Builder, w: Value, wanted: Value, now: Value) =>
  b.mul(w, b.div(wanted, aboveZero(b, now)));

/** Options of {@link maxNormDef}. */
export interface MaxNormConfig {
  /** Largest length. */
  readonly maxValue: number;
  /** Axes of one vector: 0 for the weights into one unit of a dense layer. */
  readonly axis: Axes;
}
const maxNormDef: ConstraintDef<MaxNormConfig> = {
  kind: "constraint",
  name: "maxNorm",
  config: { maxValue: float({ default: 2, min: 0 }), axis: axes() },
  keras: { fields: { maxValue: "max_value" } },
  build(b, w, { maxValue, axis }) {
    const now = norms(b, w, axis);
    return scaled(b, w, b.min([now, like(b, maxValue, w)]), now);
  },
};
/** Vectors no longer than `maxValue`. */
export const maxNorm: PartFactory<ConstraintDef, MaxNormConfig> = partFactory<ConstraintDef>(maxNormDef);
const nonNegDef: ConstraintDef<Readonly<Record<never, never>>> = {
  kind: "constraint",
  name: "nonNeg",
  config: {},
  build: (b, w) => b.relu(w),
};
/** No negative weights. */
export const nonNeg: PartFactory<ConstraintDef, Readonly<Record<never, never>>> = partFactory<ConstraintDef>(
  nonNegDef,
);
/** Options of {@link unitNorm}. */
export interface UnitNormConfig {
  /** Axes of one vector: 0 for the weights into one unit of a dense layer. */
  readonly axis: Axes;
}
const unitNormDef: ConstraintDef<UnitNormConfig> = {
  kind: "constraint",
  name: "unitNorm",
  config: { axis: axes() },
  build: (b, w, { axis }) => b.div(w, aboveZero(b, norms(b, w, axis))),
};
/** Vectors of length 1. */
export const unitNorm: PartFactory<ConstraintDef, UnitNormConfig> = partFactory<ConstraintDef>(
  unitNormDef,
);
/** Options of {@link minMaxNormDef}. */
export interface MinMaxNormConfig {
  /** Least length. */
  readonly minValue: number;
  /** Largest length. */
  readonly maxValue: number;
  /** Share of the way into the bounds that a step goes. */
  readonly rate: number;
  /** Axes of one vector. */
  readonly axis: Axes;
}
const minMaxNormDef: ConstraintDef<MinMaxNormConfig> = {
  kind: "constraint",
  name: "minMaxNorm",
  config: {
    minValue: float({ default: 0, min: 0 }),
    maxValue: float({ default: 1, min: 0 }),
    rate: float({ default: 1, min: 0, max: 1 }),
    axis: axes(),
  },
  build(b, w, { minValue, maxValue, rate, axis }) {
    const now = norms(b, w, axis);
    const inside = b.clip(now, like(b, minValue, w), like(b, maxValue, w));
    const wanted = b.add(b.mul(inside, like(b, rate, w)), b.mul(now, like(b, 1 - rate, w)));
    return scaled(b, w, wanted, now);
  },
};
/** Vectors of a length between two bounds. */
export const minMaxNorm: PartFactory<ConstraintDef, MinMaxNormConfig> = partFactory<ConstraintDef>(
  minMaxNormDef,
);
