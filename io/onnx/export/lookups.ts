/** Vocabularies as LabelEncoder, the operator of ai.onnx.ml for them. @module */
import type { Graph } from "../../../core/graph/graph.ts";
import type { Operators } from "../../../core/graph/op.ts";
import { rewrite } from "../../../core/graph/rewrite.ts";

const encoder = "ai.onnx.ml.LabelEncoder";

/** The graph with lookups in fixed vocabularies as nodes of ONNX' own. What isn't in one gets -1, where Keras may refuse it. */
export function encodeLabels(graph: Graph, registry: Operators): Graph {
  if (!registry.find("op", encoder)) return graph;
  return rewrite(graph, registry, {
    name: "encode labels",
    node({ b, node, inputs: [x, list] }) {
      const words = node.op === "IndexOf" && node.domain === "lapis" ? b.knownOf(list) : undefined;
      if (!words) return undefined;
      // Of equal words the last stands, as in a table that is filled from the front.
      const places = new Map(Array.from(words.data as ArrayLike<string | bigint>, (w, i) => [w, i] as const));
      const keys = words.dtype === "string"
        ? { keys_strings: [...places.keys()] as string[] }
        : { keys_int64s: [...places.keys()] as bigint[] };
      return [b.one(encoder, [x], { ...keys, values_int64s: [...places.values()], default_int64: -1 })];
    },
  });
}
