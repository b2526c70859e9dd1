/** Parts of a tensor, and tensors with borders. @module */
import { item } from "../../values/item.ts";
import { stridesOf } from "../arrays.ts";
import type { Builder } from "../../graph/builder.ts";
import { InputError, ShapeError } from "../../values/errors.ts";
import type { Value } from "../../graph/graph.ts";
import type { InferContext, OldNode, OpDef } from "../../graph/op.ts";
import { choice } from "../../values/schema.ts";
import {
  addDims,
  asTensor,
  type Dim,
  dimsOf,
  freshDim,
  normalAxis,
  sameDim,
  tensorType,
} from "../../values/shape.ts";
import { sizeOf, type Tensor, toIntegers } from "../../values/tensor.ts";
import { dtypes } from "../../values/dtype.ts";
import {
  defineOp,
  indexTypes,
  inputOf,
  knownIntegers,
  optionalAt,
  tensorAt,
  vectorLength,
} from "../define.ts";
import { copyRun, emptyLike } from "../kernels.ts";
import { cut, cutDims } from "./cut.ts";
import { strided } from "./move.ts";
import { byPositions } from "../indexing/positions.ts";

interface Cuts {
  readonly axes: readonly number[];
  readonly steps: readonly number[];
}
function cutsOf(
  rank: number,
  count: number,
  axes: readonly number[] | undefined,
  steps: readonly number[] | undefined,
): Cuts {
  const given = axes ?? Array.from({ length: count }, (_, i) => i);
  return {
    axes: given.map((axis) => normalAxis(axis, rank)),
    steps: steps ?? new Array<number>(count).fill(1),
  };
}
function sliceDims(c: InferContext<unknown>): readonly Dim[] {
  const dims = dimsOf(c.inputs[0]), starts = c.dims(1), ends = c.dims(2);
  const axes = knownIntegers(c, 3), steps = knownIntegers(c, 4);
  const count = starts?.length ?? ends?.length ?? axes?.length ?? vectorLength(c, 1);
  if (count === undefined || (c.inputs[3] && !axes)) return dims.map(freshDim);
  const known = c.inputs[4] === undefined || steps !== undefined;
  const cuts = cutsOf(dims.length, count, axes, steps), out = [...dims];
  cuts.axes.forEach((axis, i) => {
    const start = starts?.[i], end = ends?.[i];
    out[axis] = start === undefined || end === undefined || !known
      ? freshDim()
      : cutDims(item(dims, axis), start, end, item(cuts.steps, i)).count;
  });
  return out;
}
function sliced(x: Tensor, starts: readonly number[], ends: readonly number[], cuts: Cuts): Tensor {
  const shape = [...x.shape], strides = stridesOf(x.shape);
  let offset = 0;
  cuts.axes.forEach((axis, i) => {
    const one = cut(item(x.shape, axis), item(starts, i), item(ends, i), item(cuts.steps, i));
    offset += one.start * item(strides, axis);
    shape[axis] = one.count;
    strides[axis] = item(strides, axis) * one.step;
  });
  return strided(x, shape, strides, offset);
}

/** With steps of 1 and known starts a slice's gradient is a pad; the widths behind come from the shapes. */
function padBack(b: Builder, x: Value, dy: Value, starts: readonly number[], cuts: Cuts): Value {
  const rank = dimsOf(x.type).length;
  const before = Array.from({ length: rank }, (_, axis) => {
    const i = cuts.axes.indexOf(axis), start = i < 0 ? 0 : item(starts, i);
    const d = item(dimsOf(x.type), axis), from = cutDims(d, start, 2 ** 31, 1).start;
    if (start >= 0 || typeof from === "number") return b.ints([typeof from === "number" ? from : start]);
    const back = b.add(b.shape(x, { start: axis, end: axis + 1 }), b.ints([start]));
    return sameDim(from, addDims(d, start)) ? back : b.max([back, b.ints([0])]);
  });
  const front = b.concat(before, { axis: 0 });
  const rest = b.sub(b.sub(b.shape(x), b.shape(dy)), front);
  const pads = b.concat([front, rest], { axis: 0 }), widths = b.dimsOf(pads) ?? [];
  // Numbers where only the shapes' difference is known: what is left of (n + 1) - n.
  const fixed = widths.filter((d) => typeof d === "number");
  return b.pad(dy, fixed.length === 2 * rank ? b.ints(fixed) : pads);
}

