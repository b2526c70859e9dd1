/** Small ONNX models for tests. @module */
import { ok } from "node:assert/strict";
import { runGraph } from "../../core/ops/execute.ts";
import type { Graph } from "../../core/graph/graph.ts";
import { defaultLimits } from "../../core/values/limits.ts";
import { networkOps } from "../../core/ops/mod.ts";
import { createRegistry } from "../../core/registry.ts";
import { isTensor, type Tensor, toNumbers } from "../../core/values/tensor.ts";
import type { AttributeProto, GraphProto, ModelProto, NodeProto } from "../../io/onnx/messages.ts";
import { modelTable } from "../../io/onnx/messages.ts";
import { readOnnx } from "../../io/onnx/mod.ts";
import { encode } from "../../io/onnx/proto.ts";

export const registry = createRegistry([{ owner: "core", plugins: networkOps }]);
export const read = (model: ModelProto) => readOnnx(encode(modelTable, model), { registry, file: "m.onnx" });
export const float = (...dim: (number | string)[]) => ({
  tensorType: {
    elemType: 1,
    shape: {
      dim: dim.map((d) => (typeof d === "number" ? { dimValue: BigInt(d) } : { dimParam: d })),
    },
  },
});
export const node = (
  opType: string,
  input: string[],
  output: string[],
  attribute: AttributeProto[] = [],
): NodeProto => ({ opType, input, output, attribute });
export const modelOf = (graph: GraphProto, more: Partial<ModelProto> = {}): ModelProto => ({
  irVersion: 9n,
  opsetImport: [{ domain: "", version: 17n }],
  graph,
  ...more,
});
export const relu = (more: Partial<GraphProto> = {}): GraphProto => ({
  input: [{ name: "x", type: float("n", 2) }],
  node: [node("Relu", ["x"], ["y"])],
  output: [{ name: "y", type: float("n", 2) }],
  ...more,
});
export function run(graph: Graph, inputs: Readonly<Record<string, Tensor>>): Record<string, number[]> {
  const given = graph.inputs.filter((i) => i.role !== "constant").map((i) => inputs[i.name] ?? i.value);
  const results = runGraph(graph, given, { registry, limits: defaultLimits });
  return Object.fromEntries(graph.outputs.map((o, i) => {
    const value = results[i];
    ok(isTensor(value));
    return [o.name, [...toNumbers(value)]];
  }));
}
