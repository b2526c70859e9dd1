/** The registry: every plugin by kind and name, built from a list and frozen. @module */
import type { FormatOf, FormatOptionsOf, SaverOf } from "./model/format.ts";
import type { Model } from "./model/model.ts";
import type { BundleOf, KindsOf, RegistryOf } from "./model/plugins.ts";
import type { NetworkPlugins } from "./network/layer.ts";
import type { TrainerDef } from "./training/types.ts";
import { LapisError } from "./values/errors.ts";
import { nearest } from "./values/schema.ts";

/** The plugin of each kind. */
export type Kinds = KindsOf<Model, TrainerDef>;
/** Anything that can be plugged in. */
export type Plugin = Kinds[keyof Kinds];
/** Plugins with a name for whoever brings them, which errors use. */
export type Bundle = BundleOf<Plugin>;
/** Looks plugins up; immutable. */
export type Registry = RegistryOf<Model, TrainerDef>;
/** A model file format. */
export type FormatDef = FormatOf<Model>;
/** How to load. */
export type FormatOptions = FormatOptionsOf<Registry>;
/** What saves models. */
export type SaverDef = SaverOf<Model>;

const made = new WeakMap<NetworkPlugins, Registry>();
/**
 * The whole registry behind what a network looks its plugins up in.
 * @throws {LapisError} for one that {@link createRegistry} didn't make.
 */
export function registryOf(plugins: NetworkPlugins): Registry {
  const whole = made.get(plugins);
  if (whole) return whole;
  throw new LapisError("registry", "expected plugins from createRegistry");
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
  const registry: Registry = Object.freeze({
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
  made.set(registry, registry);
  return registry;
}
