/** What lies beside a model file and says what its numbers mean: labels and vocabulary. @module */
import { InputError, type Tensor } from "../mod.ts";
import type { CsvTable } from "../public/data.ts";
import type { TextSettings } from "../public/text.ts";

/** Rows of a table as a model takes them. */
export interface TakenRows {
  readonly x: Tensor;
  /** The columns that they were made of. */
  readonly columns: readonly string[];
  /** What is to be said of the table. */
  readonly notes: readonly string[];
}
/** Files beside a model. */
export interface Assets {
  /** The model's folder, ending in a slash where it isn't the current one. */
  readonly folder: string;
  /** `labels.json`: class names by class. */
  readonly labels?: readonly string[];
  /** `vocabulary.json`: tokens by id. */
  readonly vocabulary?: readonly string[];
  /** How the model's texts are read, where its file says it. */
  readonly text?: Partial<TextSettings>;
  /** Probability above which a row is of the second of two classes, where the file says one. */
  readonly threshold?: number;
  /** Columns of a table: those that the model was trained on, all but the target's where it says none; and the target's. */
  readonly columns?: { readonly features: readonly string[] | null; readonly label: string };
  /** Texts as the model takes them, where its file says how without a vocabulary. */
  vectorize?(texts: readonly string[]): Tensor;
  /** Rows of a table as the model takes them, its columns found by name, where its file says which; not scaled by `scale`. */
  rows?(table: CsvTable, file: string): TakenRows;
  /** Every input of a model that takes columns of a table as they stand, by name. */
  inputs?(
    table: CsvTable,
    file: string,
  ): { readonly tensors: Readonly<Record<string, Tensor>> } & Omit<TakenRows, "x">;
  /** Numbers as the model was trained on them, where its file says how. */
  scale?(x: Tensor): Tensor;
}

/** Reads the lists beside a model file that the process may read; a missing one is no error. */
export async function readAssets(model: string): Promise<Assets> {
  const folder = model.slice(0, Math.max(model.lastIndexOf("/"), model.lastIndexOf("\\")) + 1);
  const labels = await readList(`${folder}labels.json`);
  const vocabulary = await readList(`${folder}vocabulary.json`);
  return {
    folder: folder === "" ? "the current folder" : folder,
    ...(labels === undefined ? {} : { labels }),
    ...(vocabulary === undefined ? {} : { vocabulary }),
  };
}

async function readList(path: string): Promise<readonly string[] | undefined> {
  const { state } = await Deno.permissions.query({ name: "read", path });
  if (state !== "granted") return undefined;
  const text = await Deno.readTextFile(path).catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const list: unknown = JSON.parse(text);
    if (Array.isArray(list) && list.every((item) => typeof item === "string")) return list;
  } catch {
    // Told below like any other content that isn't a list.
  }
  throw new InputError(`${path}: expected a JSON list of texts`, { file: path });
}
