/** Operators that make tensors: constants, ranges, random numbers. @module */
import { item } from "../../values/item.ts";
import type { DType } from "../../values/dtype.ts";
import { dtypes, isBig, isInteger } from "../../values/dtype.ts";
import { InputError, LimitError, ShapeError } from "../../values/errors.ts";
import type { OpDef } from "../../graph/op.ts";
import { float, int, list, nullable, text } from "../../values/schema.ts";
import { ceilDivDims, type Dim, freshDim, subDims, tensorType } from "../../values/shape.ts";
import { scalar, sizeOf, type Tensor, tensor, toIntegers } from "../../values/tensor.ts";
import { defineOp, inputOf, sharedType, tensorAt, tensorField, vectorLength } from "../define.ts";
import { emptyLike, finished, numbersFor, numbersOf } from "../kernels.ts";
import { philoxOp } from "../random/philox.ts";
import { randomOps } from "../random/random.ts";

interface ConstantAttributes {
  readonly value: Tensor | null;
  readonly sparse_value: Tensor | null;
  readonly value_int: number | null;
  readonly value_float: number | null;
  readonly value_string: string | null;
  readonly value_ints: readonly number[] | null;
  readonly value_floats: readonly number[] | null;
  readonly value_strings: readonly string[] | null;
}
/** The tensor that a Constant holds, in whichever form. @throws {ShapeError} */
function constantOf(a: ConstantAttributes): Tensor {
  const forms = Object.values(a).filter((v) => v !== null);
  if (forms.length !== 1) throw new ShapeError(`one value expected, got ${forms.length}`);
  if (a.value_int !== null) return scalar(a.value_int, "int64");
  if (a.value_float !== null) return scalar(a.value_float, "float32");
  if (a.value_string !== null) return scalar(a.value_string, "string");
  if (a.value_ints) return tensor([...a.value_ints], [a.value_ints.length], "int64");
  if (a.value_floats) return tensor([...a.value_floats], [a.value_floats.length], "float32");
  if (a.value_strings) return tensor([...a.value_strings], [a.value_strings.length], "string");
  const whole = a.value ?? a.sparse_value;
  if (!whole) throw new ShapeError("no value");
  return whole;
}
const constant = defineOp<ConstantAttributes>({
  name: "Constant",
  since: 25,
  summary: "A tensor written into the graph",
  attributes: {
    value: nullable(tensorField("any tensor")),
    sparse_value: nullable(tensorField("any tensor, sparse in files")),
    value_int: nullable(int({ doc: "an int64 scalar" })),
    value_float: nullable(float({ doc: "a float32 scalar" })),
    value_string: nullable(text({ doc: "a string scalar" })),
    value_ints: nullable(list({ doc: "an int64 vector", of: int({ doc: "element" }) })),
    value_floats: nullable(list({ doc: "a float32 vector", of: float({ doc: "element" }) })),
    value_strings: nullable(list({ doc: "a vector of strings", of: text({ doc: "element" }) })),
  },
  arity: [0, 0],
  accuracy: "exact",
  infer(c) {
    const t = constantOf(c.attributes);
    return [tensorType(t.dtype, t.shape)];
  },
  propagate(c) {
    const t = constantOf(c.attributes);
    return isInteger(t.dtype) && t.shape.length <= 1 && t.data.length <= 1024 ? toIntegers(t) : undefined;
  },
  gradient: "none",
  plain: (_inputs, { attributes }) => [constantOf(attributes)],
});

