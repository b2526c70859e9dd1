/** From a graph to a plan: the cut into prologue, segments and host steps, calls in order, lifetimes of what they use. @module */
import { BackendError } from "../../../../core/values/errors.ts";
import { type Graph, type Node, typeOf } from "../../../../core/graph/graph.ts";
import type { Operators } from "../../../../core/graph/op.ts";
import { staticShape } from "../../../../core/values/shape.ts";
import { isKnown, Lowering } from "../lowering/lowering.ts";
import type { Scope } from "../lowering/scope.ts";
import { type HostValue, partsOf, type Stage } from "../lowering/program.ts";
import { lifetimes, type Lives, type Owner } from "../memory/lifetimes.ts";
import { lastRefusal, Merged, shareInPlace, shareStates } from "../memory/sharing.ts";
import { isContiguous, type View } from "../memory/views.ts";
import type { Target } from "../rules/rule.ts";
import { derivedNodes, keptRoles, nodesForEngine, type Placed } from "./placement.ts";
import { prepare } from "./prepare.ts";
import { segments } from "./segments.ts";
import { type Agreement, agreementsOf } from "./sizes.ts";
import { engineTest } from "./supports.ts";

/** A graph as an engine runs it. */
export interface Plan {
  readonly graph: Graph;
  /** Runs once after every write of a weight. */
  readonly prologue: readonly Stage[];
  readonly main: readonly Stage[];
  readonly lowering: Lowering;
  readonly scope: Scope;
  readonly owner: Owner;
  readonly lives: Lives;
  readonly prologueLives: Lives;
  /** Views of graph inputs and outputs by value. */
  readonly inputs: ReadonlyMap<string, View>;
  readonly outputs: ReadonlyMap<string, View>;
  /** Sizes that have to be equal, or not below their least. */
  readonly agreements: readonly Agreement[];
}

/** Plans a graph; with `profile` every call stands in a segment of its own. */
export function planGraph(
  source: Graph,
  registry: Operators,
  target: Target,
  options: { readonly profile?: boolean } = {},
): Plan {
  const graph = prepare(source, registry, target.rules);
  const placed = nodesForEngine(graph, engineTest(target.rules));
  const lowering = new Lowering(registry, target, placed.toldDim);
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
  const outputs = placeOutputs(graph, lowering, scope, inputs);
  return {
    graph,
    lowering,
    scope,
    inputs,
    outputs,
    ...timed(graph, lowering, inputs, outputs, options),
    agreements: agreementsOf(graph),
  };
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
    // Strings lie in no memory: constant ones are handed out as they are.
    if (type.kind !== "tensor" || type.dtype === "string") continue;
    if (!scope.views.has(output.id) && hostOnly(scope, output.id)) continue;
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

/** Memory that is shared, when it is in use, and the program's parts. */
function timed(
  graph: Graph,
  { lists: [prologue = [], main = []] }: Lowering,
  inputs: ReadonlyMap<string, View>,
  outputs: ReadonlyMap<string, View>,
  { profile = false }: { readonly profile?: boolean },
): Pick<Plan, "prologue" | "main" | "owner" | "lives" | "prologueLives"> {
  const merged = new Merged(), { owner } = merged;
  const begin = [...inputs.values()].map((v) => v.storage), end = [...outputs.values()].map((v) => v.storage);
  shareStates(main, merged, new Set([...begin, ...end]), lastRefusal(main));
  shareStates(prologue, merged, new Set());
  shareInPlace(main, merged, begin, end);
  const lives = lifetimes(main, begin, end, owner), prologueLives = lifetimes(prologue, [], [], owner);
  for (const s of prologueLives.from.keys()) {
    if (s.kind === "arena" && lives.from.has(s)) {
      throw new BackendError("a value of the prologue lies in the main program's arena");
    }
  }
  // Weights and states are replaced in a segment of their own, after the statuses of all lookups were read.
  const checked = graph.outputs.some((o) => o.updates !== undefined) ? lastRefusal(main) : -1;
  return {
    prologue: partsOf(prologue, "prologue", profile),
    main: partsOf(main, "run", profile, checked),
    owner,
    lives,
    prologueLives,
  };
}
