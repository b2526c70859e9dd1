/** Counts of n-grams, weighted: TfIdfVectorizer. @module */
import { ShapeError } from "../../../core/values/errors.ts";
import type { OpDef } from "../../../core/graph/op.ts";
import { defineOp, inputOf, tensorAt } from "../../../core/ops/define.ts";
import { choice, field, int } from "../../../core/values/schema.ts";
import { dimsOf, tensorType } from "../../../core/values/shape.ts";
import { boundedSize } from "../bounds.ts";
import { anyNumbers, bigs, texts, wholes } from "../fields.ts";

interface Tfidf {
  readonly mode: "TF" | "IDF" | "TFIDF";
  readonly max_gram_length: number;
  readonly max_skip_count: number;
  readonly min_gram_length: number;
  readonly ngram_counts: readonly number[];
  readonly ngram_indexes: readonly number[];
  readonly pool_int64s: readonly bigint[] | null;
  readonly pool_strings: readonly string[] | null;
  readonly weights: readonly number[] | null;
}
const required = (doc: string) => {
  const inner = wholes(doc);
  return field<readonly number[]>({
    doc,
    expects: "whole numbers",
    json: { type: "array", items: { type: "integer" } },
    read: (raw, path) => inner.parse(raw, path) ?? undefined,
  });
};
/** Columns of the result. */
const width = (a: Tfidf) => a.ngram_indexes.reduce((n, i) => Math.max(n, i + 1), 0);

/** Words of the pool by the n-grams that they make: from each word to those that follow it, and to the gram's number. */
interface Branch {
  readonly next: Map<string, Branch>;
  gram?: number;
}
function grams(a: Tfidf): Branch {
  const pool = (a.pool_strings ?? a.pool_int64s ?? []).map(String), root: Branch = { next: new Map() };
  let number = 0;
  a.ngram_counts.forEach((start, i) => {
    const n = i + 1, end = a.ngram_counts[i + 1] ?? pool.length;
    if (start > end || end > pool.length || (end - start) % n !== 0) {
      throw new ShapeError(
        `the pool's ${n}-grams from ${start} to ${end} of ${pool.length} don't come out even`,
      );
    }
    for (let at = start; at < end; at += n, number++) {
      let branch = root;
      for (const word of pool.slice(at, at + n)) {
        let next = branch.next.get(word);
        if (!next) branch.next.set(word, next = { next: new Map() });
        branch = next;
      }
      if (n >= a.min_gram_length && n <= a.max_gram_length) branch.gram = number;
    }
  });
  return root;
}
/** Adds the counts of a row's n-grams, words at distance 1 to skips + 1. */
function count(row: readonly string[], root: Branch, a: Tfidf, found: (gram: number) => void): void {
  for (let step = 1; step <= a.max_skip_count + 1; step++) {
    for (let start = 0; start < row.length; start++) {
      let branch: Branch | undefined = root;
      for (let n = 1, at = start; n <= a.max_gram_length && at < row.length; n++, at += step) {
        branch = branch.next.get(row[at] ?? "");
        if (!branch) break;
        // One word alone has no distance.
        if (branch.gram !== undefined && (n > 1 || step === 1)) found(branch.gram);
      }
    }
  }
}

const tfidf: OpDef = defineOp<Tfidf>({
  name: "TfIdfVectorizer",
  since: 9,
  summary: "How often each n-gram of a pool stands in `[words]` or in the rows of `[batch, words]`, weighted",
  attributes: {
    mode: choice({
      doc: "TF counts, IDF weights of those there, TFIDF their product",
      of: ["TF", "IDF", "TFIDF"],
    }),
    max_gram_length: int({ doc: "longest n-gram", min: 1 }),
    max_skip_count: int({ doc: "most words left out between two of an n-gram", min: 0 }),
    min_gram_length: int({ doc: "shortest n-gram", min: 1 }),
    ngram_counts: required("where the 1-grams, 2-grams, … begin in the pool"),
    ngram_indexes: required("column of each n-gram"),
    pool_int64s: bigs("n-grams of whole numbers, one behind the other"),
    pool_strings: texts("n-grams of words, one behind the other"),
    weights: anyNumbers("weight of each n-gram"),
  },
  arity: [1, 1],
  accuracy: "exact",
  infer(c) {
    const x = dimsOf(inputOf(c, 0, ["string", "int32", "int64"]));
    if (x.length > 2) throw new ShapeError(`expected [words] or [batch, words], got rank ${x.length}`);
    return [tensorType("float32", [...x.slice(0, -1), width(c.attributes)])];
  },
  dtypes: () => [tensorType("float32")],
  gradient: "none",
  plain(inputs, { attributes: a, limits }) {
    const x = tensorAt(inputs, 0), root = grams(a), columns = width(a);
    const length = x.shape.at(-1) ?? 1, rows = length === 0 ? x.shape[0] ?? 1 : x.data.length / length;
    const all = Array.from(x.data as ArrayLike<unknown>, String), batch = x.shape.length < 2 ? 1 : rows;
    const data = new Float32Array(boundedSize([batch, columns], "float32", limits));
    for (let r = 0; r < batch; r++) {
      const times = new Map<number, number>();
      count(all.slice(r * length, (r + 1) * length), root, a, (g) => times.set(g, (times.get(g) ?? 0) + 1));
      for (const [gram, n] of times) {
        const at = r * columns + (a.ngram_indexes[gram] ?? 0), weight = a.weights?.[gram] ?? 1;
        data[at] = (data[at] ?? 0) + (a.mode === "TF" ? n : a.mode === "IDF" ? weight : n * weight);
      }
    }
    return [{ dtype: "float32", shape: [...x.shape.slice(0, -1), columns], data }];
  },
});

/** TfIdfVectorizer. */
export const tfidfOps: readonly OpDef[] = [tfidf];
