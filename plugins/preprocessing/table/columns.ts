/** What is said of a table's column, and what training rows taught of it; both are JSON in the model's file. @module */
import {
  bool,
  choice,
  type Field,
  field,
  float,
  int,
  isRecord,
  list,
  nullable,
  parseConfig,
  type Schema,
  text,
} from "../../../core/values/schema.ts";
import { type CalendarFeature, calendarNames } from "../series/dates.ts";
import type { ScalerKind } from "../scaling.ts";
import { type FittedNgrams, ngramFields } from "../text/tfidf.ts";

/** What a column holds. */
export type ColumnKind = "number" | "integer" | "category" | "date" | "text" | "ignore";
/** Every {@link ColumnKind}. */
export const columnKinds: readonly ColumnKind[] = ["number", "integer", "category", "date", "text", "ignore"];

/** What is done where a cell is missing. */
export type MissingRule = "median" | "mean" | "zero" | "mostFrequent" | "category" | "error";

/** How a column becomes numbers. */
export interface ColumnOptions {
  /** What it holds; `ignore` leaves it out. */
  readonly kind: ColumnKind;
  /**
   * What stands for a missing cell: `median` of numbers unless said, `category` of categories: a category of its own. `error`
   * refuses it.
   */
  readonly missing: MissingRule | null;
  /** A number beside it that is 1 where the cell was missing; unless said, where training rows miss some. */
  readonly flag: boolean | null;
  /** How numbers are scaled. */
  readonly scaling: ScalerKind;
  /** Taken of numbers before they are scaled. */
  readonly transform: "none" | "log1p";
  /** Numbers also as ones and zeros: bins with equally many training rows, or a bin around each value. */
  readonly bins: number | "values";
  /** Categories as ones and zeros, or as rows of a table that is learnt. */
  readonly encoding: "oneHot" | "embedding";
  /** Numbers in such a row; by the number of categories unless said. */
  readonly dimension: number | null;
  /** Most categories that are told apart; the rarer ones are the unknown one. */
  readonly maxCategories: number;
  /** Training rows that a category must have to be told apart. */
  readonly minRows: number;
  /** What stands before decimals. */
  readonly decimal: "." | ",";
  /** What stands between thousands. */
  readonly thousands: "" | "," | "." | " " | "'";
  /** Words that stand for a missing cell, beside those that always do. */
  readonly missingWords: readonly string[];
  /** 3/4/2024 is 3 April; told by the dates unless said. */
  readonly dayFirst: boolean | null;
  /** What a date gives beside its days since 1970; by how dates lie unless said. */
  readonly calendar: readonly CalendarFeature[] | null;
  /** N-grams of words that are counted of a text. */
  readonly maxFeatures: number;
}

const word = (doc: string) => text({ doc });
const calendarFeature: Field<CalendarFeature> = choice({
  doc: "a number of the calendar",
  of: calendarNames,
});
/** Fields of {@link ColumnOptions}. */
export const columnFields: Schema<ColumnOptions> = {
  kind: choice({ doc: "what it holds; ignore leaves it out", of: columnKinds }),
  missing: nullable(choice({
    doc: "what stands for a missing cell; the median of numbers and a category of its own unless given",
    of: ["median", "mean", "zero", "mostFrequent", "category", "error"],
  })),
  flag: nullable(bool({
    doc:
      "a number beside it that is 1 where the cell was missing; unless given, where training rows miss some",
  })),
  scaling: choice({
    doc: "how numbers are scaled",
    of: ["standard", "minMax", "robust", "none"],
    default: "standard",
  }),
  transform: choice({
    doc: "taken of numbers before they are scaled",
    of: ["none", "log1p"],
    default: "none",
  }),
  bins: field<number | "values">({
    doc: "numbers also as ones and zeros: so many bins of equally many rows, or a bin around each value",
    expects: "0, a number of bins from 2, or values",
    default: 0,
    json: { anyOf: [{ type: "integer", minimum: 0 }, { const: "values" }] },
    read: (raw) =>
      raw === "values" || (typeof raw === "number" && Number.isSafeInteger(raw) && raw >= 0 && raw !== 1)
        ? raw
        : undefined,
  }),
  encoding: choice({
    doc: "categories as ones and zeros, or as rows of a table that is learnt",
    of: ["oneHot", "embedding"],
    default: "oneHot",
  }),
  dimension: nullable(
    int({ doc: "numbers in such a row; by the number of categories unless given", min: 1 }),
  ),
  maxCategories: int({ doc: "most categories that are told apart", min: 1, default: 64 }),
  minRows: int({ doc: "training rows that a category must have to be told apart", min: 1, default: 2 }),
  decimal: choice({ doc: "what stands before decimals", of: [".", ","], default: "." }),
  thousands: choice({ doc: "what stands between thousands", of: ["", ",", ".", " ", "'"], default: "" }),
  missingWords: list({
    doc: "words that stand for a missing cell, beside an empty one, NA, ?, nan, null and none",
    of: word("a word"),
    default: [],
  }),
  dayFirst: nullable(bool({ doc: "3/4/2024 is 3 April; told by the dates unless given" })),
  calendar: nullable(list({
    doc: "what a date gives beside its days since 1970; by how dates lie unless given",
    of: calendarFeature,
  })),
  maxFeatures: int({ doc: "n-grams of words that are counted of a text", min: 1, default: 100 }),
};
/** Options of a column of a kind, all others as they are unless said. */
export function columnOf(given: ColumnKind | Partial<ColumnOptions>, path: string): ColumnOptions {
  return parseConfig(columnFields, typeof given === "string" ? { kind: given } : { ...given }, path);
}

