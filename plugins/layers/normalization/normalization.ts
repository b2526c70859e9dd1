/** Normalization within each sample: LayerNormalization, GroupNormalization, RMSNormalization, UnitNormalization. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import { ShapeError } from "../../../core/values/errors.ts";
import type { InitializerSpec, LayerDef } from "../../../core/network/layer.ts";
import {
  asFloat,
  dtypeOf,
  inputAt,
  paramAt,
  range,
  reshape,
  scalarLike,
  shapeOf,
  sizeAt,
  sizesOf,
  sortedAxes,
  transpose,
  weight,
} from "../../../core/ops/words.ts";
import { initializerField, type Opaque, opaqueField } from "../shared/fields.ts";
import { axesField } from "../../../core/values/schema.ts";
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import { bool, float, int, type Schema } from "../../../core/values/schema.ts";
import { normalAxis } from "../../../core/values/shape.ts";
import { tensor } from "../../../core/values/tensor.ts";
import { withoutFields } from "../shared/spelled.ts";

/** Options of γ and β, resolved. */
export interface ScaleConfig {
  /** Added to the variance. */
  readonly epsilon: number;
  /** Add β. */
  readonly center: boolean;
  /** Multiply by γ. */
  readonly scale: boolean;
  /** Fills beta. */
  readonly betaInitializer: InitializerSpec;
  /** Fills gamma. */
  readonly gammaInitializer: InitializerSpec;
  /** Penalty on beta. */
  readonly betaRegularizer: Opaque;
  /** Penalty on gamma. */
  readonly gammaRegularizer: Opaque;
  /** Bound on beta. */
  readonly betaConstraint: Opaque;
  /** Bound on gamma. */
  readonly gammaConstraint: Opaque;
}
function scaleFields(): Schema<ScaleConfig> {
  return {
    epsilon: float({ default: 1e-3 }),
    center: bool({ default: true }),
    scale: bool({ default: true }),
    betaInitializer: initializerField({ default: "zeros" }),
    gammaInitializer: initializerField({ default: "ones" }),
    betaRegularizer: opaqueField(),
    gammaRegularizer: opaqueField(),
    betaConstraint: opaqueField(),
    gammaConstraint: opaqueField(),
  };
}

const square = (b: Builder, x: Value): Value => b.mul(x, x);
function centred(b: Builder, x: Value, axes: readonly number[]): Value {
  return b.sub(x, b.reduceMean(x, b.ints(axes), { keepdims: 1 }));
}
/** √(mean of x² + ε) over axes, which stay as 1. */
function rootMeanSquare(b: Builder, x: Value, axes: readonly number[], epsilon: number): Value {
  const mean = b.reduceMean(square(b, x), b.ints(axes), { keepdims: 1 });
  return b.sqrt(b.add(mean, scalarLike(b, epsilon, x)));
}
/** A weight of some axes, with 1 for the others. */
function besides(b: Builder, w: Value, axes: readonly number[], rank: number): Value {
  if (axes.every((a, i) => a === rank - axes.length + i)) return w;
  const sizes = range(0, rank).map((a) => (axes.includes(a) ? sizeAt(w.type, axes.indexOf(a)) : 1));
  return b.reshape(w, b.ints(sizes));
}

/** Options of {@link layerNormalizationDef}, resolved. */
export interface LayerNormalizationConfig extends ScaleConfig {
  /** Axes that are normalized together. */
  readonly axis: number | readonly number[];
  /** Keras' older scaling: by the deviation alone, without centring. */
  readonly rmsScaling: boolean;
}
const layerNormalizationDef: LayerDef<LayerNormalizationConfig, "gamma" | "beta"> = {
  kind: "layer",
  name: "LayerNormalization",
  mask: "pass",
  config: {
    axis: axesField({ default: -1 }),
    ...scaleFields(),
    rmsScaling: bool({ default: false }),
  },
  params(config, [x]) {
    const shape = sortedAxes(config.axis, shapeOf(x).length).map((a) => sizeAt(x, a));
    const { rmsScaling } = config;
    return {
      ...((config.scale || rmsScaling) && { gamma: weight(shape, config.gammaInitializer) }),
      ...(config.center && !rmsScaling && { beta: weight(shape, config.betaInitializer) }),
    };
  },
  build({ b, config, inputs, params }) {
    const x = asFloat(b, inputAt(inputs, 0)), rank = shapeOf(x.type).length;
    const axes = sortedAxes(config.axis, rank), first = axes[0] ?? 0;
    if (config.rmsScaling) {
      const y = b.div(x, rootMeanSquare(b, centred(b, x, axes), axes, config.epsilon));
      return [b.mul(y, besides(b, paramAt(params, "gamma"), axes, rank))];
    }
    const gamma = config.scale ? paramAt(params, "gamma") : undefined;
    const beta = config.center ? paramAt(params, "beta") : undefined;
    if (gamma && axes.length === rank - first) {
      const attributes = { axis: first, epsilon: config.epsilon };
      return [b.layerNormalization(x, gamma, beta, attributes, { outputs: 1 })[0]];
    }
    const middle = centred(b, x, axes);
    let y = b.div(middle, rootMeanSquare(b, middle, axes, config.epsilon));
    if (gamma) y = b.mul(y, besides(b, gamma, axes, rank));
    return [beta ? b.add(y, besides(b, beta, axes, rank)) : y];
  },
  keras: {
    save: (fields, major) => (major === 2 ? { config: withoutFields(fields, { rms_scaling: false }) } : {}),
  },
};
/** Each sample to mean β and deviation γ over some axes (Ba et al. 2016), shape unchanged. */
export const layerNormalization: Factory<LayerNormalizationConfig> = factory(layerNormalizationDef);

