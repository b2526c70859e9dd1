/** Operators that put elements elsewhere: transposes, repeats, joins and parts. @module */
import { item } from "../../values/item.ts";
import { stridesOf } from "../arrays.ts";
import { InputError, ShapeError } from "../../values/errors.ts";
import type { Value } from "../../graph/graph.ts";
import type { OpDef } from "../../graph/op.ts";
import { int, list, nullable } from "../../values/schema.ts";
import {
  addDims,
  asTensor,
  broadcastShapes,
  type Dim,
  dimsOf,
  divDims,
  freshDim,
  mulDims,
  normalAxis,
  sameDim,
  shapeText,
  tensorType,
} from "../../values/shape.ts";
import { sizeOf, type Tensor, toIntegers } from "../../values/tensor.ts";
import { dtypes } from "../../values/dtype.ts";
import { broadcastPlan, forRows, sumTo } from "../broadcast.ts";
import { defineOp, knownIntegers, optionalAt, sharedType, tensorAt, vectorLength } from "../define.ts";
import { copyRun, emptyLike } from "../kernels.ts";

/**
 * Reads a tensor through strides: the result's element (i, j, …) is the input's at offset + i·strides[0] + j·strides[1] + …
 */
export function strided(x: Tensor, shape: readonly number[], strides: readonly number[], offset = 0): Tensor {
  const size = sizeOf(shape), out = emptyLike(x.dtype, size), per = dtypes[x.dtype].per;
  const rank = shape.length;
  if (size === 0) return { dtype: x.dtype, shape, data: out };
  const inner = rank === 0 ? 1 : shape[rank - 1] ?? 1, step = (rank === 0 ? 1 : strides[rank - 1] ?? 0) * per;
  const from = x.data as Float64Array, to = out as Float64Array;
  const index = new Int32Array(rank);
  let at = offset * per;
  for (let row = 0; row < size; row += inner) {
    const start = row * per;
    if (step === per) copyRun(x.data, at, out, start, inner * per);
    else {
      for (let i = 0, p = at, q = start; i < inner; i++, p += step, q += per) {
        for (let k = 0; k < per; k++) to[q + k] = from[p + k] as number;
      }
    }
    for (let axis = rank - 2; axis >= 0; axis--) {
      const next = (index[axis] as number) + 1,
        d = shape[axis] as number,
        stride = (strides[axis] as number) * per;
      if (next < d) {
        index[axis] = next;
        at += stride;
        break;
      }
      index[axis] = 0;
      at -= (d - 1) * stride;
    }
  }
  return { dtype: x.dtype, shape, data: out };
}

/** The axes of a transpose; reversed unless given. @throws {ShapeError} */
function permOf(perm: readonly number[] | null, rank: number): readonly number[] {
  const axes = perm ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
  const normal = axes.map((axis) => normalAxis(axis, rank, "perm"));
  if (normal.length !== rank || new Set(normal).size !== rank) {
    throw new ShapeError(`perm [${axes}] must name each of ${rank} axes once`);
  }
  return normal;
}
/** A tensor with its axes in another order. */
export function transposed(x: Tensor, perm: readonly number[]): Tensor {
  const strides = stridesOf(x.shape);
  return strided(x, perm.map((axis) => item(x.shape, axis)), perm.map((axis) => item(strides, axis)));
}
const transpose = defineOp<{ readonly perm: readonly number[] | null }>({
  name: "Transpose",
  since: 25,
  summary: "The axes in another order, reversed unless told",
  attributes: { perm: nullable(list({ doc: "the input's axis for each axis", of: int({ doc: "axis" }) })) },
  arity: [1, 1],
  accuracy: "exact",
  infer(c) {
    const x = asTensor(c.inputs[0]), dims = dimsOf(x);
    return [tensorType(x.dtype, permOf(c.attributes.perm, dims.length).map((axis) => item(dims, axis)))];
  },
  propagate: (c) => c.dims(0),
  vjp(b, { attributes: { perm } }, [dy]) {
    if (!dy || !perm) return [dy && b.transpose(dy)];
    const axes = permOf(perm, perm.length), back = axes.map((_, i) => axes.indexOf(i));
    return [b.transpose(dy, { perm: back })];
  },
  plain(inputs, { attributes }) {
    const x = tensorAt(inputs, 0);
    return [transposed(x, permOf(attributes.perm, x.shape.length))];
  },
});

