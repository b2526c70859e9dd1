/** How a model was compiled and where its optimizer stands, as files hold them. @module */
import { ConfigError, FormatError, UnsupportedError } from "../../core/values/errors.ts";
import type { Registry } from "../../core/registry.ts";
import { fieldToSnake } from "../../core/network/names.ts";
import type { PartKind } from "../../core/training/contract.ts";
import { classNameOf, partOf, serializePart } from "../../core/training/parts.ts";
import { besideKeras } from "../../core/training/saved.ts";
import type { SavedTraining } from "../../core/training/types.ts";
import { attributeStrings, type Hdf5Dataset, type Hdf5Group } from "../hdf5/mod.ts";
import { isJson, type Json } from "./json.ts";
import { isSerialized } from "./reading/entry.ts";
import { olderPart } from "./writing/older.ts";
import { onTheano, scaledSums, type SlotOwners, slotsByWeights, type Variables } from "./weights/slots.ts";

/**
 * Compilation as whole-model `.h5` files hold it, from that of `.keras` files; `older` is an optimizer in the form before
 * TensorFlow 2.11.
 */
export function legacyTraining(config: Json, major: 2 | 3, older?: Json): Json {
  const { optimizer, loss = null, metrics = null, weighted_metrics: weighted = null, ...rest } = config;
  const bare = (value: unknown): unknown =>
    isSerialized(value)
      ? major === 2 ? olderPart(value) : {
        class_name: value.class_name,
        config: value.config,
        ...("lapis" in value && { lapis: value.lapis }),
      }
      : Array.isArray(value)
      ? value.map(bare)
      : isJson(value)
      ? Object.fromEntries(Object.entries(value).map(([output, v]) => [output, bare(v)]))
      : value;
  const { module: _, registered_name: __, ...own } = isJson(optimizer) ? optimizer : {};
  // Keras 2 has an older optimizer of the same name.
  const newest = major === 2 ? { ...own, class_name: `Custom>${own.class_name}` } : own;
  return {
    loss: bare(loss),
    loss_weights: null,
    metrics: bare(metrics),
    weighted_metrics: bare(weighted),
    ...(major === 2 && { sample_weight_mode: null }),
    run_eagerly: false,
    steps_per_execution: 1,
    jit_compile: false,
    ...rest,
    optimizer_config: older ?? (isJson(optimizer) ? newest : optimizer ?? null),
  };
}

const modules: Readonly<Record<string, string>> = {
  optimizer: "keras.optimizers",
  loss: "keras.losses",
  metrics: "keras.metrics",
  weighted_metrics: "keras.metrics",
};
/** Everything that was compiled, each part in a form. */
function eachPart(config: Json, form: (value: unknown, key: string) => unknown): Json {
  const deep = (value: unknown, key: string): unknown => {
    if (value === null || value === undefined || typeof value === "string" || isSerialized(value)) {
      return form(value ?? null, key);
    }
    if (Array.isArray(value)) return value.map((v) => deep(v, key)).filter((v) => v !== undefined);
    return isJson(value)
      ? Object.fromEntries(Object.entries(value).map(([k, v]) => [k, deep(v, key)]))
      : value;
  };
  return Object.fromEntries(
    Object.entries(config).map(([key, value]) => [key, key in modules ? deep(value, key) : value]),
  );
}
const kinds = {
  optimizer: "optimizer",
  loss: "loss",
  metrics: "metric",
  weighted_metrics: "metric",
} as const;

/**
 * Compilation for files of a version. What another version wrote goes through our own parts; where those can't read it,
 * it is left out.
 */
