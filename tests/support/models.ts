/** Checks a trained model's folder: every file on the sample rows, the whole test split, states, and greedy decoding. @module */
import { loadModel, type Model, type Tensor, tensor } from "../../mod.ts";
import { classesOf } from "../../public/evaluation.ts";
import { toNumbers } from "../../public/tensors.ts";
import {
  type Case,
  type CaseTensor,
  caseTensor,
  checkCalls,
  compare,
  feed,
  loadCase,
  modelFiles,
  outputsOf,
} from "./cases.ts";
import { hasSplit, probabilityOfTrue, type Split, testSplit } from "./splits.ts";

/** What the check of a folder found. */
export interface FolderCheck {
  /** What is wrong, or nothing. */
  problem?: string;
  /** Largest difference from Keras over the whole test split (the sample rows where it can't be rebuilt). */
  max: number;
  mean: number;
  /** Rows or positions of the split whose class is Keras', of how many. */
  same?: number;
  of?: number;
  /** The share of the classes that are true, and the classes' F1, where labels are known. */
  classes?: { readonly predicted: Int32Array; readonly truth: Int32Array };
}

/** Checks everything that a model's folder holds; the test split only where its data set is in `sets`. */
export async function checkModelFolder(one: Case, backend: string, sets?: URL): Promise<FolderCheck> {
  const data = sets !== undefined && await hasSplit(one, sets) ? sets : undefined;
  const result: FolderCheck = { max: 0, mean: 0 };
  const options = { backend, warn: () => {} };
  const fail = (problem: string) => ({ ...result, problem });
  for (const [i, file] of modelFiles(one).entries()) {
    const name = file.weights ?? file.file;
    const model = await loadCase(one, file, options);
    try {
      // The demo's folder holds no sample rows: its whole test split is made from the texts.
      if (one.inputs?.every((input) => input.file !== undefined) !== false) {
        const found = await checkCalls(one, model);
        if (!found.within) return fail(`${name}: sample rows: ${found.problem}`);
        result.max = Math.max(result.max, found.max);
        result.mean = Math.max(result.mean, found.mean);
      } else if (data === undefined) return fail(`${name}: neither sample rows nor a test split`);
      if (i > 0 || data === undefined) continue;
      const split = await checkSplit(one, model, await testSplit(one, data));
      Object.assign(result, split);
      if (split.problem !== undefined) return fail(`${name}: test split: ${split.problem}`);
    } finally {
      model.close();
    }
  }
  const problem = await checkStateful(one, options) ?? await checkPartners(one, options, data);
  return problem === undefined ? result : fail(problem);
}

/** Rows of a run: large splits are cut so that every engine's memory stays small. */
const batchSize = 256;

/** The model's outputs for a whole split. */
export async function predictSplit(model: Model, split: Split): Promise<Tensor> {
  const inputs = feed(model, split.inputs.map(() => undefined), split.inputs);
  const [out] = await model.predictAll(inputs, { batchSize });
  if (out === undefined) throw new Error("no output");
  return out;
}

async function checkSplit(one: Case, model: Model, split: Split): Promise<FolderCheck> {
  const { atol, rtol } = one.tolerance ?? { atol: 0, rtol: 0 };
  const output = await predictSplit(model, split);
  const expected = await caseTensor(one, "predictions.npy");
  const perToken = output.shape.length === 3;
  const got = perToken ? probabilityOfTrue(output, split.labels ?? new Int32Array()) : output;
  const found = compare(got, expected, atol, rtol);
  const base: FolderCheck = { max: found.max, mean: found.mean };
  if (!found.within) return { ...base, problem: found.problem ?? "differs" };
  if ((output.shape.at(-1) ?? 1) < 2) return base;
  const classes = classesOf(output);
  const theirs = perToken ? toNumbers(await caseTensor(one, "argmax.npy")) : classesOf(expected);
  let same = 0;
  classes.forEach((c, i) => same += c === theirs[i] ? 1 : 0);
  const counted = { ...base, same, of: classes.length };
  if (same !== classes.length) return { ...counted, problem: `${classes.length - same} other classes` };
  if (perToken || split.labels === undefined) return counted;
  return { ...counted, classes: { predicted: classes, truth: split.labels } };
}

