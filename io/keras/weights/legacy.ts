/** Weights as Keras 1 and 2 store them, and Keras 3 in whole-model `.h5`: lists by layer, paired in order. @module */
import { ConfigError, FormatError, shown } from "../../../core/values/errors.ts";
import { type LayerNode, type WeightEntry, weightsBelow } from "../../../core/network/tree.ts";
import { networkConfigOf } from "../../../core/network/network.ts";
import { sizeOf, type Tensor, tensor, toNumbers } from "../../../core/values/tensor.ts";
import { attributeStrings, attributeText, type Hdf5Dataset, type Hdf5Group } from "../../hdf5/mod.ts";
import { type KerasContext, majorOf } from "../reading/context.ts";
import { isJson } from "../json.ts";
import { refusePlaced } from "../kept.ts";
import { isNamed, namedArrays } from "../reading/named.ts";
import { checkShape, nodeLabel, readWeight, type StoredArray, weightFrom } from "../reading/values.ts";

/** True for a group of weights by layer. */
export function isLegacyWeights(group: Hdf5Group): boolean {
  return group.attribute("layer_names") !== undefined || group.attribute("layer_names0") !== undefined;
}
/** The version that wrote a group of weights: none means Keras 1. */
export function legacyVersion(group: Hdf5Group): string {
  return attributeText(group, "keras_version") ?? "1";
}

/** Arrays that stand in the place of a file's, by path. */
export type Instead = (dataset: Hdf5Dataset) => StoredArray;
interface Stored {
  readonly name: string;
  /** Whether Keras on Theano wrote it, whose convolutions turn their kernels around. */
  readonly theano: boolean;
  readonly datasets: readonly StoredArray[];
}
/** True where Keras on Theano wrote a group of weights by layer. */
export function isTheano(group: Hdf5Group): boolean {
  const backend = attributeText(group, "backend");
  if (backend !== undefined) return backend === "theano";
  // Keras 1 doesn't say its backend; TensorFlow's names of weights end in a number.
  const weights = attributeStrings(group, "layer_names").flatMap((name) =>
    attributeStrings(group.group(name), "weight_names")
  );
  return majorOf(legacyVersion(group)) === 1 && !weights.some((w) => /:\d+$/.test(w));
}
function storedLayers(group: Hdf5Group, ctx: KerasContext, instead: Instead): readonly Stored[] {
  const names = attributeStrings(group, "layer_names");
  if (names.length > ctx.limits.items) throw new FormatError(`${group.path}: lists ${names.length} layers`);
  const theano = isTheano(group);
  return names.flatMap((name) => {
    const inner = group.group(name), weights = attributeStrings(inner, "weight_names");
    const datasets = weights.map((w) => instead(inner.dataset(w)));
    return datasets.length === 0 ? [] : [{ name, theano, datasets }];
  });
}

/** A layer's weights in the order of these files: all that training changes, then the rest. */
export function legacyOrder(node: LayerNode): readonly WeightEntry[] {
  const all = weightsBelow([node]);
  return [...all.filter((w) => w.trainable), ...all.filter((w) => !w.trainable)];
}
/** The layer of a tree that owns a weight. */
function ownersOf(
  node: LayerNode,
  into: Map<WeightEntry, LayerNode> = new Map(),
): Map<WeightEntry, LayerNode> {
  for (const w of node.weights) into.set(w, node);
  for (const child of node.children) ownersOf(child, into);
  return into;
}

/**
 * Weights by path, paired with layers by position among those that have any.
 * @throws {ConfigError} naming the layer or weight that is missing, too much or of another shape.
 */
export function readLegacyWeights(
  group: Hdf5Group,
  tree: readonly LayerNode[],
  ctx: KerasContext,
  instead: Instead = (dataset) => dataset,
): Map<string, Tensor> {
  refusePlaced(tree);
  const { pairs, version } = pairedLayers(group, tree, ctx, instead), out = new Map<string, Tensor>();
  const theano = pairs.some(({ stored }) => stored.theano) || attributeText(group, "backend") === "theano";
  const sliding = theano ? slidingIn(tree) : [];
  if (sliding.length > 0) {
    ctx.warn(
      `${sliding.join(", ")}: ` +
        'the file was written by Keras on Theano, which places windows of padding "same" elsewhere than other Keras ' +
        "where kernels or pools are even or strides above 1: there outputs differ from Theano's",
    );
  }
  for (const { node, stored } of pairs) readLayer(node, stored, version, ctx, out);
  const top = group.get("top_level_model_weights");
  if (top?.kind === "group" && attributeStrings(top, "weight_names").length > 0) {
    throw new ConfigError(
      "top_level_model_weights: the file holds weights of the model itself, which has none",
    );
  }
  return out;
}
/** Layers that have weights, each with its arrays. @throws {ConfigError} where there are more of one than of the other. */
export function pairedLayers(
  group: Hdf5Group,
  tree: readonly LayerNode[],
  ctx: KerasContext,
  instead: Instead = (dataset) => dataset,
): { readonly pairs: readonly { node: LayerNode; stored: Stored }[]; readonly version: string } {
  const said = new Set(tree.filter((n) => n.layer.def.keras?.weightsSaid).map((n) => n.name));
  const version = legacyVersion(group),
    stored = storedLayers(group, ctx, instead).filter((s) => !said.has(s.name));
  const withWeights = (list: readonly LayerNode[]) => list.filter((node) => weightsBelow([node]).length > 0);
  let nodes = withWeights(tree);
  // Keras 1 lists the layers of a merge's branches themselves.
  if (majorOf(version) === 1 && stored.length !== nodes.length) nodes = withWeights(leavesOf(tree));
  if (stored.length !== nodes.length) {
    const list = (names: readonly string[]) => names.slice(0, 20).map((n) => shown(n)).join(", ") || "none";
    const extra = stored.filter((s) => !nodes.some((n) => n.name === s.name)).map((s) => s.name);
    const missing = nodes.filter((n) => !stored.some((s) => s.name === n.name)).map((n) => n.name);
    throw new ConfigError(
      `the file holds weights of ${stored.length} layers, the model has ${nodes.length} layers with weights; ` +
        `only in the file: ${list(extra)}; only in the model: ${list(missing)}`,
    );
  }
  const pairs = nodes.flatMap((node, i) => {
    const from = stored[i];
    return from ? [{ node, stored: from }] : [];
  });
  return { pairs, version };
}

