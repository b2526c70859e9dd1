/** Keras 3's operations that take images apart at places between pixels. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import { isFloat } from "../../../core/values/dtype.ts";
import type { Value } from "../../../core/graph/graph.ts";
import {
  cast,
  dtypeOf,
  range,
  scalarLike,
  shapeOf,
  sizeAt,
  toFirst,
  toLast,
} from "../../../core/ops/words.ts";
import { type Tensor, tensor } from "../../../core/values/tensor.ts";
import type { Given, Operations } from "./given.ts";
import { format } from "./products.ts";
import { plus, rankOf, times } from "./terms.ts";

const lanczos = (radius: number) => (x: number) =>
  x > radius
    ? 0
    : x > 1e-3
    ? (radius * Math.sin(Math.PI * x) * Math.sin((Math.PI * x) / radius)) / (Math.PI ** 2 * x ** 2)
    : 1;
/** Weights by the distance from a pixel's centre; cubic is Keys' of 1981 with a = −1/2. */
const filters: Readonly<Record<string, { readonly radius: number; readonly at: (x: number) => number }>> = {
  bilinear: { radius: 1, at: (x) => Math.max(0, 1 - x) },
  bicubic: {
    radius: 2,
    at: (x) => x >= 2 ? 0 : x >= 1 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : (1.5 * x - 2.5) * x * x + 1,
  },
  // Mitchell and Netravali 1988 with B = C = 1/3; a Gaussian of sigma 1/2 cut at 1.5.
  mitchellcubic: {
    radius: 2,
    at: (x) =>
      x >= 2
        ? 0
        : x >= 1
        ? (((-7 / 18) * x + 2) * x - 10 / 3) * x + 16 / 9
        : ((7 / 6) * x - 2) * x * x + 8 / 9,
  },
  gaussian: { radius: 1.5, at: (x) => (x >= 1.5 ? 0 : Math.exp(-(x * x) / 0.5)) },
  lanczos3: { radius: 3, at: lanczos(3) },
  lanczos5: { radius: 5, at: lanczos(5) },
};
/** How much of each pixel lies under each of another size. */
function areas(from: number, to: number): Tensor {
  const scale = from / to, out = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    for (let k = 0; k < from; k++) {
      const shared = Math.min((i + 1) * scale, k + 1) - Math.max(i * scale, k);
      out[i * from + k] = Math.max(0, shared) / scale;
    }
  }
  return tensor(out, [to, from]);
}
/** What each pixel of one size gives to each of another, `[to, from]`; undefined for a filter that isn't known. */
export function weightsBetween(
  from: number,
  to: number,
  mode: string,
  antialias: boolean,
): Tensor | undefined {
  if (mode === "area") return areas(from, to);
  const filter = Object.hasOwn(filters, mode) ? filters[mode] : undefined;
  if (!filter) return undefined;
  const scale = from / to, wide = antialias ? Math.max(scale, 1) : 1, out = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const exact = (i + 0.5) * scale - 0.5, low = Math.floor(exact);
    // TensorFlow's cubic filter is a table of 1,024 steps, unless it is widened.
    const at = mode === "bicubic" && !antialias ? low + Math.round((exact - low) * 1024) / 1024 : exact;
    const list = range(0, from).map((k) => filter.at(Math.abs(at - k) / wide));
    const sum = list.reduce((p, q) => p + q, 0);
    list.forEach((w, k) => out[i * from + k] = sum === 0 ? 0 : w / sum);
  }
  return tensor(out, [to, from]);
}

