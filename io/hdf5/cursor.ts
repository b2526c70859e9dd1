/** Checked little-endian reading: every offset is held against the end of its block and of the file. @module */
import { FormatError, LimitError, shown, UnsupportedError } from "../../core/values/errors.ts";
import type { Limits } from "../../core/values/limits.ts";
import type { Decoders } from "../datasets/options.ts";

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Text of bytes, read as UTF-8. */
export function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** Counts the bytes of blocks of one kind. In a sound file they lie apart, so that together they are no larger than it. */
export class Budget {
  readonly #source: Source;
  readonly #what: string;
  #left: number;
  constructor(source: Source, what: string) {
    this.#source = source;
    this.#what = what;
    this.#left = source.size;
  }
  /** Takes off the bytes of one block; throws a FormatError when blocks have to overlap. */
  spend(bytes: number, place: number): void {
    this.#left -= bytes;
    if (this.#left < 0) {
      throw this.#source.corrupt(
        `${this.#what} at byte ${place} overlap others or reach beyond end of file: corrupt`,
        place,
      );
    }
  }
}

/** The bytes of one file, what its superblock said of sizes, and the makers of its errors. */
export class Source {
  readonly bytes: Uint8Array;
  readonly limits: Limits;
  readonly file: string | undefined;
  readonly decoders: Decoders["hdf5"] | undefined;
  readonly #budgets = new Map<string, Budget>();
  /** Bytes of an address, of a length, and the byte that addresses count from; the superblock sets them. */
  offsetSize = 8;
  lengthSize = 8;
  base = 0;
  constructor(bytes: Uint8Array, limits: Limits, file: string | undefined, decoders?: Decoders["hdf5"]) {
    this.bytes = bytes;
    this.decoders = decoders;
    this.limits = limits;
    this.file = file;
  }

  get size(): number {
    return this.bytes.length;
  }
  /** The budget of blocks that are read once a file. */
  budget(what: string): Budget {
    const found = this.#budgets.get(what) ?? new Budget(this, what);
    this.#budgets.set(what, found);
    return found;
  }
  /** A source of other bytes (a decoded chunk) that speaks of the same file. */
  over(bytes: Uint8Array): Source {
    const other = new Source(bytes, this.limits, this.file, this.decoders);
    other.offsetSize = this.offsetSize, other.lengthSize = this.lengthSize, other.base = this.base;
    return other;
  }

