/** Weights in the layouts of Keras' HDF5 files: Keras 3's groups by class, and the lists by layer of whole-model `.h5`. @module */
import { type LayerNode, type WeightEntry, weightsBelow } from "../../../core/network/tree.ts";
import { LapisError } from "../../../core/values/errors.ts";
import { snakeCase } from "../../../core/network/names.ts";
import { networkConfigOf } from "../../../core/network/network.ts";
import { besideKeras } from "../../../core/training/saved.ts";
import type { Tensor } from "../../../core/values/tensor.ts";
import type { Hdf5GroupWriter } from "../../hdf5/write.ts";
import { keptClass, placeOf, storedAs } from "../kept.ts";
import { operationOf } from "../reading/operations.ts";
import { legacyOrder } from "../weights/legacy.ts";
import { groupsOf } from "../weights/v3.ts";
import { writtenClass } from "./network.ts";
import type { WriteContext } from "./values.ts";

/** A model's layers with their values. */
export interface WeightSource {
  readonly name: string;
  readonly tree: readonly LayerNode[];
  readonly weights: ReadonlyMap<string, Tensor>;
  /** Names of the inputs of a functional model, which count as layers there. */
  readonly inputs: readonly string[];
  /** True where it is written as a class of its own. */
  readonly known: boolean;
}
/** An optimizer's variables with their names. */
export type Variables = readonly { readonly name: string; readonly value: Tensor }[];

function valueOf({ weights }: WeightSource, { path }: WeightEntry): Tensor {
  const value = weights.get(path);
  if (!value) throw new LapisError("model", `weight ${path} has no value`);
  return value;
}

/** What a layer's files hold by name. */
function arraysOf({ layer: { def, config } }: LayerNode): Readonly<Record<string, Tensor>> {
  return def.keras?.arrays?.(config) ?? {};
}
/** The group of a layer's own parts: Keras 2 keeps all but cells under private names. */
function heldGroup(group: string, ctx: WriteContext): string {
  return ctx.major === 3 || group === "" || group === "cell" ? group : `_${group}`;
}
/** Keras 3's layout below a group: `layers/dense_1/vars/0`; with `copies`, layers that models share at each place. */
export function writeV3Weights(
  root: Hdf5GroupWriter,
  source: WeightSource,
  ctx: WriteContext,
  copies: boolean,
): void {
  const seen = new Set<LayerNode>();
  const vars = (at: Hdf5GroupWriter, name: string) => {
    const group = at.group("vars");
    if (ctx.major === 3) group.attributes.set("name", name);
    return group;
  };
  // Below a class that is written as such, its parts are at the places of that class.
  const container = (
    nodes: readonly LayerNode[],
    owner: Hdf5GroupWriter,
    inputs: readonly string[],
    known: boolean,
  ) => {
    const used = new Map<string, number>(), at = owner.group("layers");
    const numbered = (base: string) => {
      const count = used.get(base) ?? 0;
      used.set(base, count + 1);
      return at.group(count === 0 ? base : `${base}_${count}`);
    };
    for (const name of inputs) vars(numbered("input_layer"), name);
    for (const node of nodes) {
      // Keras 2 doesn't count what is stored already.
      if (ctx.major === 2 && seen.has(node) && !copies) continue;
      // Operations are no layers of Keras' models.
      if (operationOf(node.layer)) continue;
      const place = known ? placeOf(node.layer) : undefined;
      if (place !== undefined) write(node, place === "" ? owner : owner.group(place), true);
      else {
        const own = known ? keptClass(node.layer) : writtenClass(node.layer, ctx);
        const name = own?.className ??
          (known || node.layer.def.keras?.unregistered ? storedAs(node.layer) : node.layer.def.name);
        write(node, numbered(snakeCase(name)), known);
      }
    }
  };
  const write = (node: LayerNode, at: Hdf5GroupWriter, within: boolean) => {
    // A layer reached twice is stored at its first place alone, as always in classes of whole models.
    if (seen.has(node) && (!copies || within)) return;
    seen.add(node);
    vars(at, node.name);
    for (const [path, value] of Object.entries(arraysOf(node))) {
      const [name = path, ...above] = path.split("/").reverse();
      vars(above.length > 0 ? at.group(above.reverse().join("/")) : at, node.name).dataset(name, value);
    }
    for (const [group, entries] of groupsOf(node)) {
      const name = group === "" ? node.name : entries[0]?.spec.path?.split("/")[0] ?? group;
      const into = vars(at.group(heldGroup(group, ctx)), name);
      const after = Math.max(...entries.map((entry) => entry.spec.after ?? 0));
      const before = after > 0 ? weightsBelow(node.children).slice(0, after) : [];
      [...before, ...entries].forEach((entry, i) => into.dataset(`${i}`, valueOf(source, entry)));
    }
    const inside = networkConfigOf(node.layer);
    if (inside) {
      const inputs = inside.kind === "Functional" ? inside.network?.inputNames ?? [] : [];
      container(node.children, at, inputs, within || writtenClass(node.layer, ctx) !== undefined);
      return;
    }
    for (const child of node.children) {
      if (!(seen.has(child) && within)) write(child, at.group(child.attribute ?? child.name), within);
    }
  };
  vars(root, source.name);
  container(source.tree, root, source.inputs, source.known);
}
/** The optimizer's variables beside them: iteration, learning rate, slots. */
export function writeV3Optimizer(root: Hdf5GroupWriter, name: string, variables: Variables): void {
  const vars = root.group("optimizer/vars");
  vars.attributes.set("name", name);
  const { counted, beside } = parted(variables);
  counted.forEach(({ value }, i) => vars.dataset(`${i}`, value));
  for (const { name, value } of beside) root.group("optimizer").dataset(name, value);
}
/** The variables that Keras counts, and those that stand beside them. */
function parted(variables: Variables): { readonly counted: Variables; readonly beside: Variables } {
  const isBeside = ({ name }: { readonly name: string }) => name.startsWith(besideKeras);
  return { counted: variables.filter((v) => !isBeside(v)), beside: variables.filter(isBeside) };
}

