/** Types of graph values, and how shapes broadcast; with the dims of dims.ts. @module */
import type { DType } from "./dtype.ts";
import { type Dim, dimText, maxDims, minDims, sameDim } from "./dims.ts";
import { ShapeError } from "./errors.ts";

export * from "./dims.ts";

/** A tensor's type; without `shape` the rank itself is unknown. */
export interface TensorType {
  /** Tells types apart. */
  readonly kind: "tensor";
  /** Type of the elements. */
  readonly dtype: DType;
  /** The dims. */
  readonly shape?: readonly Dim[];
}
/** A sequence or an optional of another type, or a map to it from keys of an element type. */
export interface ContainerType {
  /** Tells types apart. */
  readonly kind: "sequence" | "optional" | "map";
  /** Type of what is inside. */
  readonly of: Type;
  /** Of a map's keys. */
  readonly key?: DType;
}
/** The type of a graph value. */
export type Type = TensorType | ContainerType;

/** Thrown by inference that needs a rank nobody knows yet; the builder answers with an unknown rank. */
export class UnknownRank extends Error {}

/** A shape as people write it: `[batch, 100, 64]`; `[...]` for an unknown rank. */
export function shapeText(shape: readonly Dim[] | undefined): string {
  return shape === undefined ? "[...]" : `[${shape.map(dimText).join(", ")}]`;
}
/** A type as people write it: `float32[batch, 10]`. */
export function typeText(type: Type | undefined): string {
  if (!type) return "nothing";
  return type.kind === "tensor"
    ? `${type.dtype}${shapeText(type.shape)}`
    : `${type.kind}<${type.key === undefined ? "" : `${type.key}, `}${typeText(type.of)}>`;
}

/** A tensor type. */
export function tensorType(dtype: DType, shape?: readonly Dim[]): TensorType {
  return shape === undefined ? { kind: "tensor", dtype } : { kind: "tensor", dtype, shape };
}
/** The tensor type in `type`, or a ShapeError that names `what`. */
export function asTensor(type: Type | undefined, what = "input"): TensorType {
  if (type?.kind !== "tensor") throw new ShapeError(`${what}: expected a tensor, got ${typeText(type)}`);
  return type;
}
/** The shape of a tensor type. @throws {UnknownRank} caught by the builder. */
export function dimsOf(type: Type | undefined, what = "input"): readonly Dim[] {
  const { shape } = asTensor(type, what);
  if (shape === undefined) throw new UnknownRank();
  return shape;
}
/** A shape of numbers only, or undefined. */
export function staticShape(shape: readonly Dim[] | undefined): readonly number[] | undefined {
  return shape?.every((d) => typeof d === "number") ? shape as readonly number[] : undefined;
}

/** ONNX broadcasting of two dims: 1 gives way; two symbols give their maximum. @throws {ShapeError} */
export function broadcastDim(a: Dim, b: Dim): Dim {
  if (a === 1 || sameDim(a, b) || equalsOrIsOne(a, b)) return b;
  if (b === 1 || equalsOrIsOne(b, a)) return a;
  if (typeof a === "number" && typeof b === "number") {
    throw new ShapeError(`sizes ${a} and ${b} don't broadcast: they must be equal, or one of them 1`);
  }
  if (typeof a === "number") return a;
  return typeof b === "number" ? b : maxDims(a, b);
}
/** True where `a` is `b` or 1 whatever the symbols are bound to, and 1 where `b` is 0: `min(b, 1)` and `max(b, 1)`. */
export function equalsOrIsOne(a: Dim, b: Dim): boolean {
  return typeof b !== "number" && (sameDim(a, minDims(b, 1)) || sameDim(a, maxDims(b, 1)));
}
/** ONNX (numpy) broadcasting of whole shapes. @throws {ShapeError} naming both shapes. */
export function broadcastShapes(...shapes: readonly (readonly Dim[])[]): readonly Dim[] {
  const wide = widest(shapes);
  if (wide) return wide;
  const rank = Math.max(0, ...shapes.map((s) => s.length));
  try {
    return Array.from(
      { length: rank },
      (_, i) => shapes.reduce<Dim>((d, s) => broadcastDim(d, s[i - rank + s.length] ?? 1), 1),
    );
  } catch (error) {
    if (!(error instanceof ShapeError)) throw error;
    throw new ShapeError(`shapes ${shapes.map(shapeText).join(" and ")} don't broadcast: ${error.message}`);
  }
}
/** The shape among several that the others are repeated to, as far as that is seen at once. */
function widest(shapes: readonly (readonly Dim[])[]): readonly Dim[] | undefined {
  let wide = shapes[0];
  for (const shape of shapes) if (wide && shape.length > wide.length) wide = shape;
  if (!wide) return undefined;
  for (const shape of shapes) {
    if (shape === wide) continue;
    const lead = wide.length - shape.length;
    for (let i = 0; i < shape.length; i++) {
      if (shape[i] !== 1 && shape[i] !== wide[lead + i]) return undefined;
    }
  }
  return wide;
}
/** An axis counted from the front; negative counts from the back. @throws {ShapeError} */
export function normalAxis(axis: number, rank: number, what = "axis"): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= rank) {
    throw new ShapeError(`${what} ${axis} is outside a rank of ${rank}: expected ${-rank} to ${rank - 1}`);
  }
  return axis < 0 ? axis + rank : axis;
}

/** True when two types are the same for every binding. */
export function sameType(a: Type, b: Type): boolean {
  if (a.kind !== "tensor" || b.kind !== "tensor") {
    return a.kind === b.kind && a.kind !== "tensor" && b.kind !== "tensor" && a.key === b.key &&
      sameType(a.of, b.of);
  }
  if (a.dtype !== b.dtype || (a.shape === undefined) !== (b.shape === undefined)) return false;
  if (a.shape === undefined || b.shape === undefined) return true;
  const other = b.shape;
  return a.shape.length === other.length && a.shape.every((d, i) => sameDim(d, other[i] ?? -1));
}
