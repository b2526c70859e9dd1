/** Configuration fields: each says its doc, its default and how it is read; errors carry the path. @module */
import { item } from "./item.ts";
import { ConfigError, shown } from "./errors.ts";

/** True for an object of names and values. */
export const isRecord = (raw: unknown): raw is Readonly<Record<string, unknown>> =>
  typeof raw === "object" && raw !== null && !Array.isArray(raw);

/** A part of a JSON schema (draft 2020-12). */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** What a field's values stand for, which files write in forms of their own. */
export type FieldKind = "activation" | "initializer" | "layer" | "dtype" | "tensor" | "type";

/** One field. `parse` gets what the user or a file gave and returns the value, or throws a ConfigError with the path. */
export interface Field<T> {
  /** What the field is; absent where its type's doc says so. */
  readonly doc?: string;
  /** What is expected, for tables and messages, as in `integer >= 1`. */
  readonly expects: string;
  /** Present where its value, or each of a list, is such a part. */
  readonly kind?: FieldKind;
  /** Present when the field may be left out. */
  readonly default?: T;
  /** True when it has no default. */
  readonly required: boolean;
  /** What is expected in the words of JSON Schema; absent where any JSON may stand. */
  readonly json?: JsonSchema;
  /** The value of what was given. Throws a ConfigError with the path. */
  parse(raw: unknown, path: string): T;
}
/** A field for every key of a configuration. */
export type Schema<C> = { readonly [K in keyof C]-?: Field<C[K]> };
/** A schema whose configuration's type is forgotten, as registries hold it. */
export type AnySchema = Readonly<Record<string, Field<unknown>>>;

/** What every field says. */
export interface FieldText<T> {
  /** What the field is, where no type's doc says so. */
  readonly doc?: string;
  /** Its value where it is left out. */
  readonly default?: T;
}

/** A field from a reader that returns undefined when the value doesn't fit. */
export function field<T>(
  options: FieldText<T> & {
    readonly expects: string;
    readonly kind?: FieldKind;
    readonly json?: JsonSchema;
    read(raw: unknown, path: string): T | undefined;
  },
): Field<T> {
  const { doc, expects, kind, json, read } = options;
  const required = !("default" in options);
  return {
    expects,
    required,
    ...(doc !== undefined && { doc }),
    ...(kind && { kind }),
    ...(json && { json }),
    ...(required ? {} : { default: options.default as T }),
    parse(raw: unknown, path: string): T {
      const value = read(raw, path);
      if (value === undefined) {
        throw new ConfigError(`${path}: expected ${expects}, got ${shown(raw)}`, { place: path });
      }
      return value;
    },
  };
}

const inRange = (n: number, min: number, max: number) => n >= min && n <= max;
const rangeJson = (type: string, min?: number, max?: number): JsonSchema => ({
  type,
  ...(min !== undefined && { minimum: min }),
  ...(max !== undefined && { maximum: max }),
});
function rangeText(what: string, min?: number, max?: number): string {
  if (min !== undefined && max !== undefined) return `${what} from ${min} to ${max}`;
  return min !== undefined ? `${what} >= ${min}` : max !== undefined ? `${what} <= ${max}` : what;
}

