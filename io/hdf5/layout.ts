/** The data layout message, versions 3 and 4: where and how a dataset's bytes lie. @module */
import type { Cursor } from "./cursor.ts";

/** Bytes in the header, in one piece of the file, or in chunks. */
export type Layout =
  | { readonly kind: "compact"; readonly bytes: Uint8Array }
  | { readonly kind: "contiguous"; readonly address: number | undefined; readonly size: number }
  | ChunkedLayout;

/** How chunks are found: by a version 1 or 2 B-tree, alone, in a row, or by an array of addresses. */
export type ChunkIndex = "btree" | "single" | "implicit" | "fixedArray" | "extensibleArray" | "btree2";

/** The chunked layout; `chunk` is the shape of one chunk in elements. */
export interface ChunkedLayout {
  readonly kind: "chunked";
  readonly index: ChunkIndex;
  readonly address: number | undefined;
  readonly chunk: readonly number[];
  /** Partial chunks at the edges are stored without filters. */
  readonly plainEdges: boolean;
  /** Stored bytes and filter mask of a single filtered chunk. */
  readonly single?: { readonly size: number; readonly mask: number };
}

const indexes: readonly ChunkIndex[] = ["single", "implicit", "fixedArray", "extensibleArray", "btree2"];

/** Reads a layout message for a dataset of `rank` dimensions with elements of `elementSize` bytes. */
export function readLayout(c: Cursor, rank: number, elementSize: number): Layout {
  const version = c.u8();
  if (version === 1 || version === 2) throw c.source.unsupported(`version ${version} (${c.what})`, c.start);
  if (version < 3 || version > 5) throw c.corrupt(`expected data layout version 3 or 4, found ${version}`);
  const kind = c.u8();
  switch (kind) {
    case 0:
      return { kind: "compact", bytes: c.take(c.u16()) };
    case 1:
      return { kind: "contiguous", address: c.address(), size: c.length() };
    case 2:
      return version === 3 ? readChunked3(c, rank, elementSize) : readChunked4(c, rank, elementSize);
    case 3:
      throw c.source.unsupported(`virtual dataset (${c.what})`, c.start);
  }
  throw c.corrupt(`data layout class ${kind} is unknown`);
}

/** Checks a chunk's dimensions, the last of which is the element's bytes, and takes that one off. */
function chunkShape(c: Cursor, dims: readonly number[], rank: number, elementSize: number): number[] {
  if (dims.length !== rank + 1 || dims[rank] !== elementSize || dims.includes(0)) {
    throw c.corrupt(`chunk [${dims}] doesn't fit ${rank} dimensions of ${elementSize}-byte elements`);
  }
  return dims.slice(0, rank);
}

function readChunked3(c: Cursor, rank: number, elementSize: number): ChunkedLayout {
  const count = c.u8(), address = c.address();
  const dims = Array.from({ length: count }, () => c.u32());
  return {
    kind: "chunked",
    index: "btree",
    address,
    chunk: chunkShape(c, dims, rank, elementSize),
    plainEdges: false,
  };
}

function readChunked4(c: Cursor, rank: number, elementSize: number): ChunkedLayout {
  const flags = c.u8(), count = c.u8(), size = c.u8();
  if (size < 1 || size > 8) throw c.corrupt(`chunk dimensions of ${size} bytes`);
  const dims = Array.from({ length: count }, () => c.uint(size));
  const chunk = chunkShape(c, dims, rank, elementSize);
  const number = c.u8(), index = indexes[number - 1];
  if (!index) throw c.corrupt(`chunk index type ${number} is unknown`);
  const filtered = index === "single" && (flags & 2) !== 0;
  const single = filtered ? { size: c.length(), mask: c.u32() } : undefined;
  // The parameters of the arrays and of the B-tree stand in their own headers too.
  c.skip({ btree: 0, single: 0, implicit: 0, fixedArray: 1, extensibleArray: 5, btree2: 6 }[index]);
  const address = c.address();
  return {
    kind: "chunked",
    index,
    address,
    chunk,
    plainEdges: (flags & 1) !== 0,
    ...(single ? { single } : {}),
  };
}
