/** Which nodes run on the engine's own kernels. @module */
import { type Graph, type Node, opName } from "../../../../core/graph/graph.ts";
import { asTensor, type Type } from "../../../../core/values/shape.ts";
import { isElementwise } from "../lowering/expressions.ts";
import { broadcasts, type Rules } from "../rules/rule.ts";

/** Whether a node runs on the engine. */
export type EngineTest = (node: Node, graph: Graph, types?: readonly Type[]) => boolean;
/** The test for a set of rules. */
export function engineTest(rules: Rules): EngineTest {
  return (node, graph, types = graph.types) => runs(rules, node, graph, types);
}
function runs(rules: Rules, node: Node, graph: Graph, types: readonly Type[]): boolean {
  for (const id of node.inputs) if (!isKnown(types[id])) return false;
  for (const id of node.outputs) if (!isKnown(types[id])) return false;
  if (isElementwise(node, types)) {
    const output = types[node.outputs[0] ?? -1];
    for (const id of node.inputs) if (!broadcasts(types[id], output)) return false;
    return true;
  }
  const name = opName(node), rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
  const outputs = node.outputs.flatMap((id) => (id < 0 ? [] : types[id] ?? [])).map((t) => asTensor(t));
  if (!rule || outputs.length === 0) return false;
  const inputs = node.inputs.map((id) => (id < 0 ? undefined : types[id] && asTensor(types[id])));
  return rule.supports({
    node,
    graph,
    engine: (inner, g) => runs(rules, inner, g, g.types),
    inputs,
    outputs,
  });
}
/** Whether a type is a tensor's of known rank; an absent value has none. */
const isKnown = (t: Type | undefined) => t === undefined || (t.kind === "tensor" && t.shape !== undefined);
