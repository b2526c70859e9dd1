/** Byte order of files. @module */

/** A copy in which the bytes of every unit of `size` bytes are reversed: big-endian to little-endian or back. */
export function reversedUnits(bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at += size) {
    for (let b = 0; b < size; b++) out[at + b] = bytes[at + size - 1 - b] as number;
  }
  return out;
}
