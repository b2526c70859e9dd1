/** Reads what a model is run on: arrays, tables, pictures in data set files, and text. @module */
import { castTensor, InputError, type Model, readNpy, type Tensor } from "../mod.ts";
import {
  type CsvTable,
  csvToTensor,
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
import { textVectorizer } from "../public/text.ts";
import type { Assets } from "./assets.ts";
import { UsageError } from "./command.ts";
import { shapeText } from "./terminal.ts";
import { rulesOf } from "./tokenrules.ts";

/** How input files are read. */
export interface InputOptions {
  /** `FILE` or `NAME=FILE`. */
  readonly inputs: readonly string[];
  readonly texts: readonly string[];
  readonly textFile?: string;
  /** Column of a CSV file that holds the text; as the model's file says, or `text`, unless given. */
  readonly column?: string;
  /** Numbers are divided by this, as pictures are by 255; as the model's file says unless given. */
  readonly divide?: number;
  /** Where zeros are put; as the model's file says, or `post`, unless given. */
  readonly padding?: "post" | "pre";
}
/** What the model is run on. */
export interface Feed {
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly rows: number;
  /** The texts behind the rows, where they were texts. */
  readonly texts?: readonly string[];
}

/** Reads a file. @throws {InputError} in one line, when there is none or it is a directory. */
export async function readBytes(path: string): Promise<Uint8Array> {
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
/** True for pictures. */
export const isPicture = (path: string): boolean => /\.(png|jpe?g|gif|bmp)$/i.test(path);
/** True for a folder. */
export async function isFolder(path: string): Promise<boolean> {
  return await Deno.stat(path).then((s) => s.isDirectory, () => false);
}
const isIdx = (path: string) => /idx\d-ubyte(\.gz)?$/.test(path) || /\.idx(\.gz)?$/.test(path);
/** True for CIFAR-10 binaries. */
export const isCifar = (path: string): boolean => /\.bin(\.gz)?$/.test(path);

/** Height, width and channels of the pictures that an input takes, as far as its shape says them; flat ones are square. */
function pictureShape(shape: readonly (number | string | null)[]): readonly (number | undefined)[] {
  const inner = shape.slice(1).map((d) => (typeof d === "number" ? d : undefined)), [flat] = inner;
  if (inner.length === 2) return [...inner, 1];
  if (inner.length !== 1 || flat === undefined) return inner;
  const channels = [1, 3, 4].find((c) => Number.isInteger(Math.sqrt(flat / c))) ?? 1,
    side = Math.sqrt(flat / channels);
  return [side, side, channels];
}
/** Pictures of a file or a folder, in the size and channels that an input asks for. */
async function readPictures(path: string, wanted: readonly (number | string | null)[]): Promise<Tensor> {
  const [height, width, channels = 3] = pictureShape(wanted);
  const colorMode = channels === 1 ? "grayscale" : channels === 4 ? "rgba" : "rgb";
  const imageSize = height === undefined || width === undefined ? undefined : [height, width] as const;
  if (await isFolder(path)) {
    return (await readImageFolder(path, { colorMode, ...(imageSize && { imageSize }) })).images;
  }
  const image = await readImage(await readBytes(path), { file: path, colorMode });
  const made = imageSize ? resizeImage(image, imageSize) : image;
  return reshaped(made, [1, ...made.shape]);
}

/** Numbers from `.npy`, `.csv` (all columns), IDX and CIFAR-10 files, pictures and folders of them; `wanted` is an input's shape. */
export async function readTensor(
  path: string,
  wanted: readonly (number | string | null)[] = [],
): Promise<Tensor> {
  if (isPicture(path) || await isFolder(path)) return await readPictures(path, wanted);
  if (isTable(path)) return csvToTensor(await readTable(path), { file: path });
  const bytes = await readBytes(path);
  if (isIdx(path)) return readIdx(bytes, { file: path });
  if (isCifar(path)) return readCifar10(bytes, { file: path }).images;
  return readNpy(bytes, path);
}

function divided(t: Tensor, by: number): Tensor {
  const numbers = toNumbers(t), data = new Float32Array(numbers.length);
  for (let i = 0; i < data.length; i++) data[i] = (numbers[i] ?? 0) / by;
  return { dtype: "float32", shape: t.shape, data };
}

/** Gives a tensor the rank an input asks for, where only the way its rows are laid out differs. */
function shapedFor(t: Tensor, wanted: readonly (number | string | null)[]): Tensor {
  const inner = wanted.slice(1).map((d) => (typeof d === "number" ? d : -1));
  const rows = t.shape[0] ?? 0;
  if (t.shape.length === wanted.length || inner.includes(-1) || rows === 0) return t;
  const size = inner.reduce((a, b) => a * b, 1);
  return t.data.length === rows * size ? reshaped(t, [rows, ...inner]) : t;
}

function vectorize(model: Model, assets: Assets, texts: readonly string[], padding: "post" | "pre"): Tensor {
  const { vocabulary } = assets;
  if (assets.vectorize) return assets.vectorize(texts);
  if (vocabulary === undefined) {
    throw new InputError(
      `text needs a vocabulary: the model's file holds none, and ${assets.folder} has no vocabulary.json`,
    );
  }
  const fixed = model.inputs[0]?.shape[1], length = typeof fixed === "number" ? fixed : assets.text?.length;
  if (length === undefined) {
    throw new InputError(
      `text needs an input of fixed length; the model takes ${shapeText(model.inputs[0]?.shape ?? [])}`,
    );
  }
  return textVectorizer({ ...rulesOf(assets.text), vocabulary, length, padding }).transform(texts);
}

async function givenTexts(options: InputOptions, assets: Assets): Promise<readonly string[] | undefined> {
  if (options.texts.length > 0) return options.texts;
  if (options.textFile !== undefined) {
    return (await readText(options.textFile)).split(/\r?\n/).filter((line) => line.trim() !== "");
  }
  const [only, more] = options.inputs;
  const reads = assets.vocabulary !== undefined || assets.vectorize !== undefined;
  if (!reads || only === undefined || more !== undefined || !isTable(only)) return undefined;
  return await readColumn(only, options.column ?? assets.text?.column ?? "text");
}

/** Reads every input of the model from the options. */
export async function readFeed(model: Model, assets: Assets, options: InputOptions): Promise<Feed> {
  const texts = await givenTexts(options, assets);
  const named: Record<string, Tensor> = {};
  if (texts !== undefined) {
    const first = model.inputs[0];
    if (first !== undefined) {
      named[first.name] = vectorize(model, assets, texts, options.padding ?? assets.text?.padding ?? "post");
    }
  } else {
    const names = model.inputs.map(({ name }) => name);
    for (const [i, given] of options.inputs.entries()) {
      const mark = given.indexOf("="), said = mark > 0 ? given.slice(0, mark) : undefined;
      const byName = said !== undefined && names.includes(said);
      const name = byName ? said : names[i];
      if (name === undefined) {
        throw new UsageError(`--input ${given}: the model has ${names.length} inputs: ${names.join(", ")}`);
      }
      const { shape = [] } = model.inputs.find((port) => port.name === name) ?? {};
      named[name] = await readTensor(byName ? given.slice(mark + 1) : given, shape);
    }
  }
  let rows = 0;
  const tensors: Record<string, Tensor> = {};
  for (const { name, dtype, shape } of model.inputs) {
    const read = named[name];
    if (read === undefined) {
      throw new UsageError(`input ${name} ${shapeText(shape)} is missing: --input ${name}=FILE.npy`);
    }
    const scaled = texts !== undefined
      ? read
      : options.divide !== undefined
      ? divided(read, options.divide)
      : assets.scale?.(read) ?? read;
    const t = castTensor(shapedFor(scaled, shape), dtype);
    tensors[name] = t;
    rows = t.shape[0] ?? 1;
    if (rows === 0) throw new InputError(`input ${name}: ${shapeText(t.shape)} has no rows`);
  }
  return texts === undefined ? { tensors, rows } : { tensors, rows, texts };
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
