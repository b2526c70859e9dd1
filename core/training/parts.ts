/** Training's parts by name, by our object, or by Keras' serialised form; and back into that form. @module */
import { ConfigError, shown } from "../values/errors.ts";
import { fieldToSnake } from "../network/names.ts";
import type { Lookup } from "../graph/lookup.ts";
import { type AnySchema, isRecord, nearest, optionsIn, parseConfig, type Schema } from "../values/schema.ts";
import type { Part, PartDef, PartKind, PartKinds } from "./contract.ts";

type Json = Readonly<Record<string, unknown>>;
/** A name without case and separators: `mean_squared_error` and `MeanSquaredError` are one. */
const bare = (name: string) => name.replace(/[^a-z0-9]/gi, "").toLowerCase();

/** Keras' class name of a definition. */
export function classNameOf(def: PartDef): string {
  return def.className ?? def.name.charAt(0).toUpperCase() + def.name.slice(1);
}

/** Keys of Keras' configurations that no part computes with. */
const common: ReadonlySet<string> = new Set(["name", "dtype", "fn", "jitcompile", "islegacyoptimizer"]);

/** Options under the schema's own names. Where a file holds them, what nothing computes with is left out. */
function renamedOptions(def: PartDef, options: Json, fromFile: boolean): Record<string, unknown> {
  const schema = def.config as unknown as AnySchema, out: Record<string, unknown> = {};
  const names = new Map(Object.keys(schema).map((key) => [bare(key), key]));
  for (const [ours, keras] of Object.entries(def.keras?.fields ?? {})) names.set(bare(keras), ours);
  const ignored = new Set(def.keras?.ignore?.map(bare));
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const name = names.get(bare(key));
    if (name === undefined && fromFile && (common.has(bare(key)) || ignored.has(bare(key)))) continue;
    // Older files write null where a default is meant.
    const standard = name === undefined ? undefined : schema[name]?.default;
    if (fromFile && value === null && key !== "reduction" && standard !== undefined && standard !== null) {
      continue;
    }
    out[name ?? key] = value;
  }
  return out;
}

/**
 * A part from its definition and options.
 * @throws {ConfigError} with the path of the wrong option, as in `adam.beta1`.
 */
export function part<D extends PartDef>(def: D, options: object = {}, fromFile = false): Part<D> {
  optionsIn(def.name, options);
  const given = fromFile ? def.keras?.upgrade?.({ ...options }) ?? options : options;
  const named = renamedOptions(def, given as Json, fromFile);
  const config = parseConfig(def.config as Schema<Record<string, unknown>>, named, def.name);
  return { kind: "part", def, config };
}

/** Makes parts of one definition from their options. */
export type PartFactory<D extends PartDef, C, Required extends keyof C = never> =
  & ([Required] extends [never] ? (options?: { readonly [K in keyof C]?: C[K] | undefined }) => Part<D> : (
    options:
      & { readonly [K in Required]: C[K] }
      & { readonly [K in Exclude<keyof C, Required>]?: C[K] | undefined },
  ) => Part<D>)
  & {
    /** What it makes parts of. */
    readonly def: D;
  };
/** A definition's factory; the annotation says which options it takes. */
export function partFactory<D extends PartDef>(
  def: D,
): ((options?: object) => Part<D>) & { readonly def: D } {
  return Object.assign((options?: object) => part(def, options), { def });
}

const isPart = (raw: Json): raw is Json & Part => raw.kind === "part" && isRecord(raw.def);

function findByName<K extends PartKind>(
  registry: Lookup<PartKinds>,
  kind: K,
  name: string,
): { readonly def: PartKinds[K]; readonly options: Json } | undefined {
  const wanted = bare(name);
  for (const def of registry.all(kind) as readonly PartKinds[K][]) {
    if (bare(def.name) === wanted || bare(classNameOf(def)) === wanted) return { def, options: {} };
    for (const alias of def.aliases ?? []) {
      const [word, options] = typeof alias === "string" ? [alias, {}] : alias;
      if (bare(word) === wanted) return { def, options };
    }
  }
  return undefined;
}
function byName<K extends PartKind>(
  registry: Lookup<PartKinds>,
  kind: K,
  name: string,
  place: string,
  options: Json,
  fromFile: boolean,
): Part<PartKinds[K]> {
  const found = findByName(registry, kind, name);
  if (!found) {
    const names = registry.all(kind).map((def) => def.name), near = nearest(name, names);
    throw new ConfigError(
      `${place}: no ${kind} named ${name}${near ? `; did you mean ${near}?` : ""}; there are ${
        names.sort().join(", ")
      }`,
      { place },
    );
  }
  return part(found.def, { ...found.options, ...options }, fromFile);
}

/**
 * A part from whatever stands for it: a name, a part, a definition, or Keras' `{class_name, config}`.
 * @throws {ConfigError} at `place`, for a name that isn't known or an option that doesn't fit.
 */