/** Options of {@link groupNormalizationDef}, resolved. */
export interface GroupNormalizationConfig extends ScaleConfig {
  /** Number of groups; −1 for one of each channel. */
  readonly groups: number;
  /** The axis of the channels. */
  readonly axis: number;
}
const groupNormalizationDef: LayerDef<GroupNormalizationConfig, "gamma" | "beta"> = {
  kind: "layer",
  name: "GroupNormalization",
  mask: "pass",
  config: {
    groups: int({ min: -1, default: 32 }),
    axis: int({ default: -1 }),
    ...scaleFields(),
  },
  params(config, [x]) {
    const channels = sizeAt(x, config.axis), groups = config.groups === -1 ? channels : config.groups;
    if (groups < 1 || channels % groups !== 0) {
      throw new ShapeError(`${groups} groups don't divide ${channels} channels`);
    }
    return {
      ...(config.scale && { gamma: weight([channels], config.gammaInitializer) }),
      ...(config.center && { beta: weight([channels], config.betaInitializer) }),
    };
  },
  build({ b, config, inputs, params, whole }) {
    const x = asFloat(b, inputAt(inputs, 0)), rank = shapeOf(x.type).length;
    const axis = normalAxis(config.axis, rank), channels = sizeAt(x.type, axis);
    const groups = config.groups === -1 ? channels : config.groups;
    if (whole && rank > 2 && axis > 0) {
      const perm = [0, axis, ...range(1, rank).filter((a) => a !== axis)];
      const fixed = (value: number) =>
        b.constant(tensor(new Array<number>(channels).fill(value), [channels], dtypeOf(x)));
      const gamma = config.scale ? paramAt(params, "gamma") : fixed(1);
      const beta = config.center ? paramAt(params, "beta") : fixed(0);
      const y = b.groupNormalization(transpose(b, x, perm), gamma, beta, {
        num_groups: groups,
        epsilon: config.epsilon,
      });
      return [transpose(b, y, perm.map((_, i) => perm.indexOf(i)))];
    }
    const sizes = sizesOf(x, range(0, rank));
    const split = sizes.flatMap((s, i) => (i === axis ? [groups, channels / groups] : [s]));
    const parted = reshape(b, x, split);
    const over = range(1, rank + 1).filter((a) => a !== axis);
    const middle = centred(b, parted, over);
    const level = b.div(middle, rootMeanSquare(b, middle, over, config.epsilon));
    let y = reshape(b, level, sizes, x);
    if (config.scale) y = b.mul(y, besides(b, paramAt(params, "gamma"), [axis], rank));
    if (config.center) y = b.add(y, besides(b, paramAt(params, "beta"), [axis], rank));
    return [y];
  },
};
/** Each group of channels of each sample to mean 0 and deviation 1, then γ and β (Wu and He 2018), shape unchanged. */
export const groupNormalization: Factory<GroupNormalizationConfig> = factory(groupNormalizationDef);

/** Options of {@link rmsNormalizationDef}, resolved. */
export interface RmsNormalizationConfig {
  /** Axes that are normalized together. */
  readonly axis: number | readonly number[];
  /** Added to the mean square. */
  readonly epsilon: number;
}
const rmsNormalizationDef: LayerDef<RmsNormalizationConfig, "scale"> = {
  kind: "layer",
  name: "RMSNormalization",
  mask: "consume",
  config: {
    axis: axesField({ default: -1 }),
    epsilon: float({ default: 1e-6 }),
  },
  params(config, [x]) {
    const axes = sortedAxes(config.axis, shapeOf(x).length);
    return { scale: weight(axes.map((a) => sizeAt(x, a)), "ones") };
  },
  build({ b, config, inputs, params, whole }) {
    const x = asFloat(b, inputAt(inputs, 0)), rank = shapeOf(x.type).length;
    const axes = sortedAxes(config.axis, rank);
    if (whole && axes.every((a, i) => a === rank - axes.length + i)) {
      const attributes = { axis: -axes.length, epsilon: config.epsilon };
      return [b.rmsNormalization(x, paramAt(params, "scale"), attributes)];
    }
    const y = b.div(x, rootMeanSquare(b, x, axes, config.epsilon));
    return [b.mul(y, besides(b, paramAt(params, "scale"), axes, rank))];
  },
  keras: { since: 3 },
};
/** x / √(mean x² + ε), times a learned scale (Zhang and Sennrich 2019), shape unchanged. */
export const rmsNormalization: Factory<RmsNormalizationConfig> = factory(rmsNormalizationDef);

/** Options of {@link unitNormalizationDef}, resolved. */
export interface UnitNormalizationConfig {
  /** Axes that are normalized together. */
  readonly axis: number | readonly number[];
}
const unitNormalizationDef: LayerDef<UnitNormalizationConfig, never> = {
  kind: "layer",
  name: "UnitNormalization",
  mask: "pass",
  config: { axis: axesField({ default: -1 }) },
  params: () => ({}),
  build({ b, config, inputs }) {
    const x = asFloat(b, inputAt(inputs, 0)), axes = sortedAxes(config.axis, shapeOf(x.type).length);
    const norm = b.sqrt(b.reduceSum(square(b, x), b.ints(axes), { keepdims: 1 }));
    return [b.div(x, b.max([norm, scalarLike(b, 1e-12, x)]))];
  },
};
/** x / ‖x‖₂ over some axes, shape unchanged. */
export const unitNormalization: Factory<UnitNormalizationConfig> = factory(unitNormalizationDef);
