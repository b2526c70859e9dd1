/** Layers that models on several levels share: Keras' files give them numbers, or hold them as copies. @module */
import type { Layer } from "../../../core/network/layer.ts";
import { type LayerNode, weightsBelow } from "../../../core/network/tree.ts";
import { type Network, networkConfigOf } from "../../../core/network/network.ts";
import { nameOf } from "../../../core/network/names.ts";
import { type Tensor, toNumbers } from "../../../core/values/tensor.ts";
import type { Json } from "../json.ts";
import type { LayerEntry } from "./entry.ts";

/** Keras' number of a shared layer; and ours, in files that hold its weights at each place, where Keras reads copies. */
const numberKey = "shared_object_id", copyKey = "lapis_shared";
/** True where a layer anywhere below has a number under that key. */
function hasNumbers(config: unknown, under: string): boolean {
  if (typeof config !== "object" || config === null) return false;
  return Object.entries(config).some(([key, value]) =>
    key === under && typeof value === "number" || hasNumbers(value, under)
  );
}
const idle: ReadonlySet<string> = new Set([numberKey, copyKey, "build_config"]);
/** A layer's class, name and configuration without what differs from place to place. */
function keyOf({ className, config }: LayerEntry): string {
  return JSON.stringify([className, config], (key, value: unknown) => (idle.has(key) ? undefined : value));
}
const labelOf = (className: string, name: string | undefined) => `${className} ${name}`;

/** Layers by number, and by class, name and configuration. */
export class SharedLayers {
  readonly #numbers = new Map<number, Layer>();
  readonly #keys = new Map<string, Layer>();
  /** Layers of drafted models, whose configurations say less than files do. */
  readonly #drafted = new Map<string, Layer>();
  readonly #tied: ReadonlySet<string>;
  readonly #numbered: boolean;
  /** Whether the file holds the weights of such layers at each of their places. */
  readonly copied: boolean;
  /** `tied` are layers that are one wherever their configurations agree, as {@link copiesIn} gives them. */
  constructor(config: Json, tied: ReadonlySet<string> = new Set()) {
    this.copied = hasNumbers(config, copyKey);
    this.#numbered = this.copied || hasNumbers(config, numberKey);
    this.#tied = tied;
  }
  /** The layer of an entry, made where it is none that was read before. */
  layerOf(entry: LayerEntry, make: () => Layer): Layer {
    const number = entry.raw[numberKey] ?? entry.raw[copyKey];
    const label = labelOf(entry.className, entry.name), tied = this.#tied.has(label);
    if (!tied && !this.#numbered) return make();
    // Keras gives the number only from the second place on, or in all.
    const key = keyOf(entry), numbered = typeof number === "number";
    const known = numbered ? this.#numbers.get(number) : undefined;
    const near = tied ? this.#drafted.get(label) : undefined;
    const layer = known ?? (numbered || tied ? this.#keys.get(key) : undefined) ?? near ?? make();
    if (entry.raw.drafted === true) this.#drafted.set(label, layer);
    if (numbered) this.#numbers.set(number, layer);
    if (!this.#keys.has(key)) this.#keys.set(key, layer);
    return layer;
  }
}

/** Layers that stand in several models or wrappers of a network, numbered. */
export function sharedIn(network: Network): ReadonlyMap<Layer, number> {
  const places = new Map<Layer, number>();
  const visit = (layers: readonly Layer[]) => {
    for (const layer of new Set(layers)) {
      const count = places.get(layer) ?? 0;
      places.set(layer, count + 1);
      if (count > 0) continue;
      const inner = networkConfigOf(layer)?.layers ?? layer.def.children?.(layer.config).map((c) => c.layer);
      visit(inner ?? []);
    }
  };
  visit(network.layers);
  const shared = [...places].filter(([, count]) => count > 1).map(([layer]) => layer);
  return new Map(shared.map((layer, i) => [layer, i]));
}
/** An entry of a configuration with the number of its layer, where that is shared. */
export function withNumber(entry: Json, number: number | undefined): Json {
  return number === undefined ? entry : { ...entry, [copyKey]: number };
}

/** Layers of one class and name that stand at several places of a tree. */
export function copiesIn(
  tree: readonly LayerNode[],
  classes: ReadonlyMap<Layer, string>,
): ReadonlyMap<string, readonly LayerNode[]> {
  const found = new Map<string, Set<LayerNode>>();
  const visit = (node: LayerNode) => {
    const label = labelOf(classes.get(node.layer) ?? node.layer.def.name, nameOf(node.layer));
    if (weightsBelow([node]).length > 0) found.set(label, (found.get(label) ?? new Set()).add(node));
    node.children.forEach(visit);
  };
  tree.forEach(visit);
  return new Map(
    [...found].flatMap(([label, nodes]) => nodes.size > 1 ? [[label, [...nodes]] as const] : []),
  );
}
/** True where layers hold the same numbers, which aren't all alike as before any training. */
export function sameValues(nodes: readonly LayerNode[], weights: ReadonlyMap<string, Tensor>): boolean {
  const lists = nodes.map((node) =>
    weightsBelow([node]).map(({ path }) => {
      const value = weights.get(path);
      return value ? toNumbers(value) : [];
    })
  );
  const [first = [], ...others] = lists;
  return first.some((values) => values.some((v) => v !== values[0])) &&
    others.every((list) =>
      list.length === first.length &&
      list.every((values, i) =>
        values.length === first[i]?.length && values.every((v, k) => Object.is(v, first[i]?.[k]))
      )
    );
}
