/** What KerasHub's backbones are drafted from: hyperparameters, and the parts that several of them have. @module */
import type { ArchitectureDef } from "../../core/network/architecture.ts";
import { ConfigError, shown, UnsupportedError } from "../../core/values/errors.ts";
import { type Argument, Draft, type DraftLayer, type Ref } from "./draft.ts";

type Json = Readonly<Record<string, unknown>>;
/** Packages that register the classes. */
export const packages = ["keras_hub", "keras_nlp"] as const;

/** Hyperparameters of a class, each read once: what is left at the end is not known. */
export class Hyperparameters {
  readonly #config: Json;
  readonly #name: string;
  readonly #read = new Set(["name", "trainable", "dtype"]);
  constructor(name: string, config: Json) {
    this.#name = name;
    this.#config = config;
  }
  /** Any value; `fallback` where the file doesn't say. */
  any(key: string, fallback?: unknown): unknown {
    this.#read.add(key);
    return this.#config[key] ?? fallback;
  }
  /** A number. @throws {ConfigError} */
  number(key: string, fallback?: number): number {
    const value = this.any(key, fallback);
    if (typeof value === "number" && Number.isFinite(value)) return value;
    throw new ConfigError(`${this.#name}.${key}: expected a number, got ${shown(value)}`, { place: key });
  }
  /** A number of things, bounded so that a file can't ask for millions of layers. @throws {ConfigError} */
  count(key: string, fallback?: number): number {
    const value = this.number(key, fallback);
    if (Number.isInteger(value) && value >= 0 && value <= 10_000) return value;
    throw new ConfigError(`${this.#name}.${key}: expected an integer from 0 to 10000, got ${shown(value)}`, {
      place: key,
    });
  }
  /** A truth value. */
  flag(key: string, fallback: boolean): boolean {
    return this.any(key, fallback) === true;
  }
  /** Numbers as they stand under a key, a list of `length`. @throws {ConfigError} */
  numbers(key: string, length: number): readonly (number | null)[] {
    const value = this.any(key);
    const fine = (n: unknown) => n === null || typeof n === "number";
    if (Array.isArray(value) && value.length === length && value.every(fine)) return value as number[];
    throw new ConfigError(`${this.#name}.${key}: expected ${length} numbers, got ${shown(value)}`, {
      place: key,
    });
  }
  /** Sizes as they stand under a key, null where they vary. @throws {ConfigError} */
  sizes(key: string, fallback?: readonly (number | null)[]): readonly (number | null)[] {
    const value = this.any(key, fallback);
    if (Array.isArray(value) && value.every((n) => n === null || Number.isSafeInteger(n) && n > 0)) {
      return value;
    }
    throw new ConfigError(`${this.#name}.${key}: expected sizes, got ${shown(value)}`, { place: key });
  }
  /** Numbers one by one; a number alone is a list of one. @throws {ConfigError} */
  list(key: string, fallback?: readonly number[]): readonly number[] {
    const value = this.any(key, fallback), all: unknown[] = Array.isArray(value) ? value : [value];
    if (all.length <= 10_000 && all.every((n) => typeof n === "number" && Number.isFinite(n))) {
      return all as number[];
    }
    throw new ConfigError(`${this.#name}.${key}: expected numbers, got ${shown(value)}`, { place: key });
  }
  /** One of some words. @throws {UnsupportedError} */
  choice<T extends string>(key: string, of: readonly T[], fallback?: T): T {
    const value = this.any(key, fallback), found = of.find((word) => word === value);
    if (found !== undefined) return found;
    throw new UnsupportedError(
      `${this.#name}.${key}: expected one of ${of.join(", ")}, got ${shown(value)}`,
      {
        place: key,
      },
    );
  }
  /** Several hyperparameters under the names that a layer has for them. */
  pick(names: Readonly<Record<string, string>>): Json {
    return Object.fromEntries(
      Object.entries(names).flatMap(([own, key]) => {
        this.#read.add(key);
        return Object.hasOwn(this.#config, key) ? [[own, this.#config[key]]] : [];
      }),
    );
  }
  /** What every layer has in common. @throws {UnsupportedError} for quantized models. */
  common(): Json {
    const { dtype } = this.#config;
    const map = typeof dtype === "object" && dtype !== null && "class_name" in dtype &&
      dtype.class_name === "DTypePolicyMap";
    if (map) {
      throw new UnsupportedError(
        `${this.#name}: element types that differ from layer to layer (dtype = DTypePolicyMap) are not supported`,
      );
    }
    return dtype === undefined || dtype === null ? {} : { dtype };
  }
  /** @throws {UnsupportedError} naming a hyperparameter that nothing has read. */
  allRead(): void {
    const unread = Object.keys(this.#config).find((key) => !this.#read.has(key));
    if (unread === undefined) return;
    throw new UnsupportedError(
      `${this.#name}: unknown hyperparameter ${unread} = ${shown(this.#config[unread], 60)}; save ` +
        "keras.Model(model.input, model.output) instead, which holds the layers themselves",
      { place: unread },
    );
  }
}
/** A class of KerasHub's, said as a draft. */
export function backbone(name: string, draw: (h: Hyperparameters, d: Draft) => Json): ArchitectureDef {
  return {
    kind: "architecture",
    name,
    packages,
    network(config) {
      const h = new Hyperparameters(name, config), drawn = draw(h, new Draft(h.common()));
      h.allRead();
      const { name: own, trainable } = config;
      return {
        ...drawn,
        ...(own !== undefined && { name: own }),
        ...(trainable !== undefined && { trainable }),
      };
    },
  };
}
/** The same class, whose weights Keras lists in an order of its own. */
export function listed(def: ArchitectureDef, where: "never" | "alone"): ArchitectureDef {
  return { ...def, listed: where };
}

/** A layer of KerasHub. */
export function hub(type: string, name: string, config: Json): DraftLayer {
  return { type, name, config, module: "keras_hub" };
}
/** A layer of Keras. */
export function keras(type: string, name: string, config: Json = {}): DraftLayer {
  return { type, name, config };
}
/** gelu by tanh. */
export const geluByTanh = "gelu_by_tanh";
/** A layer normalization over the last axis. */
export function layerNorm(name: string, epsilon: number): DraftLayer {
  return keras("LayerNormalization", name, { axis: -1, epsilon });
}
/** A table of ids. */
export function tokens(
  h: Hyperparameters,
  size: number,
  more: Json = {},
  key = "vocabulary_size",
): DraftLayer {
  return keras("ReversibleEmbedding", "token_embedding", {
    input_dim: h.number(key),
    output_dim: size,
    ...more,
  });
}
/** x times the root of its size, as Gemma has it. */
export function scaled(d: Draft, x: Ref, size: number, name = "multiply"): Ref {
  const config = { value: Math.fround(Math.sqrt(size)), dtype: "float32" };
  return d.operation("Multiply", name, [x, { class_name: "__tensor__", config }]);
}
/** Inputs of ids by name, `[batch, steps]`. */
export function ids(d: Draft, ...names: readonly string[]): readonly Ref[] {
  return names.map((name) => d.input(name, [null]));
}
/** The first step of `[batch, steps, features]`. */
export function firstStep(d: Draft, x: Ref): Ref {
  const all = { class_name: "__slice__", config: { start: null, stop: null, step: null } };
  return d.operation("GetItem", "get_item", [x, [all, 0, all] as readonly Argument[]]);
}
