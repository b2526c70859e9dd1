/** Predictions as a table: a row for every sample, with what names it, its class and its numbers. @module */
import { InputError, type Tensor } from "../../mod.ts";
import { toNumbers } from "../../public/tensors.ts";
import type { Feed } from "../feed.ts";
import { shapeText } from "../terminal.ts";
import { type ClassNames, classScores } from "./classes.ts";

/** A column of results. */
export interface Column {
  readonly name: string;
  readonly kind: "text" | "whole" | "number";
  readonly values: readonly (string | number)[];
}
/** Tables with more columns than this are arrays: other files hold them better. */
const most = 4096;

/** The number that a float32 stands for, in as few digits as tell it from its neighbours. */
export function shortest(v: number): number {
  if (!Number.isFinite(v) || Math.fround(v) !== v) return v;
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(v.toPrecision(digits));
    if (Math.fround(short) === v) return short;
  }
  return Number(v.toPrecision(9));
}

/** The columns that say of which sample a row is: its number, file, text, and what stood beside it. */
function rowColumns({ rows, files, texts, beside }: Feed): readonly Column[] {
  const text = (name: string, values: readonly string[]): Column => ({ name, kind: "text", values });
  return [
    { name: "row", kind: "whole", values: Array.from({ length: rows }, (_, r) => r + 1) },
    ...(files ? [text("file", files)] : []),
    ...Object.entries(beside ?? {}).map(([name, values]) => text(name, values)),
    ...(texts ? [text("text", texts)] : []),
  ];
}

function outputColumns(prefix: string, t: Tensor, about: ClassNames): readonly Column[] {
  const rows = t.shape[0] ?? 1, of = (name: string) => prefix === "" ? name : `${prefix}_${name}`;
  const each = Array.from({ length: rows }, (_, r) => r), scores = classScores(t, about);
  if (scores) {
    const { at, best, name, classes, probabilities } = scores;
    const score = (f: (row: number) => number) => each.map((row) => shortest(f(row)));
    return [
      { name: of("label"), kind: "text", values: each.map((row) => name(best(row))) },
      {
        name: of(probabilities ? "probability" : "score"),
        kind: "number",
        values: score((row) => at(row, best(row))),
      },
      ...Array.from({ length: classes }, (_, c): Column => ({
        name: of(`${probabilities ? "p" : "score"}_${name(c)}`),
        kind: "number",
        values: score((row) => at(row, c)),
      })),
    ];
  }
  const width = t.shape.slice(1).reduce((a, b) => a * b, 1), text = t.dtype === "string";
  const cells = text ? t.data as readonly string[] : Array.from(toNumbers(t), shortest);
  return Array.from({ length: width }, (_, c) => ({
    name: width === 1 ? of("prediction") : of(`prediction_${c}`),
    kind: text ? "text" : "number",
    values: each.map((row) => cells[row * width + c] ?? ""),
  }));
}

/**
 * Predictions of all outputs as columns. With several outputs their columns begin with the outputs' names.
 * @throws {InputError} for an output that hasn't a row for every sample, or more numbers a row than a table has room for.
 */
export function predictionColumns(
  outputs: Readonly<Record<string, Tensor>>,
  feed: Feed,
  about: ClassNames,
): readonly Column[] {
  const named = Object.entries(outputs), columns = [...rowColumns(feed)];
  for (const [name, t] of named) {
    const width = t.shape.slice(1).reduce((a, b) => a * b, 1);
    if (t.shape[0] !== feed.rows || width > most) {
      throw new InputError(
        `output ${name} ${
          shapeText(t.shape)
        } is no table of ${feed.rows} rows: write it as .npy, or into a folder`,
      );
    }
    for (const column of outputColumns(named.length === 1 ? "" : name, t, about)) {
      let own = column.name;
      while (columns.some((other) => other.name === own)) own = `predicted_${own}`;
      columns.push({ ...column, name: own });
    }
  }
  return columns;
}
