/** Pairs of texts for an encoder–decoder: source ids, and target ids with start and end for teacher forcing. @module */
import * as args from "../../io/files/arguments.ts";
import { InputError } from "../../core/values/errors.ts";
import type { Extras } from "../../core/model/format.ts";
import {
  checkOptions,
  isRecord,
  list,
  type OptionNames,
  parseConfig,
  text,
} from "../../core/values/schema.ts";
import { type Tensor, tensor } from "../../core/values/tensor.ts";
import { type TextSettings, textSettingsFields } from "./preprocessor.ts";
import {
  buildVocabulary,
  padIds,
  specialTokens,
  type TextVectorizer,
  textVectorizer,
  type TokenRules,
  tokensOf,
} from "./text/text.ts";

/** Options of one side of a {@link pairPreprocessor}. */
export interface SideOptions extends TokenRules {
  /** Size of the vocabulary, special tokens counted; every token unless given. */
  readonly maxWords?: number | null;
  /** Tokens in a row, without start and end; those of the longest training text unless given. */
  readonly maxLength?: number | null;
}
const sideNames: OptionNames<SideOptions> = { maxWords: 0, maxLength: 0, standardize: 0, split: 0 };
/** Options of {@link pairPreprocessor}. */
export interface PairPreprocessorOptions {
  /** What is read. */
  readonly source?: SideOptions;
  /** What is written. */
  readonly target?: SideOptions;
}
const pairNames: OptionNames<PairPreprocessorOptions> = { source: 0, target: 0 };
/** A text and what it shall become. */
export type TextPair = readonly [source: string, target: string];
/** Pairs as an encoder–decoder is trained on them: teacher forcing. */
export interface PreparedPairs {
  /** Source ids: int32 `[pairs, source length]`. */
  readonly source: Tensor;
  /** Start, then the target: int32 `[pairs, target length + 1]`. */
  readonly targetIn: Tensor;
  /** The target, then end: int32 `[pairs, target length + 1]`. */
  readonly targetOut: Tensor;
  /** 1 where `targetOut` holds a token, 0 where it is padded: `sampleWeight`, float32 `[pairs, target length + 1]`. */
  readonly weights: Tensor;
}
/** Pairs of texts to ids and back. */
export interface PairPreprocessor {
  /** Sources to ids. @throws {InputError} before it was fitted. */
  readonly source: TextVectorizer;
  /** Targets to ids; its vocabulary begins with padding, unknown, start and end. */
  readonly target: TextVectorizer;
  /** The token that decoding begins with. */
  readonly start: number;
  /** The token that ends a target. */
  readonly end: number;
  /** Learns both vocabularies and lengths. @throws {InputError} for no pairs. */
  fit(pairs: readonly TextPair[]): PairPreprocessor;
  /** Pairs as a model is trained on them; longer texts are cut. */
  transform(pairs: readonly TextPair[]): PreparedPairs;
  /** Both at once. */
  fitTransform(pairs: readonly TextPair[]): PreparedPairs;
  /** What `model.save(path, { extras })` keeps; {@link pairPreprocessorOf} and `lapis generate --text` find it again. */
  readonly extras: Extras;
}

const start = 2, end = 3;
const targetSpecials = [...specialTokens, "[start]", "[end]"];

function sideOf(texts: readonly string[], options: SideOptions, specials: readonly string[]): TextVectorizer {
  const { maxWords, maxLength, standardize, split } = options;
  const rules = { ...(standardize && { standardize }), ...(split && { split }) };
  const longest = () => texts.reduce((most, t) => Math.max(most, tokensOf(t, rules).length), 1);
  const vocabulary = buildVocabulary(texts, {
    ...rules,
    specials,
    ...(typeof maxWords === "number" && { maxTokens: maxWords }),
  });
  return textVectorizer({ ...rules, vocabulary, length: maxLength ?? longest() });
}

