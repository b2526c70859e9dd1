/** Runs a graph node by node on plain kernels: the plain backend's heart, folding, and host steps. @module */
import { GraphBuilder } from "../graph/builder.ts";
import { byteLength } from "../values/dtype.ts";
import { BackendError, LapisError, LimitError } from "../values/errors.ts";
import { type Graph, type Node, opName, typeOf } from "../graph/graph.ts";
import type { Limits } from "../values/limits.ts";
import type { OpDef } from "../graph/op.ts";
import type { Operators } from "../graph/op.ts";
import { tensorType, type Type, typeText } from "../values/shape.ts";
import { isTensor, type RuntimeValue } from "../values/tensor.ts";

/** What running needs. */
export interface Execution {
  /** Where operators are looked up. */
  readonly registry: Operators;
  /** Bounds of what data says. */
  readonly limits: Limits;
  /** Told after each node, for profiles and for values of layers. */
  readonly observe?: (node: Node, outputs: readonly RuntimeValue[]) => void;
}

/** The type of a value at run time. */
export function typeOfValue(value: RuntimeValue): Type {
  if (isTensor(value)) return tensorType(value.dtype, value.shape);
  if (value.kind === "map") {
    return { kind: "map", key: value.keys.dtype, of: tensorType(value.values.dtype, []) };
  }
  const inner = value.kind === "sequence" ? value.items[0] : value.value;
  return { kind: value.kind, of: inner ? typeOfValue(inner) : tensorType("float32") };
}

const bodies = new WeakMap<OpDef, Map<string, Graph>>();
/** A composite's body as a graph for given input types. */
function bodyGraph(
  def: OpDef,
  node: Node,
  inputs: readonly (RuntimeValue | undefined)[],
  registry: Operators,
): Graph {
  // Contents can decide shapes (axes, pads), so small integer inputs are part of the key.
  const key = JSON.stringify([
    node.attributes,
    node.outputs.length,
    inputs.map((v) =>
      v &&
      [typeOfValue(v), isTensor(v) && isShapeLike(v) ? Array.from(v.data as ArrayLike<unknown>, String) : 0]
    ),
  ], (_, v) => (typeof v === "bigint" ? `${v}n` : v));
  let cache = bodies.get(def);
  if (!cache) bodies.set(def, cache = new Map());
  let graph = cache.get(key);
  if (!graph) {
    const b = new GraphBuilder(registry, { name: def.name });
    const values = inputs.map((v, i) => {
      if (!v) return undefined;
      if (isTensor(v) && isShapeLike(v)) return b.constant(v, `i${i}`);
      return b.input(`i${i}`, typeOfValue(v));
    });
    const outputs = def.body?.(b, values, node.attributes, node.outputs.length) ?? [];
    outputs.forEach((v, i) => b.output(`o${i}`, v));
    graph = b.build();
    if (cache.size > 64) cache.clear();
    cache.set(key, graph);
  }
  return graph;
}
const isShapeLike = (v: RuntimeValue) =>
  isTensor(v) && (v.dtype === "int64" || v.dtype === "int32") && v.shape.length <= 1 && v.data.length <= 16;

