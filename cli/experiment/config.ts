/** The configuration that `lapis experiment` reads: a base, what is varied, and how the best is chosen. @module */
import { ConfigError, InputError } from "../../mod.ts";
import { fields, type Schema } from "../../public/plugins.ts";
import { readText } from "../inputs.ts";
import { type Json, objectSchema } from "../training/config.ts";
import { type Space, spaceField, type Value } from "./space.ts";

const { bool, choice, field, float, int, list, nullable, parseConfig, text } = fields;

/** How points are chosen. */
export interface SearchConfig {
  readonly method: "grid" | "random" | "tpe";
  readonly space: Space;
  /** Points of a random or TPE search. */
  readonly trials: number | null;
  readonly seed: number;
  /** Points that TPE draws evenly before it begins. */
  readonly startup: number;
  /** A TPE trial knows the results of all trials but the last few before it, which may run beside it. */
  readonly parallel: number;
}
/** A trial that is said in full. */
export interface Variant {
  readonly name: string;
  /** Heading that variants are compared under. */
  readonly group: string | null;
  /** Values by the path of a training configuration's field. */
  readonly set: Readonly<Record<string, Value>>;
}
/** Epochs after which only the better trials go on. */
export interface HalvingConfig {
  readonly rungs: readonly number[];
  /** One of so many goes on. */
  readonly factor: number;
}
/** The whole file. */
export interface ExperimentConfig {
  readonly $schema: string | null;
  readonly name: string;
  /** A training configuration, or its file. */
  readonly base: string | Json;
  readonly search: SearchConfig | null;
  readonly variants: readonly Variant[];
  readonly seeds: readonly number[];
  readonly metric: string;
  readonly mode: "auto" | "min" | "max";
  readonly halving: HalvingConfig | null;
  /** Which trials are evaluated on the test part. */
  readonly test: "chosen" | "all" | "none";
  /** The chosen configuration is trained anew on the training and validation parts together. */
  readonly refit: boolean;
}

/** An object whose keys are fields. */
function section<C>(doc: string, schema: Schema<C>): fields.Field<C> {
  return field<C>({
    doc,
    expects: `an object with ${Object.keys(schema).join(", ")}`,
    json: objectSchema(schema),
    read: (raw, path) => (fields.isRecord(raw) ? parseConfig(schema, raw, path) : undefined),
  });
}

const searchFields: Schema<SearchConfig> = {
  method: choice({ doc: "how points are chosen", of: ["grid", "random", "tpe"] }),
  space: spaceField,
  trials: nullable(int({ doc: "points of a random or TPE search", min: 1 })),
  seed: int({ doc: "fixes the points", min: 0, default: 0 }),
  startup: int({ doc: "points that TPE draws evenly before it begins", min: 1, default: 8 }),
  parallel: int({
    doc: "a TPE trial knows all results but those of the last trials before it, one less than this",
    min: 1,
    default: 2,
  }),
};
const variantFields: Schema<Variant> = {
  name: text({ doc: "the trial's name" }),
  group: nullable(text({ doc: "heading that variants are compared under" })),
  set: field<Variant["set"]>({
    doc: "values by the path of a field, as model.layers.0.units",
    default: {},
    expects: "an object of values by path",
    json: { type: "object" },
    read: (raw) => (fields.isRecord(raw) ? raw : undefined),
  }),
};
const halvingFields: Schema<HalvingConfig> = {
  rungs: list({ doc: "epochs at each rung, fewest first", of: int({ doc: "epochs", min: 1 }) }),
  factor: float({ doc: "one of so many trials goes on to the next rung", min: 1, default: 3 }),
};
/** Every key of the file. */
export const experimentFields: Schema<ExperimentConfig> = {
  $schema: nullable(text({ doc: "where this format is described" })),
  name: text({ doc: "what the experiment is called", default: "experiment" }),
  base: field<string | Json>({
    doc: "what every trial is trained by, but for what is varied: a training configuration, or its file",
    expects: "a training configuration, or its file",
    json: { anyOf: [{ type: "string" }, { $ref: "train.schema.json" }] },
    read: (raw) => (fields.isRecord(raw) || (typeof raw === "string" && raw !== "") ? raw : undefined),
  }),
  search: nullable(section("a search over fields of the configuration", searchFields)),
  variants: list({ doc: "trials that are said in full", of: section("a trial", variantFields), default: [] }),
  seeds: list({
    doc: "every trial is trained with each of these; the mean counts",
    of: int({ doc: "a seed", min: 0 }),
    default: [0],
  }),
  metric: text({
    doc:
      "the number that is chosen by, of the validation part after training: valLoss, valAccuracy, valMacroF1 …",
    default: "valLoss",
  }),
  mode: choice({ doc: "which way the number is better", of: ["auto", "min", "max"], default: "auto" }),
  halving: nullable(section("only the better trials go on after some epochs", halvingFields)),
  test: choice({
    doc: "which trials are evaluated on the test part: the chosen one, for tables every one, or none",
    of: ["chosen", "all", "none"],
    default: "chosen",
  }),
  refit: bool({
    doc:
      "the chosen configuration is trained anew on the training and validation parts together before its test",
    default: false,
  }),
};

/** A JSON file that holds an object. @throws {InputError} */
export async function readJson(path: string): Promise<Json> {
  const content = await readText(path);
  let raw: unknown;
  try {
    raw = JSON.parse(content);
  } catch (error) {
    throw new InputError(`${path}: is not JSON: ${error instanceof Error ? error.message : error}`, {
      file: path,
    });
  }
  if (!fields.isRecord(raw)) throw new InputError(`${path}: expected a JSON object`, { file: path });
  return raw;
}

/** Reads an experiment. @throws {InputError} for text that isn't JSON; {@link ConfigError} with the path of a wrong key. */
export async function readExperiment(path: string): Promise<ExperimentConfig> {
  const read = parseConfig(experimentFields, await readJson(path), path);
  const wrong = (place: string, what: string) => new ConfigError(`${path}: ${place}: ${what}`, { place });
  const { search, variants, seeds, halving } = read;
  if (search === null && variants.length === 0) {
    throw wrong("search", "nothing is varied: expected search or variants");
  }
  if (search && Object.keys(search.space).length === 0) {
    throw wrong("search.space", "expected at least one field");
  }
  if (search && search.method !== "grid" && search.trials === null) {
    throw wrong("search.trials", `is missing: how many points a ${search.method} search tries`);
  }
  if (seeds.length === 0 || new Set(seeds).size < seeds.length) {
    throw wrong("seeds", `expected different seeds, got ${JSON.stringify(seeds)}`);
  }
  const names = variants.map(({ name, group }) => `${group ?? ""}/${name}`);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw wrong("variants", `${JSON.stringify(twice.replace(/^\//, ""))} stands there twice`);
  }
  if (
    halving &&
    (halving.rungs.length === 0 || halving.rungs.some((n, i, all) => i > 0 && n <= (all[i - 1] ?? 0)))
  ) {
    throw wrong("halving.rungs", `expected growing epochs, got ${JSON.stringify(halving.rungs)}`);
  }
  return read;
}
