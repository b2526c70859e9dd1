/** Categories as numbers and back: LabelEncoder, CategoryMapper, OneHotEncoder. @module */
import type { DType } from "../../../core/values/dtype.ts";
import { InputError, ShapeError } from "../../../core/values/errors.ts";
import type { OldNode, OpDef } from "../../../core/graph/op.ts";
import { anyType, defineOp, inputOf, tensorAt } from "../../../core/ops/define.ts";
import { bool, int, text } from "../../../core/values/schema.ts";
import { asTensor, dimsOf, tensorType } from "../../../core/values/shape.ts";
import { castTensor, sizeOf, type Tensor, tensor } from "../../../core/values/tensor.ts";
import { copyRun, emptyLike } from "../../../core/ops/kernels.ts";
import { boundedSize } from "../bounds.ts";
import { anyNumber, anyNumbers, bigs, maybeTensor, texts } from "../fields.ts";

const ml = { domain: "ai.onnx.ml", accuracy: "exact", gradient: "none" } as const;
/** What elements are found by: texts, numbers and BigInts alike, NaN too, −0 as 0. */
const keysOf = (t: Tensor) => Array.from(t.data as ArrayLike<unknown>, (v) => (v === 0 ? "0" : String(v)));

interface Encoder {
  readonly default_float: number;
  readonly default_int64: number;
  readonly default_string: string;
  readonly default_tensor: Tensor | null;
  readonly keys_floats: readonly number[] | null;
  readonly keys_int64s: readonly bigint[] | null;
  readonly keys_strings: readonly string[] | null;
  readonly keys_tensor: Tensor | null;
  readonly values_floats: readonly number[] | null;
  readonly values_int64s: readonly bigint[] | null;
  readonly values_strings: readonly string[] | null;
  readonly values_tensor: Tensor | null;
}
/** The one list of several that is given. @throws {ShapeError} */
function given(
  t: Tensor | null,
  floats: readonly number[] | null,
  wholes: readonly bigint[] | null,
  words: readonly string[] | null,
  what: string,
): Tensor {
  const lists: Tensor[] = [
    ...t ? [t] : [],
    ...floats ? [tensor([...floats], [floats.length], "float32")] : [],
    ...wholes ? [tensor([...wholes], [wholes.length], "int64")] : [],
    ...words ? [tensor([...words], [words.length], "string")] : [],
  ];
  const [only] = lists;
  if (lists.length !== 1 || !only) throw new ShapeError(`one list of ${what} expected, got ${lists.length}`);
  return only;
}
const keysIn = (a: Encoder) => given(a.keys_tensor, a.keys_floats, a.keys_int64s, a.keys_strings, "keys");
const valuesIn = (a: Encoder) =>
  given(a.values_tensor, a.values_floats, a.values_int64s, a.values_strings, "values");
/** What an element without a value becomes. */
function defaultOf(a: Encoder, dtype: DType): Tensor {
  if (a.default_tensor) return a.default_tensor;
  if (dtype === "string") return tensor([a.default_string], [1], "string");
  const whole = dtype.startsWith("int");
  return castTensor(tensor([whole ? a.default_int64 : a.default_float], [1], "float64"), dtype);
}
const labelEncoder: OpDef = defineOp<Encoder>({
  ...ml,
  name: "LabelEncoder",
  since: 4,
  summary: "Each element as the value that stands for it",
  attributes: {
    default_float: anyNumber("value of unknown elements", -0),
    default_int64: int({ doc: "value of unknown elements", default: -1 }),
    default_string: text({ doc: "value of unknown elements", default: "_Unused" }),
    default_tensor: maybeTensor("value of unknown elements"),
    keys_floats: anyNumbers("elements"),
    keys_int64s: bigs("elements"),
    keys_strings: texts("elements"),
    keys_tensor: maybeTensor("elements"),
    values_floats: anyNumbers("what they become"),
    values_int64s: bigs("what they become"),
    values_strings: texts("what they become"),
    values_tensor: maybeTensor("what they become"),
  },
  arity: [1, 1],
  infer(c) {
    const x = inputOf(c, 0), keys = keysIn(c.attributes);
    if (keys.dtype !== x.dtype) throw new ShapeError(`keys are ${keys.dtype}, the input is ${x.dtype}`);
    return [tensorType(valuesIn(c.attributes).dtype, x.shape)];
  },
  plain(inputs, { attributes: a }) {
    const x = tensorAt(inputs, 0), keys = keysIn(a), values = valuesIn(a), other = defaultOf(a, values.dtype);
    if (keys.data.length !== values.data.length) {
      throw new InputError(`${keys.data.length} keys, ${values.data.length} values`);
    }
    const places = new Map(keysOf(keys).map((k, i) => [k, i])),
      data = emptyLike(values.dtype, sizeOf(x.shape));
    keysOf(x).forEach((k, i) => {
      const at = places.get(k);
      copyRun(at === undefined ? other.data : values.data, at ?? 0, data, i, 1);
    });
    return [{ dtype: values.dtype, shape: x.shape, data: data }];
  },
  /** Opset 1 knew classes in words and their number alone. */
  upgrade(from: number, node: OldNode): OldNode {
    const { classes_strings: classes, ...attributes } = node.attributes;
    if (from >= 2 || !Array.isArray(classes)) return node;
    const wordy = node.inputs[0] && asTensor(node.inputs[0].type).dtype === "string";
    const words = classes as readonly string[], numbers = words.map((_, i) => i);
    const lists = wordy
      ? { keys_strings: words, values_int64s: numbers }
      : { keys_int64s: numbers, values_strings: words };
    return { ...node, attributes: { ...attributes, ...lists } };
  },
});

