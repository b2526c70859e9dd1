/** Word vectors in GloVe's text form, read as a stream, and the matrix that an embedding begins with. @module */
import * as args from "../../../io/files/arguments.ts";
import { ConfigError, FormatError, shown } from "../../../core/values/errors.ts";
import { type StreamLike, streamSource } from "../../../io/files/sources.ts";
import { checkSeed, Random } from "../../../core/values/random.ts";
import { checkOptions, type OptionNames } from "../../../core/values/schema.ts";
import { type Tensor, tensor } from "../../../core/values/tensor.ts";

/** How {@link readWordVectors} reads. */
export interface WordVectorsOptions {
  /** Only these words are kept, so that a large file takes little memory; all unless given. */
  readonly words?: Iterable<string>;
  /** Numbers of a vector; those of the first line unless given. */
  readonly dimension?: number;
  /** Name for messages; the path or URL unless given. */
  readonly file?: string;
}
const vectorNames: OptionNames<WordVectorsOptions> = { words: 0, dimension: 0, file: 0 };
/** Vectors by word. */
export interface WordVectors {
  /** Numbers of a vector. */
  readonly dimension: number;
  /** The vectors that were kept, in the order of the file. */
  readonly vectors: ReadonlyMap<string, Float32Array>;
  /** Lines that hold a vector, kept or not. */
  readonly lines: number;
  /** Words that stood in the file before: the first vector counts. At most a hundred are kept. */
  readonly duplicates: readonly { readonly word: string; readonly line: number; readonly first: number }[];
}

