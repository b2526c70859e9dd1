/** Reference cases of text (kind E): Keras' TextVectorization, Tokenizer and pad_sequences. @module */
import { deepEqual } from "node:assert/strict";
import { loadModel, type Tensor, tensor } from "../../mod.ts";
import { padSequences, type PadSequencesOptions } from "../../public/sequences.ts";
import { toNumbers } from "../../public/tensors.ts";
import {
  type MatrixMode,
  tokenizer,
  tokenizerFromJSON,
  type TokenizerJson,
  type TokenizerOptions,
} from "../../public/text.ts";
import { type Case, caseTensors, compare, outputsOf } from "./cases.ts";

/** What `case.json` of kind E holds. */
interface TextCase extends Case {
  readonly what: "TextVectorization" | "Tokenizer" | "pad_sequences";
  readonly texts: readonly string[];
  readonly corpus: readonly string[];
  readonly config: Readonly<Record<string, unknown>>;
  readonly sequences: readonly (readonly number[])[];
  readonly cases: readonly {
    readonly args: Readonly<Record<string, unknown>>;
    readonly dtype: string;
    readonly result: Rows;
  }[];
  readonly padded: readonly { readonly args: Readonly<Record<string, unknown>>; readonly result: Rows }[];
  readonly matrices: Readonly<Record<string, Rows>>;
  readonly texts_back: readonly string[];
  readonly text_to_word_sequence: readonly (readonly string[])[];
  readonly word_index_order: readonly string[];
  readonly word_counts: readonly (readonly [string, number])[];
  readonly word_docs: Readonly<Record<string, number>>;
  readonly document_count: number;
  readonly tokenizer_json: TokenizerJson;
}
type Rows = readonly (readonly number[])[];

const camel = (config: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(
    Object.entries(config).map(([k, v]) => [k.replace(/_([a-z])/g, (_, c: string) => c.toUpperCase()), v]),
  );
const rowsOf = (t: Tensor): Rows => {
  const [n = 0, m = 0] = t.shape, numbers = Array.from(toNumbers(t));
  return Array.from({ length: n }, (_, i) => numbers.slice(i * m, (i + 1) * m));
};

/** Checks a case of kind E; what is wrong, or nothing. */
export async function checkTextCase(one: Case, backend: string): Promise<{ problem?: string; max: number }> {
  const text = one as TextCase;
  try {
    if (text.what === "TextVectorization") return await checkVectorization(text, backend);
    if (text.what === "Tokenizer") checkTokenizer(text);
    else {for (const { args, dtype, result } of text.cases) {
        checkPadding(text.sequences, { ...args, dtype }, result);
      }}
    return { max: 0 };
  } catch (error) {
    return { problem: (error instanceof Error ? error.message : String(error)).slice(0, 400), max: 0 };
  }
}
function checkPadding(sequences: Rows, args: Readonly<Record<string, unknown>>, result: Rows): void {
  deepEqual(rowsOf(padSequences(sequences, args as PadSequencesOptions)), result);
}
async function checkVectorization(
  one: TextCase,
  backend: string,
): Promise<{ problem?: string; max: number }> {
  const { atol, rtol } = one.tolerance ?? { atol: 0, rtol: 0 };
  using model = await loadModel(new URL("model.keras", one.folder), { backend, warn: () => {} });
  const [input] = model.inputs, x = tensor([...one.texts], [one.texts.length, 1], "string");
  const [got] = await outputsOf(model, { [input?.name ?? ""]: x }),
    [want] = await caseTensors(one, one.outputs);
  if (!got || !want) return { problem: "no output", max: 0 };
  const found = compare(got, want, atol, rtol);
  return { max: found.max, ...(found.problem !== undefined && { problem: found.problem }) };
}
function checkTokenizer(one: TextCase): void {
  const made = tokenizer(camel(one.config) as TokenizerOptions);
  made.fitOnTexts(one.corpus);
  const again = tokenizerFromJSON(JSON.stringify(made.toJSON())),
    theirs = tokenizerFromJSON(one.tokenizer_json);
  deepEqual([...made.wordIndex.keys()], one.word_index_order);
  deepEqual([...made.wordCounts], one.word_counts);
  deepEqual(
    Object.fromEntries([...made.wordDocs].sort()),
    Object.fromEntries(Object.entries(one.word_docs).sort()),
  );
  deepEqual(made.documentCount, one.document_count);
  deepEqual(one.corpus.map(tokenizer().tokens), one.text_to_word_sequence.slice(0, one.corpus.length));
  for (const t of [made, again, theirs]) {
    const rows = t.textsToSequences(one.texts);
    deepEqual(rows, one.sequences);
    deepEqual(t.sequencesToTexts(rows), one.texts_back);
    for (const [mode, matrix] of Object.entries(one.matrices)) {
      const got = t.textsToMatrix(one.texts, mode as MatrixMode),
        want = tensor(matrix.map((r) => [...r]), undefined, "float64");
      const { problem } = compare(got, want, 1e-12, 1e-12);
      if (problem !== undefined) throw new Error(`matrix ${mode}: ${problem}`);
    }
    for (const { args, result } of one.padded) checkPadding(rows, args, result);
  }
}
