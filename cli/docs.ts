/** What parts and their options are, in words: `deno task docs` collects cli/docs.json from the docs of their types. @module */
import type { AnySchema } from "../public/plugins.ts";
import all from "./docs.json" with { type: "json" };

/** Docs of one part, or of one function's options. */
export interface PartDocs {
  /** What it does. */
  readonly doc: string;
  /** What each option is. */
  readonly options: Readonly<Record<string, string>>;
}
/** Docs by kind and name. */
export type Docs = Readonly<Record<string, Readonly<Record<string, PartDocs>>>>;
const collected: Docs = all;

/** A part's definition, of which its own words count first. */
interface Described {
  readonly kind: string;
  readonly name: string;
  readonly summary?: string;
  readonly config: object;
}
/** What a part does. */
export function docOf({ kind, name, summary }: Described): string {
  return summary ?? collected[kind]?.[name]?.doc ?? "";
}
/** Fields with the docs of a function's options, by the name of their type, as in `EarlyStoppingOptions`. */
export function described<S extends object>(type: string, fields: S): S {
  return withDocs(fields, collected.options?.[type]?.options ?? {}) as S;
}
/** The fields of a part with their docs. */
export function fieldsOf({ kind, name, config }: Described): AnySchema {
  return withDocs(config, collected[kind]?.[name]?.options ?? {});
}
function withDocs(fields: object, docs: Readonly<Record<string, string>>): AnySchema {
  return Object.fromEntries(
    Object.entries(fields as AnySchema).map(([name, field]) => {
      const doc = field.doc ?? docs[name];
      return [name, { ...field, ...(doc !== undefined && { doc }) }];
    }),
  );
}
