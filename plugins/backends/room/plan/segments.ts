/** A graph cut into what the engine runs and what the host does between. @module */
import type { Node } from "../../../../core/graph/graph.ts";

/** A run of nodes that one engine takes whole, or one host step. */
export interface Segment {
  /** Whether the engine runs it, or plain kernels do. */
  readonly where: "engine" | "host";
  /** The operators, in order. */
  readonly nodes: readonly Node[];
}
/** Cuts a node list into engine segments and host steps; a node that can go before a host step does, so that fewer cuts remain. */
export function segments(nodes: readonly Node[], onEngine: (node: Node) => boolean): readonly Segment[] {
  const out: { where: "engine" | "host"; nodes: Node[] }[] = [];
  const level = new Map<number, number>();
  for (const node of nodes) {
    const where = onEngine(node) ? "engine" : "host";
    let at = 0;
    for (const id of node.inputs) at = Math.max(at, level.get(id) ?? 0);
    // A host step stands alone, at the end, so that dims it binds are there for the next one.
    if (where === "host") at = out.length;
    else while (at < out.length && out[at]?.where !== where) at++;
    const segment = out[at];
    if (segment) segment.nodes.push(node);
    else out.push({ where, nodes: [node] });
    const ready = where === "host" ? at + 1 : at;
    for (const id of node.outputs) level.set(id, ready);
  }
  return out;
}
