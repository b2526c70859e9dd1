/** What the readers of data files take, and how their messages name the file. @module */
import type { Limits } from "../core/limits.ts";
import type { OptionNames } from "../core/schema.ts";

/**
 * Undoes a compression: gives exactly `size` bytes, or the reason why the data doesn't. `settings` are what a filter of HDF5
 * was set to.
 */
export type Decoder = (data: Uint8Array, size: number, settings: readonly number[]) => Uint8Array | string;

/** Compressions beside deflate, by their number. */
export interface Decoders {
  /** By the registered number of a filter of HDF5. */
  readonly hdf5: ReadonlyMap<number, Decoder>;
  /** By the number of a method of zip. */
  readonly zip: ReadonlyMap<number, Decoder>;
}

/** How a data file is read. */
export interface DataFileOptions {
  /** Its name, for messages. */
  readonly file?: string;
  /** Bounds that declared sizes are held to; the defaults of core unless said otherwise. */
  readonly limits?: Limits;
  /** Compressions that are read beside deflate. */
  readonly decoders?: Decoders;
}
/** Their names. */
export const dataFileNames: OptionNames<DataFileOptions> = { file: 0, limits: 0, decoders: 0 };

/** How messages about a file begin (`"x.npy: npy"`, or just the format), and the detail of its errors. */
export function named(
  format: string,
  file: string | undefined,
): { label: string; detail: { file?: string } } {
  return file === undefined
    ? { label: format, detail: {} }
    : { label: `${file}: ${format}`, detail: { file } };
}
