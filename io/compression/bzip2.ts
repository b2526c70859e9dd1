/** bzip2 streams, every block's checksum held. @module */
import { item } from "../../core/values/item.ts";
import { Damaged, decoded, Output } from "./damaged.ts";

/**
 * Decodes bzip2 data (several streams may follow one another) that has to give exactly `size` bytes; else says why not.
 */
export function decodeBzip2(data: Uint8Array, size: number): Uint8Array | string {
  return decoded(() => {
    const out = new Output(size);
    for (let at = 0; at === 0 || at < data.length;) at += stream(data.subarray(at), out);
    return out.full();
  });
}

/** Bits, the highest of a byte first. */
class Bits {
  readonly #bytes: Uint8Array;
  at = 0;
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }
  bit(): number {
    const byte = this.#bytes[this.at >> 3];
    if (byte === undefined) throw new Damaged("truncated bzip2 data");
    return byte >> (7 - (this.at++ & 7)) & 1;
  }
  read(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value = value * 2 + this.bit();
    return value;
  }
}

const blockMark = 0x314159265359, endMark = 0x177245385090;

/** Decodes one stream and says how many bytes it took. */
function stream(data: Uint8Array, out: Output): number {
  const bits = new Bits(data), level = item(data, 3);
  if (bits.read(24) !== 0x425a68 || level < 0x31 || level > 0x39) throw new Damaged("damaged bzip2 header");
  bits.at += 8;
  let combined = 0;
  for (;;) {
    const mark = bits.read(48), sum = bits.read(32);
    if (mark === endMark) {
      if (sum !== combined >>> 0) throw new Damaged("checksum mismatch (bzip2)");
      return Math.ceil(bits.at / 8);
    }
    if (mark !== blockMark) throw new Damaged("damaged bzip2 block");
    const from = out.at;
    block(bits, (level - 0x30) * 100_000, out);
    if (crc(out.bytes.subarray(from, out.at)) !== sum) throw new Damaged("checksum mismatch (bzip2)");
    combined = (combined << 1 | combined >>> 31) ^ sum;
  }
}

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n << 24;
  for (let i = 0; i < 8; i++) value = value << 1 ^ (value < 0 ? 0x04c11db7 : 0);
  return value;
});
function crc(bytes: Uint8Array): number {
  let value = -1;
  for (const byte of bytes) value = value << 8 ^ (crcTable[value >>> 24 ^ byte] as number);
  return ~value >>> 0;
}

/** Codes of one table by length: the first code, its place among the symbols, how many there are. */
interface Codes {
  readonly counts: Int32Array;
  readonly symbols: Int32Array;
}
function codesOf(lengths: readonly number[]): Codes {
  const counts = new Int32Array(21), order = lengths.map((_, symbol) => symbol);
  for (const length of lengths) counts[length] = (counts[length] as number) + 1;
  order.sort((a, b) => item(lengths, a) - item(lengths, b) || a - b);
  return { counts, symbols: Int32Array.from(order) };
}
function symbolOf(bits: Bits, { counts, symbols }: Codes): number {
  let code = 0, first = 0, place = 0;
  for (let length = 1; length <= 20; length++) {
    const count = counts[length] as number;
    code |= bits.bit();
    if (code - first < count) return symbols[place + code - first] as number;
    place += count;
    first = (first + count) << 1;
    code <<= 1;
  }
  throw new Damaged("damaged bzip2 block: no such code");
}

/** The values that a block's move-to-front list begins with. */
function usedBytes(bits: Bits): number[] {
  const rows = bits.read(16), used: number[] = [];
  for (let row = 0; row < 16; row++) {
    if (!(rows >> (15 - row) & 1)) continue;
    const map = bits.read(16);
    for (let i = 0; i < 16; i++) if (map >> (15 - i) & 1) used.push(16 * row + i);
  }
  if (used.length === 0) throw new Damaged("damaged bzip2 block: no byte is used");
  return used;
}
/** Which table each group of 50 symbols takes, and the tables. */
function tablesOf(bits: Bits, symbols: number): { selectors: number[]; tables: Codes[] } {
  const count = bits.read(3), selected = bits.read(15);
  if (count < 2 || count > 6 || selected === 0) throw new Damaged("damaged bzip2 block: tables");
  const front = Array.from({ length: count }, (_, i) => i);
  const selectors = Array.from({ length: selected }, () => {
    let at = 0;
    while (bits.bit()) if (++at >= count) throw new Damaged("damaged bzip2 block: selectors");
    front.unshift(...front.splice(at, 1));
    return item(front, 0);
  });
  const tables = Array.from({ length: count }, () => {
    let length = bits.read(5);
    return codesOf(Array.from({ length: symbols }, () => {
      while (bits.bit()) length += bits.bit() ? -1 : 1;
      if (length < 1 || length > 20) throw new Damaged("damaged bzip2 block: code lengths");
      return length;
    }));
  });
  return { selectors, tables };
}

function block(bits: Bits, most: number, out: Output): void {
  if (bits.bit()) throw new Damaged("bzip2 block in the randomised form of bzip2 0.9");
  const origin = bits.read(24), front = usedBytes(bits), end = front.length + 1;
  const { selectors, tables } = tablesOf(bits, end + 1);
  const last = new Uint8Array(most), counts = new Int32Array(256);
  let length = 0, run = 0, weight = 1;
  for (let n = 0;; n++) {
    const codes = tables[selectors[Math.floor(n / 50)] ?? -1];
    if (!codes) throw new Damaged("damaged bzip2 block: too few selectors");
    const symbol = symbolOf(bits, codes);
    if (symbol < 2) {
      run += weight << symbol;
      weight *= 2;
      if (run > most) throw new Damaged("damaged bzip2 block: too long");
      continue;
    }
    const top = item(front, 0);
    if (length + run > most) throw new Damaged("damaged bzip2 block: too long");
    last.fill(top, length, length += run);
    counts[top] = (counts[top] as number) + run;
    run = 0, weight = 1;
    if (symbol === end) break;
    const [byte = 0] = front.splice(symbol - 1, 1);
    front.unshift(byte);
    if (length >= most) throw new Damaged("damaged bzip2 block: too long");
    last[length++] = byte;
    counts[byte] = (counts[byte] as number) + 1;
  }
  if (origin >= length) throw new Damaged("damaged bzip2 block: place of the first byte");
  unsorted(last.subarray(0, length), counts, origin, out);
}

/** Undoes the Burrows-Wheeler transform and the runs under it (four alike, then how many more). */
function unsorted(last: Uint8Array, counts: Int32Array, origin: number, out: Output): void {
  const starts = new Int32Array(256), next = new Uint32Array(last.length);
  for (let b = 1; b < 256; b++) starts[b] = (starts[b - 1] as number) + (counts[b - 1] as number);
  last.forEach((byte, i) => {
    const place = starts[byte] as number;
    next[place] = i;
    starts[byte] = place + 1;
  });
  let at = next[origin] as number, alike = 0, before = -1;
  for (let i = 0; i < last.length; i++) {
    const byte = last[at] as number;
    at = next[at] as number;
    if (alike === 4) {
      out.repeat(before, byte);
      alike = 0, before = -1;
      continue;
    }
    alike = byte === before ? alike + 1 : 1;
    before = byte;
    out.byte(byte);
  }
}
