/**
 * Many to many: a label for each step. The text comes without its spaces; behind which letters did a word end? @module
 */
import { input, sequential, type Tensor, tensor } from "../../mod.ts";
import { bidirectional, dense, embedding, lstm, timeDistributed } from "../../public/layers.ts";

/** Sizes of the exercise. */
export interface LabellingSizes {
  readonly length: number;
  readonly units: number;
  readonly epochs: number;
}
/** Precision, recall and F1 of the word ends. */
export interface WordEnds {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}
const alphabet = "abcdefghijklmnopqrstuvwxyz'";

/** Letters as ids from 1, and whether a word ends behind each, in rows of a length. */
function rowsOf(text: string, length: number): { readonly x: Tensor; readonly y: Tensor } {
  const ids: number[] = [], ends: number[] = [];
  for (const word of text.toLowerCase().match(/[a-z']+/g) ?? []) {
    for (const [i, letter] of [...word].entries()) {
      ids.push(alphabet.indexOf(letter) + 1);
      ends.push(i === word.length - 1 ? 1 : 0);
    }
  }
  const rows = Math.floor(ids.length / length), used = rows * length;
  return {
    x: tensor(Int32Array.from(ids.slice(0, used)), [rows, length]),
    y: tensor(Float32Array.from(ends.slice(0, used)), [rows, length, 1]),
  };
}

/** Learns from the first 85 % of a text, and says how well the ends are found in the rest. */
export async function wordEnds(text: string, sizes: LabellingSizes, seed: number): Promise<WordEnds> {
  const at = Math.floor(text.length * 0.85), { length, units, epochs } = sizes;
  const train = rowsOf(text.slice(0, at), length), test = rowsOf(text.slice(at), length);
  using model = sequential([
    input({ shape: [length], dtype: "int32" }),
    embedding({ inputDim: alphabet.length + 1, outputDim: 16 }),
    bidirectional(lstm({ units, returnSequences: true })),
    timeDistributed(dense({ units: 1, activation: "sigmoid" })),
  ], { seed });
  model.compile({ optimizer: { name: "adam", learningRate: 0.005 }, loss: "binaryCrossentropy" });
  await model.fit(train.x, train.y, { epochs, batchSize: 16, verbose: 0 });
  const found = (await model.predict(test.x)).data as Float32Array, truth = test.y.data as Float32Array;
  let right = 0, said = 0, there = 0;
  found.forEach((p, i) => {
    const end = truth[i] === 1;
    if (end) there++;
    if (p > 0.5) said++;
    if (p > 0.5 && end) right++;
  });
  const precision = right / said, recall = right / there;
  return { precision, recall, f1: 2 * precision * recall / (precision + recall) };
}
