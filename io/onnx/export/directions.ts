/** Two recurrent nodes that run over the same steps in opposite directions become one. @module */
import type { Graph, GraphInput, Node, Value } from "../../../core/graph/graph.ts";
import type { Operators } from "../../../core/graph/op.ts";
import { rewrite, type Visit } from "../../../core/graph/rewrite.ts";
import { asTensor, type Dim, dimsOf, tensorType, type Type } from "../../../core/values/shape.ts";
import type { Tensor } from "../../../core/values/tensor.ts";
import { computed } from "./weights.ts";

const recurrent: ReadonlySet<string> = new Set(["GRU", "LSTM", "RNN"]);
const lists: readonly string[] = ["activations", "activation_alpha", "activation_beta"];

/** Weights, which are joined ahead. */
const weights = [1, 2, 3];
/** First states, which are joined when running. */
const states = [5, 6];

/** True where two nodes differ in their weights, states and directions alone. */
function opposite(a: Node, b: Node): boolean {
  const { direction: d, ...rest } = a.attributes, { direction: e, ...other } = b.attributes;
  const plain = (o: object) =>
    JSON.stringify(
      Object.entries(o).filter(([name]) => !lists.includes(name)).sort(([x], [y]) => (x < y ? -1 : 1)),
    );
  return a.op === b.op && d === "forward" && e === "reverse" && plain(rest) === plain(other) &&
    a.outputs.length === b.outputs.length &&
    [0, 4].every((i) => (a.inputs[i] ?? -1) === (b.inputs[i] ?? -1)) &&
    [3, ...states].every((i) => ((a.inputs[i] ?? -1) < 0) === ((b.inputs[i] ?? -1) < 0));
}
const parentOf = (scope: string): string => scope.split("/").slice(0, -1).join("/");

/** The graph with one bidirectional node for every such pair inside one layer. Their weights have to be constants. */
export function joinDirections(graph: Graph, registry: Operators): Graph {
  let result = graph;
  for (;;) {
    const pair = findPair(result);
    if (!pair) return joinEnds(result, registry);
    result = joined(result, registry, ...pair);
  }
}
function findPair({ nodes }: Graph): readonly [Node, Node] | undefined {
  const found = nodes.filter((n) => n.domain === "" && recurrent.has(n.op));
  for (const a of found) {
    const b = found.find((n) =>
      n.scope !== a.scope && parentOf(n.scope) === parentOf(a.scope) && opposite(a, n)
    );
    if (b && parentOf(a.scope) !== "") return [a, b];
  }
  return undefined;
}

function joined(graph: Graph, registry: Operators, forward: Node, backward: Node): Graph {
  const types: Type[] = [...graph.types], inputs: GraphInput[] = [...graph.inputs], added: Node[] = [];
  const scope = parentOf(forward.scope), constants = new Map(graph.inputs.map((i) => [i.id, i.value]));
  const value = (type: Type) => types.push(type) - 1;
  const node = (
    op: string,
    from: readonly number[],
    to: readonly number[],
    attributes: Node["attributes"],
  ): Node => ({
    op,
    domain: "",
    inputs: from,
    outputs: to,
    attributes,
    graphs: {},
    scope,
  });
  const constant = (t: Tensor): number => {
    const id = value(tensorType(t.dtype, t.shape));
    inputs.push({ name: `joined_${id}`, id, role: "constant", value: t });
    return id;
  };
  const both = forward.inputs.map((id, i) => {
    const other = backward.inputs[i] ?? -1;
    if (id < 0 || id === other) return id;
    const a = constants.get(id), b = constants.get(other);
    if (weights.includes(i) && a && b) return constant(computed(registry, "Concat", [a, b], { axis: 0 }));
    const [one = 1, ...rest] = dimsOf(graph.types[id]), shape: Dim[] = [Number(one) * 2, ...rest];
    const joint = value(tensorType(asTensor(graph.types[id]).dtype, shape));
    added.push(node("Concat", [id, other], [joint], { axis: 0 }));
    return joint;
  });
  const wide = forward.outputs.map((id, i) => {
    if (id < 0 && (backward.outputs[i] ?? -1) < 0) return -1;
    const shape = dimsOf(graph.types[Math.max(id, backward.outputs[i] ?? -1)]);
    return value(tensorType(
      asTensor(graph.types[Math.max(id, backward.outputs[i] ?? -1)]).dtype,
      shape.map((d, axis) => (axis === (i === 0 ? 1 : 0) ? 2 : d)),
    ));
  });
  const joint = Object.fromEntries(lists.map((name) => {
    const [a, b] = [forward.attributes[name], backward.attributes[name]];
    return [name, Array.isArray(a) && Array.isArray(b) ? [...a, ...b] : null];
  }));
  added.push(node(forward.op, both, wide, { ...forward.attributes, ...joint, direction: "bidirectional" }));
  wide.forEach((id, i) => {
    const halves = [forward, backward].map((n) => n.outputs[i] ?? -1)
      .map((
        half,
        d,
      ) => (half >= 0
        ? half
        : value(graph.types[[backward, forward][d]?.outputs[i] ?? 0] ?? tensorType("float32")))
      );
    if (id >= 0) added.push(node("Split", [id], halves, { axis: i === 0 ? 1 : 0, num_outputs: 2 }));
  });
  const rest = graph.nodes.filter((n) => n !== forward && n !== backward);
  return { ...graph, inputs, types, nodes: inOrder([...added, ...rest], inputs) };
}