/** Bounds that older opsets held as attributes, as inputs. */
function upgradeSlice(from: number, node: OldNode): OldNode {
  if (from >= 10) return node;
  const { starts, ends, axes, ...attributes } = node.attributes;
  const vector = (v: unknown) => (Array.isArray(v) ? node.builder.ints(v.map(Number)) : undefined);
  return { ...node, attributes, inputs: [node.inputs[0], vector(starts), vector(ends), vector(axes)] };
}
const slice = defineOp({
  name: "Slice",
  since: 13,
  summary: "A part along axes, from start to before end, by step; negative steps go backwards",
  attributes: {},
  arity: [3, 5],
  accuracy: "exact",
  infer(c) {
    for (const i of [1, 2, 3, 4]) if (c.inputs[i]) inputOf(c, i, indexTypes);
    return [tensorType(asTensor(c.inputs[0]).dtype, sliceDims(c))];
  },
  propagate(c) {
    const dims = c.dims(0), start = knownIntegers(c, 1)?.[0], end = knownIntegers(c, 2)?.[0];
    const steps = c.inputs[4] ? knownIntegers(c, 4) : [1], step = steps?.[0];
    if (!dims || asTensor(c.inputs[0]).shape?.length !== 1) return undefined;
    if (start === undefined || end === undefined || step === undefined) return undefined;
    const one = cut(dims.length, start, end, step);
    return Array.from({ length: one.count }, (_, i) => dims[one.start + i * step] ?? 0);
  },
  vjp(b, { inputs: [x, starts, ends, axes, steps] }, [dy]) {
    if (!x || !starts || !ends || !dy) return [];
    const known = b.knownOf(starts), at = axes && b.knownOf(axes), by = steps && b.knownOf(steps);
    const unit = !steps || (by && toIntegers(by).every((s) => s === 1));
    if (known && unit && (!axes || at) && asTensor(x.type).shape) {
      const from = toIntegers(known);
      const cuts = cutsOf(dimsOf(x.type).length, from.length, at && toIntegers(at), undefined);
      return [padBack(b, x, dy, from, cuts)];
    }
    return [byPositions(b, x, dy, (p) => b.slice(p, starts, ends, axes, steps))];
  },
  plain(inputs) {
    const x = tensorAt(inputs, 0),
      starts = toIntegers(tensorAt(inputs, 1)),
      ends = toIntegers(tensorAt(inputs, 2));
    const axes = optionalAt(inputs, 3), steps = optionalAt(inputs, 4);
    const cuts = cutsOf(x.shape.length, starts.length, axes && toIntegers(axes), steps && toIntegers(steps));
    return [sliced(x, starts, ends, cuts)];
  },
  upgrade: upgradeSlice,
});

type Mode = "constant" | "reflect" | "edge" | "wrap";
/** The input's position behind each position of a padded axis; −1 where there is none. */
function sources(d: number, before: number, after: number, mode: Mode): Int32Array {
  const first = Math.max(0, -before), last = d - Math.max(0, -after), n = last - first;
  const out = new Int32Array(Math.max(0, d + before + after));
  for (let o = 0; o < out.length; o++) {
    let i = o - Math.max(0, before);
    if (i < 0 || i >= n) {
      if (mode === "constant" || n <= 0) {
        out[o] = -1;
        continue;
      }
      if (mode === "edge") i = i < 0 ? 0 : n - 1;
      else if (mode === "wrap") i = ((i % n) + n) % n;
      else {
        const period = Math.max(1, 2 * (n - 1));
        i = ((i % period) + period) % period;
        if (i >= n) i = period - i;
      }
    }
    out[o] = first + i;
  }
  return out;
}
/** Widths before and after each axis. */
function widths(
  rank: number,
  pads: readonly number[],
  axes: readonly number[] | undefined,
): readonly [number, number][] {
  const given = axes ?? Array.from({ length: rank }, (_, i) => i), n = given.length;
  if (pads.length !== 2 * n) {
    throw new InputError(`pads [${pads}]: expected ${2 * n} widths, two for each of ${n} axes`);
  }
  const out = Array.from({ length: rank }, (): [number, number] => [0, 0]);
  given.forEach((axis, i) => out[normalAxis(axis, rank)] = [item(pads, i), item(pads, i + n)]);
  return out;
}
function padded(
  x: Tensor,
  each: readonly (readonly [number, number])[],
  mode: Mode,
  fill: Tensor | undefined,
): Tensor {
  const maps = x.shape.map((d, axis) => sources(d, each[axis]?.[0] ?? 0, each[axis]?.[1] ?? 0, mode));
  const shape = maps.map((m) => m.length), size = sizeOf(shape), rank = shape.length;
  const out = emptyLike(x.dtype, size), per = dtypes[x.dtype].per, strides = stridesOf(x.shape);
  if (fill) {
    const to = out as Float64Array, one = fill.data as Float64Array;
    for (let i = 0; i < to.length; i++) to[i] = one[i % per] as number;
  }
  if (size === 0 || rank === 0) {
    if (rank === 0) copyRun(x.data, 0, out, 0, per);
    return { dtype: x.dtype, shape, data: out };
  }
  const lastMap = maps[rank - 1] as Int32Array, inner = lastMap.length, index = new Int32Array(rank);
  for (let row = 0; row < size; row += inner) {
    let at = 0;
    for (let axis = 0; axis < rank - 1 && at >= 0; axis++) {
      const i = maps[axis]?.[index[axis] as number] ?? -1;
      at = i < 0 ? -1 : at + i * (strides[axis] as number);
    }
    for (let o = 0; at >= 0 && o < inner;) {
      const i = lastMap[o] ?? -1;
      let run = 1;
      while (i >= 0 && o + run < inner && lastMap[o + run] === i + run) run++;
      if (i >= 0) copyRun(x.data, (at + i) * per, out, (row + o) * per, run * per);
      o += run;
    }
    for (let axis = rank - 2; axis >= 0; axis--) {
      const next = (index[axis] as number) + 1;
      index[axis] = next < (shape[axis] as number) ? next : 0;
      if (next < (shape[axis] as number)) break;
    }
  }
  return { dtype: x.dtype, shape, data: out };
}

