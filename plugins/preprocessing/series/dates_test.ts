/** Dates: forms that are read, calendars, times that follow; numbers by pandas. @module */
import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { FormatError } from "../../../core/values/errors.ts";
import { type CalendarFeature, calendarFeatures, parseDates, timesAfter } from "./dates.ts";
import { near, values } from "../../../tests/support/seriesvalues.ts";

Deno.test("dates: the forms that tables write are read as pandas reads them", () => {
  for (const [form, time] of Object.entries(values.dates)) {
    strictEqual(parseDates([form]).times[0], time, form);
  }
  deepStrictEqual(
    parseDates(["3/4/2024", "13/4/2024"]).times,
    parseDates(["2024-04-03", "2024-04-13"]).times,
  );
  deepStrictEqual(parseDates(["3/4/2024"]).times, parseDates(["2024-03-04"]).times);
  deepStrictEqual(parseDates(["3/4/2024"], { dayFirst: true }).times, parseDates(["2024-04-03"]).times);
  deepStrictEqual(parseDates(["1/1/68", "1/1/69"]).times, parseDates(["2068-01-01", "1969-01-01"]).times);
  strictEqual(parseDates(["1700000000"]).times[0], 1700000000000);
  for (
    const bad of [
      "2024-02-30",
      "2024-13-01",
      "12:00",
      "yesterday",
      "2024-01-01 25:00",
      "13:00 PM 2024",
      "1-01",
    ]
  ) {
    throws(() => parseDates([bad], { file: "x.csv", column: "date" }), FormatError, bad);
  }
  throws(
    () => parseDates(["2024-01-01", "no"], { file: "x.csv", column: "day" }),
    /^FormatError: x\.csv: row 2, column "day": "no" is not a date/,
  );
  throws(
    () => parseDates(["2024-01-01T00:00Z", "2024-01-02"]),
    /row 2: "2024-01-02" doesn't say its offset from UTC/,
  );
});

Deno.test("the calendar's numbers are pandas', in UTC and in zones", () => {
  const { stamps, utc, zones } = values.calendar, { times } = parseDates(stamps);
  const names = Object.keys(utc) as CalendarFeature[];
  for (const [name, column] of Object.entries(calendarFeatures(times, names))) {
    near(column, utc[name] ?? [], name, 1e-15);
  }
  for (const [timeZone, expected] of Object.entries(zones)) {
    for (const [name, column] of Object.entries(calendarFeatures(times, names, { timeZone }))) {
      near(column, expected[name] ?? [], `${timeZone} ${name}`, 1e-15);
    }
  }
  throws(
    () => calendarFeatures(times, ["hour"], { timeZone: "Mars/Base" }),
    /timeZone: no zone named "Mars\/Base"/,
  );
});

Deno.test("the next times go on by days, hours or calendar months", () => {
  const after = (list: readonly string[]) =>
    Array.from(timesAfter(parseDates(list).times, 2), (t) => new Date(t).toISOString());
  deepStrictEqual(after(["2023-11-01", "2023-12-01"]), [
    "2024-01-01T00:00:00.000Z",
    "2024-02-01T00:00:00.000Z",
  ]);
  deepStrictEqual(after(["2023-12-30", "2023-12-31"]), [
    "2024-01-01T00:00:00.000Z",
    "2024-01-02T00:00:00.000Z",
  ]);
  deepStrictEqual(after(["2023-12-31 22:00", "2023-12-31 23:00"]), [
    "2024-01-01T00:00:00.000Z",
    "2024-01-01T01:00:00.000Z",
  ]);
});
