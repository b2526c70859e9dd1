/** JPEG pictures (ITU-T T.81): baseline and progressive, Huffman coded, 8 bits. Reads the file into coefficients. @module */
import { type Component, type Frame, rendered } from "./jpegpixels.ts";
import { ByteReader, checkSize, damaged, type Decoder, type Picture, unread } from "./pixels.ts";

/** Codes by length: least code, greatest code and first symbol of each; and what the next {@link peeked} bits say at once. */
interface Huffman {
  readonly least: Int32Array;
  readonly most: Int32Array;
  readonly first: Int32Array;
  readonly symbols: Uint8Array;
  /** `length * 256 + symbol` by the next bits; 0 where the code is longer. */
  readonly short: Uint16Array;
}
const peeked = 9;
/** Where the coefficients of a block stand, in the order that they are coded. */
const zigzag = Uint8Array.from([
  [0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5],
  [12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28],
  [35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51],
  [58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63],
].flat());

function huffman(counts: Uint8Array, symbols: Uint8Array): Huffman {
  const least = new Int32Array(17), most = new Int32Array(17).fill(-1), first = new Int32Array(17);
  const short = new Uint16Array(1 << peeked);
  let code = 0, at = 0;
  for (let length = 1; length <= 16; length++) {
    const count = counts[length - 1] as number;
    least[length] = code;
    first[length] = at;
    if (count > 0) most[length] = code + count - 1;
    for (let i = 0, free = peeked - length; i < count && free >= 0; i++) {
      short.fill(length * 256 + (symbols[at + i] as number), (code + i) << free, (code + i + 1) << free);
    }
    code = (code + count) << 1;
    at += count;
  }
  return { least, most, first, symbols, short };
}

