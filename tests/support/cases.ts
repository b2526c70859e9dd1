/** Reference cases: folders with a `case.json`, model files and `.npy` inputs and outputs written by Keras. @module */
import type { RuntimeValue } from "../../core/values/tensor.ts";
import {
  castTensor,
  loadModel,
  type LoadOptions,
  type Model,
  readNpy,
  type Tensor,
  tensor,
} from "../../mod.ts";
import { differences } from "../../public/evaluation.ts";
import { toNumbers } from "../../public/tensors.ts";
import { exists } from "./sources.ts";

/** The engines that every case runs on. */
export const backends: readonly string[] = ["wasm", "plain", "onnxruntime"];

/** A tensor file that a case names. */
export interface CaseTensor {
  readonly name?: string;
  readonly file: string;
  readonly shape: readonly number[];
  readonly dtype: string;
}
/** Inputs and the outputs that Keras gave for them. */
export interface Call {
  readonly inputs: readonly CaseTensor[];
  readonly outputs: readonly CaseTensor[];
}
/** What a broken file must lead to. */
export interface ExpectedError {
  readonly outcome: "error" | "error_or_loads" | "error_or_warning" | "error_or_ignored" | "loads";
  readonly must_name_any_of: readonly string[];
  readonly must_name_all_of?: readonly string[];
}
/** `case.json`, as far as forward passes read it. */
export interface CaseFile extends Call {
  readonly name: string;
  readonly kind?: string;
  readonly files: Readonly<Record<string, string>>;
  readonly calls?: readonly Call[];
  readonly stateful?: boolean;
  readonly tolerance: { readonly atol: number; readonly rtol: number } | null;
  readonly expect_error?: ExpectedError;
  readonly predictions?: Readonly<Record<string, CaseTensor>>;
  readonly metrics?: Readonly<Record<string, unknown>>;
  readonly data?: CaseData;
}
/** How a model's data is made from a data set. */
export interface CaseData {
  readonly files: readonly { readonly file: string; readonly role: string; readonly labels?: string }[];
  readonly columns?: string;
  readonly parameters: Readonly<Record<string, number | string>>;
}
/** A case and where it lies. */
export interface Case extends CaseFile {
  readonly folder: URL;
}
/** A model file of a case, with the file that holds its weights where that is another one. */
export interface ModelFile {
  readonly file: string;
  readonly weights?: string;
}
/** How far an output is from the expected one. */
export interface Comparison {
  readonly within: boolean;
  readonly max: number;
  readonly mean: number;
  /** What is wrong, in a few words. */
  readonly problem?: string;
}

/** Reads one case. */
export async function readCase(folder: URL): Promise<Case> {
  const text = await Deno.readTextFile(new URL("case.json", folder));
  return { ...JSON.parse(text) as CaseFile, folder };
}

/** The cases below a folder in order of name; the folder itself may be a case. */
export async function listCases(folder: URL): Promise<Case[]> {
  if (await exists(new URL("case.json", folder))) return [await readCase(folder)];
  const names: string[] = [];
  for await (const entry of Deno.readDir(folder)) {
    const below = new URL(`${encodeURIComponent(entry.name)}/case.json`, folder);
    if (entry.isDirectory && await exists(below)) names.push(entry.name);
  }
  names.sort();
  return await Promise.all(names.map((name) => readCase(new URL(`${encodeURIComponent(name)}/`, folder))));
}

/** A tensor of the case's folder; strings are JSON, `{shape, data}`. */
export async function caseTensor(one: Case, file: string): Promise<Tensor> {
  if (file.endsWith(".json")) {
    const { shape, data } = JSON.parse(await Deno.readTextFile(new URL(file, one.folder))) as {
      readonly shape: readonly number[];
      readonly data: string[];
    };
    return tensor(data, shape, "string");
  }
  return readNpy(await Deno.readFile(new URL(file, one.folder)));
}

/** All tensors of a list, in order. */
export function caseTensors(one: Case, list: readonly CaseTensor[]): Promise<Tensor[]> {
  return Promise.all(list.map(({ file }) => caseTensor(one, file)));
}

const isWeights = (file: string, format: string) =>
  file.endsWith(".weights.h5") || file === "weights.h5" || /weights-h5/.test(format);
const isPartner = (file: string) => /^(encoder|decoder|stateful|trained)\./.test(file);

/**
 * The model files of a case, each of which must give the same outputs: whole models as they are, weights
 * files with the configuration of `config.json` or of a whole model beside them.
 */
