/** Dates as tables write them: text to milliseconds, the step between rows, and the calendar's numbers. @module */
import * as args from "../../../io/files/arguments.ts";
import { ConfigError, FormatError, InputError, shown } from "../../../core/values/errors.ts";
import { checkOptions, type OptionNames } from "../../../core/values/schema.ts";

/** How {@link parseDates} reads dates. */
export interface DateOptions {
  /** True reads 3/4/2024 as 3 April; the month comes first unless given, or unless a day above 12 tells. */
  readonly dayFirst?: boolean;
  /** Name for messages. */
  readonly file?: string;
  /** Name of the column, for messages. */
  readonly column?: string;
}
const dateNames: OptionNames<DateOptions> = { dayFirst: 0, file: 0, column: 0 };
/** Dates as numbers. */
export interface DateColumn {
  /** Milliseconds since 1970-01-01 UTC; a date without an offset is taken as if it were UTC. */
  readonly times: Float64Array;
  /** True where the dates say their offset from UTC (`Z`, `+07:00`): only then a time zone changes the calendar. */
  readonly zoned: boolean;
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const clock = String
  .raw`(?:[T ,]\s*(\d{1,2})(?::(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?\s*([AaPp]\.?[Mm]\.?)?\s*(Z|UTC|GMT|[+-]\d{2}:?(?:\d{2})?)?)?`;
const iso = new RegExp(String.raw`^(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?${clock}$`);
const compact = new RegExp(String.raw`^(\d{4})(\d{2})(\d{2})${clock}$`);
const numeric = new RegExp(String.raw`^(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})${clock}$`);
const monthFirst = new RegExp(
  String.raw`^([A-Za-z]{3,9})\.?[ -](\d{1,2})(?:st|nd|rd|th)?,?[ -](\d{4}|\d{2})${clock}$`,
);
const dayFirst = new RegExp(
  String.raw`^(\d{1,2})(?:st|nd|rd|th)?[ -]([A-Za-z]{3,9})\.?,?[ -](\d{4}|\d{2})${clock}$`,
);
const monthOnly = /^([A-Za-z]{3,9})\.?[ -](\d{4})$/;
const epoch = /^(\d{10}|\d{13})$/;

type Parts = readonly [year: number, month: number, day: number, clock: readonly (string | undefined)[]];
const monthOf = (word = "") => months.indexOf(word.slice(0, 3).toLowerCase()) + 1;
/** Two digits are 1969 to 2068, as POSIX has it. */
const yearOf = (text = "") =>
  text.length === 2 ? Number(text) + (Number(text) < 69 ? 2000 : 1900) : Number(text);

/** Year, month, day and the clock's texts; undefined where the text is no date. */
function partsOf(text: string, days: boolean): Parts | undefined {
  let m = compact.exec(text) ?? iso.exec(text);
  if (m) return [Number(m[1]), Number(m[2] ?? 1), Number(m[3] ?? 1), m.slice(4)];
  m = numeric.exec(text);
  if (m) {
    const [first, second] = [Number(m[1]), Number(m[3])], swap = days || m[2] === ".";
    return [yearOf(m[4]), swap ? second : first, swap ? first : second, m.slice(5)];
  }
  m = monthFirst.exec(text);
  if (m) return [yearOf(m[3]), monthOf(m[1]), Number(m[2]), m.slice(4)];
  m = dayFirst.exec(text);
  if (m) return [yearOf(m[3]), monthOf(m[2]), Number(m[1]), m.slice(4)];
  m = monthOnly.exec(text);
  return m ? [Number(m[2]), monthOf(m[1]), 1, []] : undefined;
}

/** Milliseconds, and whether the text says its offset. */
function timeOf(text: string, days: boolean): readonly [time: number, zoned: boolean] | undefined {
  const plain = epoch.exec(text);
  if (plain) return [Number(text) * (text.length === 10 ? 1000 : 1), true];
  const parts = partsOf(text, days);
  if (!parts) return undefined;
  const [year, month, day, [h = "0", min = "0", s = "0", fraction = "", half, offset]] = parts;
  let hour = Number(h);
  if (half !== undefined) {
    if (hour < 1 || hour > 12) return undefined;
    hour = hour % 12 + (/^p/i.test(half) ? 12 : 0);
  }
  if (hour > 23 || Number(min) > 59 || Number(s) > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  let time = date.getTime() + ((hour * 60 + Number(min)) * 60 + Number(s)) * 1000 +
    Number(`0.${fraction || 0}`) * 1000;
  const shift = /^([+-])(\d{2}):?(\d{2})?$/.exec(offset ?? "");
  if (shift) time -= (shift[1] === "-" ? -1 : 1) * (Number(shift[2]) * 60 + Number(shift[3] ?? 0)) * 60_000;
  return [time, offset !== undefined];
}

/**
 * Reads dates: ISO 8601 (`2016-07-01 13:00:00`, `2016-07`, `20160701`, `…T13:00:00+07:00`), `7/1/2016`, `1.7.2016`,
 * `Jul 1 2016`, `1 July 2016`, `July 2016`, with a clock of 24 or 12 hours, and Unix seconds or milliseconds.
 *
 * ```ts
 * import { parseDates } from "@lapis/lapis/series";
 * parseDates(["Jan 1 2000", "2000-01-01T07:00:00+07:00"].slice(0, 1)).times; // Float64Array [946684800000]
 * ```
 * @throws {FormatError} naming the row that is no date, or that says an offset where others say none.
 */
export function parseDates(cells: readonly string[], options: DateOptions = {}): DateColumn {
  args.check("parseDates", "cells", cells, args.list);
  checkOptions("parseDates", options, dateNames);
  const { file, column } = options, texts = cells.map((cell) => cell.trim());
  const place = (row: number) =>
    `${file === undefined ? "" : `${file}: `}row ${row + 1}${
      column === undefined ? "" : `, column ${shown(column)}`
    }`;
  const detail = (row: number) => ({ ...(file !== undefined && { file }), place: `row ${row + 1}` });
  // 13/4/2024 tells that the day comes first in the whole column.
  const days = options.dayFirst ?? texts.some((t) => Number(numeric.exec(t)?.[1] ?? 0) > 12);
  const times = new Float64Array(texts.length);
  let zoned: boolean | undefined;
  texts.forEach((text, row) => {
    const read = timeOf(text, days);
    if (!read) {
      throw new FormatError(
        `${place(row)}: ${
          shown(cells[row])
        } is not a date: expected one such as 2016-07-01 13:00:00, 7/1/2016 or Jul 1 2016`,
        detail(row),
      );
    }
    zoned ??= read[1];
    if (zoned !== read[1]) {
      throw new FormatError(
        `${place(row)}: ${shown(cells[row])} ${
          read[1] ? "says" : "doesn't say"
        } its offset from UTC, the rows before ${zoned ? "do" : "don't"}: write them alike`,
        detail(row),
      );
    }
    times[row] = read[0];
  });
  return { times, zoned: zoned ?? false };
}

/**
 * Refuses times that don't go forward.
 * @throws {InputError} naming the first row that isn't later than the one before, and what to do.
 */
export function checkOrder(times: Float64Array, what = "the series"): void {
  args.check("checkOrder", "times", times, args.list);
  for (let row = 1; row < times.length; row++) {
    const before = times[row - 1] ?? 0, time = times[row] ?? 0;
    if (time > before) continue;
    throw new InputError(
      time === before
        ? `${what}: rows ${row} and ${row + 1} are both of ${
          dateText(time)
        }: keep one row a time (several series in one table are told apart by "where")`
        : `${what}: row ${row + 1} (${dateText(time)}) is earlier than row ${row} (${
          dateText(before)
        }): rows must go forward in time; set "sort" to order them by date, before anything is split`,
      { place: `row ${row + 1}` },
    );
  }
}

/** A time as `2016-07-01` or `2016-07-01 13:00`, UTC. */
export function dateText(time: number): string {
  args.check("dateText", "time", time, args.number);
  const text = new Date(time).toISOString().replace(/(:00)?\.000Z$/, "").replace("T", " ").replace(/Z$/, "");
  return text.endsWith(" 00:00") ? text.slice(0, -6) : text;
}

/** The step from row to row: so many milliseconds, or so many calendar months. */
export type SeriesStep = { readonly milliseconds: number } | { readonly months: number };

const monthNumber = (time: number) => {
  const date = new Date(time);
  return date.getUTCFullYear() * 12 + date.getUTCMonth();
};
/** The step that most neighbouring rows are apart: months where all dates are of one day of the month, else milliseconds. */
export function stepOf(times: Float64Array): SeriesStep {
  args.check("stepOf", "times", times, args.list);
  if (times.length < 2) throw new InputError(`a step needs two rows at least, got ${times.length}`);
  const days = new Set(Array.from(times, (t) => new Date(t).getUTCDate()));
  const gaps = Array.from(times.subarray(1), (t, i) => t - (times[i] ?? 0));
  const common = (list: readonly number[]) =>
    [...list].sort((a, b) => a - b)[Math.floor((list.length - 1) / 2)] ?? 0;
  const apart = Array.from(times.subarray(1), (t, i) => monthNumber(t) - monthNumber(times[i] ?? 0));
  return days.size === 1 && Math.min(...apart.slice(0, 1000)) > 0
    ? { months: common(apart) }
    : { milliseconds: common(gaps) };
}
/** The next `count` times after the last one. */
export function timesAfter(times: Float64Array, count: number): Float64Array {
  args.check("timesAfter", "times", times, args.list);
  const step = stepOf(times), last = times.at(-1) ?? 0;
  return Float64Array.from({ length: count }, (_, i) => {
    if ("milliseconds" in step) return last + (i + 1) * step.milliseconds;
    const date = new Date(last);
    return date.setUTCMonth(date.getUTCMonth() + (i + 1) * step.months);
  });
}

/** The calendar's numbers by name, as pandas' `dt` gives them: a Monday is weekday 0, January is month 1. */
const calendar: Readonly<Record<CalendarNumber, (date: Date) => number>> = {
  hour: (d) => d.getUTCHours(),
  weekday: (d) => (d.getUTCDay() + 6) % 7,
  day: (d) => d.getUTCDate(),
  month: (d) => d.getUTCMonth() + 1,
  quarter: (d) => Math.floor(d.getUTCMonth() / 3) + 1,
  year: (d) => d.getUTCFullYear(),
  dayOfYear: (d) =>
    Math.floor(
      (Date.UTC(d.getUTCFullYear(), d.getUTCMonth(), d.getUTCDate()) - Date.UTC(d.getUTCFullYear(), 0, 0)) /
        864e5,
    ),
};
const cycles: Readonly<Record<CalendarCycle, number>> = {
  hour: 24,
  weekday: 7,
  month: 12,
  dayOfYear: 365.25,
};
/** Numbers of the calendar. */
export type CalendarNumber = "hour" | "weekday" | "day" | "month" | "quarter" | "year" | "dayOfYear";
/** Those of them that come round. */
export type CalendarCycle = "hour" | "weekday" | "month" | "dayOfYear";

/** What a date gives: a number of the calendar, or its place on the circle (`hourSin`, `hourCos`). */
export type CalendarFeature = CalendarNumber | `${CalendarCycle}${"Sin" | "Cos"}`;
/** Every {@link CalendarFeature}. */
export const calendarNames: readonly CalendarFeature[] = [
  ...Object.keys(calendar) as CalendarNumber[],
  ...(Object.keys(cycles) as CalendarCycle[]).flatMap((name) => [`${name}Sin`, `${name}Cos`] as const),
];

/** Milliseconds between a zone's wall clock and UTC at a time. */
function zoneOffset(zone: string): (time: number) => number {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: zone,
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
  } catch {
    throw new ConfigError(`timeZone: no zone named ${shown(zone)}: expected one such as Asia/Jakarta or UTC`);
  }
  return (time) => {
    const part = Object.fromEntries(
      format.formatToParts(time).map(({ type, value }) => [type, Number(value)]),
    );
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
    return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(time / 1000) * 1000;
  };
}

/**
 * Numbers of the calendar for every time, float64 by name; sines and cosines of `2π · number / cycle`, whose cycle is 24
 * hours, 7 days, 12 months or 365.25 days. In the wall clock of `timeZone`, UTC unless given.
 * @throws {ConfigError} for a name that isn't one, or an unknown time zone.
 */
export function calendarFeatures(
  times: Float64Array,
  names: readonly CalendarFeature[],
  options: { readonly timeZone?: string } = {},
): Record<string, Float64Array> {
  args.check("calendarFeatures", "times", times, args.list);
  args.check("calendarFeatures", "names", names, args.list);
  checkOptions("calendarFeatures", options, { timeZone: 0 });
  const { timeZone = "UTC" } = options, offset = timeZone === "UTC" ? () => 0 : zoneOffset(timeZone);
  const dates = Array.from(times, (time) => new Date(time + offset(time)));
  return Object.fromEntries(names.map((name) => {
    if (!calendarNames.includes(name)) {
      throw new ConfigError(
        `calendar: no feature named ${shown(name)}: expected ${calendarNames.join(", ")}`,
      );
    }
    const base = name.replace(/(Sin|Cos)$/, "") as CalendarCycle,
      wave = name.endsWith("Sin") ? Math.sin : Math.cos;
    const number = calendar[base];
    return [
      name,
      Float64Array.from(
        dates,
        (d) => base === name ? number(d) : wave(2 * Math.PI * number(d) / cycles[base]),
      ),
    ];
  }));
}
