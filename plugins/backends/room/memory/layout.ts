/** An arena's layout: blocks by size and lifetime, those alive together apart. @module */
import { item } from "../../../../core/values/item.ts";

/** A block of an arena: `[start, start + bytes)` while steps `from` to `to` run. */
export interface Lifetime {
  /** Bytes it takes. */
  readonly bytes: number;
  /** First step at which it lives. */
  readonly from: number;
  /** Last step at which it lives. */
  readonly to: number;
}
/** Where blocks lie, and what they take. */
export interface Layout {
  readonly offsets: readonly number[];
  readonly bytes: number;
}
/** Blocks up to which the layout is tried that takes time with their number's square. */
export const FEW = 2048;

/** Places blocks so that those alive together don't overlap, at multiples of `align`, by the tighter of two ways. */
export function layoutArena(blocks: readonly Lifetime[], align = 64): Layout {
  const inTime = layoutInTime(blocks, align);
  if (blocks.length > FEW) return inTime;
  const bySize = layoutBySize(blocks, align);
  return bySize.bytes <= inTime.bytes ? bySize : inTime;
}

/** Largest first, each at the lowest gap that fits. */
function layoutBySize(blocks: readonly Lifetime[], align: number): Layout {
  const count = blocks.length, offsets = new Array<number>(count).fill(0);
  const sizes = Float64Array.from(blocks, (b) => b.bytes);
  const from = Int32Array.from(blocks, (b) => b.from), to = Int32Array.from(blocks, (b) => b.to);
  const order = Int32Array.from(blocks, (_, i) => i).sort((a, b) => at(sizes, b) - at(sizes, a) || a - b);
  const starts = new Float64Array(count), ends = new Float64Array(count);
  // Blocks that have a place, by where they start.
  const placed = new Int32Array(count);
  let total = 0;
  order.forEach((i, done) => {
    const bytes = at(sizes, i), first = at(from, i), last = at(to, i);
    let start = 0;
    for (let k = 0; k < done; k++) {
      const p = at(placed, k);
      if (at(to, p) < first || at(from, p) > last) continue;
      if (start + bytes <= at(starts, p)) break;
      const end = at(ends, p);
      if (end > start) start = Math.ceil(end / align) * align;
    }
    offsets[i] = starts[i] = start;
    ends[i] = start + bytes;
    const next = firstAbove(placed, starts, done, start);
    placed.copyWithin(next + 1, next, done);
    placed[next] = i;
    total = Math.max(total, start + bytes);
  });
  return { offsets, bytes: total };
}
type Numbers = Int32Array | Float64Array;
/** An element of a typed array, at an index that is in it. */
const at = (list: Numbers, index: number): number => list[index] as number;
/** Where in a list of blocks by their start the first one beyond `start` stands. */
function firstAbove(placed: Int32Array, starts: Float64Array, count: number, start: number): number {
  let low = 0, high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(starts, at(placed, middle)) > start) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** A block that begins or ends. */
export interface Event {
  /** Its place in the list of blocks. */
  readonly block: number;
  readonly ends: boolean;
}
/** Blocks in the order of time: ends before what begins after them, larger blocks first of those that begin at once. */
export function eventsOf(blocks: readonly Lifetime[], align: number): readonly Event[] {
  const sizes = Float64Array.from(blocks, (b) => roundUp(b.bytes, align));
  const from = Int32Array.from(blocks, (b) => b.from), to = Int32Array.from(blocks, (b) => b.to);
  const begins = Int32Array.from(blocks, (_, i) => i).sort((a, b) =>
    at(from, a) - at(from, b) || at(sizes, b) - at(sizes, a) || a - b
  );
  const ends = Int32Array.from(blocks, (_, i) => i).sort((a, b) => at(to, a) - at(to, b) || a - b);
  const events: Event[] = [];
  let gone = 0;
  for (const block of begins) {
    for (; gone < ends.length && at(to, at(ends, gone)) < at(from, block); gone++) {
      events.push({ block: at(ends, gone), ends: true });
    }
    events.push({ block, ends: false });
  }
  return events;
}
const roundUp = (bytes: number, align: number) => Math.ceil(bytes / align) * align;

/** In the order of time, each in the smallest gap that is free then. */
export function layoutInTime(blocks: readonly Lifetime[], align: number): Layout {
  const offsets = new Array<number>(blocks.length).fill(0), free = new Gaps();
  let total = 0;
  for (const { block, ends } of eventsOf(blocks, align)) {
    const { bytes } = item(blocks, block), size = roundUp(bytes, align);
    if (ends) {
      const start = item(offsets, block);
      free.give(start, start + size);
      continue;
    }
    const start = offsets[block] = free.take(size);
    total = Math.max(total, start + bytes);
  }
  return { offsets, bytes: total };
}
/** Free stretches of memory by where they start; above `top` all is free. */
class Gaps {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  #top = 0;

  /** Takes the smallest stretch that `size` fits in, and gives its start. */
  take(size: number): number {
    let best = -1, least = Infinity;
    for (let k = 0; k < this.#starts.length; k++) {
      const room = (this.#ends[k] as number) - (this.#starts[k] as number);
      if (room < size || room >= least) continue;
      best = k;
      least = room;
      if (room === size) break;
    }
    if (best < 0) {
      this.#top += size;
      return this.#top - size;
    }
    const start = this.#starts[best] as number;
    if (least === size) {
      this.#starts.splice(best, 1);
      this.#ends.splice(best, 1);
    } else this.#starts[best] = start + size;
    return start;
  }
  /** Gives a stretch back. */
  give(start: number, end: number): void {
    const starts = this.#starts, ends = this.#ends;
    let k = 0, high = starts.length;
    while (k < high) {
      const middle = (k + high) >> 1;
      if ((starts[middle] as number) < start) k = middle + 1;
      else high = middle;
    }
    const before = k > 0 && ends[k - 1] === start, after = starts[k] === end;
    if (before && after) {
      ends[k - 1] = ends[k] as number;
      starts.splice(k, 1);
      ends.splice(k, 1);
    } else if (before) ends[k - 1] = end;
    else if (after) starts[k] = start;
    else {
      starts.splice(k, 0, start);
      ends.splice(k, 0, end);
    }
    if (ends.at(-1) === this.#top) {
      this.#top = starts.pop() ?? 0;
      ends.pop();
    }
  }
}
