/** Lookups of strings and whole numbers in a vocabulary: StringLookup and IntegerLookup. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import type { Builder } from "../../../core/graph/builder.ts";
import { ConfigError, shown, UnsupportedError } from "../../../core/values/errors.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { LayerDef, SavedLayer } from "../../../core/network/layer.ts";
import { cast, dtypeOf, inputAt } from "../../../core/ops/words.ts";
import {
  bool,
  choice,
  type Field,
  field,
  float,
  int,
  list,
  nullable,
  type Schema,
  text,
} from "../../../core/values/schema.ts";
import { type Tensor, tensor } from "../../../core/values/tensor.ts";
import { checkSparse, encoded, type OutputMode, sparseField } from "./encoding.ts";

/** A token: text, or a whole number. */
export type Token = string | number;
/** Options of the lookups, resolved. */
export interface LookupConfig {
  /** Most tokens, special ones included. */
  readonly maxTokens: number | null;
  /** Number of ids for what isn't in the vocabulary. */
  readonly numOovIndices: number;
  /** The token that is masked: id 0, and counted nowhere. */
  readonly maskToken: Token | null;
  /** Stands for unknown tokens when ids are turned back. */
  readonly oovToken: Token | null;
  /** The tokens, special ones first or left out. */
  readonly vocabulary: readonly Token[] | null;
  /** Weight of each token, for tf_idf. */
  readonly idfWeights: readonly number[] | null;
  /** From ids to tokens. */
  readonly invert: boolean;
  /** The form of the outputs. */
  readonly outputMode: OutputMode;
  /** Rows as long as maxTokens. */
  readonly padToMaxTokens: boolean;
  /** Only false is supported. */
  readonly sparse: boolean;
  /** How unknown whole numbers are spread over their ids. */
  readonly oovMethod: "floormod" | "farmhash";
  /** Key of the hash that spreads unknown tokens over their ids. */
  readonly salt: readonly number[] | null;
}

/** The `outputMode` field, with Keras' older words. */
export function outputModeField(): Field<OutputMode> {
  const older: Readonly<Record<string, OutputMode>> = { binary: "multi_hot", "tf-idf": "tf_idf" };
  const inner = choice({
    default: "int",
    of: ["int", "one_hot", "multi_hot", "count", "tf_idf"],
  });
  return field<OutputMode>({
    expects: inner.expects,
    default: "int",
    read: (raw, path) =>
      inner.parse(typeof raw === "string" && Object.hasOwn(older, raw) ? older[raw] : raw, path),
  });
}
/** A salt: a whole number, or two. */
export function saltField(): Field<readonly number[] | null> {
  return nullable(field<readonly number[]>({
    expects: "a whole number, or two",
    read: (raw) => {
      const words: unknown[] = Array.isArray(raw) ? raw : [raw, raw];
      return words.length === 2 && words.every((n) => Number.isSafeInteger(n))
        ? words as number[]
        : undefined;
    },
  }));
}
/** Fields of weights of tokens. */
export function idfField(): Field<readonly number[] | null> {
  return nullable(list({ of: float() }));
}
function lookupFields(token: Field<Token>, oov: Token): Schema<LookupConfig> {
  return {
    maxTokens: nullable(int({ min: 1 })),
    numOovIndices: int({ min: 0, default: 1 }),
    maskToken: nullable(token),
    oovToken: nullable({ ...token, required: false, default: oov }),
    vocabulary: nullable(list({ of: token })),
    idfWeights: idfField(),
    invert: bool({ default: false }),
    outputMode: outputModeField(),
    padToMaxTokens: bool({ default: false }),
    sparse: sparseField(),
    oovMethod: choice({
      default: "floormod",
      of: ["floormod", "farmhash"],
    }),
    salt: saltField(),
  };
}

