/** A session on the device: weights and states lie there from run to run, and only what is asked for comes back. @module */
import type { Graph, RuntimeValue, Session, Tensor } from "@lapis/lapis";
import {
  bindInputs,
  defaultLimits,
  fedRoles,
  type Feeds,
  firstValue,
  heldInput,
  isKept,
  type KeptValue,
  type MemoryUse,
  Order,
  type PlanStep,
  refuseClosed,
  refuseForeign,
  refuseReleased,
  runGraph,
  type SessionOptions,
  staleState,
  withDefaults,
  written,
} from "@lapis/lapis/backends";
import { asTensor, evalDim, type GraphInput, opName, typeOf } from "@lapis/lapis/graph";
import { byteLength, copyOf, isTensor, sizeOf } from "@lapis/lapis/tensors";
import type { Buffer, Command, Device } from "./device.ts";

/** The backend's name. */
export const name = "delayed";

/** A result that stays on the device. */
class DeviceValue implements KeptValue {
  readonly kind = "kept";
  readonly backend = name;
  readonly #device: Device;
  #buffer: Buffer | undefined;
  constructor(device: Device, buffer: Buffer) {
    this.#device = device;
    this.#buffer = buffer;
  }
  get buffer(): Buffer {
    return this.#buffer ?? refuseReleased();
  }
  get dtype(): Buffer["dtype"] {
    return this.buffer.dtype;
  }
  get shape(): Buffer["shape"] {
    return this.buffer.shape;
  }
  /** True on the device where it lies. */
  liesOn(device: Device): boolean {
    return device === this.#device;
  }
  async read(): Promise<Tensor> {
    return await this.#device.download(this.buffer);
  }
  release(): void {
    if (this.#buffer) this.#device.free(this.#buffer);
    this.#buffer = undefined;
  }
  [Symbol.dispose](): void {
    this.release();
  }
}

/** A graph compiled for the device: it can only be awaited. */
export class DeviceSession implements Session {
  readonly backend = name;
  readonly compilations = 1;
  readonly #device: Device;
  readonly #graph: Graph;
  readonly #program: Command;
  readonly #profile: boolean;
  /** Parameters, statistics, slots and states that have a value. */
  readonly #held = new Map<string, Buffer>();
  /** Runs, reads and writes take effect in the order in which they are asked for. */
  readonly #order = new Order();
  #milliseconds = 0;
  #closed = false;

  constructor(device: Device, graph: Graph, options: SessionOptions) {
    const { registry, limits = defaultLimits, profile = false } = options;
    this.#device = device;
    this.#graph = graph;
    this.#profile = profile;
    // A real device would translate the nodes into a program of its own; this one knows plain kernels.
    this.#program = (inputs) => runGraph(graph, inputs, { registry, limits }).filter(isTensor);
    for (const input of graph.inputs) {
      if (input.value && input.role !== "constant") this.#held.set(input.name, device.upload(input.value));
    }
  }

