/** A planned graph at work: weights, dims bound and cached, segments and host steps run in order on an engine's device. @module */
import type { Feeds, KeptValue, MemoryUse, PlanStep, Session } from "../../../core/graph/backend.ts";
import { BackendError, InputError } from "../../../core/values/errors.ts";
import { runNode } from "../../../core/ops/execute.ts";
import { type GraphInput, opName, typeOf } from "../../../core/graph/graph.ts";
import { fedRoles, fedValues, heldInput, keptBy, Order, refuseClosed, written } from "./held.ts";
import type { Limits } from "../../../core/values/limits.ts";
import { indexFault } from "../../../core/ops/indices.ts";
import { bindInputs, envKey, firstValue, staleState, withDefaults } from "./binding.ts";
import { asTensor, bindDim, type DimEnv, evalDim, shapeText } from "../../../core/values/shape.ts";
import {
  castTensor,
  copyOf,
  isTensor,
  type RuntimeValue,
  type Tensor,
  zeros,
} from "../../../core/values/tensor.ts";
import { callsOf, type Host, type Segment, type Stage } from "./lowering/program.ts";
import { Arena, type Bound } from "./memory/arena.ts";
import type { Table } from "./memory/table.ts";
import { bound as boundSize, evalShape } from "./memory/tensors.ts";
import type { Storage } from "./memory/views.ts";
import { keptRoles } from "./plan/placement.ts";
import type { Plan } from "./plan/plan.ts";
import { checkSizes, nodePlace } from "./plan/sizes.ts";
import { planSteps } from "./steps.ts";
import { type Device, STATUS_BYTES } from "./target.ts";
import { type Steps, told, untilTold } from "./turns.ts";

const weightRoles: ReadonlySet<string> = new Set(["parameter", "statistic"]);
type Status = Plan["lowering"]["statuses"][number];
type Values = Map<number, RuntimeValue>;
type Results = Record<string, RuntimeValue>;

/** What a session is made of. */
export interface SessionParts {
  /** Name of the engine. */
  readonly backend: string;
  readonly plan: Plan;
  /** What the device's program takes its arguments from. */
  readonly table: Table;
  readonly device: Device;
  readonly limits: Limits;
  readonly maxBytes: number;
  /** Whether each segment's time is taken. */
  readonly profile: boolean;
}

/** A session of an engine that shares the room. */
export class EngineSession implements Session {
  readonly backend: string;
  readonly compilations = 1;
  /** Without these where the device only answers later. */
  readonly runSync?: (inputs: Feeds) => Results;
  readonly readSync?: (name: string) => Tensor;
  readonly #plan: Plan;
  readonly #device: Device;
  readonly #limits: Limits;
  readonly #arena: Arena;
  readonly #inputs: ReadonlyMap<string, GraphInput>;
  /** Lookups of each segment, whose statuses are read after it. */
  readonly #checks: ReadonlyMap<Stage, readonly Status[]>;
  readonly #bound = new Map<string, Bound>();
  readonly #states = new Map<string, Tensor>();
  readonly #held = new Map<string, Tensor>();
  /** Weights that nobody gave a value yet. */
  readonly #unwritten = new Set<GraphInput>();
  #env: DimEnv = new Map();
  #dirty = true;
  #closed = false;
  readonly #order = new Order();
  /** Milliseconds of each part in the last run, where they are wanted. */
  readonly #times: Map<Stage, number> | undefined;

