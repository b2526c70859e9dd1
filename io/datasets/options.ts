/** What the readers of data files take, and how their messages name the file. @module */
import { InputError, shown } from "../../core/values/errors.ts";
import type { Limits } from "../../core/values/limits.ts";
import type { OptionNames } from "../../core/values/schema.ts";

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

/** A line without separators that is the name of a data file: a word, or a path with spaces in it. */
const fileName =
  /^([^\s,;|"]*|([a-z]+:\/|[a-z]:|~|\.{0,2})[\\/][^\r\n\t,;|"]*)\.(csv|tsv|tab|txt|json|jsonl|ndjson|data?|log|gz)(\.gz)?$/i;
/**
 * Holds what a reader of texts is given to be a text or bytes: a string is never a path.
 * @throws {InputError} for the name of a file, which a text of one line without separators can be.
 */
export function checkText(source: string | Uint8Array, reader: string, file: string | undefined): void {
  if (source instanceof Uint8Array) return;
  const detail = { ...(file !== undefined && { file }), place: "source" };
  if (typeof source !== "string") {
    throw new InputError(`${reader}: expected text or bytes, got ${shown(source)}`, detail);
  }
  if (source.length > 4096 || !fileName.test(source)) return;
  throw new InputError(
    `${reader}: expected text or bytes, got the name of a file (${shown(source)}): give the file's bytes; ` +
      "a text that is this one line ends with a line break",
    detail,
  );
}

/** How messages about a file begin (`"x.npy: npy"`, or just the format), and the detail of its errors. */
export function named(
  format: string,
  file: string | undefined,
): { label: string; detail: { file?: string } } {
  return file === undefined
    ? { label: format, detail: {} }
    : { label: `${file}: ${format}`, detail: { file } };
}
