/** Tells what a table's columns hold by their cells. @module */
import { LapisError } from "../../../core/values/errors.ts";
import { parseDates } from "../series/dates.ts";
import { formOf, isAbsent, numberIn } from "./cells.ts";
import type { ColumnKind, ColumnOptions } from "./columns.ts";

/** What was found of a column, and why it is taken so. */
export interface FoundColumn {
  /** Its name. */
  readonly name: string;
  /** What it is taken as. */
  readonly options: Partial<ColumnOptions> & { readonly kind: ColumnKind };
  /** Rows without a value. */
  readonly missing: number;
  /** Distinct values. */
  readonly distinct: number;
  /** The values in a few words. */
  readonly values: string;
  /** What was decided and isn't plain; empty where nothing was. */
  readonly why: string;
}

/** Whole numbers of so few values, each in so many rows, that each is worth a number of its own. */
const fewValues = 32, rowsEach = 15;
/** Rows from which on a share of distinct values tells ids from categories. */
const enoughRows = 20;
/** Categories above which rows of a learnt table take the place of ones and zeros. */
const manyCategories = 32;

/** A number in few characters. */
export const shortNumber = (n: number): string => `${Number(n.toPrecision(4))}`;
const counted = (words: readonly string[]) =>
  words.length <= 3 ? words.join(", ") : `${words.slice(0, 3).join(", ")}, … (${words.length})`;

/** Skewness of values: how far the long tail is to the right. */
function skewness(values: readonly number[]): number {
  const n = values.length, mean = values.reduce((a, b) => a + b, 0) / n;
  const moment = (k: number) => values.reduce((a, v) => a + (v - mean) ** k, 0) / n, spread = moment(2);
  return spread === 0 ? 0 : moment(3) / spread ** 1.5;
}
/** True for whole numbers that only tell rows apart: every one another, counting up or named so. */
function areIds(name: string, values: readonly number[], distinct: number): boolean {
  if (distinct < values.length || values.length < 3) return false;
  const step = (values[1] ?? 0) - (values[0] ?? 0);
  const counting = Math.abs(step) === 1 && values.every((v, i) => v === (values[0] ?? 0) + i * step);
  return counting || name.trim() === "" ||
    /(^|[^a-z])(id|index|key|nr|no|number|row|rownames|uuid)$/i.test(name) ||
    /[a-z]I[dD]$/.test(name);
}
function isDates(cells: readonly string[]): boolean {
  // Digits alone are codes.
  if (cells.some((cell) => /^\d*$/.test(cell))) return false;
  try {
    parseDates(cells);
    return true;
  } catch (error) {
    if (error instanceof LapisError) return false;
    throw error;
  }
}
/** Digits behind a zero are a code, as a post's. */
const coded = (cell: string) => /^0\d+$/.test(cell);

/** Looks at a column. */
export function findColumn(name: string, cells: readonly string[]): FoundColumn {
  const present = cells.filter((cell) => !isAbsent(cell)).map((cell) => cell.trim());
  const words = [...new Set(present)], missing = cells.length - present.length;
  const found = (
    options: FoundColumn["options"],
    values: string,
    why = "",
  ): FoundColumn => ({ name, options, missing, distinct: words.length, values, why });
  if (present.length === 0) return found({ kind: "ignore" }, "", "empty");
  if (words.length === 1 && missing === 0) {
    return found({ kind: "ignore" }, words[0] ?? "", "one value only");
  }
  const { form, count: numbers } = formOf(words);
  const odd = words.filter((cell) => Number.isNaN(numberIn(cell, form))), rare = new Set(odd);
  const count = numbers === 0 ? 0 : present.reduce((n, cell) => n + (rare.has(cell) ? 0 : 1), 0);
  const mostly = count < present.length && odd.length <= 3 && count >= 0.9 * present.length &&
    words.length > fewValues;
  if ((count === present.length || mostly) && !words.some(coded)) {
    const values = present.map((cell) => numberIn(cell, form)).filter((v) => !Number.isNaN(v));
    const shape = { ...form, ...(mostly && { missingWords: odd }) };
    return found(...numeric(name, values, shape, mostly ? `${odd.join(", ")}: taken as missing` : ""));
  }
  if (isDates(words)) {
    const sorted = [...words].sort();
    return found({ kind: "date" }, `${sorted[0]} … ${sorted.at(-1)}`);
  }
  return found(...worded(present, words, count));
}

function numeric(
  name: string,
  values: readonly number[],
  form: Partial<ColumnOptions>,
  said: string,
): [FoundColumn["options"], string, string] {
  const distinct = new Set(values).size, whole = values.every((v) => Number.isInteger(v));
  const low = values.reduce((a, b) => Math.min(a, b), Infinity),
    high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const range = `${shortNumber(low)} … ${shortNumber(high)}`;
  if (whole && areIds(name, values, distinct)) {
    return [{ kind: "ignore" }, range, "an id: another in every row"];
  }
  const plain = form.decimal === "." && form.thousands === "";
  const kept = plain ? (form.missingWords ? { missingWords: form.missingWords } : {}) : form;
  const kind = whole ? "integer" as const : "number" as const;
  if (whole && distinct > 2 && distinct <= fewValues && values.length >= rowsEach * distinct) {
    return [
      { kind, ...kept, bins: "values" },
      range,
      said || `${distinct} values, each with a number of its own too`,
    ];
  }
  const long = distinct > 2 && low >= 0 && skewness(values) > 2;
  const why = long ? "a long tail: its logarithm" : "";
  return [
    { kind, ...kept, ...(long && { transform: "log1p" as const }) },
    range,
    [said, why].filter(Boolean).join("; "),
  ];
}

function worded(
  present: readonly string[],
  words: readonly string[],
  numbers: number,
): [FoundColumn["options"], string, string] {
  const share = words.length / present.length, enough = present.length >= enoughRows;
  const length = words.reduce((n, word) => n + word.split(/\s+/).length, 0) / words.length;
  const mixed = numbers > 0 ? `${numbers} of ${present.length} are numbers` : "";
  if (enough && share > 0.5) {
    const some = `${words.length} values`;
    if (length >= 3) return [{ kind: "text" }, some, "words are counted (tf-idf)"];
    return [
      { kind: "ignore" },
      some,
      share > 0.95 ? "an id: another in every row" : `in ${present.length} rows: too many`,
    ];
  }
  if (words.length > manyCategories) {
    return [
      { kind: "category", encoding: "embedding", maxCategories: 1000 },
      counted(words),
      ["many: rows of a learnt table", mixed].filter(Boolean).join("; "),
    ];
  }
  return [{ kind: "category" }, counted(words), mixed];
}
