/** An optimizer's variables where Keras held them in another order or form than ours: up to 2.0.5, and on Theano. @module */
import { InputError } from "../../../core/values/errors.ts";
import type { LayerNode } from "../../../core/network/tree.ts";
import type { Tensor } from "../../../core/values/tensor.ts";
import { isEarlyKeras, versionOf } from "../../../core/training/saved.ts";
import type { Hdf5Group } from "../../hdf5/mod.ts";
import type { KerasContext } from "../reading/context.ts";
import { isJson, type Json } from "../json.ts";
import { isTheano, legacyOrder, pairedLayers, readLegacyWeights } from "./legacy.ts";

/** An optimizer's variables as files hold them. */
export type Variables = readonly { readonly name: string; readonly value: Tensor }[];
/** The weights that variables belong to. */
export interface SlotOwners {
  /** The file's group of weights. */
  readonly group: Hdf5Group;
  /** The model's layers. */
  tree(): readonly LayerNode[];
  readonly ctx: KerasContext;
}
/** Keras up to 2.0.5 sorted what it trained by name. */
const isSorted = (version: string) => /^(1\.|1$|2\.0\.[0-5]$)/.test(version);
const isSame = (a: readonly number[], b: readonly number[]) => a.join() === b.join();

/** A compilation whose optimizer counts as Keras on Theano did, where that wrote the weights. */
export function onTheano(form: Json, { group }: SlotOwners, version: string): Json {
  const { optimizer } = form;
  if (!isEarlyKeras({ version }) || !isJson(optimizer) || !isTheano(group)) return form;
  const config = isJson(optimizer.config)
    ? { config: { era: "1-theano", ...optimizer.config } }
    : { era: "1-theano" };
  return { ...form, optimizer: { ...optimizer, ...config } };
}
/** Why the state of TensorFlow's Ftrl with L2 shrinkage isn't read: before 2.6 it was held times the rate, by weight. */
export function scaledSums({ optimizer }: Json, version: string): string | undefined {
  if (!isJson(optimizer) || optimizer.class_name !== "Ftrl" || !isJson(optimizer.config)) return undefined;
  const { l2_shrinkage_regularization_strength: shrinkage } = optimizer.config;
  if (!(Number(shrinkage ?? 0) > 0) || versionOf({ version }) >= 2.006) return undefined;
  return `TensorFlow of Keras ${version} holds the sums of Ftrl with L2 shrinkage times the rate where gradients are ` +
    "dense, which the file doesn't tell: compile the model anew to begin without them";
}
/**
 * The variables in the order and form of our weights: each list of slots is read as the weights are.
 * @throws {InputError} where weights without names leave the order open.
 */
export function slotsByWeights(variables: Variables, owners: SlotOwners, version: string): Variables {
  const { group } = owners;
  if (!isEarlyKeras({ version })) return variables;
  const tree = owners.tree(), ctx = { ...owners.ctx, warn: () => {} };
  const { pairs } = pairedLayers(group, tree, ctx), sorted = isSorted(version);
  if (!sorted && !isTheano(group)) return variables;
  const trained = pairs.flatMap(({ node, stored: { name, datasets } }) => {
    const entries = legacyOrder(node), kept = entries.filter((e) => !e.trainable).length;
    const changed = kept === entries.length ? [] : datasets.slice(0, datasets.length - kept);
    return changed.map(({ path, shape }) => ({
      path,
      shape,
      name: path.split(`/${name}/`).slice(1).join("/"),
    }));
  });
  if (sorted) {
    if (trained.some(({ name }) => /^param_\d+$/.test(name))) {
      throw new InputError("the file's weights have no names, which its optimizer's variables are sorted by");
    }
    trained.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  }
  const scalars = variables.filter(({ value }) => value.shape.length === 0);
  const slots = variables.filter(({ value }) => value.shape.length > 0), n = trained.length;
  if (n === 0 || slots.length % n !== 0) return variables;
  const lists = Array.from({ length: slots.length / n }, (_, k) => slots.slice(k * n, (k + 1) * n));
  const paths = new Set(
    pairs.flatMap(({ node }) => legacyOrder(node).flatMap((e) => e.trainable ? [e.path] : [])),
  );
  const ordered = lists.flatMap((list): Variables => {
    // Adam keeps numbers that mean nothing in place of maxima.
    if (!list.every(({ value }, i) => isSame(value.shape, trained[i]?.shape ?? []))) return list;
    const byPath = new Map(list.map(({ value }, i) => [trained[i]?.path, value]));
    const read = readLegacyWeights(group, tree, ctx, (dataset) => {
      const value = byPath.get(dataset.path);
      return value ? { path: dataset.path, shape: value.shape, read: () => value } : dataset;
    });
    return [...read].flatMap(([name, value]) => paths.has(name) ? [{ name, value }] : []);
  });
  return [...scalars, ...ordered];
}
