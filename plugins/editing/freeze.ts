/** Freezing a model's first layers, and freeing them again. @module */
import * as args from "../../io/files/arguments.ts";
import { ConfigError, LapisError, shown } from "../../core/values/errors.ts";
import type { Layer } from "../../core/network/layer.ts";
import type { LayerNode } from "../../core/network/tree.ts";
import type { Model } from "../../core/model/model.ts";
import { networkConfigOf } from "../../core/network/network.ts";
import { checkOptions, nearest, type OptionNames } from "../../core/values/schema.ts";

/** Which layers {@link freeze} freezes. */
export interface FreezeOptions {
  /** The last that is frozen, by its name, or by its path inside a model that is a layer; all layers unless given. */
  readonly until?: string;
}
const freezeNames: OptionNames<FreezeOptions> = { until: 0 };
/** Which layers {@link unfreeze} frees. */
export interface UnfreezeOptions {
  /** The first that is freed, by its name or path; all layers unless given. */
  readonly from?: string;
  /** False leaves batch normalization frozen, so that it goes on with the statistics it has; true unless given. */
  readonly batchNormalization?: boolean;
}
const unfreezeNames: OptionNames<UnfreezeOptions> = { from: 0, batchNormalization: 0 };

interface Place {
  readonly path: string;
  readonly layer: Layer;
}
/** Layers in the model's order, those of models inside in their place. */
function places(nodes: readonly LayerNode[]): readonly Place[] {
  return nodes.flatMap((node) =>
    networkConfigOf(node.layer) ? places(node.children) : [{ path: node.path, layer: node.layer }]
  );
}
/** Where a named layer begins and ends among the places. */
function spanOf(model: Model, list: readonly Place[], what: string, name: string): readonly [number, number] {
  const inside = (p: Place) => p.path === name || p.path.startsWith(`${name}/`);
  const first = list.findIndex(inside), last = list.findLastIndex(inside);
  if (first >= 0) return [first, last];
  const names = [...model.tree.map((n) => n.path), ...list.map((p) => p.path)], near = nearest(name, names);
  throw new ConfigError(
    `${what}: model ${model.name} has no layer ${shown(name)}${
      near === undefined ? "" : `; is ${shown(near)} meant?`
    }`,
    { place: name },
  );
}
function placesOf(model: Model, what: string): readonly Place[] {
  if (!model.isGraph) return places(model.tree);
  throw new LapisError("model", `${what}: model ${model.name} is a bare graph without layers`);
}

/**
 * Freezes a model's layers from its input to the one named, in the order of `model.layers`; batch normalization then keeps its
 * statistics, as in Keras. Gives the paths of the layers it froze. Compile afterwards: what trains is settled at the first step.
 *
 * ```ts
 * import { input, sequential } from "@lapis/lapis";
 * import { dense } from "@lapis/lapis/layers";
 * import { freeze, unfreeze } from "@lapis/lapis/edit";
 * const base = sequential([input({ shape: [4] }), dense({ units: 8, name: "body" }), dense({ units: 3 })]);
 * const model = sequential([input({ shape: [4] }), ...base.layers.slice(0, -1), dense({ units: 5, name: "head" })]);
 * freeze(model, { until: "body" });
 * model.compile({ optimizer: "adam", loss: "mse" }); // trains the head alone
 * unfreeze(model);
 * ```
 * @throws {ConfigError} with the nearest name where there is no such layer.
 */
export function freeze(model: Model, options: FreezeOptions = {}): readonly string[] {
  args.check("freeze", "model", model, args.modelKind);
  checkOptions("freeze", options, freezeNames);
  const list = placesOf(model, "freeze"), { until } = options;
  const end = until === undefined ? list.length - 1 : spanOf(model, list, "freeze", until)[1];
  return set(list.slice(0, end + 1), false);
}
/**
 * Frees a model's layers from the one named to its output, as {@link freeze} froze them. Gives the paths of the layers it freed.
 * @throws {ConfigError} with the nearest name where there is no such layer.
 */
export function unfreeze(model: Model, options: UnfreezeOptions = {}): readonly string[] {
  args.check("unfreeze", "model", model, args.modelKind);
  checkOptions("unfreeze", options, unfreezeNames);
  const list = placesOf(model, "unfreeze"), { from, batchNormalization = true } = options;
  const begin = from === undefined ? 0 : spanOf(model, list, "unfreeze", from)[0];
  const kept = (p: Place) => !batchNormalization && p.layer.def.name === "BatchNormalization";
  return set(list.slice(begin).filter((p) => !kept(p)), true);
}
function set(list: readonly Place[], trainable: boolean): readonly string[] {
  for (const { layer } of list) layer.trainable = trainable;
  return list.map((p) => p.path);
}
