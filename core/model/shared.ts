/** Weights of layers that several models have: whose value is the newest. @module */
import type { Layer } from "../network/layer.ts";
import type { Tensor } from "../values/tensor.ts";

/** Whoever has weights by path. */
export interface WeightOwner {
  /** One weight as it is now. */
  weight(path: string): Tensor | undefined;
  /** Reads home what lies with an engine that reads asynchronously; undefined where nothing does. */
  synced(): Promise<void> | undefined;
}
/** A weight of a layer, in all models that the layer stands in. */
export interface SharedWeight {
  /** The model that changed it last, or made it. */
  owner: WeightOwner;
  /** Its path there. */
  path: string;
}

const known = new WeakMap<Layer, Map<string, SharedWeight>>();

/** A layer's weight, where a model has made it. */
export function sharedWeight(layer: Layer, param: string): SharedWeight | undefined {
  return known.get(layer)?.get(param);
}
/** Says which model has a layer's weight, for the models that take the layer in from now on. */
export function shareWeight(layer: Layer, param: string, weight: SharedWeight): SharedWeight {
  const own = known.get(layer) ?? new Map<string, SharedWeight>();
  known.set(layer, own.set(param, weight));
  return weight;
}
