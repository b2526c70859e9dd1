/** Versions of Keras that wrote how a model was compiled. @module */
import type { SavedTraining } from "./types.ts";

/** A version of Keras as a number that grows with it: 2.004 for 2.4. */
export function versionOf({ version }: Pick<SavedTraining, "version">): number {
  const [major = 3, minor = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  return Number.isFinite(major) ? major + (Number.isFinite(minor) ? minor / 1000 : 0) : 3;
}

/** True for Keras up to 2.3, TensorFlow's own left out. */
export const isEarlyKeras = (saved: Pick<SavedTraining, "version">): boolean =>
  versionOf(saved) < 2.004 && !saved.version.includes("-tf");
