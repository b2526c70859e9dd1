/** What editors show of parts and their options, collected from the docs of their types: `deno task docs` writes cli/docs.json. @module */
import type { Docs, PartDocs } from "../../cli/docs.ts";
import { registry } from "../../mod.ts";
import { root, sourceFiles } from "./sources.ts";

/** Collected docs, and what is missing or said twice. */
export interface Collected {
  /** Docs by kind and name. */
  readonly docs: Docs;
  /** Options and parts without a doc. */
  readonly missing: readonly string[];
  /** Options whose field and type both say what they are. */
  readonly twice: readonly string[];
}

/** Kinds of plugins that have options. */
export const kinds = [
  "activation",
  "constraint",
  "initializer",
  "layer",
  "loss",
  "metric",
  "optimizer",
  "regularizer",
  "schedule",
] as const;
/** Options of functions that configurations of the command line may say as well. */
const optionTypes = [
  "AugmentOptions",
  "ModelCheckpointOptions",
  "CsvLoggerOptions",
  "EarlyStoppingOptions",
  "LossThresholdOptions",
  "NgramOptions",
  "PlateauOptions",
  "SwapEmaOptions",
  "TerminateOptions",
  "TextSettings",
];

/** A type as `deno doc --json` says it. */
interface Typed {
  readonly kind: string;
  readonly repr?: string;
  readonly value?: unknown;
}
interface Reference {
  readonly typeName: string;
  readonly typeParams?: readonly Typed[];
}
interface Property {
  readonly name: string;
  readonly jsDoc?: { readonly doc?: string };
}
interface Declaration {
  readonly kind: string;
  readonly jsDoc?: { readonly doc?: string };
  readonly def: {
    readonly tsType?: Typed;
    readonly extends?: readonly Typed[];
    readonly properties?: readonly Property[];
    readonly typeParams?: readonly { readonly name: string }[];
  };
}
interface Module {
  readonly imports?: readonly { readonly importedName: string; readonly src: string }[];
  readonly symbols: readonly { readonly name: string; readonly declarations: readonly Declaration[] }[];
}
/** A declaration and the file that holds it. */
interface Found {
  readonly file: string;
  readonly declared: Declaration;
}

/** A doc in one line: names of links stand for them. */
const plain = (doc: string | undefined) =>
  (doc ?? "").replace(/\{@link ([^}]*)\}/g, "$1").split("\n\n")[0]?.replace(/\s+/g, " ").trim() ?? "";
const referenceOf = (type: Typed | undefined) =>
  type?.kind === "typeRef" ? type.value as Reference : undefined;

/** Everything that files of the plugins declare. */
class Declarations {
  readonly #modules: ReadonlyMap<string, Module>;
  constructor(modules: ReadonlyMap<string, Module>) {
    this.#modules = modules;
  }
  static async read(files: readonly string[]): Promise<Declarations> {
    const { stdout, success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["doc", "--json", "--private", ...files],
      cwd: root,
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    const { nodes } = JSON.parse(new TextDecoder().decode(stdout));
    return new Declarations(new Map(Object.entries(nodes as Readonly<Record<string, Module>>)));
  }
  /** Variables of a file with their docs. */
  variables(file: string): readonly (readonly [name: string, declared: Declaration])[] {
    return (this.#modules.get(file)?.symbols ?? []).flatMap(({ name, declarations }) =>
      declarations.filter(({ kind }) => kind === "variable").map((d) => [name, d] as const)
    );
  }
  /** A type by its name, as a file means it. */
  find(name: string, file: string, seen: ReadonlySet<string> = new Set()): Found | undefined {
    const module = this.#modules.get(file);
    const own = module?.symbols.find((s) => s.name === name)?.declarations.find(({ kind }) =>
      kind === "interface" || kind === "typeAlias"
    );
    if (own) return { file, declared: own };
    const from = module?.imports?.find(({ importedName }) => importedName === name)?.src;
    const there = from === undefined || seen.has(from)
      ? undefined
      : this.find(name, from, new Set([...seen, file]));
    if (there) return there;
    for (const other of this.#modules.keys()) {
      const found = this.#modules.get(other)?.symbols.find((s) => s.name === name)?.declarations.find((
        { kind },
      ) => kind === "interface");
      if (found) return { file: other, declared: found };
    }
    return undefined;
  }
  /** Docs of a type's properties; `given` are the types that its own parameters stand for. */
  properties(
    type: Typed | undefined,
    file: string,
    given: ReadonlyMap<string, readonly [Typed, string]> = new Map(),
  ): Readonly<Record<string, string>> {
    const inside = (t: Typed | undefined) => this.properties(t, file, given);
    if (type?.kind === "intersection") {
      return Object.assign({}, ...(type.value as readonly Typed[]).map(inside));
    }
    if (type?.kind === "parenthesized") return inside(type.value as Typed);
    if (type?.kind === "typeLiteral") return own((type.value as Declaration["def"]).properties);
    const reference = referenceOf(type);
    if (!reference) return {};
    const { typeName, typeParams = [] } = reference, parameter = given.get(typeName);
    if (parameter) return this.properties(...parameter);
    if (/^(Omit|Pick|Partial|Readonly)$/.test(typeName)) return inside(typeParams[0]);
    const found = this.find(typeName, file);
    if (!found) return {};
    const { declared: { def }, file: home } = found;
    const parameters = new Map(
      (def.typeParams ?? []).flatMap(({ name }, i) => {
        const stands = typeParams[i];
        return stands ? [[name, [stands, file] as const] as const] : [];
      }),
    );
    const there = (t: Typed | undefined) => this.properties(t, home, parameters);
    return {
      ...Object.assign({}, there(def.tsType), ...(def.extends ?? []).map(there)),
      ...own(def.properties),
    };
  }
}
const own = (properties: readonly Property[] = []) =>
  Object.fromEntries(properties.map(({ name, jsDoc }) => [name, plain(jsDoc?.doc)]));

