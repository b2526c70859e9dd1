/** Zstandard frames (RFC 8878) without dictionaries. The sum at a frame's end isn't held. @module */
import { item } from "../../core/values/item.ts";
import { Damaged, decoded, Output, taken } from "./damaged.ts";
import {
  BackwardBits,
  type HuffmanTable,
  readHuffman,
  readStateTable,
  singleState,
  type StateTable,
  stateTable,
} from "./entropy.ts";

/** Decodes Zstandard frames that have to give exactly `size` bytes; else says why not. */
export function decodeZstd(data: Uint8Array, size: number): Uint8Array | string {
  return decoded(() => {
    const out = new Output(size);
    for (let at = 0; at === 0 || at < data.length;) at += frame(data.subarray(at), out);
    return out.full();
  });
}

const u32 = (data: Uint8Array, at: number) =>
  taken(data, at, 4).reduceRight((value, byte) => value * 256 + byte, 0);
const magic = 0xfd2fb528, skippable = 0x184d2a5;

/** Decodes one frame and says how many bytes it took. */
function frame(data: Uint8Array, out: Output): number {
  const mark = u32(data, 0);
  if (Math.floor(mark / 16) === skippable) {
    const size = u32(data, 4);
    taken(data, 8, size);
    return 8 + size;
  }
  if (mark !== magic) throw new Damaged("damaged zstd header");
  const [flags = 0] = taken(data, 4, 1), single = flags >> 5 & 1;
  if (flags & 8) throw new Damaged("damaged zstd header");
  const idSize = item([0, 1, 2, 4], flags & 3), sizeSize = item([single, 2, 4, 8], flags >> 6);
  const id = taken(data, 6 - single, idSize);
  if (id.some((byte) => byte !== 0)) throw new Damaged("zstd data that takes a dictionary");
  let at = 6 - single + idSize + sizeSize;
  const state: FrameState = { start: out.at, offsets: [1, 4, 8], tables: [] };
  for (let last = false; !last;) {
    const [low = 0, middle = 0, high = 0] = taken(data, at, 3), head = low | middle << 8 | high << 16;
    const kind = head >> 1 & 3, size = head >> 3;
    last = (head & 1) === 1;
    at += 3;
    if (kind === 1) {
      out.repeat(taken(data, at++, 1)[0] ?? 0, size);
      continue;
    }
    if (kind === 3 || size > 131072) throw new Damaged("damaged zstd block");
    const bytes = taken(data, at, size);
    at += size;
    if (kind === 0) out.put(bytes);
    else compressed(bytes, state, out);
  }
  return at + (flags & 4 ? taken(data, at, 4).length : 0);
}

/** What blocks of one frame leave to the next: the last distances, and tables that are taken again. */
interface FrameState {
  readonly start: number;
  readonly offsets: number[];
  huffman?: HuffmanTable;
  /** Of lengths of literals, of distances, of lengths of copies. */
  readonly tables: StateTable[];
}

