/**
 * Keras' files, read and written: `.h5` of Keras 1, 2 and 3, `.keras`, `.weights.h5` with a configuration.
 * @module
 */
import type { FormatDef } from "../../core/format.ts";
import { kerasReader } from "./read.ts";

export { kerasReader, readKeras } from "./read.ts";

/** Keras' files as a format plugin. Writing is loaded when something is written. */
export const keras: FormatDef = {
  ...kerasReader,
  write: async (model, options, extension) =>
    await (await import("./write.ts")).writeKeras(model, options, extension),
};
