/** Models of KerasHub's as files, with inputs and what Keras computes from them. @module */
import { deepEqual } from "node:assert/strict";
import { type DType, type Model, type Tensor, tensor } from "../../mod.ts";
import { toNumbers } from "../../public/tensors.ts";
import { openZip } from "../../io/archives/zip.ts";
import { root } from "./sources.ts";

interface Numbers {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: readonly number[];
}
/** Inputs and outputs by name; those without names under the empty one. */
export interface Values {
  readonly inputs: Readonly<Record<string, Numbers>>;
  readonly outputs: Readonly<Record<string, Numbers>>;
}
/** A folder of such files. */
export interface HubModels {
  /** Names of the files. */
  readonly files: readonly string[];
  /** Where one lies. */
  at(file: string): URL;
  /** Its numbers. */
  values(file: string): Values;
}
/** The files of a folder of fixtures. */
export function hubModels(name: string): HubModels {
  const folder = new URL(`tests/fixtures/${name}/`, root);
  return {
    files: [...Deno.readDirSync(folder)].map((e) => e.name).filter((n) => n.endsWith(".keras")).sort(),
    at: (file) => new URL(file, folder),
    values: (file) => JSON.parse(Deno.readTextFileSync(new URL(`${file.split(".")[0]}.json`, folder))),
  };
}
/** Inputs as a model takes them. */
export function given({ inputs }: Values): Tensor | Readonly<Record<string, Tensor>> {
  const data = Object.fromEntries(
    Object.entries(inputs).map(([name, v]) => [name, tensor([...v.data], v.shape, v.dtype)]),
  );
  const [only, ...more] = Object.values(data);
  return only && more.length === 0 ? only : data;
}
/** The largest difference of a model's outputs from Keras', in parts of the largest number. */
export async function differenceOf(model: Model, values: Values): Promise<number> {
  return furthest(await model.predictAll(given(values)), values);
}
/** The same of outputs in Keras' order. */
export function furthest(outputs: readonly Tensor[], { outputs: wanted }: Values): number {
  const names = Object.keys(wanted).sort();
  deepEqual(outputs.length, names.length);
  return Math.max(...outputs.map((out, i) => {
    const { shape, data } = wanted[names[i] ?? ""] as Numbers, numbers = toNumbers(out);
    deepEqual(out.shape, shape);
    const most = data.reduce((m, v) => Math.max(m, Math.abs(v)), 1e-30);
    return data.reduce((m, w, k) => Math.max(m, Math.abs(w - (numbers[k] ?? NaN))), 0) / most;
  }));
}
/** The configuration in a `.keras` file. */
export async function configOfKeras(path: URL | string): Promise<Readonly<Record<string, unknown>>> {
  const archive = openZip(await Deno.readFile(path));
  const text = new TextDecoder().decode(archive.read("config.json"));
  // Python's numbers that JSON doesn't have.
  return JSON.parse(text.replace(/(-?Infinity|NaN)(?=[,\]}])/g, "null"));
}
