/** A part of an ONNX model as a model of its own: the nodes between some values, and only what they need. @module */
import * as args from "../files/arguments.ts";
import { FormatError, InputError, shown } from "../../core/values/errors.ts";
import { defaultLimits } from "../../core/values/limits.ts";
import { partNames, type PartOptions, unknownName } from "../../core/model/part.ts";
import { readSource, type SourceLike } from "../files/sources.ts";
import { checkOptions } from "../../core/values/schema.ts";
import type { Type } from "../../core/values/shape.ts";
import { attributeType, attributeTypes } from "./reading/attributes.ts";
import { type ExternalFiles, loadExternal } from "./reading/external.ts";
import {
  type FunctionProto,
  type GraphProto,
  type ModelProto,
  modelTable,
  type NodeProto,
  type TensorProto,
  type ValueInfoProto,
} from "./messages.ts";
import { nodeScope } from "./names.ts";
import { encode } from "./proto.ts";
import { decodeModel, type ReadOptions, readValueTypes } from "./reading/read.ts";
import { functionKey } from "./reading/survey.ts";
import { tensorFromProto, tensorToProto } from "./tensors.ts";
import { typeToProto } from "./types.ts";

/** What was taken out. */
export interface OnnxPart {
  /** The file. */
  readonly bytes: Uint8Array;
  /** Where the part begins: values by name. */
  readonly inputs: readonly string[];
  /** What it gives: values by name. */
  readonly outputs: readonly string[];
  /** Nodes and initializers in the part, and in the whole. */
  readonly nodes: readonly [part: number, whole: number];
  /** Initializers in the part, and in the whole. */
  readonly initializers: readonly [part: number, whole: number];
}

/** Names that a node reads, those that its nested graphs read from outside too. */
function readsOf(node: NodeProto): readonly string[] {
  const names = (node.input ?? []).filter((n) => n !== "");
  const inner = (node.attribute ?? []).flatMap((
    a,
  ) => (attributeType(a) === attributeTypes.GRAPH && a.g ? [a.g] : []));
  return [...names, ...inner.flatMap(capturedBy)];
}
function capturedBy(graph: GraphProto): readonly string[] {
  const own = new Set([
    ...(graph.input ?? []).map((i) => i.name ?? ""),
    ...(graph.initializer ?? []).map((t) => t.name ?? ""),
    ...(graph.sparseInitializer ?? []).map((t) => t.values?.name ?? ""),
    ...(graph.node ?? []).flatMap((n) => n.output ?? []),
  ]);
  const read = [...(graph.node ?? []).flatMap(readsOf), ...(graph.output ?? []).map((o) => o.name ?? "")];
  return read.filter((name) => !own.has(name));
}

