/** Version 2 B-trees: the records of dense links, dense attributes, huge objects and chunks. @module */
import { checkSum } from "../checksum.ts";
import { Budget, type Cursor, type Source } from "../cursor.ts";

/** Bytes that numbers up to `limit` take in the file. */
export function encodedSize(limit: number): number {
  return Math.floor(Math.log2(Math.max(limit, 1)) / 8) + 1;
}

/**
 * Calls `visit` with a cursor over every record, in order; nodes are checked against their checksums.
 * Throws when the tree isn't of one of the `types`, is deeper than 16 levels or meets a node twice.
 */
export function walkTree2(
  source: Source,
  types: readonly number[],
  root: number,
  visit: (record: Cursor, type: number) => void,
): void {
  const h = source.cursor("B-tree header", root);
  h.signature("BTHD");
  h.version(0);
  const type = h.u8();
  if (!types.includes(type)) throw h.corrupt(`expected B-tree type ${types.join(" or ")}, found ${type}`);
  const nodeSize = h.u32(), recordSize = h.u16(), depth = h.u16();
  h.skip(2);
  const first = h.address(), rootCount = h.u16(), total = h.length();
  checkSum(h);
  if (first === undefined || rootCount === 0) return;
  if (depth > 16 || recordSize === 0 || nodeSize <= 10 || nodeSize > source.size) {
    throw h.corrupt(`B-tree of depth ${depth}, nodes of ${nodeSize} and records of ${recordSize} bytes`);
  }
  // Sizes of the pointers follow from how many records a node and a subtree can hold at most.
  const leafMax = Math.floor((nodeSize - 10) / recordSize), countSize = encodedSize(leafMax);
  const totalSizes = [0];
  for (let level = 1, below = leafMax; level <= depth; level++) {
    const pointer = source.offsetSize + countSize + (totalSizes[level - 1] ?? 0);
    const max = Math.floor((nodeSize - 10 - pointer) / (recordSize + pointer));
    below = (max + 1) * below + max;
    totalSizes.push(Math.min(encodedSize(below), 8));
  }
  const seen = new Set<number>(), budget = new Budget(source, "B-tree nodes");
  let read = 0;
  const node = (address: number | undefined, count: number, level: number): void => {
    const c = source.cursor("B-tree node", address);
    c.signature(level > 0 ? "BTIN" : "BTLF");
    c.version(0);
    const found = c.u8();
    if (found !== type) throw c.corrupt(`expected B-tree type ${type}, found ${found}`);
    if (seen.has(c.start)) throw c.corrupt("the B-tree node is met again: cycle");
    seen.add(c.start);
    read += count;
    if (read > total) throw c.corrupt(`more records than the ${total} that the B-tree declares`);
    budget.spend(count * recordSize, c.start);
    const records = Array.from({ length: count }, () => c.block("B-tree record", recordSize));
    if (level === 0) {
      checkSum(c);
      for (const record of records) visit(record, type);
      return;
    }
    const children = Array.from({ length: count + 1 }, () => {
      const child = { address: c.address(), count: c.uint(countSize) };
      if (level > 1) c.skip(totalSizes[level - 1] ?? 0);
      return child;
    });
    checkSum(c);
    children.forEach((child, i) => {
      node(child.address, child.count, level - 1);
      const record = records[i];
      if (record) visit(record, type);
    });
  };
  node(first, rootCount, depth);
}
