/** Options that every command with a model shares, and the loading itself. @module */
import { type Command, Option } from "commander";
import { loadModel, type LoadOptions, type Model } from "../mod.ts";
import { type CsvTable, rawColumns, rawColumnsOf } from "../public/data.ts";
import { notesOf } from "./training/tables.ts";
import { tfIdfVectorizer } from "../public/text.ts";
import { type Assets, readAssets } from "./assets.ts";
import { type Context, listOption, numberOption, textOption, UsageError } from "./command.ts";
import type { InputOptions } from "./feed.ts";
import { collect } from "./command.ts";
import { fittedFrom, rowsFor, scaledBy, takesColumns } from "./training/prepare.ts";

/** The engines by name. */
export const backendNames: readonly string[] = ["wasm", "plain", "onnxruntime"];

/** Declares MODEL (or another argument in its place) and `--weights`. */
export function weightsOption(
  command: Command,
  argument = "<model>",
  doc = "model file: .keras, .h5, .onnx or config.json",
): Command {
  return command
    .argument(argument, doc)
    .option("--weights <file>", "weights, where MODEL holds a configuration only");
}

/** Declares MODEL (or another argument in its place), `--weights` and `--backend`. */
export function modelOptions(command: Command, argument?: string, doc?: string): Command {
  return weightsOption(command, argument, doc)
    .addOption(new Option("--backend <name>", "engine to run on").choices(backendNames));
}

/** Declares how inputs are read. */
export function inputOptions(command: Command): Command {
  return command
    .option(
      "-i, --input <[name=]file>",
      "input: a file, a pattern, a folder of pictures, or - (repeatable)",
      collect,
    )
    .option("--text <text>", "text for a model with a vocabulary.json beside it (repeatable)", collect)
    .option("--text-file <file>", "texts, one a line")
    .option("--column <name>", "column of a .csv that holds the text (default: text)")
    .option("--divide <number>", "divide the input's numbers, as pictures by 255")
    .option("--mean <numbers>", "take these away from the channels then, by commas")
    .option("--std <numbers>", "and divide the channels by these, by commas")
    .addOption(
      new Option("--padding <where>", "zeros of short texts come after (default) or before")
        .choices(["post", "pre"]),
    );
}

/** The input options as values. */
export function inputsFrom(options: Readonly<Record<string, unknown>>): InputOptions {
  const textFile = textOption(options, "textFile"), column = textOption(options, "column");
  const divide = numberOption(options, "divide", { flag: "--divide" });
  if (divide === 0) throw new UsageError("--divide: expected a number other than 0");
  return {
    inputs: listOption(options, "input"),
    texts: listOption(options, "text"),
    ...(column === undefined ? {} : { column }),
    ...(options.padding === "pre" || options.padding === "post" ? { padding: options.padding } : {}),
    ...(textFile === undefined ? {} : { textFile }),
    ...(divide === undefined ? {} : { divide }),
    ...channelNumbers(options),
  };
}
/** The numbers of `--mean` and `--std`. @throws {UsageError} */
export function channelNumbers(
  options: Readonly<Record<string, unknown>>,
): { readonly mean?: readonly number[]; readonly std?: readonly number[] } {
  const read = (name: "mean" | "std") => {
    const given = textOption(options, name),
      numbers = given?.split(",").map((n) => n.trim() === "" ? NaN : Number(n));
    if (numbers?.some((n) => !Number.isFinite(n) || name === "std" && n === 0)) {
      throw new UsageError(`--${name}: expected numbers by commas, one a channel, got ${given}`);
    }
    return numbers && { [name]: numbers };
  };
  const both = { ...read("mean"), ...read("std") };
  const { mean, std } = both as { readonly mean?: number[]; readonly std?: number[] };
  if (mean && std && mean.length !== std.length) {
    throw new UsageError(`--mean has ${mean.length} numbers, --std ${std.length}`);
  }
  return both;
}

/** True when any input was given. */
export function hasInput({ inputs, texts, textFile }: InputOptions): boolean {
  return inputs.length > 0 || texts.length > 0 || textFile !== undefined;
}

/** Loads the model that a command names, with what lies beside it. */
export async function loadNamed(
  path: string,
  options: Readonly<Record<string, unknown>>,
  context: Context,
  backend: string | undefined = textOption(options, "backend"),
  how: Pick<LoadOptions, "deterministic" | "draws"> = {},
): Promise<{ readonly model: Model; readonly assets: Assets }> {
  const weights = textOption(options, "weights");
  const model = await loadModel(path, {
    ...how,
    ...(weights === undefined ? {} : { weights }),
    ...(backend === undefined ? {} : { backend }),
    warn: (message: string) => context.log(`warning: ${message}`),
  });
  return { model, assets: { ...assetsIn(model), ...await readAssets(path) } };
}

/** What the model's own file says of its data, as `lapis train` writes it. */
export function assetsIn({ extras }: Model): Partial<Assets> {
  const held = fittedFrom(extras);
  if (!held) return { ...listsIn(extras), ...rawIn(extras) };
  const { labels, preparation } = held, { text, vocabulary, ngrams } = preparation;
  return {
    ...(labels && { labels }),
    ...(held.threshold !== undefined && { threshold: held.threshold }),
    ...(vocabulary && { vocabulary }),
    ...(text && { text }),
    ...(ngrams && { text: { column: ngrams.column }, vectorize: tfIdfVectorizer(ngrams.kinds).transform }),
    columns: { features: preparation.features, label: preparation.label },
    ...(takesColumns(held) && {
      rows: (table: CsvTable, file: string) => rowsFor(held, table, file),
    }),
    scale: (x) => scaledBy(x, preparation),
  };
}

/** How a model whose inputs are columns as they stand is fed a table. */
function rawIn(extras: Model["extras"]): Partial<Assets> {
  const table = rawColumnsOf({ extras });
  if (!table) return {};
  const columns = table.columns.map(({ name }) => name), label = table.target?.name ?? "label";
  return {
    columns: { features: columns, label },
    inputs: (rows: CsvTable, file: string) => ({
      tensors: rawColumns(table, rows),
      columns,
      notes: notesOf({ files: file, extra: table.extra(rows) }),
    }),
  };
}

/** Lists that a conversion found beside the model it came from. */
function listsIn(extras: Model["extras"]): Partial<Assets> {
  const list = (name: string): readonly string[] | undefined => {
    const held = extras?.json[name];
    return Array.isArray(held) && held.every((v) => typeof v === "string") ? held : undefined;
  };
  const labels = list("labels"), vocabulary = list("vocabulary");
  return { ...(labels && { labels }), ...(vocabulary && { vocabulary }) };
}
