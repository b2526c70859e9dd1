/** Makes a model that is judged wrong as small as it stays wrong: fewer nodes, constants for what led there. @module */
import { runGraph } from "../../core/ops/execute.ts";
import { defaultLimits } from "../../core/values/limits.ts";
import { isTensor, type RuntimeValue, type Tensor } from "../../core/values/tensor.ts";
import type { AttributeProto, GraphProto, ModelProto, NodeProto } from "../../io/onnx/messages.ts";
import { readOnnx } from "../../io/onnx/reading/read.ts";
import { tensorToProto } from "../../io/onnx/tensors.ts";
import { registry } from "../../mod.ts";
import type { Drawn } from "./generate.ts";
import { bytesOf, freeNames, inputInfo, pruned } from "./models.ts";

type Values = ReadonlyMap<string, readonly Tensor[]>;

/** Every tensor between the nodes, for each feed. */
function between({ model, feeds }: Drawn): Values {
  const graph = model.graph ?? {},
    names = (graph.node ?? []).flatMap((n) => n.output ?? []).filter((n) => n !== "");
  const found = new Map<string, Tensor[]>();
  const whole = { ...model, graph: { ...graph, output: names.map((name) => ({ name })) } };
  for (const name of names) {
    try {
      // One at a time, since a node at the end may be one that can't be run.
      const cut = { ...whole, graph: { ...pruned(graph, [name]), output: [{ name }] } };
      const read = readOnnx(bytesOf(cut), { registry, file: "part" }).graph;
      const each = feeds.map((feed) =>
        runGraph(read, read.inputs.filter((i) => i.role !== "constant").map((i) => feed[i.name] ?? i.value), {
          registry,
          limits: defaultLimits,
        })[0]
      );
      const tensors = each.filter((v): v is Tensor => isTensor(v));
      if (tensors.length === each.length) found.set(name, tensors);
    } catch {
      continue;
    }
  }
  return found;
}
const fed = (feeds: Drawn["feeds"], graph: GraphProto): Drawn["feeds"] =>
  feeds.map((feed) =>
    Object.fromEntries(Object.entries(feed).filter(([name]) => graph.input?.some((i) => i.name === name)))
  );

