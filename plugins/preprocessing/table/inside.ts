/** A trained model with its table's preparation inside, as layers of Keras: its inputs are the columns as they stand. @module */
import * as args from "../../../io/files/arguments.ts";
import { model as modelOf } from "../../../core/model/compose.ts";
import type { Extras } from "../../../core/model/format.ts";
import type { Model } from "../../../core/model/model.ts";
import { createLayer } from "../../../core/network/factory.ts";
import { apply, applyAll, input } from "../../../core/network/functional.ts";
import type { SymbolicTensor } from "../../../core/network/network.ts";
import type { Registry } from "../../../core/registry.ts";
import { InputError, UnsupportedError } from "../../../core/values/errors.ts";
import { type Tensor, tensor } from "../../../core/values/tensor.ts";
import { loadWith } from "../../../io/files/load.ts";
import { datesIn, missingIn, numbersIn } from "./encode.ts";
import type { FittedColumn } from "./columns.ts";
import { isEmbedded, layerName } from "./embedded.ts";
import { type Filling, fillJson } from "./filling.ts";
import { type TablePreprocessor, tablePreprocessorFrom } from "./preprocessor.ts";
import { cellColumns, type TableRows } from "./rows.ts";

const tabular: args.Kind = [
  "rows (a table, records or columns)",
  (value) => typeof value === "object" && value !== null,
];
const fitted: args.Kind = args.having("a fitted table", "columns", "width");

/** An input of a model that takes columns as they stand. */
interface RawInput {
  readonly name: string;
  readonly dtype: "float32" | "string";
  /** The numbers of a date's calendar have their own inputs behind the days'. */
  readonly part: number;
}
/** Words that stand for a missing category, as they do outside the model. */
const absentWords = ["", "?", "NA", "N/A", "nan", "NaN", "null", "None", "none"];

/** The inputs of every column, with names that layers may have and that are no two columns'. */
function inputsOf(columns: readonly FittedColumn[]): ReadonlyMap<FittedColumn, readonly RawInput[]> {
  const taken = new Set<string>();
  const named = (wanted: string) => {
    let name = layerName(wanted);
    for (let n = 2; taken.has(name); n++) name = `${layerName(wanted)}_${n}`;
    taken.add(name);
    return name;
  };
  return new Map(columns.map((column) => {
    const dtype = column.kind === "category" ? "string" as const : "float32" as const;
    const parts = column.kind === "date" ? ["", ...column.calendar ?? []] : [""];
    return [
      column,
      parts.map((part, i) => ({
        name: named(part === "" ? column.name : `${column.name}_${part}`),
        dtype,
        part: i,
      })),
    ];
  }));
}

/**
 * The rows of a table as {@link rawColumnsModel} takes them: float32 `[rows, 1]` of numbers, NaN where one is missing, dates as days
 * since 1970 with the numbers of their calendar; strings `[rows, 1]` of categories, empty where one is missing.
 * @throws {InputError} for a column that isn't there; {@link FormatError} naming a row that doesn't fit.
 */
export function rawColumns(table: TablePreprocessor, rows: TableRows): Record<string, Tensor> {
  args.check("rawColumns", "table", table, fitted);
  args.check("rawColumns", "rows", rows, tabular);
  const all = cellColumns(rows, "table"), { columns } = table;
  return Object.fromEntries(
    [...inputsOf(columns)].flatMap(([column, inputs]) => {
      const cells = all.column(column.name),
        place = `table: column ${column.name}`,
        shape = [cells.length, 1];
      if (column.kind === "category") {
        const missing = missingIn(column), words = cells.map((cell) => (missing(cell) ? "" : cell.trim()));
        return inputs.map(({ name }) => [name, tensor(words, shape, "string")]);
      }
      const numbers = column.kind === "date"
        ? datesIn(cells, column, column.calendar ?? [], place)
        : [numbersIn(cells, column, place)];
      return inputs.map(({ name, part }) => [name, tensor(Float32Array.from(numbers[part] ?? []), shape)]);
    }),
  );
}