/** Nodes each after what it reads, else in the order given. */
function inOrder(nodes: readonly Node[], inputs: readonly GraphInput[]): readonly Node[] {
  const producer = new Map(nodes.flatMap((n) => n.outputs.map((id) => [id, n] as const)));
  const done = new Set<Node>(), sorted: Node[] = [], ready = new Set(inputs.map((i) => i.id));
  for (const start of nodes) {
    const stack = [start];
    for (let at = stack.at(-1); at; at = stack.at(-1)) {
      const missing = at.inputs.map((id) => (id < 0 || ready.has(id) ? undefined : producer.get(id)))
        .filter((n) => n !== undefined && !done.has(n));
      if (missing.length > 0 && !done.has(at)) stack.push(...missing.filter((n) => n !== undefined));
      else {
        stack.pop();
        if (!done.has(at)) sorted.push(at);
        done.add(at);
      }
    }
  }
  return sorted;
}

/** How a value was made, back to a half of a split. */
interface Chain {
  readonly split: Value;
  readonly half: number;
  readonly steps: readonly Visit[];
}
/** Operators that do the same to both halves beside each other. */
const samely: ReadonlySet<string> = new Set(["GatherND", "Squeeze", "Transpose", "Where"]);

/** Halves of a bidirectional node that are concatenated again are turned instead: `[…, 2, …, units]` to `[…, 2·units]`. */
function joinEnds(graph: Graph, registry: Operators): Graph {
  const made = new WeakMap<object, Map<number, { readonly visit: Visit; readonly at: number }>>();
  return rewrite(graph, registry, {
    name: "join directions",
    node(visit) {
      const { b, node, keep } = visit;
      let known = made.get(b);
      if (!known) made.set(b, known = new Map());
      const results = (node.op === "Concat" && joinedHalves(visit, known)) || keep();
      results.forEach((v, at) => known.set(v.id, { visit, at }));
      return results;
    },
  });
}
function joinedHalves(
  { b, node, inputs }: Visit,
  known: ReadonlyMap<number, { readonly visit: Visit; readonly at: number }>,
): readonly Value[] | undefined {
  const [x, y] = inputs, rank = x?.type.kind === "tensor" ? x.type.shape?.length ?? 0 : 0;
  const axis = Number(node.attributes["axis"]);
  if (!x || !y || inputs.length !== 2 || (axis !== -1 && axis !== rank - 1)) return undefined;
  const chains = [x, y].map((v) => chainOf(v, known)), [first, second] = chains;
  if (!first || !second || first.split.id !== second.split.id || first.half !== 0 || second.half !== 1) {
    return undefined;
  }
  const alike = first.steps.length === second.steps.length && first.steps.every((s, i) => {
    const o = second.steps[i];
    return o && s.node.op === o.node.op &&
      JSON.stringify(s.node.attributes) === JSON.stringify(o.node.attributes) &&
      s.inputs.every((v, at) => at === carried(s) || v?.id === o.inputs[at]?.id);
  });
  const squeeze = first.steps.at(-1);
  if (!alike || squeeze?.node.op !== "Squeeze") return undefined;
  const whole = first.split, units = dimsOf(whole.type).at(-1);
  if (typeof units !== "number") return undefined;
  if (dimsOf(whole.type).length === 3) {
    if (first.steps.length !== 1) return undefined;
    const turned = b.transpose(whole, { perm: [1, 0, 2] });
    return [b.reshape(turned, b.ints([0, 2 * units]))];
  }
  const turn = first.steps.at(-2);
  if (turn?.node.op !== "Transpose") return undefined;
  // Time first, as the next recurrent node wants it; where there is none, the two turns become one.
  const turned = b.transpose(whole, { perm: [0, 2, 1, 3] });
  const sideBySide = b.reshape(turned, b.ints([0, 0, 2 * units]));
  let v = b.transpose(sideBySide, { perm: [1, 0, 2] });
  for (const step of first.steps.slice(0, -2).reverse()) {
    const at = carried(step);
    v = b.one(step.node.op, step.inputs.map((input, i) => (i === at ? v : input)), step.node.attributes);
  }
  return [v];
}
const carried = ({ node }: Visit): number => (node.op === "Where" ? 1 : 0);
function chainOf(
  value: Value,
  known: ReadonlyMap<number, { readonly visit: Visit; readonly at: number }>,
): Chain | undefined {
  const steps: Visit[] = [];
  for (let v: Value | undefined = value; v;) {
    const from = known.get(v.id);
    if (!from) return undefined;
    const { node, inputs } = from.visit;
    if (node.op === "Split" && inputs[0]) {
      const source = known.get(inputs[0].id)?.visit.node;
      const whole = source && recurrent.has(source.op) && source.attributes["direction"] === "bidirectional";
      return whole ? { split: inputs[0], half: from.at, steps } : undefined;
    }
    if (!samely.has(node.op)) return undefined;
    steps.push(from.visit);
    v = inputs[carried(from.visit)];
  }
  return undefined;
}
