/** Text vectorization against Keras' rules. @module */
import { deepEqual, throws } from "node:assert/strict";
import { ConfigError } from "../../../core/values/errors.ts";
import { buildVocabulary, standardize, textVectorizer, tokensOf } from "./text.ts";

Deno.test("standardize lower-cases A to Z alone", () => {
  deepEqual(standardize("ETE ÉTÉ İstanbul Ñandú"), "ete ÉtÉ İstanbul Ñandú");
});

Deno.test("standardize deletes the 32 ASCII punctuation characters and puts nothing in their place", () => {
  deepEqual(standardize("!\"#$%&()*+,-./:;<=>?@[\\]^_`{|}~'"), "");
  deepEqual(standardize("a--b “c” — d\u2019e"), "ab “c” — d\u2019e");
});

Deno.test("tokens are split on ASCII whitespace; a no-break space doesn't split", () => {
  deepEqual(tokensOf(" a\tb\nc\vd\fe\rf  g\u00a0h "), ["a", "b", "c", "d", "e", "f", "g\u00a0h"]);
  deepEqual(tokensOf(" \n... "), []);
});

Deno.test("a vocabulary goes by count, equal counts by UTF-8 bytes descending", () => {
  // U+FF5E comes after U+1F600 in UTF-16 units and before it in UTF-8 bytes.
  const texts = ["b a b", "z é \u{1F600}", "\uFF5E b a"];
  deepEqual(buildVocabulary(texts), ["", "[UNK]", "b", "a", "\u{1F600}", "\uFF5E", "é", "z"]);
  deepEqual(buildVocabulary(texts, { maxTokens: 4 }), ["", "[UNK]", "b", "a"]);
});

Deno.test("equal high surrogates are told apart by their code points", () => {
  deepEqual(buildVocabulary(["\u{1F601} \u{1F600}"]).slice(2), ["\u{1F601}", "\u{1F600}"]);
});

Deno.test("post-padding keeps the first tokens, pre-padding the last", () => {
  const vocabulary = ["", "[UNK]", "a", "b", "c"];
  const rows = ["a b", "a b c x"];
  const post = textVectorizer({ vocabulary, length: 3 }).transform(rows);
  deepEqual(post, { dtype: "int32", shape: [2, 3], data: Int32Array.of(2, 3, 0, 2, 3, 4) });
  const pre = textVectorizer({ vocabulary, length: 3, padding: "pre" }).transform(rows);
  deepEqual(pre.data, Int32Array.of(0, 2, 3, 3, 4, 1));
});

Deno.test("a token that stands twice in a vocabulary is refused", () => {
  throws(
    () => textVectorizer({ vocabulary: ["", "[UNK]", "a", "a"], length: 3 }),
    new ConfigError('vocabulary: "a" stands at 2 and at 3', { place: "vocabulary[3]" }),
  );
});
