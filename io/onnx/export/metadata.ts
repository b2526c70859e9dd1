/** What Lapis keeps beside a model, in an ONNX file's metadata: preprocessing, labels, vocabulary. @module */
import type { Extras, WriteOptions } from "../../../core/model/format.ts";
import type { Model } from "../../../core/model/model.ts";

/** The entry that holds what a `.keras` archive's `lapis.json` would. */
const key = "lapis.json";
/** Longest text that is read. */
const mostCharacters = 1 << 28;

/** Entries of `metadata_props`. How the model was compiled and trained is left out: the file holds inference alone. */
export function metadataOf(model: Model, { extras }: WriteOptions): Readonly<Record<string, string>> {
  const { training: _training, compile: _compile, ...json } = { ...model.extras?.json, ...extras?.json };
  return Object.keys(json).length === 0 ? {} : { [key]: JSON.stringify(json) };
}
/** What a file's metadata holds for Lapis; anything else is left alone. */
export function extrasFrom(metadata: Readonly<Record<string, string>>): Extras | undefined {
  const text = metadata[key];
  if (text === undefined || text.length > mostCharacters) return undefined;
  try {
    const json: unknown = JSON.parse(text);
    const held = typeof json === "object" && json !== null && !Array.isArray(json);
    return held ? { json: json as Extras["json"] } : undefined;
  } catch {
    return undefined;
  }
}

/** The model in a sentence, for the file's description. */
export function sentenceOf(model: Model): string {
  const kinds = new Map<string, number>();
  for (const { className } of model.layers) kinds.set(className, (kinds.get(className) ?? 0) + 1);
  const list = [...kinds].map(([name, n]) => (n === 1 ? name : `${n} ${name}`)).join(", ");
  return list === "" ? model.name : `${model.name}: ${list}`;
}
