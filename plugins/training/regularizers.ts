/** Penalties on weights and outputs, as Keras 3 defines them. @module */
import type { Builder } from "../../core/graph/builder.ts";
import { ConfigError } from "../../core/values/errors.ts";
import type { Value } from "../../core/graph/graph.ts";
import { scalarLike, shapeOf, sizeAt, transpose } from "../../core/ops/words.ts";
import { choice, float } from "../../core/values/schema.ts";
import { sizeOf, tensor } from "../../core/values/tensor.ts";
import type { RegularizerDef } from "../../core/training/contract.ts";
import { type PartFactory, partFactory } from "../../core/training/parts.ts";
import { unit } from "./losses/losses.ts";

const times = (b: Builder, x: Value, n: number) => b.mul(x, scalarLike(b, n, x));
const sum = (b: Builder, x: Value) => b.reduceSum(x, { keepdims: 0 });
const absolute = (b: Builder, x: Value, n: number) => times(b, sum(b, b.abs(x)), n);
const squared = (b: Builder, x: Value, n: number) => times(b, sum(b, b.mul(x, x)), n);

/** Options of {@link l1Def}. */
export interface L1Config {
  /** Factor of the magnitudes. */
  readonly l1: number;
}
const l1Def: RegularizerDef<L1Config> = {
  kind: "regularizer",
  name: "l1",
  className: "L1",
  config: { l1: float({ default: 0.01, min: 0 }) },
  build: (b, x, { l1 }) => absolute(b, x, l1),
};
/** l1 · Σ|x| */
export const l1: PartFactory<RegularizerDef, L1Config> = partFactory<RegularizerDef>(l1Def);
/** Options of {@link l2Def}. */
export interface L2Config {
  /** Factor of the squares. */
  readonly l2: number;
}
const l2Def: RegularizerDef<L2Config> = {
  kind: "regularizer",
  name: "l2",
  className: "L2",
  config: { l2: float({ default: 0.01, min: 0 }) },
  build: (b, x, { l2 }) => squared(b, x, l2),
};
/** l2 · Σx²: `dense({ units: 8, kernelRegularizer: l2({ l2: 1e-4 }) })`. */
export const l2: PartFactory<RegularizerDef, L2Config> = partFactory<RegularizerDef>(l2Def);
/** Options of {@link l1l2Def}. */
export interface L1L2Config {
  /** Factor of the magnitudes. */
  readonly l1: number;
  /** Factor of the squares. */
  readonly l2: number;
}
const l1l2Def: RegularizerDef<L1L2Config> = {
  kind: "regularizer",
  name: "l1l2",
  className: "L1L2",
  aliases: ["l1L2Regularizer", "weightRegularizer", "activityRegularizer"],
  config: {
    l1: float({ default: 0, min: 0 }),
    l2: float({ default: 0, min: 0 }),
  },
  build: (b, x, { l1, l2 }) => {
    if (l2 === 0) return absolute(b, x, l1);
    return l1 === 0 ? squared(b, x, l2) : b.add(absolute(b, x, l1), squared(b, x, l2));
  },
};
/** l1 · Σ|x| + l2 · Σx² */
export const l1l2: PartFactory<RegularizerDef, L1L2Config> = partFactory<RegularizerDef>(l1l2Def);
/** Options of {@link orthogonalRegularizerDef}. */
export interface OrthogonalConfig {
  /** Factor of the mean. */
  readonly factor: number;
  /** Whether rows or columns are to be orthogonal. */
  readonly mode: "rows" | "columns";
}
const orthogonalRegularizerDef: RegularizerDef<OrthogonalConfig> = {
  kind: "regularizer",
  name: "orthogonal",
  className: "OrthogonalRegularizer",
  aliases: ["orthogonal"],
  config: {
    factor: float({ default: 0.01 }),
    mode: choice({ of: ["rows", "columns"], default: "rows" }),
  },
  build(b, x, { factor, mode }) {
    const rank = shapeOf(x.type).length;
    if (rank !== 2) {
      throw new ConfigError(`an orthogonal regularizer is for matrices, got a weight of ${rank} axes`);
    }
    const rows = mode === "rows" ? unit(b, x, 1) : transpose(b, unit(b, x, 0), [1, 0]);
    const n = sizeAt(rows.type, 0), data = new Float32Array(sizeOf([n, n])).fill(1);
    for (let i = 0; i < n; i++) data[i * n + i] = 0;
    const product = b.matMul(rows, transpose(b, rows, [1, 0]));
    const apart = b.mul(product, b.constant(tensor(data, [n, n])));
    return absolute(b, apart, (factor * 0.5) / Math.max(1, (n * (n - 1)) / 2));
  },
};

/** The mean |cosine| between rows (or columns) of a matrix, times a factor: 0 where they are orthogonal. */
export const orthogonal: PartFactory<RegularizerDef, OrthogonalConfig> = partFactory<
  RegularizerDef
>(orthogonalRegularizerDef);
