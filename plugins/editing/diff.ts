/** What two models differ in: their inputs and outputs, layers or nodes, weights, and what their files say of themselves. @module */
import * as args from "../../io/files/arguments.ts";
import { checkOptions } from "../../core/values/schema.ts";
import type { Port } from "../../core/model/feed.ts";
import { type Graph, opName, typeOf } from "../../core/graph/graph.ts";
import type { Layer } from "../../core/network/layer.ts";
import type { LayerNode } from "../../core/network/tree.ts";
import type { Model } from "../../core/model/model.ts";
import { typeText } from "../../core/values/shape.ts";
import { type Tensor, toNumbers } from "../../core/values/tensor.ts";

const description: args.Kind = args.having("a description of a model", "parts", "weights");

/** A layer or a node. */
export interface DescribedPart {
  /** Class of a layer, operator of a node. */
  readonly type: string;
  /** Its options or attributes. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Types of its outputs. */
  readonly outputs: string;
}
/** A model as it is compared. */
export interface ModelDescription {
  /** What its file holds. */
  readonly kind: "layers" | "graph" | "weights";
  /** The inputs; none where a file holds weights alone. */
  readonly inputs: readonly Port[];
  /** The outputs. */
  readonly outputs: readonly Port[];
  /** Layers by path, or nodes by name. */
  readonly parts: ReadonlyMap<string, DescribedPart>;
  /** Weights by path or name, with all constants of a graph. */
  readonly weights: ReadonlyMap<string, Tensor>;
  /** Which of them are constants: sizes, axes and the like, that only another graph has. */
  readonly constants: ReadonlySet<string>;
  /** What the file says of itself: opset, producer, metadata. */
  readonly facts: Readonly<Record<string, string>>;
}
/** Two values of one thing. */
export interface Change {
  /** What it is. */
  readonly what: string;
  /** In the first model. */
  readonly before: string;
  /** In the second. */
  readonly after: string;
}
/** A part that both models have and that isn't the same. */
export interface PartChange {
  /** Its name. */
  readonly name: string;
  /** What differs in it. */
  readonly changes: readonly Change[];
}
/** A weight that both models have and that isn't the same. */
export interface WeightChange {
  /** Its name in the first model. */
  readonly name: string;
  /** Its name in the second, where that is another. */
  readonly other?: string;
  /** Shape in the first model, and in the second where that is another. */
  readonly shapes: readonly (readonly number[])[];
  /** Largest difference; infinite where shapes or types don't go together. */
  readonly max: number;
  /** Mean difference. */
  readonly mean: number;
  /** Largest difference over the largest magnitude in the first model. */
  readonly relative: number;
  /** Elements that differ by more than the tolerance. */
  readonly changed: number;
  /** Elements. */
  readonly count: number;
}
/** Names in one model only, and what differs. */
export interface Differences<C> {
  /** In the second only. */
  readonly added: readonly string[];
  /** In the first only. */
  readonly removed: readonly string[];
  /** In both, and not the same. */
  readonly changed: readonly C[];
  /** How many are the same. */
  readonly same: number;
}
/** What two models differ in. */
export interface ModelDifferences {
  /** True where nothing differs that both files can say. */
  readonly equal: boolean;
  /** Inputs and outputs. */
  readonly ports: readonly Change[];
  /** Layers or nodes; undefined where the files hold them in different forms. */
  readonly parts: Differences<PartChange> | undefined;
  /** Weights. */
  readonly weights: Differences<WeightChange>;
  /** Weights that are the same numbers under another name, or in another layout. */
  readonly moved: readonly { readonly name: string; readonly other: string }[];
  /** What files say of themselves. */
  readonly facts: readonly Change[];
}

