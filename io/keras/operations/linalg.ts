/** Keras 3's linear algebra, on the operators of the domain lapis. @module */
import type { Value } from "../../../core/graph/graph.ts";
import { cast, range, scalarLike, shapeOf, transpose } from "../../../core/ops/words.ts";
import { first, type Given, type Operation, type Operations } from "./given.ts";
import { rankOf } from "./terms.ts";

const x = ["x"];
const turned = (given: Given, v: Value) => {
  const rank = rankOf(v);
  return transpose(given.b, v, [...range(0, rank - 2), rank - 1, rank - 2]);
};
const one = (op: string): Operation => ({
  args: x,
  build: (given) => given.b.one(`lapis.${op}`, [given.float("x")]),
});
/** U, the singular values and Vᵀ. */
function factors(given: Given, v: Value, full: boolean): readonly [Value, Value, Value] {
  const [u, s, vt] = given.b.svd(v, { full_matrices: full ? 1 : 0 });
  return [first(u ? [u] : []), first(s ? [s] : []), first(vt ? [vt] : [])];
}
const eps = 1.1920928955078125e-7;
/** The pseudo-inverse, of the singular values above a share of the greatest. */
function pseudoInverse(given: Given, v: Value, share: number): Value {
  const { b } = given, [u, s, vt] = factors(given, v, false);
  const most = b.reduceMax(s, b.ints([-1]), { keepdims: 1 });
  const kept = b.greater(s, b.mul(most, scalarLike(b, share, s)));
  const over = b.reciprocal(b.where(kept, s, scalarLike(b, 1, s)));
  const inverse = b.where(kept, over, scalarLike(b, 0, s));
  const scaled = b.mul(turned(given, vt), b.unsqueeze(inverse, b.ints([-2])));
  return b.matMul(scaled, turned(given, u));
}
/** The greater of the last two sizes. */
function extent(v: Value): number {
  const sizes = shapeOf(v.type).slice(-2).map((d) => (typeof d === "number" ? d : 1));
  return Math.max(...sizes);
}
function rank(given: Given): Value {
  const { b } = given, v = given.float("x"), [, s] = factors(given, v, false);
  const most = b.reduceMax(s, b.ints([-1]), { keepdims: 1 });
  const bound = given.has("tol")
    ? scalarLike(b, given.number("tol"), s)
    : b.mul(most, scalarLike(b, extent(v) * eps, s));
  const kept = cast(b, b.greater(s, bound), "int32");
  return b.reduceSum(kept, b.ints([-1]), { keepdims: 0 });
}
function leastSquares(given: Given): Value {
  const { b } = given, [p, q] = given.pair("a", "b");
  const column = rankOf(q) < rankOf(p) ? b.unsqueeze(q, b.ints([rankOf(q)])) : q;
  const share = given.has("rcond") ? given.number("rcond") : eps * extent(p);
  const y = b.matMul(pseudoInverse(given, p, share), column);
  return column === q ? y : b.squeeze(y, b.ints([rankOf(q)]));
}
/** X of a·X = b, where b may be vectors. */
const solve = (op: string, options: (given: Given) => Readonly<Record<string, number>>): Operation => ({
  args: ["a", "b"],
  build(given) {
    const { b } = given, [p, q] = given.pair("a", "b"), vector = rankOf(q) === rankOf(p) - 1;
    const column = vector ? b.unsqueeze(q, b.ints([rankOf(q)])) : q;
    const y = b.one(`lapis.${op}`, [p, column], options(given));
    return vector ? b.squeeze(y, b.ints([rankOf(q)])) : y;
  },
});

/** Linear algebra by class name. */
export const linalg: Operations = {
  Det: { args: x, build: (given) => given.b.det(given.float("x")) },
  Inv: one("Inverse"),
  Cholesky: {
    args: x,
    build: (given) => given.b.cholesky(given.float("x"), { upper: given.flag("upper") ? 1 : 0 }),
  },
  CholeskyInverse: {
    args: x,
    build(given) {
      const { b } = given, v = given.float("x"), lower = given.flag("upper") ? turned(given, v) : v;
      return b.inverse(b.matMul(lower, turned(given, lower)));
    },
  },
  Eigh: { args: x, build: (given) => given.b.eigh(given.float("x")) },
  Logdet: {
    args: x,
    build: (given) => given.b.logDet(given.float("x")).slice(1),
  },
  Slogdet: { args: x, build: (given) => given.b.logDet(given.float("x")) },
  Lstsq: { args: ["a", "b"], build: leastSquares },
  MatrixRank: { args: x, build: rank },
  Pinv: {
    args: x,
    build(given) {
      const v = given.float("x");
      return pseudoInverse(given, v, given.has("rcond") ? given.number("rcond") : 10 * extent(v) * eps);
    },
  },
  Qr: {
    args: x,
    build: (given) =>
      given.b.qr(
        given.float("x"),
        { complete: given.get("mode") === "complete" ? 1 : 0 },
      ),
  },
  Solve: solve("Solve", () => ({})),
  SolveTriangular: solve("TriangularSolve", (given) => ({ lower: given.flag("lower") ? 1 : 0 })),
  SVD: {
    args: x,
    build(given) {
      const v = given.float("x"), alone = given.get("compute_uv") === false;
      const whole = given.get("full_matrices") !== false, all = factors(given, v, whole && !alone);
      return alone ? all[1] : all;
    },
  },
  CDist: {
    args: ["x", "y"],
    build(given) {
      const { b } = given, [p, q] = given.pair("x", "y");
      const apart = b.sub(b.unsqueeze(p, b.ints([-2])), b.unsqueeze(q, b.ints([-3])));
      return b.reduceL2(apart, b.ints([-1]), { keepdims: 0 });
    },
  },
};
