/** Texts as rows of weighted n-gram counts (tf–idf), fitted on training texts. @module */
import * as args from "../../../io/files/arguments.ts";
import { ConfigError, InputError, shown } from "../../../core/values/errors.ts";
import { bool, choice, int, list, nullable, parseConfig, type Schema } from "../../../core/values/schema.ts";
import { type Tensor, tensor } from "../../../core/values/tensor.ts";

/** One kind of n-grams. */
export interface NgramOptions {
  /** `word`: runs of words; `character`: runs of characters inside words, each word between two spaces. */
  readonly unit: "word" | "character";
  /** Shortest and longest run. */
  readonly range: readonly number[];
  /** The most frequent ones alone; all where null. */
  readonly maxFeatures: number | null;
  /** Texts that an n-gram must be in. */
  readonly minTexts: number;
  /** A count n weighs 1 + ln n. */
  readonly sublinear: boolean;
}
/** N-grams that were fitted: which they are, and how much each weighs. */
export interface FittedNgrams extends NgramOptions {
  /** The n-grams in the order of their code units. */
  readonly features: readonly string[];
  /** ln((1 + texts) / (1 + texts with it)) + 1, for each. */
  readonly idf: readonly number[];
}

/** The options of one kind of n-grams, as configurations give them. */
export const ngramFields: Schema<NgramOptions> = {
  unit: choice({ of: ["word", "character"] }),
  range: list({ of: int({ min: 1 }), length: 2 }),
  maxFeatures: nullable(int({ min: 1 })),
  minTexts: int({ min: 1, default: 1 }),
  sublinear: bool({ default: false }),
};

/** The n-grams of a text, in lower case: words are two or more letters, digits or underscores. */
function* ngramsOf(text: string, { unit, range: [from = 1, to = from] }: NgramOptions): Generator<string> {
  const lower = text.toLowerCase();
  if (unit === "word") {
    const words = lower.match(/[\p{L}\p{N}_]{2,}/gu) ?? [];
    for (let n = from; n <= to; n++) {
      for (let i = 0; i + n <= words.length; i++) yield words.slice(i, i + n).join(" ");
    }
    return;
  }
  for (const word of lower.split(/\s+/)) {
    if (word === "") continue;
    const letters = Array.from(` ${word} `);
    for (let n = from; n <= to; n++) {
      for (let i = 0; i + n <= Math.max(letters.length, n); i++) yield letters.slice(i, i + n).join("");
      // A word that is shorter than the run stands once, as itself.
      if (n >= letters.length) break;
    }
  }
}
function countsOf(text: string, options: NgramOptions): Map<string, number> {
  const counts = new Map<string, number>();
  for (const ngram of ngramsOf(text, options)) counts.set(ngram, (counts.get(ngram) ?? 0) + 1);
  return counts;
}

function fitted(texts: readonly string[], options: NgramOptions): FittedNgrams {
  const total = new Map<string, number>(), held = new Map<string, number>();
  for (const text of texts) {
    for (const [ngram, n] of countsOf(text, options)) {
      total.set(ngram, (total.get(ngram) ?? 0) + n);
      held.set(ngram, (held.get(ngram) ?? 0) + 1);
    }
  }
  const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  const frequent = [...total].filter(([ngram]) => (held.get(ngram) ?? 0) >= options.minTexts)
    .sort(([a, m], [b, n]) => n - m || order(a, b));
  const features = frequent.slice(0, options.maxFeatures ?? Infinity).map(([ngram]) => ngram).sort(order);
  const idf = features.map((ngram) => Math.log((1 + texts.length) / (1 + (held.get(ngram) ?? 0))) + 1);
  return { ...options, features, idf };
}

/** Turns texts into rows of numbers. */
export interface TfIdfVectorizer {
  /** The kinds of n-grams, as fitted: JSON that {@link tfIdfVectorizer} takes back. */
  readonly ngrams: readonly FittedNgrams[];
  /** Numbers in a row. */
  readonly width: number;
  /** Rows float32 `[texts, width]`; each kind's part of a row has length 1, or is zero. */
  transform(texts: readonly string[]): Tensor;
}

/** A vectorizer over n-grams that were fitted. @throws {ConfigError} where features and weights differ in number. */
export function tfIdfVectorizer(ngrams: readonly FittedNgrams[]): TfIdfVectorizer {
  args.check("tfIdfVectorizer", "ngrams", ngrams, args.list);
  const kinds = ngrams.map((kind, i) => {
    if (kind.features.length !== kind.idf.length) {
      throw new ConfigError(`ngrams[${i}]: ${kind.features.length} features, ${kind.idf.length} weights`);
    }
    return { kind, places: new Map(kind.features.map((feature, at) => [feature, at])) };
  });
  const width = ngrams.reduce((n, { features }) => n + features.length, 0);
  return {
    ngrams,
    width,
    transform(texts) {
      const data = new Float32Array(texts.length * width);
      texts.forEach((text, row) => {
        if (typeof text !== "string") throw new InputError(`tf-idf: expected text, got ${shown(text)}`);
        let start = row * width;
        for (const { kind, places } of kinds) {
          const found: [number, number][] = [];
          for (const [ngram, n] of countsOf(text, kind)) {
            const at = places.get(ngram);
            if (at === undefined) continue;
            found.push([at, (kind.sublinear ? 1 + Math.log(n) : n) * (kind.idf[at] ?? 0)]);
          }
          const length = Math.sqrt(found.reduce((sum, [, v]) => sum + v * v, 0)) || 1;
          for (const [at, v] of found) data[start + at] = v / length;
          start += kind.features.length;
        }
      });
      return tensor(data, [texts.length, width]);
    },
  };
}

/**
 * A vectorizer whose n-grams and weights are those of training texts (tf–idf with smoothed weights, rows of length 1, as
 * scikit-learn's TfidfVectorizer; characters as its `char_wb`).
 *
 * ```ts
 * import { fitTfIdf } from "@lapis/lapis/text";
 * const vectorizer = fitTfIdf(["enak sekali", "tidak enak"], [{ unit: "word", range: [1, 2] }]);
 * vectorizer.transform(["enak"]).shape; // [1, 5]
 * ```
 * @throws {ConfigError} with the path of a wrong option.
 */
export function fitTfIdf(
  texts: readonly string[],
  kinds: readonly (Pick<NgramOptions, "unit" | "range"> & Partial<NgramOptions>)[],
): TfIdfVectorizer {
  args.check("fitTfIdf", "texts", texts, args.list);
  args.check("fitTfIdf", "kinds", kinds, args.list);
  const read = kinds.map((kind, i) => parseConfig(ngramFields, { ...kind }, `ngrams[${i}]`));
  read.forEach(({ range: [from = 1, to = from] }, i) => {
    if (from > to) {
      throw new ConfigError(
        `ngrams[${i}].range: expected the shortest run first, got [${from}, ${to}]`,
      );
    }
  });
  return tfIdfVectorizer(read.map((kind) => fitted(texts, kind)));
}
