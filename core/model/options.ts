/** How a model is made and run. @module */
import type { Session } from "../graph/backend.ts";
import type { Graph } from "../graph/graph.ts";
import type { SavedTraining } from "../training/saved.ts";
import type { Limits } from "../values/limits.ts";
import type { OptionNames } from "../values/schema.ts";
import type { Tensor } from "../values/tensor.ts";

/** What Lapis keeps in a file beside what Keras or ONNX know; others pass it over. */
export interface Extras {
  /** By subject, as in `training`, `preprocessing` or `labels`. */
  readonly json: Readonly<Record<string, unknown>>;
  /** Arrays by name. */
  readonly tensors?: Readonly<Record<string, Tensor>>;
}
/** How a model is made and run. */
export interface ModelOptions {
  /** The engine; the first available of wasm, plain and onnxruntime unless named. */
  readonly backend?: string;
  /** Weights by path; those that are missing are initialised. */
  readonly weights?: ReadonlyMap<string, Tensor>;
  /** Seed of initial weights and of random numbers; 0 unless given. */
  readonly seed?: number;
  /** Bounds that weights and plans are held to. */
  readonly limits?: Limits;
  /** Threads that the engine computes on, 1 unless given; wasm and plain have one, and refuse more. */
  readonly threads?: number;
  /** The same bits on every machine; onnxruntime can't say so, and refuses. */
  readonly deterministic?: boolean;
  /**
   * False has calls with `training: true` compute as in inference, as Keras 3's `predict` does: no draws, moving
   * statistics. Monte Carlo dropout can be written as ONNX and proved then.
   */
  readonly draws?: boolean;
  /** How the file it comes from says it was compiled. */
  readonly saved?: SavedTraining;
  /** What else the file holds for Lapis. */
  readonly extras?: Extras;
  /** Puts a session around each that is compiled, for what a format's engines do differently. */
  readonly around?: (graph: Graph, compile: (graph: Graph) => Promise<Session>) => Promise<Session>;
}
/** Their names, and that of the model's name. */
export const modelNames: OptionNames<ModelOptions & { readonly name?: string }> = {
  name: 0,
  backend: 0,
  weights: 0,
  seed: 0,
  limits: 0,
  threads: 0,
  deterministic: 0,
  draws: 0,
  saved: 0,
  extras: 0,
  around: 0,
};
