/** The one way to change a graph: a walk that rebuilds it, with passes as data. @module */
import { type Adding, GraphBuilder } from "./builder.ts";
import { type Graph, type GraphInput, type Node, opName, typeOf, type Value } from "./graph.ts";
import { defaultLimits, type Limits } from "../values/limits.ts";
import type { OpDef } from "./op.ts";
import type { Operators } from "./op.ts";
import { sameType, type Type } from "../values/shape.ts";
import { isTensor, type RuntimeValue, type Tensor, tensorBytes } from "../values/tensor.ts";

/** What a pass sees of a node on its way into the new graph. */
export interface Visit {
  /** Builds the new graph. */
  readonly b: GraphBuilder;
  /** The node of the old graph. */
  readonly node: Node;
  /** Its operator. */
  readonly def: OpDef;
  /** Its inputs in the new graph. */
  readonly inputs: readonly (Value | undefined)[];
  /** Copies the node as it is (with nested graphs already rewritten). */
  keep(): readonly Value[];
}
/** A change to a graph. */
export interface Pass {
  /** Name of the pass, for messages. */
  readonly name: string;
  /** Replaces an input's type, value or role; the whole graph is inferred anew where types change. */
  input?(
    input: GraphInput,
    type: Type,
  ): { readonly type?: Type; readonly value?: Tensor; readonly role?: GraphInput["role"] };
  /** Values in place of a node's outputs, or undefined to keep it. */
  node?(visit: Visit): readonly (Value | undefined)[] | undefined;
  /** Composites that are replaced by their bodies. */
  readonly expand?: (def: OpDef, types: readonly (Type | undefined)[], attributes: unknown) => boolean;
  /** Values in place of any node on its way into the new graph, those of bodies too; undefined to add it. */
  readonly instead?: (adding: Adding) => readonly Value[] | undefined;
  /** Whether nested graphs are walked too; yes unless said. */
  readonly nested?: boolean;
}

/** Ids of values that the outputs need. */
export function liveValues(graph: Graph): Set<number> {
  const live = new Set(graph.outputs.map((o) => o.id));
  for (const node of graph.nodes.toReversed()) {
    if (node.outputs.some((id) => live.has(id))) { for (const id of node.inputs) live.add(id); }
  }
  return live;
}

/** Rebuilds a graph through a pass. Dead nodes and unused constants are left out. */
export function rewrite(graph: Graph, registry: Operators, pass: Pass): Graph {
  const { expand, instead } = pass;
  const b = new GraphBuilder(registry, {
    ...{ name: graph.name, ...(expand && { expand }), ...(instead && { instead }) },
  });
  const live = liveValues(graph);
  const values = new Map<number, Value>();
  const unchanged = new Set<number>();
  for (const input of graph.inputs) {
    if (input.role === "constant" && !live.has(input.id)) continue;
    const type = typeOf(graph, input.id);
    const change = pass.input?.(input, type) ?? {};
    values.set(
      input.id,
      b.input(input.name, change.type ?? type, change.role ?? input.role, change.value ?? input.value),
    );
    if (change.type === undefined) unchanged.add(input.id);
  }
  for (const node of graph.nodes) {
    if (!node.outputs.some((id) => live.has(id))) continue;
    const inputs = node.inputs.map((id) => (id < 0 ? undefined : values.get(id)));
    const fed = node.inputs.every((id) => id < 0 || unchanged.has(id));
    const name = opName(node), def = registry.get("op", name);
    const graphs = pass.nested === false ? node.graphs : mapGraphs(node, inputs, fed, registry, pass);
    const same = fed && (graphs === node.graphs || givesAllSame(graphs, node.graphs));
    const keep = () => {
      const expands = def.body && pass.expand?.(def, inputs.map((v) => v?.type), node.attributes);
      if (same && !expands) return b.copy(node, inputs, node.outputs.map((id) => typeOf(graph, id)), graphs);
      return b.scopeAs(
        node.scope,
        () => b.op(name, inputs, node.attributes, { graphs, outputs: node.outputs.length }),
      );
    };
    const replaced = pass.node && b.scopeAs(node.scope, () => pass.node?.({ b, node, def, inputs, keep }));
    const outputs = replaced ?? keep();
    node.outputs.forEach((id, i) => {
      const v = outputs[i];
      if (!v) return;
      values.set(id, v);
      if (same && !replaced && (!instead || v.type === graph.types[id])) unchanged.add(id);
    });
  }
  for (const o of graph.outputs) {
    const v = values.get(o.id);
    if (!v) throw new RangeError(`${pass.name}: output ${o.name} of graph ${graph.name} was lost`);
    b.output(o.name, v, o.updates);
  }
  b.agree(...graph.agreements ?? []);
  return b.build();
}