/** Reads a block's literals; says how many bytes they took. */
function literalsOf(block: Uint8Array, state: FrameState): { literals: Uint8Array; at: number } {
  const [head = 0] = taken(block, 0, 1), kind = head & 3, format = head >> 2 & 3;
  const number = (count: number) => taken(block, 0, count).reduceRight((v, byte) => v * 256 + byte, 0);
  if (kind < 2) {
    const width = item([1, 2, 1, 3], format), size = Math.floor(number(width) / (width === 1 ? 8 : 16));
    if (size > 131072) throw new Damaged("damaged zstd literals");
    if (kind === 0) return { literals: taken(block, width, size), at: width + size };
    return { literals: new Uint8Array(size).fill(taken(block, width, 1)[0] ?? 0), at: width + 1 };
  }
  const width = item([3, 3, 4, 5], format), bits = item([10, 10, 14, 18], format);
  const both = Math.floor(number(width) / 16), size = both % 2 ** bits;
  const stored = Math.floor(both / 2 ** bits), data = taken(block, width, stored);
  if (size > 131072) throw new Damaged("damaged zstd literals");
  let from = 0;
  if (kind === 2) {
    const { table, taken } = readHuffman(data);
    state.huffman = table, from = taken;
  }
  const { huffman } = state;
  if (!huffman) throw new Damaged("damaged zstd literals: no table");
  const literals = new Uint8Array(size), streams = data.subarray(from);
  if (format === 0) unhuffed(streams, huffman, literals);
  else {
    const part = (size + 3) >> 2, [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = taken(streams, 0, 6);
    const ends = [a | b << 8, c | d << 8, e | f << 8], rest = streams.subarray(6);
    let at = 0;
    for (let i = 0; i < 4; i++) {
      const bytes = taken(rest, at, ends[i] ?? rest.length - at);
      if (3 * part > size) throw new Damaged("damaged zstd literals");
      unhuffed(bytes, huffman, literals.subarray(i * part, i === 3 ? size : (i + 1) * part));
      at += bytes.length;
    }
  }
  return { literals, at: width + stored };
}
function unhuffed(data: Uint8Array, { log, symbols, bits }: HuffmanTable, out: Uint8Array): void {
  const stream = new BackwardBits(data);
  for (let i = 0; i < out.length; i++) {
    const next = stream.peek(log);
    out[i] = symbols[next] as number;
    stream.left -= bits[next] as number;
  }
  if (stream.left !== 0) throw new Damaged("damaged zstd literals");
}

/** Codes of lengths: the least length of each code, and how many bits are added. */
function lengthCodes(plain: number, first: number, bits: readonly number[]) {
  const bases: number[] = [], widths: number[] = [];
  let next = first;
  for (const width of [...new Array<number>(plain).fill(0), ...bits]) {
    bases.push(next), widths.push(width);
    next += 2 ** width;
  }
  return { bases, widths };
}
const literalCodes = lengthCodes(16, 0, [1, 1, 1, 1, 2, 2, 3, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
const copyCodes = lengthCodes(32, 3, [
  ...[1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16],
]);
const kinds = [
  {
    maxLog: 9,
    maxSymbol: 35,
    usual: stateTable(
      [
        ...[4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2],
        ...[2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1],
      ],
      6,
    ),
  },
  {
    maxLog: 8,
    maxSymbol: 31,
    usual: stateTable(
      [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1],
      5,
    ),
  },
  {
    maxLog: 9,
    maxSymbol: 52,
    usual: stateTable(
      [
        ...[1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1],
        ...[1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1],
      ],
      6,
    ),
  },
];

function compressed(block: Uint8Array, state: FrameState, out: Output): void {
  const { literals, at: begin } = literalsOf(block, state), [first = 0] = taken(block, begin, 1);
  let at = begin + 1, count = first;
  if (first === 255) {
    const [low = 0, high = 0] = taken(block, at, 2);
    count = (low | high << 8) + 0x7f00, at += 2;
  } else if (first >= 128) count = (first - 128 << 8) + (taken(block, at++, 1)[0] ?? 0);
  if (count === 0) {
    if (at !== block.length) throw new Damaged("damaged zstd block");
    return out.put(literals);
  }
  const [modes = 0] = taken(block, at++, 1);
  if (modes & 3) throw new Damaged("damaged zstd block");
  kinds.forEach(({ usual, maxLog, maxSymbol }, i) => {
    const mode = modes >> (6 - 2 * i) & 3;
    if (mode === 0) state.tables[i] = usual;
    else if (mode === 1) {
      const [symbol = 0] = taken(block, at++, 1);
      if (symbol > maxSymbol) throw new Damaged("damaged zstd table: no such symbol");
      state.tables[i] = singleState(symbol);
    } else if (mode === 2) {
      const { table, taken } = readStateTable(block.subarray(at), maxLog, maxSymbol);
      state.tables[i] = table, at += taken;
    }
  });
  sequences(block.subarray(at), count, literals, state, out);
}

/** Literals and copies in turn, then the literals that are left. */
function sequences(
  data: Uint8Array,
  count: number,
  literals: Uint8Array,
  state: FrameState,
  out: Output,
): void {
  const [byLiterals, byOffset, byCopy] = state.tables, bits = new BackwardBits(data);
  if (!byLiterals || !byOffset || !byCopy) throw new Damaged("damaged zstd block: no table");
  let l = bits.read(byLiterals.log), o = bits.read(byOffset.log), c = bits.read(byCopy.log), from = 0;
  const next = (table: StateTable, at: number) =>
    (table.bases[at] as number) + bits.read(table.bits[at] as number);
  for (let i = 0; i < count; i++) {
    const width = byOffset.symbols[o] as number, copyCode = byCopy.symbols[c] as number;
    const literalCode = byLiterals.symbols[l] as number, value = 2 ** width + bits.read(width);
    const length = item(copyCodes.bases, copyCode) + bits.read(item(copyCodes.widths, copyCode));
    const plain = item(literalCodes.bases, literalCode) + bits.read(item(literalCodes.widths, literalCode));
    if (i < count - 1) l = next(byLiterals, l), c = next(byCopy, c), o = next(byOffset, o);
    if (bits.left < 0) throw new Damaged("truncated zstd block");
    out.put(taken(literals, from, plain));
    from += plain;
    const distance = distanceOf(value, plain, state.offsets);
    if (distance > out.at - state.start) {
      throw new Damaged("damaged zstd block: a copy from before the beginning");
    }
    out.copy(distance, length);
  }
  if (bits.left !== 0) throw new Damaged("damaged zstd block");
  out.put(literals.subarray(from));
}
/** The distance that a value means: one of the last three, or its own. */
function distanceOf(value: number, literals: number, offsets: number[]): number {
  const place = value > 3 ? 3 : value - (literals === 0 ? 0 : 1);
  const distance = value > 3 ? value - 3 : place === 3 ? (offsets[0] ?? 0) - 1 : item(offsets, place);
  if (place > 0) {
    offsets.splice(Math.min(place, 2), 1);
    offsets.unshift(distance);
  }
  return distance;
}
