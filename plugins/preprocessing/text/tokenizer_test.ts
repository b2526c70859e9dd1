/** Keras 2's Tokenizer and pad_sequences. @module */
import { deepEqual, throws } from "node:assert/strict";
import { toNumbers } from "../../../core/values/tensor.ts";
import { padSequences } from "../sequences.ts";
import { tokenizer, tokenizerFromJSON } from "./tokenizer.ts";

Deno.test("words have ids by count, equal counts in the order they came", () => {
  const t = tokenizer();
  t.fitOnTexts(["suka film, suka!", "Film baru"]);
  deepEqual([...t.wordIndex], [["suka", 1], ["film", 2], ["baru", 3]]);
  deepEqual(t.textsToSequences(["film BARU lain"]), [[2, 3]]);
  deepEqual(t.sequencesToTexts([[2, 3, 9]]), ["film baru"]);
});
Deno.test("the token for unknown words has id 1 and stands for those beyond numWords", () => {
  const t = tokenizer({ numWords: 3, oovToken: "<OOV>" });
  t.fitOnTexts(["a a a b b c"]);
  deepEqual(t.textsToSequences(["a b c d"]), [[2, 1, 1, 1]]);
  deepEqual(t.sequencesToTexts([[2, 1]]), ["a <OOV>"]);
});
Deno.test("characters are code points, and every script comes back as it was", () => {
  const text = "né漢🙂שלום";
  const t = tokenizer({ charLevel: true, lower: false });
  t.fitOnTexts([text]);
  deepEqual(t.sequencesToTexts(t.textsToSequences([text])), [Array.from(text).join(" ")]);
});
Deno.test("matrices count, weigh and say what is there", () => {
  const t = tokenizer();
  t.fitOnTexts(["a a b", "b c"]);
  deepEqual(Array.from(toNumbers(t.textsToMatrix(["a a c"], "count"))), [0, 2, 0, 1]);
  deepEqual(Array.from(toNumbers(t.textsToMatrix(["a a c"]))), [0, 1, 0, 1]);
  const idf = Math.log(1 + 2 / (1 + 1));
  deepEqual(toNumbers(t.textsToMatrix(["a a c"], "tfidf"))[1], (1 + Math.log(2)) * idf);
  throws(() => tokenizer().textsToMatrix(["a"]), /expected numWords, or texts to be fitted on first/);
});
Deno.test("a tokenizer written and read is the same, words that look like numbers in their order", () => {
  const t = tokenizer({ filters: "", oovToken: "?" });
  t.fitOnTexts(["tahun 2024 tahun 7 __proto__"]);
  const again = tokenizerFromJSON(JSON.stringify(t.toJSON()));
  deepEqual([...again.wordIndex], [...t.wordIndex]);
  deepEqual([...again.wordCounts], [...t.wordCounts]);
  deepEqual(again.options, t.options);
  again.fitOnTexts(["7 7"]);
  deepEqual(again.textsToSequences(["7 2024"]), [[2, 4]]);
  throws(() => tokenizerFromJSON("{}"), /tokenizer: config: expected an object/);
  throws(() => tokenizerFromJSON("{"), /tokenizer: is not JSON/);
});
Deno.test("rows are cut and filled at the front, or where asked", () => {
  deepEqual(padSequences([[1, 2, 3], [4]], { maxlen: 2 }).data, Int32Array.of(2, 3, 0, 4));
  const post = padSequences([[1, 2, 3], [4]], { maxlen: 2, padding: "post", truncating: "post", value: -1 });
  deepEqual(post.data, Int32Array.of(1, 2, 4, -1));
  deepEqual(padSequences([[0.5], []], { dtype: "float32", value: 9.5 }).data, Float32Array.of(0.5, 9.5));
  deepEqual(padSequences([[[1, 2]], [[3, 4], [5, 6]]]).shape, [2, 2, 2]);
  throws(() => padSequences([[1]], { maxlen: -1 }), /maxlen: expected integer >= 0/);
});
