/** The filter pipeline of chunks: deflate, lzf, shuffle and Fletcher-32; others where there is a decoder, else refused by name. @module */
import { item } from "../../../core/values/item.ts";
import { inflateZlib } from "../../archives/inflate.ts";
import { fletcher32 } from "../checksum.ts";
import type { Cursor } from "../cursor.ts";

/** The filters of a dataset, in the order in which they were applied. */
export interface Pipeline {
  readonly ids: readonly number[];
  /** What each was set to, where a decoder of its own reads it. */
  readonly settings: ReadonlyMap<number, readonly number[]>;
  readonly elementSize: number;
}

/** The number of h5py's lzf filter. */
const lzf = 32000;
const filterNames: Record<number, string> = {
  4: "szip",
  5: "nbit",
  6: "scaleoffset",
  305: "lzo",
  307: "bzip2",
  32001: "blosc",
  32004: "lz4",
  32008: "bitshuffle",
  32013: "zfp",
  32015: "zstd",
  32026: "blosc2",
};

/** Reads a filter pipeline message, version 1 or 2. */
export function readPipeline(c: Cursor, elementSize: number): Pipeline {
  const version = c.version(1, 2), count = c.u8();
  if (count > 32) throw c.corrupt(`${count} filters: expected at most 32`);
  if (version === 1) c.skip(6);
  const settings = new Map<number, readonly number[]>();
  const ids = Array.from({ length: count }, () => {
    const id = c.u16(), nameSize = version === 1 || id >= 256 ? c.u16() : 0;
    c.skip(2);
    const values = c.u16();
    const name = c.text(version === 1 ? nameSize + (-nameSize & 7) : nameSize);
    settings.set(id, Array.from({ length: values }, () => c.u32()));
    if (version === 1 && values % 2) c.skip(4);
    if ((id < 1 || id > 3) && id !== lzf && !c.source.decoders?.has(id)) {
      const error = c.source.unsupported(
        `filter ${filterNames[id] ?? (name || "unknown")} (number ${id}) in the ${c.what}`,
        c.start,
      );
      error.message += "; h5repack -f GZIP=4 old.h5 new.h5 writes the file anew without it";
      throw error;
    }
    return id;
  });
  return { ids, settings, elementSize };
}

/**
 * Undoes the filters on one chunk, which has to give `size` bytes. Bit i of `mask` says that filter i was left out.
 * `chunk` is the cursor over the stored bytes.
 */
export function unfilter(pipeline: Pipeline, chunk: Cursor, mask: number, size: number): Uint8Array {
  let bytes = chunk.take(chunk.left);
  for (let i = pipeline.ids.length - 1; i >= 0; i--) {
    if (mask >>> i & 1) continue;
    const id = item(pipeline.ids, i), decode = chunk.source.decoders?.get(id);
    if (decode) {
      const out = decode(bytes, size + 4 * later(pipeline.ids, mask, i), pipeline.settings.get(id) ?? []);
      if (typeof out === "string") throw chunk.corrupt(`${filterNames[id] ?? id} filter: ${out}`);
      bytes = out;
    } else if (id === 3) bytes = checkFletcher(bytes, chunk);
    else if (id === 2) bytes = unshuffle(bytes, pipeline.elementSize);
    else if (id === lzf) {
      const sums = later(pipeline.ids, mask, i), out = unlzf(bytes, size + 4 * sums);
      if (!out) throw chunk.corrupt("lzf filter: damaged or truncated data");
      bytes = out;
    } else {
      const out = inflateZlib(bytes, size + 4 * later(pipeline.ids, mask, i));
      if (typeof out === "string") throw chunk.corrupt(`gzip filter: ${out}`);
      bytes = out;
    }
  }
  if (bytes.length !== size) {
    throw chunk.corrupt(`size mismatch: expected ${size} bytes, found ${bytes.length}`);
  }
  return bytes;
}

function checkFletcher(bytes: Uint8Array, chunk: Cursor): Uint8Array {
  if (bytes.length < 4) throw chunk.corrupt("fletcher32 filter: no checksum, truncated chunk");
  const data = bytes.subarray(0, -4);
  const stored = new DataView(bytes.buffer, bytes.byteOffset + data.length, 4).getUint32(0, true);
  if (stored !== fletcher32(data)) throw chunk.corrupt("fletcher32 filter: checksum mismatch");
  return data;
}

/** First bytes of all elements, then second bytes …, back to elements; trailing bytes stay. */
function unshuffle(bytes: Uint8Array, elementSize: number): Uint8Array {
  const count = Math.floor(bytes.length / elementSize);
  if (elementSize < 2 || count < 2) return bytes;
  const out = bytes.slice();
  for (let b = 0; b < elementSize; b++) {
    const from = b * count;
    for (let i = 0; i < count; i++) out[i * elementSize + b] = bytes[from + i] as number;
  }
  return out;
}

/** How many checksums were added before filter `at` was applied. */
const later = (ids: readonly number[], mask: number, at: number): number =>
  ids.filter((other, j) => j < at && other === 3 && !(mask >>> j & 1)).length;
/** LZF: runs of literals, and copies of what came up to 8 KiB before; undefined where it isn't `size` bytes of that. */
function unlzf(bytes: Uint8Array, size: number): Uint8Array | undefined {
  const out = new Uint8Array(size);
  let at = 0, to = 0;
  const next = () => bytes[at++] ?? NaN;
  while (at < bytes.length) {
    const control = next();
    let length = control < 32 ? control + 1 : control >> 5;
    if (control >= 32) {
      if (length === 7) length += next();
      const from = to - ((control & 31) << 8) - next() - 1;
      length += 2;
      if (!(from >= 0 && to + length <= size)) return undefined;
      for (let i = 0; i < length; i++) out[to + i] = out[from + i] as number;
    } else {
      if (at + length > bytes.length || to + length > size) return undefined;
      out.set(bytes.subarray(at, at + length), to);
      at += length;
    }
    to += length;
  }
  return to === size ? out : undefined;
}
