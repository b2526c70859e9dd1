/** Rows of unequal length as one tensor: Keras' pad_sequences. @module */
import * as args from "../../io/files/arguments.ts";
import { type DType, isBig } from "../../core/values/dtype.ts";
import { ConfigError, InputError, shown } from "../../core/values/errors.ts";
import { checkOptions, type OptionNames } from "../../core/values/schema.ts";
import { sizeOf, type Tensor, tensor } from "../../core/values/tensor.ts";

/** How {@link padSequences} cuts and fills rows. */
export interface PadSequencesOptions {
  /** Length of every row; that of the longest unless given. */
  readonly maxlen?: number | null;
  /** Element type; int32 unless given. */
  readonly dtype?: DType;
  /** Where short rows are filled: at the front unless `post`. */
  readonly padding?: "pre" | "post";
  /** Where long rows are cut: at the front unless `post`. */
  readonly truncating?: "pre" | "post";
  /** What rows are filled with; 0 unless given. */
  readonly value?: number;
}
const padNames: OptionNames<PadSequencesOptions> = {
  maxlen: 0,
  dtype: 0,
  padding: 0,
  truncating: 0,
  value: 0,
};
/** A row: numbers, or vectors of one length. */
export type Row = readonly number[] | readonly (readonly number[])[];

/**
 * Rows cut and filled to one length, `[rows, maxlen]`, or `[rows, maxlen, size]` for rows of vectors; as Keras'
 * `pad_sequences` does, at the front unless told otherwise. Numbers become whole where the type is.
 *
 * ```ts
 * import { padSequences } from "@lapis/lapis/sequences";
 * padSequences([[1, 2, 3], [4]], { maxlen: 2 }).data; // Int32Array [2, 3, 0, 4]
 * ```
 * @throws {ConfigError} for an option that isn't known; {@link InputError} where vectors differ in length.
 */
export function padSequences(sequences: readonly Row[], options: PadSequencesOptions = {}): Tensor {
  args.check("padSequences", "sequences", sequences, args.list);
  checkOptions("padSequences", options, padNames);
  const { maxlen, dtype = "int32", padding = "pre", truncating = "pre", value = 0 } = options;
  for (const [name, side] of [["padding", padding], ["truncating", truncating]] as const) {
    if (side !== "pre" && side !== "post") {
      throw new ConfigError(`${name}: expected pre or post, got ${shown(side)}`);
    }
  }
  if (maxlen !== undefined && maxlen !== null && !(Number.isSafeInteger(maxlen) && maxlen >= 0)) {
    throw new ConfigError(`maxlen: expected integer >= 0, got ${shown(maxlen)}`);
  }
  const length = maxlen ?? sequences.reduce((most, row) => Math.max(most, row.length), 0);
  const inner = sequences.flatMap((row) => row as readonly unknown[]).find((item) => Array.isArray(item));
  const shape = [sequences.length, length, ...Array.isArray(inner) ? [inner.length] : []];
  const width = sizeOf(shape.slice(2)), whole = !dtype.startsWith("float") && !dtype.startsWith("bfloat");
  const data = new Array<number>(sizeOf(shape)).fill(value);
  sequences.forEach((row, r) => {
    const kept = truncating === "pre" ? row.slice(Math.max(0, row.length - length)) : row.slice(0, length);
    const from = (r * length + (padding === "pre" ? length - kept.length : 0)) * width;
    kept.forEach((item, i) => {
      const list = typeof item === "number" ? [item] : item;
      if (list.length !== width) {
        throw new InputError(
          `sequence ${r}: expected ${width === 1 ? "numbers" : `vectors of ${width}`}, got ${shown(item)}`,
        );
      }
      list.forEach((n, k) => data[from + i * width + k] = n);
    });
  });
  const fitted = whole ? data.map(Math.trunc) : data;
  return tensor(isBig(dtype) ? fitted.map((n) => BigInt(n)) : fitted, shape, dtype);
}