/** What training rows taught of a column. */
export interface FittedColumn extends ColumnOptions {
  /** The column's name. */
  readonly name: string;
  /** What stands for a missing number, or a missing category. */
  readonly fill: number | string | null;
  /** Taken away from each number, the calendar's too. */
  readonly center: readonly number[];
  /** What it is divided by afterwards. */
  readonly scale: readonly number[];
  /** Where one bin ends and the next begins, rising. */
  readonly edges: readonly number[];
  /** The categories in their order. */
  readonly categories: readonly string[];
  /** True where training rows had unknown categories: those too rare to be told apart. */
  readonly bucket: boolean;
  /** N-grams with their weights. */
  readonly ngrams: FittedNgrams | null;
}
const numbers = (doc: string) => list({ doc, of: float({ doc }), default: [] });
const inner = <C>(doc: string, schema: Schema<C>): Field<C> =>
  field<C>({
    doc,
    expects: `an object with ${Object.keys(schema).join(", ")}`,
    read: (raw, path) => (isRecord(raw) ? parseConfig(schema, raw, path) : undefined),
  });
/** Fields of {@link FittedColumn}. */
export const fittedColumnFields: Schema<FittedColumn> = {
  name: word("the column's name"),
  ...columnFields,
  fill: nullable(field<number | string>({
    doc: "what stands for a missing cell",
    expects: "a number or a text",
    read: (raw) => (typeof raw === "number" || typeof raw === "string" ? raw : undefined),
  })),
  center: numbers("taken away from each number"),
  scale: numbers("what it is divided by"),
  edges: numbers("where bins end"),
  categories: list({ doc: "the categories in their order", of: word("a category"), default: [] }),
  bucket: bool({ doc: "training rows had unknown categories", default: false }),
  ngrams: nullable(inner("n-grams with their weights", {
    ...ngramFields,
    features: list({ doc: "the n-grams", of: word("an n-gram") }),
    idf: numbers("their weights"),
  })),
};

/** What is predicted, and how its cells are read. */
export interface FittedTarget {
  /** The column's name. */
  readonly name: string;
  /** Classes, or a number. */
  readonly kind: "class" | "number";
  /** The classes in their order; empty for numbers. */
  readonly classes: readonly string[];
  /** What stands before decimals. */
  readonly decimal: "." | ",";
  /** What stands between thousands. */
  readonly thousands: "" | "," | "." | " " | "'";
  /** Mean of the training rows' numbers. */
  readonly center: number;
  /** Their standard deviation. */
  readonly scale: number;
}
/** Fields of {@link FittedTarget}. */
export const targetFields: Schema<FittedTarget> = {
  name: word("the column's name"),
  kind: choice({ doc: "classes, or a number", of: ["class", "number"] }),
  classes: list({ doc: "the classes in their order", of: word("a class"), default: [] }),
  decimal: columnFields.decimal,
  thousands: columnFields.thousands,
  center: float({ doc: "mean of the training rows' numbers", default: 0 }),
  scale: float({ doc: "their standard deviation", default: 1 }),
};
