/** Reads the samples and targets of a data set: tables, texts, pictures, arrays; several files are joined. @module */
import { InputError, type Tensor, tensor } from "../../mod.ts";
import { type BrokenPicture, type CsvTable, csvToTensor, readCifar10, readNpz } from "../../public/data.ts";
import { takeRows, toNumbers } from "../../public/tensors.ts";
import { isCifar, isFolder, isTable, readBytes, readTable, readTensor, readText } from "../inputs.ts";
import { picturePart, picturesNamed } from "../pictures/reading.ts";
import type { DataConfig, SourceConfig } from "./config.ts";
import { tablePart } from "./tables.ts";

/** A part of a data set as its files hold it. */
export interface RawPart {
  /** The files, for messages. */
  readonly files: string;
  /** Samples: numbers, texts, or the cells of a table. */
  readonly x: Tensor | readonly string[] | CsvTable;
  /** Targets: numbers, or names of classes. */
  readonly y: Tensor | readonly string[] | undefined;
  /** Names of the columns that the samples' numbers are, where they come from a table. */
  readonly features?: readonly string[];
  /** Columns of the table that the model doesn't take. */
  readonly extra?: readonly string[];
  /** Rows that were left out, since they have no target. */
  readonly left?: number;
  /** Names of all classes, where these are some rows of a part that may lack one. */
  readonly classes?: readonly string[] | undefined;
  /** The file of each sample, where samples are pictures. */
  readonly pictures?: readonly string[];
  /** Pictures that can't be read, and why. */
  readonly broken?: readonly BrokenPicture[];
}

/** True for texts, as against numbers. */
export function isTexts(values: RawPart["x"] | undefined): values is readonly string[] {
  return Array.isArray(values);
}
/** True for cells of a table. */
export function isCells(values: RawPart["x"]): values is CsvTable {
  return !Array.isArray(values) && "header" in values;
}
/** How many samples there are. */
export function rowsIn(x: RawPart["x"]): number {
  return isTexts(x) ? x.length : isCells(x) ? x.rows.length : x.shape[0] ?? 0;
}

/** Tensors under one another. */
function joined(list: readonly Tensor[], files: string): Tensor {
  const [first] = list;
  if (!first) throw new InputError(`${files}: no files`);
  if (list.length === 1) return first;
  const shapes = new Set(list.map((t) => t.shape.slice(1).join("×")));
  if (shapes.size > 1) {
    throw new InputError(`${files}: their samples have different shapes: ${[...shapes].join(", ")}`);
  }
  const numbers = list.map(toNumbers), size = numbers.reduce((n, part) => n + part.length, 0);
  const data = new Float32Array(size);
  let at = 0;
  for (const part of numbers) data.set(part as ArrayLike<number>, at), at += part.length;
  return tensor(data, [list.reduce((n, t) => n + (t.shape[0] ?? 0), 0), ...first.shape.slice(1)]);
}

/** Samples and targets of one file that isn't a table. */
async function arrays(file: string): Promise<{ readonly x: Tensor; readonly y?: Tensor }> {
  if (isCifar(file)) {
    const { images, labels } = readCifar10(await readBytes(file), { file });
    return { x: images, y: labels };
  }
  if (file.endsWith(".npz")) {
    const held = readNpz(await readBytes(file), { file });
    const x = held.get("x") ?? held.get("arr_0"), y = held.get("y") ?? held.get("arr_1");
    if (!x) throw new InputError(`${file}: holds ${[...held.keys()].join(", ")}: expected x and y`, { file });
    return { x, ...(y && { y }) };
  }
  return { x: await readTensor(file) };
}

/**
 * Reads a part of a data set.
 * @throws {InputError} naming the file that is missing, has other columns, or lacks targets where they are needed.
 */
export async function readPart(given: SourceConfig, data: DataConfig, needed = true): Promise<RawPart> {
  const { from, to } = given, whole = await readWhole(given, data, needed);
  if (from === 0 && to === 1) return whole;
  if (!(from < to)) throw new InputError(`${whole.files}: the part begins at ${from} and ends at ${to}`);
  const long = data.text?.next && isTexts(whole.x) ? Array.from(whole.x.join("")) : undefined;
  const rows = long?.length ?? rowsIn(whole.x);
  const first = Math.floor(rows * from), end = Math.floor(rows * to);
  if (long) return { ...whole, x: [long.slice(first, end).join("")] };
  return pickedRows(whole, Int32Array.from({ length: end - first }, (_, i) => first + i));
}

/** Those rows of a part, in that order. */
export function pickedRows(part: RawPart, rows: Int32Array): RawPart {
  const pick = <T extends RawPart["x"]>(all: T): T =>
    (isTexts(all)
      ? Array.from(rows, (r) => all[r] ?? "")
      : isCells(all)
      ? { header: all.header, rows: Array.from(rows, (r) => all.rows[r] ?? []) }
      : takeRows(all, rows)) as T;
  const { pictures } = part;
  return {
    ...part,
    x: pick(part.x),
    y: part.y && pick(part.y),
    ...(pictures && { pictures: pick(pictures) }),
  };
}
/** Targets of a file of their own: of a table its target column, where it has one of that name. */
async function targetsIn(file: string, data: DataConfig): Promise<Tensor> {
  if (!isTable(file)) return await readTensor(file);
  const { header, rows } = await readTable(file, data.table), at = header.indexOf(data.label);
  if (at < 0) return csvToTensor({ header, rows }, { file });
  return csvToTensor({ header: [data.label], rows: rows.map((row) => [row[at] ?? ""]) }, { file });
}
async function readWhole(given: SourceConfig, data: DataConfig, needed: boolean): Promise<RawPart> {
  const { x: files, y: targets } = given, names = files.join(", ");
  if (data.text?.next) {
    const texts = await Promise.all(files.map(readText));
    return { files: names, x: [texts.join("")], y: undefined };
  }
  const [folder] = files;
  if (folder !== undefined && files.length === 1 && !targets && await isFolder(folder)) {
    return await picturePart(folder, data, needed);
  }
  if (files.every(isTable) && !targets && data.image.column !== null) {
    return await picturesNamed(files, data, needed);
  }
  if (files.every(isTable) && !targets) return await tablePart(given, data, needed);
  const list = [];
  for (const file of files) list.push(await arrays(file));
  const own = list.flatMap(({ y }) => (y ? [y] : []));
  const apart = targets ? await Promise.all(targets.map((file) => targetsIn(file, data))) : own;
  if (apart.length === 0 && needed) {
    throw new InputError(`${names}: holds no targets: give them as "y", or by --target`, { file: names });
  }
  const x = joined(list.map((part) => part.x), names);
  const y = apart.length > 0 ? joined(apart, targets?.join(", ") ?? names) : undefined;
  const rows = y?.shape[0] ?? x.shape[0];
  if (rows !== x.shape[0]) {
    throw new InputError(`${names}: has ${x.shape[0]} samples for ${rows} targets`, { file: names });
  }
  return { files: names, x, y };
}