/** A vocabulary with its special tokens told apart. */
export interface Vocabulary {
  /** The tokens proper. */
  readonly tokens: readonly Token[];
  /** Id of the first unknown token. */
  readonly oovStart: number;
  /** Id of the first token proper. */
  readonly tokenStart: number;
  /** Number of ids. */
  readonly size: number;
  /** Weight of each id. */
  readonly idf: readonly number[] | undefined;
}
/** Reads a configuration's vocabulary. @throws {ConfigError} where there is none, or it doesn't fit. */
export function vocabularyOf(config: LookupConfig, path = "vocabulary"): Vocabulary {
  const { vocabulary, maskToken, oovToken, numOovIndices, outputMode, maxTokens } = config;
  if (!vocabulary) {
    throw new ConfigError(
      `${path}: there is none; it stands in the configuration, or in the file vocabulary.txt of a .keras archive`,
    );
  }
  const oovStart = maskToken !== null && outputMode === "int" ? 1 : 0, tokenStart = oovStart + numOovIndices;
  const special = [
    ...oovStart === 1 ? [maskToken] : [],
    ...new Array<Token | null>(numOovIndices).fill(oovToken),
  ];
  const found = special.every((t, i) => t === vocabulary[i]) && vocabulary.length >= tokenStart;
  const tokens = found ? vocabulary.slice(tokenStart) : vocabulary, size = tokenStart + tokens.length;
  if (new Set(tokens).size < tokens.length) {
    const twice = tokens.find((t, i) => tokens.indexOf(t) !== i);
    throw new ConfigError(`${path}: ${shown(twice)} stands there twice`);
  }
  if (maxTokens !== null && size > maxTokens) {
    throw new ConfigError(`${path}: ${size} tokens, more than maxTokens ${maxTokens}`);
  }
  return { tokens, oovStart, tokenStart, size, idf: idfOf(config, found, tokenStart, vocabulary.length) };
}
/** Weights by id; those of special tokens that have none are the mean. @throws {ConfigError} */
function idfOf(
  config: LookupConfig,
  found: boolean,
  start: number,
  count: number,
): readonly number[] | undefined {
  const { idfWeights: given, outputMode, padToMaxTokens, maxTokens } = config;
  if (outputMode !== "tf_idf") return undefined;
  if (!given) throw new ConfigError("idfWeights: tf_idf needs them");
  const depth = padToMaxTokens && maxTokens !== null ? maxTokens : undefined;
  const mean = given.reduce((n, w) => n + w, 0) / Math.max(1, given.length);
  const front = found || given.length !== count ? [] : new Array<number>(start).fill(mean);
  const all = [...front, ...given];
  return depth === undefined ? all : Array.from({ length: depth }, (_, i) => all[i] ?? 0);
}

function tokenTensor(tokens: readonly Token[], dtype: "string" | "int64"): Tensor {
  return tensor([...tokens], [tokens.length], dtype);
}
/** Tokens to ids in the configuration's form; masked ones are counted nowhere. */
export function lookedUp(b: Builder, x: Value, config: LookupConfig): Value {
  const known = vocabularyOf(config),
    { oovStart, tokenStart, size, idf } = known,
    count = config.numOovIndices;
  const dtype = dtypeOf(x) === "string" ? "string" : "int64",
    list = b.constant(tokenTensor(known.tokens, dtype));
  const constant = (n: number) => b.scalar(n, "int64");
  const mask = config.maskToken === null
    ? undefined
    : b.equal(x, b.constant(tensor([config.maskToken], [], dtype)));
  const required = count === 0 && !mask ? 1 : 0;
  const place = b.indexOf(x, list, { required }),
    found = b.greaterOrEqual(place, constant(0));
  const ids = b.add(place, constant(tokenStart));
  let unknown = constant(count === 0 ? -1 : oovStart);
  if (count > 1) {
    const spread = dtype === "int64" && config.oovMethod === "floormod"
      ? b.mod(x, constant(count))
      : b.hashBucket(x, { buckets: count, ...(config.salt && { salt: [...config.salt] }) });
    unknown = b.add(spread, constant(oovStart));
  }
  const any = b.where(found, ids, unknown), { outputMode } = config;
  const all = mask ? b.where(mask, constant(outputMode === "int" ? 0 : -1), any) : any;
  const depth = config.padToMaxTokens && config.maxTokens !== null ? config.maxTokens : size;
  if (outputMode !== "tf_idf") return encoded(b, all, outputMode, depth, "int64");
  const counts = encoded(b, all, "count", depth, "float32");
  return b.mul(counts, b.constant(tensor([...idf ?? []], [depth], "float32")));
}
/** Ids to tokens: the special token for what is no id. */
function turnedBack(b: Builder, ids: Value, config: LookupConfig, dtype: "string" | "int64"): Value {
  const { tokens, tokenStart, oovStart } = vocabularyOf(config), oov = config.oovToken ?? "";
  const special = [
    ...oovStart === 1 ? [config.maskToken ?? ""] : [],
    ...new Array<Token>(tokenStart - oovStart).fill(oov),
  ];
  const all = [...special, ...tokens, oov], last = b.scalar(all.length - 1, "int64");
  const inside = b.and(b.greaterOrEqual(ids, b.scalar(0, "int64")), b.less(ids, last));
  const safe = b.where(inside, ids, last);
  return b.gather(b.constant(tokenTensor(all, dtype)), safe, { axis: 0 });
}

