/** The order of a graph's nodes: files may hold them in any, as graph editors write them. @module */
import { FormatError, shown } from "../../../core/values/errors.ts";
import type { GraphProto, NodeProto } from "../messages.ts";
import { operatorName } from "../operator.ts";

/** Names that a node reads, those that its nested graphs take from around them included. */
function* readBy(node: NodeProto): Generator<string> {
  yield* node.input ?? [];
  for (const a of node.attribute ?? []) {
    if (a.g) yield* readAround(a.g);
    for (const g of a.graphs ?? []) yield* readAround(g);
  }
}
function* readAround(graph: GraphProto): Generator<string> {
  const own = new Set([
    ...(graph.input ?? []).map((i) => i.name ?? ""),
    ...(graph.initializer ?? []).map((t) => t.name ?? ""),
    ...(graph.node ?? []).flatMap((n) => n.output ?? []),
  ]);
  for (const node of graph.node ?? []) for (const name of readBy(node)) if (!own.has(name)) yield name;
  for (const { name = "" } of graph.output ?? []) if (!own.has(name)) yield name;
}
const nameOf = (node: NodeProto) =>
  `${node.name ? shown(node.name) : `the one that computes ${shown(node.output?.[0] ?? "")}`} (${
    operatorName(node)
  })`;

/**
 * Nodes so that each stands behind those it reads from; otherwise as they stand in the file.
 * @throws {FormatError} that names the nodes of a cycle.
 */
export function ordered(nodes: readonly NodeProto[]): readonly NodeProto[] {
  const producers = new Map<string, NodeProto>();
  for (const node of nodes) {
    for (const o of node.output ?? []) if (o !== "" && !producers.has(o)) producers.set(o, node);
  }
  const sorted: NodeProto[] = [], done = new Set<NodeProto>(), open = new Set<NodeProto>();
  for (const node of nodes) {
    const path: { readonly node: NodeProto; readonly reads: Iterator<string> }[] = [];
    const enter = (next: NodeProto) => {
      open.add(next);
      path.push({ node: next, reads: readBy(next) });
    };
    if (!done.has(node)) enter(node);
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const read = top.reads.next();
      if (read.done) {
        path.pop();
        open.delete(top.node);
        done.add(top.node);
        sorted.push(top.node);
        continue;
      }
      const from = producers.get(read.value);
      if (!from || done.has(from)) continue;
      if (open.has(from)) {
        const cycle = path.map((p) => p.node).slice(path.findIndex((p) => p.node === from));
        const names = cycle.slice(0, 8).map(nameOf).join(" → ");
        throw new FormatError(
          `${cycle.length === 1 ? "a node reads" : "nodes read"} what ${
            cycle.length === 1 ? "it computes itself" : "they compute themselves, in a cycle"
          }: ${names}`,
        );
      }
      enter(from);
    }
  }
  return sorted;
}
