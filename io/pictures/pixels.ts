/** Decoded pictures, and errors of pictures that can't be. @module */
import { FormatError, LimitError, UnsupportedError } from "../../core/values/errors.ts";

/** A picture of bytes, rows from the top: 1 gray, 2 gray and alpha, 3 RGB, 4 RGB and alpha. */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 2 | 3 | 4;
  readonly data: Uint8Array;
  /** The gray that the file itself holds beside its colours, as JPEG does. */
  readonly gray?: Uint8Array;
}
/** What a decoder is given beside the bytes: the most bytes that a picture may take. */
export type Decoder = (bytes: Uint8Array, most: number) => Picture;

/** An error of a damaged picture. */
export function damaged(format: string, why: string): FormatError {
  return new FormatError(`damaged ${format} picture: ${why}`);
}
/** An error of a picture in a variant that isn't read. */
export function unread(format: string, what: string): UnsupportedError {
  return new UnsupportedError(`${format} pictures with ${what} aren't read`);
}
/** Checks a declared size before anything is made. @throws {FormatError} @throws {LimitError} */
export function checkSize(
  format: string,
  width: number,
  height: number,
  channels: number,
  most: number,
): void {
  if (!(width > 0 && height > 0)) throw damaged(format, `a size of ${width}×${height}`);
  if (width * height * channels > most) {
    throw new LimitError(`a ${format} picture of ${width}×${height} takes more than ${most} bytes`);
  }
}

/** Reads numbers one after another; the end of the bytes is an error. */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  readonly #format: string;
  readonly #little: boolean;
  at: number;
  constructor(bytes: Uint8Array, format: string, at = 0, little = false) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#format = format;
    this.#little = little;
    this.at = at;
  }
  #step(size: number): number {
    const at = this.at;
    if (at < 0 || at + size > this.bytes.length) throw damaged(this.#format, "it ends too soon");
    this.at += size;
    return at;
  }
  /** Bytes that are left. */
  get left(): number {
    return this.bytes.length - this.at;
  }
  u8(): number {
    return this.bytes[this.#step(1)] as number;
  }
  u16(): number {
    return this.#view.getUint16(this.#step(2), this.#little);
  }
  u32(): number {
    return this.#view.getUint32(this.#step(4), this.#little);
  }
  i32(): number {
    return this.#view.getInt32(this.#step(4), this.#little);
  }
  take(size: number): Uint8Array {
    const at = this.#step(size);
    return this.bytes.subarray(at, at + size);
  }
}
