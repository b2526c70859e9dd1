/** What operator declarations share: element type sets, attribute fields, checks of types and dims. @module */
import { type DType, dtypeFromOnnx, dtypeNames, dtypes, isDType } from "../values/dtype.ts";
import { ShapeError } from "../values/errors.ts";
import type { InferContext, OpDef } from "../graph/op.ts";
import { type Field, field } from "../values/schema.ts";
import { asTensor, type Dim, type TensorType, tensorType, type Type, typeText } from "../values/shape.ts";
import { isTensor, type RuntimeValue, type Tensor } from "../values/tensor.ts";
import { InputError } from "../values/errors.ts";

/** An operator declaration without its `kind`. */
export type OpBody<A> = Omit<OpDef<A>, "kind">;
/** Declares an operator; its attributes' type follows from the schema. */
export function defineOp<A>(def: OpBody<A>): OpDef {
  return { kind: "op", ...def };
}
/** No attributes. */
export type NoAttributes = Readonly<Record<never, never>>;

/** Floats that arithmetic is defined on. */
export const floats: readonly DType[] = ["float16", "bfloat16", "float32", "float64"];
/** Signed and unsigned integers of whole bytes. */
export const integers: readonly DType[] = [
  "int8",
  "int16",
  "int32",
  "int64",
  "uint8",
  "uint16",
  "uint32",
  "uint64",
];
/** Everything with arithmetic. */
export const numeric: readonly DType[] = [...integers, ...floats];
/** Signed integers and floats. */
export const signed: readonly DType[] = [...floats, "int8", "int16", "int32", "int64"];
/** All element types. */
export const anyType: readonly DType[] = dtypeNames;
/** The types of indices. */
export const indexTypes: readonly DType[] = ["int32", "int64"];

/** A field that an ONNX element type is given in, by number or by our name; read as the number. */
export function dtypeField(doc: string): Field<number> {
  return field<number>({
    doc,
    expects: "an element type",
    kind: "dtype",
    read: (raw) => {
      if (isDType(raw)) return dtypes[raw].onnx;
      const n = Number(raw);
      return dtypeFromOnnx(n) ? n : undefined;
    },
  });
}
/** A tensor as an attribute. */
export function tensorField(doc: string): Field<Tensor> {
  return field<Tensor>({
    doc,
    expects: "a tensor",
    kind: "tensor",
    read: (
      raw,
    ) => (typeof raw === "object" && raw !== null && isTensor(raw as RuntimeValue)
      ? raw as Tensor
      : undefined),
  });
}
/** The element type behind an ONNX number. @throws {ShapeError} */
export function dtypeOfCode(code: number): DType {
  const found = dtypeFromOnnx(code);
  if (!found) throw new ShapeError(`there is no element type ${code}`);
  return found;
}

/** Checks that an input is a tensor of an allowed element type. @throws {ShapeError} */
export function inputOf(
  c: InferContext<unknown>,
  index: number,
  allowed: readonly DType[] = anyType,
): TensorType {
  const type = asTensor(c.inputs[index], `input ${index}`);
  if (allowed !== anyType && !allowed.includes(type.dtype)) {
    throw new ShapeError(`input ${index}: expected one of ${allowed.join(", ")}, got ${typeText(type)}`);
  }
  return type;
}
/** The one element type that all tensor inputs (from `first` on) share. @throws {ShapeError} */
export function sharedType(c: InferContext<unknown>, allowed: readonly DType[] = anyType, first = 0): DType {
  const { dtype } = inputOf(c, first, allowed);
  for (let i = first + 1; i < c.inputs.length; i++) {
    if (c.inputs[i] === undefined) continue;
    const other = asTensor(c.inputs[i], `input ${i}`);
    if (other.dtype !== dtype) {
      throw new ShapeError(`inputs of one element type expected, got ${dtype} and ${typeText(other)}`);
    }
  }
  return dtype;
}
/** Inference of operators that keep the first input's type. */
export function keepsType(
  allowed: readonly DType[] = anyType,
): (c: InferContext<unknown>) => readonly Type[] {
  return (c) => [inputOf(c, 0, allowed)];
}
/** The same shape under another element type. */
export function withDType(type: TensorType, dtype: DType): TensorType {
  return tensorType(dtype, type.shape);
}
/** The number of elements of a vector input, where its type or contents tell. */
export function vectorLength(c: InferContext<unknown>, index: number): number | undefined {
  const known = c.dims(index);
  if (known) return known.length;
  const type = c.inputs[index];
  const d: Dim | undefined = type?.kind === "tensor" ? type.shape?.[0] : undefined;
  return typeof d === "number" ? d : undefined;
}
/** Whole numbers that an input is known to hold, else undefined. */
export function knownIntegers(c: InferContext<unknown>, index: number): readonly number[] | undefined {
  const dims = c.dims(index);
  return dims?.every((d) => typeof d === "number") ? dims as readonly number[] : undefined;
}

/** A kernel's input as a tensor. @throws {InputError} */
export function tensorAt(inputs: readonly (RuntimeValue | undefined)[], index: number): Tensor {
  const value = inputs[index];
  if (!isTensor(value)) {
    throw new InputError(`input ${index}: expected a tensor, got ${value?.kind ?? "nothing"}`);
  }
  return value;
}
/** A kernel's optional input. */
export function optionalAt(inputs: readonly (RuntimeValue | undefined)[], index: number): Tensor | undefined {
  return inputs[index] === undefined ? undefined : tensorAt(inputs, index);
}
