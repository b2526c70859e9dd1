/** One to many: three numbers (height, frequency, phase) become a wave of many steps. @module */
import { input, sequential, type Tensor, tensor } from "../../mod.ts";
import { dense, lstm, repeatVector, timeDistributed } from "../../public/layers.ts";
import { Random } from "../../public/tensors.ts";

/** Sizes of the exercise. */
export interface WaveSizes {
  readonly steps: number;
  readonly waves: number;
  readonly units: number;
  readonly epochs: number;
}
function wavesOf(count: number, steps: number, seed: number): { readonly x: Tensor; readonly y: Tensor } {
  const random = new Random(seed), x: number[] = [], y: number[] = [];
  for (let n = 0; n < count; n++) {
    const height = 0.5 + random.uniform(), frequency = 0.1 + 0.3 * random.uniform();
    const phase = 2 * Math.PI * random.uniform();
    x.push(height, frequency, Math.sin(phase), Math.cos(phase));
    for (let t = 0; t < steps; t++) y.push(height * Math.sin(frequency * t + phase));
  }
  return {
    x: tensor(Float32Array.from(x), [count, 4]),
    y: tensor(Float32Array.from(y), [count, steps, 1]),
  };
}
/** Root mean squared error on waves that training didn't see, and that of saying 0 always. */
export async function waves(
  { steps, waves, units, epochs }: WaveSizes,
  seed: number,
): Promise<{ readonly rmse: number; readonly zero: number }> {
  const train = wavesOf(waves, steps, seed), test = wavesOf(200, steps, seed + 1000);
  using model = sequential([
    input({ shape: [4] }),
    repeatVector({ n: steps }),
    lstm({ units, returnSequences: true }),
    timeDistributed(dense({ units: 1 })),
  ], { seed });
  model.compile({ optimizer: { name: "adam", learningRate: 0.01 }, loss: "mse" });
  await model.fit(train.x, train.y, { epochs, batchSize: 32, verbose: 0 });
  const found = (await model.predict(test.x)).data as Float32Array, truth = test.y.data as Float32Array;
  const off = (of: (i: number) => number) =>
    Math.sqrt(truth.reduce((sum, v, i) => sum + (v - of(i)) ** 2, 0) / truth.length);
  return { rmse: off((i) => found[i] ?? NaN), zero: off(() => 0) };
}
