/** Rows of texts and labels to ids and classes, fitted on training data and kept in the model's file. @module */
import * as args from "../../io/files/arguments.ts";
import { ConfigError, InputError, shown } from "../../core/values/errors.ts";
import type { Extras } from "../../core/model/format.ts";
import type { StreamLike } from "../../io/files/sources.ts";
import {
  bool,
  checkOptions,
  choice,
  int,
  isRecord,
  list,
  nullable,
  type OptionNames,
  parseConfig,
  type Schema,
  text,
} from "../../core/values/schema.ts";
import type { Tensor } from "../../core/values/tensor.ts";
import { type LabelEncoder, labelEncoder } from "./labels.ts";
import {
  buildVocabulary,
  type Split,
  type Standardize,
  type TextVectorizer,
  textVectorizer,
  type TokenRules,
  tokensOf,
} from "./text/text.ts";
import { type Coverage, embeddingMatrix, readWordVectors } from "./text/vectors.ts";

/** Options of {@link textPreprocessor}. */
export interface TextPreprocessorOptions extends TokenRules {
  /** Column that holds the text; `text` unless given. */
  readonly textColumn?: string;
  /** Column that holds the label; `label` unless given. Rows without it have no labels. */
  readonly labelColumn?: string;
  /** Size of the vocabulary, padding and unknown counted; every word unless given. */
  readonly maxWords?: number | null;
  /** Tokens in a row; those of the longest training text unless given. */
  readonly maxLength?: number | null;
  /** Where zeros are put; behind short texts unless `pre`. */
  readonly padding?: "post" | "pre";
  /** Word vectors in GloVe's text form; then {@link TextPreprocessor.embeddings} is there after fit. */
  readonly embeddingFile?: StreamLike | null;
}
const preprocessorNames: OptionNames<TextPreprocessorOptions> = {
  textColumn: 0,
  labelColumn: 0,
  maxWords: 0,
  maxLength: 0,
  padding: 0,
  embeddingFile: 0,
  standardize: 0,
  split: 0,
};
/** A table of text cells, as `parseCsv` gives it; rows as objects; or texts alone. */
export type TextRows =
  | { readonly header: readonly string[]; readonly rows: readonly (readonly string[])[] }
  | readonly object[]
  | readonly string[];
/** Texts as a model takes them. */
export interface PreparedTexts {
  /** Ids: int32 `[rows, maxLength]`. */
  readonly x: Tensor;
  /** Classes: int32 `[rows]`; undefined where the rows hold no labels. */
  readonly y: Tensor | undefined;
}
/** Rows of texts and labels to ids and classes. */
export interface TextPreprocessor {
  /** The options, defaults filled in. */
  readonly options: Required<TextPreprocessorOptions>;
  /** The tokens by id. @throws {InputError} before it was fitted. */
  readonly vocabulary: readonly string[];
  /** How many tokens there are, padding and unknown counted. */
  readonly vocabularySize: number;
  /** Ids in a row. */
  readonly maxLength: number;
  /** The classes' names and numbers; without classes where there were no labels. */
  readonly labels: LabelEncoder;
  /** First weights of an embedding, float32 `[vocabularySize, dimension]`, where there was an `embeddingFile`. */
  readonly embeddings: { readonly matrix: Tensor; readonly coverage: Coverage } | undefined;
  /** Texts to ids and back. */
  readonly vectorizer: TextVectorizer;
  /** Learns vocabulary, length and classes from training rows. @throws {InputError} naming a column or row that lacks. */
  fit(rows: TextRows): Promise<TextPreprocessor>;
  /** Rows as a model takes them. @throws {InputError} for a label that the training rows don't have. */
  transform(rows: TextRows): PreparedTexts;
  /** Both at once. */
  fitTransform(rows: TextRows): Promise<PreparedTexts>;
  /** What `model.save(path, { extras })` keeps; {@link textPreprocessorOf} finds it again, and so does `lapis predict`. */
  readonly extras: Extras;
}

