/** Broadcasting: how kernels walk operands of unequal shape, and how gradients are summed back. @module */
import { item } from "../values/item.ts";
import type { Builder } from "../graph/builder.ts";
import type { Value } from "../graph/graph.ts";
import { asTensor, type Dim, sameDim } from "../values/shape.ts";
import { broadcastShapes } from "../values/shape.ts";

/** A walk over the result of a broadcast, in rows of `inner` elements. Steps are 0 or 1. */
export interface BroadcastPlan {
  readonly shape: readonly number[];
  readonly size: number;
  readonly rows: number;
  readonly inner: number;
  /** Step of each operand along a row. */
  readonly steps: readonly number[];
  readonly outer: readonly number[];
  /** Stride of each operand along each outer axis. */
  readonly strides: readonly (readonly number[])[];
}

/** True for two shapes of equal sizes. */
export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Plans a walk; neighbouring axes that every operand treats alike become one. @throws {ShapeError} */
export function broadcastPlan(...shapes: readonly (readonly number[])[]): BroadcastPlan {
  const first = item(shapes, 0);
  if (shapes.every((s) => sameShape(s, first))) {
    let size = 1;
    for (const d of first) size *= d;
    return {
      shape: first,
      size,
      rows: size === 0 ? 0 : 1,
      inner: size,
      steps: shapes.map(() => 1),
      outer: [],
      strides: shapes.map(() => []),
    };
  }
  const shape = broadcastShapes(...shapes) as readonly number[];
  const rank = shape.length;
  const dims: number[] = [], moves: boolean[][] = [];
  let size = 1;
  for (let axis = 0; axis < rank; axis++) {
    const d = shape[axis] as number;
    size *= d;
    if (d === 1) continue;
    const move = shapes.map((s) => (s[axis - rank + s.length] ?? 1) !== 1);
    const last = moves.at(-1);
    if (last && last.every((m, i) => m === move[i])) dims.push((dims.pop() ?? 1) * d);
    else {
      dims.push(d);
      moves.push(move);
    }
  }
  const inner = dims.pop() ?? 1, step = moves.pop() ?? shapes.map(() => true);
  const strides = shapes.map((_, i) => {
    const out = new Array<number>(dims.length).fill(0);
    let stride = step[i] ? inner : 1;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      if (!moves[axis]?.[i]) continue;
      out[axis] = stride;
      stride *= dims[axis] as number;
    }
    return out;
  });
  return {
    shape,
    size,
    rows: size === 0 ? 0 : size / inner,
    inner,
    steps: step.map((m) => (m ? 1 : 0)),
    outer: dims,
    strides,
  };
}

/** Calls back for each row with where it starts in the result and in each operand. */
export function forRows(plan: BroadcastPlan, row: (at: number, offsets: Int32Array) => void): void {
  const { rows, inner, outer, strides } = plan;
  const offsets = new Int32Array(strides.length), index = new Int32Array(outer.length);
  for (let r = 0; r < rows; r++) {
    row(r * inner, offsets);
    for (let axis = outer.length - 1; axis >= 0; axis--) {
      const next = (index[axis] as number) + 1, d = outer[axis] as number;
      if (next < d) {
        index[axis] = next;
        for (let i = 0; i < strides.length; i++) {
          offsets[i] = (offsets[i] as number) + (strides[i]?.[axis] ?? 0);
        }
        break;
      }
      index[axis] = 0;
      for (let i = 0; i < strides.length; i++) {
        offsets[i] = (offsets[i] as number) - (d - 1) * (strides[i]?.[axis] ?? 0);
      }
    }
  }
}

/** Axes of `from` that a value of shape `to` was repeated along; undefined where symbols leave it open. */
function repeatedAxes(from: readonly Dim[], to: readonly Dim[]): number[] | undefined {
  const axes: number[] = [], extra = from.length - to.length;
  for (let axis = 0; axis < from.length; axis++) {
    const d = axis < extra ? 1 : to[axis - extra] ?? 1;
    if (axis < extra) axes.push(axis);
    else if (sameDim(d, item(from, axis))) continue;
    else if (d === 1) axes.push(axis);
    else return undefined;
  }
  return axes;
}

/** Sums a gradient over the axes that its operand was broadcast along, back to the operand's shape. */
export function sumTo(b: Builder, gradient: Value, operand: Value): Value {
  const from = asTensor(gradient.type).shape, to = asTensor(operand.type).shape;
  const axes = from && to ? repeatedAxes(from, to) : undefined;
  if (from && to && axes) {
    if (axes.length === 0) return gradient;
    const summed = b.reduceSum(gradient, b.ints(axes), { keepdims: false });
    const kept = from.length - axes.length;
    if (kept === to.length) return summed;
    const ones = axes.map((axis) => axis - (from.length - to.length)).filter((axis) => axis >= 0);
    return b.unsqueeze(summed, b.ints(ones));
  }
  const shape = b.shape(operand), whole = b.shape(gradient);
  const missing = b.reshape(b.sub(b.size(whole), b.size(shape)), b.ints([1]));
  const ones = b.expand(b.ints([1]), missing);
  const padded = b.concat([ones, shape], { axis: 0 });
  const differs = b.not(b.equal(padded, whole));
  const found = b.squeeze(b.nonZero(differs), b.ints([0]));
  const summed = b.reduceSum(gradient, found, { keepdims: true, noop_with_empty_axes: true });
  return b.reshape(summed, shape, { allowzero: true });
}