function leavesOf(tree: readonly LayerNode[]): readonly LayerNode[] {
  return tree.flatMap((node) => (networkConfigOf(node.layer) ? leavesOf(node.children) : [node]));
}

function readLayer(
  node: LayerNode,
  stored: Stored,
  version: string,
  ctx: KerasContext,
  out: Map<string, Tensor>,
): void {
  const entries = legacyOrder(node), { name, datasets, theano } = stored;
  const convert = majorOf(version) < 3 ? node.layer.def.keras?.weights : undefined;
  if (convert) {
    const arrays = convert(datasets.map((d) => d.read()), node.layer.config, version);
    countCheck(node, entries, arrays.length, name, datasets);
    pair(node, entries, arrays, stored, ctx, out);
    return;
  }
  const owners = ownersOf(node);
  const named = majorOf(version) >= 3 && isNamed(owners, datasets)
    ? namedArrays(entries, owners, datasets, ctx)
    : undefined;
  if (named) {
    pair(node, entries, named, stored, ctx, out);
    return;
  }
  countCheck(node, entries, datasets.length, name, datasets);
  if (majorOf(version) < 3 && node.children.length > 0) {
    readNested(node, entries, stored, version, ctx, out);
    return;
  }
  if (theano) {
    pair(node, entries, datasets.map((d) => d.read()), stored, ctx, out);
    return;
  }
  entries.forEach((entry, i) => {
    const dataset = datasets[i];
    if (dataset) out.set(entry.path, readWeight(owners.get(entry) ?? node, entry, dataset, ctx.warn));
  });
}
/** A nested model's weights, some layers of which have their arrays in another form. */
function readNested(
  node: LayerNode,
  entries: readonly WeightEntry[],
  stored: Stored,
  version: string,
  ctx: KerasContext,
  out: Map<string, Tensor>,
): void {
  const { datasets } = stored;
  const owners = ownersOf(node), byOwner = new Map<LayerNode, { entry: WeightEntry; array: Tensor }[]>();
  entries.forEach((entry, i) => {
    const owner = owners.get(entry) ?? node, dataset = datasets[i];
    if (!dataset) return;
    byOwner.set(owner, [...byOwner.get(owner) ?? [], { entry, array: dataset.read() }]);
  });
  for (const [owner, list] of byOwner) {
    const arrays = list.map((l) => l.array), { def, config } = owner.layer;
    pair(
      owner,
      list.map((l) => l.entry),
      def.keras?.weights?.(arrays, config, version) ?? arrays,
      stored,
      ctx,
      out,
    );
  }
}
function pair(
  node: LayerNode,
  entries: readonly WeightEntry[],
  arrays: readonly Tensor[],
  { name, theano }: Stored,
  ctx: KerasContext,
  out: Map<string, Tensor>,
): void {
  const owners = ownersOf(node);
  entries.forEach((entry, i) => {
    const array = arrays[i];
    if (!array) return;
    const from = `array ${i} of ${shown(name)}`, owner = owners.get(entry) ?? node;
    checkShape(owner, entry, array.shape, from);
    out.set(entry.path, weightFrom(entry, theano ? turned(owner, array) : array, from, ctx.warn));
  });
}
/** Paths of layers that slide windows over borders. */
function slidingIn(tree: readonly LayerNode[]): readonly string[] {
  return tree.flatMap(({ layer, path, children }) => [
    ...(isJson(layer.config) && (layer.config.padding === "same" || layer.def.name.startsWith("ConvLSTM"))
      ? [path]
      : []),
    ...slidingIn(children),
  ]);
}
/** A kernel that Keras on Theano wrote, turned as all others have it: the blocks of its leading axes from the last to the first. */
function turned(node: LayerNode, array: Tensor): Tensor {
  const rank = node.layer.def.keras?.turnedByTheano, { shape } = array;
  if (rank === undefined || shape.length !== rank + 2) return array;
  const block = sizeOf(shape.slice(rank)), list = toNumbers(array), data = new Float32Array(list.length);
  for (let i = 0; i < list.length; i++) {
    data[i] = list[list.length - block - (i - i % block) + i % block] ?? 0;
  }
  return tensor(data, shape);
}
function countCheck(
  node: LayerNode,
  entries: readonly WeightEntry[],
  count: number,
  name: string,
  datasets: readonly StoredArray[],
): void {
  if (count === entries.length) return;
  throw new ConfigError(
    `${nodeLabel(node)}: has ${entries.length} weights (${
      entries.map((e) => e.param).join(", ")
    }), the file holds ` +
      `${datasets.length} arrays for ${shown(name)} (${datasets.slice(0, 20).map((d) => d.path).join(", ")})`,
    { place: node.path },
  );
}