/**
 * A few rows of each kind: numbers around the mean and one that is missing, each category in turn, a missing and an unknown one.
 */
export function sampleColumns(table: TablePreprocessor, rows: number): Record<string, Tensor> {
  args.check("sampleColumns", "table", table, fitted);
  args.check("sampleColumns", "rows", rows, args.number);
  return Object.fromEntries(
    [...inputsOf(table.columns)].flatMap(([column, inputs]) =>
      inputs.map(({ name, dtype, part }) => {
        const words = [...column.categories, "", "a word that no row had"];
        const back = (v: number) => (column.transform === "log1p" ? Math.expm1(v) : v);
        const center = column.center[part] ?? 0, scale = column.scale[part] ?? 1;
        const numbers = Float32Array.from(
          { length: rows },
          (_, i) => (i % 4 === 3 ? NaN : back(center + scale * ((i % 7) - 3) / 2)),
        );
        const texts = Array.from({ length: rows }, (_, i) => words[i % words.length] ?? "");
        return [name, dtype === "string" ? tensor(texts, [rows, 1], "string") : tensor(numbers, [rows, 1])];
      })
    ),
  );
}
/** The columns that the file of a {@link rawColumnsModel} says; undefined where it isn't one. */
export function rawColumnsOf(
  model: { readonly extras?: Extras | undefined },
): TablePreprocessor | undefined {
  args.check("rawColumnsOf", "model", model, args.object);
  const { extras } = model;
  const raw = extras?.json.rawColumns;
  return raw === undefined ? undefined : tablePreprocessorFrom(raw, { place: "lapis.json: rawColumns" });
}

/** Weights that layers of the preparation have, by the layer's name. */
type Tables = Map<string, Tensor>;
interface Making {
  readonly registry: Registry;
  readonly tables: Tables;
  layer(name: string, options: Readonly<Record<string, unknown>>): ReturnType<typeof createLayer>;
}

/** A number: what fills gaps, the logarithm, scaling, bins, whether it was missing. */
async function number(
  column: FittedColumn,
  { name, part }: RawInput,
  { registry, layer }: Making,
): Promise<{ readonly input: SymbolicTensor; readonly outputs: readonly SymbolicTensor[] }> {
  const x = input({ shape: [1], name, registry }),
    center = column.center[part] ?? 0,
    scale = column.scale[part] ?? 1;
  const filling: Filling = {
    name: `${name}_filled`,
    fill: part === 0 ? Number(column.fill ?? 0) : center,
    flag: part === 0 && column.flag === true,
    logarithm: column.transform === "log1p",
  };
  const bytes = new TextEncoder().encode(JSON.stringify(fillJson(filling)));
  const filled = await loadWith(registry, bytes, { warn: () => {} });
  const [value = x, plain = value, flag] = applyAll(filled, x);
  const scaled = layer("Normalization", { mean: [center], variance: [scale ** 2], name: `${name}_scaled` });
  const edges = part === 0 ? column.edges : [];
  const bins = layer("Discretization", { binBoundaries: edges, outputMode: "one_hot", name: `${name}_bins` });
  return {
    input: x,
    outputs: [
      apply(scaled, value),
      ...(edges.length > 0 ? [apply(bins, plain)] : []),
      ...(filling.flag && flag ? [flag] : []),
    ],
  };
}

