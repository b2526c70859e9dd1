/** Networks out of Keras' configurations: Sequential and functional models of every version, nested ones too. @module */
import { ConfigError, FormatError, LimitError, UnsupportedError } from "../../../core/values/errors.ts";
import { sequentialNetwork } from "../../../core/network/functional.ts";
import type { Layer } from "../../../core/network/layer.ts";
import { type Network, networkLayer, type SymbolicTensor } from "../../../core/network/network.ts";
import { passing } from "./calls.ts";
import type { KerasContext } from "./context.ts";
import { functionalOf } from "./functional.ts";
import { isJson, type Json } from "../json.ts";
import { keepClass, keepPlace } from "../kept.ts";
import { entryOf, layerFrom } from "./layers.ts";
import type { LayerEntry } from "./entry.ts";
import { keepPolicy } from "../policies.ts";
import { inputLayer, inputOf, isModel, listOf, type Structure } from "../parts.ts";

/** An entry, one of a class of whole models as the network that it means. */
function known(raw: unknown, place: string, ctx: KerasContext): LayerEntry {
  const entry = entryOf(raw, place);
  return ctx.wholes?.read(entry, ctx) ?? entry;
}
/**
 * Reads a model's configuration.
 * @throws {FormatError}, {ConfigError} or {UnsupportedError} naming the layer and what is wrong with it.
 */
export function readStructure(config: Json, ctx: KerasContext, place: string): Structure {
  if (typeof config.class_name !== "string") {
    throw new FormatError(`${place}: has no class_name, so it is no Keras model`, { place });
  }
  const entry = known(config, place, ctx);
  if (!isModel(entry)) {
    if (/^(Sequential|Functional|Model)$/.test(entry.className)) {
      throw new FormatError(`${place}: model of class ${entry.className} has no list of layers`, { place });
    }
    throw new UnsupportedError(
      `${place}: model class ${entry.registered} is not known: only Sequential and functional models can be read${
        ctx.wholes?.help ?? ""
      }`,
      { place: entry.className },
    );
  }
  return structureOf(entry, ctx, place, 0);
}

function structureOf(entry: LayerEntry, ctx: KerasContext, place: string, depth: number): Structure {
  if (depth > ctx.limits.depth) {
    throw new LimitError(
      `${place}: class_name ${entry.className} nested more than ${ctx.limits.depth} deep`,
      { place },
    );
  }
  const inner = (raw: unknown, where: string): Layer => {
    const e = known(raw, where, ctx);
    const layer = ctx.shared.layerOf(
      e,
      () => isModel(e) ? modelLayer(e, ctx, where, depth + 1) : nestedLayer(e, ctx, where, inner, depth + 1),
    );
    keepPlace(layer, e.raw.place);
    return layer;
  };
  const structure = entry.className === "Sequential"
    ? sequentialOf(entry, ctx, place, inner)
    : functionalOf(entry, ctx, place, inner);
  keepClass(structure.network, entry);
  return structure;
}
function nestedLayer(
  entry: LayerEntry,
  ctx: KerasContext,
  place: string,
  inner: (raw: unknown, where: string) => Layer,
  depth: number,
): Layer {
  const deeper = (raw: unknown, where: string): Layer => {
    if (depth > ctx.limits.depth) {
      throw new LimitError(`${where}: layers nested more than ${ctx.limits.depth} deep`);
    }
    const e = known(raw, where, ctx);
    if (isModel(e)) return inner(raw, where);
    return ctx.shared.layerOf(e, () => nestedLayer(e, ctx, where, inner, depth + 1));
  };
  if (/^(Functional|Model|Sequential)$/.test(entry.className)) {
    throw new FormatError(`${place}: model of class ${entry.className} has no list of layers`, { place });
  }
  return layerFrom(entry, ctx, deeper);
}
function modelLayer(entry: LayerEntry, ctx: KerasContext, place: string, depth: number): Layer {
  const structure = structureOf(entry, ctx, place, depth), { network } = structure;
  const kind = entry.className === "Sequential" ? "Sequential" : "Functional";
  const layers = network ? network.layers : structure.layers;
  const trainable = entry.config.trainable !== false;
  const layer = networkLayer(
    { kind, layers, ...(network && { network }) },
    entry.name ?? structure.name,
    trainable,
  );
  // What older versions call Model is made as what newer ones call Functional, which names the groups of weights.
  ctx.classes.set(layer, entry.className === "Model" ? "Functional" : entry.className);
  keepClass(layer, entry);
  keepPolicy(layer, entry.config.dtype);
  return layer;
}

function sequentialOf(
  entry: LayerEntry,
  ctx: KerasContext,
  place: string,
  inner: (raw: unknown, where: string) => Layer,
): Structure {
  const name = entry.name ?? "sequential", list = listOf(entry, place);
  const entries = list.map((raw, i) => entryOf(raw, `${place}.layers[${i}]`));
  const [first] = entries;
  if (first?.className === "Merge" && Array.isArray(first.config.layers) && ctx.mergedOf) {
    return ctx.mergedOf(first, list.slice(1), name, ctx, inner);
  }
  const starts = first?.className === "InputLayer";
  const layers = list.slice(starts ? 1 : 0).map((raw, i) =>
    inner(raw, `${place}.layers[${i + (starts ? 1 : 0)}]`)
  );
  let start = starts && first ? inputLayer(first, ctx, "") : undefined;
  const [head] = layers;
  if (!start && first) {
    const { batch_input_shape: shape, input_dtype: type } = first.config;
    const built = shape ?? entry.config.build_input_shape ?? buildShape(entry.raw);
    const own = head?.def.keras?.inputDtype;
    const inside = isModel(first) && head ? innerInput(head) : undefined;
    if (inside) start = { ...inside, registry: ctx.registry };
    else if (built) {
      start = inputOf(built, `${first.name ?? "layer"}_input`, type ?? own ?? first.config.dtype, ctx, "");
    }
  }
  if (!start) return { layers, name };
  if (layers.length === 0) {
    throw new ConfigError(`${place}: the list of layers is empty but for an input`, { place });
  }
  const network = sequentialNetwork(start, layers, name, (layer, inputs) => passing(layer, inputs, ctx));
  keepPolicy(network, entry.config.dtype);
  return { network, name };
}
function buildShape(raw: Json): unknown {
  return isJson(raw.build_config) ? raw.build_config.input_shape : undefined;
}
/** The only input of a model that stands first in another. */
function innerInput(layer: Layer): SymbolicTensor | undefined {
  const { network } = layer.config as { readonly network?: Network };
  const [only] = network?.inputs ?? [];
  if (!network || !only || network.inputs.length > 1) return undefined;
  return {
    kind: "symbolic",
    type: only.type,
    registry: only.registry,
    index: 0,
    name: network.inputNames[0] ?? "input",
  };
}
