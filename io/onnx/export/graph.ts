/** A model's graph as people want to see it in a file: whole layers, images turned once, weights under their names. @module */
import type { Graph } from "../../../core/graph.ts";
import type { Model } from "../../../core/model.ts";
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

/** The graph of a model in inference; a bare graph as it is. */
export function exportedGraph(model: Model, { opset, rightPadded = false }: ExportGraphOptions): Graph {
  const { registry } = model;
  if (model.layers.length === 0) return model.graph();
  const graph = model.graph({ whole: { recurrent: recurrentBuilder(rightPadded) } });
  const passes: readonly ((g: Graph) => Graph)[] = [
    (g) => nameSymbols(g, registry),
    (g) => weightsAsConstants(g, registry),
    (g) => foldWeights(g, registry),
    (g) => encodeLabels(g, registry),
    (g) => shareNodes(g, registry),
    (g) => joinDirections(g, registry),
    (g) => settleLayouts(g, registry),
    (g) => foldWeights(g, registry),
    (g) => speakPlainly(g, registry, opset),
    (g) => shareNodes(g, registry),
    constantsAsWeights,
    readableUpdates,
  ];
  return passes.reduce((g, pass) => pass(g), graph);
}
