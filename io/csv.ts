/** CSV tables (RFC 4180) as text cells, and as a tensor where every cell is a number. @module */
import { CsvError, parse } from "csv-parse/sync";
import type { DType } from "../core/dtype.ts";
import { ConfigError, FormatError, LimitError, shown } from "../core/errors.ts";
import { defaultLimits } from "../core/limits.ts";
import { type Tensor, tensor } from "../core/tensor.ts";
import { type DataFileOptions, named } from "./options.ts";

/** How a table is read. */
export interface CsvOptions extends DataFileOptions {
  /** Whether the first row names the columns; true unless said otherwise. */
  readonly header?: boolean;
  /** The character between cells; a comma unless said otherwise. */
  readonly delimiter?: string;
}
/** A table of text cells; every row has as many as the header, or as the first row where there is no header. */
export interface CsvTable {
  /** Column names; without a header row their numbers from 0. */
  readonly header: readonly string[];
  /** The rows in order, without the header. */
  readonly rows: readonly (readonly string[])[];
}

/**
 * Reads CSV text, or UTF-8 bytes. A byte order mark is dropped, CRLF and LF end rows, quoted cells may hold line breaks, and
 * empty lines are passed over.
 * @throws {FormatError} for a ragged row (named), an open quote, bytes that aren't UTF-8, or no rows at all.
 * @throws {LimitError} above limits.fileBytes.
 */
export function readCsv(source: string | Uint8Array, options: CsvOptions = {}): CsvTable {
  const { file, limits = defaultLimits, header = true, delimiter = "," } = options;
  const { label, detail } = named("CSV", file);
  if (source.length > limits.fileBytes) {
    throw new LimitError(
      `${label} is too large: ${source.length} bytes, at most ${limits.fileBytes}`,
      detail,
    );
  }
  const text = typeof source === "string" ? source : utf8(source, label, detail);
  const records = parseRecords(text, delimiter, label, detail);
  const [first] = records;
  if (!first) throw new FormatError(`${label} has no rows`, detail);
  const rows = header ? records.slice(1) : records;
  const ragged = rows.findIndex((row) => row.length !== first.length);
  if (ragged >= 0) {
    throw new FormatError(
      `${label} row ${ragged + 1} has ${rows[ragged]?.length} cells: expected ${first.length} ` +
        `(${shown(rows[ragged])})`,
      { ...detail, place: `row ${ragged + 1}` },
    );
  }
  return { header: header ? first : first.map((_, i) => `${i}`), rows };
}

function utf8(bytes: Uint8Array, label: string, detail: { file?: string }): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new FormatError(`${label} is not UTF-8 text`, { ...detail, cause });
  }
}

function parseRecords(text: string, delimiter: string, label: string, detail: { file?: string }): string[][] {
  try {
    return parse(text, { bom: true, delimiter, relax_column_count: true, skip_empty_lines: true });
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new FormatError(`${label}: ${cause.message}`, { ...detail, cause });
  }
}

/** Which columns become numbers, and of what type. */
export interface CsvTensorOptions {
  /** Names of the columns to take, in order; all unless said otherwise. */
  readonly columns?: readonly string[];
  /** float32 unless said otherwise. */
  readonly dtype?: DType;
  /** Name for messages. */
  readonly file?: string;
}

const number = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/;

/**
 * The numbers of a table as a tensor `[rows, columns]`.
 * @throws {FormatError} for a cell that isn't a number; it names the row (from 1, without the header) and the column.
 * @throws {ConfigError} for a column that the table doesn't have.
 */
export function csvToTensor(table: CsvTable, options: CsvTensorOptions = {}): Tensor {
  const { columns = table.header, dtype = "float32", file } = options;
  const { label, detail } = named("CSV", file);
  const places = options.columns === undefined ? table.header.map((_, i) => i) : columns.map((name) => {
    const at = table.header.indexOf(name);
    if (at < 0) throw new ConfigError(`${label} has no column ${shown(name)}: it has ${shown(table.header)}`);
    return at;
  });
  const values = new Float64Array(table.rows.length * places.length);
  table.rows.forEach((row, r) => {
    places.forEach((at, c) => {
      const cell = row[at] ?? "";
      if (!number.test(cell)) {
        throw new FormatError(
          `${label} row ${r + 1}, column ${shown(columns[c])}: ${shown(cell)} is not a number`,
          { ...detail, place: `row ${r + 1}` },
        );
      }
      values[r * places.length + c] = Number(cell);
    });
  });
  return tensor(values, [table.rows.length, places.length], dtype);
}
