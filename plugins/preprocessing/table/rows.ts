/** Rows of tables in their forms as columns of cells by name. @module */
import { InputError, shown } from "../../../core/values/errors.ts";
import { nearest } from "../../../core/values/schema.ts";

/** A table: as `parseCsv` gives it, rows as objects, or columns by name. */
export type TableRows =
  | { readonly header: readonly string[]; readonly rows: readonly (readonly string[])[] }
  | readonly Readonly<Record<string, unknown>>[]
  | Readonly<Record<string, ArrayLike<unknown>>>;

/** Columns of cells by name, all of one length. */
export interface CellColumns {
  readonly rows: number;
  readonly names: readonly string[];
  /** @throws {InputError} naming the column that isn't there and the nearest that is. */
  column(name: string): readonly string[];
}

/** A value as a cell: what isn't there is empty. */
function cellOf(value: unknown, place: () => string): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  if (typeof value === "number") return Number.isNaN(value) ? "" : `${value}`;
  if (typeof value === "boolean" || typeof value === "bigint") return `${value}`;
  if (value instanceof Date) return value.toISOString();
  throw new InputError(`${place()}: expected a text, number, boolean or date, got ${shown(value)}`);
}
const isTable = (rows: TableRows): rows is Extract<TableRows, { readonly header: readonly string[] }> =>
  !Array.isArray(rows) && Array.isArray((rows as { header?: unknown }).header) &&
  Array.isArray((rows as { rows?: unknown }).rows);

/** A table's columns, whichever form it has. `what` names it in messages. */
export function cellColumns(given: TableRows, what: string): CellColumns {
  if (isTable(given)) {
    const places = new Map(given.header.map((name, i) => [name, i]));
    return columnsWith(given.rows.length, given.header, what, (name) => {
      const at = places.get(name) ?? -1;
      return given.rows.map((row) => row[at] ?? "");
    });
  }
  if (Array.isArray(given)) {
    const list = given as readonly Readonly<Record<string, unknown>>[];
    const names = [...new Set(list.flatMap((row) => Object.keys(row)))];
    return columnsWith(
      list.length,
      names,
      what,
      (name) =>
        list.map((row, i) =>
          cellOf(
            Object.hasOwn(row, name) ? row[name] : undefined,
            () => `${what}: row ${i + 1}, column ${name}`,
          )
        ),
    );
  }
  const columns = given as Readonly<Record<string, ArrayLike<unknown>>>, names = Object.keys(columns);
  const rows = columns[names[0] ?? ""]?.length ?? 0;
  const other = names.find((name) => columns[name]?.length !== rows);
  if (other !== undefined) {
    throw new InputError(
      `${what}: column ${other} has ${columns[other]?.length} rows, column ${names[0]} has ${rows}`,
    );
  }
  return columnsWith(
    rows,
    names,
    what,
    (name) =>
      Array.from(columns[name] ?? [], (v, i) => cellOf(v, () => `${what}: row ${i + 1}, column ${name}`)),
  );
}
function columnsWith(
  rows: number,
  names: readonly string[],
  what: string,
  read: (name: string) => readonly string[],
): CellColumns {
  const known = new Set(names), kept = new Map<string, readonly string[]>();
  return {
    rows,
    names,
    column(name) {
      if (!known.has(name)) throw noColumn(what, name, names);
      const cells = kept.get(name) ?? read(name);
      kept.set(name, cells);
      return cells;
    },
  };
}
/** The error for a column that isn't there. */
export function noColumn(what: string, name: string, names: readonly string[]): InputError {
  const near = nearest(name, names);
  return new InputError(
    `${what}: no column ${shown(name)}; it has ${names.join(", ")}${near ? ` (is ${near} meant?)` : ""}`,
    { place: name },
  );
}
/** Those rows of a table, as cells. */
export function pickedCells(columns: CellColumns, rows: ArrayLike<number>): CellColumns {
  return columnsWith(rows.length, columns.names, "table", (name) => {
    const cells = columns.column(name);
    return Array.from(rows, (r) => cells[r] ?? "");
  });
}
