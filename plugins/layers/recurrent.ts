/** Recurrent layers: SimpleRNN, LSTM and GRU over `[batch, time, features]`. @module */
import type { Builder } from "../../core/builder.ts";
import type { Value } from "../../core/graph.ts";
import type { InitializerSpec, LayerContext, LayerDef, ParamSpec } from "../../core/layer.ts";
import {
  activate,
  activationField,
  type ActivationSpec,
  asFloat,
  boolMask,
  dropoutPattern,
  initializerField,
  inputAt,
  joinColumns,
  keras1Names,
  type KernelConfig,
  kernelFields,
  maskOf,
  onlyValue,
  type Opaque,
  opaqueField,
  paramAt,
  renamed,
  reverseTime,
  seedField,
  shapeOfRank,
  shapeVector,
  sizeAt,
  slicesOf,
  weight,
} from "../../core/layerkit.ts";
import { nodeHas, type NodeOptions, recurrentNode } from "../../core/layernode.ts";
import {
  gruSteps,
  lstmSteps,
  simpleRnnSteps,
  type StepActivation,
  type StepsOptions,
} from "../../core/ops/recurrent.ts";
import { bool, float, int, type Schema } from "../../core/schema.ts";
import type { Type } from "../../core/shape.ts";
import type { Tensor } from "../../core/tensor.ts";

/** What every recurrent layer's options have, resolved. */
export interface RecurrentConfig extends KernelConfig {
  /** Size of the state and of the output. */
  readonly units: number;
  readonly activation: ActivationSpec;
  readonly recurrentInitializer: InitializerSpec;
  readonly recurrentRegularizer: Opaque;
  readonly recurrentConstraint: Opaque;
  readonly dropout: number;
  readonly recurrentDropout: number;
  /** Every step's output, not the last alone. */
  readonly returnSequences: boolean;
  /** The last states after the output. */
  readonly returnState: boolean;
  /** Steps run from the last to the first; the outputs are in the order they were made. */
  readonly goBackwards: boolean;
  /** The last states begin the next call. */
  readonly stateful: boolean;
  readonly unroll: boolean;
  /** Masked steps put out zeros; else they repeat the output before. */
  readonly zeroOutputForMask: boolean;
  readonly seed: number | null;
}
/** Options of {@link gruDef}, resolved. */
export interface GruConfig extends RecurrentConfig {
  readonly recurrentActivation: ActivationSpec;
  /** The reset gate is applied after the recurrent product, not before it. */
  readonly resetAfter: boolean;
}
/** Options of {@link lstmDef}, resolved. */
export interface LstmConfig extends RecurrentConfig {
  readonly recurrentActivation: ActivationSpec;
  /** The forget gate's bias begins as 1. */
  readonly unitForgetBias: boolean;
}

function recurrentFields(): Schema<RecurrentConfig> {
  return {
    units: int({ doc: "size of the state and of the output", min: 1 }),
    activation: activationField({ doc: "of the candidate state", default: "tanh" }),
    ...kernelFields(),
    recurrentInitializer: initializerField({ doc: "fills the recurrent kernel", default: "orthogonal" }),
    recurrentRegularizer: opaqueField("penalty on the recurrent kernel"),
    recurrentConstraint: opaqueField("bound on the recurrent kernel"),
    dropout: float({ doc: "share of the inputs that is dropped", min: 0, max: 1, default: 0 }),
    recurrentDropout: float({ doc: "share of the state that is dropped", min: 0, max: 1, default: 0 }),
    returnSequences: bool({ doc: "every step's output, not the last alone", default: false }),
    returnState: bool({ doc: "the last states after the output", default: false }),
    goBackwards: bool({ doc: "from the last step to the first", default: false }),
    stateful: bool({ doc: "the last states begin the next call", default: false }),
    unroll: bool({ doc: "accepted for Keras' sake; backends unroll as they see fit", default: false }),
    zeroOutputForMask: bool({ doc: "masked steps put out zeros, not the output before", default: false }),
    seed: seedField(),
  };
}
const gateField = () => activationField({ doc: "of the gates", default: "sigmoid" });

type RecurrentParam = "kernel" | "recurrentKernel" | "bias" | "stateH" | "stateC";