type Fill = "constant" | "nearest" | "wrap" | "reflect" | "mirror";
function fillMode(given: Given): Fill {
  const word = given.get("fill_mode") ?? "constant";
  if (["constant", "nearest", "wrap", "reflect", "mirror"].includes(`${word}`)) return word as Fill;
  throw given.refuse("fill_mode");
}
/** The size of an axis in the type of indices, known before running or not. */
function extent(b: Builder, v: Value, axis: number, like: Value): Value {
  const size = shapeOf(v.type)[axis];
  if (typeof size === "number") return scalarLike(b, size, like);
  return cast(b, b.squeeze(b.shape(v, { start: axis, end: axis + 1 })), dtypeOf(like));
}
/** An index brought into an axis, and whether it lay there. */
function inside(
  b: Builder,
  at: Value,
  size: Value,
  mode: Fill,
): readonly [index: Value, valid: Value | undefined] {
  const top = plus(b, size, -1), zero = scalarLike(b, 0, at);
  const clamped = b.min([b.max([at, zero]), top]);
  const mod = (v: Value, n: Value) => b.sub(v, b.mul(b.floor(b.div(v, n)), n));
  if (mode === "constant") {
    return [clamped, b.and(b.greaterOrEqual(at, zero), b.lessOrEqual(at, top))];
  }
  if (mode === "nearest") return [clamped, undefined];
  if (mode === "wrap") return [mod(at, size), undefined];
  const twice = times(b, size, 2), turn = mod(b.abs(at), twice), under = b.less(turn, size);
  const back = b.sub(mode === "reflect" ? plus(b, twice, -1) : twice, turn);
  return [b.min([b.where(under, turn, back), top]), undefined];
}
/** Elements of an array at coordinates, `[axes, …]`, of order 0 or 1. */
function mapped(given: Given): Value {
  const { b } = given, x = given.value("inputs"), order = given.number("order"), mode = fillMode(given);
  if (order !== 0 && order !== 1) throw given.refuse("order");
  const at = given.float("coordinates"), fill = given.has("fill_value") ? given.number("fill_value") : 0;
  const each = range(0, rankOf(x)).map((axis) => {
    const c = b.gather(at, b.scalar(axis, "int64"), { axis: 0 }), low = b.floor(c);
    if (order === 0) return [{ index: b.round(c), weight: undefined }];
    const share = b.sub(c, low);
    return [
      { index: low, weight: b.sub(scalarLike(b, 1, c), share) as Value | undefined },
      { index: plus(b, low, 1), weight: share as Value | undefined },
    ];
  });
  const corners = each.reduce<(typeof each)[number][]>(
    (list, nodes) => list.flatMap((c) => nodes.map((n) => [...c, n])),
    [[]],
  );
  const values = cast(b, x, "float32");
  const parts = corners.map((corner) => {
    const places = corner.map(({ index }, axis) => inside(b, index, extent(b, x, axis, index), mode));
    const list = places.map(([i]) => b.unsqueeze(cast(b, i, "int64"), b.ints([rankOf(i)])));
    const found = b.gatherND(values, b.concat(list, { axis: -1 }));
    const valid = places.flatMap(([, v]) => (v ? [v] : []));
    const [head, ...rest] = valid;
    const known = head
      ? b.where(rest.reduce((p, q) => b.and(p, q), head), found, scalarLike(b, fill, found))
      : found;
    return corner.reduce((v, { weight }) => (weight ? b.mul(v, weight) : v), known);
  });
  const sum = parts.reduce((p, q) => b.add(p, q));
  return isFloat(dtypeOf(x)) ? sum : cast(b, b.round(sum), dtypeOf(x));
}

