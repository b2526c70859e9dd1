/** What stands between a file's samples and a model: vocabulary, scaling, classes; and its form in lapis.json. @module */
import { type Extras, InputError, type Tensor, tensor } from "../../mod.ts";
import {
  type CsvTable,
  csvToTensor,
  tablePreprocessor,
  tablePreprocessorFrom,
  type TablePreprocessorJson,
} from "../../public/data.ts";
import { fields, type Schema } from "../../public/plugins.ts";
import { reshaped, sizeOf, toNumbers } from "../../public/tensors.ts";
import {
  buildVocabulary,
  type FittedNgrams,
  fitTfIdf,
  ngramFields,
  type TextSettings,
  textSettingsFields,
  textVectorizer,
  tfIdfVectorizer,
} from "../../public/text.ts";
import type { TakenRows } from "../assets.ts";
import { readText } from "../inputs.ts";
import { type DataConfig, defaultData, defaultText, type Json } from "./config.ts";
import { isUnnamed, noColumn, notesOf } from "./tables.ts";
import { isCells, isTexts, type RawPart } from "./sources.ts";
import { type ImageConfig, imageFields } from "./readerconfig.ts";
import { rulesOf } from "../tokenrules.ts";

const { choice, float, int, list, nullable, parseConfig, text } = fields;

/** An object of fields inside another. */
function inner<C>(doc: string, schema: Schema<C>): fields.Field<C> {
  return fields.field<C>({
    doc,
    expects: `an object with ${Object.keys(schema).join(", ")}`,
    read: (raw, path) => parseConfig(schema, raw as Json, path),
  });
}
/** N-grams with the weights that the training texts gave them. */
export interface PreparedNgrams {
  readonly column: string;
  readonly kinds: readonly FittedNgrams[];
}
const fittedNgramFields: Schema<FittedNgrams> = {
  ...ngramFields,
  features: list({ doc: "the n-grams", of: text({ doc: "an n-gram" }) }),
  idf: list({ doc: "their weights", of: float({ doc: "a weight" }) }),
};
const ngramsFields: Schema<PreparedNgrams> = {
  column: text({ doc: "column of the text" }),
  kinds: list({ doc: "kinds of n-grams", of: inner("a kind", fittedNgramFields) }),
};
/** How samples are prepared, as fitted on the training part. */
export interface Preparation {
  readonly text: TextSettings | null;
  readonly vocabulary: readonly string[] | null;
  readonly ngrams: PreparedNgrams | null;
  readonly features: readonly string[] | null;
  readonly label: string;
  readonly target: "class" | "number";
  readonly divide: number;
  readonly mean: readonly number[] | null;
  readonly deviation: readonly number[] | null;
  readonly shape: readonly number[] | null;
  readonly table: TablePreprocessorJson | null;
  readonly image: ImageConfig | null;
}
const numbers = (doc: string) => nullable(list({ doc, of: float({ doc }) }));
const words = (doc: string) => nullable(list({ doc, of: text({ doc }) }));
const preparationFields: Schema<Preparation> = {
  text: nullable(inner("samples are texts", textSettingsFields)),
  vocabulary: words("tokens by id"),
  ngrams: nullable(inner("samples are texts, as weights of n-grams", ngramsFields)),
  features: words("columns of the sample"),
  label: text({ doc: "column of the target", default: "label" }),
  target: choice({ doc: "what targets are", of: ["class", "number"], default: "class" }),
  divide: float({ doc: "numbers are divided by this", default: 1 }),
  mean: numbers("taken away from each column"),
  deviation: numbers("each column is divided by it"),
  shape: nullable(list({ doc: "shape of a sample", of: int({ doc: "a size", min: 1 }) })),
  table: nullable(fields.field<TablePreprocessorJson>({
    doc: "samples are columns of a table",
    expects: "an object with columns, ignored, target",
    read: (raw, place) => tablePreprocessorFrom(raw, { place }).toJSON(),
  })),
  image: nullable(inner("samples are pictures", imageFields)),
};

/** A preparation with the names of the classes. */
export interface Fitted {
  readonly preparation: Preparation;
  readonly labels: readonly string[] | undefined;
  /** Probability above which a row is of the second of two classes; chosen on validation rows. */
  readonly threshold?: number;
}
/** A model that takes its samples as they are. */
export const unprepared: Fitted = {
  labels: undefined,
  preparation: parseConfig(preparationFields, {}, "preprocessing"),
};
/** Samples and targets as a model takes them. */
export interface Samples {
  readonly x: Tensor;
  readonly y: Tensor | undefined;
  readonly texts?: readonly string[];
  /** The file of each sample, where samples are pictures. */
  readonly pictures?: readonly string[];
}

async function readVocabulary(path: string): Promise<readonly string[]> {
  const raw: unknown = JSON.parse(await readText(path));
  if (Array.isArray(raw) && raw.every((word) => typeof word === "string")) return raw;
  throw new InputError(`${path}: expected a JSON list of texts`, { file: path });
}

