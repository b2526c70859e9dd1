/** Keras' files out of models: `.keras`, whole `.h5` and `.weights.h5` of Keras 3 and 2, `config.json`. @module */
import { ConfigError, shown } from "../../../core/values/errors.ts";
import type { Extras, WriteOptions } from "../../../core/model/format.ts";
import type { Model } from "../../../core/model/model.ts";
import { snakeCase } from "../../../core/network/names.ts";
import type { LayerNode } from "../../../core/network/tree.ts";
import type { Network } from "../../../core/network/network.ts";
import type { SavedTraining } from "../../../core/training/types.ts";
import { Hdf5GroupWriter, writeHdf5 } from "../../hdf5/write.ts";
import { writeSafetensors } from "../../arrays/safetensors.ts";
import { writeZip, type ZipMember } from "../../archives/zip.ts";
import { refusePlaced } from "../kept.ts";
import { maskedStatistics } from "./kept.ts";
import { isJson, type Json } from "../json.ts";
import { jsonWeights, weightsJson } from "../weights/jsonweights.ts";
import { legacyTraining, trainingFor } from "../training.ts";
import { sharedIn } from "../reading/shared.ts";
import { olderOptimizer } from "./optimizer.ts";
import { networkEntry, refuseUnlisted, writtenClass } from "./network.ts";
import { pythonJson, type WriteContext } from "./values.ts";
import {
  type WeightSource,
  writeLegacyOptimizer,
  writeLegacyWeights,
  writeV3Optimizer,
  writeV3Weights,
} from "./weights.ts";

/** The versions that files say they come from: those whose forms are written. */
const versions = { 2: "2.21.0", 3: "3.15.1" } as const;
const encode = (text: string) => new TextEncoder().encode(text);

/** A model on its way into a file. */
interface Written {
  readonly network: Network;
  readonly source: WeightSource;
  readonly ctx: WriteContext;
  readonly training: SavedTraining | undefined;
}
/** Why steps of an optimizer that follows an older Keras are others in Keras 3. */
function olderSteps({ config: { optimizer } }: SavedTraining, major: 2 | 3): readonly string[] {
  if (major === 2 || !isJson(optimizer) || !isJson(optimizer.lapis)) return [];
  const { class_name: name, lapis: { era } } = optimizer;
  const other = name === "Nadam" ? era !== "3" : /^(RMSprop|Adagrad)$/.test(`${name}`) && era !== "2.11";
  return other && era !== undefined
    ? [
      `${name} steps as in the version of Keras that the model is from; Keras 3 computes its steps otherwise`,
    ]
    : [];
}
function begin(model: Model, options: WriteOptions, modules: boolean): Written {
  const { network, registry } = model, major = options.kerasVersion ?? 3;
  const shared = sharedIn(network);
  const ctx: WriteContext = { registry, major, modules, ...(shared.size > 0 && { shared }) };
  const inputs = network.kind === "Functional" ? network.inputNames : [];
  const saved = options.training === false ? undefined : model.savedTraining();
  const training = saved && trainingFor(saved, major, registry);
  const { warn = (message: string) => console.warn(message) } = options;
  const steps = training ? [...saved.differs ?? [], ...olderSteps(training, major)] : [];
  for (const line of [...steps, ...maskedStatistics(network)]) warn(line);
  return {
    network,
    source: {
      name: model.name,
      tree: model.tree,
      weights: model.weights,
      inputs,
      known: writtenClass(network, ctx) !== undefined,
    },
    ctx,
    training,
  };
}
/** The model's configuration with its class. */
function configOf({ network, source, ctx }: Written): Json {
  return networkEntry(network, source.name, false, ctx);
}
/** The optimizer's name in its variables' paths. */
function optimizerName(training: SavedTraining): string {
  const { optimizer } = training.config, config = isJson(optimizer) ? optimizer.config : undefined;
  if (isJson(config) && typeof config.name === "string") return config.name;
  return isJson(optimizer) && typeof optimizer.class_name === "string"
    ? snakeCase(optimizer.class_name)
    : "optimizer";
}
function v3File({ source, ctx, training }: Written, copies: boolean): Uint8Array<ArrayBuffer> {
  const root = new Hdf5GroupWriter(), variables = training?.variables?.() ?? [];
  writeV3Weights(root, source, ctx, copies);
  if (training && variables.length > 0) writeV3Optimizer(root, optimizerName(training), variables);
  return writeHdf5(root);
}

/** `2026-11-22@00:48:03`, as Keras writes it. */
function dateText(date: Date): string {
  return date.toISOString().slice(0, 19).replace("T", "@");
}
/** Subjects and tensors that are kept for Lapis, those given before those of the model. */
function extrasOf(model: Model, options: WriteOptions, more: Json): Extras | undefined {
  const { compile: _, ...own } = model.extras?.json ?? {},
    json = { ...own, ...options.extras?.json, ...more };
  const tensors = { ...model.extras?.tensors, ...options.extras?.tensors };
  return Object.keys(json).length + Object.keys(tensors).length > 0 ? { json, tensors } : undefined;
}
/** True where no metric was left out. */
function sameMetrics(a: unknown, b: unknown): boolean {
  const count = (x: unknown): number =>
    Array.isArray(x) ? x.length : isJson(x) ? Object.values(x).reduce((n: number, v) => n + count(v), 0) : 0;
  return count(a) === count(b);
}