/** Options as plain values: layers inside by class and options. */
function plainValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainValue);
  if (typeof value === "bigint") return Number(value);
  if (ArrayBuffer.isView(value)) return Array.from(value as Float32Array, Number);
  if (typeof value !== "object" || value === null) return typeof value === "function" ? "function" : value;
  if ("kind" in value && value.kind === "built-layer") {
    const { def, config, name } = value as Layer;
    return { layer: def.name, ...(name !== undefined && { name }), ...plainValue(config) as object };
  }
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, plainValue(v)]));
}
const settingsOf = (config: unknown): Readonly<Record<string, unknown>> => {
  const { network: _network, layers: _layers, ...own } = config as Readonly<Record<string, unknown>>;
  return plainValue(own) as Readonly<Record<string, unknown>>;
};
function layerParts(nodes: readonly LayerNode[], into = new Map<string, DescribedPart>()) {
  for (const { path, layer, outputs, children, trainable } of nodes) {
    into.set(path, {
      type: layer.def.name,
      settings: { ...settingsOf(layer.config), trainable },
      outputs: outputs.map(typeText).join(", "),
    });
    layerParts(children, into);
  }
  return into;
}
/** Nodes by their names; those without one by their operator and number. */
function nodeParts(graph: Graph): ReadonlyMap<string, DescribedPart> {
  const found = new Map<string, DescribedPart>();
  for (const node of graph.nodes) {
    const base = node.scope === "" ? opName(node) : node.scope;
    let name = base;
    for (let i = 1; found.has(name); i++) name = `${base}#${i}`;
    found.set(name, {
      type: opName(node),
      settings: plainValue(node.attributes) as Readonly<Record<string, unknown>>,
      outputs: node.outputs.map((id) => typeText(typeOf(graph, id))).join(", "),
    });
  }
  return found;
}
/** A model as it is compared; `facts` is what its file says of itself. */
export function describeModel(model: Model, facts: Readonly<Record<string, string>> = {}): ModelDescription {
  args.check("describeModel", "model", model, args.modelKind);
  const graph = model.isGraph ? model.graph() : undefined;
  const held = graph?.inputs.flatMap((
    i,
  ) => (i.role !== "data" && i.value ? [[i.name, i.value] as const] : []));
  return {
    kind: graph ? "graph" : "layers",
    inputs: model.inputs,
    outputs: model.outputs,
    parts: graph ? nodeParts(graph) : layerParts(model.tree),
    weights: held ? new Map(held) : model.weights,
    constants: new Set(graph?.inputs.flatMap((i) => (i.role === "constant" ? [i.name] : []))),
    facts,
  };
}

/** Compares numbers one by one. */
function compareWeights(name: string, a: Tensor, b: Tensor, tolerance: number): WeightChange | undefined {
  const count = a.data.length, shapes = `${a.shape}` === `${b.shape}` ? [a.shape] : [a.shape, b.shape];
  if (shapes.length > 1 || a.dtype !== b.dtype || a.dtype === "string") {
    const same = shapes.length === 1 && a.dtype === b.dtype && a.data.every((v, i) => v === b.data[i]);
    return same
      ? undefined
      : { name, shapes, max: Infinity, mean: Infinity, relative: Infinity, changed: count, count };
  }
  const x = toNumbers(a), y = toNumbers(b);
  let max = 0, sum = 0, changed = 0, largest = 0;
  for (let i = 0; i < count; i++) {
    const [p = NaN, q = NaN] = [x[i], y[i]];
    if (Math.abs(p) > largest) largest = Math.abs(p);
    if (Object.is(p, q) || p === q) continue;
    const gap = Number.isNaN(p - q) ? Infinity : Math.abs(p - q);
    if (gap > tolerance) changed++;
    max = Math.max(max, gap);
    sum += gap;
  }
  if (max <= tolerance) return undefined;
  return {
    name,
    shapes,
    max,
    mean: sum / count,
    relative: largest === 0 ? Infinity : max / largest,
    changed,
    count,
  };
}
/** True where two tensors are the same numbers in whatever order. */
function sameNumbers(a: Tensor, b: Tensor, tolerance: number): boolean {
  if (a.data.length !== b.data.length || a.dtype === "string" || b.dtype === "string") return false;
  const [x, y] = [Float64Array.from(toNumbers(a)).sort(), Float64Array.from(toNumbers(b)).sort()];
  return x.every((v, i) => Math.abs(v - (y[i] ?? NaN)) <= tolerance || Object.is(v, y[i]));
}

/** The numbers other than 0 of some tensors, sorted: ONNX fills up what Keras doesn't have, as a second bias, with 0. */
const filled = (list: readonly (Tensor | undefined)[]) =>
  Float64Array.from(list.flatMap((t) => !t || t.dtype === "string" ? [] : Array.from(toNumbers(t), Number)))
    .filter((v) => v !== 0).sort();
/** One or two of the weights named that together are the numbers of another, as both directions of a recurrent layer are. */
function joinedAs(
  whole: Tensor,
  names: readonly string[],
  weights: ReadonlyMap<string, Tensor>,
  tolerance: number,
): readonly string[] | undefined {
  const size = (name: string) => weights.get(name)?.data.length ?? 0, most = whole.data.length;
  // What is filled up is a bias: no more than half of it.
  const fits = (n: number) => n <= most && 2 * n >= most;
  const groups = names.flatMap((one, i) => [[one], ...names.slice(i + 1).map((other) => [one, other])])
    .filter((group) => fits(group.reduce((n, name) => n + size(name), 0)));
  if (groups.length === 0) return undefined;
  const wanted = filled([whole]);
  return wanted.length === 0 ? undefined : groups.slice(0, 64).find((group) => {
    const numbers = filled(group.map((name) => weights.get(name)));
    return numbers.length === wanted.length &&
      numbers.every((v, i) => Math.abs(v - (wanted[i] ?? NaN)) <= tolerance);
  });
}

