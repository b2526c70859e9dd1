/** Sequences and optionals: made, read and changed on the host. They have no gradient. @module */
import { item } from "../../values/item.ts";
import { InputError, ShapeError } from "../../values/errors.ts";
import type { OpDef } from "../../graph/op.ts";
import { bool, field, int, nullable } from "../../values/schema.ts";
import {
  asTensor,
  type ContainerType,
  type Dim,
  dimsOf,
  freshDim,
  normalAxis,
  tensorType,
  type Type,
  typeText,
} from "../../values/shape.ts";
import {
  isTensor,
  reshaped,
  type RuntimeValue,
  scalar,
  type Tensor,
  type TensorSequence,
  toIntegers,
} from "../../values/tensor.ts";
import {
  defineOp,
  dtypeField,
  dtypeOfCode,
  indexTypes,
  inputOf,
  optionalAt,
  sharedType,
  tensorAt,
} from "../define.ts";
import { concatenated, splitAlong } from "../layout/move.ts";
import { stack, unionType } from "./nested.ts";

function sequenceType(type: Type | undefined): ContainerType {
  if (type?.kind !== "sequence") throw new ShapeError(`a sequence expected, got ${typeText(type)}`);
  return type;
}
function itemsAt(inputs: readonly (RuntimeValue | undefined)[], index: number): readonly RuntimeValue[] {
  const value = inputs[index];
  if (value === undefined || isTensor(value) || value.kind !== "sequence") {
    throw new InputError("a sequence expected");
  }
  return value.items;
}
const sequence = (items: readonly RuntimeValue[]): TensorSequence => ({ kind: "sequence", items });
/** A position in a sequence; `past` allows the one behind the last. */
function position(inputs: readonly (RuntimeValue | undefined)[], index: number, n: number, past = 0): number {
  const i = item(toIntegers(tensorAt(inputs, index)), 0);
  if (i < -n || i >= n + past) {
    throw new InputError(`position ${i} is outside a sequence of ${n}: expected ${-n} to ${n - 1 + past}`);
  }
  return i < 0 ? i + n : i;
}

type Common = "attributes" | "accuracy" | "gradient";
const common: Pick<OpDef, Common> = { attributes: {}, accuracy: "exact", gradient: "none" };

const construct = defineOp({
  ...common,
  name: "SequenceConstruct",
  since: 11,
  summary: "A sequence of the inputs",
  arity: [1, Infinity],
  infer(c) {
    sharedType(c);
    return [{
      kind: "sequence",
      of: c.inputs.reduce<Type>((t, x) => unionType(t, x ?? t), asTensor(c.inputs[0])),
    }];
  },
  plain: (inputs) => [sequence(inputs.map((_, i) => tensorAt(inputs, i)))],
});
const empty = defineOp<{ readonly dtype: number | null }>({
  name: "SequenceEmpty",
  since: 11,
  summary: "A sequence of nothing",
  attributes: { dtype: nullable(dtypeField("element type of what may be inserted; float32 unless given")) },
  accuracy: "exact",
  gradient: "none",
  arity: [0, 0],
  infer: (c) => [{ kind: "sequence", of: tensorType(dtypeOfCode(c.attributes.dtype ?? 1)) }],
  plain: () => [sequence([])],
});
const insert = defineOp({
  ...common,
  name: "SequenceInsert",
  since: 11,
  summary: "The sequence with a tensor inserted, at the end unless a position is given",
  arity: [2, 3],
  infer(c) {
    const before = sequenceType(c.inputs[0]), item = asTensor(c.inputs[1]);
    const { dtype } = asTensor(before.of);
    if (item.dtype !== dtype) throw new ShapeError(`${typeText(item)} doesn't fit into ${typeText(before)}`);
    return [{ kind: "sequence", of: unionType(before.of, item) }];
  },
  plain(inputs) {
    const items = itemsAt(inputs, 0), item = tensorAt(inputs, 1);
    const at = inputs[2] === undefined ? items.length : position(inputs, 2, items.length, 1);
    return [sequence(items.toSpliced(at, 0, item))];
  },
});
const erase = defineOp({
  ...common,
  name: "SequenceErase",
  since: 11,
  summary: "The sequence without one tensor, the last unless a position is given",
  arity: [1, 2],
  infer: (c) => [sequenceType(c.inputs[0])],
  plain(inputs) {
    const items = itemsAt(inputs, 0), n = items.length;
    if (n === 0) throw new InputError("the sequence is empty");
    return [sequence(items.toSpliced(inputs[1] === undefined ? n - 1 : position(inputs, 1, n), 1))];
  },
});
const at = defineOp({
  ...common,
  name: "SequenceAt",
  since: 11,
  summary: "One tensor of a sequence",
  arity: [2, 2],
  infer(c) {
    inputOf(c, 1, indexTypes);
    return [sequenceType(c.inputs[0]).of];
  },
  plain(inputs) {
    const items = itemsAt(inputs, 0), item = items[position(inputs, 1, items.length)];
    return item === undefined ? [] : [item];
  },
});
const length = defineOp({
  ...common,
  name: "SequenceLength",
  since: 11,
  summary: "How many tensors a sequence holds",
  arity: [1, 1],
  infer(c) {
    sequenceType(c.inputs[0]);
    return [tensorType("int64", [])];
  },
  plain: (inputs) => [scalar(itemsAt(inputs, 0).length, "int64")],
});

