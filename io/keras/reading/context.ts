/** What reading a Keras configuration needs everywhere: the registry, the version that wrote it, where warnings go. @module */
import type { FormatOptions } from "../../../core/registry.ts";
import type { Layer, LayerDef } from "../../../core/network/layer.ts";
import type { Limits } from "../../../core/values/limits.ts";
import type { Registry } from "../../../core/registry.ts";
import { isJson, type Json } from "../json.ts";
import type { LayerEntry } from "./entry.ts";
import type { KnownOperations } from "./operations.ts";
import type { Structure } from "../parts.ts";
import { SharedLayers } from "./shared.ts";

/** Reads a Sequential model whose first layer holds the branches that it merges, then `rest`. */
export type MergedReader = (
  first: LayerEntry,
  rest: readonly unknown[],
  name: string,
  ctx: KerasContext,
  inner: (raw: unknown, where: string) => Layer,
) => Structure;

/** Reads classes of whole models. */
export interface ClassReader {
  /** An entry of such a class as the network that it means; undefined for any other. */
  read(entry: LayerEntry, ctx: KerasContext): LayerEntry | undefined;
  /** Notes what files of a layer are to be written with: the class it is stored as, and its entry where it is KerasHub's. */
  keep(layer: Layer, stored: string, hub: LayerEntry | undefined): void;
  /** What the message about an unknown class ends with: what to do. */
  readonly help: string;
}

/** Reading, in progress. */
export interface KerasContext {
  readonly registry: Registry;
  readonly limits: Limits;
  /** Keras' version, as in `3.15.1`, `2.4.0` or `1.2.2`; `3`, `2` or `1` where only that is known. */
  readonly version: string;
  readonly warn: (message: string) => void;
  /** The user's own layers. */
  readonly custom: readonly LayerDef[];
  /** Class names as the file has them, which name groups of weights. */
  readonly classes: Map<Layer, string>;
  /** Whether a batch size in the file is meant: Keras takes any batch unless a layer carries states between calls. */
  readonly fixedBatch: boolean;
  /** Keras 3's bare operations that are known, by class name. */
  readonly operations: KnownOperations;
  /** Reads Keras 1's models that begin with branches, where that is asked for. */
  readonly mergedOf: MergedReader | undefined;
  /** Reads classes of whole models as the networks that they mean, where that is asked for. */
  readonly wholes: ClassReader | undefined;
  /** Keras 1's order of channels, where every layer that says one says the same. */
  readonly dimOrdering: string | undefined;
  /** Weight of the low-rank products that layers were fine-tuned by, times their rank. */
  readonly lora: Map<Layer, number>;
  /** Layers that models on several levels share. */
  readonly shared: SharedLayers;
  /** Number of layers read so far, held to the limits. */
  count: number;
}

/** Begins reading. */
export function contextFor(
  options: FormatOptions,
  version: string,
  config: Json,
  operations: KnownOperations,
  { mergedOf, wholes }: { readonly mergedOf?: MergedReader; readonly wholes?: ClassReader } = {},
  tied?: ReadonlySet<string>,
): KerasContext {
  const { registry, limits, warn, layers = [] } = options;
  const fixedBatch = isStateful(config) || batchSizes(config).size > 1;
  const [dimOrdering, ...others] = new Set(valuesOf(config, "dim_ordering"));
  return {
    registry,
    limits,
    version,
    warn,
    custom: layers,
    classes: new Map(),
    lora: new Map(),
    fixedBatch,
    operations,
    mergedOf,
    wholes,
    dimOrdering: others.length > 0 ? undefined : dimOrdering,
    shared: new SharedLayers(config, tied),
    count: 0,
  };
}
/** The texts under a key, anywhere below. */
function valuesOf(config: unknown, key: string): readonly string[] {
  if (typeof config !== "object" || config === null) return [];
  return Object.entries(config).flatMap(([k, value]) =>
    k === key && typeof value === "string" ? [value] : valuesOf(value, key)
  );
}
/** First sizes of a configuration's inputs, null where they vary: several mean that those it fixes are no batch sizes. */
function batchSizes(config: Json): ReadonlySet<unknown> {
  const layers = isJson(config.config) && Array.isArray(config.config.layers)
    ? config.config.layers as unknown[]
    : [];
  const sizes = layers.flatMap((layer) => {
    const own = isJson(layer) && layer.class_name === "InputLayer" && isJson(layer.config)
      ? layer.config
      : {};
    const shape = own.batch_shape ?? own.batch_input_shape;
    return Array.isArray(shape) ? [shape[0] as unknown] : [];
  });
  return new Set(sizes);
}
/** True when a layer anywhere below says that it is stateful. */
function isStateful(config: unknown): boolean {
  if (typeof config !== "object" || config === null) return false;
  return Object.entries(config).some(([key, value]) =>
    (key === "stateful" && value === true) || isStateful(value)
  );
}
/** The first number of a version. */
export function majorOf(version: string): number {
  return Number.parseInt(version, 10) || 0;
}
/** True for a version before `major.minor`; one that says its major alone is taken for its newest. */
export function versionBefore(version: string, major: number, minor: number): boolean {
  const [own, next] = version.split(".").map(Number);
  return own !== major ? (own ?? 0) < major : next !== undefined && next < minor;
}
/** The version in a configuration's own words, or from its shape: Keras 3 writes modules, Keras 1 bare lists. */
export function versionOf(config: Json, said?: unknown): string {
  for (const version of [said, config.keras_version]) {
    if (typeof version === "string" && /^\d/.test(version)) return version;
  }
  if ("module" in config || "registered_name" in config || "build_config" in config) return "3";
  return Array.isArray(config.config) ? "1" : "2";
}
