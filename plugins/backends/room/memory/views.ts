/** Where values lie: storages, and strided views of them. Relabelling operators only change the view. @module */
import {
  addDims,
  type Dim,
  divDims,
  minDims,
  mulDims,
  productDims,
  sameDim,
} from "../../../../core/values/shape.ts";
import { type DType, dtypes } from "../../../../core/values/dtype.ts";
import { item } from "../../../../core/values/item.ts";

/** A block of memory. `level` is the list of a program that writes it: 0 prologue, 1 main, more inside loops. */
export interface Storage {
  readonly id: number;
  readonly bytes: Dim;
  /** `arena`: placed by lifetime; `kept`: has an address for the session's life (weights, constants, packed weights). */
  readonly kind: "arena" | "kept";
  readonly what: "weight" | "constant" | "packed" | "derived" | "value" | "workspace" | "status";
  readonly level: number;
}
/** An address that moves with a loop's counter. */
export interface Step {
  readonly loop: number;
  readonly stride: Dim;
}
/** A value in memory. Offsets and strides in bytes; a stride of 0 repeats. */
export interface View {
  readonly storage: Storage;
  readonly offset: Dim;
  readonly steps: readonly Step[];
  readonly dtype: DType;
  readonly shape: readonly Dim[];
  readonly strides: readonly Dim[];
}

/** Bytes of an element in wasm memory. */
export function elementBytes(dtype: DType): number {
  return dtypes[dtype].array.BYTES_PER_ELEMENT * dtypes[dtype].per;
}
/** Row-major strides in bytes. */
export function rowMajor(shape: readonly Dim[], dtype: DType): readonly Dim[] {
  const strides = new Array<Dim>(shape.length);
  let step: Dim = elementBytes(dtype);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    strides[axis] = step;
    if (axis > 0) step = mulDims(step, item(shape, axis));
  }
  return strides;
}
/** Strides for a physical order of the axes, outermost first. */
export function stridesFor(shape: readonly Dim[], order: readonly number[], dtype: DType): readonly Dim[] {
  const strides = new Array<Dim>(shape.length).fill(0);
  let step: Dim = elementBytes(dtype);
  for (let i = order.length - 1; i >= 0; i--) {
    const axis = item(order, i);
    strides[axis] = step;
    step = mulDims(step, item(shape, axis));
  }
  return strides;
}
/** Bytes of a dense value. */
export function denseBytes(shape: readonly Dim[], dtype: DType): Dim {
  return mulDims(elementBytes(dtype), productDims(shape));
}
/** True where the elements lie densely in logical order (axes of 1 don't matter). */
export function isContiguous(view: View): boolean {
  const { shape, strides } = view;
  let step: Dim = elementBytes(view.dtype);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const extent = item(shape, axis);
    if (extent === 1) continue;
    if (!sameDim(item(strides, axis), step)) return false;
    step = mulDims(step, extent);
  }
  return true;
}
/** True where two views of one shape have every element at the same place of their storages. */
export function liesAs(a: View, b: View): boolean {
  return a.steps.length === 0 && b.steps.length === 0 && sameDim(a.offset, b.offset) &&
    a.shape.every((d, i) => d === 1 || sameDim(item(a.strides, i), item(b.strides, i)));
}
/** True where a view takes its storage whole: dense in some order of its axes. */
export function isWhole(view: View): boolean {
  if (view.steps.length > 0 || view.offset !== 0) return false;
  if (!sameDim(view.storage.bytes, denseBytes(view.shape, view.dtype))) return false;
  if (isContiguous(view)) return true;
  const dense = stridesFor(view.shape, physicalOrder(view), view.dtype);
  return view.shape.every((d, i) => d === 1 || sameDim(item(dense, i), item(view.strides, i)));
}
/** The view under other dims and strides. */
export function reviewed(view: View, shape: readonly Dim[], strides: readonly Dim[], offset?: Dim): View {
  const { storage, steps, dtype } = view;
  return { storage, offset: offset ?? view.offset, steps, dtype, shape, strides };
}

/** The physical order of a view's axes, outermost first: larger strides first where they can be compared, else as they stand. */
export function physicalOrder(view: View): readonly number[] {
  const { shape, strides } = view, left = shape.map((_, axis) => axis);
  const order = new Array<number>(shape.length);
  // Innermost first: an axis whose stride is the extent of what has been taken.
  let step: Dim = elementBytes(view.dtype);
  for (let at = shape.length - 1; at >= 0; at--) {
    let found = left.findLastIndex((axis) => shape[axis] === 1);
    if (found < 0) found = left.findLastIndex((axis) => sameDim(item(strides, axis), step));
    if (found < 0) found = smallestStride(strides, left);
    const next = item(left, found), extent = item(shape, next);
    left.splice(found, 1);
    order[at] = next;
    if (extent !== 1 && at > 0) step = mulDims(item(strides, next), extent);
  }
  return order;
}
/** Where in a list of axes the one with the smallest stride stands, as far as strides are numbers. */
function smallestStride(strides: readonly Dim[], axes: readonly number[]): number {
  let best = axes.length - 1;
  for (let i = best; i >= 0; i--) {
    const a = item(strides, item(axes, i)), b = item(strides, item(axes, best));
    if (typeof a === "number" && typeof b === "number" && a !== 0 && (b === 0 || a < b)) best = i;
  }
  return best;
}

