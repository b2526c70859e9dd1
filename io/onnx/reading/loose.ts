/** Sizes that a file gives one name though they differ: runs go on with a name of its own for each, as in onnxruntime. @module */
import type { Feeds, KeptValue, MemoryUse, PlanStep, Session } from "../../../core/graph/backend.ts";
import { type Graph, typeOf } from "../../../core/graph/graph.ts";
import type { Registry } from "../../../core/registry.ts";
import { rewrite } from "../../../core/graph/rewrite.ts";
import type { Compile } from "../../../core/model/sessions.ts";
import { bindDim, dimText, tensorType } from "../../../core/values/shape.ts";
import type { RuntimeValue, Tensor } from "../../../core/values/tensor.ts";

/** An axis of an input whose size isn't what the input's type says. */
interface Odd {
  readonly input: string;
  readonly axis: number;
  /** What is wrong, for people. */
  readonly said: string;
}

/** Axes whose named size another input's contradicts. Other misfits are left to the engine's own check. */
function oddAxes(graph: Graph, inputs: Feeds): readonly Odd[] {
  const env = new Map<string, number>(), found: Odd[] = [];
  const data = graph.inputs.filter((i) => i.role === "data");
  // Expressions are checked once every name has its size.
  for (const round of ["names", "expressions"]) {
    for (const { name, id, value: own } of data) {
      const type = typeOf(graph, id), value = inputs[name] ?? own;
      if (type.kind !== "tensor" || !value || !("shape" in value)) continue;
      if (!type.shape || type.shape.length !== value.shape.length) continue;
      type.shape.forEach((d, axis) => {
        const actual = value.shape[axis] ?? -1, isName = typeof d === "string";
        if (typeof d === "number" || isName !== (round === "names") || bindDim(d, actual, env)) return;
        found.push({ input: name, axis, said: `axis ${axis} of ${name} is ${actual}, not ${dimText(d)}` });
      });
    }
  }
  return found;
}
/** The graph with symbols of their own for some axes. */
function apart(graph: Graph, axes: readonly Odd[], registry: Registry): Graph {
  return rewrite(graph, registry, {
    name: "sizes of their own",
    nested: true,
    input(input, type) {
      const own = axes.filter((a) => a.input === input.name);
      if (own.length === 0 || input.role !== "data" || type.kind !== "tensor" || !type.shape) return {};
      const shape = type.shape.map((d, i) => (own.some((a) => a.axis === i) ? `${input.name}[${i}]` : d));
      return { type: tensorType(type.dtype, shape) };
    },
  });
}

/** A session that is compiled again once inputs contradict the names of their sizes. */
class LooseSession implements Session {
  readonly runSync?: (inputs: Feeds) => Record<string, RuntimeValue>;
  readonly readSync?: (name: string) => Tensor;
  readonly #registry: Registry;
  readonly #compile: Compile;
  readonly #warn: (message: string) => void;
  readonly #written = new Set<string>();
  #graph: Graph;
  #session: Session;
  #loosening: Promise<void> | undefined;
  constructor(
    graph: Graph,
    session: Session,
    compile: Compile,
    registry: Registry,
    warn: (message: string) => void,
  ) {
    this.#graph = graph;
    this.#session = session;
    this.#compile = compile;
    this.#registry = registry;
    this.#warn = warn;
    const { runSync, readSync } = session;
    if (runSync) this.runSync = (inputs) => runSync.call(this.#session, inputs);
    if (readSync) this.readSync = (name) => readSync.call(this.#session, name);
  }
  get backend(): string {
    return this.#session.backend;
  }
  get compilations(): number {
    return this.#session.compilations;
  }
  run(inputs: Feeds): Promise<Record<string, RuntimeValue>> {
    return this.#fitted(inputs, () => this.#session.run(inputs));
  }
  runKept(inputs: Feeds): Promise<Record<string, KeptValue>> {
    return this.#fitted(inputs, () => this.#session.runKept(inputs));
  }
  /** A run, at once where the inputs fit and nothing is being compiled. */
  #fitted<T>(inputs: Feeds, run: () => Promise<T>): Promise<T> {
    if (this.#loosening) return this.#loosening.then(() => this.#fitted(inputs, run));
    const odd = oddAxes(this.#graph, inputs);
    if (odd.length === 0) return run();
    this.#loosening = this.#loosen(odd).finally(() => {
      this.#loosening = undefined;
    });
    return this.#loosening.then(run);
  }
  async #loosen(odd: readonly Odd[]): Promise<void> {
    const graph = apart(this.#graph, odd, this.#registry);
    const next = await this.#compile(graph);
    this.#warn(`${odd.map((o) => o.said).join("; ")}: names of sizes in the file are taken as hints`);
    const left = this.#graph.outputs.flatMap((o) => (o.updates === undefined ? [] : [o.updates]));
    for (const name of new Set([...this.#written, ...left])) {
      next.write(name, this.readSync?.(name) ?? await this.#session.read(name));
    }
    this.#session.close();
    this.#session = next;
    this.#graph = graph;
  }
  read(name: string): Promise<Tensor> {
    return this.#session.read(name);
  }
  write(name: string, value: Tensor): void {
    this.#written.add(name);
    this.#session.write(name, value);
  }
  resetStates(): void {
    this.#session.resetStates();
  }
  memory(): MemoryUse {
    return this.#session.memory();
  }
  plan(): readonly PlanStep[] {
    return this.#session.plan();
  }
  close(): void {
    this.#session.close();
  }
  [Symbol.dispose](): void {
    this.close();
  }
}

/** Puts such a session around the one that a graph is compiled into, where names of sizes could contradict one another. */
export function loosely(
  registry: Registry,
  warn: (message: string) => void,
): (graph: Graph, compile: Compile) => Promise<Session> {
  return async (graph, compile) => {
    const session = await compile(graph);
    const named = graph.inputs.flatMap(({ role, id }) => {
      const type = typeOf(graph, id);
      if (role !== "data" || type.kind !== "tensor") return [];
      return type.shape?.filter((d) => typeof d !== "number") ?? [];
    });
    return named.length < 2 ? session : new LooseSession(graph, session, compile, registry, warn);
  };
}