/** How texts are cut, as a model's file keeps it. */
export interface TextSettings {
  /** Column that holds the text. */
  readonly column: string;
  /** Tokens in a row. */
  readonly length: number;
  /** Where zeros are put. */
  readonly padding: "post" | "pre";
  /** Where texts are cut. */
  readonly split: Split;
  /** What is changed first. */
  readonly standardize: Standardize;
  /** The samples are one long text in chunks of `length`, the targets the tokens that follow. */
  readonly next: boolean;
}
/** Fields of {@link TextSettings}. */
export const textSettingsFields: Schema<TextSettings> = {
  column: text({ default: "text" }),
  length: int({ min: 1 }),
  padding: choice({ of: ["post", "pre"], default: "post" }),
  split: choice({ of: ["whitespace", "character"], default: "whitespace" }),
  standardize: choice({
    of: ["lowerAndStripPunctuation", "lower", "stripPunctuation", "none"],
    default: "lowerAndStripPunctuation",
  }),
  next: bool({
    default: false,
  }),
};

/** A column of rows; undefined where none of them has it. @throws {InputError} naming a row that lacks it. */
function column(rows: TextRows, name: string): readonly string[] | undefined {
  if ("header" in rows) {
    const at = rows.header.indexOf(name);
    return at < 0 ? undefined : rows.rows.map((row) => row[at] ?? "");
  }
  const objects = rows as readonly Readonly<Record<string, unknown>>[];
  if (!objects.some((row) => Object.hasOwn(row, name))) return undefined;
  return objects.map((row, i) => {
    const value = row[name];
    if (typeof value === "string" || typeof value === "number") return `${value}`;
    throw new InputError(`row ${i + 1}: expected text in ${shown(name)}, got ${shown(value)}`, {
      place: `row ${i + 1}`,
    });
  });
}
const namesOf = (rows: TextRows): readonly string[] =>
  "header" in rows ? rows.header : Object.keys((rows as readonly object[])[0] ?? {});
const areTexts = (rows: TextRows): rows is readonly string[] =>
  Array.isArray(rows) && rows.every((row) => typeof row === "string");

/**
 * A preprocessor that knows no words yet.
 *
 * ```ts
 * import { textPreprocessor } from "@lapis/lapis/text";
 * const texts = textPreprocessor({ maxWords: 1000, maxLength: 4 });
 * const { x, y } = await texts.fitTransform([{ text: "Enak sekali", label: "positive" }]);
 * console.log(texts.vocabularySize, x.shape, y?.data); // 4 [1, 4] Int32Array [0]
 * ```
 * @throws {ConfigError} for an option that doesn't fit.
 */
export function textPreprocessor(options: TextPreprocessorOptions = {}): TextPreprocessor {
  checkOptions("textPreprocessor", options, preprocessorNames);
  return make(options);
}

