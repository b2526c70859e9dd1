/** BatchNormalization: over the batch in training, by moving statistics after it. @module */
import { type Factory, factory } from "../../../core/network/factory.ts";
import { UnsupportedError } from "../../../core/values/errors.ts";
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import type { InitializerSpec, LayerDef } from "../../../core/network/layer.ts";
import {
  asFloat,
  cast,
  dtypeOf,
  inputAt,
  maskLike,
  maskOf,
  paramAt,
  range,
  scalarLike,
  shapeOf,
  sizeAt,
  transpose,
  weight,
} from "../../../core/ops/words.ts";
import { initializerField, type Opaque, opaqueField } from "../shared/fields.ts";
import { bool, type Field, field, float } from "../../../core/values/schema.ts";
import { normalAxis } from "../../../core/values/shape.ts";
import { tensor } from "../../../core/values/tensor.ts";
import { renamed } from "../shared/spelled.ts";

/** Options of {@link batchNormalizationDef}, resolved. */
export interface BatchNormalizationConfig {
  /** The axis of the features. */
  readonly axis: number;
  /** Share of the old statistics that a step keeps. */
  readonly momentum: number;
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
  /** Fills the moving mean. */
  readonly movingMeanInitializer: InitializerSpec;
  /** Fills the moving variance. */
  readonly movingVarianceInitializer: InitializerSpec;
  /** Penalty on beta. */
  readonly betaRegularizer: Opaque;
  /** Penalty on gamma. */
  readonly gammaRegularizer: Opaque;
  /** Bound on beta. */
  readonly betaConstraint: Opaque;
  /** Bound on gamma. */
  readonly gammaConstraint: Opaque;
}
type Param = "gamma" | "beta" | "movingMean" | "movingVariance";

/** An axis that Keras 2 writes as a list of one. */
function axisField(): Field<number> {
  return field<number>({
    default: -1,
    expects: "an axis",
    read(raw) {
      const one: unknown = Array.isArray(raw) && raw.length === 1 ? raw[0] : raw;
      return typeof one === "number" && Number.isSafeInteger(one) ? one : undefined;
    },
  });
}

/** Mean and variance over all axes but one, of the elements that aren't masked; both `[features]`. */
function moments(b: Builder, x: Value, axis: number, mask: Value | undefined): readonly [Value, Value] {
  const rank = shapeOf(x.type).length, over = b.ints(range(0, rank).filter((a) => a !== axis));
  const keep = { keepdims: true };
  const squeezed = (v: Value) => b.squeeze(v, over);
  const square = (v: Value) => b.mul(v, v);
  if (!mask) {
    const mean = b.reduceMean(x, over, keep);
    const variance = b.reduceMean(square(b.sub(x, mean)), over, keep);
    return [squeezed(mean), squeezed(variance)];
  }
  const rows = maskLike(b, mask, x), zero = scalarLike(b, 0, x);
  const ones = b.expand(cast(b, rows, dtypeOf(x)), b.shape(x));
  // Keras adds its epsilon to the count, so that nothing divides by zero.
  const count = b.add(b.reduceSum(ones, over, keep), scalarLike(b, 1e-7, x));
  const share = (v: Value) => b.div(b.reduceSum(b.where(rows, v, zero), over, keep), count);
  const mean = share(x);
  return [squeezed(mean), squeezed(share(square(b.sub(x, mean))))];
}

