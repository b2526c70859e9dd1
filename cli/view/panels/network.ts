/** The Network view's data: layers or operators, their weights, and how data goes from one to the next. @module */
import type { Graph, Model, SymbolicTensor, Tensor } from "../../../mod.ts";
import { opName, typeText } from "../../../public/graph.ts";
import type { LayerNode } from "../../../public/plugins.ts";
import { toNumbers } from "../../../public/tensors.ts";
import { shapeText } from "../../terminal.ts";
import type { NetworkData, NetworkNode, ParameterEntry, Shape } from "../data.ts";
import { denseChain } from "./neurons.ts";
import { summary } from "./numbers.ts";
import { type Subject, treeOf } from "../subject.ts";

const cells: Readonly<Record<string, readonly string[]>> = {
  SimpleRNN: ["h"],
  LSTM: ["i", "f", "c̃", "o"],
  GRU: ["z", "r", "h̃"],
};

/** A configuration's fields as short texts. */
function configText(config: unknown): Readonly<Record<string, string>> {
  const out: Record<string, string> = {};
  if (typeof config !== "object" || config === null) return out;
  for (const [key, value] of Object.entries(config)) {
    if (value === null || value === undefined || typeof value === "function") continue;
    const text = said(value);
    if (text !== undefined) out[key] = text;
  }
  return out;
}
function said(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return String(value);
  if ("def" in value || (Array.isArray(value) && value.some((v) => typeof v === "object"))) return undefined;
  if (Array.isArray(value)) return `[${value.join(", ")}]`;
  if ("name" in value && typeof value.name === "string" && Object.keys(value).length === 1) return value.name;
  try {
    const text = JSON.stringify(value);
    return text.length > 200 ? `${text.slice(0, 200)}…` : text;
  } catch {
    return undefined;
  }
}

function typeShape(type: LayerNode["outputs"][number]): Shape {
  if (type.kind !== "tensor" || type.shape === undefined) return ["…"];
  return type.shape.map((d) => (typeof d === "number" || typeof d === "string" ? d : "?"));
}
function entryOf(
  path: string,
  name: string,
  trainable: boolean,
  value: Tensor | undefined,
  shape: readonly number[],
  gradient: Tensor | undefined,
): ParameterEntry {
  const numbers = value && value.dtype !== "string" ? toNumbers(value) : new Float32Array();
  const { mean, deviation, min, max } = summary(numbers);
  return {
    path,
    name,
    shape,
    count: shape.reduce((a, b) => a * b, 1),
    trainable,
    mean,
    deviation,
    min,
    max,
    ...(gradient && { gradient: summary(toNumbers(gradient)).norm }),
  };
}

/** The Network view's data. Bare graphs show operators, gathered in blocks where there are many. */
export async function networkData(subject: Subject): Promise<NetworkData> {
  const { model } = subject, slope = (await subject.slope())?.weights;
  const tree = treeOf(model);
  if (tree.length === 0) return graphNetwork(model, model.graph());
  const values = model.weights, nodes: NetworkNode[] = [];
  const add = (node: LayerNode, parent: string | undefined): void => {
    const kind = node.layer.def.name, gates = cells[kind];
    const parameters = node.weights.filter(({ role }) => role !== "state").map((w) =>
      entryOf(w.path, w.param, w.trainable, values.get(w.path), w.shape, slope?.get(w.path))
    );
    const units = (node.layer.config as { readonly units?: unknown }).units;
    nodes.push({
      id: node.path,
      name: node.name,
      type: kind,
      role: "layer",
      ...(parent !== undefined && { parent }),
      shapes: node.outputs.map(typeShape),
      config: configText(node.layer.config),
      parameters,
      count: countBelow(node),
      ...(gates && typeof units === "number" && { recurrent: { cell: kind, units, gates } }),
    });
    for (const child of node.children) add(child, node.path);
  };
  const edges: [string, string, string][] = [];
  const network = model.network, at = new Map<object, string>();
  for (const node of tree) at.set(node.layer, node.path);
  network.inputs.forEach((t, i) => {
    const name = network.inputNames[i] ?? `input_${i}`;
    at.set(t, `input:${name}`);
    nodes.push(portNode(`input:${name}`, name, "input", t));
  });
  for (const node of tree) if (!nodes.some((n) => n.id === node.path)) add(node, undefined);
  const home = (t: SymbolicTensor) => at.get(t) ?? (t.call && at.get(t.call.layer));
  for (const call of network.calls) {
    const to = at.get(call.layer), { initialState = [], mask, values: more = {} } = call.options;
    const masks = [mask ?? []].flat().filter((m) => m !== null);
    for (const t of [...call.inputs, ...initialState, ...masks, ...Object.values(more)]) {
      const from = home(t);
      if (from !== undefined && to !== undefined) edges.push([from, to, typeText(t.type)]);
    }
  }
  network.outputs.forEach((t, i) => {
    const name = network.outputNames[i] ?? `output_${i}`, from = home(t);
    nodes.push(portNode(`output:${name}`, name, "output", t));
    if (from !== undefined) edges.push([from, `output:${name}`, typeText(t.type)]);
  });
  const seen = new Set<string>();
  return {
    nodes,
    edges: edges.filter((e) => !seen.has(`${e[0]}\n${e[1]}`) && seen.add(`${e[0]}\n${e[1]}`)),
    neurons: denseChain(model).length > 0,
  };
}
function countBelow(node: LayerNode): number {
  const own = node.weights.filter(({ role }) => role !== "state").reduce(
    (n, w) => n + w.shape.reduce((a, b) => a * b, 1),
    0,
  );
  return node.children.reduce((n, child) => n + countBelow(child), own);
}
function portNode(id: string, name: string, role: "input" | "output", t: SymbolicTensor): NetworkNode {
  return {
    id,
    name,
    type: role === "input" ? "Input" : "Output",
    role,
    shapes: [typeShape(t.type)],
    config: { dtype: t.type.dtype },
    parameters: [],
    count: 0,
  };
}

