/** What functions are given by programs that no types hold to anything: refused where it arrives, by name. @module */
import { InputError, shown } from "../../core/values/errors.ts";

/** A kind of argument: what it is called, as in "expected a list", and whether something is one. */
export type Kind = readonly [said: string, is: (value: unknown) => boolean];
/** An object that has some members. */
export const having = (said: string, ...names: readonly string[]): Kind => [
  `${said} (${names.join(", ")})`,
  (value) => names.every((name) => (value as Readonly<Record<string, unknown>> | null)?.[name] !== undefined),
];
/** @throws {InputError} naming the function and the argument where it is of another kind. */
export function check(call: string, name: string, value: unknown, [said, is]: Kind): void {
  if (is(value)) return;
  throw new InputError(`${call}: ${name}: expected ${said}, got ${shown(value)}`, {
    place: `${call}.${name}`,
  });
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;
const isList = (value: unknown) => isObject(value) && typeof value["length"] === "number";
/** Objects that have lists under some names. */
const withLists = (said: string, ...names: readonly string[]): Kind => [
  said,
  (value) => isObject(value) && names.every((name) => isList(value[name])),
];

/** An array, or a typed one. */
export const list: Kind = ["a list", isList];
/** A list of one thing at least. */
export const some: Kind = ["a list that isn't empty", (v) => Array.isArray(v) && v.length > 0];
/** An object that is no list. */
export const object: Kind = ["an object", (value) => isObject(value) && !Array.isArray(value)];
/** Lists in a list. */
export const rows: Kind = ["a list of lists", (v) => Array.isArray(v) && v.every(isList)];
/** A text. */
export const text: Kind = ["a text", (value) => typeof value === "string"];
/** A number. */
export const number: Kind = ["a number", (value) => typeof value === "number"];
/** Something to call. */
export const callable: Kind = ["a function", (value) => typeof value === "function"];
/** A Map. */
export const map: Kind = ["a Map", (value) => value instanceof Map];
/** Bytes. */
export const bytes: Kind = ["bytes (Uint8Array)", (value) => value instanceof Uint8Array];
const isTensor = (value: unknown) =>
  isObject(value) && typeof value["dtype"] === "string" && isList(value["shape"]) && isList(value["data"]);
/** A tensor. */
export const tensorKind: Kind = ["a tensor", isTensor];
/** A graph. */
export const graphKind: Kind = withLists("a graph", "inputs", "nodes", "outputs", "types");
/** A model. */
export const modelKind: Kind = [
  "a model",
  (value) =>
    isObject(value) && typeof value["graph"] === "function" && typeof value["predict"] === "function",
];
/** A table of text. */
export const table: Kind = withLists("a table (header and rows)", "header", "rows");
/** Texts one after the other. */
export const texts: Kind = ["a list of texts", (value) => isObject(value) && Symbol.iterator in value];
/** A list, or a tensor. */
export const data: Kind = ["a tensor or a list", (value) => isTensor(value) || isList(value)];
/** Something that gives one thing after the other. */
export const stream: Kind = [
  "a stream (an iterable of bytes)",
  (value) => isObject(value) && (Symbol.iterator in value || Symbol.asyncIterator in value),
];
