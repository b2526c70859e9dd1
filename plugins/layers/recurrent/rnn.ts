/** RNN: a recurrent layer of any cell. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { ChildLayer, Layer, LayerContext, LayerDef, ParamSpec } from "../../../core/network/layer.ts";
import {
  asFloat,
  cast,
  dtypeOf,
  inputAt,
  maskOf,
  reverseTime,
  scalarLike,
  shapeOfRank,
  shapeVector,
  stepMask,
} from "../../../core/ops/words.ts";
import { layerField } from "../../../core/network/layerfield.ts";
import { recurrentCall, recurrentFields, type StepsConfig } from "../shared/recurrent.ts";
import { zeros } from "../../../core/values/tensor.ts";
import { isWhole, statesOf } from "./cells.ts";
import { onlyValue } from "../shared/spelled.ts";

/** Options of {@link rnnDef}, resolved. */
export interface RnnConfig extends StepsConfig {
  /** What runs at every step. */
  readonly cell: Layer;
}
type StateParam = `state${number}`;

/** What came of a cell's steps. */
interface Ran {
  readonly outputs: Value;
  readonly states: readonly Value[];
  /** The mask against the outputs, where it is still to be laid over them. */
  readonly rows?: Value;
  /** The output that was put out last, where it is known beside the others. */
  readonly last?: Value;
}
/** Steps of a cell over time, and what a mask does to them. */
function run(
  context: LayerContext<RnnConfig, StateParam>,
  x: Value,
  start: readonly Value[],
  mask: Value | undefined,
): Ran {
  const { b, config, layer } = context, { cell, goBackwards: reverse } = config;
  const rows = mask && b.unsqueeze(mask, b.ints([2]));
  const body = (state: readonly Value[], now: Value): readonly Value[] => layer(cell, [now, ...state]);
  if (!rows) {
    const { outputs, state } = b.scan(start, [x], { axis: 1, reverse }, (state, [now]) => {
      const [y, ...next] = body(state, now);
      return { state: next, outputs: y ? [y] : [] };
    });
    return { outputs: inputAt(outputs, 0), states: state };
  }
  // What was put out last is a state of its own: a masked step repeats it.
  const width = shapeOfRank(inputAt(start, 0).type, 2, "[batch, units]")[1];
  const before = b.constantOfShape(
    shapeVector(b, x, [{ axis: 0 }, typeof width === "number" ? outputOf(config) : 1]),
    {
      value: zeros([1], dtypeOf(x)),
    },
  );
  const done = b.scan([...start, before], [x, rows], { axis: 1, reverse }, (state, [now, counts], inner) => {
    const held = state.slice(0, start.length), last = inputAt(state, start.length);
    const made = body(held, now), next = made.slice(1);
    const kept = next.map((v, i) => inner.where(counts, v, inputAt(held, i)));
    const output = inner.where(counts, inputAt(made, 0), last);
    return { state: [...kept, output], outputs: [output] };
  });
  return { outputs: inputAt(done.outputs, 0), states: done.state.slice(0, start.length), rows };
}
/** The states to begin with, zeros where none is given. */
function startOf(
  b: Builder,
  x: Value,
  first: readonly (Value | undefined)[],
  sizes: readonly number[],
): readonly Value[] {
  return first.map((v, i) =>
    v ??
      b.constantOfShape(shapeVector(b, x, [{ axis: 0 }, sizes[i] ?? 1]), {
        value: zeros([1], dtypeOf(x)),
      })
  );
}
/** The cells as nodes, for engines that have nodes for them. */
function wholly(
  { config, layer, whole, training }: LayerContext<RnnConfig, StateParam>,
  x: Value,
  first: readonly (Value | undefined)[],
  mask: Value | undefined,
): Ran | undefined {
  const given = first.filter((v) => v !== undefined);
  if (!whole || training || !isWhole(config.cell) || (given.length > 0 && given.length < first.length)) {
    return undefined;
  }
  const { goBackwards: reverse, zeroOutputForMask } = config;
  const [outputs, ...states] = layer(config.cell, [x, ...given], {
    sequence: { mask, reverse, zeroOutputForMask },
  });
  // The topmost cell's h is what it put out last.
  const last = mask ? undefined : states.at(-topOf(config.cell).length);
  return outputs && { outputs, states, ...(last && { last }) };
}
/** Sizes of the states of the topmost cell, the first of which is its output's. */
function topOf(cell: Layer): readonly number[] {
  const { cells, cell: wrapped } = cell.config as {
    readonly cells?: readonly Layer[];
    readonly cell?: Layer;
  };
  const inner = cells?.at(-1) ?? wrapped;
  return inner ? topOf(inner) : statesOf(cell, "cell");
}
/** Size of a cell's output. */
const outputOf = ({ cell }: RnnConfig): number => topOf(cell)[0] ?? 1;

const { returnSequences, returnState, goBackwards, stateful, unroll, zeroOutputForMask } = recurrentFields();
const rnnDef: LayerDef<RnnConfig, StateParam> = {
  kind: "layer",
  name: "RNN",
  mask: "make",
  config: {
    cell: layerField(),
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
    const { b, config, inputs, masks, params, call } = context, x = asFloat(b, inputAt(inputs, 0));
    const sizes = statesOf(config.cell, "cell"), given = call.initialState ?? inputs.slice(1);
    const first = sizes.map((_, i) => given[i] ?? (config.stateful ? params[`state${i}`] : undefined));
    const mask = maskOf(inputs, call), steps = mask && stepMask(b, mask);
    const { outputs, states, rows, last } = wholly(context, x, first, steps) ??
      run(context, x, startOf(b, x, first, sizes), steps);
    if (config.stateful) states.forEach((v, i) => context.update(`state${i}`, v));
    const zero = scalarLike(b, 0, outputs);
    const shown = rows && config.zeroOutputForMask ? b.where(rows, outputs, zero) : outputs;
    const end = last ?? b.gather(shown, b.scalar(config.goBackwards ? 0 : -1, "int64"), { axis: 1 });
    const y = config.returnSequences
      ? b.masked(config.goBackwards ? reverseTime(b, shown) : shown, masks[0] && cast(b, masks[0], "bool"))
      : end;
    return config.returnState ? [y, ...states] : [y];
  },
  check(config, path) {
    statesOf(config.cell, `${path}.cell`);
  },
  keras: {
    call: recurrentCall,
    ignore: ["input_length", "input_dim", "time_major", "constants"],
    upgrade(config) {
      onlyValue(config, "time_major", false);
      return config;
    },
  },
};
/** A cell over time, `[batch, time, features] → [batch, units]`, or every step with returnSequences. */
export const rnn: Factory<RnnConfig, "cell"> = factory(rnnDef);
