/** Keras 3's rarer reductions: weighted means, moments, quantiles, and all that leave NaN out. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import { isFloat } from "../../../core/values/dtype.ts";
import type { Value } from "../../../core/graph/graph.ts";
import { asFloat, cast, dtypeOf, range, scalarLike, shapeOf, transpose } from "../../../core/ops/words.ts";
import { tensor } from "../../../core/values/tensor.ts";
import { cumulated } from "./arrays.ts";
import type { Given, Operation, Operations } from "./given.ts";
import { norm } from "./norm.ts";
import { over } from "./reduce.ts";
import { rankOf } from "./terms.ts";

const x = ["x"];
const isNaN = (b: Builder, v: Value) => isFloat(dtypeOf(v)) ? b.isNaN(v) : b.not(b.equal(v, v));
/** A number in place of NaN. */
const without = (b: Builder, v: Value, n: number) => b.where(isNaN(b, v), scalarLike(b, n, v), v);
const nanReduction = (op: string, neutral: number, ofAll: number | undefined = undefined): Operation => ({
  args: x,
  build(given) {
    const { b } = given, v = given.value("x"), y = over(given, op, without(b, v, neutral));
    if (ofAll === undefined || !isFloat(dtypeOf(v))) return y;
    const some = over(given, "ReduceMax", cast(b, b.not(isNaN(b, v)), "int32"));
    return b.where(cast(b, some, "bool"), y, scalarLike(b, ofAll, y));
  },
});
function nanMean(given: Given, v: Value, keepdims = given.flag("keepdims")): Value {
  const { b } = given, count = cast(b, b.not(isNaN(b, v)), dtypeOf(v));
  const sum = over(given, "ReduceSum", without(b, v, 0), keepdims);
  return b.div(sum, over(given, "ReduceSum", count, keepdims));
}
function nanVariance(given: Given): Value {
  const { b } = given, v = given.float("x"), apart = b.sub(v, nanMean(given, v, true));
  return nanMean(given, b.mul(apart, apart));
}
const nanPlace = (op: string, neutral: number): Operation => ({
  args: x,
  build(given) {
    const { b } = given,
      v = given.value("x"),
      whole = given.has("axis") ? v : b.reshape(v, b.ints([-1]));
    const axis = given.has("axis") ? given.axis(v) : 0,
      keepdims = given.flag("keepdims") && given.has("axis") ? 1 : 0;
    const at = cast(b, b.one(op, [without(b, whole, neutral)], { axis, keepdims }), "int32");
    if (!isFloat(dtypeOf(v))) return at;
    const some = cast(b, b.not(isNaN(b, whole)), "int32");
    const any = cast(b, b.reduceMax(some, b.ints([axis]), { keepdims }), "bool");
    return b.where(any, at, b.scalar(-1, "int32"));
  },
});

