/** Keras 2's Tokenizer: words to ids by how often they are. @module */
import { ConfigError, FormatError, InputError, shown } from "../../../core/values/errors.ts";
import { checkOptions, type OptionNames } from "../../../core/values/schema.ts";
import { type Tensor, tensor } from "../../../core/values/tensor.ts";

/** What a {@link tokenizer} does with texts. */
export interface TokenizerOptions {
  /** Ids from here on are left out (or unknown); all are kept unless given. */
  readonly numWords?: number | null;
  /** Characters that become `split`; punctuation, tab and line end unless given. */
  readonly filters?: string;
  /** Lower case first; true unless given. */
  readonly lower?: boolean;
  /** Where texts are cut; a space unless given. */
  readonly split?: string;
  /** Every character is a token. */
  readonly charLevel?: boolean;
  /** Stands for unknown words, with id 1; they are left out without one. */
  readonly oovToken?: string | null;
}
const tokenizerNames: OptionNames<TokenizerOptions> = {
  numWords: 0,
  filters: 0,
  lower: 0,
  split: 0,
  charLevel: 0,
  oovToken: 0,
};
/** How a row of {@link Tokenizer.textsToMatrix} counts words. */
export type MatrixMode = "binary" | "count" | "freq" | "tfidf";
/** A text, or its tokens. */
export type Text = string | readonly string[];

/** Words to ids, as Keras 2's Tokenizer makes them: by count, equal counts in the order they came; 0 is no word. */
export interface Tokenizer {
  /** The options, defaults filled in. */
  readonly options: Required<TokenizerOptions>;
  /** How often each word came, in the order they came first. */
  readonly wordCounts: ReadonlyMap<string, number>;
  /** In how many texts each word came. */
  readonly wordDocs: ReadonlyMap<string, number>;
  /** Ids by word. */
  readonly wordIndex: ReadonlyMap<string, number>;
  /** Words by id. */
  readonly indexWord: ReadonlyMap<number, string>;
  /** Number of texts that it was fitted on. */
  readonly documentCount: number;
  /** The tokens of a text. */
  tokens(text: Text): readonly string[];
  /** Counts the words of texts, after those before, and gives ids anew. */
  fitOnTexts(texts: Iterable<Text>): void;
  /** Rows of ids; unknown words are left out, or `oovToken`'s. */
  textsToSequences(texts: Iterable<Text>): number[][];
  /** Words joined by spaces. */
  sequencesToTexts(sequences: Iterable<readonly number[]>): string[];
  /** Rows `[texts, numWords]` (float64) of what words each text has. @throws {InputError} before it was fitted. */
  textsToMatrix(texts: Iterable<Text>, mode?: MatrixMode): Tensor;
  /** The same for rows of ids. */
  sequencesToMatrix(sequences: readonly (readonly number[])[], mode?: MatrixMode): Tensor;
  /** As Keras' `to_json` writes it. */
  toJSON(): TokenizerJson;
}
/** A tokenizer as Keras writes it: maps are JSON inside strings. */
export interface TokenizerJson {
  /** A value of the saved tokenizer. */
  readonly class_name: "Tokenizer";
  /** A value of the saved tokenizer. */
  readonly config: Readonly<Record<string, unknown>>;
}

/** The characters that Keras leaves out. */
export const tokenizerFilters = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n';

interface State {
  readonly counts: Map<string, number>;
  readonly docs: Map<string, number>;
  index: Map<string, number>;
  words: Map<number, string>;
  documents: number;
}
const plus = (map: Map<string, number>, word: string) => map.set(word, (map.get(word) ?? 0) + 1);

/**
 * A tokenizer that knows no words yet.
 *
 * ```ts
 * import { tokenizer } from "@lapis/lapis/text";
 * const t = tokenizer({ oovToken: "<OOV>" });
 * t.fitOnTexts(["enak sekali", "tidak enak"]);
 * t.textsToSequences(["enak banget!"]); // [[2, 1]]
 * ```
 * @throws {ConfigError} for an option that doesn't fit.
 */
