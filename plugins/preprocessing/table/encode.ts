/** Cells of a column to numbers, as training rows taught it, and the numbers' names. @module */
import { FormatError, InputError, shown } from "../../../core/values/errors.ts";
import { type CalendarFeature, calendarFeatures, parseDates } from "../series/dates.ts";
import { toNumbers } from "../../../core/values/tensor.ts";
import { tfIdfVectorizer } from "../text/tfidf.ts";
import { isAbsent, type NumberForm, numberIn } from "./cells.ts";
import type { ColumnOptions, FittedColumn } from "./columns.ts";
import { shortNumber } from "./kinds.ts";

const day = 864e5;
const calendarCycles: ReadonlySet<string> = new Set(["hour", "weekday", "month", "dayOfYear"]);

/** True where a cell stands for nothing, by the column's words too. */
export function missingIn({ missingWords }: Pick<ColumnOptions, "missingWords">): (cell: string) => boolean {
  if (missingWords.length === 0) return isAbsent;
  const words = new Set(missingWords);
  return (cell) => isAbsent(cell) || words.has(cell.trim());
}
/**
 * A column's numbers, NaN where one is missing.
 * @throws {FormatError} naming the row that holds something else.
 */
export function numbersIn(
  cells: readonly string[],
  column: NumberForm & Pick<ColumnOptions, "missingWords">,
  place: string,
): Float64Array {
  const missing = missingIn(column);
  return Float64Array.from(cells, (cell, row) => {
    if (missing(cell)) return NaN;
    const n = numberIn(cell, column);
    if (!Number.isNaN(n)) return n;
    throw new FormatError(`${place}: row ${row + 1}: ${shown(cell)} is not a number`, {
      place: `row ${row + 1}`,
    });
  });
}
/** Days since 1970 and the calendar's numbers, NaN where a date is missing. @throws {FormatError} naming a row that is no date. */
export function datesIn(
  cells: readonly string[],
  column: Pick<ColumnOptions, "missingWords" | "dayFirst">,
  calendar: readonly CalendarFeature[],
  place: string,
): readonly Float64Array[] {
  const missing = missingIn(column), rows = [...cells.keys()].filter((r) => !missing(cells[r] ?? ""));
  const { dayFirst } = column;
  let times: Float64Array;
  try {
    ({ times } = parseDates(rows.map((r) => cells[r] ?? ""), dayFirst === null ? {} : { dayFirst }));
  } catch (error) {
    if (error instanceof FormatError) error.message = `${place}: ${error.message}`;
    throw error;
  }
  const spread = (values: Float64Array) => {
    const out = new Float64Array(cells.length).fill(NaN);
    rows.forEach((r, i) => out[r] = values[i] ?? NaN);
    return out;
  };
  const parts = calendarFeatures(times, calendar);
  return [
    spread(times.map((t) => t / day)),
    ...calendar.map((name) => spread(parts[name] ?? new Float64Array())),
  ];
}
/** What dates give by how they lie: weekday and month where there are several, the hour where clocks differ. */
export function calendarOf(days: Float64Array): readonly CalendarFeature[] {
  const seen = days.filter((d) => !Number.isNaN(d)), times = seen.map((d) => Math.round(d * day));
  const { hour = [], weekday = [], month = [] } = calendarFeatures(times, ["hour", "weekday", "month"]);
  const several = (values: ArrayLike<number>) => new Set(Array.from(values)).size > 1;
  return [
    ...(several(hour) ? ["hourSin", "hourCos"] as const : []),
    ...(several(weekday) ? ["weekdaySin", "weekdayCos"] as const : []),
    ...(several(month) ? ["monthSin", "monthCos"] as const : []),
  ];
}

