/** A model's layers as a tree, each with the weights it has in that model. @module */
import type { DType } from "../values/dtype.ts";
import type { Layer, ParamSpec } from "./layer.ts";
import type { Type } from "../values/shape.ts";
import { sizeOf } from "../values/tensor.ts";

/** A weight of a layer as it stands in a model. */
export interface WeightEntry {
  /** Unique in its model, as Keras 3's `Variable.path`. */
  readonly path: string;
  /** The layer's own name for it, as in `kernel`. */
  readonly param: string;
  /** What the layer says of it. */
  readonly spec: ParamSpec;
  /** Its shape. */
  readonly shape: readonly number[];
  /** Element type. */
  readonly dtype: DType;
  /** What it is for. */
  readonly role: "parameter" | "statistic" | "state";
  /** True when training changes it: a parameter of layers that are not frozen now. */
  readonly trainable: boolean;
}
/** A layer as it stands in a model, with the layers inside it. */
export interface LayerNode {
  /** Its name among its neighbours. */
  readonly name: string;
  /** Names from the model's top down, joined by `/`. */
  readonly path: string;
  /** The layer. */
  readonly layer: Layer;
  /** Keras 3's attribute of the parent that holds it. */
  readonly attribute: string | undefined;
  /** False while it, or a layer around it, is frozen. */
  readonly trainable: boolean;
  /** Its own weights, those of inner layers left out. */
  readonly weights: readonly WeightEntry[];
  /** Layers inside it, in the order of Keras' weights. */
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
    let inside: Generator<readonly [WeightEntry, LayerNode]> | undefined;
    for (const entry of node.weights) {
      if (seen.has(entry)) continue;
      seen.add(entry);
      for (let i = 0; i < (entry.spec.after ?? 0); i++) {
        const next = (inside ??= eachWeight(node.children, seen)).next();
        if (!next.done) yield next.value;
      }
      yield [entry, node];
    }
    yield* inside ?? eachWeight(node.children, seen);
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