/** The type of a variable's options: of a factory, of a definition, or of each of a list of definitions. */
function optionsType(type: Typed | undefined): Typed | undefined {
  if (type?.kind === "typeOperator") return optionsType((type.value as { readonly tsType: Typed }).tsType);
  if (type?.kind === "array") return optionsType(type.value as Typed);
  const { typeName = "", typeParams = [] } = referenceOf(type) ?? {};
  return /^(PartFactory|NamedFactory)$/.test(typeName) ? typeParams[1] : typeParams[0];
}

interface Definition {
  readonly kind: string;
  readonly name: string;
  readonly summary?: string;
}
const isDefinition = (raw: unknown): raw is Definition =>
  typeof raw === "object" && raw !== null && "kind" in raw && "name" in raw &&
  (kinds as readonly unknown[]).includes(raw.kind);
/** The definitions that a value of a module stands for. */
function definitionsIn(value: unknown): readonly Definition[] {
  if (typeof value === "function" && "def" in value) return definitionsIn(value.def);
  if (Array.isArray(value)) return value.filter(isDefinition);
  return isDefinition(value) ? [value] : [];
}

/** The docs of every part and its options: those of its factory, else its definition's, else its list's. */
export async function collectDocs(): Promise<Collected> {
  const files = (await sourceFiles("plugins", "core")).filter((f) =>
    !/_test\.ts$|\.samples\.ts$|^core\/ops\/|^plugins\/(backends|operators|architectures)\//.test(f)
  );
  const declarations = await Declarations.read(files),
    said = new Map<Definition, PartDocs & { readonly rank: number }>();
  for (const file of files.map((f) => new URL(f, root).href)) {
    const variables = declarations.variables(file);
    if (variables.length === 0) continue;
    const module = await import(file) as Readonly<Record<string, unknown>>;
    for (const [name, { jsDoc, def }] of variables) {
      const value = module[name];
      const rank = typeof value === "function" ? 2 : Array.isArray(value) ? 0 : 1;
      for (const one of definitionsIn(value)) {
        if ((said.get(one)?.rank ?? -1) >= rank) continue;
        const options = declarations.properties(optionsType(def.tsType), file);
        // A list of any definitions says nothing of each.
        if (rank > 0 || Object.keys(options).length > 0) {
          said.set(one, { rank, doc: plain(jsDoc?.doc), options });
        }
      }
    }
  }
  // A field that a definition has of another is what it is there.
  const shared = new Map<object, string>();
  for (const [def, { options }] of said) {
    for (const [option, field] of Object.entries(optionsOf(def))) {
      if (options[option]) shared.set(field, options[option]);
    }
  }
  const docs: Record<string, Record<string, PartDocs>> = {}, missing: string[] = [], twice: string[] = [];
  for (const kind of kinds) {
    for (const def of registry.all(kind).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const found = said.get(def), place = `${kind} ${def.name}`;
      if (def.summary !== undefined && found && found.rank > 0) twice.push(place);
      const doc = def.summary ?? found?.doc ?? "", options: Record<string, string> = {};
      if (doc === "") missing.push(place);
      for (const [option, field] of Object.entries(optionsOf(def))) {
        const typed = found?.options[option] ?? "";
        if (field.doc !== undefined && typed !== "") twice.push(`${place}.${option}`);
        const text = field.doc ?? (typed || shared.get(field) || "");
        if (text === "") missing.push(`${place}.${option}`);
        options[option] = text;
      }
      (docs[kind] ??= {})[def.name] = { doc, options };
    }
  }
  for (const name of optionTypes) {
    const found = declarations.find(name, "");
    if (!found) missing.push(name);
    else {(docs.options ??= {})[name] = {
        doc: "",
        options: declarations.properties(
          found.declared.def.tsType ?? { kind: "typeRef", value: { typeName: name } },
          found.file,
        ),
      };}
  }
  return { docs, missing, twice };
}
/** A definition's options with what their fields say of them. */
function optionsOf(def: Definition): Readonly<Record<string, { readonly doc?: string }>> {
  if (def.kind !== "activation") {
    return (def as unknown as { readonly config: Record<string, object> }).config;
  }
  const { options = {} } = def as { readonly options?: object };
  return Object.fromEntries(Object.keys(options).map((name) => [name, {}]));
}
/** The text of cli/docs.json. */
export function docsText(docs: Docs): string {
  return `${JSON.stringify(docs, null, 1)}\n`;
}

if (import.meta.main) {
  const { docs, missing, twice } = await collectDocs();
  for (const place of missing) console.error(`${place}: no doc`);
  for (const place of twice) console.error(`${place}: said by its field and by its type`);
  await Deno.writeTextFile(new URL("cli/docs.json", root), docsText(docs));
}
