/** How tensors of a Keras network hold values of a graph: which axes, in which order, merged or left out. @module */
import { item } from "../../../core/values/item.ts";
import { type Dim, productDims, sameDim } from "../../../core/values/shape.ts";

/**
 * For each axis of a network's tensor the axes of the graph's value that it holds, from the slowest to the fastest. Axes of
 * size 1 may be missing, and a list may be empty: an axis of size 1 that the value doesn't have.
 */
export type Groups = readonly (readonly number[])[];

/** Every axis by itself, in the value's own order. */
export function natural(rank: number): Groups {
  return Array.from({ length: rank }, (_, axis) => [axis]);
}
/** Channels, axis 1 of a picture, after the others. */
export function channelsLast(rank: number): Groups {
  return [[0], ...natural(rank).slice(2), ...(rank > 1 ? [[1]] : [])];
}
const isUnit = (shape: readonly Dim[]) => (axis: number) => shape[axis] === 1;
/** Groups without axes of size 1. */
export function significant(groups: Groups, shape: readonly Dim[]): Groups {
  const unit = isUnit(shape);
  return groups.map((group) => group.filter((axis) => !unit(axis)));
}
/** True where two views hold the same elements in the same order and shape. */
export function sameView(a: Groups, b: Groups, shape: readonly Dim[]): boolean {
  return a.length === b.length &&
    JSON.stringify(significant(a, shape)) === JSON.stringify(significant(b, shape));
}
/** The order of elements that a view has, whatever its shape. */
export function orderOf(groups: Groups, shape: readonly Dim[]): readonly number[] {
  return significant(groups, shape).flat();
}
/** Sizes of a view's axes. */
export function sizesIn(groups: Groups, shape: readonly Dim[]): readonly Dim[] {
  return groups.map((group) => productDims(group.map((axis) => item(shape, axis))));
}
/** True where every group is at most one axis that counts. */
export function isFine(groups: Groups, shape: readonly Dim[]): boolean {
  return significant(groups, shape).every((group) => group.length <= 1);
}

/** Axes of one shape that together are axes of another. */
interface Stretch {
  readonly from: readonly number[];
  readonly to: readonly number[];
}
/** The shortest stretches of axes, those of size 1 left out, that a reshape turns into one another. */
export function stretches(from: readonly Dim[], to: readonly Dim[]): readonly Stretch[] | undefined {
  const axes = (shape: readonly Dim[]) => [...shape.keys()].filter((axis) => shape[axis] !== 1);
  let left = axes(from), right = axes(to);
  const found: Stretch[] = [],
    product = (shape: readonly Dim[], list: readonly number[]) =>
      productDims(list.map((axis) => item(shape, axis)));
  const next = (): Stretch | undefined => {
    for (let total = 2; total <= left.length + right.length; total++) {
      for (let n = 1; n < total; n++) {
        const a = left.slice(0, n), b = right.slice(0, total - n);
        if (a.length < n || b.length < total - n) continue;
        if (sameDim(product(from, a), product(to, b))) return { from: a, to: b };
      }
    }
    return undefined;
  };
  while (left.length > 0 && right.length > 0) {
    const stretch = next();
    if (!stretch) return undefined;
    found.push(stretch);
    left = left.slice(stretch.from.length);
    right = right.slice(stretch.to.length);
  }
  return left.length + right.length === 0 ? found : undefined;
}
