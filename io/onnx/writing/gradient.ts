/** The Gradient operator (ai.onnx.preview.training): a question to the graph around it, answered with nodes while reading. @module */
import type { GraphBuilder } from "../../../core/graph/builder.ts";
import { FormatError, shown, UnsupportedError } from "../../../core/values/errors.ts";
import { gradientNodes, replay } from "../../../core/graph/gradient.ts";
import type { Attributes, Graph, Value } from "../../../core/graph/graph.ts";
import { liveValues } from "../../../core/graph/rewrite.ts";
import { asTensor } from "../../../core/values/shape.ts";
import type { Names } from "../names.ts";

/** Its name. */
export const gradientOperator = "ai.onnx.preview.training.Gradient";

/** Values that depend on some, by id. */
function dependants(graph: Graph, from: readonly number[]): Set<number> {
  const found = new Set(from);
  for (const node of graph.nodes) {
    if (node.inputs.some((id) => found.has(id))) node.outputs.forEach((id) => found.add(id));
  }
  return found;
}
function named(names: Names, name: unknown, b: GraphBuilder): Value {
  const value = typeof name === "string" && names.has(name) ? names.get(name) : undefined;
  if (!value) throw new FormatError(`a gradient that names ${shown(name)}, which has no producer`);
  if (value.owner !== b) throw new UnsupportedError("a gradient of values outside of its own graph");
  return value;
}

/**
 * The derivatives of the value named `y` by those named `xs`, where these and those named `zs` have the values given.
 * @throws {UnsupportedError} where the way leads through an operator without a gradient.
 */
export function gradientOf(
  b: GraphBuilder,
  inputs: readonly (Value | undefined)[],
  { xs, zs, y }: Attributes,
  names: Names,
): readonly Value[] {
  const wanted = (Array.isArray(xs) ? xs : []).map((name) => named(names, name, b));
  const others = (Array.isArray(zs) ? zs : []).map((name) => named(names, name, b));
  const target = named(names, y, b), listed = [...wanted, ...others];
  if (listed.length !== inputs.length) {
    throw new FormatError(`a gradient of ${listed.length} names has ${inputs.length} inputs`);
  }
  const whole = b.build(), ids = wanted.map((v) => v.id);
  const live = liveValues({ ...whole, outputs: [{ name: "y", id: target.id }] });
  const graph: Graph = { ...whole, nodes: whole.nodes.filter((n) => n.outputs.some((id) => live[id] === 1)) };
  const values = new Map(whole.types.map((type, id): [number, Value] => [id, { id, type, owner: b }]));
  if (listed.some((v, i) => v.id !== inputs[i]?.id)) {
    for (const id of dependants(whole, listed.map((v) => v.id))) values.delete(id);
    listed.forEach((v, i) => {
      const given = inputs[i];
      if (given) values.set(v.id, given);
    });
    replay(b, graph, values);
  }
  const end = values.get(target.id) ?? target;
  const seed = b.expand(b.scalar(1, asTensor(end.type).dtype), b.shape(end));
  const found = gradientNodes(b, graph, values, new Map([[target.id, seed]]), ids);
  return wanted.map((v) => {
    const zero = () => b.expand(b.scalar(0, asTensor(v.type).dtype), b.shape(v));
    return found.get(v.id) ?? zero();
  });
}
