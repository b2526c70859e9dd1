/** Cases that hold a model's configuration, its weights by path, and what Keras computes with them. @module */
import { loadModel, type Model, type Nested, type Tensor, tensor } from "../../mod.ts";
import { toNumbers } from "../../public/tensors.ts";
import { root } from "./sources.ts";

/** A model that Keras saved, with inputs and outputs. */
export interface SaidCase {
  readonly name: string;
  /** Of Keras. */
  readonly version: string;
  readonly config: object;
  readonly weights: Readonly<Record<string, { readonly shape: number[]; readonly data: number[] }>>;
  readonly x: readonly Nested[];
  readonly dtype: readonly ("float32" | "int32")[];
  readonly y: readonly Nested[];
}
/** The cases of a fixture. */
export async function saidCases(name: string): Promise<readonly SaidCase[]> {
  return JSON.parse(await Deno.readTextFile(new URL(`tests/fixtures/${name}.json`, root)));
}
/** The model as its file says it. */
export async function saidModel({ config, version, weights }: SaidCase, backend: string): Promise<Model> {
  const bytes = new TextEncoder().encode(JSON.stringify({ ...config, keras_version: version }));
  const made = await loadModel(bytes, { backend, warn: () => {} });
  for (const [path, { shape, data }] of Object.entries(weights)) {
    made.setWeight(path, tensor(data, shape, "float32"));
  }
  return made;
}
/** What the model is fed, in order. */
export const saidInputs = (one: SaidCase): Tensor[] =>
  one.x.map((x, i) => tensor(x, undefined, one.dtype[i]));
/** The largest difference of outputs from Keras'. */
export function saidDifferenceOf(one: SaidCase, outputs: readonly Tensor[]): number {
  return Math.max(...one.y.map((y, i) => {
    const ours = toNumbers(outputs[i] ?? tensor([])), theirs = [y].flat(9) as number[];
    return ours.length === theirs.length
      ? Math.max(...theirs.map((v, k) => Math.abs(v - (ours[k] ?? NaN))))
      : Infinity;
  }));
}
/** The largest difference of the model's outputs from Keras'. */
export async function saidDifference(model: Model, one: SaidCase): Promise<number> {
  const inputs = saidInputs(one),
    said = await model.predict(inputs.length === 1 ? inputs[0] as Tensor : inputs);
  const outputs = said instanceof Map || !("data" in said)
    ? Object.values(said) as Tensor[]
    : [said as Tensor];
  return saidDifferenceOf(one, outputs);
}
