/** The two checksums of HDF5: Jenkins' lookup3 for metadata, Fletcher-32 for chunks. @module */
import type { Cursor } from "./cursor.ts";

function rotate(x: number, k: number): number {
  return x << k | x >>> (32 - k);
}

/** Bob Jenkins' lookup3 (`hashlittle`, initial value 0) of bytes; http://burtleburtle.net/bob/c/lookup3.c. */
export function lookup3(bytes: Uint8Array): number {
  const word = (at: number): number => {
    const b = (i: number) => bytes[at + i] ?? 0;
    return b(0) | b(1) << 8 | b(2) << 16 | b(3) << 24;
  };
  let left = bytes.length, at = 0;
  let a = 0xdeadbeef + left | 0, b = a, c = a;
  while (left > 12) {
    a = a + word(at) | 0, b = b + word(at + 4) | 0, c = c + word(at + 8) | 0;
    a = (a - c) ^ rotate(c, 4), c = c + b | 0;
    b = (b - a) ^ rotate(a, 6), a = a + c | 0;
    c = (c - b) ^ rotate(b, 8), b = b + a | 0;
    a = (a - c) ^ rotate(c, 16), c = c + b | 0;
    b = (b - a) ^ rotate(a, 19), a = a + c | 0;
    c = (c - b) ^ rotate(b, 4), b = b + a | 0;
    at += 12, left -= 12;
  }
  if (left === 0) return c >>> 0;
  // Bytes past the end read as zero, which is what the tail of the published function adds.
  a = a + word(at) | 0, b = b + word(at + 4) | 0, c = c + word(at + 8) | 0;
  c = (c ^ b) - rotate(b, 14) | 0;
  a = (a ^ c) - rotate(c, 11) | 0;
  b = (b ^ a) - rotate(a, 25) | 0;
  c = (c ^ b) - rotate(b, 16) | 0;
  a = (a ^ c) - rotate(c, 4) | 0;
  b = (b ^ a) - rotate(a, 14) | 0;
  c = (c ^ b) - rotate(b, 24) | 0;
  return c >>> 0;
}

/** Reads the checksum at the cursor and holds it against the bytes from `start` (the block's start) up to it. */
export function checkSum(cursor: Cursor, start = cursor.start): void {
  const computed = lookup3(cursor.source.bytes.subarray(start, cursor.at));
  const stored = cursor.u32();
  if (stored !== computed) {
    throw cursor.corrupt(
      `checksum mismatch: stored ${stored.toString(16)}, computed ${computed.toString(16)}`,
    );
  }
}

/** Fletcher-32 over big-endian 16-bit words, as the HDF5 filter computes it. */
export function fletcher32(bytes: Uint8Array): number {
  let a = 0, b = 0;
  const even = bytes.length & ~1;
  for (let i = 0; i < even; i += 2) {
    a += (bytes[i] as number) << 8 | (bytes[i + 1] as number);
    a = (a & 0xffff) + (a >>> 16);
    b += a;
    b = (b & 0xffff) + (b >>> 16);
  }
  if (bytes.length > even) {
    a += (bytes[even] as number) << 8;
    a = (a & 0xffff) + (a >>> 16);
    b += a;
    b = (b & 0xffff) + (b >>> 16);
  }
  return ((b << 16) | a) >>> 0;
}
