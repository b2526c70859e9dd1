/** Writes a converted model beside its place, proves it, and moves it there. @module */
import {
  BackendError,
  castTensor,
  InputError,
  loadModel,
  type Model,
  registry,
  type Tensor,
  type WriteOptions,
} from "../../mod.ts";
import { type OnnxFile, openOnnxFile } from "../../public/backends.ts";
import { readSafetensors } from "../../public/data.ts";
import { readOnnxFiles } from "../../io/onnx/mod.ts";
import { toNumbers } from "../../public/tensors.ts";
import { readBytes } from "../inputs.ts";
import { type Converted, type Proof, prove, type Run } from "./proof.ts";
import type { Sample } from "./samples.ts";

/** What became of a conversion. */
export interface Conversion {
  /** Undefined where none was asked for. */
  readonly proof?: Proof;
  /** What proved it. */
  readonly by?: string;
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  /** Which nodes each layer became, in an ONNX file. */
  readonly layers: readonly LayerNodes[];
  readonly opset?: number;
  readonly irVersion?: number;
}
/** The nodes of a layer. */
export interface LayerNodes {
  readonly layer: string;
  readonly className: string;
  readonly nodes: readonly string[];
}
/** How to convert. */
export interface ConvertOptions {
  readonly source: string;
  readonly write: WriteOptions;
  /** What it is proved on; without any it is not. */
  readonly samples: readonly Sample[];
  readonly step?: (done: number) => void;
}

/**
 * Converts a model. The file appears at its place only once it is proved.
 * @throws {UnsupportedError} naming what the format can't say. @throws {InputError} for a place that can't be written to.
 */
export async function convertInto(
  model: Model,
  destination: string,
  options: ConvertOptions,
): Promise<Conversion> {
  const at = Math.max(destination.lastIndexOf("/"), destination.lastIndexOf("\\")) + 1;
  const folder = destination.slice(0, at), name = destination.slice(at);
  const beside = `${folder}.${name}.${crypto.randomUUID().slice(0, 8)}.part`;
  await Deno.mkdir(beside);
  try {
    const file = `${beside}/${name}`;
    await model.save(file, options.write);
    const facts = await factsOf(model, file);
    const judged = options.samples.length === 0
      ? undefined
      : await judge(model, file, options).catch((error) => {
        throw refusal(error, file, destination, facts.opset);
      });
    if (!judged || judged.proof.equal) await moveAll(beside, folder, name);
    return { ...facts, ...(judged && { by: judged.by, proof: placed(judged.proof, file, destination) }) };
  } finally {
    await Deno.remove(beside, { recursive: true }).catch(() => {});
  }
}
/** A proof's problems by the name that the file was to have. */
function placed({ equal, runs }: Proof, file: string, destination: string): Proof {
  const named = runs.map((r) =>
    r.problem === undefined ? r : { ...r, problem: r.problem.replaceAll(file, destination) }
  );
  return { equal, runs: named };
}
/** Moves the file after those that it names. */
async function moveAll(from: string, folder: string, last: string): Promise<void> {
  const names: string[] = [];
  for await (const { name } of Deno.readDir(from)) if (name !== last) names.push(name);
  for (const name of [...names, last]) {
    await Deno.rename(`${from}/${name}`, `${folder}${name}`).catch((error) => {
      throw error instanceof Deno.errors.IsADirectory
        ? new InputError(`${folder}${name}: is a directory, expected a file`, { file: `${folder}${name}` })
        : error;
    });
  }
}

async function factsOf(
  model: Model,
  file: string,
): Promise<Pick<Conversion, "files" | "layers" | "opset" | "irVersion">> {
  const folder = file.slice(0, file.lastIndexOf("/") + 1), files: { name: string; bytes: number }[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    files.push({ name, bytes: (await Deno.stat(folder + name)).size });
  }
  files.sort((a, b) => (a.name < b.name ? -1 : 1));
  if (!file.endsWith(".onnx")) return { files, layers: [] };
  const { graph, opsets, irVersion } = await readOnnxFiles(
    await readBytes(file),
    (name) => readBytes(folder + name),
    { registry, file },
  );
  const names = model.layers.map((l) => l.name), nodes = new Map<string, string[]>();
  for (const { op, domain, scope } of graph.nodes) {
    const layer = names.filter((n) => scope === n || scope.startsWith(`${n}/`))
      .sort((a, b) => b.length - a.length)[0];
    if (layer !== undefined) {
      nodes.set(layer, [...nodes.get(layer) ?? [], domain === "" ? op : `${domain}.${op}`]);
    }
  }
  const layers = model.layers.map(({ name, className }) => ({
    layer: name,
    className,
    nodes: nodes.get(name) ?? [],
  }));
  return { files, layers, opset: opsets[""] ?? 0, irVersion };
}

/** What onnxruntime refused, by the name that the file was to have; an opset that it doesn't know with what helps. */
function refusal(error: unknown, file: string, destination: string, opset: number | undefined): unknown {
  if (!(error instanceof BackendError)) return error;
  const newest = /domain ai\.onnx is till opset (\d+)/.exec(error.message)?.[1];
  const text = newest === undefined
    ? error.message.replaceAll(file, destination)
    : `${destination}: opset ${opset} is not proved: this onnxruntime reads up to ${newest}; ` +
      `take --opset ${newest}, or --no-verify`;
  return new BackendError(text, { cause: error });
}

