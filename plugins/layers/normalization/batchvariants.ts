/** BatchNormalization with `renorm`, or over several axes: run with their moving statistics, not trained. @module */
import { UnsupportedError } from "../../../core/values/errors.ts";
import type { InitializerSpec, LayerDef } from "../../../core/network/layer.ts";
import {
  asFloat,
  inputAt,
  paramAt,
  range,
  scalarLike,
  shapeOf,
  sizeAt,
  sortedAxes,
  weight,
} from "../../../core/ops/words.ts";
import { type Opaque, opaqueField } from "../shared/fields.ts";
import { initializerField } from "../shared/fields.ts";
import { axesField } from "../../../core/values/schema.ts";
import { bool, float } from "../../../core/values/schema.ts";
import type { Type } from "../../../core/values/shape.ts";

/** Options of {@link batchVariantsDef}, resolved. */
export interface BatchVariantsConfig {
  /** The axes of the features. */
  readonly axis: number | readonly number[];
  /** Share of the old statistics that a step of Keras keeps. */
  readonly momentum: number;
  /** Added to the variance. */
  readonly epsilon: number;
  /** Add β. */
  readonly center: boolean;
  /** Multiply by γ. */
  readonly scale: boolean;
  /** Keras corrects a batch's statistics towards the moving ones in training (Ioffe 2017). */
  readonly renorm: boolean;
  /** Bounds of the correction. */
  readonly renormClipping: Opaque;
  /** Share of the old corrections that a step of Keras keeps. */
  readonly renormMomentum: number;
  /** Fills β. */
  readonly betaInitializer: InitializerSpec;
  /** Fills γ. */
  readonly gammaInitializer: InitializerSpec;
  /** Fills the moving mean. */
  readonly movingMeanInitializer: InitializerSpec;
  /** Fills the moving variance. */
  readonly movingVarianceInitializer: InitializerSpec;
}
type Param =
  | "gamma"
  | "beta"
  | "movingMean"
  | "movingVariance"
  | "movingStddev"
  | "renormMean"
  | "renormStddev";

/** Sizes of a weight: the features, or where they stand on several axes all axes, 1 for the others. */
function sizesOf({ axis }: BatchVariantsConfig, x: Type | undefined): readonly number[] {
  const rank = shapeOf(x).length, axes = sortedAxes(axis, rank), [only] = axes;
  if (axes.length === 1 && only !== undefined) return [sizeAt(x, only)];
  return range(0, rank).map((a) => (axes.includes(a) ? sizeAt(x, a) : 1));
}
/** Each feature to mean β and deviation γ by its moving statistics, shape unchanged. */
export const batchVariantsDef: LayerDef<BatchVariantsConfig, Param> = {
  kind: "layer",
  name: "BatchNormalizationVariant",
  mask: "pass",
  config: {
    axis: axesField({ default: -1 }),
    momentum: float({ default: 0.99 }),
    epsilon: float({ default: 1e-3 }),
    center: bool({ default: true }),
    scale: bool({ default: true }),
    renorm: bool({ default: false }),
    renormClipping: opaqueField(),
    renormMomentum: float({ default: 0.99 }),
    betaInitializer: initializerField({ default: "zeros" }),
    gammaInitializer: initializerField({ default: "ones" }),
    movingMeanInitializer: initializerField({ default: "zeros" }),
    movingVarianceInitializer: initializerField({ default: "ones" }),
  },
  params(config, [x]) {
    const shape = sizesOf(config, x), statistic = { role: "statistic" } as const;
    return {
      ...(config.scale && { gamma: weight(shape, config.gammaInitializer) }),
      ...(config.center && { beta: weight(shape, config.betaInitializer) }),
      movingMean: weight(shape, config.movingMeanInitializer, statistic),
      movingVariance: weight(shape, config.movingVarianceInitializer, statistic),
      ...(config.renorm && {
        movingStddev: weight(shape, config.movingVarianceInitializer, statistic),
        renormMean: weight(shape, config.movingMeanInitializer, statistic),
        renormStddev: weight(shape, config.movingVarianceInitializer, statistic),
      }),
    };
  },
  build({ b, config, inputs, params, training, trainable }) {
    if (training && trainable) {
      throw new UnsupportedError("renorm and several axes are run, not trained: freeze the layer");
    }
    const x = asFloat(b, inputAt(inputs, 0)), axes = sortedAxes(config.axis, shapeOf(x.type).length);
    const sizes = range(0, shapeOf(x.type).length).map((a) => (axes.includes(a) ? sizeAt(x.type, a) : 1));
    const beside = (name: Param) => b.reshape(paramAt(params, name), b.ints(sizes));
    const epsilon = scalarLike(b, config.epsilon, x);
    const deviation = b.sqrt(b.add(beside("movingVariance"), epsilon));
    let y = b.div(b.sub(x, beside("movingMean")), deviation);
    if (config.scale) y = b.mul(y, beside("gamma"));
    if (config.center) y = b.add(y, beside("beta"));
    return [y];
  },
  keras: {
    classNames: [
      "BatchNormalizationVariant",
      "BatchNormalization",
      "BatchNormalizationV1",
      "BatchNormalizationV2",
    ],
    takes: ({ renorm, axis }) => renorm === true || Array.isArray(axis) && axis.length > 1,
    ignore: [
      ...["gamma_regularizer", "beta_regularizer", "gamma_constraint", "beta_constraint"],
      ...["synchronized", "fused", "virtual_batch_size", "adjustment"],
    ],
    save({ axis, ...fields }, major) {
      const list = [axis].flat();
      if (major === 2) return { className: "BatchNormalization", config: { ...fields, axis: list } };
      if (list.length > 1) throw new UnsupportedError("axis: Keras 3 normalizes one axis, got several");
      return { className: "BatchNormalization", config: { ...fields, axis: list[0] } };
    },
  },
};
