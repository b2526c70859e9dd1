/** Keras' files: `.keras`, `.h5` of Keras 1, 2 and 3, weights with a configuration beside them. @module */
import { assemble } from "../../../core/network/assemble.ts";
import { ConfigError, FormatError, LapisError } from "../../../core/values/errors.ts";
import type { Extras, Source } from "../../../core/model/format.ts";
import type { FormatDef, FormatOptions } from "../../../core/registry.ts";
import type { Limits } from "../../../core/values/limits.ts";
import { Model } from "../../../core/model/model.ts";
import type { Network } from "../../../core/network/network.ts";
import type { Tensor } from "../../../core/values/tensor.ts";
import type { SavedTraining } from "../../../core/training/types.ts";
import { attributeText, type Hdf5Group, isHdf5, openHdf5 } from "../../hdf5/mod.ts";
import type { Decoders } from "../../datasets/options.ts";
import { isSafetensors, readSafetensors } from "../../arrays/safetensors.ts";
import { isZip, openZip, type ZipArchive } from "../../archives/zip.ts";
import { withAssets, withBins } from "../weights/assets.ts";
import {
  type ClassReader,
  contextFor,
  type KerasContext,
  majorOf,
  type MergedReader,
  versionOf,
} from "./context.ts";
import { readStructure } from "./graph.ts";
import { isJson, type Json, parseJson, utf8 } from "../json.ts";
import { type KnownOperations, usualOperations } from "./operations.ts";
import { copiesIn, sameValues } from "./shared.ts";
import type { TrainingParts } from "../training.ts";
import { isLegacyWeights, legacyVersion, readLegacyWeights } from "../weights/legacy.ts";
import { isV3Weights, readV3Weights } from "../weights/v3.ts";
import { readJsonWeights } from "../weights/jsonweights.ts";

/** What a source holds of a model. */
interface Parts {
  readonly config?: { readonly json: Json; readonly what: string; readonly version: string };
  /** The group of weights, legacy or of Keras 3. */
  readonly weights?: Hdf5Group;
  /** The weights of a JSON that holds them itself, by path. */
  readonly named?: ReadonlyMap<string, Tensor>;
  readonly training?: TrainingParts;
  readonly extras?: Extras;
}

/** How a source is read. */
interface Reading extends FormatOptions {
  readonly decoders?: Decoders;
}

const isJsonText = ({ name, bytes }: Source) => {
  let i = 0;
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) i = 3;
  while (i < bytes.length && i < 64 && [9, 10, 13, 32].includes(bytes[i] as number)) i++;
  return bytes[i] === 0x7b || (/\.json$/i.test(name) && bytes.length > 0);
};

function partsOfZip(source: Source, options: Reading, opened: Opened): Parts {
  const { limits, decoders } = options, data = { limits, ...(decoders && { decoders }) };
  const zip = opened.folder ?? openZip(source.bytes, { ...data, file: source.name });
  const member = (name: string, atMost?: number) => {
    if (zip.has(name)) return zip.read(name, atMost);
    const inside = zip.names.find((other) => other.endsWith(`/${name}`));
    const help = inside ? `; it holds ${inside}: pack what is in the folder, not the folder` : "";
    throw new FormatError(`${source.name}: the archive holds no ${name}, so it is no .keras file${help}`, {
      file: source.name,
      place: name,
    });
  };
  const text = (name: string) => utf8(member(name, limits.textBytes), `${source.name}: ${name}`);
  const json = parseJson(text("config.json"), "config.json", limits);
  let version: unknown;
  if (zip.has("metadata.json")) {
    version = parseJson(text("metadata.json"), "metadata.json", limits).keras_version;
  } else options.warn(`${source.name}: the archive holds no metadata.json; taken as written by Keras 3`);
  const weights = options.weights || opened.shards
    ? opened.shards
    : openHdf5(member("model.weights.h5"), { ...data, file: `${source.name}: model.weights.h5` });
  const said = versionOf(json, version), extras = extrasIn(zip, limits);
  return {
    config: {
      json: withAssets(json, { names: zip.names, read: text, weights }),
      what: "config.json",
      version: said,
    },
    ...(weights && { weights }),
    training: { config: json.compile_config, legacy: false, version: said, root: weights },
    ...(extras && { extras }),
  };
}
/** What Lapis keeps in the archive beside Keras' members. */
function extrasIn(zip: ZipArchive, limits: Limits): Extras | undefined {
  const tensors = zip.has("lapis.safetensors")
    ? readSafetensors(zip.read("lapis.safetensors"), { file: "lapis.safetensors", limits })
    : undefined;
  if (!zip.has("lapis.json")) return undefined;
  const json = parseJson(utf8(zip.read("lapis.json", limits.textBytes), "lapis.json"), "lapis.json", limits);
  return { json, ...(tensors && { tensors: Object.fromEntries(tensors) }) };
}
function partsOfHdf5(source: Source, options: Reading): Parts {
  const { limits, decoders } = options;
  const root = openHdf5(source.bytes, { file: source.name, limits, ...(decoders && { decoders }) });
  const text = attributeText(root, "model_config");
  const inner = root.has("model_weights") ? root.group("model_weights") : undefined;
  const own = isLegacyWeights(root) || isV3Weights(root) ? root : undefined, weights = inner ?? own;
  if (text === undefined) {
    if (inner && !options.weights) return { weights: inner };
    if (!weights) {
      throw new FormatError(`${source.name}: has no model_config and no weights, so it is no Keras model`, {
        file: source.name,
        place: "model_config",
      });
    }
    return { weights };
  }
  const json = parseJson(text, "model_config", limits);
  const version = versionOf(
    json,
    attributeText(root, "keras_version") ?? ("module" in json ? undefined : "1"),
  );
  const compiled = attributeText(root, "training_config");
  const config = compiled === undefined ? undefined : parseJson(compiled, "training_config", limits);
  return {
    config: { json: weights ? withBins(json, weights) : json, what: "model_config", version },
    ...(weights && { weights }),
    training: { config, legacy: true, version, root },
  };
}
function partsOf(source: Source, options: Reading, opened: Opened = {}): Parts {
  if (opened.folder || isZip(source.bytes)) return partsOfZip(source, options, opened);
  if (isHdf5(source.bytes)) return partsOfHdf5(source, options);
  const what = source.name.split(/[\\/]/).at(-1) ?? source.name;
  const json = parseJson(utf8(source.bytes, what), what, options.limits);
  const named = options.weights ? undefined : readJsonWeights(json, what, options.limits);
  return { config: { json, what, version: versionOf(json) }, ...(named && { named }) };
}

