/** Fractal heaps, where the links and attributes of large groups lie. @module */
import { encodedSize, walkTree2 } from "./btree2.ts";
import { checkSum, lookup3 } from "../checksum.ts";
import { Budget, type Cursor, type Source } from "../cursor.ts";

interface Place {
  readonly at: number;
  readonly size: number;
}

/** A heap whose objects are found by their IDs; filtered heaps are refused. */
export class FractalHeap {
  readonly #source: Source;
  readonly #address: number;
  readonly #idSize: number;
  readonly #checked: boolean;
  readonly #width: number;
  readonly #startSize: number;
  readonly #maxDirect: number;
  readonly #offsetSize: number;
  readonly #lengthSize: number;
  readonly #rows: number;
  readonly #root: number | undefined;
  readonly #hugeTree: number | undefined;
  readonly #blocks = new Set<number>();
  readonly #budget: Budget;
  #huge: Map<number, Place> | undefined;

  constructor(source: Source, address: number | undefined) {
    const c = source.cursor("fractal heap", address);
    this.#source = source;
    this.#address = c.start;
    this.#budget = new Budget(source, "fractal heap blocks");
    c.signature("FRHP");
    c.version(0);
    this.#idSize = c.u16();
    const filters = c.u16();
    this.#checked = (c.u8() & 2) !== 0;
    const maxManaged = c.u32();
    c.length();
    this.#hugeTree = c.address();
    c.skip(source.lengthSize + source.offsetSize + 8 * source.lengthSize);
    this.#width = c.u16();
    this.#startSize = c.length();
    this.#maxDirect = c.length();
    const heapBits = c.u16();
    c.skip(2);
    this.#root = c.address();
    this.#rows = c.u16();
    if (filters > 0) throw source.unsupported("a filtered fractal heap", c.start);
    checkSum(c);
    this.#offsetSize = Math.ceil(heapBits / 8);
    this.#lengthSize = Math.min(encodedSize(this.#maxDirect), encodedSize(maxManaged));
    const powers = [this.#width, this.#startSize, this.#maxDirect].every((n) =>
      n > 0 && Number.isInteger(Math.log2(n))
    );
    if (!powers || this.#startSize > this.#maxDirect || this.#maxDirect > 2 ** 31 || this.#offsetSize > 8) {
      throw c.corrupt(`blocks of ${this.#startSize} to ${this.#maxDirect} bytes, ${this.#width} a row`);
    }
  }

  /** A cursor over the object that the ID at the cursor names; the ID takes `size` bytes there. */
  open(what: string, id: Cursor, size: number): Cursor {
    if (size < this.#idSize) throw id.corrupt(`a heap ID of ${size} bytes: expected ${this.#idSize}`);
    const c = id.block("fractal heap ID", size);
    const flags = c.u8(), kind = flags >> 4 & 3;
    if (flags >> 6 !== 0) throw c.corrupt(`fractal heap ID version ${flags >> 6} is unknown`);
    if (kind === 0) {
      const offset = c.uint(this.#offsetSize), length = c.uint(this.#lengthSize);
      const place = this.#locate(c, offset);
      const inside = offset - place.offset;
      if (inside < 0 || inside + length > place.size) {
        throw c.corrupt(`an object of ${length} bytes passes the end of its block`);
      }
      return this.#source.cursor(what, place.at + inside, length);
    }
    if (kind === 1) {
      const key = this.#idSize - 1 >= this.#source.offsetSize + this.#source.lengthSize
        ? { at: c.address(), size: c.length() }
        : this.#hugeObjects().get(c.uint(Math.min(this.#source.lengthSize, this.#idSize - 1)));
      if (!key) throw c.corrupt("the huge object is not in the heap's B-tree");
      return this.#source.cursor(what, key.at, key.size);
    }
    if (kind === 2) {
      const length = this.#idSize > 18 ? ((flags & 15) << 8 | c.u8()) + 1 : (flags & 15) + 1;
      return c.block(what, length);
    }
    throw c.corrupt("fractal heap ID type 3 is unknown");
  }

  /** Bytes of a block in a row of the doubling table; the first two rows are alike. */
  #blockSize(row: number): number {
    return row < 2 ? this.#startSize : this.#startSize * 2 ** (row - 1);
  }

  /** The direct block that covers an offset of the heap's address space. */
  #locate(id: Cursor, offset: number): Place & { offset: number } {
    let address = this.#root, rows = this.#rows, start = 0;
    if (rows === 0) return this.#direct(address, this.#startSize, 0);
    for (let depth = 0; depth < this.#source.limits.depth; depth++) {
      const inside = offset - start;
      const rowSpan = this.#width * this.#startSize;
      const row = inside < rowSpan ? 0 : Math.floor(Math.log2(inside / rowSpan)) + 1;
      if (row >= rows) throw id.corrupt(`the heap offset ${offset} lies beyond the heap's ${rows} rows`);
      const rowStart = row === 0 ? 0 : rowSpan * 2 ** (row - 1), size = this.#blockSize(row);
      const column = Math.floor((inside - rowStart) / size);
      const child = this.#indirect(address, rows, start, row * this.#width + column);
      start += rowStart + column * size;
      if (size <= this.#maxDirect) return this.#direct(child, size, start);
      address = child;
      rows = Math.log2(size) - Math.log2(rowSpan) + 1;
    }
    throw id.corrupt("the fractal heap is too deep: cycle");
  }

  #indirect(address: number | undefined, rows: number, start: number, entry: number): number | undefined {
    const { offsetSize } = this.#source;
    const c = this.#source.cursor("fractal heap indirect block", address);
    c.signature("FHIB");
    c.version(0);
    this.#checkOwner(c, start);
    const table = c.block("fractal heap indirect block", rows * this.#width * offsetSize);
    if (this.#isNew(c, c.at - c.start)) checkSum(c);
    table.skip(entry * offsetSize);
    return table.address();
  }

  #direct(address: number | undefined, size: number, start: number): Place & { offset: number } {
    const c = this.#source.cursor("fractal heap direct block", address, size);
    c.signature("FHDB");
    c.version(0);
    this.#checkOwner(c, start);
    if (this.#isNew(c, size) && this.#checked) {
      const at = c.at - c.start, stored = c.u32();
      const copy = this.#source.bytes.slice(c.start, c.end);
      copy.fill(0, at, at + 4);
      if (lookup3(copy) !== stored) throw c.corrupt("checksum mismatch");
    }
    return { at: c.start, size, offset: start };
  }

  /** True when a block is met for the first time; its checksum is then checked, and its size counted. */
  #isNew(c: Cursor, size: number): boolean {
    if (this.#blocks.has(c.start)) return false;
    this.#blocks.add(c.start);
    this.#budget.spend(size, c.start);
    return true;
  }
  #checkOwner(c: Cursor, start: number): void {
    const owner = c.address(), offset = c.uint(this.#offsetSize);
    if (owner !== this.#address || offset !== start) {
      throw c.corrupt(`the block belongs to the heap at byte ${owner}, offset ${offset}: expected ${start}`);
    }
  }

  #hugeObjects(): Map<number, Place> {
    if (this.#huge) return this.#huge;
    const found = new Map<number, Place>();
    if (this.#hugeTree !== undefined) {
      walkTree2(this.#source, [1], this.#hugeTree, (record) => {
        const at = record.address(), size = record.length(), id = record.length();
        if (at !== undefined) found.set(id, { at, size });
      });
    }
    this.#huge = found;
    return found;
  }
}
