/** An arena's layout: blocks by size and lifetime, those alive together apart. @module */

/** A block of an arena: `[start, start + bytes)` while steps `from` to `to` run. */
export interface Lifetime {
  /** Bytes it takes. */
  readonly bytes: number;
  /** First step at which it lives. */
  readonly from: number;
  /** Last step at which it lives. */
  readonly to: number;
}
/**
 * Places blocks so that those alive together don't overlap: largest first, each at the lowest gap that fits.
 * Returns offsets (multiples of `align`) and the arena's size.
 */
export function layoutArena(
  blocks: readonly Lifetime[],
  align = 64,
): { readonly offsets: readonly number[]; readonly bytes: number } {
  const count = blocks.length, offsets = new Array<number>(count).fill(0);
  const order = blocks.map((_, i) => i).sort((a, b) =>
    (blocks[b]?.bytes ?? 0) - (blocks[a]?.bytes ?? 0) || a - b
  );
  const from = Int32Array.from(blocks, (b) => b.from), to = Int32Array.from(blocks, (b) => b.to);
  const starts = new Float64Array(count), ends = new Float64Array(count);
  // Blocks that have a place, by where they start.
  const placed = new Int32Array(count);
  let total = 0;
  order.forEach((i, done) => {
    const bytes = blocks[i]?.bytes ?? 0, first = from[i] ?? 0, last = to[i] ?? 0;
    let start = 0;
    for (let k = 0; k < done; k++) {
      const p = placed[k] ?? 0;
      if ((to[p] ?? 0) < first || (from[p] ?? 0) > last) continue;
      if (start + bytes <= (starts[p] ?? 0)) break;
      const end = ends[p] ?? 0;
      if (end > start) start = Math.ceil(end / align) * align;
    }
    offsets[i] = starts[i] = start;
    ends[i] = start + bytes;
    let at = 0, above = done;
    while (at < above) {
      const middle = (at + above) >> 1;
      if ((starts[placed[middle] ?? 0] ?? 0) > start) above = middle;
      else at = middle + 1;
    }
    placed.copyWithin(at + 1, at, done);
    placed[at] = i;
    total = Math.max(total, start + bytes);
  });
  return { offsets, bytes: total };
}
