/** An encoder–decoder with attention, trained with teacher forcing. @module */
import { apply, applyAll, input, type Model, model } from "../../mod.ts";
import {
  additiveAttention,
  attention,
  bidirectional,
  concatenate,
  dense,
  dropout,
  embedding,
  gru,
} from "../../public/layers.ts";
import { adam } from "../../public/optimizers.ts";
import { cosineDecay } from "../../public/schedules.ts";
import type { PairPreprocessor, SideOptions } from "../../public/text.ts";

/** Sizes of a network and how it is trained. */
export interface Settings {
  readonly embedding: number;
  readonly units: number;
  readonly dropout: number;
  readonly attention: "dot" | "additive";
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly source: SideOptions;
  readonly target: SideOptions;
}

/**
 * A bidirectional GRU reads the source; a GRU that begins with its states writes the target, and looks back at every step.
 * Padding is masked on both sides.
 */
export function network(pairs: PairPreprocessor, settings: Settings, steps: number, seed: number): Model {
  const { units, embedding: width, dropout: rate } = settings;
  const source = input({ shape: [pairs.source.length], dtype: "int32", name: "source" });
  const target = input({ shape: [pairs.target.length + 1], dtype: "int32", name: "target" });
  const drop = () => dropout({ rate });
  const words = apply(
    embedding({ inputDim: pairs.source.vocabulary.length, outputDim: width, maskZero: true }),
    source,
  );
  const reader = bidirectional(gru({ units: units / 2, returnSequences: true, returnState: true }));
  const [read, forward, backward] = applyAll(reader, apply(drop(), words));
  if (!read || !forward || !backward) throw new Error("the encoder gives no states");
  const written = apply(
    embedding({ inputDim: pairs.target.vocabulary.length, outputDim: width, maskZero: true }),
    target,
  );
  const decoded = apply(gru({ units, returnSequences: true }), apply(drop(), written), {
    initialState: [apply(concatenate(), [forward, backward])],
  });
  const context = apply(settings.attention === "dot" ? attention() : additiveAttention(), [decoded, read]);
  const seen = apply(dense({ units, activation: "tanh" }), apply(concatenate(), [decoded, context]));
  const scores = apply(
    dense({ units: pairs.target.vocabulary.length, activation: "softmax", name: "scores" }),
    apply(drop(), seen),
  );
  const made = model({ inputs: [source, target], outputs: scores, name: "seq2seq", seed });
  made.compile({
    optimizer: adam({
      learningRate: cosineDecay({ initialLearningRate: settings.learningRate, decaySteps: steps }),
      globalClipNorm: 5,
    }),
    loss: "sparseCategoricalCrossentropy",
    metrics: ["accuracy"],
  });
  return made;
}