/** Runs one node: its plain kernel, or its body. */
export function runNode(
  node: Node,
  inputs: readonly (RuntimeValue | undefined)[],
  types: readonly Type[],
  execution: Execution,
): readonly RuntimeValue[] {
  return runWith(execution.registry.get("op", opName(node)), node, inputs, types, execution);
}
function runWith(
  def: OpDef,
  node: Node,
  inputs: readonly (RuntimeValue | undefined)[],
  types: readonly Type[],
  execution: Execution,
): readonly RuntimeValue[] {
  const { registry, limits } = execution;
  try {
    if (!def.plain) {
      const graph = bodyGraph(def, node, inputs, registry);
      const fed = inputs.flatMap((
        v,
        i,
      ) => (v && graph.inputs.some((g) => g.name === `i${i}` && g.role === "data") ? [v] : []));
      return runGraph(graph, fed, { registry, limits });
    }
    for (const type of types) checkBytes(type, limits);
    return def.plain(inputs, {
      attributes: node.attributes,
      outputs: node.outputs.length,
      limits,
      types,
      graphs: node.graphs,
      runGraph: (name, given) => {
        const graph = node.graphs[name];
        if (!graph) throw new BackendError(`${opName(node)} has no graph ${name}`);
        return runGraph(graph, given, { registry, limits });
      },
    });
  } catch (caught) {
    // What the machine has no memory for.
    const lacking = caught instanceof RangeError && /allocation|length/i.test(caught.message);
    const error = lacking ? new LimitError(caught.message, { cause: caught }) : caught;
    if (error instanceof LapisError && error.place === undefined) {
      const where = node.scope === "" ? opName(node) : `${node.scope} (${opName(node)})`;
      error.message = `${where}: ${error.message}`;
      Object.defineProperty(error, "place", { value: where, enumerable: true });
    }
    throw error;
  }
}

/** Refuses what is too large before it is made, where its sizes are known. @throws {LimitError} */
function checkBytes(type: Type, { tensorBytes: most }: Limits): void {
  if (type.kind !== "tensor") return;
  const bytes = type.shape?.reduce<number>((n, d) => (typeof d === "number" ? n * d : n), 1) ?? 0;
  if (byteLength(type.dtype, bytes) > most) {
    throw new LimitError(`${typeText(type)} takes more than ${most} bytes`);
  }
}

/** A node with what running it needs, looked up once a graph. */
interface Step {
  readonly node: Node;
  readonly def: OpDef;
  readonly types: readonly Type[];
  /** Values that nobody reads after it. */
  readonly frees: readonly number[];
}
const prepared = new WeakMap<Graph, { readonly registry: Operators; readonly steps: readonly Step[] }>();
function stepsOf(graph: Graph, registry: Operators): readonly Step[] {
  const found = prepared.get(graph);
  if (found?.registry === registry) return found.steps;
  const last = lastUses(graph);
  const steps = graph.nodes.map((node, at): Step => ({
    node,
    def: registry.get("op", opName(node)),
    types: node.outputs.map((id) => (id < 0 ? tensorType("float32") : typeOf(graph, id))),
    frees: [...new Set([...node.inputs, ...node.outputs])].filter((id) => id >= 0 && (last[id] ?? -1) <= at),
  }));
  prepared.set(graph, { registry, steps });
  return steps;
}

/** Runs a graph: `inputs` are its non-constant inputs in order. Returns its outputs in order. */
export function runGraph(
  graph: Graph,
  inputs: readonly (RuntimeValue | undefined)[],
  execution: Execution,
): readonly RuntimeValue[] {
  const values: (RuntimeValue | undefined)[] = new Array(graph.types.length);
  let next = 0;
  for (const input of graph.inputs) {
    values[input.id] = input.role === "constant" ? input.value : inputs[next++];
  }
  for (const { node, def, types, frees } of stepsOf(graph, execution.registry)) {
    const given = node.inputs.map((id) => (id < 0 ? undefined : values[id]));
    const outputs = runWith(def, node, given, types, execution);
    node.outputs.forEach((id, i) => {
      if (id >= 0) values[id] = outputs[i];
    });
    execution.observe?.(node, outputs);
    for (const id of frees) values[id] = undefined;
  }
  return graph.outputs.map((o) => {
    const value = values[o.id];
    if (value === undefined) throw new BackendError(`graph ${graph.name}: output ${o.name} was not computed`);
    return value;
  });
}

function lastUses(graph: Graph): Int32Array {
  const last = new Int32Array(graph.types.length).fill(-1);
  graph.nodes.forEach((node, at) => {
    for (const id of node.inputs) if (id >= 0) last[id] = at;
  });
  for (const o of graph.outputs) last[o.id] = graph.nodes.length;
  return last;
}
