/**
 * Tensors and their element types: making, casting, reshaping and reading them.
 *
 * ```ts
 * import { reshaped, tensor } from "@lapis/lapis/tensors";
 * console.log(reshaped(tensor([[1, 2], [3, 4]]), [4]).shape);
 * ```
 * @module
 */
export * from "../core/values/dtype.ts";
export { Random } from "../core/values/random.ts";
export type { NDArray } from "../core/values/printing.ts";
export {
  isTensor,
  type Nested,
  type RuntimeValue,
  type Tensor,
  type TensorMap,
  type TensorOptional,
  type TensorSequence,
} from "../core/values/tensor.ts";
export { byteLength, commonType, sizeOf, takeRows, toNumbers } from "./calls/tensor.ts";
export { castTensor, copyOf, reshaped, scalar, tensor, zeros } from "./arrays.ts";
