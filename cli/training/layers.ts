/** Models from a configuration's list of layers, named as in the library: `{ "type": "dense", "units": 10 }`. @module */
import {
  apply,
  ConfigError,
  input,
  type Layer,
  type Model,
  model,
  registry,
  sequential,
  type SymbolicTensor,
  type Tensor,
} from "../../mod.ts";
import * as layers from "../../public/layers.ts";
import { createLayer, fields, type LayerDef } from "../../public/plugins.ts";
import type { Json, ModelConfig } from "./config.ts";

const own: Readonly<Record<string, string>> = Object.fromEntries(
  Object.keys(layers).map((name) => [name.toLowerCase(), name]),
);

/** Every layer by the name that the library's factory has. */
export const layerTypes: ReadonlyMap<string, LayerDef> = new Map(
  registry.all("layer").filter(({ name }) => name !== "InputLayer").map((def) => {
    return [
      own[def.name.toLowerCase()] ?? def.name.charAt(0).toLowerCase() + def.name.slice(1),
      def,
    ] as const;
  }),
);
const byWord = new Map([...layerTypes].map(([name, def]) => [name.toLowerCase(), def]));

/** One layer, with the layers inside it. @throws {ConfigError} naming the place. */
function layerFrom(raw: Json, path: string): Layer {
  const { type, ...options } = raw;
  if (typeof type !== "string") {
    throw new ConfigError(`${path}: type is missing: expected a layer's name`, { place: path });
  }
  const def = byWord.get(type.toLowerCase());
  if (!def) {
    const near = fields.nearest(type, layerTypes.keys());
    throw new ConfigError(`${path}: no layer named ${type}${near ? `; did you mean ${near}?` : ""}`, {
      place: path,
    });
  }
  const given = Object.entries(options).map(([key, value]) => [
    key,
    fields.isRecord(value) && "type" in value ? layerFrom(value, `${path}.${key}`) : value,
  ]);
  try {
    return createLayer(def, Object.fromEntries(given));
  } catch (error) {
    if (error instanceof ConfigError) error.message = `${path}: ${error.message}`;
    throw error;
  }
}

/** The layers of a configuration behind its input. @throws {ConfigError} with the place of a wrong key. */
export function layersOf({ layers: list }: ModelConfig): readonly Layer[] {
  const first = list[0]?.type === "input" ? 1 : 0;
  return list.slice(first).map((raw, i) => layerFrom(raw, `model.layers[${i + first}]`));
}

/** How a model that is made anew runs. */
export interface NewModelOptions {
  readonly seed: number;
  readonly backend?: string;
  /** Shape of a sample, where it isn't the data's. */
  readonly sample?: readonly (number | null)[];
  /** What stands between the input and the first layer. */
  front?(start: SymbolicTensor): SymbolicTensor;
  /** Rows of a batch, which stateful layers fix. */
  readonly batchSize: number;
}
const isStateful = ({ config, def }: Layer): boolean =>
  (config as { readonly stateful?: unknown }).stateful === true ||
  (def.children?.(config) ?? []).some(({ layer }) => isStateful(layer));
/**
 * A model of layers in a row. A first layer of type `input` says the shape of a sample; else it is the data's.
 * @throws {ConfigError} with the place of a wrong key; {@link ShapeError} naming a layer that doesn't fit.
 */
export function modelFrom(config: ModelConfig, x: Tensor, options: NewModelOptions): Model {
  const { sample = x.shape.slice(1), batchSize, front, ...run } = options;
  const [head] = config.layers, starts = head?.type === "input", layers = layersOf(config);
  const shape = starts && Array.isArray(head.shape) ? head.shape as number[] : sample;
  const start: SymbolicTensor = input({
    shape,
    dtype: x.dtype === "int32" ? "int32" : "float32",
    ...(layers.some(isStateful) && { batchSize }),
  });
  const begun = front?.(start) ?? start;
  if (begun !== start) {
    const end = layers.reduce((y, layer) => apply(layer, y), begun);
    return model({ inputs: start, outputs: end, name: config.name, ...run });
  }
  return sequential([start, ...layers], { name: config.name, ...run });
}
