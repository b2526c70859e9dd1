/** Where each node runs: on the engine or the host, at every run or once after a write. @module */
import { type Graph, type GraphInput, type Node, typeOf } from "../../../../core/graph/graph.ts";
import { type Dim, eachSymbol, staticShape, type Type } from "../../../../core/values/shape.ts";
import type { EngineTest } from "./supports.ts";

/** Inputs that keep their place in memory from run to run; their updates are written there by the module. */
export const keptRoles: ReadonlySet<string> = new Set(["parameter", "statistic", "slot"]);

/** What the engine runs, and the sizes that are told before they are needed. */
export interface Placed {
  readonly nodes: ReadonlySet<Node>;
  /** Whether every size of a type is told by an input or a host step. */
  told(type: Type | undefined): boolean;
  toldDim(d: Dim): boolean;
}
/**
 * The nodes that the engine runs. One whose result has a size that nothing before it tells runs on the host, which then binds
 * that size; one with sizes that may or may not broadcast does too.
 */
export function nodesForEngine(graph: Graph, isEngineNode: EngineTest): Placed {
  const bound = new Set<string>(), nodes = new Set<Node>();
  const dimsOf = (type: Type | undefined) => (type?.kind === "tensor" ? type.shape ?? noDims : noDims);
  const toldDim = (d: Dim): boolean => {
    if (typeof d === "number") return true;
    if (typeof d === "string") return bound.has(d);
    let all = true;
    eachSymbol(d, (name) => all &&= bound.has(name));
    return all;
  };
  const told = (type: Type | undefined) => dimsOf(type).every(toldDim);
  const bind = (type: Type | undefined) => {
    for (const d of dimsOf(type)) {
      if (typeof d === "string" || isUnknown(d)) eachSymbol(d, (name) => bound.add(name));
    }
  };
  // What is told stays so.
  const known = new Uint8Array(graph.types.length);
  const toldId = (id: number) => {
    if (id < 0 || known[id] === 1) return true;
    if (!told(typeOf(graph, id))) return false;
    known[id] = 1;
    return true;
  };
  const toldInside = (graphs: Node["graphs"]) => {
    for (const name in graphs) if (!graphs[name]?.types.every(told)) return false;
    return true;
  };
  for (const input of graph.inputs) bind(typeOf(graph, input.id));
  for (const node of graph.nodes) {
    const all = node.inputs.every(toldId) && node.outputs.every(toldId) && toldInside(node.graphs);
    if (all && isEngineNode(node, graph)) nodes.add(node);
    for (const id of node.outputs) if (id >= 0) bind(typeOf(graph, id));
  }
  return { nodes, told, toldDim };
}
const noDims: readonly Dim[] = [];
function isUnknown(d: Dim): boolean {
  return typeof d === "object" && "unknown" in d;
}

/** Values that follow from weights alone: computed in the prologue, after each write. */
export function derivedNodes(graph: Graph, engine: (node: Node) => boolean): Set<Node> {
  const updated = new Set(graph.outputs.map((o) => o.updates));
  const fixed = (i: GraphInput) => i.role === "constant" || (keptRoles.has(i.role) && !updated.has(i.name));
  const known = new Set(graph.inputs.filter(fixed).map((i) => i.id));
  const derived = new Set<Node>();
  for (const node of graph.nodes) {
    const sized = node.outputs.every((id) => {
      const type = id < 0 ? undefined : graph.types[id];
      return type === undefined || (type.kind === "tensor" && staticShape(type.shape) !== undefined);
    });
    if (
      !sized || !engine(node) || node.inputs.length === 0 ||
      !node.inputs.every((id) => id < 0 || known.has(id))
    ) continue;
    derived.add(node);
    node.outputs.forEach((id) => known.add(id));
  }
  return derived;
}
