/** Models from layers: in a row, or from their ends. @module */
import { ConfigError, shown } from "../values/errors.ts";
import {
  type Applicable,
  functional,
  functionalNames,
  type FunctionalOptions,
  layerOf,
  sequentialNetwork,
} from "../network/functional.ts";
import { Model } from "./model.ts";
import { modelNames, type ModelOptions } from "./options.ts";
import { networkConfigOf, type SymbolicTensor } from "../network/network.ts";
import { type Registry, registryOf } from "../registry.ts";
import { checkOptions, optionsIn } from "../values/schema.ts";

/** Options of {@link sequential}. */
export interface SequentialOptions extends ModelOptions {
  /** The model's name; `sequential` unless given. */
  readonly name?: string;
  /** Plugins in place of the default ones. */
  readonly registry?: Registry;
}
/**
 * A model of layers in a row: `sequential([input({ shape: [4] }), dense({ units: 3 })])`. Without an input it is
 * built from its first data.
 * @throws {ShapeError} naming the layer that doesn't fit.
 */
export function sequential(
  layers: readonly (Applicable | SymbolicTensor)[],
  options: SequentialOptions & { readonly registry: Registry },
): Model {
  const { name = "sequential", registry, ...rest } = options;
  if (!Array.isArray(layers) || layers.some((item) => typeof item !== "object" || item === null)) {
    throw new ConfigError(`sequential: expected a list of layers, got ${shown(layers)}`);
  }
  const [head] = layers, start = head && "kind" in head && head.kind === "symbolic" ? head : undefined;
  const list = layers.slice(start ? 1 : 0).map((item) => {
    if ("kind" in item && item.kind === "symbolic") {
      throw new ConfigError(`model ${name}: an input stands only at the beginning`);
    }
    return layerOf(item);
  });
  if (start) return Model.fromNetwork(sequentialNetwork(start, list, name), registry, rest);
  const [first] = list, inner = first && networkConfigOf(first)?.network;
  const only = inner?.inputs.length === 1 ? inner.inputs[0] : undefined;
  if (only) {
    const again: SymbolicTensor = { kind: "symbolic", type: only.type, registry, index: 0 };
    return Model.fromNetwork(sequentialNetwork(again, list, name), registry, rest);
  }
  return Model.deferred(list, registry, name, rest);
}
/**
 * A model from its ends: `model({ inputs: x, outputs: y })`.
 * @throws {ConfigError} when two layers have one name or an output doesn't come from the inputs.
 */
export function model(options: FunctionalOptions & ModelOptions): Model {
  checkOptions("model", optionsIn("model", options), { ...functionalNames, ...modelNames });
  const run = Object.entries(options).filter(([key]) => Object.hasOwn(modelNames, key));
  const network = functional(options);
  return Model.fromNetwork(network, registryOf(network.registry), Object.fromEntries(run));
}
