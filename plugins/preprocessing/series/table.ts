/** A table of text cells as a series: times, and columns of numbers without gaps. @module */
import * as args from "../../../io/files/arguments.ts";
import { ConfigError, FormatError, InputError, shown } from "../../../core/values/errors.ts";
import { checkOptions, type OptionNames } from "../../../core/values/schema.ts";
import type { Columns } from "../scaling.ts";
import { checkOrder, parseDates, timesAfter } from "./dates.ts";

const seriesKind: args.Kind = args.having("a series", "columns", "rows");

/** Numbers over time, row by row forward. */
export interface TimeSeries {
  /** Milliseconds since 1970 UTC, rising; null where the table has no dates. */
  readonly times: Float64Array | null;
  /** True where the dates said their offset from UTC. */
  readonly zoned: boolean;
  /** Columns by name. */
  readonly columns: Columns;
  /** Number of rows. */
  readonly rows: number;
}
/** What is done about missing values. */
export type MissingPolicy = "error" | "drop" | "forwardFill" | "interpolate";
/** How {@link timeSeries} reads a table. */
export interface TimeSeriesOptions {
  /** Column of the date; several are date and clock, or year, month, day and hour. None unless given. */
  readonly date?: string | readonly string[] | null;
  /** Columns of numbers; all others that hold numbers throughout unless given. */
  readonly columns?: readonly string[];
  /** Only rows that have this text in that column. */
  readonly where?: Readonly<Record<string, string>> | null;
  /** True orders the rows by date; rows out of order are refused unless set. */
  readonly sort?: boolean;
  /** Empty cells, NA, nan, null, `-` and `?`: refused unless told otherwise. */
  readonly missing?: MissingPolicy;
  /** See {@link DateOptions}. */
  readonly dayFirst?: boolean;
  /** Name for messages. */
  readonly file?: string;
}
const seriesNames: OptionNames<TimeSeriesOptions> = {
  date: 0,
  columns: 0,
  where: 0,
  sort: 0,
  missing: 0,
  dayFirst: 0,
  file: 0,
};

