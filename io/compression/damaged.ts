/** How decoders say that a stream is damaged. @module */

/** What of a stream is damaged; stays inside the decoders. */
export class Damaged extends Error {}

/** The bytes that a decoder gives, or the reason why it gives none. */
export function decoded(decode: () => Uint8Array): Uint8Array | string {
  try {
    return decode();
  } catch (error) {
    if (error instanceof Damaged) return error.message;
    throw error;
  }
}
/** Memory that a decoder fills: what passes its end, or reaches before its beginning, is damage. */
export class Output {
  readonly bytes: Uint8Array;
  at = 0;
  constructor(size: number) {
    this.bytes = new Uint8Array(size);
  }
  #room(count: number): void {
    if (this.at + count > this.bytes.length) {
      throw new Damaged(`size mismatch: more than the declared ${this.bytes.length} bytes come out`);
    }
  }
  /** Puts one byte. */
  byte(value: number): void {
    this.#room(1);
    this.bytes[this.at++] = value;
  }
  /** Puts `count` bytes of one value. */
  repeat(value: number, count: number): void {
    this.#room(count);
    this.bytes.fill(value, this.at, this.at += count);
  }
  /** Puts bytes. */
  put(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }
  /** Puts bytes again that came out `distance` before. */
  copy(distance: number, count: number): void {
    this.#room(count);
    const { bytes } = this, from = this.at - distance;
    if (distance < 1 || from < 0) throw new Damaged("damaged data: a copy from before the beginning");
    if (distance >= count) bytes.copyWithin(this.at, from, from + count);
    else for (let i = 0; i < count; i++) bytes[this.at + i] = bytes[from + i] as number;
    this.at += count;
  }
  /** The bytes, when all came. */
  full(): Uint8Array {
    if (this.at === this.bytes.length) return this.bytes;
    throw new Damaged(`size mismatch: ${this.at} bytes came out of the declared ${this.bytes.length}`);
  }
}
/** `count` bytes from `at` on, which have to be there. */
export function taken(bytes: Uint8Array, at: number, count: number): Uint8Array {
  if (at + count <= bytes.length) return bytes.subarray(at, at + count);
  throw new Damaged("truncated data");
}
