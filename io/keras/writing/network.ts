/** Sequential and functional models as configurations of Keras 2 and 3. @module */
import { UnsupportedError } from "../../../core/values/errors.ts";
import { functional } from "../../../core/network/functional.ts";
import type { Layer } from "../../../core/network/layer.ts";
import { nameOf } from "../../../core/network/names.ts";
import { type Network, networkConfigOf, type SymbolicTensor } from "../../../core/network/network.ts";
import { constantOf } from "../reading/constants.ts";
import type { Json } from "../json.ts";
import { keptClass } from "../kept.ts";
import type { LayerEntry } from "../reading/entry.ts";
import { writtenOperation } from "./operations.ts";
import { callsWith, type Position } from "./calls.ts";
import { inputEntry, layerEntry, policy, shapeList } from "./layers.ts";
import { keepingMasks } from "./kept.ts";
import { MaskNodes } from "./masks.ts";
import { partClass } from "./parts.ts";
import { withNumber } from "../reading/shared.ts";
import { serialized, type WriteContext } from "./values.ts";

/** A layer of any kind, models among them, as it stands in a list of layers. */
export function anyLayer(layer: Layer, name: string, frozen: boolean, ctx: WriteContext): Json {
  return withNumber(ownEntry(layer, name, frozen, ctx), ctx.shared?.get(layer));
}
function ownEntry(layer: Layer, name: string, frozen: boolean, ctx: WriteContext): Json {
  const inside = networkConfigOf(layer), known = writtenClass(layer, ctx);
  if (known) return classEntry(known, name, frozen || !layer.trainable, partClass(layer, ctx)?.builtByCall);
  if (!inside) {
    return layerEntry(layer, name, frozen, ctx, (inner, own, held) => anyLayer(inner, own, held, ctx));
  }
  const cold = frozen || inside.layers.every((inner) => !inner.trainable);
  return inside.network
    ? networkEntry(inside.network, name, cold, ctx)
    : stackEntry(layer, inside.layers, name, cold, ctx);
}
/** The class that a network or a layer that is one is written as, where it stands for itself. */
export function writtenClass(of: Network | Layer, ctx: WriteContext): LayerEntry | undefined {
  const known = ctx.major === 3 && ctx.modules ? keptClass(of) : undefined;
  return known?.raw.drafted === true ? undefined : known;
}
/**
 * Refuses a whole-model `.h5` of classes whose weights Keras lists in an order of its own.
 * @throws {UnsupportedError} naming the class.
 */
export function refuseUnlisted(network: Network, ctx: WriteContext): void {
  const check = (of: Network | Layer, inside: boolean) => {
    const known = writtenClass(of, ctx), def = known && ctx.registry.find("architecture", known.className);
    if (def?.listed === "never" || inside && def?.listed) {
      throw new UnsupportedError(
        `${def.name}: Keras lists its weights in an .h5 in an order of its own; save the model as .keras`,
      );
    }
    const layers = "layers" in of ? of.layers : networkConfigOf(of)?.layers ?? [];
    layers.forEach((layer) => check(layer, true));
  };
  check(network, false);
}
const ours = "keras_hub";
/** A class with its hyperparameters, as it was read. */
function classEntry({ raw, config }: LayerEntry, name: string, frozen: boolean, builtByCall = false): Json {
  // A whole-model .h5 named the class alone.
  const { class_name, build_config, module = ours, registered_name = `${ours}>${class_name}` } = raw;
  return {
    module,
    class_name,
    config: { ...config, name, ...(frozen && { trainable: false }) },
    registered_name,
    ...(build_config !== undefined && !builtByCall && { build_config }),
  };
}
/** The form of a model: its class, its configuration, and the shape it is built for. */
function modelForm(kind: Network["kind"], config: Json, shape: unknown, ctx: WriteContext): Json {
  // Every Keras 2 reads Model; Functional came with 2.4.
  if (!ctx.modules) return { class_name: kind === "Functional" && ctx.major === 2 ? "Model" : kind, config };
  // Keras 2.15 and tf-keras hold functional models in modules of other names; Model is in that of both.
  const form = kind === "Sequential"
    ? serialized("keras", kind, config)
    : ctx.major === 2
    ? serialized("keras", "Model", config)
    : serialized("keras.src.models.functional", kind, config, kind);
  return { ...form, ...(shape !== undefined && { build_config: { input_shape: shape } }) };
}
/** Layers in a row whose input isn't known. */
export function stackEntry(
  source: object,
  layers: readonly Layer[],
  name: string,
  frozen: boolean,
  ctx: WriteContext,
): Json {
  const list = layers.map((layer) => anyLayer(layer, nameOf(layer), frozen, ctx));
  const common = ctx.major === 3 && { trainable: !frozen, dtype: policy(source, 3, name) };
  return modelForm("Sequential", { name, ...common, layers: list }, undefined, ctx);
}

/**
 * A model's configuration with its class.
 * @throws {UnsupportedError} naming the layer and what that version of Keras doesn't have.
 */
