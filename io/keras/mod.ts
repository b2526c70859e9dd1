/**
 * Keras' files, read and written: `.h5` of Keras 1, 2 and 3, `.keras`, `.weights.h5` with a configuration.
 * @module
 */
import type { FormatDef, FormatOptions, Source } from "../../core/format.ts";
import type { Model } from "../../core/model.ts";
import { decoders } from "../compression/mod.ts";
import { openParts } from "./folder.ts";
import { mergedOf } from "./merged.ts";
import { allOperations } from "./operations/rare.ts";
import { kerasReader, readWith } from "./read.ts";
import { trainingOf } from "./training.ts";

export { kerasReader } from "./read.ts";

/**
 * Reads a Keras model, compiled as it was saved.
 * @throws {FormatError} for a damaged file; {@link UnsupportedError} for a layer that isn't known; {@link ConfigError}
 * where the configuration or the weights don't fit together. Messages name the file, the layer and the weight.
 */
export function readKeras(source: Source, options: FormatOptions): Promise<Model> {
  return readWith(source, options, {
    trainingOf,
    mergedOf,
    open: openParts,
    operations: allOperations,
    decoders,
  });
}

/** Keras' files as a format plugin. Writing is loaded when something is written. */
export const keras: FormatDef = {
  ...kerasReader,
  read: readKeras,
  write: async (model, options, extension) =>
    await (await import("./write.ts")).writeKeras(model, options, extension),
};
