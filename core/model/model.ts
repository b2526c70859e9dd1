/** The model: a network or a bare graph with its weights, run through a backend. @module */
import { mostProbable } from "./classes.ts";
import { assemble, type Assembled } from "../network/assemble.ts";
import { ConfigError, InputError, LapisError, shown } from "../values/errors.ts";
import type { SaverOf, WriteOptions } from "./format.ts";
import {
  byName,
  concatRows,
  fedBy,
  feed,
  type ModelData,
  type Port,
  portOf,
  rowsOf,
  tensorIn,
} from "./feed.ts";
import type { Graph } from "../graph/graph.ts";
import type { Layer } from "../network/layer.ts";
import { assignNames } from "../network/names.ts";
import type { Network } from "../network/network.ts";
import type { NDArray } from "../values/printing.ts";
import type { Random } from "../values/random.ts";
import type { RegistryOf } from "./plugins.ts";
import type { ModelOptions } from "./options.ts";
import { asksForDraws, predictNames, type PredictOptions, stacked, streamOf } from "./sampling.ts";
import { checkIds } from "./ids.ts";
import { checkOptions } from "../values/schema.ts";
import type { RunOnce } from "./sessions.ts";
import { ModelState } from "./state.ts";
import { isList, isTensor, type RuntimeValue, type Tensor } from "../values/tensor.ts";
import type {
  BatchOptions,
  BatchSource,
  CompileTraining,
  EvaluateOptions,
  FitOptions,
  GradientOptions,
  Gradients,
  History,
  SavedTraining,
  ScoreOptions,
  TargetData,
  Trainer,
  TrainerDef,
  TrainingState,
} from "../training/types.ts";

import type { HeldWeights, ModelGraphOptions } from "./state.ts";
export type { HeldWeights, ModelGraphOptions, ModelLayer } from "./state.ts";

/** A model: its inputs and outputs, layers, weights and sessions; run, trained and written. */
export class Model extends ModelState<RegistryOf<Model, TrainerDef>> {
  /** Names of every layer's outputs, once asked for. */
  #activations: Assembled["activations"] | undefined;
  #training: Trainer | undefined;

  /**
   * A model of a network, whose weights are those of `options`, those `held`, or first ones.
   * @throws {ShapeError} naming a layer that doesn't fit, or a weight whose shape isn't the layer's.
   */
  static fromNetwork(
    network: Network,
    registry: RegistryOf<Model, TrainerDef>,
    options: ModelOptions = {},
    held?: HeldWeights,
  ): Model {
    const model = new Model(network?.name, registry, options);
    model.setUp(network, held);
    return model;
  }
  /** A model of layers in a row whose input isn't known yet; the first data (or {@link Model.build}) tells. */
  static deferred(
    layers: readonly Layer[],
    registry: RegistryOf<Model, TrainerDef>,
    name: string,
    options: ModelOptions = {},
  ): Model {
    if (!Array.isArray(layers) || layers.length === 0) throw new ConfigError(`model ${name}: has no layers`);
    const model = new Model(name, registry, options);
    assignNames(layers);
    model.stack = layers;
    return model;
  }
  /** A model of a bare graph, as an ONNX file holds it: weights are its parameters and statistics. */
  static fromGraph(
    graph: Graph,
    registry: RegistryOf<Model, TrainerDef>,
    options: ModelOptions & { readonly name?: string } = {},
  ): Model {
    const model = new Model(options.name ?? graph?.name, registry, options);
    model.setGraph(graph);
    return model;
  }

