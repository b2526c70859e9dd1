/** Layers out of a graph of operators: an ONNX model as a functional model of Keras. @module */
import * as args from "../files/arguments.ts";
import { assemble } from "../../core/network/assemble.ts";
import { LapisError, shown, UnsupportedError } from "../../core/values/errors.ts";
import { runNode } from "../../core/ops/execute.ts";
import { functional, input } from "../../core/network/functional.ts";
import { type Attributes, type Graph, type Node, opName, typeOf } from "../../core/graph/graph.ts";
import { eachWeight, type LayerNode } from "../../core/network/tree.ts";
import { defaultLimits } from "../../core/values/limits.ts";
import { Model } from "../../core/model/model.ts";
import type { Network, SymbolicTensor } from "../../core/network/network.ts";
import type { OpDef } from "../../core/graph/op.ts";
import type { Registry } from "../../core/registry.ts";
import { foldConstants, rewrite } from "../../core/graph/rewrite.ts";
import { checkOptions } from "../../core/values/schema.ts";
import { tensorType, type Type } from "../../core/values/shape.ts";
import type { Tensor } from "../../core/values/tensor.ts";
import { along } from "./fromgraph/along.ts";
import { axes } from "./fromgraph/axes.ts";
import { Draft } from "./fromgraph/draft.ts";
import { type Converters, elementwise } from "./fromgraph/elementwise.ts";
import { products } from "./fromgraph/products.ts";
import { recurrents } from "./fromgraph/recurrent.ts";
import { natural } from "./fromgraph/views.ts";
import { resizing } from "./fromgraph/resizing.ts";
import { windows } from "./fromgraph/windows.ts";

const converters: Converters = {
  ...elementwise,
  ...along,
  ...axes,
  ...resizing,
  ...windows,
  ...products,
  ...recurrents,
};
const converterOf = (node: Pick<Node, "op" | "domain">) =>
  Object.hasOwn(converters, opName(node)) ? converters[opName(node)] : undefined;

/** The graph with all weights as constants, what follows from them computed, and composites without a layer taken apart. */
function prepared(graph: Graph, registry: Registry): Graph {
  const fixed = rewrite(graph, registry, {
    name: "fix weights",
    input: (i) => (i.role === "parameter" || i.role === "statistic" ? { role: "constant" } : {}),
  });
  const limits = defaultLimits;
  const fold = (g: Graph) =>
    foldConstants(
      g,
      registry,
      (node, inputs) =>
        runNode(node, inputs, node.outputs.map(() => tensorType("float32")), { registry, limits }),
      limits.tensorBytes,
    );
  const apart = rewrite(fold(fixed), registry, {
    name: "take composites apart",
    expand: (def, types, attributes) =>
      def.body !== undefined && !isLayer(def, types, attributes as Attributes),
  });
  return fold(apart);
}
/** True for operators that have a layer, as they are used. */
function isLayer(def: OpDef, [x]: readonly (Type | undefined)[], attributes: Attributes): boolean {
  const rank = x?.kind === "tensor" ? x.shape?.length : undefined, axis = attributes["axis"];
  // Keras' normalizations leave samples apart; its blocks are in TensorFlow's order.
  if (/^(Layer|RMS)Normalization$/.test(def.name) && (axis === 0 || axis === -(rank ?? 0))) return false;
  return attributes["mode"] !== "CRD" &&
    converterOf({ op: def.name, domain: def.domain ?? "" }) !== undefined;
}

/** Why a node has no layer, by node; nodes that only read what isn't there are left out. */
type Failures = Map<Node, string>;
/** Adds every node's layers. */
function convertAll(d: Draft): Failures {
  const failures: Failures = new Map();
  for (const node of d.graph.nodes) {
    if (d.isTaken(node)) continue;
    const data = node.inputs.filter((id) => id >= 0 && d.constant(id) === undefined);
    const convert = converterOf(node);
    try {
      if (!convert) throw new UnsupportedError("no layer does that");
      d.at(node, () => convert(d, node));
    } catch (error) {
      if (!(error instanceof LapisError)) throw error;
      const ready = data.every((id) => d.has(id) || d.isShape(node, id));
      if (ready || !convert) failures.set(node, error.message);
    }
  }
  return failures;
}
/** The failures that keep outputs from being computed, once each. */
function blocking(d: Draft, failures: Failures): readonly string[] {
  const producers = new Map(d.graph.nodes.flatMap((n) => n.outputs.map((id) => [id, n] as const)));
  const found = new Set<string>(), seen = new Set<number>();
  const open = d.graph.outputs.map((o) => o.id);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const node = producers.get(id);
    if (!node || seen.has(id) || d.has(id)) continue;
    seen.add(id);
    const why = failures.get(node);
    if (why !== undefined) {
      found.add(`${opName(node)}${node.scope === "" ? "" : ` ${shown(node.scope, 60)}`}: ${why}`);
    }
    open.push(...node.inputs.filter((i) => i >= 0 && !d.isShape(node, i)));
  }
  return [...found].reverse();
}

