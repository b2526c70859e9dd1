/** Graphs that compute something else than they ought to, as a pass that is wrong would leave them. @module */
import {
  type Attributes,
  type AttributeValue,
  type Graph,
  type Node,
  opName,
} from "../../core/graph/graph.ts";
import type { Tensor } from "../../mod.ts";
import { toNumbers } from "../../public/tensors.ts";

/** A graph with one thing wrong. */
export interface Mutant {
  /** What is wrong. */
  readonly what: string;
  readonly graph: Graph;
}

const swaps: Readonly<Record<string, string>> = {
  Add: "Sub",
  AveragePool: "MaxPool",
  Cos: "Sin",
  Equal: "Less",
  Exp: "Tanh",
  Greater: "Less",
  Less: "Greater",
  MaxPool: "AveragePool",
  Mul: "Add",
  ReduceMax: "ReduceMin",
  ReduceMean: "ReduceMax",
  ReduceSum: "ReduceMean",
  Relu: "Tanh",
  Sigmoid: "Tanh",
  Softmax: "LogSoftmax",
  Sub: "Add",
  Tanh: "Sigmoid",
};
const strings: Readonly<Record<string, string>> = {
  forward: "reverse",
  reverse: "forward",
  Sigmoid: "Tanh",
  Tanh: "Sigmoid",
  nearest: "linear",
  linear: "nearest",
  constant: "reflect",
  reflect: "edge",
  SAME_UPPER: "VALID",
  VALID: "SAME_UPPER",
};
/** Another value of an attribute; nothing where none is known. */
function other(name: string, value: AttributeValue): AttributeValue {
  if (typeof value === "string") return strings[value];
  if (typeof value === "boolean") return !value;
  if (typeof value === "number") {
    if (name === "axis" && Number.isInteger(value)) return value === 0 ? 1 : value - 1;
    return value === 0 ? 1 : value === 1 ? 0 : value * 1.5;
  }
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const list = value as readonly (number | bigint | string)[];
  if (typeof list[0] === "string") {
    const changed = list.map((v) => strings[`${v}`] ?? v) as string[];
    return changed.some((v, i) => v !== list[i]) ? changed : [...list].reverse() as string[];
  }
  const turned = [...list].reverse();
  return (turned.some((v, i) => v !== list[i]) ? turned : list.map((v) => Number(v) + 1)) as number[];
}
/** A tensor with numbers that are wrong: every element, or the last. */
export function spoiled(t: Tensor, whole: boolean): Tensor | undefined {
  if (t.data.length === 0) return undefined;
  if (t.dtype === "string") {
    const [first = "", ...rest] = t.data as readonly string[];
    return rest.length === 0 ? undefined : { ...t, data: [...rest, first] };
  }
  const data = t.data.slice() as Float32Array,
    numbers = toNumbers(t),
    floats = /^float(32|64)$/.test(t.dtype);
  if (!floats && t.dtype !== "bool" && !/^u?int(8|16|32)$/.test(t.dtype)) return undefined;
  for (let i = whole ? 0 : data.length - 1; i < data.length; i++) {
    const v = numbers[i] ?? 0;
    data[i] = floats ? (v === 0 ? 0.7 : -1.5 * v) : t.dtype === "bool" ? 1 - v : v + 1;
  }
  return { ...t, data };
}

const replaced = (graph: Graph, at: number, node: Node): Graph => ({
  ...graph,
  nodes: graph.nodes.map((n, i) => (i === at ? node : n)),
});
const dtypeAt = (graph: Graph, id: number | undefined) => {
  const type = graph.types[id ?? -1];
  return type?.kind === "tensor" ? `${type.dtype}/${type.shape?.length}` : "";
};

