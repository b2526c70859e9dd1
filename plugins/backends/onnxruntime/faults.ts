/** Indices out of range: onnxruntime's words for them made ours. @module */
import { BackendError, InputError, type LapisError } from "../../../core/values/errors.ts";
import { runGraph } from "../../../core/ops/execute.ts";
import { type Graph, type Node, opName, typeOf } from "../../../core/graph/graph.ts";
import { defaultLimits } from "../../../core/values/limits.ts";
import { indexFault } from "../../../core/ops/indices.ts";
import type { Operators } from "../../../core/graph/op.ts";
import { asTensor, normalAxis } from "../../../core/values/shape.ts";
import type { RuntimeValue } from "../../../core/values/tensor.ts";
import { writtenName } from "../../../io/onnx/writing/writer.ts";

/** The engine's word for a failure, on one line. */
export function failure(what: string, error: unknown): BackendError {
  const reason = reasonOf(error).split("\n")[0] ?? "";
  return new BackendError(`onnxruntime ${what}: ${reason.slice(0, 400)}`, { cause: error });
}
const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

const places = /Name:'(.*)' Status Message: .*(?:out of data bounds|invalid ind|out of range|Out of range)/;
const bounds = /idx=(-?\d+) must be within the inclusive range \[-\d+,(-?\d+)\]/;

/** A node of the graph itself that was written under a name, or that holds such a one. */
function nodeNamed(graph: Graph, name: string): { readonly node: Node; readonly own: boolean } | undefined {
  const bare = name.replace(/_\d+$/, "");
  const is = (node: Node) => writtenName(node) === name || writtenName(node) === bare;
  for (const node of graph.nodes) {
    if (is(node)) return { node, own: true };
    if (Object.values(node.graphs).some((g) => nodeNamed(g, name))) return { node, own: false };
  }
  return undefined;
}
/** The graph of what a value of a node is computed from. */
function before(graph: Graph, node: Node): Graph {
  const id = node.outputs.find((id) => id >= 0) ?? -1, needed = new Set([id]), nodes: Node[] = [];
  for (const n of graph.nodes.toReversed()) {
    if (!n.outputs.some((o) => needed.has(o))) continue;
    nodes.unshift(n);
    for (const i of n.inputs) needed.add(i);
  }
  return { ...graph, nodes, outputs: [{ name: "y", id }] };
}

/**
 * What a failed run is about: an index out of range in the words of every engine, any other failure in onnxruntime's. Where
 * those lack the index or the axis, the plain kernels run what leads to the node again. `given` are the inputs that aren't
 * constants, in order.
 */
export function runFailure(
  graph: Graph,
  error: unknown,
  registry: Operators,
  given: () => readonly (RuntimeValue | undefined)[],
): LapisError {
  const text = reasonOf(error), found = nodeNamed(graph, places.exec(text)?.[1] ?? "");
  if (!found) return failure("failed", error);
  const { node, own } = found, said = bounds.exec(text);
  if (own && said && node.op === "Gather") {
    const { shape = [] } = asTensor(typeOf(graph, node.inputs[0] ?? -1));
    const place = node.scope === "" ? opName(node) : `${node.scope} (${opName(node)})`;
    const axis = normalAxis(Number(node.attributes["axis"] ?? 0), shape.length);
    const message = indexFault(BigInt(said[1] ?? 0), Number(said[2]) + 1, axis);
    return new InputError(`${place}: ${message}`, { place, cause: error });
  }
  try {
    runGraph(before(graph, node), given(), { registry, limits: defaultLimits });
  } catch (fault) {
    if (fault instanceof InputError) return fault;
  }
  return failure("failed", error);
}
