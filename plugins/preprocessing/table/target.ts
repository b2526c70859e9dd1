/** What is predicted: classes or a number, told by the target's cells; and its cells as a model takes them. @module */
import { InputError, shown } from "../../../core/values/errors.ts";
import { nearest } from "../../../core/values/schema.ts";
import { type Tensor, tensor } from "../../../core/values/tensor.ts";
import { formOf, isAbsent, numberIn } from "./cells.ts";
import type { FittedTarget } from "./columns.ts";
import { shortNumber } from "./kinds.ts";

/** A target and what was decided of it. */
export interface FoundTarget {
  readonly target: FittedTarget;
  /** What was decided, in a sentence. */
  readonly why: string;
}
/** Whole numbers of so few values, each in so many rows, are classes. */
const fewClasses = 10, rowsEach = 10;
/** Above this share of rows, distinct words are no classes. */
const mostClasses = 0.5;

/** Rows that say a target. */
export function labelledRows(cells: readonly string[]): Int32Array {
  return Int32Array.from([...cells.keys()].filter((row) => !isAbsent(cells[row] ?? "")));
}
/** Classes in their order: numbers by size, words by their code points. */
function ordered(words: readonly string[], number: (word: string) => number): readonly string[] {
  const all = words.every((word) => !Number.isNaN(number(word)));
  return [...words].sort((a, b) =>
    all ? number(a) - number(b) || (a < b ? -1 : 1) : a < b ? -1 : a > b ? 1 : 0
  );
}

/**
 * Learns what is predicted; `kind` says it, or the cells tell it. Cells are those of rows that have one.
 * @throws {InputError} where nothing can be learnt of it: one value alone, no number, a class for every row.
 */
export function findTarget(
  name: string,
  given: readonly string[],
  kind: "class" | "number" | undefined,
  what: string,
  said?: readonly string[],
): FoundTarget {
  const place = `${what}: target ${name}`, cells = given.map((cell) => cell.trim());
  if (cells.length === 0) throw new InputError(`${place}: no row has a value`);
  const words = [...new Set(cells)], { form, count } = formOf(cells);
  if (words.length === 1 && !said) {
    throw new InputError(
      `${place}: every row has the same value, ${shown(words[0])}: there is nothing to learn`,
    );
  }
  const number = (word: string) => numberIn(word, form), all = count === cells.length;
  const values = all ? cells.map(number) : [], whole = values.every((v) => Number.isInteger(v));
  const few = whole && words.length <= fewClasses && cells.length >= rowsEach * words.length;
  const chosen = kind ?? (all && words.length > 2 && !few ? "number" : "class");
  if (chosen === "number") {
    if (!all) {
      const row = cells.findIndex((cell) => Number.isNaN(number(cell)));
      throw new InputError(
        `${place}: ${shown(cells[row])} is not a number: expected numbers to be predicted`,
      );
    }
    const center = values.reduce((a, b) => a + b, 0) / values.length;
    const scale = Math.sqrt(values.reduce((a, v) => a + (v - center) ** 2, 0) / values.length) || 1;
    const range = `${shortNumber(Math.min(...bounds(values)))} … ${shortNumber(Math.max(...bounds(values)))}`;
    return {
      target: { name, kind: "number", classes: [], ...form, center, scale },
      why: `a number, ${range}`,
    };
  }
  if (kind === undefined && words.length > 2 && words.length > mostClasses * cells.length) {
    const odd = cells.find((cell) => Number.isNaN(number(cell)));
    throw new InputError(
      count > 0.5 * cells.length
        ? `${place}: ${count} of ${cells.length} values are numbers, ${
          shown(odd)
        } is not: leave its cell empty, or say that they are classes`
        : `${place}: ${words.length} different values in ${cells.length} rows are no classes: choose another column, or say that they are`,
    );
  }
  const classes = said ?? ordered(words, number);
  const many = classes.length > 5 ? `${classes.slice(0, 4).join(", ")}, …` : classes.join(", ");
  return {
    target: { name, kind: "class", classes, ...form, center: 0, scale: 1 },
    why: `${classes.length} classes: ${many}` +
      (all && kind === undefined && words.length > 2
        ? " (few whole numbers; they can be predicted as a number too)"
        : ""),
  };
}
const bounds = (values: readonly number[]): [number, number] =>
  values.reduce<[number, number]>(([low, high], v) => [Math.min(low, v), Math.max(high, v)], [
    Infinity,
    -Infinity,
  ]);

/**
 * Targets as a model takes them: classes as int32 `[rows]`, numbers as float32 `[rows, 1]`.
 * @throws {InputError} for a class that training rows don't have, a cell that is no number, or a missing one, with its row.
 */
export function encodeTarget(target: FittedTarget, cells: readonly string[], what: string): Tensor {
  const place = (row: number) => `${what}: row ${row + 1}, target ${target.name}`;
  const detail = (row: number) => ({ place: `row ${row + 1}` });
  const gap = cells.findIndex(isAbsent);
  if (gap >= 0) throw new InputError(`${place(gap)}: there is no value`, detail(gap));
  if (target.kind === "number") {
    const values = Float32Array.from(cells, (cell, row) => {
      const n = numberIn(cell, target);
      if (!Number.isNaN(n)) return n;
      throw new InputError(`${place(row)}: ${shown(cell)} is not a number`, detail(row));
    });
    return tensor(values, [values.length, 1]);
  }
  const places = new Map(target.classes.map((name, i) => [name, i]));
  // 1 and 1.0 are one class.
  const numbers = new Map(target.classes.map((name, i) => [numberIn(name, target), i]));
  const ids = Int32Array.from(cells, (cell, row) => {
    const n = numberIn(cell, target);
    const id = places.get(cell.trim()) ?? (Number.isNaN(n) ? undefined : numbers.get(n));
    if (id !== undefined) return id;
    const near = nearest(cell.trim(), target.classes);
    throw new InputError(
      `${place(row)}: ${shown(cell)} is none of the classes ${target.classes.slice(0, 20).join(", ")}` +
        `${near ? ` (is ${near} meant?)` : ""}`,
      detail(row),
    );
  });
  return tensor(ids, [ids.length]);
}
