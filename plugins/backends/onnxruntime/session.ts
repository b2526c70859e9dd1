/** A session of onnxruntime: the graph as an ONNX file in memory; weights are part of it, states go round. @module */
import type {
  Feeds,
  KeptValue,
  MemoryUse,
  PlanStep,
  Session,
  SessionOptions,
} from "../../../core/graph/backend.ts";
import { BackendError, shown, UnsupportedError } from "../../../core/values/errors.ts";
import { type Graph, type GraphInput, opName, typeOf } from "../../../core/graph/graph.ts";
import { fedRoles, fedValues, heldInput, keptBy, Order, refuseClosed, written } from "../room/held.ts";
import { bindInputs, firstValue, staleState } from "../room/binding.ts";
import { asTensor, evalDim, type Type } from "../../../core/values/shape.ts";
import {
  copyOf,
  isTensor,
  type RuntimeValue,
  type Tensor,
  tensorBytes,
} from "../../../core/values/tensor.ts";
import { writeOnnx } from "../../../io/onnx/writing/write.ts";
import type { EnginePlace } from "./engine.ts";
import type { Engine, EngineSession, EngineTensor } from "./native.ts";
import { failure, runFailure } from "./faults.ts";
import { checkType, fromEngine, toEngine } from "./tensors.ts";

/** Operators of com.microsoft that it has no kernel for on CPUs, or has in ONNX's own domain, or only since 1.32. */
const withoutKernel: ReadonlySet<string> = new Set(
  ("Affine BiasAdd BiasSplitGelu CausalConvWithState ComplexMul ComplexMulConj Crop DynamicSlice " +
    "FusedMatMulActivation GatedAdd GatedRMSNorm GatedRelativePositionBias GemmFastGelu GroupNorm " +
    "ImageScaler Irfft LinearAttention MRotaryEmbedding MulInteger NhwcConv NhwcFusedConv " +
    "ParametricSoftplus QLinearReduceMean ReduceSumInteger RelativePositionBias Rfft Scale ScaledSiLU " +
    "ScaledTanh SimplifiedLayerNormalization SkipGroupNorm SwiGLU TorchEmbedding").split(" "),
);

/** What onnxruntime is asked for beside the graph. */
export interface EngineOptions {
  /** How far onnxruntime may change the graph; `all` unless said. */
  readonly graphOptimizationLevel?: "disabled" | "basic" | "extended" | "all";
  /**
   * `own`, unless said: a process of its own, so that its crash is an error. `this`: in this process, without the way there and
   * back that every run takes, as measurements want it.
   */
  readonly process?: EnginePlace;
  /** Execution providers in order of preference; the CPU unless said. */
  readonly executionProviders?: readonly string[];
}

const isWeight = ({ role }: GraphInput) => role === "parameter" || role === "statistic";

/** The newest opset that this version of onnxruntime knows. */
const newestOpset = 26;

/** Names of inputs that may change at every step, and are therefore fed rather than part of the file. */
function movingInputs(graph: Graph): ReadonlySet<string> {
  const replaced = new Set(graph.outputs.map((o) => o.updates));
  const moves = (i: GraphInput) => replaced.has(i.name) || i.role === "state" || i.role === "slot";
  return new Set(graph.inputs.filter((i) => i.role !== "constant" && moves(i)).map((i) => i.name));
}

/** @throws {UnsupportedError} for what onnxruntime-node can't be handed, or what makes it abort the process. */
function checkGraph(graph: Graph): void {
  const crosses = (type: Type, what: string) => {
    if (type.kind !== "tensor") {
      throw new UnsupportedError(
        `${what}: onnxruntime-node can't be handed a ${type.kind}; other backends can`,
      );
    }
    checkType(type.dtype, what);
  };
  for (const i of graph.inputs) {
    if (i.role !== "constant" && i.role !== "parameter" && i.role !== "statistic") {
      crosses(typeOf(graph, i.id), `input ${i.name}`);
    }
  }
  for (const o of graph.outputs) crosses(typeOf(graph, o.id), `output ${o.name}`);
  checkCasts(graph);
}
function checkCasts(graph: Graph): void {
  for (const node of graph.nodes) {
    for (const inner of Object.values(node.graphs)) checkCasts(inner);
    const to = node.op.startsWith("Cast") ? graph.types[node.outputs[0] ?? -1] : undefined;
    if (to?.kind === "tensor" && /^u?int[24]$|^float4/.test(to.dtype)) {
      throw new UnsupportedError(`${opName(node)} to ${to.dtype}: onnxruntime aborts the process on it`);
    }
  }
}