const batchNormalizationDef: LayerDef<BatchNormalizationConfig, Param> = {
  kind: "layer",
  name: "BatchNormalization",
  mask: "pass",
  config: {
    axis: axisField(),
    momentum: float({ default: 0.99 }),
    epsilon: float({ default: 1e-3 }),
    center: bool({ default: true }),
    scale: bool({ default: true }),
    betaInitializer: initializerField({ default: "zeros" }),
    gammaInitializer: initializerField({ default: "ones" }),
    movingMeanInitializer: initializerField({ default: "zeros" }),
    movingVarianceInitializer: initializerField({ default: "ones" }),
    betaRegularizer: opaqueField(),
    gammaRegularizer: opaqueField(),
    betaConstraint: opaqueField(),
    gammaConstraint: opaqueField(),
  },
  params(config, [x]) {
    const shape = [sizeAt(x, config.axis)];
    return {
      ...(config.scale && { gamma: weight(shape, config.gammaInitializer) }),
      ...(config.center && { beta: weight(shape, config.betaInitializer) }),
      movingMean: weight(shape, config.movingMeanInitializer, { role: "statistic" }),
      movingVariance: weight(shape, config.movingVarianceInitializer, { role: "statistic" }),
    };
  },
  build(context) {
    const { b, config, inputs, params, training, trainable = true, call } = context;
    const x = asFloat(b, inputAt(inputs, 0)), rank = shapeOf(x.type).length;
    const axis = normalAxis(config.axis, rank), features = sizeAt(x.type, axis);
    let mean = paramAt(params, "movingMean"), variance = paramAt(params, "movingVariance");
    if (training && trainable) {
      const [batchMean, batchVariance] = moments(b, x, axis, maskOf(inputs, call));
      const kept = scalarLike(b, config.momentum, x), taken = scalarLike(b, 1 - config.momentum, x);
      const moved = (old: Value, now: Value) => b.add(b.mul(old, kept), b.mul(now, taken));
      context.update("movingMean", moved(mean, batchMean));
      context.update("movingVariance", moved(variance, batchVariance));
      [mean, variance] = [batchMean, batchVariance];
    }
    const fixed = (value: number) =>
      b.constant(tensor(new Array<number>(features).fill(value), [features], dtypeOf(x)));
    const gamma = config.scale ? paramAt(params, "gamma") : fixed(1);
    const beta = config.center ? paramAt(params, "beta") : fixed(0);
    if (!training || !trainable) {
      const perm = rank < 3 || axis === 1
        ? range(0, rank)
        : [0, axis, ...range(1, rank).filter((a) => a !== axis)];
      const back = range(0, rank).map((a) => perm.indexOf(a));
      const y = b.batchNormalization(transpose(b, x, perm), gamma, beta, mean, variance, {
        epsilon: config.epsilon,
      }, { outputs: 1 })[0];
      return [transpose(b, y, back)];
    }
    const beside = (v: Value) => b.reshape(v, b.ints(range(0, rank).map((a) => (a === axis ? features : 1))));
    const deviation = b.sqrt(b.add(variance, scalarLike(b, config.epsilon, x)));
    const factor = b.div(gamma, deviation);
    const centred = b.sub(x, beside(mean));
    return [b.add(b.mul(centred, beside(factor)), beside(beta))];
  },
  keras: {
    call: ["inputs", "training", "mask"],
    classNames: [
      "BatchNormalization",
      "BatchNormalizationV1",
      "BatchNormalizationV2",
      "SyncBatchNormalization",
    ],
    ignore: [
      "renorm_clipping",
      "renorm_momentum",
      "synchronized",
      "fused",
      "adjustment",
    ],
    upgrade(config) {
      if (typeof config.virtual_batch_size === "number") {
        throw new UnsupportedError("virtual_batch_size: statistics of parts of a batch are not supported");
      }
      if (config.renorm === true) {
        throw new UnsupportedError("renorm: batch renormalization is not supported");
      }
      if (config.mode !== undefined && config.mode !== 0) {
        throw new UnsupportedError(`mode: only 0, by features, is supported, got ${config.mode}`);
      }
      return renamed(config, {
        beta_init: "beta_initializer",
        gamma_init: "gamma_initializer",
      }, ["mode", "renorm", "input_dim", "virtual_batch_size"]);
    },
  },
};
/** Each feature to mean β and deviation γ (Ioffe and Szegedy 2015), shape unchanged; a frozen layer is in inference. */
export const batchNormalization: Factory<BatchNormalizationConfig> = factory(batchNormalizationDef);
