/** Constant arrays that calls in a functional model hold. @module */
import { builtLayer } from "../../../core/network/built.ts";
import { applyAll } from "../../../core/network/functional.ts";
import type { Layer, LayerDef } from "../../../core/network/layer.ts";
import { type DType, isDType, isFloat } from "../../../core/values/dtype.ts";
import { LapisError } from "../../../core/values/errors.ts";
import type { SymbolicTensor } from "../../../core/network/network.ts";
import { castTensor, type Nested, type Tensor, tensor } from "../../../core/values/tensor.ts";
import { isJson } from "../json.ts";

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
/** True for numbers and booleans, nested. */
export function isNumbers(x: unknown): x is Nested {
  return typeof x === "number" || typeof x === "boolean" || Array.isArray(x) && x.every(isNumbers);
}
/** True where all elements are of a kind. */
const every = (x: Nested, is: (n: number | boolean) => boolean): boolean =>
  Array.isArray(x) ? x.every((item) => every(item as Nested, is)) : is(x as number | boolean);
/** The array; floats are float32, and whole numbers without a type int32. */
export function arrayOf({ config: { value, dtype } }: Constant): Tensor {
  const own: DType = isDType(dtype)
    ? dtype
    : every(value, (n) => typeof n === "boolean")
    ? "bool"
    : every(value, Number.isInteger)
    ? "int32"
    : "float32";
  return tensor(value, undefined, isFloat(own) ? "float32" : own);
}

/** What a constant is in a call. */
export type Stand = "input" | "state" | "mask" | "value";
const constants = new WeakMap<Layer, Tensor>();
/** The array of a layer that stands for a constant in a network. */
export function constantOf(layer: Layer): Tensor | undefined {
  return constants.get(layer);
}
/**
 * A constant as a network's tensor; `beside` is any tensor of that network. States are floats, masks booleans, and an
 * input is what the tensor beside it is where that is a float.
 */
export function constantTensor(constant: Constant, beside: SymbolicTensor, stand: Stand): SymbolicTensor {
  const array = arrayOf(constant),
    float = stand === "state" || stand === "input" && isFloat(beside.type.dtype);
  const value = stand === "mask" ? castTensor(array, "bool") : float ? castTensor(array, "float32") : array;
  const def: LayerDef = {
    kind: "layer",
    name: "Constant",
    summary: "an array of a configuration",
    config: {} as LayerDef["config"],
    mask: "consume",
    params: () => ({}),
    build: ({ b }) => [b.constant(value)],
  };
  const layer = builtLayer({ def, config: {}, trainable: true });
  constants.set(layer, value);
  const [out] = applyAll(layer, beside);
  if (!out) throw new LapisError("graph", "a constant gave no tensor");
  return out;
}
