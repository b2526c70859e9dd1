/** Steps and tests on sessions: graphs made once a kind, random keys by step, recurrent states handed over. @module */
import type { Graph } from "../../../core/graph/graph.ts";
import { copyOf, type RuntimeValue, type Tensor } from "../../../core/values/tensor.ts";
import type { Compiled } from "./compiled.ts";
import type { Fed } from "./data.ts";
import { formKey } from "./form.ts";
import { renamed } from "./saved.ts";
import type { OptimizerState } from "./optimizerstate.ts";
import { randomKeys, stateShapes, testGraph, trainingGraph } from "./graphs.ts";
import type { ModelParts } from "../../../core/training/types.ts";

const statePrefix = "state/";
/** A graph without the values of its inputs, which are the session's. */
export const withoutValues = (graph: Graph): Graph => ({
  ...graph,
  inputs: graph.inputs.map(({ value: _, ...input }) => input),
});

/** Where and how a step runs. */
export interface RunOptions {
  readonly seed: number;
  readonly backend: string | undefined;
}
/** Runs a model's steps. */
export class StepRunner {
  readonly #parts: ModelParts;
  readonly #graphs = new Map<string, Graph>();
  /** Recurrent states that wait for the session that takes them. */
  readonly #states = new Map<string, Tensor>();
  #step = 0;
  /** Tests run since that step. */
  #tests = 0;

  constructor(parts: ModelParts) {
    this.#parts = parts;
  }
  /** Steps done. */
  get step(): number {
    return this.#step;
  }
  set step(done: number) {
    this.#step = done;
    this.#tests = 0;
  }
  /** Keys of a test's random inputs, for each test others. */
  testKeys(graph: Graph, seed: number): Record<string, Tensor> {
    return randomKeys(graph, seed, this.#step, ++this.#tests);
  }
  /** Frees the sessions; what they changed is handed on. */
  drop(): void {
    this.#parts.sessions.drop("train:");
    this.#parts.sessions.drop("test:");
    this.#graphs.clear();
  }
  /** Runs one batch. */
  async run(
    kind: "train" | "test",
    compiled: Compiled,
    optimizer: () => OptimizerState,
    batch: Fed,
    { seed, backend }: RunOptions,
  ): Promise<Readonly<Record<string, RuntimeValue>>> {
    const { sessions } = this.#parts;
    const key = `${kind}:${compiled.key}:${backend ?? ""}:${formKey(batch)}`;
    const make = () => {
      const graph = kind === "train"
        ? trainingGraph(this.#parts, compiled, batch, optimizer().all(), optimizer().trained)
        : testGraph(this.#parts, compiled, batch);
      this.#graphs.set(key, withoutValues(graph));
      return graph;
    };
    if (!this.#graphs.has(key)) await sessions.session(key, make, backend);
    for (const [path, value] of this.#states) sessions.write(path, value);
    this.#states.clear();
    const graph = this.#graphs.get(key);
    const keys = !graph
      ? {}
      : kind === "test"
      ? this.testKeys(graph, seed)
      : randomKeys(graph, seed, this.step);
    const results = await sessions.run(key, make, { ...batch.tensors, ...keys }, backend);
    if (kind === "train") this.step++;
    await sessions.pause();
    return results;
  }

  /** Forgets states that wait for their session. */
  resetStates(): void {
    this.#states.clear();
  }
  /** Recurrent states by their name in a saved state. */
  states(): Record<string, Tensor> {
    const out: Record<string, Tensor> = {};
    for (const path of stateShapes(this.#parts).keys()) {
      const value = this.#parts.sessions.value(path) ?? this.#states.get(path);
      if (value) out[statePrefix + path] = copyOf(value);
    }
    return out;
  }
  /**
   * Goes on after `step` steps with saved states.
   * @throws {InputError} naming a state that the model doesn't have.
   */
  resume(step: number, tensors: Readonly<Record<string, Tensor>>): void {
    const own = Object.entries(tensors).filter(([name]) => name.startsWith(statePrefix));
    const held = new Map(own.map(([name, value]) => [name.slice(statePrefix.length), value]));
    for (const [path, value] of renamed(held, stateShapes(this.#parts), "resumeFrom: a recurrent state")) {
      this.#states.set(path, value);
    }
    this.step = step;
  }
}
