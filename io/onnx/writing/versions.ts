/** Which opset a graph needs, so that it is written for the oldest that means the same. @module */
import { type DType, isFloat } from "../../../core/values/dtype.ts";
import { type Attributes, type Graph, opName } from "../../../core/graph/graph.ts";
import type { OpDef } from "../../../core/graph/op.ts";
import type { Operators } from "../../../core/graph/op.ts";
import type { Type } from "../../../core/values/shape.ts";

/** The oldest opset that is written: reductions' and Squeeze's axes became inputs then, one after the other since. */
export const oldestWritten = 13;
/** The opset that is written unless a graph needs a newer one. */
export const usualOpset = 21;

/**
 * Operators that came or changed their meaning after {@link oldestWritten}; others only took on element types, or had another
 * form before (see lower.ts).
 */
const meaningSince: ReadonlyMap<string, number> = new Map(Object.entries({
  Bernoulli: 15,
  BitwiseAnd: 18,
  BitwiseNot: 18,
  BitwiseOr: 18,
  BitwiseXor: 18,
  BlackmanWindow: 17,
  CastLike: 15,
  CenterCropPad: 18,
  Col2Im: 18,
  HammingWindow: 17,
  HannWindow: 17,
  HardSwish: 14,
  LayerNormalization: 17,
  MelWeightMatrix: 17,
  Mish: 18,
  Optional: 15,
  OptionalGetElement: 18,
  OptionalHasElement: 18,
  RoiAlign: 16,
  STFT: 17,
  SequenceMap: 17,
  Trilu: 14,
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
/** Attributes that came, or changed their meaning, later than their operator; written only where not the default. */
const attributeSince: ReadonlyMap<string, number> = new Map(Object.entries({
  "Attention.left_window_size": 25,
  "Attention.right_window_size": 25,
  "AveragePool.ceil_mode": 22,
  "BatchNormalization.training_mode": 14,
  "GRU.layout": 14,
  "LSTM.layout": 14,
  "RNN.layout": 14,
  "AveragePool.dilations": 19,
  "Cast.round_mode": 24,
  "Cast.saturate": 19,
  "CastLike.round_mode": 24,
  "CastLike.saturate": 19,
  "DequantizeLinear.block_size": 21,
  "DequantizeLinear.output_dtype": 23,
  "LpPool.ceil_mode": 22,
  "LpPool.dilations": 18,
  "MaxPool.ceil_mode": 22,
  "QuantizeLinear.block_size": 21,
  "QuantizeLinear.output_dtype": 21,
  "QuantizeLinear.precision": 23,
  "QuantizeLinear.saturate": 19,
  "Range.stash_type": 27,
  "Resize.antialias": 18,
  "Resize.axes": 18,
  "Resize.keep_aspect_ratio_policy": 18,
  "ScatterElements.reduction": 16,
  "ScatterND.reduction": 16,
  "SpaceToDepth.mode": 28,
}));

/** Attribute values that came later than their attribute. */
const valueSince: ReadonlyMap<string, number> = new Map(Object.entries({
  "Pad.mode=wrap": 19,
  "Resize.coordinate_transformation_mode=half_pixel_symmetric": 19,
  "ScatterElements.reduction=max": 18,
  "ScatterElements.reduction=min": 18,
  "ScatterND.reduction=max": 18,
  "ScatterND.reduction=min": 18,
}));

/** The IR version that goes with an opset of ai.onnx. */
export function irFor(opset: number): number {
  if (opset <= 14) return 7;
  if (opset <= 18) return 8;
  if (opset <= 20) return 9;
  return opset <= 22 ? 10 : Math.min(opset - 12, 13);
}

/** Element types that an operator took on late, with the opset that brought them. */
const smallIntegers: DType[] = ["int8", "int16", "uint8", "uint16"];
const typeSince: ReadonlyMap<string, { readonly opset: number; readonly types: readonly DType[] }> = new Map(
  Object.entries<{ opset: number; types: DType[] }>({
    Add: { opset: 14, types: smallIntegers },
    BitShift: { opset: 28, types: ["int8", "int16", "int32", "int64"] },
    Celu: { opset: 28, types: ["float16", "float64", "bfloat16"] },
    CumSum: { opset: 14, types: ["float16"] },
    Compress: { opset: 28, types: ["bfloat16"] },
    DequantizeLinear: { opset: 21, types: ["int16", "uint16"] },
    Div: { opset: 14, types: smallIntegers },
    Einsum: { opset: 28, types: ["bfloat16"] },
    Equal: { opset: 19, types: ["string"] },
    IsInf: { opset: 20, types: ["float16"] },
    Mul: { opset: 14, types: smallIntegers },
    OneHot: { opset: 28, types: ["bfloat16"] },
    QuantizeLinear: { opset: 21, types: ["int16", "uint16"] },
    Range: { opset: 27, types: ["float16", "bfloat16"] },
    ReduceMax: { opset: 20, types: ["bool"] },
    ReduceMin: { opset: 20, types: ["bool"] },
    Relu: { opset: 14, types: [...smallIntegers, "int32", "int64"] },
    ReverseSequence: { opset: 28, types: ["bfloat16"] },
    Sub: { opset: 14, types: smallIntegers },
    Unique: { opset: 28, types: ["bfloat16"] },
  }),
);
/** The opset by which operators had taken on an element type, for those that came late. */
function typeOpset(dtype: DType): number {
  if (dtype === "bfloat16") return 22;
  if (dtype === "float8e8m0") return 24;
  if (dtype === "float4e2m1") return 23;
  if (dtype === "int2" || dtype === "uint2") return 25;
  return dtype.startsWith("float8") || dtype === "int4" || dtype === "uint4" ? 21 : oldestWritten;
}
const dtypeOf = (type: Type | undefined): DType | undefined =>
  type === undefined ? undefined : type.kind === "tensor" ? type.dtype : dtypeOf(type.of);

/** The oldest opset of ai.onnx in which an operator does what its declaration says, on these types, with these attributes. */
export function opsetFor(def: OpDef, types: readonly (Type | undefined)[], attributes: Attributes): number {
  const late = typeSince.get(def.name);
  let opset = meaningSince.get(def.name) ?? Math.min(def.since, oldestWritten);
  for (const type of types) {
    const dtype = dtypeOf(type);
    if (dtype === undefined) continue;
    opset = Math.max(opset, Math.min(def.since, typeOpset(dtype)));
    if (late?.types.includes(dtype)) opset = Math.max(opset, late.opset);
    // Before, floats had the remainder of C alone.
    if (def.name === "Mod" && isFloat(dtype) && !attributes["fmod"]) opset = 28;
  }
  for (const [name, value] of Object.entries(attributes)) {
    const since = attributeSince.get(`${def.name}.${name}`) ?? 0;
    if (since > opset && value !== null && !isDefault(def, name, value)) opset = since;
    opset = Math.max(opset, valueSince.get(`${def.name}.${name}=${value}`) ?? 0);
  }
  return opset;
}
/** Whether an attribute has to be written. */
export function isDefault(def: OpDef, name: string, value: unknown): boolean {
  if (name === "dilations" && Array.isArray(value) && value.every((d) => d === 1)) return true;
  const field = (def.attributes as Readonly<Record<string, { required: boolean; default?: unknown }>>)[name];
  return field !== undefined && !field.required && same(field.default, value);
}
const same = (a: unknown, b: unknown): boolean =>
  Array.isArray(a) && Array.isArray(b)
    ? a.length === b.length && a.every((x, i) => Object.is(x, b[i]))
    : Object.is(a, b);

/** Versions of every domain that a graph needs, by operator, those of nested graphs included. */
export function neededOpsets(
  graph: Graph,
  registry: Operators,
): ReadonlyMap<string, ReadonlyMap<string, number>> {
  const needed = new Map<string, Map<string, number>>([["", new Map([["", oldestWritten]])]]);
  const visit = (g: Graph) => {
    for (const node of g.nodes) {
      const op = opName(node), def = registry.get("op", op), { domain } = node;
      const types = [...node.inputs, ...node.outputs].map((id) => g.types[id]);
      const version = domain === "" ? opsetFor(def, types, node.attributes) : def.since;
      let own = needed.get(domain);
      if (!own) needed.set(domain, own = new Map());
      own.set(op, Math.max(version, own.get(op) ?? 0));
      for (const inner of Object.values(node.graphs)) visit(inner);
    }
  };
  visit(graph);
  return needed;
}
