/** What an experiment searches over: fields of a training configuration by their path, and the values they take. @module */
import { ConfigError } from "../../mod.ts";
import { fields } from "../../public/plugins.ts";
import type { Random } from "../../public/tensors.ts";
import { type Json, objectSchema } from "../training/config.ts";

const { field, float, int, list, nullable, parseConfig, text } = fields;

/** A value that a configuration may hold. */
export type Value = unknown;
/** One thing that is searched over. */
export type Dimension = ChoiceDimension | RangeDimension;
interface Placed {
  /** Fields that get the value. */
  readonly paths: readonly string[];
}
/** One of some values. */
export interface ChoiceDimension extends Placed {
  readonly kind: "choice";
  readonly of: readonly Value[];
}
/** A number between bounds, both included. */
export interface RangeDimension extends Placed {
  readonly kind: "uniform" | "logUniform" | "int" | "logInt";
  readonly min: number;
  readonly max: number;
  /** Values of a grid. */
  readonly steps: number | null;
}
/** Everything that is searched over, by name. */
export type Space = Readonly<Record<string, Dimension>>;
/** One point of a space. */
export type Point = Readonly<Record<string, Value>>;

const paths = nullable(list({
  doc: "the fields that get the value; the name's own path unless given",
  of: text({ doc: "a path, as model.layers.0.units" }),
}));
const kinds = ["choice", "uniform", "logUniform", "int", "logInt"] as const;
const kindField = fields.choice({ doc: "how values are drawn", of: kinds });
const choiceFields = {
  kind: kindField,
  of: field<readonly Value[]>({
    doc: "the values",
    expects: "a list of values",
    json: { type: "array", minItems: 1 },
    read: (raw) => (Array.isArray(raw) && raw.length > 0 ? raw : undefined),
  }),
  paths,
};
const rangeFields = {
  kind: kindField,
  min: float({ doc: "the least value" }),
  max: float({ doc: "the greatest value" }),
  steps: nullable(int({ doc: "values of a grid, evenly spread", min: 1 })),
  paths,
};
const whole = (kind: string) => kind === "int" || kind === "logInt";
const logarithmic = (kind: string) => kind === "logUniform" || kind === "logInt";

function readDimension(raw: unknown, name: string, place: string): Dimension {
  if (Array.isArray(raw)) return readDimension({ kind: "choice", of: raw }, name, place);
  if (!fields.isRecord(raw)) {
    throw new ConfigError(`${place}: expected a list of values, or {kind, …}`, { place });
  }
  if (kindField.parse(raw.kind, `${place}.kind`) === "choice") {
    const { of, paths } = parseConfig(choiceFields as never, raw, place) as {
      readonly of: readonly Value[];
      readonly paths: readonly string[] | null;
    };
    return { kind: "choice", of, paths: paths ?? [name] };
  }
  const { kind, min, max, steps, paths } = parseConfig(rangeFields as never, raw, place) as
    & Omit<RangeDimension, "paths">
    & { readonly paths: readonly string[] | null };
  const wrong = (what: string) => new ConfigError(`${place}: ${what}`, { place });
  if (min > max) throw wrong(`expected min ≤ max, got ${min} and ${max}`);
  if (logarithmic(kind) && min <= 0) throw wrong(`expected min > 0 for ${kind}, got ${min}`);
  if (whole(kind) && !(Number.isInteger(min) && Number.isInteger(max))) {
    throw wrong(`expected whole bounds for ${kind}, got ${min} and ${max}`);
  }
  return { kind, min, max, steps, paths: paths ?? [name] };
}
/** What is searched over, as configurations give it: a list of values or `{ kind, … }` under every name. */
export const spaceField: fields.Field<Space> = field<Space>({
  doc: "what is searched over, by the path of a training configuration's field",
  default: {},
  expects: "an object of lists of values or {kind, …}",
  json: {
    type: "object",
    additionalProperties: {
      anyOf: [
        { type: "array", minItems: 1 },
        objectSchema({ of: choiceFields.of, paths } as never, { kind: { const: "choice" } }),
        ...kinds.slice(1).map((kind) =>
          objectSchema(
            { min: rangeFields.min, max: rangeFields.max, steps: rangeFields.steps, paths } as never,
            {
              kind: { const: kind },
            },
          )
        ),
      ],
    },
  },
  read: (raw, path) =>
    fields.isRecord(raw)
      ? Object.fromEntries(
        Object.entries(raw).map(([name, d]) => [name, readDimension(d, name, `${path}.${name}`)]),
      )
      : undefined,
});