function changesBetween(
  a: Readonly<Record<string, unknown>>,
  b: Readonly<Record<string, unknown>>,
): Change[] {
  const text = (
    v: unknown,
  ) => (v === undefined ? "—" : typeof v === "string" ? v : JSON.stringify(v) ?? `${v}`);
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return names.flatMap((what) => {
    const [before, after] = [text(a[what]), text(b[what])];
    return before === after ? [] : [{ what, before, after }];
  });
}
function compareParts(a: ModelDescription, b: ModelDescription): Differences<PartChange> {
  const changed: PartChange[] = [];
  let same = 0;
  for (const [name, part] of a.parts) {
    const other = b.parts.get(name);
    if (!other) continue;
    const changes = [
      ...changesBetween({ type: part.type, output: part.outputs }, {
        type: other.type,
        output: other.outputs,
      }),
      ...(part.type === other.type ? changesBetween(part.settings, other.settings) : []),
    ];
    if (changes.length > 0) changed.push({ name, changes });
    else same++;
  }
  return {
    added: [...b.parts.keys()].filter((name) => !a.parts.has(name)),
    removed: [...a.parts.keys()].filter((name) => !b.parts.has(name)),
    changed,
    same,
  };
}
function portChanges(a: ModelDescription, b: ModelDescription, named: boolean): Change[] {
  const list = (side: readonly Port[], what: string) =>
    Object.fromEntries(side.map(({ name, dtype, shape }, i) => [
      `${what} ${named ? name : i}`,
      `${dtype}[${shape.map((d) => (typeof d === "number" || named ? d : "?")).join(", ")}]`,
    ]));
  return [
    ...changesBetween(list(a.inputs, "input"), list(b.inputs, "input")),
    ...changesBetween(list(a.outputs, "output"), list(b.outputs, "output")),
  ];
}

/**
 * Compares two models. Weights are found by name; where the files hold models in different forms, or weights alone, those that no
 * name joins are joined by their numbers, in whatever layout. Numbers that differ by `tolerance` at most are the same.
 */
export function diffModels(
  a: ModelDescription,
  b: ModelDescription,
  options: { readonly tolerance?: number } = {},
): ModelDifferences {
  args.check("diffModels", "a", a, description);
  args.check("diffModels", "b", b, description);
  checkOptions("diffModels", options, { tolerance: 0 });
  const { tolerance = 0 } = options,
    alike = a.kind === b.kind,
    bare = a.kind === "weights" || b.kind === "weights";
  const changed: WeightChange[] = [], removed: string[] = [], moved: { name: string; other: string }[] = [];
  const counts = (side: ModelDescription) => (name: string) => alike || !side.constants.has(name);
  const left = new Map([...b.weights].filter(([name]) => !a.weights.has(name) && counts(b)(name)));
  let same = 0;
  for (const [name, value] of [...a.weights].filter(([name]) => counts(a)(name))) {
    const other = b.weights.get(name), layout = other && !alike && sameNumbers(value, other, tolerance);
    const change = other && !layout ? compareWeights(name, value, other, tolerance) : undefined;
    if (change) changed.push(change);
    else if (other) same++;
    else removed.push(name);
  }
  if (!alike || bare) {
    for (const name of [...removed]) {
      const value = a.weights.get(name);
      const twin = [...left].find(([, t]) => value && sameNumbers(value, t, tolerance))?.[0];
      if (twin === undefined) continue;
      left.delete(twin);
      removed.splice(removed.indexOf(name), 1);
      moved.push({ name, other: twin });
      same++;
    }
    for (const other of [...left.keys()]) {
      const whole = left.get(other), group = whole && joinedAs(whole, removed, a.weights, tolerance);
      if (!group) continue;
      left.delete(other);
      for (const name of group) removed.splice(removed.indexOf(name), 1), moved.push({ name, other }), same++;
    }
    for (const name of [...removed]) {
      const whole = a.weights.get(name),
        group = whole && joinedAs(whole, [...left.keys()], b.weights, tolerance);
      if (!group) continue;
      removed.splice(removed.indexOf(name), 1);
      for (const other of group) left.delete(other), moved.push({ name, other });
      same++;
    }
  }
  const weights = { added: [...left.keys()], removed, changed, same };
  const parts = alike && !bare ? compareParts(a, b) : undefined;
  const ports = bare ? [] : portChanges(a, b, alike), facts = alike ? changesBetween(a.facts, b.facts) : [];
  const none = <C>(d: Differences<C>) => d.added.length + d.removed.length + d.changed.length === 0;
  const equal = none(weights) && ports.length + facts.length === 0 && (!parts || none(parts));
  return { equal, ports, parts, weights, moved, facts };
}
