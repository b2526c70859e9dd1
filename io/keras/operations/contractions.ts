/** Keras 3's rarer products: over axes that are named, of all pairs, and convolutions in two steps. @module */
import type { Value } from "../../../core/graph/graph.ts";
import { depthwiseToOnnx, kernelToOnnx, windowAttributes } from "../../../core/graph/windows.ts";
import { range, shapeOf, sizeAt, toFirst, toLast, transpose } from "../../../core/graph/words.ts";
import type { Given, Operations } from "./given.ts";
import { format, padding, pair, sizesFor } from "./products.ts";

const two = ["x1", "x2"];
function tensordot(given: Given): Value {
  const { b } = given,
    [p, q] = pair(given),
    axes = given.get("axes"),
    [m, n] = [p, q].map((v) => shapeOf(v.type).length) as [number, number];
  const count = typeof axes === "number" ? axes : 0, lists = Array.isArray(axes) ? axes as unknown[] : [];
  const listOf = (i: number, rank: number) =>
    [lists[i]].flat().map((a) => Number(a)).map((a) => a < 0 ? a + rank : a);
  const left = typeof axes === "number" ? range(m - count, m) : listOf(0, m);
  const right = typeof axes === "number" ? range(0, count) : listOf(1, n);
  const letters = "abcdefghijklmnopqrstuvwxyz", first = [...letters.slice(0, m)];
  const second = range(0, n).map((a) =>
    right.includes(a) ? first[left[right.indexOf(a)] ?? 0] : letters[m + a]
  );
  const out = [...first.filter((_, a) => !left.includes(a)), ...second.filter((_, a) => !right.includes(a))];
  return b.one("Einsum", [p, q], { equation: `${first.join("")},${second.join("")}->${out.join("")}` });
}
function separable(given: Given): Value {
  const { b } = given,
    x = toFirst(b, given.float("inputs"), format(given)),
    kernel = given.value("depthwise_kernel");
  const rank = shapeOf(x.type).length - 2, shape = range(0, rank).map((a) => sizeAt(kernel.type, a));
  const apart = b.one("Conv", [x, depthwiseToOnnx(b, kernel)], {
    ...windowAttributes(
      x,
      shape,
      sizesFor(given, "strides", rank, 1),
      sizesFor(given, "dilation_rate", rank, 1),
      padding(given),
    ),
    group: sizeAt(x.type, 1),
  });
  return toLast(b, b.one("Conv", [apart, kernelToOnnx(b, given.value("pointwise_kernel"))]), format(given));
}

/** Products by class name. */
export const contractions: Operations = {
  Tensordot: { args: two, build: tensordot },
  Inner: {
    args: two,
    build: (given) => {
      const [p, q] = pair(given), rank = shapeOf(q.type).length;
      return given.b.one("MatMul", [
        p,
        rank > 1 ? transpose(given.b, q, [...range(0, rank - 2), rank - 1, rank - 2]) : q,
      ]);
    },
  },
  Outer: {
    args: two,
    build: (given) => {
      const { b } = given, [p, q] = pair(given);
      return b.one("Mul", [b.one("Reshape", [p, b.ints([-1, 1])]), b.one("Reshape", [q, b.ints([1, -1])])]);
    },
  },
  SeparableConv: { args: ["inputs", "depthwise_kernel", "pointwise_kernel"], build: separable },
};
