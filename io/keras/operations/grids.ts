/** Keras 3's rows and grids of numbers between ends. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import { asFloat, cast, dtypeOf, range, scalarLike } from "../../../core/ops/words.ts";
import { normalAxis } from "../../../core/values/shape.ts";
import { tensor } from "../../../core/values/tensor.ts";
import { first, type Given, type Operations } from "./given.ts";
import { flat, rankOf } from "./terms.ts";

/** Numbers at even steps between two ends, along a new axis. */
function spaced(given: Given, of: (b: Builder, v: Value) => Value = (_, v) => v): readonly Value[] {
  const { b } = given, [p, q] = given.pair("start", "stop"), count = given.number("num", 50);
  const dtype = given.dtype(), [from, to] = [of(b, asFloat(b, p)), of(b, asFloat(b, q))];
  const ends = given.get("endpoint") !== false, parts = ends ? count - 1 : count;
  const rank = Math.max(rankOf(from), rankOf(to)), axis = normalAxis(given.number("axis", 0), rank + 1);
  const step = b.div(b.sub(to, from), scalarLike(b, Math.max(parts, 1), from));
  const places = b.constant(
    tensor(Float32Array.from(range(0, count)), range(0, rank + 1).map((a) => (a === axis ? count : 1))),
  );
  const wide = (v: Value) => {
    const more = rank - rankOf(v),
      at = b.ints([...range(0, more), axis].filter((a, i, l) => l.indexOf(a) === i));
    return rankOf(v) === 0 ? v : b.unsqueeze(v, at);
  };
  const line = b.add(wide(from), b.mul(cast(b, places, dtypeOf(step)), wide(step)));
  const typed = (v: Value) => (dtype ? cast(b, v, dtype) : v);
  return given.flag("retstep") ? [typed(line), step] : [typed(line)];
}
function geometric(given: Given): Value {
  const { b } = given,
    start = given.float("start"),
    log = (_: Builder, v: Value) => b.mul(b.log(b.abs(v)), scalarLike(b, Math.LOG10E, v));
  const line = first(spaced(given, log)), powers = b.pow(scalarLike(b, 10, line), line);
  const axis = given.number("axis", 0), sign = b.sign(start);
  return b.mul(
    powers,
    rankOf(sign) === 0 ? sign : b.unsqueeze(sign, b.ints([normalAxis(axis, rankOf(line))])),
  );
}
/** Every pair of elements of two vectors and more, as grids. */
function meshes(given: Given): readonly Value[] {
  const { b } = given, list = given.list("x"), count = list.length;
  const order = given.get("indexing") === "ij" || count < 2 ? range(0, count) : [1, 0, ...range(2, count)];
  const lines = list.map((v, i) => b.reshape(v, b.ints(order.map((axis) => (axis === i ? -1 : 1)))));
  const sizes = order.map((i) => b.shape(flat(b, first(list.slice(i)))));
  const shape = b.concat(sizes, { axis: 0 });
  return lines.map((v) => b.expand(v, shape));
}

/** Rows and grids by class name. */
export const grids: Operations = {
  Geomspace: { args: ["start", "stop"], build: geometric },
  Linspace: { args: ["start", "stop"], build: (given) => spaced(given) },
  Logspace: {
    args: ["start", "stop"],
    build(given) {
      const line = first(spaced(given));
      return given.b.pow(scalarLike(given.b, given.number("base", 10), line), line);
    },
  },
  Meshgrid: { args: ["*x"], build: meshes },
};