/** A tensor repeated to a broadcast shape. */
export function expanded(x: Tensor, wanted: readonly number[]): Tensor {
  const plan = broadcastPlan(x.shape, wanted), out = emptyLike(x.dtype, plan.size);
  const { inner, steps } = plan, per = dtypes[x.dtype].per;
  const to = out as Float64Array, from = x.data as Float64Array;
  forRows(plan, (at, offsets) => {
    const p = item(offsets, 0) * per;
    if (steps[0] === 1) copyRun(x.data, p, out, at * per, inner * per);
    else for (let i = 0; i < inner * per; i++) to[at * per + i] = from[p + i % per] as number;
  });
  return { dtype: x.dtype, shape: plan.shape, data: out };
}
const expand = defineOp({
  name: "Expand",
  since: 13,
  summary: "Repeated to a shape by broadcasting",
  attributes: {},
  arity: [2, 2],
  accuracy: "exact",
  infer(c) {
    const x = asTensor(c.inputs[0]), wanted = c.dims(1);
    if (wanted) return [tensorType(x.dtype, broadcastShapes(dimsOf(x), wanted))];
    const n = vectorLength(c, 1);
    if (n === undefined) return [tensorType(x.dtype)];
    // A size other than 1 stays as it is, whatever the shape says.
    const own = dimsOf(x), rank = Math.max(n, own.length);
    const dims = Array.from({ length: rank }, (_, i) => {
      const size = own[i - rank + own.length];
      return typeof size === "number" && size !== 1 ? size : freshDim();
    });
    return [tensorType(x.dtype, dims)];
  },
  propagate(c) {
    const dims = c.dims(0), n = knownIntegers(c, 1);
    if (!dims || !n || n.length > 1) return undefined;
    return dims.length === 1 ? new Array<Dim>(n[0] ?? 1).fill(dims[0] ?? 1) : dims;
  },
  vjp: (b, { inputs: [x] }, [dy]) => [x && dy && sumTo(b, dy, x)],
  plain: (inputs) => [expanded(tensorAt(inputs, 0), toIntegers(tensorAt(inputs, 1)))],
});

function tiled(x: Tensor, repeats: readonly number[]): Tensor {
  if (repeats.length !== x.shape.length || repeats.some((r) => r < 0)) {
    throw new InputError(`repeats [${repeats}]: expected one from 0 for each axis of [${x.shape}]`);
  }
  // Each axis d repeated r times is [r, d] read with strides [0, s].
  const own = stridesOf(x.shape);
  const shape = x.shape.flatMap((d, i) => [item(repeats, i), d]);
  const strides = own.flatMap((s) => [0, s]);
  const out = strided(x, shape, strides);
  return { ...out, shape: x.shape.map((d, i) => d * item(repeats, i)) };
}
const tile = defineOp({
  name: "Tile",
  since: 13,
  summary: "Repeated along each axis",
  attributes: {},
  arity: [2, 2],
  accuracy: "exact",
  infer(c) {
    const x = asTensor(c.inputs[0]), dims = dimsOf(x), repeats = c.dims(1);
    if (repeats && (repeats.length !== dims.length || repeats.some((r) => typeof r === "number" && r < 0))) {
      throw new ShapeError(`repeats [${repeats}]: expected ${dims.length} numbers from 0`);
    }
    return [tensorType(x.dtype, dims.map((d, i) => (repeats ? mulDims(d, item(repeats, i)) : freshDim())))];
  },
  vjp(b, { inputs: [x, repeats] }, [dy]) {
    if (!x || !repeats || !dy) return [];
    const rank = dimsOf(x.type).length;
    const column = (v: Value) => b.unsqueeze(v, b.ints([1])), size = b.shape(x);
    const pairs = b.concat([column(b.cast(repeats, { to: "int64" })), column(size)], { axis: 1 });
    const split = b.reshape(dy, b.reshape(pairs, b.ints([-1])), { allowzero: true });
    const over = b.ints(Array.from({ length: rank }, (_, i) => 2 * i));
    return [
      b.reshape(b.reduceSum(split, over, { keepdims: false }), size, { allowzero: true }),
    ];
  },
  plain: (inputs) => [tiled(tensorAt(inputs, 0), toIntegers(tensorAt(inputs, 1)))],
  upgrade(from, node) {
    if (from >= 6) return node;
    const [x, tiles, axis] = node.inputs, b = node.builder;
    const rank = x ? dimsOf(x.type).length : 0;
    const at = toIntegers(b.knownOf(axis) ?? { dtype: "int64", shape: [1], data: BigInt64Array.of(0n) })[0] ??
      0;
    if (!tiles) throw new ShapeError("Tile: how often is missing");
    const one = b.reshape(b.cast(tiles, { to: "int64" }), b.ints([1]));
    const parts = Array.from({ length: rank }, (_, i) => (i === at ? one : b.ints([1])));
    return { ...node, inputs: [x, b.concat(parts, { axis: 0 })] };
  },
});

