/** LZMA as zip archives hold it. @module */
import { item } from "../../core/values/item.ts";
import { Damaged, decoded, Output, taken } from "./damaged.ts";

/** Decodes a zip member's LZMA data, which have to give exactly `size` bytes; else says why not. */
export function decodeZipLzma(data: Uint8Array, size: number): Uint8Array | string {
  return decoded(() => {
    const [, , low = 0, high = 0] = taken(data, 0, 4), [properties = 0] = taken(data, 4, low | high << 8);
    if ((low | high << 8) !== 5 || properties >= 225) throw new Damaged("damaged LZMA header");
    const out = new Output(size);
    new Lzma(data.subarray(9), properties, out).run();
    return out.full();
  });
}

const half = 1024;
const probabilities = (count: number) => new Uint16Array(count).fill(half);

/** The range decoder: bits whose probabilities follow what came. */
class Range {
  readonly #data: Uint8Array;
  #at = 5;
  #range = 0xffffffff;
  #code: number;
  constructor(data: Uint8Array) {
    const [first = 0, ...code] = taken(data, 0, 5);
    if (first !== 0) throw new Damaged("damaged LZMA data");
    this.#data = data;
    this.#code = code.reduce((value, byte) => value * 256 + byte, 0);
  }
  #normalize(): void {
    if (this.#range >= 2 ** 24) return;
    const byte = this.#data[this.#at++];
    if (byte === undefined) throw new Damaged("truncated LZMA data");
    this.#range *= 256;
    this.#code = this.#code * 256 + byte;
  }
  bit(table: Uint16Array, at: number): number {
    const chance = table[at] ?? half, bound = Math.floor(this.#range / 2048) * chance;
    const bit = this.#code < bound ? 0 : 1;
    table[at] = bit ? chance - (chance >> 5) : chance + (2048 - chance >> 5);
    if (bit) this.#range -= bound, this.#code -= bound;
    else this.#range = bound;
    this.#normalize();
    return bit;
  }
  /** Bits of even chance. */
  plain(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) {
      this.#range = Math.floor(this.#range / 2);
      const bit = this.#code >= this.#range ? 1 : 0;
      if (bit) this.#code -= this.#range;
      value = value * 2 + bit;
      this.#normalize();
    }
    return value;
  }
  /** A number of `width` bits, the highest first. */
  tree(table: Uint16Array, width: number, from = 0): number {
    let node = 1;
    for (let i = 0; i < width; i++) node = node << 1 | this.bit(table, from + node);
    return node - (1 << width);
  }
  /** A number of `width` bits, the lowest first. */
  reverse(table: Uint16Array, width: number, from = 0): number {
    let node = 1, value = 0;
    for (let i = 0; i < width; i++) {
      const bit = this.bit(table, from + node);
      node = node << 1 | bit;
      value |= bit << i;
    }
    return value;
  }
}

/** Decodes lengths of copies. */
class Lengths {
  readonly #choice = probabilities(2);
  readonly #low = probabilities(16 * 8);
  readonly #middle = probabilities(16 * 8);
  readonly #high = probabilities(256);
  read(range: Range, place: number): number {
    if (!range.bit(this.#choice, 0)) return 2 + range.tree(this.#low, 3, 8 * place);
    if (!range.bit(this.#choice, 1)) return 10 + range.tree(this.#middle, 3, 8 * place);
    return 18 + range.tree(this.#high, 8);
  }
}

class Lzma {
  readonly #range: Range;
  readonly #out: Output;
  readonly #context: number;
  readonly #literalPlaces: number;
  readonly #places: number;
  readonly #literals: Uint16Array;
  readonly #isMatch = probabilities(12 * 16);
  readonly #isRepeat = probabilities(12);
  readonly #repeats = [probabilities(12), probabilities(12), probabilities(12)] as const;
  readonly #isLong = probabilities(12 * 16);
  readonly #slots = probabilities(4 * 64);
  readonly #special = probabilities(128);
  readonly #aligned = probabilities(16);
  readonly #lengths = new Lengths();
  readonly #repeatLengths = new Lengths();
  #state = 0;
  #distances = [0, 0, 0, 0];

  constructor(data: Uint8Array, properties: number, out: Output) {
    this.#context = properties % 9;
    this.#literalPlaces = 2 ** (Math.floor(properties / 9) % 5) - 1;
    this.#places = 2 ** Math.floor(properties / 45) - 1;
    this.#literals = probabilities(0x300 << (this.#context + Math.floor(properties / 9) % 5));
    this.#range = new Range(data);
    this.#out = out;
  }

  /** Decodes until all is there. */
  run(): void {
    const range = this.#range, out = this.#out;
    while (out.at < out.bytes.length) {
      const place = out.at & this.#places, state = this.#state;
      if (!range.bit(this.#isMatch, 16 * state + place)) this.#literal();
      else if (range.bit(this.#isRepeat, state)) this.#repeat(place);
      else if (!this.#match(place)) return;
    }
  }
  #literal(): void {
    const { bytes, at } = this.#out, before = bytes[at - 1] ?? 0, state = this.#state;
    const row = ((at & this.#literalPlaces) << this.#context) + (before >> (8 - this.#context));
    const from = 0x300 * row;
    let symbol = 1;
    if (state >= 7) {
      let match = bytes[at - item(this.#distances, 0) - 1] as number;
      while (symbol < 256) {
        const wanted = match >> 7 & 1;
        match <<= 1;
        const bit = this.#range.bit(this.#literals, from + (1 + wanted << 8) + symbol);
        symbol = symbol << 1 | bit;
        if (bit !== wanted) break;
      }
    }
    while (symbol < 256) symbol = symbol << 1 | this.#range.bit(this.#literals, from + symbol);
    this.#out.byte(symbol & 255);
    this.#state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
  }
  #repeat(place: number): void {
    const range = this.#range, state = this.#state, [first, second, third] = this.#repeats;
    let which = 0;
    if (!range.bit(first, state)) {
      if (!range.bit(this.#isLong, 16 * state + place)) {
        this.#state = state < 7 ? 9 : 11;
        return this.#out.copy(item(this.#distances, 0) + 1, 1);
      }
    } else which = !range.bit(second, state) ? 1 : !range.bit(third, state) ? 2 : 3;
    this.#distances.unshift(...this.#distances.splice(which, 1));
    this.#state = state < 7 ? 8 : 11;
    this.#copy(this.#repeatLengths.read(range, place));
  }
  /** A copy from a new distance; false for the mark at the end. */
  #match(place: number): boolean {
    const length = this.#lengths.read(this.#range, place);
    this.#state = this.#state < 7 ? 7 : 10;
    const distance = this.#distance(length);
    if (distance === 0xffffffff) return false;
    this.#distances = [distance, ...this.#distances.slice(0, 3)];
    this.#copy(length);
    return true;
  }
  #distance(length: number): number {
    const range = this.#range, slot = range.tree(this.#slots, 6, 64 * Math.min(length - 2, 3));
    if (slot < 4) return slot;
    const width = (slot >> 1) - 1, base = (2 | slot & 1) * 2 ** width;
    if (slot < 14) return base + range.reverse(this.#special, width, base - slot);
    return base + range.plain(width - 4) * 16 + range.reverse(this.#aligned, 4);
  }
  #copy(length: number): void {
    this.#out.copy(item(this.#distances, 0) + 1, length);
  }
}
