/** Predictions that draw random numbers: keys of a graph's random inputs, and several samples of one prediction. @module */
import { InputError, shown } from "../values/errors.ts";
import { concatRows } from "./feed.ts";
import { type Graph, typeOf } from "../graph/graph.ts";
import { checkSeed, Random } from "../values/random.ts";
import type { OptionNames } from "../values/schema.ts";
import { staticShape, type TensorType } from "../values/shape.ts";
import { castTensor, reshaped, sizeOf, type Tensor, tensor } from "../values/tensor.ts";

/** How to predict. */
export interface PredictOptions {
  /** Rows a run takes; 32 unless given. */
  readonly batchSize?: number;
  /**
   * Fixes what layers draw that are called with `training: true`, as Monte Carlo dropout has it. Given, or with `samples`,
   * such calls draw in a model of Keras 3 too, whose own `predict` has them not drop.
   */
  readonly seed?: number;
  /** How often to predict, each time with other draws: outputs get an axis of that size in front, `[samples, batch, …]`. */
  readonly samples?: number;
}
/** Their names. */
export const predictNames: OptionNames<PredictOptions> = { batchSize: 0, seed: 0, samples: 0 };
/** A graph's random inputs by name. */
export type RandomInputs = ReadonlyMap<string, TensorType>;

/** The random inputs of a graph. */
export function randomInputs(graph: Graph): RandomInputs {
  const found = new Map<string, TensorType>();
  for (const { name, id, role } of graph.inputs) {
    const type = typeOf(graph, id);
    if (role === "random" && type.kind === "tensor") found.set(name, type);
  }
  return found;
}
/** Keys for random inputs, the next ones of a stream. */
export function keysFrom(random: Random, inputs: RandomInputs): Record<string, Tensor> {
  return Object.fromEntries([...inputs].map(([name, { shape, dtype }]) => {
    const sizes = staticShape(shape) ?? [], bits = Array.from({ length: sizeOf(sizes) }, () => random.bits());
    return [name, castTensor(tensor(bits, sizes, "int64"), dtype)];
  }));
}
/** Whether options ask for draws. @throws {InputError} for a seed or a number of samples that is none. */
export function asksForDraws({ seed, samples }: PredictOptions): boolean {
  const wrong = (name: string, value: unknown, least: number) =>
    new InputError(`${name}: expected a whole number from ${least}, got ${shown(value)}`, { place: name });
  if (seed !== undefined) checkSeed(seed);
  if (samples !== undefined && !(Number.isSafeInteger(samples) && samples >= 1)) {
    throw wrong("samples", samples, 1);
  }
  return seed !== undefined || samples !== undefined;
}
/** What layers draw under a seed. */
export function drawsOf(seed: number): Random {
  return Random.of(checkSeed(seed), "draws");
}
/** The stream that a seed begins, or the model's own. */
export function streamOf(seed: number | undefined, own: Random): Random {
  return seed === undefined ? own : drawsOf(seed);
}
/** Predictions of the same rows as one, `[samples, …]`. */
export function stacked(list: readonly Tensor[], name: string): Tensor {
  return concatRows(list.map((t) => reshaped(t, [1, ...t.shape])), name);
}