export function tokenizer(options: TokenizerOptions = {}): Tokenizer {
  checkOptions("tokenizer", options, tokenizerNames);
  return make(options, {
    counts: new Map(),
    docs: new Map(),
    index: new Map(),
    words: new Map(),
    documents: 0,
  });
}
/**
 * Reads a tokenizer as Keras' `to_json` wrote it, as text or parsed.
 * @throws {FormatError} naming what is missing in it.
 */
export function tokenizerFromJSON(json: string | TokenizerJson): Tokenizer {
  let parsed: unknown = json;
  try {
    if (typeof json === "string") parsed = JSON.parse(json);
  } catch (cause) {
    throw new FormatError("tokenizer: is not JSON", { cause });
  }
  const config = record(record(parsed, "tokenizer").config, "tokenizer: config");
  const numbers = (key: string): Map<string, number> => {
    const raw = config[key] ?? {}, text = typeof raw === "string" ? raw : JSON.stringify(raw);
    return numbersIn(text, `tokenizer: ${key}`);
  };
  const index = numbers("word_index");
  const own = ([key, name]: readonly [string, string]) =>
    config[key] === undefined ? [] : [[name, config[key]]];
  const options = [
    ["num_words", "numWords"],
    ["filters", "filters"],
    ["lower", "lower"],
    ["split", "split"],
    ["char_level", "charLevel"],
    ["oov_token", "oovToken"],
  ] as const;
  return make(Object.fromEntries(options.flatMap(own)) as TokenizerOptions, {
    counts: numbers("word_counts"),
    docs: numbers("word_docs"),
    index,
    words: new Map([...index].map(([word, id]) => [id, word])),
    documents: Number(config.document_count ?? 0),
  });
}
/** A JSON object of numbers in the order of the text: words such as "2024" would move to the front in a JavaScript object. */
function numbersIn(text: string, what: string): Map<string, number> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new FormatError(`${what}: is not JSON`, { cause });
  }
  for (const [word, n] of Object.entries(record(parsed, what))) {
    if (typeof n !== "number") {
      throw new FormatError(`${what}: expected a number for ${shown(word)}, got ${shown(n)}`);
    }
  }
  const pairs = text.matchAll(/("(?:[^"\\]|\\.)*")\s*:\s*([^,}\s]+)/g);
  return new Map(Array.from(pairs, ([, word = '""', n]) => [JSON.parse(word) as string, Number(n)]));
}
function record(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new FormatError(`${what}: expected an object, got ${shown(value)}`);
}

function resolved(options: TokenizerOptions): Required<TokenizerOptions> {
  const full = {
    numWords: options.numWords ?? null,
    filters: options.filters ?? tokenizerFilters,
    lower: options.lower ?? true,
    split: options.split ?? " ",
    charLevel: options.charLevel ?? false,
    oovToken: options.oovToken ?? null,
  };
  if (full.numWords !== null && !(Number.isSafeInteger(full.numWords) && full.numWords >= 0)) {
    throw new ConfigError(`numWords: expected integer >= 0, or null, got ${shown(full.numWords)}`);
  }
  if (full.split === "") throw new ConfigError("split: expected at least one character");
  return full;
}