/** A coordinate brought into an image as TensorFlow's projective transform does it. */
function brought(b: Builder, at: Value, size: number, mode: Fill): Value {
  const top = scalarLike(b, size - 1, at), zero = scalarLike(b, 0, at);
  const clamp = (v: Value) => b.min([b.max([v, zero]), top]);
  const trunc = (v: Value) => b.mul(b.sign(v), b.floor(b.abs(v)));
  const over = (v: Value, by: number) => trunc(times(b, v, 1 / by));
  const below = b.less(at, zero), above = b.greater(at, top);
  if (mode === "nearest") return clamp(at);
  if (mode === "wrap") {
    if (size <= 1) return zero;
    const up = b.add(at, times(b, plus(b, trunc(times(b, at, -1 / (size - 1))), 1), size));
    const down = b.sub(at, times(b, over(at, size - 1), size));
    return clamp(b.where(below, wrapped(b, at, size, up), b.where(above, down, at)));
  }
  if (mode === "reflect") {
    if (size <= 1) return zero;
    const twice = 2 * size;
    const first = b.where(
      b.less(at, scalarLike(b, -twice, at)),
      b.add(at, times(b, trunc(times(b, at, -1 / twice)), twice)),
      at,
    );
    const low = b.where(
      b.less(first, scalarLike(b, -size, at)),
      plus(b, first, twice),
      plus(b, b.neg(first), -1),
    );
    const rest = b.sub(at, times(b, over(at, twice), twice));
    const high = b.where(
      b.greaterOrEqual(rest, scalarLike(b, size, at)),
      plus(b, b.neg(rest), twice - 1),
      rest,
    );
    return clamp(b.where(below, low, b.where(above, high, at)));
  }
  return at;
}
const wrapped = (b: Builder, at: Value, size: number, up: Value) => size > 1 ? up : scalarLike(b, 0, at);
/** Images `[n, height, width, channels]` under projective transforms `[n or 1, 8]` of output to input points. */
function projected(given: Given, v: Value, transform: Value, mode: Fill): Value {
  const { b } = given, alone = rankOf(v) === 3, way = format(given);
  const batch = alone ? b.unsqueeze(v, b.ints([0])) : v;
  const image = toLast(b, toFirst(b, batch, way), "channels_last");
  const last = b.transpose(image, { perm: way === "channels_first" ? [0, 2, 3, 1] : [0, 1, 2, 3] });
  const [rows, columns] = [sizeAt(last.type, 1), sizeAt(last.type, 2)], count = rows * columns;
  const flat = rankOf(transform) === 1 ? b.unsqueeze(transform, b.ints([0])) : transform;
  const entry = (i: number) => b.slice(cast(b, flat, "float32"), b.ints([i]), b.ints([i + 1]), b.ints([1]));
  const grid = (of: (i: number) => number) =>
    b.constant(tensor(Float32Array.from(range(0, count), of), [1, count]));
  const [px, py] = [grid((i) => i % columns), grid((i) => Math.floor(i / columns))];
  const line = (p: number, q: number, r?: number) => {
    const sum = b.add(b.mul(entry(p), px), b.mul(entry(q), py));
    return r === undefined ? plus(b, sum, 1) : b.add(sum, entry(r));
  };
  const depth = line(6, 7), zero = b.equal(depth, scalarLike(b, 0, depth));
  const over = (n: Value) => b.div(n, depth);
  const inX = brought(b, over(line(0, 1, 2)), columns, mode),
    inY = brought(b, over(line(3, 4, 5)), rows, mode);
  const fill = given.has("fill_value") ? given.number("fill_value") : 0;
  const pixels = b.reshape(last, b.ints([0, count, -1]));
  const n = b.shape(last, { start: 0, end: 1 });
  const taken = (y: Value, x: Value): Value => {
    const ok = [
      b.greaterOrEqual(y, scalarLike(b, 0, y)),
      b.lessOrEqual(y, scalarLike(b, rows - 1, y)),
      b.greaterOrEqual(x, scalarLike(b, 0, x)),
      b.lessOrEqual(x, scalarLike(b, columns - 1, x)),
    ].reduce((p, q) => b.and(p, q));
    const at = b.add(times(b, y, columns), x);
    const safe = cast(b, b.where(ok, at, scalarLike(b, 0, at)), "int64");
    const shape = b.concat([n, b.ints([count])], { axis: 0 });
    const found = b.gatherND(pixels, b.unsqueeze(b.expand(safe, shape), b.ints([2])), { batch_dims: 1 });
    const valid = b.unsqueeze(b.expand(ok, shape), b.ints([2]));
    return b.where(valid, found, scalarLike(b, fill, found));
  };
  const word = given.get("interpolation") ?? "bilinear";
  let out: Value;
  // Halves go away from zero here.
  const rounded = (v: Value) => b.mul(b.sign(v), b.floor(plus(b, b.abs(v), 0.5)));
  if (word === "nearest") out = taken(rounded(inY), rounded(inX));
  else if (word === "bilinear") {
    const [lowY, lowX] = [b.floor(inY), b.floor(inX)],
      wide = (w: Value) => b.unsqueeze(w, b.ints([2]));
    const [sy, sx] = [wide(b.sub(inY, lowY)), wide(b.sub(inX, lowX))];
    const mix = (p: Value, q: Value, share: Value) =>
      b.add(b.mul(p, b.sub(scalarLike(b, 1, share), share)), b.mul(q, share));
    const [highY, highX] = [plus(b, lowY, 1), plus(b, lowX, 1)];
    out = mix(
      mix(taken(lowY, lowX), taken(lowY, highX), sx),
      mix(taken(highY, lowX), taken(highY, highX), sx),
      sy,
    );
  } else throw given.refuse("interpolation");
  const unseen = b.unsqueeze(zero, b.ints([2]));
  const made = b.where(unseen, scalarLike(b, fill, out), out);
  const back = b.reshape(made, b.ints([0, rows, columns, -1]));
  const turned = way === "channels_first" ? b.transpose(back, { perm: [0, 3, 1, 2] }) : back;
  return alone ? b.squeeze(turned, b.ints([0])) : turned;
}
/** The transform that takes four points to four others, `[n, 8]`. */
function homography(given: Given): Value {
  const { b } = given,
    [start, end] = ["start_points", "end_points"].map((name) => {
      const v = given.float(name);
      return rankOf(v) === 2 ? b.unsqueeze(v, b.ints([0])) : v;
    }) as [Value, Value];
  const point = (v: Value, i: number, axis: number) =>
    b.slice(v, b.ints([i, axis]), b.ints([i + 1, axis + 1]), b.ints([1, 2]));
  const rows: Value[] = [], goals: Value[] = [];
  for (let i = 0; i < 4; i++) {
    const [ex, ey] = [point(end, i, 0), point(end, i, 1)], zero = times(b, ex, 0), one = plus(b, zero, 1);
    for (const axis of [0, 1]) {
      const s = point(start, i, axis), less = b.neg(s);
      const own = [ex, ey, one], none = [zero, zero, zero];
      const tail = [b.mul(less, ex), b.mul(less, ey)];
      rows.push(
        b.concat([...(axis === 0 ? [...own, ...none] : [...none, ...own]), ...tail], { axis: 2 }),
      );
      goals.push(s);
    }
  }
  const solved = b.solve(b.concat(rows, { axis: 1 }), b.concat(goals, { axis: 1 }));
  return b.squeeze(solved, b.ints([2]));
}
/** Axes of an array stretched and moved, by the weights of a filter. */
function stretched(given: Given): Value {
  const { b } = given, v = given.float("images"), axes = given.axes(v, "spatial_dims") ?? [];
  const shape = given.integers("output_shape"), word = `${given.get("method")}`;
  const mode = /^(linear|bilinear|trilinear|triangle)$/.test(word)
    ? "bilinear"
    : /^(cubic|bicubic|tricubic)$/.test(word)
    ? "bicubic"
    : undefined;
  if (mode !== "bilinear") throw given.refuse("method");
  const antialias = given.get("antialias") !== false, rank = rankOf(v);
  return axes.reduce((x, axis, i) => {
    const pick = (name: string) => b.slice(given.float(name), b.ints([i]), b.ints([i + 1]));
    const over = b.reciprocal(pick("scale")), from = sizeAt(x.type, axis), to = shape[axis] ?? from;
    const centres = b.constant(tensor(Float32Array.from(range(0, to), (k) => k + 0.5)));
    const at = plus(
      b,
      b.sub(b.mul(centres, over), b.mul(pick("translation"), over)),
      -0.5,
    );
    const line = b.constant(tensor(Float32Array.from(range(0, from)), [from, 1]));
    const gap = b.abs(b.sub(b.unsqueeze(at, b.ints([0])), line));
    const near = antialias ? b.div(gap, b.max([over, scalarLike(b, 1, over)])) : gap;
    const raw = b.max([b.sub(scalarLike(b, 1, near), near), scalarLike(b, 0, near)]);
    const sum = b.reduceSum(raw, b.ints([0]), { keepdims: 1 });
    const some = b.greater(b.abs(sum), scalarLike(b, 1.1920929e-4, sum));
    const seen = b.and(
      b.greaterOrEqual(at, scalarLike(b, -0.5, at)),
      b.lessOrEqual(at, scalarLike(b, from - 0.5, at)),
    );
    const share = b.div(raw, b.where(some, sum, scalarLike(b, 1, sum)));
    const weights = b.where(b.and(some, seen), share, scalarLike(b, 0, share));
    const others = range(0, rank).filter((a) => a !== axis), order = [...others, axis];
    const last = b.matMul(b.transpose(x, { perm: order }), weights);
    return b.transpose(last, { perm: range(0, rank).map((a) => order.indexOf(a)) });
  }, v);
}

/** Operations between pixels by class name. */
export const warps: Operations = {
  MapCoordinates: { args: ["inputs", "coordinates"], build: mapped },
  AffineTransform: {
    args: ["images", "transform"],
    build: (given) => projected(given, given.float("images"), given.float("transform"), fillMode(given)),
  },
  PerspectiveTransform: {
    args: ["images", "start_points", "end_points"],
    build: (given) => projected(given, given.float("images"), homography(given), "constant"),
  },
  ScaleAndTranslate: {
    args: ["images", "output_shape", "scale", "translation"],
    build: stretched,
  },
};
