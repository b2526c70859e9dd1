/** What Constant nodes stand for. @module */
import type { DType } from "../../../core/values/dtype.ts";
import type { AttributeValue } from "../../../core/graph/graph.ts";
import { isTensor, type RuntimeValue, type Tensor, tensor } from "../../../core/values/tensor.ts";

/** Attributes of a Constant beside tensors, with the type of their elements. */
const constantKinds: ReadonlyMap<string, readonly [dtype: DType, element: string]> = new Map([
  ["value_int", ["int64", "number"]],
  ["value_ints", ["int64", "number"]],
  ["value_float", ["float32", "number"]],
  ["value_floats", ["float32", "number"]],
  ["value_string", ["string", "string"]],
  ["value_strings", ["string", "string"]],
]);
/** The tensor that a Constant's attribute stands for; undefined when it stands for none. */
export function constantTensor(name: string, value: AttributeValue): Tensor | undefined {
  if (name === "value" || name === "sparse_value") {
    const given = typeof value === "object" && value !== null ? value as RuntimeValue : undefined;
    return isTensor(given) ? given : undefined;
  }
  const [dtype, element] = constantKinds.get(name) ?? [];
  if (dtype === undefined) return undefined;
  const many = name.endsWith("s"), list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const fits = (v: unknown) => typeof v === element || (dtype === "int64" && typeof v === "bigint");
  if (many !== Array.isArray(value) || !list.every(fits)) return undefined;
  return tensor(list as readonly (string | number)[], many ? [list.length] : [], dtype);
}
