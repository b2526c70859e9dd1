/** Weights as Keras 3 stores them: groups by class and position, `layers/dense_1/vars/0`. @module */
import type { LayerNode, WeightEntry } from "../../../core/network/tree.ts";
import { ConfigError } from "../../../core/values/errors.ts";
import { snakeCase } from "../../../core/network/names.ts";
import { networkConfigOf } from "../../../core/network/network.ts";
import type { Tensor } from "../../../core/values/tensor.ts";
import type { Hdf5Group } from "../../hdf5/mod.ts";
import { placeOf } from "../kept.ts";
import { type KerasContext, majorOf } from "../reading/context.ts";
import { nodeLabel, readWeight } from "../reading/values.ts";

/** Names of the group that holds a model's layers: now, and in TensorFlow 2.12 to 2.15. */
const containers = ["layers", "_layer_checkpoint_dependencies"] as const;

/** True for a group in this layout. */
export function isV3Weights(group: Hdf5Group): boolean {
  return containers.some((name) => group.has(name)) || group.has("vars");
}

/** Reading, in progress: what was read, and which datasets that took. */
interface Reading {
  readonly group: Hdf5Group;
  readonly container: string;
  readonly ctx: KerasContext;
  readonly out: Map<string, Tensor>;
  readonly taken: Set<string>;
  readonly seen: Set<LayerNode>;
}

/** The groups of a layer's own weights, each with its weights in order. */
export function groupsOf(node: LayerNode): ReadonlyMap<string, readonly WeightEntry[]> {
  const groups = new Map<string, WeightEntry[]>();
  for (const entry of node.weights) {
    if (entry.role === "state") continue;
    const group = entry.spec.group ?? node.layer.def.keras?.group ?? "";
    groups.set(group, [...groups.get(group) ?? [], entry]);
  }
  return groups;
}
const join = (...parts: readonly string[]) => parts.filter((p) => p !== "").join("/");

function readNode(node: LayerNode, path: string, r: Reading): void {
  // A layer reached twice is stored at its first place alone, or again as a copy.
  if (r.seen.has(node)) {
    const copy = r.ctx.shared.copied && r.group.has(path) ? r.group.get(path) : undefined,
      found: string[] = [];
    if (copy?.kind === "group") arraysIn(copy, path, 0, r, found);
    found.forEach((at) => r.taken.add(at));
    return;
  }
  r.seen.add(node);
  // What the configuration has taken already.
  if (node.layer.def.keras?.weightsSaid) r.taken.add(join(path, "vars", "0"));
  for (const [own, entries] of groupsOf(node)) {
    // Keras 2 keeps a layer's parts under private names.
    const group = own !== "" && !r.group.has(join(path, own)) && r.group.has(join(path, `_${own}`))
      ? `_${own}`
      : own;
    entries.forEach((entry, position) => {
      const { after = 0 } = entry.spec, i = position + after;
      // What stands before it there is a layer's inside, and stored with that layer too.
      for (let k = 0; k < after; k++) r.taken.add(join(path, group, "vars", `${k}`));
      const at = join(path, group, "vars", `${i}`);
      const dataset = r.group.has(at) ? r.group.get(at) : undefined;
      if (dataset?.kind !== "dataset") {
        throw new ConfigError(
          `${nodeLabel(node)}: weight ${entry.param} is missing: the file holds no ${at}`,
          {
            place: entry.path,
          },
        );
      }
      r.taken.add(at);
      r.out.set(entry.path, readWeight(node, entry, dataset, r.ctx.warn));
    });
  }
  if (networkConfigOf(node.layer)) readContainer(node.children, path, r);
  else for (const child of node.children) readNode(child, join(path, child.attribute ?? child.name), r);
}
/** Layers of a model whose group is `owner`. */
function readContainer(nodes: readonly LayerNode[], owner: string, r: Reading): void {
  const used = new Map<string, number>(), path = join(owner, r.container);
  for (const node of nodes) {
    // Keras 2 doesn't count what is stored already.
    if (r.seen.has(node) && majorOf(r.ctx.version) < 3 && !r.ctx.shared.copied) continue;
    const place = placeOf(node.layer);
    if (place !== undefined) {
      readNode(node, join(owner, place), r);
      continue;
    }
    const base = snakeCase(r.ctx.classes.get(node.layer) ?? node.layer.def.name), count = used.get(base) ?? 0;
    used.set(base, count + 1);
    readNode(node, join(path, count === 0 ? base : `${base}_${count}`), r);
  }
}

/** Paths of all arrays of layers in a file. */
function arraysIn(group: Hdf5Group, path: string, depth: number, r: Reading, found: string[]): void {
  if (depth > r.ctx.limits.depth || found.length > r.ctx.limits.items) {
    throw new ConfigError(`${path}: groups of weights are nested too deep, or are too many`);
  }
  for (const name of group.keys()) {
    // Keys of random numbers are no weights.
    if (name === "seed_generator") continue;
    const inner = group.get(name), at = join(path, name);
    if (inner?.kind === "group") arraysIn(inner, at, depth + 1, r, found);
    // Arrays with a name are options, which the configuration has taken.
    else if (inner && /^\d+$/.test(name)) found.push(at);
  }
}

/**
 * Weights by path.
 * @throws {ConfigError} naming the layer whose weight is missing or of another shape, or an array that no layer takes.
 */
export function readV3Weights(
  group: Hdf5Group,
  tree: readonly LayerNode[],
  ctx: KerasContext,
): Map<string, Tensor> {
  const container = containers.find((name) => group.has(name)) ?? "layers";
  const r: Reading = { group, container, ctx, out: new Map(), taken: new Set(), seen: new Set() };
  readContainer(tree, "", r);
  const found: string[] = [];
  const root = group.has(container) ? group.get(container) : undefined;
  if (root?.kind === "group") arraysIn(root, container, 0, r, found);
  const extra = found.filter((path) => !r.taken.has(path));
  if (extra.length > 0) {
    throw new ConfigError(
      `the file holds ${extra.length} arrays that no layer of the model takes: ${
        extra.slice(0, 5).join(", ")
      }`,
      { place: extra[0] ?? "" },
    );
  }
  return r.out;
}
