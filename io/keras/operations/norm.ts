/** Norms of vectors and matrices, as numpy numbers them. @module */
import type { Value } from "../../../core/graph/graph.ts";
import { cast, dtypeOf, range, scalarLike, shapeOf, transpose } from "../../../core/ops/words.ts";
import type { Given } from "./given.ts";

/** A reduction over some axes. */
function over({ b }: Given, op: string, v: Value, axes: readonly number[], keepdims: boolean): Value {
  return b.one(op, [v, b.ints(axes)], { keepdims: keepdims ? 1 : 0 });
}
/** Of vectors: the sum of the powers of their elements, of which 0 counts and infinities choose one. */
function vectorNorm(given: Given, v: Value, order: number, axes: readonly number[]): Value {
  const { b } = given, keep = given.flag("keepdims"), size = b.abs(v);
  if (order === 2) return over(given, "ReduceL2", v, axes, keep);
  if (order === 1) return over(given, "ReduceL1", v, axes, keep);
  if (order === Infinity) return over(given, "ReduceMax", size, axes, keep);
  if (order === -Infinity) return over(given, "ReduceMin", size, axes, keep);
  if (order === 0) {
    const some = b.not(b.equal(v, scalarLike(b, 0, v)));
    return over(given, "ReduceSum", cast(b, some, dtypeOf(v)), axes, keep);
  }
  const sum = over(given, "ReduceSum", b.pow(size, scalarLike(b, order, v)), axes, keep);
  return b.pow(sum, scalarLike(b, 1 / order, v));
}
/** Of matrices: the greatest or least sum of a column or row, or of their singular values. */
function matrixNorm(given: Given, v: Value, order: number | string, axes: readonly number[]): Value {
  const { b } = given, keep = given.flag("keepdims"), [row = 0, column = 1] = axes;
  if (order === "fro") return over(given, "ReduceL2", v, axes, keep);
  if (typeof order === "number" && [1, -1, Infinity, -Infinity].includes(order)) {
    const [summed, chosen] = Math.abs(order) === 1 ? [row, column] : [column, row];
    const sums = over(given, "ReduceL1", v, [summed], true);
    const best = over(given, order > 0 ? "ReduceMax" : "ReduceMin", sums, [chosen], true);
    return keep ? best : b.squeeze(best, b.ints(axes));
  }
  if (order !== 2 && order !== -2 && order !== "nuc") throw given.refuse("ord");
  const rest = range(0, shapeOf(v.type).length).filter((a) => !axes.includes(a));
  const [values] = b.svd(transpose(b, v, [...rest, ...axes]), { full_matrices: 1 })
    .slice(1);
  if (!values) throw given.refuse("ord");
  const op = order === "nuc" ? "ReduceSum" : order === 2 ? "ReduceMax" : "ReduceMin";
  const y = over(given, op, values, [rest.length], false);
  return keep ? b.unsqueeze(y, b.ints(axes)) : y;
}
/** numpy's `linalg.norm`. */
export function norm(given: Given): Value {
  const v = given.float("x"), rank = shapeOf(v.type).length, axes = given.axes(v) ?? range(0, rank);
  const word = given.get("ord");
  if (word === null || word === "euclidean") return over(given, "ReduceL2", v, axes, given.flag("keepdims"));
  if (axes.length === 1 && typeof word === "number") return vectorNorm(given, v, word, axes);
  if (axes.length === 2 && (typeof word === "number" || typeof word === "string")) {
    return matrixNorm(given, v, word, axes);
  }
  throw given.refuse("ord");
}