/** Tensors joined along an axis. */
export function concatenated(parts: readonly Tensor[], at: number): Tensor {
  const first = parts[0];
  if (!first) throw new InputError("Concat: nothing to join");
  const axis = normalAxis(at, first.shape.length), { dtype } = first, per = dtypes[dtype].per;
  for (const t of parts) {
    if (t.shape.length !== first.shape.length || t.shape.some((d, i) => i !== axis && d !== first.shape[i])) {
      throw new ShapeError(`[${first.shape}] and [${t.shape}] must be equal but for axis ${axis}`);
    }
  }
  const total = parts.reduce((n, t) => n + item(t.shape, axis), 0);
  const shape = first.shape.map((d, i) => (i === axis ? total : d));
  const outer = sizeOf(shape.slice(0, axis)), inner = sizeOf(shape.slice(axis + 1)) * per;
  const out = emptyLike(dtype, sizeOf(shape));
  let start = 0;
  for (const t of parts) {
    const run = (t.shape[axis] as number) * inner;
    for (let o = 0; o < outer; o++) copyRun(t.data, o * run, out, o * total * inner + start, run);
    start += run;
  }
  return { dtype, shape, data: out };
}
const concat = defineOp<{ readonly axis: number }>({
  name: "Concat",
  since: 13,
  summary: "Joined along an axis",
  attributes: { axis: int({ doc: "axis to join along" }) },
  arity: [1, Infinity],
  accuracy: "exact",
  infer(c) {
    const dtype = sharedType(c), shapes = c.inputs.map((t) => dimsOf(t)), first = item(shapes, 0);
    const axis = normalAxis(c.attributes.axis, first.length);
    const out = first.map((d, i) =>
      shapes.slice(1).reduce<Dim>((sum, s) => {
        const next = s[i];
        if (next === undefined || s.length !== first.length) {
          throw new ShapeError(`${shapeText(first)} and ${shapeText(s)} have unequal ranks`);
        }
        if (i === axis) return addDims(sum, next);
        if (typeof sum === "number" && typeof next === "number" && sum !== next) {
          throw new ShapeError(
            `${shapeText(first)} and ${shapeText(s)} differ on axis ${i}, which is not joined`,
          );
        }
        return typeof next === "number" ? next : sum;
      }, d)
    );
    return [tensorType(dtype, out)];
  },
  propagate(c) {
    const parts = c.inputs.map((_, i) => c.dims(i));
    return parts.every((p) => p !== undefined) ? parts.flat() : undefined;
  },
  vjp(b, { inputs, attributes: { axis } }, [dy]) {
    if (!dy) return [];
    if (inputs.length === 1) return [dy];
    const at = normalAxis(axis, dimsOf(dy.type).length);
    const sizes = inputs.flatMap((x) => (x ? b.shape(x, { start: at, end: at + 1 }) : []));
    return b.split(dy, b.concat(sizes, { axis: 0 }), { axis: at }, { outputs: inputs.length });
  },
  plain: (
    inputs,
    { attributes: { axis } },
  ) => [concatenated(inputs.map((_, i) => tensorAt(inputs, i)), axis)],
  upgrade: (from, node) =>
    from < 4 && node.attributes["axis"] === undefined ? { ...node, attributes: { axis: 1 } } : node,
});

