/** Text on hard files: equal to Keras by hash, every character kept; labels, word vectors, what a model's file keeps. @module */
import { deepStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import { input, loadModel, sequential, type Tensor, tensor } from "../../mod.ts";
import { labelEncoder, parseCsv } from "../../public/data.ts";
import { dense, embedding, globalAveragePooling1d } from "../../public/layers.ts";
import { toNumbers } from "../../public/tensors.ts";
import {
  buildVocabulary,
  embeddingMatrix,
  pairPreprocessor,
  pairPreprocessorOf,
  readWordVectors,
  textPreprocessor,
  textPreprocessorOf,
  textVectorizer,
  tokenizer,
  type TokenRules,
} from "../../public/text.ts";

const fixtures = new URL("../fixtures/text/", import.meta.url);
const shared = new URL("../../../shared/data/", import.meta.url);
const hashes = JSON.parse(await Deno.readTextFile(new URL("hashes.json", fixtures))) as Record<
  string,
  Record<string, string>
>;
/** The file's text, a byte order mark kept; undefined where it isn't there. */
async function textOf(name: string): Promise<string | undefined> {
  for (const url of [new URL(name, fixtures), new URL(`tokenizer/${name}`, shared)]) {
    const bytes = await Deno.readFile(url).catch(() => undefined);
    if (bytes) return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  }
  return undefined;
}
async function digest(words: Iterable<string>, rows: readonly (readonly number[])[]): Promise<string> {
  const parts: Uint8Array[] = [], number = (n: number) => new Uint8Array(Int32Array.of(n).buffer);
  for (const word of words) {
    const bytes = new TextEncoder().encode(word);
    parts.push(number(bytes.length), bytes);
  }
  for (const row of rows) parts.push(number(row.length), new Uint8Array(Int32Array.from(row).buffer));
  const whole = new Uint8Array(await new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer());
  return Array.from(
    new Uint8Array(await crypto.subtle.digest("SHA-256", whole)),
    (b) => b.toString(16).padStart(2, "0"),
  )
    .join("");
}
function vectorized(lines: readonly string[], rules: TokenRules = {}, maxTokens = Infinity) {
  const vocabulary = buildVocabulary(lines, { ...rules, maxTokens });
  const { ids } = textVectorizer({ ...rules, vocabulary, length: 1 });
  return digest(vocabulary, lines.map(ids));
}
function tokenized(lines: readonly string[], options: Parameters<typeof tokenizer>[0]) {
  const t = tokenizer(options);
  t.fitOnTexts(lines);
  return digest(t.wordIndex.keys(), t.textsToSequences(lines));
}

for (const [name, want] of Object.entries(hashes)) {
  const text = await textOf(name);
  Deno.test({
    name: `${name}: ids of words and characters are those of Keras`,
    ignore: text === undefined,
    fn: async () => {
      const lines = (text ?? "").split("\n");
      deepStrictEqual({
        words: await vectorized(lines),
        "words, 500 at most, only lower": await vectorized(lines, { standardize: "lower" }, 500),
        characters: await vectorized(lines, { standardize: "none", split: "character" }),
        "characters, standardized": await vectorized(lines, { split: "character" }),
        tokenizer: await tokenized(lines, { oovToken: "<OOV>" }),
        "tokenizer, characters": await tokenized(lines, { charLevel: true, lower: false }),
      }, want);
    },
  });
  Deno.test({
    name: `${name}: every character comes back as it was`,
    ignore: text === undefined,
    fn: () => {
      const rules = { standardize: "none", split: "character" } as const, whole = text ?? "";
      const codec = textVectorizer({ ...rules, vocabulary: buildVocabulary([whole], rules), length: 1 });
      ok(codec.text(codec.ids(whole)) === whole);
    },
  });
}

Deno.test("labels are numbered in the order of their code points, and an unknown one is named", () => {
  const labels = labelEncoder(), y = labels.fitTransform(["b", "a", "\u{1F600}", "\uFF5E", "a"]);
  deepStrictEqual(labels.classes, ["a", "b", "\uFF5E", "\u{1F600}"]);
  deepStrictEqual(y.data, Int32Array.of(1, 0, 3, 2, 0));
  deepStrictEqual(labels.inverseTransform(y), ["b", "a", "\u{1F600}", "\uFF5E", "a"]);
  throws(
    () => labelEncoder(["positive"]).transform(["positve"]),
    /"positve" of row 1 .* \(is positive meant\?\)/,
  );
  throws(() => labels.inverseTransform([4]), /class 4 is outside 0 to 3/);
  throws(() => labelEncoder().transform(["a"]), /call fit\(labels\) first/);
  throws(() => labelEncoder(["a", "a"]), /"a" stands twice/);
});

const rows = [
  { text: "Enak dan murah!", label: "positive" },
  { text: "Tidak enak, mahal", label: "negative" },
  { text: "biasa saja", label: "neutral" },
];
Deno.test("a preprocessor learns words, length and classes from a table, objects or texts", async () => {
  const table = { header: ["label", "text"], rows: rows.map(({ text, label }) => [label, text]) };
  const objects = textPreprocessor({ maxWords: 6 }), same = textPreprocessor({ maxWords: 6 });
  const { x, y } = await objects.fitTransform(rows);
  deepStrictEqual(await same.fitTransform(table), { x, y });
  deepStrictEqual(objects.vocabulary, ["", "[UNK]", "enak", "tidak", "saja", "murah"]);
  deepStrictEqual([objects.vocabularySize, objects.maxLength, x.shape], [6, 3, [3, 3]]);
  deepStrictEqual(y?.data, Int32Array.of(2, 0, 1));
  deepStrictEqual(objects.transform(["enak sekali"]), {
    x: { dtype: "int32", shape: [1, 3], data: Int32Array.of(2, 1, 0) },
    y: undefined,
  });
  throws(
    () => objects.transform([{ text: "x", label: "bagus" }]),
    /label "bagus" of row 1 is none of the 3 classes/,
  );
  throws(() => objects.transform([{ review: "x" }]), /no column text; there are review/);
  throws(() => objects.transform([{ text: "x" }, { text: 5n }]), /row 2: expected text in "text", got/);
  throws(() => textPreprocessor().transform(rows), /call fit\(rows\) first/);
  throws(() => textPreprocessor({ maxWords: 1 }), /maxWords: expected integer >= 2/);
  throws(() => textPreprocessor({ maxLength: 0 }), /textPreprocessor.length: expected integer >= 1/);
  await rejects(textPreprocessor().fit([]), /there are no rows to fit on/);
});
Deno.test("a model's file keeps the preprocessor", async () => {
  const texts = textPreprocessor({ maxLength: 4, padding: "pre", split: "character", standardize: "lower" });
  const { x } = await texts.fitTransform(rows);
  using model = sequential([
    input({ shape: [4], dtype: "int32" }),
    embedding({ inputDim: texts.vocabularySize, outputDim: 2 }),
    globalAveragePooling1d(),
    dense({ units: 3, activation: "softmax" }),
  ]);
  using again = await loadModel(await model.toBytes(".keras", { extras: texts.extras }));
  const held = textPreprocessorOf(again);
  deepStrictEqual(held?.transform(rows).x, x);
  deepStrictEqual(held.labels.classes, ["negative", "neutral", "positive"]);
  strictEqual(textPreprocessorOf(model), undefined);
});
Deno.test("pairs begin and end, are padded behind, and a file keeps both vocabularies", () => {
  const pairs = pairPreprocessor({ target: { split: "character", standardize: "none" } });
  const { source, targetIn, targetOut, weights } = pairs.fitTransform([["satu dua", "1é"], ["dua", "2"]]);
  deepStrictEqual(pairs.target.vocabulary.slice(0, 4), ["", "[UNK]", "[start]", "[end]"]);
  const [one, e, two] = ["1", "é", "2"].map((c) => pairs.target.vocabulary.indexOf(c));
  deepStrictEqual(source.shape, [2, 2]);
  deepStrictEqual(Array.from(toNumbers(targetIn)), [2, one, e, 2, two, 0]);
  deepStrictEqual(Array.from(toNumbers(targetOut)), [one, e, 3, two, 3, 0]);
  deepStrictEqual(Array.from(toNumbers(weights)), [1, 1, 1, 1, 1, 0]);
  const again = pairPreprocessorOf({ extras: JSON.parse(JSON.stringify(pairs.extras)) });
  deepStrictEqual(again?.transform([["dua", "1"]]), pairs.transform([["dua", "1"]]));
});

const bytes = (text: string) => new TextEncoder().encode(text);
Deno.test("word vectors are read as a stream, whatever its pieces; the first of two lines counts", async () => {
  const text = "enak 0.5 -1\nmahal -2.5e-1 2\r\nNew York 1 1\nenak 9 9\n";
  const all = bytes(text);
  const pieces = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(c) {
      for (let i = 0; i < all.length; i += 3) c.enqueue(all.slice(i, i + 3));
      c.close();
    },
  });
  const found = await readWordVectors(pieces, { dimension: 2 });
  deepStrictEqual([...found.vectors.keys()], ["enak", "mahal", "New York"]);
  deepStrictEqual(found.vectors.get("mahal"), Float32Array.of(-0.25, 2));
  deepStrictEqual(found.duplicates, [{ word: "enak", line: 4, first: 1 }]);
  deepStrictEqual((await readWordVectors(bytes("2 3\na 1 2 3\nb 1 2 3\n"))).dimension, 3);
});
Deno.test("a line of word vectors that doesn't fit is named", async () => {
  const fails = (text: string, why: RegExp) => rejects(readWordVectors(bytes(text), { file: "g.txt" }), why);
  await fails("a 1 2\nb 1\n", /^FormatError: g.txt: line 2: expected a word and 2 numbers, got "b 1"/);
  await fails("a 1 2\n\nb 1 x\n", /g.txt: line 3: "x" is not a number/);
  await fails("\n", /g.txt: holds no word vectors/);
  await rejects(readWordVectors(Uint8Array.of(97, 32, 49, 10, 0xff, 32, 49)), /is not UTF-8 text/);
  await rejects(readWordVectors("no/such/file.txt"), /no\/such\/file.txt: there is no such file/);
  await rejects(
    readWordVectors(bytes("a 1 2 3\n"), { dimension: 4 }),
    /line 1: expected a word and 4 numbers/,
  );
});
Deno.test("an embedding begins with the vectors, and the coverage counts types and tokens", async () => {
  const vectors = await readWordVectors(bytes("enak 1 2\nmurah 3 4\nlain 5 6\n"), {
    words: ["enak", "murah", "mahal"],
  });
  strictEqual(vectors.vectors.has("lain"), false);
  const vocabulary = ["", "[UNK]", "enak", "mahal", "murah"], tokens = ["enak", "enak", "mahal"];
  const { matrix, coverage } = embeddingMatrix(vectors, vocabulary, { tokens, missing: "zeros" });
  deepStrictEqual(matrix.data, Float32Array.of(0, 0, 0, 0, 1, 2, 0, 0, 3, 4));
  deepStrictEqual(coverage, { found: 2, types: 3, typeShare: 2 / 3, tokenShare: 2 / 3, missing: ["mahal"] });
  const drawn = embeddingMatrix(vectors, vocabulary, { seed: 1 });
  deepStrictEqual(drawn.matrix.data.slice(0, 2), Float32Array.of(0, 0));
  ok(drawn.matrix.data[2] !== 0 && drawn.matrix.data[6] !== 0);
  deepStrictEqual(embeddingMatrix(vectors, vocabulary, { seed: 1 }), drawn);
  using model = sequential([
    input({ shape: [null], dtype: "int32" }),
    embedding({ inputDim: 5, outputDim: 2, name: "words", trainable: false }),
  ], { weights: new Map([["sequential/words/embeddings", matrix]]) });
  deepStrictEqual((await model.predict(tensor([[4, 2]])) as Tensor).data, Float32Array.of(3, 4, 1, 2));
});

const glove = new URL("wordvectors/glove.twitter.27B.25d.top12k.txt", shared);
const reviews = new URL("nusax-sentiment/english/", shared);
Deno.test({
  name: "GloVe covers of NusaX' English words what the data set's page says",
  ignore: !(await Deno.stat(glove).then(() => true, () => false)),
  fn: async () => {
    const table = parseCsv(await Deno.readFile(new URL("train.csv", reviews)));
    const texts = textPreprocessor({ embeddingFile: glove });
    await texts.fit(table);
    const { tokenShare = 0, typeShare } = texts.embeddings?.coverage ?? { typeShare: 0 };
    // .876 and .663 there, with a tokenizer of its own.
    ok(Math.abs(tokenShare - 0.876) < 0.03 && Math.abs(typeShare - 0.663) < 0.05);
  },
});
