/** Layers that act in training alone: dropout in its forms, noise, a penalty on activity. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import type { LayerContext, LayerDef } from "../../../core/network/layer.ts";
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import {
  cast,
  dtypeOf,
  inputAt,
  normalLike,
  scalarLike,
  shapeOf,
  shapeVector,
  uniformShaped,
} from "../../../core/ops/words.ts";
import { dataFormatField, type Opaque, opaqueField, seedField } from "../shared/fields.ts";
import type { DataFormat } from "../../../core/network/specs.ts";
import { type Field, field, float, int, list, nullable, type Schema } from "../../../core/values/schema.ts";
import { renamed, withoutFields } from "../shared/spelled.ts";

/** Options of layers that drop a share of their inputs, resolved. */
export interface RateConfig {
  /** Share that is dropped, 0 to 1; the noise of a Gaussian dropout has the deviation √(rate / (1 − rate)). */
  readonly rate: number;
  /** Seed of its random numbers; the model's where null. */
  readonly seed: number | null;
}
/** Options of {@link dropoutDef} and {@link alphaDropoutDef}, resolved. */
export interface DropoutConfig extends RateConfig {
  /** Shape of the pattern, null where the input's; an axis of 1 is dropped or kept as a whole. */
  readonly noiseShape: readonly (number | null)[] | null;
}
/** Options of the spatial dropouts, resolved. */
export interface SpatialDropoutConfig extends RateConfig {
  /** Where the channels stand: after the sizes, or before them. */
  readonly dataFormat: DataFormat;
}

const rateField = (): Field<number> => float({ min: 0, max: 1 });
const rateFields = (): Schema<RateConfig> => ({ rate: rateField(), seed: seedField() });
const dropoutFields = (): Schema<DropoutConfig> => ({
  ...rateFields(),
  noiseShape: nullable(list({
    of: nullable(int({ min: 1 })),
  })),
});
const fromKeras1 = {
  call: ["inputs", "training"],
  upgrade: (config: Record<string, unknown>) => renamed(config, { p: "rate" }),
};

type Size = number | { readonly axis: number };
const fullShape = (x: Value): Size[] =>
  shapeOf(x.type).map((d, axis) => (typeof d === "number" ? d : { axis }));

/** 1 where kept and 0 where dropped, of a shape that broadcasts to x. */
function keptShare(b: Builder, x: Value, sizes: readonly Size[], config: RateConfig): Value {
  const draw = uniformShaped(b, shapeVector(b, x, sizes), dtypeOf(x), config.seed);
  return cast(b, b.greaterOrEqual(draw, scalarLike(b, config.rate, x)), dtypeOf(x));
}
function drop(b: Builder, x: Value, sizes: readonly Size[], config: RateConfig): Value {
  if (config.rate >= 1) return b.mul(x, scalarLike(b, 0, x));
  const scale = scalarLike(b, 1 / (1 - config.rate), x);
  return b.mul(b.mul(x, scale), keptShare(b, x, sizes, config));
}
function noiseSizes(x: Value, noiseShape: DropoutConfig["noiseShape"]): readonly Size[] {
  return fullShape(x).map((size, i) => noiseShape?.[i] ?? size);
}

const dropoutDef: LayerDef<DropoutConfig, never> = {
  kind: "layer",
  name: "Dropout",
  mask: "pass",
  config: dropoutFields(),
  params: () => ({}),
  build({ b, config, inputs, training }) {
    const x = inputAt(inputs, 0);
    if (!training || config.rate === 0) return [x];
    return [drop(b, x, noiseSizes(x, config.noiseShape), config)];
  },
  keras: fromKeras1,
};
/** Sets a share of the inputs to 0 in training and scales the rest, so that sums stay (Srivastava et al. 2014). */
export const dropout: Factory<DropoutConfig, "rate"> = factory(dropoutDef);

const alphaDropoutDef: LayerDef<DropoutConfig, never> = {
  kind: "layer",
  name: "AlphaDropout",
  mask: "pass",
  config: dropoutFields(),
  params: () => ({}),
  build({ b, config, inputs, training }) {
    const x = inputAt(inputs, 0), { rate } = config;
    if (!training || rate === 0) return [x];
    const low = -1.6732632423543772 * 1.0507009873554805;
    const a = ((1 - rate) * (1 + rate * low * low)) ** -0.5, shift = -a * low * rate;
    const kept = keptShare(b, x, noiseSizes(x, config.noiseShape), config);
    const dropped = b.sub(scalarLike(b, 1, x), kept);
    const mixed = b.add(b.mul(x, kept), b.mul(dropped, scalarLike(b, low, x)));
    return [b.add(b.mul(mixed, scalarLike(b, a, x)), scalarLike(b, shift, x))];
  },
  keras: fromKeras1,
};
/** Dropout that keeps mean and variance, for SELU networks (Klambauer et al. 2017). */
export const alphaDropout: Factory<DropoutConfig, "rate"> = factory(alphaDropoutDef);

