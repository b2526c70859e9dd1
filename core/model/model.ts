/** The model: a network or a bare graph with its weights, run through a backend. @module */
import { assemble, type Assembled } from "../network/assemble.ts";
import type { CompileOptions, Session } from "../graph/backend.ts";
import { ConfigError, InputError, LapisError, ShapeError, shown } from "../values/errors.ts";
import type { Extras, WriteOptions } from "./format.ts";
import type { SaverOf } from "./format.ts";
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
import { input, sequentialNetwork } from "../network/functional.ts";
import { type Graph, typeOf } from "../graph/graph.ts";
import { initialValue } from "../network/initialize.ts";
import type { Layer } from "../network/layer.ts";
import type { WholeLayers } from "../network/whole.ts";
import { countOf, eachWeight, type LayerNode, weightsBelow } from "../network/tree.ts";
import { assignNames } from "../network/names.ts";
import { type Network, networkLayer } from "../network/network.ts";
import type { Random } from "../values/random.ts";
import type { RegistryOf } from "./plugins.ts";
import { modelNames, type ModelOptions } from "./options.ts";
import {
  asksForDraws,
  drawsOf,
  keysFrom,
  predictNames,
  type PredictOptions,
  type RandomInputs,
  randomInputs,
  stacked,
  streamOf,
} from "./sampling.ts";
import { checkOptions, type OptionNames } from "../values/schema.ts";
import { type RunOnce, Sessions } from "./sessions.ts";
import { summaryOf } from "./summary.ts";
import {
  castTensor,
  copyOf,
  isTensor,
  type RuntimeValue,
  sizeOf,
  type Tensor,
  tensor,
  toNumbers,
} from "../values/tensor.ts";
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

/** Which graph of a model. */
export interface ModelGraphOptions {
  /** Training mode; false unless said. */
  readonly training?: boolean;
  /** True heeds calls that ask for training where the model's mode would go before them, as in files of Keras 3. */
  readonly sampling?: boolean;
  /** Outputs: the model's, or every layer's. */
  readonly outputs?: "model" | "layers";
  /** For engines that have nodes for whole layers. */
  readonly whole?: WholeLayers;
}
const graphNames: OptionNames<ModelGraphOptions> = { training: 0, sampling: 0, outputs: 0, whole: 0 };
/** A layer of a model. */
export interface ModelLayer {
  /** Its name in the model. */
  readonly name: string;
  /** Keras' class name. */
  readonly className: string;
  /** The layer. */
  readonly layer: Layer;
  /** Shapes of its outputs at its first call. */
  readonly outputShapes: readonly (readonly (number | string)[])[];
  /** Number of elements of its weights. */
  readonly params: number;
  /** False when it is frozen. */
  readonly trainable: boolean;
}

/** Weights that layers have elsewhere, as in a model whose layers are used anew. */
export type HeldWeights = (layer: Layer, param: string) => Tensor | undefined;
/** The plugins that models are made with. */
type Registry = RegistryOf<Model, TrainerDef>;

/** Where layers that are models have their weights: a model that takes one in begins with them. */
const homes = new WeakMap<Layer, Model>();

/** A model: its inputs and outputs, layers, weights and sessions. */
export class Model {
  /** The model's name. */
  readonly name: string;
  /** The plugins it was made with, which also save it. */
  readonly registry: Registry;
  /** What Lapis keeps beside the model in its files, as in `lapis.json`. */
  extras: Extras | undefined;
  readonly #options: ModelOptions;
  readonly #sessions: Sessions;
  readonly #weights = new Map<string, Tensor>();
  /** Since when weights are as they were last read from sessions. */
  readonly #read = new Map<string, number>();
  readonly #random: Random;
  /** Random inputs of graphs by mode. */
  readonly #draws = new Map<string, RandomInputs>();
  #network: Network | undefined;
  #assembled: Assembled | undefined;
  /** Names of every layer's outputs, once asked for. */
  #activations: Assembled["activations"] | undefined;
  #graph: Graph | undefined;
  #stack: readonly Layer[] | undefined;
  #layer: Layer | undefined;
  #training: Trainer | undefined;

  private constructor(name: string, registry: Registry, options: ModelOptions) {
    checkOptions(`model ${name}`, options, modelNames);
    this.name = name;
    this.registry = registry;
    this.#options = options;
    this.extras = options.extras;
    this.#random = drawsOf(options.seed ?? 0);
    const { threads, deterministic, limits } = options;
    const compile: Omit<CompileOptions, "registry"> = {
      ...(threads !== undefined && { threads }),
      ...(deterministic !== undefined && { deterministic }),
      ...(limits && { limits, maxBytes: limits.planBytes }),
    };
    this.#sessions = new Sessions(registry, options.backend, compile, options.around);
  }

