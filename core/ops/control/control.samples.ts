/** Samples of control flow, cut out of small graphs. @module */
import { GraphBuilder } from "../../graph/builder.ts";
import type { Value } from "../../graph/graph.ts";
import { createRegistry } from "../../registry.ts";
import { tensorType } from "../../values/shape.ts";
import { scalar, type Tensor, tensor } from "../../values/tensor.ts";
import { type OpSample, uniform } from "../sample.ts";
import { networkOps } from "../mod.ts";

const registry = createRegistry([{ owner: "core", plugins: networkOps }]);

/** The one control node that `build` adds, with the tensors that feed it. */
function cutOut(
  note: string,
  inputs: readonly Tensor[],
  build: (b: GraphBuilder, values: readonly Value[]) => void,
): OpSample {
  const b = new GraphBuilder(registry),
    values = inputs.map((t, i) => b.input(`x${i}`, tensorType(t.dtype, t.shape)));
  build(b, values);
  const graph = b.build(), node = graph.nodes.at(-1);
  if (!node) throw new RangeError("no node was built");
  const fed = node.inputs.map((id) => inputs[values.findIndex((v) => v.id === id)]);
  return {
    op: node.op,
    attributes: node.attributes,
    graphs: node.graphs,
    inputs: fed,
    outputs: node.outputs.length,
    note,
  };
}

const h = uniform([2, 3]), sequence = uniform([2, 4, 3], -1, 1, 2), kernel = uniform([3, 3], -1, 1, 3);
const bias = uniform([3], -1, 1, 4);

/** h' = tanh(x + h·W + b), with h' as the output of each step. */
function recurrence(options: { reverse?: boolean; masked?: boolean }): OpSample {
  const mask = tensor([[true, true, false, true], [false, true, true, false]]);
  const inputs = options.masked ? [h, sequence, kernel, bias, mask] : [h, sequence, kernel, bias];
  const note = `recurrence${options.reverse ? " backwards" : ""}${options.masked ? " with a mask" : ""}`;
  return cutOut(note, inputs, (b, [state, x, w, c, m]) => {
    if (!state || !x || !w || !c) return;
    b.scan(
      [state],
      [x],
      { axis: 1, reverse: options.reverse ?? false, ...(m && { mask: m }) },
      (s, xs, step) => {
        const moved = step.matMul(s[0], w);
        const next = step.tanh(step.add(step.add(xs[0], moved), c));
        return { state: [next], outputs: [next, step.mul(next, next)] };
      },
    );
  });
}
const productScan = cutOut(
  "product without captures",
  [uniform([3]), uniform([4, 3], 0.5, 1.5)],
  (b, [state, x]) => {
    if (!state || !x) return;
    b.scan([state], [x], {}, (s, xs, step) => ({
      state: [step.mul(s[0], xs[0])],
      outputs: [step.add(s[0], xs[0])],
    }));
  },
);
const noState = cutOut("no state", [uniform([4, 3]), uniform([3])], (b, [x, c]) => {
  if (!x || !c) return;
  b.scan([], [x], {}, (_, xs, step) => ({ state: [], outputs: [step.mul(xs[0], c)] }));
});
const choose = (condition: boolean): OpSample =>
  cutOut(`${condition}`, [scalar(condition), uniform([3]), uniform([3], -1, 1, 5)], (b, [test, x, y]) => {
    if (!test || !x || !y) return;
    const then = b.nested("then", [], (inner) => [inner.mul(x, x)]);
    const other = b.nested("else", [], (inner) => [inner.sin(inner.add(x, y))]);
    const { graphs: [first, second], captures } = b.alignCaptures([then, other]);
    if (!first || !second) return;
    b.if([test, ...captures], { captures: captures.length }, {
      graphs: { then_branch: first, else_branch: second },
    });
  });

/** Samples of control flow. */
export const samples: readonly OpSample[] = [
  recurrence({}),
  recurrence({ reverse: true }),
  recurrence({ masked: true }),
  recurrence({ masked: true, reverse: true }),
  productScan,
  noState,
  choose(true),
  choose(false),
];
