/** A compiled graph at work: memory, weights, dims bound and cached, segments and host steps run in order. @module */
import type { MemoryUse, PlanStep, Session } from "../../../core/backend.ts";
import { BackendError, InputError } from "../../../core/errors.ts";
import { runNode } from "../../../core/execute.ts";
import { type GraphInput, opName, typeOf } from "../../../core/graph.ts";
import { fedRoles, heldInput, refuseClosed, written } from "../../../core/held.ts";
import type { Limits } from "../../../core/limits.ts";
import { indexFault } from "../../../core/ops/indices.ts";
import { bindInputs, envKey, firstValue, staleState, withDefaults } from "../../../core/plan.ts";
import { asTensor, bindDim, type DimEnv, evalDim, shapeText } from "../../../core/shape.ts";
import { castTensor, copyOf, isTensor, type RuntimeValue, type Tensor, zeros } from "../../../core/tensor.ts";
import { Arena, type Bound } from "./arena.ts";
import type { Compiled, Part } from "./compile.ts";
import { keptRoles } from "./placement.ts";
import { evalShape, readView, writeView } from "./memory.ts";
import { STATUS_BYTES } from "./kernels/gather.ts";
import type { Item } from "./program.ts";
import { checkSizes, nodePlace } from "./sizes.ts";
import type { Storage } from "./views.ts";

const weightRoles: ReadonlySet<string> = new Set(["parameter", "statistic"]);

/** A session on the wasm backend. */
export class WasmSession implements Session {
  readonly backend = "wasm";
  readonly compilations = 1;
  readonly #c: Compiled;
  readonly #limits: Limits;
  readonly #arena: Arena;
  readonly #functions: Readonly<Record<string, () => void>>;
  readonly #bound = new Map<string, Bound>();
  readonly #states = new Map<string, Tensor>();
  readonly #held = new Map<string, Tensor>();
  /** Weights that nobody gave a value yet. */
  readonly #unwritten = new Set<GraphInput>();
  #env: DimEnv = new Map();
  #dirty = true;
  #closed = false;
  /** Milliseconds of each part in the last run, where they are wanted. */
  readonly #times: Map<Part, number> | undefined;