export function partOf<K extends PartKind>(
  registry: Lookup<PartKinds>,
  kind: K,
  raw: unknown,
  place: string,
): Part<PartKinds[K]> {
  const made = readPart(registry, kind, raw, place);
  const inner = Object.entries(made.def.parts ?? {}).flatMap(([field, of]) => {
    const value = made.config[field];
    return isRecord(value) || typeof value === "string"
      ? [[field, partOf(registry, of, value, `${place}.${field}`)] as const]
      : [];
  });
  const whole = inner.length === 0
    ? made
    : { ...made, config: { ...made.config, ...Object.fromEntries(inner) } };
  return innermost(whole, place);
}
/** The part that another stands around, with the other's options. */
function innermost<D extends PartDef>(made: Part<D>, place: string): Part<D> {
  const around = made.def.kind === "optimizer" ? made.def.around : undefined;
  if (!around) return made;
  const inner = made.config[around.field];
  if (!isRecord(inner) || !isPart(inner) || inner.def.kind !== "optimizer") {
    throw new ConfigError(`${place}.${around.field}: expected an optimizer, got ${shown(inner)}`, { place });
  }
  const { def, config } = inner;
  return { kind: "part", def: def as unknown as D, config: { ...config, ...around.options(made.config) } };
}
function readPart<K extends PartKind>(
  registry: Lookup<PartKinds>,
  kind: K,
  raw: unknown,
  place: string,
): Part<PartKinds[K]> {
  if (typeof raw === "string") return byName(registry, kind, raw, place, {}, false);
  // A factory stands for what it makes without options.
  if (typeof raw === "function" && isRecord((raw as Partial<PartFactory<PartDef, unknown>>).def)) {
    return readPart(registry, kind, (raw as unknown as { readonly def: unknown }).def, place);
  }
  if (isRecord(raw)) {
    if (isPart(raw)) {
      if (raw.def.kind === kind) return raw as unknown as Part<PartKinds[K]>;
      if (kind === "metric" && raw.def.kind === "loss") {
        const { reduction: _, ...options } = raw.config;
        return byName(registry, kind, raw.def.name, place, options, false);
      }
      throw new ConfigError(`${place}: expected a ${kind}, got the ${raw.def.kind} ${raw.def.name}`, {
        place,
      });
    }
    if (raw.kind === kind) return part(raw as unknown as PartKinds[K]);
    // A loss is a metric too, by its name.
    if (kind === "metric" && raw.kind === "loss") {
      return byName(registry, kind, String(raw.name), place, {}, false);
    }
    const { class_name: full, config } = raw;
    if (typeof full === "string") {
      // Keras 2 puts a package before what it has twice: `Custom>Adam`.
      const className = full.slice(full.lastIndexOf(">") + 1);
      if (className === "function" && typeof config === "string") {
        return byName(registry, kind, config, place, {}, true);
      }
      const options = { ...(isRecord(config) && config), ...(isRecord(raw.lapis) && raw.lapis) };
      // Keras 2 wraps a metric's function.
      const name = /Wrapper$/.test(className) && typeof options.fn === "string" ? options.fn : className;
      // Keras' Accuracy, a class, is not what it means by the word.
      const exact = (registry.all(kind) as readonly PartKinds[K][]).find((def) => def.className === name);
      if (exact) return part(exact, options, true);
      return byName(registry, kind, name, place, options, true);
    }
    // Keras 1 keeps the name beside the options.
    if (typeof raw.name === "string") {
      const { name, ...options } = raw;
      return byName(registry, kind, name as string, place, options, true);
    }
  }
  throw new ConfigError(`${place}: expected a ${kind}'s name or object, got ${shown(raw)}`, { place });
}

const modules: Readonly<Record<PartKind, string>> = {
  loss: "keras.losses",
  metric: "keras.metrics",
  optimizer: "keras.optimizers",
  schedule: "keras.optimizers.schedules",
  regularizer: "keras.regularizers",
  constraint: "keras.constraints",
};
/** A part in Keras 3's serialised form. One whose loss is scaled stands inside the optimizer that does it. */
export function serializePart(value: Part): Readonly<Record<string, unknown>> {
  const { def, config } = value, fields = def.keras?.fields ?? {};
  const { lossScaling } = config;
  if (isRecord(lossScaling)) {
    const inner = serializePart({ ...value, config: { ...config, lossScaling: null } });
    const scaling = Object.fromEntries(Object.entries(lossScaling).map(([key, v]) => [fieldToSnake(key), v]));
    return {
      module: modules.optimizer,
      class_name: "LossScaleOptimizer",
      config: { name: "loss_scale_optimizer", inner_optimizer: inner, ...scaling },
      registered_name: null,
    };
  }
  const schema = def.config as unknown as AnySchema, own = new Set(def.keras?.own);
  const isPlain = (key: string, v: unknown) => JSON.stringify(v) === JSON.stringify(schema[key]?.default);
  const entries = (ours: boolean) =>
    Object.entries(config).filter(([key, v]) => own.has(key) === ours && !(ours && isPlain(key, v))).map(
      ([key, v]) => {
        const inner = isRecord(v) && isPart(v) ? serializePart(v) : v;
        return [fields[key] ?? fieldToSnake(key), inner] as const;
      },
    );
  const beside = entries(true);
  return {
    module: modules[def.kind],
    class_name: classNameOf(def),
    config: Object.fromEntries(entries(false)),
    registered_name: null,
    ...(beside.length > 0 && { lapis: Object.fromEntries(beside) }),
  };
}
/** True for optimizers of Keras up to 2.3. */
export const isEarly = (era: unknown): boolean => era === "1" || era === "1-theano";
