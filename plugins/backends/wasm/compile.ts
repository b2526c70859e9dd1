/** From a graph to a module: passes, the cut into prologue, segments and host steps, and the driver functions. @module */
import { isNarrowFloat } from "../../../core/dtype.ts";
import { BackendError, LimitError } from "../../../core/errors.ts";
import { runNode } from "../../../core/execute.ts";
import { type Graph, type Node, typeOf } from "../../../core/graph.ts";
import { segments } from "../../../core/plan.ts";
import type { Registry } from "../../../core/registry.ts";
import { expandComposites, foldConstants, prune, rewrite } from "../../../core/rewrite.ts";
import { resizeProducts } from "../../../core/ops/resize.ts";
import { asTensor, staticShape, tensorType, type Type } from "../../../core/shape.ts";
import { ModuleBuilder } from "./assembler.ts";
import { elementwiseRules } from "./expressions.ts";
import { isKnown, Lowering, type Scope } from "./lowering.ts";
import { emitDriver, type Host, type HostValue, type Item, lifetimes, type Lives, Table } from "./program.ts";
import { derivedNodes, keptRoles, nodesForEngine, type Placed } from "./placement.ts";
import { engineTest } from "./engine.ts";
import type { Rules } from "./rules/rule.ts";
import { type Agreement, agreementsOf } from "./sizes.ts";
import { lastRefusal, shareInPlace, shareStates } from "./sharing.ts";
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
  /** Sizes that have to be equal, or not below their least. */
  readonly agreements: readonly Agreement[];
}

/** Rewrites a graph into what the engine lowers: composites without a kernel expanded, constants folded. */
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

/** Compiles a graph. */
export function compileGraph(
  source: Graph,
  registry: Registry,
  options: { readonly relaxed: boolean; readonly rules: Rules; readonly profile?: boolean },
): Compiled {
  const { rules } = options, graph = prepare(source, registry, rules);
  const placed = nodesForEngine(graph, engineTest(rules));
  const lowering = new Lowering(registry, rules, placed.toldDim);
  const inputs = new Map<string, View>();
  const updated = new Set(graph.outputs.map((o) => o.updates));
  const given = new Map<number, { view?: View }>();
  for (const input of graph.inputs) {
    const type = typeOf(graph, input.id);
    if (input.role === "constant" || type.kind !== "tensor" || !type.shape || type.dtype === "string") {
      continue;
    }
    const kept = keptRoles.has(input.role) && staticShape(type.shape) !== undefined;
    // What a run replaces is no ground for the prologue: what is packed of it is packed at every run.
    const level = kept && !updated.has(input.name) ? 0 : 1;
    const view = lowering.fresh(type.shape, type.dtype, undefined, kept ? "weight" : "value", level);
    inputs.set(input.name, view);
    given.set(input.id, { view });
  }
  const scope = lowering.scope(graph, given);
  const engine = (node: Node) => placed.nodes.has(node) || isKnown(scope, node);
  const derived = derivedNodes(graph, engine);
  const main = lowering.lists.pop() ?? [];
  lowering.nodes(scope, graph.nodes.filter((n) => derived.has(n)));
  keepDerived(graph, lowering, scope, derived);
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
    options,
  );
}

/** Copies what leaves the prologue into kept memory where it lies in an arena: the main program lays that out anew. */
function keepDerived(graph: Graph, lowering: Lowering, scope: Scope, derived: ReadonlySet<Node>): void {
  const used = new Set([...scope.outputs, ...graph.nodes.flatMap((n) => (derived.has(n) ? [] : n.inputs))]);
  for (const node of derived) {
    for (const id of node.outputs) {
      const view = used.has(id) ? scope.views.get(id) : undefined;
      if (view?.storage.kind === "arena") scope.views.set(id, lowering.apart(view, node));
    }
  }
}

/** Views of the outputs. Updates of kept inputs are copied to those, after everything else has read the old ones. */
function placeOutputs(
  graph: Graph,
  lowering: Lowering,
  scope: Scope,
  inputs: ReadonlyMap<string, View>,
): Map<string, View> {
  const outputs = new Map<string, View>(), updates: { view: View; home: View; node: Node }[] = [];
  const homes = new Set(
    graph.outputs.flatMap(({ updates }) => (updates === undefined ? [] : inputs.get(updates)?.storage ?? [])),
  );
  const makers = new Map(graph.nodes.flatMap((n) => n.outputs.map((id) => [id, n] as const)));
  for (const output of graph.outputs) {
    const type = typeOf(graph, output.id);
    if (type.kind !== "tensor" || (!scope.views.has(output.id) && hostOnly(scope, output.id))) continue;
    const view = lowering.view(scope, output.id);
    const node = makers.get(output.id) ?? graph.nodes.at(-1);
    const home = output.updates === undefined ? undefined : inputs.get(output.updates);
    if (home?.storage.kind === "kept" && node) {
      updates.push({ view, home, node });
      outputs.set(output.name, home);
      continue;
    }
    // What is handed out as it was before the run is kept from being overwritten.
    const apart = node !== undefined && (homes.has(view.storage) || !isContiguous(view));
    outputs.set(output.name, apart ? lowering.apart(view, node) : view);
  }
  lowering.replace(updates);
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

/** Cuts a list at its host steps and after item `checked`; with `each` after every item, so that each can be timed. */
function parts(items: readonly Item[], name: string, each: boolean, checked = -1): readonly Part[] {
  const out: Part[] = [];
  let run: Item[] = [];
  const close = () => {
    if (run.length > 0) out.push({ kind: "segment", name: `${name}_${out.length}`, items: run });
    run = [];
  };
  for (const [at, item] of items.entries()) {
    if (item.kind === "host") {
      close();
      out.push(item);
    } else run.push(item);
    if (each || at === checked) close();
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
  { relaxed, profile = false }: { readonly relaxed: boolean; readonly profile?: boolean },
): Compiled {
  const [prologue = [], main = []] = lowering.lists;
  const merged = new Map<Storage, Storage>();
  const owner = (storage: Storage): Storage => {
    let s = storage;
    for (let up = merged.get(s); up; up = merged.get(s)) s = up;
    return s;
  };
  const begin = [...inputs.values()].map((v) => v.storage), end = [...outputs.values()].map((v) => v.storage);
  shareStates(main, merged, owner, new Set([...begin, ...end]), lastRefusal(main));
  shareStates(prologue, merged, owner, new Set());
  shareInPlace(main, merged, owner, begin, end);
  const lives = lifetimes(main, begin, end, owner), prologueLives = lifetimes(prologue, [], [], owner);
  for (const s of prologueLives.from.keys()) {
    if (s.kind === "arena" && lives.from.has(s)) {
      throw new BackendError("a value of the prologue lies in the main program's arena");
    }
  }
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
  // Weights and states are replaced in a segment of their own, after the statuses of all lookups were read.
  const replaces = graph.outputs.some((o) => o.updates !== undefined);
  const prologueParts = parts(prologue, "prologue", profile),
    mainParts = parts(main, "run", profile, replaces ? lastRefusal(main) : -1);
  for (const part of [...prologueParts, ...mainParts]) {
    if (part.kind === "segment") {
      emitDriver(m, part.name, part.items, table, tableBase, owner, { export: true });
    }
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
    agreements: agreementsOf(graph),
  };
}
