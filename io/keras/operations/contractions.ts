/** Keras 3's rarer products: over axes that are named, of all pairs, attention, and convolutions in two steps. @module */
import type { Value } from "../../../core/graph/graph.ts";
import { depthwiseToOnnx, kernelToOnnx, windowAttributes } from "../../../core/ops/windowwords.ts";
import {
  boolMask,
  causalMask,
  range,
  reshape,
  scalarLike,
  shapeOf,
  sizeAt,
  sizesOf,
  toFirst,
  toLast,
  transpose,
} from "../../../core/ops/words.ts";
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
  return b.einsum([p, q], { equation: `${first.join("")},${second.join("")}->${out.join("")}` });
}
function separable(given: Given): Value {
  const { b } = given,
    x = toFirst(b, given.float("inputs"), format(given)),
    kernel = given.value("depthwise_kernel");
  const rank = shapeOf(x.type).length - 2, shape = range(0, rank).map((a) => sizeAt(kernel.type, a));
  const apart = b.conv(x, depthwiseToOnnx(b, kernel), {
    ...windowAttributes(
      x,
      shape,
      sizesFor(given, "strides", rank, 1),
      sizesFor(given, "dilation_rate", rank, 1),
      padding(given),
    ),
    group: sizeAt(x.type, 1),
  });
  return toLast(b, b.conv(apart, kernelToOnnx(b, given.value("pointwise_kernel"))), format(given));
}
/** Attention of `[batch, time, heads, features]`; key and value may have fewer heads. */
function attention(given: Given): Value {
  const { b } = given,
    [query, key, value] = ["query", "key", "value"].map((n) => given.float(n)) as [Value, Value, Value];
  const heads = sizeAt(query.type, 2), times = heads / sizeAt(key.type, 2), features = sizeAt(query.type, 3);
  const spread = (v: Value): Value => {
    if (times === 1) return v;
    const wide = b.tile(b.unsqueeze(v, b.ints([3])), b.ints([1, 1, 1, times, 1]));
    return reshape(b, wide, [...sizesOf(v, [0, 1]), heads, sizeAt(v.type, 3)], v);
  };
  const turn = (v: Value, order: readonly number[]) => transpose(b, v, order);
  const scale = given.number("scale", 1 / Math.sqrt(features));
  let scores = b.matMul(turn(query, [0, 2, 1, 3]), turn(spread(key), [0, 2, 3, 1]));
  scores = b.mul(scores, scalarLike(b, scale, scores));
  if (given.has("attn_logits_soft_cap")) throw given.refuse("attn_logits_soft_cap");
  if (given.has("bias")) scores = b.add(scores, given.value("bias"));
  const masks = [
    ...given.has("mask") ? [boolMask(b, given.value("mask"))] : [],
    ...given.flag("is_causal") ? [causalMask(b, scores)] : [],
  ];
  const allowed = masks.length > 0 ? masks.reduce((m, n) => b.and(m, n)) : undefined;
  const masked = allowed ? b.where(allowed, scores, scalarLike(b, -1e9, scores)) : scores;
  const y = b.matMul(b.softmax(masked, { axis: -1 }), turn(spread(value), [0, 2, 1, 3]));
  return turn(y, [0, 2, 1, 3]);
}

/** Products by class name. */
export const contractions: Operations = {
  Tensordot: { args: two, build: tensordot },
  Inner: {
    args: two,
    build: (given) => {
      const [p, q] = pair(given), rank = shapeOf(q.type).length;
      return given.b.matMul(
        p,
        rank > 1 ? transpose(given.b, q, [...range(0, rank - 2), rank - 1, rank - 2]) : q,
      );
    },
  },
  Outer: {
    args: two,
    build: (given) => {
      const { b } = given, [p, q] = pair(given);
      return b.mul(b.reshape(p, b.ints([-1, 1])), b.reshape(q, b.ints([1, -1])));
    },
  },
  DotProductAttention: { args: ["query", "key", "value", "bias", "mask", "scale"], build: attention },
  SeparableConv: { args: ["inputs", "depthwise_kernel", "pointwise_kernel"], build: separable },
};