  constructor(
    compiled: Compiled,
    module: WebAssembly.Module,
    limits: Limits,
    maxBytes: number,
    profile = false,
  ) {
    this.#c = compiled;
    this.#times = profile ? new Map() : undefined;
    this.#limits = limits;
    this.#arena = new Arena(compiled, maxBytes);
    const instance = new WebAssembly.Instance(module, { env: { memory: this.#arena.memory } });
    this.#functions = instance.exports as Record<string, () => void>;
    for (const [storage, value] of compiled.lowering.constants) this.#arena.put(storage, value);
    for (const input of compiled.graph.inputs) {
      if (input.role === "constant") continue;
      if (input.value) this.#first(input, input.value);
      else if (weightRoles.has(input.role)) this.#unwritten.add(input);
    }
  }

  #first(input: GraphInput, value: Tensor): void {
    this.#unwritten.delete(input);
    if (this.#isKept(input)) this.#setWeight(input, value);
    else this.#states.set(input.name, value);
  }
  /** True for what lies in memory from run to run. */
  #isKept(input: GraphInput): boolean {
    const view = this.#c.inputs.get(input.name);
    return view ? view.storage.kind === "kept" : keptRoles.has(input.role);
  }
  #setWeight(input: GraphInput, value: Tensor): void {
    const view = this.#c.inputs.get(input.name);
    if (view) this.#arena.put(view.storage, value);
    else this.#held.set(input.name, value);
    this.#dirty = true;
  }
  /** @throws {BackendError} for a weight without a value. */
  #refuse(input: GraphInput): void {
    firstValue(input, asTensor(typeOf(this.#c.graph, input.id)), this.#env);
  }

  run(inputs: Readonly<Record<string, RuntimeValue>>): Promise<Record<string, RuntimeValue>> {
    try {
      return Promise.resolve(this.runSync(inputs));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  runSync(given: Readonly<Record<string, RuntimeValue>>): Record<string, RuntimeValue> {
    refuseClosed(this.#closed);
    const { graph } = this.#c, inputs = withDefaults(graph, given, fedRoles);
    const env = bindInputs(graph, inputs, fedRoles);
    this.#env = env;
    this.#prepare();
    const values = new Map<number, RuntimeValue>();
    const bound = this.#bind(env);
    const address = (s: Storage) => this.#arena.addressOf(bound, s);
    for (const input of graph.inputs) {
      const view = this.#c.inputs.get(input.name);
      const value = fedRoles.has(input.role) ? inputs[input.name] : this.#stateOf(input, env);
      if (value === undefined) {
        const held = this.#held.get(input.name) ?? (input.role === "constant" ? input.value : undefined);
        if (held) values.set(input.id, held);
      } else if (view && isTensor(value)) writeView(this.#arena.memory.buffer, address(view.storage), value);
      else values.set(input.id, value);
    }
    for (const part of this.#c.main) {
      const began = this.#times && performance.now();
      this.#step(part, bound, env, values);
      if (began !== undefined) this.#times?.set(part, performance.now() - began);
    }
    return this.#results(bound, env, values);
  }

  /** Makes what follows from the weights, after a write. */
  #prepare(): void {
    for (const input of this.#unwritten) this.#refuse(input);
    if (this.#dirty) this.#runPrologue();
  }
  #runPrologue(): void {
    const bound = this.#arena.lay(new Map(), this.#c.prologueLives);
    this.#arena.use(bound);
    this.#fill(new Map());
    for (const part of this.#c.prologue) if (part.kind === "segment") this.#functions[part.name]?.();
    this.#checkStatuses(bound, new Map());
    this.#dirty = false;
  }

  /** A state's value now: what the last run left, its first value, or zeros of the bound shape. */
  #stateOf(input: GraphInput, env: DimEnv): Tensor | undefined {
    if (this.#isKept(input) || input.role === "constant") return undefined;
    const type = typeOf(this.#c.graph, input.id);
    if (type.kind !== "tensor") return undefined;
    const shape = evalShape(type.shape ?? [], env);
    const held = this.#states.get(input.name);
    if (!held) return zeros(shape, type.dtype);
    if (held.shape.length !== shape.length || held.shape.some((d, i) => d !== shape[i])) {
      throw staleState(input, held.shape, type);
    }
    return held;
  }

  #bind(env: Map<string, number>): Bound {
    const key = envKey(env);
    let bound = this.#bound.get(key);
    if (!bound) {
      checkSizes(this.#c.agreements, env);
      bound = this.#arena.lay(env, this.#c.lives);
      if (this.#bound.size >= 256) this.#bound.clear();
      if (!this.#staged(env)) this.#bound.set(key, bound);
    }
    if (this.#arena.current !== bound) {
      this.#arena.use(bound);
      this.#fill(env);
    }
    return bound;
  }
  /** Writes integer values that follow from dims, as far as these are bound. */
  #fill(env: DimEnv): void {
    for (const [storage, { dims, dtype }] of this.#c.lowering.filled) {
      const numbers = dims.map((d) => evalDim(d, env));
      if (numbers.some((n) => n === undefined)) continue;
      const data = Float64Array.from(numbers.map(Number));
      this.#arena.put(storage, castTensor({ dtype: "float64", shape: [dims.length], data }, dtype));
    }
  }
  /** True while sizes are left that only running tells. */
  #staged(env: DimEnv): boolean {
    return [...this.#c.lives.from.keys()].some((s) =>
      s.kind === "arena" && evalDim(s.bytes, env) === undefined
    );
  }

  #step(part: Part, first: Bound, env: Map<string, number>, values: Map<number, RuntimeValue>): void {
    if (part.kind === "segment") {
      this.#functions[part.name]?.();
      this.#checkStatuses(this.#arena.current ?? first, env);
      return;
    }
    const { registry } = this.#c.lowering, { graph, scope } = this.#c;
    const bound = this.#arena.current ?? first;
    const given = part.inputs.map((v) => {
      if (!v) return undefined;
      const known = values.get(v.id) ?? scope.constants.get(v.id);
      return known ?? (v.view ? this.#arena.read(bound, v.view, env) : undefined);
    });
    const types = part.node.outputs.map((id) => typeOf(graph, Math.max(id, 0)));
    const results = runNode(part.node, given, types, { registry, limits: this.#limits });
    const bindings = env.size;
    part.outputs.forEach((v, i) => {
      const result = results[i], type = types[i];
      if (!v || !result) return;
      values.set(v.id, result);
      if (!isTensor(result) || type?.kind !== "tensor" || !type.shape) return;
      type.shape.forEach((d, axis) => {
        if (!bindDim(d, result.shape[axis] ?? -1, env)) {
          throw new BackendError(
            `${opName(part.node)} gave [${result.shape}] where ${shapeText(type.shape)} was inferred`,
          );
        }
      });
    });
    let now = bound;
    if (env.size !== bindings) {
      now = this.#arena.lay(env, this.#c.lives, bound);
      this.#arena.use(now);
      this.#fill(env);
    }
    for (const v of part.outputs) {
      const value = v && values.get(v.id);
      if (v?.view && value && isTensor(value)) {
        writeView(this.#arena.memory.buffer, this.#arena.addressOf(now, v.view.storage), value);
      }
    }
  }

  /** Raises the first index out of range, and clears all: one that is left would be raised by a later run. */
  #checkStatuses(bound: Bound, env: DimEnv): void {
    const set = this.#c.lowering.statuses.flatMap((status) => {
      const { memory } = this.#arena, address = this.#arena.addressOf(bound, status.storage);
      const view = new DataView(memory.buffer, address, STATUS_BYTES), position = view.getInt32(0, true);
      view.setInt32(0, 0, true);
      return position === 0 ? [] : [{ ...status, index: view.getBigInt64(8, true) }];
    });
    const [first] = set;
    if (!first) return;
    const size = evalDim(first.limit, env) ?? 0, place = nodePlace(first.node);
    throw new InputError(`${place}: ${indexFault(first.index, size, first.axis)}`, { place });
  }

  #results(
    first: Bound,
    env: DimEnv,
    values: ReadonlyMap<number, RuntimeValue>,
  ): Record<string, RuntimeValue> {
    const { graph, outputs, scope } = this.#c, bound = this.#arena.current ?? first;
    const results: Record<string, RuntimeValue> = {};
    const updates: [string, Tensor][] = [];
    for (const output of graph.outputs) {
      const view = outputs.get(output.name);
      // An update that the module has written where it belongs.
      if (view && output.updates !== undefined && view === this.#c.inputs.get(output.updates)) continue;
      const constant = scope.constants.get(output.id);
      const value = view
        ? this.#arena.read(bound, view, env)
        : values.get(output.id) ?? (constant && copyOf(constant));
      if (value === undefined) throw new BackendError(`output ${output.name} was not computed`);
      if (output.updates === undefined) results[output.name] = value;
      else if (isTensor(value)) updates.push([output.updates, value]);
    }
    for (const [name, value] of updates) {
      const input = graph.inputs.find((i) => i.name === name);
      if (input) this.#first(input, value);
    }
    return results;
  }

  read(name: string): Tensor {
    refuseClosed(this.#closed);
    const input = heldInput(this.#c.graph, name), held = this.#states.get(name) ?? this.#held.get(name);
    if (held) return copyOf(held);
    if (this.#unwritten.has(input)) this.#refuse(input);
    const type = typeOf(this.#c.graph, input.id), view = this.#c.inputs.get(name);
    if (type.kind !== "tensor") throw new BackendError(`${name} is no tensor`);
    if (!this.#isKept(input)) {
      return firstValue(input, type, new Map());
    }
    const address = view && this.#arena.kept.get(this.#c.owner(view.storage));
    if (!view || address === undefined) throw new BackendError(`${name} has no value yet`);
    return readView(this.#arena.memory.buffer, address, view, new Map());
  }
  write(name: string, value: Tensor): void {
    refuseClosed(this.#closed);
    const { graph } = this.#c, input = heldInput(graph, name);
    this.#first(input, written(graph, input, value));
  }
  resetStates(): void {
    refuseClosed(this.#closed);
    for (const input of this.#c.graph.inputs) {
      if (input.role !== "state") continue;
      if (input.value) this.#states.set(input.name, input.value);
      else this.#states.delete(input.name);
    }
  }
  /** What lies in memory from run to run, weights as they are and as they are packed: views, good until the next run. */
  kept(): ReadonlyMap<Storage, Uint8Array> {
    refuseClosed(this.#closed);
    this.#prepare();
    const { kept, memory: { buffer } } = this.#arena;
    return new Map(
      [...kept].map(([s, address]) => [s, new Uint8Array(buffer, address, Number(s.bytes))]),
    );
  }
  memory(): MemoryUse {
    refuseClosed(this.#closed);
    const sum = (...what: Storage["what"][]) =>
      [...this.#arena.kept.keys()].filter((s) => what.includes(s.what)).reduce(
        (n, s) => n + Number(s.bytes),
        0,
      );
    const bound = this.#arena.current, values = bound?.valueBytes() ?? 0;
    return {
      weights: sum("weight", "constant"),
      packed: sum("packed", "derived", "value"),
      activations: values,
      workspace: Math.max(0, (bound?.arenaBytes ?? 0) - values),
    };
  }
  plan(): readonly PlanStep[] {
    refuseClosed(this.#closed);
    const steps: PlanStep[] = [];
    const written = (storages: readonly Storage[]) =>
      storages.reduce((n, s) => n + (evalDim(s.bytes, this.#env) ?? 0), 0);
    const walk = (items: readonly Item[], segment: number, where: string, time: object): void => {
      for (const item of items) {
        if (item.kind === "loop") walk(item.items, segment, `${where}, loop`, time);
        else if (item.kind === "call") {
          const { kernel: { key: kernel }, nodes, scope, writes } = item;
          steps.push({ segment, where, kernel, nodes, scope, bytes: written(writes), ...time });
        }
      }
    };
    const all: [readonly Part[], string][] = [[this.#c.prologue, "wasm, once"], [this.#c.main, "wasm"]];
    let segment = 0;
    for (const [list, where] of all) {
      for (const part of list) {
        const milliseconds = this.#times?.get(part),
          time = milliseconds === undefined ? {} : { milliseconds };
        if (part.kind === "segment") walk(part.items, segment, where, time);
        else {steps.push({
            segment,
            where: "host",
            kernel: "plain",
            nodes: [opName(part.node)],
            scope: part.node.scope,
            ...time,
          });}
        segment++;
      }
    }
    return steps;
  }
  close(): void {
    this.#closed = true;
    this.#bound.clear();
    this.#states.clear();
    this.#held.clear();
  }
  [Symbol.dispose](): void {
    this.close();
  }
}
