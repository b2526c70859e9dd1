/** Loading a model from any source through whichever format its bytes are. @module */
import { FormatError } from "../../core/values/errors.ts";
import type { Source } from "../../core/model/format.ts";
import type { FormatDef } from "../../core/registry.ts";
import type { LayerDef, LayerPlugin } from "../../core/network/layer.ts";
import { defaultLimits, type Limits } from "../../core/values/limits.ts";
import type { Model } from "../../core/model/model.ts";
import type { ModelOptions } from "../../core/model/options.ts";
import { readSource, type SourceLike } from "./sources.ts";
import type { Registry } from "../../core/registry.ts";
import { checkOptions, type OptionNames } from "../../core/values/schema.ts";

/** How to load a model. */
export interface LoadOptions extends Omit<ModelOptions, "weights" | "limits"> {
  /** Weights for a file that holds a configuration only, or in place of its own. */
  readonly weights?: SourceLike;
  /** Layers of your own, for classes that Lapis doesn't know. */
  readonly layers?: readonly LayerPlugin[];
  /** Plugins in place of the default ones. */
  readonly registry?: Registry;
  /** Bounds that declared sizes are held to; those not given stay as they are. */
  readonly limits?: Partial<Limits>;
  /** The format's name, where the bytes don't tell. */
  readonly format?: string;
  /** Told of what is odd but harmless; `console.warn` unless given. */
  readonly warn?: (message: string) => void;
}

const loadNames: OptionNames<LoadOptions> = {
  backend: 0,
  seed: 0,
  threads: 0,
  deterministic: 0,
  draws: 0,
  saved: 0,
  extras: 0,
  around: 0,
  weights: 0,
  layers: 0,
  registry: 0,
  limits: 0,
  format: 0,
  warn: 0,
};

/** The format of a source by its first bytes. @throws {FormatError} that lists what is expected. */
function formatOf(source: Source, registry: Registry): FormatDef {
  const formats = registry.all("format"), asked = formats.map((f) => ({ f, answer: f.detect(source) }));
  const sure = asked.filter(({ answer }) => answer === "signature");
  const found = (sure.length > 0 ? sure : asked.filter(({ answer }) => answer)).map(({ f }) => f);
  // Of those that are equally sure the last one listed: whoever brings a format of their own adds it behind ours.
  const byName = found.findLast((f) => f.extensions.some((e) => source.name.toLowerCase().endsWith(e)));
  const format = byName ?? found.at(-1);
  if (format) return format;
  const head = Array.from(source.bytes.subarray(0, 8), (b) => b.toString(16).padStart(2, "0")).join(" ");
  throw new FormatError(
    `${source.name}: is not a model file: no signature of HDF5 or zip, no JSON${
      formats.some((f) => f.name === "onnx") ? ", no ONNX" : ""
    } (it begins with ${head})`,
    { file: source.name },
  );
}

/**
 * Loads a model.
 * @throws {InputError} when the source can't be read; {@link FormatError}, {@link ConfigError} or
 * {@link UnsupportedError} naming what is wrong in it.
 */
export async function loadWith(
  registry: Registry,
  from: SourceLike,
  options: LoadOptions = {},
): Promise<Model> {
  checkOptions("loadModel", options, loadNames);
  checkOptions("loadModel.limits", options.limits, defaultLimits);
  const { weights, layers: plugged, registry: given, limits, format: name, warn, ...run } = options;
  const bounds: Limits = { ...defaultLimits, ...limits };
  let plugins = given ?? registry;
  const layers = plugged as unknown as readonly LayerDef[] | undefined;
  // The user's own layers go before those of the same name.
  const fresh = (layers ?? []).filter((def) => plugins.find("layer", def.name) === undefined);
  if (fresh.length > 0) plugins = plugins.with(...fresh);
  const source = await readSource(from, bounds, { folder: true });
  const format = name === undefined ? formatOf(source, plugins) : plugins.get("format", name);
  return await format.read(source, {
    registry: plugins,
    limits: bounds,
    warn: warn ?? ((message) => console.warn(message)),
    run,
    ...(layers && { layers }),
    ...(weights !== undefined && { weights: await readSource(weights, bounds) }),
  });
}
