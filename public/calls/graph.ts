/** Reading graphs and dims, held to their arguments. @module */
import * as args from "../../io/files/arguments.ts";
import * as graphs from "../../core/graph/graph.ts";
import * as differentiate from "../../core/graph/differentiate.ts";
import * as shapes from "../../core/values/shape.ts";
import type { GraphBuilder } from "../../core/graph/builder.ts";
import type { Derivation } from "../../core/graph/differentiate.ts";
import type { Graph, Node, Value } from "../../core/graph/graph.ts";
import type { Operators } from "../../core/graph/op.ts";
import type { Dim, DimEnv, Type } from "../../core/values/shape.ts";

const nodeKind: args.Kind = args.having("a node", "op");
const builder: args.Kind = args.having("a builder", "op", "one");
const dim: args.Kind = [
  "a dim (a number, a symbol, or what adds and multiplies them)",
  (v) =>
    typeof v === "number" || typeof v === "string" || args.having("a dim", "op", "a", "b")[1](v) ||
    args.having("a dim", "unknown")[1](v),
];
const maybeList: args.Kind = ["a list", (value) => value === undefined || args.list[1](value)];

/** The type of a value. */
export function typeOf(graph: Graph, id: number): Type {
  args.check("typeOf", "graph", graph, args.graphKind);
  return graphs.typeOf(graph, id);
}
/** The op with its domain, as in `Conv` or `lapis.SpaceToRows`. */
export function opName(node: Pick<Node, "op" | "domain">): string {
  args.check("opName", "node", node, nodeKind);
  return graphs.opName(node);
}
/** Nodes in a graph and in all graphs nested in it. */
export function countNodes(graph: Graph): number {
  args.check("countNodes", "graph", graph, args.graphKind);
  return graphs.countNodes(graph);
}
/** Recreates a graph's inputs (but constants) in a builder, by id. */
export function inputsInto(b: GraphBuilder, graph: Graph): Map<number, Value> {
  args.check("inputsInto", "b", b, builder);
  args.check("inputsInto", "graph", graph, args.graphKind);
  return differentiate.inputsInto(b, graph);
}
/** Binds a symbol or unknown, or checks an expression, against an actual size. False when they disagree. */
export function bindDim(d: Dim, actual: number, env: Map<string, number>): boolean {
  args.check("bindDim", "d", d, dim);
  args.check("bindDim", "actual", actual, args.number);
  args.check("bindDim", "env", env, args.map);
  return shapes.bindDim(d, actual, env);
}
/** The number a dim comes to, or undefined while a symbol in it is not bound. */
export function evalDim(d: Dim, env: DimEnv): number | undefined {
  args.check("evalDim", "d", d, dim);
  args.check("evalDim", "env", env, args.map);
  return shapes.evalDim(d, env);
}
/** A dim as people write it: `batch`, `2*time - 1`, `?`. */
export function dimText(d: Dim): string {
  args.check("dimText", "d", d, dim);
  return shapes.dimText(d);
}
/** A shape as people write it: `[batch, 100, 64]`; `[...]` for an unknown rank. */
export function shapeText(shape: readonly Dim[] | undefined): string {
  args.check("shapeText", "shape", shape, maybeList);
  return shapes.shapeText(shape);
}
/** Replays a graph once, and goes on with the gradients of its output `loss` (a float scalar) for the wanted inputs. Loops keep what their way back reads, so that nothing runs twice. Outputs are the caller's to name. @throws {ShapeError} when the loss is no float scalar, or an input isn't there or holds no floats. / */
export function derive(
  graph: Graph,
  loss: string,
  wanted: readonly string[],
  registry: Operators,
  name?: string,
): Derivation {
  args.check("derive", "graph", graph, args.graphKind);
  args.check("derive", "loss", loss, args.text);
  args.check("derive", "wanted", wanted, args.list);
  args.check("derive", "registry", registry, args.object);
  return differentiate.derive(graph, loss, wanted, registry, name ?? graph.name);
}
/** The same graph with the gradients of its output `loss` (a float scalar) for the wanted inputs, as further outputs `gradient/NAME`; zeros where none flows. @throws {ShapeError} when the loss is no float scalar, or an input isn't there or holds no floats. / */
export function gradient(graph: Graph, loss: string, wanted: readonly string[], registry: Operators): Graph {
  args.check("gradient", "graph", graph, args.graphKind);
  args.check("gradient", "loss", loss, args.text);
  args.check("gradient", "wanted", wanted, args.list);
  args.check("gradient", "registry", registry, args.object);
  return differentiate.gradient(graph, loss, wanted, registry);
}
