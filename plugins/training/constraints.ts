/** Bounds that weights are put back into after each step, as Keras 3 defines them. @module */
import type { Builder } from "../../core/graph/builder.ts";
import type { Value } from "../../core/graph/graph.ts";
import { axesField, scalarLike } from "../../core/graph/words.ts";
import { float } from "../../core/values/schema.ts";
import type { ConstraintDef } from "../../core/training/contract.ts";
import { type PartFactory, partFactory } from "../../core/training/parts.ts";
import { epsilon } from "./losses/losses.ts";

/** One axis, or several. */
export type Axes = number | readonly number[];
const axes = () => axesField({ doc: "axes of one vector", default: 0 });
const norms = (b: Builder, w: Value, axis: Axes) =>
  b.one("Sqrt", [
    b.one("ReduceSum", [b.one("Mul", [w, w]), b.ints(typeof axis === "number" ? [axis] : axis)], {
      keepdims: 1,
    }),
  ]);
const like = (b: Builder, n: number, w: Value) => scalarLike(b, n, w);
const aboveZero = (b: Builder, x: Value) => b.one("Add", [x, like(b, epsilon, x)]);
const scaled = (b: Builder, w: Value, wanted: Value, now: Value) =>
  b.one("Mul", [w, b.one("Div", [wanted, aboveZero(b, now)])]);

/** Options of {@link maxNormDef}. */
export interface MaxNormConfig {
  /** Largest length. */
  readonly maxValue: number;
  /** Axes of one vector: 0 for the weights into one unit of a dense layer. */
  readonly axis: Axes;
}
/** Vectors no longer than `maxValue`. */
export const maxNormDef: ConstraintDef<MaxNormConfig> = {
  kind: "constraint",
  name: "maxNorm",
  summary: "vectors no longer than maxValue",
  config: { maxValue: float({ doc: "largest length", default: 2, min: 0 }), axis: axes() },
  keras: { fields: { maxValue: "max_value" } },
  build(b, w, { maxValue, axis }) {
    const now = norms(b, w, axis);
    return scaled(b, w, b.one("Min", [now, like(b, maxValue, w)]), now);
  },
};
/** No negative weights. */
export const nonNegDef: ConstraintDef<Readonly<Record<never, never>>> = {
  kind: "constraint",
  name: "nonNeg",
  summary: "no negative weights",
  config: {},
  build: (b, w) => b.one("Relu", [w]),
};
/** Vectors of length 1. */
export const unitNormDef: ConstraintDef<{ readonly axis: Axes }> = {
  kind: "constraint",
  name: "unitNorm",
  summary: "vectors of length 1",
  config: { axis: axes() },
  build: (b, w, { axis }) => b.one("Div", [w, aboveZero(b, norms(b, w, axis))]),
};
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
/** Vectors of a length between two bounds. */
export const minMaxNormDef: ConstraintDef<MinMaxNormConfig> = {
  kind: "constraint",
  name: "minMaxNorm",
  summary: "vectors of a length between two bounds",
  config: {
    minValue: float({ doc: "least length", default: 0, min: 0 }),
    maxValue: float({ doc: "largest length", default: 1, min: 0 }),
    rate: float({ doc: "share of the way that a step goes", default: 1, min: 0, max: 1 }),
    axis: axes(),
  },
  build(b, w, { minValue, maxValue, rate, axis }) {
    const now = norms(b, w, axis);
    const inside = b.one("Clip", [now, like(b, minValue, w), like(b, maxValue, w)]);
    const wanted = b.one("Add", [
      b.one("Mul", [inside, like(b, rate, w)]),
      b.one("Mul", [now, like(b, 1 - rate, w)]),
    ]);
    return scaled(b, w, wanted, now);
  },
};

/** Every constraint. */
export const constraints: readonly ConstraintDef[] = [maxNormDef, nonNegDef, unitNormDef, minMaxNormDef];
/** Vectors no longer than `maxValue`. */
export const maxNorm: PartFactory<ConstraintDef, MaxNormConfig> = partFactory<ConstraintDef>(maxNormDef);
/** No negative weights. */
export const nonNeg: PartFactory<ConstraintDef, Readonly<Record<never, never>>> = partFactory<ConstraintDef>(
  nonNegDef,
);
/** Vectors of length 1. */
export const unitNorm: PartFactory<ConstraintDef, { readonly axis: Axes }> = partFactory<ConstraintDef>(
  unitNormDef,
);
/** Vectors of a length between two bounds. */
export const minMaxNorm: PartFactory<ConstraintDef, MinMaxNormConfig> = partFactory<ConstraintDef>(
  minMaxNormDef,
);
