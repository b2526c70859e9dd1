/** What classifiers and regressors of ai.onnx.ml share: their input, their labels, and what is made of scores. @module */
import type { DType } from "../../../core/values/dtype.ts";
import { InputError, ShapeError } from "../../../core/values/errors.ts";
import type { InferContext } from "../../../core/graph/op.ts";
import { inputOf } from "../../../core/ops/define.ts";
import { numbersOf } from "../../../core/ops/kernels.ts";
import { sigmoid } from "../../../core/ops/elementwise/math.ts";
import { choice, type Field } from "../../../core/values/schema.ts";
import { type Dim, freshDim, tensorType, type Type } from "../../../core/values/shape.ts";
import type { Tensor } from "../../../core/values/tensor.ts";

/** What happens to scores at the end. */
export type PostTransform = "NONE" | "SOFTMAX" | "LOGISTIC" | "SOFTMAX_ZERO" | "PROBIT";
/** All of them, numbered as TreeEnsemble does. */
export const postTransforms: readonly PostTransform[] = [
  "NONE",
  "SOFTMAX",
  "LOGISTIC",
  "SOFTMAX_ZERO",
  "PROBIT",
];
/** Its field. */
export const postField: Field<PostTransform> = choice({
  doc: "what is made of scores",
  of: ["NONE", "SOFTMAX", "LOGISTIC", "SOFTMAX_ZERO", "PROBIT"],
  default: "NONE",
});
/** Numbers that ai.onnx.ml computes on. */
export const mlTypes: readonly DType[] = ["float32", "float64", "int64", "int32"];

/** The inverse of the error function (Winitzki 2008). */
function inverseErf(x: number): number {
  const log = Math.log((1 - x) * (1 + x)), v = 2 / (Math.PI * 0.147) + 0.5 * log;
  return Math.sign(x) * Math.sqrt(Math.sqrt(v * v - log / 0.147) - v);
}
/** Changes a row of scores in place. */
export function transformed(row: Float64Array, post: PostTransform): void {
  if (post === "LOGISTIC") row.forEach((v, i) => row[i] = sigmoid(v));
  else if (post === "PROBIT") row.forEach((v, i) => row[i] = Math.SQRT2 * inverseErf(2 * v - 1));
  else if (post !== "NONE") {
    const most = row.reduce((m, v) => Math.max(m, v), -Infinity);
    let sum = 0;
    // SOFTMAX_ZERO leaves scores of zero as they are.
    row.forEach((v, i) =>
      sum += row[i] = post === "SOFTMAX_ZERO" && Math.abs(v) <= 1e-7
        ? v * Math.exp(-most)
        : Math.exp(v - most)
    );
    row.forEach((v, i) => row[i] = sum === 0 ? 0.5 : v / sum);
  }
}

/** Rows of numbers: a matrix, or a vector as one row. */
export interface Rows {
  readonly values: ArrayLike<number>;
  readonly count: number;
  readonly width: number;
}
/** A tensor as rows; more axes than two are flattened. */
export function rowsOf(x: Tensor): Rows {
  const values = numbersOf(x), count = x.shape.length < 2 ? 1 : x.shape[0] ?? 1;
  return { values, count, width: count === 0 ? 0 : values.length / count };
}
/** How many rows the first input has. */
export function rowDim(c: InferContext<unknown>, allowed: readonly DType[] = mlTypes): Dim {
  const { shape } = inputOf(c, 0, allowed);
  if (!shape) return freshDim();
  return shape.length < 2 ? 1 : shape[0] ?? 1;
}

/** A classifier's labels, of one kind. */
export interface Labels {
  readonly numbers: readonly bigint[] | null;
  readonly words: readonly string[] | null;
}
/** How many labels there are. */
export const labelCount = ({ numbers, words }: Labels): number => (words?.length || numbers?.length) ?? 0;
const wordy = ({ words }: Labels) => words !== null && words.length > 0;
/** Types of a classifier's outputs: labels, and scores of `width` classes. */
export function classifierTypes(rows: Dim, width: Dim, labels: Labels): readonly Type[] {
  return [tensorType(wordy(labels) ? "string" : "int64", [rows]), tensorType("float32", [rows, width])];
}
/** Labels by index. */
export function labelled(picks: readonly number[], labels: Labels): Tensor {
  const shape = [picks.length];
  if (wordy(labels)) return { dtype: "string", shape, data: picks.map((i) => labels.words?.[i] ?? "") };
  const name = (i: number) => labels.numbers?.[i] ?? BigInt(i);
  return { dtype: "int64", shape, data: BigInt64Array.from(picks, name) };
}
/** The first of the greatest. */
export function argMax(row: ArrayLike<number>): number {
  let best = 0;
  for (let i = 1; i < row.length; i++) if ((row[i] ?? 0) > (row[best] ?? 0)) best = i;
  return best;
}
/** Throws unless every number is below a bound. @throws {ShapeError} */
export function checkIndices(values: readonly number[], bound: number, what: string): void {
  const bad = values.find((v) => v < 0 || v >= bound);
  if (bad !== undefined) throw new ShapeError(`${what}: ${bad} is outside 0 to ${bound - 1}`);
}
/** Throws unless rows have a width. @throws {InputError} */
export function checkWidth(width: number, expected: number): void {
  if (width !== expected) throw new InputError(`rows of ${expected} features expected, got ${width}`);
}