/** Bits of a scan; stuffed zeros are left out, a marker gives zeros from there on. */
class Bits {
  readonly #r: ByteReader;
  #word = 0;
  #left = 0;
  constructor(r: ByteReader) {
    this.#r = r;
  }
  /** Makes at least 17 bits there to be looked at. */
  #fill(): void {
    const { bytes } = this.#r;
    let { at } = this.#r;
    for (; this.#left <= 16; this.#left += 8) {
      const byte = bytes[at] as number, marker = byte === 0xff && bytes[at + 1] !== 0;
      this.#word = (this.#word << 8) | (marker ? 0 : byte);
      if (!marker) at += byte === 0xff ? 2 : 1;
    }
    this.#r.at = at;
  }
  bit(): number {
    return this.bits(1);
  }
  /** A number of at most 16 bits. */
  bits(count: number): number {
    if (this.#left < count) this.#fill();
    this.#left -= count;
    return (this.#word >> this.#left) & ((1 << count) - 1);
  }
  /** A signed number of some bits. */
  signed(count: number): number {
    const v = this.bits(count);
    return count > 0 && v < 1 << (count - 1) ? v - (1 << count) + 1 : v;
  }
  symbol(table: Huffman): number {
    if (this.#left < 16) this.#fill();
    const found = table.short[(this.#word >> (this.#left - peeked)) & ((1 << peeked) - 1)] as number;
    if (found > 0) {
      this.#left -= found >> 8;
      return found & 255;
    }
    for (let length = peeked + 1; length <= 16; length++) {
      const code = (this.#word >> (this.#left - length)) & ((1 << length) - 1);
      if (code <= (table.most[length] ?? -1)) {
        this.#left -= length;
        return table.symbols[(table.first[length] as number) + code - (table.least[length] as number)] ?? 0;
      }
    }
    throw damaged("JPEG", "a code that no table has");
  }
  /** Forgets what was looked at; the next bits begin behind a marker. */
  align(): void {
    this.#left = 0;
  }
}

interface Scan {
  readonly components: readonly {
    readonly component: Component;
    readonly dc?: Huffman;
    readonly ac?: Huffman;
  }[];
  readonly from: number;
  readonly to: number;
  readonly high: number;
  readonly low: number;
}
/** Decodes blocks of one scan. */
class ScanReader {
  readonly #bits: Bits;
  readonly #scan: Scan;
  readonly #progressive: boolean;
  #run = 0;
  readonly #before = new Map<Component, number>();
  constructor(bits: Bits, scan: Scan, progressive: boolean) {
    this.#bits = bits;
    this.#scan = scan;
    this.#progressive = progressive;
  }
  restart(): void {
    this.#bits.align();
    this.#before.clear();
    this.#run = 0;
  }
  block(index: number, at: number): void {
    const part = this.#scan.components[index];
    if (!part) return;
    const { component, dc, ac } = part, block = component.blocks.subarray(at * 64, at * 64 + 64);
    if (block.length < 64) throw damaged("JPEG", "more blocks than the picture has");
    if (this.#scan.from === 0) this.#first(block, component, dc);
    if (!this.#progressive) this.#rest(block, 1, 63, 0, ac);
    else if (this.#scan.to > 0 && this.#scan.from > 0) {
      if (this.#scan.high === 0) this.#rest(block, this.#scan.from, this.#scan.to, this.#scan.low, ac);
      else this.#refine(block, ac);
    }
  }
  #first(block: Int16Array, component: Component, table: Huffman | undefined): void {
    if (this.#progressive && this.#scan.high > 0) {
      if (this.#bits.bit()) block[0] = (block[0] ?? 0) | (1 << this.#scan.low);
      return;
    }
    if (!table) throw damaged("JPEG", "a table is missing");
    const now = (this.#before.get(component) ?? 0) + this.#bits.signed(this.#bits.symbol(table) & 15);
    this.#before.set(component, now);
    block[0] = now << this.#scan.low;
  }
  #rest(block: Int16Array, from: number, to: number, low: number, table: Huffman | undefined): void {
    if (!table) throw damaged("JPEG", "a table is missing");
    if (this.#run > 0) {
      this.#run--;
      return;
    }
    for (let k = from; k <= to; k++) {
      const symbol = this.#bits.symbol(table), size = symbol & 15, zeros = symbol >> 4;
      if (size === 0) {
        if (zeros === 15) k += 15;
        else {
          this.#run = this.#progressive ? (1 << zeros) - 1 + this.#bits.bits(zeros) : 0;
          return;
        }
      } else {
        k += zeros;
        block[zigzag[k] as number] = this.#bits.signed(size) << low;
      }
    }
  }
  /** One bit more for coefficients that are there, and new ones of that bit. */
  #refine(block: Int16Array, table: Huffman | undefined): void {
    if (!table) throw damaged("JPEG", "a table is missing");
    const { from, to, low } = this.#scan, plus = 1 << low;
    const more = (at: number) => {
      const v = block[at] as number;
      if (this.#bits.bit() && !(Math.abs(v) & plus)) block[at] = v > 0 ? v + plus : v - plus;
    };
    let k = from;
    while (k <= to && this.#run === 0) {
      const symbol = this.#bits.symbol(table);
      let zeros = symbol >> 4, value = 0;
      if (symbol & 15) value = this.#bits.bit() ? plus : -plus;
      else if (zeros < 15) {
        this.#run = (1 << zeros) + this.#bits.bits(zeros);
        break;
      }
      for (; k <= to; k++) {
        const at = zigzag[k] as number;
        if (block[at]) more(at);
        else if (zeros-- === 0) {
          if (value) block[at] = value;
          k++;
          break;
        }
      }
    }
    if (this.#run === 0) return;
    for (; k <= to; k++) if (block[zigzag[k] as number]) more(zigzag[k] as number);
    this.#run--;
  }
}

/** A whole file on its way into coefficients. */
class File {
  readonly #r: ByteReader;
  readonly #most: number;
  readonly #quantizers: Int32Array[] = [];
  readonly #dc: Huffman[] = [];
  readonly #ac: Huffman[] = [];
  #frame: Frame | undefined;
  #progressive = false;
  #interval = 0;
  #transform: number | undefined;
  constructor(bytes: Uint8Array, most: number) {
    this.#r = new ByteReader(bytes, "JPEG", 2);
    this.#most = most;
  }
  picture(): Picture {
    for (let marker = this.#marker(); marker !== 0xd9; marker = this.#marker()) {
      if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) continue;
      const size = this.#r.u16(), part = new ByteReader(this.#r.take(size - 2), "JPEG");
      if (marker === 0xdb) this.#quantizer(part);
      else if (marker === 0xc4) this.#huffman(part);
      else if (marker === 0xdd) this.#interval = part.u16();
      else if (marker === 0xee && part.bytes.length >= 12) this.#transform = part.bytes[11];
      else if (marker === 0xc0 || marker === 0xc1 || marker === 0xc2) this.#start(part, marker === 0xc2);
      else if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc8) {
        throw unread("JPEG", `process ${marker - 0xc0}`);
      } else if (marker === 0xda) this.#scan(part);
    }
    if (!this.#frame) throw damaged("JPEG", "it has no frame");
    return rendered(this.#frame, this.#transform);
  }
  /** The next marker; a file that ends is as good as ended. */
  #marker(): number {
    const { bytes } = this.#r;
    for (; this.#r.at < bytes.length - 1; this.#r.at++) {
      const code = bytes[this.#r.at + 1] ?? 0;
      if (bytes[this.#r.at] === 0xff && code !== 0 && code !== 0xff) {
        this.#r.at += 2;
        return code;
      }
    }
    return 0xd9;
  }
  #quantizer(r: ByteReader): void {
    while (r.at < r.bytes.length) {
      const head = r.u8(), table = new Int32Array(64);
      for (let i = 0; i < 64; i++) table[zigzag[i] as number] = head >> 4 ? r.u16() : r.u8();
      this.#quantizers[head & 15] = table;
    }
  }
  #huffman(r: ByteReader): void {
    while (r.at < r.bytes.length) {
      const head = r.u8(), counts = r.take(16), symbols = r.take(counts.reduce((n, c) => n + c, 0));
      (head >> 4 ? this.#ac : this.#dc)[head & 15] = huffman(counts, symbols);
    }
  }
  #start(r: ByteReader, progressive: boolean): void {
    if (this.#frame) throw unread("JPEG", "several frames");
    const bits = r.u8(), height = r.u16(), width = r.u16(), count = r.u8();
    if (bits !== 8) throw unread("JPEG", `${bits} bits`);
    if (count !== 1 && count !== 3 && count !== 4) throw unread("JPEG", `${count} colours`);
    checkSize("JPEG", width, height, 3 * count, this.#most);
    const parts = Array.from({ length: count }, () => [r.u8(), r.u8(), r.u8()] as const);
    const across = Math.max(...parts.map(([, hv]) => hv >> 4)),
      down = Math.max(...parts.map(([, hv]) => hv & 15));
    if (parts.some(([, hv]) => hv >> 4 === 0 || hv >> 4 > 4 || (hv & 15) === 0 || (hv & 15) > 4)) {
      throw damaged("JPEG", "sampling factors");
    }
    const columns = Math.ceil(width / (8 * across)), rows = Math.ceil(height / (8 * down));
    const components = parts.map(([id, hv, table]): Component => {
      const h = hv >> 4, v = hv & 15, wide = columns * h, high = rows * v;
      const size = [Math.ceil((width * h) / across), Math.ceil((height * v) / down)] as const;
      return {
        id,
        h,
        v,
        table,
        width: size[0],
        height: size[1],
        wide,
        high,
        blocks: new Int16Array(wide * high * 64),
      };
    });
    this.#frame = { width, height, across, down, columns, rows, components, quantizers: this.#quantizers };
    this.#progressive = progressive;
  }
  #scan(r: ByteReader): void {
    const frame = this.#frame;
    if (!frame) throw damaged("JPEG", "a scan before its frame");
    const components = Array.from({ length: r.u8() }, () => {
      const id = r.u8(), tables = r.u8(), component = frame.components.find((c) => c.id === id);
      if (!component) throw damaged("JPEG", `a scan of colour ${id}`);
      const dc = this.#dc[tables >> 4], ac = this.#ac[tables & 15];
      return { component, ...(dc && { dc }), ...(ac && { ac }) };
    });
    const from = r.u8(), to = Math.min(63, r.u8()), bits = r.u8();
    const scan: Scan = this.#progressive
      ? { components, from, to, high: bits >> 4, low: bits & 15 }
      : { components, from: 0, to: 63, high: 0, low: 0 };
    const reader = new ScanReader(new Bits(this.#r), scan, this.#progressive), [only] = components;
    const alone = components.length === 1 && only ? only.component : undefined;
    const wide = alone ? Math.ceil(alone.width / 8) : frame.columns,
      high = alone ? Math.ceil(alone.height / 8) : frame.rows;
    for (let unit = 0; unit < wide * high; unit++) {
      if (this.#interval > 0 && unit > 0 && unit % this.#interval === 0) this.#restart(reader);
      const x = unit % wide, y = Math.floor(unit / wide);
      if (alone) reader.block(0, y * alone.wide + x);
      else {components.forEach(({ component: c }, i) => {
          for (let k = 0; k < c.h * c.v; k++) {
            reader.block(i, (y * c.v + Math.floor(k / c.h)) * c.wide + x * c.h + (k % c.h));
          }
        });}
    }
  }
  #restart(reader: ScanReader): void {
    reader.restart();
    const { bytes, at } = this.#r, code = bytes[at + 1] ?? 0;
    if (bytes[at] === 0xff && code >= 0xd0 && code <= 0xd7) this.#r.at += 2;
  }
}

/** JPEG. */
export const decodeJpeg: Decoder = (bytes, most) => new File(bytes, most).picture();
