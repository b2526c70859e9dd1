/** English reviews, good or bad, by an LSTM and by one that reads both ways, on the same rows. @module */
import { input, type Layer, sequential } from "../../mod.ts";
import { earlyStopping } from "../../public/callbacks.ts";
import { splitRows } from "../../public/data.ts";
import { bidirectional, dense, dropout, embedding, lstm } from "../../public/layers.ts";
import { textPreprocessor } from "../../public/text.ts";

/** Sizes of the exercise. */
export interface ReviewSizes {
  readonly maxWords: number;
  readonly maxLength: number;
  readonly embedding: number;
  readonly units: number;
  readonly epochs: number;
}
/** A review with its class. */
export interface Review {
  readonly text: string;
  readonly label: "bad" | "good";
}
/** Lines `sentence TAB 0|1`. */
export function reviewsIn(text: string): readonly Review[] {
  return text.split("\n").filter((line) => line.includes("\t")).map((line) => {
    const at = line.lastIndexOf("\t");
    return { text: line.slice(0, at), label: line.slice(at + 1).trim() === "1" ? "good" : "bad" };
  });
}
/** Accuracy on the tenth of the rows that is for testing, for each of the two networks. */
export async function reviews(
  rows: readonly Review[],
  sizes: ReviewSizes,
  seed: number,
): Promise<{ readonly lstm: number; readonly bilstm: number }> {
  const labels = rows.map((r) => r.label);
  // The rows are the same for every seed of a network.
  const parts = splitRows(rows.length, {
    parts: { train: 0.8, validation: 0.1, test: 0.1 },
    seed: 1,
    classes: labels,
  });
  const of = (part: ArrayLike<number>) => Array.from(part, (i) => rows[i]).filter((r) => r !== undefined);
  const texts = textPreprocessor({ maxWords: sizes.maxWords, maxLength: sizes.maxLength });
  const train = await texts.fitTransform(of(parts.train));
  const validation = texts.transform(of(parts.validation)), test = texts.transform(of(parts.test));
  const accuracyOf = async (reader: () => Layer): Promise<number> => {
    using model = sequential([
      input({ shape: [texts.maxLength], dtype: "int32" }),
      embedding({ inputDim: texts.vocabularySize, outputDim: sizes.embedding, maskZero: true }),
      dropout({ rate: 0.4 }),
      reader(),
      dropout({ rate: 0.4 }),
      dense({ units: 1, activation: "sigmoid" }),
    ], { seed });
    model.compile({ optimizer: "adam", loss: "binaryCrossentropy", metrics: ["accuracy"] });
    if (!train.y || !validation.y || !test.y) throw new Error("the reviews have no labels");
    await model.fit(train.x, train.y, {
      epochs: sizes.epochs,
      batchSize: 32,
      validationData: [validation.x, validation.y],
      callbacks: [earlyStopping({ patience: 2, restoreBestWeights: true })],
      verbose: 0,
    });
    return (await model.evaluate(test.x, test.y)).accuracy ?? NaN;
  };
  const { units } = sizes;
  return {
    lstm: await accuracyOf(() => lstm({ units })),
    bilstm: await accuracyOf(() => bidirectional(lstm({ units }))),
  };
}
