/** A configuration of Keras on its own, as `model.to_json()` gives it, as a network. @module */
import * as args from "../../files/arguments.ts";
import type { LayerDef, LayerPlugin } from "../../../core/network/layer.ts";
import type { Network } from "../../../core/network/network.ts";
import { ConfigError, FormatError, shown } from "../../../core/values/errors.ts";
import { defaultLimits, type Limits } from "../../../core/values/limits.ts";
import { checkOptions, type OptionNames } from "../../../core/values/schema.ts";
import type { Registry } from "../../../core/registry.ts";
import { contextFor, versionOf } from "./context.ts";
import { readStructure } from "./graph.ts";
import { isJson } from "../json.ts";
import { classes } from "./classes.ts";
import { mergedOf } from "./merged.ts";
import { allOperations } from "../operations/rare.ts";

/** How to read a configuration. */
export interface NetworkOptions {
  /** Plugins to read with. */
  readonly registry: Registry;
  /** Layers of your own, for classes that Lapis doesn't know. */
  readonly layers?: readonly LayerPlugin[];
  /** Keras' version, as in `2.4.0`; the configuration's `keras_version`, else 3, unless given. */
  readonly version?: string;
  /** Bounds that declared sizes are held to. */
  readonly limits?: Partial<Limits>;
  /** Told of what is odd but harmless; `console.warn` unless given. */
  readonly warn?: (message: string) => void;
}
const networkNames: OptionNames<NetworkOptions> = { registry: 0, layers: 0, version: 0, limits: 0, warn: 0 };

/**
 * The network that a configuration of Keras describes: the object that `model.to_json()` writes, or its text's `config`.
 * `Model.fromNetwork` makes a model of it, with first weights.
 * @throws {FormatError} for what is no model, or has no input; {@link ConfigError} or {@link UnsupportedError} naming the
 * layer and what is wrong with it.
 */
export function networkFromConfig(config: unknown, options: NetworkOptions): Network {
  args.check("networkFromConfig", "options", options, args.object);
  checkOptions("networkFromConfig", options, networkNames);
  checkOptions("networkFromConfig.limits", options.limits, defaultLimits);
  if (!isJson(config)) {
    throw new ConfigError(
      `configuration: expected an object with class_name and config, got ${shown(config)}`,
    );
  }
  const { registry, layers = [], version, warn = (message) => console.warn(message) } = options;
  const own = layers as unknown as readonly LayerDef[];
  const fresh = own.filter((def) => registry.find("layer", def.name) === undefined);
  const reading = {
    registry: fresh.length > 0 ? registry.with(...fresh) : registry,
    limits: { ...defaultLimits, ...options.limits },
    layers: own,
    warn,
  };
  const ctx = contextFor(reading, version ?? versionOf(config), config, allOperations, {
    mergedOf,
    wholes: classes,
  });
  const { network, name } = readStructure(config, ctx, "configuration");
  if (!network) throw new FormatError(`model ${name}: the shape of its input is not in the configuration`);
  return network;
}
