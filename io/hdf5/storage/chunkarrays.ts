/** Chunk indexes that are arrays: the fixed array and the extensible array of the 1.10 format. @module */
import { checkSum } from "../checksum.ts";
import { Budget, type Cursor, type Source } from "../cursor.ts";

/** Calls with a chunk's number in the array, its address, and its stored size and filter mask where it's filtered. */
export type VisitChunk = (index: number, address: number, size: number | undefined, mask: number) => void;

interface Elements {
  readonly source: Source;
  readonly header: number;
  readonly filtered: boolean;
  readonly size: number;
  readonly visit: VisitChunk;
  readonly budget: Budget;
}

function openElements(c: Cursor, visit: VisitChunk): Elements {
  const { source } = c, client = c.u8(), size = c.u8();
  if (client > 1) throw c.corrupt(`array client ${client} is unknown`);
  const least = client === 1 ? source.offsetSize + 5 : source.offsetSize;
  if (size < least || size > least + 7) throw c.corrupt(`array elements of ${size} bytes`);
  return {
    source,
    header: c.start,
    filtered: client === 1,
    size,
    visit,
    budget: new Budget(source, `${c.what} blocks`),
  };
}

function readElements(c: Cursor, first: number, count: number, e: Elements): void {
  e.budget.spend(count * e.size, c.start);
  const elements = c.block(c.what, count * e.size);
  for (let i = 0; i < count; i++) {
    const address = elements.address();
    const size = e.filtered ? elements.uint(e.size - e.source.offsetSize - 4) : undefined;
    const mask = e.filtered ? elements.u32() : 0;
    if (address !== undefined) e.visit(first + i, address, size, mask);
  }
}

/** Opens a block of an array and checks that it names the array's header as its owner. */
function openBlock(what: string, letters: string, address: number, e: Elements): Cursor {
  const c = e.source.cursor(what, address);
  c.signature(letters);
  c.version(0);
  if (c.u8() !== (e.filtered ? 1 : 0)) throw c.corrupt("the block's client differs from its array's");
  const owner = c.address();
  if (owner !== e.header) {
    throw c.corrupt(`the block belongs to the array at byte ${owner}: expected ${e.header}`);
  }
  return c;
}

/** Pages of elements, each with its own checksum; a page whose bit is not set was never written. */
function readPages(
  c: Cursor,
  bits: Uint8Array,
  first: number,
  count: number,
  pageSize: number,
  e: Elements,
): void {
  for (let page = 0, at = 0; at < count; page++, at += pageSize) {
    const here = Math.min(pageSize, count - at), bytes = here * e.size + 4;
    const block = c.block(c.what, bytes);
    e.budget.spend(4, block.start);
    if (((bits[page >> 3] as number) & (0x80 >> (page & 7))) === 0) continue;
    readElements(block, first + at, here, e);
    checkSum(block);
  }
}

/** Visits the chunks of a fixed array. */
export function walkFixedArray(source: Source, address: number, visit: VisitChunk): void {
  const c = source.cursor("fixed array", address);
  c.signature("FAHD");
  c.version(0);
  const e = openElements(c, visit);
  const pageBits = c.u8(), count = c.length(), block = c.address();
  checkSum(c);
  if (block === undefined) return;
  const pageSize = 2 ** pageBits;
  if (count * e.size > source.size) {
    throw c.corrupt(`${count} elements reach beyond end of file: truncated or corrupt`);
  }
  const b = openBlock("fixed array data block", "FADB", block, e);
  if (count <= pageSize) {
    readElements(b, 0, count, e);
    checkSum(b);
    return;
  }
  const bits = b.take(Math.ceil(Math.ceil(count / pageSize) / 8));
  checkSum(b);
  readPages(b, bits, 0, count, pageSize, e);
}

interface Geometry extends Elements {
  readonly offsetBytes: number;
  readonly pageSize: number;
}

/** Visits the chunks of an extensible array; blocks double in size as in the H5EA part of the HDF5 library. */
export function walkExtensibleArray(source: Source, address: number, visit: VisitChunk): void {
  const c = source.cursor("extensible array", address);
  c.signature("EAHD");
  c.version(0);
  const e = openElements(c, visit);
  const maxBits = c.u8(), direct = c.u8(), minElements = c.u8(), minPointers = c.u8(), pageBits = c.u8();
  c.skip(6 * source.lengthSize);
  const index = c.address();
  checkSum(c);
  const log = Math.log2(minElements), pointerLog = Math.log2(minPointers);
  if (
    !Number.isInteger(log) || !Number.isInteger(pointerLog) || pointerLog < 1 || maxBits > 64 || maxBits < log
  ) {
    throw c.corrupt(`extensible array of ${minElements} elements and ${minPointers} pointers a block`);
  }
  if (index === undefined) return;
  const g: Geometry = { ...e, offsetBytes: Math.ceil(maxBits / 8), pageSize: 2 ** pageBits };
  const b = openBlock("extensible array index block", "EAIB", index, g);
  readElements(b, 0, direct, g);
  const superBlocks = 1 + maxBits - log, inIndex = 2 * pointerLog;
  const pointers = Array.from({ length: 2 * (minPointers - 1) }, () => b.address());
  const supers = Array.from({ length: Math.max(0, superBlocks - inIndex) }, () => b.address());
  checkSum(b);
  let first = direct;
  for (let u = 0, next = 0; u < superBlocks; u++) {
    const blocks = 2 ** Math.floor(u / 2), elements = 2 ** Math.floor((u + 1) / 2) * minElements;
    if (u < inIndex) {
      for (let i = 0; i < blocks; i++) {
        readDataBlock(pointers[next++], first + i * elements, elements, undefined, g);
      }
    } else readSuperBlock(supers[u - inIndex], first, blocks, elements, g);
    first += blocks * elements;
  }
}

function readSuperBlock(
  address: number | undefined,
  first: number,
  blocks: number,
  elements: number,
  g: Geometry,
): void {
  if (address === undefined) return;
  const c = openBlock("extensible array super block", "EASB", address, g);
  c.skip(g.offsetBytes);
  const pages = elements > g.pageSize ? Math.ceil(Math.ceil(elements / g.pageSize) / 8) : 0;
  const bits = c.take(blocks * pages);
  const pointers = c.block(c.what, blocks * g.source.offsetSize);
  checkSum(c);
  for (let i = 0; i < blocks; i++) {
    const here = pages ? bits.subarray(i * pages, (i + 1) * pages) : undefined;
    readDataBlock(pointers.address(), first + i * elements, elements, here, g);
  }
}

function readDataBlock(
  address: number | undefined,
  first: number,
  elements: number,
  pages: Uint8Array | undefined,
  g: Geometry,
): void {
  if (address === undefined) return;
  const c = openBlock("extensible array data block", "EADB", address, g);
  c.skip(g.offsetBytes);
  if (pages) {
    checkSum(c);
    readPages(c, pages, first, elements, g.pageSize, g);
  } else {
    readElements(c, first, elements, g);
    checkSum(c);
  }
}
