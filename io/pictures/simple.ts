/** Pictures that lie in files as they are: Windows bitmaps and the portable any-map. @module */
import { ByteReader, checkSize, damaged, type Decoder, type Picture, unread } from "./pixels.ts";

/** Shift and highest value of a colour's bits in a word. */
function channelOf(mask: number): (word: number) => number {
  let shift = 0;
  while (shift < 32 && !((mask >>> shift) & 1)) shift++;
  const most = shift === 32 ? 0 : mask >>> shift;
  return (word) => (most === 0 ? 0 : Math.round((((word & mask) >>> shift) * 255) / most));
}
/** Palette indices of a bitmap packed by run lengths, rows from the bottom; what is left out is colour 0. */
function unpackRuns(r: ByteReader, width: number, height: number, bits: 4 | 8): Uint8Array {
  const out = new Uint8Array(width * height);
  let x = 0, y = 0;
  const put = (index: number) => {
    if (y < height && x < width) out[y * width + x] = index;
    x++;
  };
  const half = (byte: number, i: number) => bits === 8 ? byte : i % 2 === 0 ? byte >> 4 : byte & 15;
  while (r.left >= 2 && y < height) {
    const count = r.u8(), byte = r.u8();
    if (count > 0) { for (let i = 0; i < count; i++) put(half(byte, i)); }
    else if (byte === 0) [x, y] = [0, y + 1];
    else if (byte === 1) break;
    else if (byte === 2) [x, y] = [x + r.u8(), y + r.u8()];
    else {
      const size = bits === 8 ? byte : Math.ceil(byte / 2), run = r.take(size);
      for (let i = 0; i < byte; i++) put(half(run[bits === 8 ? i : i >> 1] ?? 0, i));
      r.at += size % 2;
    }
  }
  return out;
}
/** Windows and OS/2 bitmaps: 1, 4 and 8 bits with a palette, also packed by run lengths; 16, 24 and 32 bits. */
export const decodeBmp: Decoder = (bytes, most): Picture => {
  const r = new ByteReader(bytes, "BMP", 10, true), start = r.u32(), header = r.u32(), old = header === 12;
  if (header < 40 && !old) throw unread("BMP", `a header of ${header} bytes`);
  const width = old ? r.u16() : r.i32(), signed = old ? r.u16() : r.i32(), height = Math.abs(signed);
  r.at += 2;
  const bits = r.u16(), compression = old ? 0 : r.u32();
  r.at += old ? 0 : 12;
  const colours = old ? 0 : r.u32();
  checkSize("BMP", width, height, 3, most);
  const runs = compression === 1 && bits === 8 ? 8 : compression === 2 && bits === 4 ? 4 : 0;
  if (compression !== 0 && compression !== 3 && runs === 0) throw unread("BMP", `compression ${compression}`);
  if (![1, 4, 8, 16, 24, 32].includes(bits)) throw unread("BMP", `${bits} bits a pixel`);
  if (colours > 256) throw damaged("BMP", `a palette of ${colours} colours`);
  r.at = 54;
  const masks = compression === 3
    ? [r.u32(), r.u32(), r.u32()]
    : bits === 16
    ? [0x7c00, 0x3e0, 0x1f]
    : [0xff0000, 0xff00, 0xff];
  const parts = masks.map(channelOf), entry = old ? 3 : 4;
  r.at = 14 + header;
  const palette = bits <= 8 ? r.take(entry * (colours || 1 << bits)) : new Uint8Array(0);
  const stride = Math.ceil((width * bits) / 32) * 4, data = new Uint8Array(width * height * 3);
  r.at = start;
  const unpacked = runs ? unpackRuns(r, width, height, runs) : undefined;
  for (let row = 0; row < height; row++) {
    const y = signed < 0 ? row : height - 1 - row;
    const line = unpacked
      ? new ByteReader(unpacked.subarray(row * width, (row + 1) * width), "BMP")
      : new ByteReader(r.take(stride), "BMP", 0, true);
    const wide = unpacked ? 8 : bits;
    for (let x = 0; x < width; x++) {
      const to = (y * width + x) * 3;
      if (bits <= 8) {
        const byte = line.bytes[(x * wide) >> 3] ?? 0,
          index = (byte >> (8 - wide - ((x * wide) & 7))) & ((1 << wide) - 1);
        if (entry * index + 2 >= palette.length) throw damaged("BMP", "a colour that its palette hasn't");
        for (let c = 0; c < 3; c++) data[to + c] = palette[index * entry + 2 - c] ?? 0;
      } else if (bits === 24) { for (let c = 2; c >= 0; c--) data[to + c] = line.u8(); }
      else {
        const word = bits === 16 ? line.u16() : line.u32();
        parts.forEach((part, c) => data[to + c] = part(word));
      }
    }
  }
  return { width, height, channels: 3, data };
};

/** Numbers of a text, comments left out. */
class Words {
  readonly #bytes: Uint8Array;
  at = 2;
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }
  #skip(): void {
    for (let c = this.#bytes[this.at]; c !== undefined; c = this.#bytes[this.at]) {
      if (c === 35) { while (this.at < this.#bytes.length && this.#bytes[this.at] !== 10) this.at++; }
      else if (c !== 32 && (c < 9 || c > 13)) return;
      this.at++;
    }
  }
  /** The next number of at most `digits` digits. */
  next(digits = 9): number {
    this.#skip();
    let value = 0, count = 0;
    for (
      let c = this.#bytes[this.at] ?? 0;
      c >= 48 && c <= 57 && count < digits;
      c = this.#bytes[this.at] ?? 0
    ) {
      value = 10 * value + c - 48;
      this.at++;
      count++;
    }
    if (count === 0) throw damaged("PNM", "a number is missing");
    return value;
  }
}
/** Portable bitmaps, graymaps and pixmaps, P1 to P6. */
export const decodePnm: Decoder = (bytes, most): Picture => {
  const kind = (bytes[1] ?? 0) - 48, words = new Words(bytes), width = words.next(), height = words.next();
  const channels = kind % 3 === 0 ? 3 : 1, bitmap = kind % 3 === 1, top = bitmap ? 1 : words.next();
  checkSize("PNM", width, height, channels, most);
  if (top < 1 || top > 65535) throw damaged("PNM", `a highest value of ${top}`);
  const count = width * height * channels, data = new Uint8Array(count);
  const scaled = (v: number) => (top === 255 ? v : Math.round((Math.min(v, top) * 255) / top));
  if (kind <= 3) {
    for (let i = 0; i < count; i++) data[i] = bitmap ? (words.next(1) ? 0 : 255) : scaled(words.next());
    return { width, height, channels, data };
  }
  const r = new ByteReader(bytes, "PNM", words.at + 1);
  if (bitmap) {
    for (let y = 0; y < height; y++) {
      const row = r.take(Math.ceil(width / 8));
      for (let x = 0; x < width; x++) {
        data[y * width + x] = ((row[x >> 3] ?? 0) >> (7 - (x & 7))) & 1 ? 0 : 255;
      }
    }
  } else {
    r.take(0);
    for (let i = 0; i < count; i++) data[i] = scaled(top > 255 ? r.u16() : r.u8());
  }
  return { width, height, channels, data };
};
