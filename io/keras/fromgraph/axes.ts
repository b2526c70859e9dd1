/** Operators that move, cut and join axes, as views, layers and operations of Keras. @module */
import { item } from "../../../core/values/item.ts";
import { UnsupportedError } from "../../../core/values/errors.ts";
import type { Node } from "../../../core/graph/graph.ts";
import type { SymbolicTensor } from "../../../core/network/network.ts";
import { transposed } from "../../../core/ops/layout/move.ts";
import { type Dim, dimText, normalAxis, sameDim } from "../../../core/values/shape.ts";
import {
  castTensor,
  reshaped,
  type Tensor,
  tensor,
  toIntegers,
  toNumbers,
} from "../../../core/values/tensor.ts";
import { argumentOf, type Draft, type Operand, type View } from "./draft.ts";
import { inputOf, numberOf, numbersOf, outputOf } from "./attributes.ts";
import { type Converters, sameShape } from "./elementwise.ts";
import { type Groups, natural, orderOf, significant, stretches } from "./views.ts";

/** Hands every form of a value on under other names of its axes. */
export function renamed(d: Draft, node: Node, groups: (view: View) => Groups): void {
  for (const view of d.views(inputOf(node))) d.set(outputOf(node), groups(view), view.tensor);
}
function transpose(d: Draft, node: Node): void {
  const rank = d.shape(inputOf(node)).length;
  const perm = numbersOf(node.attributes, "perm") ?? natural(rank).flat().toReversed();
  renamed(d, node, (v) => v.groups.map((group) => group.map((axis) => perm.indexOf(axis))));
}
/** Squeeze and Unsqueeze: the axes of size 1 are dropped and found by the shapes. */
function units(d: Draft, node: Node): void {
  const from = d.shape(inputOf(node)), to = d.shape(outputOf(node)), more = to.length - from.length;
  const given = d.constant(node.inputs[1]), rank = Math.max(from.length, to.length);
  const listed = given ? toIntegers(given).map((a) => normalAxis(a, rank)) : undefined;
  const gone = new Set(listed ?? from.flatMap((n, axis) => (n === 1 ? [axis] : [])));
  if (more > 0 && !listed) throw new UnsupportedError("its axes are computed while the model runs");
  const kept = natural(rank).flat().filter((axis) => !gone.has(axis));
  const place = (axis: number): readonly number[] =>
    more >= 0 ? [kept[axis] ?? 0] : kept.includes(axis) ? [kept.indexOf(axis)] : [];
  renamed(d, node, (v) => v.groups.map((group) => group.flatMap(place)));
}

/** A view of a reshape's output that its input's view already is; undefined where elements have to be counted anew. */
function asReshaped(view: Groups, from: readonly Dim[], to: readonly Dim[]): Groups | undefined {
  const parts = stretches(from, to);
  if (!parts) return undefined;
  let groups = significant(view, from).map((g) => [...g]);
  const out: (readonly number[])[] = groups.map(() => []);
  for (const part of parts) {
    const at = groups.findIndex((g) => part.from.every((axis) => g.includes(axis)));
    const group = groups[at] ?? [], start = group.indexOf(part.from[0] ?? -1);
    if (at < 0 || part.from.some((axis, i) => group[start + i] !== axis)) return undefined;
    // Negative numbers mark axes of the output, until all are placed.
    const marked = group.toSpliced(start, part.from.length, ...part.to.map((axis) => -1 - axis));
    groups = groups.with(at, marked);
  }
  groups.forEach((g, i) => out[i] = g.map((axis) => -1 - axis));
  return out;
}
function reshape(d: Draft, node: Node): void {
  const x = inputOf(node), from = d.shape(x), to = d.shape(outputOf(node));
  let free = false;
  for (const view of d.views(x)) {
    const groups = asReshaped(view.groups, from, to);
    if (groups) d.set(outputOf(node), groups, view.tensor);
    free ||= groups !== undefined;
  }
  if (free) return;
  // A form whose stretches of axes stand together needs no transposition first.
  const parts = stretches(from, to);
  for (const view of parts ? d.views(x) : []) {
    const flat = orderOf(view.groups, from).join();
    const order = orderOf(view.groups, from).flatMap((axis) => parts?.find((p) => p.from[0] === axis) ?? []);
    if (order.flatMap((p) => p.from).join() !== flat) continue;
    const whole = natural(to.length).flat(), axes = order.flatMap((p) => p.to);
    const plain = whole.filter((axis) => to[axis] !== 1).join() === axes.join();
    const groups = plain ? natural(to.length) : axes.map((axis) => [axis]);
    const sizes = groups.map(([axis = 0]) => item(to, axis));
    return d.set(outputOf(node), groups, d.reshaped(view.tensor, sizes));
  }
  d.set(outputOf(node), natural(to.length), d.reshaped(d.natural(x), openSizes(from, to)));
}
/** Sizes of which the only one that isn't known is what is left. */
function openSizes(from: readonly Dim[], to: readonly Dim[]): readonly Dim[] {
  const strange = to.filter((n) => typeof n !== "number" && !from.some((m) => sameDim(m, n)));
  if (strange.length > 1) {
    throw new UnsupportedError(`it reshapes to [${to.map(dimText).join(", ")}], which only running tells`);
  }
  return to;
}

