/** Rewrites a graph into what an engine lowers: composites without a kernel expanded, constants folded. @module */
import { isNarrowFloat } from "../../../../core/values/dtype.ts";
import { runNode } from "../../../../core/ops/execute.ts";
import type { Adding } from "../../../../core/graph/builder.ts";
import type { Graph, Value } from "../../../../core/graph/graph.ts";
import type { OpDef, Operators } from "../../../../core/graph/op.ts";
import { folding, livePart, patched } from "../../../../core/graph/rewrite.ts";
import { resizeRows } from "../../../../core/ops/windows/resize.ts";
import { asTensor, tensorType, type Type } from "../../../../core/values/shape.ts";
import { elementwiseRules } from "../lowering/expressions.ts";
import type { Rules } from "../rules/rule.ts";

/** The graph that is lowered, made in one walk. */
export function prepare(graph: Graph, registry: Operators, rules: Rules): Graph {
  const whole = (name: string) => Object.hasOwn(rules, name) || Object.hasOwn(elementwiseRules, name);
  const fold = folding((node, inputs, limits) =>
    runNode(node, inputs, node.outputs.map(() => tensorType("float32")), { registry, limits })
  );
  const expands = (def: OpDef) =>
    def.body !== undefined && !whole(def.domain ? `${def.domain}.${def.name}` : def.name);
  return livePart(patched(graph, registry, {
    name: "prepare",
    concerns: (def, known) => known || def.name === "Resize" || expands(def),
    expand: (def, types) => expands(def) && !(def.plain && types.some(isNarrow)),
    instead: (adding) => resized(adding) ?? fold(adding),
  }));
}
/** Floats that no kernel takes: on the host one operator rounds once, its body at every step. */
const isNarrow = (type: Type | undefined) => type?.kind === "tensor" && isNarrowFloat(type.dtype);
/** Interpolations between fixed sizes become sums of weighted rows. */
function resized({ b, def, inputs, attributes, types: [type] }: Adding): readonly Value[] | undefined {
  if (def.name !== "Resize" || (def.domain ?? "") !== "" || attributes["mode"] === "nearest") {
    return undefined;
  }
  const output = asTensor(type).shape, y = output && resizeRows(b, inputs, attributes, output);
  return y && [y];
}
