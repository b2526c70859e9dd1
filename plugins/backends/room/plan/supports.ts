/** Which nodes run on the engine's own kernels. @module */
import type { DType } from "../../../../core/values/dtype.ts";
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
  const ins = node.inputs.map((id) => (id < 0 ? undefined : types[id]));
  const outs = node.outputs.filter((id) => id >= 0).map((id) => types[id]);
  if (!ins.every(isKnown) || !outs.every(isKnown)) return false;
  const output = dtypeOf(outs[0]);
  if (output === undefined) return false;
  if (isElementwise(node, ins.map(dtypeOf), output)) return ins.every((t) => broadcasts(t, outs[0]));
  const name = opName(node), rule = Object.hasOwn(rules, name) ? rules[name] : undefined;
  return rule?.supports({
    node,
    graph,
    engine: (inner, g) => runs(rules, inner, g, g.types),
    inputs: ins.map((t) => t && asTensor(t)),
    outputs: outs.map((t) => asTensor(t)),
  }) ?? false;
}
const isKnown = (t: Type | undefined) => t === undefined || (t.kind === "tensor" && t.shape !== undefined);
const dtypeOf = (t: Type | undefined): DType | undefined => (t?.kind === "tensor" ? t.dtype : undefined);
