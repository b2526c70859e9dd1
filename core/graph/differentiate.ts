/** Gradients of a whole graph: a graph in, a graph out. @module */
import { GraphBuilder } from "./builder.ts";
import { ShapeError, shown } from "../values/errors.ts";
import { gradientNodes, isDifferentiable, replay } from "./gradient.ts";
import { type Graph, typeOf, type Value } from "./graph.ts";
import { savedScan } from "../ops/control/scan-gradient.ts";
import { zerosLike } from "../ops/indexing/positions.ts";
import type { Operators } from "./op.ts";
import { item } from "../values/item.ts";
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

/** A graph that has been replayed in a builder, with gradients, open for more. */
export interface Derivation {
  /** Holds the graph's nodes, and those of its gradients. */
  readonly b: GraphBuilder;
  /** The graph's inputs (but constants) by name. */
  readonly inputs: ReadonlyMap<string, Value>;
  /** The graph's outputs by name. */
  readonly outputs: ReadonlyMap<string, Value>;
  /** Gradients in the order asked for; zeros where none flows. */
  readonly gradients: readonly Value[];
}
/**
 * Replays a graph once, and goes on with the gradients of its output `loss` (a float scalar) for the wanted inputs. Loops keep
 * what their way back reads, so that nothing runs twice. Outputs are the caller's to name.
 * @throws {ShapeError} when the loss is no float scalar, or an input isn't there or holds no floats.
 */
export function derive(
  graph: Graph,
  loss: string,
  wanted: readonly string[],
  registry: Operators,
  name: string = graph.name,
): Derivation {
  const b = new GraphBuilder(registry, { name }), values = inputsInto(b, graph);
  const inputs = new Map(graph.inputs.flatMap(({ id, name }) => {
    const value = values.get(id);
    return value ? [[name, value] as const] : [];
  }));
  replay(b, graph, values, (node, given) => savedScan(b, node, given));
  const outputs = new Map(graph.outputs.flatMap(({ id, name }) => {
    const value = values.get(id);
    return value ? [[name, value] as const] : [];
  }));
  const value = outputs.get(loss);
  if (!value) throw new ShapeError(`graph ${graph.name}: has no output ${shown(loss)}`);
  const { dtype, shape } = asTensor(value.type);
  if (!isDifferentiable(value.type) || (shape && shape.length > 0)) {
    throw new ShapeError(
      `graph ${graph.name}: the loss ${shown(loss)} is a float scalar, got ${typeText(value.type)}`,
    );
  }
  const asked = wanted.map((name) => {
    const input = inputs.get(name);
    if (input && isDifferentiable(input.type)) return input;
    throw new ShapeError(`graph ${graph.name}: has no input ${shown(name)} of floats`);
  });
  const whole = b.build(), seeds = new Map([[value.id, b.scalar(1, dtype)]]);
  const found = gradientNodes(b, whole, b.values(), seeds, asked.map((v) => v.id));
  return { b, inputs, outputs, gradients: asked.map((x) => found.get(x.id) ?? zerosLike(b, x)) };
}

/**
 * The same graph with the gradients of its output `loss` (a float scalar) for the wanted inputs, as further outputs
 * `gradient/NAME`; zeros where none flows.
 * @throws {ShapeError} when the loss is no float scalar, or an input isn't there or holds no floats.
 */
export function gradient(graph: Graph, loss: string, wanted: readonly string[], registry: Operators): Graph {
  const { b, outputs, gradients } = derive(graph, loss, wanted, registry);
  for (const { name, updates } of graph.outputs) {
    const kept = outputs.get(name);
    if (kept) b.output(name, kept, updates);
  }
  gradients.forEach((g, i) => b.output(gradientName(item(wanted, i)), g));
  return b.build();
}
