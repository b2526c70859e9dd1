/** A graph while it is lowered. @module */
import type { Graph, Node } from "../../../../core/graph/graph.ts";
import type { Dim } from "../../../../core/values/shape.ts";
import type { Tensor } from "../../../../core/values/tensor.ts";
import type { View } from "../memory/views.ts";
import type { Groups } from "./fusion.ts";

/** One graph on its way down: the top graph, or the body of a loop. */
export interface Scope {
  readonly graph: Graph;
  readonly views: Map<number, View>;
  /** Constants and integer contents, by value. */
  readonly constants: Map<number, Tensor>;
  readonly dims: Map<number, readonly Dim[]>;
  /** Nodes that read a value and are left to compute, by its number. */
  readonly consumers: readonly (readonly Node[] | undefined)[];
  readonly outputs: ReadonlySet<number>;
  readonly groups: Groups;
  /** Nodes that another kernel has taken in: their output is the view of their input. */
  readonly absorbed: Map<Node, number>;
  /** Nodes being lowered now: only these may be taken into another kernel. */
  readonly active: Set<Node>;
  /** Where values have to end up, beside or instead of a storage of their own. */
  readonly wanted: Map<number, View[]>;
}
