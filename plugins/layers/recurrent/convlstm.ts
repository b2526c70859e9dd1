/** Convolutional LSTMs over one, two and three axes. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import type { Builder } from "../../../core/graph/builder.ts";
import { ShapeError } from "../../../core/values/errors.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { InitializerSpec, LayerContext, LayerDef, ParamSpec } from "../../../core/network/layer.ts";
import {
  checkSliding,
  keras1Kernels,
  type SlidingConfig,
  slidingFields,
  slidingKeras,
} from "../shared/sliding.ts";
import { kernelToOnnx, windowAttributes } from "../../../core/ops/windowwords.ts";
import {
  activate,
  asFloat,
  boolMask,
  dropoutPattern,
  dtypeOf,
  inputAt,
  maskOf,
  paramAt,
  range,
  reshape,
  reverseTime,
  scalarLike,
  shapeOfRank,
  shapeVector,
  sizesOf,
  toLast,
  transpose,
  weight,
} from "../../../core/ops/words.ts";
import { activationField, type Opaque } from "../shared/fields.ts";
import type { ActivationSpec } from "../../../core/network/specs.ts";
import {
  gatesToOne,
  recurrentCall,
  recurrentFields,
  type StepsConfig,
  upgradeRecurrent,
} from "../shared/recurrent.ts";
import { bool, int } from "../../../core/values/schema.ts";
import { type Dim, dimsOf, type Type } from "../../../core/values/shape.ts";
import { zeros } from "../../../core/values/tensor.ts";

/** Options of the convolutional LSTMs, resolved. */
export interface ConvLstmConfig extends SlidingConfig, StepsConfig {
  /** Number of output channels, and of the states'. */
  readonly filters: number;
  /** Function of the gates. */
  readonly recurrentActivation: ActivationSpec;
  /** Fills the recurrent kernel. */
  readonly recurrentInitializer: InitializerSpec;
  /** Penalty on the recurrent kernel. */
  readonly recurrentRegularizer: Opaque;
  /** Bound on the recurrent kernel. */
  readonly recurrentConstraint: Opaque;
  /** The forget gate's bias begins as 1. */
  readonly unitForgetBias: boolean;
  /** Share of the inputs that is dropped in training. */
  readonly dropout: number;
  /** Share of the state that is dropped in training. */
  readonly recurrentDropout: number;
  /** Seed of its random numbers; the model's where null. */
  readonly seed: number | null;
}
type Param = "kernel" | "recurrentKernel" | "bias" | "stateH" | "stateC";
type Context = LayerContext<ConvLstmConfig, Param>;
const axes = [
  "[batch, time, size, channels]",
  "[batch, time, height, width, channels]",
  "[batch, time, depth, height, width, channels]",
];

/** Sizes of the states, as the input's convolution leaves them. */
function stateSizes(config: ConvLstmConfig, x: Type | undefined): readonly number[] {
  const rank = config.kernelSize.length, shape = shapeOfRank(x, rank + 3, axes[rank - 1] ?? "");
  const sizes = config.dataFormat === "channels_first" ? shape.slice(3) : shape.slice(2, -1);
  return sizes.map((d, i) => {
    if (typeof d !== "number") throw new ShapeError("expected known sizes of the axes that are convolved");
    const stride = config.strides[i] ?? 1,
      reach = ((config.kernelSize[i] ?? 1) - 1) * (config.dilationRate[i] ?? 1);
    return Math.ceil((config.padding === "same" ? d : d - reach) / stride);
  });
}
const channelsOf = (config: ConvLstmConfig, x: Type | undefined): Dim => {
  const shape = dimsOf(x);
  return (config.dataFormat === "channels_first" ? shape[2] : shape.at(-1)) ?? 1;
};
function params(config: ConvLstmConfig, [x]: readonly Type[]): Partial<Record<Param, ParamSpec>> {
  const { filters, kernelSize } = config, sizes = stateSizes(config, x), [batch] = dimsOf(x);
  const path = (name: string) => `conv_lstm_cell/${name}`;
  const state = (name: string): ParamSpec => ({
    shape: [batch ?? 1, filters, ...sizes],
    init: "zeros",
    role: "state",
    path: name,
  });
  return {
    kernel: weight([...kernelSize, channelsOf(config, x), 4 * filters], config.kernelInitializer, {
      path: path("kernel"),
    }),
    recurrentKernel: weight([...kernelSize, filters, 4 * filters], config.recurrentInitializer, {
      path: path("recurrent_kernel"),
    }),
    ...(config.useBias && {
      bias: weight([4 * filters], config.unitForgetBias ? "unitForgetBias" : config.biasInitializer, {
        path: path("bias"),
      }),
    }),
    ...(config.stateful && { stateH: state("rnn_state"), stateC: state("rnn_state_1") }),
  };
}