/** The number at a share of a range, from 0 to 1. */
export function atShare({ kind, min, max }: RangeDimension, share: number): number {
  // Whole numbers get equal parts of the range.
  const [low, high] = whole(kind) ? [min - 0.5, max + 0.5] : [min, max];
  const value = logarithmic(kind)
    ? Math.exp(Math.log(low) + share * (Math.log(high) - Math.log(low)))
    : low + share * (high - low);
  return Math.min(max, Math.max(min, whole(kind) ? Math.round(value) : value));
}
/** Where in its range a number stands, from 0 to 1. */
export function shareOf({ kind, min, max }: RangeDimension, value: number): number {
  const [low, high] = whole(kind) ? [min - 0.5, max + 0.5] : [min, max];
  if (low === high) return 0.5;
  return logarithmic(kind)
    ? (Math.log(value) - Math.log(low)) / (Math.log(high) - Math.log(low))
    : (value - low) / (high - low);
}

/** A point drawn evenly. */
export function draw(space: Space, random: Random): Point {
  return Object.fromEntries(
    Object.entries(space).map(([name, d]) => [
      name,
      d.kind === "choice" ? d.of[random.below(d.of.length)] : atShare(d, random.uniform()),
    ]),
  );
}

/** The values that a grid takes of one dimension. */
function gridValues(d: Dimension, name: string): readonly Value[] {
  if (d.kind === "choice") return d.of;
  const { kind, min, max } = d, count = d.steps ?? (whole(kind) && !logarithmic(kind) ? max - min + 1 : null);
  if (count === null) {
    throw new ConfigError(`search.space.${name}: a grid over ${kind} needs steps, the number of its values`, {
      place: `search.space.${name}.steps`,
    });
  }
  const at = (i: number) => {
    const share = count === 1 ? 0.5 : i / (count - 1);
    const value = logarithmic(kind)
      ? Math.exp(Math.log(min) + share * (Math.log(max) - Math.log(min)))
      : min + share * (max - min);
    const kept = Math.min(max, Math.max(min, value));
    return whole(kind) ? Math.round(kept) : kept;
  };
  return [...new Set(Array.from({ length: count }, (_, i) => at(i)))];
}
/** Every point of a grid, the last dimension changing fastest. @throws {ConfigError} for a range without steps. */
export function grid(space: Space): readonly Point[] {
  let points: readonly Point[] = [{}];
  for (const [name, d] of Object.entries(space)) {
    const values = gridValues(d, name);
    points = points.flatMap((point) => values.map((value) => ({ ...point, [name]: value })));
  }
  return points;
}

/**
 * A configuration with values at paths: parts between dots are keys, numbers are places in lists.
 * @throws {ConfigError} for a path whose object or list isn't there, naming the nearest key.
 */
export function withValues(base: Json, values: Readonly<Record<string, Value>>): Json {
  let made = structuredClone(base) as Record<string, unknown>;
  for (const [path, value] of Object.entries(values)) {
    made = put(made, path.split("."), structuredClone(value), path) as Record<string, unknown>;
  }
  return made;
}
function put(into: unknown, [key, ...rest]: readonly string[], value: Value, path: string): unknown {
  if (key === undefined) return value;
  if (Array.isArray(into)) {
    const at = Number(key);
    if (!/^\d+$/.test(key) || at >= into.length) {
      throw new ConfigError(
        `${path}: expected a place from 0 to ${into.length - 1} for ${JSON.stringify(key)}`,
        { place: path },
      );
    }
    return into.map((item, i) => (i === at ? put(item, rest, value, path) : item));
  }
  // A part by its name alone: "adam" is { name: "adam" }.
  const record = typeof into === "string" && rest.length === 0 ? { name: into } : into;
  const within = record === null || record === undefined ? {} : record;
  if (!fields.isRecord(within)) {
    throw new ConfigError(
      `${path}: ${JSON.stringify(key)} stands in ${JSON.stringify(into)}, which holds no keys`,
      {
        place: path,
      },
    );
  }
  if (rest.length > 0 && !Object.hasOwn(within, key)) {
    const near = fields.nearest(key, Object.keys(within));
    if (near !== undefined) {
      throw new ConfigError(`${path}: the base has no ${JSON.stringify(key)}; did you mean ${near}?`, {
        place: path,
      });
    }
  }
  return { ...within, [key]: put(within[key], rest, value, path) };
}

/** The fields that a point sets, with their values. */
export function settings(space: Space, point: Point): Readonly<Record<string, Value>> {
  const entries = Object.entries(point).flatMap(([name, value]) =>
    (space[name]?.paths ?? [name]).map((path) => [path, value] as const)
  );
  return Object.fromEntries(entries);
}
