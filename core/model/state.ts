/** What a model is, whatever is done with it: its network or graph, weights, and sessions. @module */
import { assemble, type Assembled } from "../network/assemble.ts";
import type { Session, SessionOptions } from "../graph/backend.ts";
import { ConfigError, InputError, LapisError, ShapeError, shown } from "../values/errors.ts";
import type { Extras } from "./format.ts";
import { type Port, portOf } from "./feed.ts";
import { input, sequentialNetwork } from "../network/functional.ts";
import { type Graph, typeOf } from "../graph/graph.ts";
import { layerNamed, type ModelLayer, modelLayer } from "./layers.ts";
import { initialValue } from "../network/initialize.ts";
import type { Layer, NetworkPlugins } from "../network/layer.ts";
import type { WholeLayers } from "../network/whole.ts";
import { eachWeight, type LayerNode } from "../network/tree.ts";
import { type Network, networkLayer } from "../network/network.ts";
import { type NDArray, printed } from "../values/printing.ts";
import type { Random } from "../values/random.ts";
import { modelNames, type ModelOptions } from "./options.ts";
import { drawsOf, keysFrom, type RandomInputs, randomInputs } from "./sampling.ts";
import { checkOptions, type OptionNames } from "../values/schema.ts";
import { type Engines, type RunOnce, Sessions } from "./sessions.ts";
import { type SharedWeight, sharedWeight, shareWeight, type WeightOwner } from "./shared.ts";
import { summaryOf } from "./summary.ts";
import { Weights } from "./weights.ts";
import { castTensor, copyOf, type RuntimeValue, sizeOf, type Tensor } from "../values/tensor.ts";

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
export type { ModelLayer } from "./layers.ts";
/** Weights that layers have elsewhere, as in a model whose layers are used anew. */
export type HeldWeights = (layer: Layer, param: string) => Tensor | undefined;