/** `[batch, time, …] → [batch, time, channels, …sizes]` */
function stepsFirst(b: Builder, x: Value, config: ConvLstmConfig): Value {
  const rank = config.kernelSize.length;
  return config.dataFormat === "channels_first"
    ? x
    : transpose(b, x, [0, 1, rank + 2, ...range(2, rank + 2)]);
}
/** Back from {@link stepsFirst}. */
function stepsLast(b: Builder, y: Value, config: ConvLstmConfig): Value {
  const rank = config.kernelSize.length;
  return config.dataFormat === "channels_first" ? y : transpose(b, y, [0, 1, ...range(3, rank + 3), 2]);
}
const pattern = (
  { b, config }: Context,
  x: Value,
  sizes: Parameters<typeof shapeVector>[2],
  rate: number,
): Value => dropoutPattern(b, x, shapeVector(b, x, sizes), rate, config.seed);

/** The input's convolution of all steps at once, `[batch, time, 4·filters, …sizes]`. */
function projected(context: Context, x: Value): Value {
  const { b, config, params, training } = context,
    rank = config.kernelSize.length,
    sizes = stateSizes(config, inputAt(context.inputs, 0).type);
  const kernel = kernelToOnnx(b, paramAt(params, "kernel")), own = sizesOf(x, range(2, rank + 3));
  const fold = (v: Value) => b.reshape(v, shapeVector(b, v, [-1, ...own]));
  const conv = (v: Value, k: Value, bias: Value | undefined) => {
    const flat = fold(v), { kernelSize, strides, dilationRate, padding } = config;
    return b.conv(flat, k, bias, windowAttributes(flat, kernelSize, strides, dilationRate, padding));
  };
  const bias = config.useBias ? paramAt(params, "bias") : undefined;
  let y: Value;
  if (training && config.dropout > 0) {
    const parts = (v: Value) => b.split(v, { axis: 0, num_outputs: 4 });
    const biases = bias && parts(bias);
    const dropped = () => b.mul(x, pattern(context, x, [{ axis: 0 }, 1, ...own], config.dropout));
    y = b.concat(parts(kernel).map((k, i) => conv(dropped(), k, biases?.[i])), { axis: 1 });
  } else y = conv(x, kernel, bias);
  return reshape(b, y, [...sizesOf(x, [0, 1]), 4 * config.filters, ...sizes], x);
}
/** One step: gates i, f, c, o. */
function step(b: Builder, config: ConvLstmConfig, z: Value, cell: Value): readonly [Value, Value] {
  const gates = b.split(z, { axis: 1, num_outputs: 4 });
  const at = (i: number, spec: ActivationSpec) => activate(b, spec, inputAt(gates, i));
  const { activation, recurrentActivation } = config;
  const kept = b.mul(at(1, recurrentActivation), cell);
  const c = b.add(kept, b.mul(at(0, recurrentActivation), at(2, activation)));
  return [b.mul(at(3, recurrentActivation), activate(b, activation, c)), c];
}

