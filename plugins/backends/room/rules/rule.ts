/** How an operator with a kernel of its own (or with none, where only the view changes) is lowered. @module */
import type { Graph, GraphInput, Node } from "../../../../core/graph/graph.ts";
import { equalsOrIsOne, sameDim, type TensorType, type Type } from "../../../../core/values/shape.ts";
import type { LoopKernels } from "../kernels.ts";
import type { Lowering } from "../lowering/lowering.ts";
import type { Scope } from "../lowering/scope.ts";

/** What decides whether a rule fits. All ranks are known. */
export interface Candidate {
  readonly node: Node;
  readonly graph: Graph;
  readonly inputs: readonly (TensorType | undefined)[];
  readonly outputs: readonly TensorType[];
  /** Whether a node of a nested graph runs on the engine. */
  engine(node: Node, graph: Graph): boolean;
}
/** A rule. */
export interface Rule {
  supports(candidate: Candidate): boolean;
  lower(lowering: Lowering, scope: Scope, node: Node): void;
}
/** Rules by operator. */
export type Rules = Readonly<Record<string, Rule>>;

/** What graphs are lowered to. */
export interface Target {
  readonly kernels: LoopKernels;
  /** Operators with kernels of the engine's own, or of the room's (`rules/`). */
  readonly rules: Rules;
}

const engineTypes = new Set(["float32", "int32", "int64", "bool", "uint8", "int8"]);
/** Every tensor is of a type that lies in wasm memory as it is. */
export function engineTyped({ inputs, outputs }: Candidate): boolean {
  return [...inputs, ...outputs].every((t) => t === undefined || engineTypes.has(t.dtype));
}
/** Every tensor is float32. */
export function allFloat32({ inputs, outputs }: Candidate): boolean {
  return [...inputs, ...outputs].every((t) => t === undefined || t.dtype === "float32");
}
/** An integer attribute. */
export function intOf(node: Node, name: string, otherwise: number): number {
  const v = node.attributes[name];
  return typeof v === "number" ? v : typeof v === "boolean" ? Number(v) : otherwise;
}
/** An integer list attribute. */
export function intsOf(node: Node, name: string): readonly number[] | undefined {
  const v = node.attributes[name];
  return Array.isArray(v) && v.every((x) => typeof x === "number") ? v as readonly number[] : undefined;
}
const inputsById = new WeakMap<Graph, ReadonlyMap<number, GraphInput>>();
/** The input that a value is, if it is one. */
export function inputOf(graph: Graph, id: number | undefined): GraphInput | undefined {
  let found = inputsById.get(graph);
  if (!found) inputsById.set(graph, found = new Map(graph.inputs.map((i) => [i.id, i])));
  return found.get(id ?? -1);
}
/** An initializer's or constant's integers, when the graph itself holds them. */
export function constantInts(graph: Graph, id: number | undefined): readonly number[] | undefined {
  const input = inputOf(graph, id);
  if (input?.role !== "constant" || !input.value) return undefined;
  return Array.from(input.value.data as ArrayLike<number | bigint>, Number);
}

/** True where every axis either repeats or is as long as the result's; sizes that only may be equal are not. */
export function broadcasts(input: Type | undefined, output: Type | undefined): boolean {
  if (input === undefined || input.kind !== "tensor" || output?.kind !== "tensor") return true;
  const from = input.shape ?? [], to = output.shape ?? [];
  if (from === to) return true;
  return from.every((d, i) => {
    const wide = to[i - from.length + to.length] ?? -1;
    return d === 1 || sameDim(d, wide) || equalsOrIsOne(d, wide);
  });
}
