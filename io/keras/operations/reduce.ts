/** Keras 3's operations that reduce, sort and search along axes. @module */
import type { Value } from "../../../core/graph/graph.ts";
import { cast, dtypeOf, range, reshape, scalarLike, shapeOf, sizesOf } from "../../../core/ops/words.ts";
import type { Given, Operation, Operations } from "./given.ts";

const x = ["x"];
/** A reduction over the axes named, or all. */
export function over(given: Given, op: string, v: Value, keepdims = given.flag("keepdims")): Value {
  const axes = given.axes(v) ?? range(0, shapeOf(v.type).length);
  return axes.length === 0 ? v : given.b.one(op, [v, given.b.ints(axes)], { keepdims: keepdims ? 1 : 0 });
}
const kept = (op: string): Operation => ({
  args: x,
  build(given) {
    const { b } = given, dtype = given.dtype(), v = counted(given);
    const y = over(given, op, dtype ? cast(b, v, dtype) : v);
    // A greatest or least element has a bound.
    return given.has("initial")
      ? b.one(op === "ReduceMax" ? "Max" : "Min", [y, cast(b, given.value("initial"), dtypeOf(y))])
      : y;
  },
});
const floats = (op: string): Operation => ({ args: x, build: (given) => over(given, op, given.float("x")) });
/** Booleans as numbers. */
function counted(given: Given, v = given.value("x")): Value {
  return dtypeOf(v) === "bool" ? cast(given.b, v, "int32") : v;
}
/** True where any, or all, along axes are. */
const truth = (op: string): Operation => ({
  args: x,
  build(given) {
    const v = cast(given.b, cast(given.b, given.value("x"), "bool"), "int32");
    return cast(given.b, over(given, op, v), "bool");
  },
});
function variance(given: Given): Value {
  const { b } = given, v = given.float("x");
  const apart = b.sub(v, over(given, "ReduceMean", v, true));
  return over(given, "ReduceMean", b.mul(apart, apart));
}
const place = (op: string): Operation => ({
  args: x,
  build(given) {
    const { b } = given, v = given.value("x"), keepdims = given.flag("keepdims") ? 1 : 0;
    const whole = given.has("axis") ? v : b.reshape(v, b.ints([-1]));
    const axis = given.has("axis") ? given.axis(v) : 0;
    const at = b.one(op, [whole], { axis, keepdims: given.has("axis") ? keepdims : 0 });
    return cast(b, at, given.dtype() ?? "int32");
  },
});
function cumulated(given: Given): Value {
  const { b } = given, v = given.value("x"), dtype = given.dtype();
  const flat = given.has("axis") ? v : b.reshape(v, b.ints([-1]));
  const axis = given.has("axis") ? given.axis(v) : 0;
  const flags = { exclusive: given.flag("exclusive"), reverse: given.flag("reverse") };
  return b.cumSum(
    dtype ? cast(b, flat, dtype) : counted(given, flat),
    b.scalar(axis, "int64"),
    flags,
  );
}
function largest(given: Given): readonly Value[] {
  const { b } = given, v = given.value("x");
  const [values, places] = b.topK(
    v,
    b.ints([given.number("k")]),
    { axis: -1, largest: 1, sorted: 1 },
  );
  return values && places ? [values, cast(b, places, "int32")] : [];
}
/** An axis in rising order, and where its elements stood. */
function sorted(given: Given): readonly Value[] {
  const { b } = given, v = given.value("x"), axis = given.axis(v, -1);
  const count = b.shape(v, { start: axis, end: axis + 1 });
  return b.topK(v, count, { axis, largest: 0, sorted: 1 });
}
function logsumexp(given: Given): Value {
  const { b } = given, v = given.float("x"), keep = given.flag("keepdims");
  const top = over(given, "ReduceMax", v, true);
  const sum = over(given, "ReduceSum", b.exp(b.sub(v, top)), keep);
  return b.add(b.log(sum), over(given, "ReduceMax", v, keep));
}
function normalized(given: Given): Value {
  const { b } = given,
    v = given.float("x"),
    order = given.number("order", 2),
    epsilon = given.number("epsilon", 1e-12);
  const axes = given.has("axis") ? given.axes(v) ?? [] : [shapeOf(v.type).length - 1];
  if (order !== 2) {
    const powers = b.pow(b.abs(v), scalarLike(b, order, v));
    const sum = b.reduceSum(powers, b.ints(axes), { keepdims: 1 });
    const size = b.pow(sum, scalarLike(b, 1 / order, v));
    return b.div(v, b.max([size, scalarLike(b, epsilon, v)]));
  }
  const squares = b.reduceSum(b.mul(v, v), b.ints(axes), { keepdims: 1 });
  return b.div(v, b.max([b.sqrt(squares), scalarLike(b, epsilon, v)]));
}
/** Softmax over an axis; over all elements together without one. */
const softmax = (op: string): Operation => ({
  args: x,
  build(given) {
    const { b } = given, v = given.float("x"), axis = given.get("axis");
    if (axis === null) {
      const flat = b.one(op, [b.reshape(v, b.ints([-1]))], { axis: -1 });
      return reshape(b, flat, sizesOf(v, range(0, shapeOf(v.type).length)), v);
    }
    if (typeof axis === "number") return b.one(op, [v], { axis });
    const axes = b.ints(given.axes(v) ?? []), top = b.reduceMax(v, axes, { keepdims: 1 });
    const apart = b.sub(v, top), powers = b.exp(apart);
    const sum = b.reduceSum(powers, axes, { keepdims: 1 });
    return op === "Softmax" ? b.div(powers, sum) : b.sub(apart, b.log(sum));
  },
});

/** Reductions by class name. */
export const reductions: Operations = {
  Sum: kept("ReduceSum"),
  Prod: {
    args: x,
    build(given) {
      // Keras writes the element type and computes without it.
      given.get("dtype");
      return over(given, "ReduceProd", counted(given));
    },
  },
  Max: kept("ReduceMax"),
  Min: kept("ReduceMin"),
  Amax: kept("ReduceMax"),
  Amin: kept("ReduceMin"),
  Mean: floats("ReduceMean"),
  Var: { args: x, build: variance },
  Std: { args: x, build: (given) => given.b.sqrt(variance(given)) },
  Any: truth("ReduceMax"),
  All: truth("ReduceMin"),
  Argmax: place("ArgMax"),
  Argmin: place("ArgMin"),
  Cumsum: { args: x, build: cumulated },
  TopK: { args: x, build: largest },
  Sort: { args: x, build: (given) => sorted(given).slice(0, 1) },
  Argsort: { args: x, build: (given) => sorted(given).slice(1).map((v) => cast(given.b, v, "int32")) },
  Logsumexp: { args: x, build: logsumexp },
  Normalize: { args: x, build: normalized },
  Softmax: softmax("Softmax"),
  LogSoftmax: softmax("LogSoftmax"),
  Size: {
    args: x,
    build: (given) => cast(given.b, given.b.size(given.value("x")), given.dtype() ?? "int32"),
  },
  Ndim: { args: x, build: (given) => given.b.scalar(shapeOf(given.value("x").type).length, "int32") },
};
