/** The file format contract. @module */
import type { LayerDef } from "../network/layer.ts";
import type { Limits } from "../values/limits.ts";
import type { Extras, ModelOptions } from "./options.ts";

/** What a format reads from. */
export interface Source {
  /** The name errors use: a path, a URL or `bytes`. */
  readonly name: string;
  /** The whole file; nothing of a folder. */
  readonly bytes: Uint8Array;
  /** Of a folder: the names of the files in it. */
  readonly folder?: readonly string[];
  /** Of a folder: the paths of the files in a folder in it, and of those below; none where it isn't there. */
  below?(folder: string): Promise<readonly string[]>;
  /** Reads a file beside the model, inside its folder only; of a folder, one in it. */
  beside?(name: string): Promise<Uint8Array>;
}
/** How to load. */
export interface FormatOptionsOf<R> {
  /** Plugins to read with. */
  readonly registry: R;
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
export type { Extras } from "./options.ts";
/** How to write. */
export interface WriteOptions {
  /** Whose files to write: Keras 3's, the default, or those of Keras 2 (tf-keras 2). */
  readonly kerasVersion?: 2 | 3;
  /** False leaves out how the model was compiled and where its optimizer stands. */
  readonly training?: boolean;
  /** False leaves the weights out of a `.json` file, which is then what Keras' `to_json` gives. */
  readonly weights?: boolean;
  /** Kept in `lapis.json`, after what the model itself has there. */
  readonly extras?: Extras;
  /**
   * What an `.onnx` file computes: the model's outputs (unless said); a whole step of training, fed with data and with
   * what the step before left; or, without inputs, what the first step is fed.
   */
  readonly graph?: "inference" | "training" | "initial";
  /** The opset of an ONNX file, 13 to 28; 21 unless given, or what the model's operators need. */
  readonly opset?: number;
  /** True puts an ONNX file's weights into a file beside it, `NAME.onnx.data`; they go there anyhow beyond 2 GiB. */
  readonly external?: boolean;
  /** Says that masks leave out steps at the ends of rows alone, as zeros after short texts: ONNX files need fewer nodes then. */
  readonly rightPadded?: boolean;
  /** Told of what Keras will take otherwise than the model does; `console.warn` unless given. */
  readonly warn?: (message: string) => void;
  /** When it is saved, as Keras 3's files say; 1970 unless given, so that equal models give equal bytes. */
  readonly date?: Date;
}
/** Options of writing by name. */
export type WriteNames = readonly (keyof WriteOptions)[];
/** A file with others beside it. */
export interface WrittenFiles {
  /** The file itself. */
  readonly bytes: Uint8Array;
  /** Files in its folder that it names. */
  readonly beside: readonly { readonly name: string; readonly parts: Iterable<Uint8Array> }[];
}
/** A format of files of models `M`. */
export interface FormatOf<M extends { readonly registry: unknown }> {
  /** Marks the plugin. */
  readonly kind: "format";
  /** Its name, as in `keras`. */
  readonly name: string;
  /** What it reads, in a line. */
  readonly summary: string;
  /** Endings of file names, with the dot. */
  readonly extensions: readonly string[];
  /**
   * True when the first bytes (or the name, for text formats) may be this format's; `"signature"` where they are no other's,
   * which goes before all that only may be.
   */
  detect(source: Source): boolean | "signature";
  /** Reads a model. Throws errors that name the file and the place in it. */
  read(source: Source, options: FormatOptionsOf<M["registry"]>): Promise<M>;
  /**
   * The options that a file with that ending is written with; `Model.save` refuses any other. None unless said.
   */
  takes?(extension: string): WriteNames;
  /**
   * Writes a model as a file with one of the format's endings; `file` is its name, where it is going to lie in a folder.
   * Throws errors that name what the format can't say.
   */
  write?(
    model: M,
    options: WriteOptions,
    extension: string,
    file?: string,
  ): Promise<Uint8Array | WrittenFiles>;
}
/** How models are saved in formats that write, as a plugin: a registry without it loads nothing of it. */
export interface SaverOf<M> {
  /** Marks the plugin. */
  readonly kind: "saver";
  /** Its name: saver. */
  readonly name: string;
  /** One line for tables. */
  readonly summary: string;
  /** See `Model.save`. */
  save(model: M, path: string | URL, options: WriteOptions): Promise<void>;
  /** See `Model.toBytes`. */
  toBytes(model: M, format: string, options: WriteOptions): Promise<Uint8Array>;
}