function recurrentParams(
  config: RecurrentConfig,
  x: Type | undefined,
  cell: string,
  gates: number,
  bias: readonly number[],
  biasInitializer: InitializerSpec = config.biasInitializer,
): Partial<Record<RecurrentParam, ParamSpec>> {
  const { units } = config;
  const [batch] = shapeOfRank(x, 3, "[batch, time, features]");
  const state = (path: string): ParamSpec => ({
    shape: [batch ?? 1, units],
    init: "zeros",
    role: "state",
    path,
  });
  return {
    kernel: weight([sizeAt(x, 2), gates * units], config.kernelInitializer, { path: `${cell}/kernel` }),
    recurrentKernel: weight([units, gates * units], config.recurrentInitializer, {
      path: `${cell}/recurrent_kernel`,
    }),
    ...(config.useBias && { bias: weight(bias, biasInitializer, { path: `${cell}/bias` }) }),
    ...(config.stateful && { stateH: state("rnn_state") }),
    ...(config.stateful && gates === 4 && { stateC: state("rnn_state_1") }),
  };
}

/** What the cells' steps have in common, from a layer's configuration, inputs and weights. */
function commonSteps(context: LayerContext<RecurrentConfig, RecurrentParam>): StepsOptions {
  const { b, config, inputs, params, call, training } = context;
  let x = asFloat(b, inputAt(inputs, 0));
  const given = maskOf(inputs, call);
  if (training && config.dropout > 0) {
    const shape = shapeVector(b, x, [{ axis: 0 }, 1, sizeAt(x.type, 2)]);
    x = b.one("Mul", [x, dropoutPattern(b, x, shape, config.dropout, config.seed)]);
  }
  const shape = shapeVector(b, x, [{ axis: 0 }, config.units]);
  return {
    x,
    kernel: paramAt(params, "kernel"),
    recurrentKernel: paramAt(params, "recurrentKernel"),
    mask: given && boolMask(b, given),
    reverse: config.goBackwards,
    zeroOutputForMask: config.zeroOutputForMask,
    recurrentDropout: training && config.recurrentDropout > 0
      ? dropoutPattern(b, x, shape, config.recurrentDropout, config.seed)
      : undefined,
  };
}
/** The states that the call, further inputs or the last call give; Keras 2 files hold them as further inputs. */
function initialStates(context: LayerContext<RecurrentConfig, RecurrentParam>): readonly Value[] {
  const { config, inputs, params, call } = context;
  if (call.initialState && call.initialState.length > 0) return call.initialState;
  if (inputs.length > 1) return inputs.slice(1);
  if (!config.stateful) return [];
  return [params.stateH, params.stateC].filter((v: Value | undefined) => v !== undefined);
}
/** The layer's outputs from those of its steps; the mask stays with a whole sequence. */
function finish(
  context: LayerContext<RecurrentConfig, RecurrentParam>,
  outputs: Value,
  last: Value,
  states: readonly Value[],
): readonly Value[] {
  const { b, config, inputs, call } = context;
  if (config.stateful) {
    (["stateH", "stateC"] as const).forEach((param, i) => {
      const next = states[i];
      if (next) context.update(param, next);
    });
  }
  const y = !config.returnSequences ? last : b.masked(
    config.goBackwards ? reverseTime(b, outputs) : outputs,
    maskOf(inputs, call),
  );
  return config.returnState ? [y, ...states] : [y];
}
function biasOf({ config, params }: LayerContext<RecurrentConfig, RecurrentParam>): Value | undefined {
  return config.useBias ? paramAt(params, "bias") : undefined;
}
/** The layer as one ONNX node: in inference, where no step is masked and ONNX has the activations. */
function asNode(
  context: LayerContext<RecurrentConfig, RecurrentParam>,
  op: NodeOptions["op"],
  activations: readonly ActivationSpec[],
  more: Pick<NodeOptions, "gates" | "attributes"> = {},
): readonly Value[] | undefined {
  const { b, config, inputs, params, call, training } = context;
  if (training || maskOf(inputs, call) || !nodeHas(...activations)) return undefined;
  const { outputs, states } = recurrentNode(b, {
    op,
    x: asFloat(b, inputAt(inputs, 0)),
    kernel: paramAt(params, "kernel"),
    recurrentKernel: paramAt(params, "recurrentKernel"),
    bias: biasOf(context),
    activations,
    reverse: config.goBackwards,
    initial: initialStates(context),
    ...more,
  });
  return finish(context, outputs, states[0] ?? outputs, states);
}
const step = (spec: ActivationSpec): StepActivation => (b: Builder, x: Value) => activate(b, spec, x);

