/** From a graph to a module: passes, the cut into prologue, segments and host steps, and the driver functions. @module */
import { LimitError } from "../../../core/errors.ts";
import { runNode } from "../../../core/execute.ts";
import { type Graph, type GraphInput, type Node, typeOf } from "../../../core/graph.ts";
import { segments } from "../../../core/plan.ts";
import type { Registry } from "../../../core/registry.ts";
import { expandComposites, foldConstants, prune } from "../../../core/rewrite.ts";
import { type Dim, eachSymbol, staticShape, tensorType, type Type } from "../../../core/shape.ts";
import { ModuleBuilder } from "./assembler.ts";
import { elementwiseRules } from "./expressions.ts";
import { isEngineNode } from "./engine.ts";
import { isKnown, Lowering, type Scope } from "./lowering.ts";
import {
  type Call,
  emitDriver,
  type Host,
  type HostValue,
  type Item,
  lifetimes,
  type Lives,
  Table,
} from "./program.ts";
import { rules } from "./rules/mod.ts";
import { isContiguous, type Storage, type View } from "./views.ts";

/** A run of items in one driver function, or a host step. */
export type Part =
  | { readonly kind: "segment"; readonly name: string; readonly items: readonly Item[] }
  | Host;

/** Everything a session needs. */
export interface Compiled {
  readonly graph: Graph;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly prologue: readonly Part[];
  readonly main: readonly Part[];
  readonly table: Table;
  readonly tableBase: number;
  readonly keptBase: number;
  readonly lowering: Lowering;
  readonly scope: Scope;
  readonly owner: (storage: Storage) => Storage;
  readonly lives: Lives;
  readonly prologueLives: Lives;
  /** Views of graph inputs and outputs by value. */
  readonly inputs: ReadonlyMap<string, View>;
  readonly outputs: ReadonlyMap<string, View>;
}

/** Inputs that keep their place in memory from run to run; their updates are written there by the module. */
export const keptRoles: ReadonlySet<string> = new Set(["parameter", "statistic", "slot"]);

