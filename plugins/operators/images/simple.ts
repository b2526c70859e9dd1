/** Pictures that lie in files as they are: Windows bitmaps and the portable any-map. @module */
import { ByteReader, checkSize, damaged, type Decoder, type Picture, unread } from "./pixels.ts";

/** Shift and highest value of a colour's bits in a word. */
function channelOf(mask: number): (word: number) => number {
  let shift = 0;
  while (shift < 32 && !((mask >>> shift) & 1)) shift++;
  const most = shift === 32 ? 0 : mask >>> shift;
  return (word) => (most === 0 ? 0 : Math.round((((word & mask) >>> shift) * 255) / most));
}
/** Windows bitmaps: 1, 4 and 8 bits with a palette, 16, 24 and 32 bits, not compressed. */
export const decodeBmp: Decoder = (bytes, most): Picture => {
  const r = new ByteReader(bytes, "BMP", 10, true), start = r.u32(), header = r.u32();
  if (header < 40) throw unread("BMP", `a header of ${header} bytes`);
  const width = r.i32(), signed = r.i32(), height = Math.abs(signed);
  r.at += 2;
  const bits = r.u16(), compression = r.u32();
  r.at += 12;
  const colours = r.u32();
  checkSize("BMP", width, height, 3, most);
  if (compression !== 0 && compression !== 3) throw unread("BMP", `compression ${compression}`);
  if (![1, 4, 8, 16, 24, 32].includes(bits)) throw unread("BMP", `${bits} bits a pixel`);
  r.at = 54;
  const masks = compression === 3
    ? [r.u32(), r.u32(), r.u32()]
    : bits === 16
    ? [0x7c00, 0x3e0, 0x1f]
    : [0xff0000, 0xff00, 0xff];
  const parts = masks.map(channelOf);
  r.at = 14 + header;
  const palette = bits <= 8 ? r.take(4 * (colours || 1 << bits)) : new Uint8Array(0);
  const stride = Math.ceil((width * bits) / 32) * 4, data = new Uint8Array(width * height * 3);
  r.at = start;
  for (let row = 0; row < height; row++) {
    const y = signed < 0 ? row : height - 1 - row, line = new ByteReader(r.take(stride), "BMP", 0, true);
    for (let x = 0; x < width; x++) {
      const to = (y * width + x) * 3;
      if (bits <= 8) {
        const byte = line.bytes[(x * bits) >> 3] ?? 0,
          index = (byte >> (8 - bits - ((x * bits) & 7))) & ((1 << bits) - 1);
        for (let c = 0; c < 3; c++) data[to + c] = palette[index * 4 + 2 - c] ?? 0;
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
