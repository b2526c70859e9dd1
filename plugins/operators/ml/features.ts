/** Features made ready: scaled, filled in, normalized, chosen, joined. @module */
import type { DType } from "../../../core/values/dtype.ts";
import { InputError, ShapeError } from "../../../core/values/errors.ts";
import type { OpDef } from "../../../core/graph/op.ts";
import { product, result } from "../../../core/ops/arrays.ts";
import { defineOp, inputOf, tensorAt } from "../../../core/ops/define.ts";
import { copyRun, emptyLike, mapUnary, numbersOf } from "../../../core/ops/kernels.ts";
import { choice, float, int } from "../../../core/values/schema.ts";
import {
  addDims,
  asTensor,
  type Dim,
  dimsOf,
  freshDim,
  mulDims,
  productDims,
  tensorType,
} from "../../../core/values/shape.ts";
import { castTensor, sizeOf, toIntegers } from "../../../core/values/tensor.ts";
import { boundedSize } from "../bounds.ts";
import { anyNumber, anyNumbers, bigs, wholes } from "../fields.ts";
import { mlTypes } from "./scores.ts";

const ml = { domain: "ai.onnx.ml", since: 1, gradient: "none" } as const;
const toFloat = (shape: readonly Dim[] | undefined) => [tensorType("float32", shape)];

const extractor: OpDef = defineOp({
  ...ml,
  name: "ArrayFeatureExtractor",
  summary: "Elements of the last axis by index",
  attributes: {},
  arity: [2, 2],
  accuracy: "exact",
  infer(c) {
    const x = inputOf(c, 0, [...mlTypes, "string"]),
      shape = dimsOf(x),
      count = productDims(dimsOf(c.inputs[1]));
    return [tensorType(x.dtype, shape.length === 1 ? [1, count] : [...shape.slice(0, -1), count])];
  },
  plain(inputs, { limits }) {
    const x = tensorAt(inputs, 0), picks = toIntegers(tensorAt(inputs, 1)), width = x.shape.at(-1) ?? 1;
    const bad = picks.find((i) => i < 0 || i >= width);
    if (bad !== undefined) throw new InputError(`feature ${bad} is outside 0 to ${width - 1}`);
    const rows = product(x.shape, 0, x.shape.length - 1);
    boundedSize([rows, picks.length], "float64", limits);
    const data = emptyLike(x.dtype, rows * picks.length);
    for (let r = 0; r < rows; r++) {
      picks.forEach((p, i) => copyRun(x.data, r * width + p, data, r * picks.length + i, 1));
    }
    const lead = x.shape.length === 1 ? [1] : x.shape.slice(0, -1);
    return [{ dtype: x.dtype, shape: [...lead, picks.length], data }];
  },
});

const binarizer: OpDef = defineOp<{ readonly threshold: number }>({
  ...ml,
  name: "Binarizer",
  summary: "1 above a threshold, else 0",
  attributes: { threshold: float({ doc: "threshold", default: 0 }) },
  arity: [1, 1],
  accuracy: "exact",
  infer: (c) => [inputOf(c, 0, mlTypes)],
  plain: (inputs, { attributes: { threshold } }) => [
    mapUnary(tensorAt(inputs, 0), {
      number: (x) => (x > threshold ? 1 : 0),
      big: (x) => (Number(x) > threshold ? 1n : 0n),
    }),
  ],
});

const scaler: OpDef = defineOp<
  { readonly offset: readonly number[] | null; readonly scale: readonly number[] | null }
>({
  ...ml,
  name: "Scaler",
  summary: "(x − offset)·scale, by one number each or one a feature",
  attributes: { offset: anyNumbers("what is taken away"), scale: anyNumbers("factors") },
  arity: [1, 1],
  accuracy: "rounding",
  infer: (c) => toFloat(inputOf(c, 0, mlTypes).shape),
  plain(inputs, { attributes: { offset, scale } }) {
    const x = tensorAt(inputs, 0), values = numbersOf(x), width = x.shape.at(-1) ?? 1;
    for (const list of [offset, scale]) {
      if (list && list.length !== 1 && list.length !== width) {
        throw new InputError(`${list.length} numbers for ${width} features`);
      }
    }
    const of = (list: readonly number[] | null, i: number, none: number) =>
      list ? list[list.length === 1 ? 0 : i % width] ?? none : none;
    const out = Float64Array.from(values, (v, i) => (v - of(offset, i, 0)) * of(scale, i, 1));
    return [result(out, x.shape, "float32")];
  },
});

