/**
 * Texts as numbers: vocabularies, ids, tf-idf, word vectors, and what a text model keeps beside its layers.
 *
 * ```ts
 * import { textVectorizer } from "@lapis/lapis/text";
 * const vectorizer = textVectorizer({ vocabulary: ["", "[UNK]", "good", "bad", "book"], length: 4 });
 * console.log(vectorizer.ids("a good book"));
 * ```
 * @module
 */
export * from "../plugins/preprocessing/pairs.ts";
export * from "../plugins/preprocessing/preprocessor.ts";
export * from "../plugins/preprocessing/text/text.ts";
export * from "../plugins/preprocessing/text/tfidf.ts";
export * from "../plugins/preprocessing/text/tokenizer.ts";
export * from "../plugins/preprocessing/text/vectors.ts";