/** The axes reduced as one last axis, in rising order; NaN last. */
function sortedRows(given: Given, v: Value): { readonly rows: Value; readonly axes: readonly number[] } {
  const { b } = given, rank = rankOf(v), axes = given.axes(v) ?? range(0, rank);
  const rest = range(0, rank).filter((a) => !axes.includes(a)), turned = transpose(b, v, [...rest, ...axes]);
  const shape = b.concat([b.shape(turned, { start: 0, end: rest.length }), b.ints([-1])], {
    axis: 0,
  });
  const flat = axes.length === 1 ? turned : b.reshape(turned, rest.length > 0 ? shape : b.ints([-1]));
  const size = b.shape(flat, { start: rest.length, end: rest.length + 1 });
  const [rows] = b.topK(flat, size, { axis: -1, largest: 0, sorted: 1 });
  return { rows: rows ?? flat, axes };
}
/** Quantiles q (times `part`) of the axes named; those of several stand along a new first axis. */
function quantile(
  given: Given,
  part: number,
  passNaN: boolean,
  method = given.get("method") ?? "linear",
): Value {
  const { b } = given, v = given.float("x"), none = b.isNaN(v);
  const held = passNaN ? b.where(none, scalarLike(b, Infinity, v), v) : v;
  const { rows, axes } = sortedRows(given, held),
    rank = rankOf(rows);
  const asked = given.get("q") ?? 0.5, many = Array.isArray(asked) || rankOfGiven(given, asked) > 0;
  const q = b.mul(
    asFloat(b, cast(b, given.has("q") ? given.value("q") : b.scalar(0.5), dtypeOf(v))),
    b.scalar(part, dtypeOf(v)),
  );
  const list = many ? q : b.unsqueeze(q, b.ints([0]));
  // How many numbers each row has: all, or those that are some.
  const length = b.shape(rows, { start: rank - 1, end: rank });
  const count = passNaN
    ? b.reduceSum(cast(b, b.not(flatLast(given, none, axes)), dtypeOf(v)), b.ints([-1]), {
      keepdims: 1,
    })
    : cast(b, length, dtypeOf(v));
  const last = b.sub(count, b.scalar(1, dtypeOf(v)));
  const at = b.mul(list, b.max([last, b.scalar(0, dtypeOf(v))]));
  const low = b.floor(at), high = b.ceil(at);
  const taken = (place: Value): Value => {
    const index = cast(b, place, "int64");
    if (!passNaN) return b.gather(rows, index, { axis: rank - 1 });
    return b.gatherElements(rows, index, { axis: rank - 1 });
  };
  const between = (): Value => {
    const [p, r] = [taken(low), taken(high)];
    if (method === "midpoint") return b.mul(b.add(p, r), b.scalar(0.5, dtypeOf(v)));
    const share = b.sub(at, low);
    const mixed = b.add(b.mul(p, b.sub(b.scalar(1, dtypeOf(v)), share)), b.mul(r, share));
    return b.where(b.equal(low, high), p, mixed);
  };
  const found = method === "lower"
    ? taken(low)
    : method === "higher"
    ? taken(high)
    : method === "nearest"
    ? taken(b.round(at))
    : method === "linear" || method === "midpoint"
    ? between()
    : undefined;
  if (!found) throw given.refuse("method");
  const empty = passNaN ? b.less(last, b.scalar(0, dtypeOf(v))) : flatAny(given, none, axes);
  const known = b.where(empty, scalarLike(b, NaN, v), found);
  const turned = many
    ? transpose(b, known, [rank - 1, ...range(0, rank - 1)])
    : b.squeeze(known, b.ints([rank - 1]));
  if (!given.flag("keepdims")) return turned;
  return b.unsqueeze(turned, b.ints(axes.toSorted((p, r) => p - r).map((a) => a + (many ? 1 : 0))));
}
function rankOfGiven(given: Given, asked: unknown): number {
  return typeof asked === "number" ? 0 : rankOf(given.value("q"));
}
/** The axes reduced as one last axis. */
function flatLast(given: Given, v: Value, axes: readonly number[]): Value {
  const { b } = given, rest = range(0, rankOf(v)).filter((a) => !axes.includes(a));
  const turned = transpose(b, v, [...rest, ...axes]);
  if (axes.length === 1) return turned;
  if (rest.length === 0) return b.reshape(turned, b.ints([-1]));
  const head = b.shape(turned, { start: 0, end: rest.length });
  return b.reshape(turned, b.concat([head, b.ints([-1])], { axis: 0 }));
}
const flatAny = (given: Given, v: Value, axes: readonly number[]) =>
  cast(
    given.b,
    given.b.reduceMax(cast(given.b, flatLast(given, v, axes), "int32"), given.b.ints([-1]), {
      keepdims: 1,
    }),
    "bool",
  );
const quantiles = (part: number, passNaN: boolean): Operation => ({
  args: ["x", "q"],
  build: (given) => quantile(given, part, passNaN),
});

function average(given: Given): Value {
  const { b } = given, v = given.float("x");
  if (!given.has("weights")) return over(given, "ReduceMean", v, false);
  const weights = cast(b, given.value("weights"), dtypeOf(v)), rank = shapeOf(v.type).length;
  const short = shapeOf(weights.type).length < rank, axis = short ? given.axis(v) : 0;
  // Weights of one axis lie along it.
  const wide = short ? b.reshape(weights, b.ints(range(0, rank).map((a) => (a === axis ? -1 : 1)))) : weights;
  const sum = short ? b.reduceSum(weights, { keepdims: 0 }) : over(given, "ReduceSum", weights, false);
  return b.div(over(given, "ReduceSum", b.mul(v, wide), false), sum);
}
function moments(given: Given): readonly Value[] {
  const { b } = given,
    v = given.float("x"),
    axes = b.ints(given.axes(v, "axes") ?? []),
    keepdims = given.flag("keepdims") ? 1 : 0;
  const apart = b.sub(v, b.reduceMean(v, axes, { keepdims: 1 }));
  return [
    b.reduceMean(v, axes, { keepdims }),
    b.reduceMean(b.mul(apart, apart), axes, { keepdims }),
  ];
}

