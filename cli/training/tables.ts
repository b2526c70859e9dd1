/** Reads a part of a data set from tables: columns by name, several files under one another. @module */
import { InputError, type Tensor, tensor } from "../../mod.ts";
import { type CsvTable, csvToTensor, isMissing } from "../../public/data.ts";
import { fields } from "../../public/plugins.ts";
import { readTable } from "../inputs.ts";
import type { DataConfig, SourceConfig } from "./config.ts";
import type { RawPart } from "./sources.ts";

/** Columns by name, in the order of the first file. */
type Columns = ReadonlyMap<string, readonly string[]>;

/** True for columns that their places name, since no row does. */
export const isUnnamed = (names: readonly string[]): boolean => names.every((name, i) => name === `${i}`);
/** The error for a column that a file doesn't have, with the nearest that it has and that isn't one of those `taken`. */
export function noColumn(
  file: string,
  name: string,
  names: readonly string[],
  taken: readonly string[] = [],
): InputError {
  const near = fields.nearest(name, names.filter((other) => !taken.includes(other))),
    plain = isUnnamed(names);
  return new InputError(
    `${file}: no column ${name}; it has ${names.join(", ")}${near ? ` (is ${near} meant?)` : ""}` +
      (plain ? ": no row names its columns" : ""),
    { file },
  );
}
/** The tables' rows, one file after another; their columns may stand in any order. */
async function readTables(files: readonly string[], { table }: DataConfig): Promise<Columns> {
  const columns = new Map<string, string[]>(), [first = ""] = files;
  for (const file of files) {
    const { header, rows } = await readTable(file, table);
    if (file === first) { for (const name of header) columns.set(name, []); }
    const names = [...columns.keys()], lacks = names.find((name) => !header.includes(name));
    if (lacks !== undefined) throw noColumn(file, lacks, header, names);
    const more = header.find((name) => !columns.has(name));
    if (more !== undefined) throw noColumn(first, more, names);
    header.forEach((name, i) => {
      const into = columns.get(name);
      for (const row of rows) into?.push(row[i] ?? "");
    });
  }
  return columns;
}
function columnOf(
  columns: Columns,
  name: string,
  files: string,
  taken: readonly string[] = [],
): readonly string[] {
  const found = columns.get(name);
  if (found) return found;
  throw noColumn(files, name, [...columns.keys()], taken);
}
/** A column as numbers where every cell is one, else as it stands. */
function numbersOr(cells: readonly string[]): Tensor | readonly string[] {
  const numbers = cells.map((cell) => (cell.trim() === "" ? NaN : Number(cell)));
  return numbers.some(Number.isNaN) ? cells : tensor(Float64Array.from(numbers), [numbers.length]);
}
/** Those columns as a table. */
function cut(columns: Columns, names: readonly string[], files: string): CsvTable {
  const kept = names.map((name) => columnOf(columns, name, files, names));
  return { header: names, rows: (kept[0] ?? []).map((_, r) => kept.map((column) => column[r] ?? "")) };
}

/** Samples and targets of tables, as {@link RawPart} has them. */
export async function tablePart(
  { x: list }: SourceConfig,
  data: DataConfig,
  needed: boolean,
): Promise<RawPart> {
  const files = list.join(", "), columns = await readTables(list, data), names = [...columns.keys()];
  const named = needed || columns.has(data.label);
  const cells = named ? columnOf(columns, data.label, files) : undefined;
  const words = data.text ?? data.ngrams;
  if (data.columns) return cellsPart(files, cut(columns, names, files), cells, needed);
  const y = cells && (data.labels ? cells : numbersOr(cells));
  if (words) return { files, x: columnOf(columns, words.column, files), y };
  const others = names.filter((name) => name !== data.label), features = data.features ?? others;
  const extra = data.features ? others.filter((name) => !features.includes(name)) : [];
  return { files, x: csvToTensor(cut(columns, features, files), { file: files }), y, features, extra };
}
/** Cells as they stand; where targets are needed, the rows that have one. */
function cellsPart(
  files: string,
  table: CsvTable,
  cells: readonly string[] | undefined,
  needed: boolean,
): RawPart {
  if (!cells || !needed || !cells.some(isMissing)) return { files, x: table, y: cells };
  const kept = [...cells.keys()].filter((row) => !isMissing(cells[row] ?? ""));
  return {
    files,
    x: { header: table.header, rows: kept.map((row) => table.rows[row] ?? []) },
    y: kept.map((row) => cells[row] ?? ""),
    left: cells.length - kept.length,
  };
}

/** What is to be said of columns that aren't used, and of rows that were left out. */
export function notesOf(
  { files, extra = [], left = 0 }: Pick<RawPart, "files" | "extra" | "left">,
): readonly string[] {
  return [
    ...(extra.length > 0 ? [`${files}: the model takes no ${extra.join(", ")}`] : []),
    ...(left > 0 ? [`${files}: ${left} ${left === 1 ? "row" : "rows"} without a target left out`] : []),
  ];
}