interface Judged {
  readonly proof: Proof;
  readonly by: string;
}
/**
 * An ONNX file beside its source, both in onnxruntime: networks that round inside, as quantized ones do, jump by whole quanta
 * where engines add up in another order, and don't where one engine runs both.
 */
async function besideSource(
  model: Model,
  converted: OnnxFile,
  { source, samples, step }: ConvertOptions,
): Promise<Judged | undefined> {
  if (!/\.onnx$/i.test(source)) return undefined;
  const opened = await openOnnxFile(source);
  try {
    const reference = {
      async run(inputs: Readonly<Record<string, Tensor>>) {
        const results = await opened.run(inputs);
        return Object.fromEntries(model.outputs.flatMap(({ name }, i) => {
          const t = results[opened.outputs[i] ?? name];
          return t ? [[name, t] as const] : [];
        }));
      },
      resetStates: () => opened.resetStates(),
    };
    const proof = await prove(model, converted, samples, step, reference);
    return proof.equal ? { proof, by: `onnxruntime, which ran ${source} beside it` } : undefined;
  } finally {
    await opened.close();
  }
}

async function judge(
  model: Model,
  file: string,
  options: ConvertOptions,
): Promise<Judged> {
  const { source, write, samples, step } = options;
  if (file.endsWith(".safetensors")) {
    return { proof: await sameWeights(model, file), by: "its weights, bit by bit" };
  }
  if (file.endsWith(".onnx")) {
    const opened = await openOnnxFile(file);
    try {
      const proof = await prove(model, opened, samples, step), ours = { proof, by: "onnxruntime" };
      return proof.equal ? ours : await besideSource(model, opened, options).catch(() => undefined) ?? ours;
    } finally {
      await opened.close();
    }
  }
  using back = await reloaded(model, file, write);
  const converted: Converted = {
    outputs: back.outputs.map((o) => o.name),
    run: async (inputs) => asDeclared(model, await back.run(renamed(model, back, inputs))),
    resetStates: () => back.resetStates(),
  };
  const proof = await prove(model, converted, samples, step),
    runs = [...proof.runs, ...otherWeights(model, back)];
  return {
    proof: { equal: proof.equal && runs.length === proof.runs.length, runs },
    by: `reading it back and running it beside ${source}`,
  };
}
/** Inputs under the names that the file gives them. */
function renamed(
  model: Model,
  back: Model,
  inputs: Readonly<Record<string, Tensor>>,
): Record<string, Tensor> {
  return Object.fromEntries(
    model.inputs.flatMap(({ name }, i) => {
      const t = inputs[name];
      return t ? [[back.inputs[i]?.name ?? name, t]] : [];
    }),
  );
}
/** Weights that the file holds other numbers of: layers that are written as they are have all of theirs, bit by bit. */
function otherWeights(model: Model, back: Model): readonly Run[] {
  if (model.isGraph || back.isGraph) return [];
  const theirs = [...back.weights.values()], own = [...model.weights];
  if (own.length !== theirs.length || own.some(([, t], i) => `${t.shape}` !== `${theirs[i]?.shape}`)) {
    return [];
  }
  const off = own.filter(([, t], i) => !sameNumbers(t, theirs[i]));
  return off.map(([path]) => ({ what: path, difference: 0, tolerance: 0, problem: "this weight differs" }));
}
function sameNumbers(a: Tensor, b: Tensor | undefined): boolean {
  const [x, y] = [toNumbers(a), b && toNumbers(b)];
  return y !== undefined && x.length === y.length && x.every((v, i) => Object.is(v, y[i]));
}
/** Whole numbers in the source's types: Keras gives places as int32, ONNX as int64. */
function asDeclared(model: Model, outputs: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(outputs).map(([name, t], i) => {
      const wanted = model.outputs[i]?.dtype;
      return [name, wanted && /^u?int/.test(wanted) && /^u?int/.test(t.dtype) ? castTensor(t, wanted) : t];
    }),
  );
}
/** The model as its file holds it; weights alone are put into its configuration. */
async function reloaded(model: Model, file: string, { kerasVersion }: WriteOptions): Promise<Model> {
  const quiet = { warn: () => {} };
  if (!file.endsWith(".weights.h5")) return await loadModel(file, quiet);
  const config = await Deno.makeTempFile({ suffix: ".json" });
  try {
    await Deno.writeFile(
      config,
      await model.toBytes(".json", kerasVersion === undefined ? {} : { kerasVersion }),
    );
    return await loadModel(config, { ...quiet, weights: file });
  } finally {
    await Deno.remove(config);
  }
}
async function sameWeights(model: Model, file: string): Promise<Proof> {
  const held = readSafetensors(await readBytes(file), { file }),
    runs = [...model.weights].map(([path, t]) => {
      const same = sameNumbers(t, held.get(path));
      return { what: path, difference: 0, tolerance: 0, ...(!same && { problem: "differs" }) };
    });
  const off = runs.filter((r) => r.problem !== undefined);
  const all = { what: `${runs.length} weights`, difference: 0, tolerance: 0 };
  return { equal: off.length === 0, runs: off.length === 0 ? [all] : off };
}