/**
 * A preprocessor of pairs that knows no words yet.
 *
 * ```ts
 * import { pairPreprocessor } from "@lapis/lapis/text";
 * const pairs = pairPreprocessor({ target: { split: "character", standardize: "none" } });
 * const { source, targetIn, targetOut } = pairs.fitTransform([["satu dua", "12"], ["dua", "2"]]);
 * console.log(source.shape, targetIn.data, targetOut.data); // [2, 2], [2 5 4, 2 4 0] and the same one step on
 * ```
 * @throws {ConfigError} for an option that doesn't fit.
 */
export function pairPreprocessor(options: PairPreprocessorOptions = {}): PairPreprocessor {
  checkOptions("pairPreprocessor", options, pairNames);
  checkOptions("pairPreprocessor.source", options.source, sideNames);
  checkOptions("pairPreprocessor.target", options.target, sideNames);
  return make(options);
}
interface Sides {
  readonly source: TextVectorizer;
  readonly target: TextVectorizer;
}
function make({ source = {}, target = {} }: PairPreprocessorOptions, known?: Sides): PairPreprocessor {
  let fitted = known;
  const need = (): Sides => {
    if (fitted) return fitted;
    throw new InputError("pairPreprocessor: knows no words: call fit(pairs) first");
  };
  const made: PairPreprocessor = {
    start,
    end,
    get source() {
      return need().source;
    },
    get target() {
      return need().target;
    },
    fit(pairs) {
      if (pairs.length === 0) throw new InputError("pairPreprocessor: there are no pairs to fit on");
      fitted = {
        source: sideOf(pairs.map(([text]) => text), source, specialTokens),
        target: sideOf(pairs.map(([, text]) => text), target, targetSpecials),
      };
      return made;
    },
    transform(pairs) {
      const { source, target } = need(), steps = target.length + 1;
      const rows = pairs.map(([, text]) => target.ids(text).slice(0, target.length));
      const targetOut = padIds(rows.map((ids) => [...ids, end]), steps), data = targetOut.data as Int32Array;
      return {
        source: source.transform(pairs.map(([text]) => text)),
        targetIn: padIds(rows.map((ids) => [start, ...ids]), steps),
        targetOut,
        weights: tensor(Float32Array.from(data, (id) => (id === 0 ? 0 : 1)), [pairs.length, steps]),
      };
    },
    fitTransform: (pairs) => made.fit(pairs).transform(pairs),
    get extras(): Extras {
      const { source: from, target: to } = need();
      const side = ({ vocabulary, length, rules }: TextVectorizer) => ({
        vocabulary,
        text: { length, ...rules },
      });
      return { json: { pairs: { source: side(from), target: side(to) } } };
    },
  };
  return made;
}

/**
 * The preprocessor of pairs that a model's file holds; undefined where it holds none.
 * @throws {ConfigError} where what the file holds isn't one.
 */
export function pairPreprocessorOf(
  model: { readonly extras?: Extras | undefined },
): PairPreprocessor | undefined {
  args.check("pairPreprocessorOf", "model", model, args.object);
  const { extras } = model;
  const raw = extras?.json.pairs;
  if (!isRecord(raw)) return undefined;
  const words = list({ doc: "tokens by id", of: text({ doc: "a token" }) });
  const side = (name: string) => {
    const place = `lapis.json: pairs.${name}`, held = isRecord(raw[name]) ? raw[name] : {};
    const settings: TextSettings = parseConfig(
      textSettingsFields,
      isRecord(held.text) ? held.text : {},
      place,
    );
    return {
      settings,
      vectorizer: textVectorizer({
        length: settings.length,
        standardize: settings.standardize,
        split: settings.split,
        padding: settings.padding,
        vocabulary: words.parse(held.vocabulary, place),
      }),
    };
  };
  const source = side("source"), target = side("target");
  return make({ source: source.settings, target: target.settings }, {
    source: source.vectorizer,
    target: target.vectorizer,
  });
}