function spatial(rank: number): LayerDef<SpatialDropoutConfig, never> {
  return {
    kind: "layer",
    name: `SpatialDropout${rank}D`,
    mask: "pass",
    config: { ...rateFields(), dataFormat: dataFormatField() },
    params: () => ({}),
    build({ b, config, inputs, training }) {
      const x = inputAt(inputs, 0);
      if (!training || config.rate === 0) return [x];
      const channels = config.dataFormat === "channels_first" ? 1 : rank + 1;
      return [drop(b, x, fullShape(x).map((s, i) => (i === 0 || i === channels ? s : 1)), config)];
    },
    keras: {
      ignore: ["noise_shape"],
      ...fromKeras1,
      save: (fields, major) => ({
        config: {
          ...(rank === 1 ? withoutFields(fields, { data_format: "channels_last" }) : fields),
          // Keras 3's class takes none.
          ...(major === 3 && { trainable: undefined }),
        },
      }),
    },
  };
}
const spatialDropout1dDef: LayerDef<SpatialDropoutConfig, never> = spatial(1);
/** Drops whole channels of `[batch, time, channels]`. */
export const spatialDropout1d: Factory<SpatialDropoutConfig, "rate"> = factory(spatialDropout1dDef);
const spatialDropout2dDef: LayerDef<SpatialDropoutConfig, never> = spatial(2);
/** Drops whole channels of `[batch, height, width, channels]`. */
export const spatialDropout2d: Factory<SpatialDropoutConfig, "rate"> = factory(spatialDropout2dDef);
const spatialDropout3dDef: LayerDef<SpatialDropoutConfig, never> = spatial(3);
/** Drops whole channels of `[batch, depth, height, width, channels]`. */
export const spatialDropout3d: Factory<SpatialDropoutConfig, "rate"> = factory(spatialDropout3dDef);

const gaussianDropoutDef: LayerDef<RateConfig, never> = {
  kind: "layer",
  name: "GaussianDropout",
  mask: "pass",
  config: rateFields(),
  params: () => ({}),
  build({ b, config, inputs, training }) {
    const x = inputAt(inputs, 0), { rate } = config;
    if (!training || rate === 0) return [x];
    const noise = normalLike(b, x, 1, Math.sqrt(rate / (1 - rate)), config.seed);
    return [b.mul(x, noise)];
  },
  keras: fromKeras1,
};
/** Multiplies by normal noise of mean 1 in training. */
export const gaussianDropout: Factory<RateConfig, "rate"> = factory(gaussianDropoutDef);

/** Options of {@link gaussianNoiseDef}, resolved. */
export interface GaussianNoiseConfig {
  /** Standard deviation of the noise. */
  readonly stddev: number;
  /** Seed of its random numbers; the model's where null. */
  readonly seed: number | null;
}
const gaussianNoiseDef: LayerDef<GaussianNoiseConfig, never> = {
  kind: "layer",
  name: "GaussianNoise",
  mask: "pass",
  config: { stddev: float({ min: 0 }), seed: seedField() },
  params: () => ({}),
  build({ b, config, inputs, training }) {
    const x = inputAt(inputs, 0);
    if (!training || config.stddev === 0) return [x];
    return [b.add(x, normalLike(b, x, 0, config.stddev, config.seed))];
  },
  keras: { call: ["inputs", "training"], upgrade: (config) => renamed(config, { sigma: "stddev" }) },
};
/** Adds normal noise of mean 0 in training. */
export const gaussianNoise: Factory<GaussianNoiseConfig, "stddev"> = factory(gaussianNoiseDef);

/** Options of {@link activityRegularizationDef}, resolved. */
export interface ActivityRegularizationConfig {
  /** Factor of the sum of absolute values. */
  readonly l1: number;
  /** Factor of the sum of squares. */
  readonly l2: number;
  /** The penalty, as files hold it beside l1 and l2. */
  readonly activityRegularizer: Opaque;
}
const activityRegularizationDef: LayerDef<ActivityRegularizationConfig, never> = {
  kind: "layer",
  name: "ActivityRegularization",
  mask: "pass",
  config: {
    l1: number0(),
    l2: number0(),
    activityRegularizer: opaqueField(),
  },
  params: () => ({}),
  build: ({ inputs }: LayerContext<ActivityRegularizationConfig, never>) => [inputAt(inputs, 0)],
  keras: { save: ({ l1, l2 }) => ({ config: { l1, l2 } }) },
  activityPenalty: ({ l1, l2, activityRegularizer: given }) => given ?? { name: "l1l2", l1, l2 },
};
/** Leaves its input as it is; training adds l1·Σ|x| + l2·Σx² to the loss. */
export const activityRegularization: Factory<ActivityRegularizationConfig> = factory(
  activityRegularizationDef,
);
/** A factor from 0 that files may write as text or leave null. */
function number0(): Field<number> {
  return field<number>({
    default: 0,
    expects: "number >= 0",
    read: (raw) => (raw === null ? 0 : typeof raw === "number" && raw >= 0 ? raw : undefined),
  });
}
