/** A compiled graph at work: memory, weights, dims bound and cached, segments and host steps run in order. @module */
import type { MemoryUse, PlanStep, Session } from "../../../core/backend.ts";
import { BackendError, InputError, LimitError, shown } from "../../../core/errors.ts";
import { runNode } from "../../../core/execute.ts";
import { type GraphInput, opName, typeOf } from "../../../core/graph.ts";
import type { Limits } from "../../../core/limits.ts";
import { bindInputs, envKey, layoutArena } from "../../../core/plan.ts";
import { bindDim, type DimEnv, evalDim, shapeText, typeText } from "../../../core/shape.ts";
import {
  castTensor,
  copyOf,
  isTensor,
  type RuntimeValue,
  sizeOf,
  type Tensor,
  zeros,
} from "../../../core/tensor.ts";
import { type Compiled, keptRoles, type Part } from "./compile.ts";
import { evalShape, readView, writeView } from "./memory.ts";
import type { Item, Lives } from "./program.ts";
import type { Storage, View } from "./views.ts";

const dataRoles: ReadonlySet<string> = new Set(["data", "random"]);
const PAGE = 65536, SLACK = 64;

/** What one binding of the dims fixes. */
interface Bound {
  readonly table: Int32Array;
  readonly addresses: ReadonlyMap<Storage, number>;
  readonly arenaBytes: number;
  readonly valueBytes: number;
}

/** A session on the wasm backend. */
export class WasmSession implements Session {
  readonly backend = "wasm";
  readonly compilations = 1;
  readonly #c: Compiled;
  readonly #limits: Limits;
  readonly #maxBytes: number;
  readonly #memory: WebAssembly.Memory;
  readonly #functions: Readonly<Record<string, () => void>>;
  readonly #kept = new Map<Storage, number>();
  readonly #arenaBase: number;
  readonly #bound = new Map<string, Bound>();
  readonly #states = new Map<string, Tensor>();
  readonly #held = new Map<string, Tensor>();
  #current: Bound | undefined;
  #dirty = true;
  #closed = false;

  constructor(compiled: Compiled, module: WebAssembly.Module, limits: Limits, maxBytes: number) {
    this.#c = compiled;
    this.#limits = limits;
    this.#maxBytes = maxBytes;
    this.#arenaBase = this.#placeKept();
    this.#check(this.#arenaBase);
    this.#memory = new WebAssembly.Memory({ initial: Math.ceil((this.#arenaBase + SLACK) / PAGE) });
    const instance = new WebAssembly.Instance(module, { env: { memory: this.#memory } });
    this.#functions = instance.exports as Record<string, () => void>;
    for (const [storage, value] of compiled.lowering.constants) this.#put(storage, value);
    for (const input of compiled.graph.inputs) {
      if (input.value && input.role !== "constant") this.#first(input, input.value);
    }
  }

  #placeKept(): number {
    const { table, lowering, inputs, owner, keptBase } = this.#c;
    const all = new Set<Storage>();
    for (const slot of table.slots) if (slot.storage) all.add(slot.storage);
    for (const storage of [...lowering.constants.keys(), ...lowering.filled.keys()]) all.add(owner(storage));
    for (const view of inputs.values()) all.add(owner(view.storage));
    for (const status of lowering.statuses) all.add(owner(status.storage));
    let next = keptBase;
    for (const storage of all) {
      if (storage.kind !== "kept") continue;
      const bytes = evalDim(storage.bytes, new Map());
      if (bytes === undefined) throw new BackendError("a kept value has no fixed size");
      this.#kept.set(storage, next);
      next = Math.ceil((next + bytes + SLACK) / 64) * 64;
    }
    return next;
  }
  #check(bytes: number): void {
    if (bytes + SLACK > this.#maxBytes) {
      throw new LimitError(`the plan takes ${bytes} bytes, more than the ${this.#maxBytes} allowed`);
    }
  }
  #put(storage: Storage, value: Tensor): void {
    const address = this.#kept.get(this.#c.owner(storage));
    if (address !== undefined) writeView(this.#memory.buffer, address, value);
  }
  #first(input: GraphInput, value: Tensor): void {
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
    if (view) this.#put(view.storage, value);
    else this.#held.set(input.name, value);
    this.#dirty = true;
  }
  #open(): void {
    if (this.#closed) throw new BackendError("this session is closed");
  }

