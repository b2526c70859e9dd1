/** What engines are written with, held to their arguments. @module */
import * as args from "../../io/files/arguments.ts";
import * as plan from "../../plugins/backends/room/binding.ts";
import * as held from "../../plugins/backends/room/held.ts";
import * as backend from "../../core/graph/backend.ts";
import * as execute from "../../core/ops/execute.ts";
import type { Feeds, KeptValue, SessionOptions } from "../../core/graph/backend.ts";
import type { Execution } from "../../core/ops/execute.ts";
import type { Graph, GraphInput, Node } from "../../core/graph/graph.ts";
import type { InputError } from "../../core/values/errors.ts";
import type { DimEnv, TensorType, Type } from "../../core/values/shape.ts";
import type { RuntimeValue, Tensor } from "../../core/values/tensor.ts";

const named: args.Kind = args.having("an input", "name");
const typeKind: args.Kind = args.having("a type", "kind");
const nodeKind: args.Kind = args.having("a node", "op");

/** Binds the dims of the data inputs to what was given. @throws {InputError} that names the input. */
export function bindInputs(
  graph: Graph,
  inputs: Readonly<Record<string, RuntimeValue>>,
  roles: ReadonlySet<string>,
): Map<string, number> {
  args.check("bindInputs", "graph", graph, args.graphKind);
  args.check("bindInputs", "inputs", inputs, args.object);
  return plan.bindInputs(graph, inputs, roles);
}
/** Checks one input against its type and binds its symbols. */
export function bindValue(
  input: Pick<GraphInput, "name">,
  type: Type,
  value: RuntimeValue,
  env: Map<string, number>,
): void {
  args.check("bindValue", "input", input, named);
  args.check("bindValue", "type", type, typeKind);
  args.check("bindValue", "value", value, args.object);
  return plan.bindValue(input, type, value, env);
}
/** The bound dims as one text, for caches. */
export function envKey(env: DimEnv): string {
  args.check("envKey", "env", env, args.map);
  return plan.envKey(env);
}
/** Zeros for a state or slot that holds nothing yet. @throws {BackendError} for a weight: it has to be written first. */
export function firstValue(input: GraphInput, type: TensorType, env: DimEnv): Tensor {
  args.check("firstValue", "input", input, named);
  args.check("firstValue", "type", type, typeKind);
  return plan.firstValue(input, type, env);
}
/** What a session says when a held value doesn't fit the dims that the inputs bound. */
export function staleState(input: GraphInput, held: readonly number[], type: TensorType): InputError {
  args.check("staleState", "input", input, named);
  return plan.staleState(input, held, type);
}
/** What was given, with the values that inputs have of their own where nothing was. */
export function withDefaults(
  graph: Graph,
  inputs: Readonly<Record<string, RuntimeValue>>,
  roles: ReadonlySet<string>,
): Readonly<Record<string, RuntimeValue>> {
  args.check("withDefaults", "graph", graph, args.graphKind);
  args.check("withDefaults", "inputs", inputs, args.object);
  return plan.withDefaults(graph, inputs, roles);
}
/** What a run is given, with the values that {@link keptBy} made in place of themselves. @throws {InputError} */
export function fedValues(engine: string, feeds: Feeds): Readonly<Record<string, RuntimeValue>> {
  args.check("fedValues", "engine", engine, args.text);
  args.check("fedValues", "feeds", feeds, args.object);
  return held.fedValues(engine, feeds);
}
/** The input that a session holds under a name. @throws {InputError} naming those that it holds. */
export function heldInput(graph: Graph, name: string): GraphInput {
  args.check("heldInput", "graph", graph, args.graphKind);
  return held.heldInput(graph, name);
}
/** Results of a run as values kept by an engine whose memory is this program's. @throws {InputError} before it begins, naming an output that is no tensor. / */
export async function keptBy(
  engine: string,
  graph: Graph,
  run: () => Promise<Readonly<Record<string, RuntimeValue>>>,
): Promise<Record<string, KeptValue>> {
  args.check("keptBy", "engine", engine, args.text);
  args.check("keptBy", "graph", graph, args.graphKind);
  args.check("keptBy", "run", run, args.callable);
  return await held.keptBy(engine, graph, run);
}
/** Refuses a value that another engine keeps. @throws {InputError} naming the input and both engines */
export function refuseForeign(engine: string, name: string, value: KeptValue): never {
  args.check("refuseForeign", "engine", engine, args.text);
  args.check("refuseForeign", "name", name, args.text);
  args.check("refuseForeign", "value", value, args.object);
  return held.refuseForeign(engine, name, value);
}
/** A copy of a value for an input that a session holds. @throws {ShapeError} where it doesn't fit. */
export function written(graph: Graph, input: GraphInput, value: Tensor): Tensor {
  args.check("written", "graph", graph, args.graphKind);
  args.check("written", "input", input, named);
  args.check("written", "value", value, args.tensorKind);
  return held.written(graph, input, value);
}
/** Refuses options that a backend doesn't know or can't heed, before it compiles. @throws {ConfigError} @throws {BackendError} / */
export function checkCompile(engine: string, options: SessionOptions, mostThreads = 1): void {
  args.check("checkCompile", "engine", engine, args.text);
  args.check("checkCompile", "options", options, args.object);
  return backend.checkCompile(engine, options, mostThreads);
}
/** Runs a graph: `inputs` are its non-constant inputs in order. Returns its outputs in order. */
export function runGraph(
  graph: Graph,
  inputs: readonly (RuntimeValue | undefined)[],
  execution: Execution,
): readonly RuntimeValue[] {
  args.check("runGraph", "graph", graph, args.graphKind);
  args.check("runGraph", "inputs", inputs, args.list);
  args.check("runGraph", "execution", execution, args.object);
  return execute.runGraph(graph, inputs, execution);
}
/** Runs one node: its plain kernel, or its body. */
export function runNode(
  node: Node,
  inputs: readonly (RuntimeValue | undefined)[],
  types: readonly Type[],
  execution: Execution,
): readonly RuntimeValue[] {
  args.check("runNode", "node", node, nodeKind);
  args.check("runNode", "inputs", inputs, args.list);
  args.check("runNode", "types", types, args.list);
  args.check("runNode", "execution", execution, args.object);
  return execute.runNode(node, inputs, types, execution);
}
