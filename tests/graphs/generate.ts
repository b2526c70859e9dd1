/** Random graphs from a seed. @module */
import { isTensor, type RuntimeValue, type Tensor } from "../../core/values/tensor.ts";
import type { ModelProto } from "../../io/onnx/messages.ts";
import { Dice } from "./dice.ts";
import { type Binding, Draft, restart } from "./draft.ts";
import { modelOf, pruned } from "./models.ts";
import { elementwise } from "./ops/elementwise.ts";
import { gathers } from "./ops/gather.ts";
import { layouts } from "./ops/layout.ts";
import { grow, makers, until } from "./ops/mod.ts";

/** A model with inputs for each binding of its open dims. */
export interface Drawn {
  readonly model: ModelProto;
  readonly feeds: readonly Readonly<Record<string, RuntimeValue>>[];
  /** What plain said to the node at its end, where that could not be run while drafting. */
  readonly refused?: string;
}
/** How graphs are drawn. */
export interface DrawOptions {
  /** Operators to draw from; all of ONNX's unless said. */
  readonly ops?: readonly string[];
  /** Those of onnxruntime's own domain too. */
  readonly contrib?: boolean;
  /** The operator that every graph has. */
  readonly op?: string;
  /** An open dim is bound to 0. */
  readonly empty?: boolean;
  /** Most nodes that are asked for. */
  readonly nodes?: number;
  /** The opset; one of 18 to 23 unless said. Before 18 operators have the form that they had then. */
  readonly opset?: number;
}

const operatorsOf = (contrib: boolean) =>
  Object.keys(makers).filter((name) => contrib || !name.startsWith("com.microsoft."));

/** The graphs that a seed gives: the drafted one, and one for each node that could not be run. */
export function draw(
  seed: number,
  { contrib = false, ops = operatorsOf(contrib), op, empty = false, nodes = 9, opset: asked }: DrawOptions =
    {},
): Drawn[] {
  restart();
  const dice = new Dice(seed),
    latest = dice.pick(op === undefined ? [18, 20, 21, 22, 23] : [until[op] ?? 23]);
  const opset = asked ?? latest;
  const first: Binding = { n: dice.between(1, 4), m: dice.between(2, 6) };
  const second: Binding = { n: dice.between(5, 7), m: 1 };
  const bindings = empty ? [second, { ...first, [dice.pick(["n", "m"])]: 0 }] : [first, second];
  const draft = new Draft(dice, opset, bindings, op === undefined && dice.chance(0.08));
  // NaN and the like mean the same to all in elementwise operators and in those that move elements alone.
  const among = draft.corner
    ? ops.filter((name) => name in elementwise || name in layouts || name in gathers)
    : ops;
  const count = dice.between(1, nodes), before = op === undefined ? count : dice.below(count);
  grow(draft, before, among);
  if (op !== undefined) {
    grow(draft, 1, [op]);
    grow(draft, count - before, among);
  }
  const drawn: Drawn[] = [];
  const made = [...draft.values.values()].filter((v) => v.origin === "node" && v.samples.every(isTensor));
  const outputs = made.filter((v) => !draft.isUsed(v.name) || dice.chance(0.2)).map((v) => v.name);
  if (outputs.length > 0) drawn.push(cut(draft, draft.model(outputs), outputs));
  for (const { node, reason } of draft.refused.slice(0, 2)) {
    const outputs = (node.output ?? []).filter((name) => name !== "");
    const graph = {
      ...draft.graph,
      node: [...draft.graph.node, node],
      output: outputs.map((name) => ({ name })),
    };
    drawn.push({ ...cut(draft, modelOf(graph, opset), outputs), refused: reason });
  }
  return drawn;
}
function cut(draft: Draft, model: ModelProto, outputs: readonly string[]): Drawn {
  const graph = pruned(model.graph ?? {}, outputs);
  const feeds = draft.bindings.map((_, b) => {
    const given: Record<string, Tensor> = {};
    for (const { name = "" } of graph.input ?? []) {
      const sample = draft.get(name)?.samples[b];
      if (sample && isTensor(sample)) given[name] = sample;
    }
    return given;
  });
  return { model: { ...model, graph }, feeds };
}
