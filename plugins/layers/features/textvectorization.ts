/** Text in a graph: TextVectorization. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import { ConfigError, ShapeError, UnsupportedError } from "../../../core/values/errors.ts";
import type { LayerDef } from "../../../core/network/layer.ts";
import { inputAt, shapeOf } from "../../../core/ops/words.ts";
import { bool, choice, type Field, field, int, list, nullable, text } from "../../../core/values/schema.ts";
import { checkSparse, type OutputMode, sparseField } from "./encoding.ts";
import {
  idfArrays,
  idfField,
  knownWeights,
  lookedUp,
  type LookupConfig,
  outputModeField,
  type Token,
} from "./lookup.ts";

/** Options of {@link textVectorizationDef}, resolved. */
export interface TextVectorizationConfig {
  /** Most tokens, special ones included. */
  readonly maxTokens: number | null;
  /** What is changed first, in ASCII; nothing where null. */
  readonly standardize: "lower_and_strip_punctuation" | "lower" | "strip_punctuation" | null;
  /** Where texts are cut; nowhere where null. */
  readonly split: "whitespace" | "character" | null;
  /** Lengths of runs of tokens; the tokens alone where null. */
  readonly ngrams: readonly number[] | null;
  /** The form of the outputs. */
  readonly outputMode: OutputMode;
  /** Ids in a row; those of the longest text where null. */
  readonly outputSequenceLength: number | null;
  /** Rows as long as maxTokens. */
  readonly padToMaxTokens: boolean;
  /** The tokens, special ones first or left out. */
  readonly vocabulary: readonly Token[] | null;
  /** Weight of each token, for tf_idf. */
  readonly idfWeights: readonly number[] | null;
  /** Only false is supported. */
  readonly sparse: boolean;
  /** Only false is supported. */
  readonly ragged: boolean;
}

const textVectorizationDef: LayerDef<TextVectorizationConfig, never> = {
  kind: "layer",
  name: "TextVectorization",
  mask: "consume",
  config: {
    maxTokens: nullable(int({ min: 1 })),
    standardize: orNull(choice({
      default: "lower_and_strip_punctuation",
      of: ["lower_and_strip_punctuation", "lower", "strip_punctuation"],
    })),
    split: orNull(
      choice({ default: "whitespace", of: ["whitespace", "character"] }),
    ),
    ngrams: nullable(field<readonly number[]>({
      expects: "a whole number, or a list",
      read: (raw) => {
        if (Array.isArray(raw)) {
          return raw.every((n) => Number.isSafeInteger(n) && n > 0) ? raw as number[] : undefined;
        }
        return Number.isSafeInteger(raw) && Number(raw) > 0
          ? Array.from({ length: Number(raw) }, (_, i) => i + 1)
          : undefined;
      },
    })),
    outputMode: outputModeField(),
    outputSequenceLength: nullable(
      int({ min: 1 }),
    ),
    padToMaxTokens: bool({ default: false }),
    vocabulary: nullable(
      list({
        of: text() as Field<Token>,
      }),
    ),
    idfWeights: idfField(),
    sparse: sparseField(),
    ragged: bool({ default: false }),
  },
  params: () => ({}),
  build({ b, config, inputs }) {
    const given = inputAt(inputs, 0),
      shape = shapeOf(given.type),
      { split, outputMode, outputSequenceLength } = config;
    if (split !== null && shape.length > 1 && shape.at(-1) !== 1) {
      throw new ShapeError(`expected texts [batch] or [batch, 1], got ${shape.length} axes`);
    }
    const x = split === null && shape.length === 2 ? given : b.reshape(given, b.ints([-1]));
    const tokens = b.tokens(x, {
      standardize: config.standardize ?? "none",
      split: split ?? "none",
      ngrams: [...config.ngrams ?? []],
      length: outputMode === "int" ? outputSequenceLength ?? 0 : 0,
    });
    return [lookedUp(b, tokens, lookupOf(config))];
  },
  check(config, path) {
    checkSparse(config, path);
    if (config.ragged) {
      throw new ConfigError(`${path}.ragged: ragged outputs are not supported`, { place: `${path}.ragged` });
    }
  },
  keras: {
    inputDtype: "string",
    weightsSaid: true,
    ignore: ["encoding", "vocabulary_size", "has_input_vocabulary", "batch_input_shape"],
    arrays(config) {
      const own = idfArrays(lookupOf(config)), { idf_weights: weights } = own;
      return { ...own, ...(weights && { "_lookup_layer/idf_weights": weights }) };
    },
    save: (fields, major) => {
      const older = major === 2 ? { dtype: "string", ngrams: countOfNgrams(fields.ngrams) } : {};
      return { config: { ...fields, ...knownWeights(fields), ...older } };
    },
  },
};
/** Texts `[batch]` or `[batch, 1]` to ids `[batch, tokens]`, or to rows `[batch, vocabulary]` of what is there. */
export const textVectorization: Factory<TextVectorizationConfig> = factory(textVectorizationDef);
/** Keras 2 reads back a number alone: n-grams from 1 up to it. */
function countOfNgrams(sizes: unknown): number | null {
  if (!Array.isArray(sizes)) return null;
  if (sizes.every((size, i) => size === i + 1)) return sizes.length;
  throw new UnsupportedError(`Keras 2 reads no ngrams of ${sizes.join(" and ")} words alone`);
}
/** The lookup that tokens go through. */
function lookupOf(config: TextVectorizationConfig): LookupConfig {
  const special = { numOovIndices: 1, maskToken: "", oovToken: "[UNK]" };
  return { ...config, ...special, invert: false, oovMethod: "floormod", salt: null };
}
/** A choice that null is one of, beside its default. */
function orNull<T extends string>(inner: Field<T>): Field<T | null> {
  return {
    ...inner,
    expects: `${inner.expects}, or null`,
    parse: (raw, path) => raw === null ? null : inner.parse(raw, path),
  };
}
