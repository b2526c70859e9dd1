/** Names of open sizes as people know them: `time`, where one input alone has such a size. @module */
import type { Graph } from "../../../core/graph/graph.ts";
import type { Operators } from "../../../core/graph/op.ts";
import { rewrite } from "../../../core/graph/rewrite.ts";
import type { Dim } from "../../../core/values/shape.ts";

/** What a size is, without the input that it belongs to. */
const plainly = (symbol: string): string => /(?:^|_)(time|dim\d+)$/.exec(symbol)?.[1] ?? symbol;

/** The graph with short names for the open sizes of its inputs, as far as they stay apart. */
export function nameSymbols(graph: Graph, registry: Operators): Graph {
  const owners = new Map<string, string>();
  for (const { id, role, name } of graph.inputs) {
    const type = graph.types[id];
    if (role !== "data" || type?.kind !== "tensor") continue;
    for (const d of type.shape ?? []) if (typeof d === "string" && !owners.has(d)) owners.set(d, name);
  }
  const named = new Map<string, string>();
  for (const [symbol, owner] of owners) {
    const plain = plainly(symbol), others = [...owners.keys()].filter((s) => plainly(s) === plain);
    named.set(symbol, others.length === 1 || plain === symbol ? plain : `${owner}_${plain}`);
  }
  if ([...named].every(([symbol, name]) => symbol === name)) return graph;
  const renamed = (d: Dim): Dim => (typeof d === "string" ? named.get(d) ?? d : d);
  return rewrite(graph, registry, {
    name: "name symbols",
    input: ({ role }, type) =>
      role === "data" && type.kind === "tensor" && type.shape
        ? { type: { ...type, shape: type.shape.map(renamed) } }
        : {},
  });
}
