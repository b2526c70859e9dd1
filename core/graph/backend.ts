/** The backend contract: a backend compiles a graph into a session. @module */
import type { DType } from "../values/dtype.ts";
import { BackendError, ConfigError, shown } from "../values/errors.ts";
import type { Graph, Node } from "./graph.ts";
import type { Limits } from "../values/limits.ts";
import type { Operators } from "./op.ts";
import { checkOptions, type OptionNames } from "../values/schema.ts";
import type { Type } from "../values/shape.ts";
import type { RuntimeValue, Tensor } from "../values/tensor.ts";

/** How to compile. */
export interface SessionOptions {
  /** The plugins whose operators the graph holds. */
  readonly registry: Operators;
  /** Threads that it computes on, 1 unless said; an engine refuses more than it can. */
  readonly threads?: number;
  /** Plain multiply and add: the same bits on every machine. An engine that can't say so refuses. */
  readonly deterministic?: boolean;
  /** Refuse a plan that takes more, where an engine plans its memory. */
  readonly maxBytes?: number;
  /** Bounds on what is data-dependent. */
  readonly limits?: Limits;
  /** Steps of the plan tell how long they took in the last run; running is a little slower. */
  readonly profile?: boolean;
}
const compileNames: OptionNames<SessionOptions> = {
  registry: 0,
  threads: 0,
  deterministic: 0,
  maxBytes: 0,
  limits: 0,
  profile: 0,
};
/**
 * Refuses options that a backend doesn't know or can't heed, before it compiles.
 * @throws {ConfigError} @throws {BackendError}
 */
export function checkCompile(engine: string, options: SessionOptions, mostThreads = 1): void {
  checkOptions(`${engine}.compile`, options, compileNames);
  const { threads = 1 } = options;
  if (!(Number.isSafeInteger(threads) && threads >= 1)) {
    throw new ConfigError(`threads: expected integer >= 1, got ${shown(threads)}`, { place: "threads" });
  }
  if (threads > mostThreads) {
    throw new BackendError(`backend ${engine}: computes on one thread: expected threads: 1, got ${threads}`);
  }
}
/** Bytes a session holds. */
export interface MemoryUse {
  /** Parameters and statistics as they are. */
  readonly weights: number;
  /** Weights packed for the kernels. */
  readonly packed: number;
  /** Values between the operators. */
  readonly activations: number;
  /** What kernels need while they run. */
  readonly workspace: number;
}
/** One step of a plan, as `lapis inspect --plan` shows it. */
export interface PlanStep {
  /** Number of the segment; a segment is one call. */
  readonly segment: number;
  /** `wasm`, `host` or the engine's own word. */
  readonly where: string;
  /** The kernel and what it is specialised for. */
  readonly kernel: string;
  /** The operators it stands for. */
  readonly nodes: readonly string[];
  /** Path of the layer they come from. */
  readonly scope: string;
  /** Bytes that its results take. */
  readonly bytes?: number;
  /** Of a session compiled with `profile`: milliseconds that its segment took in the last run. */
  readonly milliseconds?: number;
}
/** A tensor that stays where an engine keeps it: no run changes it, and it outlives the session that gave it. */
export interface KeptValue {
  /** Tells values apart. */
  readonly kind: "kept";
  /** Name of the engine, whose sessions alone are fed with it. */
  readonly backend: string;
  /** The element type. */
  readonly dtype: DType;
  /** Size of each axis. */
  readonly shape: readonly number[];
  /** A copy of it. Throws a {@link BackendError} once it was released. */
  read(): Promise<Tensor>;
  /** Gives its memory back to the engine; again is fine. */
  release(): void;
  /** Releases it at the end of a `using` block. */
  [Symbol.dispose](): void;
}
/** What a run is given, by name. It is read when the run begins, after those before it: let it stay as it is until then. */
export type Feeds = Readonly<Record<string, RuntimeValue | KeptValue>>;

/**
 * A compiled graph with its parameters, slots and states inside; only data goes in and results come out, as copies. Runs, reads,
 * writes and resets take effect in the order in which they are asked for, also where one is asked for before another has ended.
 * A run that is refused or fails replaces nothing. Once closed, everything but `close` is refused. `plugins/backends/room/held.ts` has the words
 * for it, `plugins/backends/contract` the tests.
 */
export interface Session {
  /** Name of the engine. */
  readonly backend: string;
  /** Runs once. Inputs with role `data` (and `random`) by name; all outputs without `updates` by name. */
  run(inputs: Feeds): Promise<Record<string, RuntimeValue>>;
  /** The same on this thread alone, where the backend can. */
  runSync?(inputs: Feeds): Record<string, RuntimeValue>;
  /** The same, its results kept by the engine, to be read or fed to another run. Only tensors can be. */
  runKept(inputs: Feeds): Promise<Record<string, KeptValue>>;
  /** A copy of a parameter, statistic, slot or state. */
  read(name: string): Promise<Tensor>;
  /** The same at once, as the runs that have ended left it, where the engine's memory is this program's. */
  readSync?(name: string): Tensor;
  /** Replaces one; what is derived from it is made again before the next run. */
  write(name: string, value: Tensor): void;
  /** Puts every state back to its first value (zeros unless given). */
  resetStates(): void;
  /** Bytes it holds. */
  memory(): MemoryUse;
  /** Steps of the plan for the last bound dims. */
  plan(): readonly PlanStep[];
  /** Compilations so far, counted so that tests can hold them down. */
  readonly compilations: number;
  /** Frees it. */
  close(): void;
  /** Frees it at the end of a `using` block. */
  [Symbol.dispose](): void;
}
/** An engine. */
export interface BackendDef {
  /** Tells plugins apart. */
  readonly kind: "backend";
  /** The engine's name. */
  readonly name: string;
  /** What it is, in a few words. */
  readonly summary: string;
  /** True, or why not in one line. */
  available(): Promise<true | string>;
  /** Whether a node runs on the engine's own kernels. */
  supports(node: Node, types: readonly Type[]): boolean;
  /** Makes a session of a graph. */
  compile(graph: Graph, options: SessionOptions): Promise<Session>;
}
