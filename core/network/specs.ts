/** What layers' configurations hold, and what weights they call for. @module */
import type { DType } from "../values/dtype.ts";
import type { Dim } from "../values/shape.ts";

/** How a weight is filled: an initializer's name, or the name with its options. */
export type InitializerSpec = string | { readonly name: string; readonly [option: string]: unknown };

/** An activation's name, or its name with options: `"relu"`, `{ name: "relu", maxValue: 6 }`. */
export type ActivationSpec = string | { readonly name: string; readonly [option: string]: unknown };
/** Where the channels stand, in Keras' words. */
export type DataFormat = "channels_last" | "channels_first";

/** A weight: trained (`parameter`), kept (`statistic`), or carried from call to call (`state`, zeros at first). */
export interface ParamSpec {
  /** Its shape. */
  readonly shape: readonly Dim[];
  /** How it is filled. */
  readonly init: InitializerSpec;
  /** What it is for; a parameter unless said. */
  readonly role?: "parameter" | "statistic" | "state";
  /** Its element type; float32 unless said. */
  readonly dtype?: DType;
  /**
   * Path below the layer as Keras 3 names it, as in `lstm_cell/kernel`; the parameter's snake_case name unless said. With a
   * leading `/` it stands outside the model's name, as weights do that were made before their model.
   */
  readonly path?: string;
  /** Group below the layer's in a Keras 3 weights file that holds it (`cell`, `query_dense`); the def's `keras.group` unless said. */
  readonly group?: string;
  /** How many weights of layers inside stand before it, in Keras' order and again in its group of a Keras 3 weights file. */
  readonly after?: number;
}
