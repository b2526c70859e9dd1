/** What declarations of onnxruntime's own operators share. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import type { DType } from "../../../core/values/dtype.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { OpDef } from "../../../core/graph/op.ts";
import { defineOp, type OpBody } from "../../../core/ops/define.ts";
import { type Field, float, int, nullable } from "../../../core/values/schema.ts";
import { asTensor } from "../../../core/values/shape.ts";

/** Inputs of a body. */
export type Given = readonly (Value | undefined)[];
/** An operator of the domain com.microsoft, made of others. */
export function contribOp<A>(def: Omit<OpBody<A>, "domain" | "since" | "accuracy">): OpDef {
  return defineOp<A>({ ...def, domain: "com.microsoft", since: 1, accuracy: "rounding" });
}
/** One that onnxruntime has in ONNX's own domain, where ONNX has none of its name or no more: read as com.microsoft's. */
export function ownDomain(def: OpDef): OpDef {
  return defineOp({
    ...def,
    domain: "",
    since: Number.MAX_SAFE_INTEGER,
    upgrade: (_, node) => ({ ...node, op: `com.microsoft.${def.name}` }),
  });
}

/** A number that may be left out. */
export const maybeFloat = (doc: string): Field<number | null> => nullable(float({ doc }));
/** A whole number that may be left out. */
export const maybeInt = (doc: string): Field<number | null> => nullable(int({ doc }));

/** x in an element type. */
export function typed(b: Builder, x: Value, to: DType): Value {
  return asTensor(x.type).dtype === to ? x : b.cast(x, { to });
}
/** A number of x's element type. */
export function numberLike(b: Builder, x: Value, value: number): Value {
  return b.scalar(value, asTensor(x.type).dtype);
}
/** The size of one axis as an int64 vector of one element. */
export function sizeAt(b: Builder, x: Value, axis: number): Value {
  return b.shape(x, { start: axis, end: axis + 1 });
}
/** A size as an int64 scalar. */
export function countAt(b: Builder, x: Value, axis: number): Value {
  return b.squeeze(sizeAt(b, x, axis), b.ints([0]));
}
/** 0, 1, … below an int64 scalar. */
export function line(b: Builder, count: Value): Value {
  return b.range(b.scalar(0, "int64"), count, b.scalar(1, "int64"));
}
/** From `from` up to `to` along an axis. */
export function slice(b: Builder, x: Value, axis: number, from: number | Value, to: number | Value): Value {
  const at = (v: number | Value) => (typeof v === "number" ? b.ints([v]) : v);
  return b.slice(x, at(from), at(to), b.ints([axis]));
}
