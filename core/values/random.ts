/** Philox 4×32-10 (Salmon et al. 2011): random numbers by key and counter, the same on every machine. @module */
import { InputError, shown } from "./errors.ts";

const M0 = 0xd2511f53, M1 = 0xcd9e8d57, W0 = 0x9e3779b9, W1 = 0xbb67ae85;

function mulHigh(a: number, b: number): number {
  const al = a & 0xffff, ah = a >>> 16, bl = b & 0xffff, bh = b >>> 16;
  const low = al * bl, mid = ah * bl + (low >>> 16), mid2 = al * bh + (mid & 0xffff);
  return (ah * bh + Math.floor(mid / 65536) + Math.floor(mid2 / 65536)) >>> 0;
}

/** Four 32-bit words for a counter (four words) under a key (two words). */
export function philox(
  counter: readonly [number, number, number, number],
  key: readonly [number, number],
): Uint32Array {
  let [c0, c1, c2, c3] = counter, [k0, k1] = key;
  for (let round = 0; round < 10; round++) {
    const h0 = mulHigh(c0 >>> 0, M0),
      l0 = Math.imul(c0, M0),
      h1 = mulHigh(c2 >>> 0, M1),
      l1 = Math.imul(c2, M1);
    [c0, c1, c2, c3] = [h1 ^ c1 ^ k0, l1, h0 ^ c3 ^ k1, l0];
    k0 = (k0 + W0) | 0;
    k1 = (k1 + W1) | 0;
  }
  return Uint32Array.of(c0, c1, c2, c3);
}

/** The halves of a whole number, as two's complement where it is below zero. */
const halves = (n: number): readonly [number, number] => [n >>> 0, Math.floor(n / 2 ** 32) >>> 0];
/**
 * 64 bits of a seed, of what the numbers are for, of a path and of a counter: a key for each use that shares its stream with no
 * other. Blocks of four words are absorbed by Philox under the key so far.
 */
export function streamKey(seed: number, purpose: string, path = "", counter = 0): readonly [number, number] {
  const words = [...halves(seed), ...halves(counter)];
  for (const text of [purpose, path]) {
    words.push(text.length);
    // As many words as it has characters; those of a surrogate pair are read at the places up to there.
    let i = 0;
    for (const _ of text) words.push(text.charCodeAt(i++));
  }
  let key: readonly [number, number] = [0x6c617069, words.length];
  for (let at = 0; at < words.length; at += 4) {
    const block = philox([words[at] ?? 0, words[at + 1] ?? 0, words[at + 2] ?? 0, words[at + 3] ?? 0], key);
    key = [block[0] as number, block[1] as number];
  }
  return key;
}
/** A seed of its own for a use: 53 bits of its {@link streamKey}. */
export function seedFor(seed: number, purpose: string, path = "", counter = 0): number {
  const [low, high] = streamKey(seed, purpose, path, counter);
  return (high >>> 11) * 2 ** 32 + low;
}
/** The seed, where it is one. @throws {InputError} for anything but a whole number that is exact. */
export function checkSeed(seed: number, what = "seed"): number {
  if (Number.isSafeInteger(seed)) return seed;
  throw new InputError(`${what}: expected a whole number between -2^53 and 2^53, got ${shown(seed)}`, {
    place: what,
  });
}

/** A stream of random numbers from a seed. */
export class Random {
  readonly #key: readonly [number, number];
  readonly #stream: readonly [number, number];
  readonly #block: Uint32Array = new Uint32Array(4);
  #counter = 0;
  #left = 0;
  #spare: number | undefined;
  /** Begins a stream of its own for every seed, and for every pair of words beside it. */
  constructor(seed: number | readonly [number, number], stream: readonly [number, number] = [0, 0]) {
    this.#stream = stream;
    this.#key = typeof seed === "number" ? halves(seed) : seed;
  }
  /** The stream of one use of a seed. */
  static of(seed: number, purpose: string, path = "", counter = 0): Random {
    if (typeof purpose !== "string") throw new InputError(`purpose: expected a text, got ${shown(purpose)}`);
    return new Random(streamKey(seed, purpose, path, counter));
  }
  /** A whole number from 0 to 2³² − 1. */
  bits(): number {
    if (this.#left === 0) {
      this.#block.set(
        philox([this.#counter >>> 0, Math.floor(this.#counter / 2 ** 32) >>> 0, ...this.#stream], this.#key),
      );
      this.#counter++;
      this.#left = 4;
    }
    return this.#block[4 - this.#left--] as number;
  }
  /** A number in [0, 1) with 53 random bits. */
  uniform(): number {
    return ((this.bits() >>> 5) * 67108864 + (this.bits() >>> 6)) / 9007199254740992;
  }
  /** A standard normal number (Box–Muller). */
  normal(): number {
    const kept = this.#spare;
    if (kept !== undefined) {
      this.#spare = undefined;
      return kept;
    }
    const r = Math.sqrt(-2 * Math.log(1 - this.uniform())), a = 2 * Math.PI * this.uniform();
    this.#spare = r * Math.sin(a);
    return r * Math.cos(a);
  }
  /** A whole number below `n`. */
  below(n: number): number {
    return Math.floor(this.uniform() * n);
  }
}