  /**
   * Runs the model once: every input by name, every output by name. Tensors for an ONNX model have to be of its inputs'
   * types; a layer's input casts numbers. Outputs are tensors; only ONNX models have sequences, optionals and maps, whose
   * type whoever expects them says: `run<TensorSequence>(…)`.
   * @throws {InputError} naming the input that is missing, unknown or of another shape.
   */
  async run<V extends RuntimeValue = NDArray>(
    inputs: Readonly<Record<string, RuntimeValue>>,
  ): Promise<Record<string, V>> {
    this.#buildFrom(inputs as ModelData);
    const ports = this.inputs, named = byName(inputs as ModelData, ports);
    const fed = fedBy(ports, named, (p, given) => feed(p, given, false, this.made === undefined));
    const results = await this.runOnce({}, fed);
    for (const value of Object.values(results)) if (isTensor(value)) this.printed(value);
    return results as Record<string, V>;
  }
  /**
   * Predicts in batches and joins them: the output of a model that has one; {@link Model.predictAll} gives several.
   * Numbers are cast to the inputs' types; a single sample may lack the batch axis.
   * @throws {InputError} naming the input that doesn't fit; for several outputs; for `samples` of a model that draws
   * nothing.
   */
  async predict(x: ModelData, options: PredictOptions = {}): Promise<NDArray> {
    checkOptions("predict", options, predictNames);
    return await this.#only("predict", x, () => this.predictAll(x, options));
  }
  /** {@link Model.predict} for any number of outputs: a list in the order of `outputs`. */
  async predictAll(x: ModelData, options: PredictOptions = {}): Promise<NDArray[]> {
    checkOptions("predictAll", options, predictNames);
    const { batchSize = 32, seed, samples } = options;
    const fed = this.#feed(x), random = streamOf(seed, this.random);
    const mode: ModelGraphOptions = asksForDraws(options) && this.made ? { sampling: true } : {};
    const size = this.#fixedBatch() ?? batchSize;
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new InputError(`batchSize: expected 1 or more, got ${shown(size)}`);
    }
    const predicted = (times: number) =>
      this.sessions.together(async (run) => {
        const all: Record<string, RuntimeValue>[] = [];
        for (let i = 0; i < times; i++) all.push(await this.#predicted(fed, size, mode, random, run));
        return all;
      });
    if (samples === undefined) return this.#listed((await predicted(1))[0] ?? {});
    if (this.randomInputs(mode).size === 0) {
      throw new InputError(
        `samples: model ${this.name} draws nothing when it predicts; call its dropout layers with training: true`,
        { place: "samples" },
      );
    }
    const all = await predicted(samples);
    const list = this.outputs.map((
      { name },
    ) => [name, stacked(all.map((r) => tensorIn(r[name], name)), name)]);
    return this.#listed(Object.fromEntries(list));
  }
  /** Outputs for all rows, `size` of them a run. */
  async #predicted(
    fed: Readonly<Record<string, RuntimeValue>>,
    size: number,
    mode: ModelGraphOptions,
    random: Random,
    run: RunOnce,
  ): Promise<Record<string, RuntimeValue>> {
    const rows = this.#rows(fed);
    if (rows === undefined || (rows <= size && rows > 0)) return await this.runOnce(mode, fed, random, run);
    if (this.#fixedBatch() !== undefined && rows % size !== 0) {
      throw new InputError(
        `model ${this.name}: has a fixed batch of ${size}; ${rows} samples don't divide into it`,
      );
    }
    const parts: Record<string, RuntimeValue>[] = [];
    for (let at = 0; at < Math.max(rows, 1); at += size) {
      const batch = Object.entries(fed).map((
        [k, t],
      ) => [k, rowsOf(t as Tensor, at, Math.min(at + size, rows))]);
      parts.push(await this.runOnce(mode, Object.fromEntries(batch), random, run));
    }
    const joined = this.outputs.map((
      { name },
    ) => [name, concatRows(parts.map((p) => tensorIn(p[name], name)), name)]);
    return Object.fromEntries(joined);
  }
  /** Runs the model once on a whole batch; with `training`, dropout drops and statistics move. For one output. */
  async call(x: ModelData, options: { readonly training?: boolean } = {}): Promise<NDArray> {
    checkOptions("call", options, { training: 0 });
    return await this.#only("call", x, () => this.callAll(x, options));
  }
  /** {@link Model.call} for any number of outputs: a list in the order of `outputs`. */
  async callAll(x: ModelData, options: { readonly training?: boolean } = {}): Promise<NDArray[]> {
    checkOptions("callAll", options, { training: 0 });
    return this.#listed(await this.runOnce({ training: options.training ?? false }, this.#feed(x)));
  }
  /** Every layer's output by path, a list where it has several or is used several times. */
  async activations(x: ModelData): Promise<Map<string, NDArray | NDArray[]>> {
    const fed = this.#feed(x), options = { outputs: "layers" } as const;
    this.#activations ??=
      assemble(this.network, this.registry, { ...options, ...this.assembling() }).activations;
    const results = await this.runOnce(options, fed);
    return new Map([...this.#activations].map(([path, names]) => {
      const list = names.map((n) => this.printed(tensorIn(results[n], n)));
      return [path, list.length === 1 && list[0] ? list[0] : list];
    }));
  }
  /** Puts the states of stateful layers back to zero. */
  resetStates(): void {
    this.sessions.resetStates();
    this.#training?.resetStates();
  }

  #feed(x: ModelData): Record<string, RuntimeValue> {
    this.#buildFrom(x);
    const ports = this.inputs, named = byName(x, ports);
    return checkIds(this.assembled?.graph, fedBy(ports, named, (p, given) => feed(p, given, true)));
  }
  #buildFrom(x: ModelData): void {
    if (!this.stack) return;
    const probe: Port = portOf("input", { kind: "tensor", dtype: "float32" });
    const single = typeof x === "object" && !isList(x) && !("data" in x) ? Object.values(x)[0] : x;
    const value = feed(probe, single as Tensor, false);
    if (isTensor(value)) this.build([null, ...value.shape.slice(1)]);
  }
  /** The batch size, where the inputs fix it. */
  #fixedBatch(): number | undefined {
    const first = this.made?.inputs[0]?.type.shape?.[0];
    return typeof first === "number" ? first : undefined;
  }
  /** Number of samples, where data can be cut into batches. */
  #rows(fed: Readonly<Record<string, RuntimeValue>>): number | undefined {
    const batch = this.inputs[0]?.shape[0];
    const cuts = batch !== undefined && [...this.inputs, ...this.outputs].every((p) => p.shape[0] === batch);
    if (!cuts || batch === "..." || (typeof batch === "number" && !this.made)) return undefined;
    const tensors = Object.entries(fed).map(([name, t]) => [name, tensorIn(t, name)] as const);
    const rows = tensors[0]?.[1].shape[0];
    const other = tensors.find(([, t]) => t.shape[0] !== rows);
    if (other) {
      throw new InputError(
        `input ${shown(other[0])}: has ${other[1].shape[0] ?? 0} samples, input ${
          shown(tensors[0]?.[0])
        } has ${rows ?? 0}`,
      );
    }
    return rows;
  }
  #listed(results: Readonly<Record<string, RuntimeValue>>): NDArray[] {
    return this.outputs.map(({ name }) => this.printed(tensorIn(results[name], name)));
  }
  async #only(method: string, x: ModelData, all: () => Promise<readonly NDArray[]>): Promise<NDArray> {
    this.#buildFrom(x);
    const names = this.outputs.map(({ name }) => name), [one] = names.length === 1 ? await all() : [];
    if (one) return one;
    throw new InputError(
      `model ${this.name}: has ${names.length} outputs (${names.join(", ")}), ${method} gives one; ` +
        `call ${method}All for a list, or run for outputs by name`,
    );
  }

  /** What training takes, made when first used; registries for inference have none. */
  get #trainer(): Trainer {
    if (this.#training) return this.#training;
    const def = this.registry.find("trainer", "trainer");
    if (!def) throw this.#without("trainer");
    return this.#training = def.create({
      model: this,
      registry: this.registry,
      sessions: this.sessions,
      seed: this.options.seed ?? 0,
      limits: this.options.limits,
      graph: this.bare,
      saved: this.options.saved,
      feed: (x) => this.#feed(x),
    });
  }
  /**
   * Says how to train: optimizer, loss and metrics by name, as our objects, or in Keras' serialised form.
   * @throws {ConfigError} naming the part or option that isn't known.
   */
  compile(options: CompileTraining): void {
    this.#trainer.compile(options);
  }
  /** True once compiled, here or by the file it comes from. */
  get compiled(): boolean {
    return this.registry.find("trainer", "trainer") !== undefined && this.#trainer.compiled;
  }
  /**
   * Trains on arrays, or on a source of batches (then without `y`). Gives every epoch's numbers: `loss`, metrics, and
   * those of validation as `valLoss` and the like.
   *
   * ```ts
   * import { input, sequential } from "@lapis/lapis";
   * import { dense } from "@lapis/lapis/layers";
   * import { adam } from "@lapis/lapis/optimizers";
   * const model = sequential([input({ shape: [2] }), dense({ units: 1, activation: "sigmoid" })]);
   * model.compile({ optimizer: adam({ learningRate: 0.1 }), loss: "binaryCrossentropy", metrics: ["accuracy"] });
   * const { history } = await model.fit([[0, 1], [1, 0]], [1, 0], { epochs: 20, verbose: 0 });
   * console.log(history.loss?.at(-1));
   * ```
   * @throws {InputError} naming what doesn't fit; a label outside the classes with its value.
   */
  fit(x: ModelData | BatchSource, y?: TargetData | FitOptions, options?: FitOptions): Promise<History> {
    const [targets, rest] = this.#arguments(x, y, options);
    return this.#trainer.fit(x, targets, rest);
  }
  /** The loss and metrics over data, in inference. @throws {InputError} naming what doesn't fit. */
  evaluate(
    x: ModelData | BatchSource,
    y?: TargetData | EvaluateOptions,
    options?: EvaluateOptions,
  ): Promise<Record<string, number>> {
    const [targets, rest] = this.#arguments(x, y, options);
    return this.#trainer.evaluate(x, targets, rest);
  }
  /** A source of batches holds its targets: options stand in their place. */
  #arguments<O extends object>(
    x: unknown,
    y: TargetData | O | undefined,
    options: O | undefined,
  ): readonly [TargetData | undefined, O] {
    const source = typeof x === "function" ||
      (typeof x === "object" && x !== null && Symbol.asyncIterator in x);
    return source
      ? [undefined, options ?? (y ?? {}) as O]
      : [y as TargetData | undefined, options ?? {} as O];
  }
  /** One step on one batch; its loss and metrics from before the step. */
  trainOnBatch(x: ModelData, y: TargetData, options: BatchOptions = {}): Promise<Record<string, number>> {
    return this.#trainer.trainOnBatch(x, y, options);
  }
  /** The loss and metrics of one batch, in inference. */
  testOnBatch(x: ModelData, y: TargetData, options: BatchOptions = {}): Promise<Record<string, number>> {
    return this.#trainer.testOnBatch(x, y, options);
  }
  /** The loss and its exact gradients for every weight and every input of floats; nothing changes. */
  gradients(x: ModelData, y: TargetData, options: GradientOptions = {}): Promise<Gradients> {
    return this.#trainer.gradients(x, y, options);
  }
  /** Accuracy of a classifier, R² of a regression. */
  score(x: ModelData, y: TargetData, options: ScoreOptions = {}): Promise<number> {
    return this.#trainer.score(x, y, options);
  }
  /** Probabilities of classes: `predict` under scikit-learn's name. @throws {InputError} for several outputs. */
  predictProba(x: ModelData, options: { readonly batchSize?: number } = {}): Promise<NDArray> {
    return this.predict(x, options);
  }
  /** The most probable class of every sample (or step), int32; a single probability is cut at a half. */
  async predictClasses(x: ModelData, options: { readonly batchSize?: number } = {}): Promise<NDArray> {
    return this.printed(mostProbable(await this.predictProba(x, options)));
  }
  /** What the last fit gave. */
  get history(): History {
    return this.#trainer.history;
  }
  /** The rate of the next step. Setting it needs no new compilation. @throws {ConfigError} where a schedule says it. */
  get learningRate(): number {
    return this.#trainer.learningRate;
  }
  set learningRate(value: number) {
    this.#trainer.learningRate = value;
  }
  /**
   * The whole training step as one graph: forward, losses, gradients, updates of weights and slots. Its inputs are the
   * model's, `target/OUTPUT`, weights, slots and states as they are now; an output with `updates` replaces that input
   * before the next step. Random numbers follow from the model's seed and the count of steps. `save("step.onnx", { graph:
   * "training" })` writes a file that trains in onnxruntime, and `{ graph: "initial" }` one that gives its first weights.
   */
  trainingGraph(): Graph {
    return this.#trainer.graph();
  }
  /** What a fit goes on from, beside the weights: `fit(x, y, { resumeFrom: model.trainingState() })`. */
  trainingState(): TrainingState {
    return this.#trainer.state();
  }
  /** How it was compiled and where its optimizer stands, in the words of Keras' files; undefined where it isn't. */
  savedTraining(): SavedTraining | undefined {
    return this.registry.find("trainer", "trainer") ? this.#trainer.saved() : this.options.saved;
  }
  /**
   * Writes the model to a file, whole or not at all; the ending says as what: `.keras`, `.h5`, `.weights.h5`, `.json`
   * (the configuration, and the weights unless `weights: false`), `.safetensors`, `.onnx` (of the `opset` asked for). Deno wants `--allow-write` and `--allow-read` for the folder.
   * @throws {InputError} for another ending or a place that can't be written to; {@link UnsupportedError} naming the
   * layer that the format can't say.
   */
  async save(path: string | URL, options: WriteOptions = {}): Promise<void> {
    await this.#saver.save(this, path, options);
  }
  /**
   * The bytes of a file that {@link Model.save} would write; `format` is its ending, as in `keras` or `.weights.h5`.
   * @throws {InputError} for another ending; {@link UnsupportedError} naming the layer that the format can't say.
   */
  async toBytes(format: string, options: WriteOptions = {}): Promise<Uint8Array> {
    return await this.#saver.toBytes(this, format, options);
  }

  get #saver(): SaverOf<Model> {
    const def = this.registry.find("saver", "saver");
    if (def) return def;
    throw this.#without("saver");
  }
  /** What a registry for inference lacks. */
  #without(what: string): LapisError {
    return new LapisError(
      "model",
      `model ${this.name}: its registry holds no ${what}; take the registry of @lapis/lapis`,
    );
  }
}