/** Lists by layer, as whole-model `.h5` files hold them. */
export function writeLegacyWeights(
  group: Hdf5GroupWriter,
  source: WeightSource,
  version: string,
  ctx: WriteContext,
): void {
  const nodes = source.tree.filter((node) => !operationOf(node.layer));
  group.attributes.set("layer_names", [...source.inputs, ...nodes.map((n) => n.name)]);
  group.attributes.set("backend", "tensorflow");
  group.attributes.set("keras_version", version);
  for (const name of source.inputs) group.group(name).attributes.set("weight_names", []);
  for (const node of nodes) {
    const into = group.group(node.name), names: string[] = [];
    for (const entry of legacyOrder(node)) {
      const name = ctx.major === 3 ? entry.path : `${below(entry.path, source.name)}:0`;
      into.dataset(name, valueOf(source, entry));
      names.push(name);
    }
    for (const [name, value] of Object.entries(arraysOf(node))) {
      if (ctx.major === 3 || name.includes("/")) continue;
      into.dataset(`${name}:0`, value);
      names.push(`${name}:0`);
    }
    into.attributes.set("weight_names", names);
  }
  group.group("top_level_model_weights").attributes.set("weight_names", []);
}
/** Keras 2's names don't begin with the model's. */
function below(path: string, model: string): string {
  return path.startsWith(`${model}/`) ? path.slice(model.length + 1) : path;
}
/** The optimizer's variables of whole-model `.h5` files; those that have a number alone are named after the optimizer. */
export function writeLegacyOptimizer(root: Hdf5GroupWriter, optimizer: string, variables: Variables): void {
  const group = root.group("optimizer_weights"), { counted, beside } = parted(variables);
  const names = counted.map(({ name }) => (/^\d+$/.test(name) ? `${optimizer}/variable_${name}` : name));
  group.attributes.set("weight_names", names);
  counted.forEach(({ value }, i) => group.dataset(names[i] ?? `${i}`, value));
  for (const { name, value } of beside) group.dataset(name, value);
}
