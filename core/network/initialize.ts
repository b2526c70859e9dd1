/** First values of weights: each by its initializer, from a seed and the weight's own path. @module */
import type { WeightEntry } from "./tree.ts";
import { ConfigError } from "../values/errors.ts";
import type { InitializerSpec } from "./layer.ts";
import { seedFor } from "../values/random.ts";
import type { NetworkPlugins } from "./layer.ts";
import { refuseUnknown } from "../values/schema.ts";
import { castTensor, type Tensor } from "../values/tensor.ts";

/**
 * Fills one weight.
 * @throws {ConfigError} naming the weight, when its initializer isn't known or doesn't take an option.
 */
export function initialValue(registry: NetworkPlugins, entry: WeightEntry, seed: number): Tensor {
  const init: InitializerSpec = entry.spec.init;
  const { name, ...options } = typeof init === "string" ? { name: init } : init;
  const def = registry.find("initializer", name);
  if (!def) {
    throw new ConfigError(`weight ${entry.path}: no initializer named ${name}`, { place: entry.path });
  }
  // Keras' files say the element type as well, and null where an option is left out.
  const known = Object.fromEntries(
    Object.entries(options).filter(([key, value]) => key !== "dtype" && (value ?? null) !== null),
  );
  refuseUnknown(`weight ${entry.path}: initializer ${name}`, known, def.config);
  const config: Record<string, unknown> = {};
  for (const [key, { default: value }] of Object.entries(def.config)) config[key] = value;
  Object.assign(config, known);
  const own = typeof config.seed === "number" ? config.seed : seedFor(seed, "weight", entry.path);
  return castTensor(def.fill(entry.shape, config, own), entry.dtype);
}