/** Lines of a stream of UTF-8, without line ends; a byte order mark is dropped. @throws {FormatError} for other bytes. */
async function* linesOf(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  file: string,
): AsyncGenerator<string> {
  const reader = stream.pipeThrough(new TextDecoderStream("utf-8", { fatal: true })).getReader();
  let rest = "", number = 0;
  try {
    while (true) {
      let part: ReadableStreamReadResult<string>;
      try {
        part = await reader.read();
      } catch (cause) {
        if (!(cause instanceof TypeError)) throw cause;
        throw new FormatError(`${file}: is not UTF-8 text after line ${number}`, { file, cause });
      }
      if (part.done) break;
      const lines = (rest + part.value).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        number++;
        yield line.endsWith("\r") ? line.slice(0, -1) : line;
      }
    }
    if (rest !== "") yield rest;
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/**
 * Reads word vectors: a word and its numbers on each line, between spaces (GloVe; a first line `COUNT DIMENSION`, as
 * word2vec and fastText write it, is passed over). A word may hold spaces itself: the last numbers are the vector.
 *
 * ```ts
 * import { readWordVectors } from "@lapis/lapis/text";
 * const text = "enak 0.5 -1\nmahal -0.25 2\n";
 * const { dimension, vectors } = await readWordVectors(new TextEncoder().encode(text), { words: ["enak"] });
 * ```
 * @throws {FormatError} naming the line that has too few numbers, or something that is none.
 */
export async function readWordVectors(
  from: StreamLike,
  options: WordVectorsOptions = {},
): Promise<WordVectors> {
  checkOptions("readWordVectors", options, vectorNames);
  const { stream: given, name } = await streamSource(from), file = options.file ?? name;
  const stream = file.endsWith(".gz") ? given.pipeThrough(new DecompressionStream("gzip")) : given;
  const wanted = options.words && new Set(options.words);
  const vectors = new Map<string, Float32Array>(), seen = new Map<string, number>();
  const duplicates: { word: string; line: number; first: number }[] = [];
  let { dimension = 0 } = options, number = 0, lines = 0;
  const wrong = (why: string) =>
    new FormatError(`${file}: line ${number}: ${why}`, { file, place: `line ${number}` });
  for await (const line of linesOf(stream, file)) {
    number++;
    if (line.trim() === "") continue;
    const parts = line.trimEnd().split(" ");
    if (number === 1 && parts.length === 2 && parts.every((p) => /^\d+$/.test(p))) {
      const said = Number(parts[1]);
      if (dimension !== 0 && said !== dimension) throw wrong(`says ${said} numbers: expected ${dimension}`);
      dimension = said;
      continue;
    }
    dimension ||= parts.length - 1;
    if (dimension < 1 || parts.length - 1 < dimension) {
      throw wrong(`expected a word and ${Math.max(dimension, 1)} numbers, got ${shown(line.slice(0, 60))}`);
    }
    const at = parts.length - dimension, word = parts.slice(0, at).join(" ");
    lines++;
    const first = seen.get(word), keep = !wanted || wanted.has(word);
    if (first !== undefined) {
      if (duplicates.length < 100) duplicates.push({ word, line: number, first });
      continue;
    }
    const vector = new Float32Array(dimension);
    for (let i = 0; i < dimension; i++) {
      const text = parts[at + i] ?? "", value = Number(text);
      if (text === "" || !Number.isFinite(value)) throw wrong(`${shown(text)} is not a number`);
      vector[i] = value;
    }
    if (!keep) continue;
    seen.set(word, number);
    vectors.set(word, vector);
  }
  if (lines === 0) throw new FormatError(`${file}: holds no word vectors`, { file });
  return { dimension, vectors, lines, duplicates };
}

/** How {@link embeddingMatrix} fills the rows of words without a vector. */
export interface EmbeddingMatrixOptions {
  /** Texts' tokens, to tell which share of them has a vector. */
  readonly tokens?: Iterable<string>;
  /** `normal` draws them with the vectors' own mean and deviation, `zeros` leaves them; normal unless given. */
  readonly missing?: "normal" | "zeros";
  /** Seed of the drawn rows; 0 unless given. */
  readonly seed?: number;
}
const matrixNames: OptionNames<EmbeddingMatrixOptions> = { tokens: 0, missing: 0, seed: 0 };
/** How much of a vocabulary, and of texts, has vectors. */
export interface Coverage {
  /** Words of the vocabulary that have one, special ones left out. */
  readonly found: number;
  /** Words of the vocabulary, special ones left out. */
  readonly types: number;
  /** Share of the vocabulary's words that have one. */
  readonly typeShare: number;
  /** Share of the texts' tokens that have one; absent without `tokens`. */
  readonly tokenShare?: number;
  /** The words without one, in the order of the vocabulary. */
  readonly missing: readonly string[];
}
/** A first value for an embedding's weights. */
export interface EmbeddingMatrix {
  /** float32 `[vocabulary, dimension]`; the row of padding is zeros. */
  readonly matrix: Tensor;
  /** What was found. */
  readonly coverage: Coverage;
}

function moments(vectors: Iterable<Float32Array>): { readonly mean: number; readonly deviation: number } {
  let n = 0, sum = 0, squares = 0;
  for (const vector of vectors) {
    for (const v of vector) [n, sum, squares] = [n + 1, sum + v, squares + v * v];
  }
  const mean = n === 0 ? 0 : sum / n;
  return { mean, deviation: Math.sqrt(Math.max(0, n === 0 ? 0 : squares / n - mean * mean)) };
}

/**
 * The weights of an embedding over a vocabulary (`""` and `"[UNK]"` first) from word vectors. Hand the matrix to a model
 * as the embedding's weight: `sequential(layers, { weights: new Map([["sequential/words/embeddings", matrix]]) })`, or
 * `model.setWeight(path, matrix)`; `embedding({ …, trainable: false })` keeps it as it is.
 *
 * ```ts
 * import { embeddingMatrix, readWordVectors } from "@lapis/lapis/text";
 * const vectors = await readWordVectors(new TextEncoder().encode("enak 0.5 -1\nmahal -0.25 2\n"));
 * const { matrix, coverage } = embeddingMatrix(vectors, ["", "[UNK]", "enak", "sedap"]);
 * console.log(matrix.shape, coverage.typeShare); // [4, 2] 0.5
 * ```
 * @throws {ConfigError} for an empty vocabulary.
 */
export function embeddingMatrix(
  given: Pick<WordVectors, "vectors" | "dimension">,
  vocabulary: readonly string[],
  options: EmbeddingMatrixOptions = {},
): EmbeddingMatrix {
  args.check("embeddingMatrix", "given", given, args.having("word vectors", "vectors", "dimension"));
  args.check("embeddingMatrix", "vocabulary", vocabulary, args.list);
  checkOptions("embeddingMatrix", options, matrixNames);
  const { vectors, dimension } = given;
  if (vocabulary.length === 0) throw new ConfigError("embeddingMatrix: the vocabulary is empty");
  const { tokens, missing: how = "normal", seed = 0 } = options,
    random = Random.of(checkSeed(seed), "vectors");
  const { mean, deviation } = moments(vectors.values());
  const data = new Float32Array(vocabulary.length * dimension), missing: string[] = [];
  let special = 0;
  vocabulary.forEach((word, id) => {
    const row = data.subarray(id * dimension, (id + 1) * dimension), vector = vectors.get(word);
    const own = word === "" || word === "[UNK]";
    if (own) special++;
    if (vector) row.set(vector);
    else {
      if (!own) missing.push(word);
      if (how === "normal" && word !== "") {
        for (let i = 0; i < dimension; i++) row[i] = mean + deviation * random.normal();
      }
    }
  });
  const types = vocabulary.length - special, found = types - missing.length;
  let all = 0, known = 0;
  for (const token of tokens ?? []) [all, known] = [all + 1, known + (vectors.has(token) ? 1 : 0)];
  return {
    matrix: tensor(data, [vocabulary.length, dimension]),
    coverage: {
      found,
      types,
      typeShare: types === 0 ? 0 : found / types,
      ...(tokens && { tokenShare: all === 0 ? 0 : known / all }),
      missing,
    },
  };
}
