/** Text to token ids exactly as Keras' TextVectorization makes them: ASCII rules, vocabulary, padding. @module */
import * as args from "../../../io/files/arguments.ts";
import { ConfigError, InputError, shown } from "../../../core/values/errors.ts";
import { checkOptions, type OptionNames } from "../../../core/values/schema.ts";
import type { Tensor } from "../../../core/values/tensor.ts";

/** Id of a token that the vocabulary lacks; its place holds `[UNK]`. */
export const unknownId = 1;
/** What a vocabulary begins with: padding, and what stands for unknown tokens. */
export const specialTokens: readonly string[] = ["", "[UNK]"];

/** What is changed in a text before it is cut, in ASCII alone; `none` keeps it as it is. */
export type Standardize = "lowerAndStripPunctuation" | "lower" | "stripPunctuation" | "none";
/** Where a text is cut: on ASCII whitespace, or between all characters (Unicode code points, as Keras does). */
export type Split = "whitespace" | "character";
/** How texts become tokens. */
export interface TokenRules {
  /** `lowerAndStripPunctuation` unless given. */
  readonly standardize?: Standardize;
  /** `whitespace` unless given. */
  readonly split?: Split;
}
const ruleNames: OptionNames<TokenRules> = { standardize: 0, split: 0 };

/** How a {@link textVectorizer} turns text into ids. */
export interface TextVectorizerOptions extends TokenRules {
  /** The tokens by id: `""`, `"[UNK]"`, then the known ones. */
  readonly vocabulary: readonly string[];
  /** Ids in a row. */
  readonly length: number;
  /** `"post"` keeps the first tokens and fills the end, `"pre"` keeps the last and fills the front. */
  readonly padding?: "post" | "pre";
}
const vectorizerNames: OptionNames<TextVectorizerOptions> = {
  ...ruleNames,
  vocabulary: 0,
  length: 0,
  padding: 0,
};

/** Turns texts into rows of ids. */
export interface TextVectorizer {
  /** The tokens by id. */
  readonly vocabulary: readonly string[];
  /** Ids in a row. */
  readonly length: number;
  /** Where zeros are put. */
  readonly padding: "post" | "pre";
  /** How texts become tokens. */
  readonly rules: Required<TokenRules>;
  /** The ids of one text, neither cut nor padded. @throws {InputError} for a token that a vocabulary without `[UNK]` lacks. */
  ids(text: string): number[];
  /** The text of ids: tokens joined by spaces, characters by nothing; padding left out. */
  text(ids: Iterable<number>): string;
  /** Ids `[texts, length]`, int32. */
  transform(texts: readonly string[]): Tensor;
}