/** The drawn model with another graph, without what its outputs don't need. */
function withGraph(
  drawn: Drawn,
  graph: GraphProto,
  more: readonly (Readonly<Record<string, RuntimeValue>>)[] = [],
): Drawn {
  const cut = pruned(graph, (graph.output ?? []).map((o) => o.name ?? ""));
  const feeds = fed(drawn.feeds.map((f, i) => ({ ...f, ...more[i] })), cut);
  return { ...drawn, model: { ...drawn.model, graph: cut }, feeds };
}
/** Values of a graph replaced by inputs or constants. */
function given(drawn: Drawn, name: string, values: readonly Tensor[], constant: boolean): Drawn {
  const graph = drawn.model.graph ?? {}, first = values[0];
  if (!first) return drawn;
  const node = (graph.node ?? []).map((n): NodeProto =>
    n.output?.includes(name) ? { ...n, output: n.output.map((o) => (o === name ? "" : o)) } : n
  ).filter((n) => n.output?.some((o) => o !== ""));
  const input = (graph.input ?? []).filter((i) => i.name !== name);
  if (constant) {
    return withGraph(drawn, {
      ...graph,
      node,
      input,
      initializer: [...graph.initializer ?? [], tensorToProto(first, name)],
    });
  }
  const sizes = first.shape.map((n, axis) => (values.every((v) => v.shape[axis] === n) ? n : `d${axis}`));
  return withGraph(
    drawn,
    { ...graph, node, input: [...input, inputInfo(name, first.dtype, sizes)] },
    values.map((v) => ({ [name]: v })),
  );
}
function* candidates(drawn: Drawn): Generator<Drawn> {
  const graph = drawn.model.graph ?? {}, nodes = graph.node ?? [], values = between(drawn);
  const dtypeOf = (name: string) => values.get(name)?.[0]?.dtype;
  for (const node of nodes) {
    for (const name of node.output ?? []) {
      const dtype = dtypeOf(name);
      if (name === "" || (graph.output?.length === 1 && graph.output[0]?.name === name)) continue;
      yield withGraph(drawn, { ...graph, output: [dtype ? inputInfo(name, dtype, undefined) : { name }] });
    }
  }
  for (const name of [...values.keys()].reverse()) {
    const list = values.get(name) ?? [], same = list.every((v) => `${v.shape}` === `${list[0]?.shape}`);
    const made = nodes.find((n) => n.output?.includes(name));
    if (made?.opType === "Constant" || graph.output?.some((o) => o.name === name)) continue;
    yield given(drawn, name, list, false);
    if (same) yield given(drawn, name, list, true);
  }
  const first = drawn.feeds[0] ?? {},
    open = graph.input?.some((i) => i.type?.tensorType?.shape?.dim?.some((d) => d.dimParam !== undefined));
  if (open) {
    const input = (graph.input ?? []).map((i) => {
      const value = first[i.name ?? ""];
      return isTensor(value) ? inputInfo(i.name ?? "", value.dtype, value.shape) : i;
    });
    yield { ...drawn, model: { ...drawn.model, graph: { ...graph, input } }, feeds: [first, first] };
  }
  for (const [name, value] of Object.entries(first)) {
    if (isTensor(value)) yield given(drawn, name, [value], true);
  }
  for (const [at, node] of nodes.entries()) {
    for (const smaller of lesserNodes(node)) {
      yield withGraph(drawn, { ...graph, node: nodes.map((n, i) => (i === at ? smaller : n)) });
    }
  }
}
/** The node with an attribute less, or with smaller bodies. */
function* lesserNodes(node: NodeProto): Generator<NodeProto> {
  const attributes = node.attribute ?? [];
  for (const [at, a] of attributes.entries()) {
    if (!a.g) yield { ...node, attribute: attributes.filter((_, i) => i !== at) };
    else {
      for (const g of lesserBodies(a.g)) {
        yield { ...node, attribute: attributes.map((b, i): AttributeProto => (i === at ? { ...b, g } : b)) };
      }
    }
  }
  const inputs = node.input ?? [];
  if (inputs.length > 1 && node.opType !== "Scan" && node.opType !== "Loop") {
    yield { ...node, input: inputs.slice(0, -1) };
  }
}
function* lesserBodies(g: GraphProto): Generator<GraphProto> {
  const nodes = g.node ?? [];
  for (const [at, node] of nodes.entries()) {
    const [output] = node.output ?? [];
    if (output === undefined || node.opType === "Constant") continue;
    for (const input of new Set(freeNames(node))) {
      if (node.opType === "Identity") continue;
      yield cleaned({
        ...g,
        node: nodes.map((n, i) => (i === at ? { opType: "Identity", input: [input], output: [output] } : n)),
      });
    }
    for (const smaller of lesserNodes(node)) {
      yield cleaned({ ...g, node: nodes.map((n, i) => (i === at ? smaller : n)) });
    }
  }
}
/** A body without nodes that nobody reads; its inputs stay. */
function cleaned(g: GraphProto): GraphProto {
  const cut = pruned(g, (g.output ?? []).map((o) => o.name ?? ""));
  return { ...cut, input: g.input ?? [] };
}
const weight = ({ model }: Drawn) => bytesOf(model).length;

/** The smallest model found for which `fails` holds. */
export async function shrunk(
  drawn: Drawn,
  fails: (d: Drawn) => Promise<boolean>,
  tries = 400,
): Promise<Drawn> {
  let best = drawn, left = tries;
  for (let again = true; again && left > 0;) {
    again = false;
    for (const candidate of candidates(best)) {
      if (left-- <= 0) break;
      const simpler = simplicity(candidate.model) < simplicity(best.model) ||
        (simplicity(candidate.model) === simplicity(best.model) && weight(candidate) < weight(best));
      if (!simpler) continue;
      let holds = false;
      try {
        holds = await fails(candidate);
      } catch {
        holds = false;
      }
      if (!holds) continue;
      best = candidate;
      again = true;
      break;
    }
  }
  return best;
}
/** Nodes count most, then open dims, then attributes. */
function simplicity(model: ModelProto): number {
  const count = (g: GraphProto): number =>
    (g.node ?? []).reduce(
      (n, node) =>
        n + 100 + (node.attribute?.length ?? 0) + (node.input?.length ?? 0) +
        (node.attribute ?? []).reduce((m, a) => m + (a.g ? count(a.g) : 0), 0),
      0,
    ) +
    10 * (g.output?.length ?? 0);
  const open = (model.graph?.input ?? []).reduce(
    (n, i) => n + (i.type?.tensorType?.shape?.dim ?? []).filter((d) => d.dimParam !== undefined).length,
    0,
  );
  return count(model.graph ?? {}) + 5 * open;
}