  #text(message: string): string {
    return this.file === undefined ? message : `${this.file}: ${message}`;
  }
  #detail(place: string | number | undefined): { file?: string; place?: string } {
    return {
      ...(this.file === undefined ? {} : { file: this.file }),
      ...(place === undefined ? {} : { place: typeof place === "number" ? `byte ${place}` : place }),
    };
  }
  /** Makes the error of a damaged file; `place` is a byte offset or an object's path. */
  corrupt(message: string, place?: string | number): FormatError {
    return new FormatError(this.#text(`HDF5 ${message}`), this.#detail(place));
  }
  /** Makes the error of something genuine that this reader doesn't do. */
  unsupported(message: string, place?: string | number): UnsupportedError {
    return new UnsupportedError(this.#text(`HDF5 ${message} is not supported`), this.#detail(place));
  }
  /** Makes the error of a size or count beyond the limits. */
  tooLarge(message: string, place?: string | number): LimitError {
    return new LimitError(this.#text(`HDF5 ${message}`), this.#detail(place));
  }

  /** A cursor over `size` bytes at a file address, or over all that follow it. */
  cursor(what: string, address: number | undefined, size?: number): Cursor {
    if (address === undefined) throw this.corrupt(`${what}: address is undefined`);
    const end = size === undefined ? this.size : address + size;
    if (address >= this.size || end > this.size) {
      throw this.corrupt(
        `${what} at byte ${address}${
          size === undefined ? "" : ` of ${size} bytes`
        } lies beyond end of file ` +
          `(${this.size} bytes): truncated or corrupt`,
        address,
      );
    }
    return new Cursor(this, what, address, end);
  }
}

/** A position in a block of a {@link Source}; reading past the block's end throws a FormatError. */
export class Cursor {
  readonly source: Source;
  readonly what: string;
  readonly start: number;
  readonly end: number;
  at: number;
  constructor(source: Source, what: string, start: number, end: number) {
    this.source = source;
    this.what = what;
    this.start = start;
    this.end = end;
    this.at = start;
  }

  get left(): number {
    return this.end - this.at;
  }
  /** Makes the error of damage in this block. */
  corrupt(message: string): FormatError {
    return this.source.corrupt(`${this.what} at byte ${this.start}: ${message}`, this.start);
  }
  #take(count: number): number {
    const at = this.at;
    if (count > this.end - at) {
      const where = this.end === this.source.size ? "end of file" : "the end of its block";
      throw this.corrupt(
        `${count} bytes at byte ${at} reach beyond ${where} (byte ${this.end}): truncated or corrupt`,
      );
    }
    this.at = at + count;
    return at;
  }

  /** Passes over bytes. */
  skip(count: number): void {
    this.#take(count);
  }
  u8(): number {
    return this.source.bytes[this.#take(1)] as number;
  }
  u16(): number {
    return this.uint(2);
  }
  u32(): number {
    return this.uint(4);
  }
  /** An unsigned number of 1 to 8 bytes; one beyond 2^53 can't be a size or place and is refused. */
  uint(size: number): number {
    const at = this.#take(size);
    let value = 0;
    for (let i = size - 1; i >= 0; i--) value = value * 256 + (this.source.bytes[at + i] as number);
    if (value > Number.MAX_SAFE_INTEGER) {
      throw this.corrupt(`the number at byte ${at} is too large: beyond end of file or corrupt`);
    }
    return value;
  }
  /** A size as long as the superblock says. */
  length(): number {
    return this.uint(this.source.lengthSize);
  }
  /** A file address, or undefined for the address of all ones. */
  address(): number | undefined {
    const { offsetSize, bytes, base } = this.source;
    const at = this.#take(offsetSize);
    let ones = true;
    for (let i = 0; i < offsetSize && ones; i++) ones = bytes[at + i] === 255;
    if (ones) return undefined;
    this.at = at;
    return base + this.uint(offsetSize);
  }
  /** The next bytes, without a copy. */
  take(count: number): Uint8Array {
    const at = this.#take(count);
    return this.source.bytes.subarray(at, at + count);
  }
  /** A cursor over the next bytes, which this one passes. */
  block(what: string, count: number): Cursor {
    const at = this.#take(count);
    return new Cursor(this.source, what, at, at + count);
  }
  /** Text of exactly `count` bytes, cut at the first zero byte. */
  text(count: number): string {
    const bytes = this.take(count), zero = bytes.indexOf(0);
    return textOf(zero < 0 ? bytes : bytes.subarray(0, zero));
  }
  /** Text up to a zero byte, which has to come before the block's end. */
  zeroText(): string {
    const rest = this.source.bytes.subarray(this.at, this.end), zero = rest.indexOf(0);
    if (zero < 0) throw this.corrupt(`the name at byte ${this.at} has no end`);
    this.at += zero + 1;
    return textOf(rest.subarray(0, zero));
  }
  /** Requires the four letters a block begins with. */
  signature(letters: string): void {
    const found = this.take(letters.length);
    for (let i = 0; i < letters.length; i++) {
      if (found[i] !== letters.charCodeAt(i)) {
        const text = String.fromCharCode(...found);
        throw this.corrupt(`expected signature "${letters}", found ${shown(text)}: corrupt`);
      }
    }
  }
  /** Requires the version byte that this reader knows. */
  version(...known: number[]): number {
    const found = this.u8();
    if (!known.includes(found)) {
      throw this.corrupt(`expected version ${known.join(" or ")}, found ${found}`);
    }
    return found;
  }
}
