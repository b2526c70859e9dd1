/** Activation layers: a named function, and those with options of their own. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import type { InitializerSpec, LayerDef } from "../../../core/network/layer.ts";
import {
  activate,
  boolMask,
  inputAt,
  maskOf,
  paramAt,
  rectify,
  scalarLike,
  shapeOf,
  sortedAxes,
  weight,
} from "../../../core/ops/words.ts";
import { activationField, initializerField, type Opaque, opaqueField } from "../shared/fields.ts";
import type { ActivationSpec } from "../../../core/network/specs.ts";
import { axesField } from "../../../core/values/schema.ts";
import { ConfigError } from "../../../core/values/errors.ts";
import { type Field, field, float, int, list, nullable } from "../../../core/values/schema.ts";
import { beforeZeroMasked, renamed, zeroMaskedField } from "../shared/spelled.ts";

/** Options of {@link activationDef}, resolved. */
export interface ActivationConfig {
  /** The function. */
  readonly activation: ActivationSpec;
}
const activationDef: LayerDef<ActivationConfig, never> = {
  kind: "layer",
  name: "Activation",
  mask: "pass",
  config: { activation: activationField() },
  params: () => ({}),
  build: ({ b, config, inputs }) => [activate(b, config.activation, inputAt(inputs, 0))],
};
/** A named function of every element (or axis), shape unchanged. */
export const activation: Factory<ActivationConfig, "activation"> = factory(activationDef);

/** Options of {@link reluDef}, resolved. */
export interface ReluConfig {
  /** Largest output; none where null. */
  readonly maxValue: number | null;
  /** Slope below the threshold. */
  readonly negativeSlope: number;
  /** Below it the output is negativeSlope · (x − threshold). */
  readonly threshold: number;
}
const reluDef: LayerDef<ReluConfig, never> = {
  kind: "layer",
  name: "ReLU",
  mask: "pass",
  config: {
    maxValue: nullable(float({ min: 0 })),
    negativeSlope: orDefault(float({ min: 0, default: 0 })),
    threshold: orDefault(float({ min: 0, default: 0 })),
  },
  params: () => ({}),
  build: ({ b, config, inputs }) => [rectify(b, inputAt(inputs, 0), config)],
};
/** max(x, 0) with a ceiling, a slope below and a threshold. */
export const relu: Factory<ReluConfig> = factory(reluDef);

/** Options of {@link leakyReluDef}, resolved. */
export interface LeakyReluConfig {
  /** Slope below 0. */
  readonly negativeSlope: number;
}
const leakyReluDef: LayerDef<LeakyReluConfig, never> = {
  kind: "layer",
  name: "LeakyReLU",
  mask: "pass",
  config: { negativeSlope: float({ min: 0, default: 0.3 }) },
  params: () => ({}),
  build: ({ b, config, inputs }) => [
    b.leakyRelu(inputAt(inputs, 0), { alpha: config.negativeSlope }),
  ],
  keras: {
    upgrade: (config) => renamed(config, { alpha: "negative_slope" }),
    save: (fields, major) => (major === 2 ? { config: renamed(fields, { negative_slope: "alpha" }) } : {}),
  },
};
/** x where positive, else slope · x. */
export const leakyRelu: Factory<LeakyReluConfig> = factory(leakyReluDef);

/** Options of {@link eluDef}, resolved. */
export interface EluConfig {
  /** Scale below 0. */
  readonly alpha: number;
}
/** The definition of {@link elu}. */
export const eluDef: LayerDef<EluConfig, never> = {
  kind: "layer",
  name: "ELU",
  mask: "pass",
  config: { alpha: float({ default: 1 }) },
  params: () => ({}),
  build: ({ b, config, inputs }) => [b.elu(inputAt(inputs, 0), { alpha: config.alpha })],
};
/** x where positive, else α·(eˣ − 1). */
export const elu: Factory<EluConfig> = factory(eluDef);