/** Every mutant of one node. */
function* ofNode(graph: Graph, node: Node, at: number): Generator<Mutant> {
  const name = `${opName(node)} ${node.scope}`, [a, b] = node.inputs;
  const swap = node.domain === "" ? swaps[node.op] : undefined;
  if (swap !== undefined) {
    yield { what: `${name} is ${swap}`, graph: replaced(graph, at, { ...node, op: swap }) };
  }
  for (const [key, value] of Object.entries(node.attributes)) {
    // How many outputs there are is no choice of a pass.
    const wrong = key === "num_outputs" ? undefined : other(key, value);
    if (wrong === undefined) continue;
    const attributes: Attributes = { ...node.attributes, [key]: wrong };
    yield { what: `${name}: ${key} is ${wrong}`, graph: replaced(graph, at, { ...node, attributes }) };
  }
  if (
    a !== undefined && b !== undefined && a >= 0 && b >= 0 && a !== b &&
    dtypeAt(graph, a) === dtypeAt(graph, b)
  ) {
    const inputs = [b, a, ...node.inputs.slice(2)];
    yield { what: `${name}: inputs are turned`, graph: replaced(graph, at, { ...node, inputs }) };
  }
  if (node.outputs.length > 1 && dtypeAt(graph, node.outputs[0]) === dtypeAt(graph, node.outputs[1])) {
    const [first = -1, second = -1, ...rest] = node.outputs;
    const outputs = [second, first, ...rest];
    yield { what: `${name}: outputs are turned`, graph: replaced(graph, at, { ...node, outputs }) };
  }
  if (node.outputs.length === 1 && a !== undefined && dtypeAt(graph, a) === dtypeAt(graph, node.outputs[0])) {
    const through: Node = { ...node, op: "Identity", domain: "", inputs: [a], attributes: {}, graphs: {} };
    yield { what: `${name} is left out`, graph: replaced(graph, at, through) };
  }
}
/** Every mutant of a graph's constants, weights and outputs. */
function* ofEdges(graph: Graph): Generator<Mutant> {
  for (const [at, input] of graph.inputs.entries()) {
    for (const whole of input.value ? [true, false] : []) {
      const value = input.value && spoiled(input.value, whole);
      if (!value) continue;
      const inputs = graph.inputs.map((i, k) => (k === at ? { ...i, value } : i));
      const part = whole ? "numbers" : "last number";
      yield { what: `${input.role} ${input.name} has a wrong ${part}`, graph: { ...graph, inputs } };
    }
  }
  const { outputs } = graph;
  for (let i = 1; i < outputs.length; i++) {
    const [x, y] = [outputs[i - 1], outputs[i]];
    if (!x || !y || dtypeAt(graph, x.id) !== dtypeAt(graph, y.id)) continue;
    const turned = outputs.map((o) => (o === x ? { ...x, id: y.id } : o === y ? { ...y, id: x.id } : o));
    yield { what: `outputs ${x.name} and ${y.name} are turned`, graph: { ...graph, outputs: turned } };
  }
}

const nodeKey = (n: Node) =>
  `${opName(n)} ${n.scope} ${n.inputs.length} ${JSON.stringify(n.attributes, json)}`;
const json = (_: string, v: unknown) => (typeof v === "bigint" ? `${v}` : v);
/**
 * Mutants of what a pass made, those of new nodes and values first, evenly spread over the rest; `before` is the graph that the
 * pass was given.
 */
export function mutantsOf(graph: Graph, before: Graph | undefined, most: number): readonly Mutant[] {
  const old = new Set(before?.nodes.map(nodeKey)), values = new Set(before?.inputs.map((i) => i.value));
  const made: Mutant[] = [], rest: Mutant[] = [];
  for (const [at, node] of graph.nodes.entries()) {
    (before && old.has(nodeKey(node)) ? rest : made).push(...ofNode(graph, node, at));
  }
  for (const m of ofEdges(graph)) {
    const isNew = m.graph.inputs.some((i, k) => i !== graph.inputs[k] && !values.has(graph.inputs[k]?.value));
    (isNew ? made : rest).push(m);
  }
  const spread = (list: readonly Mutant[], n: number) =>
    list.length <= n
      ? list
      : Array.from({ length: n }, (_, i) => list[Math.floor(i * list.length / n)] as Mutant);
  const first = spread(made, Math.ceil(most * 0.7));
  return [...first, ...spread(rest, most - first.length)];
}