/** `stateful.keras`: consecutive calls, each going on where the last one stopped. */
async function checkStateful(one: Case, options: { backend: string }): Promise<string | undefined> {
  const calls = Object.values(one.predictions ?? {}).filter(({ file }) => /^stateful_call\d/.test(file));
  if (calls.length === 0) return undefined;
  const model = await loadModel(new URL("stateful.keras", one.folder), options);
  const characters = (await caseTensor(one, "inputs.npy")).data as Int32Array;
  try {
    for (const round of [0, 1]) {
      let at = 0;
      for (const { file, shape } of calls) {
        const steps = shape[1] ?? 0, x = tensor(characters.slice(at, at += steps), [1, steps], "int32");
        const problem = await checkOutputs(one, model, [x], [{ file, shape, dtype: "float32" }]);
        if (problem !== undefined) return `stateful.keras, round ${round}, ${file}: ${problem}`;
      }
      model.resetStates();
    }
  } finally {
    model.close();
  }
  return undefined;
}

async function checkOutputs(
  one: Case,
  model: Model,
  inputs: readonly Tensor[],
  outputs: readonly CaseTensor[],
): Promise<string | undefined> {
  const { atol, rtol } = one.tolerance ?? { atol: 0, rtol: 0 };
  const got = await outputsOf(model, feed(model, inputs.map(() => undefined), inputs));
  for (const [i, { file }] of outputs.entries()) {
    const mine = got[i];
    if (mine === undefined) return `${got.length} outputs, expected ${outputs.length}`;
    const found = compare(mine, await caseTensor(one, file), atol, rtol);
    if (!found.within) return `${file}: ${found.problem}`;
  }
  return undefined;
}

/** `encoder.*` and `decoder.*`: the encoder's outputs, and greedy decoding of every test pair. */
async function checkPartners(
  one: Case,
  options: { backend: string },
  data?: URL,
): Promise<string | undefined> {
  const encoded = Object.values(one.predictions ?? {}).filter(({ file }) =>
    file.startsWith("encoder_output")
  );
  const kinds = ["keras", "h5"].filter((kind) => `encoder.${kind}` in one.files);
  for (const kind of encoded.length === 0 ? [] : kinds) {
    const encoder = await loadModel(new URL(`encoder.${kind}`, one.folder), options);
    const decoder = await loadModel(new URL(`decoder.${kind}`, one.folder), options);
    try {
      const source = await caseTensor(one, "source.npy");
      const problem = await checkOutputs(one, encoder, [source], encoded);
      if (problem !== undefined) return `encoder.${kind}: ${problem}`;
      if (data === undefined) continue;
      const expected = await caseTensor(one, "greedy.npy");
      const [all] = (await testSplit(one, data)).inputs;
      const ids = all && await greedy(encoder, decoder, all, expected.shape[1] ?? 0);
      const other = toNumbers(expected).findIndex((id, i) => ids?.[i] !== id);
      if (other >= 0) return `decoder.${kind}: greedy decoding differs at ${other}`;
    } finally {
      encoder.close();
      decoder.close();
    }
  }
  return undefined;
}

const [start, end] = [2, 3];

/** Ids of the most probable token a step, from the encoder's states, up to the end token. */
async function greedy(encoder: Model, decoder: Model, source: Tensor, steps: number): Promise<Int32Array> {
  const rows = source.shape[0] ?? 0, out = new Int32Array(rows * steps);
  let states = await outputsOf(encoder, feed(encoder, [undefined], [source]));
  let last = new Int32Array(rows).fill(start);
  const done = new Array<boolean>(rows).fill(false);
  for (let step = 0; step < steps && !done.every(Boolean); step++) {
    const inputs = [tensor(last, [rows, 1], "int32"), ...states];
    const [scores, ...next] = await outputsOf(decoder, feed(decoder, inputs.map(() => undefined), inputs));
    if (scores === undefined) break;
    last = classesOf(scores) as Int32Array<ArrayBuffer>;
    states = next;
    last.forEach((id, row) => {
      if (!done[row]) out[row * steps + step] = id;
      if (id === end) done[row] = true;
    });
  }
  return out;
}
