/** CSV tables (RFC 4180) as text cells, and as a tensor where every cell is a number. @module */
import * as args from "../files/arguments.ts";
import { CsvError, parse } from "csv-parse/sync";
import type { DType } from "../../core/values/dtype.ts";
import { ConfigError, FormatError, LimitError, shown } from "../../core/values/errors.ts";
import { defaultLimits } from "../../core/values/limits.ts";
import { checkOptions, type OptionNames } from "../../core/values/schema.ts";
import { type Tensor, tensor } from "../../core/values/tensor.ts";
import { gunzipped } from "../archives/inflate.ts";
import { type ByteStream, rawLinesOf } from "./lines.ts";
import type { SourceLike } from "../files/sources.ts";
import { checkText, dataFileNames, type DataFileOptions, fileBytes, named } from "../datasets/options.ts";

/** How a table is read. */
export interface CsvOptions extends DataFileOptions {
  /**
   * Whether the first row names the columns; or the names, where no row has them. Unless said, the first row names them
   * where one of its cells isn't a number, or where it counts 0, 1, 2 and so on.
   */
  readonly header?: boolean | readonly string[];
  /**
   * The character between cells. Unless said, a comma; or a semicolon, a tab or a bar, where the first rows have no comma
   * and equally many of them.
   */
  readonly delimiter?: string;
  /**
   * What stands before the decimals of numbers. Unless said, a dot; or a comma, where cells stand between semicolons and a
   * column has numbers with commas alone. Such numbers are given with a dot.
   */
  readonly decimal?: "." | ",";
}
const csvNames: OptionNames<CsvOptions> = { ...dataFileNames, header: 0, delimiter: 0, decimal: 0 };
/** A table of text cells; every row has as many as the header, or as the first row where there is no header. */
export interface CsvTable {
  /** Column names; without a header row their numbers from 0. */
  readonly header: readonly string[];
  /** The rows in order, without the header. */
  readonly rows: readonly (readonly string[])[];
}

/** Where each row of a table began, counted in lines; read again only for a message. */
const origins = new WeakMap<CsvTable, (row: number) => number | undefined>();
/** `row 3` with the line of the file where it is known. */
function rowName(table: CsvTable, row: number): string {
  const line = origins.get(table)?.(row);
  return `row ${row + 1}${line === undefined ? "" : ` (line ${line})`}`;
}

/**
 * The table of a CSV text, or of UTF-8 bytes, gzipped or not; a string is the text, {@link readCsv} takes a path. A byte order mark is dropped, CRLF and LF end rows, quoted cells may hold line breaks, and
 * empty lines are passed over.
 * @throws {FormatError} for a ragged row (named), an open quote, bytes that aren't UTF-8, or no rows at all.
 * @throws {LimitError} above limits.fileBytes.
 */
export function parseCsv(source: string | Uint8Array, options: CsvOptions = {}): CsvTable {
  checkOptions("parseCsv", options, csvNames);
  checkText(source, "parseCsv", options.file);
  return tableOf(source, options);
}
/**
 * Reads a CSV file: a path, a URL, a Blob or bytes, gzipped or not, as {@link parseCsv} does its text.
 * @throws {InputError} when it can't be read; {@link FormatError} for a ragged row (named), an open quote, bytes that
 * aren't UTF-8, or no rows at all.
 */
export async function readCsv(from: SourceLike, options: CsvOptions = {}): Promise<CsvTable> {
  checkOptions("readCsv", options, csvNames);
  return tableOf(...await fileBytes(from, options));
}
function tableOf(source: string | Uint8Array, options: CsvOptions): CsvTable {
  const { file, limits = defaultLimits } = options;
  const { label, detail } = named("CSV", file);
  if (source.length > limits.fileBytes) {
    throw new LimitError(
      `${label} is too large: ${source.length} bytes, at most ${limits.fileBytes}`,
      detail,
    );
  }
  const text = typeof source === "string" ? source : utf8(gunzipped(source, options), label, detail);
  const delimiter = options.delimiter ?? delimiterOf(text);
  const records = parseRecords(text, delimiter, label, detail);
  const [first] = records;
  if (!first) throw new FormatError(`${label} has no rows`, detail);
  const header = options.header ??
    namesColumns(records.slice(0, looked), (options.decimal ?? (delimiter === ";" ? "," : ".")) === ",");
  const rows = header === true ? records.slice(1) : records;
  const table = { header: headerOf(first, header, label, detail), rows };
  origins.set(table, (row) => linesIn(text)[row + (header === true ? 1 : 0)]);
  const ragged = rows.findIndex((row) => row.length !== first.length);
  if (ragged >= 0) {
    throw new FormatError(
      `${label} ${rowName(table, ragged)} has ${rows[ragged]?.length} cells: expected ${first.length} ` +
        `(${shown(rows[ragged])})`,
      { ...detail, place: `row ${ragged + 1}` },
    );
  }
  const { decimal = delimiter === ";" ? undefined : "." } = options;
  if (decimal !== ".") pointDecimals(rows, first.length, decimal === ",");
  return table;
}

