/** Layers as they stand in a model: what each is, and what another model builds on. @module */
import { ConfigError, ShapeError, shown } from "../values/errors.ts";
import { portOf } from "./feed.ts";
import { printedAs } from "../values/printing.ts";
import type { Layer } from "../network/layer.ts";
import { type Network, networkConfigOf, type SymbolicTensor } from "../network/network.ts";
import { nearest } from "../values/schema.ts";
import { countOf, type LayerNode, weightsBelow } from "../network/tree.ts";

/** A layer of a model, which another model takes as well: `sequential([x, ...base.layers.slice(0, -1), dense(…)])`. */
export interface ModelLayer {
  /** Its name in the model. */
  readonly name: string;
  /** Keras' class name. */
  readonly className: string;
  /** The layer. */
  readonly layer: Layer;
  /** Shapes of its outputs at its first call. */
  readonly outputShapes: readonly (readonly (number | string)[])[];
  /** Number of elements of its weights. */
  readonly params: number;
  /** What its first call reads and gives, to build on: `apply(dense({ units: 5 }), base.getLayer("pool").output)`. */
  readonly inputs: readonly SymbolicTensor[];
  /** Its first call's only output. @throws {ShapeError} where there are several; they are those of `outputs`. */
  readonly output: SymbolicTensor;
  /** All of them. */
  readonly outputs: readonly SymbolicTensor[];
  /** False when it is frozen; setting it sets the layers inside as well, and needs a `compile`. */
  trainable: boolean;
}

/** A layer as a model's list of layers has it. */
export function modelLayer(node: LayerNode, network: Network | undefined): ModelLayer {
  const { name, layer } = node, className = layer.def.name;
  const call = network?.calls.find((c) => c.layer === layer), outputs = call?.outputs ?? [];
  const made: ModelLayer = {
    name,
    className,
    layer,
    outputShapes: node.outputs.map((t) => portOf("", t).shape),
    params: countOf(weightsBelow([node])),
    inputs: call?.inputs ?? [],
    outputs,
    get output() {
      const [only] = outputs;
      if (only && outputs.length === 1) return only;
      throw new ShapeError(`layer ${shown(name)}: has ${outputs.length} outputs, not one; take outputs`);
    },
    get trainable() {
      return node.trainable;
    },
    set trainable(value) {
      layer.trainable = value;
    },
  };
  return printedAs(made, () => {
    const shapes = made.outputShapes.map((shape) => `[${shape.join(", ")}]`).join(" ");
    return `${className} ${shown(name)} ${shapes}, ${made.params} weights${node.trainable ? "" : ", frozen"}`;
  });
}
/** A layer of a tree by its name or its path. @throws {ConfigError} with the nearest where there is none. */
export function layerNamed(
  tree: readonly LayerNode[],
  network: Network | undefined,
  name: string,
  model: string,
): ModelLayer {
  const own = tree.find((node) => node.name === name);
  if (own) return modelLayer(own, network);
  const outer = tree.find((node) => name.startsWith(`${node.name}/`));
  if (outer) {
    const inside = networkConfigOf(outer.layer)?.network;
    return layerNamed(outer.children, inside, name.slice(outer.name.length + 1), `${model}/${outer.name}`);
  }
  const names = tree.map((node) => node.name), near = nearest(name, names);
  const known = near !== undefined ? `is ${shown(near)} meant?` : `there are ${shown(names.join(", "), 200)}`;
  throw new ConfigError(`model ${model}: has no layer ${shown(name)}; ${known}`, { place: name });
}
