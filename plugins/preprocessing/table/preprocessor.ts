/** Tables of numbers, categories, dates and texts to rows of numbers, fitted on training rows and kept in the model's file. @module */
import * as args from "../../../io/files/arguments.ts";
import { ConfigError, FormatError, InputError, shown } from "../../../core/values/errors.ts";
import type { Extras } from "../../../core/model/format.ts";
import {
  checkOptions,
  isRecord,
  list,
  nearest,
  nullable,
  type OptionNames,
  parseConfig,
} from "../../../core/values/schema.ts";
import { defaultLimits } from "../../../core/values/limits.ts";
import { type Tensor, tensor } from "../../../core/values/tensor.ts";
import { writeFileAtomic } from "../../../io/files/folders.ts";
import { readSource, type SourceLike } from "../../../io/files/sources.ts";
import {
  type ColumnKind,
  columnOf,
  type ColumnOptions,
  type FittedColumn,
  fittedColumnFields,
  type FittedTarget,
  targetFields,
} from "./columns.ts";
import { encodeColumn, featuresOf } from "./encode.ts";
import { fitColumn } from "./fit.ts";
import { findColumn, type FoundColumn } from "./kinds.ts";
import { type CellColumns, cellColumns, noColumn, pickedCells, type TableRows } from "./rows.ts";
import { encodeTarget, findTarget, labelledRows } from "./target.ts";

/** Options of {@link tablePreprocessor}. */
export interface TablePreprocessorOptions {
  /** The column that is predicted; none where rows are only prepared. */
  readonly target?: string;
  /** Whether it is classes or a number; told by its cells unless given. */
  readonly targetKind?: "class" | "number";
  /** The classes in their order; those of the rows, sorted, unless given. */
  readonly classes?: readonly string[];
  /** What columns hold, by name: a kind, or options with one. Told by the cells of those that aren't named. */
  readonly columns?: Readonly<Record<string, ColumnKind | Partial<ColumnOptions>>>;
  /** Name of the table, for messages. */
  readonly file?: string;
}
const optionNames: OptionNames<TablePreprocessorOptions> = {
  target: 0,
  targetKind: 0,
  classes: 0,
  columns: 0,
  file: 0,
};

/** A column as it was found and is taken. */
export interface TakenColumn extends FoundColumn {
  /** True where the options said it. */
  readonly said: boolean;
}
/** Rows as a model takes them. */
export interface PreparedTable {
  /** Numbers: float32 `[rows, width]`. */
  readonly x: Tensor;
  /** Classes as int32 `[rows]`, or numbers as float32 `[rows, 1]`; undefined where the table has no target. */
  readonly y: Tensor | undefined;
}
/** A fitted preprocessor as JSON, which {@link tablePreprocessorFrom} reads. */
export interface TablePreprocessorJson {
  /** Every column that is used, in the order of its numbers. */
  readonly columns: readonly FittedColumn[];
  /** Names of columns that were left out. */
  readonly ignored: readonly string[];
  /** What is predicted. */
  readonly target: FittedTarget | null;
}
/** Tables to rows of numbers. */
export interface TablePreprocessor {
  /** Every column of the table that it was fitted on, as found and taken; empty where it was read from a file. */
  readonly found: readonly TakenColumn[];
  /** The columns that are used, with what training rows taught of them. @throws {InputError} before it was fitted. */
  readonly columns: readonly FittedColumn[];
  /** What is predicted; undefined without a target. */
  readonly target: FittedTarget | undefined;
  /** What was decided of the target, and other things to know, a sentence each. */
  readonly notes: readonly string[];
  /** The classes by number; empty where a number is predicted. */
  readonly classes: readonly string[];
  /** Names of the numbers in a row. */
  readonly featureNames: readonly string[];
  /** Numbers in a row. */
  readonly width: number;
  /** Learns kinds, scales, categories and the target from training rows. @throws {InputError} naming the column that doesn't fit. */
  fit(rows: TableRows): TablePreprocessor;
  /**
   * Rows as a model takes them; columns are found by name, in any order.
   * @throws {InputError} naming a column that isn't there and the nearest that is; {@link FormatError} naming a row that doesn't fit.
   */
  transform(rows: TableRows): PreparedTable;
  /** Both, of the rows that say their target. */
  fitTransform(rows: TableRows): PreparedTable;
  /** The numbers alone, whether the table has the target or not. */
  features(rows: TableRows): Tensor;
  /** Cells of the target as a model takes them. @throws {InputError} for a class that isn't known, with its row. */
  targets(cells: readonly string[]): Tensor;
  /** The rows that say their target; all of them without one. */
  labelled(rows: TableRows): Int32Array;
  /** Columns of a table that are not used, nor known as left out. */
  extra(rows: TableRows): readonly string[];
  /** What {@link tablePreprocessorFrom} reads: names, kinds, order, scales, categories. */
  toJSON(): TablePreprocessorJson;
  /** Writes it as JSON. */
  save(path: string | URL): Promise<void>;
  /** What `model.save(path, { extras })` keeps; {@link tablePreprocessorOf} finds it again, and so does the command line. */
  readonly extras: Extras;
}