interface Mapper {
  readonly cats_int64s: readonly bigint[] | null;
  readonly cats_strings: readonly string[] | null;
  readonly default_int64: number;
  readonly default_string: string;
}
const categoryMapper: OpDef = defineOp<Mapper>({
  ...ml,
  name: "CategoryMapper",
  since: 1,
  summary: "Words as numbers, or numbers as words",
  attributes: {
    cats_int64s: bigs("numbers"),
    cats_strings: texts("their words"),
    default_int64: int({ doc: "number of unknown words", default: -1 }),
    default_string: text({ doc: "word for unknown numbers", default: "_Unused" }),
  },
  arity: [1, 1],
  infer(c) {
    const x = inputOf(c, 0, ["string", "int64"]);
    return [tensorType(x.dtype === "string" ? "int64" : "string", x.shape)];
  },
  plain(inputs, { attributes: a }) {
    const x = tensorAt(inputs, 0), numbers = a.cats_int64s ?? [], words = a.cats_strings ?? [];
    if (numbers.length !== words.length) {
      throw new InputError(`${numbers.length} numbers for ${words.length} words`);
    }
    if (x.dtype === "string") {
      const found = new Map(words.map((w, i) => [w, numbers[i] ?? 0n]));
      const data = BigInt64Array.from(keysOf(x), (w) => found.get(w) ?? BigInt(a.default_int64));
      return [{ dtype: "int64", shape: x.shape, data }];
    }
    const found = new Map(numbers.map((n, i) => [String(n), words[i] ?? ""]));
    return [{
      dtype: "string",
      shape: x.shape,
      data: keysOf(x).map((k) => found.get(k) ?? a.default_string),
    }];
  },
});

interface OneHot {
  readonly cats_int64s: readonly bigint[] | null;
  readonly cats_strings: readonly string[] | null;
  readonly zeros: boolean;
}
const categories = (
  a: OneHot,
) => (a.cats_strings?.length ? a.cats_strings : (a.cats_int64s ?? []).map(String));
const oneHot: OpDef = defineOp<OneHot>({
  ...ml,
  name: "OneHotEncoder",
  since: 1,
  summary: "Each element as zeros with a one in its category's place",
  attributes: {
    cats_int64s: bigs("categories that are numbers"),
    cats_strings: texts("categories that are words"),
    zeros: bool({ doc: "unknown elements become zeros; else they are an error", default: true }),
  },
  arity: [1, 1],
  infer(c) {
    return [tensorType("float32", [...dimsOf(inputOf(c, 0, anyType)), categories(c.attributes).length])];
  },
  dtypes: () => [tensorType("float32")],
  plain(inputs, { attributes: a, limits }) {
    const x = tensorAt(inputs, 0), all = categories(a), places = new Map(all.map((k, i) => [k, i]));
    const whole = x.dtype === "string" ? x : castTensor(x, "int64"), shape = [...x.shape, all.length];
    const data = new Float32Array(boundedSize(shape, "float32", limits));
    keysOf(whole).forEach((k, i) => {
      const at = places.get(k === "0" && x.dtype !== "string" ? "0" : k);
      if (at === undefined && !a.zeros) throw new InputError(`${k} is none of the categories`);
      if (at !== undefined) data[i * all.length + at] = 1;
    });
    return [{ dtype: "float32", shape, data }];
  },
});

/** Operators on categories. */
export const encodeOps: readonly OpDef[] = [labelEncoder, categoryMapper, oneHot];