  /**
   * A model of a network, whose weights are those of `options`, those `held`, or first ones.
   * @throws {ShapeError} naming a layer that doesn't fit, or a weight whose shape isn't the layer's.
   */
  static fromNetwork(
    network: Network,
    registry: Registry,
    options: ModelOptions = {},
    held?: HeldWeights,
  ): Model {
    const model = new Model(network.name, registry, options);
    model.#build(network, held);
    return model;
  }
  /** A model of layers in a row whose input isn't known yet; the first data (or {@link Model.build}) tells. */
  static deferred(
    layers: readonly Layer[],
    registry: Registry,
    name: string,
    options: ModelOptions = {},
  ): Model {
    if (layers.length === 0) throw new ConfigError(`model ${name}: has no layers`);
    const model = new Model(name, registry, options);
    assignNames(layers);
    model.#stack = layers;
    return model;
  }
  /** A model of a bare graph, as an ONNX file holds it: weights are its parameters and statistics. */
  static fromGraph(
    graph: Graph,
    registry: Registry,
    options: ModelOptions & { readonly name?: string } = {},
  ): Model {
    const model = new Model(options.name ?? graph.name, registry, options);
    model.#graph = graph;
    for (const { name, role, value } of graph.inputs) {
      if (role !== "parameter" && role !== "statistic") continue;
      const given = options.weights?.get(name) ?? value;
      if (given) model.#weights.set(name, given);
    }
    return model;
  }