function make(given: TokenizerOptions, state: State): Tokenizer {
  const options = resolved(given), { numWords, lower, split, oovToken } = options;
  const filtered = new Set(options.filters);
  const tokens = (text: Text): readonly string[] => {
    if (typeof text !== "string") return lower ? text.map((t) => t.toLowerCase()) : text;
    const own = lower ? text.toLowerCase() : text;
    if (options.charLevel) return Array.from(own);
    const clean = Array.from(own, (c) => filtered.has(c) ? split : c).join("");
    return clean.split(split).filter((word) => word !== "");
  };
  const unknown = () => oovToken === null ? undefined : state.index.get(oovToken);
  const outside = (id: number) => numWords !== null && numWords > 0 && id >= numWords;
  const sequences = (texts: Iterable<Text>) =>
    Array.from(texts, (text) =>
      tokens(text).flatMap((word) => {
        const id = state.index.get(word);
        return id === undefined || outside(id) ? unknown() ?? [] : id;
      }));
  const width = () => {
    if (numWords) return numWords;
    if (state.index.size > 0) return state.index.size + 1;
    throw new InputError("tokenizer: expected numWords, or texts to be fitted on first");
  };
  const matrix = (rows: readonly (readonly number[])[], mode: MatrixMode = "binary"): Tensor => {
    const columns = width(), data = new Float64Array(rows.length * columns);
    if (mode === "tfidf" && state.documents === 0) {
      throw new InputError("tokenizer: tfidf needs texts to be fitted on");
    }
    rows.forEach((row, r) => {
      const counts = new Map<number, number>();
      for (const id of row) if (id < columns) counts.set(id, (counts.get(id) ?? 0) + 1);
      for (const [id, count] of counts) data[r * columns + id] = weightOf(mode, count, row.length, id);
    });
    return tensor(data, [rows.length, columns], "float64");
  };
  const weightOf = (mode: MatrixMode, count: number, length: number, id: number): number => {
    switch (mode) {
      case "binary":
        return 1;
      case "count":
        return count;
      case "freq":
        return count / length;
      case "tfidf": {
        const docs = state.docs.get(state.words.get(id) ?? "") ?? 0;
        return (1 + Math.log(count)) * Math.log(1 + state.documents / (1 + docs));
      }
      default:
        throw new ConfigError(`mode: expected binary, count, freq or tfidf, got ${shown(mode)}`);
    }
  };
  return {
    options,
    get wordCounts() {
      return state.counts;
    },
    get wordDocs() {
      return state.docs;
    },
    get wordIndex() {
      return state.index;
    },
    get indexWord() {
      return state.words;
    },
    get documentCount() {
      return state.documents;
    },
    tokens,
    fitOnTexts(texts) {
      for (const text of texts) {
        state.documents++;
        const list = tokens(text);
        for (const word of list) plus(state.counts, word);
        for (const word of new Set(list)) plus(state.docs, word);
      }
      const sorted = [...state.counts].sort(([, m], [, n]) => n - m).map(([word]) => word);
      const all = oovToken === null ? sorted : [oovToken, ...sorted];
      // A word that is the token for unknown ones has its later id, as a dict in Python keeps the last.
      state.index = new Map(all.map((word, i) => [word, i + 1]));
      state.words = new Map([...state.index].map(([word, id]) => [id, word]));
    },
    textsToSequences: sequences,
    sequencesToTexts: (rows) =>
      Array.from(rows, (row) =>
        row.flatMap((id) => {
          const word = state.words.get(id);
          return word === undefined || outside(id)
            ? oovToken !== null && unknown() !== undefined ? oovToken : []
            : word;
        }).join(" ")),
    textsToMatrix: (texts, mode) => matrix(sequences(texts), mode),
    sequencesToMatrix: matrix,
    toJSON: () => jsonOf(options, state),
  };
}
function jsonOf(options: Required<TokenizerOptions>, state: State): TokenizerJson {
  const text = (entries: Iterable<readonly [string | number, number | string]>) =>
    `{${Array.from(entries, ([k, v]) => `${JSON.stringify(`${k}`)}: ${JSON.stringify(v)}`).join(", ")}}`;
  const docs = [...state.docs].map(([word, n]) => [state.index.get(word) ?? 0, n] as const);
  return {
    class_name: "Tokenizer",
    config: {
      num_words: options.numWords,
      filters: options.filters,
      lower: options.lower,
      split: options.split,
      char_level: options.charLevel,
      oov_token: options.oovToken,
      document_count: state.documents,
      word_counts: text(state.counts),
      word_docs: text(state.docs),
      index_docs: text(docs),
      index_word: text(state.words),
      word_index: text(state.index),
    },
  };
}
