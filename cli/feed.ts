/** What a model is run on, read from the files and texts that the command line names. @module */
import { castTensor, InputError, type Model, type Tensor } from "../mod.ts";
import {
  type BrokenPicture,
  type CsvTable,
  csvToTensor,
  readPictures as readPicturesOf,
} from "../public/data.ts";
import { dtypes, isFloat, isInteger, reshaped, tensor, toNumbers } from "../public/tensors.ts";
import { textVectorizer } from "../public/text.ts";
import type { Assets, TakenRows } from "./assets.ts";
import { UsageError } from "./command.ts";
import { givenFile, givenFiles } from "./given.ts";
import {
  isFolder,
  isPicture,
  isTable,
  readColumn,
  readPictures,
  readTable,
  readTensor,
  readText,
} from "./inputs.ts";
import { pictureColumn, placed, tableFolder } from "./pictures/found.ts";
import { channelsFirst, normalized, pictureForm, turnedFirst, wantsTurning } from "./pictures/layout.ts";
import { shapeText } from "./terminal.ts";
import { rulesOf } from "./tokenrules.ts";

/** How input files are read. */
export interface InputOptions {
  /** `FILE` or `NAME=FILE`, a pattern, or `-`. */
  readonly inputs: readonly string[];
  readonly texts: readonly string[];
  readonly textFile?: string;
  /** Column of a CSV file that holds the text; as the model's file says, or `text`, unless given. */
  readonly column?: string;
  /** Numbers are divided by this, as pictures are by 255; as the model's file says unless given. */
  readonly divide?: number;
  /** Where zeros are put; as the model's file says, or `post`, unless given. */
  readonly padding?: "post" | "pre";
  /** Taken away from each channel of pictures once they are divided, and what they are divided by then. */
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
}
/** Columns of a table by name. */
export type Columns = Readonly<Record<string, readonly string[]>>;
/** What the model is run on. */
export interface Feed {
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly rows: number;
  /** The texts behind the rows, where they were texts. */
  readonly texts?: readonly string[];
  /** The pictures' files behind the rows. */
  readonly files?: readonly string[];
  /** Pictures that can't be read, and why; they have no row. */
  readonly broken?: readonly BrokenPicture[];
  /** Columns of the rows' table that the model doesn't take: ids and what else tells rows apart. */
  readonly beside?: Columns;
}

/** What the files of one input hold. */
interface Read {
  readonly x: Tensor;
  readonly files?: readonly string[];
  readonly broken?: readonly BrokenPicture[];
  readonly beside?: Columns;
}
type Shape = readonly (number | string | null)[];
type Log = (line: string) => void;

function divided(t: Tensor, by: number): Tensor {
  const numbers = toNumbers(t), data = new Float32Array(numbers.length);
  for (let i = 0; i < data.length; i++) data[i] = (numbers[i] ?? 0) / by;
  return { dtype: "float32", shape: t.shape, data };
}

/** Gives a tensor the rank an input asks for, where only the way its rows are laid out differs; one sample is one row. */
function shapedFor(t: Tensor, wanted: Shape): Tensor {
  const inner = wanted.slice(1).map((d) => (typeof d === "number" ? d : -1));
  const rows = t.shape[0] ?? 0;
  if (wantsTurning(t, wanted)) return turnedFirst(t);
  if (t.shape.length === inner.length && inner.every((d, i) => d < 0 || d === t.shape[i])) {
    return reshaped(t, [1, ...t.shape]);
  }
  if (t.shape.length === wanted.length || inner.includes(-1) || rows === 0) return t;
  const size = inner.reduce((a, b) => a * b, 1);
  return t.data.length === rows * size ? reshaped(t, [rows, ...inner]) : t;
}

