/** Keras 3's operations on shapes: axes, parts, joining, repeating. @module */
import type { Value } from "../../../core/graph/graph.ts";
import {
  cast,
  dtypeOf,
  expand,
  range,
  reshape,
  scalarLike,
  shapeOf,
  shapeVector,
  sizesOf,
  transpose,
} from "../../../core/ops/words.ts";
import { normalAxis } from "../../../core/values/shape.ts";
import { tensor } from "../../../core/values/tensor.ts";
import { isJson } from "../json.ts";
import { first, type Given, isValue, type Operations } from "./given.ts";

const x = ["x"];
const all = (v: Value) => range(0, shapeOf(v.type).length);

const isIntegers = (x: unknown) => [x].flat().every((n) => Number.isSafeInteger(n));
/** Keras' reshape: -1 is what is left. */
function reshaped(given: Given): Value {
  const v = given.value("x"), name = given.has("newshape") ? "newshape" : "shape";
  if (!isIntegers(given.get(name))) return given.b.reshape(v, given.sizes(name));
  const sizes = given.integers(name), batch = shapeOf(v.type)[0];
  // A written batch size of -1 beside another is that of the input.
  const open = sizes.filter((s) => s === -1).length > 1 && typeof batch !== "number";
  return given.b.reshape(v, given.b.ints(open ? [0, ...sizes.slice(1)] : sizes), {
    ...(sizes.includes(0) && !open && { allowzero: 1 }),
  });
}
function squeezed(given: Given): Value {
  const v = given.value("x"), axes = given.axes(v) ?? all(v).filter((a) => shapeOf(v.type)[a] === 1);
  return axes.length === 0 ? v : given.b.squeeze(v, given.b.ints(axes));
}
function transposed(given: Given): Value {
  const v = given.value("x");
  return transpose(given.b, v, given.axes(v, "axes") ?? all(v).toReversed());
}
function swapped(given: Given): Value {
  const v = given.value("x"), [p, q] = [given.axis(v, undefined, "axis1"), given.axis(v, undefined, "axis2")];
  return transpose(given.b, v, all(v).map((a) => a === p ? q : a === q ? p : a));
}
function moved(given: Given): Value {
  const v = given.value("x"), from = given.axes(v, "source") ?? [], to = given.axes(v, "destination") ?? [];
  const order = all(v).filter((a) => !from.includes(a));
  [...to.keys()].sort((i, j) => (to[i] ?? 0) - (to[j] ?? 0)).forEach((i) =>
    order.splice(to[i] ?? 0, 0, from[i] ?? 0)
  );
  return transpose(given.b, v, order);
}
function unsqueezed(given: Given): Value {
  const v = given.value("x"), wanted = given.integers("axis"), rank = shapeOf(v.type).length + wanted.length;
  return given.b.unsqueeze(v, given.b.ints(wanted.map((a) => normalAxis(a, rank))));
}
function broadcast(given: Given): Value {
  const v = given.value("x"), own = shapeOf(v.type), shape = given.get("shape");
  if (!Array.isArray(shape)) throw given.refuse("shape");
  const sizes = (shape as unknown[]).map((s, i) => {
    if (typeof s === "number" && s >= 0) return s;
    const axis = i - (shape.length - own.length);
    if ((s === null || s === -1) && axis >= 0) return { axis };
    throw given.refuse("shape");
  });
  return expand(given.b, v, sizes, v);
}
function joined(given: Given, name = "xs", otherwise = 0): Value {
  const list = given.list(name), axis = given.axis(first(list), otherwise);
  return given.b.concat(list, { axis });
}
function stacked(given: Given): Value {
  const { b } = given,
    list = given.list(given.has("x") ? "x" : "xs"),
    axis = given.axis(first(list), 0, "axis", 1);
  return b.concat(list.map((v) => b.unsqueeze(v, b.ints([axis]))), { axis });
}
/** The parts of an axis, by number or by places to cut. */
function split(given: Given): readonly Value[] {
  const { b } = given, v = given.value("x"), axis = given.axis(v, 0);
  // TensorFlow's splits are sizes, Keras' are places.
  const lengths = given.get("num_or_size_splits"), by = given.get("indices_or_sections") ?? lengths;
  if (typeof by === "number") return b.split(v, { axis, num_outputs: by });
  if (lengths !== null) {
    const own = given.integers("num_or_size_splits");
    return b.split(v, b.ints(own), { axis }, { outputs: own.length });
  }
  const cuts = given.integers("indices_or_sections"), size = shapeOf(v.type)[axis];
  if (typeof size !== "number") {
    // The last part is what is left.
    return [...cuts, 2 ** 31].map((end, i) =>
      b.slice(v, b.ints([cuts[i - 1] ?? 0]), b.ints([end]), b.ints([axis]))
    );
  }
  const sizes = [...cuts, size].map((c, i) => c - (cuts[i - 1] ?? 0));
  return b.split(v, b.ints(sizes), { axis }, { outputs: sizes.length });
}
function unstacked(given: Given): readonly Value[] {
  const { b } = given, v = given.value("x"), axis = given.axis(v, 0), size = shapeOf(v.type)[axis];
  const count = typeof size === "number" ? size : given.number("num");
  return range(0, count).map((i) => b.gather(v, b.scalar(i, "int64"), { axis }));
}
const half = (n: unknown, at: number) => Array.isArray(n) ? Number(n[at] ?? n[0]) : Number(n);
function padded(given: Given): Value {
  const { b } = given,
    v = given.value("x"),
    widths = given.get("pad_width"),
    mode = `${given.get("mode") ?? "constant"}`.toLowerCase();
  const list = all(v).map((a) =>
    Array.isArray(widths) && Array.isArray(widths[0]) ? widths[a] ?? widths[0] : widths
  );
  const pads = b.ints([...list.map((w) => half(w, 0)), ...list.map((w) => half(w, 1))]);
  if (mode === "constant") {
    return b.pad(v, pads, scalarLike(b, given.number("constant_values", 0), v), {
      mode: "constant",
    });
  }
  given.get("constant_values");
  if (mode === "symmetric") return mirrored(given, v, list);
  if (mode !== "reflect" && mode !== "edge") throw given.refuse("mode");
  return b.pad(v, pads, { mode });
}
/** Ends are repeated in the other direction, the last element too. */
function mirrored({ b }: Given, v: Value, widths: readonly unknown[]): Value {
  return widths.reduce<Value>((y, w, axis) => {
    const [before, after] = [half(w, 0), half(w, 1)], ends = b.ints([axis]), back = b.ints([-1]);
    const turned = (from: number, to: number) => b.slice(y, b.ints([from]), b.ints([to]), ends, back);
    const first = before > 0 ? [turned(before - 1, -(2 ** 31))] : [];
    const last = after > 0 ? [turned(-1, -1 - after)] : [];
    return first.length + last.length === 0 ? y : b.concat([...first, y, ...last], { axis });
  }, v);
}
function tiled(given: Given): Value {
  const { b } = given, v = given.value("x");
  if (!isIntegers(given.get("repeats"))) return b.tile(v, given.sizes("repeats"));
  const repeats = given.integers("repeats"),
    rank = shapeOf(v.type).length;
  const more = repeats.length - rank;
  const wide = more > 0 ? b.unsqueeze(v, b.ints(range(0, more))) : v;
  return b.tile(wide, b.ints([...range(0, Math.max(0, -more)).map(() => 1), ...repeats]));
}
function repeated(given: Given): Value {
  const { b } = given, v = given.value("x"), [count = 1, ...more] = given.integers("repeats");
  const flat = given.has("axis") ? v : b.reshape(v, b.ints([-1]));
  const axis = given.has("axis") ? given.axis(v) : 0, rank = shapeOf(flat.type).length;
  if (more.length > 0) {
    const places = [count, ...more].flatMap((times, i) => range(0, times).map(() => i));
    return b.gather(flat, b.ints(places), { axis });
  }
  const apart = b.unsqueeze(flat, b.ints([axis + 1]));
  const many = b.tile(apart, b.ints(range(0, rank + 1).map((a) => a === axis + 1 ? count : 1)));
  const sizes = sizesOf(flat, range(0, rank)).map((s, a) =>
    a !== axis ? s : typeof s === "number" ? s * count : -1
  );
  return reshape(b, many, sizes, flat);
}
function flipped(given: Given): Value {
  const { b } = given, v = given.value("x"), axes = given.axes(v) ?? all(v);
  const each = (n: number) => b.ints(axes.map(() => n));
  return b.slice(v, each(-1), each(-(2 ** 31)), b.ints(axes), each(-1));
}
function rolled(given: Given): Value {
  const { b } = given, v = given.value("x"), shifts = given.integers("shift");
  if (!given.has("axis")) {
    const flat = b.reshape(v, b.ints([-1])), by = shifts[0] ?? 0;
    const part = (from: number, to: number) => b.slice(flat, b.ints([from]), b.ints([to]));
    const turned = by === 0 ? flat : b.concat([part(-by, 2 ** 31), part(0, -by)], { axis: 0 });
    return reshape(b, turned, sizesOf(v, all(v)), v);
  }
  return (given.axes(v) ?? []).reduce((y, axis, i) => {
    const by = shifts[i] ?? shifts[0] ?? 0, end = 2 ** 31;
    const part = (from: number, to: number) => b.slice(y, b.ints([from]), b.ints([to]), b.ints([axis]));
    return by === 0 ? y : b.concat([part(-by, end), part(0, -by)], { axis });
  }, v);
}
function filled(given: Given, value: number): Value {
  const { b } = given, v = given.value("x"), dtype = given.dtype() ?? dtypeOf(v);
  return expand(b, b.scalar(dtype === "bool" ? value !== 0 : value, dtype), sizesOf(v, all(v)), v);
}
/** What Python's `x[key]` takes: whole numbers, slices, new axes, an ellipsis. */
function item(given: Given): Value {
  const { b } = given, raw = given.get("key");
  let v = given.value("x");
  const keys: unknown[] = Array.isArray(raw) && !isValue(raw) ? raw as unknown[] : [raw];
  const isEllipsis = (k: unknown) => isJson(k) && k.class_name === "__ellipsis__";
  const taken = keys.filter((k) => k !== null && !isEllipsis(k)).length, rank = shapeOf(v.type).length;
  const whole = { class_name: "__slice__", config: {} };
  const at = keys.findIndex(isEllipsis), rest = range(0, rank - taken).map(() => whole);
  const full = at < 0 ? [...keys, ...rest] : keys.toSpliced(at, 1, ...rest);
  const starts: number[] = [], ends: number[] = [], axes: number[] = [], steps: number[] = [];
  const gone: number[] = [], fresh: number[] = [];
  let axis = 0, out = 0;
  for (const k of full) {
    if (k === null) fresh.push(out++);
    else if (typeof k === "number") {
      [starts, ends, axes, steps].forEach((l, i) => l.push([k, k === -1 ? 2 ** 31 : k + 1, axis, 1][i] ?? 0));
      gone.push(axis++);
    } else if (isJson(k) && k.class_name === "__slice__" && isJson(k.config)) {
      const { start, stop, step } = k.config;
      const by = typeof step === "number" ? step : 1;
      if ([start, stop, step].some((n) => n !== null && n !== undefined && typeof n !== "number")) {
        throw given.refuse("key");
      }
      const size = shapeOf(v.type)[axis];
      if (by < 0 && typeof start === "number" && typeof size === "number" && start < -size) {
        // Python takes nothing from before the beginning; ONNX begins at the first element.
        [starts, ends, axes, steps].forEach((l, i) => l.push([0, 0, axis, by][i] ?? 0));
      } else if (typeof start === "number" || typeof stop === "number" || by !== 1) {
        starts.push(typeof start === "number" ? start : by < 0 ? -1 : 0);
        ends.push(typeof stop === "number" ? stop : by < 0 ? -(2 ** 31) : 2 ** 31);
        axes.push(axis);
        steps.push(by);
      }
      axis++;
      out++;
    } else throw given.refuse("key");
  }
  if (axes.length > 0) v = b.slice(v, b.ints(starts), b.ints(ends), b.ints(axes), b.ints(steps));
  if (gone.length > 0) v = b.squeeze(v, b.ints(gone));
  return fresh.length > 0 ? b.unsqueeze(v, b.ints(fresh)) : v;
}
function sliced(given: Given): Value {
  const { b } = given,
    v = given.value("inputs"),
    from = given.integers("start_indices"),
    sizes = given.integers("shape");
  return b.slice(v, b.ints(from), b.ints(from.map((f, i) => f + (sizes[i] ?? 0))));
}
/** Elements by place along an axis, in each row of the first axes by its own places. */
function gatheredRows(given: Given, v: Value, at: Value, batch: number): Value {
  const { b } = given, axis = given.axis(v, batch), rank = shapeOf(v.type).length;
  if (axis !== batch || shapeOf(at.type).length !== batch + 1) throw given.refuse("batch_dims");
  const apart = range(batch + 1, rank);
  const places = apart.length > 0 ? b.unsqueeze(at, b.ints(apart)) : at;
  const sizes = b.concat([
    b.shape(at),
    ...apart.length > 0 ? [b.shape(v, { start: batch + 1 })] : [],
  ], { axis: 0 });
  return b.gatherElements(v, b.expand(places, sizes), { axis });
}
/** Elements by place along an axis; of all elements without one. */
function taken(given: Given): Value {
  const { b } = given, v = given.value("x"), at = cast(b, given.value("indices"), "int64");
  const batch = given.has("batch_dims") ? given.number("batch_dims") : 0;
  if (batch !== 0) return gatheredRows(given, v, at, batch);
  if (given.has("axis")) return b.gather(v, at, { axis: given.axis(v) });
  return b.gather(b.reshape(v, b.ints([-1])), at, { axis: 0 });
}
function triangle(given: Given, upper: boolean): Value {
  return given.b.trilu(given.value("x"), given.b.scalar(given.number("k", 0), "int64"), { upper });
}
function oneHot(given: Given): Value {
  const { b } = given,
    v = given.value("x"),
    depth = given.number("num_classes"),
    dtype = given.dtype() ?? "float32";
  if (given.flag("sparse")) throw given.refuse("sparse");
  const ends = [given.number("off_value", 0), given.number("on_value", 1)];
  const pair = cast(b, b.constant(tensor(Float32Array.from(ends))), dtype);
  // What is no class is zeros everywhere: ONNX would count negative ones from the end.
  const at = cast(b, v, "int64"), known = b.greaterOrEqual(at, b.scalar(0, "int64"));
  const safe = b.where(known, at, b.scalar(depth, "int64"));
  return b.oneHot(safe, b.ints([depth]), pair, { axis: given.number("axis", -1) });
}