interface SplitAttributes {
  readonly axis: number;
  readonly keepdims: boolean;
}
const splitToSequence = defineOp<SplitAttributes>({
  name: "SplitToSequence",
  since: 24,
  summary: "The parts of a tensor along an axis: of one size, of the sizes given, or of one element each",
  attributes: {
    axis: int({ doc: "axis to cut", default: 0 }),
    keepdims: bool({ doc: "keep the axis of single elements; only without sizes", default: true }),
  },
  accuracy: "exact",
  gradient: "none",
  arity: [1, 2],
  infer(c) {
    const x = asTensor(c.inputs[0]), dims = dimsOf(x), axis = normalAxis(c.attributes.axis, dims.length);
    if (!c.inputs[1]) {
      const part = c.attributes.keepdims ? dims.map((d, i) => (i === axis ? 1 : d)) : dims.toSpliced(axis, 1);
      return [{ kind: "sequence", of: tensorType(x.dtype, part) }];
    }
    const sizes = c.dims(1), first = sizes?.[0], same = sizes?.every((d) => d === first);
    const fits = typeof first === "number" && typeof dims[axis] === "number" &&
      Number(dims[axis]) % first === 0;
    const each: Dim = same && first !== undefined && (fits || (sizes?.length ?? 0) > 1) ? first : freshDim();
    return [{ kind: "sequence", of: tensorType(x.dtype, dims.map((d, i) => (i === axis ? each : d))) }];
  },
  dtypes: (c) => [{ kind: "sequence", of: tensorType(asTensor(c.inputs[0]).dtype) }],
  plain(inputs, { attributes }) {
    const x = tensorAt(inputs, 0),
      given = optionalAt(inputs, 1),
      axis = normalAxis(attributes.axis, x.shape.length);
    const total = item(x.shape, axis),
      each = given && given.shape.length === 0 ? toIntegers(given)[0] ?? 1 : 1;
    if (each <= 0) throw new InputError(`parts of ${each} elements`);
    const even = () =>
      Array.from({ length: Math.ceil(total / each) }, (_, i) => Math.min(each, total - i * each));
    const parts = splitAlong(x, axis, given && given.shape.length > 0 ? toIntegers(given) : even());
    if (given || attributes.keepdims) return [sequence(parts)];
    return [sequence(parts.map((t) => reshaped(t, t.shape.toSpliced(axis, 1))))];
  },
});
interface JoinAttributes {
  readonly axis: number;
  readonly new_axis: boolean;
}
const concatFromSequence = defineOp<JoinAttributes>({
  name: "ConcatFromSequence",
  since: 11,
  summary: "The tensors of a sequence joined along an axis, or stacked along a new one",
  attributes: {
    axis: int({ doc: "axis to join along" }),
    new_axis: bool({ doc: "stack along a new axis", default: false }),
  },
  accuracy: "exact",
  gradient: "none",
  arity: [1, 1],
  infer(c) {
    const item = asTensor(sequenceType(c.inputs[0]).of), { axis, new_axis } = c.attributes;
    if (!item.shape) return [item];
    if (!new_axis) {
      const joined = normalAxis(axis, item.shape.length);
      return [tensorType(item.dtype, item.shape.map((d, i) => (i === joined ? freshDim() : d)))];
    }
    return [
      tensorType(item.dtype, item.shape.toSpliced(normalAxis(axis, item.shape.length + 1), 0, freshDim())),
    ];
  },
  plain(inputs, { attributes: { axis, new_axis }, limits }) {
    const items = itemsAt(inputs, 0).filter(isTensor);
    if (items.length === 0) throw new InputError("the sequence is empty");
    return [new_axis ? stack(items, axis, () => undefined, limits) : concatenated(items, axis)];
  },
});

/** A type as an attribute. */
const typeField = field<Type>({
  doc: "type of what the optional may hold",
  expects: "a type",
  kind: "type",
  read: (raw) => (typeof raw === "object" && raw !== null && "kind" in raw ? raw as Type : undefined),
});
const optional = defineOp<{ readonly type: Type | null }>({
  name: "Optional",
  since: 28,
  summary: "An optional of the input, or an empty one",
  attributes: { type: nullable(typeField) },
  accuracy: "exact",
  gradient: "none",
  arity: [0, 1],
  infer(c) {
    const of = c.inputs[0] ?? c.attributes.type;
    if (!of) throw new ShapeError("an empty optional needs a type");
    return [{ kind: "optional", of: !c.inputs[0] && of.kind === "optional" ? of.of : of }];
  },
  plain: ([value]) => [value === undefined ? { kind: "optional" } : { kind: "optional", value }],
});
/** What an optional holds; anything else holds itself. */
function heldBy(value: RuntimeValue | undefined): RuntimeValue | undefined {
  return value !== undefined && !isTensor(value) && value.kind === "optional" ? value.value : value;
}
const getElement = defineOp({
  ...common,
  name: "OptionalGetElement",
  since: 28,
  summary: "What an optional holds",
  arity: [1, 1],
  infer(c) {
    const type = c.inputs[0];
    if (!type) throw new ShapeError("an optional expected");
    return [type.kind === "optional" ? type.of : type];
  },
  plain([value]) {
    const held = heldBy(value);
    if (held === undefined) throw new InputError("the optional is empty");
    return [held];
  },
});
const hasElement = defineOp({
  ...common,
  name: "OptionalHasElement",
  since: 28,
  summary: "Whether an optional holds anything",
  arity: [0, 1],
  infer: () => [tensorType("bool", [])],
  plain: ([value]): readonly Tensor[] => [scalar(heldBy(value) !== undefined)],
});

/** Sequences and optionals. */
export const sequenceOps: readonly OpDef[] = [
  construct,
  empty,
  insert,
  erase,
  at,
  length,
  splitToSequence,
  concatFromSequence,
  optional,
  getElement,
  hasElement,
];
