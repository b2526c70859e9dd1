/** Rewrites a graph into what an engine lowers: composites without a kernel expanded, constants folded. @module */
import { isNarrowFloat } from "../../../../core/values/dtype.ts";
import { runNode } from "../../../../core/graph/execute.ts";
import type { Graph } from "../../../../core/graph/graph.ts";
import type { Registry } from "../../../../core/graph/registry.ts";
import { expandComposites, foldConstants, prune, rewrite } from "../../../../core/graph/rewrite.ts";
import { resizeProducts } from "../../../../core/ops/windows/resize.ts";
import { asTensor, tensorType, type Type } from "../../../../core/values/shape.ts";
import { elementwiseRules } from "../lowering/expressions.ts";
import type { Rules } from "../rules/rule.ts";

/** The graph that is lowered. */
export function prepare(graph: Graph, registry: Registry, rules: Rules): Graph {
  const whole = (name: string) => Object.hasOwn(rules, name) || Object.hasOwn(elementwiseRules, name);
  const expanded = expandComposites(
    graph,
    registry,
    (def, types) =>
      whole(def.domain ? `${def.domain}.${def.name}` : def.name) || (!!def.plain && types.some(isNarrow)),
  );
  const folded = foldConstants(
    withResizeProducts(expanded, registry),
    registry,
    (node, inputs, limits) =>
      runNode(node, inputs, node.outputs.map(() => tensorType("float32")), { registry, limits }),
  );
  return withoutUnused(prune(folded, registry));
}
/** Floats that no kernel takes: on the host one operator rounds once, its body at every step. */
const isNarrow = (type: Type | undefined) => type?.kind === "tensor" && isNarrowFloat(type.dtype);
/** Interpolations between fixed sizes become matrix products. */
function withResizeProducts(graph: Graph, registry: Registry): Graph {
  return rewrite(graph, registry, {
    name: "resize as products",
    nested: false,
    node: ({ b, node, inputs }) => {
      if (node.op !== "Resize" || node.domain !== "" || node.attributes["mode"] === "nearest") {
        return undefined;
      }
      const output = asTensor(graph.types[node.outputs[0] ?? -1]).shape;
      const y = output && resizeProducts(b, inputs, node.attributes, output);
      return y && [y];
    },
  });
}

/** The graph without outputs of nodes that nothing reads; nodes with graphs count their outputs and keep them. */
function withoutUnused(graph: Graph): Graph {
  const read = new Set([...graph.outputs.map((o) => o.id), ...graph.nodes.flatMap((n) => n.inputs)]);
  const nodes = graph.nodes.map((node) => {
    const inner = Object.entries(node.graphs).map(([name, g]) => [name, withoutUnused(g)] as const);
    if (inner.length > 0) return { ...node, graphs: Object.fromEntries(inner) };
    return { ...node, outputs: node.outputs.map((id) => (read.has(id) ? id : -1)) };
  });
  return { ...graph, nodes };
}