export function modelFiles(one: Case): ModelFile[] {
  const files = Object.entries(one.files).filter(([file]) => /\.(h5|keras|json)$/.test(file));
  const weights = files.filter(([file, format]) => isWeights(file, format)).map(([file]) => file);
  const whole = files.map(([file]) => file).filter((file) =>
    /\.(h5|keras)$/.test(file) && !weights.includes(file) && !isPartner(file)
  );
  const config = "config.json" in one.files ? "config.json" : whole.toSorted().at(-1);
  return [
    ...whole.map((file) => ({ file })),
    ...(config === undefined ? [] : weights.map((file) => ({ file: config, weights: file }))),
  ];
}

/** Loads one model file of a case. */
export function loadCase(one: Case, { file, weights }: ModelFile, options: LoadOptions = {}): Promise<Model> {
  const own = weights === undefined ? {} : { weights: new URL(weights, one.folder) };
  return loadModel(new URL(file, one.folder), { ...options, ...own });
}

/** Whatever runs as a model does. */
export type Runs = Pick<Model, "inputs" | "outputs"> & {
  run(inputs: Readonly<Record<string, RuntimeValue>>): Promise<Readonly<Record<string, Tensor>>>;
};

/** Tensors under the model's input names: by name where the case's names are the model's, else in order. */
export function feed(
  model: Pick<Model, "inputs">,
  names: readonly (string | undefined)[],
  tensors: readonly Tensor[],
): Record<string, Tensor> {
  const wanted = model.inputs.map(({ name }) => name);
  const byName = names.every((name) => name !== undefined && wanted.includes(name));
  const fed: Record<string, Tensor> = {};
  tensors.forEach((t, i) => {
    const spec = byName ? model.inputs.find(({ name }) => name === names[i]) : model.inputs[i];
    if (spec !== undefined) fed[spec.name] = castTensor(t, spec.dtype);
  });
  return fed;
}

/** Runs a model and gives its outputs in order. */
export async function outputsOf(model: Runs, inputs: Readonly<Record<string, Tensor>>): Promise<Tensor[]> {
  const out = await model.run(inputs);
  return model.outputs.map(({ name }) => {
    const value = out[name];
    if (value === undefined) throw new Error(`no output ${name}`);
    return value;
  });
}

/** Compares numbers: `|got - expected| <= atol + rtol · |expected|`. */
export function compare(got: Tensor, expected: Tensor, atol: number, rtol: number): Comparison {
  if (`${got.shape}` !== `${expected.shape}`) {
    const problem = `shape [${got.shape}], expected [${expected.shape}]`;
    return { within: false, max: Infinity, mean: Infinity, problem };
  }
  if (expected.dtype === "string") {
    const wrong = expected.data.length -
      Array.from(expected.data as readonly string[]).filter((w, i) => w === got.data[i]).length;
    const far = wrong > 0 ? Infinity : 0;
    return {
      within: wrong === 0,
      max: far,
      mean: far,
      ...(wrong > 0 && { problem: `${wrong} strings differ` }),
    };
  }
  const a = toNumbers(got), b = toNumbers(expected);
  const { max, mean } = differences(a, b);
  let out = 0, worst = 0;
  for (let i = 0; i < b.length; i++) {
    const wanted = b[i] ?? NaN, over = Math.abs((a[i] ?? NaN) - wanted) - (atol + rtol * Math.abs(wanted));
    if (over <= 0 || Object.is(a[i], wanted)) continue;
    out++;
    if (over > worst || Number.isNaN(over)) worst = over;
  }
  if (out === 0) return { within: true, max, mean };
  return {
    within: false,
    max,
    mean,
    problem: `${out} of ${b.length} off, largest by ${max.toExponential(2)}`,
  };
}

/** Runs every call of a case on a loaded model; consecutive calls share its states. */
export async function checkCalls(one: Case, model: Runs, calls?: readonly Call[]): Promise<Comparison> {
  const { atol, rtol } = one.tolerance ?? { atol: 0, rtol: 0 };
  let max = 0, mean = 0;
  for (const call of calls ?? one.calls ?? [one]) {
    const names = call.inputs.map(({ name }) => name);
    const got = await outputsOf(model, feed(model, names, await caseTensors(one, call.inputs)));
    if (got.length !== call.outputs.length) {
      const problem = `${got.length} outputs, expected ${call.outputs.length}`;
      return { within: false, max: Infinity, mean: Infinity, problem };
    }
    for (const [i, expected] of (await caseTensors(one, call.outputs)).entries()) {
      const mine = got[i];
      if (mine === undefined) continue;
      const found = compare(mine, expected, atol, rtol);
      if (!found.within) return found;
      max = Math.max(max, found.max);
      mean = Math.max(mean, found.mean);
    }
  }
  return { within: true, max, mean };
}
