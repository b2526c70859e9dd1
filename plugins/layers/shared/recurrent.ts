/** What recurrent layers share: options, weights, states, masks and outputs, and how older files hold them. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { InitializerSpec, LayerContext, ParamSpec, SavedLayer } from "../../../core/network/layer.ts";
import {
  activate,
  asFloat,
  dropoutPattern,
  inputAt,
  joinColumns,
  maskOf,
  paramAt,
  range,
  reverseTime,
  shapeOfRank,
  shapeVector,
  sizeAt,
  stepMask,
  weight,
} from "../../../core/ops/words.ts";
import {
  activationField,
  initializerField,
  type KernelConfig,
  kernelFields,
  type Opaque,
  opaqueField,
  seedField,
} from "./fields.ts";
import type { ActivationSpec } from "../../../core/network/specs.ts";
import { nodeHas, recurrentNode, type RecurrentNodeOptions } from "../../../core/network/whole.ts";
import type { StepActivation, StepsOptions } from "../../../core/ops/control/steps.ts";
import { bool, float, int, type Schema } from "../../../core/values/schema.ts";
import type { Type } from "../../../core/values/shape.ts";
import type { Tensor } from "../../../core/values/tensor.ts";
import { keras1Names, onlyValue, renamed } from "./spelled.ts";

/** What every layer that runs over time is told of its steps. */
export interface StepsConfig {
  /** Every step's output, not the last alone. */
  readonly returnSequences: boolean;
  /** The last states after the output. */
  readonly returnState: boolean;
  /** Steps run from the last to the first; the outputs are in the order they were made. */
  readonly goBackwards: boolean;
  /** The last states begin the next call. */
  readonly stateful: boolean;
  /** Keras writes the steps out; here it changes nothing but where a mask's zeros stand. */
  readonly unroll: boolean;
  /** Masked steps put out zeros; else they repeat the output before. */
  readonly zeroOutputForMask: boolean;
}
/** What every recurrent layer's options have, resolved. */
export interface RecurrentConfig extends StepsConfig, KernelConfig {
  /** Size of the state and of the output. */
  readonly units: number;
  /** Function of the candidate state. */
  readonly activation: ActivationSpec;
  /** Fills the recurrent kernel. */
  readonly recurrentInitializer: InitializerSpec;
  /** Penalty on the recurrent kernel. */
  readonly recurrentRegularizer: Opaque;
  /** Bound on the recurrent kernel. */
  readonly recurrentConstraint: Opaque;
  /** Share of the inputs that is dropped in training. */
  readonly dropout: number;
  /** Share of the state that is dropped in training. */
  readonly recurrentDropout: number;
  /** Seed of its random numbers; the model's where null. */
  readonly seed: number | null;
}
/** Fields of {@link RecurrentConfig}. */
export function recurrentFields(): Schema<RecurrentConfig> {
  return {
    units: int({ min: 1 }),
    activation: activationField({ default: "tanh" }),
    ...kernelFields(),
    recurrentInitializer: initializerField({ default: "orthogonal" }),
    recurrentRegularizer: opaqueField(),
    recurrentConstraint: opaqueField(),
    dropout: float({ min: 0, max: 1, default: 0 }),
    recurrentDropout: float({ min: 0, max: 1, default: 0 }),
    returnSequences: bool({ default: false }),
    returnState: bool({ default: false }),
    goBackwards: bool({ default: false }),
    stateful: bool({ default: false }),
    unroll: bool({ default: false }),
    zeroOutputForMask: bool({ default: false }),
    seed: seedField(),
  };
}
/** Names of their weights. */
export type RecurrentParam = "kernel" | "recurrentKernel" | "bias" | "stateH" | "stateC";