/** Weights beyond the vocabulary are padding, which Keras makes itself. Keras 2 spreads unknown tokens in its one way. */
function savedLookup(
  { oov_method: method, salt, ...fields }: Readonly<Record<string, unknown>>,
  major: 2 | 3,
): SavedLayer {
  if (major === 2 && (method !== "floormod" || salt !== null)) {
    throw new UnsupportedError("Keras 2 has no oov_method and no salt");
  }
  const since3 = major === 3 ? { oov_method: method, salt } : {};
  const older = major === 2 && fields.output_mode === "int" ? { dtype: "int64" } : {};
  return { config: { ...fields, ...knownWeights(fields), ...since3, ...older } };
}
/** The weights of the vocabulary's tokens alone, of a configuration as files hold it. */
export function knownWeights(fields: Readonly<Record<string, unknown>>): { idf_weights: unknown } {
  const { vocabulary, idf_weights: idf } = fields;
  const both = Array.isArray(idf) && Array.isArray(vocabulary);
  return { idf_weights: both ? idf.slice(0, vocabulary.length) : idf };
}
/** Weights of tokens as files hold them by name. */
export function idfArrays(config: LookupConfig): Readonly<Record<string, Tensor>> {
  const idf = config.vocabulary && config.outputMode === "tf_idf" ? vocabularyOf(config).idf : undefined;
  return idf ? { idf_weights: tensor([...idf], [idf.length], "float32") } : {};
}
function lookup(
  name: string,
  dtype: "string" | "int64",
  config: Schema<LookupConfig>,
): LayerDef<LookupConfig, never> {
  return {
    kind: "layer",
    name,
    mask: "consume",
    config,
    params: () => ({}),
    build({ b, config: own, inputs }) {
      const x = inputAt(inputs, 0);
      if (own.invert) return [turnedBack(b, cast(b, x, "int64"), own, dtype)];
      return [lookedUp(b, dtype === "int64" ? cast(b, x, "int64") : x, own)];
    },
    check(own, path) {
      checkSparse(own, path);
      if (own.invert && own.outputMode !== "int") {
        throw new ConfigError(`${path}.outputMode: expected int with invert, got ${own.outputMode}`, {
          place: path,
        });
      }
    },
    keras: {
      inputDtype: dtype,
      weightsSaid: true,
      ignore: ["encoding", "vocabulary_size", "vocabulary_dtype", "has_input_vocabulary"],
      save: savedLookup,
      arrays: idfArrays,
    },
  };
}
const word = text(), number = int();
const tokenField = (of: Field<Token>): Field<Token> => of;
const stringLookupDef: LayerDef<LookupConfig, never> = lookup(
  "StringLookup",
  "string",
  lookupFields(tokenField(word as Field<Token>), "[UNK]"),
);
/** Strings to their ids in a vocabulary, in any shape; or ids back to strings. */
export const stringLookup: Factory<LookupConfig> = factory(stringLookupDef);
const integerLookupDef: LayerDef<LookupConfig, never> = lookup(
  "IntegerLookup",
  "int64",
  lookupFields(tokenField(number as Field<Token>), -1),
);
/** Whole numbers to their ids in a vocabulary, in any shape; or ids back to numbers. */
export const integerLookup: Factory<LookupConfig> = factory(integerLookupDef);
