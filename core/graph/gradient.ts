/** Reverse walk over a graph: builds gradients out of operators by each operator's `vjp`. @module */
import { type Builder, GraphBuilder } from "./builder.ts";
import { isFloat } from "../values/dtype.ts";
import { UnsupportedError } from "../values/errors.ts";
import { type Graph, type Node, opName, typeOf, type Value } from "./graph.ts";
import type { OpDef } from "./op.ts";
import type { Type } from "../values/shape.ts";

/** True where gradients flow: tensors of floats. */
export function isDifferentiable(type: Type): boolean {
  return type.kind === "tensor" && isFloat(type.dtype);
}

/**
 * Adds the nodes of `graph` to `b`. `values` holds the inputs by id, and gets every other value. `instead` gives the outputs of
 * nodes that are added otherwise.
 */
export function replay(
  b: Builder,
  graph: Graph,
  values: Map<number, Value>,
  instead?: (node: Node, inputs: readonly (Value | undefined)[]) => readonly Value[] | undefined,
): void {
  for (const input of graph.inputs) {
    if (values.has(input.id)) continue;
    if (input.role !== "constant" || !input.value) {
      throw new RangeError(`graph ${graph.name}: input ${input.name} was not given`);
    }
    values.set(input.id, b.constant(input.value));
  }
  for (const node of graph.nodes) {
    if (node.outputs.every((id) => id < 0 || values.has(id))) continue;
    const inputs = node.inputs.map((id) => (id < 0 ? undefined : values.get(id)));
    const other = instead && b.scopeAs(node.scope, () => instead(node, inputs));
    const outputs = other ?? b.again(node, inputs, graph.types);
    node.outputs.forEach((id, i) => {
      const v = outputs[i];
      if (id >= 0 && v && !values.has(id)) values.set(id, v);
    });
  }
  b.agree(...graph.agreements ?? []);
}

/** Ids of differentiable values that depend on the wanted ones. */
function reached(graph: Graph, wanted: Iterable<number>): Set<number> {
  const found = new Set(wanted);
  for (const node of graph.nodes) {
    if (!node.inputs.some((id) => found.has(id))) continue;
    for (const id of node.outputs) if (id >= 0 && isDifferentiable(typeOf(graph, id))) found.add(id);
  }
  return found;
}

/**
 * Builds the gradients of `wanted` values of a graph whose forward values are in `b` already.
 *
 * @param values every value of the graph that a `vjp` may read, by id (see {@link replay})
 * @param seeds the gradients of (some) values by id, such as 1 for the loss
 * @returns gradients by id; a wanted value that no gradient reaches is absent
 * @throws {UnsupportedError} where the way leads through an operator without a gradient
 */
export function gradientNodes(
  b: Builder,
  graph: Graph,
  values: ReadonlyMap<number, Value>,
  seeds: ReadonlyMap<number, Value>,
  wanted: readonly number[],
): Map<number, Value> {
  const needed = reached(graph, wanted);
  const gradients = new Map(seeds);
  const add = (id: number, gradient: Value) => {
    const before = gradients.get(id);
    gradients.set(id, before ? b.add(before, gradient) : gradient);
  };
  for (const node of graph.nodes.toReversed()) {
    const dy = node.outputs.map((id) => (id < 0 ? undefined : gradients.get(id)));
    const asked = node.inputs.map((id) => id >= 0 && needed.has(id));
    if (!dy.some((v) => v) || !asked.some((w) => w)) continue;
    const dx = b.scopeAs(node.scope, () => backThrough(b, node, values, dy, asked));
    dx.forEach((v, i) => {
      const id = node.inputs[i];
      if (v && id !== undefined && asked[i]) add(id, v);
    });
  }
  return new Map(
    wanted.flatMap((id) => {
      const v = gradients.get(id);
      return v ? [[id, v] as const] : [];
    }),
  );
}

function backThrough(
  b: Builder,
  node: Node,
  values: ReadonlyMap<number, Value>,
  dy: readonly (Value | undefined)[],
  wanted: readonly boolean[],
): readonly (Value | undefined)[] {
  const def = b.registry.get("op", opName(node));
  const inputs = node.inputs.map((id) => (id < 0 ? undefined : values.get(id)));
  if (def.vjp) {
    const outputs = node.outputs.flatMap((id) => values.get(id) ?? []);
    return def.vjp(b, { inputs, outputs, attributes: node.attributes, graphs: node.graphs }, dy, wanted);
  }
  if (def.body) return throughBody(b, def, node, inputs, dy, wanted);
  throw new UnsupportedError(`${opName(node)} has no gradient`, { place: node.scope });
}

/** A composite's gradient: its body is computed again and walked back. */
function throughBody(
  b: Builder,
  def: OpDef,
  node: Node,
  inputs: readonly (Value | undefined)[],
  dy: readonly (Value | undefined)[],
  wanted: readonly boolean[],
): readonly (Value | undefined)[] {
  const scratch = new GraphBuilder(b.registry, { name: def.name });
  const values = new Map<number, Value>();
  const stand = inputs.map((v, i) => {
    if (!v) return undefined;
    const known = b.knownOf(v), dims = b.dimsOf(v);
    const inner = known ? scratch.constant(known, `i${i}`) : scratch.input(`i${i}`, v.type);
    if (dims) scratch.setDims(inner, dims);
    values.set(inner.id, v);
    return inner;
  });
  const outputs = def.body?.(scratch, stand, node.attributes, node.outputs.length) ?? [];
  const graph = scratch.build();
  replay(b, graph, values);
  const seeds = new Map<number, Value>();
  outputs.forEach((v, i) => {
    const gradient = dy[i], before = seeds.get(v.id);
    if (gradient) seeds.set(v.id, before ? b.add(before, gradient) : gradient);
  });
  const asked = stand.flatMap((v, i) => (v && wanted[i] ? [v.id] : []));
  const found = gradientNodes(b, graph, values, seeds, asked);
  return stand.map((v, i) => (v && wanted[i] ? found.get(v.id) : undefined));
}
