/** A Scan is a loop inside the module: states in place, sequences and stacked outputs as views that move. @module */
import { item } from "../../../../core/values/item.ts";
import { BackendError } from "../../../../core/values/errors.ts";
import type { Graph, Node } from "../../../../core/graph/graph.ts";
import { type Dim, mulDims, subDims } from "../../../../core/values/shape.ts";
import type { Tensor } from "../../../../core/values/tensor.ts";
import { isElementwise } from "../lowering/expressions.ts";
import type { Lowering } from "../lowering/lowering.ts";
import type { Scope } from "../lowering/scope.ts";
import type { Item, Loop } from "../lowering/program.ts";
import { dropAxis, sliceView, type View } from "../memory/views.ts";
import { intOf, intsOf, type Rule } from "./rule.ts";

interface Parts {
  readonly states: number;
  readonly sequences: number;
  readonly captures: number;
  readonly results: number;
}
function partsOf(node: Node): Parts {
  const sequences = intOf(node, "num_scan_inputs", 0), captures = intOf(node, "captures", 0);
  const states = node.inputs.length - sequences - captures;
  return { states, sequences, captures, results: node.outputs.length - states };
}
function bodyOf(node: Node): Graph {
  const body = node.graphs["body"];
  if (!body) throw new BackendError("Scan without a body");
  return body;
}
const dataInputs = (graph: Graph) => graph.inputs.filter((i) => i.role !== "constant");

/** A view of one step of a sequence, moving with the loop. */
function stepView(view: View, axis: number, trips: Dim, reverse: boolean, loop: number): View {
  const stride = item(view.strides, axis);
  const first = reverse ? sliceView(view, axis, subDims(trips, 1), 1, 1) : view;
  return {
    ...dropAxis(first, axis),
    steps: [...view.steps, { loop, stride: reverse ? mulDims(stride, -1) : stride }],
  };
}

/** Nodes of a body that the loop doesn't change; those that can fail are left to it where it may have no trips. */
function invariants(body: Graph, moving: ReadonlySet<number>, trips: Dim): readonly Node[] {
  const changes = new Set(moving), out: Node[] = [], sure = typeof trips === "number" && trips > 0;
  for (const node of body.nodes) {
    if (node.inputs.some((id) => changes.has(id)) || (!sure && canFail(node))) {
      node.outputs.forEach((id) => changes.add(id));
    } else out.push(node);
  }
  return out;
}
/** Whether a node looks values up by an index that may be out of range. */
function canFail(node: Node): boolean {
  return node.op === "Gather" || node.op === "EmbeddingGradient" ||
    Object.values(node.graphs).some((graph) => graph.nodes.some(canFail));
}

const scan: Rule = {
  supports({ node, inputs, outputs, engine }) {
    const body = node.graphs["body"];
    if (!body || inputs.some((t) => t === undefined)) return false;
    const lies = (dtype: string) => ["float32", "int32", "int64", "bool"].includes(dtype);
    if (![...inputs, ...outputs].every((t) => t && t.shape && lies(t.dtype))) return false;
    const { states } = partsOf(node), data = dataInputs(body);
    const ranks = data.slice(0, states).every((i, k) => {
      const t = body.types[i.id];
      return t?.kind === "tensor" && t.shape?.length === inputs[k]?.shape?.length;
    });
    return ranks && body.nodes.every((n) => engine(n, body));
  },
  lower(l, s, node) {
    const body = bodyOf(node), parts = partsOf(node), data = dataInputs(body);
    const loop = l.nextLoop();
    const sequences = Array.from({ length: parts.sequences }, (_, i) => l.input(s, node, parts.states + i));
    const axes = intsOf(node, "scan_input_axes") ?? [], turns = intsOf(node, "scan_input_directions") ?? [];
    const axisOf = (i: number, rank: number) => ((axes[i] ?? 0) + rank) % rank;
    const [lead] = sequences, trips = lead ? item(lead.shape, axisOf(0, lead.shape.length)) : 0;

    const given = new Map<number, { view?: View; constant?: Tensor; dims?: readonly Dim[] }>();
    const held = Array.from({ length: parts.states }, (_, k): View => {
      const { shape, dtype } = l.type(s, node.outputs[k] ?? -1);
      const home = l.fresh(shape, dtype, undefined, "value", l.level + 1);
      l.copy(l.input(s, node, k), home, node);
      given.set(data[k]?.id ?? -1, { view: home });
      return home;
    });
    sequences.forEach((view, i) => {
      const moving = stepView(view, axisOf(i, view.shape.length), trips, turns[i] === 1, loop);
      given.set(data[parts.states + i]?.id ?? -1, { view: moving });
    });
    const first = parts.states + parts.sequences;
    for (let i = 0; i < parts.captures; i++) {
      const id = node.inputs[first + i] ?? -1, constant = l.constantOf(s, id), dims = s.dims.get(id);
      given.set(data[first + i]?.id ?? -1, {
        ...(constant ? { constant } : { view: l.view(s, id) }),
        ...(dims && { dims }),
      });
    }
    const inner = l.scope(body, given);
    const before = invariants(body, new Set(data.slice(0, first).map((i) => i.id)), trips);
    l.nodes(inner, before);

    const items: Item[] = [];
    const stacked = stackedOutputs(l, s, node, parts, trips, loop);
    want(l, inner, body, parts, held, stacked);
    l.lists.push(items);
    const hoisted = new Set(before);
    l.nodes(inner, body.nodes.filter((n) => !hoisted.has(n)));
    finishStep(l, inner, body, parts, held, stacked, node);
    l.lists.pop();
    const whole: Loop = { kind: "loop", id: loop, trips, items, scope: node.scope };
    l.lists.at(-1)?.push(whole);
    held.forEach((view, k) => l.define(s, node, view, k));
    stacked.forEach((o, k) => o && l.define(s, node, o.whole, parts.states + k));
  },
};

