import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { fitTfIdf, type NgramOptions, tfIdfVectorizer } from "../../../public/text.ts";

/** What scikit-learn 1.9's TfidfVectorizer gives for the same texts. */
interface Judge {
  readonly texts: readonly string[];
  readonly new: readonly string[];
  readonly cases: readonly {
    readonly kind: NgramOptions;
    readonly features: readonly string[];
    readonly idf: readonly number[];
    readonly rows: readonly (readonly number[])[];
  }[];
}
const judge: Judge = JSON.parse(
  await Deno.readTextFile(new URL("../../../tests/fixtures/sklearn-tfidf.json", import.meta.url)),
);

Deno.test("features, weights and rows are scikit-learn's, of words and of characters inside words", () => {
  for (const { kind, features, idf, rows } of judge.cases) {
    const vectorizer = fitTfIdf(judge.texts, [kind]), [fitted] = vectorizer.ngrams;
    deepStrictEqual(fitted?.features, features);
    // float64 on both sides; logarithms may differ by an ulp.
    fitted?.idf.forEach((v, i) => ok(Math.abs(v - (idf[i] ?? NaN)) < 1e-14));
    const { data, shape } = vectorizer.transform(judge.new);
    deepStrictEqual(shape, [judge.new.length, features.length]);
    // Values below 1, rounded to float32: half an ulp is 3e-8.
    rows.flat().forEach((v, i) => ok(Math.abs(v - Number(data[i])) < 3.1e-8, `${kind.unit} ${i}`));
  }
});

Deno.test("several kinds stand side by side, and JSON gives the vectorizer back", () => {
  const both = fitTfIdf(judge.texts, [{ unit: "word", range: [1, 1] }, { unit: "character", range: [2, 3] }]);
  const [words, characters] = both.ngrams, again = tfIdfVectorizer(JSON.parse(JSON.stringify(both.ngrams)));
  strictEqual(both.width, (words?.features.length ?? 0) + (characters?.features.length ?? 0));
  deepStrictEqual(again.transform(judge.new), both.transform(judge.new));
});

Deno.test("a wrong range or option is refused with its place", () => {
  throws(() => fitTfIdf(["a"], [{ unit: "word", range: [3, 2] }]), /ngrams\[0\]\.range: .*got \[3, 2\]/);
  throws(
    () => fitTfIdf(["a"], [{ unit: "words", range: [1, 2] } as never]),
    /ngrams\[0\]\.unit: expected one of word, character/,
  );
});
