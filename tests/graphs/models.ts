/** Small things about ONNX messages: whole models around a graph, names that a node reads. @module */
import { type DType, dtypes } from "../../core/values/dtype.ts";
import {
  type GraphProto,
  type ModelProto,
  modelTable,
  type NodeProto,
  type ValueInfoProto,
} from "../../io/onnx/messages.ts";
import { encode } from "../../io/onnx/proto.ts";

/** An input's or an output's message; without sizes only the element type is said. */
export function inputInfo(
  name: string,
  dtype: DType,
  sizes: readonly (number | string)[] | undefined,
): ValueInfoProto {
  const dim = sizes?.map((s) => (typeof s === "number" ? { dimValue: BigInt(s) } : { dimParam: s }));
  return { name, type: { tensorType: { elemType: dtypes[dtype].onnx, ...(dim && { shape: { dim } }) } } };
}
/** A model around a graph. */
export function modelOf(graph: GraphProto, opset: number): ModelProto {
  return {
    irVersion: BigInt(opset > 21 ? 10 : 8),
    opsetImport: [
      { domain: "", version: BigInt(opset) },
      ...(usesOwn(graph) ? [{ domain: "com.microsoft", version: 1n }] : []),
    ],
    graph: { name: "random", ...graph },
  };
}
/** Whether an operator of onnxruntime is in a graph. */
function usesOwn(graph: GraphProto): boolean {
  return (graph.node ?? []).some((n) =>
    n.domain === "com.microsoft" || (n.attribute ?? []).some(({ g }) => g && usesOwn(g))
  );
}
/** A model's file. */
export function bytesOf(model: ModelProto): Uint8Array {
  return encode(modelTable, model);
}
/** Names that a node reads, those of the outer graph that its bodies capture among them. */
export function freeNames(node: NodeProto): string[] {
  const names = new Set((node.input ?? []).filter((n) => n !== ""));
  for (const { g } of node.attribute ?? []) {
    if (!g) continue;
    const own = new Set([
      ...(g.input ?? []).map((i) => i.name ?? ""),
      ...(g.initializer ?? []).map((t) => t.name ?? ""),
      ...(g.node ?? []).flatMap((n) => n.output ?? []),
    ]);
    const read = [...(g.node ?? []).flatMap(freeNames), ...(g.output ?? []).map((o) => o.name ?? "")];
    for (const name of read) if (!own.has(name)) names.add(name);
  }
  return [...names];
}
/** The graph with only what the named outputs need. */
export function pruned(graph: GraphProto, outputs: readonly string[]): GraphProto {
  const needed = new Set(outputs), kept: NodeProto[] = [];
  for (const node of [...(graph.node ?? [])].reverse()) {
    if (!(node.output ?? []).some((name) => needed.has(name))) continue;
    kept.unshift(node);
    for (const name of freeNames(node)) needed.add(name);
  }
  return {
    ...graph,
    node: kept,
    initializer: (graph.initializer ?? []).filter((t) => needed.has(t.name ?? "")),
    input: (graph.input ?? []).filter((i) => needed.has(i.name ?? "")),
  };
}
