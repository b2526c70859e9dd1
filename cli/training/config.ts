/** The configuration that `lapis train` reads: one JSON file, every key said here once. @module */
import { ConfigError, InputError } from "../../mod.ts";
import {
  augmentFields,
  type AugmentOptions,
  columnFields,
  type ColumnKind,
  type ColumnOptions,
} from "../../public/data.ts";
import { fields, type Schema } from "../../public/plugins.ts";
import { ngramFields, type NgramOptions, type TextSettings, textSettingsFields } from "../../public/text.ts";
import { described } from "../docs.ts";
import { readText } from "../inputs.ts";
import {
  type DatasetConfig,
  datasetFields,
  type ImageConfig,
  imageFields,
  type TableConfig,
  tableFields,
} from "./readerconfig.ts";
import { type SeriesConfig, seriesFields } from "./seriesconfig.ts";
import { type TransferConfig, transferFields } from "./transfer.ts";

const { bool, choice, field, float, int, list, nullable, parseConfig, text } = fields;

/** Anything JSON can say in an object. */
export type Json = Readonly<Record<string, unknown>>;

/** Where a part's samples and targets stand: files are joined in their order. */
export interface SourceConfig {
  readonly x: readonly string[];
  /** Targets, where they have files of their own. */
  readonly y: readonly string[] | null;
  /** Shares of the rows, or of a long text's characters, where the part begins and ends. */
  readonly from: number;
  readonly to: number;
}
/** How text becomes numbers. */
export interface TextConfig extends TextSettings {
  readonly maxWords: number | null;
  readonly vocabulary: string | null;
  readonly embeddingFile: string | null;
}
/** How text becomes weights of n-grams. */
export interface NgramsConfig {
  readonly column: string;
  readonly kinds: readonly NgramOptions[];
}
/** What columns of a table hold, by name. */
export type TableColumns = Readonly<Record<string, ColumnKind | Partial<ColumnOptions>>>;
/** What is trained on. */
export interface DataConfig {
  readonly folder: string | null;
  readonly dataset: DatasetConfig | null;
  readonly table: TableConfig;
  readonly image: ImageConfig;
  readonly train: SourceConfig | null;
  readonly validation: SourceConfig | null;
  readonly test: SourceConfig | null;
  readonly text: TextConfig | null;
  readonly ngrams: NgramsConfig | null;
  readonly series: SeriesConfig | null;
  readonly columns: TableColumns | null;
  readonly features: readonly string[] | null;
  readonly label: string;
  readonly labels: readonly string[] | null;
  readonly target: "class" | "number";
  readonly divide: number;
  readonly normalize: boolean;
  readonly shape: readonly number[] | null;
}
/** A model of layers in a row. */
export interface ModelConfig {
  readonly name: string;
  readonly layers: readonly Json[];
}
/** How it is compiled: parts by name, or `{ name, …options }`. */
export interface CompileConfig {
  readonly optimizer: string | Json;
  readonly loss: unknown;
  readonly metrics: readonly (string | Json)[];
  readonly lossWeights: Json | readonly unknown[] | null;
}
/** How it is trained. */
export interface FitConfig {
  readonly epochs: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly shuffle: boolean;
  readonly validationSplit: number;
  readonly validationSeed: number | null;
  readonly validationFreq: number;
  readonly stepsPerEpoch: number | null;
  readonly classWeight: Json | "balanced" | null;
  readonly augment: AugmentOptions | null;
  readonly callbacks: readonly Json[];
  readonly backend: string | null;
}
/** The whole file. */
export interface TrainConfig {
  readonly $schema: string | null;
  readonly model: string | ModelConfig;
  readonly transfer: TransferConfig | null;
  readonly data: DataConfig | null;
  readonly compile: CompileConfig | null;
  readonly fit: FitConfig;
  readonly output: string | null;
}

const anyObject = { type: "object" };
const namedPart = { anyOf: [{ type: "string" }, { type: "object", required: ["name"] }] };

