/** Recurrent cells, each one step: SimpleRNNCell, LSTMCell, GRUCell, and several on top of one another. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import type { Builder } from "../../../core/graph/builder.ts";
import { ConfigError, ShapeError } from "../../../core/values/errors.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { ChildLayer, LayerContext, LayerDef, ParamSpec } from "../../../core/network/layer.ts";
import { activate, asFloat, inputAt, paramAt, sizeAt, slicesOf, weight } from "../../../core/ops/words.ts";
import { activationField } from "../shared/fields.ts";
import type { ActivationSpec } from "../../../core/network/specs.ts";
import { layerField } from "../../../core/network/layerfield.ts";
import { type RecurrentConfig, recurrentFields, recurrentIgnored } from "../shared/recurrent.ts";
import { lstmGates, nodeHas, type RecurrentNodeOptions } from "../../../core/network/whole.ts";
import { snakeCase } from "../../../core/network/names.ts";
import { bool, list, type Schema } from "../../../core/values/schema.ts";
import type { InitializerSpec } from "../../../core/network/layer.ts";
import type { Layer } from "../../../core/network/layer.ts";
import type { Type } from "../../../core/values/shape.ts";

/** Options of {@link simpleRnnCellDef}, resolved: those of the layer that concern a step. */
export type CellConfig = Omit<
  RecurrentConfig,
  | "returnSequences"
  | "returnState"
  | "goBackwards"
  | "stateful"
  | "unroll"
  | "zeroOutputForMask"
  | "activityRegularizer"
>;
/** Options of {@link lstmCellDef}, resolved. */
export interface LstmCellConfig extends CellConfig {
  /** Function of the gates. */
  readonly recurrentActivation: ActivationSpec;
  /** The forget gate's bias begins as 1. */
  readonly unitForgetBias: boolean;
}
/** Options of {@link gruCellDef}, resolved. */
export interface GruCellConfig extends CellConfig {
  /** Function of the gates. */
  readonly recurrentActivation: ActivationSpec;
  /** The reset gate is applied after the recurrent product. */
  readonly resetAfter: boolean;
}
type CellParam = "kernel" | "recurrentKernel" | "bias";

function cellFields(): Schema<CellConfig> {
  const {
    returnSequences: _s,
    returnState: _r,
    goBackwards: _b,
    stateful: _f,
    unroll: _u,
    zeroOutputForMask: _z,
    activityRegularizer: _a,
    ...rest
  } = recurrentFields();
  return rest;
}
const gateField = () => activationField({ default: "sigmoid" });

function cellParams(
  config: CellConfig,
  x: Type | undefined,
  gates: number,
  bias: readonly number[],
  biasInitializer: InitializerSpec = config.biasInitializer,
): Partial<Record<CellParam, ParamSpec>> {
  const { units } = config;
  return {
    kernel: weight([sizeAt(x, -1), gates * units], config.kernelInitializer),
    recurrentKernel: weight([units, gates * units], config.recurrentInitializer),
    ...(config.useBias && { bias: weight(bias, biasInitializer) }),
  };
}
type Context<C> = LayerContext<C, CellParam>;
const split = (b: Builder, x: Value, parts: number): readonly Value[] =>
  b.split(x, { axis: -1, num_outputs: parts });
const thirds = (b: Builder, x: Value): readonly [Value, Value, Value] => {
  const parts = split(b, x, 3);
  return [inputAt(parts, 0), inputAt(parts, 1), inputAt(parts, 2)];
};
/** x through the kernel, with the bias. */
function projected({ b, inputs, params }: Context<CellConfig>, bias: Value | undefined): Value {
  const x = b.matMul(asFloat(b, inputAt(inputs, 0)), paramAt(params, "kernel"));
  return bias ? b.add(x, bias) : x;
}
const biasOf = ({ config, params }: Context<CellConfig>) =>
  config.useBias ? paramAt(params, "bias") : undefined;

const keras = { call: ["inputs", "states", "training"], ignore: recurrentIgnored };