  run(inputs: Readonly<Record<string, RuntimeValue>>): Promise<Record<string, RuntimeValue>> {
    try {
      return Promise.resolve(this.runSync(inputs));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  runSync(inputs: Readonly<Record<string, RuntimeValue>>): Record<string, RuntimeValue> {
    this.#open();
    const { graph } = this.#c;
    const env = bindInputs(graph, inputs, dataRoles);
    if (this.#dirty) this.#runPrologue();
    const values = new Map<number, RuntimeValue>();
    const bound = this.#bind(env);
    const address = (s: Storage) => this.#addressOf(bound, s);
    for (const input of graph.inputs) {
      const view = this.#c.inputs.get(input.name);
      const value = dataRoles.has(input.role) ? inputs[input.name] : this.#stateOf(input, env);
      if (value === undefined) {
        const held = this.#held.get(input.name) ?? (input.role === "constant" ? input.value : undefined);
        if (held) values.set(input.id, held);
      } else if (view && isTensor(value)) writeView(this.#memory.buffer, address(view.storage), value);
      else values.set(input.id, value);
    }
    for (const part of this.#c.main) this.#step(part, bound, env, values);
    return this.#results(bound, env, values);
  }

  #runPrologue(): void {
    const bound = this.#lay(new Map(), this.#c.prologueLives);
    this.#use(bound);
    for (const part of this.#c.prologue) if (part.kind === "segment") this.#functions[part.name]?.();
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
      throw new InputError(
        `state ${input.name} holds [${held.shape}], this input needs [${shape}]: reset the states before another batch size`,
        { place: input.name },
      );
    }
    return held;
  }

  #bind(env: Map<string, number>): Bound {
    const key = envKey(env);
    let bound = this.#bound.get(key);
    if (!bound) {
      bound = this.#lay(env, this.#c.lives);
      if (this.#bound.size >= 256) this.#bound.clear();
      if (!this.#staged(env)) this.#bound.set(key, bound);
    }
    this.#use(bound);
    this.#fill(env);
    return bound;
  }
  /** Writes integer values that follow from dims, as far as these are bound. */
  #fill(env: DimEnv): void {
    for (const [storage, { dims, dtype }] of this.#c.lowering.filled) {
      const numbers = dims.map((d) => evalDim(d, env));
      if (numbers.some((n) => n === undefined)) continue;
      const data = Float64Array.from(numbers.map(Number));
      this.#put(storage, castTensor({ dtype: "float64", shape: [dims.length], data }, dtype));
    }
  }
  /** True while sizes are left that only running tells. */
  #staged(env: DimEnv): boolean {
    return [...this.#c.lives.from.keys()].some((s) =>
      s.kind === "arena" && evalDim(s.bytes, env) === undefined
    );
  }

  #lay(env: DimEnv, lives: Lives, before?: Bound): Bound {
    const storages: Storage[] = [],
      blocks: { bytes: number; from: number; to: number; value: boolean }[] = [];
    for (const [storage, from] of lives.from) {
      if (storage.kind !== "arena" || before?.addresses.has(storage)) continue;
      const bytes = evalDim(storage.bytes, env);
      if (bytes === undefined) continue;
      storages.push(storage);
      blocks.push({
        bytes: bytes + SLACK,
        from,
        to: lives.to.get(storage) ?? from,
        value: storage.what === "value",
      });
    }
    const start = before ? this.#arenaBase + before.arenaBytes : this.#arenaBase;
    const { offsets, bytes } = layoutArena(blocks);
    const end = start + bytes;
    this.#check(end);
    const addresses = new Map<Storage, number>(before?.addresses);
    storages.forEach((storage, i) => addresses.set(storage, start + (offsets[i] ?? 0)));
    const at = (storage: Storage) => this.#kept.get(storage) ?? addresses.get(storage) ?? 0;
    const valueBytes = layoutArena(blocks.filter((b) => b.value)).bytes + (before?.valueBytes ?? 0);
    return {
      table: this.#c.table.fill(env, at),
      addresses,
      arenaBytes: Math.ceil((end - this.#arenaBase) / 64) * 64,
      valueBytes,
    };
  }
  /** Makes room and puts a binding's table where the module reads it. */
  #use(bound: Bound): void {
    if (this.#current === bound) return;
    const missing = this.#arenaBase + bound.arenaBytes + SLACK - this.#memory.buffer.byteLength;
    if (missing > 0) {
      try {
        this.#memory.grow(Math.ceil(missing / PAGE));
      } catch {
        throw new LimitError(`no memory for a plan of ${this.#arenaBase + bound.arenaBytes} bytes`);
      }
    }
    new Int32Array(this.#memory.buffer, this.#c.tableBase, bound.table.length).set(bound.table);
    this.#current = bound;
  }
  #addressOf(bound: Bound, storage: Storage): number {
    const s = this.#c.owner(storage);
    const address = this.#kept.get(s) ?? bound.addresses.get(s);
    if (address === undefined) throw new BackendError("a value has no place in memory");
    return address;
  }

  #step(part: Part, first: Bound, env: Map<string, number>, values: Map<number, RuntimeValue>): void {
    if (part.kind === "segment") {
      this.#functions[part.name]?.();
      this.#checkStatuses(this.#current ?? first, env);
      return;
    }
    const { registry } = this.#c.lowering, { graph, scope } = this.#c;
    const bound = this.#current ?? first;
    const given = part.inputs.map((v) => {
      if (!v) return undefined;
      const known = values.get(v.id) ?? scope.constants.get(v.id);
      return known ?? (v.view ? this.#read(bound, v.view, env) : undefined);
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
      now = this.#lay(env, this.#c.lives, bound);
      this.#use(now);
      this.#fill(env);
    }
    for (const v of part.outputs) {
      const value = v && values.get(v.id);
      if (v?.view && value && isTensor(value)) {
        writeView(this.#memory.buffer, this.#addressOf(now, v.view.storage), value);
      }
    }
  }

  #checkStatuses(bound: Bound, env: DimEnv): void {
    for (const { storage, node, indices, limit } of this.#c.lowering.statuses) {
      const word = new Int32Array(this.#memory.buffer, this.#addressOf(bound, storage), 1),
        position = word[0] ?? 0;
      if (position === 0) continue;
      word[0] = 0;
      const size = evalDim(limit, env) ?? 0;
      const moving = indices.steps.length > 0;
      const bad = moving ? undefined : this.#read(bound, indices, env).data[position - 1];
      const where = node.scope === "" ? opName(node) : `${node.scope} (${opName(node)})`;
      throw new InputError(
        `${where}: index ${bad ?? "?"} at position ${position - 1} is outside 0 to ${size - 1}`,
        { place: where },
      );
    }
  }
  #read(bound: Bound, view: View, env: DimEnv): Tensor {
    return readView(this.#memory.buffer, this.#addressOf(bound, view.storage), view, env);
  }

  #results(
    first: Bound,
    env: DimEnv,
    values: ReadonlyMap<number, RuntimeValue>,
  ): Record<string, RuntimeValue> {
    const { graph, outputs, scope } = this.#c, bound = this.#current ?? first;
    const results: Record<string, RuntimeValue> = {};
    const updates: [string, Tensor][] = [];
    for (const output of graph.outputs) {
      const target = output.updates === undefined ? undefined : this.#c.inputs.get(output.updates);
      if (target?.storage.kind === "kept") continue;
      const view = outputs.get(output.name);
      const constant = scope.constants.get(output.id);
      const value = view
        ? this.#read(bound, view, env)
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

  #keptInput(name: string): GraphInput {
    const input = this.#c.graph.inputs.find((i) =>
      i.name === name && !dataRoles.has(i.role) && i.role !== "constant"
    );
    if (!input) throw new InputError(`no parameter or state is named ${shown(name)}`, { place: name });
    return input;
  }
  read(name: string): Tensor {
    this.#open();
    const input = this.#keptInput(name), held = this.#states.get(name) ?? this.#held.get(name);
    if (held) return copyOf(held);
    const type = typeOf(this.#c.graph, input.id), view = this.#c.inputs.get(name);
    if (type.kind !== "tensor") throw new BackendError(`${name} is no tensor`);
    if (input.role === "state" || input.role === "slot") {
      return zeros(evalShape(type.shape ?? [], new Map()), type.dtype);
    }
    const address = view && this.#kept.get(this.#c.owner(view.storage));
    if (!view || address === undefined) throw new BackendError(`${name} has no value yet`);
    return readView(this.#memory.buffer, address, view, new Map());
  }
  write(name: string, value: Tensor): void {
    this.#open();
    const input = this.#keptInput(name), type = typeOf(this.#c.graph, input.id);
    const env = new Map<string, number>();
    const fits = type.kind === "tensor" && type.dtype === value.dtype &&
      type.shape?.length === value.shape.length &&
      type.shape.every((d, i) => bindDim(d, value.shape[i] ?? -1, env)) &&
      sizeOf(value.shape) === value.data.length;
    if (!fits) {
      throw new InputError(
        `${name}: expected ${typeText(type)}, got ${value.dtype}[${value.shape.join(", ")}]`,
        { place: name },
      );
    }
    this.#first(input, copyOf(value));
  }
  resetStates(): void {
    for (const input of this.#c.graph.inputs) {
      if (input.role !== "state") continue;
      if (input.value) this.#states.set(input.name, input.value);
      else this.#states.delete(input.name);
    }
  }
  memory(): MemoryUse {
    const sum = (...what: Storage["what"][]) =>
      [...this.#kept.keys()].filter((s) => what.includes(s.what)).reduce((n, s) => n + Number(s.bytes), 0);
    const bound = this.#current, values = bound?.valueBytes ?? 0;
    return {
      weights: sum("weight", "constant"),
      packed: sum("packed", "derived", "value"),
      activations: values,
      workspace: Math.max(0, (bound?.arenaBytes ?? 0) - values),
    };
  }
  plan(): readonly PlanStep[] {
    const steps: PlanStep[] = [];
    const walk = (items: readonly Item[], segment: number, where: string): void => {
      for (const item of items) {
        if (item.kind === "loop") walk(item.items, segment, `${where}, loop`);
        else if (item.kind === "call") {
          steps.push({ segment, where, kernel: item.kernel.key, nodes: item.nodes, scope: item.scope });
        }
      }
    };
    const all: [readonly Part[], string][] = [[this.#c.prologue, "wasm, once"], [this.#c.main, "wasm"]];
    let segment = 0;
    for (const [list, where] of all) {
      for (const part of list) {
        if (part.kind === "segment") walk(part.items, segment, where);
        else {steps.push({
            segment,
            where: "host",
            kernel: "plain",
            nodes: [opName(part.node)],
            scope: part.node.scope,
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
