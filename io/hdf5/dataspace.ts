/** Dataspaces: scalar, simple and null. @module */
import type { Cursor } from "./cursor.ts";

/** Shape and greatest shape; `Infinity` where a dimension may grow without end. */
export interface Dataspace {
  /** Null for a null dataspace, empty for a scalar. */
  readonly shape: readonly number[] | null;
  readonly max: readonly number[];
  /** Number of elements. */
  readonly count: number;
}

/** Reads a dataspace message, version 1 or 2. */
export function readDataspace(c: Cursor): Dataspace {
  const version = c.version(1, 2);
  const rank = c.u8(), flags = c.u8();
  if (rank > 32) throw c.corrupt(`rank ${rank}: expected at most 32 dimensions`);
  const kind = c.u8();
  if (version === 1) c.skip(4);
  else if (kind > 2) throw c.corrupt(`dataspace type ${kind} is unknown`);
  if (version === 2 && kind === 2) return { shape: null, max: [], count: 0 };
  const shape = Array.from({ length: rank }, () => c.length());
  const max = flags & 1 ? Array.from({ length: rank }, () => readMaximum(c)) : shape;
  shape.forEach((d, i) => {
    if (d > (max[i] ?? d)) throw c.corrupt(`dimension ${i} is ${d}, above its maximum ${max[i]}`);
  });
  let count = 1;
  for (const d of shape) count *= d;
  if (!Number.isSafeInteger(count)) {
    throw c.source.tooLarge(`shape [${shape}] has too many elements: too large`, c.start);
  }
  return { shape, max, count };
}

function readMaximum(c: Cursor): number {
  const bytes = c.take(c.source.lengthSize);
  if (bytes.every((b) => b === 255)) return Infinity;
  c.at -= bytes.length;
  return c.length();
}