interface Stacked {
  readonly whole: View;
  readonly step: View;
}
function stackedOutputs(
  l: Lowering,
  s: Scope,
  node: Node,
  parts: Parts,
  trips: Dim,
  loop: number,
): readonly (Stacked | undefined)[] {
  const axes = intsOf(node, "scan_output_axes") ?? [], turns = intsOf(node, "scan_output_directions") ?? [];
  return Array.from({ length: parts.results }, (_, k) => {
    const id = node.outputs[parts.states + k] ?? -1;
    if (id < 0 || (!s.consumers[id] && !s.outputs.has(id))) return undefined;
    const { shape, dtype } = l.type(s, id), rank = shape.length;
    const whole = l.fresh(shape, dtype);
    return { whole, step: stepView(whole, ((axes[k] ?? 0) + rank) % rank, trips, turns[k] === 1, loop) };
  });
}

const resultId = (body: Graph, k: number) => body.outputs[k]?.id ?? -1;

/** Lets fused loops store new states and stacked outputs where they belong. */
function want(
  l: Lowering,
  inner: Scope,
  body: Graph,
  parts: Parts,
  held: readonly View[],
  stacked: readonly (Stacked | undefined)[],
): void {
  const made = new Map(body.nodes.flatMap((n) => n.outputs.map((id) => [id, n] as const)));
  body.outputs.forEach((o, k) => {
    const maker = made.get(o.id);
    // What is known as sizes no loop computes.
    const known = inner.views.has(o.id) || inner.dims.has(o.id);
    if (!maker || !isElementwise(maker, body.types) || known) return;
    const home = k < parts.states ? held[k] : stacked[k - parts.states]?.step;
    if (!home) return;
    const list = inner.wanted.get(o.id) ?? [];
    if (k >= parts.states) list.push(home);
    // A new state is computed beside the old one; the copy back goes away where the two may share memory.
    else if (!list.some((v) => v.steps.length === 0)) {
      list.unshift(l.fresh(home.shape, home.dtype, undefined, "value", l.level + 1));
    }
    inner.wanted.set(o.id, list);
  });
}

/** Puts the step's results where the next step and the outside find them. */
function finishStep(
  l: Lowering,
  inner: Scope,
  body: Graph,
  parts: Parts,
  held: readonly View[],
  stacked: readonly (Stacked | undefined)[],
  node: Node,
): void {
  stacked.forEach((o, k) => {
    const id = resultId(body, parts.states + k);
    if (o && !(inner.wanted.get(id) ?? []).includes(o.step)) l.copy(l.view(inner, id), o.step, node);
  });
  l.replace(held.map((home, k) => ({ view: l.view(inner, resultId(body, k)), home, node })));
}

/** Rules of this file. */
export const scanRules: Readonly<Record<string, Rule>> = { Scan: scan };
