/** How a file says that a model was compiled, and the version of Keras that wrote it. @module */
import type { Tensor } from "../values/tensor.ts";

/** Compilation as a file holds it, in Keras' words. */
export interface SavedTraining {
  /** Keras' `compile_config`. */
  readonly config: Readonly<Record<string, unknown>>;
  /**
   * The optimizer's variables in the order of its version's files, or of the one that is asked for; with names where there are
   * some. Those that this version doesn't hold follow, named as {@link besideKeras} says.
   */
  variables?(major?: 2 | 3): readonly { readonly name: string; readonly value: Tensor }[];
  /** Keras' version that wrote it. */
  readonly version: string;
  /** What other versions of Keras take otherwise, a sentence each. */
  readonly differs?: readonly string[];
}

/** What names of variables begin with that files of Keras hold beside those it counts, and it passes over. */
export const besideKeras = "lapis/";

/** A version of Keras as a number that grows with it: 2.004 for 2.4. */
export function versionOf({ version }: Pick<SavedTraining, "version">): number {
  const [major = 3, minor = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  return Number.isFinite(major) ? major + (Number.isFinite(minor) ? minor / 1000 : 0) : 3;
}

/** True for Keras up to 2.3, TensorFlow's own left out. */
export const isEarlyKeras = (saved: Pick<SavedTraining, "version">): boolean =>
  versionOf(saved) < 2.004 && !saved.version.includes("-tf");