/**
 * A preprocessor of tables. Kinds of columns are told by their cells: numbers, whole numbers, categories, dates, texts; ids and
 * columns of one value are left out. `columns` says another.
 *
 * ```ts
 * import { parseCsv, tablePreprocessor } from "@lapis/lapis/data";
 * const cars = parseCsv("city,km,price\nBonn,10,3\nKiel,?,4\nBonn,30,7\n");
 * const table = tablePreprocessor({ target: "price", columns: { city: { kind: "category", minRows: 1 } } });
 * const { x } = table.fitTransform(cars);
 * console.log(table.featureNames, x.shape); // ["city=Bonn", "city=Kiel", "km", "km:missing"] [3, 4]
 * ```
 * @throws {ConfigError} for an option that doesn't fit, with the nearest name.
 */
export function tablePreprocessor(options: TablePreprocessorOptions = {}): TablePreprocessor {
  checkOptions("tablePreprocessor", options, optionNames);
  const { targetKind } = options;
  if (targetKind !== undefined && targetKind !== "class" && targetKind !== "number") {
    throw new ConfigError(`tablePreprocessor.targetKind: expected class or number, got ${shown(targetKind)}`);
  }
  for (const [name, column] of Object.entries(options.columns ?? {})) sayColumn(name, column);
  return new FittedTable(options, undefined);
}
/** What options say of a column; one whose kind isn't said has the kind that is found. */
function sayColumn(
  name: string,
  given: ColumnKind | Partial<ColumnOptions>,
  kind?: ColumnKind,
): ColumnOptions {
  const said = typeof given === "string" ? { kind: given } : given;
  return columnOf({ kind: kind ?? "number", ...said }, `columns.${name}`);
}

/** True for a column of few values each of which stands with one class alone, as the target under another name does. */
function tells(cells: readonly string[], classes: readonly string[], distinct: number): boolean {
  if (distinct > 20 || cells.length < 5 * distinct) return false;
  const seen = new Map<string, string>();
  return cells.every((cell, row) => {
    const name = classes[row] ?? "", before = seen.get(cell);
    seen.set(cell, name);
    return before === undefined || before === name;
  });
}
/** Words that are counted of a text that is all there is to learn from. */
const loneFeatures = 2000;
/** A text that stands alone has more of its words counted. */
function widened(used: readonly TakenColumn[]): readonly TakenColumn[] {
  const [only, more] = used;
  if (!only || more || only.options.kind !== "text" || only.options.maxFeatures !== undefined) return used;
  const why = only.said ? only.why : `${only.why}, ${loneFeatures} at most`;
  return [{ ...only, why, options: { ...only.options, maxFeatures: loneFeatures } }];
}

