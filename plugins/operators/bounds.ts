/** Bounds of what operators may make by sizes that they read from data. @module */
import type { DType } from "../../core/values/dtype.ts";
import { byteLength } from "../../core/values/dtype.ts";
import { InputError, LimitError } from "../../core/values/errors.ts";
import type { Limits } from "../../core/values/limits.ts";
import { sizeOf } from "../../core/values/tensor.ts";

/** The number of elements of a shape. @throws {InputError} where it is no shape. @throws {LimitError} where it is too large. */
export function boundedSize(shape: readonly number[], dtype: DType, limits: Limits): number {
  if (!shape.every((d) => Number.isSafeInteger(d) && d >= 0)) throw new InputError(`[${shape}] is no shape`);
  const size = sizeOf(shape);
  if (byteLength(dtype, size) > limits.tensorBytes) {
    throw new LimitError(`[${shape}] of ${dtype} takes more than ${limits.tensorBytes} bytes`);
  }
  return size;
}