/** Operations on shapes by class name. */
export const shapes: Operations = {
  Reshape: { args: x, build: reshaped },
  Ravel: { args: x, build: (given) => given.b.reshape(given.value("x"), given.b.ints([-1])) },
  Squeeze: { args: x, build: squeezed },
  ExpandDims: { args: x, build: unsqueezed },
  Transpose: { args: x, build: transposed },
  Swapaxes: { args: x, build: swapped },
  Moveaxis: { args: x, build: moved },
  BroadcastTo: { args: x, build: broadcast },
  Concatenate: { args: ["xs"], build: (given) => joined(given) },
  Hstack: {
    args: ["xs"],
    build: (given) => {
      const list = given.list("xs");
      return given.b.concat(list, { axis: shapeOf(first(list).type).length > 1 ? 1 : 0 });
    },
  },
  Vstack: { args: ["xs"], build: (given) => given.b.concat(given.list("xs"), { axis: 0 }) },
  Stack: { args: x, build: stacked },
  Split: { args: ["x", "indices_or_sections", "axis"], build: split },
  Unstack: { args: x, build: unstacked },
  Pad: { args: ["x", "constant_values"], build: padded },
  Tile: { args: x, build: tiled },
  Repeat: { args: x, build: repeated },
  Flip: { args: x, build: flipped },
  Roll: { args: x, build: rolled },
  OnesLike: { args: x, build: (given) => filled(given, 1) },
  ZerosLike: { args: x, build: (given) => filled(given, 0) },
  FullLike: { args: ["x", "fill_value"], build: (given) => filled(given, given.number("fill_value")) },
  GetItem: { args: ["x", "key"], build: item },
  Slice: { args: ["inputs", "start_indices", "shape"], build: sliced },
  Take: { args: ["x", "indices", "axis"], build: taken },
  Tril: { args: x, build: (given) => triangle(given, false) },
  Triu: { args: x, build: (given) => triangle(given, true) },
  OneHot: { args: x, build: oneHot },
  Cast: {
    args: ["x", "dtype"],
    build: (given) => cast(given.b, given.value("x"), given.dtype() ?? "float32"),
  },
  Shape: {
    args: x,
    build(given) {
      const v = given.value("x"), dtype = given.dtype(), sizes = shapeVector(given.b, v, sizesOf(v, all(v)));
      return dtype ? cast(given.b, sizes, dtype) : sizes;
    },
  },
};
