/** Keras 3's rarer operations on shapes: diagonals, grids, rows of numbers, elements by place. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import {
  cast,
  dtypeOf,
  range,
  reshape,
  scalarLike,
  shapeOf,
  shapeVector,
  sizeAt,
  sizesOf,
  transpose,
} from "../../../core/ops/words.ts";
import { normalAxis } from "../../../core/values/shape.ts";
import { tensor } from "../../../core/values/tensor.ts";
import { places } from "./elementwise.ts";
import { first, type Given, isValue, type Operation, type Operations } from "./given.ts";
import { flat, rankOf } from "./terms.ts";

const x = ["x"];
const slice = (b: Builder, v: Value, from: number, to: number, axis: number, step = 1) =>
  b.slice(v, b.ints([from]), b.ints([to]), b.ints([axis]), b.ints([step]));
const end = 2 ** 31;

/** The two axes named, last. */
function matricesOf(given: Given): Value {
  const v = given.value("x"), rank = rankOf(v);
  const [p, q] = ["axis1", "axis2"].map((name, i) => normalAxis(given.number(name, i), rank));
  return transpose(given.b, v, [...range(0, rank).filter((a) => a !== p && a !== q), p ?? 0, q ?? 1]);
}
/** The square whose diagonal is one of the last two axes' diagonals. */
function square(b: Builder, v: Value, offset: number): Value {
  const rank = rankOf(v), [top, left] = [Math.max(0, -offset), Math.max(0, offset)];
  const rest = slice(b, slice(b, v, top, end, rank - 2), left, end, rank - 1);
  const sizes = [rank - 2, rank - 1].map((a) => b.shape(rest, { start: a, end: a + 1 }));
  const size = b.min(sizes), both = b.concat([size, size], { axis: 0 });
  return b.slice(rest, b.ints([0, 0]), both, b.ints([rank - 2, rank - 1]));
}
function diagonalOf(b: Builder, v: Value, offset: number): Value {
  return b.einsum([square(b, v, offset)], { equation: "...ii->...i" });
}
/** A vector as a diagonal of a matrix of zeros. */
function onDiagonal(b: Builder, v: Value, k: number): Value {
  const zero = scalarLike(b, 0, v), pads = b.ints(k >= 0 ? [0, k] : [-k, 0]);
  const rows = b.unsqueeze(b.pad(v, pads, zero), b.ints([1]));
  const shape = b.concat([
    b.shape(rows, { start: 0, end: 1 }),
    b.shape(rows, { start: 0, end: 1 }),
  ], {
    axis: 0,
  });
  const on = cast(b, b.eyeLike(b.expand(b.scalar(0), shape), { k }), "bool");
  return b.where(on, rows, zero);
}
function trace(given: Given): Value {
  const { b } = given, v = matricesOf(given);
  return b.einsum([square(b, v, given.number("offset", 0))], { equation: "...ii->..." });
}
function differences(given: Given): Value {
  const { b } = given, axis = given.axis(given.value("a"), -1);
  return range(0, given.number("n", 1)).reduce<Value>(
    (v) => b.sub(slice(b, v, 1, end, axis), slice(b, v, 0, -1, axis)),
    given.value("a"),
  );
}
/** numpy's cross product; vectors of two elements have none in the third. */
function cross(given: Given): Value {
  const { b } = given, [p, q] = given.pair("x1", "x2"), shared = given.get("axis");
  const axisOf = (v: Value, name: string) =>
    shared === null ? given.axis(v, -1, name) : normalAxis(given.number("axis"), rankOf(v));
  const parts = ([[p, "axisa"], [q, "axisb"]] as const).map(([v, name]) => {
    const axis = axisOf(v, name), size = sizeAt(v.type, axis);
    if (size !== 2 && size !== 3) throw given.refuse(name);
    const list = range(0, size).map((i) => b.gather(v, b.scalar(i, "int64"), { axis }));
    return size === 3 ? list : [...list, undefined];
  });
  const [[a0, a1, a2], [b0, b1, b2]] = parts as [(Value | undefined)[], (Value | undefined)[]];
  const product = (u?: Value, v?: Value) => u && v && b.mul(u, v);
  const less = (u: Value | undefined, v: Value | undefined): Value => {
    if (u && v) return b.sub(u, v);
    if (u) return u;
    if (v) return b.neg(v);
    return scalarLike(b, 0, p);
  };
  const third = less(product(a0, b1), product(a1, b0));
  for (const name of ["axisa", "axisb", "axisc"]) given.get(name);
  if (!a2 && !b2) return third;
  const out = [less(product(a1, b2), product(a2, b1)), less(product(a2, b0), product(a0, b2)), third];
  const rank = rankOf(third),
    axis = shared === null
      ? given.has("axisc") ? normalAxis(given.number("axisc"), rank + 1) : rank
      : normalAxis(given.number("axis"), rank + 1);
  return b.concat(out.map((v) => b.unsqueeze(v, b.ints([axis]))), { axis });
}
/** Parts of nearly one size along an axis, the larger ones first. */
const parted = (axis: (v: Value, given: Given) => number, equal = true): Operation => ({
  args: ["x", "indices_or_sections", "axis"],
  build(given) {
    const { b } = given, v = given.value("x"), at = axis(v, given), by = given.get("indices_or_sections");
    const size = shapeOf(v.type)[at];
    if (typeof by === "number") {
      if (equal || typeof size !== "number") {
        return b.split(v, { axis: at, num_outputs: by });
      }
      const sizes = range(0, by).map((i) => Math.floor(size / by) + (i < size % by ? 1 : 0));
      return b.split(v, b.ints(sizes), { axis: at }, { outputs: by });
    }
    const cuts = given.integers("indices_or_sections");
    return [...cuts, end].map((to, i) => slice(b, v, cuts[i - 1] ?? 0, to, at));
  },
});
/** Tensors of at least three axes along the third. */
function depthStacked(given: Given): Value {
  const { b } = given;
  const list = given.list("xs").map((v) =>
    rankOf(v) >= 3 ? v : b.unsqueeze(v, b.ints(rankOf(v) === 2 ? [2] : [0, 2]))
  );
  return b.concat(list, { axis: 2 });
}
const swapLast = (b: Builder, v: Value) => {
  const rank = rankOf(v);
  return transpose(b, v, [...range(0, rank - 2), rank - 1, rank - 2]);
};
/** Quarter turns of the plane of two axes. */
function turned(given: Given): Value {
  const { b } = given, v = given.value("array"), times = ((given.number("k", 1) % 4) + 4) % 4;
  const axes = given.has("axes") ? given.integers("axes") : [0, 1];
  const [p = 0, q = 1] = axes.map((a) => normalAxis(a, rankOf(v)));
  const flip = (u: Value, axis: number) => slice(b, u, -1, -end, axis, -1);
  const swap = (u: Value) => transpose(b, u, range(0, rankOf(v)).map((a) => (a === p ? q : a === q ? p : a)));
  if (times === 0) return v;
  if (times === 2) {
    const [rows, columns] = [sizeAt(v.type, p), sizeAt(v.type, q)];
    if (rows === columns) return flip(flip(v, p), q);
    // Keras on TensorFlow reads the first turn's rows as those of the picture before it.
    const others = range(0, rankOf(v)).filter((a) => a !== p && a !== q), order = [...others, p, q];
    const last = rankOf(v) - 1, turn = (u: Value) => swapLast(b, flip(u, last));
    const shaped = (u: Value) =>
      reshape(b, u, [...sizesOf(transpose(b, v, order), range(0, others.length)), rows, columns], u);
    const y = shaped(turn(shaped(turn(transpose(b, v, order)))));
    return transpose(b, y, range(0, rankOf(v)).map((a) => order.indexOf(a)));
  }
  return times === 1 ? flip(swap(v), p) : swap(flip(v, p));
}
/** The Kronecker product. */
function kron(given: Given): Value {
  const { b } = given, [p, q] = given.pair("x1", "x2"), rank = Math.max(rankOf(p), rankOf(q));
  const apart = (v: Value, odd: number) => {
    const own = shapeOf(v.type), sizes = [...range(0, rank - own.length).map(() => 1), ...own];
    return b.reshape(
      v,
      b.ints(sizes.flatMap((s) => {
        const size = typeof s === "number" ? s : -1;
        return odd ? [1, size] : [size, 1];
      })),
    );
  };
  const sizes = range(0, rank).map((a) => {
    const of = (v: Value) => {
      const at = a - rank + rankOf(v), s = at < 0 ? 1 : shapeOf(v.type)[at];
      return typeof s === "number" ? s : -1;
    };
    return of(p) < 0 || of(q) < 0 ? -1 : of(p) * of(q);
  });
  return b.reshape(b.mul(apart(p, 0), apart(q, 1)), b.ints(sizes));
}
/** How often each whole number stands in the last axis, or the weights that it has there. */
function bincount(given: Given): Value {
  const { b } = given, v = cast(b, given.value("x"), "int64"), least = given.number("minlength", 0);
  if (given.flag("sparse")) throw given.refuse("sparse");
  const weights = given.has("weights") ? given.value("weights") : undefined;
  const most = b.add(b.reduceMax(v, { keepdims: 0 }), b.scalar(1, "int64"));
  const depth = b.max([most, b.scalar(least, "int64")]), dtype = weights ? dtypeOf(weights) : "int32";
  const pair = cast(b, b.constant(tensor(Float32Array.of(0, 1))), dtype);
  const hits = b.oneHot(v, b.unsqueeze(depth, b.ints([0])), pair, { axis: -1 });
  const weighed = weights ? b.mul(hits, b.unsqueeze(weights, b.ints([rankOf(weights)]))) : hits;
  return b.reduceSum(weighed, b.ints([-2]), { keepdims: 0 });
}
function multiHot(given: Given): Value {
  const { b } = given, v = cast(b, given.value("inputs"), "int64"), depth = given.number("num_classes");
  if (given.flag("sparse")) throw given.refuse("sparse");
  const axis = given.number("axis", -1), rank = rankOf(v), dtype = given.dtype() ?? "float32";
  const pair = cast(b, b.constant(tensor(Float32Array.of(0, 1))), dtype);
  const hits = b.oneHot(v, b.ints([depth]), pair, { axis });
  return rank < 2 ? hits : b.reduceMax(hits, b.ints([1]), { keepdims: 0 });
}
type Reduction = "none" | "add" | "max" | "min" | "mul";
/** Updates put into a tensor at places, `[…, axes]`. */
function scattered(b: Builder, into: Value, at: Value, updates: Value, reduction: Reduction = "none"): Value {
  return b.scatterND(into, cast(b, at, "int64"), cast(b, updates, dtypeOf(into)), { reduction });
}
const reductions: Readonly<Record<string, Reduction>> = { add: "add", max: "max", min: "min", mul: "mul" };
function updated(given: Given): Value {
  const word = given.get("reduction");
  const reduction = word === null ? "none" : reductions[`${word}`];
  if (reduction === undefined) throw given.refuse("reduction");
  return scattered(given.b, given.value("inputs"), given.value("indices"), given.value("updates"), reduction);
}
function fromScattered(given: Given): Value {
  const { b } = given, values = given.value("values"), shape = given.integers("shape");
  const zeros = b.expand(scalarLike(b, 0, values), b.ints(shape));
  return scattered(b, zeros, given.value("indices"), values, dtypeOf(values) === "bool" ? "none" : "add");
}
/** A block of a tensor replaced, at a place that constants or a tensor say. */
function sliceUpdated(given: Given): Value {
  const { b } = given, v = given.value("inputs"), updates = cast(b, given.value("updates"), dtypeOf(v));
  const starts = given.get("start_indices"),
    sizes = range(0, rankOf(updates)).map((a) => sizeAt(updates.type, a));
  if (isValue(starts)) throw given.refuse("start_indices");
  const from = given.integers("start_indices");
  const grid = (at: readonly number[], axis: number): number[] =>
    axis === sizes.length
      ? [...at]
      : range(0, sizes[axis] ?? 0).flatMap((i) => grid([...at, (from[axis] ?? 0) + i], axis + 1));
  const at = tensor(BigInt64Array.from(grid([], 0), BigInt), [...sizes, sizes.length], "int64");
  return scattered(b, v, b.constant(at), updates);
}
/** A reduction of rows by the segment that each is in. */
const segments = (reduction: "add" | "max" | "min" | "mul", empty: number): Operation => ({
  args: ["data", "segment_ids"],
  build(given) {
    const { b } = given, v = given.value("data"), ids = cast(b, given.value("segment_ids"), "int64");
    given.flag("sorted");
    const last = b.add(b.reduceMax(ids, { keepdims: 1 }), b.ints([1]));
    const count = given.has("num_segments") ? b.ints([given.number("num_segments")]) : last;
    const rest = b.shape(v, { start: 1 });
    const shape = rankOf(v) > 1 ? b.concat([count, rest], { axis: 0 }) : count;
    const start = b.expand(scalarLike(b, empty, v), shape);
    return scattered(b, start, b.unsqueeze(ids, b.ints([1])), v, reduction);
  },
});
const lowest = -3.4028234663852886e38;
function uniques(given: Given): readonly Value[] {
  const { b } = given, v = given.value("x"), sorted = given.get("sorted") === false ? 0 : 1;
  if (given.has("size")) throw given.refuse("size");
  const axis = given.has("axis") ? { axis: given.axis(v) } : {};
  const [values, at, inverse, counts] = b.unique(v, { sorted, ...axis }, { outputs: 4 });
  const wanted = [
    values,
    given.flag("return_index") ? at : undefined,
    given.flag("return_inverse") ? inverse : undefined,
    given.flag("return_counts") ? counts : undefined,
  ];
  return wanted.filter((y) => y !== undefined).map((y, i) => (i === 0 ? y : cast(b, y, "int32")));
}
function appended(given: Given): Value {
  const { b } = given, [p, q] = given.pair("x1", "x2");
  if (given.has("axis")) return b.concat([p, q], { axis: given.axis(p) });
  return b.concat([flat(b, p), flat(b, q)], { axis: 0 });
}
/** The first elements in order, then the others; the places of both. */
function partitioned(given: Given): Value {
  const { b } = given, v = given.value("x"), axis = given.has("axis") ? given.axis(v) : undefined;
  given.number("kth");
  const whole = axis === undefined ? flat(b, v) : v, at = axis ?? 0;
  const count = b.shape(whole, { start: at, end: at + 1 });
  const [, places] = b.topK(whole, count, { axis: at, largest: 0, sorted: 1 });
  return cast(b, first(places ? [places] : []), "int32");
}
/** Parts of a row that overlap, as rows. */
function sequences(given: Given): Value {
  const { b } = given, v = given.value("x"), length = given.number("sequence_length");
  return frames(b, v, length, given.number("sequence_stride"));
}
/** Frames of the last axis: `[…, frames, length]`. */
export function frames(b: Builder, v: Value, length: number, stride: number): Value {
  const axis = rankOf(v) - 1, size = b.shape(v, { start: axis, end: axis + 1 });
  const room = b.div(b.sub(size, b.ints([length])), b.ints([stride]));
  const count = b.squeeze(b.add(room, b.ints([1])), b.ints([0]));
  const starts = b.mul(b.range(b.scalar(0, "int64"), count, b.scalar(1, "int64")), b.scalar(stride, "int64"));
  const at = b.add(b.unsqueeze(starts, b.ints([1])), b.ints(range(0, length)));
  return b.gather(v, at, { axis });
}
/** Sums of all products of the elements before, and each. */
export function cumulated(given: Given, v: Value, op: "CumSum" | "CumProd"): Value {
  const { b } = given,
    whole = given.has("axis") ? v : flat(b, v),
    axis = given.has("axis") ? given.axis(v) : 0;
  const dtype = given.dtype(), typed = dtype ? cast(b, whole, dtype) : whole;
  const counted = dtypeOf(typed) === "bool" ? cast(b, typed, "int32") : typed;
  const flags = { exclusive: given.flag("exclusive") ? 1 : 0, reverse: given.flag("reverse") ? 1 : 0 };
  return b.one(op, [counted, b.scalar(axis, "int64")], flags);
}

