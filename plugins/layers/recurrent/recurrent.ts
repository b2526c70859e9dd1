/** Recurrent layers: SimpleRNN, LSTM and GRU over `[batch, time, features]`. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import type { LayerDef } from "../../../core/network/layer.ts";
import { slicesOf } from "../../../core/ops/words.ts";
import { activationField } from "../shared/fields.ts";
import type { ActivationSpec } from "../../../core/network/specs.ts";
import {
  asNode,
  biasOf,
  commonSteps,
  finish,
  gatesToOne,
  initialStates,
  recurrentCall,
  type RecurrentConfig,
  recurrentFields,
  recurrentIgnored,
  type RecurrentParam,
  recurrentParams,
  saveRecurrent,
  stepOf,
  upgradeRecurrent,
} from "../shared/recurrent.ts";
import { lstmGates } from "../../../core/network/whole.ts";
import { gruSteps, lstmSteps, simpleRnnSteps } from "../../../core/ops/control/steps.ts";
import { bool } from "../../../core/values/schema.ts";

export type { RecurrentConfig, RecurrentParam };
/** Options of {@link gruDef}, resolved. */
export interface GruConfig extends RecurrentConfig {
  /** Function of the gates. */
  readonly recurrentActivation: ActivationSpec;
  /** The reset gate is applied after the recurrent product, not before it. */
  readonly resetAfter: boolean;
}
/** Options of {@link lstmDef}, resolved. */
export interface LstmConfig extends RecurrentConfig {
  /** Function of the gates. */
  readonly recurrentActivation: ActivationSpec;
  /** The forget gate's bias begins as 1. */
  readonly unitForgetBias: boolean;
}

const gateField = () => activationField({ default: "sigmoid" });

const simpleRnnDef: LayerDef<RecurrentConfig, RecurrentParam> = {
  kind: "layer",
  name: "SimpleRNN",
  mask: "make",
  config: recurrentFields(),
  params: (config, [x]) => recurrentParams(config, x, "simple_rnn_cell", 1, [config.units]),
  build(context) {
    const { b, config } = context;
    const whole = asNode(context, "RNN", [config.activation]);
    if (whole) return whole;
    const run = simpleRnnSteps(b, {
      ...commonSteps(context),
      bias: biasOf(context),
      initial: initialStates(context)[0],
      activation: stepOf(config.activation),
    });
    return finish(context, run.outputs, run.last, [run.h]);
  },
  keras: {
    call: recurrentCall,
    group: "cell",
    ignore: recurrentIgnored,
    upgrade: upgradeRecurrent,
    save: saveRecurrent,
  },
};
/** A fully connected recurrent layer (Elman 1990): h' = activation(x·kernel + h·recurrentKernel + bias). */
export const simpleRnn: Factory<RecurrentConfig, "units"> = factory(simpleRnnDef);

const lstmDef: LayerDef<LstmConfig, RecurrentParam> = {
  kind: "layer",
  name: "LSTM",
  mask: "make",
  config: {
    ...recurrentFields(),
    recurrentActivation: gateField(),
    unitForgetBias: bool({ default: true }),
  },
  params: (config, [x]) =>
    recurrentParams(
      config,
      x,
      "lstm_cell",
      4,
      [4 * config.units],
      config.unitForgetBias ? "unitForgetBias" : config.biasInitializer,
    ),
  build(context) {
    const { b, config } = context, { activation, recurrentActivation } = config;
    const order = { gates: lstmGates };
    const whole = asNode(context, "LSTM", [recurrentActivation, activation, activation], order);
    if (whole) return whole;
    const [h, c] = initialStates(context);
    const run = lstmSteps(b, {
      ...commonSteps(context),
      gates: "ifco",
      bias: biasOf(context),
      initial: h && c && [h, c],
      activation: stepOf(activation),
      recurrentActivation: stepOf(recurrentActivation),
    });
    return finish(context, run.outputs, run.last, [run.h, run.c]);
  },
  keras: {
    call: recurrentCall,
    group: "cell",
    ignore: recurrentIgnored,
    upgrade: upgradeRecurrent,
    save: saveRecurrent,
    // Keras 1 has the gates in the order i, c, f, o.
    weights: (arrays) => gatesToOne(arrays, [0, 2, 1, 3]),
  },
};
/** Long short-term memory (Hochreiter and Schmidhuber 1997), gates in Keras' order i, f, c, o. */
export const lstm: Factory<LstmConfig, "units"> = factory(lstmDef);

const gruDef: LayerDef<GruConfig, RecurrentParam> = {
  kind: "layer",
  name: "GRU",
  mask: "make",
  config: {
    ...recurrentFields(),
    recurrentActivation: gateField(),
    resetAfter: bool({ default: true }),
  },
  params: (config, [x]) =>
    recurrentParams(
      config,
      x,
      "gru_cell",
      3,
      config.resetAfter ? [2, 3 * config.units] : [3 * config.units],
    ),
  build(context) {
    const { b, config } = context;
    const whole = asNode(context, "GRU", [config.recurrentActivation, config.activation], {
      attributes: { linear_before_reset: config.resetAfter ? 1 : 0 },
    });
    if (whole) return whole;
    const biases = biasOf(context);
    const [bias, recurrentBias] = biases && config.resetAfter ? slicesOf(b, biases, 0, 2) : [biases];
    const run = gruSteps(b, {
      ...commonSteps(context),
      bias,
      recurrentBias,
      initial: initialStates(context)[0],
      resetAfter: config.resetAfter,
      activation: stepOf(config.activation),
      recurrentActivation: stepOf(config.recurrentActivation),
    });
    return finish(context, run.outputs, run.last, [run.h]);
  },
  keras: {
    call: recurrentCall,
    group: "cell",
    ignore: recurrentIgnored,
    upgrade(config, version) {
      const next = upgradeRecurrent(config);
      // Before reset_after existed the gate came before the product.
      return "reset_after" in next || !/^[12]\./.test(version) ? next : { ...next, reset_after: false };
    },
    save: saveRecurrent,
    weights: (arrays) => gatesToOne(arrays, [0, 1, 2]),
  },
};
/** A gated recurrent unit (Cho et al. 2014), gates in Keras' order z, r, h. */
export const gru: Factory<GruConfig, "units"> = factory(gruDef);
