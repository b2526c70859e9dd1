/** Layers that Keras 1 alone has: Highway, MaxoutDense, SReLU, ParametricSoftplus, BatchNormalization's other modes. @module */
import { type Factory, factory } from "../../core/network/factory.ts";
import { ConfigError, UnsupportedError } from "../../core/values/errors.ts";
import type { Builder } from "../../core/graph/builder.ts";
import type { Value } from "../../core/graph/graph.ts";
import type { InitializerSpec, KerasMapping, LayerDef } from "../../core/network/layer.ts";
import {
  activate,
  asFloat,
  inputAt,
  paramAt,
  range,
  scalarLike,
  shapeOf,
  shapeOfRank,
  sizeAt,
  weight,
} from "../../core/ops/words.ts";
import { activationField, initializerField, type KernelConfig, kernelFields } from "./shared/fields.ts";
import type { ActivationSpec } from "../../core/network/specs.ts";
import { float, int, list } from "../../core/values/schema.ts";
import { normalAxis, type Type } from "../../core/values/shape.ts";
import { keras1Names, renamed } from "./shared/spelled.ts";

function refuseSaving(): never {
  throw new UnsupportedError("Keras 1 alone has this layer: newer versions' files can't hold it");
}
/** How Keras 1 spells a layer's options; no newer version has it. */
const keras1 = <C>(
  names: Readonly<Record<string, string>>,
  drop: readonly string[] = [],
): KerasMapping<C> => ({
  upgrade: (config) => renamed(config, names, drop),
  save: refuseSaving,
});
const product = (b: Builder, x: Value, kernel: Value, bias: Value | undefined): Value => {
  const y = b.matMul(x, kernel);
  return bias ? b.add(y, bias) : y;
};

/** Options of {@link highwayDef}, resolved. */
export interface HighwayConfig extends KernelConfig {
  /** Function of the transformed part. */
  readonly activation: ActivationSpec;
}
type HighwayParam = "kernel" | "carryKernel" | "bias" | "carryBias";
const highwayDef: LayerDef<HighwayConfig, HighwayParam> = {
  kind: "layer",
  name: "Highway",
  mask: "pass",
  config: { activation: activationField(), ...kernelFields() },
  params(config, [x]) {
    const size = sizeAt(x, -1), { kernelInitializer, biasInitializer, useBias } = config;
    return {
      kernel: weight([size, size], kernelInitializer),
      carryKernel: weight([size, size], kernelInitializer),
      ...(useBias && { bias: weight([size], biasInitializer), carryBias: weight([size], "ones") }),
    };
  },
  build({ b, config, inputs, params }) {
    const x = asFloat(b, inputAt(inputs, 0));
    const bias = (name: HighwayParam) => (config.useBias ? paramAt(params, name) : undefined);
    const gate = b.sigmoid(product(b, x, paramAt(params, "carryKernel"), bias("carryBias")));
    const y = activate(b, config.activation, product(b, x, paramAt(params, "kernel"), bias("bias")));
    const kept = b.mul(b.sub(scalarLike(b, 1, x), gate), x);
    return [b.add(b.mul(y, gate), kept)];
  },
  keras: keras1(keras1Names, ["input_dim"]),
};
/** t·f(x·W + b) + (1 − t)·x with t = σ(x·W' + b') (Srivastava et al. 2015), `[batch, features]`, shape unchanged. */
export const highway: Factory<HighwayConfig> = factory(highwayDef);

