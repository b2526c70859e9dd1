/** A model as a tree of modules: an ONNX graph by the names of its nodes, a model of layers by its layers. @module */
import { type Graph, type Model, registry } from "../../mod.ts";
import { type AttributeValue, type DimEnv, type Node, opName, type Type } from "../../public/graph.ts";
import type { LayerNode } from "../../public/plugins.ts";
import { type Amount, macsOf, sum } from "./amounts.ts";

/** A node, a layer, or a module of them. */
export interface Item {
  readonly name: string;
  /** Names from the top, joined by `/`. */
  readonly path: string;
  /** Operator or layer; empty for a module without a type. */
  readonly kind: string;
  /** What its attributes say that isn't the default. */
  readonly details: string;
  /** Names of what it reads, weights left out. */
  readonly inputs: readonly string[];
  readonly output: string;
  readonly macs: Amount;
  readonly parameters: number;
  /** Its whole name, and its place among the nodes, where it is one. */
  readonly node?: { readonly name: string; readonly place: number };
  /** Path of the part whose output is its own. */
  readonly last: string;
  /** Nodes or layers in it, those of every repetition; 1 for one of them. */
  readonly leaves: number;
  readonly children: readonly Item[];
  /** How often it stands there, one after the other; the children are those of the first. */
  readonly repeat?: number;
}
/** What a model's values are called, and how types are written. */
export interface Naming {
  readonly env: DimEnv;
  typeText(type: Type | undefined): string;
}

/** An attribute in a few words; nothing where it holds a tensor or a graph. */
function valueText(value: unknown): string | undefined {
  if (Array.isArray(value)) {
    const list = value.map(valueText);
    return list.every((v) => v !== undefined) ? list.join(" ") : undefined;
  }
  if (typeof value === "number") {
    return Number.isInteger(value) ? `${value}` : `${Number(value.toPrecision(3))}`;
  }
  return ["bigint", "boolean", "string"].includes(typeof value) ? `${value}` : undefined;
}
const sameText = (a: unknown, b: unknown) => valueText(a) === valueText(b);
/** Attributes that aren't at their default: `kernel_shape 3 3, strides 2 2`. */
export function attributesText(
  values: Readonly<Record<string, unknown>>,
  fields: Readonly<Record<string, { readonly default?: unknown; readonly required: boolean }>>,
): string {
  return Object.entries(values).flatMap(([name, value]) => {
    const field = fields[name], text = valueText(value);
    if (text === undefined || text === "" || (field && !field.required && sameText(field.default, value))) {
      return [];
    }
    // What types and graphs tell already.
    if (["captures", "num_outputs", "to"].includes(name)) return [];
    if (/^(dilations|strides)$/.test(name) && /^1( 1)*$/.test(text)) return [];
    if (name === "pads" && /^0( 0)*$/.test(text)) return [];
    return [`${name} ${text}`];
  }).join(", ");
}
/** A node's attributes. */
export function nodeDetails(node: Node): string {
  const def = registry.find("op", opName(node));
  const inside = Object.entries(node.graphs).map(([name, g]) => `${name} of ${g.nodes.length} nodes`);
  return [
    attributesText(node.attributes as Readonly<Record<string, AttributeValue>>, def?.attributes ?? {}),
    ...inside,
  ]
    .filter((part) => part !== "").join(", ");
}

/** A module while it is filled. */
interface Draft {
  readonly name: string;
  readonly path: string;
  readonly parts: (Draft | Item)[];
  readonly modules: Map<string, Draft>;
}
const draft = (name: string, path: string): Draft => ({ name, path, parts: [], modules: new Map() });
/** True for a node that is named after its operator, as exporters do: `Conv`, `Conv_3`. */
const namedAfterKind = ({ name, kind }: Item) =>
  name.toLowerCase().startsWith(kind.toLowerCase()) && /^(_\d+)?$/.test(name.slice(kind.length));
/** A module's sums; one that holds a single thing is that thing, by a path that `renamed` then says. */
function finished({ name, path, parts }: Draft, renamed: Map<string, string>): Item {
  const children = parts.map((p) => ("modules" in p ? finished(p, renamed) : p)), [only] = children;
  if (only && children.length === 1) {
    // `conv1/Conv` is `conv1`.
    if (only.leaves > 1 || !namedAfterKind(only)) return { ...only, name: `${name}/${only.name}` };
    renamed.set(only.path, path);
    return { ...only, name, path, last: path };
  }
  const inputs = children.flatMap((c) => c.inputs).filter((i) => !i.startsWith(`${path}/`));
  return moduleOf(name, path, inputs, children);
}
/** A module of these parts, which may be shown grouped. */
export function moduleOf(
  name: string,
  path: string,
  inputs: readonly string[],
  parts: readonly Item[],
  shown: readonly Item[] = parts,
): Item {
  const last = parts.at(-1);
  return {
    name,
    path,
    kind: "",
    details: "",
    inputs: [...new Set(inputs)],
    output: last?.output ?? "",
    last: last?.last ?? path,
    macs: sum(parts.map((c) => c.macs)),
    parameters: parts.reduce((n, c) => n + c.parameters, 0),
    leaves: parts.reduce((n, c) => n + c.leaves, 0),
    children: shown,
  };
}