/** Finds values by their own names, or by those of the nodes that give them. */
class Places {
  readonly #values: ReadonlySet<string>;
  readonly #nodes = new Map<string, readonly string[]>();
  constructor(graph: GraphProto, types: ReadonlyMap<string, Type>) {
    this.#values = new Set(types.keys());
    for (const node of graph.node ?? []) {
      const outputs = (node.output ?? []).filter((n) => n !== "");
      for (const name of [node.name ?? "", nodeScope(node)]) {
        if (name !== "" && !this.#nodes.has(name)) this.#nodes.set(name, outputs);
      }
    }
  }
  /** @throws {InputError} with the nearest name. */
  find(name: string, what: string): readonly string[] {
    if (this.#values.has(name)) return [name];
    const outputs = this.#nodes.get(name);
    if (!outputs) throw unknownName(what, name, [...this.#nodes.keys(), ...this.#values]);
    return outputs;
  }
}

/** The functions that nodes call, and those that these call. */
function calledBy(model: ModelProto, nodes: readonly NodeProto[]): FunctionProto[] {
  const functions = new Map(
    (model.functions ?? []).map((f) => [functionKey(f.domain, f.name, f.overload), f]),
  );
  const found = new Set<FunctionProto>(), open = [...nodes];
  for (let node = open.pop(); node; node = open.pop()) {
    const called = functions.get(functionKey(node.domain, node.opType, node.overload));
    for (const a of node.attribute ?? []) if (a.g) open.push(...a.g.node ?? []);
    if (!called || found.has(called)) continue;
    found.add(called);
    open.push(...called.node ?? []);
  }
  return (model.functions ?? []).filter((f) => found.has(f));
}

/**
 * Takes a part out of an ONNX model. Names, functions, opsets and metadata stay; weights that lie beside the model come into
 * the file.
 * @throws {InputError} for a name that isn't there, with the nearest one; for an input that no output needs.
 */
export async function extractOnnx(
  from: SourceLike,
  options: PartOptions & Omit<ReadOptions, "external" | "file">,
): Promise<OnnxPart> {
  args.check("extractOnnx", "options", options, args.object);
  checkOptions("extractOnnx", options, { ...partNames, registry: 0, limits: 0, warn: 0 });
  const { bytes, name: file, beside } = await readSource(from, options.limits ?? defaultLimits);
  const model = decodeModel(bytes, file), graph = model.graph ?? {};
  const external = await loadExternal(model, beside, file);
  const types = readValueTypes(model, { ...options, external, file }), places = new Places(graph, types);
  const outputs = [...new Set(options.outputs.flatMap((name) => places.find(name, "outputs")))];
  const starts = [...new Set((options.inputs ?? []).flatMap((name) => places.find(name, "inputs")))];
  const { nodes, read } = between(graph, starts, outputs);
  const idle = starts.find((name) => !read.has(name));
  if (idle !== undefined) throw new InputError(`inputs: no output needs ${shown(idle)}`, { place: idle });

  const info = (name: string): ValueInfoProto => {
    const type = types.get(name);
    if (!type) throw new FormatError(`${file}: value ${shown(name)} has no type`);
    return { name, type: typeToProto(type) };
  };
  const kept = (name: string | undefined) => read.has(name ?? "") && !starts.includes(name ?? "");
  const tensors = (graph.initializer ?? []).filter((t) => kept(t.name)).map((t) =>
    inlined(t, external, file)
  );
  const sparse = (graph.sparseInitializer ?? []).filter((t) => kept(t.values?.name));
  const ins = [
    ...starts.map(info),
    ...(graph.input ?? []).filter((i) => kept(i.name)),
  ];
  const part: ModelProto = {
    ...model,
    functions: calledBy(model, nodes),
    trainingInfo: [],
    graph: {
      ...graph,
      node: nodes.map((n) => withInlined(n, external, file)),
      initializer: tensors,
      sparseInitializer: sparse,
      input: ins,
      output: outputs.map(info),
      valueInfo: (graph.valueInfo ?? []).filter((v) =>
        read.has(v.name ?? "") && !starts.includes(v.name ?? "")
      ),
    },
  };
  const weights = new Set([...graph.initializer ?? [], ...graph.sparseInitializer ?? []]);
  return {
    bytes: encode(modelTable, part),
    inputs: ins.map((i) => i.name ?? "").filter((name) => !tensors.some((t) => t.name === name)),
    outputs,
    nodes: [nodes.length, graph.node?.length ?? 0],
    initializers: [tensors.length + sparse.length, weights.size],
  };
}

/** The nodes that outputs need when some values are given, in their order, and every name that is read. */
function between(
  graph: GraphProto,
  starts: readonly string[],
  outputs: readonly string[],
): { readonly nodes: NodeProto[]; readonly read: ReadonlySet<string> } {
  const producers = new Map((graph.node ?? []).flatMap((n) => (n.output ?? []).map((o) => [o, n] as const)));
  const read = new Set<string>(), needed = new Set<NodeProto>(), open = [...outputs];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (read.has(name)) continue;
    read.add(name);
    const node = starts.includes(name) ? undefined : producers.get(name);
    if (!node || needed.has(node)) continue;
    needed.add(node);
    open.push(...readsOf(node));
  }
  return { nodes: (graph.node ?? []).filter((n) => needed.has(n)), read };
}

/** A tensor with its elements in the file. */
function inlined(t: TensorProto, external: ExternalFiles, file: string): TensorProto {
  return t.dataLocation === 1 ? tensorToProto(tensorFromProto(t, { external, file }), t.name) : t;
}
function withInlined(node: NodeProto, external: ExternalFiles, file: string): NodeProto {
  if (!(node.attribute ?? []).some((a) => a.t?.dataLocation === 1)) return node;
  return {
    ...node,
    attribute: (node.attribute ?? []).map((a) => (a.t ? { ...a, t: inlined(a.t, external, file) } : a)),
  };
}