/** Rewrites a graph into what the engine lowers: composites without a kernel expanded, constants folded. */
export function prepare(graph: Graph, registry: Registry): Graph {
  const whole = (name: string) => Object.hasOwn(rules, name) || Object.hasOwn(elementwiseRules, name);
  const expanded = expandComposites(
    graph,
    registry,
    (def) => whole(def.domain ? `${def.domain}.${def.name}` : def.name),
  );
  const folded = foldConstants(
    expanded,
    registry,
    (node, inputs, limits) =>
      runNode(node, inputs, node.outputs.map(() => tensorType("float32")), { registry, limits }),
  );
  return withoutUnused(prune(folded, registry));
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

/** What the engine runs, and the sizes that are told before they are needed. */
interface Placed {
  readonly nodes: ReadonlySet<Node>;
  /** Whether every size of a type is told by an input or a host step. */
  told(type: Type | undefined): boolean;
  toldDim(d: Dim): boolean;
}
/**
 * The nodes that the engine runs. One whose result has a size that nothing before it tells runs on the host, which then binds
 * that size; one with sizes that may or may not broadcast does too.
 */
function nodesForEngine(graph: Graph): Placed {
  const bound = new Set<string>(), nodes = new Set<Node>();
  const dimsOf = (type: Type | undefined) => (type?.kind === "tensor" ? type.shape ?? [] : []);
  const toldDim = (d: Dim) => {
    let all = true;
    eachSymbol(d, (name) => all &&= bound.has(name));
    return all;
  };
  const told = (type: Type | undefined) => dimsOf(type).every(toldDim);
  const bind = (type: Type | undefined) => {
    for (const d of dimsOf(type)) {
      if (typeof d === "string" || isUnknown(d)) {
        eachSymbol(d, (name) => bound.add(name));
      }
    }
  };
  for (const input of graph.inputs) bind(typeOf(graph, input.id));
  for (const node of graph.nodes) {
    const types = [...node.inputs, ...node.outputs].map((id) => (id < 0 ? undefined : typeOf(graph, id)));
    const inside = Object.values(node.graphs).flatMap((g) => [...g.types]);
    if ([...types, ...inside].every(told) && isEngineNode(node, graph)) nodes.add(node);
    for (const id of node.outputs) if (id >= 0) bind(typeOf(graph, id));
  }
  return { nodes, told, toldDim };
}
function isUnknown(d: Dim): boolean {
  return typeof d === "object" && "unknown" in d;
}

/** Values that follow from weights alone: computed in the prologue, after each write. */
function derivedNodes(graph: Graph, engine: (node: Node) => boolean): Set<Node> {
  const updated = new Set(graph.outputs.map((o) => o.updates));
  const fixed = (i: GraphInput) => i.role === "constant" || (keptRoles.has(i.role) && !updated.has(i.name));
  const known = new Set(graph.inputs.filter(fixed).map((i) => i.id));
  const derived = new Set<Node>();
  for (const node of graph.nodes) {
    const sized = node.outputs.every((id) => {
      const type = id < 0 ? undefined : graph.types[id];
      return type === undefined || (type.kind === "tensor" && staticShape(type.shape) !== undefined);
    });
    if (
      !sized || !engine(node) || node.inputs.length === 0 ||
      !node.inputs.every((id) => id < 0 || known.has(id))
    ) continue;
    derived.add(node);
    node.outputs.forEach((id) => known.add(id));
  }
  return derived;
}

/** Compiles a graph. */
export function compileGraph(
  source: Graph,
  registry: Registry,
  options: { readonly relaxed: boolean },
): Compiled {
  const graph = prepare(source, registry), placed = nodesForEngine(graph);
  const lowering = new Lowering(registry, rules, placed.toldDim);
  const inputs = new Map<string, View>();
  const given = new Map<number, { view?: View }>();
  for (const input of graph.inputs) {
    const type = typeOf(graph, input.id);
    if (input.role === "constant" || type.kind !== "tensor" || !type.shape || type.dtype === "string") {
      continue;
    }
    const kept = keptRoles.has(input.role) && staticShape(type.shape) !== undefined;
    const view = lowering.fresh(type.shape, type.dtype, undefined, kept ? "weight" : "value", kept ? 0 : 1);
    inputs.set(input.name, view);
    given.set(input.id, { view });
  }
  const scope = lowering.scope(graph, given);
  const engine = (node: Node) => placed.nodes.has(node) || isKnown(scope, node);
  const derived = derivedNodes(graph, engine);
  const main = lowering.lists.pop() ?? [];
  lowering.nodes(scope, graph.nodes.filter((n) => derived.has(n)));
  lowering.lists.push(main);
  for (const segment of segments(graph.nodes.filter((n) => !derived.has(n)), engine)) {
    if (segment.where === "engine") lowering.nodes(scope, segment.nodes);
    else for (const node of segment.nodes) lowerHost(lowering, scope, node, placed);
  }
  return assemble(
    graph,
    lowering,
    scope,
    inputs,
    placeOutputs(graph, lowering, scope, inputs),
    options.relaxed,
  );
}

/** Views of the outputs; updates of kept inputs are copied there instead, after everything else has read the old ones. */
function placeOutputs(
  graph: Graph,
  lowering: Lowering,
  scope: Scope,
  inputs: ReadonlyMap<string, View>,
): Map<string, View> {
  const outputs = new Map<string, View>(), updates: [View, View, Node][] = [];
  for (const output of graph.outputs) {
    const type = typeOf(graph, output.id);
    if (type.kind !== "tensor" || (!scope.views.has(output.id) && hostOnly(scope, output.id))) continue;
    const view = lowering.view(scope, output.id);
    const maker = graph.nodes.find((n) => n.outputs.includes(output.id)) ?? graph.nodes.at(-1);
    const home = output.updates === undefined ? undefined : inputs.get(output.updates);
    if (home?.storage.kind === "kept" && maker) updates.push([view, home, maker]);
    else outputs.set(output.name, isContiguous(view) || !maker ? view : lowering.contiguous(view, maker));
  }
  const homes = new Set(updates.map(([, home]) => home.storage));
  const apart = updates.map(([view, home, maker]): [View, View, Node] => {
    if (!homes.has(view.storage) || view.storage === home.storage) return [view, home, maker];
    const own = lowering.fresh(view.shape, view.dtype);
    lowering.copy(view, own, maker);
    return [own, home, maker];
  });
  for (const [view, home, maker] of apart) {
    if (view.storage !== home.storage) lowering.copy(view, home, maker);
  }
  return outputs;
}
function hostOnly(scope: Scope, id: number): boolean {
  return !scope.constants.has(id) && !scope.dims.has(id) && !scope.groups.of(id);
}

/** Element types that have a place in the engine's memory. */
function lies(view: { readonly dtype: string } | undefined): boolean {
  return view !== undefined &&
    ["float32", "int32", "int64", "bool", "uint8", "int8", "uint32"].includes(view.dtype);
}

function lowerHost(l: Lowering, s: Scope, node: Node, sizes: Placed): void {
  const read = (id: number): HostValue | undefined => {
    if (id < 0) return undefined;
    if (s.constants.has(id) || (hostOnly(s, id) && !s.views.has(id))) return { id };
    return { id, view: l.view(s, id) };
  };
  const write = (id: number): HostValue | undefined => {
    if (id < 0) return undefined;
    const type = typeOf(s.graph, id);
    const lasts = type.kind === "tensor" && type.shape && lies(type) && sizes.told(type);
    const view = lasts ? l.fresh(type.shape ?? [], type.dtype) : undefined;
    if (view) s.views.set(id, view);
    return { id, ...(view && { view }) };
  };
  const inputs = node.inputs.map(read);
  l.lists.at(-1)?.push({ kind: "host", node, inputs, outputs: node.outputs.map(write) });
}

/** Cuts a list at its host steps. */
function parts(items: readonly Item[], name: string): readonly Part[] {
  const out: Part[] = [];
  let run: Item[] = [];
  const close = () => {
    if (run.length > 0) out.push({ kind: "segment", name: `${name}_${out.length}`, items: run });
    run = [];
  };
  for (const item of items) {
    if (item.kind === "host") {
      close();
      out.push(item);
    } else run.push(item);
  }
  close();
  return out;
}

function assemble(
  graph: Graph,
  lowering: Lowering,
  scope: Scope,
  inputs: ReadonlyMap<string, View>,
  outputs: ReadonlyMap<string, View>,
  relaxed: boolean,
): Compiled {
  const [prologue = [], main = []] = lowering.lists;
  const merged = new Map<Storage, Storage>();
  const owner = (storage: Storage): Storage => {
    let s = storage;
    for (let up = merged.get(s); up; up = merged.get(s)) s = up;
    return s;
  };
  const begin = [...inputs.values()].map((v) => v.storage), end = [...outputs.values()].map((v) => v.storage);
  shareStates(main, merged, owner, new Set([...begin, ...end]));
  shareStates(prologue, merged, owner, new Set());
  shareInPlace(main, merged, owner, begin, end);
  const lives = lifetimes(main, begin, end, owner), prologueLives = lifetimes(prologue, [], [], owner);
  const m = new ModuleBuilder({ relaxed, memory: { min: 1 } });
  const addKernels = (list: readonly Item[]): void => {
    for (const item of list) {
      if (item.kind === "call") m.kernel(item.kernel);
      else if (item.kind === "loop") addKernels(item.items);
    }
  };
  addKernels(prologue);
  addKernels(main);
  const table = new Table(), tableBase = Math.ceil(m.dataEnd / 64) * 64;
  const prologueParts = parts(prologue, "prologue"), mainParts = parts(main, "run");
  for (const part of [...prologueParts, ...mainParts]) {
    if (part.kind === "segment") emitDriver(m, part.name, part.items, table, tableBase, owner);
  }
  const keptBase = Math.ceil((tableBase + 4 * table.slots.length) / 64) * 64;
  const bytes = m.finish();
  if (bytes.length > 1 << 30) throw new LimitError(`the plan's code takes ${bytes.length} bytes`);
  return {
    graph,
    bytes,
    prologue: prologueParts,
    main: mainParts,
    table,
    tableBase,
    keptBase,
    lowering,
    scope,
    owner,
    lives,
    prologueLives,
    inputs,
    outputs,
  };
}

/**
 * Lets a loop's new state (or a weight's successor) take the old one's memory where nothing reads the old one afterwards; the
 * copy back goes away.
 */
function shareStates(
  items: Item[],
  merged: Map<Storage, Storage>,
  owner: (s: Storage) => Storage,
  fixed: ReadonlySet<Storage>,
): void {
  for (const item of items) if (item.kind === "loop") shareStates(item.items, merged, owner, fixed);
  for (const last of [...items]) {
    if (last.kind !== "call" || !last.kernel.key.startsWith("copy")) continue;
    const [from] = last.reads, [to] = last.writes;
    const free = from && to && from !== to && from.kind === "arena" && !fixed.has(owner(from));
    if (!free || !isBack(last, from, to)) continue;
    if (mayShare(items, last, from, to, owner)) {
      merged.set(owner(from), owner(to));
      items.splice(items.indexOf(last), 1);
    }
  }
}
/** A copy of a whole value onto a state of its loop, or onto a weight. */
function isBack(call: Call, from: Storage, to: Storage): boolean {
  const moving = call.args.some((a) => typeof a !== "number" && (a.steps?.length ?? 0) > 0);
  const back = to.kind === "kept" ? to.what === "weight" : from.level === to.level && from.level > 1;
  return !moving && back && sameBytes(from.bytes, to.bytes);
}
function sameBytes(a: Dim, b: Dim): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
function mayShare(
  calls: readonly Item[],
  copyBack: Call,
  from: Storage,
  to: Storage,
  owner: (s: Storage) => Storage,
): boolean {
  const writers = calls.flatMap((c, i) => (touches(c, "writes", from, owner) ? [i] : []));
  const at = writers[0];
  if (at === undefined || writers.length !== 1) return false;
  const writer = calls[at];
  if (writer?.kind !== "call") return false;
  const reading = writer.reads.some((s) => owner(s) === owner(to));
  if (reading && !writer.inPlace?.some(([o, i]) => owner(o) === owner(from) && owner(i) === owner(to))) {
    return false;
  }
  // The old state must not be read after its successor is written, nor be written by anything but the copy back.
  return calls.every((c, i) =>
    c === copyBack || ((i <= at || !touches(c, "reads", to, owner)) && !touches(c, "writes", to, owner))
  );
}
function touches(
  item: Item,
  what: "reads" | "writes",
  storage: Storage,
  owner: (s: Storage) => Storage,
): boolean {
  if (item.kind === "call") return item[what].some((s) => owner(s) === owner(storage));
  if (item.kind === "loop") return item.items.some((c) => touches(c, what, storage, owner));
  const values = what === "reads" ? item.inputs : item.outputs;
  return values.some((v) => v?.view && owner(v.view.storage) === owner(storage));
}

/** Lets an elementwise result take the memory of an operand that is read for the last time there. */
function shareInPlace(
  items: readonly Item[],
  merged: Map<Storage, Storage>,
  owner: (s: Storage) => Storage,
  begin: readonly Storage[],
  end: readonly Storage[],
): void {
  const { from, to } = lifetimes(items, begin, end, owner);
  const held = new Set(begin.map(owner));
  let clock = 0;
  const walk = (list: readonly Item[]): void => {
    for (const item of list) {
      if (item.kind === "loop") {
        clock++;
        walk(item.items);
        clock++;
        continue;
      }
      const now = clock++;
      if (item.kind !== "call") continue;
      const taken = new Set<Storage>();
      for (const [o, i] of item.inPlace ?? []) {
        const out = owner(o), input = owner(i);
        if (out === input || taken.has(out) || taken.has(input) || held.has(input)) continue;
        if (
          out.kind !== "arena" || input.kind !== "arena" || out.level !== input.level ||
          to.get(input) !== now || from.get(out) !== now
        ) continue;
        merged.set(out, input);
        to.set(input, Math.max(now, to.get(out) ?? now));
        taken.add(out).add(input);
      }
    }
  };
  walk(items);
}