  #build(network: Network, held?: HeldWeights): void {
    const { weights, seed = 0 } = this.#options;
    const assembled = assemble(network, this.registry, this.#assembling());
    this.#network = network;
    this.#assembled = assembled;
    for (const [entry, node] of eachWeight(assembled.tree)) {
      if (entry.role === "state") continue;
      const given = weights?.get(entry.path) ?? held?.(node.layer, entry.param) ??
        homes.get(node.layer)?.weightOf(node.layer, entry.param);
      if (given) this.#weights.set(entry.path, fitted(given, entry.path, entry.shape, entry.dtype));
      else this.#weights.set(entry.path, initialValue(this.registry, entry, seed));
    }
    const unknown = weights && [...weights.keys()].find((path) => !this.#weights.has(path));
    if (unknown !== undefined) throw new ConfigError(`model ${this.name}: has no weight ${shown(unknown)}`);
  }

  /** True for a bare graph without layers, as an ONNX file holds it. */
  get isGraph(): boolean {
    return this.#graph !== undefined;
  }
  /** True once shapes and weights are known. */
  get built(): boolean {
    return this.#stack === undefined;
  }
  /**
   * Gives a model without input the shape of its data, batch axis first (null where sizes vary).
   * @throws {ShapeError} naming the layer that doesn't fit.
   */
  build(shape: readonly (number | string | null)[], dtype: Port["dtype"] = "float32"): void {
    const stack = this.#stack;
    if (!stack) return;
    const [batch, ...rest] = shape;
    const start = input({
      shape: rest,
      dtype,
      registry: this.registry,
      ...(typeof batch === "number" && { batchSize: batch }),
    });
    this.#build(sequentialNetwork(start, stack, this.name));
    this.#stack = undefined;
  }
  /** The network, where the model has one. @throws {LapisError} for an ONNX model, or one that isn't built. */
  get network(): Network {
    return this.#needs(this.#network, "layers");
  }
  /** The layers as a tree with their weights. @throws {LapisError} for an ONNX model, or one that isn't built. */
  get tree(): readonly LayerNode[] {
    return this.#needs(this.#assembled, "layers").tree;
  }
  #needs<T>(part: T | undefined, what: string): T {
    if (part !== undefined) return part;
    if (this.#stack) {
      throw new LapisError(
        "model",
        `model ${this.name}: is not built yet; give it data, build(shape), or an input`,
      );
    }
    throw new LapisError("model", `model ${this.name}: is a bare graph without ${what}`);
  }
  get #plain(): Graph {
    return this.#graph ?? this.#needs(this.#assembled, "graph").graph;
  }

  /** The inputs, in order. */
  get inputs(): readonly Port[] {
    const graph = this.#plain;
    return graph.inputs.filter((i) => i.role === "data").map((i) =>
      portOf(i.name, typeOf(graph, i.id), i.value !== undefined)
    );
  }
  /** The outputs, in order. */
  get outputs(): readonly Port[] {
    const graph = this.#plain;
    return graph.outputs.filter((o) => o.updates === undefined).map((o) =>
      portOf(o.name, typeOf(graph, o.id))
    );
  }
  /** The layers in the order of Keras' `model.layers`; none for an ONNX model. */
  get layers(): readonly ModelLayer[] {
    if (this.#graph) return [];
    return this.tree.map((node) => ({
      name: node.name,
      className: node.layer.def.name,
      layer: node.layer,
      outputShapes: node.outputs.map((t) => portOf("", t).shape),
      params: countOf(weightsBelow([node])),
      trainable: node.trainable,
    }));
  }
  /** The weights by path, in the order of Keras 3's `model.weights`; as they are now. */
  get weights(): Map<string, Tensor> {
    if (this.#stack) this.#needs(undefined, "weights");
    for (const path of this.#weights.keys()) this.weight(path);
    return new Map(this.#weights);
  }
  /**
   * Reads home what lies with an engine that reads asynchronously (a device), so that `weights`, `weight`, `weightOf`, `graph`,
   * `trainingState` and their kin can tell it: until the next step, `(await model.synced()).weights`. Without it they throw a
   * {@link LapisError} of the code `unsynced`. Other engines (wasm, plain, onnxruntime) need no such call; it does nothing there.
   */
  async synced(): Promise<this> {
    await this.#sessions.synced();
    return this;
  }
  /** One weight by its path, as it is now. */
  weight(path: string): Tensor | undefined {
    const at = this.#sessions.since(path);
    if (!this.#weights.has(path) || at === this.#read.get(path)) return this.#weights.get(path);
    const value = this.#sessions.value(path);
    if (value) this.#weights.set(path, value);
    if (at !== undefined) this.#read.set(path, at);
    return this.#weights.get(path);
  }
  /** One layer's weight by its own name, as in `kernel`. */
  weightOf(layer: Layer, param: string): Tensor | undefined {
    for (const [entry, node] of eachWeight(this.#assembled?.tree ?? [])) {
      if (node.layer === layer && entry.param === param) return this.weight(entry.path);
    }
    return undefined;
  }
  /**
   * Replaces a weight, also in sessions that run.
   * @throws {InputError} when there is no such weight; {@link ShapeError} when its shape differs.
   */
  setWeight(path: string, value: Tensor): void {
    const old = this.#weights.get(path);
    if (!old) throw new InputError(`model ${this.name}: has no weight ${shown(path)}`, { place: path });
    const next = copyOf(fitted(value, path, old.shape, old.dtype));
    this.#weights.set(path, next);
    this.#sessions.write(path, next);
  }
  /** Number of elements of all weights. */
  countParams(): number {
    if (this.#stack) this.#needs(undefined, "weights");
    return [...this.#weights.values()].reduce((n, t) => n + sizeOf(t.shape), 0);
  }
  /** The table of layers as Keras prints it, 80 columns wide. */
  summary(): string {
    return summaryOf(this.network, this.tree);
  }
  /** The backend's name: the one asked for, or the one chosen at the first run. */
  get backend(): string | undefined {
    return this.#sessions.backend;
  }
  /** The model as a layer of another model, which begins with this one's weights. */
  get layer(): Layer {
    if (this.#layer) return this.#layer;
    const network = this.#stack ? undefined : this.network, layers = this.#stack ?? this.network.layers;
    const made = networkLayer(
      { kind: network?.kind ?? "Sequential", layers, ...(network && { network }) },
      this.name,
    );
    if (network) { for (const [, node] of eachWeight(this.tree)) homes.set(node.layer, this); }
    return this.#layer = made;
  }

  /** The graph of a mode with the weights as they are now. */
  graph(options: ModelGraphOptions = {}): Graph {
    checkOptions("graph", options, graphNames);
    const weights = this.weights;
    if (this.#graph) {
      const withWeights = this.#graph.inputs.map((i) => {
        const value = weights.get(i.name);
        return value ? { ...i, value } : i;
      });
      return { ...this.#graph, inputs: withWeights };
    }
    return assemble(this.network, this.registry, { ...options, weights, ...this.#assembling() }).graph;
  }
  /** What all of its graphs are made with. */
  #assembling(): Pick<ModelOptions, "limits" | "draws"> {
    const { limits, draws } = this.#options;
    return { ...(limits && { limits }), ...(draws !== undefined && { draws }) };
  }
  /** False where calls with `training: true` compute as in inference. */
  get draws(): boolean {
    return this.#options.draws ?? true;
  }
  /** The compiled session of a mode; weights set through the model reach it. */
  session(options: ModelGraphOptions = {}): Promise<Session> {
    checkOptions("session", options, graphNames);
    return this.#sessions.session(keyOf(options), () => this.graph(options));
  }

  async #run(
    options: ModelGraphOptions,
    inputs: Readonly<Record<string, RuntimeValue>>,
    random = this.#random,
    run: RunOnce = (...given) => this.#sessions.run(...given),
  ): Promise<Record<string, RuntimeValue>> {
    const keys = keysFrom(random, this.#randomInputs(options));
    return await run(keyOf(options), () => this.graph(options), { ...inputs, ...keys });
  }
  /** The random inputs of a mode's graph. */
  #randomInputs(options: ModelGraphOptions): RandomInputs {
    const key = keyOf(options), known = this.#draws.get(key);
    if (known) return known;
    const found = randomInputs(
      this.#network
        ? assemble(this.#network, this.registry, { ...options, ...this.#assembling() }).graph
        : this.#plain,
    );
    this.#draws.set(key, found);
    return found;
  }

  /**
   * Runs the model once: every input by name, every output by name. Tensors for an ONNX model have to be of its inputs'
   * types; a layer's input casts numbers.
   * @throws {InputError} naming the input that is missing, unknown or of another shape.
   */
  async run(inputs: Readonly<Record<string, RuntimeValue>>): Promise<Record<string, Tensor>> {
    this.#buildFrom(inputs as ModelData);
    const ports = this.inputs, named = byName(inputs as ModelData, ports);
    const fed = fedBy(ports, named, (p, given) => feed(p, given, false, this.#network === undefined));
    // Sequences and optionals come out of ONNX models alone; their reader knows the output's type.
    return await this.#run({}, fed) as Record<string, Tensor>;
  }
  /**
   * Predicts in batches and joins them: one tensor, or a list where the model has several outputs.
   * Numbers are cast to the inputs' types; a single sample may lack the batch axis.
   * @throws {InputError} naming the input that doesn't fit; for `samples` of a model that draws nothing.
   */
  async predict(x: ModelData, options: PredictOptions = {}): Promise<Tensor | Tensor[]> {
    checkOptions("predict", options, predictNames);
    const { batchSize = 32, seed, samples } = options;
    const fed = this.#feed(x), random = streamOf(seed, this.#random);
    const mode: ModelGraphOptions = asksForDraws(options) && this.#network ? { sampling: true } : {};
    const size = this.#fixedBatch() ?? batchSize;
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new InputError(`batchSize: expected 1 or more, got ${shown(size)}`);
    }
    const predicted = (times: number) =>
      this.#sessions.together(async (run) => {
        const all: Record<string, RuntimeValue>[] = [];
        for (let i = 0; i < times; i++) all.push(await this.#predicted(fed, size, mode, random, run));
        return all;
      });
    if (samples === undefined) return this.#listed((await predicted(1))[0] ?? {});
    if (this.#randomInputs(mode).size === 0) {
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
    if (rows === undefined || (rows <= size && rows > 0)) return await this.#run(mode, fed, random, run);
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
      parts.push(await this.#run(mode, Object.fromEntries(batch), random, run));
    }
    const joined = this.outputs.map((
      { name },
    ) => [name, concatRows(parts.map((p) => tensorIn(p[name], name)), name)]);
    return Object.fromEntries(joined);
  }
  /** Runs the model once on a whole batch; with `training`, dropout drops and statistics move. */
  async call(x: ModelData, options: { readonly training?: boolean } = {}): Promise<Tensor | Tensor[]> {
    checkOptions("call", options, { training: 0 });
    return this.#listed(await this.#run({ training: options.training ?? false }, this.#feed(x)));
  }
  /** Every layer's output by path, a list where it has several or is used several times. */
  async activations(x: ModelData): Promise<Map<string, Tensor | Tensor[]>> {
    const fed = this.#feed(x), options = { outputs: "layers" } as const;
    this.#activations ??=
      assemble(this.network, this.registry, { ...options, ...this.#assembling() }).activations;
    const results = await this.#run(options, fed);
    return new Map([...this.#activations].map(([path, names]) => {
      const list = names.map((n) => tensorIn(results[n], n));
      return [path, list.length === 1 && list[0] ? list[0] : list];
    }));
  }
  /** Puts the states of stateful layers back to zero. */
  resetStates(): void {
    this.#sessions.resetStates();
    this.#training?.resetStates();
  }

  #feed(x: ModelData): Record<string, RuntimeValue> {
    this.#buildFrom(x);
    const ports = this.inputs, named = byName(x, ports);
    return fedBy(ports, named, (p, given) => feed(p, given, true));
  }
  #buildFrom(x: ModelData): void {
    if (!this.#stack) return;
    const probe: Port = portOf("input", { kind: "tensor", dtype: "float32" });
    const single = typeof x === "object" && !Array.isArray(x) && !("data" in x) ? Object.values(x)[0] : x;
    const value = feed(probe, single as Tensor, false);
    if (isTensor(value)) this.build([null, ...value.shape.slice(1)]);
  }
  /** The batch size, where the inputs fix it. */
  #fixedBatch(): number | undefined {
    const first = this.#network?.inputs[0]?.type.shape?.[0];
    return typeof first === "number" ? first : undefined;
  }
  /** Number of samples, where data can be cut into batches. */
  #rows(fed: Readonly<Record<string, RuntimeValue>>): number | undefined {
    const batch = this.inputs[0]?.shape[0];
    const cuts = batch !== undefined && [...this.inputs, ...this.outputs].every((p) => p.shape[0] === batch);
    if (!cuts || batch === "..." || (typeof batch === "number" && !this.#network)) return undefined;
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
  #listed(results: Readonly<Record<string, RuntimeValue>>): Tensor | Tensor[] {
    const list = this.outputs.map(({ name }) => tensorIn(results[name], name));
    return list.length === 1 && list[0] ? list[0] : list;
  }

  /** What training takes, made when first used; registries for inference have none. */
  get #trainer(): Trainer {
    if (this.#training) return this.#training;
    const def = this.registry.find("trainer", "trainer");
    if (!def) throw this.#without("trainer");
    return this.#training = def.create({
      model: this,
      registry: this.registry,
      sessions: this.#sessions,
      seed: this.#options.seed ?? 0,
      limits: this.#options.limits,
      graph: this.#graph,
      saved: this.#options.saved,
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
  /** Probabilities of classes: `predict`, for models of one output. @throws {InputError} for others. */
  async predictProba(x: ModelData, options: { readonly batchSize?: number } = {}): Promise<Tensor> {
    const y = await this.predict(x, options);
    if (isTensor(y as Tensor)) return y as Tensor;
    throw new InputError(`model ${this.name}: has several outputs; use predict()`);
  }
  /** The most probable class of every sample (or step), int32; a single probability is cut at a half. */
  async predictClasses(x: ModelData, options: { readonly batchSize?: number } = {}): Promise<Tensor> {
    const y = await this.predictProba(x, options), width = y.shape.at(-1) ?? 1, p = toNumbers(y);
    const out = new Int32Array(width === 0 ? 0 : p.length / width);
    for (let row = 0; row < out.length; row++) {
      const from = row * width;
      if (width === 1) out[row] = (p[from] ?? 0) > 0.5 ? 1 : 0;
      else {
        let best = 0;
        for (let i = 1; i < width; i++) if ((p[from + i] ?? 0) > (p[from + best] ?? 0)) best = i;
        out[row] = best;
      }
    }
    return tensor(out, y.shape.slice(0, -1));
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
    return this.registry.find("trainer", "trainer") ? this.#trainer.saved() : this.#options.saved;
  }
  /**
   * Writes the model to a file, whole or not at all; the ending says as what: `.keras`, `.h5`, `.weights.h5`, `.json`
   * (the configuration alone), `.safetensors`, `.onnx` (of the `opset` asked for). Deno wants `--allow-write` and `--allow-read` for the folder.
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

  /**
   * Frees the sessions. Weights stay as they are now, and can be read and saved; runs are refused from now on. All is done when
   * it returns, unless an engine reads asynchronously: then once its promise is kept, and {@link Model.synced} waits for that.
   */
  close(): Promise<void> {
    return this.#sessions.close();
  }
  /** Frees the sessions at the end of a `using` block. What can't be read home says so when it is asked for. */
  [Symbol.dispose](): void {
    this.close().catch(() => undefined);
  }
  /** Frees the sessions at the end of an `await using` block, with all state at home. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

const keyOf = ({ training = false, sampling = false, outputs = "model" }: ModelGraphOptions) =>
  `${outputs}:${sampling ? "sampling" : training}`;

function fitted(value: Tensor, path: string, shape: readonly number[], dtype: Port["dtype"]): Tensor {
  if (value.shape.join() !== shape.join()) {
    throw new ShapeError(
      `weight ${path}: expected shape [${shape.join(", ")}], got [${value.shape.join(", ")}]`,
      {
        place: path,
      },
    );
  }
  return castTensor(value, dtype);
}
