/** What the readers of data files take, and how their messages name the file. @module */
import type { Limits } from "../core/limits.ts";

/** How a data file is read. */
export interface DataFileOptions {
  /** Its name, for messages. */
  readonly file?: string;
  /** Bounds that declared sizes are held to; the defaults of core unless said otherwise. */
  readonly limits?: Limits;
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
