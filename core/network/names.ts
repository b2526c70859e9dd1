/** Names of layers and weights: snake_case as Keras writes it, and automatic names that no other layer of a model has. @module */
import { ConfigError } from "../values/errors.ts";
import type { Layer } from "./layer.ts";

/** A class name as Keras writes it in layer names and weight groups: `Conv2DTranspose` → `conv2d_transpose`, `PReLU` → `p_re_lu`. */
export function snakeCase(name: string): string {
  return name.replace(/\W+/g, "").replace(/(.)([A-Z][a-z]+)/g, "$1_$2").replace(/([a-z])([A-Z])/g, "$1_$2")
    .toLowerCase();
}
/** A camelCase field as Keras writes it: `kernelInitializer` → `kernel_initializer`. */
export function fieldToSnake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
/** A snake_case field as Lapis writes it: `kernel_initializer` → `kernelInitializer`. */
export function fieldToCamel(name: string): string {
  return name.replace(/_+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

const automatic = new WeakMap<Layer, string>();
/** The layer's name: the user's, the one a model gave it, or its class in snake_case. */
export function nameOf(layer: Layer): string {
  return layer.name ?? automatic.get(layer) ?? snakeCase(layer.def.name);
}
const isNamed = (layer: Layer) => layer.name !== undefined || automatic.has(layer);

/** All layers below a layer, itself first. */
function withChildren(layer: Layer, depth = 0): readonly Layer[] {
  if (depth > 64) {
    throw new ConfigError(`layer ${nameOf(layer)}: layers are nested more than 64 deep`, {
      layer: nameOf(layer),
    });
  }
  const children = layer.def.children?.(layer.config) ?? [];
  return [layer, ...children.flatMap((c) => withChildren(c.layer, depth + 1))];
}

/**
 * Gives every nameless layer a name (`dense`, `dense_1`) that no layer of the model and none nested in it has.
 * @throws {ConfigError} when two layers side by side have one name.
 */
export function assignNames(layers: readonly Layer[], taken: readonly string[] = []): void {
  const unique = new Set<string>(taken);
  for (const layer of layers) {
    if (!isNamed(layer)) continue;
    const name = nameOf(layer);
    if (unique.has(name)) {
      throw new ConfigError(`layer name ${name} is not unique: two layers of one model have it`, {
        place: name,
      });
    }
    unique.add(name);
  }
  const all = new Set(unique);
  for (const layer of layers) {
    for (const inner of withChildren(layer)) if (isNamed(inner)) all.add(nameOf(inner));
  }
  const free = new Taken(all);
  for (const layer of layers) nameTree(layer, free);
}

/** Names that are taken, and the number that a base's next one begins to be looked for at. */
class Taken {
  readonly #names: Set<string>;
  readonly #next = new Map<string, number>();
  constructor(names: Set<string>) {
    this.#names = names;
  }
  /** A name that is free, taken from now on. */
  next(base: string): string {
    let i = this.#next.get(base) ?? 0, name = i === 0 ? base : `${base}_${i}`;
    while (this.#names.has(name)) name = `${base}_${++i}`;
    this.#next.set(base, i + 1);
    this.#names.add(name);
    return name;
  }
}
function nameTree(layer: Layer, taken: Taken): void {
  // Keras makes a wrapper's inner layer before the wrapper; those made from one inner layer share its number.
  const shared = new Map<string, string>();
  for (const { layer: inner, namePrefix } of layer.def.children?.(layer.config) ?? []) {
    if (!isNamed(inner) && namePrefix !== undefined) {
      const base = snakeCase(inner.def.name);
      const name = shared.get(base) ?? taken.next(base);
      shared.set(base, name);
      automatic.set(inner, namePrefix + name);
    }
    nameTree(inner, taken);
  }
  if (!isNamed(layer)) automatic.set(layer, taken.next(snakeCase(layer.def.name)));
}