/** Mean and standard deviation of every column; a column that never changes is divided by 1. */
function moments(x: Tensor, divide: number): { readonly mean: number[]; readonly deviation: number[] } {
  const width = x.shape.at(-1) ?? 1, values = toNumbers(x), count = Math.max(1, values.length / width);
  const mean = new Array<number>(width).fill(0), deviation = new Array<number>(width).fill(0);
  values.forEach((v: number, i: number) => mean[i % width] = (mean[i % width] ?? 0) + v / divide / count);
  values.forEach((v: number, i: number) => {
    const d = v / divide - (mean[i % width] ?? 0);
    deviation[i % width] = (deviation[i % width] ?? 0) + d * d / count;
  });
  return { mean, deviation: deviation.map((v) => Math.sqrt(v) || 1) };
}

/** The classes that the configuration says, or that a part's targets name. */
export function labelsOf({ y, classes }: RawPart, data: DataConfig): readonly string[] | null {
  if (data.labels || data.target !== "class" || !isTexts(y)) return data.labels;
  if (classes) return classes;
  const names = [...new Set(data.columns ? y.map((cell) => cell.trim()) : y)].sort();
  // Classes of a table that are numbers stand in the numbers' order.
  const numbers = data.columns !== null &&
    names.every((name) => name !== "" && Number.isFinite(Number(name)));
  return numbers ? names.sort((a, b) => Number(a) - Number(b)) : names;
}
/** Fits the preparation on the training part. @throws {InputError} where the part isn't what the configuration says. */
export async function fitPreparation(raw: RawPart, data: DataConfig): Promise<Fitted> {
  const { x } = raw, { text: words, ngrams } = data, labels = labelsOf(raw, data) ?? undefined;
  if (isCells(x)) return fitTable(x, raw.files, data, labels);
  let vocabulary: readonly string[] | null = null;
  if ((words || ngrams) && !isTexts(x)) {
    throw new InputError(`${raw.files}: holds no texts: data.${words ? "text" : "ngrams"} is for tables`);
  }
  if (words && isTexts(x)) {
    vocabulary = words.vocabulary ? await readVocabulary(words.vocabulary) : buildVocabulary(x, {
      ...rulesOf(words),
      ...(words.maxWords !== null && { maxTokens: words.maxWords }),
    });
  }
  const scaled = data.normalize && !isTexts(x) ? moments(x, data.divide) : undefined;
  return {
    labels,
    preparation: {
      text: words && parseConfig(textSettingsFields, only(words, Object.keys(textSettingsFields)), "text"),
      vocabulary,
      ngrams: ngrams && isTexts(x)
        ? { column: ngrams.column, kinds: fitTfIdf(x, ngrams.kinds).ngrams }
        : null,
      features: raw.features ?? data.features,
      label: data.label,
      target: data.target,
      divide: data.divide,
      table: null,
      mean: scaled?.mean ?? data.image.mean ?? (data.image.std && data.image.std.map(() => 0)),
      deviation: scaled?.deviation ?? data.image.std,
      shape: data.shape,
      image: raw.pictures ? data.image : null,
    },
  };
}

function fitTable(
  x: CsvTable,
  file: string,
  { columns, label, target }: DataConfig,
  classes: readonly string[] | undefined,
): Fitted {
  const table = tablePreprocessor({
    file,
    target: label,
    targetKind: target,
    columns: columns ?? {},
    ...(classes && { classes }),
  }).fit(x);
  return {
    labels: target === "class" ? table.classes : undefined,
    preparation: { ...unprepared.preparation, label, target, table: table.toJSON() },
  };
}

/** Numbers divided, shifted and shaped as the training part was. */
export function scaledBy(x: Tensor, { divide, mean, deviation, shape }: Preparation): Tensor {
  const values = toNumbers(x), out = new Float32Array(values.length), width = mean?.length ?? 1;
  for (let i = 0; i < out.length; i++) {
    const v = (values[i] ?? 0) / divide;
    out[i] = (v - (mean?.[i % width] ?? 0)) / (deviation?.[i % width] ?? 1);
  }
  const made = tensor(out, x.shape);
  if (!shape) return made;
  const isOne = sizeOf(shape) === out.length && x.shape[0] !== 1;
  return reshaped(made, [isOne ? 1 : x.shape[0] ?? 0, ...shape]);
}
function targetsOf(raw: RawPart, { preparation, labels }: Fitted): Tensor | undefined {
  const { y, files } = raw;
  if (y === undefined) return undefined;
  if (preparation.target === "number") {
    if (!isTexts(y)) return tensor(Float32Array.from(toNumbers(y)), y.shape);
    throw new InputError(`${files}: the target column holds text; data.target is "number"`, { file: files });
  }
  if (!isTexts(y)) return y;
  const ids = y.map((name, row) => {
    const id = labels?.indexOf(name) ?? -1, n = id >= 0 ? id : name.trim() === "" ? NaN : Number(name);
    if (Number.isInteger(n)) return n;
    throw new InputError(
      `${files}: row ${row + 1}: label ${JSON.stringify(name)} is none of ${labels?.join(", ")}`,
      {
        file: files,
      },
    );
  });
  return tensor(Int32Array.from(ids), [ids.length]);
}