class FittedTable implements TablePreprocessor {
  readonly #options: TablePreprocessorOptions;
  #json: TablePreprocessorJson | undefined;
  #found: readonly TakenColumn[] = [];
  #notes: readonly string[] = [];
  constructor(options: TablePreprocessorOptions, json: TablePreprocessorJson | undefined) {
    this.#options = options;
    this.#json = json;
  }
  #need(): TablePreprocessorJson {
    if (this.#json) return this.#json;
    throw new InputError("tablePreprocessor: knows no columns: call fit(rows) first");
  }
  get #what(): string {
    return this.#options.file ?? "table";
  }
  get found(): readonly TakenColumn[] {
    return this.#found;
  }
  get notes(): readonly string[] {
    return this.#notes;
  }
  get columns(): readonly FittedColumn[] {
    return this.#need().columns;
  }
  get target(): FittedTarget | undefined {
    return this.#need().target ?? undefined;
  }
  get classes(): readonly string[] {
    return this.target?.classes ?? [];
  }
  get featureNames(): readonly string[] {
    return this.columns.flatMap(featuresOf);
  }
  get width(): number {
    return this.featureNames.length;
  }

  fit(rows: TableRows): TablePreprocessor {
    const { target, targetKind, classes, columns: said = {} } = this.#options, what = this.#what;
    const all = cellColumns(rows, what);
    for (const name of Object.keys(said)) {
      if (!all.names.includes(name)) throw noColumn(what, name, all.names);
    }
    if (target !== undefined && said[target] !== undefined) {
      throw new ConfigError(`columns.${target}: is the target, which is no column to learn from`);
    }
    const kept = target === undefined ? undefined : labelledRows(all.column(target));
    const known = kept && kept.length < all.rows ? pickedCells(all, kept) : all;
    if (known.rows === 0) {
      throw new InputError(`${what}: no row ${target === undefined ? "to learn from" : `has a ${target}`}`);
    }
    if (known.rows === 1) throw new InputError(`${what}: one row alone: there is nothing to learn`);
    const left = all.rows - known.rows;
    const predicted = target === undefined
      ? undefined
      : findTarget(target, known.column(target), targetKind, what, classes);
    const found = known.names.filter((name) => name !== target).map((name): TakenColumn => {
      const column = findColumn(name, known.column(name)), own = said[name];
      if (own === undefined) return { ...column, said: false };
      const options = sayColumn(name, own, column.options.kind);
      // What was found of how cells are written holds whatever the column is said to be.
      const { decimal, thousands, missingWords } = column.options;
      const written = {
        ...(decimal && { decimal }),
        ...(thousands !== undefined && { thousands }),
        ...(missingWords && { missingWords }),
      };
      return {
        ...column,
        options: { ...written, ...(typeof own === "string" ? {} : own), kind: options.kind },
        why: "",
        said: true,
      };
    });
    const used = widened(found.filter(({ options }) => options.kind !== "ignore"));
    if (used.length === 0) throw new InputError(`${what}: no column is left to learn from`);
    this.#found = found.map((column) => used.find(({ name }) => name === column.name) ?? column);
    this.#notes = [
      ...(predicted ? [`${predicted.target.name}: ${predicted.why}`] : []),
      ...(predicted?.target.kind === "class"
        ? used.filter((c) => tells(known.column(c.name), known.column(predicted.target.name), c.distinct))
          .map((c) =>
            `${c.name} alone tells ${target} in every row: where it isn't known beforehand, leave it out (kind ignore)`
          )
        : []),
      ...(left > 0 ? [`${left} of ${all.rows} rows have no ${target} and are left out`] : []),
    ];
    this.#json = {
      columns: used.map(({ name, options }) =>
        fitColumn(name, known.column(name), columnOf(options, `columns.${name}`), what)
      ),
      ignored: found.filter(({ options }) => options.kind === "ignore").map(({ name }) => name),
      target: predicted?.target ?? null,
    };
    return this;
  }
  #features(all: CellColumns, what: string): Tensor {
    const { columns } = this.#need(), width = this.width, data = new Float32Array(all.rows * width);
    const gone = columns.filter(({ name }) => !all.names.includes(name)), [first, second] = gone;
    if (first) {
      const near = nearest(first.name, all.names.filter((name) => !columns.some((c) => c.name === name)));
      throw new InputError(
        `${what}: no column ${shown(first.name)}${
          second ? `, nor ${gone.slice(1).map(({ name }) => shown(name)).join(", ")}` : ""
        }; it has ${all.names.join(", ")}${near ? ` (is ${near} meant?)` : ""}`,
        { place: first.name },
      );
    }
    let from = 0;
    for (const column of columns) {
      const start = from, place = `${what}: column ${column.name}`;
      encodeColumn(
        column,
        all.column(column.name),
        place,
        (row, at, value) => data[row * width + start + at] = value,
      );
      from += featuresOf(column).length;
    }
    return tensor(data, [all.rows, width]);
  }
  features(rows: TableRows): Tensor {
    return this.#features(cellColumns(rows, this.#what), this.#what);
  }
  transform(rows: TableRows): PreparedTable {
    const what = this.#what, all = cellColumns(rows, what), target = this.target;
    const y = target && all.names.includes(target.name) ? this.targets(all.column(target.name)) : undefined;
    return { x: this.#features(all, what), y };
  }
  fitTransform(rows: TableRows): PreparedTable {
    this.fit(rows);
    const all = cellColumns(rows, this.#what), kept = this.labelled(rows);
    const picked = kept.length === all.rows ? all : pickedCells(all, kept);
    return this.transform(Object.fromEntries(picked.names.map((name) => [name, picked.column(name)])));
  }
  targets(cells: readonly string[]): Tensor {
    if (this.target) return encodeTarget(this.target, cells, this.#what);
    throw new InputError(`${this.#what}: nothing is predicted: the preprocessor has no target`);
  }
  labelled(rows: TableRows): Int32Array {
    const all = cellColumns(rows, this.#what), name = this.target?.name;
    if (name === undefined) return Int32Array.from({ length: all.rows }, (_, i) => i);
    return labelledRows(all.column(name));
  }
  extra(rows: TableRows): readonly string[] {
    const { columns, ignored, target } = this.#need();
    const known = new Set([...columns.map(({ name }) => name), ...ignored, target?.name]);
    return cellColumns(rows, this.#what).names.filter((name) => !known.has(name));
  }
  toJSON(): TablePreprocessorJson {
    return this.#need();
  }
  async save(path: string | URL): Promise<void> {
    await writeFileAtomic(path, new TextEncoder().encode(`${JSON.stringify(this.#need(), null, 2)}\n`));
  }
  get extras(): Extras {
    const { classes } = this;
    return {
      json: { preprocessing: { table: this.#need() }, ...(classes.length > 0 && { labels: classes }) },
    };
  }
}

/** A fitted preprocessor from its JSON. @throws {ConfigError} with the path of what isn't as it must be. */
export function tablePreprocessorFrom(
  json: unknown,
  options: { readonly file?: string; readonly place?: string } = {},
): TablePreprocessor {
  checkOptions("tablePreprocessorFrom", options, { file: 0, place: 0 });
  const { file, place = "table" } = options;
  if (!isRecord(json)) {
    throw new ConfigError(`${place}: expected an object with columns, ignored, target`, { place });
  }
  const inner = <C>(schema: Parameters<typeof parseConfig<C>>[0]) => ({
    doc: "",
    expects: "an object",
    required: true,
    parse: (raw: unknown, path: string) => {
      if (isRecord(raw)) return parseConfig(schema, raw, path);
      throw new ConfigError(`${path}: expected an object, got ${shown(raw)}`, { place: path });
    },
  });
  const read = parseConfig<TablePreprocessorJson>(
    {
      columns: list({ doc: "the columns", of: inner(fittedColumnFields) }),
      ignored: list({ doc: "columns that are left out", of: fittedColumnFields.name, default: [] }),
      target: nullable(inner(targetFields)),
    },
    json,
    place,
  );
  return new FittedTable({ ...(file !== undefined && { file }) }, read);
}
/** Reads what {@link TablePreprocessor.save} wrote. @throws {FormatError} for a file that isn't JSON. */
export async function loadTablePreprocessor(from: SourceLike): Promise<TablePreprocessor> {
  const { bytes } = await readSource(from, defaultLimits);
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new FormatError("table preprocessor: is not JSON", { cause });
  }
  return tablePreprocessorFrom(json);
}
/**
 * The preprocessor that a model's file holds, as `lapis train` or `model.save(path, { extras: table.extras })` wrote it; undefined
 * where it holds none.
 *
 * ```ts ignore
 * const model = await loadModel("penguins.keras"), table = tablePreprocessorOf(model);
 * if (table) console.log(await model.predict(table.features(await readCsv("new.csv"))));
 * ```
 * @throws {ConfigError} where what the file holds isn't one.
 */
export function tablePreprocessorOf(
  model: { readonly extras?: Extras | undefined },
): TablePreprocessor | undefined {
  args.check("tablePreprocessorOf", "model", model, args.object);
  const { extras } = model;
  const raw = extras?.json.preprocessing;
  return isRecord(raw) && raw.table !== undefined && raw.table !== null
    ? tablePreprocessorFrom(raw.table, { place: "lapis.json: preprocessing.table" })
    : undefined;
}
