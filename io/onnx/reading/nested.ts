/** Types of what goes into nested graphs: those of the values outside, widened until a loop's own outputs fit them. @module */
import type { Attributes, Value } from "../../../core/graph/graph.ts";
import { asTensor, type Dim, freshDim, sameDim, tensorType, type Type } from "../../../core/values/shape.ts";

/** Types of a nested graph's inputs, where the operator tells. Undefined leaves it to what the file declares. */
export function bodyInputTypes(
  op: string,
  opset: number,
  inputs: readonly (Value | undefined)[],
  attributes: Attributes,
): readonly (Type | undefined)[] {
  const types = inputs.map((v) => v?.type);
  switch (op) {
    case "Loop":
      return [tensorType("int64", []), tensorType("bool", []), ...types.slice(2)];
    case "Scan":
      return opset < 9 ? scan8Types(types.slice(1), attributes) : scanTypes(types, attributes);
    case "SequenceMap":
      return types.map((t) => (t?.kind === "sequence" ? t.of : t));
    default:
      return [];
  }
}
function without(type: Type | undefined, axis: number): Type | undefined {
  if (type?.kind !== "tensor" || !type.shape) return type;
  const at = axis < 0 ? axis + type.shape.length : axis;
  return tensorType(type.dtype, type.shape.filter((_, i) => i !== at));
}
function scanTypes(types: readonly (Type | undefined)[], attributes: Attributes): (Type | undefined)[] {
  const count = Number(attributes["num_scan_inputs"] ?? 0), states = types.length - count;
  const axes = attributes["scan_input_axes"];
  return types.map((t, i) =>
    i < states ? t : without(t, Array.isArray(axes) ? Number(axes[i - states] ?? 0) : 0)
  );
}
/** Scan of opset 8 has a batch axis before everything, and time after it. */
function scan8Types(types: readonly (Type | undefined)[], attributes: Attributes): (Type | undefined)[] {
  const states = types.length - Number(attributes["num_scan_inputs"] ?? 0);
  return types.map((t, i) => (i < states ? without(t, 0) : without(without(t, 0), 0)));
}

/** Positions of body outputs that become inputs of the next trip: `[output, input]`. */
export function carriedPositions(
  op: string,
  inputs: number,
  attributes: Attributes,
): readonly (readonly [number, number])[] {
  if (op === "Loop") return Array.from({ length: Math.max(0, inputs - 2) }, (_, i) => [i + 1, i + 2]);
  if (op !== "Scan") return [];
  const states = inputs - Number(attributes["num_scan_inputs"] ?? 0);
  return Array.from({ length: Math.max(0, states) }, (_, i) => [i, i]);
}

/** The narrower of what is known of a type outside and what the file declares inside. */
export function withDeclared(type: Type | undefined, declared: Type | undefined): Type | undefined {
  if (type?.kind === "tensor" && !type.shape && declared?.kind === "tensor" && declared.shape) {
    // A symbol inside a loop need not mean what it means outside.
    const dims = declared.shape.map((d) => (typeof d === "number" ? d : freshDim()));
    return tensorType(type.dtype, dims);
  }
  return type ?? declared;
}

/** `type`, made wide enough for `next` as well; the same object when it already is. */
export function widened(type: Type, next: Type | undefined): Type {
  if (next === undefined || next.kind !== type.kind) return type;
  if (type.kind !== "tensor") {
    const of = next.kind === "tensor" ? type.of : widened(type.of, next.of);
    return of === type.of ? type : { ...type, of };
  }
  const { dtype, shape } = type, other = asTensor(next).shape;
  if (shape === undefined) return type;
  if (other === undefined || other.length !== shape.length) return tensorType(dtype);
  const fits = (d: Dim, e: Dim) => isOpen(d) || sameDim(d, e);
  if (shape.every((d, i) => fits(d, other[i] ?? -1))) return type;
  return tensorType(dtype, shape.map((d, i) => (fits(d, other[i] ?? -1) ? d : freshDim())));
}
const isOpen = (d: Dim) => typeof d === "object" && "unknown" in d;
/** The same type with its ranks left open. */
export function unranked(type: Type): Type {
  return type.kind === "tensor" ? { kind: "tensor", dtype: type.dtype } : { ...type, of: unranked(type.of) };
}