export function networkEntry(network: Network, name: string, frozen: boolean, ctx: WriteContext): Json {
  const known = writtenClass(network, ctx);
  if (known) return classEntry(known, name, frozen);
  return network.kind === "Sequential"
    ? sequentialEntry(network, name, frozen, ctx)
    : functionalEntry(network, name, frozen, ctx);
}
function sequentialEntry(network: Network, name: string, frozen: boolean, ctx: WriteContext): Json {
  const [start] = network.inputs, calls = new Map(network.calls.map((c) => [c.layer, c]));
  const shape = start && shapeList(start.type);
  const list = network.layers.map((layer) => {
    const entry = anyLayer(layer, nameOf(layer), frozen, ctx);
    const [given] = calls.get(layer)?.inputs ?? [];
    return ctx.modules && given && !("build_config" in entry)
      ? { ...entry, build_config: { input_shape: shapeList(given.type) } }
      : entry;
  });
  const layers = start ? [inputEntry(start, network.inputNames[0] ?? "input_layer", ctx), ...list] : list;
  const config = ctx.major === 2
    ? { name, layers }
    : { name, trainable: !frozen, dtype: policy(network, 3, name), layers, build_input_shape: shape };
  return modelForm("Sequential", config, shape, ctx);
}

/** In Keras 2 a functional model, and a Sequential one that knows its input, is its own first call. */
function firstNode(layer: Layer, ctx: WriteContext): number {
  const inside = networkConfigOf(layer);
  return ctx.major === 2 && inside && (inside.kind === "Functional" || inside.network) ? 1 : 0;
}

function functionalEntry(given: Network, name: string, frozen: boolean, ctx: WriteContext): Json {
  const network = ctx.major === 3 ? keepingMasks(given) : given;
  const positions = new Map<SymbolicTensor, Position>();
  network.inputs.forEach((t, i) => positions.set(t, [network.inputNames[i] ?? "", 0, 0]));
  const seen = new Map<Layer, number>();
  for (const call of network.calls) {
    if (constantOf(call.layer)) continue;
    const node = seen.get(call.layer) ?? firstNode(call.layer, ctx);
    seen.set(call.layer, node + 1);
    call.outputs.forEach((t, i) => {
      if (!positions.has(t)) positions.set(t, [nameOf(call.layer), node, i]);
    });
  }
  const inputs = network.inputs.map((t, i) => {
    const own = network.inputNames[i] ?? "";
    return { ...inputEntry(t, own, ctx), name: own, inbound_nodes: [] };
  });
  const masks = new MaskNodes(network), made = callsWith(network, positions, ctx, masks);
  const order = new Set([...network.layers, ...network.calls.map((c) => c.layer)]);
  const layers = [...order].flatMap((layer): Json[] => {
    const calls = made.get(layer), own = nameOf(layer);
    if (!calls) return [];
    const operation = writtenOperation(layer);
    const entry = operation
      ? serialized(
        operation.module,
        operation.className,
        { name: own, ...operation.config },
        operation.className,
      )
      : anyLayer(layer, own, frozen, ctx);
    const shape = partClass(layer, ctx)?.builtByCall ? undefined : calls.shape;
    return [{
      ...entry,
      ...(ctx.modules && shape !== undefined && !operation && !("build_config" in entry)
        ? { build_config: { input_shape: shape } }
        : {}),
      name: own,
      inbound_nodes: calls.nodes,
    }];
  });
  const ends = (list: readonly SymbolicTensor[]) =>
    list.map((t) => {
      const found = positions.get(t);
      if (!found) throw new UnsupportedError(`model ${name}: an output comes from outside the model`);
      // Keras 3 counts a functional model as its own first call here, though not where calls read it.
      const own = t.call && ctx.major === 3 && networkConfigOf(t.call.layer)?.kind === "Functional" &&
        partClass(t.call.layer, ctx) === undefined;
      return own && !network.inputs.includes(t) ? [found[0], found[1] + 1, found[2]] : found;
    });
  const ins = ends(network.inputs), outs = ends(network.outputs);
  const flat = (list: readonly unknown[]) => (ctx.major === 3 && list.length === 1 ? list[0] : list);
  const named = namedOutputs(network);
  return modelForm(
    "Functional",
    {
      name,
      trainable: !frozen,
      layers: [...inputs, ...layers, ...masks.entries],
      input_layers: flat(ins),
      output_layers: named
        ? Object.fromEntries(network.outputNames.map((key, i) => [key, outs[i]]))
        : flat(outs),
    },
    ctx.major === 3 ? null : network.inputs.map((t) => shapeList(t.type)),
    ctx,
  );
}
/** True where the outputs were given names of their own, so that the model returns a record. */
function namedOutputs(network: Network): boolean {
  const { inputs, outputs, inputNames, name } = network;
  const usual = functional({ inputs, outputs, inputNames, name }).outputNames;
  return usual.some((n, i) => n !== network.outputNames[i]);
}