/** A whole number. */
export function int(
  o: FieldText<number> & { readonly min?: number; readonly max?: number } = {},
): Field<number> {
  const { min = -Number.MAX_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = o;
  return field({
    ...o,
    expects: rangeText("integer", o.min, o.max),
    json: rangeJson("integer", o.min, o.max),
    read: (raw) => {
      const n = typeof raw === "bigint" ? Number(raw) : raw;
      return typeof n === "number" && Number.isSafeInteger(n) && inRange(n, min, max) ? n : undefined;
    },
  });
}
/** A real number. */
export function float(
  o: FieldText<number> & { readonly min?: number; readonly max?: number } = {},
): Field<number> {
  const { min = -Infinity, max = Infinity } = o;
  return field({
    ...o,
    expects: rangeText("number", o.min, o.max),
    json: rangeJson("number", o.min, o.max),
    read: (
      raw,
    ) => (typeof raw === "number" && !Number.isNaN(raw) && inRange(raw, min, max) ? raw : undefined),
  });
}
/** True or false; 0 and 1 as ONNX and old files write them. */
export function bool(o: FieldText<boolean> = {}): Field<boolean> {
  return field({
    ...o,
    expects: "true or false",
    json: { type: "boolean" },
    read: (raw) => (typeof raw === "boolean" ? raw : raw === 0 ? false : raw === 1 ? true : undefined),
  });
}
/** Text. */
export function text(o: FieldText<string> = {}): Field<string> {
  return field({
    ...o,
    expects: "text",
    json: { type: "string" },
    read: (raw) => (typeof raw === "string" ? raw : undefined),
  });
}
/** One of a few words. */
export function choice<const T extends string>(
  o: { readonly doc?: string; readonly default?: T; readonly of: readonly T[] },
): Field<T> {
  return field<T>({
    ...o,
    expects: `one of ${o.of.join(", ")}`,
    json: { enum: o.of },
    read: (raw) => o.of.find((word) => word === raw),
  });
}
/** A list of what another field reads; `length` fixes how many. */
export function list<T>(
  o: FieldText<readonly T[]> & { readonly of: Field<T>; readonly length?: number },
): Field<readonly T[]> {
  return field({
    ...o,
    ...(o.of.kind && { kind: o.of.kind }),
    expects: o.length === undefined ? `list of ${o.of.expects}` : `${o.length} of ${o.of.expects}`,
    json: {
      type: "array",
      items: o.of.json ?? {},
      ...(o.length !== undefined && { minItems: o.length, maxItems: o.length }),
    },
    read: (raw, path) =>
      Array.isArray(raw) && (o.length === undefined || raw.length === o.length)
        ? raw.map((item, i) => o.of.parse(item, `${path}[${i}]`))
        : undefined,
  });
}
/** A number or a list of `rank` numbers, as kernel sizes and strides are given; always read as a list. */
export function sizes(
  o: FieldText<readonly number[]> & { readonly rank: number; readonly min?: number },
): Field<readonly number[]> {
  const one = int({ min: o.min ?? 1 });
  return field({
    ...o,
    expects: `${one.expects}, or a list of ${o.rank}`,
    json: {
      anyOf: [one.json, { type: "array", items: one.json, minItems: o.rank, maxItems: o.rank }],
    },
    read: (raw, path) => {
      if (typeof raw === "number") return new Array<number>(o.rank).fill(one.parse(raw, path));
      if (!Array.isArray(raw) || raw.length !== o.rank) return undefined;
      return raw.map((item, i) => one.parse(item, `${path}[${i}]`));
    },
  });
}
/** The same field, where null or nothing is allowed too. */
export function nullable<T>(inner: Field<T>): Field<T | null> {
  return {
    ...(inner.doc !== undefined && { doc: inner.doc }),
    expects: `${inner.expects}, or null`,
    ...(inner.kind && { kind: inner.kind }),
    ...(inner.json && { json: { anyOf: [inner.json, { type: "null" }] } }),
    required: false,
    default: inner.required ? null : (inner.default ?? null),
    parse: (raw, path) => (raw === null || raw === undefined ? null : inner.parse(raw, path)),
  };
}

/** The nearest of `names` to a mistyped word, if one is near. */
export function nearest(word: string, names: Iterable<string>): string | undefined {
  let best: string | undefined, least = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const name of names) {
    const d = editDistance(word.toLowerCase(), name.toLowerCase());
    if (d < least) [best, least] = [name, d];
  }
  return best;
}
function editDistance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 8 || a.length > 64) return Infinity;
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swap = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(swap, item(row, j) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? Infinity;
}

/** Names of options, said beside their type, which tells when one is missing or too many. */
export type OptionNames<O> = Readonly<Record<keyof O, 0>>;
/**
 * Refuses options that a function doesn't know, before it does anything: `path` is the function's name.
 * @throws {ConfigError} with the nearest known name.
 */
export function checkOptions<O extends object>(
  path: string,
  given: O | undefined,
  known: Readonly<Record<keyof NoInfer<O>, unknown>>,
): void {
  if (given === undefined) return;
  refuseUnknown(path, optionsIn(path, given), known);
}
/** What was given as options. @throws {ConfigError} where that is no object. */
export function optionsIn<O>(path: string, given: O): O & object {
  if (typeof given === "object" && given !== null && !Array.isArray(given)) return given;
  throw new ConfigError(`${path}: expected an object of options, got ${shown(given)}`, { place: path });
}
/** Refuses keys that aren't known. @throws {ConfigError} with the nearest known name. */
export function refuseUnknown(path: string, given: object, known: object): void {
  for (const key of Object.keys(given)) {
    if (Object.hasOwn(known, key)) continue;
    const near = nearest(key, Object.keys(known));
    throw new ConfigError(`${path}: unknown option ${shown(key)}${near ? `; did you mean ${near}?` : ""}`, {
      place: `${path}.${key}`,
    });
  }
}

/**
 * Reads a configuration: every field parsed, defaults filled in, unknown keys refused with the nearest known one.
 * @throws {ConfigError} with the path of the wrong field.
 */
export function parseConfig<C>(schema: Schema<C>, raw: Readonly<Record<string, unknown>>, path: string): C {
  const fields = schema as unknown as AnySchema;
  refuseUnknown(path, raw, fields);
  const out: Record<string, unknown> = {};
  for (const [key, f] of Object.entries(fields)) {
    const value = Object.hasOwn(raw, key) ? raw[key] : undefined;
    if (value === undefined) {
      if (f.required) {
        throw new ConfigError(
          `${path}: ${key} is missing: expected ${f.expects}${f.doc ? ` (${f.doc})` : ""}`,
          {
            place: `${path}.${key}`,
          },
        );
      }
      out[key] = f.default;
    } else out[key] = f.parse(value, `${path}.${key}`);
  }
  return out as C;
}
/** One axis or several, kept as given. */
export function axesField(
  o: { readonly doc?: string; readonly default: number | readonly number[] },
): Field<number | readonly number[]> {
  const one = int();
  return field<number | readonly number[]>({
    ...o,
    expects: "an axis, or a list of axes",
    json: { anyOf: [{ type: "integer" }, { type: "array", items: { type: "integer" } }] },
    read: (raw, path) =>
      Array.isArray(raw) ? raw.map((a, i) => one.parse(a, `${path}[${i}]`)) : one.parse(raw, path),
  });
}
