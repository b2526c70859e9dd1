/** The sentiment of eight sentences by a small RNN. @module */
import { input, sequential } from "../../mod.ts";
import { dense, embedding, simpleRnn } from "../../public/layers.ts";
import { adam } from "../../public/optimizers.ts";
import { textPreprocessor } from "../../public/text.ts";

/** The sentences with their labels. */
export const sentences: readonly { readonly text: string; readonly label: string }[] = [
  { text: "I love this film", label: "positive" },
  { text: "what a wonderful day", label: "positive" },
  { text: "the food was great", label: "positive" },
  { text: "she is happy with it", label: "positive" },
  { text: "I hate this film", label: "negative" },
  { text: "what a terrible day", label: "negative" },
  { text: "the food was awful", label: "negative" },
  { text: "she is unhappy with it", label: "negative" },
];
/** Sizes of the experiment. */
export interface SentimentSizes {
  readonly embedding: number;
  readonly units: number;
  readonly epochs: number;
  readonly learningRate: number;
}

/** How many of the sentences a network trained on them gets right, and its last loss. */
export async function sentiment(
  sizes: SentimentSizes,
  seed: number,
): Promise<{ right: number; loss: number }> {
  const texts = textPreprocessor(), { x, y } = await texts.fitTransform(sentences);
  if (!y) throw new Error("the sentences have no labels");
  using model = sequential([
    input({ shape: [texts.maxLength], dtype: "int32" }),
    embedding({ inputDim: texts.vocabularySize, outputDim: sizes.embedding, maskZero: true }),
    simpleRnn({ units: sizes.units }),
    dense({ units: texts.labels.classes.length, activation: "softmax" }),
  ], { seed });
  model.compile({
    optimizer: adam({ learningRate: sizes.learningRate, globalClipNorm: 5 }),
    loss: "sparseCategoricalCrossentropy",
  });
  const { history } = await model.fit(x, y, { epochs: sizes.epochs, batchSize: 8, verbose: 0 });
  const found = texts.labels.inverseTransform(await model.predictClasses(x));
  return {
    right: found.filter((label, i) => label === sentences[i]?.label).length,
    loss: history.loss?.at(-1) ?? NaN,
  };
}