const ignored = ["implementation", "use_cudnn"];
function upgradeRecurrent(config: Record<string, unknown>): Record<string, unknown> {
  onlyValue(config, "time_major", false);
  const next = renamed(config, {
    ...keras1Names,
    inner_init: "recurrent_initializer",
    inner_activation: "recurrent_activation",
    U_regularizer: "recurrent_regularizer",
    dropout_W: "dropout",
    dropout_U: "recurrent_dropout",
  }, ["time_major", "input_dim", "input_length", "consume_less"]);
  if ("forget_bias_init" in next) {
    next.unit_forget_bias = next.forget_bias_init === "one";
    delete next.forget_bias_init;
  }
  return next;
}
/** Keras 1 holds a kernel, a recurrent kernel and a bias for each gate; `order` is that of the gates now. */
function gatesToOne(arrays: readonly Tensor[], order: readonly number[]): readonly Tensor[] {
  if (arrays.length !== 3 * order.length) return arrays;
  return [0, 1, 2].map((part) => joinColumns(order.map((gate) => arrays[3 * gate + part])));
}

/** A fully connected recurrent layer (Elman 1990): h' = activation(x·kernel + h·recurrentKernel + bias). */
export const simpleRnnDef: LayerDef<RecurrentConfig, RecurrentParam> = {
  kind: "layer",
  name: "SimpleRNN",
  summary: "fully connected recurrent layer",
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
      activation: step(config.activation),
    });
    return finish(context, run.outputs, run.last, [run.h]);
  },
  keras: { group: "cell", ignore: ignored, upgrade: upgradeRecurrent },
};

/** Long short-term memory (Hochreiter and Schmidhuber 1997), gates in Keras' order i, f, c, o. */
export const lstmDef: LayerDef<LstmConfig, RecurrentParam> = {
  kind: "layer",
  name: "LSTM",
  summary: "long short-term memory",
  mask: "make",
  config: {
    ...recurrentFields(),
    recurrentActivation: gateField(),
    unitForgetBias: bool({ doc: "the forget gate's bias begins as 1", default: true }),
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
    // ONNX has the gates in the order i, o, f, c.
    const order = { gates: [0, 3, 1, 2] };
    const whole = asNode(context, "LSTM", [recurrentActivation, activation, activation], order);
    if (whole) return whole;
    const [h, c] = initialStates(context);
    const run = lstmSteps(b, {
      ...commonSteps(context),
      gates: "ifco",
      bias: biasOf(context),
      initial: h && c && [h, c],
      activation: step(activation),
      recurrentActivation: step(recurrentActivation),
    });
    return finish(context, run.outputs, run.last, [run.h, run.c]);
  },
  keras: {
    group: "cell",
    ignore: ignored,
    upgrade: upgradeRecurrent,
    // Keras 1 has the gates in the order i, c, f, o.
    weights: (arrays) => gatesToOne(arrays, [0, 2, 1, 3]),
  },
};

/** A gated recurrent unit (Cho et al. 2014), gates in Keras' order z, r, h. */
export const gruDef: LayerDef<GruConfig, RecurrentParam> = {
  kind: "layer",
  name: "GRU",
  summary: "gated recurrent unit",
  mask: "make",
  config: {
    ...recurrentFields(),
    recurrentActivation: gateField(),
    resetAfter: bool({ doc: "the reset gate is applied after the recurrent product", default: true }),
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
      activation: step(config.activation),
      recurrentActivation: step(config.recurrentActivation),
    });
    return finish(context, run.outputs, run.last, [run.h]);
  },
  keras: {
    group: "cell",
    ignore: ignored,
    upgrade(config, version) {
      const next = upgradeRecurrent(config);
      // Before reset_after existed the gate came before the product.
      return "reset_after" in next || !/^[12]\./.test(version) ? next : { ...next, reset_after: false };
    },
    weights: (arrays) => gatesToOne(arrays, [0, 1, 2]),
  },
};
