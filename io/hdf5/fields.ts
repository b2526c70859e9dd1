/** Little-endian fields one after another, as HDF5's structures are written. @module */

/** The next multiple of 8. */
export function padded(size: number): number {
  return Math.ceil(size / 8) * 8;
}
/** Pieces as one array. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** A structure on its way; every method returns it. */
export class Fields {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(64);
  #view: DataView = new DataView(this.#bytes.buffer);
  #at = 0;

  /** Bytes so far. */
  get length(): number {
    return this.#at;
  }
  /** Makes room, which may replace the buffer. */
  #room(size: number): number {
    const at = this.#at, end = at + size;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(end, 2 * this.#bytes.length));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    this.#at = end;
    return at;
  }
  /** Bytes as they are. */
  bytes(bytes: ArrayLike<number>): this {
    const at = this.#room(bytes.length);
    this.#bytes.set(bytes, at);
    return this;
  }
  /** ASCII text. */
  text(text: string): this {
    return this.bytes(new TextEncoder().encode(text));
  }
  /** 16 bits. */
  u16(value: number): this {
    const at = this.#room(2);
    this.#view.setUint16(at, value, true);
    return this;
  }
  /** 32 bits. */
  u32(value: number): this {
    const at = this.#room(4);
    this.#view.setUint32(at, value, true);
    return this;
  }
  /** 64 bits. */
  u64(value: number | bigint): this {
    const at = this.#room(8);
    this.#view.setBigUint64(at, BigInt(value), true);
    return this;
  }
  /** Zeros up to the next multiple of 8. */
  align(): this {
    this.#room(padded(this.#at) - this.#at);
    return this;
  }
  /** The structure. */
  done(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#at);
  }
}