/** A form with one axis a group for each axis, of those that are there, else the value's own. */
export function wholeForm(d: Draft, id: number): Groups {
  const rank = d.shape(id).length;
  const found = d.views(id).find((v) => v.groups.length === rank && v.groups.every((g) => g.length === 1));
  return found?.groups ?? natural(rank);
}
/** Where the form has an axis alone in a group. */
export const placeOf = (groups: Groups, axis: number) => groups.findIndex((g) => g[0] === axis);

function concat(d: Draft, node: Node): void {
  const out = outputOf(node),
    rank = d.shape(out).length,
    axis = normalAxis(numberOf(node.attributes, "axis", 0), rank);
  const tensors = node.inputs.filter((id) => d.constant(id) === undefined), [first = -1] = tensors;
  const groups = wholeForm(d, first), at = placeOf(groups, axis);
  const only = node.inputs.filter((id) => d.constant(id)?.data.length !== 0);
  const operands = only.map((id): Operand => {
    const t = d.constant(id);
    if (!t) return d.view(id, groups);
    if (!sameShape(t.shape, d.shape(id))) throw new UnsupportedError("a constant whose size varies");
    return argumentOf(turnedTo(t, groups));
  });
  const [single] = operands, list = operands.flatMap((o) => (isSymbolic(o) ? [o] : []));
  if (operands.length === 1 && isSymbolic(single)) return d.set(out, groups, single);
  const layer = list.length === operands.length && at > 0;
  d.set(
    out,
    groups,
    layer
      ? d.layer("Concatenate", { axis: at === rank - 1 ? -1 : at }, list)
      : d.operation("Concatenate", { axis: at }, [operands]),
  );
}
const isSymbolic = (x: Operand | undefined): x is SymbolicTensor =>
  typeof x === "object" && x !== null && "type" in x;
function turnedTo(t: Tensor, groups: Groups): Tensor {
  return groups.every((g, i) => g[0] === i) ? t : transposed(t, groups.map(([axis = 0]) => axis));
}

/** Python's slice. */
const sliceOf = (start: number | null, stop: number | null, step: number) => ({
  class_name: "__slice__",
  config: { start, stop, step: step === 1 ? null : step },
});
const far = 2 ** 31 - 1;
/** Cuts one or more axes: `x[…, from:to:by, …]`. */
function cut(
  d: Draft,
  id: number,
  groups: Groups,
  ranges: ReadonlyMap<number, readonly [number | null, number | null, number]>,
  suffix?: string,
): SymbolicTensor {
  const keys = groups.map(([axis = 0]) => sliceOf(...ranges.get(axis) ?? [null, null, 1]));
  return d.operation("GetItem", {}, [d.view(id, groups), keys], suffix);
}
function slice(d: Draft, node: Node): void {
  const x = inputOf(node), out = outputOf(node), shape = d.shape(x);
  const steps = (node.inputs[4] ?? -1) < 0 ? undefined : toIntegers(d.fixed(node, 4, "its steps"));
  // What keeps every size cuts nothing.
  if (sameShape(shape, d.shape(out)) && (steps ?? []).every((s) => s > 0)) {
    return renamed(d, node, (v) => v.groups);
  }
  const starts = toIntegers(d.fixed(node, 1, "where it starts")),
    ends = toIntegers(d.fixed(node, 2, "where it ends"));
  const axes = (node.inputs[3] ?? -1) < 0
    ? [...starts.keys()]
    : toIntegers(d.fixed(node, 3, "its list of axes"));
  const ranges = new Map(axes.map((a, i) => {
    const step = steps?.[i] ?? 1, start = item(starts, i), end = ends[i] ?? far;
    const from = step > 0
      ? (start === 0 || start <= -far ? null : start)
      : start >= far || start === -1
      ? null
      : start;
    const to = step > 0 ? (end >= far ? null : end) : end <= -far ? null : end;
    const range: readonly [number | null, number | null, number] = [from, to, step];
    return [normalAxis(a, shape.length), range] as const;
  }));
  const groups = wholeForm(d, x);
  d.set(out, groups, cut(d, x, groups, ranges));
}
function split(d: Draft, node: Node): void {
  const x = inputOf(node),
    rank = d.shape(x).length,
    axis = normalAxis(numberOf(node.attributes, "axis", 0), rank);
  const groups = wholeForm(d, x), at = placeOf(groups, axis);
  const sizes = node.outputs.map((id) => d.shape(id)[axis]);
  if (!sizes.every((n) => typeof n === "number")) throw new UnsupportedError("its parts' sizes vary");
  if (node.outputs.length === 1) return d.set(outputOf(node), groups, d.view(x, groups));
  const cuts = (sizes as number[]).slice(0, -1).map((_, i) =>
    (sizes as number[]).slice(0, i + 1).reduce((a, b) => a + b)
  );
  const parts = d.operations("Split", { indices_or_sections: cuts, axis: at }, [d.view(x, groups)]);
  node.outputs.forEach((id, i) => {
    const part = parts[i];
    if (part && d.isRead(id)) d.set(id, groups, part);
  });
}

