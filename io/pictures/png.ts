/** PNG pictures (ISO/IEC 15948): all colour types and depths, interlaced ones too. @module */
import { item } from "../../core/values/item.ts";
import { unzlibSync } from "fflate";
import { crc32 } from "../archives/inflate.ts";
import { ByteReader, checkSize, damaged, type Decoder, type Picture, unread } from "./pixels.ts";

interface Header {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colour: number;
  readonly interlaced: boolean;
}
/** Samples a pixel by colour type: gray, (none), RGB, palette, gray with alpha, (none), RGB with alpha. */
const samplesOf: readonly number[] = [1, 0, 3, 1, 2, 0, 4];
/** Channels of the picture by colour type. */
const pictureChannels: readonly (1 | 2 | 3 | 4)[] = [1, 1, 3, 3, 2, 3, 4];
/** First column and row, and their steps, of the passes of an interlaced picture. */
const passes: readonly (readonly [number, number, number, number])[] = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

function readHeader(r: ByteReader): Header {
  const width = r.u32(), height = r.u32(), depth = r.u8(), colour = r.u8();
  r.at += 2;
  const interlaced = r.u8() === 1;
  if (!samplesOf[colour] || ![1, 2, 4, 8, 16].includes(depth)) {
    throw unread("PNG", `colour type ${colour} of ${depth} bits`);
  }
  return { width, height, depth, colour, interlaced };
}
/** Bytes of a line. */
const lineBytes = (h: Header, width: number) => Math.ceil((width * item(samplesOf, h.colour) * h.depth) / 8);

/** Undoes what a line's filter did, in place. */
function unfilter(kind: number, line: Uint8Array, above: Uint8Array, step: number): void {
  for (let i = 0; i < line.length; i++) {
    const a = i >= step ? line[i - step] as number : 0,
      b = above[i] as number,
      c = i >= step ? above[i - step] as number : 0;
    let guess = 0;
    if (kind === 1) guess = a;
    else if (kind === 2) guess = b;
    else if (kind === 3) guess = (a + b) >> 1;
    else if (kind === 4) {
      const p = a + b - c, pa = Math.abs(p - a), pb = Math.abs(p - b), pc = Math.abs(p - c);
      guess = pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
    }
    line[i] = (line[i] as number) + guess;
  }
}
/** A sample of a line as a byte; palette indices as they are. */
function sample(line: Uint8Array, index: number, { depth, colour }: Header): number {
  if (depth === 8) return line[index] as number;
  if (depth === 16) return line[2 * index] as number;
  const bit = index * depth, v = ((line[bit >> 3] ?? 0) >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
  return colour === 3 ? v : Math.floor((v * 255) / ((1 << depth) - 1));
}

/** PNG. */
export const decodePng: Decoder = (bytes, most): Picture => {
  const r = new ByteReader(bytes, "PNG", 8), parts: Uint8Array[] = [];
  let header: Header | undefined, palette: Uint8Array = new Uint8Array(0), alphas: Uint8Array | undefined;
  for (let name = ""; name !== "IEND";) {
    const size = r.u32(), from = r.at;
    name = String.fromCharCode(...r.take(4));
    const part = new ByteReader(r.take(size), "PNG");
    if (crc32(bytes.subarray(from, r.at)) !== r.u32()) throw damaged("PNG", `${name} has another checksum`);
    if (name === "IHDR") header = readHeader(part);
    else if (name === "PLTE") palette = part.bytes;
    else if (name === "tRNS") alphas = part.bytes;
    else if (name === "IDAT") parts.push(part.bytes);
  }
  if (!header) throw damaged("PNG", "it has no header");
  const h = header, { width, height } = h;
  const channels = h.colour !== 3 ? item(pictureChannels, h.colour) : alphas ? 4 : 3;
  checkSize("PNG", width, height, 4, most);
  const list = h.interlaced ? passes : [[0, 0, 1, 1] as const];
  const sizes = list.map(([x, y, dx, dy]) =>
    [Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)] as const
  );
  const wanted = sizes.reduce(
    (n, [w, rows]) => n + (w > 0 && rows > 0 ? rows * (1 + lineBytes(h, w)) : 0),
    0,
  );
  const packed = joined(parts);
  if (wanted > packed.length * 1032) throw damaged("PNG", "its data can't fill it");
  let raw: Uint8Array;
  try {
    raw = unzlibSync(packed, { out: new Uint8Array(wanted) });
  } catch (cause) {
    throw damaged("PNG", cause instanceof Error ? cause.message : "its data");
  }
  if (raw.length < wanted) throw damaged("PNG", "its data end too soon");
  const data = new Uint8Array(width * height * channels), samples = item(samplesOf, h.colour);
  let at = 0;
  list.forEach(([x0, y0, dx, dy], i) => {
    const [w = 0, rows = 0] = item(sizes, i),
      size = lineBytes(h, w),
      step = Math.max(1, (samples * h.depth) >> 3);
    let above = new Uint8Array(size);
    for (let row = 0; row < rows && w > 0; row++) {
      const kind = raw[at] as number, line = raw.slice(at + 1, at + 1 + size);
      unfilter(kind, line, above, step);
      for (let k = 0; k < w; k++) {
        const to = ((y0 + row * dy) * width + x0 + k * dx) * channels;
        if (h.colour === 3) {
          const index = sample(line, k, h);
          if (3 * index + 2 >= palette.length) {
            throw damaged("PNG", `colour ${index} of a palette of ${Math.floor(palette.length / 3)}`);
          }
          for (let c = 0; c < 3; c++) data[to + c] = palette[3 * index + c] as number;
          if (channels === 4) data[to + 3] = alphas?.[index] ?? 255;
        } else for (let c = 0; c < channels; c++) data[to + c] = sample(line, k * samples + c, h);
      }
      above = line;
      at += 1 + size;
    }
  });
  return { width, height, channels, data };
};
/** Pieces as one. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