/** A cell as a node: its activations in ONNX' order, and what else differs. */
interface WholeCell extends Pick<RecurrentNodeOptions, "op" | "gates" | "attributes"> {
  readonly activations: readonly ActivationSpec[];
}
const wholeRnn = (config: CellConfig): WholeCell => ({ op: "RNN", activations: [config.activation] });
const wholeLstm = ({ activation, recurrentActivation }: LstmCellConfig): WholeCell => ({
  op: "LSTM",
  activations: [recurrentActivation, activation, activation],
  gates: lstmGates,
});
const wholeGru = ({ activation, recurrentActivation, resetAfter }: GruCellConfig): WholeCell => ({
  op: "GRU",
  activations: [recurrentActivation, activation],
  attributes: { linear_before_reset: resetAfter ? 1 : 0 },
});
/** True where a cell, or each of those on top of one another, is an ONNX node. */
export function isWhole({ def, config }: Layer): boolean {
  const known = wholeCells.get(def.name);
  if (known) return def === known.def as unknown && nodeHas(...known.whole(config as never).activations);
  return def === stackedRnnCellsDef as unknown && (config as StackedRnnCellsConfig).cells.every(isWhole);
}
/** The node of a cell that is asked for a whole sequence. */
function overSequence<C extends CellConfig>(
  { b, inputs, params, call, whole, config }: Context<C>,
  cell: WholeCell,
): readonly Value[] | undefined {
  if (!call.sequence || !whole) return undefined;
  const { outputs, states } = whole.recurrent(b, {
    x: asFloat(b, inputAt(inputs, 0)),
    kernel: paramAt(params, "kernel"),
    recurrentKernel: paramAt(params, "recurrentKernel"),
    bias: config.useBias ? paramAt(params, "bias") : undefined,
    initial: inputs.slice(1),
    ...call.sequence,
    ...cell,
  });
  return [outputs, ...states];
}

const simpleRnnCellDef: LayerDef<CellConfig, CellParam> = {
  kind: "layer",
  name: "SimpleRNNCell",
  mask: "consume",
  config: cellFields(),
  params: (config, [x]) => cellParams(config, x, 1, [config.units]),
  states: (config) => [config.units],
  build(context) {
    const whole = overSequence(context, wholeRnn(context.config));
    if (whole) return whole;
    const { b, config, inputs, params } = context;
    const product = b.matMul(inputAt(inputs, 1), paramAt(params, "recurrentKernel"));
    const h = activate(b, config.activation, b.add(projected(context, biasOf(context)), product));
    return [h, h];
  },
  keras,
};
/** One step of a fully connected recurrent layer, for `rnn`. */
export const simpleRnnCell: Factory<CellConfig, "units"> = factory(simpleRnnCellDef);

const lstmCellDef: LayerDef<LstmCellConfig, CellParam> = {
  kind: "layer",
  name: "LSTMCell",
  mask: "consume",
  config: {
    ...cellFields(),
    recurrentActivation: gateField(),
    unitForgetBias: bool({ default: true }),
  },
  params: (config, [x]) =>
    cellParams(
      config,
      x,
      4,
      [4 * config.units],
      config.unitForgetBias ? "unitForgetBias" : config.biasInitializer,
    ),
  states: (config) => [config.units, config.units],
  build(context) {
    const whole = overSequence(context, wholeLstm(context.config));
    if (whole) return whole;
    const { b, config, inputs, params } = context, cell = inputAt(inputs, 2);
    const product = b.matMul(inputAt(inputs, 1), paramAt(params, "recurrentKernel"));
    const gates = split(b, b.add(projected(context, biasOf(context)), product), 4);
    const at = (i: number, spec: ActivationSpec) => activate(b, spec, inputAt(gates, i));
    const [i, f, g, o] = [
      at(0, config.recurrentActivation),
      at(1, config.recurrentActivation),
      at(2, config.activation),
      at(3, config.recurrentActivation),
    ];
    const c = b.add(b.mul(f, cell), b.mul(i, g));
    const h = b.mul(o, activate(b, config.activation, c));
    return [h, h, c];
  },
  keras,
};
/** One step of an LSTM, for `rnn`. */
export const lstmCell: Factory<LstmCellConfig, "units"> = factory(lstmCellDef);