/** Numbers of an input's type. @throws {InputError} with the row, where one is no whole number of that type. */
function castFor(t: Tensor, { name, dtype }: Model["inputs"][number]): Tensor {
  if (isInteger(dtype) && isFloat(t.dtype)) {
    const { bits, kind } = dtypes[dtype], low = kind === "uint" ? 0 : -(2 ** (bits - 1));
    const high = kind === "uint" ? 2 ** bits - 1 : 2 ** (bits - 1) - 1, numbers = toNumbers(t);
    const wrong = numbers.findIndex((v: number) => !Number.isInteger(v) || v < low || v > high);
    if (wrong >= 0) {
      const width = numbers.length / (t.shape[0] ?? 1), row = Math.floor(wrong / width);
      throw new InputError(
        `input ${name}: row ${row + 1}, number ${wrong - row * width + 1}: ${
          numbers[wrong]
        } is not of type ${dtype}`,
        { place: name },
      );
    }
  }
  return castTensor(t, dtype);
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

/** Tables of several files as one. @throws {InputError} for a file with other columns. */
async function tableOf(files: readonly string[]): Promise<{ header: readonly string[]; rows: string[][] }> {
  const rows: string[][] = [];
  let header: readonly string[] | undefined;
  for (const file of files) {
    const table = await readTable(file);
    header ??= table.header;
    if (`${header}` !== `${table.header}`) {
      throw new InputError(
        `${file}: has the columns ${table.header.join(", ")}, ${files[0]} has ${header.join(", ")}`,
        { file },
      );
    }
    for (const row of table.rows) rows.push([...row]);
  }
  return { header: header ?? [], rows };
}
const without = (columns: Columns, names: readonly (string | undefined)[]): Columns =>
  Object.fromEntries(Object.entries(columns).filter(([name]) => !names.includes(name)));
const columnsOf = ({ header, rows }: { header: readonly string[]; rows: readonly (readonly string[])[] }) =>
  Object.fromEntries(header.map((name, i) => [name, rows.map((row) => row[i] ?? "")]));

/** The columns that a model was trained on, by name; the target's is left out, and said. */
async function readColumns(files: readonly string[], { columns, rows }: Assets, log: Log): Promise<Read> {
  const name = files.join(", "), table = await tableOf(files), { header } = table;
  const target = columns && header.includes(columns.label) ? columns.label : undefined;
  if (target !== undefined) log(`${name}: column ${target} is the target, and left out`);
  const taken = rows?.(table, name) ?? allColumns(table, target, name);
  for (const note of taken.notes) log(note);
  return { x: taken.x, beside: without(columnsOf(table), [...taken.columns, target]) };
}
/** Every input of a model that takes columns as they stand, of tables; undefined for other models and files. */
async function readInputs(given: readonly string[], { inputs, columns }: Assets, log: Log) {
  if (!inputs) return undefined;
  const files = await givenFiles(given);
  if (files.length === 0 || !files.every(isTable)) return undefined;
  const table = await tableOf(files), taken = inputs(table, files.join(", "));
  for (const note of taken.notes) log(note);
  return { tensors: taken.tensors, beside: without(columnsOf(table), [...taken.columns, columns?.label]) };
}
function allColumns(table: CsvTable, target: string | undefined, file: string): TakenRows {
  const columns = table.header.filter((column) => column !== target);
  return { x: csvToTensor(table, { file, columns }), columns, notes: [] };
}

/** Tensors under one another. @throws {InputError} for a file whose samples have another shape. */
function joined(list: readonly Tensor[], files: readonly string[]): Tensor {
  const [first] = list;
  if (!first) throw new InputError("no files");
  if (list.length === 1) return first;
  const numbers = list.map((t, i) => {
    if (`${t.shape.slice(1)}` === `${first.shape.slice(1)}`) return toNumbers(t);
    throw new InputError(
      `${files[i]}: its samples are ${shapeText(t.shape.slice(1))}, those of ${files[0]} ${
        shapeText(first.shape.slice(1))
      }`,
    );
  });
  const data = new Float32Array(numbers.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of numbers) data.set(part as ArrayLike<number>, at), at += part.length;
  return tensor(data, [list.reduce((n, t) => n + (t.shape[0] ?? 0), 0), ...first.shape.slice(1)]);
}

/** The files of one input, one after another. */
async function readInput(files: readonly string[], wanted: Shape, assets: Assets, log: Log): Promise<Read> {
  const list: Tensor[] = [], names: string[] = [], broken: BrokenPicture[] = [];
  if (files.every(isTable)) {
    const columns = wanted.length < 4 ? [] : await Promise.all(files.map(pictureColumn));
    if (columns.length === 0 || columns.includes(undefined)) return await readColumns(files, assets, log);
    return await readNamed(files, columns, wanted);
  }
  for (const file of files) {
    if (isPicture(file) || await isFolder(file)) {
      const { images, files: pictures, broken: wrong } = await readPictures(file, wanted);
      list.push(images);
      names.push(...pictures);
      broken.push(...wrong);
    } else list.push(await readTensor(file, wanted));
  }
  return { x: joined(list, files), ...(names.length > 0 && { files: names, broken }) };
}
/** Pictures that columns of tables name. */
async function readNamed(
  tables: readonly string[],
  columns: readonly (string | undefined)[],
  wanted: Shape,
): Promise<Read> {
  const { height, width, colorMode } = pictureForm(wanted), all: string[] = [];
  for (const [i, file] of tables.entries()) {
    for (const name of await readColumn(file, columns[i] ?? "")) all.push(placed(tableFolder(file), name));
  }
  const size = height !== undefined && width !== undefined && { imageSize: [height, width] as const };
  const { images, files, broken } = await readPicturesOf(all, {
    colorMode,
    upright: true,
    broken: "skip",
    ...size,
  });
  return { x: images, files, broken };
}
/** Numbers scaled as flags say, or as the model's file does. */
function scaledFor(
  x: Tensor,
  options: InputOptions,
  assets: Assets,
  { shape }: { readonly shape: Shape },
): Tensor {
  const { divide, mean, std } = options;
  if (divide === undefined && !mean && !std) return assets.scale?.(x) ?? x;
  const whole = divide === undefined ? x : divided(x, divide), count = (mean ?? std ?? []).length;
  if (!mean && !std) return whole;
  const first = channelsFirst(shape) && !wantsTurning(x, shape),
    channels = x.shape[first ? 1 : x.shape.length - 1];
  if (channels !== count && count !== 1) {
    throw new UsageError(
      `--mean and --std: expected a number for each of ${channels} channels, got ${count}`,
    );
  }
  return normalized(whole, mean ?? (std ?? []).map(() => 0), std ?? (mean ?? []).map(() => 1), first);
}

/** Texts, with the columns that stand beside them in their table. */
async function givenTexts(
  options: InputOptions,
  assets: Assets,
): Promise<{ readonly texts: readonly string[]; readonly beside?: Columns } | undefined> {
  const { inputs, texts, textFile } = options;
  const given = [
    inputs.length > 0 && "--input",
    texts.length > 0 && "--text",
    textFile !== undefined && "--text-file",
  ]
    .filter((flag) => flag !== false);
  if (given.length > 1) {
    throw new UsageError(`${given.join(" and ")}: each is the model's input; give one of them`);
  }
  if (texts.length > 0) return { texts };
  if (textFile !== undefined) {
    const lines = (await readText(await givenFile(textFile))).split(/\r?\n/);
    return { texts: lines.filter((line) => line.trim() !== "") };
  }
  const reads = assets.vocabulary !== undefined || assets.vectorize !== undefined;
  const files = reads ? await givenFiles(inputs) : [];
  if (files.length === 0 || !files.every(isTable)) return undefined;
  const all = columnsOf(await tableOf(files)), column = options.column ?? assets.text?.column ?? "text";
  const found = Object.hasOwn(all, column) ? all[column] : undefined;
  if (found) return { texts: found, beside: without(all, [column, assets.columns?.label]) };
  throw new InputError(`${files.join(", ")}: no column ${column}; it has ${Object.keys(all).join(", ")}`);
}

/** The files of every input by its name: those that name it, else in order; all of them where there is one input. */
async function filesByInput(
  model: Model,
  inputs: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const names = model.inputs.map(({ name }) => name), found = new Map<string, string[]>();
  const add = (name: string, files: readonly string[]) =>
    found.set(name, [...found.get(name) ?? [], ...files]);
  const unnamed: string[] = [];
  for (const given of inputs) {
    const mark = given.indexOf("="), said = given.slice(0, Math.max(mark, 0));
    if (names.includes(said)) add(said, await givenFiles([given.slice(mark + 1)]));
    else unnamed.push(given);
  }
  const files = await givenFiles(unnamed), open = names.filter((name) => !found.has(name)), [only] = names;
  if (names.length === 1 && only !== undefined) {
    if (files.length > 0) add(only, files);
    return found;
  }
  for (const [i, file] of files.entries()) {
    const name = open[i];
    if (name === undefined) {
      throw new UsageError(
        `--input ${file}: the model has ${names.length} inputs: ${
          names.join(", ")
        }; name several files of one as NAME=FILE`,
      );
    }
    add(name, [file]);
  }
  return found;
}

/** Reads every input of the model from the options; `log` is told what is left out. */
export async function readFeed(
  model: Model,
  assets: Assets,
  options: InputOptions,
  log: Log = () => {},
): Promise<Feed> {
  const words = await givenTexts(options, assets), { texts } = words ?? {}, [first] = model.inputs;
  const read = new Map<string, Read>();
  if (texts && first) {
    const padding = options.padding ?? assets.text?.padding ?? "post";
    read.set(first.name, { x: vectorize(model, assets, texts, padding), ...words });
  } else {
    if (options.column !== undefined) throw new UsageError("--column: the model reads no text");
    const whole = await readInputs(options.inputs, assets, log);
    for (const [name, x] of Object.entries(whole?.tensors ?? {})) {
      read.set(name, { x, beside: whole?.beside ?? {} });
    }
    for (const [name, files] of whole ? [] : await filesByInput(model, options.inputs)) {
      const { shape = [] } = model.inputs.find((port) => port.name === name) ?? {};
      read.set(name, await readInput(files, shape, assets, log));
    }
  }
  let rows = 0;
  const tensors: Record<string, Tensor> = {};
  for (const port of model.inputs) {
    const { name, shape } = port, x = read.get(name)?.x;
    if (x === undefined) {
      throw new UsageError(`input ${name} ${shapeText(shape)} is missing: --input ${name}=FILE.npy`);
    }
    const scaled = texts ? x : scaledFor(x, options, assets, port);
    if (wantsTurning(scaled, shape) && !read.get(name)?.files) {
      log(`${name}: the channels of ${shapeText(x.shape)} are put first, as the model takes them`);
    }
    const t = castFor(shapedFor(scaled, shape), port);
    tensors[name] = t;
    rows = t.shape[0] ?? 1;
    if (rows === 0) throw new InputError(`input ${name}: ${shapeText(t.shape)} has no rows`);
  }
  const parts = [...read.values()], files = parts.find((part) => part.files)?.files;
  const beside = parts.find((part) => part.beside)?.beside;
  const broken = parts.flatMap((part) => part.broken ?? []);
  return {
    tensors,
    rows,
    ...(texts && { texts }),
    ...(files && { files }),
    ...(broken.length > 0 && { broken }),
    ...(beside && { beside }),
  };
}
