/** What Zstandard codes symbols with (RFC 8878): bits read backwards, finite state tables, Huffman tables. @module */
import { item } from "../../core/values/item.ts";
import { Damaged } from "./damaged.ts";

/** Bits from a block's end to its beginning; below the beginning are zeros. */
export class BackwardBits {
  readonly #bytes: Uint8Array;
  /** Bits that are left; below zero where more were read than there are. */
  left: number;
  constructor(bytes: Uint8Array) {
    const last = bytes.at(-1) ?? 0;
    if (last === 0) throw new Damaged("damaged zstd bit stream");
    this.#bytes = bytes;
    // The highest bit that is set marks the end.
    this.left = 8 * bytes.length - 8 + (31 - Math.clz32(last));
  }
  /** The next bits, which stay. At most 24. */
  peek(count: number): number {
    const from = this.left - count, byte = from >> 3, b = this.#bytes;
    const word = (b[byte] ?? 0) | (b[byte + 1] ?? 0) << 8 | (b[byte + 2] ?? 0) << 16 |
      (b[byte + 3] ?? 0) << 24;
    return word >>> (from & 7) & (1 << count) - 1;
  }
  /** The next bits. At most 40. */
  read(count: number): number {
    if (count > 24) return this.read(count - 16) * 65536 + this.read(16);
    const value = this.peek(count);
    this.left -= count;
    return value;
  }
}

/** A finite state table: of each state its symbol, and how the next state comes of the bits read. */
export interface StateTable {
  readonly log: number;
  readonly symbols: Uint8Array;
  readonly bits: Uint8Array;
  readonly bases: Uint16Array;
}

/** The table of symbols that come with these probabilities (in shares of 2^log; -1 is less than one). */
export function stateTable(shares: readonly number[], log: number): StateTable {
  const size = 1 << log, symbols = new Uint8Array(size), bits = new Uint8Array(size);
  const bases = new Uint16Array(size), next = shares.map((share) => Math.max(share, 1));
  let high = size - 1, at = 0;
  shares.forEach((share, symbol) => {
    if (share === -1) symbols[high--] = symbol;
  });
  const step = (size >> 1) + (size >> 3) + 3;
  shares.forEach((share, symbol) => {
    for (let i = 0; i < share; i++) {
      symbols[at] = symbol;
      do at = (at + step) & (size - 1); while (at > high);
    }
  });
  if (at !== 0) throw new Damaged("damaged zstd table");
  symbols.forEach((symbol, state) => {
    const number = item(next, symbol);
    next[symbol] = number + 1;
    const count = log - (31 - Math.clz32(number));
    bits[state] = count;
    bases[state] = (number << count) - size;
  });
  return { log, symbols, bits, bases };
}
/** The table of one symbol alone. */
export function singleState(symbol: number): StateTable {
  return { log: 0, symbols: Uint8Array.of(symbol), bits: Uint8Array.of(0), bases: Uint16Array.of(0) };
}

/** Reads a table's description; says how many bytes it took. */
export function readStateTable(
  data: Uint8Array,
  maxLog: number,
  maxSymbol: number,
): { table: StateTable; taken: number } {
  let at = 0;
  const peek = (count: number) => {
    let value = 0;
    for (let i = 0; i < count; i++) value |= ((data[(at + i) >> 3] as number) >> ((at + i) & 7) & 1) << i;
    return value;
  };
  const read = (count: number) => {
    const value = peek(count);
    at += count;
    if (at > 8 * data.length) throw new Damaged("truncated zstd table");
    return value;
  };
  const log = read(4) + 5, shares: number[] = [];
  if (log > maxLog) throw new Damaged(`damaged zstd table: accuracy ${log}`);
  for (let left = (1 << log) + 1; left > 1;) {
    if (shares.length > maxSymbol) throw new Damaged("damaged zstd table: too many symbols");
    const width = 32 - Math.clz32(left), short = (1 << width) - 1 - left;
    let value = peek(width - 1);
    if (value < short) at += width - 1;
    else {
      value = read(width);
      if (value >= 1 << (width - 1)) value -= short;
    }
    const share = value - 1;
    left -= Math.abs(share);
    shares.push(share);
    if (share !== 0) continue;
    for (let zeros = 3; zeros === 3;) {
      zeros = read(2);
      for (let i = 0; i < zeros; i++) shares.push(0);
    }
  }
  if (shares.length > maxSymbol + 1) throw new Damaged("damaged zstd table: too many symbols");
  const taken = Math.ceil(at / 8);
  if (taken > data.length) throw new Damaged("truncated zstd table");
  return { table: stateTable(shares, log), taken };
}

/** A Huffman table: of the next `log` bits the symbol, and how many of the bits are its own. */
export interface HuffmanTable {
  readonly log: number;
  readonly symbols: Uint8Array;
  readonly bits: Uint8Array;
}

/** Reads a Huffman table's description; says how many bytes it took. */
export function readHuffman(data: Uint8Array): { table: HuffmanTable; taken: number } {
  const head = item(data, 0), direct = head >= 128;
  const taken = 1 + (direct ? Math.ceil((head - 127) / 2) : head);
  if (taken > data.length) throw new Damaged("truncated zstd table");
  const weights = direct
    ? Array.from({ length: head - 127 }, (_, i) => (data[1 + (i >> 1)] ?? 0) >> (i % 2 ? 0 : 4) & 15)
    : codedWeights(data.subarray(1, taken));
  return { table: huffmanTable(weights), taken };
}
/** Weights that two states of one table give in turn. */
function codedWeights(data: Uint8Array): number[] {
  const { table, taken } = readStateTable(data, 6, 255), bits = new BackwardBits(data.subarray(taken));
  const { symbols, bases, log } = table, weights: number[] = [];
  let state = bits.read(log), other = bits.read(log);
  if (bits.left < 0) throw new Damaged("truncated zstd table");
  while (weights.length < 255) {
    weights.push(symbols[state] as number);
    state = (bases[state] as number) + bits.read(table.bits[state] as number);
    if (bits.left < 0) {
      weights.push(symbols[other] as number);
      return weights;
    }
    [state, other] = [other, state];
  }
  throw new Damaged("damaged zstd table: too many weights");
}
function huffmanTable(weights: number[]): HuffmanTable {
  const total = weights.reduce((sum, weight) => sum + (weight ? 2 ** (weight - 1) : 0), 0);
  const log = total ? 32 - Math.clz32(total) : 0, rest = 2 ** log - total;
  if (log < 1 || log > 11 || (rest & (rest - 1)) !== 0 || weights.length > 255) {
    throw new Damaged("damaged zstd table: weights");
  }
  // The last symbol's weight is what is missing.
  const all = [...weights, 32 - Math.clz32(rest)];
  const symbols = new Uint8Array(1 << log), bits = new Uint8Array(1 << log);
  let at = 0;
  for (let weight = 1; weight <= log; weight++) {
    all.forEach((one, symbol) => {
      if (one !== weight) return;
      const end = at + (1 << (weight - 1));
      symbols.fill(symbol, at, end);
      bits.fill(log + 1 - weight, at, end);
      at = end;
    });
  }
  return { log, symbols, bits };
}
