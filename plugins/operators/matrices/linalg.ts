/** Linear algebra on the last two axes, in the domain lapis: ONNX has only the determinant. @module */
import { InputError, ShapeError } from "../../../core/values/errors.ts";
import type { InferContext, OpDef } from "../../../core/graph/op.ts";
import { result } from "../../../core/ops/arrays.ts";
import { defineOp, floats, inputOf, type NoAttributes, tensorAt } from "../../../core/ops/define.ts";
import { bool } from "../../../core/values/schema.ts";
import { type Dim, minDims, sameDim, shapeText, tensorType } from "../../../core/values/shape.ts";
import { sizeOf, type Tensor, toNumbers } from "../../../core/values/tensor.ts";
import {
  cholesky,
  eigen,
  factored,
  inverse,
  logDeterminant,
  qr,
  solved,
  svd,
  triangular,
} from "./matrices.ts";

/** Shape before the last two axes, rows and columns. */
function matrixDims(c: InferContext<unknown>, index = 0, square = false) {
  const { dtype, shape: dims } = inputOf(c, index, floats);
  if (!dims) return { dtype, dims: undefined };
  if (dims.length < 2) {
    throw new ShapeError(`input ${index} has ${dims.length} axes: expected at least two, those of matrices`);
  }
  const [rows, columns] = dims.slice(-2) as [Dim, Dim];
  if (square && typeof rows === "number" && typeof columns === "number" && !sameDim(rows, columns)) {
    throw new ShapeError(`input ${index} is ${shapeText(dims)}: expected square matrices`);
  }
  return { dtype, dims, rows, columns, batch: dims.slice(0, -2) };
}
/** Kernels get one matrix after another, by rows. */
function each(
  x: Tensor,
  square: boolean,
  run: (matrix: Float64Array, rows: number, columns: number, at: number) => readonly Float64Array[],
): readonly Float64Array[] {
  const [rows = 1, columns = 1] = x.shape.slice(-2), values = toNumbers(x), size = rows * columns;
  if (square && rows !== columns) {
    throw new ShapeError(`a matrix of ${rows}×${columns}: expected a square one`);
  }
  const count = sizeOf(x.shape.slice(0, -2)), parts: Float64Array[][] = [];
  for (let i = 0; i < count; i++) {
    parts.push([
      ...run(
        Float64Array.from(values.slice(i * size, (i + 1) * size) as ArrayLike<number>),
        rows,
        columns,
        i,
      ),
    ]);
  }
  return (parts[0] ?? []).map((_, k) => {
    const out = new Float64Array(parts.reduce((n, p) => n + (p[k]?.length ?? 0), 0));
    let at = 0;
    for (const p of parts) {
      const part = p[k];
      if (part) out.set(part, at), at += part.length;
    }
    return out;
  });
}
const batchOf = (x: Tensor) => x.shape.slice(0, -2);
const made = (x: Tensor, shape: readonly number[], values: Float64Array | undefined) =>
  result(values ?? new Float64Array(sizeOf(shape)), shape, x.dtype);