type Graphs = Readonly<Record<string, Graph>>;
const givesAllSame = (graphs: Graphs, before: Graphs) =>
  Object.entries(graphs).every(([name, g]) => givesSame(g, before[name]));
/** True where a nested graph gives values of the types that it gave. */
function givesSame(graph: Graph, before: Graph | undefined): boolean {
  if (graph === before) return true;
  return graph.outputs.every((o, i) => {
    const old = before?.outputs[i];
    return old && before && sameType(typeOf(graph, o.id), typeOf(before, old.id));
  });
}

/** Rewrites nested graphs; where outer types changed, the inner inputs' types follow. */
function mapGraphs(
  node: Node,
  inputs: readonly (Value | undefined)[],
  same: boolean,
  registry: Operators,
  pass: Pass,
): Readonly<Record<string, Graph>> {
  const names = Object.keys(node.graphs);
  if (names.length === 0) return node.graphs;
  const captures = Number(node.attributes["captures"] ?? 0);
  const outer = captures === 0 ? [] : inputs.slice(-captures);
  return Object.fromEntries(
    Object.entries(node.graphs).map(([name, inner]) => {
      const data = inner.inputs.filter((i) => i.role !== "constant");
      const first = data.length - captures;
      const retyped: Pass = same ? pass : {
        ...pass,
        input: (input, type) => {
          const at = data.indexOf(input), change = pass.input?.(input, type) ?? {};
          const captured = at >= first ? outer[at - first]?.type : undefined;
          return captured ? { ...change, type: captured } : change;
        },
      };
      return [name, rewrite(inner, registry, retyped)];
    }),
  );
}

/** Replaces composites that `keeps` doesn't want whole by their bodies, all the way down. */
export function expandComposites(
  graph: Graph,
  registry: Operators,
  keeps: (def: OpDef, types: readonly (Type | undefined)[]) => boolean,
): Graph {
  return rewrite(graph, registry, {
    name: "expand",
    expand: (def, types) => def.body !== undefined && !keeps(def, types),
  });
}

/** Runs one node on its plain kernel. Used by folding and by backends' host steps. */
export type NodeRunner = (
  node: Node,
  inputs: readonly (RuntimeValue | undefined)[],
  limits: Limits,
) => readonly RuntimeValue[];

/** Domains whose operators are deterministic unless they say otherwise. */
const ownDomains: ReadonlySet<string> = new Set(["", "lapis", "ai.onnx.ml", "com.microsoft"]);
const isDeterministic = ({ deterministic, domain = "" }: OpDef) => deterministic ?? ownDomains.has(domain);

/** What stands in place of nodes that depend on constants alone, while a result stays below `maxBytes`. */
export function folding(run: NodeRunner, maxBytes = 1 << 24): NonNullable<Pass["instead"]> {
  return ({ b, def, inputs, attributes, graphs, types }) => {
    if (inputs.length === 0 ? def.name !== "Constant" : !inputs.every((v) => !v || b.knownOf(v))) {
      return undefined;
    }
    if ((!def.plain && !def.body) || Object.keys(graphs).length > 0 || !isDeterministic(def)) {
      return undefined;
    }
    const { name: op, domain = "" } = def, outputs = types.map((_, i) => i);
    const node = { op, domain, inputs: [], outputs, attributes, graphs, scope: b.currentScope };
    const results = run(node, inputs.map((v) => b.knownOf(v)), defaultLimits);
    if (!results.every((r) => isTensor(r) && tensorBytes(r) <= maxBytes)) return undefined;
    return results.filter(isTensor).map((t) => b.constant(t));
  };
}
/** Computes what depends on constants alone, while a result stays below `maxBytes`. */
export function foldConstants(graph: Graph, registry: Operators, run: NodeRunner, maxBytes?: number): Graph {
  return rewrite(graph, registry, { name: "fold constants", instead: folding(run, maxBytes) });
}

/** The graph without nodes and constants that no output needs, nested graphs too; numbers of values stay as they are. */
export function livePart(graph: Graph): Graph {
  const live = liveValues(graph);
  const nodes = graph.nodes.flatMap((node) => {
    if (!node.outputs.some((id) => live.has(id))) return [];
    const inner = Object.entries(node.graphs);
    if (inner.length > 0) {
      return [{ ...node, graphs: Object.fromEntries(inner.map(([k, g]) => [k, livePart(g)])) }];
    }
    return node.outputs.every((id) => live.has(id))
      ? [node]
      : [{ ...node, outputs: node.outputs.map((id) => (live.has(id) ? id : -1)) }];
  });
  const inputs = graph.inputs.filter((i) => i.role !== "constant" || live.has(i.id));
  return { ...graph, inputs, nodes };
}

/** Drops nodes that no output needs. */
export function prune(graph: Graph, registry: Operators): Graph {
  return rewrite(graph, registry, { name: "prune", nested: false });
}
