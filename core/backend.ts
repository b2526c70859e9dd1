/** The backend contract: a backend compiles a graph into a session. @module */
import type { Graph, Node } from "./graph.ts";
import type { Limits } from "./limits.ts";
import type { Registry } from "./registry.ts";
import type { Type } from "./shape.ts";
import type { RuntimeValue, Tensor } from "./tensor.ts";

/** How to compile. */
export interface CompileOptions {
  readonly registry: Registry;
  /** Helpers beside the calling thread; a backend may use fewer. 1 unless said. */
  readonly threads?: number;
  /** Plain multiply and add: the same bits on every machine. */
  readonly deterministic?: boolean;
  /** Refuse a plan that takes more. */
  readonly maxBytes?: number;
  readonly limits?: Limits;
}
/** Bytes a session holds. */
export interface MemoryUse {
  readonly weights: number;
  readonly packed: number;
  readonly activations: number;
  readonly workspace: number;
}
/** One step of a plan, as `lapis inspect --plan` shows it. */
export interface PlanStep {
  readonly segment: number;
  /** `wasm`, `host` or the engine's own word. */
  readonly where: string;
  readonly kernel: string;
  readonly nodes: readonly string[];
  readonly scope: string;
  readonly bytes?: number;
}
/** A compiled graph with its parameters, slots and states inside; only data goes in and results come out, as copies. */
export interface Session {
  readonly backend: string;
  /** Runs once. Inputs with role `data` (and `random`) by name; all outputs without `updates` by name. */
  run(inputs: Readonly<Record<string, RuntimeValue>>): Promise<Record<string, RuntimeValue>>;
  /** The same on this thread alone, where the backend can. */
  runSync?(inputs: Readonly<Record<string, RuntimeValue>>): Record<string, RuntimeValue>;
  /** A copy of a parameter, statistic, slot or state. */
  read(name: string): Tensor;
  /** Replaces one; what is derived from it is made again before the next run. */
  write(name: string, value: Tensor): void;
  /** Puts every state back to its first value (zeros unless given). */
  resetStates(): void;
  memory(): MemoryUse;
  /** Steps of the plan for the last bound dims. */
  plan(): readonly PlanStep[];
  /** Compilations so far, counted so that tests can hold them down. */
  readonly compilations: number;
  close(): void;
  [Symbol.dispose](): void;
}
/** An engine. */
export interface BackendDef {
  readonly kind: "backend";
  readonly name: string;
  readonly summary: string;
  /** True, or why not in one line. */
  available(): Promise<true | string>;
  /** Whether a node runs on the engine's own kernels. */
  supports(node: Node, types: readonly Type[]): boolean;
  compile(graph: Graph, options: CompileOptions): Promise<Session>;
}
