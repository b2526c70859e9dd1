/** How scales and zero points stand to what they scale: one for all, one an index of an axis, or one a block of it. @module */
import { item } from "../../core/values/item.ts";
import { ShapeError } from "../../core/values/errors.ts";
import { normalAxis } from "../../core/values/shape.ts";
import { sizeOf } from "../../core/values/tensor.ts";

/** Calls back with each element and the scale that it has, by position. @throws {ShapeError} where the scales' shape doesn't fit. */
export function eachScaled(
  shape: readonly number[],
  scale: readonly number[],
  axis: number,
  block: number,
  visit: (element: number, scale: number) => void,
): void {
  const total = sizeOf(shape);
  if (sizeOf(scale) === 1 && scale.length <= 1) {
    for (let i = 0; i < total; i++) visit(i, 0);
    return;
  }
  const at = normalAxis(axis, shape.length), size = item(shape, at);
  const inner = sizeOf(shape.slice(at + 1)), outer = sizeOf(shape.slice(0, at));
  const blocked = scale.length === shape.length && (scale.length > 1 || block > 0);
  const parts = (blocked ? scale[at] : scale[0]) ?? 1;
  const fits = blocked ? scale.every((d, i) => i === at || d === shape[i]) : scale.length === 1;
  const width = blocked ? (block > 0 ? block : Math.ceil(size / parts)) : 1;
  if (!fits || Math.ceil(size / width) !== parts) {
    throw new ShapeError(`scales [${scale}] don't fit [${shape}] on axis ${at} in blocks of ${width}`);
  }
  for (let o = 0, i = 0; o < outer; o++) {
    for (let d = 0; d < size; d++) {
      const part = Math.floor(d / width);
      for (let n = 0; n < inner; n++, i++) visit(i, blocked ? (o * parts + part) * inner + n : part);
    }
  }
}