export function trainingFor(
  saved: SavedTraining,
  major: 2 | 3,
  registry: Registry,
): SavedTraining | undefined {
  const from = Number.parseInt(saved.version, 10), hasParts = registry.all("optimizer").length > 0;
  const ours = (value: unknown, key: string): unknown => {
    const kind = kinds[key as keyof typeof kinds];
    return value === null || !hasParts || kind === undefined
      ? value
      : keptForm(serializePart(partOf(registry, kind, value, key)), kind, major, registry);
  };
  const modern = (value: unknown, key: string): unknown => {
    // Keras 3 reads a loss's short names in a .keras file, not in an .h5.
    if (typeof value === "string" && key === "loss") return ours(value, key);
    if (!isSerialized(value)) return value;
    const form = { module: modules[key], registered_name: null, ...value };
    const kind = kinds[key as keyof typeof kinds];
    return key === "optimizer" ? form : keptForm(form, kind, major, registry);
  };
  try {
    if (from === 3 && major === 3) return { ...saved, config: eachPart(saved.config, modern) };
    if (!hasParts) return undefined;
    const { optimizer, loss, metrics = null, weighted_metrics = null } = eachPart(saved.config, ours);
    const legacy = { jit_compile: false, is_legacy_optimizer: false };
    // Some optimizers Keras 2 doesn't have; a scale of the loss it writes in another way.
    const bareOptimizer = major === 2 ? unscaled(optimizer) : optimizer;
    if (optimizer !== null && bareOptimizer === undefined) return undefined;
    const own = major === 3 ? optimizer : dated(without(bareOptimizer, newer, legacy));
    const config = { optimizer: own, loss, metrics, weighted_metrics }, { variables } = saved;
    // Variables come in another version's order only from a compilation that our parts could read.
    const known = from === 3 && variables;
    return { config, version: `${major}`, ...(known && { variables: () => variables(major) }) };
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}
/** One of our parts as files of a version hold it; undefined where that Keras has none. Forms of Keras' own stay as they are. */
function keptForm(form: Json, kind: PartKind, major: 2 | 3, registry: Registry): unknown {
  const { config } = form, def = registry.all(kind).find((d) => classNameOf(d) === form.class_name);
  const names = def?.keras?.fields ?? {}, beside = def?.keras?.own ?? [];
  const isOurs = isJson(config) &&
    Object.keys(def?.config ?? {}).every((key) =>
      beside.includes(key) || (names[key] ?? fieldToSnake(key)) in config
    );
  if (!def?.keras?.save || !isOurs) return form;
  const saved = def.keras.save(config, major);
  if (saved === undefined) return undefined;
  if (typeof saved === "string") {
    // Another of its names, which Keras knows too, as `acc`.
    const { name } = config;
    return typeof name === "string" && def.aliases?.includes(name) ? name : saved;
  }
  return { ...form, class_name: saved.className ?? form.class_name, config: saved.config };
}
/** The optimizer inside one that scales the loss. */
function unscaled(form: unknown): unknown {
  const inner = isSerialized(form) && isJson(form.config) ? form.config.inner_optimizer : undefined;
  return inner === undefined ? form : inner;
}
/** Options that came with Keras 3's optimizers. */
const newer: readonly string[] = ["loss_scale_factor", "gradient_accumulation_steps"];
function without(form: unknown, keys: readonly string[], more: Json): unknown {
  if (!isSerialized(form) || !isJson(form.config)) return form;
  const kept = Object.entries(form.config).filter(([key]) => !keys.includes(key));
  return { ...form, config: { ...Object.fromEntries(kept), ...more } };
}
/** Beside a configuration of Keras 2 stands whose arithmetic the optimizer follows, since that is another's otherwise. */
function dated(form: unknown): unknown {
  if (!isSerialized(form) || !isJson(form.config)) return form;
  const { lapis } = form as { readonly lapis?: unknown };
  return { ...form, lapis: { era: "3", ...(isJson(lapis) && lapis) } };
}
/** Keras 3's compilation from that of whole-model `.h5` files. */
function fromLegacy(config: Json): Json {
  const { optimizer_config: optimizer, ...rest } = config;
  return { ...(optimizer !== undefined && { optimizer }), ...rest };
}

/** The part of a file that training goes on from. */
export interface TrainingParts {
  /** `compile_config`, or `training_config` of `.h5` files. */
  readonly config: unknown;
  readonly legacy: boolean;
  readonly version: string;
  /** The file's root group. */
  readonly root: Hdf5Group | undefined;
  /** The weights that the optimizer's variables belong to. */
  readonly weights?: SlotOwners;
}
/** Compilation as the file says it, or undefined. The optimizer's variables are read when asked for. */
export function trainingOf(
  { config, legacy, version, root, weights }: TrainingParts,
): SavedTraining | undefined {
  if (!isJson(config) || Object.keys(config).length === 0) return undefined;
  const said = legacy ? fromLegacy(config) : config;
  const form = weights ? onTheano(said, weights, version) : said;
  if (form.optimizer === undefined && form.loss === undefined) return undefined;
  const found = root && variablesOf(root), reason = scaledSums(form, version);
  const held = found && reason !== undefined
    ? () => {
      throw new UnsupportedError(reason);
    }
    : found;
  const variables = held && weights ? () => slotsByWeights(held(), weights, version) : held;
  return { config: form, version, ...(variables && { variables }) };
}

/** The optimizer's variables in a file, both layouts. */
function variablesOf(root: Hdf5Group): (() => Variables) | undefined {
  if (root.has("optimizer_weights")) {
    const group = root.group("optimizer_weights");
    return () => [
      ...attributeStrings(group, "weight_names").map((name) => ({
        name: name.replace(/:0$/, ""),
        value: group.dataset(name).read(),
      })),
      ...variablesBeside(group),
    ];
  }
  if (!root.has("optimizer/vars")) return undefined;
  const group = root.group("optimizer/vars");
  return () => [
    ...[...group.keys()].sort((a, b) => Number(a) - Number(b)).map((key) => {
      if (!/^\d+$/.test(key)) throw new FormatError(`${group.path}: expected numbered arrays, got ${key}`);
      const found: Hdf5Dataset = group.dataset(key);
      return { name: key, value: found.read() };
    }),
    ...variablesBeside(root.group("optimizer")),
  ];
}
/** What Lapis keeps beside the variables that Keras counts. */
function variablesBeside(group: Hdf5Group): Variables {
  const name = besideKeras.slice(0, -1);
  if (!group.has(name)) return [];
  const own = group.group(name);
  return [...own.keys()].map((key) => ({ name: `${besideKeras}${key}`, value: own.dataset(key).read() }));
}