/** The group of weights of another file. */
function weightsOf(source: Source, options: Reading): Hdf5Group {
  const { weights: _, ...rest } = options;
  const { weights } = isHdf5(source.bytes) || isZip(source.bytes) ? partsOf(source, rest) : {};
  if (weights) return weights;
  throw new FormatError(
    `${source.name}: holds no Keras weights: expected .weights.h5, .h5, .keras or .weights.json`,
    {
      file: source.name,
    },
  );
}

function readWeights(
  group: Hdf5Group,
  model: Parameters<typeof readV3Weights>[1],
  ctx: KerasContext,
): Map<string, Tensor> {
  if (isLegacyWeights(group)) return readLegacyWeights(group, model, ctx);
  return readV3Weights(group, model, ctx);
}

/** What a page that only runs models does without. */
export interface KerasParts {
  /** Reads how a model was compiled and where its optimizer stands. */
  readonly trainingOf?: (parts: TrainingParts) => SavedTraining | undefined;
  /** Reads Keras 1's Sequential models that begin with branches. */
  readonly mergedOf?: MergedReader;
  /** Reads classes of whole models as the networks that they mean. */
  readonly wholes?: ClassReader;
  /** Opens what lies in several files. */
  readonly open?: (source: Source, options: FormatOptions) => Promise<Opened>;
  /** Keras 3's bare operations; the usual ones unless given. */
  readonly operations?: KnownOperations;
  /** Compressions beside deflate. */
  readonly decoders?: Decoders;
}
/** Parts of a model that lie in files of their own. */
export interface Opened {
  /** The members of a folder. */
  readonly folder?: ZipArchive;
  /** The weights of a folder, where they are in shards. */
  readonly shards?: Hdf5Group;
  /** The weights given beside the model, where they are in shards. */
  readonly given?: Hdf5Group;
}
/**
 * Reads a Keras model, and with `parts` what it was compiled with.
 * @throws {FormatError} for a damaged file; {@link UnsupportedError} for a layer that isn't known; {@link ConfigError}
 * where the configuration or the weights don't fit together. Messages name the file, the layer and the weight.
 */
