/** Reads files of data: arrays, tables, pictures, data sets, and text. @module */
import { InputError, readNpy, type Tensor } from "../mod.ts";
import { pictureForm } from "./pictures/layout.ts";
import {
  type BrokenPicture,
  type CsvTable,
  csvToTensor,
  isPicture,
  parseCsv,
  parseJsonLines,
  readCifar10,
  readIdx,
  readImage,
  readImageFolder,
  recordsToTable,
  resizeImage,
} from "../public/data.ts";
import { reshaped, toNumbers } from "../public/tensors.ts";
import { spooledBytes } from "./given.ts";

/** Reads a file. @throws {InputError} in one line, when there is none or it is a directory. */
export async function readBytes(path: string): Promise<Uint8Array> {
  const spooled = spooledBytes(path);
  if (spooled) return spooled;
  try {
    return await Deno.readFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) throw new InputError(`${path}: no such file`, { file: path });
    if (error instanceof Deno.errors.IsADirectory) {
      throw new InputError(`${path}: is a directory, expected a file`, { file: path });
    }
    if (error instanceof Deno.errors.PermissionDenied) {
      throw new InputError(`${path}: the system refuses to read it`, { file: path });
    }
    throw error;
  }
}

/** Reads a UTF-8 text file. */
export async function readText(path: string): Promise<string> {
  return new TextDecoder().decode(await readBytes(path));
}

/** How a table is read, where its file doesn't tell. */
export interface TableOptions {
  readonly delimiter?: string | null;
  readonly header?: boolean | readonly string[] | null;
}
/**
 * Reads a table: cells between commas, semicolons or tabs, or a JSON object a line; gzipped or not.
 * @throws {InputError} where it has no rows.
 */
export async function readTable(path: string, options: TableOptions = {}): Promise<CsvTable> {
  const bytes = await readBytes(path), { header } = options;
  const delimiter = options.delimiter ?? (/\.tsv(\.gz)?$/.test(path) ? "\t" : undefined);
  const table = /\.(jsonl|ndjson)(\.gz)?$/.test(path)
    ? recordsToTable(parseJsonLines(bytes, { file: path }))
    : parseCsv(bytes, {
      file: path,
      ...(delimiter !== undefined && { delimiter }),
      ...(header !== undefined && header !== null && { header }),
    });
  if (table.rows.length === 0) {
    throw new InputError(`${path}: has no rows below its header ${table.header.join(", ")}`, { file: path });
  }
  return table;
}

/** A column of a CSV file by name. @throws {InputError} that lists the columns there are. */
export async function readColumn(path: string, name: string): Promise<readonly string[]> {
  const { header, rows } = await readTable(path), at = header.indexOf(name);
  if (at < 0) {
    throw new InputError(`${path}: no column ${name}; it has ${header.join(", ")}`, { file: path });
  }
  return rows.map((row) => row[at] ?? "");
}

/** True for comma or tab separated tables, and JSON lines. */
export const isTable = (path: string): boolean => /\.(csv|tsv|jsonl|ndjson)(\.gz)?$/.test(path);
export { isPicture } from "../public/data.ts";
/** True for a folder. */
export async function isFolder(path: string): Promise<boolean> {
  return await Deno.stat(path).then((s) => s.isDirectory, () => false);
}
const isIdx = (path: string) => /idx\d-ubyte(\.gz)?$/.test(path) || /\.idx(\.gz)?$/.test(path);
/** True for CIFAR-10 binaries. */
export const isCifar = (path: string): boolean => /\.bin(\.gz)?$/.test(path);

/** Pictures with their files. */
export interface Pictures {
  readonly images: Tensor;
  readonly files: readonly string[];
  /** Those of a folder that can't be read. */
  readonly broken: readonly BrokenPicture[];
}
/** Pictures of a file or a folder, in the size and channels that an input asks for. */
export async function readPictures(
  path: string,
  wanted: readonly (number | string | null)[],
): Promise<Pictures> {
  const { height, width, colorMode } = pictureForm(wanted), reading = { colorMode, upright: true };
  const imageSize = height === undefined || width === undefined ? undefined : [height, width] as const;
  if (!await isFolder(path)) {
    const image = await readImage(await readBytes(path), { file: path, ...reading });
    const made = imageSize ? resizeImage(image, imageSize) : image;
    return { images: reshaped(made, [1, ...made.shape]), files: [path], broken: [] };
  }
  const { images, files, broken } = await readImageFolder(path, {
    ...reading,
    classNames: [],
    broken: "skip",
    ...(imageSize && { imageSize }),
  });
  return { images, files: files.map((file) => `${path.replace(/(?<=.)[\\/]+$/, "")}/${file}`), broken };
}

/** Numbers from `.npy`, `.csv` (all columns), IDX and CIFAR-10 files, pictures and folders of them; `wanted` is an input's shape. */
export async function readTensor(
  path: string,
  wanted: readonly (number | string | null)[] = [],
): Promise<Tensor> {
  if (isPicture(path) || await isFolder(path)) return (await readPictures(path, wanted)).images;
  if (isTable(path)) return csvToTensor(await readTable(path), { file: path });
  const bytes = await readBytes(path);
  if (isIdx(path)) return readIdx(bytes, { file: path });
  if (isCifar(path)) return readCifar10(bytes, { file: path }).images;
  return readNpy(bytes, path);
}

/** The true classes of the rows: an array of numbers, a CSV column of names or numbers, or a data set's labels. */
export async function readLabels(
  path: string,
  column: string,
  names: readonly string[] | undefined,
): Promise<Int32Array> {
  if (isTable(path)) {
    return Int32Array.from(await readColumn(path, column), (value, row) => {
      const id = names?.indexOf(value) ?? -1, n = id >= 0 ? id : value === "" ? NaN : Number(value);
      if (!Number.isInteger(n)) {
        throw new InputError(
          `${path}: row ${row + 1}: ${JSON.stringify(value)} is neither a label nor a class number`,
        );
      }
      return n;
    });
  }
  if (isCifar(path)) {
    return Int32Array.from(toNumbers(readCifar10(await readBytes(path), { file: path }).labels));
  }
  return Int32Array.from(toNumbers(await readTensor(path)));
}
