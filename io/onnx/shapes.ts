/** Which small tensors of a file decide shapes, and must therefore be known while its graph is built. @module */
import type { GraphProto, NodeProto } from "./messages.ts";

/** Inputs whose contents decide an output's shape. */
const shapeInputs: ReadonlyMap<string, readonly number[]> = new Map(Object.entries({
  ConstantOfShape: [0],
  Expand: [1],
  OneHot: [1],
  Pad: [1, 3],
  Range: [0, 1, 2],
  Reshape: [1],
  Resize: [1, 2, 3],
  Slice: [1, 2, 3, 4],
  Split: [1],
  Squeeze: [1],
  Tile: [1],
  TopK: [1],
  Unsqueeze: [1],
  Upsample: [1],
}));
/** Operators whose output doesn't hold their inputs' contents. */
const opaque = new Set(["Shape", "Size", "If", "Loop", "Scan", "SequenceMap"]);

/** Names of values that shapes are computed from, in one graph. */
export function shapeSources(graph: GraphProto): ReadonlySet<string> {
  const producers = new Map<string, NodeProto>();
  for (const node of graph.node ?? []) for (const o of node.output ?? []) producers.set(o, node);
  const found = new Set<string>(), open: string[] = [];
  const add = (name: string | undefined) => {
    if (name === undefined || name === "" || found.has(name)) return;
    found.add(name);
    open.push(name);
  };
  for (const node of graph.node ?? []) {
    for (const i of shapeInputs.get(node.opType ?? "") ?? []) add(node.input?.[i]);
  }
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const node = producers.get(name);
    if (node && !opaque.has(node.opType ?? "")) { for (const i of node.input ?? []) add(i); }
  }
  return found;
}