function build(context: Context): readonly Value[] {
  const { b, config, inputs, masks, params, call, training } = context, rank = config.kernelSize.length;
  const x = stepsFirst(b, asFloat(b, inputAt(inputs, 0)), config),
    sizes = stateSizes(config, inputAt(inputs, 0).type);
  const z = projected(context, x), shape = [{ axis: 0 }, config.filters, ...sizes];
  const zero = () => b.constantOfShape(shapeVector(b, x, shape), { value: zeros([1], dtypeOf(x)) });
  const first = (v: Value) =>
    config.dataFormat === "channels_first" ? v : transpose(b, v, [0, rank + 1, ...range(1, rank + 1)]);
  const given = (call.initialState ?? inputs.slice(1)).map(first);
  const stored = config.stateful ? [params.stateH, params.stateC] : [];
  const start = [given[0] ?? stored[0] ?? zero(), given[1] ?? stored[1] ?? zero()];
  const recurrent = kernelToOnnx(b, paramAt(params, "recurrentKernel"));
  const drops = training && config.recurrentDropout > 0
    ? range(0, 4).map(() => pattern(context, x, shape, config.recurrentDropout))
    : undefined;
  const again = (inner: Builder, h: Value): Value => {
    const conv = (v: Value, k: Value) =>
      inner.conv(
        v,
        k,
        windowAttributes(
          v,
          config.kernelSize,
          config.kernelSize.map(() => 1),
          config.kernelSize.map(() => 1),
          "same",
        ),
      );
    if (!drops) return conv(h, recurrent);
    const kernels = inner.split(recurrent, { axis: 0, num_outputs: 4 });
    return inner.concat(kernels.map((k, i) => conv(inner.mul(h, inputAt(drops, i)), k)), { axis: 1 });
  };
  const mask = maskOf(inputs, call);
  const rows = mask && b.unsqueeze(boolMask(b, mask), b.ints(range(2, rank + 3)));
  const run = b.scan(rows ? [...start, zero()] : start, rows ? [z, rows] : [z], {
    axis: 1,
    reverse: config.goBackwards,
  }, (
    state,
    [now, counts],
    inner,
  ) => {
    const h = inputAt(state, 0), c = inputAt(state, 1);
    const next = step(inner, config, inner.add(now, again(inner, h)), c);
    if (!counts) return { state: next, outputs: [next[0]] };
    const kept = next.map((v, i) => inner.where(counts, v, inputAt(state, i)));
    const output = inner.where(counts, next[0], inputAt(state, 2));
    return { state: [...kept, output], outputs: [output] };
  });
  const states = run.state.slice(0, 2);
  if (config.stateful) {
    context.update("stateH", inputAt(states, 0));
    context.update("stateC", inputAt(states, 1));
  }
  const all = inputAt(run.outputs, 0);
  const shown = rows && config.zeroOutputForMask ? b.where(rows, all, scalarLike(b, 0, all)) : all;
  const y = config.returnSequences
    ? b.masked(stepsLast(b, config.goBackwards ? reverseTime(b, shown) : shown, config), masks[0])
    : toLast(
      b,
      b.gather(shown, b.scalar(config.goBackwards ? 0 : -1, "int64"), { axis: 1 }),
      config.dataFormat,
    );
  return config.returnState ? [y, ...states.map((v) => toLast(b, v, config.dataFormat))] : [y];
}

/** What it has in common with the other recurrent layers, `units` apart. */
const { units: _, ...shared } = recurrentFields();
function convLstm(rank: 1 | 2 | 3): LayerDef<ConvLstmConfig, Param> {
  return {
    kind: "layer",
    name: `ConvLSTM${rank}D`,
    mask: "make",
    config: {
      filters: int({ min: 1 }),
      ...slidingFields(rank),
      ...shared,
      recurrentActivation: activationField({ default: "sigmoid" }),
      unitForgetBias: bool({ default: true }),
    },
    params,
    build,
    check: checkSliding,
    keras: {
      ...slidingKeras<ConvLstmConfig>(rank, {
        upgrade: upgradeRecurrent,
        // Keras 1 holds a gate's arrays together: i, c, f, o.
        weights: (arrays, config, version) =>
          gatesToOne(keras1Kernels(arrays, config, version), [0, 2, 1, 3]),
      }),
      call: recurrentCall,
      group: "cell",
      save({ seed: _, zero_output_for_mask: zeros, ...rest }, major) {
        if (major === 3) return {};
        return { config: { ...rest, ...(zeros === true && { zero_output_for_mask: true }) } };
      },
    },
  };
}
const convLstm1dDef: LayerDef<ConvLstmConfig, Param> = convLstm(1);
/** Convolutional LSTM over `[batch, time, size, channels]`. */
export const convLstm1d: Factory<ConvLstmConfig, "filters" | "kernelSize"> = factory(convLstm1dDef);
const convLstm2dDef: LayerDef<ConvLstmConfig, Param> = convLstm(2);
/** Convolutional LSTM over `[batch, time, height, width, channels]`. */
export const convLstm2d: Factory<ConvLstmConfig, "filters" | "kernelSize"> = factory(convLstm2dDef);
const convLstm3dDef: LayerDef<ConvLstmConfig, Param> = convLstm(3);
/** Convolutional LSTM over `[batch, time, depth, height, width, channels]`. */
export const convLstm3d: Factory<ConvLstmConfig, "filters" | "kernelSize"> = factory(convLstm3dDef);
