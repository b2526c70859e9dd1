/** Ids that people give a model: whole numbers from 0, as tables that look them up have rows for. @module */
import type { Graph } from "../graph/graph.ts";
import { InputError, shown } from "../values/errors.ts";
import { isTensor, type RuntimeValue, toNumbers } from "../values/tensor.ts";

const known = new WeakMap<Graph, ReadonlyMap<string, number>>();
/** The rows of the table that an input's numbers are looked up in as they come, by input. */
function tablesOf(graph: Graph): ReadonlyMap<string, number> {
  const held = known.get(graph);
  if (held) return held;
  const inputs = new Map(graph.inputs.map((input) => [input.id, input]));
  const makers = new Map(graph.nodes.flatMap((node) => node.outputs.map((id) => [id, node])));
  const found = new Map<string, number>();
  for (const { op, inputs: [table = -1, ids = -1] } of graph.nodes) {
    const type = graph.types[table], rows = type?.kind === "tensor" ? type.shape?.[0] : undefined;
    if (op !== "Gather" || inputs.get(table)?.role !== "parameter" || typeof rows !== "number") continue;
    let at = ids;
    for (let node = makers.get(at); node; node = makers.get(at)) {
      if (node.op !== "Cast" && node.op !== "Where") break;
      at = node.inputs.at(-1) ?? -1;
    }
    const input = inputs.get(at);
    if (input?.role === "data") found.set(input.name, rows);
  }
  known.set(graph, found);
  return found;
}

/** What a model is fed, as it came. @throws {InputError} with the place of a number that is no id. */
export function checkIds<F extends Readonly<Record<string, RuntimeValue>>>(
  graph: Graph | undefined,
  fed: F,
): F {
  for (const [name, rows] of graph ? tablesOf(graph) : []) {
    const t = fed[name];
    if (!isTensor(t)) continue;
    const ids = toNumbers(t), wrong = ids.findIndex((v: number) => !(v >= 0 && v < rows && v % 1 === 0));
    if (wrong < 0) continue;
    const width = ids.length / (t.shape[0] ?? 1);
    throw new InputError(
      `input ${shown(name)}: row ${Math.floor(wrong / width) + 1}, number ${wrong % width + 1}: ${
        ids[wrong]
      } is no id: expected a whole number from 0 to ${rows - 1}`,
      { place: name },
    );
  }
  return fed;
}