/** Samples and targets as a model takes them. @throws {InputError} for a label that is no class, with its value. */
export function prepare(raw: RawPart, fitted: Fitted): Samples {
  const { preparation } = fitted, { text: words, vocabulary, ngrams } = preparation;
  const { x: texts } = raw;
  if (isCells(texts)) return preparedTable(texts, raw, fitted);
  const y = targetsOf(raw, fitted);
  const { pictures } = raw;
  if (!isTexts(texts)) return { x: scaledBy(texts, preparation), y, ...(pictures && { pictures }) };
  if (ngrams) return { x: tfIdfVectorizer(ngrams.kinds).transform(texts), y, texts };
  if (!words || !vocabulary) {
    throw new InputError(`${raw.files}: holds texts, and the model has no vocabulary`);
  }
  const { length, padding } = words;
  const vectorizer = textVectorizer({ ...rulesOf(words), length, padding, vocabulary });
  if (!words.next) return { x: vectorizer.transform(texts), y, texts };
  const ids = Int32Array.from(texts.flatMap((text) => vectorizer.ids(text)));
  return { x: tensor(ids, [ids.length]), y: undefined };
}
function preparedTable(x: CsvTable, { files, y: cells }: RawPart, { preparation }: Fitted): Samples {
  const json = preparation.table;
  if (!json) throw new InputError(`${files}: holds cells, and the model has no columns`);
  const table = tablePreprocessorFrom(json, { file: files });
  return { x: table.features(x), y: isTexts(cells) ? table.targets(cells) : undefined };
}
/** True where the file says which columns of a table are the sample. */
export const takesColumns = ({ preparation: { table, features, text } }: Fitted): boolean =>
  table !== null || features !== null && text === null;
/**
 * The columns of a table that are the sample, by name, and what is to be said of it; of a table whose columns have no names,
 * as many as there must be, in their order.
 * @throws {InputError} for a column that isn't there.
 */
export function rowsFor(
  { preparation }: Fitted,
  given: CsvTable,
  file: string,
): TakenRows {
  const { table: json, features, label } = preparation;
  const names = json?.columns.map(({ name }) => name) ?? features ?? given.header;
  const bare = isUnnamed(given.header) && given.header.length === names.length &&
    `${names}` !== `${given.header}`;
  const table = bare ? { ...given, header: names } : given;
  const known = json && tablePreprocessorFrom(json, { file });
  const gone = known ? undefined : names.find((name) => !table.header.includes(name));
  if (gone !== undefined) throw noColumn(file, gone, table.header, names);
  const extra = known?.extra(table) ?? table.header.filter((name) => name !== label && !names.includes(name));
  return {
    x: known?.features(table) ?? csvToTensor(table, { file, columns: names }),
    columns: bare ? given.header : names,
    notes: [
      ...(bare ? [`${file}: no row names its columns: taken as ${names.join(", ")}`] : []),
      ...notesOf({ files: file, extra }),
    ],
  };
}
/** What is to be said of a part that a model reads: columns that it doesn't take, rows without a target. */
export function notesFor(raw: RawPart, { preparation: { table } }: Fitted): readonly string[] {
  const { x, files } = raw;
  const extra = table && isCells(x) ? tablePreprocessorFrom(table, { file: files }).extra(x) : raw.extra;
  return notesOf({ ...raw, ...(extra && { extra }) });
}
/** Those keys of an object that are named. */
const only = (all: object, names: readonly string[]): Json =>
  Object.fromEntries(Object.entries(all).filter(([key]) => names.includes(key)));

/** What is kept of it in the model's file. */
export function extrasOf({ preparation, labels, threshold }: Fitted): Extras {
  const json = { preprocessing: preparation, ...(labels && { labels }) };
  return { json: { ...json, ...(threshold !== undefined && { threshold }) } };
}
/** The preparation that a model's file holds, where it holds one. @throws {ConfigError} where it isn't one. */
export function fittedFrom(extras: Extras | undefined): Fitted | undefined {
  const json = extras?.json, raw = json?.preprocessing, labels = json?.labels;
  if (typeof raw !== "object" || raw === null) return undefined;
  const known = Array.isArray(labels) && labels.every((l) => typeof l === "string") ? labels : undefined;
  const threshold = json?.threshold;
  return {
    preparation: parseConfig(preparationFields, raw as Json, "lapis.json: preprocessing"),
    labels: known,
    ...(typeof threshold === "number" && { threshold }),
  };
}
/** The settings by which files are read as they were for training. */
export function dataOf({ preparation, labels }: Fitted): DataConfig {
  const { text: words, ngrams, features, label, target, divide, shape, table, image } = preparation;
  return {
    ...defaultData,
    ...(image && { image }),
    text: words && { ...defaultText, ...words },
    ngrams,
    columns: table && {},
    features,
    label,
    target,
    divide,
    shape,
    labels: labels ?? null,
  };
}
