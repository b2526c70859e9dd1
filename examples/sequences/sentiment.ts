/** The sentiment of eight short sentences by a small LSTM with one sigmoid. @module */
import { input, sequential } from "../../mod.ts";
import { dense, embedding, lstm } from "../../public/layers.ts";
import { adam } from "../../public/optimizers.ts";
import { textPreprocessor } from "../../public/text.ts";

/** The sentences, four of each kind, with their labels. */
export const sentences: readonly { readonly text: string; readonly label: string }[] = [
  { text: "truly lovely film", label: "positive" },
  { text: "we enjoyed it", label: "positive" },
  { text: "wonderful food here", label: "positive" },
  { text: "a great day", label: "positive" },
  { text: "truly boring film", label: "negative" },
  { text: "we hated it", label: "negative" },
  { text: "awful food", label: "negative" },
  { text: "a wasted day here", label: "negative" },
];
/** Sizes of the experiment. */
export interface SentimentSizes {
  readonly length: number;
  readonly embedding: number;
  readonly units: number;
  readonly epochs: number;
  readonly report: number;
  readonly learningRate: number;
  readonly clip: number;
}
/** What a network trained on the sentences gives. */
export interface SentimentRun {
  readonly right: number;
  readonly losses: readonly (readonly [epoch: number, loss: number])[];
  /** Probability that each sentence is positive. */
  readonly probabilities: readonly number[];
}

/** Trains on the sentences and reads them again. */
export async function sentiment(sizes: SentimentSizes, seed: number): Promise<SentimentRun> {
  const texts = textPreprocessor({ maxLength: sizes.length });
  const { x, y } = await texts.fitTransform(sentences);
  if (!y) throw new Error("the sentences have no labels");
  using model = sequential([
    input({ shape: [texts.maxLength], dtype: "int32" }),
    embedding({ inputDim: texts.vocabularySize, outputDim: sizes.embedding, maskZero: true }),
    lstm({ units: sizes.units }),
    dense({ units: 1, activation: "sigmoid" }),
  ], { seed });
  model.compile({
    optimizer: adam({ learningRate: sizes.learningRate, globalClipNorm: sizes.clip }),
    loss: "binaryCrossentropy",
  });
  const { history } = await model.fit(x, y, { epochs: sizes.epochs, batchSize: 8, verbose: 0 });
  // Classes are in order: the second, positive, is the sigmoid's 1.
  const probabilities = Array.from((await model.predict(x)).data as Float32Array);
  return {
    probabilities,
    right: probabilities.filter((p, i) => (p > 0.5) === (sentences[i]?.label === "positive")).length,
    losses: (history.loss ?? []).map((loss, i) => [i + 1, loss] as const).filter(([epoch]) =>
      epoch % sizes.report === 0
    ),
  };
}
