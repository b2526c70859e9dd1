/** Global heap collections, where variable-length strings lie. @module */
import type { Budget, Cursor, Source } from "../cursor.ts";

interface HeapObject {
  readonly at: number;
  readonly size: number;
}

/** Reads collections once each; together they can't be larger than the file. */
export class GlobalHeap {
  readonly #source: Source;
  readonly #collections = new Map<number, Map<number, HeapObject>>();
  readonly #budget: Budget;
  constructor(source: Source) {
    this.#source = source;
    this.#budget = source.budget("global heap collections");
  }

  /** The bytes that a variable-length element at the cursor refers to: its length, collection and index. */
  read(element: Cursor): Uint8Array {
    const length = element.u32(), address = element.address(), index = element.u32();
    if (length === 0) return new Uint8Array(0);
    const object = this.#collection(address).get(index);
    if (!object) {
      throw element.corrupt(`the global heap collection at byte ${address} has no object ${index}`);
    }
    if (length > object.size) {
      throw element.corrupt(`a string of ${length} bytes in a global heap object of ${object.size}`);
    }
    return this.#source.bytes.subarray(object.at, object.at + length);
  }

  #collection(address: number | undefined): Map<number, HeapObject> {
    const known = address === undefined ? undefined : this.#collections.get(address);
    if (known) return known;
    const head = this.#source.cursor("global heap collection", address);
    head.signature("GCOL");
    head.version(1);
    head.skip(3);
    const size = head.length();
    this.#budget.spend(size, head.start);
    const c = this.#source.cursor("global heap collection", head.start, size);
    c.at = Math.min(head.at, c.end);
    const objects = new Map<number, HeapObject>();
    while (c.left >= 8 + this.#source.lengthSize) {
      const index = c.u16();
      c.skip(6);
      const bytes = c.length();
      if (index === 0) break;
      objects.set(index, { at: c.at, size: bytes });
      c.skip(bytes);
      c.skip(Math.min(c.left, -bytes & 7));
    }
    this.#collections.set(head.start, objects);
    return objects;
  }
}