function upgradePad(from: number, node: OldNode): OldNode {
  if (from >= 11) return node;
  const { pads, paddings, value, ...attributes } = node.attributes, x = node.inputs[0];
  const list = Array.isArray(pads) ? pads : Array.isArray(paddings) ? paddings : [];
  const dtype = x ? asTensor(x.type).dtype : "float32";
  const fill = typeof value === "number" ? node.builder.scalar(value, dtype) : undefined;
  return { ...node, attributes, inputs: [x, node.builder.ints(list.map(Number)), fill] };
}
const pad = defineOp<{ readonly mode: Mode }>({
  name: "Pad",
  since: 25,
  summary: "With borders of a constant, or of the tensor's own elements; negative widths crop",
  attributes: {
    mode: choice({
      doc: "what borders hold",
      default: "constant",
      of: ["constant", "reflect", "edge", "wrap"],
    }),
  },
  arity: [2, 4],
  accuracy: "exact",
  infer(c) {
    const x = asTensor(c.inputs[0]), dims = dimsOf(x), pads = c.dims(1), axes = knownIntegers(c, 3);
    if (!pads || (c.inputs[3] && !axes)) return [tensorType(x.dtype, dims.map(freshDim))];
    const at = (axes ?? dims.map((_, i) => i)).map((axis) => normalAxis(axis, dims.length)), n = at.length;
    if (pads.length !== 2 * n) throw new ShapeError(`pads: expected ${2 * n} widths, got ${pads.length}`);
    const out = dims.map((d, axis) => {
      const i = at.indexOf(axis);
      const longer = i < 0 ? d : addDims(d, addDims(item(pads, i), item(pads, i + n)));
      if (typeof longer === "number" && longer < 0) {
        throw new ShapeError(`axis ${axis} of ${d} is cropped to ${longer}`);
      }
      return longer;
    });
    return [tensorType(x.dtype, out)];
  },
  vjp(b, { inputs: [x, pads, fill, axes], attributes: { mode } }, [dy], wanted) {
    if (!x || !pads || !dy) return [];
    const back = () => b.pad(dy, b.neg(pads), undefined, axes);
    if (mode !== "constant") {
      return [byPositions(b, x, dy, (p) => b.pad(p, pads, undefined, axes, { mode }))];
    }
    const dx = wanted[0] || wanted[2] ? back() : undefined;
    const border = (dx: Value) => {
      const all = (v: Value) => b.reduceSum(v, { keepdims: false });
      const sum = b.sub(all(dy), all(b.pad(dx, pads, undefined, axes)));
      return fill && b.reshape(sum, b.shape(fill), { allowzero: true });
    };
    return [dx, undefined, wanted[2] && dx ? border(dx) : undefined];
  },
  plain(inputs, { attributes: { mode } }) {
    const x = tensorAt(inputs, 0), axes = optionalAt(inputs, 3);
    const each = widths(x.shape.length, toIntegers(tensorAt(inputs, 1)), axes && toIntegers(axes));
    return [padded(x, each, mode, optionalAt(inputs, 2))];
  },
  upgrade: upgradePad,
});

/** Parts of a tensor, and tensors with borders. */
export const sliceOps: readonly OpDef[] = [slice, pad];
