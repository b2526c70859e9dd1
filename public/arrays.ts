/** Making tensors that tell their elements: `array()`, `toString()` and what a console shows. @module */
import * as args from "../io/files/arguments.ts";
import type { DType, TensorData } from "../core/values/dtype.ts";
import { type NDArray, printed } from "../core/values/printing.ts";
import { numpyText } from "../io/arrays/numpytext.ts";
import {
  castTensor as castPlain,
  copyOf as copyPlain,
  type Nested,
  reshaped as reshapedPlain,
  scalar as scalarPlain,
  type Tensor,
  tensor as tensorPlain,
  zeros as zerosPlain,
} from "../core/values/tensor.ts";

/**
 * Makes a tensor from nested arrays, or from flat data with a shape. A typed array of the right kind is
 * kept without a copy; numbers for float16 and narrower are rounded to bits.
 *
 * ```ts
 * import { tensor } from "@lapis/lapis";
 * const t = tensor([[1, 2], [3, 4]]); // float32, shape [2, 2]
 * const ids = tensor([1, 2, 3, 4], [2, 2], "int32");
 * console.log(`${t}`, ids.array()); // rows as NumPy prints them; [[1, 2], [3, 4]]
 * ```
 * @throws {ShapeError} when the data doesn't fill the shape, or rows are ragged.
 */
export function tensor(data: Nested | TensorData, shape?: readonly number[], dtype?: DType): NDArray {
  return printed(tensorPlain(data, shape, dtype), numpyText);
}
/** A tensor of zeros (empty strings for strings). */
export function zeros(shape: readonly number[], dtype: DType = "float32"): NDArray {
  args.check("zeros", "shape", shape, args.list);
  return printed(zerosPlain(shape, dtype), numpyText);
}
/** A scalar tensor. */
export function scalar(value: number | bigint | boolean | string, dtype?: DType): NDArray {
  return printed(scalarPlain(value, dtype), numpyText);
}
/** The same elements under another shape of the same size. @throws {ShapeError} */
export function reshaped(t: Tensor, shape: readonly number[]): NDArray {
  args.check("reshaped", "t", t, args.tensorKind);
  args.check("reshaped", "shape", shape, args.list);
  return printed(reshapedPlain(t, shape), numpyText);
}
/** A deep copy. */
export function copyOf(t: Tensor): NDArray {
  args.check("copyOf", "t", t, args.tensorKind);
  return printed(copyPlain(t), numpyText);
}
/** A tensor of another element type, by value: floats to integers truncate, to bool test against zero. */
export function castTensor(t: Tensor, dtype: DType): NDArray {
  args.check("castTensor", "t", t, args.tensorKind);
  return printed(castPlain(t, dtype), numpyText);
}
