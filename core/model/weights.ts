/** A model's weights by path, each read when it is asked for. @module */
import { LapisError } from "../values/errors.ts";
import { type NDArray, printedAs } from "../values/printing.ts";
import type { Tensor } from "../values/tensor.ts";

function readOnly(): never {
  throw new LapisError("model", "weights: are read here; setWeight(path, value) of the model sets one");
}
/**
 * A view of a model's weights: path to tensor, in the order of Keras 3's `model.weights`. It tells what each weight is
 * when it is asked for, and reads that one alone; `new Map(model.weights)` keeps all of them as they are now. Weights are
 * set by `model.setWeight`.
 */
export class Weights extends Map<string, NDArray> {
  readonly #held: ReadonlyMap<string, Tensor>;
  readonly #read: (path: string) => NDArray | undefined;
  /** A view of the weights that are `held`, each as `read` gives it. */
  constructor(held: ReadonlyMap<string, Tensor>, read: (path: string) => NDArray | undefined) {
    super();
    this.#held = held;
    this.#read = read;
    const said = ([path, { dtype, shape }]: readonly [string, Tensor]) =>
      `\n  ${path} ${dtype}[${shape.join(", ")}]`;
    for (const change of ["set", "delete", "clear"]) Object.defineProperty(this, change, { value: readOnly });
    printedAs(this, () => `${held.size} weights${[...held].map(said).join("")}`);
  }
  /** Number of weights. */
  override get size(): number {
    return this.#held.size;
  }
  /** The weight of a path as it is now; undefined where there is none. */
  override get(path: string): NDArray | undefined {
    return this.#read(path);
  }
  /** Whether there is a weight of that path. */
  override has(path: string): boolean {
    return this.#held.has(path);
  }
  /** The paths. */
  override keys(): MapIterator<string> {
    return this.#held.keys() as MapIterator<string>;
  }
  /** The weights, each read as its turn comes. */
  override *values(): MapIterator<NDArray> {
    for (const [, value] of this.entries()) yield value;
  }
  /** Paths and weights, each read as its turn comes. */
  override *entries(): MapIterator<[string, NDArray]> {
    for (const path of this.#held.keys()) {
      const value = this.#read(path);
      if (value) yield [path, value];
    }
  }
  /** Paths and weights, each read as its turn comes. */
  override [Symbol.iterator](): MapIterator<[string, NDArray]> {
    return this.entries();
  }
  /** Calls a function with every weight and its path. */
  override forEach(each: (value: NDArray, path: string, weights: Map<string, NDArray>) => void): void {
    for (const [path, value] of this.entries()) each(value, path, this);
  }
}
