/**
 * Writes `core/graph/vocabulary.ts`, the types of the builder's methods, from the operators' declarations:
 * `deno task vocabulary`.
 * @module
 */
import { GraphBuilder } from "../../core/graph/builder.ts";
import { besides, methodOf } from "../../core/graph/methods.ts";
import type { OpDef } from "../../core/graph/op.ts";
import type { Field, JsonSchema } from "../../core/values/schema.ts";
import { registry } from "../../mod.ts";
import { root } from "../support/sources.ts";

const place = new URL("core/graph/vocabulary.ts", root);
const unique = (types: readonly string[]) => [...new Set(types)].join(" | ");
const kinds = { dtype: "DType | number", tensor: "Tensor", type: "Type" } as const;

/** The TypeScript of what a JSON schema allows; `inner` where it says nothing. */
function typeOfJson(json: JsonSchema, inner: string | undefined): string {
  const { enum: words, anyOf, type, items } = json;
  if (Array.isArray(words)) return unique(words.map((word) => JSON.stringify(word)));
  if (Array.isArray(anyOf)) return unique(anyOf.map((part: JsonSchema) => typeOfJson(part, inner)));
  if (type === "array") {
    const item = typeOfJson(items as JsonSchema, inner);
    return `readonly ${item.includes(" ") ? `(${item})` : item}[]`;
  }
  const simple: Readonly<Record<string, string>> = {
    integer: "number",
    number: "number",
    boolean: "boolean | 0 | 1",
    string: "string",
    null: "null",
  };
  const found = simple[String(type)] ?? inner;
  if (found === undefined) throw new Error(`no type for ${JSON.stringify(json)}`);
  return found;
}
function typeOfField(place: string, field: Field<unknown>): string {
  const inner = field.kind && field.kind in kinds ? kinds[field.kind as keyof typeof kinds] : undefined;
  try {
    const type = typeOfJson(field.json ?? {}, inner);
    return field.default === null && !/\bnull\b/.test(type) ? `${type} | null` : type;
  } catch (cause) {
    throw new Error(`${place}: a field of operators says its kind or its JSON schema`, { cause });
  }
}

const keyOf = ({ name, domain = "" }: OpDef) => (domain === "" ? name : `${domain}.${name}`);
const sentence = (text: string) => `${text.charAt(0).toUpperCase()}${text.slice(1).replace(/\.$/, "")}`;
/** A comment that a file may hold. */
const doc = (text: string) => `/** ${text.replaceAll("*/", "*\\/")} */`;

function attributesText(def: OpDef): string {
  const fields = Object.entries(def.attributes as Readonly<Record<string, Field<unknown>>>);
  return fields.map(([key, field]) => {
    if (field.doc === undefined) throw new Error(`${def.name}.${key}: an attribute says what it is`);
    const fallback = field.required || field.default === null
      ? ""
      : `; ${JSON.stringify(field.default)} unless said`;
    return `    ${doc(`${sentence(field.doc)}${fallback}.`)}\n` +
      `    readonly ${key}${field.required ? "" : "?"}: ${typeOfField(`${def.name}.${key}`, field)};\n`;
  }).join("");
}

const ordinals = [
  "first",
  "second",
  "third",
  "fourth",
  "fifth",
  "sixth",
  "seventh",
  "eighth",
  "ninth",
  "tenth",
];
const ordinal = (i: number) => ordinals[i] ?? `input${i + 1}`;

