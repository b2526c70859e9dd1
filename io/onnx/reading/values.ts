/** Sequences, optionals and maps of `.pb` test data, to and from our values. @module */
import * as args from "../../files/arguments.ts";
import { dtypes } from "../../../core/values/dtype.ts";
import { FormatError } from "../../../core/values/errors.ts";
import type { Type } from "../../../core/values/shape.ts";
import {
  isTensor,
  type RuntimeValue,
  type Tensor,
  tensor,
  type TensorMap,
  type TensorOptional,
  type TensorSequence,
} from "../../../core/values/tensor.ts";
import {
  type MapProto,
  mapTable,
  type OptionalProto,
  optionalTable,
  type SequenceProto,
  sequenceTable,
} from "../messages.ts";
import { decode, encode } from "../proto.ts";
import {
  bytesOf,
  decodeTensor,
  encodeTensor,
  type TensorContext,
  tensorFromProto,
  tensorFromSparse,
  tensorToProto,
  textOf,
} from "../tensors.ts";

/** Reads a `.pb` file of test data whose kind the model's value type tells. */
export function decodeValue(
  bytes: Uint8Array,
  kind: Type["kind"],
  context: TensorContext = {},
): RuntimeValue {
  switch (kind) {
    case "tensor":
      return decodeTensor(bytes, context);
    case "sequence":
      return sequenceFrom(decode(sequenceTable, bytes, context), context);
    case "optional":
      return optionalFrom(decode(optionalTable, bytes, context), context);
    case "map":
      return mapFrom(decode(mapTable, bytes, context), context);
  }
}
function sequenceFrom(proto: SequenceProto, context: TensorContext): TensorSequence {
  return {
    kind: "sequence",
    items: [
      ...(proto.tensorValues ?? []).map((t) => tensorFromProto(t, context)),
      ...(proto.sparseTensorValues ?? []).map((t) => tensorFromSparse(t, context)),
      ...(proto.sequenceValues ?? []).map((s) => sequenceFrom(s, context)),
      ...(proto.mapValues ?? []).map((m) => mapFrom(m, context)),
      ...(proto.optionalValues ?? []).map((o) => optionalFrom(o, context)),
    ],
  };
}
function optionalFrom(proto: OptionalProto, context: TensorContext): TensorOptional {
  const { tensorValue, sparseTensorValue, sequenceValue, mapValue, optionalValue } = proto;
  const value = tensorValue
    ? tensorFromProto(tensorValue, context)
    : sparseTensorValue
    ? tensorFromSparse(sparseTensorValue, context)
    : sequenceValue
    ? sequenceFrom(sequenceValue, context)
    : mapValue
    ? mapFrom(mapValue, context)
    : optionalValue
    ? optionalFrom(optionalValue, context)
    : undefined;
  return value === undefined ? { kind: "optional" } : { kind: "optional", value };
}
function mapFrom(proto: MapProto, context: TensorContext): TensorMap {
  const keys = proto.stringKeys
    ? tensor(proto.stringKeys.map(textOf), [proto.stringKeys.length], "string")
    : tensor(proto.keys ?? new BigInt64Array(0), undefined, "int64");
  const values = (proto.values?.tensorValues ?? []).map((t) => tensorFromProto(t, context));
  const dtype = values[0]?.dtype ?? "float32";
  if (
    values.length !== keys.data.length || values.some((t) => t.data.length !== 1 || t.dtype !== dtype)
  ) {
    throw new FormatError(
      `a map of ${keys.data.length} keys has ${values.length} values, or they are no scalars`,
    );
  }
  const list = values.map((t) => t.data[0] as number | bigint | string);
  return { kind: "map", keys, values: tensor(list, [list.length], dtype) };
}

/** The bytes of a `.pb` file of test data. */
export function encodeValue(value: RuntimeValue, name?: string): Uint8Array {
  args.check("encodeValue", "value", value, args.object);
  if (isTensor(value)) return encodeTensor(value, name);
  switch (value.kind) {
    case "sequence":
      return encode(sequenceTable, sequenceTo(value.items, name));
    case "optional":
      return encode(optionalTable, optionalTo(value, name));
    case "map":
      return encode(mapTable, mapTo(value, name));
  }
}
/** Numbers of the kinds of value, as SequenceProto and OptionalProto have them. */
const kindCodes = { tensor: 1, sequence: 3, map: 4, optional: 5 } as const;
const kindOf = (value: RuntimeValue | undefined) =>
  value === undefined || isTensor(value) ? "tensor" : value.kind;

function sequenceTo(items: readonly RuntimeValue[], name?: string): SequenceProto {
  const kind = kindOf(items[0]);
  const out: SequenceProto = { ...(name !== undefined && { name }), elemType: kindCodes[kind] };
  for (const item of items) {
    if (kindOf(item) !== kind) throw new FormatError("a sequence holds values of one kind");
    if (isTensor(item)) (out.tensorValues ??= []).push(tensorToProto(item));
    else if (item.kind === "sequence") (out.sequenceValues ??= []).push(sequenceTo(item.items));
    else if (item.kind === "map") (out.mapValues ??= []).push(mapTo(item));
    else (out.optionalValues ??= []).push(optionalTo(item));
  }
  return out;
}
function optionalTo({ value }: TensorOptional, name?: string): OptionalProto {
  const out: OptionalProto = { ...(name !== undefined && { name }), elemType: kindCodes[kindOf(value)] };
  if (value === undefined) return out;
  if (isTensor(value)) return { ...out, tensorValue: tensorToProto(value) };
  if (value.kind === "sequence") return { ...out, sequenceValue: sequenceTo(value.items) };
  return value.kind === "map"
    ? { ...out, mapValue: mapTo(value) }
    : { ...out, optionalValue: optionalTo(value) };
}
function mapTo({ keys, values }: TensorMap, name?: string): MapProto {
  const head: MapProto = { ...(name !== undefined && { name }), keyType: dtypes[keys.dtype].onnx };
  const scalars: Tensor[] = Array.from(
    values.data as ArrayLike<number | bigint | string>,
    (v) => tensor([v], [], values.dtype),
  );
  const out: MapProto = { ...head, values: sequenceTo(scalars) };
  return keys.dtype === "string"
    ? { ...out, stringKeys: (keys.data as readonly string[]).map(bytesOf) }
    : { ...out, keys: BigInt64Array.from(keys.data as ArrayLike<number>, BigInt) };
}
