/** First values of weights: each by its initializer, from a seed and the weight's own path. @module */
import type { WeightEntry } from "./layertree.ts";
import { ConfigError } from "./errors.ts";
import type { InitializerSpec } from "./layer.ts";
import type { Registry } from "./registry.ts";
import { castTensor, type Tensor } from "./tensor.ts";

/** 32 bits of a text (FNV-1a), so that a weight's numbers don't depend on which weights stand before it. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/**
 * Fills one weight.
 * @throws {ConfigError} naming the weight, when its initializer isn't known or doesn't take an option.
 */
export function initialValue(registry: Registry, entry: WeightEntry, seed: number): Tensor {
  const init: InitializerSpec = entry.spec.init;
  const { name, ...options } = typeof init === "string" ? { name: init } : init;
  const def = registry.find("initializer", name);
  if (!def) {
    throw new ConfigError(`weight ${entry.path}: no initializer named ${name}`, { place: entry.path });
  }
  const config: Record<string, unknown> = {};
  for (const [key, { default: value }] of Object.entries(def.config)) config[key] = value;
  for (const [key, value] of Object.entries(options)) {
    if (value !== undefined && value !== null) config[key] = value;
  }
  const own = typeof config.seed === "number" ? config.seed : seed * 2 ** 32 + hashOf(entry.path);
  return castTensor(def.fill(entry.shape, config, own), entry.dtype);
}