/** The size of a tensor to be made. @throws {LimitError} */
function checkedSize(shape: readonly number[], dtype: DType, limit: number): number {
  if (shape.some((d) => d < 0)) throw new InputError(`[${shape}] is no shape`);
  const size = sizeOf(shape);
  if (size * dtypes[dtype].array.BYTES_PER_ELEMENT > limit) {
    throw new LimitError(`[${shape}] takes more than ${limit} bytes`);
  }
  return size;
}
const constantOfShape = defineOp<{ readonly value: Tensor | null }>({
  name: "ConstantOfShape",
  since: 25,
  summary: "One value in every element of a shape",
  attributes: { value: nullable(tensorField("one element; float32 zero unless given")) },
  arity: [1, 1],
  accuracy: "exact",
  infer(c) {
    const dtype = c.attributes.value?.dtype ?? "float32", shape = c.dims(0);
    inputOf(c, 0, ["int64"]);
    if (shape) return [tensorType(dtype, shape)];
    const rank = vectorLength(c, 0);
    return [tensorType(dtype, rank === undefined ? undefined : Array.from({ length: rank }, freshDim))];
  },
  dtypes: (c) => [tensorType(c.attributes.value?.dtype ?? "float32")],
  propagate(c) {
    const shape = c.dims(0), value = c.attributes.value, n = shape?.[0] ?? 1;
    if (
      !shape || shape.length > 1 || !value || !isInteger(value.dtype) || typeof n !== "number" || n > 1024
    ) return undefined;
    return new Array<Dim>(n).fill(toIntegers(value)[0] ?? 0);
  },
  gradient: "none",
  plain(inputs, { attributes: { value }, limits }) {
    const shape = toIntegers(tensorAt(inputs, 0)), dtype = value?.dtype ?? "float32";
    const out = emptyLike(dtype, checkedSize(shape, dtype, limits.tensorBytes)) as Float64Array;
    if (value) out.fill(value.data[0] as number);
    return [{ dtype, shape, data: out }];
  },
});

/** Elements from start by delta to before limit. */
function rangeCount(start: number, limit: number, delta: number): number {
  if (delta === 0 || !Number.isFinite(start + limit + delta)) {
    throw new InputError(`a range from ${start} to ${limit} by ${delta}: expected finite numbers and a step`);
  }
  return Math.max(0, Math.ceil((limit - start) / delta));
}
const range = defineOp<{ readonly stash_type: number }>({
  name: "Range",
  since: 27,
  summary: "Numbers from start by delta to before limit",
  attributes: { stash_type: int({ doc: "precision of narrow floats inside: 1 is float32", default: 1 }) },
  arity: [3, 3],
  accuracy: "rounding",
  infer(c) {
    const dtype = sharedType(c, ["float16", "bfloat16", "float32", "float64", "int16", "int32", "int64"]);
    const [start, limit, delta] = [0, 1, 2].map((i) => c.dims(i)?.[0]);
    if (start !== undefined && limit !== undefined && typeof delta === "number" && delta > 0) {
      if (typeof start === "number" && typeof limit === "number") {
        return [tensorType(dtype, [rangeCount(start, limit, delta)])];
      }
      return [tensorType(dtype, [ceilDivDims(subDims(limit, start), delta)])];
    }
    const known = [0, 1, 2].map((i) => c.known(i));
    if (known.some((t) => t === undefined)) return [tensorType(dtype, [freshDim()])];
    const [a = 0, b = 0, d = 1] = known.map((t) => (t ? Number(numbersOf(t)[0]) : 0));
    return [tensorType(dtype, [rangeCount(a, b, d)])];
  },
  propagate(c) {
    const [start, limit, delta] = [0, 1, 2].map((i) => c.dims(i)?.[0]);
    if (typeof start !== "number" || typeof limit !== "number" || typeof delta !== "number") return undefined;
    const count = rangeCount(start, limit, delta);
    return count > 1024 ? undefined : Array.from({ length: count }, (_, i) => start + i * delta);
  },
  gradient: "none",
  plain(inputs, { limits }) {
    const [start, limit, delta] = [0, 1, 2].map((i) => tensorAt(inputs, i)) as [Tensor, Tensor, Tensor];
    const [a = 0, b = 0, d = 1] = [start, limit, delta].map((t) => numbersOf(t)[0]), { dtype } = start;
    const count = checkedSize([rangeCount(a, b, d)], dtype, limits.tensorBytes), shape = [count];
    if (isBig(dtype)) {
      const first = item(start.data as BigInt64Array, 0), step = item(delta.data as BigInt64Array, 0);
      const data = new BigInt64Array(count);
      for (let i = 0, v = first; i < count; i++, v += step) data[i] = v;
      return [{ dtype, shape, data }];
    }
    const out = numbersFor(dtype, count);
    for (let i = 0; i < count; i++) out[i] = a + i * d;
    return [finished(dtype, shape, out)];
  },
});

/** Operators that make tensors. */
export const createOps: readonly OpDef[] = [constant, constantOfShape, range, ...randomOps, philoxOp];