export async function readWith(
  source: Source,
  options: FormatOptions,
  parts: KerasParts = {},
): Promise<Model> {
  try {
    return build(source, options, parts, await parts.open?.(source, options) ?? {});
  } catch (error) {
    if (error instanceof LapisError && error.file === undefined) {
      if (!error.message.startsWith(source.name)) error.message = `${source.name}: ${error.message}`;
      Object.defineProperty(error, "file", { value: source.name, enumerable: true });
    }
    if (error instanceof RangeError && /call stack/i.test(error.message)) {
      throw new FormatError(`${source.name}: is nested too deep`, { file: source.name, cause: error });
    }
    throw error;
  }
}
function build(
  source: Source,
  options: FormatOptions,
  { trainingOf, operations = usualOperations, decoders, ...more }: KerasParts,
  opened: Opened,
): Model {
  const reading = { ...options, ...(decoders && { decoders }) };
  const { config, weights: own, named, training, extras } = partsOf(source, reading, opened);
  if (!config) {
    throw new FormatError(
      `${source.name}: holds weights only (it has no model_config); load the configuration with it: ` +
        'loadModel("config.json", { weights: "model.weights.h5" })',
      { file: source.name, place: "model_config" },
    );
  }
  const byPath = options.weights && isSafetensors(options.weights.bytes) ? options.weights : undefined;
  const group = byPath
    ? undefined
    : options.weights
    ? opened.given ?? weightsOf(options.weights, reading)
    : own;
  const structured = (tied?: ReadonlySet<string>) => {
    const ctx = contextFor(options, config.version, config.json, operations, more, tied);
    return { ctx, structure: readStructure(config.json, ctx, config.what) };
  };
  const { ctx, structure } = structured(), { registry, limits } = options;
  const { network } = structure;
  const owners = own && network &&
    { group: own, tree: () => assemble(network, registry, { limits }).tree, ctx };
  const said = training && trainingOf?.({ ...training, ...(owners && { weights: owners }) });
  const whole = extras?.json.compile;
  const saved = said && isJson(whole) ? { ...said, config: whole } : said;
  const run = { ...options.run, ...(saved && { saved }), ...(extras && { extras }) };
  if (!network) {
    if (group && holdsWeights(group)) {
      throw new ConfigError(
        `model ${structure.name}: the shape of its input is not in the file, its weights are`,
      );
    }
    return Model.deferred(structure.layers, registry, structure.name, { limits, ...run });
  }
  const weightsByPath = byPath ? readSafetensors(byPath.bytes, { file: byPath.name, limits }) : named;
  if (weightsByPath) {
    const given = (network: Network) =>
      allGiven(
        Model.fromNetwork(network, registry, { limits, ...run, weights: weightsByPath }),
        weightsByPath,
        (byPath ?? source).name,
      );
    try {
      return given(network);
    } catch (error) {
      // Layers that several models share are given once.
      const copies = new Set(copiesIn(assemble(network, registry, { limits }).tree, ctx.classes).keys());
      const tied = copies.size > 0 ? structured(copies).structure.network : undefined;
      if (tied) return given(tied);
      throw error;
    }
  }
  if (!group) {
    options.warn(`${source.name}: holds no weights; they were made by the layers' initializers`);
    return Model.fromNetwork(network, registry, { limits, ...run });
  }
  const { tree } = assemble(network, registry, { limits }), copies = copiesIn(tree, ctx.classes);
  const again = (tied: ReadonlySet<string>): Model | undefined => {
    const { ctx, structure: { network } } = structured(tied);
    if (!network) return undefined;
    const weights = readWeights(group, assemble(network, registry, { limits }).tree, ctx);
    return Model.fromNetwork(network, registry, { limits, ...run, weights });
  };
  let weights: Map<string, Tensor>;
  try {
    weights = readWeights(group, tree, ctx);
  } catch (error) {
    // A file without the layers' numbers stores those that are shared once.
    const tied = copies.size > 0 && !isLegacyWeights(group) ? again(new Set(copies.keys())) : undefined;
    if (tied) return tied;
    throw error;
  }
  const same = isLegacyWeights(group)
    ? [...copies].filter(([, nodes]) => sameValues(nodes, weights)).map(([label]) => label)
    : [];
  const tied = same.length > 0 ? again(new Set(same)) : undefined;
  if (tied && tied.weights.size < weights.size) {
    options.warn(
      `${source.name}: layers of one name, configuration and weights (${
        same.slice(0, 5).join(", ")
      }) are taken as one ` +
        "that several models share; Keras reads them from such a file as copies, which train apart",
    );
    return tied;
  }
  return Model.fromNetwork(network, registry, { limits, ...run, weights });
}
/** Refuses a file of weights by path that leaves some out. */
function allGiven(model: Model, weights: ReadonlyMap<string, Tensor>, file: string): Model {
  const missing = [...model.weights.keys()].filter((path) => !weights.has(path));
  if (missing.length === 0) return model;
  throw new ConfigError(`${file}: holds no weight ${missing.slice(0, 5).join(", ")}`, {
    file,
    place: missing[0] ?? "",
  });
}
function holdsWeights(group: Hdf5Group): boolean {
  return isLegacyWeights(group) ? majorOf(legacyVersion(group)) > 0 : isV3Weights(group);
}

/** True for a folder as Keras saves one. */
const isFolder = ({ folder = [] }: Source) =>
  folder.includes("config.json") && folder.some((n) => /^metadata\.json$|\.weights\.(h5|json)$/.test(n));
/** Keras' files as a format plugin that only reads: what running a model takes. */
export const kerasReader: FormatDef = {
  kind: "format",
  name: "keras",
  summary: "Keras 1, 2 and 3: .keras, .h5, .weights.h5 with config.json",
  extensions: [".keras", ".weights.h5", ".h5", ".hdf5", ".json"],
  detect: (source) =>
    isFolder(source) ? "signature" : isZip(source.bytes) || isHdf5(source.bytes) || isJsonText(source),
  read: (source, options) => readWith(source, options),
};
