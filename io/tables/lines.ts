/** Text a line, and JSON a line: whole or as it comes. @module */
import * as args from "../files/arguments.ts";
import { FormatError, shown } from "../../core/values/errors.ts";
import { checkOptions } from "../../core/values/schema.ts";
import type { SourceLike } from "../files/sources.ts";
import type { CsvTable } from "./csv.ts";
import { gunzipped } from "../archives/inflate.ts";
import { checkText, dataFileNames, type DataFileOptions, fileBytes, named } from "../datasets/options.ts";

/** Bytes as they come, as from a file or an answer. */
export type ByteStream = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** The text of a UTF-8 file, plain or gzipped, without a byte order mark. @throws {FormatError} for other encodings. */
export function readUtf8(bytes: Uint8Array, options: DataFileOptions = {}): string {
  checkOptions("readUtf8", options, dataFileNames);
  const { label, detail } = named("text", options.file);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(gunzipped(bytes, options));
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    throw new FormatError(`${label} is not UTF-8`, { ...detail, cause });
  }
}

/** The lines of a UTF-8 text, plain or gzipped, without their ends (LF or CRLF); a last empty one is none. */
export function parseLines(source: string | Uint8Array, options: DataFileOptions = {}): string[] {
  checkOptions("parseLines", options, dataFileNames);
  checkText(source, "parseLines", options.file);
  const text = typeof source === "string" ? source.replace(/^\ufeff/, "") : readUtf8(source, options);
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

/** The lines of a file, gzipped or not: a path, a URL, a Blob or bytes. @throws {InputError} when it can't be read. */
export async function readLines(from: SourceLike, options: DataFileOptions = {}): Promise<string[]> {
  checkOptions("readLines", options, dataFileNames);
  return parseLines(...await fileBytes(from, options));
}
/** The lines of a stream of UTF-8 bytes as they come; no more than a line is held. @throws {FormatError} for other encodings. */
export async function* linesOf(stream: ByteStream, options: DataFileOptions = {}): AsyncGenerator<string> {
  args.check("linesOf", "stream", stream, args.stream);
  checkOptions("linesOf", options, dataFileNames);
  for await (const line of rawLinesOf(stream, options)) yield line.replace(/\r?\n$/, "");
}
/** The same, with the ends of the lines. */
export async function* rawLinesOf(stream: ByteStream, options: DataFileOptions = {}): AsyncGenerator<string> {
  const { label, detail } = named("text", options.file), decoder = new TextDecoder("utf-8", { fatal: true });
  const decode = (bytes?: Uint8Array) => {
    try {
      return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode();
    } catch (cause) {
      throw new FormatError(`${label} is not UTF-8`, { ...detail, cause });
    }
  };
  let rest = "";
  for await (const bytes of stream) {
    const parts = (rest + decode(bytes)).split("\n");
    rest = parts.pop() ?? "";
    for (const line of parts) yield `${line}\n`;
  }
  rest += decode();
  if (rest !== "") yield rest;
}

/** A line of a JSON lines file. */
export type JsonRecord = Readonly<Record<string, unknown>>;

/**
 * The objects of a JSON lines file, gzipped or not: a path, a URL, a Blob or bytes.
 * @throws {InputError} when it can't be read; {@link FormatError} naming the line that is no JSON object.
 */
export async function readJsonLines(from: SourceLike, options: DataFileOptions = {}): Promise<JsonRecord[]> {
  checkOptions("readJsonLines", options, dataFileNames);
  return parseJsonLines(...await fileBytes(from, options));
}
/**
 * The objects of JSON lines, a text or bytes, one a line; empty lines are passed over.
 * @throws {FormatError} naming the line that is no JSON object.
 */
export function parseJsonLines(source: string | Uint8Array, options: DataFileOptions = {}): JsonRecord[] {
  checkOptions("parseJsonLines", options, dataFileNames);
  checkText(source, "parseJsonLines", options.file);
  const { label, detail } = named("JSON lines", options.file);
  return parseLines(source, options).flatMap((line, i) => {
    if (line.trim() === "") return [];
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : cause;
      throw new FormatError(`${label} line ${i + 1} is not JSON: ${why}`, {
        ...detail,
        place: `line ${i + 1}`,
        cause,
      });
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new FormatError(`${label} line ${i + 1}: expected an object, got ${shown(value)}`, {
        ...detail,
        place: `line ${i + 1}`,
      });
    }
    return [value as JsonRecord];
  });
}

/** Objects as a table: a column for every key, in the order they first come; what an object lacks is an empty cell. */
export function recordsToTable(records: readonly JsonRecord[]): CsvTable {
  args.check("recordsToTable", "records", records, args.list);
  const header = [...new Set(records.flatMap((r) => Object.keys(r)))];
  const cell = (value: unknown) =>
    value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value);
  return {
    header,
    rows: records.map((r) => header.map((key) => cell(Object.hasOwn(r, key) ? r[key] : undefined))),
  };
}
