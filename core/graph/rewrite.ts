/** The one way to change a graph: a walk that rebuilds it, with passes as data. @module */
import { type Adding, GraphBuilder } from "./builder.ts";
import { type Graph, type GraphInput, type Node, opName, typeOf, type Value } from "./graph.ts";
import { item } from "../values/item.ts";
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

/** Values that the outputs need: 1 at their numbers. */
export function liveValues({ nodes, outputs, types }: Graph): Uint8Array {
  const live = new Uint8Array(types.length);
  for (const { id } of outputs) live[id] = 1;
  for (let i = nodes.length - 1; i >= 0; i--) {
    const node = item(nodes, i);
    if (isLive(node, live)) { for (const id of node.inputs) if (id >= 0) live[id] = 1; }
  }
  return live;
}
function isLive({ outputs }: Node, live: Uint8Array): boolean {
  for (const id of outputs) if (live[id] === 1) return true;
  return false;
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
    if (input.role === "constant" && live[input.id] !== 1) continue;
    const type = typeOf(graph, input.id);
    const change = pass.input?.(input, type) ?? {};
    values.set(
      input.id,
      b.input(input.name, change.type ?? type, change.role ?? input.role, change.value ?? input.value),
    );
    if (change.type === undefined) unchanged.add(input.id);
  }
  for (const node of graph.nodes) {
    if (!isLive(node, live)) continue;
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

/** A change to few nodes of a graph. */
export interface Patch extends Pick<Pass, "name" | "expand" | "instead"> {
  /** Whether a node of an operator may be changed at all; `known` where constants alone go in. */
  concerns(def: OpDef, known: boolean): boolean;
}
/**
 * Changes a graph where a patch is concerned. The rest stays: nodes that read what they read are the same objects, and values
 * keep their numbers. What nothing reads any more is left in; `livePart` drops it.
 */
export function patched(graph: Graph, registry: Operators, patch: Patch): Graph {
  return new Patching(graph, registry, patch).run();
}
class Patching {
  readonly #graph: Graph;
  readonly #registry: Operators;
  readonly #patch: Patch;
  readonly #b: GraphBuilder;
  /** By the old number of a value: its new one where it has another, and those whose type is another. */
  readonly #moved = new Map<number, number>();
  readonly #retyped = new Set<number>();
  readonly #defs = new Map<string, OpDef>();
  #changed = false;

  constructor(graph: Graph, registry: Operators, patch: Patch) {
    const { expand, instead } = patch;
    this.#graph = graph;
    this.#registry = registry;
    this.#patch = patch;
    this.#b = new GraphBuilder(registry, {
      ...{ name: graph.name, ...(expand && { expand }), ...(instead && { instead }) },
    });
    this.#b.begin(graph);
  }
  run(): Graph {
    const graph = this.#graph, live = liveValues(graph);
    for (const node of graph.nodes) if (isLive(node, live)) this.#visit(node);
    if (!this.#changed) return graph;
    const outputs = graph.outputs.map((o) => ({ ...o, id: this.#at(o.id) }));
    return { ...this.#b.build(), outputs, ...(graph.agreements && { agreements: graph.agreements }) };
  }
  #at(id: number): number {
    return this.#moved.get(id) ?? id;
  }
  #values(node: Node): readonly (Value | undefined)[] {
    return node.inputs.map((id) => (id < 0 ? undefined : this.#b.valueAt(this.#at(id))));
  }
  #visit(node: Node): void {
    const name = opName(node);
    let def = this.#defs.get(name);
    if (!def) this.#defs.set(name, def = this.#registry.get("op", name));
    const { inputs } = node;
    let known = true;
    for (const id of inputs) known &&= id < 0 || this.#b.knows(this.#at(id));
    if (hasGraphs(node) || this.#patch.concerns(def, known)) return this.#change(node, def);
    if (this.#moved.size === 0) return this.#b.keep(node, def);
    if (inputs.some((id) => this.#retyped.has(id))) return this.#change(node, def);
    if (!inputs.some((id) => this.#moved.has(id))) return this.#b.keep(node, def);
    this.#changed = true;
    this.#b.keep({ ...node, inputs: inputs.map((id) => this.#at(id)) }, def);
  }
  /** What is said anew, or may be: the patch is concerned, types are others, or graphs are nested. */
  #change(node: Node, def: OpDef): void {
    const b = this.#b, inputs = this.#values(node), fed = !node.inputs.some((id) => this.#retyped.has(id));
    const graphs = this.#inside(node, inputs, fed);
    const same = fed && (graphs === node.graphs || givesAllSame(graphs, node.graphs));
    const expands = def.body && this.#patch.expand?.(def, inputs.map((v) => v?.type), node.attributes);
    const types = same && !expands ? node.outputs.map((id) => typeOf(this.#graph, id)) : undefined;
    const outputs = types ? b.copy(node, inputs, types, graphs) : b.scopeAs(node.scope, () => {
      return b.op(opName(node), inputs, node.attributes, { graphs, outputs: node.outputs.length });
    });
    this.#changed = true;
    for (const [i, id] of node.outputs.entries()) {
      const v = outputs[i];
      if (!v) continue;
      this.#moved.set(id, v.id);
      if (!sameType(v.type, typeOf(this.#graph, id))) this.#retyped.add(id);
    }
  }
  #inside(node: Node, inputs: readonly (Value | undefined)[], fed: boolean): Graphs {
    if (!fed) return mapGraphs(node, inputs, false, this.#registry, this.#patch);
    const inner = Object.entries(node.graphs).map(([k, g]) => {
      return [k, g, patched(g, this.#registry, this.#patch)] as const;
    });
    const unchanged = inner.every(([, before, now]) => before === now);
    return unchanged ? node.graphs : Object.fromEntries(inner.map(([k, , now]) => [k, now]));
  }
}
function hasGraphs({ graphs }: Node): boolean {
  for (const _ in graphs) return true;
  return false;
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
  const nodes: Node[] = [];
  for (const node of graph.nodes) {
    if (!isLive(node, live)) continue;
    if (hasGraphs(node)) {
      const inner = Object.entries(node.graphs).map(([k, g]) => [k, livePart(g)]);
      nodes.push({ ...node, graphs: Object.fromEntries(inner) });
    } else if (node.outputs.every((id) => live[id] === 1)) nodes.push(node);
    else nodes.push({ ...node, outputs: node.outputs.map((id) => (live[id] === 1 ? id : -1)) });
  }
  const inputs = graph.inputs.filter((i) => i.role !== "constant" || live[i.id] === 1);
  return { ...graph, inputs, nodes };
}

/** Drops nodes that no output needs. */
export function prune(graph: Graph, registry: Operators): Graph {
  return rewrite(graph, registry, { name: "prune", nested: false });
}
