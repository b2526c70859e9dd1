/** Gradients of a whole graph: a graph in, a graph out. @module */
import { GraphBuilder } from "./builder.ts";
import { ShapeError, shown } from "../values/errors.ts";
import { gradientNodes, isDifferentiable, replay } from "./gradient.ts";
import { type Graph, typeOf, type Value } from "./graph.ts";
import { savingScans } from "../ops/control/scan-gradient.ts";
import { zerosLike } from "../ops/indexing/positions.ts";
import type { Registry } from "./registry.ts";
import { asTensor, typeText } from "../values/shape.ts";

/** Recreates a graph's inputs (but constants) in a builder, by id. */
export function inputsInto(b: GraphBuilder, graph: Graph): Map<number, Value> {
  const values = new Map<number, Value>();
  for (const input of graph.inputs) {
    if (input.role === "constant") continue;
    values.set(input.id, b.input(input.name, typeOf(graph, input.id), input.role, input.value));
  }
  return values;
}
/** The name of the output that holds the gradient of an input. */
export const gradientName = (input: string): string => `gradient/${input}`;

/**
 * The same graph with the gradients of its output `loss` (a float scalar) for the wanted inputs, as further outputs
 * `gradient/NAME`; zeros where none flows. Loops keep what their way back reads, so that nothing runs twice.
 * @throws {ShapeError} when the loss is no float scalar, or an input isn't there or holds no floats.
 */
export function gradient(graph: Graph, loss: string, wanted: readonly string[], registry: Registry): Graph {
  const saving = savingScans(graph, registry);
  const b = new GraphBuilder(registry, { name: graph.name });
  const values = inputsInto(b, saving);
  replay(b, saving, values);
  const from = saving.outputs.find((o) => o.name === loss), value = from && values.get(from.id);
  if (!from || !value) throw new ShapeError(`graph ${graph.name}: has no output ${shown(loss)}`);
  const { dtype, shape } = asTensor(value.type);
  if (!isDifferentiable(value.type) || (shape && shape.length > 0)) {
    throw new ShapeError(
      `graph ${graph.name}: the loss ${shown(loss)} is a float scalar, got ${typeText(value.type)}`,
    );
  }
  const byName = new Map(saving.inputs.map((i) => [i.name, i]));
  const ids = wanted.map((name) => {
    const input = byName.get(name);
    if (!input || !isDifferentiable(typeOf(saving, input.id))) {
      throw new ShapeError(`graph ${graph.name}: has no input ${shown(name)} of floats`);
    }
    return input.id;
  });
  for (const o of saving.outputs) {
    const kept = values.get(o.id);
    if (kept) b.output(o.name, kept, o.updates);
  }
  const found = gradientNodes(b, saving, values, new Map([[from.id, b.scalar(1, dtype)]]), ids);
  ids.forEach((id, i) => {
    const x = values.get(id), g = found.get(id) ?? (x && zerosLike(b, x));
    if (g) b.output(gradientName(wanted[i] ?? ""), g);
  });
  return b.build();
}
