/** One-hot rows. @module */
import { item } from "../../values/item.ts";
import { dtypes } from "../../values/dtype.ts";
import { ShapeError } from "../../values/errors.ts";
import type { OpDef } from "../../graph/op.ts";
import { int } from "../../values/schema.ts";
import { asTensor, dimsOf, freshDim, normalAxis, tensorType } from "../../values/shape.ts";
import { sizeOf, toNumbers } from "../../values/tensor.ts";
import { defineOp, inputOf, numeric, tensorAt } from "../define.ts";
import { copyRun, emptyLike } from "../kernels.ts";

function checkDepth(depth: number): number {
  if (depth >= 0) return Math.trunc(depth);
  throw new ShapeError(`a depth of ${depth}: expected a number from 0`);
}
/** Indices to rows with one entry on. */
export const oneHot: OpDef = defineOp<{ readonly axis: number }>({
  name: "OneHot",
  since: 28,
  summary: "A new axis that holds the on value at each index and the off value elsewhere",
  attributes: { axis: int({ doc: "where the new axis stands", default: -1 }) },
  arity: [3, 3],
  accuracy: "exact",
  infer(c) {
    const dims = dimsOf(inputOf(c, 0, numeric)), axis = normalAxis(c.attributes.axis, dims.length + 1);
    inputOf(c, 1, numeric);
    const depth = c.dims(1)?.[0] ?? freshDim();
    if (typeof depth === "number") checkDepth(depth);
    return [tensorType(asTensor(c.inputs[2]).dtype, dims.toSpliced(axis, 0, depth))];
  },
  dtypes: (c) => [tensorType(asTensor(c.inputs[2]).dtype)],
  vjp(b, { inputs: [indices, depth, values], attributes }, [dy], wanted) {
    if (!indices || !depth || !values || !dy || !wanted[2]) return [];
    const { dtype } = asTensor(values.type),
      both = b.constant({ dtype: "float32", shape: [2], data: Float32Array.of(0, 1) });
    const hot = b.oneHot(indices, depth, b.cast(both, { to: dtype }), attributes);
    const sum = (v: typeof dy) => b.reshape(b.reduceSum(v, { keepdims: false }), b.ints([1]));
    const on = sum(b.mul(dy, hot));
    return [undefined, undefined, b.concat([b.sub(sum(dy), on), on], { axis: 0 })];
  },
  plain(inputs, { attributes }) {
    const indices = tensorAt(inputs, 0), values = tensorAt(inputs, 2), list = toNumbers(indices);
    const depth = checkDepth(Number(item(toNumbers(tensorAt(inputs, 1)), 0))), rank = indices.shape.length;
    const axis = normalAxis(attributes.axis, rank + 1), shape = indices.shape.toSpliced(axis, 0, depth);
    const inner = sizeOf(indices.shape.slice(axis)), per = dtypes[values.dtype].per;
    const out = emptyLike(values.dtype, sizeOf(shape));
    for (let i = 0; i < sizeOf(shape); i++) copyRun(values.data, 0, out, i * per, per);
    for (let k = 0; k < list.length; k++) {
      const raw = Math.trunc(list[k] as number), place = raw < 0 ? raw + depth : raw;
      if (place < 0 || place >= depth) continue;
      const at = (Math.floor(k / inner) * depth + place) * inner + k % inner;
      copyRun(values.data, per, out, at * per, per);
    }
    return [{ dtype: values.dtype, shape, data: out }];
  },
});