function takenAlong(given: Given): Value {
  const { b } = given, v = given.value("x"), at = cast(b, given.value("indices"), "int64");
  if (!given.has("axis")) throw given.refuse("axis");
  const axis = given.axis(v);
  // Sizes of one on the other axes stand for those of the other operand.
  const grown = (one: Value, other: Value) => {
    const sizes = shapeOf(other.type);
    return shapeOf(one.type).some((d, i) => i !== axis && d === 1 && sizes[i] !== 1)
      ? b.expand(one, shapeVector(b, other, sizes.map((_, i) => i === axis ? 1 : { axis: i })))
      : one;
  };
  return b.gatherElements(grown(v, at), grown(at, v), { axis });
}
/** Rarer operations on shapes by class name. */
export const arrays: Operations = {
  TakeAlongAxis: { args: ["x", "indices", "axis"], build: takenAlong },
  Append: { args: ["x1", "x2"], build: appended },
  Argpartition: { args: x, build: partitioned },
  ArraySplit: parted((v, given) => given.axis(v, 0), false),
  Bincount: { args: x, build: bincount },
  Cross: { args: ["x1", "x2"], build: cross },
  Cumprod: { args: x, build: (given) => cumulated(given, given.value("x"), "CumProd") },
  Diag: {
    args: x,
    build(given) {
      const v = given.value("x"), k = given.number("k", 0);
      return rankOf(v) === 1 ? onDiagonal(given.b, v, k) : diagonalOf(given.b, v, k);
    },
  },
  Diagflat: {
    args: x,
    build: (given) => onDiagonal(given.b, flat(given.b, given.value("x")), given.number("k", 0)),
  },
  Diagonal: {
    args: x,
    build: (given) => diagonalOf(given.b, matricesOf(given), given.number("offset", 0)),
  },
  Diff: { args: ["a"], build: differences },
  Dsplit: parted(() => 2),
  Dstack: { args: ["xs"], build: depthStacked },
  EmptyLike: {
    args: x,
    build(given) {
      const { b } = given,
        v = given.value("x"),
        zero = b.expand(cast(b, b.scalar(0), given.dtype() ?? dtypeOf(v)), b.shape(v));
      return reshape(b, zero, sizesOf(v, range(0, rankOf(v))), v);
    },
  },
  ExtractSequences: { args: x, build: sequences },
  Fliplr: { args: x, build: (given) => slice(given.b, given.value("x"), -1, -end, 1, -1) },
  Flipud: { args: x, build: (given) => slice(given.b, given.value("x"), -1, -end, 0, -1) },
  Hsplit: parted((v) => (rankOf(v) > 1 ? 1 : 0)),
  Kron: { args: ["x1", "x2"], build: kron },
  MultiHot: { args: ["inputs"], build: multiHot },
  Nonzero: { args: x, build: (given) => places(given.b, given.value("x")) },
  Rot90: { args: ["array"], build: turned },
  Scatter: { args: ["indices", "values"], build: fromScattered },
  ScatterUpdate: { args: ["inputs", "indices", "updates"], build: updated },
  SegmentSum: segments("add", 0),
  SegmentMax: segments("max", lowest),
  SegmentMin: segments("min", -lowest),
  SegmentProd: segments("mul", 1),
  SliceUpdate: { args: ["inputs", "start_indices", "updates"], build: sliceUpdated },
  Trace: { args: x, build: trace },
  Trapezoid: {
    args: ["y"],
    build(given) {
      const { b } = given, y = given.float("y"), axis = given.axis(y, -1);
      const heights = b.add(slice(b, y, 1, end, axis), slice(b, y, 0, -1, axis));
      const at = given.has("x") ? cast(b, given.value("x"), dtypeOf(y)) : undefined;
      const gaps = at &&
        b.sub(slice(b, at, 1, end, rankOf(at) - 1), slice(b, at, 0, -1, rankOf(at) - 1));
      const width = gaps
        ? b.reshape(gaps, b.ints(range(0, rankOf(y)).map((a) => (a === axis ? -1 : 1))))
        : scalarLike(b, given.number("dx", 1), y);
      const areas = b.mul(b.mul(heights, scalarLike(b, 0.5, y)), width);
      return b.reduceSum(areas, b.ints([axis]), { keepdims: 0 });
    },
  },
  Unique: { args: x, build: uniques },
  Vdot: {
    args: ["x1", "x2"],
    build(given) {
      const { b } = given, [p, q] = given.pair("x1", "x2");
      return b.reduceSum(b.mul(flat(b, p), flat(b, q)), { keepdims: 0 });
    },
  },
  Vsplit: parted(() => 0),
};
