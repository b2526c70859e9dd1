/** Filters of HDF5 beside deflate: scaleoffset, and those that come as plugins: bzip2, Blosc, LZ4, bitshuffle, Zstandard. @module */
import { inflateZlib } from "../archives/inflate.ts";
import { decodeBzip2 } from "./bzip2.ts";
import { Damaged, decoded, Output, taken } from "./damaged.ts";
import { decodeBloscLz, decodeLz4 } from "./lz.ts";
import { decodeScaleOffset } from "./scaleoffset.ts";
import { unbitshuffled, unbitshuffledBlocks } from "./shuffles.ts";
import { decodeZstd } from "./zstd.ts";

type Decode = (data: Uint8Array, size: number) => Uint8Array | string;

/** The bytes of a decoder inside another. */
function whole(result: Uint8Array | string): Uint8Array {
  if (typeof result === "string") throw new Damaged(result);
  return result;
}
const big32 = (data: Uint8Array, at: number) => taken(data, at, 4).reduce((v, byte) => v * 256 + byte, 0);
const little32 = (data: Uint8Array, at: number) =>
  taken(data, at, 4).reduceRight((value, byte) => value * 256 + byte, 0);
/** The size that data say of themselves, which is what is expected. */
function expectSize(found: number, size: number): void {
  if (found !== size) throw new Damaged(`size mismatch: data of ${found} bytes, expected ${size}`);
}

/** The LZ4 filter: sizes, then blocks with the size of each. */
export function decodeLz4Filter(data: Uint8Array, size: number): Uint8Array | string {
  return decoded(() => {
    expectSize(big32(data, 0) * 2 ** 32 + big32(data, 4), size);
    const block = big32(data, 8), out = new Output(size);
    if (block === 0 && size > 0) throw new Damaged("damaged LZ4 block size");
    for (let at = 12; out.at < size;) {
      const stored = big32(data, at),
        bytes = taken(data, at + 4, stored),
        want = Math.min(block, size - out.at);
      out.put(stored === want ? bytes : whole(decodeLz4(bytes, want)));
      at += 4 + stored;
    }
    return out.full();
  });
}

/** The bitshuffle filter, alone or over LZ4 or Zstandard. */
export function decodeBitshuffle(
  data: Uint8Array,
  size: number,
  [, , width = 0, block = 0, packed = 0]: readonly number[],
): Uint8Array | string {
  const decode: Decode | undefined = packed === 2 ? decodeLz4 : packed === 3 ? decodeZstd : undefined;
  if (packed !== 0 && !decode) return `bitshuffle over compression ${packed}, which isn't known`;
  return decoded(() => {
    let at = 0;
    if (!decode) {
      expectSize(data.length, size);
      return unbitshuffledBlocks(size, width, block, (bytes) => taken(data, (at += bytes) - bytes, bytes));
    }
    expectSize(big32(data, 0) * 2 ** 32 + big32(data, 4), size);
    const bytes = big32(data, 8);
    if (width < 1 || bytes % width !== 0) throw new Damaged(`damaged bitshuffle block of ${bytes} bytes`);
    at = 12;
    return unbitshuffledBlocks(size, width, bytes / width, (want, plain) => {
      if (plain) return taken(data, at, want);
      const stored = big32(data, at);
      at += 4 + stored;
      return whole(decode(taken(data, at - stored, stored), want));
    });
  });
}

const snappy: Decode = () => "Blosc over Snappy, which isn't read";
/** Blosc's inner compressions, by their number in the flags. */
const inner: readonly Decode[] = [decodeBloscLz, decodeLz4, snappy, inflateZlib, decodeZstd];
/** Blocks with fewer elements, or wider ones, aren't split into one stream for each byte of an element. */
const leastSplit = 128, widestSplit = 16;

/** The Blosc filter (version 1 of the format). */
export function decodeBlosc(data: Uint8Array, size: number): Uint8Array | string {
  return decoded(() => {
    const [version = 0, , flags = 0, width = 0] = taken(data, 0, 16), block = little32(data, 8);
    expectSize(little32(data, 4), size);
    if (version !== 2) throw new Damaged(`Blosc format ${version}, expected 2`);
    if (flags & 2) return taken(data, 16, size);
    const decode = inner[flags >> 5];
    if (!decode || width < 1 || block < 1) throw new Damaged("damaged Blosc header");
    const out = new Output(size);
    for (let n = 0; out.at < size; n++) {
      const want = Math.min(block, size - out.at), short = want < block;
      const split = !(flags & 16) && width <= widestSplit && block / width >= leastSplit && !short;
      const bytes = blockOf(data, little32(data, 16 + 4 * n), want, split ? width : 1, decode);
      out.put(ordered(bytes, flags, width));
    }
    return out.full();
  });
}
/** A block's streams, one after another. */
function blockOf(data: Uint8Array, from: number, size: number, streams: number, decode: Decode): Uint8Array {
  const out = new Output(size), part = Math.floor(size / streams);
  for (let i = 0, at = from; i < streams; i++) {
    const stored = little32(data, at), bytes = taken(data, at + 4, stored);
    out.put(stored === part ? bytes : whole(decode(bytes, part)));
    at += 4 + stored;
  }
  return out.full();
}
/** Undoes a block's shuffle of bytes or bits. */
function ordered(bytes: Uint8Array, flags: number, width: number): Uint8Array {
  const count = Math.floor(bytes.length / width), whole = count * width, out = bytes.slice();
  if (flags & 4) {
    if (count % 8 === 0) out.set(unbitshuffled(bytes.subarray(0, whole), width));
  } else if (flags & 1 && width > 1) {
    for (let b = 0; b < width; b++) {
      for (let i = 0; i < count; i++) out[i * width + b] = bytes[b * count + i] as number;
    }
  }
  return out;
}

/** The filters by their registered number. */
export const filters: ReadonlyMap<
  number,
  (data: Uint8Array, size: number, settings: readonly number[]) => Uint8Array | string
> = new Map([
  [6, decodeScaleOffset],
  [307, decodeBzip2],
  [32001, decodeBlosc],
  [32004, decodeLz4Filter],
  [32008, decodeBitshuffle],
  [32015, decodeZstd],
]);
