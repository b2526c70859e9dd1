/** Bytes back from rows of single bits: bitshuffle's order. @module */
import { Damaged, taken } from "./damaged.ts";

/**
 * Elements of `width` bytes from rows of bits: the lowest bit of every element's first byte, then the next bit …. The
 * elements are a multiple of eight.
 */
export function unbitshuffled(rows: Uint8Array, width: number): Uint8Array {
  const out = new Uint8Array(rows.length), count = rows.length / width, row = count / 8;
  for (let bit = 0; bit < 8 * width; bit++) {
    const byte = bit >> 3, mask = 1 << (bit & 7);
    for (let i = 0; i < row; i++) {
      const eight = rows[bit * row + i] as number;
      for (let k = 0; eight >> k; k++) {
        const at = (8 * i + k) * width + byte;
        if (eight >> k & 1) out[at] = (out[at] as number) | mask;
      }
    }
  }
  return out;
}

/** Bytes of a block of bitshuffle's where a file doesn't say them. */
const usualBlock = 8192;

/**
 * Undoes bitshuffle's blocks of `elements` (0: the usual ones). `block` gives the rows of each from their number of bytes;
 * what is left behind the last eight elements stays as it is.
 */
export function unbitshuffledBlocks(
  size: number,
  width: number,
  elements: number,
  next: (bytes: number, plain: boolean) => Uint8Array,
): Uint8Array {
  if (width < 1 || elements % 8 !== 0) throw new Damaged(`damaged bitshuffle block of ${elements} elements`);
  const most = elements || Math.max(Math.floor(usualBlock / width / 8) * 8, 128);
  const out = new Uint8Array(size), whole = Math.floor(size / width);
  let at = 0;
  for (let left = whole - whole % 8; left > 0;) {
    const count = Math.min(most, left), rows = next(count * width, false);
    out.set(unbitshuffled(taken(rows, 0, count * width), width), at);
    at += count * width, left -= count;
  }
  out.set(next(size - at, true), at);
  return out;
}