function gather(d: Draft, node: Node): void {
  const [x = -1, indices = -1] = node.inputs,
    out = outputOf(node),
    table = d.constant(x),
    at = d.constant(indices);
  const shape = d.shape(x), axis = normalAxis(numberOf(node.attributes, "axis", 0), shape.length);
  if (table && !at) {
    const rank = d.shape(indices).length, [rows = 0, width = 0] = table.shape, [view] = d.views(indices);
    if (axis === 0 && table.shape.length === 2 && d.isFloat(x) && view) {
      const y = d.layer("Embedding", { inputDim: rows, outputDim: width }, [view.tensor], {
        own: { embeddings: castTensor(table, "float32") },
      });
      return d.set(out, [...view.groups, [rank]], y);
    }
    return d.set(
      out,
      natural(d.shape(out).length),
      d.operation("Take", { axis }, [argumentOf(table), d.natural(indices)]),
    );
  }
  if (table && at && axis === 0 && !sameShape(at.shape, d.shape(indices)) && d.isFloat(x)) {
    // One row, repeated for every sample.
    const row = toIntegers(at)[0] ?? 0, width = table.data.length / (table.shape[0] ?? 1);
    const from = (row < 0 ? row + (table.shape[0] ?? 0) : row) * width, to = d.shape(out);
    const values = Float32Array.from(toNumbers(table).slice(from, from + width));
    const part = tensor(values, [...d.shape(indices).map(() => 1), ...table.shape.slice(1)]);
    const ones = onesFor(d, to[0] ?? 1, to.length);
    return d.set(out, natural(to.length), d.operation("Multiply", {}, [ones, argumentOf(part)]));
  }
  const groups = wholeForm(d, x), place = placeOf(groups, axis), n = shape[axis];
  if (!at) {
    return d.set(
      out,
      natural(d.shape(out).length),
      d.operation("Take", { axis }, [d.natural(x), d.natural(indices)]),
    );
  }
  const list = toIntegers(at).map((i) => (i < 0 && typeof n === "number" ? i + n : i));
  if (at.shape.length === 0) {
    const keys = groups.map((_, i) => (i === place ? list[0] ?? 0 : sliceOf(null, null, 1)));
    const rest = groups.filter((_, i) => i !== place).map((g) => g.map((a) => (a > axis ? a - 1 : a)));
    return d.set(out, rest, d.operation("GetItem", {}, [d.view(x, groups), keys]));
  }
  if (list.some((i) => i < 0)) throw new UnsupportedError("places counted from an end that varies");
  const places = argumentOf(castTensor({ ...at, data: BigInt64Array.from(list, BigInt) }, "int32"));
  if (at.shape.length === 1) {
    return d.set(out, groups, d.operation("Take", { axis: place }, [d.view(x, groups), places]));
  }
  d.set(out, natural(d.shape(out).length), d.operation("Take", { axis }, [d.natural(x), places]));
}
function gatherElements(d: Draft, node: Node): void {
  const [x = -1, indices = -1] = node.inputs, rank = d.shape(x).length;
  const axis = normalAxis(numberOf(node.attributes, "axis", 0), rank);
  const operands = [x, indices].map((id): Operand => {
    const t = d.constant(id);
    return t ? argumentOf(t) : d.natural(id);
  });
  d.set(outputOf(node), natural(rank), d.operation("TakeAlongAxis", { axis }, operands));
}

