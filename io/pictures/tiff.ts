/** TIFF 6.0 pictures: gray, RGB and palettes in strips; not compressed, PackBits, LZW or deflate. @module */
import { unzlibSync } from "fflate";
import { unpackLzw } from "./lzw.ts";
import { ByteReader, checkSize, damaged, type Decoder, type Picture, unread } from "./pixels.ts";

/** Bytes of each field type, by its number. */
const typeBytes: readonly number[] = [0, 1, 1, 2, 4, 8];
const tags = {
  width: 256,
  height: 257,
  bits: 258,
  compression: 259,
  photometric: 262,
  offsets: 273,
  samples: 277,
  rows: 278,
  counts: 279,
  planar: 284,
  predictor: 317,
  palette: 320,
  tiles: 322,
} as const;

/** Fields of the first directory that hold whole numbers. */
function readFields(bytes: Uint8Array, little: boolean): ReadonlyMap<number, readonly number[]> {
  const r = new ByteReader(bytes, "TIFF", 4, little), fields = new Map<number, readonly number[]>();
  r.at = r.u32();
  for (let left = r.u16(); left > 0; left--) {
    const tag = r.u16(), type = r.u16(), count = r.u32(), next = r.at + 4, size = typeBytes[type] ?? 0;
    if (size * count > 4) r.at = r.u32();
    if (size * count > bytes.length) throw damaged("TIFF", `field ${tag} is longer than the file`);
    if (type === 1 || type === 3 || type === 4) {
      fields.set(
        tag,
        Array.from({ length: count }, () => (type === 1 ? r.u8() : type === 3 ? r.u16() : r.u32())),
      );
    }
    r.at = next;
  }
  return fields;
}

function unpackBits(packed: Uint8Array, size: number): Uint8Array {
  const out = new Uint8Array(size);
  for (let at = 0, to = 0; at < packed.length && to < size;) {
    const n = packed[at++] ?? 0;
    if (n < 128) {
      out.set(packed.subarray(at, at + Math.min(n + 1, size - to)), to);
      at += n + 1;
      to += n + 1;
    } else if (n > 128) {
      out.fill(packed[at++] ?? 0, to, to + 257 - n);
      to += 257 - n;
    }
  }
  return out;
}
function unpacked(packed: Uint8Array, compression: number, size: number): Uint8Array {
  switch (compression) {
    case 1:
      return packed;
    case 5:
      return unpackLzw(packed, size, { format: "TIFF", least: 8, highFirst: true, early: 1 });
    case 8:
    case 32946:
      try {
        return unzlibSync(packed, { out: new Uint8Array(size) });
      } catch (cause) {
        throw damaged("TIFF", cause instanceof Error ? cause.message : "its data");
      }
    case 32773:
      return unpackBits(packed, size);
    default:
      throw unread("TIFF", `compression ${compression}`);
  }
}

/** TIFF. */
export const decodeTiff: Decoder = (bytes, most): Picture => {
  const little = bytes[0] === 0x49, fields = readFields(bytes, little);
  const one = (tag: number, otherwise: number) => fields.get(tag)?.[0] ?? otherwise;
  const width = one(tags.width, 0), height = one(tags.height, 0), bits = one(tags.bits, 1);
  const samples = one(tags.samples, 1),
    kind = one(tags.photometric, 1),
    compression = one(tags.compression, 1);
  const predicted = one(tags.predictor, 1) === 2, palette = fields.get(tags.palette);
  const channels = kind >= 2 ? 3 : 1;
  checkSize("TIFF", width, height, Math.max(3, samples) * (bits === 16 ? 2 : 1), most);
  if (fields.has(tags.tiles)) throw unread("TIFF", "tiles");
  if (kind > 3 || (kind === 2 && samples < 3)) throw unread("TIFF", `photometric interpretation ${kind}`);
  if (samples > 1 && one(tags.planar, 1) !== 1) throw unread("TIFF", "planes");
  const same = fields.get(tags.bits)?.every((b) => b === bits) ?? true;
  if (!same || ![1, 2, 4, 8, 16].includes(bits)) throw unread("TIFF", `${fields.get(tags.bits)} bits`);
  if (predicted && bits !== 8) throw unread("TIFF", `differences of ${bits} bits`);
  const rows = Math.min(one(tags.rows, height), height) || height,
    stride = Math.ceil((width * samples * bits) / 8);
  const offsets = fields.get(tags.offsets) ?? [], counts = fields.get(tags.counts) ?? [];
  const data = new Uint8Array(width * height * channels), mask = (1 << bits) - 1;
  for (let y = 0; y < height; y++) {
    if (y % rows !== 0) continue;
    const strip = y / rows, from = offsets[strip] ?? bytes.length, high = Math.min(rows, height - y);
    // Differences are undone in place, in bytes of our own.
    const lines = unpacked(
      bytes[predicted ? "slice" : "subarray"](from, from + (counts[strip] ?? 0)),
      compression,
      high * stride,
    );
    if (lines.length < high * stride) throw damaged("TIFF", "a strip ends too soon");
    for (let row = 0; row < high; row++) {
      const line = lines.subarray(row * stride, (row + 1) * stride);
      if (predicted) {
        for (let i = samples; i < stride; i++) line[i] = (line[i] ?? 0) + (line[i - samples] ?? 0);
      }
      const sample = (index: number) => {
        if (bits === 8) return line[index] ?? 0;
        if (bits === 16) return line[2 * index + (little ? 1 : 0)] ?? 0;
        return ((line[(index * bits) >> 3] ?? 0) >> (8 - bits - ((index * bits) & 7))) & mask;
      };
      for (let x = 0; x < width; x++) {
        const to = ((y + row) * width + x) * channels;
        for (let c = 0; c < channels; c++) {
          if (kind === 3) data[to + c] = (palette?.[(c << bits) + sample(x * samples)] ?? 0) >> 8;
          else {
            const v = sample(x * samples + c), byte = bits < 8 ? Math.floor((v * 255) / mask) : v;
            data[to + c] = kind === 0 ? 255 - byte : byte;
          }
        }
      }
    }
  }
  return { width, height, channels, data };
};
