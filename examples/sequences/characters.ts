/** A character generator: an LSTM over one-hot characters, on windows of a text from random starts. @module */
import { input, sequential, tensor } from "../../mod.ts";
import { dense, embedding, lstm } from "../../public/layers.ts";
import { adam } from "../../public/optimizers.ts";
import { generator } from "../../public/sequences.ts";
import { Random } from "../../public/tensors.ts";
import { buildVocabulary, textVectorizer } from "../../public/text.ts";

/** The four lines (Shakespeare, Hamlet, act 3, scene 1). */
export const hamlet = `To be, or not to be, that is the question:
Whether 'tis nobler in the mind to suffer
The slings and arrows of outrageous fortune,
Or to take arms against a sea of troubles`;

/** Sizes of the experiment. */
export interface CharacterSizes {
  readonly units: number;
  readonly window: number;
  readonly iterations: number;
  readonly report: number;
  readonly learningRate: number;
  readonly clip: number;
  /** What the drawn text follows. */
  readonly start: string;
  readonly sample: number;
}
/** What was found. */
export interface CharacterRun {
  /** Loss a character of the window, by iteration. */
  readonly losses: readonly (readonly [iteration: number, loss: number])[];
  /** A text drawn from the trained model, behind its start. */
  readonly sample: string;
}

/** Trains the generator on a text and draws another from it. */
export async function characters(text: string, sizes: CharacterSizes, seed: number): Promise<CharacterRun> {
  const rules = { split: "character", standardize: "none" } as const;
  const vocabulary = buildVocabulary([text], rules), size = vocabulary.length;
  const codec = textVectorizer({ ...rules, vocabulary, length: 1 }), ids = codec.ids(text);
  using model = sequential([
    input({ shape: [null], dtype: "int32" }),
    // One row of ones and zeros a character, as the tutorial feeds it: the table is the identity and stays.
    embedding({ inputDim: size, outputDim: size, embeddingsInitializer: "identity", trainable: false }),
    lstm({ units: sizes.units, returnSequences: true }),
    dense({ units: size, activation: "softmax" }),
  ], { seed });
  model.compile({
    optimizer: adam({ learningRate: sizes.learningRate, globalClipNorm: sizes.clip }),
    loss: "sparseCategoricalCrossentropy",
  });
  const random = new Random(seed), { window } = sizes, losses: [number, number][] = [];
  for (let iteration = 1; iteration <= sizes.iterations; iteration++) {
    const from = random.below(ids.length - window);
    const { loss = NaN } = await model.trainOnBatch(
      tensor(Int32Array.from(ids.slice(from, from + window)), [1, window]),
      tensor(Int32Array.from(ids.slice(from + 1, from + window + 1)), [1, window]),
    );
    if (iteration % sizes.report === 0) losses.push([iteration, loss]);
  }
  const made = generator(model);
  const prompt = codec.ids(sizes.start), drawn: number[] = [];
  for await (const id of made.generate({ prompt, length: sizes.sample, seed, exclude: [0, 1] })) {
    drawn.push(id);
  }
  made.close();
  return { losses, sample: sizes.start + codec.text(drawn) };
}
