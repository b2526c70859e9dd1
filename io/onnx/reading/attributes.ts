/** AttributeProto to and from the attribute values of nodes. @module */
import { FormatError, shown, UnsupportedError } from "../../../core/values/errors.ts";
import type { AttributeValue } from "../../../core/graph/graph.ts";
import type { Type } from "../../../core/values/shape.ts";
import type { RuntimeValue, Tensor } from "../../../core/values/tensor.ts";
import { isTensor } from "../../../core/values/tensor.ts";
import type { AttributeProto } from "../messages.ts";
import {
  bytesOf,
  type TensorContext,
  tensorFromProto,
  tensorFromSparse,
  tensorToProto,
  textOf,
} from "../tensors.ts";
import { typeFromProto, typeToProto } from "../types.ts";

/** AttributeProto.AttributeType. */
export const attributeTypes = {
  FLOAT: 1,
  INT: 2,
  STRING: 3,
  TENSOR: 4,
  GRAPH: 5,
  FLOATS: 6,
  INTS: 7,
  STRINGS: 8,
  TENSORS: 9,
  GRAPHS: 10,
  SPARSE_TENSOR: 11,
  SPARSE_TENSORS: 12,
  TYPE_PROTO: 13,
  TYPE_PROTOS: 14,
} as const;

const fieldTypes: readonly (readonly [keyof AttributeProto, number])[] = [
  ["f", 1],
  ["i", 2],
  ["s", 3],
  ["t", 4],
  ["g", 5],
  ["floats", 6],
  ["ints", 7],
  ["strings", 8],
  ["tensors", 9],
  ["graphs", 10],
  ["sparseTensor", 11],
  ["sparseTensors", 12],
  ["tp", 13],
  ["typeProtos", 14],
];

/** What kind of attribute it is: what it says, or (in files before IR 2) the field that is there. */
export function attributeType(a: AttributeProto): number {
  return a.type !== undefined && a.type !== 0
    ? a.type
    : fieldTypes.find(([name]) => a[name] !== undefined)?.[1] ?? 0;
}

const whole = (n: bigint): number | bigint => (Number.isSafeInteger(Number(n)) ? Number(n) : n);

/** An attribute's value; graphs are not among them. @throws {FormatError} */
export function attributeFromProto(a: AttributeProto, where: string, context: TensorContext): AttributeValue {
  const place = `${where}: attribute ${shown(a.name ?? "")}`;
  const type = attributeType(a);
  switch (type) {
    case attributeTypes.FLOAT:
      return a.f ?? 0;
    case attributeTypes.INT:
      return whole(a.i ?? 0n);
    case attributeTypes.STRING:
      return textOf(a.s);
    case attributeTypes.TENSOR:
      if (!a.t) throw new FormatError(`${place}: its tensor is missing`);
      return tensorFromProto(a.t, context, a.name);
    case attributeTypes.SPARSE_TENSOR:
      if (!a.sparseTensor) throw new FormatError(`${place}: its tensor is missing`);
      return tensorFromSparse(a.sparseTensor, context);
    case attributeTypes.FLOATS:
      return Array.from(a.floats ?? []);
    case attributeTypes.INTS: {
      const values = Array.from(a.ints ?? []);
      return values.every((n) => typeof whole(n) === "number") ? values.map(Number) : values;
    }
    case attributeTypes.STRINGS:
      return (a.strings ?? []).map(textOf);
    case attributeTypes.TENSORS:
      return (a.tensors ?? []).map((t) => tensorFromProto(t, context, a.name));
    case attributeTypes.TYPE_PROTO:
      return typeFromProto(a.tp, place);
  }
  if (type < 1 || type > 14) throw new FormatError(`${place}: kind ${type} is none of ONNX's`);
  throw new UnsupportedError(`${place}: a list of graphs, sparse tensors or types`);
}

/** Names of attributes that hold floats, in every operator of ONNX that has them. */
const floatNames: ReadonlySet<string> = new Set(
  ("activation_alpha activation_beta activation_gamma activation_params alpha base_values beta bias class_weights " +
    "clip coefficients cubic_coeff_a decay_factor default_float epsilon extrapolation_value gamma height_scale high " +
    "imputed_value_floats intercepts k_norm_epsilon kernel_params keys_floats lambd limit low mask_filter_value max " +
    "mean min momentum nodes_hitrates nodes_values norm_coefficient norm_coefficient_post offset prob_a prob_b " +
    "q_norm_epsilon qk_norm_epsilon ratio replaced_value_float rho scale scales seed softcap spatial_scale " +
    "support_vectors swiglu_limit target_weights threshold value_float value_floats values_floats weights width_scale")
    .split(" "),
);
const textLists: ReadonlySet<string> = new Set([
  "activations",
  "pool_strings",
  "separators",
  "stopwords",
  "value_strings",
]);

/** The message of an attribute, or undefined where there is nothing to write. */
export function attributeToProto(
  name: string,
  value: AttributeValue,
  op: string,
): AttributeProto | undefined {
  // These seeds are whole.
  const float = floatNames.has(name) && !(name === "seed" && (op === "Dropout" || op === "MurmurHash3"));
  if (value === null || value === undefined) return undefined;
  switch (typeof value) {
    case "boolean":
      return { name, type: attributeTypes.INT, i: value ? 1n : 0n };
    case "bigint":
      return { name, type: attributeTypes.INT, i: value };
    case "string":
      return { name, type: attributeTypes.STRING, s: bytesOf(value) };
    case "number":
      return float || !Number.isInteger(value)
        ? { name, type: attributeTypes.FLOAT, f: value }
        : { name, type: attributeTypes.INT, i: BigInt(value) };
  }
  if (Array.isArray(value)) return listToProto(name, value as readonly unknown[], float);
  if (isTensor(value as RuntimeValue)) {
    return { name, type: attributeTypes.TENSOR, t: tensorToProto(value as Tensor) };
  }
  return { name, type: attributeTypes.TYPE_PROTO, tp: typeToProto(value as Type) };
}
function listToProto(name: string, list: readonly unknown[], float: boolean): AttributeProto {
  const first = list[0];
  if (typeof first === "string" || (first === undefined && textLists.has(name))) {
    return { name, type: attributeTypes.STRINGS, strings: (list as readonly string[]).map(bytesOf) };
  }
  if (typeof first === "object") {
    return {
      name,
      type: attributeTypes.TENSORS,
      tensors: (list as readonly Tensor[]).map((t) => tensorToProto(t)),
    };
  }
  if (float || list.some((n) => typeof n === "number" && !Number.isInteger(n))) {
    return { name, type: attributeTypes.FLOATS, floats: Float32Array.from(list as readonly number[]) };
  }
  return {
    name,
    type: attributeTypes.INTS,
    ints: BigInt64Array.from(list as readonly (number | bigint)[], BigInt),
  };
}
