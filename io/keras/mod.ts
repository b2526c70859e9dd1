/**
 * Keras' files, read and written: `.h5` of Keras 1, 2 and 3, `.keras`, `.weights.h5` with a configuration.
 * @module
 */
import * as args from "../files/arguments.ts";
import type { Source, WriteNames } from "../../core/model/format.ts";
import type { FormatDef, FormatOptions } from "../../core/registry.ts";
import type { Model } from "../../core/model/model.ts";
import { checkOptions, type OptionNames } from "../../core/values/schema.ts";
import { decoders } from "../compression/mod.ts";
import { openParts } from "./weights/folder.ts";
import { classes } from "./reading/classes.ts";
import { mergedOf } from "./reading/merged.ts";
import { allOperations } from "./operations/rare.ts";
import { kerasReader, readWith } from "./reading/read.ts";
import { trainingOf } from "./training.ts";

export { kerasReader } from "./reading/read.ts";
export { networkFromConfig, type NetworkOptions } from "./reading/network.ts";
export { packagesFor } from "./packages.ts";
export { readWeightsH5 } from "./weights/weightsfile.ts";

const readNames: OptionNames<FormatOptions> = {
  registry: 0,
  limits: 0,
  layers: 0,
  weights: 0,
  run: 0,
  warn: 0,
};

/**
 * Reads a Keras model, compiled as it was saved.
 * @throws {FormatError} for a damaged file; {@link UnsupportedError} for a layer that isn't known; {@link ConfigError}
 * where the configuration or the weights don't fit together. Messages name the file, the layer and the weight.
 */
export async function readKeras(source: Source, options: FormatOptions): Promise<Model> {
  args.check("readKeras", "source", source, args.object);
  args.check("readKeras", "options", options, args.object);
  checkOptions("readKeras", options, readNames);
  return await readWith(source, options, {
    trainingOf,
    mergedOf,
    wholes: classes,
    open: openParts,
    operations: allOperations,
    decoders,
  });
}

/** What files of each ending are written with; archives alone have members for what Lapis keeps, and a date. */
const taken: Readonly<Record<string, WriteNames>> = {
  ".keras": ["kerasVersion", "training", "extras", "date", "warn"],
  ".h5": ["kerasVersion", "training", "warn"],
  ".hdf5": ["kerasVersion", "training", "warn"],
  ".weights.h5": ["kerasVersion", "training", "warn"],
  ".json": ["kerasVersion", "warn", "weights"],
};
/** Keras' files as a format plugin. Writing is loaded when something is written. */
export const keras: FormatDef = {
  ...kerasReader,
  read: readKeras,
  takes: (extension) => taken[extension] ?? [],
  write: async (model, options, extension) =>
    await (await import("./writing/write.ts")).writeKeras(model, options, extension),
};