/** Options of {@link maxoutDenseDef}, resolved. */
export interface MaxoutDenseConfig extends KernelConfig {
  /** Size of the output. */
  readonly units: number;
  /** Dense layers of which the largest counts. */
  readonly features: number;
}
const maxoutDenseDef: LayerDef<MaxoutDenseConfig, "kernel" | "bias"> = {
  kind: "layer",
  name: "MaxoutDense",
  mask: "consume",
  config: {
    units: int({ min: 1 }),
    features: int({ min: 1, default: 4 }),
    ...kernelFields(),
  },
  params(config, [x]) {
    shapeOfRank(x, 2, "[batch, features]");
    const { units, features, kernelInitializer, biasInitializer } = config;
    return {
      kernel: weight([features, sizeAt(x, -1), units], kernelInitializer),
      ...(config.useBias && { bias: weight([features, units], biasInitializer) }),
    };
  },
  build({ b, config, inputs, params }) {
    // [1, batch, in] · [features, in, units]
    const x = b.unsqueeze(asFloat(b, inputAt(inputs, 0)), b.ints([0]));
    const bias = config.useBias ? b.unsqueeze(paramAt(params, "bias"), b.ints([1])) : undefined;
    const y = product(b, x, paramAt(params, "kernel"), bias);
    return [b.reduceMax(y, b.ints([0]), { keepdims: 0 })];
  },
  keras: keras1({ ...keras1Names, nb_feature: "features" }, ["input_dim"]),
};
/** The largest of several dense layers, element by element (Goodfellow et al. 2013), `[batch, features] → [batch, units]`. */
export const maxoutDense: Factory<MaxoutDenseConfig, "units"> = factory(maxoutDenseDef);

/** The shape of a weight for every element, 1 along shared axes. */
const shared = (x: Type | undefined, axes: readonly number[]) =>
  shapeOf(x).slice(1).map((d, i) => (axes.includes(i + 1) ? 1 : d));
const sharedAxes = () => list({ of: int(), default: [] });

/** Options of {@link sReluDef}, resolved. */
export interface SReluConfig {
  /** Fills the left threshold. */
  readonly tLeftInitializer: InitializerSpec;
  /** Fills the left slope. */
  readonly aLeftInitializer: InitializerSpec;
  /** Fills the width between the thresholds. */
  readonly tRightInitializer: InitializerSpec;
  /** Fills the right slope. */
  readonly aRightInitializer: InitializerSpec;
  /** Axes (from 1) along which one weight serves all. */
  readonly sharedAxes: readonly number[];
}
type SReluParam = "tLeft" | "aLeft" | "tRight" | "aRight";
const sReluDef: LayerDef<SReluConfig, SReluParam> = {
  kind: "layer",
  name: "SReLU",
  mask: "pass",
  config: {
    tLeftInitializer: initializerField({ default: "zeros" }),
    aLeftInitializer: initializerField({ default: "glorotUniform" }),
    tRightInitializer: initializerField({ default: "glorotUniform" }),
    aRightInitializer: initializerField({ default: "ones" }),
    sharedAxes: sharedAxes(),
  },
  params(config, [x]) {
    const shape = shared(x, config.sharedAxes);
    return {
      tLeft: weight(shape, config.tLeftInitializer),
      aLeft: weight(shape, config.aLeftInitializer),
      tRight: weight(shape, config.tRightInitializer),
      aRight: weight(shape, config.aRightInitializer),
    };
  },
  build({ b, inputs, params }) {
    const x = asFloat(b, inputAt(inputs, 0)), left = paramAt(params, "tLeft");
    const width = b.abs(paramAt(params, "tRight")), right = b.add(left, width);
    const beyond = (from: Value, to: Value) => b.relu(b.sub(to, from));
    const middle = b.add(left, b.min([beyond(left, x), width]));
    const below = b.mul(beyond(x, left), paramAt(params, "aLeft"));
    const above = b.mul(beyond(right, x), paramAt(params, "aRight"));
    return [b.add(b.sub(middle, below), above)];
  },
  keras: keras1({
    t_left_init: "t_left_initializer",
    a_left_init: "a_left_initializer",
    t_right_init: "t_right_initializer",
    a_right_init: "a_right_initializer",
  }),
};
/** Linear in three pieces, all learned: slopes left of tₗ and right of tₗ + |tᵣ|, the identity between (Jin et al. 2015). */
export const sRelu: Factory<SReluConfig> = factory(sReluDef);

