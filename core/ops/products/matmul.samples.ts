/** Samples of matrix products. @module */
import { type OpSample, uniform } from "../sample.ts";

const einsum = (equation: string, ...shapes: readonly (readonly number[])[]): OpSample => ({
  op: "Einsum",
  attributes: { equation },
  inputs: shapes.map((shape, i) => uniform(shape, -1, 1, i + 1)),
  note: equation,
});

/** Samples of MatMul, Gemm and Einsum. */
export const matmulSamples: readonly OpSample[] = [
  { op: "MatMul", inputs: [uniform([5, 7]), uniform([7, 3], -1, 1, 2)] },
  { op: "MatMul", inputs: [uniform([2, 1, 5, 3]), uniform([4, 3, 2], -1, 1, 2)], note: "broadcast batch" },
  { op: "MatMul", inputs: [uniform([2, 4, 3]), uniform([3, 5], -1, 1, 2)], note: "one matrix for all rows" },
  { op: "MatMul", inputs: [uniform([4]), uniform([2, 4, 3], -1, 1, 2)], note: "row vector" },
  { op: "MatMul", inputs: [uniform([2, 3, 4]), uniform([4], -1, 1, 2)], note: "column vector" },
  { op: "MatMul", inputs: [uniform([4]), uniform([4], -1, 1, 2)], note: "inner product" },
  { op: "Gemm", inputs: [uniform([5, 3]), uniform([3, 4], -1, 1, 2), uniform([4], -1, 1, 3)] },
  {
    op: "Gemm",
    attributes: { transA: 1, transB: 1, alpha: 0.5, beta: 2 },
    inputs: [uniform([3, 5]), uniform([4, 3], -1, 1, 2), uniform([5, 1], -1, 1, 3)],
    note: "transposed, scaled",
  },
  einsum("ij,jk->ik", [3, 4], [4, 2]),
  einsum("bqhd,bkhd->bhqk", [2, 3, 2, 4], [2, 5, 2, 4]),
  einsum("...ij,...jk->...ik", [2, 1, 3, 2], [4, 2, 3]),
  einsum("ii->i", [3, 3]),
  einsum("ii", [4, 4]),
  einsum("ij,kj,kl->il", [2, 3], [4, 3], [4, 2]),
  einsum("ij->j", [3, 4]),
  einsum("ij,k->ik", [2, 3], [4]),
];
