/** What the readers of data files take, and how their messages name the file. @module */
import { InputError, shown } from "../../core/values/errors.ts";
import { readSource, type SourceLike } from "../files/sources.ts";
import { defaultLimits, type Limits } from "../../core/values/limits.ts";
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

/** Holds that a parser is given a text or bytes. @throws {InputError} for anything else. */
export function checkText(source: string | Uint8Array, parser: string, file: string | undefined): void {
  if (typeof source === "string" || source instanceof Uint8Array) return;
  throw new InputError(`${parser}: expected text or bytes, got ${shown(source)}`, {
    ...(file !== undefined && { file }),
    place: "source",
  });
}
/**
 * The bytes of a file, and options that name it in errors. A string is a path.
 * @throws {InputError} when it can't be read.
 */
export async function fileBytes<O extends DataFileOptions>(
  from: SourceLike,
  options: O,
): Promise<readonly [bytes: Uint8Array, named: O & DataFileOptions]> {
  const { name, bytes } = await readSource(from, options.limits ?? defaultLimits);
  return [bytes, { ...options, file: options.file ?? name }];
}

/** @throws {InputError} where a file's bytes aren't what was given. */
export function checkBytes(what: string, given: unknown): void {
  if (given instanceof Uint8Array) return;
  throw new InputError(`${what}: expected a file's bytes (Uint8Array), got ${shown(given)}`);
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
