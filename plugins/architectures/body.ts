/** The backbone inside a model for a task. @module */
import type { ArchitectureDef } from "../../core/network/architecture.ts";
import { ConfigError, shown, UnsupportedError } from "../../core/values/errors.ts";
import type { Argument, Draft, Ref } from "./draft.ts";
import type { Hyperparameters } from "./kit.ts";

type Json = Readonly<Record<string, unknown>>;
const isJson = (x: unknown): x is Json => typeof x === "object" && x !== null && !Array.isArray(x);

/** A backbone inside a task's model, called on the model's inputs. */
export interface Body {
  readonly inputs: Readonly<Record<string, Ref>> | Ref;
  /** The output of that name, or the only one. */
  readonly output: (name?: string) => Ref;
  /** A hyperparameter of the backbone. */
  readonly said: (key: string) => unknown;
  /** The configuration of one of its layers. */
  readonly layer: (name: string) => Json | undefined;
}
/** Calls the backbone that the file holds. @throws {ConfigError} */
export function bodyOf(h: Hyperparameters, d: Draft, def: ArchitectureDef): Body {
  const raw = h.any("backbone"), config = isJson(raw) ? raw.config : undefined;
  if (!isJson(raw) || !isJson(config)) {
    throw new ConfigError(`backbone: expected a model, got ${shown(raw, 60)}`, { place: "backbone" });
  }
  if (raw.class_name !== def.name) {
    throw new UnsupportedError(`backbone: expected a ${def.name}, got ${shown(raw.class_name)}`);
  }
  h.any("preprocessor");
  const network = def.network(config), layers = network.layers as readonly Json[];
  const name = typeof config.name === "string" ? config.name : "backbone";
  const refs = Object.fromEntries(
    layers.flatMap((layer): readonly (readonly [string, Ref])[] => {
      if (layer.class_name !== "InputLayer" || !isJson(layer.config)) return [];
      const { batch_shape: shape, dtype, name: own } = layer.config;
      return [[String(own), d.input(String(own), (shape as (number | null)[]).slice(1), String(dtype))]];
    }),
  );
  const [only] = Object.values(refs), single = Array.isArray(network.input_layers);
  const inputs = single && only ? only : refs;
  const called = d.call({ type: def.name, name, config: network, module: "keras_hub" }, [inputs as Argument]);
  const outputs = isJson(network.output_layers) ? Object.keys(network.output_layers).sort() : [];
  return {
    inputs,
    output: (key) => ({ ...called, tensor: key === undefined ? 0 : outputs.indexOf(key) }),
    said: (key) => config[key],
    layer(key) {
      const found = layers.find((layer) => layer.name === key)?.config;
      return isJson(found) ? found : undefined;
    },
  };
}
