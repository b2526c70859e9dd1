/** The file format contract. @module */
import type { LayerDef } from "./layer.ts";
import type { Limits } from "./limits.ts";
import type { Model, ModelOptions } from "./model.ts";
import type { Registry } from "./registry.ts";

/** What a format reads from. */
export interface Source {
  /** The name errors use: a path, a URL or `bytes`. */
  readonly name: string;
  /** The whole file. */
  readonly bytes: Uint8Array;
  /** Reads a file beside the model, inside its folder only. */
  beside?(name: string): Promise<Uint8Array>;
}
/** How to load. */
export interface FormatOptions {
  /** Plugins to read with. */
  readonly registry: Registry;
  /** Bounds that declared sizes are held to. */
  readonly limits: Limits;
  /** The user's own layers, which alone stand for classes of a package of the user's (`acme>Swirl`). */
  readonly layers?: readonly LayerDef[];
  /** Weights for a file that holds a configuration only. */
  readonly weights?: Source;
  /** How the model runs: backend, seed, threads. */
  readonly run?: Omit<ModelOptions, "weights" | "limits">;
  /** Told of what is odd but harmless, one line each. */
  warn(message: string): void;
}
/** A model file format. */
export interface FormatDef {
  /** Marks the plugin. */
  readonly kind: "format";
  /** Its name, as in `keras`. */
  readonly name: string;
  /** What it reads, in a line. */
  readonly summary: string;
  /** Endings of file names, with the dot. */
  readonly extensions: readonly string[];
  /** True when the first bytes (or the name, for text formats) are this format's. */
  detect(source: Source): boolean;
  /** Reads a model. Throws errors that name the file and the place in it. */
  read(source: Source, options: FormatOptions): Promise<Model>;
  /** Writes a model. */
  write?(model: Model): Promise<Uint8Array>;
}
