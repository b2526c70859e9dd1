/** A model's layers as a tree, each with the weights it has in that model. @module */
import type { DType } from "./dtype.ts";
import type { Layer, ParamSpec } from "./layer.ts";
import type { Type } from "./shape.ts";
import { sizeOf } from "./tensor.ts";

/** A weight of a layer as it stands in a model. */
export interface WeightEntry {
  /** Unique in its model, as Keras 3's `Variable.path`. */
  readonly path: string;
  /** The layer's own name for it, as in `kernel`. */
  readonly param: string;
  readonly spec: ParamSpec;
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly role: "parameter" | "statistic" | "state";
  /** True when training changes it: a parameter of layers that are not frozen. */
  readonly trainable: boolean;
}
/** A layer as it stands in a model, with the layers inside it. */
export interface LayerNode {
  readonly name: string;
  /** Names from the model's top down, joined by `/`. */
  readonly path: string;
  readonly layer: Layer;
  /** Keras 3's attribute of the parent that holds it. */
  readonly attribute: string | undefined;
  readonly trainable: boolean;
  readonly weights: readonly WeightEntry[];
  readonly children: readonly LayerNode[];
  /** Types of the outputs of the first call. */
  readonly outputs: readonly Type[];
}
/** Every weight and layer of a tree, each once, in the order of Keras' `model.weights`. */
export function* eachWeight(
  nodes: readonly LayerNode[],
  seen: Set<WeightEntry> = new Set(),
): Generator<readonly [WeightEntry, LayerNode]> {
  for (const node of nodes) {
    for (const entry of node.weights) {
      if (seen.has(entry)) continue;
      seen.add(entry);
      yield [entry, node];
    }
    yield* eachWeight(node.children, seen);
  }
}

/** All weights below layers, each once, states left out. */
export function weightsBelow(nodes: readonly LayerNode[]): readonly WeightEntry[] {
  return [...eachWeight(nodes)].flatMap(([entry]) => (entry.role === "state" ? [] : [entry]));
}
/** Number of elements of weights. */
export function countOf(weights: readonly WeightEntry[]): number {
  return weights.reduce((n, w) => n + sizeOf(w.shape), 0);
}
