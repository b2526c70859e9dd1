/** The argument table: what calls are given once dims are bound, a word each. @module */
import { type Dim, type DimEnv, dimKey, evalDim } from "../../../../core/values/shape.ts";
import type { Storage } from "./views.ts";

/** A word: an extent, or an address in a storage. */
export interface Slot {
  readonly storage?: Storage;
  readonly dim: Dim;
}
/** Slots of the argument table: equal arguments share one. */
export class Table {
  readonly slots: Slot[] = [];
  readonly #index = new Map<Storage | undefined, Map<number | string, number>>();
  /** The slot of an address or extent. */
  slot(storage: Storage | undefined, dim: Dim): number {
    let slots = this.#index.get(storage);
    if (!slots) this.#index.set(storage, slots = new Map());
    const key = typeof dim === "number" ? dim : dimKey(dim);
    let found = slots.get(key);
    if (found === undefined) {
      found = this.slots.push({ ...(storage && { storage }), dim }) - 1;
      slots.set(key, found);
    }
    return found;
  }
  /** The table's words for bound dims and placed storages. */
  fill(env: DimEnv, address: (storage: Storage) => number): Int32Array {
    const words = new Int32Array(this.slots.length);
    this.slots.forEach(({ storage, dim }, i) => {
      const value = evalDim(dim, env);
      if (value !== undefined) words[i] = value + (storage ? address(storage) : 0);
    });
    return words;
  }
}
