/** Random choices from a seed, and tensors of random contents. @module */
import { type DType, dtypes, isBig, isFloat, isNarrowFloat } from "../../core/values/dtype.ts";
import { Random } from "../../core/values/random.ts";
import { sizeOf, type Tensor, tensor } from "../../core/values/tensor.ts";

/** What numbers a tensor is filled with. */
export type Contents = "normal" | "positive" | "unit" | "small" | "corner" | "whole";

const corners: readonly number[] = [
  NaN,
  Infinity,
  -Infinity,
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  -2.5,
  1e-40,
  1e-30,
  16777217,
  2147483648,
  -2147483649,
  1e5,
  88.7,
  -104,
  0.1,
  6.5e4,
];

/** Choices that follow from a seed. */
export class Dice {
  readonly #random: Random;
  constructor(seed: number) {
    this.#random = new Random(seed, [0x6772_6170, 0]);
  }
  /** A whole number below `n`. */
  below(n: number): number {
    return this.#random.below(n);
  }
  /** A whole number from `low` to `high`. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }
  /** True that often. */
  chance(p: number): boolean {
    return this.#random.uniform() < p;
  }
  /** One of a list. */
  pick<T>(list: readonly T[]): T {
    const found = list[this.below(list.length)];
    if (found === undefined) throw new RangeError("nothing to pick from");
    return found;
  }
  /** A number in [low, high). */
  uniform(low = 0, high = 1): number {
    return low + (high - low) * this.#random.uniform();
  }
  /** The list in another order. */
  shuffled<T>(list: readonly T[]): T[] {
    const out = [...list];
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.below(i + 1), [a, b] = [out[i], out[j]];
      if (a !== undefined && b !== undefined) [out[i], out[j]] = [b, a];
    }
    return out;
  }
  /** A tensor of random contents. */
  tensor(shape: readonly number[], dtype: DType = "float32", contents: Contents = "normal"): Tensor {
    const values = Array.from({ length: sizeOf(shape) }, () => this.#element(dtype, contents));
    if (dtype === "string") return tensor(values.map(String), shape, "string");
    return tensor(values, shape, dtype);
  }
  #element(dtype: DType, contents: Contents): number {
    const { kind, bits } = dtypes[dtype];
    if (kind === "bool") return this.below(2);
    if (kind === "uint") return this.below(Math.min(2 ** bits, contents === "corner" ? 256 : 10));
    if (kind === "int") {
      if (contents === "corner" && !isBig(dtype) && this.chance(0.2)) {
        return this.pick([-(2 ** (bits - 1)), 2 ** (bits - 1) - 1]);
      }
      return contents === "positive" ? this.between(1, Math.min(9, 2 ** (bits - 1) - 1)) : this.between(
        Math.max(-6, -(2 ** (bits - 1))),
        Math.min(6, 2 ** (bits - 1) - 1),
      );
    }
    if (!isFloat(dtype)) return this.below(3);
    return rounded(this.#real(contents), dtype);
  }
  #real(contents: Contents): number {
    switch (contents) {
      case "positive":
        return this.uniform(0.1, 2);
      case "unit":
        return this.uniform(-0.95, 0.95);
      case "small":
        return 0.3 * this.#random.normal();
      case "whole":
        return this.between(-4, 4);
      case "corner":
        return this.chance(0.5) ? this.pick(corners) : this.#random.normal();
      case "normal":
        return this.#random.normal();
    }
  }
}
function rounded(value: number, dtype: DType): number {
  return isNarrowFloat(dtype) || dtype === "float64" ? value : Math.fround(value);
}
