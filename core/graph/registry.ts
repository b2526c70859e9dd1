/** The registry: every plugin by kind and name, built from a list and frozen. @module */
import type { ArchitectureDef } from "../network/architecture.ts";
import type { BackendDef } from "./backend.ts";
import { LapisError } from "../values/errors.ts";
import type { FormatDef, SaverDef } from "../model/format.ts";
import type { ActivationDef, InitializerDef, LayerDef } from "../network/layer.ts";
import type { OpDef } from "./op.ts";
import { nearest } from "../values/schema.ts";
import type { PartDef, PartKinds } from "../training/contract.ts";
import type { TrainerDef } from "../training/types.ts";

/** Anything that can be plugged in. */
export type Plugin =
  | OpDef
  | LayerDef
  | BackendDef
  | FormatDef
  | SaverDef
  | ActivationDef
  | InitializerDef
  | ArchitectureDef
  | PartDef
  | TrainerDef;
/** Plugins with a name for whoever brings them, which errors use. */
export interface Bundle {
  /** Whoever brings them, for messages. */
  readonly owner: string;
  /** The plugins. */
  readonly plugins: readonly Plugin[];
}
/** The plugin of each kind. */
export interface Kinds extends PartKinds {
  /** A trainer. */
  readonly trainer: TrainerDef;
  /** An operator. */
  readonly op: OpDef;
  /** A layer. */
  readonly layer: LayerDef;
  /** An engine. */
  readonly backend: BackendDef;
  /** A file format. */
  readonly format: FormatDef;
  /** What saves models. */
  readonly saver: SaverDef;
  /** An activation. */
  readonly activation: ActivationDef;
  /** An initializer. */
  readonly initializer: InitializerDef;
  /** A class of models. */
  readonly architecture: ArchitectureDef;
}

/** Looks plugins up; immutable. */
export interface Registry {
  /** A plugin, or undefined. Operators outside ai.onnx are named `domain.Name`. */
  find<K extends keyof Kinds>(kind: K, name: string): Kinds[K] | undefined;
  /** A plugin. @throws {LapisError} that suggests the nearest name. */
  get<K extends keyof Kinds>(kind: K, name: string): Kinds[K];
  /** Every plugin of a kind, in the order they were listed. */
  all<K extends keyof Kinds>(kind: K): readonly Kinds[K][];
  /** A registry with more plugins. */
  with(...more: readonly (Plugin | Bundle)[]): Registry;
}

function keyOf(plugin: Plugin): string {
  const domain = plugin.kind === "op" ? plugin.domain ?? "" : "";
  return `${plugin.kind}:${domain === "" ? "" : `${domain}.`}${plugin.name}`;
}

/**
 * Builds a registry.
 * @throws {LapisError} when two plugins of a kind share a name; it names both owners.
 */
export function createRegistry(list: readonly (Plugin | Bundle)[]): Registry {
  const plugins = new Map<string, Plugin>(), owners = new Map<string, string>();
  for (const item of list) {
    const bundle = "plugins" in item ? item : { owner: "the application", plugins: [item] };
    for (const plugin of bundle.plugins) {
      const key = keyOf(plugin), owner = owners.get(key);
      if (owner !== undefined) {
        const [kind, name] = key.split(":");
        throw new LapisError(
          "registry",
          `two ${kind}s are named ${name}: one from ${owner}, one from ${bundle.owner}`,
        );
      }
      plugins.set(key, plugin);
      owners.set(key, bundle.owner);
    }
  }
  const byKind = new Map<keyof Kinds, Map<string, Plugin>>();
  for (const [key, plugin] of plugins) {
    let named = byKind.get(plugin.kind);
    if (!named) byKind.set(plugin.kind, named = new Map());
    named.set(key.slice(plugin.kind.length + 1), plugin);
  }
  const find = <K extends keyof Kinds>(kind: K, name: string) =>
    byKind.get(kind)?.get(name) as Kinds[K] | undefined;
  const all = <K extends keyof Kinds>(kind: K) =>
    [...plugins.values()].filter((p): p is Kinds[K] & Plugin => p.kind === kind) as readonly Kinds[K][];
  return Object.freeze({
    find,
    get<K extends keyof Kinds>(kind: K, name: string): Kinds[K] {
      const plugin = find(kind, name);
      if (plugin) return plugin;
      const near = nearest(name, all(kind).map((p) => p.name));
      throw new LapisError("registry", `no ${kind} named ${name}${near ? `; did you mean ${near}?` : ""}`);
    },
    all,
    with: (...more: readonly (Plugin | Bundle)[]) => createRegistry([...list, ...more]),
  });
}
