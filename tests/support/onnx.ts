/** ONNX files for tests, from their messages. @module */
import type { GraphProto } from "../../io/onnx/messages.ts";
import { modelTable } from "../../io/onnx/messages.ts";
import { encode } from "../../io/onnx/proto.ts";

/** The bytes of a model with one graph; opset 17 of ai.onnx, and 1 of every other domain that its nodes name. */
export function encodeModel(graph: GraphProto, opset = 17): Uint8Array {
  const domains = new Set((graph.node ?? []).map((n) => n.domain ?? ""));
  domains.add("");
  return encode(modelTable, {
    irVersion: 8n,
    opsetImport: [...domains].map((domain) => ({ domain, version: BigInt(domain === "" ? opset : 1) })),
    graph: { name: "test", ...graph },
  });
}