function kerasFile(model: Model, options: WriteOptions): Uint8Array<ArrayBuffer> {
  const written = begin(model, options, true), { ctx, training } = written, config = configOf(written);
  const metadata = { keras_version: versions[ctx.major], date_saved: dateText(options.date ?? new Date(0)) };
  const compiled = training ? { compile_config: training.config } : {};
  const members: ZipMember[] = [
    { name: "metadata.json", bytes: encode(pythonJson(metadata, "metadata.json")) },
    { name: "config.json", bytes: encode(pythonJson({ ...config, ...compiled }, "config.json")) },
    { name: "model.weights.h5", bytes: v3File(written, true) },
  ];
  // Metrics that Keras doesn't have are kept beside its own configuration.
  const whole = training && model.savedTraining()?.config;
  const kept = whole && !sameMetrics(whole.metrics, training.config.metrics) ? { compile: whole } : {};
  const extras = extrasOf(model, options, kept);
  if (extras) members.push({ name: "lapis.json", bytes: encode(JSON.stringify(extras.json)) });
  const tensors = Object.entries(extras?.tensors ?? {});
  if (tensors.length > 0) {
    members.push({ name: "lapis.safetensors", bytes: writeSafetensors(new Map(tensors)) });
  }
  return writeZip(members);
}
/** True where weights are looked up by row. */
function hasTables({ tree }: Model): boolean {
  const within = ({ layer, children }: LayerNode): boolean =>
    /Embedding/.test(layer.def.name) || children.some(within);
  return tree.some(within);
}
function wholeH5(model: Model, options: WriteOptions): Uint8Array<ArrayBuffer> {
  // Keras 3 reads layers with their modules in an .h5 too, and then whole: attention modes and lists of axes with them.
  const major = options.kerasVersion ?? 3;
  const written = begin(model, options, major === 3), { source, ctx, training } = written;
  refusePlaced(source.tree);
  const structure = configOf(written);
  refuseUnlisted(model.network, ctx);
  const root = new Hdf5GroupWriter(), version = versions[major];
  root.attributes.set("backend", "tensorflow");
  root.attributes.set("keras_version", version);
  root.attributes.set("model_config", pythonJson(structure, "model_config"));
  writeLegacyWeights(root.group("model_weights"), source, version, ctx);
  if (training) {
    const { config, variables: held } = training;
    const older = major === 2 ? olderOptimizer(config.optimizer, held, hasTables(model)) : undefined;
    const said = legacyTraining(config, major, older?.form);
    root.attributes.set("training_config", pythonJson(said, "training_config"));
    const variables = older?.variables ?? held?.() ?? [], prefix = optimizerName(training);
    if (variables.length > 0) writeLegacyOptimizer(root, prefix, variables);
  }
  return writeHdf5(root);
}
/** What `model.to_json()` gives, and beside it the weights unless they are left out: Keras reads over those. */
function configFile(model: Model, options: WriteOptions): Uint8Array {
  const begun = begin(model, options, (options.kerasVersion ?? 3) === 3);
  // The weights beside it hold layers that models share once.
  const { shared: _, ...ctx } = begun.ctx, written: Written = { ...begun, ctx };
  const config = configOf(written);
  const form = ctx.modules
    ? config
    : { ...config, keras_version: versions[ctx.major], backend: "tensorflow" };
  const weights = options.weights === false ? {} : { [jsonWeights]: weightsJson(model.weights, model.name) };
  return encode(pythonJson({ ...form, ...weights }, "config.json"));
}

/** A bare graph as layers, with what the model keeps for Lapis. */
async function layered(model: Model): Promise<Model> {
  const { layersFromGraph } = await import("../fromgraph.ts");
  const made = layersFromGraph(model.graph(), model.registry, { name: model.name });
  made.extras = model.extras;
  return made;
}
/**
 * Writes a model as a file of Keras. A bare graph is written as layers that compute the same.
 * @throws {UnsupportedError} naming the layer or call that this version of Keras has no form for, or every node of a
 * graph that has no layer. @throws {LapisError} for a model without weights yet.
 */
export async function writeKeras(
  given: Model,
  options: WriteOptions,
  extension: string,
): Promise<Uint8Array> {
  const { kerasVersion = 3 } = options;
  if (kerasVersion !== 2 && kerasVersion !== 3) {
    throw new ConfigError(`kerasVersion: expected 2 or 3, got ${shown(kerasVersion)}`, {
      place: "kerasVersion",
    });
  }
  const model = given.isGraph ? await layered(given) : given;
  switch (extension) {
    case ".keras":
      return kerasFile(model, options);
    case ".weights.h5":
      return v3File(begin(model, options, true), false);
    case ".json":
      return configFile(model, options);
    default:
      return wholeH5(model, options);
  }
}
