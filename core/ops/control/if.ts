/** If: one of two nested graphs. @module */
import { InputError, ShapeError } from "../../values/errors.ts";
import type { Graph, Value } from "../../graph/graph.ts";
import type { OpDef } from "../../graph/op.ts";
import { GraphBuilder } from "../../graph/builder.ts";
import { gradientNodes, isDifferentiable, replay } from "../../graph/gradient.ts";
import { typeOf } from "../../graph/graph.ts";
import { defineOp, tensorAt } from "../define.ts";
import { capturesField, expectInputs, fedInputs, graphOf, outputTypes, unionType } from "./nested.ts";
import { zerosLike } from "../indexing/positions.ts";

/** The branch that gives the gradients of the captures from those of the outputs. */
function gradientBranch(
  b: GraphBuilder,
  branch: Graph,
  dy: readonly (Value | undefined)[],
  wanted: readonly boolean[],
): Graph {
  const child = new GraphBuilder(b.registry, { name: `${branch.name}_gradient` });
  const fed = fedInputs(branch), values = new Map<number, Value>();
  for (const input of fed) values.set(input.id, child.input(input.name, typeOf(branch, input.id)));
  const seeds = new Map<number, Value>();
  branch.outputs.forEach((o, i) => {
    const outer = dy[i];
    if (!outer) return;
    const gradient = child.input(`dy_${i}`, typeOf(branch, o.id)), before = seeds.get(o.id);
    seeds.set(o.id, before ? child.add(before, gradient) : gradient);
  });
  replay(child, branch, values);
  const asked = fed.filter((_, i) => wanted[i]).map((i) => i.id);
  const found = gradientNodes(child, branch, values, seeds, asked);
  asked.forEach((id, i) => {
    const x = values.get(id);
    if (x) child.output(`dx_${i}`, found.get(id) ?? zerosLike(child, x));
  });
  return child.build();
}

/** If: outputs of `then_branch` where the condition holds, else of `else_branch`. */
export const ifOp: OpDef = defineOp<{ readonly captures: number }>({
  name: "If",
  since: 25,
  summary: "The outputs of one nested graph or the other",
  attributes: { captures: capturesField },
  arity: [1, Infinity],
  maxOutputs: Infinity,
  accuracy: "exact",
  infer(c) {
    const branches = ["then_branch", "else_branch"].map((name) => graphOf(c.graphs, name));
    for (const branch of branches) expectInputs(branch, c.inputs.length - 1);
    const [a = [], b = []] = branches.map(outputTypes);
    if (a.length !== b.length) throw new ShapeError(`branches give ${a.length} and ${b.length} outputs`);
    return a.map((type, i) => unionType(type, b[i] ?? type));
  },
  vjp(b, { inputs, graphs }, dy, wanted) {
    const [condition] = inputs;
    if (!condition) return [];
    const flows = wanted.slice(1).map((w, i) => {
      const x = inputs[i + 1];
      return w && x !== undefined && isDifferentiable(x.type);
    });
    const given = dy.filter((v) => v !== undefined),
      captured = inputs.slice(1).filter((v) => v !== undefined);
    const branch = (name: string) => gradientBranch(b, graphOf(graphs, name), dy, flows);
    const gradients = b.if([condition, ...captured, ...given], {
      captures: captured.length + given.length,
    }, {
      graphs: { then_branch: branch("then_branch"), else_branch: branch("else_branch") },
    });
    let next = 0;
    return [undefined, ...flows.map((w) => (w ? gradients[next++] : undefined))];
  },
  plain(inputs, { runGraph }) {
    const condition = tensorAt(inputs, 0);
    if (condition.data.length !== 1) {
      throw new InputError(`the condition must be one bool, got [${condition.shape}]`);
    }
    return runGraph(condition.data[0] ? "then_branch" : "else_branch", inputs.slice(1));
  },
});