/** What a model is: its network or graph, its weights, and the sessions that they are in. `R` is its registry. */
export abstract class ModelState<R extends Engines & NetworkPlugins> {
  /** The model's name. */
  readonly name: string;
  /** The plugins it was made with, which also save it. */
  readonly registry: R;
  /** What Lapis keeps beside the model in its files, as in `lapis.json`. */
  extras: Extras | undefined;
  /** How it was made. */
  protected readonly options: ModelOptions;
  /** Where it runs. */
  protected readonly sessions: Sessions;
  readonly #weights = new Map<string, Tensor>();
  /** What models share of their layers, and the values last taken over from others. */
  readonly #shared = new Map<string, SharedWeight>();
  readonly #taken = new Map<string, Tensor>();
  readonly #owner: WeightOwner = {
    weight: (path) => this.weight(path),
    synced: () => this.sessions.synced(),
  };
  /** Since when weights are as they were last read from sessions. */
  readonly #read = new Map<string, number>();
  /** Its stream of random numbers. */
  protected readonly random: Random;
  /** Random inputs of graphs by mode. */
  readonly #draws = new Map<string, RandomInputs>();
  /** Its network, once there is one. */
  protected made: Network | undefined;
  /** What the network comes to. */
  protected assembled: Assembled | undefined;
  /** The graph of a model without layers. */
  protected bare: Graph | undefined;
  /** Layers that wait for their first data. */
  protected stack: readonly Layer[] | undefined;
  #layer: Layer | undefined;

  /** Begins a model with what it is made of and run with. */
  protected constructor(name: string, registry: R, options: ModelOptions) {
    checkOptions(`model ${name}`, options, modelNames);
    this.name = name;
    this.registry = registry;
    this.options = options;
    this.extras = options.extras;
    this.random = drawsOf(options.seed ?? 0);
    const { threads, deterministic, limits } = options;
    const compile: Omit<SessionOptions, "registry"> = {
      ...(threads !== undefined && { threads }),
      ...(deterministic !== undefined && { deterministic }),
      ...(limits && { limits, maxBytes: limits.planBytes }),
    };
    this.sessions = new Sessions(registry, options.backend, compile, options.around, {
      before: () => this.#shared.forEach((_, path) => this.#take(path)),
      away: () => {
        const owners = new Set([...this.#shared.values()].map(({ owner }) => owner));
        return [...owners].flatMap((owner) => owner === this.#owner ? [] : owner.synced() ?? []);
      },
      changed: (path) => this.#own(path),
    });
  }

  /** Takes a network in, with its weights. */
  protected setUp(network: Network, held?: HeldWeights): void {
    if (!network?.calls) throw new ConfigError(`model: expected a network, got ${shown(network)}`);
    const { weights, seed = 0 } = this.options;
    const assembled = assemble(network, this.registry, this.assembling());
    this.made = network;
    this.assembled = assembled;
    for (const [entry, node] of eachWeight(assembled.tree)) {
      if (entry.role === "state") continue;
      const { path, param } = entry, own = weights?.get(path), { layer } = node;
      const shared = own ? undefined : sharedWeight(layer, param);
      const given = own ?? shared?.owner.weight(shared.path) ?? held?.(layer, param);
      const value = given
        ? fitted(given, path, entry.shape, entry.dtype)
        : initialValue(this.registry, entry, seed);
      this.#weights.set(path, value);
      this.#taken.set(path, value);
      this.#shared.set(path, shared ?? shareWeight(layer, param, { owner: this.#owner, path }));
    }
    const unknown = weights && [...weights.keys()].find((path) => !this.#weights.has(path));
    if (unknown !== undefined) throw new ConfigError(`model ${this.name}: has no weight ${shown(unknown)}`);
  }

  /** Takes a bare graph in, with its weights. */
  protected setGraph(graph: Graph): void {
    if (!graph?.nodes) throw new ConfigError(`model: expected a graph, got ${shown(graph)}`);
    this.bare = graph;
    for (const { name, role, value } of graph.inputs) {
      if (role !== "parameter" && role !== "statistic") continue;
      const given = this.options.weights?.get(name) ?? value;
      if (given) this.#weights.set(name, given);
    }
  }
  /** True for a bare graph without layers, as an ONNX file holds it. */
  get isGraph(): boolean {
    return this.bare !== undefined;
  }
  /** True once shapes and weights are known. */
  get built(): boolean {
    return this.stack === undefined;
  }
  /**
   * Gives a model without input the shape of its data, batch axis first (null where sizes vary).
   * @throws {ShapeError} naming the layer that doesn't fit.
   */
  build(shape: readonly (number | string | null)[], dtype: Port["dtype"] = "float32"): void {
    const stack = this.stack;
    if (!stack) return;
    const [batch, ...rest] = shape;
    const start = input({
      shape: rest,
      dtype,
      registry: this.registry,
      ...(typeof batch === "number" && { batchSize: batch }),
    });
    this.setUp(sequentialNetwork(start, stack, this.name));
    this.stack = undefined;
  }
  /** The network, where the model has one. @throws {LapisError} for an ONNX model, or one that isn't built. */
  get network(): Network {
    return this.needs(this.made, "layers");
  }
  /** The layers as a tree with their weights. @throws {LapisError} for an ONNX model, or one that isn't built. */
  get tree(): readonly LayerNode[] {
    return this.needs(this.assembled, "layers").tree;
  }
  /** A part that has to be there. @throws {LapisError} */
  protected needs<T>(part: T | undefined, what: string): T {
    if (part !== undefined) return part;
    if (this.stack) {
      throw new LapisError(
        "model",
        `model ${this.name}: is not built yet; give it data, build(shape), or an input`,
      );
    }
    throw new LapisError("model", `model ${this.name}: is a bare graph without ${what}`);
  }
  get #plain(): Graph {
    return this.bare ?? this.needs(this.assembled, "graph").graph;
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
    if (this.bare) return [];
    return this.tree.map((node) => modelLayer(node, this.network));
  }
  /**
   * A layer by its name; one inside a model that is a layer by its path, as in `resnet/conv1`.
   * @throws {ConfigError} with the nearest name where there is none.
   */
  getLayer(name: string): ModelLayer {
    return layerNamed(this.tree, this.network, name, this.name);
  }
  /** False while all of its layers are frozen; setting it sets each of them. */
  get trainable(): boolean {
    return this.bare !== undefined || this.#all.some((layer) => layer.trainable);
  }
  set trainable(value: boolean) {
    if (this.bare) {
      throw new LapisError("model", `model ${this.name}: is a bare graph without layers to freeze`);
    }
    for (const layer of this.#all) layer.trainable = value;
  }
  get #all(): readonly Layer[] {
    return this.stack ?? this.network.layers;
  }
  /** The weights by path, in the order of Keras 3's `model.weights`; each is read when it is asked for. */
  get weights(): Weights {
    if (this.stack) this.needs(undefined, "weights");
    return new Weights(this.#weights, (path) => this.weight(path));
  }
  /**
   * Reads home what lies with an engine that reads asynchronously (a device), so that `weights`, `weight`, `weightOf`, `graph`,
   * `trainingState` and their kin can tell it: until the next step, `(await model.synced()).weights`. Without it they throw a
   * {@link LapisError} of the code `unsynced`. Other engines (wasm, plain, onnxruntime) need no such call; it does nothing there.
   */
  async synced(): Promise<this> {
    await this.sessions.synced();
    return this;
  }
  /** This model changed a weight last. */
  #own(path: string): void {
    const shared = this.#shared.get(path);
    if (shared) Object.assign(shared, { owner: this.#owner, path });
  }
  /** Takes over what another model with the same layer has made of a weight. */
  #take(path: string): void {
    const shared = this.#shared.get(path);
    if (!shared || shared.owner === this.#owner) return;
    const value = shared.owner.weight(shared.path);
    if (!value || value === this.#taken.get(path)) return;
    this.#taken.set(path, value);
    this.#weights.set(path, value);
    this.sessions.write(path, value);
  }
  /** A tensor that prints as the registry's printer says. */
  protected printed(t: Tensor): NDArray {
    return printed(t, this.registry.find("printer", "printer")?.text);
  }
  /** One weight by its path, as it is now. */
  weight(path: string): NDArray | undefined {
    this.#take(path);
    const at = this.sessions.since(path);
    const known = this.#weights.get(path);
    if (!known || at === this.#read.get(path)) return known && this.printed(known);
    const value = this.sessions.value(path) ?? known;
    this.#weights.set(path, value);
    if (at !== undefined) this.#read.set(path, at);
    return this.printed(value);
  }
  /** One layer's weight by its own name, as in `kernel`. */
  weightOf(layer: Layer, param: string): NDArray | undefined {
    for (const [entry, node] of eachWeight(this.assembled?.tree ?? [])) {
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
    this.sessions.write(path, next);
    this.#own(path);
  }
  /** Number of elements of all weights. */
  countParams(): number {
    if (this.stack) this.needs(undefined, "weights");
    return [...this.#weights.values()].reduce((n, t) => n + sizeOf(t.shape), 0);
  }
  /** The table of layers as Keras prints it, 80 columns wide. */
  summary(): string {
    return summaryOf(this.network, this.tree);
  }
  /** The backend's name: the one asked for, or the one chosen at the first run. */
  get backend(): string | undefined {
    return this.sessions.backend;
  }
  /** The model as a layer of another model; both have the same weights ever after. */
  get layer(): Layer {
    if (this.#layer) return this.#layer;
    const network = this.stack ? undefined : this.network, layers = this.#all;
    const made = networkLayer(
      { kind: network?.kind ?? "Sequential", layers, ...(network && { network }) },
      this.name,
    );
    return this.#layer = made;
  }

  /** The graph of a mode with the weights as they are now. */
  graph(options: ModelGraphOptions = {}): Graph {
    checkOptions("graph", options, graphNames);
    const weights = this.weights;
    if (this.bare) {
      const withWeights = this.bare.inputs.map((i) => {
        const value = weights.get(i.name);
        return value ? { ...i, value } : i;
      });
      return { ...this.bare, inputs: withWeights };
    }
    return assemble(this.network, this.registry, { ...options, weights, ...this.assembling() }).graph;
  }
  /** What all of its graphs are made with. */
  protected assembling(): Pick<ModelOptions, "limits" | "draws"> {
    const { limits, draws } = this.options;
    return { ...(limits && { limits }), ...(draws !== undefined && { draws }) };
  }
  /** False where calls with `training: true` compute as in inference. */
  get draws(): boolean {
    return this.options.draws ?? true;
  }
  /** The compiled session of a mode; weights set through the model reach it. */
  session(options: ModelGraphOptions = {}): Promise<Session> {
    checkOptions("session", options, graphNames);
    return this.sessions.session(keyOf(options), () => this.graph(options));
  }

  /** Runs a mode once. */
  protected async runOnce(
    options: ModelGraphOptions,
    inputs: Readonly<Record<string, RuntimeValue>>,
    random = this.random,
    run: RunOnce = (...given) => this.sessions.run(...given),
  ): Promise<Record<string, RuntimeValue>> {
    const keys = keysFrom(random, this.randomInputs(options));
    return await run(keyOf(options), () => this.graph(options), { ...inputs, ...keys });
  }
  /** The random inputs of a mode's graph. */
  protected randomInputs(options: ModelGraphOptions): RandomInputs {
    const key = keyOf(options), known = this.#draws.get(key);
    if (known) return known;
    const found = randomInputs(
      this.made
        ? assemble(this.made, this.registry, { ...options, ...this.assembling() }).graph
        : this.#plain,
    );
    this.#draws.set(key, found);
    return found;
  }

  /**
   * Frees the sessions. Weights stay as they are now, and can be read and saved; runs are refused from now on. All is done when
   * it returns, unless an engine reads asynchronously: then once its promise is kept, and {@link Model.synced} waits for that.
   */
  close(): Promise<void> {
    return this.sessions.close();
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

/** Tells the modes of a model apart. */
export const keyOf = ({ training = false, sampling = false, outputs = "model" }: ModelGraphOptions) =>
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
