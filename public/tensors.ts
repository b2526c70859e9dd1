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
export { takeRows } from "../core/model/feed.ts";
export { Random } from "../core/values/random.ts";
export {
  castTensor,
  copyOf,
  isTensor,
  type Nested,
  reshaped,
  type RuntimeValue,
  scalar,
  sizeOf,
  type Tensor,
  tensor,
  type TensorMap,
  type TensorOptional,
  type TensorSequence,
  toNumbers,
  zeros,
} from "../core/values/tensor.ts";