const gruCellDef: LayerDef<GruCellConfig, CellParam> = {
  kind: "layer",
  name: "GRUCell",
  mask: "consume",
  config: {
    ...cellFields(),
    recurrentActivation: gateField(),
    resetAfter: bool({ default: true }),
  },
  params: (config, [x]) =>
    cellParams(config, x, 3, config.resetAfter ? [2, 3 * config.units] : [3 * config.units]),
  states: (config) => [config.units],
  build(context) {
    const whole = overSequence(context, wholeGru(context.config));
    if (whole) return whole;
    const { b, config, inputs, params } = context, { units, resetAfter } = config;
    const h = inputAt(inputs, 1), recurrent = paramAt(params, "recurrentKernel"), biases = biasOf(context);
    const [bias, recurrentBias] = biases && resetAfter ? slicesOf(b, biases, 0, 2) : [biases];
    const [xz, xr, xh] = thirds(b, projected(context, bias));
    const gate = (x: Value, y: Value) => activate(b, config.recurrentActivation, b.add(x, y));
    let z: Value, candidate: Value;
    if (resetAfter) {
      const product = b.matMul(h, recurrent);
      const [hz, hr, hh] = thirds(b, recurrentBias ? b.add(product, recurrentBias) : product);
      z = gate(xz, hz);
      candidate = b.add(xh, b.mul(gate(xr, hr), hh));
    } else {
      const part = (from: number, to: number) =>
        b.slice(recurrent, b.ints([from * units]), b.ints([to * units]), b.ints([1]));
      const halves = split(b, b.matMul(h, part(0, 2)), 2), hr = inputAt(halves, 1);
      z = gate(xz, inputAt(halves, 0));
      candidate = b.add(xh, b.matMul(b.mul(gate(xr, hr), h), part(2, 3)));
    }
    const g = activate(b, config.activation, candidate);
    const next = b.add(g, b.mul(z, b.sub(h, g)));
    return [next, next];
  },
  keras,
};
/** One step of a GRU, for `rnn`. */
export const gruCell: Factory<GruCellConfig, "units"> = factory(gruCellDef);

/** Options of {@link stackedRnnCellsDef}, resolved. */
export interface StackedRnnCellsConfig {
  /** From the input up. */
  readonly cells: readonly Layer[];
}
/** The sizes of a cell's states. @throws {ConfigError} where a layer is no cell. */
export function statesOf(cell: Layer, path: string): readonly number[] {
  const states = cell.def.states?.(cell.config);
  if (states) return states;
  throw new ConfigError(`${path}: expected a recurrent cell, got ${cell.def.name}, which has no states`, {
    place: path,
  });
}
const stackedRnnCellsDef: LayerDef<StackedRnnCellsConfig, never> = {
  kind: "layer",
  name: "StackedRNNCells",
  mask: "consume",
  config: { cells: list({ of: layerField() }) },
  params: () => ({}),
  children({ cells }): readonly ChildLayer[] {
    const used = new Map<string, number>();
    return cells.map((layer) => {
      const name = snakeCase(layer.def.name), count = used.get(name) ?? 0;
      used.set(name, count + 1);
      return { layer, attribute: `cells/${count === 0 ? name : `${name}_${count}`}` };
    });
  },
  states: ({ cells }) => cells.flatMap((cell) => statesOf(cell, "cells")),
  build({ config, inputs, layer, call }) {
    let x = inputAt(inputs, 0), at = 1;
    const states: Value[] = [];
    for (const cell of config.cells) {
      const count = statesOf(cell, "cells").length;
      const [y, ...next] = layer(cell, [x, ...inputs.slice(at, at + count)], call);
      if (!y || next.length !== count) {
        throw new ShapeError(`cell ${cell.def.name}: expected an output and ${count} states`);
      }
      at += count;
      x = y;
      states.push(...next);
    }
    return [x, ...states];
  },
  check({ cells }, path) {
    cells.forEach((cell, i) => statesOf(cell, `${path}.cells[${i}]`));
  },
};
/** Cells on top of one another as one cell, for `rnn`. */
export const stackedRnnCells: Factory<StackedRnnCellsConfig, "cells"> = factory(stackedRnnCellsDef);

const wholeCells: ReadonlyMap<string, { readonly def: object; whole(config: never): WholeCell }> = new Map([
  ["SimpleRNNCell", { def: simpleRnnCellDef, whole: wholeRnn }],
  ["LSTMCell", { def: lstmCellDef, whole: wholeLstm }],
  ["GRUCell", { def: gruCellDef, whole: wholeGru }],
]);