function result({ maxOutputs = 1, minOutputs = 1 }: OpDef): string {
  if (maxOutputs === 1) return "Value";
  if (maxOutputs === Infinity) return "readonly Value[]";
  const each = Array.from({ length: maxOutputs }, (_, i) => (i < minOutputs ? "Value" : "Value | undefined"));
  return `readonly [${each.join(", ")}]`;
}
/** The signatures of an operator: attributes may follow as many inputs as there are. */
function signatures(def: OpDef): string[] {
  const [least, most] = def.arity, key = keyOf(def), fields = Object.values(def.attributes);
  const of = `AttributesOf["${key}"]`, required = fields.some((f) => (f as Field<unknown>).required);
  const { maxOutputs = 1, minOutputs = 1 } = def;
  const beside = "captures" in def.attributes || maxOutputs !== minOutputs ? ["options?: OpOptions"] : [];
  const attributes = fields.length === 0
    ? beside.length > 0 ? ["attributes?: NoAttributes"] : []
    : [`attributes${required ? "" : "?"}: ${of}`];
  const input = (i: number) => (most === 1 ? "x" : ordinal(i));
  const of1 = (n: number, from = 0, rest = ": Value") =>
    Array.from({ length: n }, (_, i) => `${input(from + i)}${rest}`);
  if (most === Infinity) return [[`inputs: readonly Value[]`, ...attributes, ...beside].join(", ")];
  const fixed = of1(least), open = most - least;
  if (open === 0) return [[...fixed, ...attributes, ...beside].join(", ")];
  const whole = of1(open, least, required ? ": Value | undefined" : "?: Value");
  const forms = [[...fixed, ...whole, ...attributes, ...beside].join(", ")];
  if (attributes.length === 0) return forms;
  const type = fields.length > 0 ? of : "NoAttributes";
  // The shortest is last: what it says of a mistake is what the compiler tells.
  for (let n = (open > 3 ? 2 : open) - 1; n >= 0; n--) {
    const given = of1(n, least, ": Value | undefined");
    forms.push([...fixed, ...given, `attributes: ${type}`, ...beside].join(", "));
  }
  return forms;
}

/** An operator's method: one that the builder has of its own makes way for nothing. */
export function methodNameOf(def: OpDef): string {
  const name = methodOf(def);
  return name in GraphBuilder.prototype ? besides(name) : name;
}
/** The text of the file. */
export function vocabulary(ops: readonly OpDef[]): string {
  const taken = new Map<string, string>(), seen = new Map<string, string>();
  const methods: string[] = [], attributes: string[] = [];
  for (const def of ops) {
    const key = keyOf(def), name = methodNameOf(def);
    const other = taken.get(name);
    if (other !== undefined) throw new Error(`${other} and ${key} would both be ${name}`);
    taken.set(name, key);
    const text = attributesText(def);
    if (text !== "") {
      const same = seen.get(text), property = /^\w+$/.test(key) ? key : `"${key}"`;
      seen.set(text, same ?? key);
      attributes.push(
        `  ${doc(`Of \`${key}\`.`)}\n  readonly ${property}: ` +
          (same === undefined ? `{\n${text}  };\n` : `AttributesOf["${same}"];\n`),
      );
    }
    for (const parameters of signatures(def)) {
      const line = `  ${name}(${parameters}): ${result(def)};\n`;
      methods.push(
        `  ${doc(`${sentence(def.summary)}: \`${key}\`.`)}\n` +
          (line.length <= 111
            ? line
            : `  ${name}(\n    ${parameters.replaceAll(/, (?=\w+\??:)/g, ",\n    ")},\n  ): ${
              result(def)
            };\n`),
      );
    }
  }
  return `/**
 * The builder's methods, one an operator: made of the operators' declarations by \`deno task vocabulary\`.
 * @module
 */
import type { DType } from "../values/dtype.ts";
import type { Type } from "../values/shape.ts";
import type { Tensor } from "../values/tensor.ts";
import type { Graph, Value } from "./graph.ts";

/** What a node may have beside inputs and attributes. */
export interface OpOptions {
  /** Nested graphs by attribute name. */
  readonly graphs?: Readonly<Record<string, Graph>>;
  /** How many outputs are wanted; all that inference gives unless said. */
  readonly outputs?: number;
}
/** No attributes. */
export type NoAttributes = Readonly<Record<never, never>>;

/** The attributes of each operator that has some, by its name. */
export interface AttributesOf {
${attributes.join("")}}

/**
 * A method for every operator. Inputs come first, those that may be absent as \`undefined\` or not at all; attributes follow.
 * An operator of any number of inputs takes a list of them. One that can have several outputs gives all of them.
 */
export interface Vocabulary {
${methods.join("")}}
`;
}

/** The file as the operators are declared now. */
export const current = (): string => vocabulary(registry.all("op"));
if (import.meta.main) await Deno.writeTextFile(place, current());
