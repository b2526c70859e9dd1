/** Classes of other packages that networks were read as: files keep them, with their hyperparameters. @module */
import type { LayerNode } from "../../core/network/tree.ts";
import { UnsupportedError } from "../../core/values/errors.ts";
import type { Layer } from "../../core/network/layer.ts";
import type { Network } from "../../core/network/network.ts";
import { isJson } from "./json.ts";
import type { LayerEntry } from "./reading/entry.ts";

const classes = new WeakMap<Network | Layer, LayerEntry>(), places = new WeakMap<Layer, string>();
const stored = new WeakMap<Layer, string>(), modules = new WeakMap<Layer, readonly [string, string]>();

/** Notes the class that a network, or a layer that is one, was read as. */
export function keepClass(of: Network | Layer | undefined, entry: LayerEntry): void {
  if (of && entry.own) classes.set(of, entry);
}
/** The class that a network, or a layer that is one, was read as. */
export const keptClass = (of: Network | Layer): LayerEntry | undefined => classes.get(of)?.own;
/** Names of the inputs of a layer that is a network, where its class takes them as a record. */
export function recordOf(layer: Layer): readonly string[] | undefined {
  const { raw, config: { input_layers: inputs } = {} } = classes.get(layer) ?? {};
  return raw?.drafted !== true && isJson(inputs) ? Object.keys(inputs).sort() : undefined;
}
/** Notes under which class a file has a layer's weights, and the module of one of KerasHub's. */
export function keepStored(layer: Layer, className: string, hub: LayerEntry | undefined): void {
  stored.set(layer, className);
  const { module, drafted } = hub?.raw ?? {};
  if (hub && typeof module === "string" && drafted !== true) modules.set(layer, [module, hub.className]);
}
/** The module and the class name that a file had for a class of KerasHub's. */
export const moduleOf = (layer: Layer): readonly [string, string] | undefined => modules.get(layer);
/** The class under which a file had a layer's weights. */
export const storedAs = (layer: Layer): string => stored.get(layer) ?? layer.def.name;
/** Notes where a layer's weights lie below the group of the layer that it is a part of. */
export function keepPlace(layer: Layer, place: unknown): void {
  if (typeof place === "string") places.set(layer, place);
}
/** @throws {UnsupportedError} for parts of layers, whose weights lists by layer have in an order that only Keras' code knows. */
export function refusePlaced(tree: readonly LayerNode[]): void {
  for (const { layer, path, weights, children } of tree) {
    if (weights.length > 0 && places.has(layer)) {
      throw new UnsupportedError(
        `${path}: is a part of a layer of KerasHub's, whose weights only .keras names`,
        {
          place: path,
        },
      );
    }
    refusePlaced(children);
  }
}
/** Group of a layer's weights below that of the layer it is a part of. */
export const placeOf = (layer: Layer): string | undefined => places.get(layer);