/** Blocks that a large bare graph is folded into at first. */
const blocksAtFirst = 40;
/** Operators in a block at most; what a graph has beyond the blocks is summed up in them. */
function graphNetwork(model: Model, graph: Graph): NetworkData {
  const weights = model.weights, made = new Map<number, string>(), nodes: NetworkNode[] = [];
  for (const input of graph.inputs.filter((i) => i.role === "data")) {
    const port = model.inputs.find((p) => p.name === input.name), id = `input:${input.name}`;
    made.set(input.id, id);
    nodes.push({
      id,
      name: input.name,
      type: "Input",
      role: "input",
      shapes: port ? [port.shape] : [],
      config: port ? { dtype: port.dtype } : {},
      parameters: [],
      count: 0,
    });
  }
  const named = new Map(graph.inputs.map((i) => [i.id, i.name]));
  const size = graph.nodes.length > 80 ? Math.ceil(graph.nodes.length / blocksAtFirst) : 0;
  const edges: [string, string, string][] = [];
  graph.nodes.forEach((node, at) => {
    const id = `op:${at}`, block = size > 0 ? `block:${Math.floor(at / size)}` : undefined;
    if (block !== undefined && at % size === 0) {
      const inside = graph.nodes.slice(at, at + size), counts = new Map<string, number>();
      for (const n of inside) counts.set(opName(n), (counts.get(opName(n)) ?? 0) + 1);
      const most = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 3);
      nodes.push({
        id: block,
        name: `operators ${at} to ${at + inside.length - 1}`,
        type: most.map(([op, n]) => `${op} ×${n}`).join(", "),
        role: "block",
        shapes: [],
        config: Object.fromEntries([...counts].map(([op, n]) => [op, `${n}`])),
        parameters: [],
        count: 0,
      });
    }
    const parameters = node.inputs.flatMap((v) => {
      const name = named.get(v), value = name === undefined ? undefined : weights.get(name);
      return name !== undefined && value ? [entryOf(name, name, true, value, value.shape, undefined)] : [];
    });
    nodes.push({
      id,
      name: node.scope === "" ? opName(node) : node.scope,
      type: opName(node),
      role: "operator",
      ...(block !== undefined && { parent: block }),
      shapes: node.outputs.filter((v) => v >= 0).map((v) => {
        const type = graph.types[v];
        return type ? typeShape(type) : ["…"];
      }),
      config: configText(node.attributes),
      parameters,
      count: parameters.reduce((n, p) => n + p.count, 0),
    });
    for (const v of node.inputs) {
      const from = made.get(v);
      if (from !== undefined) edges.push([from, id, typeText(graph.types[v])]);
    }
    for (const v of node.outputs) if (v >= 0) made.set(v, id);
  });
  for (const output of graph.outputs.filter((o) => o.updates === undefined)) {
    const port = model.outputs.find((p) => p.name === output.name), from = made.get(output.id);
    nodes.push({
      id: `output:${output.name}`,
      name: output.name,
      type: "Output",
      role: "output",
      shapes: port ? [port.shape] : [],
      config: {},
      parameters: [],
      count: 0,
    });
    if (from !== undefined) edges.push([from, `output:${output.name}`, port ? shapeText(port.shape) : ""]);
  }
  return { nodes, edges, neurons: false };
}