const lower = (text: string) => text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
const strip = (text: string) => text.replace(/[!-/:-@[-`{-~]/g, "");
const standardizers: Readonly<Record<Standardize, (text: string) => string>> = {
  lowerAndStripPunctuation: (text) => strip(lower(text)),
  lower,
  stripPunctuation: strip,
  none: (text) => text,
};

/** Lower-cases A to Z and no other letter, then deletes the 32 ASCII punctuation characters, as Keras does. */
export function standardize(text: string): string {
  args.check("standardize", "text", text, args.text);
  return standardizers.lowerAndStripPunctuation(text);
}

/** The tokens of a text: standardized, split on ASCII whitespace, unless the rules say otherwise. */
export function tokensOf(text: string, rules: TokenRules = {}): string[] {
  args.check("tokensOf", "text", text, args.text);
  checkOptions("tokensOf", rules, ruleNames);
  return cut(text, rules);
}
function cut(text: string, rules: TokenRules): string[] {
  const clean = standardizers[rules.standardize ?? "lowerAndStripPunctuation"](text);
  if (rules.split === "character") return Array.from(clean);
  return clean.split(/[ \t\n\v\f\r]+/).filter((token) => token !== "");
}

/** The order of two strings by their UTF-8 bytes, which is that of their code points. */
export function compareBytes(a: string, b: string): number {
  args.check("compareBytes", "a", a, args.text);
  args.check("compareBytes", "b", b, args.text);
  let i = 0;
  while (i < a.length && i < b.length && a.charCodeAt(i) === b.charCodeAt(i)) i++;
  if (i === a.length || i === b.length) return a.length - b.length;
  // The second half of a pair differs: compare the pairs.
  const low = a.charCodeAt(i);
  if (i > 0 && low >= 0xdc00 && low <= 0xdfff) i--;
  return (a.codePointAt(i) ?? 0) - (b.codePointAt(i) ?? 0);
}

/**
 * The vocabulary of training texts: the special tokens, then tokens by count descending, equal counts by
 * UTF-8 bytes descending. `maxTokens` counts the special ones too.
 * @throws {ConfigError} for fewer tokens than the special ones.
 */
export function buildVocabulary(
  texts: Iterable<string>,
  options: TokenRules & { readonly maxTokens?: number; readonly specials?: readonly string[] } = {},
): string[] {
  args.check("buildVocabulary", "texts", texts, args.texts);
  checkOptions("buildVocabulary", options, { ...ruleNames, maxTokens: 0, specials: 0 });
  const { maxTokens = Infinity, specials = specialTokens } = options;
  if (maxTokens < specials.length) {
    throw new ConfigError(`maxTokens: expected at least ${specials.length}, got ${maxTokens}`);
  }
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const token of cut(text, options)) counts.set(token, (counts.get(token) ?? 0) + 1);
  }
  const sorted = [...counts].filter(([token]) => !specials.includes(token))
    .sort(([a, m], [b, n]) => n - m || compareBytes(b, a));
  return [...specials, ...sorted.slice(0, maxTokens - specials.length).map(([token]) => token)];
}

/** Rows of ids cut and filled to one length: int32 `[rows, length]`. */
export function padIds(
  rows: readonly (readonly number[])[],
  length: number,
  padding: "post" | "pre" = "post",
): Tensor {
  args.check("padIds", "rows", rows, args.rows);
  const data = new Int32Array(rows.length * length);
  rows.forEach((ids, row) => {
    const kept = padding === "post" ? ids.slice(0, length) : ids.slice(Math.max(0, ids.length - length));
    data.set(kept, row * length + (padding === "post" ? 0 : length - kept.length));
  });
  return { dtype: "int32", shape: [rows.length, length], data };
}

/**
 * A vectorizer over a given vocabulary.
 *
 * ```ts
 * import { textVectorizer } from "@lapis/lapis/text";
 * const vectorizer = textVectorizer({ vocabulary: ["", "[UNK]", "enak", "tidak"], length: 4 });
 * vectorizer.transform(["Tidak enak!"]).data; // Int32Array [3, 2, 0, 0]
 * ```
 * @throws {ConfigError} when a token stands in the vocabulary twice, or the length isn't a whole number from 1.
 */
export function textVectorizer(options: TextVectorizerOptions): TextVectorizer {
  args.check("textVectorizer", "options", options, args.object);
  checkOptions("textVectorizer", options, vectorizerNames);
  const { vocabulary, length, padding = "post", split = "whitespace" } = options;
  const rules = { split, standardize: options.standardize ?? "lowerAndStripPunctuation" } as const;
  if (!Number.isSafeInteger(length) || length < 1) {
    throw new ConfigError(`length: expected integer >= 1, got ${shown(length)}`, { place: "length" });
  }
  const known = new Map<string, number>();
  vocabulary.forEach((token, id) => {
    const first = known.get(token);
    if (first !== undefined) {
      throw new ConfigError(`vocabulary: ${shown(token)} stands at ${first} and at ${id}`, {
        place: `vocabulary[${id}]`,
      });
    }
    known.set(token, id);
  });
  const padded = vocabulary[0] === "", unknown = vocabulary[unknownId] === specialTokens[unknownId];
  const ids = (text: string) => {
    if (typeof text !== "string") throw new InputError(`textVectorizer: expected text, got ${shown(text)}`);
    return tokensOf(text, rules).map((token) => {
      const id = known.get(token) ?? (unknown ? unknownId : undefined);
      if (id === undefined) {
        throw new InputError(
          `text: ${shown(token)} is not among the ${vocabulary.length} tokens of the vocabulary`,
        );
      }
      return id;
    });
  };
  return {
    vocabulary,
    length,
    padding,
    rules,
    ids,
    text: (list) =>
      Array.from(list).filter((id) => !(padded && id === 0)).map((id) => vocabulary[id] ?? "")
        .join(split === "character" ? "" : " "),
    transform: (texts) => padIds(texts.map(ids), length, padding),
  };
}