  constructor({ backend, plan, table, device, limits, maxBytes, profile }: SessionParts) {
    this.backend = backend;
    this.#plan = plan;
    this.#device = device;
    this.#limits = limits;
    this.#times = profile ? new Map() : undefined;
    this.#arena = new Arena(plan, table, device, maxBytes);
    if (!device.apart) {
      this.runSync = (inputs) => atOnce(untilTold(this.#run(inputs)));
      this.readSync = (name) => atOnce(untilTold(this.#read(name)));
    }
    this.#inputs = new Map(plan.graph.inputs.map((i) => [i.name, i]));
    this.#checks = checksOf(plan);
    for (const [storage, value] of plan.lowering.constants) this.#arena.put(storage, value);
    for (const input of plan.graph.inputs) {
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
    const view = this.#plan.inputs.get(input.name);
    return view ? view.storage.kind === "kept" : keptRoles.has(input.role);
  }
  #setWeight(input: GraphInput, value: Tensor): void {
    const view = this.#plan.inputs.get(input.name);
    if (view) this.#arena.put(view.storage, value);
    else this.#held.set(input.name, value);
    this.#dirty = true;
  }
  /** @throws {BackendError} for a weight without a value. */
  #refuse(input: GraphInput): void {
    firstValue(input, asTensor(typeOf(this.#plan.graph, input.id)), this.#env);
  }

  async run(inputs: Feeds): Promise<Results> {
    return await this.#order.do(() => untilTold(this.#run(inputs)));
  }
  runKept(inputs: Feeds): Promise<Record<string, KeptValue>> {
    return keptBy(this.backend, this.#plan.graph, () => this.run(inputs));
  }

  *#run(given: Feeds): Steps<Results> {
    refuseClosed(this.#closed);
    const { graph } = this.#plan, inputs = withDefaults(graph, fedValues(this.backend, given), fedRoles);
    const env = bindInputs(graph, inputs, fedRoles);
    this.#env = env;
    yield* this.#prepare();
    const values: Values = new Map(), bound = this.#bind(env);
    for (const input of graph.inputs) {
      const view = this.#plan.inputs.get(input.name);
      const value = fedRoles.has(input.role) ? inputs[input.name] : this.#stateOf(input, env);
      if (value === undefined) {
        const held = this.#held.get(input.name) ?? (input.role === "constant" ? input.value : undefined);
        if (held) values.set(input.id, held);
      } else if (view && isTensor(value)) this.#arena.write(bound, view.storage, value);
      else values.set(input.id, value);
    }
    for (const part of this.#plan.main) {
      const began = this.#times && performance.now();
      if (part.kind === "segment") yield* this.#segment(part, this.#arena.current ?? bound, env);
      else yield* this.#host(part, this.#arena.current ?? bound, env, values);
      if (began !== undefined) this.#times?.set(part, performance.now() - began);
    }
    return yield* this.#results(this.#arena.current ?? bound, env, values);
  }

  /** Makes what follows from the weights, after a write. */
  *#prepare(): Steps<void> {
    for (const input of this.#unwritten) this.#refuse(input);
    if (!this.#dirty) return;
    const env: DimEnv = new Map(), bound = this.#arena.lay(env, this.#plan.prologueLives);
    this.#arena.use(bound);
    this.#fill(env);
    for (const part of this.#plan.prologue) {
      if (part.kind === "segment") yield* this.#segment(part, bound, env);
    }
    this.#dirty = false;
  }

  /** A state's value now: what the last run left, its first value, or zeros of the bound shape. */
  #stateOf(input: GraphInput, env: DimEnv): Tensor | undefined {
    if (this.#isKept(input) || input.role === "constant") return undefined;
    const type = typeOf(this.#plan.graph, input.id);
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
      checkSizes(this.#plan.agreements, env);
      bound = this.#arena.lay(env, this.#plan.lives);
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
    for (const [storage, { dims, dtype }] of this.#plan.lowering.filled) {
      const numbers = dims.map((d) => evalDim(d, env));
      if (numbers.some((n) => n === undefined)) continue;
      const data = Float64Array.from(numbers.map(Number));
      this.#arena.put(storage, castTensor({ dtype: "float64", shape: [dims.length], data }, dtype));
    }
  }
  /** True while sizes are left that only running tells. */
  #staged(env: DimEnv): boolean {
    for (const s of this.#plan.lives.from.keys()) {
      if (s.kind === "arena" && evalDim(s.bytes, env) === undefined) return true;
    }
    return false;
  }

  *#segment(part: Segment, bound: Bound, env: DimEnv): Steps<void> {
    this.#device.run(part);
    const checks = this.#checks.get(part);
    if (checks) yield* this.#checkStatuses(checks, bound, env);
  }
  *#host(part: Host, bound: Bound, env: Map<string, number>, values: Values): Steps<void> {
    const { graph, scope, lowering: { registry } } = this.#plan;
    const given: (RuntimeValue | undefined)[] = [];
    for (const v of part.inputs) {
      const known = v && (values.get(v.id) ?? scope.constants.get(v.id));
      given.push(known ?? (v?.view && (yield* told(this.#arena.read(bound, v.view, env)))));
    }
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
      now = this.#arena.lay(env, this.#plan.lives, bound);
      this.#arena.use(now);
      this.#fill(env);
    }
    for (const v of part.outputs) {
      const value = v && values.get(v.id);
      if (v?.view && value && isTensor(value)) this.#arena.write(now, v.view.storage, value);
    }
  }

  /** Raises the first index out of range, and clears all: one that is left would be raised by a later run. */
  *#checkStatuses(checks: readonly Status[], bound: Bound, env: DimEnv): Steps<void> {
    let first: { readonly status: Status; readonly index: bigint } | undefined;
    for (const status of checks) {
      const address = this.#arena.addressOf(bound, status.storage);
      const bytes = yield* told(this.#device.read(address, STATUS_BYTES));
      const view = new DataView(bytes.buffer, bytes.byteOffset, STATUS_BYTES);
      const position = view.getInt32(0, true), index = view.getBigInt64(8, true);
      if (position === 0) continue;
      this.#device.write(address, new Uint8Array(4));
      first ??= { status, index };
    }
    if (!first) return;
    const { status: { limit, axis, node }, index } = first;
    const place = nodePlace(node);
    throw new InputError(`${place}: ${indexFault(index, boundSize(limit, env), axis)}`, { place });
  }

  *#results(bound: Bound, env: DimEnv, values: Values): Steps<Results> {
    const { graph, outputs, scope, inputs } = this.#plan;
    const results: Results = {}, updates: [string, Tensor][] = [];
    for (const output of graph.outputs) {
      const view = outputs.get(output.name);
      // An update that the program has written where it belongs.
      if (view && output.updates !== undefined && view === inputs.get(output.updates)) continue;
      const constant = scope.constants.get(output.id);
      const value = view
        ? yield* told(this.#arena.read(bound, view, env))
        : values.get(output.id) ?? (constant && copyOf(constant));
      if (value === undefined) throw new BackendError(`output ${output.name} was not computed`);
      if (output.updates === undefined) results[output.name] = value;
      else if (isTensor(value)) updates.push([output.updates, value]);
    }
    for (const [name, value] of updates) {
      const input = this.#inputs.get(name);
      if (input) this.#first(input, value);
    }
    return results;
  }

  read(name: string): Promise<Tensor> {
    refuseClosed(this.#closed);
    heldInput(this.#plan.graph, name);
    return Promise.resolve(this.#order.do(() => untilTold(this.#read(name))));
  }
  *#read(name: string): Steps<Tensor> {
    refuseClosed(this.#closed);
    const input = heldInput(this.#plan.graph, name), held = this.#states.get(name) ?? this.#held.get(name);
    if (held) return copyOf(held);
    if (this.#unwritten.has(input)) this.#refuse(input);
    const type = typeOf(this.#plan.graph, input.id), view = this.#plan.inputs.get(name);
    if (type.kind !== "tensor") throw new BackendError(`${name} is no tensor`);
    const env: DimEnv = new Map();
    if (!this.#isKept(input)) return firstValue(input, type, env);
    if (!view) throw new BackendError(`${name} has no value yet`);
    return yield* told(this.#arena.read(this.#arena.current, view, env));
  }
  write(name: string, value: Tensor): void {
    refuseClosed(this.#closed);
    const { graph } = this.#plan, input = heldInput(graph, name), own = written(graph, input, value);
    this.#order.do(() => this.#first(input, own));
  }
  resetStates(): void {
    refuseClosed(this.#closed);
    this.#order.do(() => {
      for (const input of this.#plan.graph.inputs) {
        if (input.role !== "state") continue;
        if (input.value) this.#states.set(input.name, input.value);
        else this.#states.delete(input.name);
      }
    });
  }
  /** What lies in memory from run to run, weights as they are and as they are packed; good until the next run. */
  async kept(): Promise<ReadonlyMap<Storage, Uint8Array>> {
    refuseClosed(this.#closed);
    await untilTold(this.#prepare());
    const contents = new Map<Storage, Uint8Array>();
    for (const [storage, address] of this.#arena.kept) {
      contents.set(storage, await this.#device.read(address, Number(storage.bytes)));
    }
    return contents;
  }
  memory(): MemoryUse {
    refuseClosed(this.#closed);
    const kept = [...this.#arena.kept.keys()];
    const sum = (...what: Storage["what"][]) =>
      kept.reduce((n, s) => (what.includes(s.what) ? n + Number(s.bytes) : n), 0);
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
    return planSteps(this.backend, this.#plan, this.#env, this.#times);
  }
  close(): void {
    if (!this.#closed) this.#device.close();
    this.#closed = true;
    this.#bound.clear();
    this.#states.clear();
    this.#held.clear();
  }
  [Symbol.dispose](): void {
    this.close();
  }
}

/** An answer of a device that isn't apart. */
function atOnce<T>(answer: T | Promise<T>): T {
  if (answer instanceof Promise) throw new BackendError("the device answers later than it says");
  return answer;
}

/** The lookups in each segment, by where they leave an index that is out of range. */
function checksOf({ prologue, main, lowering: { statuses } }: Plan): ReadonlyMap<Stage, readonly Status[]> {
  const byStorage = new Map(statuses.map((s) => [s.storage, s])),
    checks = new Map<Stage, readonly Status[]>();
  if (statuses.length === 0) return checks;
  for (const part of [...prologue, ...main]) {
    const found = new Set<Status>();
    for (const call of part.kind === "segment" ? callsOf(part.items) : []) {
      for (const arg of call.args) {
        const status = typeof arg === "number" ? undefined : arg.storage && byStorage.get(arg.storage);
        if (status) found.add(status);
      }
    }
    if (found.size > 0) checks.set(part, [...found]);
  }
  return checks;
}
