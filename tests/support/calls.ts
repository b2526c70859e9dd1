/** Small models by Keras whose calls hold masks, constants and states: configuration, weights, inputs, what Keras gave. @module */
import { deepEqual } from "node:assert/strict";
import { loadModel, type Model, type Tensor, tensor } from "../../mod.ts";
import { toNumbers } from "../../public/tensors.ts";
import { root } from "./sources.ts";

/** A tensor as the fixture holds it. */
export interface Numbers {
  readonly shape: readonly number[];
  readonly dtype: Tensor["dtype"];
  readonly data: readonly number[];
}
/** A model with what Keras computes. */
export interface CallCase {
  readonly name: string;
  /** The version. */
  readonly keras: string;
  readonly config: unknown;
  readonly weights: readonly Numbers[];
  readonly inputs: Readonly<Record<string, Numbers>>;
  readonly outputs: readonly Numbers[];
}
/** The cases of a fixture. */
export async function callCases(name: string): Promise<readonly CallCase[]> {
  return JSON.parse(await Deno.readTextFile(new URL(`tests/fixtures/${name}.json`, root)));
}
const array = ({ data, shape, dtype }: Numbers): Tensor => tensor([...data], shape, dtype);

/** The model with its weights. */
export async function callModel(
  one: CallCase,
  backend: string,
  warn: (line: string) => void = () => {},
): Promise<Model> {
  const model = await loadModel(new TextEncoder().encode(JSON.stringify(one.config)), { backend, warn });
  [...model.weights.keys()].forEach((path, i) => {
    const value = one.weights[i];
    if (value) model.setWeight(path, array(value));
  });
  return model;
}
/** What the model is fed. */
export function callInputs(one: CallCase, model: Pick<Model, "inputs">): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(one.inputs).map(([name, x], i) => {
      const port = model.inputs.find((p) => p.name === name) ?? model.inputs[i];
      return [port?.name ?? name, array(x)] as const;
    }),
  );
}
/** The largest difference from Keras' outputs, of the largest of each. */
export function callDifference(one: CallCase, outputs: readonly Tensor[]): number {
  deepEqual(outputs.map((t) => t.shape), one.outputs.map((t) => t.shape));
  return Math.max(...one.outputs.map((want, i) => {
    const got = toNumbers(outputs[i] as Tensor);
    const largest = Math.max(1e-30, ...want.data.map((v) => Math.abs(Number(v))));
    return Math.max(...want.data.map((v, k) => Math.abs(Number(v) - (got[k] ?? NaN)))) / largest;
  }));
}