type Kind = "number" | "text" | undefined;
/** What a cell holds; nothing is told of a gap. */
function kindOf(cell: string): Kind {
  return absent.test(cell) ? undefined : number.test(cell) || infinite.test(cell) ? "number" : "text";
}
/** True where a first row holds numbers where the rows below do, and words where they do. */
function likeBelow([first = [], ...below]: readonly (readonly string[])[]): boolean {
  const kinds = first.map(kindOf), numbers = first.filter((_, i) => kinds[i] === "number").map(Number);
  // Years above columns are names.
  const counted = numbers.length > 2 && numbers.every((n, i) => i === 0 || n === (numbers[i - 1] ?? NaN) + 1);
  return numbers.length > 0 && !counted && below.length > 0 && first.every((_, i) =>
    below.every((row) => {
      const kind = kindOf(row[i] ?? "");
      return kind === undefined || kinds[i] === undefined || kind === kinds[i];
    })
  );
}
/**
 * True where a first row is names: not all of it numbers and gaps, unless they count the columns, as data frames without names
 * do, with an empty name above their index; and not of numbers and words where the rows below have them.
 */
function namesColumns(records: readonly (readonly string[])[], comma: boolean): boolean {
  const rows = comma ? records.map((row) => row.map((cell) => cell.replace(",", "."))) : records;
  const [first = []] = rows;
  const from = first[0]?.trim() === "" ? 1 : 0;
  const counts = first.length > 2 && first.slice(from).every((cell, i) => cell.trim() === `${i}`);
  const data = first.some((cell) => number.test(cell)) &&
    first.every((cell) => number.test(cell) || absent.test(cell) || infinite.test(cell));
  return counts || !data && !likeBelow(rows);
}

/** Rows that are looked at to tell what stands between cells. */
const looked = 20;
/** What stands between cells, by the first lines: a comma where there is one. */
function delimiterOf(text: string): string {
  const lines = text.slice(0, 65536).split(/\r?\n|\r/, looked).filter((line) => line.trim() !== "")
    .map((line) => line.replace(/"(?:[^"]|"")*"/g, ""));
  const counts = (mark: string) => lines.map((line) => line.split(mark).length - 1);
  if (lines.length === 0) return ",";
  // Decimal commas: what stands between semicolons are numbers.
  const cells = lines[0]?.split(";") ?? [];
  const decimals = cells.length > 1 && cells.every((cell) => number.test(cell.replace(",", ".")));
  if (decimals && counts(";").every((count) => count === cells.length - 1)) return ";";
  if (counts(",")[0] !== 0) return ",";
  return [";", "\t", "|"].find((mark) => {
    const [first = 0, ...more] = counts(mark);
    return first > 0 && more.every((count) => count === first);
  }) ?? ",";
}

const commaNumber = /^\s*[+-]?(\d+,\d*|,\d+)([eE][+-]?\d+)?\s*$/;
/** Gives the numbers of a column a dot; where not said, of columns in which commas alone stand before decimals. */
function pointDecimals(rows: string[][], columns: number, said: boolean): void {
  for (let c = 0; c < columns; c++) {
    const cells = rows.map((row) => row[c] ?? "");
    const commas = cells.some((cell) => commaNumber.test(cell));
    const whole = /^\s*[+-]?\d+([eE][+-]?\d+)?\s*$/;
    if (!commas || !(said || cells.every((v) => commaNumber.test(v) || whole.test(v) || absent.test(v)))) {
      continue;
    }
    for (const row of rows) {
      const cell = row[c] ?? "";
      if (commaNumber.test(cell)) row[c] = cell.replace(",", ".");
    }
  }
}

function headerOf(
  first: readonly string[],
  header: boolean | readonly string[],
  label: string,
  detail: { file?: string },
): readonly string[] {
  const names = header === true ? first : header === false ? first.map((_, i) => `${i}`) : header;
  if (names.length !== first.length) {
    throw new FormatError(`${label} has ${first.length} columns: ${names.length} names are given`, detail);
  }
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new FormatError(`${label} has two columns ${shown(twice)}`, detail);
  return names;
}

/** The line that each record begins on: an odd number of quotes leaves a cell open, and the record goes on. */
function linesIn(text: string): number[] {
  const found: number[] = [];
  let open = false;
  text.replace(/^\ufeff/, "").split("\n").forEach((line, i) => {
    if (!open && line !== "" && line !== "\r") found.push(i + 1);
    if (line.split('"').length % 2 === 0) open = !open;
  });
  return found;
}