/** Runs a graph in onnxruntime. */
export class OnnxruntimeSession implements Session {
  readonly backend = "onnxruntime";
  readonly #engine: Engine;
  readonly #graph: Graph;
  readonly #options: SessionOptions & EngineOptions;
  readonly #moving: ReadonlySet<string>;
  /** Weights that are part of the file. */
  readonly #fixed = new Map<string, Tensor>();
  /** States, slots and whatever is replaced at every step; as the engine left them. */
  readonly #held = new Map<string, EngineTensor>();
  #session: EngineSession | undefined;
  /** Runs that were begun; what they use is freed after them. */
  readonly #busy = new Set<Promise<unknown>>();
  readonly #order = new Order();
  /** Writes that wait for a run. */
  #writing = 0;
  #making: Promise<EngineSession> | undefined;
  #compilations = 0;
  #bytes = 0;
  #closed = false;

  constructor(engine: Engine, graph: Graph, options: SessionOptions & EngineOptions) {
    checkGraph(graph);
    this.#engine = engine;
    this.#graph = graph;
    this.#options = options;
    this.#moving = movingInputs(graph);
    for (const { name, role, value } of graph.inputs) {
      if (!value || role === "constant" || fedRoles.has(role)) continue;
      if (this.#moving.has(name)) this.#held.set(name, toEngine(engine, copyOf(value)));
      else this.#fixed.set(name, value);
    }
  }

  /** True when every weight has a value, so that the engine's session can be made. */
  get complete(): boolean {
    return this.#graph.inputs.every((i) => !isWeight(i) || this.#has(i));
  }
  #has({ name }: GraphInput): boolean {
    return this.#fixed.has(name) || this.#moving.has(name);
  }
  /** Makes the engine's session, again after a weight was written. @throws {BackendError} */
  prepare(): Promise<EngineSession> {
    refuseClosed(this.#closed);
    // After its process died it is made again in another.
    if (this.#session && !this.#session.lost) return Promise.resolve(this.#session);
    if (this.#making) return this.#making;
    const making: Promise<EngineSession> = this.#make().then((session) => {
      // A weight that was written meanwhile is not part of it.
      if (this.#making === making) this.#session = session;
      else this.#free(session);
      return session;
    }).finally(() => {
      if (this.#making === making) this.#making = undefined;
    });
    return this.#making = making;
  }
  async #make(): Promise<EngineSession> {
    const { registry, threads = 1, graphOptimizationLevel = "all", executionProviders = ["cpu"] } =
      this.#options;
    for (const input of this.#graph.inputs) {
      if (isWeight(input) && !this.#has(input)) {
        firstValue(input, asTensor(typeOf(this.#graph, input.id)), new Map());
      }
    }
    const fed = new Set([...this.#moving, ...this.#defaults()]);
    const file = writeOnnx(this.#graph, {
      registry,
      weights: this.#fixed,
      fed,
      newest: newestOpset,
      // It has no recurrent kernels with the batch first, nor all of its own operators for CPUs, but runs their bodies.
      keeps: ({ name, domain }, { layout }) =>
        layout !== 1 && !(domain === "com.microsoft" && withoutKernel.has(name)),
    });
    this.#bytes = file.length;
    const session = await this.#engine.InferenceSession.create(file, {
      graphOptimizationLevel,
      executionProviders,
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      // Its errors are thrown; what it would print as well is left out.
      logSeverityLevel: 4,
    }).catch((error) => {
      throw failure("refuses the graph", error);
    });
    this.#compilations++;
    return session;
  }
  /** Data inputs with a default, which is fed where nothing else is given. */
  #defaults(): readonly string[] {
    return this.#graph.inputs.filter((i) => fedRoles.has(i.role) && i.value).map((i) => i.name);
  }

  /** Where a run replaces something, the next one begins after it. */
  async run(inputs: Feeds): Promise<Record<string, RuntimeValue>> {
    const work = () => this.#run(inputs);
    const running = Promise.resolve(this.#moving.size === 0 ? work() : this.#order.do(work));
    this.#busy.add(running);
    return await running.finally(() => this.#busy.delete(running));
  }
  runKept(inputs: Feeds): Promise<Record<string, KeptValue>> {
    return keptBy("onnxruntime", this.#graph, () => this.run(inputs));
  }
  async #run(inputs: Feeds): Promise<Record<string, RuntimeValue>> {
    const given = { ...fedValues("onnxruntime", inputs) }, graph = this.#graph;
    const session = await this.prepare();
    for (const { name, role, value } of graph.inputs) {
      if (fedRoles.has(role) && value) given[name] ??= value;
    }
    const env = bindInputs(graph, given, fedRoles);
    // The names of a file's inputs and outputs are in the graph's order.
    const wanted = graph.inputs.filter((i) => fedRoles.has(i.role) || this.#moving.has(i.name));
    const feeds: Record<string, EngineTensor> = {};
    wanted.forEach((input, i) => {
      const value = given[input.name], name = session.inputNames[i] ?? input.name;
      feeds[name] = isTensor(value) ? toEngine(this.#engine, value) : this.#current(input, env);
    });
    const results = await session.run(feeds).catch((error) => {
      const values = () =>
        graph.inputs.filter((i) => i.role !== "constant").map((input) =>
          this.#fixed.get(input.name) ?? given[input.name] ??
            fromEngine(this.#current(input, env), `${input.role} ${input.name}`)
        );
      throw runFailure(graph, error, this.#options.registry, values);
    });
    refuseClosed(this.#closed);
    const out: Record<string, RuntimeValue> = {}, updates: [string, EngineTensor][] = [];
    graph.outputs.forEach((o, i) => {
      const value = results[session.outputNames[i] ?? o.name];
      if (!value) throw new BackendError(`onnxruntime gave no output ${shown(o.name)}`);
      if (o.updates === undefined) out[o.name] = fromEngine(value, `output ${o.name}`);
      else updates.push([o.updates, value]);
    });
    for (const [name, value] of updates) this.#held.set(name, value);
    return out;
  }
  /** What an input that moves holds; zeros where it holds nothing yet. */
  #current(input: GraphInput, env: ReadonlyMap<string, number>): EngineTensor {
    const type = asTensor(typeOf(this.#graph, input.id)), held = this.#held.get(input.name);
    if (held) {
      const fits = type.shape?.every((d, i) => (evalDim(d, env) ?? held.dims[i]) === held.dims[i]) ?? true;
      if (fits) return held;
      throw staleState(input, held.dims, type);
    }
    return toEngine(this.#engine, firstValue(input, type, env));
  }

  read(name: string): Promise<Tensor> {
    refuseClosed(this.#closed);
    heldInput(this.#graph, name);
    return Promise.resolve(this.#order.do(() => this.#valueOf(name)));
  }
  /** @throws {BackendError} while writes wait for a run. */
  readSync(name: string): Tensor {
    if (!this.#closed && this.#writing > 0) {
      throw new BackendError("a write waits for a run to end: await read()");
    }
    return this.#valueOf(name);
  }
  #next(work: () => void): void {
    this.#writing++;
    this.#order.do(() => {
      this.#writing--;
      work();
    });
  }
  #valueOf(name: string): Tensor {
    refuseClosed(this.#closed);
    const input = heldInput(this.#graph, name), fixed = this.#fixed.get(name);
    return copyOf(fixed ?? fromEngine(this.#current(input, new Map()), `${input.role} ${name}`));
  }
  write(name: string, value: Tensor): void {
    refuseClosed(this.#closed);
    const own = written(this.#graph, heldInput(this.#graph, name), value);
    this.#next(() => {
      if (this.#moving.has(name)) this.#held.set(name, toEngine(this.#engine, own));
      else {
        this.#fixed.set(name, own);
        this.#drop();
      }
    });
  }
  resetStates(): void {
    refuseClosed(this.#closed);
    this.#next(() => {
      for (const { name, role, value } of this.#graph.inputs) {
        if (role !== "state") continue;
        if (value) this.#held.set(name, toEngine(this.#engine, copyOf(value)));
        else this.#held.delete(name);
      }
    });
  }

  /** Bytes as far as they are known here: onnxruntime doesn't say what its arena takes. */
  memory(): MemoryUse {
    refuseClosed(this.#closed);
    const weights = [...this.#fixed.values()].reduce((n, t) => n + tensorBytes(t), 0);
    return { weights, packed: this.#bytes, activations: 0, workspace: 0 };
  }
  plan(): readonly PlanStep[] {
    refuseClosed(this.#closed);
    const nodes = this.#graph.nodes.map(opName);
    return [{ segment: 0, where: "onnxruntime", kernel: "session", nodes, scope: "", bytes: this.#bytes }];
  }
  get compilations(): number {
    return this.#compilations;
  }

  #drop(): void {
    const old = this.#session;
    this.#session = this.#making = undefined;
    if (old) this.#free(old);
  }
  /** Frees it after the runs that may use it; that fails at worst when the engine has done so itself. */
  #free(session: EngineSession): void {
    Promise.allSettled(this.#busy).then(() => session.release()).catch(() => {});
  }
  close(): void {
    this.#closed = true;
    this.#drop();
  }
  [Symbol.dispose](): void {
    this.close();
  }
}