/** Options of {@link thresholdedReluDef}, resolved. */
export interface ThresholdedReluConfig {
  /** Outputs are 0 up to here. */
  readonly theta: number;
}
const thresholdedReluDef: LayerDef<ThresholdedReluConfig, never> = {
  kind: "layer",
  name: "ThresholdedReLU",
  mask: "pass",
  config: { theta: float({ min: 0, default: 1 }) },
  params: () => ({}),
  build: ({ b, config, inputs }) => [
    rectify(b, inputAt(inputs, 0), { negativeSlope: 0, maxValue: null, threshold: config.theta }),
  ],
  keras: {
    save: ({ theta }, major) =>
      major === 2
        ? {}
        : { className: "ReLU", config: { max_value: null, negative_slope: 0, threshold: theta } },
  },
};
/** x where above θ, else 0; Keras 2's layer. */
export const thresholdedRelu: Factory<ThresholdedReluConfig> = factory(thresholdedReluDef);

/** Options of {@link preluDef}, resolved. */
export interface PreluConfig {
  /** Fills the slopes. */
  readonly alphaInitializer: InitializerSpec;
  /** Penalty on the slopes. */
  readonly alphaRegularizer: Opaque;
  /** Bound on the slopes. */
  readonly alphaConstraint: Opaque;
  /** Axes (from 1) along which one slope serves all. */
  readonly sharedAxes: readonly number[] | null;
}
const preluDef: LayerDef<PreluConfig, "alpha"> = {
  kind: "layer",
  name: "PReLU",
  mask: "pass",
  config: {
    alphaInitializer: initializerField({ default: "zeros" }),
    alphaRegularizer: opaqueField(),
    alphaConstraint: opaqueField(),
    sharedAxes: nullable(
      list({ of: int() }),
    ),
  },
  params(config, [x]) {
    const shape = shapeOf(x).slice(1), shared = config.sharedAxes ?? [];
    return { alpha: weight(shape.map((d, i) => (shared.includes(i + 1) ? 1 : d)), config.alphaInitializer) };
  },
  build: ({ b, inputs, params }) => [b.pRelu(inputAt(inputs, 0), paramAt(params, "alpha"))],
  keras: { upgrade: (config) => renamed(config, { init: "alpha_initializer" }) },
};
/** x where positive, else a learned slope · x; a slope for every element but those of shared axes. */
export const prelu: Factory<PreluConfig> = factory(preluDef);

/** Options of {@link softmaxDef}, resolved. */
export interface SoftmaxConfig {
  /** Axes that sum to 1. */
  readonly axis: number | readonly number[];
  /** Masked places become 0 even where all are masked; Keras' files from before 3.14 are read with false. */
  readonly zeroMasked: boolean;
}
const softmaxDef: LayerDef<SoftmaxConfig, never> = {
  kind: "layer",
  name: "Softmax",
  mask: "pass",
  config: {
    axis: axesField({ default: -1 }),
    zeroMasked: zeroMaskedField(),
  },
  params: () => ({}),
  build({ b, config, inputs, call }) {
    let x = inputAt(inputs, 0);
    const given = maskOf(inputs, call), mask = given && boolMask(b, given);
    const zero = scalarLike(b, 0, x);
    if (mask) x = b.where(mask, x, scalarLike(b, -1e9, x));
    const axes = sortedAxes(config.axis, shapeOf(x.type).length);
    let y;
    if (axes.length === 1) y = b.softmax(x, { axis: axes[0] });
    else {
      const over = b.ints(axes), top = b.reduceMax(x, over, { keepdims: 1 });
      const powers = b.exp(b.sub(x, top));
      y = b.div(powers, b.reduceSum(powers, over, { keepdims: 1 }));
    }
    return [mask && config.zeroMasked ? b.where(mask, y, zero) : y];
  },
  keras: {
    call: ["inputs", "mask"],
    upgrade: beforeZeroMasked,
    own: ["zeroMasked"],
  },
  check(config, path) {
    if (Array.isArray(config.axis) && config.axis.length === 0) {
      throw new ConfigError(`${path}.axis: expected at least one axis, got []`, { place: `${path}.axis` });
    }
  },
};
/** eˣ over its sum along one axis or several; where a mask is false the result is 0. */
export const softmax: Factory<SoftmaxConfig> = factory(softmaxDef);

/** A field that takes null for its default, as older files write it. */
function orDefault(inner: Field<number>): Field<number> {
  return field<number>({
    expects: inner.expects,
    default: inner.default ?? 0,
    read: (raw, path) => (raw === null ? inner.default ?? 0 : inner.parse(raw, path)),
  });
}
