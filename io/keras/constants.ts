/** Constant arrays that calls in a functional model hold. @module */
import { applyAll } from "../../core/functional.ts";
import type { LayerDef } from "../../core/layer.ts";
import { isDType } from "../../core/dtype.ts";
import { LapisError } from "../../core/errors.ts";
import type { SymbolicTensor } from "../../core/network.ts";
import { type Nested, type Tensor, tensor } from "../../core/tensor.ts";
import { isJson } from "./json.ts";

/** A constant array as Keras 3 serialises it. */
export interface Constant {
  readonly class_name: "__numpy__" | "__tensor__";
  readonly config: { readonly value: Nested; readonly dtype?: unknown };
}
/** True for a constant array. */
export function isConstant(x: unknown): x is Constant {
  return isJson(x) && (x.class_name === "__numpy__" || x.class_name === "__tensor__") && isJson(x.config) &&
    "value" in x.config;
}
/** The array; whole numbers without a type are int32. */
export function arrayOf({ config: { value, dtype } }: Constant): Tensor {
  const whole = (x: Nested): boolean => Array.isArray(x) ? x.every(whole) : Number.isInteger(x);
  return tensor(value, undefined, isDType(dtype) ? dtype : whole(value) ? "int32" : "float32");
}
/** A constant as a network's tensor; `beside` is any tensor of that network. */
export function constantTensor(constant: Constant, beside: SymbolicTensor): SymbolicTensor {
  const value = arrayOf(constant);
  const def: LayerDef = {
    kind: "layer",
    name: "Constant",
    summary: "an array of a configuration",
    config: {} as LayerDef["config"],
    mask: "consume",
    params: () => ({}),
    build: ({ b }) => [b.constant(value)],
  };
  const [out] = applyAll({ kind: "built-layer", def, config: {}, trainable: true }, beside);
  if (!out) throw new LapisError("graph", "a constant gave no tensor");
  return out;
}
