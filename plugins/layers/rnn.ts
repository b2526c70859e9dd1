/** RNN: a recurrent layer of any cell. @module */
import type { Value } from "../../core/graph.ts";
import type { ChildLayer, Layer, LayerContext, LayerDef, ParamSpec } from "../../core/layer.ts";
import {
  asFloat,
  boolMask,
  cast,
  dtypeOf,
  inputAt,
  layerField,
  maskOf,
  reverseTime,
  scalarLike,
  shapeOfRank,
  shapeVector,
} from "../../core/layerkit.ts";
import { recurrentCall, recurrentFields, type StepsConfig } from "../../core/layerrecurrent.ts";
import { zeros } from "../../core/tensor.ts";
import { statesOf } from "./cells.ts";

/** Options of {@link rnnDef}, resolved. */
export interface RnnConfig extends StepsConfig {
  /** What runs at every step. */
  readonly cell: Layer;
}
type StateParam = `state${number}`;

/** Steps of a cell over time, and what a mask does to them. */
function run(
  context: LayerContext<RnnConfig, StateParam>,
  x: Value,
  start: readonly Value[],
  mask: Value | undefined,
) {
  const { b, config, layer } = context, { cell, goBackwards: reverse } = config;
  const rows = mask && b.one("Unsqueeze", [mask, b.ints([2])]);
  const body = (state: readonly Value[], now: Value): readonly Value[] => layer(cell, [now, ...state]);
  if (!rows) {
    const { outputs, state } = b.scan(start, [x], { axis: 1, reverse }, (state, [now]) => {
      const [y, ...next] = body(state, inputAt([now].filter((v) => v !== undefined), 0));
      return { state: next, outputs: y ? [y] : [] };
    });
    return { outputs: inputAt(outputs, 0), states: state };
  }
  // What was put out last is a state of its own: a masked step repeats it.
  const width = shapeOfRank(inputAt(start, 0).type, 2, "[batch, units]")[1];
  const before = b.one("ConstantOfShape", [
    shapeVector(b, x, [{ axis: 0 }, typeof width === "number" ? outputOf(config) : 1]),
  ], {
    value: zeros([1], dtypeOf(x)),
  });
  const done = b.scan([...start, before], [x, rows], { axis: 1, reverse }, (state, [now, counts], inner) => {
    const held = state.slice(0, start.length), last = inputAt(state, start.length);
    const [y, ...next] = body(held, inputAt([now].filter((v) => v !== undefined), 0));
    const kept = next.map((v, i) => inner.one("Where", [counts, v, held[i]]));
    const output = inner.one("Where", [counts, y, last]);
    return { state: [...kept, output], outputs: [output] };
  });
  return { outputs: inputAt(done.outputs, 0), states: done.state.slice(0, start.length), rows };
}
/** Size of a cell's output: of the last state group's first, which for stacked cells is the topmost cell's. */
function outputOf({ cell }: RnnConfig): number {
  const inner = (cell.config as { readonly cells?: readonly Layer[] }).cells;
  return inner ? outputOf({ cell: inner.at(-1) ?? cell } as RnnConfig) : statesOf(cell, "cell")[0] ?? 1;
}

const { returnSequences, returnState, goBackwards, stateful, unroll, zeroOutputForMask } = recurrentFields();
/** A cell over time: `[batch, time, features] → [batch, units]`, or `[batch, time, units]` with returnSequences. */
export const rnnDef: LayerDef<RnnConfig, StateParam> = {
  kind: "layer",
  name: "RNN",
  summary: "a recurrent layer of any cell",
  mask: "make",
  config: {
    cell: layerField({ doc: "the cell, a layer that runs at every step" }),
    returnSequences,
    returnState,
    goBackwards,
    stateful,
    unroll,
    zeroOutputForMask,
  },
  params(config, [x]) {
    const [batch] = shapeOfRank(x, 3, "[batch, time, features]");
    if (!config.stateful) return {};
    const states = statesOf(config.cell, "cell").map((size, i): readonly [StateParam, ParamSpec] => [
      `state${i}`,
      {
        shape: [batch ?? 1, size],
        init: "zeros",
        role: "state",
        path: i === 0 ? "rnn_state" : `rnn_state_${i}`,
      },
    ]);
    return Object.fromEntries(states) as Partial<Record<StateParam, ParamSpec>>;
  },
  children: (config): readonly ChildLayer[] => [{ layer: config.cell, attribute: "cell" }],
  build(context) {
    const { b, config, inputs, params, call } = context, x = asFloat(b, inputAt(inputs, 0));
    const sizes = statesOf(config.cell, "cell"), given = call.initialState ?? inputs.slice(1);
    const start = sizes.map((size, i) =>
      given[i] ?? (config.stateful ? params[`state${i}`] : undefined) ??
        b.one("ConstantOfShape", [shapeVector(b, x, [{ axis: 0 }, size])], { value: zeros([1], dtypeOf(x)) })
    );
    const mask = maskOf(inputs, call),
      { outputs, states, rows } = run(context, x, start, mask && boolMask(b, mask));
    if (config.stateful) states.forEach((v, i) => context.update(`state${i}`, v));
    const zero = scalarLike(b, 0, outputs);
    const shown = rows && config.zeroOutputForMask ? b.one("Where", [rows, outputs, zero]) : outputs;
    const end = b.one("Gather", [shown, b.scalar(config.goBackwards ? 0 : -1, "int64")], { axis: 1 });
    const y = config.returnSequences
      ? b.masked(config.goBackwards ? reverseTime(b, shown) : shown, mask && cast(b, mask, "bool"))
      : end;
    return config.returnState ? [y, ...states] : [y];
  },
  check(config, path) {
    statesOf(config.cell, `${path}.cell`);
  },
  keras: { call: recurrentCall, ignore: ["input_length", "input_dim", "time_major", "constants"] },
};