/** A tensor's parts along an axis. */
export function splitAlong(x: Tensor, at: number, sizes: readonly number[]): Tensor[] {
  const axis = normalAxis(at, x.shape.length), total = item(x.shape, axis);
  if (sizes.reduce((n, d) => n + d, 0) !== total || sizes.some((d) => d < 0)) {
    throw new InputError(`sizes [${sizes}] don't add up to the ${total} elements of axis ${axis}`);
  }
  const strides = stridesOf(x.shape);
  let start = 0;
  return sizes.map((d) => {
    const part = strided(
      x,
      x.shape.map((old, i) => (i === axis ? d : old)),
      strides,
      start * item(strides, axis),
    );
    start += d;
    return part;
  });
}
/** Sizes of `count` parts, the last one smaller where it doesn't divide. */
function evenSizes(total: number, count: number): number[] {
  const each = Math.ceil(total / count);
  return Array.from({ length: count }, (_, i) => Math.max(0, Math.min(each, total - i * each)));
}
type SplitAttributes = { readonly axis: number; readonly num_outputs: number | null };
const split = defineOp<SplitAttributes>({
  name: "Split",
  since: 18,
  summary: "Parts along an axis: of the sizes given, or equal ones",
  attributes: {
    axis: int({ doc: "axis to cut", default: 0 }),
    num_outputs: nullable(int({ doc: "how many equal parts", min: 1 })),
  },
  arity: [1, 2],
  maxOutputs: Infinity,
  accuracy: "exact",
  infer(c) {
    const x = asTensor(c.inputs[0]), dims = dimsOf(x), axis = normalAxis(c.attributes.axis, dims.length);
    const given = c.dims(1), total = item(dims, axis);
    const count = given?.length ?? c.attributes.num_outputs ?? vectorLength(c, 1) ?? c.outputs;
    if (!Number.isFinite(count)) {
      throw new ShapeError("how many parts? give num_outputs, split or the outputs");
    }
    const even = typeof total === "number" ? evenSizes(total, count) : undefined;
    if (given && typeof total === "number" && given.every((d) => typeof d === "number")) {
      const sum = given.reduce<number>((n, d) => n + Number(d), 0);
      if (sum !== total) {
        throw new ShapeError(`sizes [${given}] don't add up to ${total}, axis ${axis} of ${shapeText(dims)}`);
      }
    }
    const each = (i: number): Dim => {
      if (c.inputs[1]) return given?.[i] ?? freshDim();
      if (even) return item(even, i);
      const exact = divDims(total, count);
      return sameDim(mulDims(exact, count), total) ? exact : freshDim();
    };
    return Array.from(
      { length: count },
      (_, i) => tensorType(x.dtype, dims.map((d, k) => (k === axis ? each(i) : d))),
    );
  },
  vjp(b, { inputs: [x], outputs, attributes: { axis } }, dy) {
    if (!x) return [];
    const parts = outputs.map((y, i) => dy[i] ?? b.expand(b.scalar(0, asTensor(x.type).dtype), b.shape(y)));
    return [b.concat(parts, { axis })];
  },
  plain(inputs, { attributes: { axis, num_outputs }, outputs }) {
    const x = tensorAt(inputs, 0), given = optionalAt(inputs, 1);
    const total = item(x.shape, normalAxis(axis, x.shape.length));
    return splitAlong(x, axis, given ? toIntegers(given) : evenSizes(total, num_outputs ?? outputs));
  },
  upgrade(from, node) {
    const { split: sizes, ...attributes } = node.attributes;
    if (from >= 13 || !Array.isArray(sizes)) return node;
    return { ...node, attributes, inputs: [node.inputs[0], node.builder.ints(sizes.map(Number))] };
  },
});

/** Operators that put elements elsewhere. */
export const moveOps: readonly OpDef[] = [transpose, expand, tile, concat, split];