/** A category: its place in the vocabulary, and the row of a fixed table that stands there. */
function category(
  column: FittedColumn,
  { name }: RawInput,
  { registry, layer, tables }: Making,
): { readonly input: SymbolicTensor; readonly outputs: readonly SymbolicTensor[] } {
  const x = input({ shape: [1], name, dtype: "string", registry }), { categories, bucket } = column;
  const known = categories.filter((word) => word !== ""), fill = `${column.fill ?? ""}`;
  const gaps = absentWords.filter((word) => !known.includes(word));
  const width = isEmbedded(column) ? 1 : categories.length + (bucket ? 1 : 0);
  const rowOf = (word: string | undefined) => {
    const at = word === undefined ? -1 : categories.indexOf(word), row = new Array<number>(width).fill(0);
    if (isEmbedded(column)) row[0] = at + 1;
    else if (at >= 0) row[at] = 1;
    else if (bucket) row[width - 1] = 1;
    return row;
  };
  const rows = [rowOf(undefined), ...known.map(rowOf), ...gaps.map(() => rowOf(fill))];
  const lookup = layer("StringLookup", { vocabulary: [...known, ...gaps], name: `${name}_place` });
  const place = `${name}_row`;
  tables.set(place, tensor(Float32Array.from(rows.flat()), [rows.length, width]));
  const table = layer("Embedding", {
    inputDim: rows.length,
    outputDim: width,
    name: place,
    trainable: false,
  });
  const lying = layer("Flatten", { name: `${name}_flat` });
  return { input: x, outputs: [apply(lying, apply(table, apply(lookup, x)))] };
}

/**
 * A model that takes a table's columns as they stand and computes what `model` does of the prepared ones: gaps, scaling, bins and
 * categories are layers and operations of Keras inside it, so that real Keras and onnxruntime compute the same of raw columns.
 * Inputs are as {@link rawColumns} gives them.
 * @throws {UnsupportedError} for a column of texts, which no layer of Keras counts so; {@link InputError} for a model of other inputs.
 */
export async function rawColumnsModel(
  model: Model,
  table: TablePreprocessor,
): Promise<Model> {
  args.check("rawColumnsModel", "model", model, args.modelKind);
  args.check("rawColumnsModel", "table", table, fitted);
  const { columns } = table, { registry } = model, [only, more] = model.inputs;
  if (!only || more || only.shape.at(-1) !== table.width) {
    throw new InputError(
      `rawColumnsModel: expected a model of one input of ${table.width} numbers, got ${
        model.inputs.map(({ name, shape }) => `${name} [${shape.join(", ")}]`).join(", ")
      }`,
    );
  }
  const texts = columns.find(({ kind }) => kind === "text");
  if (texts) {
    throw new UnsupportedError(
      `column ${texts.name}: is text, whose words no layer of Keras counts so: leave it out of the model (kind ignore)`,
      { place: texts.name },
    );
  }
  const tables: Tables = new Map();
  const making: Making = {
    registry,
    tables,
    layer: (name, options) => createLayer(registry.get("layer", name), options),
  };
  const starts: SymbolicTensor[] = [], parts: SymbolicTensor[] = [];
  for (const [column, inputs] of inputsOf(columns)) {
    const flags: SymbolicTensor[] = [];
    for (const one of inputs) {
      const made = column.kind === "category"
        ? category(column, one, making)
        : await number(column, one, making);
      starts.push(made.input);
      // A date's flag stands behind its calendar.
      const [first, ...rest] = made.outputs;
      if (column.kind === "date") flags.push(...rest);
      else if (rest.length > 0) parts.push(...first ? [first] : [], ...rest);
      if (first && (column.kind === "date" || rest.length === 0)) parts.push(first);
    }
    parts.push(...flags);
  }
  const [alone] = parts;
  const x = parts.length === 1 && alone
    ? alone
    : apply(making.layer("Concatenate", { name: "prepared" }), parts);
  const outputs = applyAll(model, x);
  const made = modelOf({ inputs: starts, outputs, name: `${model.name}_of_columns` });
  const { classes } = table;
  made.extras = { json: { rawColumns: table.toJSON(), ...(classes.length > 0 && { labels: classes }) } };
  for (const path of made.weights.keys()) {
    const value = tables.get(path.split("/").at(-2) ?? "");
    if (value) made.setWeight(path, value);
  }
  return made;
}
