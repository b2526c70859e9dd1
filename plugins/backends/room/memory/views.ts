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
  const strides: Dim[] = [];
  let step: Dim = elementBytes(dtype);
  for (const d of shape.toReversed()) {
    strides.unshift(step);
    step = mulDims(step, d);
  }
  return strides;
}
/** Strides for a physical order of the axes, outermost first. */
export function stridesFor(shape: readonly Dim[], order: readonly number[], dtype: DType): readonly Dim[] {
  const strides = new Array<Dim>(shape.length).fill(0);
  let step: Dim = elementBytes(dtype);
  for (const axis of order.toReversed()) {
    strides[axis] = step;
    step = mulDims(step, shape[axis] ?? 1);
  }
  return strides;
}
/** Bytes of a dense value. */
export function denseBytes(shape: readonly Dim[], dtype: DType): Dim {
  return mulDims(elementBytes(dtype), productDims(shape));
}
/** True where the elements lie densely in logical order (axes of 1 don't matter). */
export function isContiguous(view: View): boolean {
  const wanted = rowMajor(view.shape, view.dtype);
  return view.shape.every((d, i) => d === 1 || sameDim(view.strides[i] ?? 0, wanted[i] ?? 0));
}
/** True where two views of one shape have every element at the same place of their storages. */
export function liesAs(a: View, b: View): boolean {
  return a.steps.length === 0 && b.steps.length === 0 && sameDim(a.offset, b.offset) &&
    a.shape.every((d, i) => d === 1 || sameDim(a.strides[i] ?? 0, b.strides[i] ?? 0));
}
/** True where a view takes its storage whole: dense in some order of its axes. */
export function isWhole(view: View): boolean {
  const dense = stridesFor(view.shape, physicalOrder(view), view.dtype);
  return view.steps.length === 0 && view.offset === 0 &&
    sameDim(view.storage.bytes, denseBytes(view.shape, view.dtype)) &&
    view.shape.every((d, i) => d === 1 || sameDim(dense[i] ?? 0, view.strides[i] ?? 0));
}
/** The view under other dims and strides. */
export function reviewed(view: View, shape: readonly Dim[], strides: readonly Dim[], offset?: Dim): View {
  return { ...view, shape, strides, offset: offset ?? view.offset };
}

/** The physical order of a view's axes, outermost first: larger strides first where they can be compared, else as they stand. */
export function physicalOrder(view: View): readonly number[] {
  const rank = view.shape.length;
  const left = new Set(Array.from({ length: rank }, (_, i) => i));
  const order: number[] = [];
  // Innermost first: an axis whose stride is the extent of what has been taken.
  let step: Dim = elementBytes(view.dtype);
  while (left.size > 0) {
    const next = [...left].toReversed().find((axis) => view.shape[axis] === 1) ??
      [...left].toReversed().find((axis) => sameDim(view.strides[axis] ?? 0, step)) ??
      smallestStride(view, left);
    left.delete(next);
    order.unshift(next);
    if (view.shape[next] !== 1) step = mulDims(view.strides[next] ?? 0, view.shape[next] ?? 1);
  }
  return order;
}
function smallestStride(view: View, left: ReadonlySet<number>): number {
  const axes = [...left].toReversed();
  let best = axes[0] ?? 0;
  for (const axis of axes) {
    const a = view.strides[axis], b = view.strides[best];
    if (typeof a === "number" && typeof b === "number" && a !== 0 && (b === 0 || a < b)) best = axis;
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
    const extent = shape[axis] ?? 1;
    if (extent === 1) continue;
    const last = outShape.length - 1;
    const merges = last >= 0 &&
      operands.every((strides, k) => sameDim(out[k]?.[last] ?? 0, mulDims(strides[axis] ?? 0, extent)));
    if (merges) {
      outShape[last] = mulDims(outShape[last] ?? 1, extent);
      operands.forEach((strides, k) => (out[k] ?? [])[last] = strides[axis] ?? 0);
    } else {
      outShape.push(extent);
      operands.forEach((strides, k) => out[k]?.push(strides[axis] ?? 0));
    }
  }
  return { shape: outShape, strides: out };
}

/** The view under a new shape of the same elements, or undefined where that takes a copy. */
export function reshapeView(view: View, shape: readonly Dim[]): View | undefined {
  if (isContiguous(view)) return reviewed(view, shape, rowMajor(shape, view.dtype));
  const strides = new Array<Dim>(shape.length).fill(elementBytes(view.dtype));
  const old = view.shape.map((d, i) => ({ d, s: view.strides[i] ?? 0 })).filter((x) => x.d !== 1);
  let at = 0, next = 0;
  while (at < old.length) {
    let from = at, size: Dim = old[at]?.d ?? 1;
    while (next < shape.length && shape[next] === 1) next++;
    let taken: Dim = shape[next] ?? 1;
    const start = next;
    next++;
    while (!sameDim(size, taken)) {
      const larger = typeof size === "number" && typeof taken === "number"
        ? size > taken
        : couldDivide(size, taken);
      if (larger && next < shape.length) taken = mulDims(taken, shape[next++] ?? 1);
      else if (!larger && from + 1 < old.length) {
        const [a, b] = [old[from], old[from + 1]];
        if (!a || !b || !sameDim(a.s, mulDims(b.s, b.d))) return undefined;
        size = mulDims(size, b.d);
        from++;
      } else return undefined;
    }
    let step = old[from]?.s ?? 0;
    for (let k = next - 1; k >= start; k--) {
      strides[k] = step;
      step = mulDims(step, shape[k] ?? 1);
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
  const stride = view.strides[axis] ?? 0;
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
  return reviewed(
    view,
    shape,
    shape.map((d, i) => {
      const own = view.shape[i - lead];
      const one = own === 1
        ? d !== 1
        : typeof d !== "number" && own !== undefined && sameDim(own, minDims(d, 1));
      return i < lead || one ? 0 : view.strides[i - lead] ?? 0;
    }),
  );
}
