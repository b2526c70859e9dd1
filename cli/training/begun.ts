/** A training run without a configuration: a table and its target, looked at, told, and written as a configuration. @module */
import { relative } from "node:path";
import { InputError } from "../../mod.ts";
import {
  type ColumnKind,
  columnKinds,
  type ColumnOptions,
  type CsvTable,
  type TablePreprocessor,
  tablePreprocessor,
  type TakenColumn,
} from "../../public/data.ts";
import { fields } from "../../public/plugins.ts";
import { listOption, numberOption, textOption, UsageError } from "../command.ts";
import { targetsFrom } from "../targets.ts";
import { table, wrapped } from "../terminal.ts";
import { defaultData, type Json } from "./config.ts";
import { suggestedFor } from "./suggested.ts";
import { tablePart } from "./tables.ts";

type Options = Readonly<Record<string, unknown>>;

/** Kinds that `--column name=kind` says. @throws {UsageError} with the nearest kind. */
export function saidColumns(options: Options): Readonly<Record<string, ColumnKind>> {
  const said = listOption(options, "column").filter((one) => one.includes("="));
  return Object.fromEntries(said.map((one) => {
    const mark = one.lastIndexOf("="), name = one.slice(0, mark), word = one.slice(mark + 1);
    const kind = columnKinds.find((k) => k === word);
    if (kind) return [name, kind];
    const near = fields.nearest(word, columnKinds);
    throw new UsageError(
      `--column ${one}: expected one of ${columnKinds.join(", ")} as its kind${
        near ? `; did you mean ${near}?` : ""
      }`,
    );
  }));
}

/** A configuration that was made of a table. */
export interface Begun {
  /** As JSON, its files as they were given. */
  readonly config: Json;
  /** What was found and decided, in lines. */
  readonly text: string;
}

/**
 * Looks at tables and makes a configuration of them.
 * @throws {UsageError} without a target; {@link InputError} for a target that isn't there or can't be learnt.
 */
export async function beginTable(files: readonly string[], options: Options, width: number): Promise<Begun> {
  const { column: label } = targetsFrom(options), kind = textOption(options, "targetKind");
  if (label === undefined) {
    throw new UsageError(`--target COLUMN is missing: the column of ${files.join(", ")} that is predicted`);
  }
  const reading = { ...defaultData, columns: {}, label };
  const raw = await tablePart({ x: files, y: null, from: 0, to: 1 }, reading, true);
  const found = tablePreprocessor({
    file: raw.files,
    target: label,
    ...((kind === "class" || kind === "number") && { targetKind: kind }),
    columns: saidColumns(options),
  }).fit(raw.x as CsvTable);
  const { target } = found;
  if (!target) throw new InputError(`${raw.files}: no target`);
  const rows = (raw.x as CsvTable).rows.length;
  const { model, compile, fit } = suggestedFor({ rows, ...target });
  const balanced = textOption(options, "classWeight") === "balanced";
  return {
    config: {
      model,
      data: {
        train: files.length === 1 ? files[0] : files,
        label,
        target: target.kind,
        ...(target.kind === "class" && { labels: target.classes }),
        columns: Object.fromEntries(found.found.map(({ name, options }) => [name, shortened(options)])),
      },
      compile,
      fit: { ...fit, ...(balanced && { classWeight: "balanced" }), ...saidFit(options, rows) },
    },
    text: foundText(found, width),
  };
}
const shortened = ({ kind, ...rest }: Partial<ColumnOptions> & { readonly kind: ColumnKind }) =>
  Object.keys(rest).length === 0 ? kind : { kind, ...rest };

/** What flags say of the fit, so that the written configuration is what was run. @throws {UsageError} */
export function saidFit(options: Options, rows: number): Json {
  const said: Record<string, unknown> = {};
  for (
    const [name, flag, min] of [["epochs", "--epochs", 1], ["batchSize", "--batch-size", 1], [
      "seed",
      "--seed",
      0,
    ]] as const
  ) {
    const n = numberOption(options, name, { flag, whole: true, min });
    if (n !== undefined) said[name] = n;
  }
  const split = numberOption(options, "validationSplit", { flag: "--validation-split", min: 0 });
  const apart = listOption(options, "validation").length > 0;
  if (split !== undefined || apart || rows < 10) said.validationSplit = split ?? 0;
  // Without validation nothing tells when to stop.
  if (said.validationSplit === 0 && !apart) {
    Object.assign(said, { callbacks: [], epochs: said.epochs ?? 100 });
  }
  return said;
}

/** Every column in a row of a table, and what was decided, in lines. */
function foundText({ found, notes }: TablePreprocessor, width: number): string {
  const kindOf = ({ options: { kind, encoding } }: TakenColumn) =>
    kind === "ignore" ? "left out" : encoding === "embedding" ? "embedded" : kind;
  const wide = width >= 72;
  const lines = found.map((c) => [
    c.name,
    kindOf(c),
    c.missing === 0 ? "" : `${c.missing}`,
    ...(wide ? [c.values, c.said ? "as you say" : c.why] : []),
  ]);
  const head = ["column", "kind", "gaps", ...(wide ? ["values", "why"] : [])];
  return [
    table(head, lines, { right: [2], width }),
    ...notes.flatMap((note) => wrapped(note, width)),
    ...wrapped("--column NAME=KIND says another kind, ignore leaves a column out.", width),
  ].join("\n");
}

/** A configuration's text, its files as they are seen from the file that it is written to. */
export function placedText(config: Json, output: string): string {
  const folder = output.slice(0, Math.max(output.lastIndexOf("/"), output.lastIndexOf("\\")) + 1);
  const data = config.data as Json,
    from = (file: unknown) => {
      const path = `${file}`;
      return /^([\\/]|[a-zA-Z]:[\\/])/.test(path) ? path : relative(folder || ".", path);
    };
  const parts = ["train", "validation", "test"].flatMap((part) => {
    const files = data[part];
    return files === undefined ? [] : [[part, Array.isArray(files) ? files.map(from) : from(files)]];
  });
  const model = typeof config.model === "string" ? from(config.model) : config.model;
  const placed = { ...config, model, data: { ...data, ...Object.fromEntries(parts) } };
  return `${JSON.stringify(placed, null, 2)}\n`;
}
/** Writes the configuration beside the model; gives its name. One that is there stays. */
export async function writeBegun(config: Json, output: string): Promise<string> {
  const told = placedText(config, output);
  const base = output.replace(/(\.weights)?\.[\w]+$/, "");
  for (let n = 1;; n++) {
    const file = n === 1 ? `${base}.json` : `${base}-${n}.json`;
    const there = await Deno.readTextFile(file).catch(() => undefined);
    if (there === told) return file;
    if (there !== undefined) continue;
    await Deno.writeTextFile(file, told);
    return file;
  }
}