const elementsOf = (type: Type | undefined): number =>
  type?.kind === "tensor" ? (type.shape ?? []).reduce<number>((n, d) => n * Number(d), 1) : 0;

/** An ONNX graph's nodes under the modules that their names say. */
export function graphItems(graph: Graph, { env, typeText }: Naming): readonly Item[] {
  const names = new Map<number, string>(), weights = new Map<number, number>(), root = draft("", "");
  for (const { id, name, role } of graph.inputs) {
    if (role === "parameter" || role === "statistic") weights.set(id, elementsOf(graph.types[id]));
    else if (role !== "constant") names.set(id, name);
  }
  for (const [place, node] of graph.nodes.entries()) {
    const segments = node.scope.split("/").filter((s) => s !== ""), name = segments.pop() ?? opName(node);
    let module = root;
    for (const segment of segments) {
      let inner = module.modules.get(segment);
      if (!inner) {
        inner = draft(segment, `${module.path}${module.path === "" ? "" : "/"}${segment}`);
        module.modules.set(segment, inner);
        module.parts.push(inner);
      }
      module = inner;
    }
    const path = module.path === "" ? name : `${module.path}/${name}`;
    let parameters = 0;
    for (const id of node.inputs) {
      parameters += weights.get(id) ?? 0;
      weights.delete(id);
    }
    const inputs = [...new Set(node.inputs.flatMap((id) => names.get(id) ?? []))];
    for (const id of node.outputs) names.set(id, path);
    module.parts.push({
      name,
      path,
      kind: opName(node),
      details: nodeDetails(node),
      inputs,
      output: node.outputs.filter((id) => id >= 0).map((id) => typeText(graph.types[id])).join(" "),
      last: path,
      macs: macsOf(graph, node, env),
      parameters,
      leaves: 1,
      node: { name: node.scope === "" ? name : node.scope, place },
      children: [],
    });
  }
  const renamed = new Map<string, string>();
  const items = root.parts.map((p) => ("modules" in p ? finished(p, renamed) : p));
  const called = (item: Item): Item => ({
    ...item,
    inputs: item.inputs.map((i) => renamed.get(i) ?? i),
    last: renamed.get(item.last) ?? item.last,
    children: item.children.map(called),
  });
  return items.map(called);
}

/** A model's layers, those inside others below them. */
export function layerItems(
  model: Model,
  naming: Naming,
  outputsOf: (node: LayerNode) => string,
): readonly Item[] {
  const graph = model.graph(), macs = new Map<string, Amount>();
  for (const node of graph.nodes) {
    macs.set(node.scope, sum([macs.get(node.scope) ?? new Map(), macsOf(graph, node, naming.env)]));
  }
  const from = new Map<unknown, readonly string[]>(), givers = new Map<unknown, string>();
  const { network } = model;
  network.inputs.forEach((t, i) => givers.set(t, network.inputNames[i] ?? ""));
  for (const { layer, inputs, outputs } of network.calls) {
    const name = model.tree.find((n) => n.layer === layer)?.name ?? "";
    const own = inputs.flatMap((t) => givers.get(t) ?? []);
    from.set(layer, [...new Set([...from.get(layer) ?? [], ...own])]);
    for (const t of outputs) givers.set(t, name);
  }
  const item = (node: LayerNode): Item => {
    const children = node.children.map(item), { path, layer } = node;
    const inside = [...macs].filter(([scope]) => scope === path || scope.startsWith(`${path}/`));
    const own = node.weights.filter((w) => w.role !== "state")
      .reduce((n, w) => n + w.shape.reduce((a, b) => a * b, 1), 0);
    const config = layer.config as Readonly<Record<string, unknown>>;
    return {
      name: node.name,
      path,
      kind: layer.def.name,
      details: attributesText(config, layer.def.config as Parameters<typeof attributesText>[1]),
      inputs: from.get(layer) ?? [],
      output: outputsOf(node),
      last: node.name,
      macs: sum(inside.map(([, amount]) => amount)),
      parameters: own + children.reduce((n, c) => n + c.parameters, 0),
      leaves: 1 + children.reduce((n, c) => n + c.leaves, 0),
      children,
    };
  };
  return model.tree.map(item);
}