/** Rows of a stream of CSV bytes, so many at a time: a large file is never held whole. */
export async function* readCsvStream(
  stream: ByteStream,
  options: CsvOptions & { readonly rows?: number } = {},
): AsyncGenerator<CsvTable> {
  args.check("readCsvStream", "stream", stream, args.stream);
  checkOptions("readCsvStream", options, { ...csvNames, rows: 0 });
  const { rows = 10_000, header, delimiter: said, ...rest } = options;
  let names = header, delimiter = said, held: string[] = [], quotes = 0;
  const table = () => {
    const text = held.join("");
    delimiter ??= delimiterOf(text);
    return tableOf(text, { ...rest, delimiter, ...(names !== undefined && { header: names }) });
  };
  let first = true;
  for await (const line of rawLinesOf(stream, options)) {
    held.push(first ? line.replace(/^\ufeff/, "") : line);
    first = false;
    // An odd number of quotes leaves a cell open: the record goes on.
    quotes += line.split('"').length - 1;
    if (held.length < rows || quotes % 2 === 1) continue;
    const made = table();
    yield made;
    [names, held, quotes] = [made.header, [], 0];
  }
  if (held.some((line) => line.trim() !== "") || first) yield table();
}

function utf8(bytes: Uint8Array, label: string, detail: { file?: string }): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new FormatError(`${label} is not UTF-8 text`, { ...detail, cause });
  }
}

const reading = { bom: true, relax_column_count: true, skip_empty_lines: true } as const;
function parseRecords(text: string, delimiter: string, label: string, detail: { file?: string }): string[][] {
  try {
    // Rows of one file may end in both; where neither is, lines end as on old Macs.
    const ends = text.includes("\n") ? ["\r\n", "\n"] : ["\r"];
    return parse(text, { ...reading, delimiter, record_delimiter: ends });
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
  /** What empty cells, NA, nan and null become; they are refused unless given. */
  readonly missing?: number;
  /** Name for messages. */
  readonly file?: string;
}
const tensorNames: OptionNames<CsvTensorOptions> = { columns: 0, dtype: 0, missing: 0, file: 0 };

const absent = /^\s*(|na|n\/a|#n\/a|nan|null|none|<na>)\s*$/i;
const infinite = /^\s*[+-]?inf(inity)?\s*$/i;
const number = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/;

/**
 * The numbers of a table as a tensor `[rows, columns]`.
 * @throws {FormatError} for a cell that isn't a number; it names the row (from 1, without the header) and the column.
 * @throws {ConfigError} for a column that the table doesn't have.
 */
export function csvToTensor(table: CsvTable, options: CsvTensorOptions = {}): Tensor {
  args.check("csvToTensor", "table", table, args.table);
  checkOptions("csvToTensor", options, tensorNames);
  const { columns = table.header, dtype = "float32", missing, file } = options;
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
      if (missing !== undefined && absent.test(cell)) {
        values[r * places.length + c] = missing;
        return;
      }
      if (!number.test(cell)) {
        throw new FormatError(
          `${label} ${rowName(table, r)}, column ${shown(columns[c])}: ${shown(cell)} is not a number`,
          { ...detail, place: `row ${r + 1}` },
        );
      }
      values[r * places.length + c] = Number(cell);
    });
  });
  return tensor(values, [table.rows.length, places.length], dtype);
}

/** A column: float64 numbers, NaN where one is missing, or texts. */
export type CsvColumn = Float64Array | readonly string[];

/**
 * The columns of a table by name: numbers where every cell is one or missing (empty, NA, nan, null), else texts; `types` says
 * which a column is.
 * @throws {FormatError} for a cell that is no number in a column of them; {@link ConfigError} for a column that isn't there.
 */
export function csvToColumns(
  table: CsvTable,
  options: { readonly types?: Readonly<Record<string, "number" | "text">>; readonly file?: string } = {},
): Record<string, CsvColumn> {
  args.check("csvToColumns", "table", table, args.table);
  checkOptions("csvToColumns", options, { types: 0, file: 0 });
  const { types = {}, file } = options;
  for (const name of Object.keys(types)) {
    if (!table.header.includes(name)) {
      throw new ConfigError(
        `${named("CSV", file).label} has no column ${shown(name)}: it has ${shown(table.header)}`,
      );
    }
  }
  return Object.fromEntries(table.header.map((name, at) => {
    const cells = table.rows.map((row) => row[at] ?? "");
    const numbers = cells.every((cell) => number.test(cell) || absent.test(cell));
    const type = types[name] ?? (numbers && !cells.every((cell) => absent.test(cell)) ? "number" : "text");
    if (type === "text") return [name, cells];
    const held = csvToTensor(table, {
      columns: [name],
      dtype: "float64",
      missing: NaN,
      ...(file !== undefined && { file }),
    });
    return [name, held.data as Float64Array];
  }));
}