/** Names of the numbers that a column becomes. */
export function featuresOf(c: FittedColumn): readonly string[] {
  const flag = c.flag ? [`${c.name}:missing`] : [];
  if (c.kind === "number" || c.kind === "integer") {
    const bins = c.edges.length === 0
      ? []
      : [-Infinity, ...c.edges].map((low, i) =>
        `${c.name}:${i === 0 ? "below " : i === c.edges.length ? "from " : `${shortNumber(low)}–`}${
          shortNumber(i === c.edges.length ? low : c.edges[i] ?? NaN)
        }`
      );
    return [c.name, ...bins, ...flag];
  }
  if (c.kind === "date") return [c.name, ...(c.calendar ?? []).map((part) => `${c.name}:${part}`), ...flag];
  if (c.kind === "text") return (c.ngrams?.features ?? []).map((ngram) => `${c.name}~${ngram}`);
  if (c.kind === "ignore") return [];
  if (c.encoding === "embedding") return [c.name];
  return [
    ...c.categories.map((name) => (name === "" ? `${c.name}:missing` : `${c.name}=${name}`)),
    ...(c.bucket ? [`${c.name}:other`] : []),
  ];
}

/** Writes a row's number at a place among the column's. */
type Put = (row: number, at: number, value: number) => void;

/** Writes the numbers of a column. @throws {FormatError} {@link InputError} naming the row that doesn't fit. */
export function encodeColumn(c: FittedColumn, cells: readonly string[], place: string, put: Put): void {
  if (c.missing === "error") {
    const row = cells.findIndex(missingIn(c));
    if (row >= 0) {
      throw new InputError(`${place}: row ${row + 1}: there is no value`, { place: `row ${row + 1}` });
    }
  }
  if (c.kind === "category") return encodeCategory(c, cells, put);
  if (c.kind === "text") {
    const { ngrams } = c, missing = missingIn(c);
    if (!ngrams || ngrams.features.length === 0) return;
    const width = ngrams.features.length;
    const found = toNumbers(
      tfIdfVectorizer([ngrams]).transform(cells.map((cell) => (missing(cell) ? "" : cell))),
    );
    found.forEach((v: number, i: number) => put(Math.floor(i / width), i % width, v));
    return;
  }
  const columns = c.kind === "date"
    ? datesIn(cells, c, c.calendar ?? [], place)
    : [numbersIn(cells, c, place)];
  const width = featuresOf(c).length;
  columns.forEach((values, i) => {
    const center = c.center[i] ?? 0, scale = c.scale[i] ?? 1;
    values.forEach((raw, row) => {
      const gap = Number.isNaN(raw), given = gap && i === 0 ? Number(c.fill ?? 0) : raw;
      // The calendar of a missing date is the mean.
      const value = gap && i > 0 ? center : transformed(c, given);
      put(row, i, (value - center) / scale);
      if (i > 0) return;
      if (c.edges.length > 0) put(row, 1 + c.edges.filter((edge) => given >= edge).length, 1);
      if (c.flag && gap) put(row, width - 1, 1);
    });
  });
}
/** A number as it is scaled. */
export const transformed = ({ transform }: Pick<ColumnOptions, "transform">, n: number): number =>
  transform === "log1p" ? Math.log1p(Math.max(n, 0)) : n;

/** The category of every cell as it is known: "" for a missing one. */
export function categoriesIn(c: FittedColumn, cells: readonly string[]): readonly string[] {
  const missing = missingIn(c), fill = typeof c.fill === "string" ? c.fill : "";
  return cells.map((cell) => (missing(cell) ? fill : cell.trim()));
}
function encodeCategory(c: FittedColumn, cells: readonly string[], put: Put): void {
  const places = new Map(c.categories.map((name, i) => [name, i]));
  categoriesIn(c, cells).forEach((name, row) => {
    const at = places.get(name);
    if (c.encoding === "embedding") put(row, 0, at === undefined ? 0 : at + 1);
    else if (at !== undefined) put(row, at, 1);
    else if (c.bucket) put(row, c.categories.length, 1);
  });
}
/** True where a calendar's number comes round, so that it isn't scaled. */
export const isCycle = (name: CalendarFeature): boolean =>
  calendarCycles.has(name.replace(/(Sin|Cos)$/, "")) && /(Sin|Cos)$/.test(name);