interface Imputer {
  readonly imputed_value_floats: readonly number[] | null;
  readonly imputed_value_int64s: readonly bigint[] | null;
  readonly replaced_value_float: number;
  readonly replaced_value_int64: number;
}
const imputer: OpDef = defineOp<Imputer>({
  ...ml,
  name: "Imputer",
  summary: "One value, such as NaN, replaced by another, by one number or one a feature",
  attributes: {
    imputed_value_floats: anyNumbers("what floats are replaced by"),
    imputed_value_int64s: bigs("what whole numbers are replaced by"),
    replaced_value_float: anyNumber("float that is replaced", 0),
    replaced_value_int64: int({ doc: "whole number that is replaced", default: 0 }),
  },
  arity: [1, 1],
  accuracy: "exact",
  infer: (c) => [inputOf(c, 0, mlTypes)],
  plain(inputs, { attributes: a }) {
    const x = tensorAt(inputs, 0), width = x.shape.at(-1) ?? 1, whole = x.dtype.startsWith("int");
    const given = whole ? a.imputed_value_int64s?.map(Number) : a.imputed_value_floats;
    if (!given || (given.length !== 1 && given.length !== width)) {
      throw new InputError(`${given?.length ?? 0} values for ${width} features of ${x.dtype}`);
    }
    const replaced = whole ? a.replaced_value_int64 : a.replaced_value_float;
    const values = numbersOf(x), data = emptyLike(x.dtype, values.length), from = [...given];
    copyRun(x.data, 0, data, 0, values.length);
    const fill = castTensor(
      { dtype: "float64", shape: [from.length], data: Float64Array.from(from) },
      x.dtype,
    );
    for (let i = 0; i < values.length; i++) {
      const v = values[i] ?? 0;
      if (v === replaced || (Number.isNaN(v) && Number.isNaN(replaced))) {
        copyRun(fill.data, from.length === 1 ? 0 : i % width, data, i, 1);
      }
    }
    return [{ dtype: x.dtype, shape: x.shape, data }];
  },
});

const normalizer: OpDef = defineOp<{ readonly norm: "MAX" | "L1" | "L2" }>({
  ...ml,
  name: "Normalizer",
  summary: "Rows over their norm; rows of zeros stay",
  attributes: {
    norm: choice({
      doc: "greatest element, sum of sizes, or root of the sum of squares",
      of: ["MAX", "L1", "L2"],
      default: "MAX",
    }),
  },
  arity: [1, 1],
  accuracy: "rounding",
  infer: (c) => toFloat(inputOf(c, 0, mlTypes).shape),
  plain(inputs, { attributes: { norm } }) {
    const x = tensorAt(inputs, 0), out = Float64Array.from(numbersOf(x)), width = x.shape.at(-1) ?? 1;
    for (let at = 0; at < out.length; at += width) {
      const row = out.subarray(at, at + width);
      const size = norm === "MAX"
        ? row.reduce((m, v) => (v > m ? v : m), -Infinity)
        : norm === "L1"
        ? row.reduce((s, v) => s + Math.abs(v), 0)
        : Math.sqrt(row.reduce((s, v) => s + v * v, 0));
      if (size !== 0) row.forEach((v, i) => row[i] = v / size);
    }
    return [result(out, x.shape, "float32")];
  },
});

const vectorizer: OpDef = defineOp<{ readonly inputdimensions: readonly number[] | null }>({
  ...ml,
  name: "FeatureVectorizer",
  summary: "Rows of several inputs behind one another, each cut or filled up with zeros to a given width",
  attributes: { inputdimensions: wholes("width of each input") },
  arity: [1, Infinity],
  accuracy: "exact",
  infer(c) {
    const widths = c.attributes.inputdimensions;
    const own = c.inputs.map((t, i) => widths?.[i] ?? (asTensor(t).shape?.at(-1) ?? freshDim()));
    const shape = dimsOf(inputOf(c, 0, mlTypes));
    if (shape.length > 2) throw new ShapeError(`rows expected, got rank ${shape.length}`);
    return toFloat([
      shape.length === 2 ? shape[0] ?? 1 : 1,
      own.reduce<Dim>((n, d) => addDims(n, mulDims(1, d)), 0),
    ]);
  },
  dtypes: () => toFloat(undefined),
  plain(inputs, { attributes: { inputdimensions: widths }, limits }) {
    const parts = inputs.map((_, i) => tensorAt(inputs, i)),
      rows = parts[0]?.shape.length === 2 ? parts[0].shape[0] ?? 1 : 1;
    const wide = parts.map((t, i) => widths?.[i] ?? t.shape.at(-1) ?? 1),
      total = wide.reduce((n, w) => n + w, 0);
    const out = new Float64Array(boundedSize([rows, total], "float64", limits));
    let start = 0;
    parts.forEach((t, i) => {
      const own = rows === 0 ? 0 : sizeOf(t.shape) / rows, values = numbersOf(t), width = wide[i] ?? 0;
      if (!Number.isInteger(own)) throw new InputError(`input ${i} of [${t.shape}] has not ${rows} rows`);
      for (let r = 0; r < rows; r++) {
        for (let k = 0; k < Math.min(own, width); k++) out[r * total + start + k] = values[r * own + k] ?? 0;
      }
      start += width;
    });
    const dtype: DType = "float32";
    return [result(out, [rows, total], dtype)];
  },
});

/** Operators that make features ready. */
export const featureOps: readonly OpDef[] = [extractor, binarizer, scaler, imputer, normalizer, vectorizer];
