/** Which opset a graph needs, so that it is written for the oldest that means the same. @module */
import { type DType, dtypes } from "../../core/dtype.ts";
import type { Graph, Node } from "../../core/graph.ts";
import { opName } from "../../core/graph.ts";
import type { OpDef } from "../../core/op.ts";
import type { Registry } from "../../core/registry.ts";
import type { Type } from "../../core/shape.ts";
import { newestOpset } from "./survey.ts";

/** The oldest opset that is written: reductions take axes as an input since then. */
export const oldestWritten = 18;
/** The opset that is written unless a graph needs a newer one. */
export const usualOpset = 21;

/** Operators that came or changed their meaning after {@link oldestWritten}; others only took on element types. */
const meaningSince: ReadonlyMap<string, number> = new Map(Object.entries({
  AffineGrid: 20,
  Attention: 24,
  BitCast: 26,
  CausalConvWithState: 27,
  CumProd: 26,
  DFT: 20,
  DeformConv: 19,
  Gelu: 20,
  GridSample: 20,
  GroupNormalization: 21,
  ImageDecoder: 20,
  LinearAttention: 27,
  RMSNormalization: 23,
  RegexFullMatch: 20,
  RotaryEmbedding: 23,
  StringConcat: 20,
  StringSplit: 20,
  SwiGLU: 28,
  Swish: 24,
  TensorScatter: 24,
}));
/** Attributes that came later than their operator; written only where they aren't the default. */
const attributeSince: ReadonlyMap<string, number> = new Map(Object.entries({
  "Attention.left_window_size": 25,
  "Attention.right_window_size": 25,
  "AveragePool.dilations": 19,
  "Cast.round_mode": 24,
  "Cast.saturate": 19,
  "CastLike.round_mode": 24,
  "CastLike.saturate": 19,
  "DequantizeLinear.block_size": 21,
  "DequantizeLinear.output_dtype": 23,
  "QuantizeLinear.block_size": 21,
  "QuantizeLinear.output_dtype": 21,
  "QuantizeLinear.precision": 23,
  "QuantizeLinear.saturate": 19,
  "Range.stash_type": 27,
  "SpaceToDepth.mode": 28,
}));

/** The IR version that goes with an opset of ai.onnx. */
export function irFor(opset: number): number {
  if (opset <= 18) return 8;
  if (opset <= 20) return 9;
  return opset <= 22 ? 10 : Math.min(opset - 12, 13);
}

const old = (dtype: DType) => {
  const { kind, bits } = dtypes[dtype];
  return dtype !== "bfloat16" && (bits >= 8 || kind === "string") && !dtype.startsWith("float8");
};
function usesNewTypes(node: Node, types: readonly Type[]): boolean {
  const isNew = (t: Type | undefined): boolean =>
    t !== undefined && (t.kind === "tensor" ? !old(t.dtype) : isNew(t.of));
  return [...node.inputs, ...node.outputs].some((id) => id >= 0 && isNew(types[id]));
}

/** The oldest opset in which an operator of ai.onnx means what its declaration says. */
export function meaningOpset(def: OpDef): number {
  return meaningSince.get(def.name) ?? Math.min(def.since, oldestWritten);
}
/** Whether an attribute has to be written. */
export function isDefault(def: OpDef, name: string, value: unknown): boolean {
  const field = (def.attributes as Readonly<Record<string, { required: boolean; default?: unknown }>>)[name];
  return field !== undefined && !field.required && same(field.default, value);
}
const same = (a: unknown, b: unknown): boolean =>
  Array.isArray(a) && Array.isArray(b)
    ? a.length === b.length && a.every((x, i) => Object.is(x, b[i]))
    : Object.is(a, b);

/** Versions of every domain that a graph needs, those of nested graphs included. */
export function neededOpsets(graph: Graph, registry: Registry): ReadonlyMap<string, number> {
  const needed = new Map([["", oldestWritten]]);
  const raise = (domain: string, version: number) =>
    needed.set(domain, Math.max(version, needed.get(domain) ?? 1));
  const visit = (g: Graph) => {
    for (const node of g.nodes) {
      const def = registry.get("op", opName(node));
      if (node.domain !== "") raise(node.domain, def.since);
      else {
        raise("", usesNewTypes(node, g.types) ? Math.min(def.since, newestOpset) : meaningOpset(def));
        for (const [name, value] of Object.entries(node.attributes)) {
          const since = attributeSince.get(`${node.op}.${name}`);
          if (since !== undefined && value !== null && !isDefault(def, name, value)) raise("", since);
        }
      }
      for (const inner of Object.values(node.graphs)) visit(inner);
    }
  };
  visit(graph);
  return needed;
}