/** Rarer reductions by class name. */
export const statistics: Operations = {
  Average: { args: ["x", "weights"], build: average },
  Moments: { args: x, build: moments },
  CountNonzero: {
    args: x,
    build: (given) =>
      over(given, "ReduceSum", cast(given.b, cast(given.b, given.value("x"), "bool"), "int32"), false),
  },
  Ptp: {
    args: x,
    build: (given) =>
      given.b.sub(over(given, "ReduceMax", given.value("x")), over(given, "ReduceMin", given.value("x"))),
  },
  Signbit: {
    args: x,
    build: (given) =>
      given.b.less(asFloat(given.b, given.value("x")), scalarLike(given.b, 0, given.float("x"))),
  },
  Norm: { args: x, build: norm },
  Nansum: nanReduction("ReduceSum", 0),
  Nanprod: nanReduction("ReduceProd", 1),
  Nanmax: nanReduction("ReduceMax", -Infinity, NaN),
  Nanmin: nanReduction("ReduceMin", Infinity, NaN),
  Nanmean: { args: x, build: (given) => nanMean(given, given.float("x")) },
  Nanvar: { args: x, build: nanVariance },
  Nanstd: { args: x, build: (given) => given.b.sqrt(nanVariance(given)) },
  Nanargmax: nanPlace("ArgMax", -Infinity),
  Nanargmin: nanPlace("ArgMin", Infinity),
  Nancumsum: {
    args: x,
    build: (given) => cumulated(given, without(given.b, given.float("x"), 0), "CumSum"),
  },
  Nancumprod: {
    args: x,
    build: (given) => cumulated(given, without(given.b, given.float("x"), 1), "CumProd"),
  },
  Quantile: {
    args: ["x", "q"],
    build(given) {
      // Keras' class writes the method and computes without it.
      given.get("method");
      return quantile(given, 1, false, "linear");
    },
  },
  Percentile: quantiles(0.01, false),
  Median: quantiles(1, false),
  Nanquantile: quantiles(1, true),
  Nanpercentile: quantiles(0.01, true),
  Nanmedian: quantiles(1, true),
  Corrcoef: {
    args: x,
    build(given) {
      const { b } = given, v = given.float("x");
      const apart = b.sub(v, b.reduceMean(v, b.ints([-1]), { keepdims: 1 }));
      const size = b.reduceL2(apart, b.ints([-1]), { keepdims: 1 });
      const unit = b.div(apart, size), rank = rankOf(v);
      const turned = transpose(b, unit, [...range(0, rank - 2), rank - 1, rank - 2]);
      const one = scalarLike(b, 1, v);
      return b.max([b.min([b.matMul(unit, turned), one]), b.neg(one)]);
    },
  },
  Correlate: {
    args: ["x1", "x2"],
    build(given) {
      const { b } = given, [p, q] = given.pair("x1", "x2"), mode = given.get("mode") ?? "valid";
      const [n, m] = [shapeOf(p.type)[0], shapeOf(q.type)[0]];
      if (typeof n !== "number" || typeof m !== "number") throw given.refuse("x1");
      const full = m - 1, all = n + m - 1, kept = Math.max(n, m), start = Math.floor((all - kept) / 2);
      const pads = mode === "valid" ? [0, 0] : mode === "full" ? [full, full] : undefined;
      const row = b.reshape(asFloat(b, p), b.ints([1, 1, -1])),
        taps = b.reshape(asFloat(b, q), b.ints([1, 1, -1]));
      if (!pads && mode !== "same") throw given.refuse("mode");
      const y = b.reshape(b.conv(row, taps, { pads: pads ?? [full, full] }), b.ints([-1]));
      return pads ? y : b.slice(y, b.ints([start]), b.ints([start + kept]));
    },
  },
  Histogram: {
    args: x,
    build(given) {
      const { b } = given,
        v = b.reshape(given.float("x"), b.ints([-1])),
        bins = given.number("bins", 10);
      const range_ = given.get("range"), edges = Array.isArray(range_) ? range_ as number[] : undefined;
      const low = edges ? b.scalar(edges[0] ?? 0) : b.reduceMin(v, { keepdims: 0 });
      const high = edges ? b.scalar(edges[1] ?? 1) : b.reduceMax(v, { keepdims: 0 });
      const width = b.div(b.sub(high, low), b.scalar(bins));
      const steps = b.constant(tensor(Float32Array.from(range(0, bins + 1))));
      const line = b.add(low, b.mul(steps, width));
      const inside = b.and(b.greaterOrEqual(v, low), b.lessOrEqual(v, high));
      const at = b.min([
        b.floor(b.div(b.sub(v, low), width)),
        b.scalar(bins - 1),
      ]);
      const index = b.where(inside, at, b.scalar(bins));
      const pair = b.constant(tensor(Int32Array.of(0, 1)));
      const hits = b.oneHot(cast(b, index, "int64"), b.ints([bins + 1]), pair, { axis: -1 });
      const counts = b.reduceSum(hits, b.ints([0]), { keepdims: 0 });
      return [b.slice(counts, b.ints([0]), b.ints([bins])), line];
    },
  },
};