/** A part of training: its name, or an object with its name and options. */
const part = (doc: string, fallback?: string) =>
  field<string | Json>({
    doc,
    ...(fallback !== undefined && { default: fallback }),
    expects: "a name, or {name, …options}",
    json: namedPart,
    read: (raw) => (typeof raw === "string" || fields.isRecord(raw) ? raw : undefined),
  });
const object = (doc: string) =>
  field<Json>({
    doc,
    expects: "an object",
    json: anyObject,
    read: (raw) => (fields.isRecord(raw) ? raw : undefined),
  });

/** An object with keys of its own. */
function section<C>(doc: string, schema: Schema<C>, fallback?: C) {
  return field<C>({
    doc,
    ...(fallback !== undefined && { default: fallback }),
    expects: `an object with ${Object.keys(schema).join(", ")}`,
    json: objectSchema(schema),
    read: (raw, path) => (fields.isRecord(raw) ? parseConfig(schema, raw, path) : undefined),
  });
}
/** The JSON schema of an object whose keys are a configuration's fields; `more` are further keys, constants required. */
export function objectSchema<C>(
  schema: Schema<C>,
  more: Readonly<Record<string, fields.JsonSchema>> = {},
): fields.JsonSchema {
  const entries = Object.entries(schema as Readonly<Record<string, fields.Field<unknown>>>);
  const required = [
    ...Object.entries(more).filter(([, s]) => "const" in s).map(([key]) => key),
    ...entries.filter(([, f]) => f.required).map(([key]) => key),
  ];
  const properties = entries.map(([key, f]) => {
    const told = isPlain(f.default) ? { default: f.default } : {};
    return [key, { description: f.doc, ...f.json, ...told }] as const;
  });
  return {
    type: "object",
    properties: { ...more, ...Object.fromEntries(properties) },
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}
const isPlain = (value: unknown) => ["string", "number", "boolean"].includes(typeof value);

const files = (doc: string) =>
  field<readonly string[]>({
    doc,
    expects: "a file, or a list of files",
    json: { anyOf: [{ type: "string" }, { type: "array", items: { type: "string" }, minItems: 1 }] },
    read: (raw) => {
      const all = typeof raw === "string" ? [raw] : raw;
      return Array.isArray(all) && all.length > 0 && all.every((f) => typeof f === "string" && f !== "")
        ? all
        : undefined;
    },
  });
const sourceFields: Schema<SourceConfig> = {
  x: files("samples: .npy, .npz, .csv, .jsonl, IDX or CIFAR binary files, a folder of pictures"),
  y: nullable(files("targets, where the samples' files don't hold them")),
  from: float({
    doc: "share of the rows, or of a long text, where the part begins",
    min: 0,
    max: 1,
    default: 0,
  }),
  to: float({ doc: "share where it ends", min: 0, max: 1, default: 1 }),
};
/** A part that is all of its files. */
export const wholeSource: Omit<SourceConfig, "x"> = { y: null, from: 0, to: 1 };
const source = (doc: string) =>
  nullable(field<SourceConfig>({
    doc,
    expects: "a file, a list of files, or {x, y}",
    json: { anyOf: [sourceFields.x.json, objectSchema(sourceFields)] },
    read: (raw, path) =>
      fields.isRecord(raw)
        ? parseConfig(sourceFields, raw, path)
        : typeof raw === "string" || Array.isArray(raw)
        ? { ...wholeSource, x: sourceFields.x.parse(raw, path) }
        : undefined,
  }));
const textFields: Schema<TextConfig> = {
  ...described("TextSettings", textSettingsFields),
  maxWords: nullable(int({ doc: "size of the vocabulary, padding and unknown counted", min: 2 })),
  vocabulary: nullable(text({ doc: "JSON list of tokens by id; made from the training texts unless given" })),
  embeddingFile: nullable(text({
    doc: "word vectors in GloVe's text form, which the first embedding as wide as they are begins with",
  })),
};
const ngramsFields: Schema<NgramsConfig> = {
  column: text({ doc: "column that holds the text", default: "text" }),
  kinds: list({
    doc: "kinds of n-grams, side by side",
    of: section("a kind of n-grams", described("NgramOptions", ngramFields)),
  }),
};
/** What is said of a column: its kind alone, or options whose kind may be told by the cells. */
function columnFrom(raw: unknown, path: string): TableColumns[string] {
  if (typeof raw === "string") return columnFields.kind.parse(raw, path);
  if (!fields.isRecord(raw)) {
    throw new ConfigError(`${path}: expected a kind, or {kind, …options}`, { place: path });
  }
  const { kind, ...options } = raw,
    read = parseConfig(columnFields, { kind: kind ?? "number", ...options }, path);
  return Object.fromEntries(Object.entries(read).filter(([key]) => Object.hasOwn(raw, key)));
}
const dataFields: Schema<DataConfig> = {
  folder: nullable(text({ doc: "folder of the files below; --data says another" })),
  dataset: nullable(field<DatasetConfig>({
    doc: "a data set by its name, whose files in the folder are the parts",
    expects: "a name, or {name, language, download}",
    json: { anyOf: [datasetFields.name.json, objectSchema(datasetFields)] },
    read: (raw, path) =>
      fields.isRecord(raw) || typeof raw === "string"
        ? parseConfig(datasetFields, fields.isRecord(raw) ? raw : { name: raw }, path)
        : undefined,
  })),
  table: section("how tables are read", tableFields, parseConfig(tableFields, {}, "data.table")),
  image: section("how pictures are read", imageFields, parseConfig(imageFields, {}, "data.image")),
  train: source("what is trained on"),
  validation: source("what is validated with after each epoch"),
  test: source("what the trained model is evaluated on"),
  text: nullable(section("samples are texts in a column of a table", textFields)),
  ngrams: nullable(
    section("samples are texts in a column of a table, as tf-idf weights of n-grams", ngramsFields),
  ),
  series: nullable(section("the table is a series that is forecast", seriesFields)),
  columns: nullable(field<TableColumns>({
    doc:
      "what columns of a table hold, by name: a kind, or {kind, …options}; those that aren't named are told by their cells. {} tells all",
    expects: "an object of kinds by column",
    json: {
      type: "object",
      additionalProperties: { anyOf: [columnFields.kind.json, objectSchema(columnFields)] },
    },
    read: (raw, path) => {
      if (!fields.isRecord(raw)) return undefined;
      return Object.fromEntries(
        Object.entries(raw).map(([name, column]) => [name, columnFrom(column, `${path}.${name}`)]),
      );
    },
  })),
  features: nullable(list({
    doc: "columns of a table that are the sample; all but the label unless given",
    of: text({ doc: "a column" }),
  })),
  label: text({ doc: "column of a table that holds the target", default: "label" }),
  labels: nullable(list({
    doc: "names of the classes in their order; those of the training part, sorted, unless given",
    of: text({ doc: "a class" }),
  })),
  target: choice({ doc: "targets are classes or numbers", of: ["class", "number"], default: "class" }),
  divide: float({ doc: "numbers are divided by this, as pictures by 255", default: 1 }),
  normalize: bool({
    doc: "take the mean of the training part away from each column, divide by its deviation",
    default: false,
  }),
  shape: nullable(list({
    doc: "shape of a sample, where it isn't the file's",
    of: int({ doc: "a size", min: 1 }),
  })),
};
const modelFields: Schema<ModelConfig> = {
  name: text({ doc: "the model's name", default: "sequential" }),
  layers: field<readonly Json[]>({
    doc: "layers in a row, each {type, …options}",
    expects: "a list of {type, …options}",
    json: { type: "array", minItems: 1, items: { $ref: "#/$defs/layer" } },
    read: (raw) => (Array.isArray(raw) && raw.length > 0 && raw.every(fields.isRecord) ? raw : undefined),
  }),
};
const compileFields: Schema<CompileConfig> = {
  optimizer: { ...part("the optimizer", "rmsprop"), json: { $ref: "#/$defs/optimizer" } },
  loss: {
    ...field<unknown>({
      doc: "the loss, or one for every output by its name",
      expects: "a loss",
      read: (raw) => raw ?? undefined,
    }),
    json: { $ref: "#/$defs/loss" },
  },
  metrics: {
    ...list({ doc: "metrics", of: part("a metric"), default: [] }),
    json: { type: "array", items: { $ref: "#/$defs/metric" } },
  },
  lossWeights: nullable(object("factors of the outputs' losses, by output")),
};
const fitFields: Schema<FitConfig> = {
  epochs: int({ doc: "passes over the data", min: 1, default: 1 }),
  batchSize: int({ doc: "samples of a step", min: 1, default: 32 }),
  seed: int({ doc: "fixes initial weights, order and random numbers", min: 0, default: 0 }),
  shuffle: bool({ doc: "a new order of the samples in every epoch", default: true }),
  validationSplit: float({
    doc:
      "share of the training part that is kept for validation: drawn by seed, each class in its share; its end where shuffle is false",
    min: 0,
    max: 1,
    default: 0,
  }),
  validationSeed: nullable(int({ doc: "fixes which rows these are; the seed unless given", min: 0 })),
  validationFreq: int({ doc: "epochs between validations", min: 1, default: 1 }),
  stepsPerEpoch: nullable(int({ doc: "batches that count as an epoch", min: 1 })),
  classWeight: nullable(field<Json | "balanced">({
    doc: "factors of the classes' losses, by class number or name; balanced lets every class count alike",
    expects: "an object of numbers by class, or balanced",
    json: { anyOf: [anyObject, { const: "balanced" }] },
    read: (raw) => (raw === "balanced" || fields.isRecord(raw) ? raw : undefined),
  })),
  augment: nullable(
    section("how images are changed at random in training", described("AugmentOptions", augmentFields)),
  ),
  callbacks: {
    ...list({ doc: "what watches the fit, each {type, …options}", of: object("a callback"), default: [] }),
    json: { type: "array", items: { $ref: "#/$defs/callback" } },
  },
  backend: nullable(text({ doc: "the engine: wasm, plain or onnxruntime" })),
};
/** The fit of a configuration that says nothing of it. */
export const defaultFit: FitConfig = parseConfig(fitFields, {}, "fit");
/** The data of a configuration that says nothing of it. */
export const defaultData: DataConfig = parseConfig(dataFields, {}, "data");

/** Text of which nothing but a row's length is said. */
export const defaultText: TextConfig = parseConfig(textFields, { length: 1 }, "text");

/** Every key of the file. */
export const trainFields: Schema<TrainConfig> = {
  $schema: nullable(text({ doc: "where this format is described" })),
  model: field<string | ModelConfig>({
    doc: "the layers of a new model, or the file of one to go on from",
    expects: "a model file, or an object with name, layers",
    json: { anyOf: [{ type: "string" }, objectSchema(modelFields)] },
    read: (raw, path) =>
      typeof raw === "string" ? raw : fields.isRecord(raw) ? parseConfig(modelFields, raw, path) : undefined,
  }),
  transfer: nullable(section("how a model from a file is taken over for other data", transferFields)),
  data: nullable(section("what is trained on", dataFields)),
  compile: nullable(section("how it is compiled; as the model's file says unless given", compileFields)),
  fit: section("how it is trained", fitFields, defaultFit),
  output: nullable(text({ doc: "the file that the trained model is written to; -o says another" })),
};

/** Reads a configuration. @throws {InputError} for text that isn't JSON; ConfigError with the path of a wrong key. */
export async function readTrainConfig(path: string): Promise<TrainConfig> {
  const content = await readText(path);
  let raw: unknown;
  try {
    raw = JSON.parse(content);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new InputError(`${path}: is not JSON: ${why}`, { file: path });
  }
  if (!fields.isRecord(raw)) throw new InputError(`${path}: expected a JSON object`, { file: path });
  return parseConfig(trainFields, raw, path);
}
