/** A model's graph as people want to see it in a file: whole layers, images turned once, weights under their names. @module */
import { UnsupportedError } from "../../../core/values/errors.ts";
import type { Graph } from "../../../core/graph/graph.ts";
import type { Model } from "../../../core/model/model.ts";
import type { Operators } from "../../../core/graph/op.ts";
import { joinDirections } from "./directions.ts";
import { speakPlainly } from "./idioms.ts";
import { settleLayouts } from "./layout.ts";
import { encodeLabels } from "./lookups.ts";
import { recurrentBuilder } from "./recurrent.ts";
import { nameSymbols } from "./symbols.ts";
import { constantsAsWeights, foldWeights, shareNodes, weightsAsConstants } from "./weights.ts";

/** What a graph is made for. */
export interface ExportGraphOptions {
  /** The opset that says which operators there are. */
  readonly opset: number;
  /** Masks leave out steps at the end alone. */
  readonly rightPadded?: boolean;
}

/** States come out as `lstm/rnn_state/next` after they went in as `lstm/rnn_state`. */
function readableUpdates(graph: Graph): Graph {
  const taken = new Set(graph.outputs.map((o) => o.name));
  const outputs = graph.outputs.map((o) => {
    const name = `${o.updates}/next`;
    return o.updates === undefined || taken.has(name) ? o : { ...o, name };
  });
  return { ...graph, outputs };
}

/** One step on the way to a file's graph. */
export interface ExportPass {
  /** What it does, in a few words. */
  readonly name: string;
  /** The graph after it. */
  run(graph: Graph): Graph;
}
/** The passes from a model's graph to a file's, in order. */
export function exportPasses(registry: Operators, opset: number): readonly ExportPass[] {
  return [
    { name: "name symbols", run: (g) => nameSymbols(g, registry) },
    { name: "weights as constants", run: (g) => weightsAsConstants(g, registry) },
    { name: "fold weights", run: (g) => foldWeights(g, registry) },
    { name: "encode labels", run: (g) => encodeLabels(g, registry) },
    { name: "share nodes", run: (g) => shareNodes(g, registry) },
    { name: "join directions", run: (g) => joinDirections(g, registry) },
    { name: "settle layouts", run: (g) => settleLayouts(g, registry) },
    { name: "fold turned weights", run: (g) => foldWeights(g, registry) },
    { name: "speak plainly", run: (g) => speakPlainly(g, registry, opset) },
    { name: "share plain nodes", run: (g) => shareNodes(g, registry) },
    { name: "constants as weights", run: constantsAsWeights },
    { name: "readable updates", run: readableUpdates },
  ];
}
/** The graph that the passes begin with: whole layers where ONNX has a node for them. */
export function unexportedGraph(
  model: Model,
  { rightPadded = false }: Partial<ExportGraphOptions> = {},
): Graph {
  return model.graph({ whole: { recurrent: recurrentBuilder(rightPadded) } });
}
/** The graph of a model in inference; a bare graph as it is. */
export function exportedGraph(model: Model, options: ExportGraphOptions): Graph {
  if (model.layers.length === 0) return model.graph();
  const begun = unexportedGraph(model, options);
  if (begun.inputs.some((i) => i.role === "random")) {
    throw new UnsupportedError(
      `model ${model.name}: draws random numbers when it predicts (a layer is called with training: true), for which ` +
        "ONNX files have no keys; load it with { draws: false } (lapis convert --no-draws), which computes without them",
    );
  }
  return exportPasses(model.registry, options.opset).reduce((graph, pass) => pass.run(graph), begun);
}
