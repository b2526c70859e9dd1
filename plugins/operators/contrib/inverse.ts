/** Inverse of onnxruntime: matrices' inverses by elimination. @module */
import { ShapeError } from "../../../core/values/errors.ts";
import type { OpDef } from "../../../core/graph/op.ts";
import { product, result } from "../../../core/ops/arrays.ts";
import { defineOp, floats, inputOf, type NoAttributes, tensorAt } from "../../../core/ops/define.ts";
import { dimsOf } from "../../../core/values/shape.ts";
import { toNumbers } from "../../../core/values/tensor.ts";
import { needed } from "../integer.ts";

/** The inverse of an n×n matrix at `offset`; not finite where there is none. */
function inverted(data: ArrayLike<number>, offset: number, n: number): readonly Float64Array[] {
  // Rows of the matrix with the identity beside it.
  const rows = Array.from(
    { length: n },
    (_, r) =>
      Float64Array.from(
        { length: 2 * n },
        (_, c) => (c < n ? data[offset + r * n + c] ?? 0 : c - n === r ? 1 : 0),
      ),
  );
  const empty = new Float64Array(2 * n);
  for (let c = 0; c < n; c++) {
    const below = rows.slice(c), most = Math.max(...below.map((row) => Math.abs(row[c] ?? 0)));
    const at = c + Math.max(0, below.findIndex((row) => Math.abs(row[c] ?? 0) === most));
    const pivot = rows[at] ?? empty, divisor = pivot[c] ?? 0;
    rows[at] = rows[c] ?? empty;
    rows[c] = pivot.map((v) => v / divisor);
    rows.forEach((row, r) => {
      const factor = row[c] ?? 0, own = rows[c] ?? empty;
      if (r !== c && factor !== 0) rows[r] = row.map((v, k) => v - factor * (own[k] ?? 0));
    });
  }
  return rows.map((row) => row.subarray(n));
}
const inverse: OpDef = defineOp<NoAttributes>({
  name: "Inverse",
  domain: "com.microsoft",
  since: 1,
  summary: "The inverse of each matrix `[..., n, n]`",
  attributes: {},
  arity: [1, 1],
  accuracy: "rounding",
  infer(c) {
    const x = inputOf(c, 0, floats), shape = dimsOf(x), [rows, columns] = shape.slice(-2);
    if (shape.length < 2 || (typeof rows === "number" && typeof columns === "number" && rows !== columns)) {
      throw new ShapeError(`square matrices expected, got [${shape.join(", ")}]`);
    }
    return [x];
  },
  /** dX = −Yᵀ·dY·Yᵀ. */
  vjp(b, { outputs }, [dy]) {
    const y = needed(outputs, 0),
      rank = dimsOf(y.type).length,
      axes = Array.from({ length: rank }, (_, i) => i);
    const turned = b.transpose(y, { perm: [...axes.slice(0, -2), rank - 1, rank - 2] });
    return [dy && b.neg(b.matMul(turned, b.matMul(dy, turned)))];
  },
  plain(inputs) {
    const x = tensorAt(inputs, 0), n = x.shape.at(-1) ?? 0, data = toNumbers(x);
    const out = new Float64Array(data.length);
    for (let at = 0; n > 0 && at < product(x.shape); at += n * n) {
      inverted(data, at, n).forEach((row, r) => out.set(row, at + r * n));
    }
    return [result(out, x.shape, x.dtype)];
  },
});

/** Matrices. */
export const contribInverse: readonly OpDef[] = [inverse];
