/** Sizes of a graph's values that follow from its inputs': none may come out below zero. @module */
import { InputError } from "../../../core/errors.ts";
import { type Graph, type Node, opName } from "../../../core/graph.ts";
import { type Dim, type DimEnv, dimKey, evalDim, shapeText, type Type } from "../../../core/shape.ts";

/** A size, and the value that has it. */
export interface Size {
  readonly dim: Dim;
  readonly shape: readonly Dim[];
  /** The node that makes the value. */
  readonly node: Node;
}

/** A node for people: its layer's path and its operator. */
export function nodePlace(node: Node): string {
  return node.scope === "" ? opName(node) : `${node.scope} (${opName(node)})`;
}

/** The sizes that are expressions, each once. */
export function sizesOf(graph: Graph): readonly Size[] {
  const found = new Map<string, Size>();
  const shapeOf = (type: Type | undefined) => (type?.kind === "tensor" ? type.shape ?? [] : []);
  for (const node of graph.nodes) {
    for (const id of node.outputs) {
      const shape = shapeOf(graph.types[id]);
      for (const dim of shape) {
        const key = dimKey(dim);
        if (typeof dim === "object" && !found.has(key)) found.set(key, { dim, shape, node });
      }
    }
  }
  return [...found.values()];
}

/** @throws {InputError} naming the layer for which the inputs are too small. */
export function checkSizes(sizes: readonly Size[], env: DimEnv): void {
  for (const { dim, shape, node } of sizes) {
    if ((evalDim(dim, env) ?? 0) >= 0) continue;
    const got = shape.map((d) => evalDim(d, env) ?? "?");
    const place = nodePlace(node);
    throw new InputError(
      `${place}: the inputs are too small: its result ${shapeText(shape)} comes out as [${got.join(", ")}]`,
      { place },
    );
  }
}