/** Axes merged where every operand allows it: for a loop nest over operands with the same shape. */
export function collapse(
  shape: readonly Dim[],
  operands: readonly (readonly Dim[])[],
  order: readonly number[] = shape.map((_, i) => i),
): { readonly shape: readonly Dim[]; readonly strides: readonly (readonly Dim[])[] } {
  const outShape: Dim[] = [];
  const out: Dim[][] = operands.map(() => []);
  for (const axis of order) {
    const extent = item(shape, axis);
    if (extent === 1) continue;
    const last = outShape.length - 1;
    const merges = last >= 0 && operands.every((strides, k) => {
      const outer = item(item(out, k), last), own = item(strides, axis);
      return own === 0 ? outer === 0 : sameDim(outer, mulDims(own, extent));
    });
    if (merges) outShape[last] = mulDims(item(outShape, last), extent);
    else outShape.push(extent);
    const to = outShape.length - 1;
    for (let k = 0; k < operands.length; k++) item(out, k)[to] = item(item(operands, k), axis);
  }
  return { shape: outShape, strides: out };
}

/** The view under a new shape of the same elements, or undefined where that takes a copy. */
export function reshapeView(view: View, shape: readonly Dim[]): View | undefined {
  if (isContiguous(view)) return reviewed(view, shape, rowMajor(shape, view.dtype));
  const strides = new Array<Dim>(shape.length).fill(elementBytes(view.dtype));
  const old = view.shape.map((d, i) => ({ d, s: item(view.strides, i) })).filter((x) => x.d !== 1);
  let at = 0, next = 0;
  while (at < old.length) {
    let from = at, size = item(old, at).d;
    while (next < shape.length && shape[next] === 1) next++;
    let taken: Dim = next < shape.length ? item(shape, next) : 1;
    const start = next;
    next++;
    while (!sameDim(size, taken)) {
      const larger = typeof size === "number" && typeof taken === "number"
        ? size > taken
        : couldDivide(size, taken);
      if (larger && next < shape.length) taken = mulDims(taken, item(shape, next++));
      else if (!larger && from + 1 < old.length) {
        const a = item(old, from), b = item(old, from + 1);
        if (!sameDim(a.s, mulDims(b.s, b.d))) return undefined;
        size = mulDims(size, b.d);
        from++;
      } else return undefined;
    }
    let step = item(old, from).s;
    for (let k = Math.min(next, shape.length) - 1; k >= start; k--) {
      strides[k] = step;
      step = mulDims(step, item(shape, k));
    }
    at = from + 1;
  }
  while (next < shape.length) if (shape[next++] !== 1) return undefined;
  return reviewed(view, shape, strides);
}
/** Whether `a` is a multiple of `b` by its form. */
function couldDivide(a: Dim, b: Dim): boolean {
  const q = divDims(a, b);
  return !(typeof q === "object" && "op" in q && q.op === "floordiv");
}

/** One axis cut: from `start`, every `step`, `count` of them. */
export function sliceView(view: View, axis: number, start: Dim, step: number, count: Dim): View {
  const stride = item(view.strides, axis);
  return reviewed(
    view,
    view.shape.map((d, i) => (i === axis ? count : d)),
    view.strides.map((s, i) => (i === axis ? mulDims(s, step) : s)),
    addDims(view.offset, mulDims(start, stride)),
  );
}
/** An axis taken away at a position. */
export function dropAxis(view: View, axis: number): View {
  return reviewed(view, view.shape.filter((_, i) => i !== axis), view.strides.filter((_, i) => i !== axis));
}
/** Broadcast to a shape: missing and 1-sized axes repeat with a stride of 0. */
export function broadcastView(view: View, shape: readonly Dim[]): View {
  const lead = shape.length - view.shape.length;
  if (lead === 0 && (shape === view.shape || shape.every((d, i) => d === view.shape[i]))) return view;
  return reviewed(
    view,
    shape,
    shape.map((d, i) => {
      if (i < lead) return 0;
      const own = item(view.shape, i - lead), stride = item(view.strides, i - lead);
      if (own === d) return stride;
      return own === 1 || (typeof d !== "number" && sameDim(own, minDims(d, 1))) ? 0 : stride;
    }),
  );
}