const absent = /^(|na|n\/a|#n\/a|nan|-nan|null|none|nil|-|\?|<na>)$/i;
const number = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** A cell's number; NaN where it is missing, undefined where it is anything else. */
function cellNumber(cell: string): number | undefined {
  const text = cell.trim();
  return absent.test(text) ? NaN : number.test(text) ? Number(text) : undefined;
}

/**
 * Reads the series out of a table, as `parseCsv` gives it.
 * @throws {InputError} for a column that isn't there, rows that don't go forward in time, or missing values, with the way out.
 * @throws {FormatError} for a cell that is no date or no number, with its row and column.
 */
export function timeSeries(
  table: { readonly header: readonly string[]; readonly rows: readonly (readonly string[])[] },
  options: TimeSeriesOptions = {},
): TimeSeries {
  args.check("timeSeries", "table", table, args.table);
  checkOptions("timeSeries", options, seriesNames);
  const { file, where, missing = "error" } = options, { header } = table;
  const label = file === undefined ? "the table" : file, detail = file === undefined ? {} : { file };
  const place = (name: string) => {
    const at = header.indexOf(name);
    if (at < 0) throw new InputError(`${label}: no column ${name}; it has ${header.join(", ")}`, detail);
    return at;
  };
  const wanted = Object.entries(where ?? {}).map(([name, value]) => [place(name), value] as const);
  const rows = table.rows.filter((row) => wanted.every(([at, value]) => row[at] === value));
  if (rows.length === 0) {
    throw new InputError(`${label}: no row${wanted.length ? ` with ${shown(where)}` : "s"}`, detail);
  }
  const dates = typeof options.date === "string" ? [options.date] : options.date ?? [];
  const read = dates.length === 0 ? null : parseDates(joined(rows, dates.map(place)), {
    ...detail,
    column: dates.join("+"),
    ...(options.dayFirst !== undefined && { dayFirst: options.dayFirst }),
  });
  const names = options.columns ??
    header.filter((name, at) =>
      !dates.includes(name) && rows.every((row) => cellNumber(row[at] ?? "") !== undefined)
    );
  const columns = Object.fromEntries(names.map((name) => {
    const at = place(name);
    return [
      name,
      Float64Array.from(rows, (row, r) => {
        const v = cellNumber(row[at] ?? "");
        if (v !== undefined) return v;
        throw new FormatError(
          `${label} row ${r + 1}, column ${shown(name)}: ${shown(row[at])} is not a number`,
          {
            ...detail,
            place: `row ${r + 1}`,
          },
        );
      }),
    ];
  }));
  const series = { times: read?.times ?? null, zoned: read?.zoned ?? false, columns, rows: rows.length };
  const ordered = options.sort ? sorted(series) : series;
  if (ordered.times) checkOrder(ordered.times, label);
  return filled(ordered, missing, label);
}

/** Cells of several columns as one date: a date and a clock, or year, month, day, hour, minute, second. */
function joined(rows: readonly (readonly string[])[], at: readonly number[]): string[] {
  if (at.length < 3) return rows.map((row) => at.map((i) => row[i] ?? "").join(" "));
  return rows.map((row) => {
    const [year, ...rest] = at.map((i) => (row[i] ?? "").trim()),
      two = (text: string) => text.padStart(2, "0");
    return `${year}-${rest.slice(0, 2).map(two).join("-")} ${rest.slice(2).map(two).join(":")}`.trim();
  });
}
const chosen = (series: TimeSeries, rows: readonly number[]): TimeSeries => ({
  zoned: series.zoned,
  rows: rows.length,
  times: series.times && Float64Array.from(rows, (r) => series.times?.[r] ?? NaN),
  columns: Object.fromEntries(
    Object.entries(series.columns).map(([name, c]) => [name, Float64Array.from(rows, (r) => c[r] ?? NaN)]),
  ),
});
function sorted(series: TimeSeries): TimeSeries {
  const { times } = series;
  if (!times) throw new ConfigError('sort: needs the column of the dates: set "date"', { place: "sort" });
  return chosen(series, Array.from(times.keys()).sort((a, b) => (times[a] ?? 0) - (times[b] ?? 0)));
}

function filled(series: TimeSeries, missing: MissingPolicy, label: string): TimeSeries {
  const holes = Object.entries(series.columns).map(([name, c]) => [name, c.findIndex(Number.isNaN)] as const);
  const [name, row] = holes.find(([, at]) => at >= 0) ?? [];
  if (name === undefined || row === undefined) return series;
  if (missing === "drop") {
    const all = Object.values(series.columns);
    const rows = Array.from({ length: series.rows }, (_, r) => r);
    return chosen(series, rows.filter((r) => all.every((c) => !Number.isNaN(c[r] ?? NaN))));
  }
  if (missing === "error") {
    const count = series.columns[name]?.filter(Number.isNaN).length ?? 0;
    throw new InputError(
      `${label}: column ${shown(name)} has ${count} missing values, the first in row ${
        row + 1
      }: set "missing" to drop, forwardFill or interpolate`,
      { place: `row ${row + 1}` },
    );
  }
  const fill = missing === "forwardFill" ? forward : between;
  const whole = {
    ...series,
    columns: Object.fromEntries(Object.entries(series.columns).map(([n, c]) => [n, fill(c)])),
  };
  // What is missing before the first value has nothing to be filled from.
  const first = Math.max(0, ...Object.values(whole.columns).map((c) => c.findIndex((v) => !Number.isNaN(v))));
  return first === 0
    ? filled(whole, "error", label)
    : filled(seriesRows(whole, first, whole.rows), "error", label);
}
function forward(values: Float64Array): Float64Array {
  let last = NaN;
  return values.map((v) => last = Number.isNaN(v) ? last : v);
}
/** Straight lines over the gaps; the last value goes on. Known only afterwards: not for rows that are forecast from. */
function between(values: Float64Array): Float64Array {
  const out = forward(values);
  for (let i = 0; i < values.length;) {
    if (!Number.isNaN(values[i] ?? NaN) || i === 0) {
      i++;
      continue;
    }
    let end = i;
    while (end < values.length && Number.isNaN(values[end] ?? NaN)) end++;
    const from = out[i - 1] ?? NaN, to = values[end];
    for (let k = i; to !== undefined && k < end; k++) {
      out[k] = from + (to - from) * (k - i + 1) / (end - i + 1);
    }
    i = end;
  }
  return out;
}

/** Rows `[from, to)` of a series, without a copy. */
export function seriesRows(series: TimeSeries, from: number, to: number): TimeSeries {
  args.check("seriesRows", "series", series, seriesKind);
  return {
    zoned: series.zoned,
    rows: to - from,
    times: series.times && series.times.subarray(from, to),
    columns: Object.fromEntries(
      Object.entries(series.columns).map(([name, c]) => [name, c.subarray(from, to)]),
    ),
  };
}
/** A series with `count` further rows behind it, their times as far apart as those before; NaN where a column isn't given. */
export function appendRows(
  series: TimeSeries,
  columns: Columns,
  count: number,
): TimeSeries {
  args.check("appendRows", "series", series, seriesKind);
  args.check("appendRows", "columns", columns, args.object);
  const join = (a: Float64Array, b: Float64Array) => {
    const out = new Float64Array(a.length + b.length);
    out.set(a);
    out.set(b, a.length);
    return out;
  };
  return {
    zoned: series.zoned,
    rows: series.rows + count,
    times: series.times && (count === 0 ? series.times : join(series.times, timesAfter(series.times, count))),
    columns: Object.fromEntries(
      Object.entries(series.columns).map((
        [name, c],
      ) => [name, join(c, columns[name] ?? new Float64Array(count).fill(NaN))]),
    ),
  };
}
