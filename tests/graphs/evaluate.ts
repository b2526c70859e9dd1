/** Runs one node on plain kernels, as its file says it. @module */
import type { Graph } from "../../core/graph/graph.ts";
import { runGraph, typeOfValue } from "../../core/ops/execute.ts";
import { defaultLimits } from "../../core/values/limits.ts";
import { isTensor, type RuntimeValue } from "../../core/values/tensor.ts";
import type { NodeProto, TensorProto, ValueInfoProto } from "../../io/onnx/messages.ts";
import { readOnnx } from "../../io/onnx/reading/read.ts";
import { tensorToProto } from "../../io/onnx/tensors.ts";
import { typeToProto } from "../../io/onnx/types.ts";
import { registry } from "../../mod.ts";
import { bytesOf, freeNames, modelOf } from "./models.ts";

/** What a node reads: its value, and whether the file holds it. */
export interface Known {
  readonly value: RuntimeValue;
  readonly constant: boolean;
}

/** The node's outputs. @throws {LapisError} when it can't be run. */
export function evaluate(
  node: NodeProto,
  opset: number,
  find: (name: string) => Known | undefined,
): readonly RuntimeValue[] {
  const initializer: TensorProto[] = [], input: ValueInfoProto[] = [], fed: Record<string, RuntimeValue> = {};
  for (const name of freeNames(node)) {
    const known = find(name);
    if (!known) throw new Error(`nothing is named ${name}`);
    if (known.constant && isTensor(known.value)) initializer.push(tensorToProto(known.value, name));
    else {
      input.push({ name, type: typeToProto(typeOfValue(known.value)) });
      fed[name] = known.value;
    }
  }
  const output = (node.output ?? []).map((name) => ({ name }));
  const bytes = bytesOf(modelOf({ node: [node], initializer, input, output }, opset));
  const { graph } = readOnnx(bytes, { registry, file: "node" });
  return runGraph(graph, feeds(graph, fed), { registry, limits: defaultLimits });
}
function feeds(graph: Graph, fed: Readonly<Record<string, RuntimeValue>>): (RuntimeValue | undefined)[] {
  return graph.inputs.filter((i) => i.role !== "constant").map((i) => fed[i.name] ?? i.value);
}
