/** Operators that only say the shape anew, or tell it. @module */
import { ShapeError } from "../../values/errors.ts";
import type { Value } from "../../graph/graph.ts";
import type { Builder } from "../../graph/builder.ts";
import type { InferContext, OldNode, OpDef } from "../../graph/op.ts";
import { bool, int, nullable } from "../../values/schema.ts";
import {
  asTensor,
  type Dim,
  dimsOf,
  divDims,
  freshDim,
  normalAxis,
  productDims,
  sameDim,
  shapeText,
  tensorType,
} from "../../values/shape.ts";
import { reshaped, sizeOf, tensor, toIntegers } from "../../values/tensor.ts";
import { defineOp, knownIntegers, optionalAt, tensorAt, vectorLength } from "../define.ts";

/** The gradient of an operator that moves nothing: the same numbers under the input's shape. */
export function reshapeBack(b: Builder, x: Value | undefined, dy: Value | undefined): Value | undefined {
  return x && dy && b.reshape(dy, b.shape(x), { allowzero: true });
}

/** The shape a Reshape comes to; -1 takes what is left, 0 keeps a dim. */
function reshapedDims(x: readonly Dim[] | undefined, wanted: readonly Dim[], allowZero: boolean): Dim[] {
  const out = wanted.map((d, i) => {
    if (d !== 0 || allowZero) return d;
    const kept = x?.[i];
    if (x && kept === undefined) {
      throw new ShapeError(`0 at axis ${i} keeps a dim that ${shapeText(x)} doesn't have`);
    }
    return kept ?? freshDim();
  });
  const open = out.indexOf(-1);
  if (open !== out.lastIndexOf(-1)) throw new ShapeError(`only one dim may be -1, got [${wanted}]`);
  const rest = productDims(out.filter((_, i) => i !== open));
  if (open < 0) {
    const size = x && productDims(x);
    if (typeof size === "number" && typeof rest === "number" && size !== rest) {
      throw new ShapeError(`${shapeText(x)} has ${size} elements, ${shapeText(out)} takes ${rest}`);
    }
    return out;
  }
  if (!x) out[open] = freshDim();
  else {
    // Dims on both sides cancel first, so that batch/batch is 1 whatever batch is.
    const above = [...x], below: Dim[] = [];
    for (const d of out.filter((_, i) => i !== open)) {
      const at = above.findIndex((e) => typeof e !== "number" && sameDim(e, d));
      if (at >= 0) above.splice(at, 1);
      else below.push(d);
    }
    const size = productDims(above), left = productDims(below);
    if (typeof size === "number" && typeof left === "number" && (left === 0 || size % left !== 0)) {
      throw new ShapeError(`${shapeText(x)} doesn't divide into ${shapeText(wanted)}`);
    }
    out[open] = divDims(size, left);
  }
  return out;
}

const reshape = defineOp<{ readonly allowzero: boolean }>({
  name: "Reshape",
  since: 25,
  summary: "The same elements under another shape",
  attributes: { allowzero: bool({ doc: "0 means an empty axis, not the input's dim", default: false }) },
  arity: [2, 2],
  accuracy: "exact",
  infer(c) {
    const x = asTensor(c.inputs[0]), wanted = c.dims(1);
    if (wanted) return [tensorType(x.dtype, reshapedDims(x.shape, wanted, c.attributes.allowzero))];
    const rank = vectorLength(c, 1);
    return [tensorType(x.dtype, rank === undefined ? undefined : Array.from({ length: rank }, freshDim))];
  },
  propagate: (c) => {
    const length = c.dims(1)?.length;
    return length !== undefined && length <= 1 ? c.dims(0) : undefined;
  },
  vjp: (b, { inputs: [x] }, [dy]) => [reshapeBack(b, x, dy)],
  plain(inputs, { attributes }) {
    const x = tensorAt(inputs, 0), wanted = toIntegers(tensorAt(inputs, 1));
    return [reshaped(x, reshapedDims(x.shape, wanted, attributes.allowzero) as number[])];
  },
  upgrade(from, node) {
    if (from >= 5) return node;
    const { shape, consumed_inputs: _, ...attributes } = node.attributes;
    const wanted = Array.isArray(shape) ? shape.map(Number) : [];
    return { ...node, attributes, inputs: [node.inputs[0], node.builder.ints(wanted)] };
  },
});

const flatten = defineOp<{ readonly axis: number }>({
  name: "Flatten",
  since: 25,
  summary: "Two axes: the product of the dims before `axis`, and of those from it on",
  attributes: { axis: int({ doc: "first axis of the second part", default: 1 }) },
  arity: [1, 1],
  accuracy: "exact",
  infer(c) {
    const x = asTensor(c.inputs[0]), dims = dimsOf(x), axis = flattenAxis(c.attributes.axis, dims.length);
    return [tensorType(x.dtype, [productDims(dims.slice(0, axis)), productDims(dims.slice(axis))])];
  },
  dtypes: (c) => [tensorType(asTensor(c.inputs[0]).dtype, [freshDim(), freshDim()])],
  vjp: (b, { inputs: [x] }, [dy]) => [reshapeBack(b, x, dy)],
  plain(inputs, { attributes }) {
    const x = tensorAt(inputs, 0), axis = flattenAxis(attributes.axis, x.shape.length);
    return [reshaped(x, [sizeOf(x.shape.slice(0, axis)), sizeOf(x.shape.slice(axis))])];
  },
});
/** Unlike other axes, this one may stand behind the last. */
function flattenAxis(axis: number, rank: number): number {
  return axis === rank ? rank : normalAxis(axis, rank);
}

