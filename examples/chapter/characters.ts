/** Two LSTM layers, one on the other, write on from a text, at several temperatures. @module */
import { input, sequential } from "../../mod.ts";
import { dense, dropout, embedding, lstm } from "../../public/layers.ts";
import { generator, sequenceBatches } from "../../public/sequences.ts";
import { buildVocabulary, textVectorizer } from "../../public/text.ts";

/** Sizes of the exercise. */
export interface StackSizes {
  readonly units: number;
  readonly length: number;
  readonly lanes: number;
  readonly epochs: number;
  readonly prompt: string;
  readonly sample: number;
  readonly temperatures: readonly number[];
}
/** Nats a character on the last tenth of the text, and what is written at each temperature. */
export interface StackRun {
  readonly loss: number;
  readonly samples: readonly { readonly temperature: number; readonly text: string }[];
}

/** Trains on the first nine tenths of a text. */
export async function stacked(text: string, sizes: StackSizes, seed: number): Promise<StackRun> {
  const rules = { split: "character", standardize: "none" } as const;
  const vocabulary = buildVocabulary([text], rules), size = vocabulary.length;
  const codec = textVectorizer({ ...rules, vocabulary, length: 1 }), ids = codec.ids(text);
  const at = Math.floor(ids.length * 0.9), { units, length, lanes } = sizes;
  using model = sequential([
    input({ shape: [null], batchSize: lanes, dtype: "int32" }),
    embedding({ inputDim: size, outputDim: 32 }),
    lstm({ units, returnSequences: true, stateful: true }),
    dropout({ rate: 0.2 }),
    lstm({ units, returnSequences: true, stateful: true }),
    dropout({ rate: 0.2 }),
    dense({ units: size, activation: "softmax" }),
  ], { seed });
  model.compile({
    optimizer: { name: "adam", learningRate: 0.005, globalClipNorm: 5 },
    loss: "sparseCategoricalCrossentropy",
  });
  await model.fit(sequenceBatches(ids.slice(0, at), { batchSize: lanes, length, model }), {
    epochs: sizes.epochs,
    verbose: 0,
  });
  const { loss = NaN } = await model.evaluate(
    sequenceBatches(ids.slice(at), { batchSize: lanes, length, model }),
  );
  const made = generator(model), prompt = codec.ids(sizes.prompt);
  const samples: { temperature: number; text: string }[] = [];
  for (const temperature of sizes.temperatures) {
    const drawn: number[] = [];
    const options = { prompt, length: sizes.sample, temperature, seed, exclude: [0, 1] };
    for await (const id of made.generate(options)) drawn.push(id);
    samples.push({ temperature, text: sizes.prompt + codec.text(drawn) });
  }
  made.close();
  return { loss, samples };
}
