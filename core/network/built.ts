/** A layer as an object: freezing it freezes what is in it, and it prints in a line. @module */
import { ConfigError, shown } from "../values/errors.ts";
import type { Layer } from "./layer.ts";
import { nameOf } from "./names.ts";
import { printedAs } from "../values/printing.ts";
import { isRecord } from "../values/schema.ts";

/** An option in few words. */
function optionText(value: unknown): string {
  if (!isRecord(value)) return typeof value === "string" ? value : shown(value, 24);
  if (value.kind === "built-layer") return `${value}`;
  return typeof value.name === "string" ? value.name : "{…}";
}
/** The layer in a line, with the options that aren't their defaults: `Dense "head" (units: 10, activation: softmax)`. */
function lineOf(layer: Layer): string {
  const schema = layer.def.config as Readonly<Record<string, { readonly default?: unknown }>>;
  const options = Object.entries(layer.config as object).flatMap(([key, value]) => {
    const own = schema[key];
    return !own || value === undefined || JSON.stringify(value) === JSON.stringify(own.default)
      ? []
      : [`${key}: ${optionText(value)}`];
  });
  const frozen = layer.trainable ? "" : ", frozen";
  return `${layer.def.name} ${shown(nameOf(layer))}${
    options.length ? ` (${options.join(", ")})` : ""
  }${frozen}`;
}

/**
 * A layer of its parts. Setting `trainable` sets it for the layers inside as well, as in Keras.
 * @throws {ConfigError} when `trainable` is set to what is neither true nor false.
 */
export function builtLayer(parts: Omit<Layer, "kind">): Layer {
  const { trainable, ...rest } = parts, layer = { kind: "built-layer", ...rest } as Layer;
  let own = trainable;
  Object.defineProperty(layer, "trainable", {
    enumerable: true,
    get: () => own,
    set(value: unknown) {
      if (typeof value !== "boolean") {
        throw new ConfigError(`${nameOf(layer)}.trainable: expected true or false, got ${shown(value)}`, {
          place: `${nameOf(layer)}.trainable`,
        });
      }
      own = value;
      for (const child of rest.def.children?.(rest.config) ?? []) child.layer.trainable = value;
    },
  });
  return printedAs(layer, () => lineOf(layer));
}
