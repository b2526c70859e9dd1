/** Operators on text, for Keras' text layers: tokens, places in a vocabulary, hashes. Strings run on the host. @module */
import { InputError, shown } from "../../../core/values/errors.ts";
import type { OpDef } from "../../../core/graph/op.ts";
import { choice, int, list } from "../../../core/values/schema.ts";
import { asTensor, dimsOf, freshDim, tensorType } from "../../../core/values/shape.ts";
import type { RuntimeValue, Tensor } from "../../../core/values/tensor.ts";
import { isTensor } from "../../../core/values/tensor.ts";
import { fingerprint64, sipHash64 } from "./hashes.ts";

/** Fills in what every operator here has. */
export function textOp<A>(def: Omit<OpDef<A>, "kind" | "domain" | "since" | "gradient" | "accuracy">): OpDef {
  return {
    kind: "op",
    domain: "lapis",
    since: 1,
    gradient: "none",
    accuracy: "exact",
    ...def,
  } as unknown as OpDef;
}
/** The tensor that stands at a place of an operator's inputs. @throws {InputError} */
export function tensorAt(inputs: readonly (RuntimeValue | undefined)[], at: number): Tensor {
  const value = inputs[at];
  if (isTensor(value)) return value;
  throw new InputError(`input ${at}: expected a tensor`);
}
/** Elements as text: strings as they are, whole numbers in decimal. */
export const words = (t: Tensor): readonly string[] =>
  Array.from(t.data as ArrayLike<string | number | bigint>, String);
/** Text as bytes. */
export const utf8: TextEncoder = new TextEncoder();
/** Whole numbers as a tensor of int64. */
export const whole = (values: readonly bigint[], shape: readonly number[]): Tensor => ({
  dtype: "int64",
  shape,
  data: BigInt64Array.from(values),
});

/** How text becomes tokens. */
interface Tokens {
  readonly standardize: "lower_and_strip_punctuation" | "lower" | "strip_punctuation" | "none";
  readonly split: "whitespace" | "character" | "none";
  readonly ngrams: readonly number[];
  readonly length: number;
}
function standardized(text: string, how: Tokens["standardize"]): string {
  // Keras changes ASCII alone.
  const lower = how.startsWith("lower") ? text.replace(/[A-Z]+/g, (s) => s.toLowerCase()) : text;
  return how.endsWith("strip_punctuation") ? lower.replace(/[!-/:-@[-`{-~]/g, "") : lower;
}
function pieces(text: string, how: Tokens["split"]): readonly string[] {
  if (how === "character") return Array.from(text);
  return how === "none" ? [text] : text.split(/[ \t\n\v\f\r]+/).filter((s) => s !== "");
}
/** Runs of so many tokens, for one number after another. */
function runsOf(tokens: readonly string[], widths: readonly number[]): readonly string[] {
  if (widths.length === 0) return tokens;
  return widths.flatMap((n) =>
    Array.from({ length: Math.max(0, tokens.length - n + 1) }, (_, i) => tokens.slice(i, i + n).join(" "))
  );
}
const tokens = textOp<Tokens>({
  name: "Tokens",
  summary: "tokens of texts [n]: [n, tokens], filled up with empty strings",
  attributes: {
    standardize: choice({
      doc: "what is changed first, in ASCII",
      default: "lower_and_strip_punctuation",
      of: ["lower_and_strip_punctuation", "lower", "strip_punctuation", "none"],
    }),
    split: choice({
      doc: "where a text is cut",
      default: "whitespace",
      of: ["whitespace", "character", "none"],
    }),
    ngrams: list({
      doc: "lengths of runs of tokens; none for the tokens themselves",
      default: [],
      of: int({ doc: "length" }),
    }),
    length: int({ doc: "tokens in a row; 0 for the longest", default: 0, min: 0 }),
  },
  arity: [1, 1],
  infer: ({ inputs: [x], attributes }) => [
    tensorType("string", [dimsOf(x)[0] ?? freshDim(), attributes.length || freshDim()]),
  ],
  dtypes: () => [tensorType("string")],
  plain(inputs, { attributes: a }) {
    const x = tensorAt(inputs, 0), [n = 0, m = 1] = x.shape, texts = words(x);
    const rows = Array.from({ length: n }, (_, i) => {
      const own = texts.slice(i * m, (i + 1) * m).flatMap((t) =>
        pieces(standardized(t, a.standardize), a.split)
      );
      return runsOf(own, a.ngrams);
    });
    const width = a.length || rows.reduce((most, row) => Math.max(most, row.length), 0);
    const data = rows.flatMap((row) => Array.from({ length: width }, (_, i) => row[i] ?? ""));
    return [{ dtype: "string", shape: [n, width], data }];
  },
});

const maps = new WeakMap<object, ReadonlyMap<string, number>>();
/** Places by word, made once a vocabulary. */
function placesOf(vocabulary: Tensor): ReadonlyMap<string, number> {
  let map = maps.get(vocabulary.data);
  if (!map) maps.set(vocabulary.data, map = new Map(words(vocabulary).map((w, i) => [w, i])));
  return map;
}
const indexOf = textOp<{ readonly required: number }>({
  name: "IndexOf",
  summary: "places in a vocabulary [size], or -1",
  attributes: { required: int({ doc: "1 refuses what isn't there", default: 0, min: 0, max: 1 }) },
  arity: [2, 2],
  infer: ({ inputs: [x] }) => [tensorType("int64", asTensor(x).shape)],
  dtypes: () => [tensorType("int64")],
  plain(inputs, { attributes }) {
    const x = tensorAt(inputs, 0), places = placesOf(tensorAt(inputs, 1));
    const found = words(x).map((w) => {
      const at = places.get(w) ?? -1;
      if (at < 0 && attributes.required === 1) {
        throw new InputError(`${shown(w)} is not in the vocabulary, which has no place for others`);
      }
      return BigInt(at);
    });
    return [whole(found, x.shape)];
  },
});

const hashBucket = textOp<{ readonly buckets: number; readonly salt: readonly number[] }>({
  name: "HashBucket",
  summary: "buckets of strings or whole numbers by FarmHash, or SipHash with a salt",
  attributes: {
    buckets: int({ doc: "number of buckets", min: 1 }),
    salt: list({ doc: "two words of a key, or none", default: [], of: int({ doc: "word" }) }),
  },
  arity: [1, 1],
  infer: ({ inputs: [x] }) => [tensorType("int64", asTensor(x).shape)],
  dtypes: () => [tensorType("int64")],
  plain(inputs, { attributes: { buckets, salt: [first, second] } }) {
    const x = tensorAt(inputs, 0),
      key = first === undefined ? undefined : [BigInt(first), BigInt(second ?? first)] as const;
    const hash = (bytes: Uint8Array) => key ? sipHash64(bytes, key) : fingerprint64(bytes);
    return [whole(words(x).map((w) => hash(utf8.encode(w)) % BigInt(buckets)), x.shape)];
  },
});

/** Operators on text. */
export const textOps: readonly OpDef[] = [tokens, indexOf, hashBucket];