interface Fitted {
  readonly vectorizer: TextVectorizer;
  readonly embeddings?: TextPreprocessor["embeddings"];
}
function make(given: TextPreprocessorOptions, known?: Fitted, labels: LabelEncoder = labelEncoder()) {
  const { textColumn = "text", labelColumn = "label", embeddingFile = null, ...rest } = given;
  const { maxWords = null, maxLength = null } = given;
  const read = parseConfig({ ...textSettingsFields, length: nullable(textSettingsFields.length) }, {
    column: textColumn,
    length: maxLength,
    ...Object.fromEntries(
      (["padding", "split", "standardize"] as const).flatMap((key) =>
        rest[key] === undefined ? [] : [[key, rest[key]]]
      ),
    ),
  }, "textPreprocessor");
  if (maxWords !== null && !(Number.isSafeInteger(maxWords) && maxWords >= 2)) {
    throw new ConfigError(
      `textPreprocessor.maxWords: expected integer >= 2, or null, got ${shown(maxWords)}`,
    );
  }
  const { padding, split, standardize } = read, rules = { split, standardize };
  let fitted = known;
  const need = (): Fitted => {
    if (fitted) return fitted;
    throw new InputError("textPreprocessor: knows no words: call fit(rows) first");
  };
  const textsIn = (rows: TextRows): readonly string[] => {
    if (areTexts(rows)) return rows;
    const found = column(rows, textColumn);
    if (found) return found;
    throw new InputError(`textPreprocessor: no column ${textColumn}; there are ${namesOf(rows).join(", ")}`);
  };
  const labelsIn = (rows: TextRows) => areTexts(rows) ? undefined : column(rows, labelColumn);
  const made: TextPreprocessor = {
    options: { textColumn, labelColumn, maxWords, maxLength, padding, split, standardize, embeddingFile },
    get vocabulary() {
      return need().vectorizer.vocabulary;
    },
    get vocabularySize() {
      return need().vectorizer.vocabulary.length;
    },
    get maxLength() {
      return need().vectorizer.length;
    },
    get embeddings() {
      return need().embeddings;
    },
    get vectorizer() {
      return need().vectorizer;
    },
    labels,
    async fit(rows) {
      const texts = textsIn(rows), names = labelsIn(rows);
      if (texts.length === 0) throw new InputError("textPreprocessor: there are no rows to fit on");
      const vocabulary = buildVocabulary(texts, {
        ...rules,
        ...(maxWords !== null && { maxTokens: maxWords }),
      });
      const longest = () => texts.reduce((most, t) => Math.max(most, tokensOf(t, rules).length), 1);
      const vectorizer = textVectorizer({ vocabulary, length: maxLength ?? longest(), padding, ...rules });
      if (names) labels.fit(names);
      if (embeddingFile === null) fitted = { vectorizer };
      else {
        const tokens = texts.flatMap((t) => tokensOf(t, rules));
        const vectors = await readWordVectors(embeddingFile, { words: new Set(tokens) });
        fitted = { vectorizer, embeddings: embeddingMatrix(vectors, vocabulary, { tokens }) };
      }
      return made;
    },
    transform(rows) {
      const { vectorizer } = need(), names = labelsIn(rows);
      const y = names && labels.classes.length > 0 ? labels.transform(names) : undefined;
      return { x: vectorizer.transform(textsIn(rows)), y };
    },
    async fitTransform(rows) {
      await made.fit(rows);
      return made.transform(rows);
    },
    get extras(): Extras {
      const { vectorizer } = need(), { classes } = labels;
      const words = { column: textColumn, length: vectorizer.length, padding, split, standardize };
      return {
        json: {
          preprocessing: { text: words, vocabulary: vectorizer.vocabulary, label: labelColumn },
          ...(classes.length > 0 && { labels: classes }),
        },
      };
    },
  };
  return made;
}

/**
 * The preprocessor that a model's file holds, as `lapis train` or `model.save(path, { extras: preprocessor.extras })` wrote
 * it; undefined where it holds none.
 *
 * ```ts ignore
 * const model = await loadModel("reviews.keras"), texts = textPreprocessorOf(model);
 * if (texts) console.log(texts.labels.inverseTransform(await model.predictClasses(texts.transform(["Enak"]).x)));
 * ```
 * @throws {ConfigError} where what the file holds isn't one.
 */
export function textPreprocessorOf(
  model: { readonly extras?: Extras | undefined },
): TextPreprocessor | undefined {
  args.check("textPreprocessorOf", "model", model, args.object);
  const { extras } = model;
  const raw = extras?.json.preprocessing, place = "lapis.json: preprocessing";
  if (!isRecord(raw) || !isRecord(raw.text)) return undefined;
  const settings = parseConfig(textSettingsFields, raw.text, `${place}.text`);
  const words = list({ of: text() });
  const vocabulary = words.parse(raw.vocabulary, `${place}.vocabulary`);
  const classes = extras?.json.labels === undefined
    ? undefined
    : words.parse(extras.json.labels, "lapis.json: labels");
  const { column: textColumn, length, next: _, ...rest } = settings;
  return make(
    {
      textColumn,
      maxLength: length,
      ...rest,
      ...(typeof raw.label === "string" && { labelColumn: raw.label }),
    },
    { vectorizer: textVectorizer({ vocabulary, length, ...rest }) },
    labelEncoder(classes),
  );
}
