/** What networks are assembled with, and what comes of it. @module */
import type { GraphBuilder } from "../graph/builder.ts";
import type { Graph, Value } from "../graph/graph.ts";
import type { WholeLayers } from "./whole.ts";
import type { Layer } from "./layer.ts";
import type { LayerNode } from "./tree.ts";
import type { Limits } from "../values/limits.ts";
import type { Tensor } from "../values/tensor.ts";

/** How a graph is made. */
export interface AssembleOptions {
  /** Training mode: dropout drops, statistics move; false unless said. */
  readonly training?: boolean;
  /** True heeds the mode that calls ask for and would yield to the model's, as a model called in Keras 3 does. */
  readonly sampling?: boolean;
  /** False has calls that ask for training compute as in inference all the same. */
  readonly draws?: boolean;
  /** Outputs: the model's, or every layer's. */
  readonly outputs?: "model" | "layers";
  /** First values of weights by path. */
  readonly weights?: ReadonlyMap<string, Tensor>;
  /** Which layers train, in place of what they say themselves. */
  readonly trainable?: ReadonlyMap<Layer, boolean>;
  /** Bounds that weights are held to. */
  readonly limits?: Limits;
  /** For engines that have nodes for whole layers. */
  readonly whole?: WholeLayers;
  /** Adds to the graph in place of its outputs, as losses are. */
  extend?(view: AssemblyView): void;
}
/** A network's values while its graph is made. */
export interface AssemblyView {
  /** The builder. */
  readonly b: GraphBuilder;
  /** The outputs in order, with their masks. */
  readonly outputs: readonly Value[];
  /** Weights as the step begins, by path. */
  readonly weights: ReadonlyMap<string, Value>;
  /** Every layer with the outputs of its calls, those inside loops left out. */
  readonly layers: readonly { readonly node: LayerNode; readonly outputs: readonly Value[] }[];
}
/** A network's graph with what was learnt on the way. */
export interface Assembled {
  /** The graph. */
  readonly graph: Graph;
  /** The layers in the order of Keras' `model.layers`. */
  readonly tree: readonly LayerNode[];
  /** With `outputs: "layers"`: names of the graph outputs of each layer, by path. */
  readonly activations: ReadonlyMap<string, readonly string[]>;
}