/** Axes that older opsets held as an attribute, as an input. */
export function axesToInput(node: OldNode): OldNode {
  const { axes, ...attributes } = node.attributes;
  if (!Array.isArray(axes)) return node;
  return { ...node, attributes, inputs: [node.inputs[0], node.builder.ints(axes.map(Number))] };
}

function squeezedAxes(dims: readonly Dim[], given: readonly number[] | undefined): Set<number> {
  if (given) {
    const axes = given.map((axis) => normalAxis(axis, dims.length));
    for (const axis of axes) {
      const d = dims[axis];
      if (typeof d === "number" && d !== 1) {
        throw new ShapeError(`axis ${axis} of ${shapeText(dims)} has ${d} elements: only 1 can be squeezed`);
      }
    }
    return new Set(axes);
  }
  return new Set(dims.flatMap((d, i) => (d === 1 ? [i] : [])));
}
const squeeze = defineOp({
  name: "Squeeze",
  since: 25,
  summary: "Without the given axes of one element, or without all such",
  attributes: {},
  arity: [1, 2],
  accuracy: "exact",
  infer(c) {
    const x = asTensor(c.inputs[0]), dims = dimsOf(x), given = knownIntegers(c, 1);
    if (c.inputs[1] && !given) {
      const n = vectorLength(c, 1);
      const kept = n === undefined
        ? undefined
        : Array.from({ length: Math.max(0, dims.length - n) }, freshDim);
      return [tensorType(x.dtype, kept)];
    }
    if (!given && dims.some((d) => typeof d !== "number")) return [tensorType(x.dtype)];
    const axes = squeezedAxes(dims, given);
    return [tensorType(x.dtype, dims.filter((_, i) => !axes.has(i)))];
  },
  propagate: (c) => c.dims(0),
  vjp: (b, { inputs: [x] }, [dy]) => [reshapeBack(b, x, dy)],
  plain(inputs) {
    const x = tensorAt(inputs, 0), given = optionalAt(inputs, 1);
    const axes = squeezedAxes(x.shape, given && toIntegers(given));
    return [reshaped(x, x.shape.filter((_, i) => !axes.has(i)))];
  },
  upgrade: (from, node) => (from < 13 ? axesToInput(node) : node),
});

function unsqueezed<T>(dims: readonly T[], given: readonly number[], one: T): T[] {
  const rank = dims.length + given.length;
  const axes = new Set(given.map((axis) => normalAxis(axis, rank)));
  if (axes.size !== given.length) throw new ShapeError(`axes [${given}] name one axis twice`);
  let next = 0;
  return Array.from({ length: rank }, (_, i) => (axes.has(i) ? one : dims[next++] ?? one));
}
const unsqueeze = defineOp({
  name: "Unsqueeze",
  since: 25,
  summary: "With axes of one element inserted",
  attributes: {},
  arity: [2, 2],
  accuracy: "exact",
  infer(c) {
    const x = asTensor(c.inputs[0]), given = knownIntegers(c, 1);
    if (given) return [tensorType(x.dtype, unsqueezed<Dim>(dimsOf(x), given, 1))];
    const n = vectorLength(c, 1);
    return [
      tensorType(
        x.dtype,
        n === undefined ? undefined : Array.from({ length: dimsOf(x).length + n }, freshDim),
      ),
    ];
  },
  propagate: (
    c,
  ) => (knownIntegers(c, 1)?.length === 1 && asTensor(c.inputs[0]).shape?.length === 0
    ? c.dims(0)
    : undefined),
  vjp: (b, { inputs: [x] }, [dy]) => [reshapeBack(b, x, dy)],
  plain(inputs) {
    const x = tensorAt(inputs, 0);
    return [reshaped(x, unsqueezed(x.shape, toIntegers(tensorAt(inputs, 1)), 1))];
  },
  upgrade: (from, node) => (from < 13 ? axesToInput(node) : node),
});

interface Span {
  readonly start: number;
  readonly end: number | null;
}
function spanOf<T>(dims: readonly T[], { start, end }: Span): readonly T[] {
  const hold = (i: number) => Math.min(dims.length, Math.max(0, i < 0 ? i + dims.length : i));
  return dims.slice(hold(start), hold(end ?? dims.length));
}
const shape = defineOp<Span>({
  name: "Shape",
  since: 25,
  summary: "The dims as an int64 vector",
  attributes: {
    start: int({ doc: "first axis told", default: 0 }),
    end: nullable(int({ doc: "axis to stop before" })),
  },
  arity: [1, 1],
  accuracy: "exact",
  infer: (c) => [tensorType("int64", [spanOf(dimsOf(c.inputs[0]), c.attributes).length])],
  dtypes: () => [tensorType("int64", [freshDim()])],
  propagate: (c) => {
    const dims = asTensor(c.inputs[0]).shape;
    return dims && spanOf(dims, c.attributes);
  },
  gradient: "none",
  plain(inputs, { attributes }) {
    const dims = spanOf(tensorAt(inputs, 0).shape, attributes);
    return [tensor([...dims], [dims.length], "int64")];
  },
});
const size = defineOp({
  name: "Size",
  since: 25,
  summary: "The number of elements",
  attributes: {},
  arity: [1, 1],
  accuracy: "exact",
  infer: (c: InferContext<unknown>) => [tensorType("int64", asTensor(c.inputs[0]) && [])],
  propagate: (c) => {
    const dims = asTensor(c.inputs[0]).shape;
    return dims && [productDims(dims)];
  },
  gradient: "none",
  plain: (inputs) => [tensor([sizeOf(tensorAt(inputs, 0).shape)], [], "int64")],
});

/** Operators that only say the shape anew, or tell it. */
export const reshapeOps: readonly OpDef[] = [reshape, flatten, squeeze, unsqueeze, shape, size];
