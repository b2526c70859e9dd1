/** Keras 3's losses, norms and measures as bare operations. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import { cast, range, scalarLike, shapeOf } from "../../../core/ops/words.ts";
import { tensor } from "../../../core/values/tensor.ts";
import type { Given, Operations } from "./given.ts";
import { rankOf } from "./terms.ts";

const pair = ["target", "output"];
const clipped = (b: Builder, v: Value, low: number, high: number) =>
  b.min([b.max([v, scalarLike(b, low, v)]), scalarLike(b, high, v)]);
const epsilon = 1e-7;
function binary(given: Given): Value {
  const { b } = given, [t, o] = [given.float("target"), given.float("output")];
  const times = (p: Value, q: Value) => b.mul(p, q), one = scalarLike(b, 1, o);
  if (given.flag("from_logits")) {
    // max(x, 0) − x·t + log(1 + exp(−|x|))
    const high = b.max([o, scalarLike(b, 0, o)]);
    const soft = b.softplus(b.neg(b.abs(o)));
    return b.add(b.sub(high, times(o, t)), soft);
  }
  const p = clipped(b, o, epsilon, 1 - epsilon);
  const hit = times(t, b.log(p));
  const miss = times(b.sub(one, t), b.log(b.sub(one, p)));
  return b.neg(b.add(hit, miss));
}
/** Logarithms of probabilities along the axis of classes. */
function logs(given: Given, o: Value, axis: number): Value {
  const { b } = given;
  if (given.flag("from_logits")) return b.logSoftmax(o, { axis });
  const sum = b.reduceSum(o, b.ints([axis]), { keepdims: 1 });
  return b.log(clipped(b, b.div(o, sum), epsilon, 1 - epsilon));
}
function categorical(given: Given): Value {
  const { b } = given, t = given.float("target"), o = given.float("output"), axis = given.axis(o, -1);
  const sum = b.reduceSum(b.mul(t, logs(given, o, axis)), b.ints([axis]), { keepdims: 0 });
  return b.neg(sum);
}
function sparse(given: Given): Value {
  const { b } = given, o = given.float("output"), axis = given.axis(o, -1);
  const t = cast(b, given.value("target"), "int64"), flat = rankOf(t) === rankOf(o);
  const at = flat ? t : b.unsqueeze(t, b.ints([axis]));
  const found = b.gatherElements(logs(given, o, axis), at, { axis });
  return b.neg(b.squeeze(found, b.ints([axis])));
}
/** Normalized by statistics that are given, along one axis. */
function batchNorm(given: Given): Value {
  const { b } = given, v = given.float("x"), axis = given.axis(v), rank = rankOf(v);
  const along = (name: string) =>
    b.reshape(given.float(name), b.ints(range(0, rank).map((a) => (a === axis ? -1 : 1))));
  const variance = along("variance"),
    spread = b.add(variance, scalarLike(b, given.number("epsilon", 1e-3), v));
  const y = b.div(b.sub(v, along("mean")), b.sqrt(spread));
  const scaled = given.has("scale") ? b.mul(y, along("scale")) : y;
  return given.has("offset") ? b.add(scaled, along("offset")) : scaled;
}
/** The ratio of the highest signal to the noise, in decibels. */
function psnr(given: Given): Value {
  const { b } = given, [p, q] = given.pair("x1", "x2"), apart = b.sub(p, q);
  const noise = b.reduceMean(b.mul(apart, apart), { keepdims: 0 });
  const tens = b.mul(b.log(noise), scalarLike(b, 10 / Math.LN10, noise));
  return b.sub(scalarLike(b, 20 * Math.log10(given.number("max_val")), noise), tens);
}
/** Whether fewer than k classes are predicted above the true one. */
function inTopK(given: Given): Value {
  const { b } = given, p = given.float("predictions"), t = cast(b, given.value("targets"), "int64");
  const own = b.gatherElements(p, b.unsqueeze(t, b.ints([1])), { axis: 1 });
  const above = cast(b, b.greater(p, own), "int32");
  const count = b.reduceSum(above, b.ints([1]), { keepdims: 0 });
  return b.less(count, b.scalar(given.number("k"), "int32"));
}
/** The best class of each step, repeated ones joined and blanks left out; −1 fills the rest. */
function greedyPaths(given: Given): readonly Value[] {
  const { b } = given, v = given.float("inputs"), lengths = cast(b, given.value("sequence_lengths"), "int64");
  if ((given.get("strategy") ?? "greedy") !== "greedy") throw given.refuse("strategy");
  given.get("beam_width");
  if (given.number("top_paths", 1) !== 1) throw given.refuse("top_paths");
  const joins = given.get("merge_repeated") !== false, blank = given.number("mask_index", 0);
  const time = shapeOf(v.type)[1], classes = shapeOf(v.type)[2];
  if (typeof time !== "number" || typeof classes !== "number") throw given.refuse("inputs");
  const best = b.argMax(v, { axis: 2, keepdims: 0 }), none = scalarLike(b, -1, best);
  const inside = b.less(
    b.constant(tensor(BigInt64Array.from(range(0, time), BigInt), [1, time], "int64")),
    b.unsqueeze(lengths, b.ints([1])),
  );
  const before = b.slice(b.pad(best, b.ints([0, 1, 0, 0]), none), b.ints([0]), b.ints([time]), b.ints([1]));
  const fresh = b.not(b.equal(best, before));
  const real = b.not(b.equal(best, scalarLike(b, blank < 0 ? blank + classes : blank, best)));
  const kept = [inside, real, ...(joins ? [fresh] : [])].reduce((p, q) => b.and(p, q));
  // Kept classes move to the front: a stable order by whether they are kept.
  const rank = b.add(
    b.mul(cast(b, b.not(kept), "int64"), b.scalar(time, "int64")),
    b.constant(tensor(BigInt64Array.from(range(0, time), BigInt), [1, time], "int64")),
  );
  const [, order] = b.topK(rank, b.ints([time]), { axis: 1, largest: 0, sorted: 1 });
  if (!order) throw given.refuse("inputs");
  const masked = b.where(kept, best, none);
  const paths = cast(b, b.gatherElements(masked, order, { axis: 1 }), "int32");
  const top = b.reduceMax(v, b.ints([2]), { keepdims: 0 });
  const scored = b.where(inside, top, scalarLike(b, 0, top));
  const score = b.neg(b.reduceSum(scored, b.ints([1]), { keepdims: 1 }));
  return [b.unsqueeze(paths, b.ints([0])), score];
}

/** Losses and measures by class name. */
export const losses: Operations = {
  BinaryCrossentropy: { args: pair, build: binary },
  CategoricalCrossentropy: { args: pair, build: categorical },
  SparseCategoricalCrossentropy: { args: pair, build: sparse },
  BatchNorm: { args: ["x", "mean", "variance", "offset", "scale"], build: batchNorm },
  PSNR: { args: ["x1", "x2"], build: psnr },
  InTopK: { args: ["targets", "predictions"], build: inTopK },
  CTCDecode: { args: ["inputs", "sequence_lengths"], build: greedyPaths },
};