const shared = { accuracy: "rounding", gradient: "none" } as const;
/** A matrix of a square one. */
function squareOp<A>(
  name: string,
  summary: string,
  attributes: OpDef<A>["attributes"],
  run: (matrix: Float64Array, size: number, attributes: A) => Float64Array,
): OpDef {
  return defineOp<A>({
    domain: "lapis",
    name,
    since: 1,
    summary,
    attributes,
    arity: [1, 1],
    ...shared,
    infer(c) {
      const { dtype, dims } = matrixDims(c, 0, true);
      return [tensorType(dtype, dims)];
    },
    plain(inputs, { attributes }) {
      const x = tensorAt(inputs, 0);
      return [made(x, x.shape, each(x, true, (m, n) => [run(m, n, attributes)])[0])];
    },
  });
}
const choleskyOp = squareOp<{ readonly upper: boolean }>(
  "Cholesky",
  "The triangular matrix L with L·Lᵀ = A",
  { upper: bool({ doc: "whether Lᵀ is given", default: false }) },
  (m, n, { upper }) => cholesky(m, n, upper),
);
const inverseOp = squareOp<NoAttributes>("Inverse", "The inverse matrix", {}, inverse);
const logDet = defineOp<NoAttributes>({
  domain: "lapis",
  name: "LogDet",
  since: 1,
  summary: "Sign and logarithm of the determinant's size",
  attributes: {},
  arity: [1, 1],
  maxOutputs: 2,
  minOutputs: 2,
  ...shared,
  infer(c) {
    const { dtype, batch } = matrixDims(c, 0, true), type = tensorType(dtype, batch);
    return [type, type];
  },
  plain(inputs) {
    const x = tensorAt(inputs, 0);
    const [signs, logs] = each(x, true, (m, n) => logDeterminant(m, n).map((v) => Float64Array.of(v)));
    return [made(x, batchOf(x), signs), made(x, batchOf(x), logs)];
  },
});
/** X of A·X = B, `[…, n, k]`. */
function solveOp<A>(
  name: string,
  summary: string,
  attributes: OpDef<A>["attributes"],
  run: (a: Float64Array, n: number, b: Float64Array, k: number, attributes: A) => Float64Array,
): OpDef {
  return defineOp<A>({
    domain: "lapis",
    name,
    since: 1,
    summary,
    attributes,
    arity: [2, 2],
    ...shared,
    infer(c) {
      matrixDims(c, 0, true);
      const { dtype, dims } = matrixDims(c, 1);
      return [tensorType(dtype, dims)];
    },
    plain(inputs, { attributes }) {
      const a = tensorAt(inputs, 0), right = tensorAt(inputs, 1), [rows = 0, k = 0] = right.shape.slice(-2);
      const n = a.shape.at(-1) ?? 0, count = sizeOf(batchOf(a)), values = toNumbers(right);
      if (rows !== n || sizeOf(batchOf(right)) !== count) {
        throw new ShapeError(`[${right.shape}] beside [${a.shape}]: expected as many matrices and rows`);
      }
      const parts = each(a, true, (m, size, _, i) => [
        run(
          m,
          size,
          Float64Array.from(values.slice(i * n * k, (i + 1) * n * k) as ArrayLike<number>),
          k,
          attributes,
        ),
      ]);
      return [made(right, right.shape, parts[0])];
    },
  });
}
const solveOps = [
  solveOp<NoAttributes>("Solve", "X of A·X = B", {}, (a, n, b, k) => solved(factored(a, n), b, k)),
  solveOp<{ readonly lower: boolean }>(
    "TriangularSolve",
    "X of A·X = B, where A is a triangle",
    { lower: bool({ doc: "whether the lower triangle is meant", default: false }) },
    (a, n, b, k, { lower }) => triangular(a, n, b, k, lower),
  ),
];
const qrOp = defineOp<{ readonly complete: boolean }>({
  domain: "lapis",
  name: "QR",
  since: 1,
  summary: "Q with orthogonal columns and the upper triangle R with Q·R = A (Householder)",
  attributes: { complete: bool({ doc: "whether Q is square", default: false }) },
  arity: [1, 1],
  maxOutputs: 2,
  minOutputs: 2,
  ...shared,
  infer(c) {
    const { dtype, dims, rows, columns, batch } = matrixDims(c);
    if (!dims) return [tensorType(dtype, undefined), tensorType(dtype, undefined)];
    const inner = c.attributes.complete ? rows : minDims(rows, columns);
    return [tensorType(dtype, [...batch, rows, inner]), tensorType(dtype, [...batch, inner, columns])];
  },
  plain(inputs, { attributes: { complete } }) {
    const x = tensorAt(inputs, 0), [m = 0, n = 0] = x.shape.slice(-2), inner = complete ? m : Math.min(m, n);
    const [q, r] = each(x, false, (a, rows, columns) => qr(a, rows, columns, inner));
    return [made(x, [...batchOf(x), m, inner], q), made(x, [...batchOf(x), inner, n], r)];
  },
});
const svdOp = defineOp<{ readonly full_matrices: boolean }>({
  domain: "lapis",
  name: "SVD",
  since: 1,
  summary: "U, the singular values in falling order, and Vᵀ with U·diag(s)·Vᵀ = A (one-sided Jacobi)",
  attributes: { full_matrices: bool({ doc: "whether U and V are square", default: true }) },
  arity: [1, 1],
  maxOutputs: 3,
  minOutputs: 3,
  ...shared,
  infer(c) {
    const { dtype, dims, rows, columns, batch } = matrixDims(c);
    if (!dims) return [0, 1, 2].map(() => tensorType(dtype, undefined));
    const inner = minDims(rows, columns), { full_matrices: full } = c.attributes;
    return [
      tensorType(dtype, [...batch, rows, full ? rows : inner]),
      tensorType(dtype, [...batch, inner]),
      tensorType(dtype, [...batch, full ? columns : inner, columns]),
    ];
  },
  plain(inputs, { attributes: { full_matrices: full } }) {
    const x = tensorAt(inputs, 0), [m = 0, n = 0] = x.shape.slice(-2), inner = Math.min(m, n);
    const [u, s, v] = each(x, false, (a, rows, columns) => svd(a, rows, columns, full));
    return [
      made(x, [...batchOf(x), m, full ? m : inner], u),
      made(x, [...batchOf(x), inner], s),
      made(x, [...batchOf(x), full ? n : inner, n], v),
    ];
  },
});
const eighOp = defineOp<NoAttributes>({
  domain: "lapis",
  name: "Eigh",
  since: 1,
  summary: "Eigenvalues in rising order and eigenvectors, in columns, of symmetric matrices (Jacobi)",
  attributes: {},
  arity: [1, 1],
  maxOutputs: 2,
  minOutputs: 2,
  ...shared,
  infer(c) {
    const { dtype, dims } = matrixDims(c, 0, true);
    return [tensorType(dtype, dims?.slice(0, -1)), tensorType(dtype, dims)];
  },
  plain(inputs) {
    const x = tensorAt(inputs, 0);
    if (toNumbers(x).some((v) => !Number.isFinite(v))) {
      throw new InputError("eigenvalues of matrices that aren't finite");
    }
    const [values, vectors] = each(x, true, eigen);
    return [made(x, x.shape.slice(0, -1), values), made(x, x.shape, vectors)];
  },
});

/** Linear algebra. */
export const linalgOps: readonly OpDef[] = [
  choleskyOp,
  inverseOp,
  logDet,
  ...solveOps,
  qrOp,
  svdOp,
  eighOp,
];
