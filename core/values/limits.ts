/** The bounds that untrusted input is held to before any declared size is believed. @module */

/** Upper bounds; each may be raised by the caller. */
export interface Limits {
  /** Bytes of one tensor. */
  readonly tensorBytes: number;
  /** Bytes of a model file that is read into memory. */
  readonly fileBytes: number;
  /** Bytes of text (a JSON config, an attribute) that is parsed. */
  readonly textBytes: number;
  /** Depth of nested layers, graphs, groups or messages. */
  readonly depth: number;
  /** Nodes, layers, links or datasets in one container. */
  readonly items: number;
  /** Uncompressed over compressed size of an archive member. */
  readonly inflateRatio: number;
  /** Trips of a data-dependent loop. */
  readonly trips: number;
  /** Bytes a compiled plan may take. */
  readonly planBytes: number;
}

/** The defaults: generous for real models, far below what brings a machine down. */
export const defaultLimits: Limits = Object.freeze({
  tensorBytes: 2 ** 31,
  fileBytes: 4 * 2 ** 30,
  textBytes: 64 * 2 ** 20,
  depth: 64,
  items: 100_000,
  inflateRatio: 1100,
  trips: 10_000_000,
  planBytes: 4 * 2 ** 30 - 65536,
});
