/** What the tests of other platforms run: a model, a seeded input, and the bits that Deno gives for it. @module */
import { loadModel, type Tensor, tensor } from "../../mod.ts";
import { root } from "./sources.ts";

/** The trained CIFAR-10 CNN. */
export const cnn: URL = new URL("tests/fixtures/models/cifar_cnn/model.keras", root);

/** Pictures of seeded noise: float32 `[4, 32, 32, 3]` from 0 to 1. */
export function noise(): Tensor {
  let state = 7;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  return tensor(Float32Array.from({ length: 4 * 32 * 32 * 3 }, next), [4, 32, 32, 3]);
}

/** What Deno's wasm engine gives for the noise. */
export async function reference(): Promise<number[]> {
  using model = await loadModel(cnn, { backend: "wasm" });
  return [...(await model.predict(noise()) as Tensor).data as Float32Array];
}

/** A program for another platform: loads the model's bytes, predicts the noise and gives the numbers. */
export const program = `
export async function main({ loadModel, tensor }, bytes) {
  let state = 7;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  const x = tensor(Float32Array.from({ length: 4 * 32 * 32 * 3 }, next), [4, 32, 32, 3]);
  const model = await loadModel(bytes, { backend: "wasm" });
  const y = await model.predict(x);
  model.close();
  return [...y.data];
}
`;
