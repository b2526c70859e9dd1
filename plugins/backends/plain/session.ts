/** A session of the plain backend: parameters and states inside, every run node by node. @module */
import type { Feeds, KeptValue, MemoryUse, PlanStep, Session } from "../../../core/graph/backend.ts";
import { runGraph } from "../../../core/ops/execute.ts";
import { type Graph, type GraphInput, type Node, opName, typeOf } from "../../../core/graph/graph.ts";
import { fedRoles, fedValues, heldInput, keptBy, refuseClosed, written } from "../room/held.ts";
import type { Limits } from "../../../core/values/limits.ts";
import { bindInputs, firstValue, staleState, withDefaults } from "../room/binding.ts";
import type { Operators } from "../../../core/graph/op.ts";
import { asTensor, bindDim } from "../../../core/values/shape.ts";
import {
  copyOf,
  isTensor,
  type RuntimeValue,
  type Tensor,
  tensorBytes,
} from "../../../core/values/tensor.ts";

function copied(value: RuntimeValue): RuntimeValue {
  if (isTensor(value)) return copyOf(value);
  if (value.kind === "sequence") return { kind: "sequence", items: value.items.map(copied) };
  if (value.kind === "map") return { kind: "map", keys: copyOf(value.keys), values: copyOf(value.values) };
  return value.value === undefined ? value : { kind: "optional", value: copied(value.value) };
}

/** Runs a graph on plain kernels. */
export class PlainSession implements Session {
  readonly backend = "plain";
  readonly compilations = 0;
  readonly #graph: Graph;
  readonly #registry: Operators;
  readonly #limits: Limits;
  readonly #held = new Map<string, Tensor>();
  readonly #observed: Map<Node, Pick<PlanStep, "bytes" | "milliseconds">> | undefined;
  #closed = false;

  constructor(graph: Graph, registry: Operators, limits: Limits, profile = false) {
    this.#observed = profile ? new Map() : undefined;
    this.#graph = graph;
    this.#registry = registry;
    this.#limits = limits;
    for (const input of graph.inputs) {
      if (input.value && input.role !== "constant") this.#held.set(input.name, copyOf(input.value));
    }
  }

  /** A held value; states without one start as zeros once their dims are bound. */
  #value(input: GraphInput, env: Map<string, number>): Tensor {
    const held = this.#held.get(input.name), type = asTensor(typeOf(this.#graph, input.id));
    if (held) {
      const fits = type.shape === undefined ||
        type.shape.every((d, i) => bindDim(d, held.shape[i] ?? -1, env));
      if (!fits) {
        throw staleState(input, held.shape, type);
      }
      return held;
    }
    return firstValue(input, type, env);
  }

  runSync(given: Feeds): Record<string, RuntimeValue> {
    refuseClosed(this.#closed);
    const graph = this.#graph, inputs = withDefaults(graph, fedValues("plain", given), fedRoles);
    const env = bindInputs(graph, inputs, fedRoles);
    const fed = graph.inputs.filter((i) => i.role !== "constant").map((input) =>
      fedRoles.has(input.role) ? inputs[input.name] : this.#value(input, env)
    );
    const observe = this.#observer();
    const results = runGraph(graph, fed, {
      registry: this.#registry,
      limits: this.#limits,
      ...(observe && { observe }),
    });
    const out: Record<string, RuntimeValue> = {}, updates: [string, Tensor][] = [];
    graph.outputs.forEach((o, i) => {
      const value = results[i];
      if (value === undefined) return;
      if (o.updates === undefined) out[o.name] = copied(value);
      else if (isTensor(value)) updates.push([o.updates, copyOf(value)]);
    });
    for (const [name, value] of updates) this.#held.set(name, value);
    return out;
  }
  /** Takes down each node's time and bytes, where they are wanted. */
  #observer(): ((node: Node, outputs: readonly RuntimeValue[]) => void) | undefined {
    const observed = this.#observed;
    if (!observed) return undefined;
    let began = performance.now();
    return (node, outputs) => {
      const now = performance.now();
      const bytes = outputs.reduce((n, v) => n + (isTensor(v) ? tensorBytes(v) : 0), 0);
      observed.set(node, { bytes, milliseconds: now - began });
      began = performance.now();
    };
  }
  async run(inputs: Feeds): Promise<Record<string, RuntimeValue>> {
    return await Promise.resolve(this.runSync(inputs));
  }
  runKept(inputs: Feeds): Promise<Record<string, KeptValue>> {
    return keptBy("plain", this.#graph, () => this.run(inputs));
  }

  read(name: string): Promise<Tensor> {
    return Promise.resolve(this.readSync(name));
  }
  readSync(name: string): Tensor {
    refuseClosed(this.#closed);
    return copyOf(this.#value(heldInput(this.#graph, name), new Map()));
  }
  write(name: string, value: Tensor): void {
    refuseClosed(this.#closed);
    this.#held.set(name, written(this.#graph, heldInput(this.#graph, name), value));
  }
  resetStates(): void {
    refuseClosed(this.#closed);
    for (const input of this.#graph.inputs) {
      if (input.role !== "state") continue;
      if (input.value) this.#held.set(input.name, copyOf(input.value));
      else this.#held.delete(input.name);
    }
  }
  memory(): MemoryUse {
    refuseClosed(this.#closed);
    const constants = this.#graph.inputs.reduce(
      (n, i) => n + (i.role === "constant" && i.value ? tensorBytes(i.value) : 0),
      0,
    );
    const held = [...this.#held.values()].reduce((n, t) => n + tensorBytes(t), 0);
    return { weights: constants + held, packed: 0, activations: 0, workspace: 0 };
  }
  plan(): readonly PlanStep[] {
    refuseClosed(this.#closed);
    return this.#graph.nodes.map((node) => ({
      segment: 0,
      where: "plain",
      kernel: opName(node),
      nodes: [opName(node)],
      scope: node.scope,
      ...this.#observed?.get(node),
    }));
  }
  close(): void {
    this.#closed = true;
    this.#held.clear();
  }
  [Symbol.dispose](): void {
    this.close();
  }
}
