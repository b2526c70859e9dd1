/** A character generator: an RNN on windows of a text, one after another, its state carried along. @module */
import { input, sequential } from "../../mod.ts";
import { dense, embedding, simpleRnn } from "../../public/layers.ts";
import { adagrad } from "../../public/optimizers.ts";
import { generator, sequenceBatches } from "../../public/sequences.ts";
import { buildVocabulary, textVectorizer } from "../../public/text.ts";

/** Sizes of the experiment. */
export interface CharacterSizes {
  readonly units: number;
  readonly window: number;
  readonly iterations: number;
  readonly report: number;
  readonly learningRate: number;
  readonly clip: number;
  readonly sample: number;
}
/** What was found. */
export interface CharacterRun {
  /** Loss a character, as a moving mean, by iteration. */
  readonly losses: readonly (readonly [iteration: number, loss: number])[];
  /** A text drawn from the trained model. */
  readonly sample: string;
}

/** Trains the generator and draws a text from it. */
export async function characters(text: string, sizes: CharacterSizes, seed: number): Promise<CharacterRun> {
  const rules = { split: "character", standardize: "none" } as const;
  const vocabulary = buildVocabulary([text], rules), size = vocabulary.length;
  const codec = textVectorizer({ ...rules, vocabulary, length: 1 }), ids = codec.ids(text);
  using model = sequential([
    input({ shape: [null], batchSize: 1, dtype: "int32" }),
    // One row of ones and zeros a character, as the tutorial feeds it: the table is the identity and stays.
    embedding({ inputDim: size, outputDim: size, embeddingsInitializer: "identity", trainable: false }),
    simpleRnn({ units: sizes.units, returnSequences: true, stateful: true }),
    dense({ units: size, activation: "softmax" }),
  ], { seed });
  model.compile({
    optimizer: adagrad({ learningRate: sizes.learningRate, globalClipNorm: sizes.clip, epsilon: 1e-8 }),
    loss: "sparseCategoricalCrossentropy",
  });
  const pass = sequenceBatches(ids, { batchSize: 1, length: sizes.window, model });
  const losses: [number, number][] = [];
  let smooth = Math.log(size), iteration = 0;
  while (iteration < sizes.iterations) {
    for (const item of pass()) {
      const [x, y] = "x" in item ? [item.x, item.y] : item, { loss = NaN } = await model.trainOnBatch(x, y);
      smooth = 0.99 * smooth + 0.01 * loss;
      iteration++;
      if (iteration % sizes.report === 0) losses.push([iteration, smooth]);
      if (iteration === sizes.iterations) break;
    }
  }
  const prompt = codec.ids(text.slice(0, 1)), made = generator(model), drawn: number[] = [];
  for await (const id of made.generate({ prompt, length: sizes.sample, seed, exclude: [0, 1] })) {
    drawn.push(id);
  }
  made.close();
  return { losses, sample: codec.text(drawn) };
}
