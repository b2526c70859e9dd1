/** Making layers, parts and weights, held to their arguments. @module */
import * as args from "../../io/files/arguments.ts";
import * as factory from "../../core/network/factory.ts";
import * as words from "../../core/ops/words.ts";
import * as parts from "../../core/training/parts.ts";
import * as tree from "../../core/network/tree.ts";
import type { Builder } from "../../core/graph/builder.ts";
import type { Value } from "../../core/graph/graph.ts";
import type { LayerOptions } from "../../core/network/factory.ts";
import type { Layer, LayerDef } from "../../core/network/layer.ts";
import type { LayerNode, WeightEntry } from "../../core/network/tree.ts";
import type { Part, PartDef } from "../../core/training/contract.ts";

const definition: args.Kind = args.having("a definition", "name", "config");
const builder: args.Kind = args.having("a builder", "op", "one");
const layerNodes: args.Kind = ["a list of layers' nodes", (value) => Array.isArray(value)];

/** Makes a layer from a definition and options, as factories and file readers do. @throws {ConfigError} with the path of the wrong option, as in `dense.units`. / */
export function createLayer<C, P extends string>(
  def: LayerDef<C, P>,
  options: Readonly<Record<string, unknown>> & LayerOptions = {},
): Layer {
  args.check("createLayer", "def", def, definition);
  return factory.createLayer(def, options);
}
/** The i-th input of a layer. @throws {ShapeError} */
export function inputAt(inputs: readonly Value[], i: number): Value {
  args.check("inputAt", "inputs", inputs, args.list);
  return words.inputAt(inputs, i);
}
/** Normal numbers in the shape of `x`, by Box and Muller's transformation: drawn anew at every run, the same ones for a model's seed. `seed` moves a layer's draws apart from others'. / */
export function normalLike(b: Builder, x: Value, mean: number, scale: number, seed: number | null): Value {
  args.check("normalLike", "b", b, builder);
  args.check("normalLike", "x", x, args.object);
  return words.normalLike(b, x, mean, scale, seed);
}
/** A part from its definition and options. @throws {ConfigError} with the path of the wrong option, as in `adam.beta1`. / */
export function part<D extends PartDef>(def: D, options: object = {}, fromFile = false): Part<D> {
  args.check("part", "def", def, definition);
  return parts.part(def, options, fromFile);
}
/** All weights below layers, each once, states left out. */
export function weightsBelow(nodes: readonly LayerNode[]): readonly WeightEntry[] {
  args.check("weightsBelow", "nodes", nodes, layerNodes);
  return tree.weightsBelow(nodes);
}