/** Inputs of the network, under the graph's names. */
function begin(d: Draft, graph: Graph): readonly SymbolicTensor[] {
  return graph.inputs.filter((i) => i.role === "data").map((i) => {
    const type = typeOf(graph, i.id), [batch, ...rest] = type.kind === "tensor" ? type.shape ?? [] : [];
    if (type.kind !== "tensor" || !type.shape) {
      throw new UnsupportedError(`input ${shown(i.name)}: a layer's input is a tensor of known rank`);
    }
    if (batch === undefined) {
      throw new UnsupportedError(`input ${shown(i.name)}: is a scalar; Keras' inputs have a batch axis`);
    }
    const sizes = rest.map((n) => (typeof n === "number" || typeof n === "string" ? n : null));
    const t: SymbolicTensor = {
      ...input({ shape: sizes, dtype: type.dtype, name: d.name(i.name), registry: d.registry }),
      type: tensorType(type.dtype, type.shape),
    };
    d.set(i.id, natural(type.shape.length), t);
    return t;
  });
}
/** @throws {UnsupportedError} naming what a whole graph has that layers don't. */
function check(graph: Graph): void {
  const states = graph.inputs.filter((i) => i.role === "state").map((i) => i.name);
  if (states.length > 0) {
    throw new UnsupportedError(`states that are kept between runs (${states.join(", ")})`);
  }
  for (const [id, type] of graph.types.entries()) {
    if (
      type.kind === "tensor" && /^(float64|float16|bfloat16|float8)/.test(type.dtype) &&
      graph.inputs.some((i) => i.id === id)
    ) {
      const name = graph.inputs.find((i) => i.id === id)?.name;
      throw new UnsupportedError(`it computes in ${type.dtype} (${shown(name)}), Keras' layers in float32`);
    }
  }
}

/** Values of a network's weights by path. */
function valuesOf(network: Network, registry: Registry, d: Draft): ReadonlyMap<string, Tensor> {
  const { tree } = assemble(network, registry), values = new Map<string, Tensor>();
  const place = (node: LayerNode, given: Readonly<Record<string, Tensor>> | undefined) => {
    for (const entry of node.weights) {
      const value = given?.[entry.param];
      if (value) values.set(entry.path, value);
    }
  };
  for (const [, node] of eachWeight(tree)) place(node, d.weights.get(node.layer)?.own);
  for (const node of tree) {
    d.weights.get(node.layer)?.inner?.forEach((given, i) => {
      const child = node.children[i];
      if (child) place(child, given);
    });
  }
  return values;
}

/**
 * A graph as a functional model of Keras' layers, which computes the same: channels last, weights in Keras' layout, layers
 * named after nodes.
 * @throws {UnsupportedError} that lists every node without a layer.
 */
export function layersFromGraph(
  graph: Graph,
  registry: Registry,
  options: { readonly name?: string } = {},
): Model {
  args.check("layersFromGraph", "graph", graph, args.graphKind);
  checkOptions("layersFromGraph", options, { name: 0 });
  check(graph);
  const ready = prepared(graph, registry), d = new Draft(ready, registry), inputs = begin(d, ready);
  const failures = convertAll(d), missing = blocking(d, failures);
  if (missing.length > 0) {
    throw new UnsupportedError(
      `Keras has no layers for ${missing.length} of its nodes: ${missing.join("; ")}`,
    );
  }
  const outputs = ready.outputs.filter((o) => o.updates === undefined).map((o) => d.output(o.id, o.name));
  const name = d.name(options.name ?? graph.name);
  const network = functional({ inputs, outputs, name });
  return Model.fromNetwork(network, registry, { weights: valuesOf(network, registry, d) });
}
