/** Chunked datasets: finds the chunks by any index, undoes their filters and puts them in their places. @module */
import { item } from "../../../core/values/item.ts";
import { walkTree } from "./btree.ts";
import { walkTree2 } from "./btree2.ts";
import { walkExtensibleArray, walkFixedArray } from "./chunkarrays.ts";
import { Budget, type Cursor, type Source } from "../cursor.ts";
import type { Dataspace } from "../dataspace.ts";
import { type Pipeline, unfilter } from "./filters.ts";
import type { ChunkedLayout } from "../layout.ts";

/** All that reading the chunks of one dataset takes; `path` is for messages. */
export interface ChunkedData {
  readonly source: Source;
  readonly path: string;
  readonly space: Dataspace;
  readonly shape: readonly number[];
  readonly layout: ChunkedLayout;
  readonly pipeline: Pipeline;
  readonly elementSize: number;
}

/** Reads every chunk into `out`, which holds the dataset in row-major order and fill values before. */
export function readChunks(data: ChunkedData, out: Uint8Array): void {
  const { source, layout, shape, elementSize, path } = data;
  if (layout.address === undefined || out.length === 0) return;
  const chunkBytes = layout.chunk.reduce((n, d) => n * d, elementSize);
  const limit = source.limits.tensorBytes;
  if (chunkBytes > limit) {
    throw source.tooLarge(
      `dataset ${path}: a chunk of ${chunkBytes} bytes is too large: limit ${limit}`,
      path,
    );
  }
  const seen = new Set<string>();
  const stored = new Budget(source, `chunks of dataset ${path}`);
  // Chunks pass the dataset's edges; by much only where it is smaller than one chunk.
  const most = Math.max(2 ** 26, 16 * out.length);
  let inflated = 0;
  const grid = layout.chunk.map((d, i) => Math.ceil(item(shape, i) / d));
  const place = (scaled: readonly number[], address: number, size: number | undefined, mask: number) => {
    // Chunks beyond the shape are left over from a dataset that shrank.
    if (scaled.some((s, i) => s >= item(grid, i))) return;
    const key = scaled.join(), bytes = size ?? chunkBytes;
    if (seen.has(key)) {
      throw source.corrupt(`dataset ${path}: the chunk at [${key}] comes twice: corrupt`, path);
    }
    seen.add(key);
    stored.spend(bytes, address);
    inflated += chunkBytes;
    if (inflated > most) {
      throw source.tooLarge(
        `dataset ${path} of ${out.length} bytes: ${inflated} bytes of chunks are too large`,
        path,
      );
    }
    const origin = scaled.map((s, i) => s * item(layout.chunk, i));
    const partial = origin.some((o, i) => o + item(layout.chunk, i) > item(shape, i));
    const plain = layout.plainEdges && partial && layout.index !== "single";
    const cursor = source.cursor(`chunk [${key}] of dataset ${path}`, address, bytes);
    const pipeline = plain ? { ids: [], settings: new Map(), elementSize } : data.pipeline;
    copyChunk(unfilter(pipeline, cursor, mask, chunkBytes), origin, data, out);
  };
  walkChunks(data, layout.address, chunkBytes, place);
}

type Place = (scaled: readonly number[], address: number, size: number | undefined, mask: number) => void;

function walkChunks(data: ChunkedData, address: number, chunkBytes: number, place: Place): void {
  const { source, layout, shape } = data, rank = shape.length;
  const byNumber = (moved: number) => {
    const unravel = gridOf(data, moved);
    return (n: number, at: number, size: number | undefined, mask: number) =>
      place(unravel(n), at, size, mask);
  };
  switch (layout.index) {
    case "single":
      return place(shape.map(() => 0), address, layout.single?.size, layout.single?.mask ?? 0);
    case "implicit": {
      const put = byNumber(-1), count = Math.ceil((source.size - address) / chunkBytes);
      const total = maxGrid(data).reduce((n, d) => n * d, 1);
      if (total > count) {
        throw source.corrupt(`dataset ${data.path}: ${total} chunks reach beyond end of file`, address);
      }
      for (let n = 0; n < total; n++) put(n, address + n * chunkBytes, undefined, 0);
      return;
    }
    case "fixedArray":
      return walkFixedArray(source, address, byNumber(-1));
    case "extensibleArray":
      return walkExtensibleArray(source, address, byNumber(data.space.max.indexOf(Infinity)));
    case "btree": {
      const kind = { what: "chunk B-tree node", type: 1, keySize: 8 * (rank + 2) } as const;
      return walkTree(source, kind, address, (key, child) => {
        const size = key.u32(), mask = key.u32();
        const origin = shape.map(() => key.uint(8));
        place(scaledFrom(key, origin, layout.chunk), child, size, mask);
      });
    }
    case "btree2":
      return walkTree2(source, [10, 11], address, (record, type) => {
        const at = record.address(), left = record.left - 8 * rank - 4;
        const size = type === 11 ? record.uint(Math.min(Math.max(left, 1), 8)) : undefined;
        const mask = type === 11 ? record.u32() : 0;
        if (at !== undefined) place(shape.map(() => record.uint(8)), at, size, mask);
      });
  }
}

function scaledFrom(key: Cursor, origin: readonly number[], chunk: readonly number[]): number[] {
  return origin.map((o, i) => {
    const scaled = o / item(chunk, i);
    if (!Number.isInteger(scaled)) {
      throw key.corrupt(`the chunk offset [${origin}] is not a multiple of [${chunk}]`);
    }
    return scaled;
  });
}

/** Chunks along each axis at the dataset's greatest extent. */
function maxGrid({ space, layout }: ChunkedData): number[] {
  return layout.chunk.map((d, i) => Math.ceil(item(space.max, i) / d));
}

/**
 * How a chunk's number becomes its place in the grid of the greatest extent; the axis `moved`, which grows without end,
 * varies slowest (-1: none).
 */
function gridOf(data: ChunkedData, moved: number): (n: number) => number[] {
  const grid = maxGrid(data), axes = grid.map((_, i) => i);
  if (moved > 0) axes.unshift(...axes.splice(moved, 1));
  return (n) => {
    const out = grid.map(() => 0);
    for (let k = axes.length - 1; k >= 0; k--) {
      const axis = item(axes, k), extent = k === 0 ? Infinity : item(grid, axis);
      out[axis] = extent === Infinity ? n : n % extent;
      n = extent === Infinity ? 0 : Math.floor(n / extent);
    }
    return out;
  };
}

/** Copies the part of a chunk that lies inside the dataset, row by row. */
function copyChunk(chunk: Uint8Array, origin: readonly number[], data: ChunkedData, out: Uint8Array): void {
  const { shape, layout, elementSize } = data, rank = shape.length;
  const inner = rank - 1;
  const take = origin.map((o, i) => Math.min(item(layout.chunk, i), item(shape, i) - o));
  const rowBytes = item(take, inner) * elementSize;
  const at = origin.map(() => 0);
  for (;;) {
    let from = 0, to = 0;
    for (let i = 0; i < rank; i++) {
      from = from * item(layout.chunk, i) + item(at, i);
      to = to * item(shape, i) + item(origin, i) + item(at, i);
    }
    out.set(chunk.subarray(from * elementSize, from * elementSize + rowBytes), to * elementSize);
    let axis = inner - 1;
    while (axis >= 0 && item(at, axis) + 1 >= item(take, axis)) at[axis--] = 0;
    if (axis < 0) return;
    at[axis] = item(at, axis) + 1;
  }
}