/** Options of {@link parametricSoftplusDef}, resolved. */
export interface ParametricSoftplusConfig {
  /** α at first. */
  readonly alphaInit: number;
  /** β at first. */
  readonly betaInit: number;
  /** Axes (from 1) along which one weight serves all. */
  readonly sharedAxes: readonly number[];
}
const parametricSoftplusDef: LayerDef<ParametricSoftplusConfig, "alphas" | "betas"> = {
  kind: "layer",
  name: "ParametricSoftplus",
  mask: "pass",
  config: {
    alphaInit: float({ default: 0.2 }),
    betaInit: float({ default: 5 }),
    sharedAxes: sharedAxes(),
  },
  params(config, [x]) {
    const shape = shared(x, config.sharedAxes);
    return {
      alphas: weight(shape, { name: "constant", value: config.alphaInit }),
      betas: weight(shape, { name: "constant", value: config.betaInit }),
    };
  },
  build({ b, inputs, params }) {
    const x = b.mul(paramAt(params, "betas"), asFloat(b, inputAt(inputs, 0)));
    return [b.mul(b.activation("softplus", x), paramAt(params, "alphas"))];
  },
  keras: { save: refuseSaving },
};
/** α·log(1 + exp(β·x)), both learned, shape unchanged. */
export const parametricSoftplus: Factory<ParametricSoftplusConfig> = factory(parametricSoftplusDef);

/** Options of {@link batchModesDef}, resolved. */
export interface BatchModesConfig {
  /** 1: every sample by its own mean and deviation; 2: every feature by those of the batch at hand, in inference too. */
  readonly mode: number;
  /** The axis of the features in mode 2. */
  readonly axis: number;
  /** Added to the variance. */
  readonly epsilon: number;
  /** Share of the old statistics that a step keeps, in mode 0. */
  readonly momentum: number;
  /** Fills β. */
  readonly betaInitializer: InitializerSpec;
  /** Fills γ. */
  readonly gammaInitializer: InitializerSpec;
}
type BatchModesParam = "gamma" | "beta" | "movingMean" | "movingVariance";
/** Keras 1's BatchNormalization in modes 1 and 2, which keep no statistics; shape unchanged. */
export const batchModesDef: LayerDef<BatchModesConfig, BatchModesParam> = {
  kind: "layer",
  name: "BatchNormalizationMode",
  mask: "pass",
  config: {
    mode: int({ min: 1, max: 2 }),
    axis: int({ default: -1 }),
    epsilon: float({ default: 1e-3 }),
    momentum: float({ default: 0.99 }),
    betaInitializer: initializerField({ default: "zeros" }),
    gammaInitializer: initializerField({ default: "ones" }),
  },
  params(config, [x]) {
    const shape = [sizeAt(x, config.axis)];
    return {
      gamma: weight(shape, config.gammaInitializer),
      beta: weight(shape, config.betaInitializer),
      movingMean: weight(shape, "zeros", { role: "statistic" }),
      movingVariance: weight(shape, "ones", { role: "statistic" }),
    };
  },
  build({ b, config, inputs, params }) {
    const x = asFloat(b, inputAt(inputs, 0)), rank = shapeOf(x.type).length, samples = config.mode === 1;
    const axis = samples ? rank - 1 : normalAxis(config.axis, rank),
      epsilon = scalarLike(b, config.epsilon, x);
    const over = b.ints(samples ? [axis] : range(0, rank).filter((a) => a !== axis));
    const mean = (v: Value) => b.reduceMean(v, over, { keepdims: 1 });
    const centred = b.sub(x, mean(x));
    const root = b.sqrt(b.add(mean(b.mul(centred, centred)), epsilon));
    const y = b.div(centred, samples ? b.add(root, epsilon) : root);
    const sizes = b.ints(range(0, rank).map((a) => (a === axis ? sizeAt(x.type, a) : 1)));
    const beside = (name: BatchModesParam) => b.reshape(paramAt(params, name), sizes);
    return [b.add(b.mul(y, beside("gamma")), beside("beta"))];
  },
  check({ mode, axis }, path) {
    if (mode === 1 && axis !== -1) {
      throw new ConfigError(`${path}.axis: expected -1 in mode 1, got ${axis}`, { place: `${path}.axis` });
    }
  },
  keras: {
    ...keras1<BatchModesConfig>({ beta_init: "beta_initializer", gamma_init: "gamma_initializer" }),
    classNames: ["BatchNormalizationMode", "BatchNormalization"],
    ignore: ["gamma_regularizer", "beta_regularizer"],
    takes: ({ mode }) => mode === 1 || mode === 2,
  },
};