/** Weights of a cell of so many gates, below the cell's own path, and its states where it keeps them. */
export function recurrentParams(
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
export function commonSteps(context: LayerContext<RecurrentConfig, RecurrentParam>): StepsOptions {
  const { b, config, inputs, params, call, training } = context;
  const x = asFloat(b, inputAt(inputs, 0)), kernel = paramAt(params, "kernel");
  const given = maskOf(inputs, call);
  // As in Keras: a recurrent dropout makes one pattern for each gate, of the inputs too; a dropout of inputs alone is one for all.
  const gates = sizeAt(kernel.type, 1) / config.units, separate = training && config.recurrentDropout > 0;
  const patterns = (count: number, rate: number, shape: Value): readonly Value[] | undefined =>
    training && rate > 0
      ? range(0, count).map(() => dropoutPattern(b, x, shape, rate, config.seed))
      : undefined;
  return {
    x,
    kernel,
    recurrentKernel: paramAt(params, "recurrentKernel"),
    mask: given && stepMask(b, given),
    reverse: config.goBackwards,
    zeroOutputForMask: config.zeroOutputForMask,
    unrolledMask: config.unroll,
    inputDropout: patterns(
      separate ? gates : 1,
      config.dropout,
      shapeVector(b, x, [{ axis: 0 }, 1, sizeAt(x.type, 2)]),
    ),
    recurrentDropout: patterns(
      gates,
      config.recurrentDropout,
      shapeVector(b, x, [{ axis: 0 }, config.units]),
    ),
  };
}
/** The states that the call, further inputs or the last call give; Keras 2 files hold them as further inputs. */
export function initialStates(context: LayerContext<RecurrentConfig, RecurrentParam>): readonly Value[] {
  const { config, inputs, params, call } = context;
  if (call.initialState && call.initialState.length > 0) return call.initialState;
  if (inputs.length > 1) return inputs.slice(1);
  if (!config.stateful) return [];
  return [params.stateH, params.stateC].filter((v: Value | undefined) => v !== undefined);
}
/** The layer's outputs from those of its steps; the mask stays with a whole sequence. */
export function finish(
  context: LayerContext<RecurrentConfig, RecurrentParam>,
  outputs: Value,
  last: Value,
  states: readonly Value[],
): readonly Value[] {
  const { b, config, masks } = context;
  if (config.stateful) {
    (["stateH", "stateC"] as const).forEach((param, i) => {
      const next = states[i];
      if (next) context.update(param, next);
    });
  }
  const y = !config.returnSequences ? last : b.masked(
    config.goBackwards ? reverseTime(b, outputs) : outputs,
    masks[0],
  );
  return config.returnState ? [y, ...states] : [y];
}
/** The bias, where the layer has one. */
export function biasOf({ config, params }: LayerContext<RecurrentConfig, RecurrentParam>): Value | undefined {
  return config.useBias ? paramAt(params, "bias") : undefined;
}
/**
 * The layer as one ONNX node: in inference, where ONNX has the activations. Where a step may be masked, only for engines
 * that have such nodes themselves.
 */
export function asNode(
  context: LayerContext<RecurrentConfig, RecurrentParam>,
  op: RecurrentNodeOptions["op"],
  activations: readonly ActivationSpec[],
  more: Pick<RecurrentNodeOptions, "gates" | "attributes"> = {},
): readonly Value[] | undefined {
  const { b, config, inputs, params, call, training, whole } = context, mask = maskOf(inputs, call);
  if (training || !nodeHas(...activations) || (mask && !whole)) return undefined;
  const turned = config.unroll && config.goBackwards && config.zeroOutputForMask;
  if (mask && turned) return undefined;
  const { outputs, states, last = states[0] } = (whole?.recurrent ?? recurrentNode)(b, {
    op,
    x: asFloat(b, inputAt(inputs, 0)),
    kernel: paramAt(params, "kernel"),
    recurrentKernel: paramAt(params, "recurrentKernel"),
    bias: biasOf(context),
    activations,
    reverse: config.goBackwards,
    initial: initialStates(context),
    mask: mask && stepMask(b, mask),
    zeroOutputForMask: config.zeroOutputForMask,
    ...more,
  });
  return finish(context, outputs, last ?? outputs, states);
}
/** An activation as steps take it. */
export const stepOf = (spec: ActivationSpec): StepActivation => (b: Builder, x: Value) =>
  activate(b, spec, x);

/** Arguments of Keras' calls of recurrent layers. */
export const recurrentCall: readonly string[] = ["sequences", "initial_state", "mask", "training"];
/** Keys of recurrent configurations that nothing computes with. */
export const recurrentIgnored: readonly string[] = ["implementation", "use_cudnn"];
/** An older configuration under Keras 3's names. */
export function upgradeRecurrent(config: Record<string, unknown>): Record<string, unknown> {
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
/** What Keras 2's files hold besides and don't. */
export function saveRecurrent(fields: Readonly<Record<string, unknown>>, major: 2 | 3): SavedLayer {
  if (major === 3) return {};
  const { seed: _, zero_output_for_mask: zeros, ...rest } = fields;
  return { config: { ...rest, time_major: false, ...(zeros === true && { zero_output_for_mask: true }) } };
}
/** Keras 1 holds a kernel, a recurrent kernel and a bias for each gate; `order` is that of the gates now. */
export function gatesToOne(arrays: readonly Tensor[], order: readonly number[]): readonly Tensor[] {
  if (arrays.length !== 3 * order.length) return arrays;
  return [0, 1, 2].map((part) => joinColumns(order.map((gate) => arrays[3 * gate + part])));
}