/** A tensor of ones `[batch, 1, …]`. */
function onesFor(d: Draft, batch: Dim, rank: number): SymbolicTensor {
  const ones = d.operation("OnesLike", { dtype: "float32" }, [d.line(batch, "batch")], "ones");
  return rank === 1 ? ones : d.reshaped(ones, [batch, ...Array.from({ length: rank - 1 }, () => 1)]);
}
/** 0, 1, 2, … along a size that varies: `[size]`, int32. */
export function counted(d: Draft, size: Dim): SymbolicTensor {
  const ones = d.operation("OnesLike", { dtype: "int32" }, [d.line(size, "line")], "ones");
  return d.operation("Subtract", {}, [d.operation("Cumsum", { axis: 0 }, [ones], "count"), 1], "places");
}
function range(d: Draft, node: Node): void {
  const out = outputOf(node),
    [n = 0] = d.shape(out),
    start = d.constant(node.inputs[0]),
    step = d.constant(node.inputs[2]);
  if (!start || !step) {
    throw new UnsupportedError("it starts or steps by what is computed while the model runs");
  }
  const [from = 0] = toNumbers(start), [by = 1] = toNumbers(step);
  let y = counted(d, n);
  if (by !== 1) y = d.operation("Multiply", {}, [y, by], "steps");
  if (from !== 0) y = d.operation("Add", {}, [y, from], "start");
  d.set(out, natural(1), d.operation("Cast", { dtype: d.dtype(out) }, [y]));
}
function expand(d: Draft, node: Node): void {
  const x = inputOf(node), out = outputOf(node), to = d.shape(out), t = d.constant(x);
  if (t?.data.length === 1) return d.splat(out, t);
  if (!t && sameShape(d.shape(x), to)) return renamed(d, node, (v) => v.groups);
  const [batch = 1, ...rest] = to;
  if (t) {
    if (!rest.every((n) => typeof n === "number")) {
      throw new UnsupportedError("a constant spread over sizes that vary");
    }
    if (!d.isFloat(x)) throw new UnsupportedError("a constant of whole numbers spread over the batch");
    const wide = Array.from({ length: to.length - t.shape.length }, () => 1).concat(t.shape);
    const inner = reshaped(t, wide);
    const full = rest.some((n, i) => n !== wide[i + 1]) ? d.folded(inner, [1, ...rest as number[]]) : inner;
    return d.set(
      out,
      natural(to.length),
      d.operation("Multiply", {}, [onesFor(d, batch, to.length), argumentOf(full)]),
    );
  }
  const from = d.shape(x), lower = to.length - from.length;
  const grown = to.map((n, i) => (i < lower || !sameDim(from[i - lower] ?? 1, n) ? n : 1));
  if (!grown.every((n) => typeof n === "number")) {
    throw new UnsupportedError("it repeats along a size that varies");
  }
  const type = d.dtype(x);
  const ones = tensor(
    new Float64Array(grown.reduce<number>((n, s) => n * Number(s), 1)).fill(1),
    grown as number[],
  );
  d.set(
    out,
    natural(to.length),
    d.operation("Multiply", {}, [
      d.natural(x),
      argumentOf(castTensor(ones, type === "bool" ? "int32" : type)),
    ]),
  );
}
function tile(d: Draft, node: Node): void {
  const groups = wholeForm(d, inputOf(node)), list = toIntegers(d.fixed(node, 1, "how often it repeats"));
  const repeats = groups.map(([axis = 0]) => list[axis] ?? 1);
  d.set(outputOf(node), groups, d.operation("Tile", { repeats }, [d.view(inputOf(node), groups)]));
}
/** A value that is one number all over is held as that number. */
function constantOfShape(d: Draft, node: Node): void {
  const value = node.attributes["value"];
  const t = typeof value === "object" && value !== null && "data" in value
    ? value as Tensor
    : tensor([0], [1], "float32");
  d.splat(outputOf(node), t);
}

/** Operators of axes. */
export const axes: Converters = {
  Concat: concat,
  ConstantOfShape: constantOfShape,
  Expand: expand,
  Flatten: reshape,
  Gather: gather,
  GatherElements: gatherElements,
  Identity: (d, node) => renamed(d, node, (v) => v.groups),
  Range: range,
  Reshape: reshape,
  Slice: slice,
  Split: split,
  Squeeze: units,
  Tile: tile,
  Transpose: transpose,
  Unsqueeze: units,
};