  run(feeds: Feeds): Promise<Record<string, RuntimeValue>> {
    return this.#run(feeds, async (result) => {
      const value = await this.#device.download(result);
      this.#device.free(result);
      return value;
    });
  }
  runKept(feeds: Feeds): Promise<Record<string, KeptValue>> {
    return this.#run(feeds, (result) => new DeviceValue(this.#device, result));
  }
  async #run<T>(feeds: Feeds, give: (result: Buffer) => T | Promise<T>): Promise<Record<string, T>> {
    return await this.#order.do(async () => {
      refuseClosed(this.#closed);
      const began = performance.now(), { outputs } = this.#graph, { buffers, own } = this.#inputs(feeds);
      const results = await this.#device.submit(this.#program, buffers).finally(() => {
        for (const buffer of own) this.#device.free(buffer);
      });
      this.#milliseconds = performance.now() - began;
      refuseClosed(this.#closed);
      const given: Record<string, T> = {};
      // Nothing was replaced so far, so that a run that fails leaves everything as it was.
      for (const [i, result] of results.entries()) {
        const { name = "", updates } = outputs[i] ?? {};
        if (updates === undefined) given[name] = await give(result);
        else this.#put(updates, result);
      }
      return given;
    });
  }
  /** What the program is given, in order, and which of that is for this run alone. */
  #inputs(feeds: Feeds): { readonly buffers: readonly Buffer[]; readonly own: readonly Buffer[] } {
    const kept = new Map<string, Buffer>(), values: Record<string, RuntimeValue> = {}, own: Buffer[] = [];
    for (const [name, value] of Object.entries(feeds)) {
      if (!isKept(value)) values[name] = value;
      else if (!(value instanceof DeviceValue && value.liesOn(this.#device))) {
        refuseForeign(this.backend, name, value);
      } else {
        const { buffer } = value;
        kept.set(name, buffer);
        values[name] = { dtype: buffer.dtype, shape: buffer.shape, data: [] };
      }
    }
    const given = withDefaults(this.#graph, values, fedRoles), env = bindInputs(this.#graph, given, fedRoles);
    const upload = (value: Tensor) => {
      const buffer = this.#device.upload(value);
      own.push(buffer);
      return buffer;
    };
    const buffers = this.#graph.inputs.filter((i) => i.role !== "constant").map((input) => {
      const value = given[input.name], there = kept.get(input.name) ?? this.#current(input, env);
      return there ?? upload(isTensor(value) ? value : this.#first(input, env));
    });
    return { buffers, own };
  }
  /** What lies on the device for an input that the session holds. @throws {InputError} for a state of other sizes. */
  #current(input: GraphInput, env: ReadonlyMap<string, number>): Buffer | undefined {
    const held = fedRoles.has(input.role) ? undefined : this.#held.get(input.name);
    const type = asTensor(typeOf(this.#graph, input.id));
    const fits = held && type.shape?.every((d, i) => (evalDim(d, env) ?? held.shape[i]) === held.shape[i]);
    if (held && fits === false) throw staleState(input, held.shape, type);
    return held;
  }
  #first(input: GraphInput, env: ReadonlyMap<string, number>): Tensor {
    return firstValue(input, asTensor(typeOf(this.#graph, input.id)), env);
  }
  #put(name: string, buffer: Buffer): void {
    const old = this.#held.get(name);
    if (old) this.#device.free(old);
    this.#held.set(name, buffer);
  }

  async read(name: string): Promise<Tensor> {
    refuseClosed(this.#closed);
    const input = heldInput(this.#graph, name);
    return await this.#order.do(async () => {
      const held = this.#held.get(name);
      return held ? await this.#device.download(held) : copyOf(this.#first(input, new Map()));
    });
  }
  write(name: string, value: Tensor): void {
    refuseClosed(this.#closed);
    const own = written(this.#graph, heldInput(this.#graph, name), value);
    this.#order.do(() => this.#put(name, this.#device.upload(own)));
  }
  resetStates(): void {
    refuseClosed(this.#closed);
    this.#order.do(() => {
      for (const { name, role, value } of this.#graph.inputs) {
        const held = this.#held.get(name);
        if (role !== "state" || !held) continue;
        this.#device.free(held);
        this.#held.delete(name);
        if (value) this.#held.set(name, this.#device.upload(value));
      }
    });
  }

  memory(): MemoryUse {
    refuseClosed(this.#closed);
    const constants = this.#graph.inputs.flatMap(({ role, value }) =>
      role === "constant" && value ? [value] : []
    );
    const weights = [...constants, ...this.#held.values()].reduce(
      (n, { dtype, shape }) => n + byteLength(dtype, sizeOf(shape)),
      0,
    );
    return { weights, packed: 0, activations: 0, workspace: 0 };
  }
  plan(): readonly PlanStep[] {
    refuseClosed(this.#closed);
    const step = {
      segment: 0,
      where: name,
      kernel: "program",
      nodes: this.#graph.nodes.map(opName),
      scope: "",
    };
    return [this.#profile ? { ...step, milliseconds: this.#milliseconds } : step];
  }
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const buffer of this.#held.values()) this.#device.free(buffer);
    this.#held.clear();
  }
  [Symbol.dispose](): void {
    this.close();
  }
}
