/** Dice for random graphs: seeded choices, shapes and numbers, and what shapes values have. @module */
import type { GraphBuilder } from "../../core/graph/builder.ts";
import type { Value } from "../../core/graph/graph.ts";
import { Random } from "../../core/values/random.ts";
import { asTensor, type Dim, sameDim } from "../../core/values/shape.ts";
import { type Tensor, tensor } from "../../core/values/tensor.ts";
import { normal } from "./engines.ts";

/** Element types of random values. */
export type DiceType = "float32" | "int64" | "bool";

/** A value's dims. */
export const shapeOf = (v: Value): readonly Dim[] => asTensor(v.type).shape ?? [];
/** Whether a value holds float32. */
export const isFloat32 = (v: Value): boolean => asTensor(v.type).dtype === "float32";
/** A value's dims where all are numbers. */
export function numbersOf(v: Value): readonly number[] | undefined {
  const shape = shapeOf(v);
  return shape.every((d) => typeof d === "number") ? shape as readonly number[] : undefined;
}
/** Whether two shapes are equal whatever their symbols are. */
export const sameShape = (a: readonly Dim[], b: readonly Dim[]): boolean =>
  a.length === b.length && a.every((d, i) => sameDim(d, b[i] ?? -1));
/** Whether a value repeats over another, or the other over it. */
export function broadcasts(v: Value, x: Value): boolean {
  const a = shapeOf(v), c = shapeOf(x);
  return a.every((d, i) => {
    const other = c[i - a.length + c.length];
    return other === undefined || d === 1 || other === 1 || sameDim(d, other);
  });
}
/** Whether a value repeats over another one and leaves its shape alone. */
export function fitsInto(v: Value, x: Value): boolean {
  const a = shapeOf(v), c = shapeOf(x);
  return a.length <= c.length && a.every((d, i) => d === 1 || sameDim(d, c[i - a.length + c.length] ?? -1));
}

/** Seeded choices. */
export class Dice {
  readonly #random: Random;
  readonly #sizes: readonly number[];
  #seed: number;
  /** The same choices for the same seed; sizes of axes beyond small ones for every fifth, as vector kernels take them. */
  constructor(seed: number) {
    this.#random = new Random(seed);
    this.#seed = seed * 1000;
    this.#sizes = seed % 5 === 2 ? [1, 2, 4, 7, 8, 9, 16, 17] : [1, 2, 2, 3, 3, 4, 5];
  }
  /** A whole number below `n`. */
  below(n: number): number {
    return this.#random.below(n);
  }
  /** True with a probability. */
  chance(p: number): boolean {
    return this.#random.uniform() < p;
  }
  /** A number from 0 to 1. */
  roll(): number {
    return this.#random.uniform();
  }
  /** One of a list. @throws {RangeError} for an empty one. */
  among<T>(list: readonly T[]): T {
    const found = list[this.below(list.length)];
    if (found === undefined) throw new RangeError("nothing to choose from");
    return found;
  }
  /** Random numbers of a shape, whole ones or truths for other types. */
  numbers(shape: readonly number[], dtype: DiceType = "float32"): Tensor {
    const t = normal(shape, this.#seed++, 0.7);
    if (dtype === "float32") return t;
    const whole = Array.from(t.data as Float32Array, (v) => Math.floor(Math.abs(v) * 3));
    return dtype === "int64" ? tensor(whole, shape, "int64") : tensor(whole.map((v) => v % 2 === 1), shape);
  }
  /** A size of an axis. */
  dim(): number {
    return this.among(this.#sizes);
  }
  /** A shape of such sizes. */
  shape(least = 0, most = 4): number[] {
    return Array.from({ length: least + this.below(most - least + 1) }, () => this.dim());
  }
  /** A permutation. */
  order(rank: number): number[] {
    const left = Array.from({ length: rank }, (_, i) => i);
    return Array.from({ length: rank }, () => left.splice(this.below(left.length), 1)[0] ?? 0);
  }
  /** A float32 value of a pool that fits; late ones more often, so that graphs get deep. */
  floats(pool: readonly Value[], fits: (v: Value) => boolean = () => true): Value | undefined {
    const found = pool.filter((v) => isFloat32(v) && fits(v));
    if (found.length === 0) return undefined;
    return this.chance(0.5) ? this.among(found.slice(-4)) : this.among(found);
  }
  /** A constant of a graph. */
  constant(b: GraphBuilder, shape: readonly number[]): Value {
    return b.constant(this.numbers(shape));
  }
}
