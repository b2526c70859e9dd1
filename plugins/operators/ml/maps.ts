/** Maps: made of columns, and made into tensors. @module */
import type { DType } from "../../../core/values/dtype.ts";
import { InputError, ShapeError } from "../../../core/values/errors.ts";
import type { OpDef } from "../../../core/graph/op.ts";
import { defineOp, inputOf, tensorAt } from "../../../core/ops/define.ts";
import { copyRun, emptyLike } from "../../../core/ops/kernels.ts";
import { cast } from "../../../core/ops/elementwise/cast.ts";
import { choice, int } from "../../../core/values/schema.ts";
import { asTensor, freshDim, tensorType, type Type } from "../../../core/values/shape.ts";
import {
  isTensor,
  type RuntimeValue,
  type Tensor,
  tensor,
  type TensorMap,
} from "../../../core/values/tensor.ts";
import { boundedSize } from "../bounds.ts";
import { bigs, texts } from "../fields.ts";
import { checkWidth, rowsOf } from "./scores.ts";

const ml = { domain: "ai.onnx.ml", since: 1, accuracy: "exact", gradient: "none" } as const;
/** Keys of one kind, of which one list is given. @throws {ShapeError} */
function keysIn(numbers: readonly bigint[] | null, words: readonly string[] | null): Tensor {
  if (words?.length && !numbers?.length) return tensor([...words], [words.length], "string");
  if (numbers?.length && !words?.length) return tensor([...numbers], [numbers.length], "int64");
  throw new ShapeError("one list of keys expected: numbers or words");
}
function mapAt(inputs: readonly (RuntimeValue | undefined)[]): TensorMap {
  const value = inputs[0];
  if (value === undefined || isTensor(value) || value.kind !== "map") throw new InputError("a map expected");
  return value;
}
function valueType(type: Type | undefined): DType {
  if (type?.kind !== "map") throw new ShapeError("a map expected");
  return asTensor(type.of).dtype;
}

interface Zip {
  readonly classlabels_int64s: readonly bigint[] | null;
  readonly classlabels_strings: readonly string[] | null;
}
const zipMap: OpDef = defineOp<Zip>({
  ...ml,
  name: "ZipMap",
  summary: "A map for each row: the columns' names to the row's numbers",
  attributes: {
    classlabels_int64s: bigs("names that are numbers"),
    classlabels_strings: texts("names that are words"),
  },
  arity: [1, 1],
  infer(c) {
    const { dtype } = inputOf(c, 0, ["float32", "float64"]);
    const key = keysIn(c.attributes.classlabels_int64s, c.attributes.classlabels_strings).dtype;
    return [{ kind: "sequence", of: { kind: "map", key, of: tensorType(dtype, []) } }];
  },
  plain(inputs, { attributes: a }) {
    const x = tensorAt(inputs, 0), keys = keysIn(a.classlabels_int64s, a.classlabels_strings);
    const { count, width } = rowsOf(x);
    if (count > 0) checkWidth(width, keys.data.length);
    const items = Array.from({ length: count }, (_, r): TensorMap => {
      const data = (x.data as Float32Array).slice(r * width, (r + 1) * width);
      return { kind: "map", keys, values: { dtype: x.dtype, shape: [width], data } };
    });
    return [{ kind: "sequence", items }];
  },
});

interface Vocabulary {
  readonly int64_vocabulary: readonly bigint[] | null;
  readonly string_vocabulary: readonly string[] | null;
}
const dictVectorizer: OpDef = defineOp<Vocabulary>({
  ...ml,
  name: "DictVectorizer",
  summary: "A map's values in the order of a vocabulary, zero where a word isn't in it",
  attributes: {
    int64_vocabulary: bigs("keys that are numbers, in order"),
    string_vocabulary: texts("keys that are words, in order"),
  },
  arity: [1, 1],
  infer(c) {
    const { int64_vocabulary, string_vocabulary } = c.attributes;
    return [tensorType(valueType(c.inputs[0]), [1, keysIn(int64_vocabulary, string_vocabulary).data.length])];
  },
  plain(inputs, { attributes: a }) {
    const { keys, values } = mapAt(inputs), words = keysIn(a.int64_vocabulary, a.string_vocabulary);
    const places = new Map(Array.from(words.data as ArrayLike<unknown>, (k, i) => [String(k), i]));
    const data = emptyLike(values.dtype, words.data.length);
    Array.from(keys.data as ArrayLike<unknown>, String).forEach((k, i) => {
      const at = places.get(k);
      if (at === undefined) throw new InputError(`${k} isn't in the vocabulary`);
      copyRun(values.data, i, data, at, 1);
    });
    return [{ dtype: values.dtype, shape: [1, words.data.length], data: data }];
  },
});

interface Cast {
  readonly cast_to: "TO_FLOAT" | "TO_STRING" | "TO_INT64";
  readonly map_form: "DENSE" | "SPARSE";
  readonly max_map: number;
}
const castTypes: Readonly<Record<Cast["cast_to"], DType>> = {
  TO_FLOAT: "float32",
  TO_STRING: "string",
  TO_INT64: "int64",
};
const castMap: OpDef = defineOp<Cast>({
  ...ml,
  name: "CastMap",
  summary: "A map's values in the order of its keys, or each in its key's place",
  attributes: {
    cast_to: choice({ doc: "element type", of: ["TO_FLOAT", "TO_STRING", "TO_INT64"], default: "TO_FLOAT" }),
    map_form: choice({
      doc: "SPARSE puts values where their keys say",
      of: ["DENSE", "SPARSE"],
      default: "DENSE",
    }),
    max_map: int({ doc: "length where sparse", default: 1, min: 0 }),
  },
  arity: [1, 1],
  infer(c) {
    valueType(c.inputs[0]);
    const { cast_to, map_form, max_map } = c.attributes;
    return [tensorType(castTypes[cast_to], [1, map_form === "SPARSE" ? max_map : freshDim()])];
  },
  plain(inputs, { attributes: a, limits }) {
    const { keys, values } = mapAt(inputs), dtype = castTypes[a.cast_to];
    if (keys.dtype === "string") throw new InputError("keys that are whole numbers expected");
    const made = cast(values, dtype, { saturate: true, round_mode: "up" });
    const numbers = Array.from(keys.data as ArrayLike<number | bigint>, Number);
    const order = numbers.map((_, i) => i).sort((i, j) => (numbers[i] ?? 0) - (numbers[j] ?? 0));
    const size = a.map_form === "DENSE" ? order.length : a.max_map;
    const data = emptyLike(dtype, boundedSize([1, size], "float64", limits));
    order.forEach((from, at) => {
      const to = a.map_form === "DENSE" ? at : numbers[from] ?? 0;
      if (to < 0 || to >= size) throw new InputError(`key ${to} is outside 0 to ${size - 1}`);
      copyRun(made.data, from, data, to, 1);
    });
    return [{ dtype, shape: [1, size], data: data }];
  },
});

/** Operators on maps. */
export const mapOps: readonly OpDef[] = [zipMap, dictVectorizer, castMap];
