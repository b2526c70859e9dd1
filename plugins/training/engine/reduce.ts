/** How losses become one number: masks, weights of samples, and Keras' reductions. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import { ShapeError } from "../../../core/values/errors.ts";
import type { Value } from "../../../core/graph/graph.ts";
import { cast, dtypeOf, scalarLike, shapeOf } from "../../../core/ops/words.ts";
import { typeText } from "../../../core/values/shape.ts";
import type { Reduction } from "../../../core/training/contract.ts";

const whole = { keepdims: false };
/** The value with axes of 1 behind its own, or without its last axes of 1, to stand against `like`. */
export function besideValues(b: Builder, x: Value, like: Value): Value {
  const own = shapeOf(x.type), wanted = shapeOf(like.type);
  if (own.length < wanted.length) {
    const axes = Array.from({ length: wanted.length - own.length }, (_, i) => own.length + i);
    return b.unsqueeze(x, b.ints(axes));
  }
  const extra = own.length - wanted.length;
  if (extra > 0 && own.slice(-extra).every((d) => d === 1)) {
    return b.squeeze(x, b.ints(Array.from({ length: extra }, (_, i) => wanted.length + i)));
  }
  return x;
}

/**
 * What a mean of losses is over: what the mask leaves (Keras 3, and TensorFlow's Keras since 2.12), everything
 * (TensorFlow's before), or what the mask and weights of 0 leave (Keras up to 2.3).
 */
export type MeanOver = "kept" | "everything" | "weighted";

/**
 * One number from losses by sample, as Keras' `reduce_weighted_values`: what a mask leaves out counts neither above nor
 * below the fraction bar, weights of samples count above it only (but for `mean_with_sample_weight`).
 */
export function reduceLoss(
  b: Builder,
  values: Value,
  reduction: Reduction,
  mask: Value | undefined,
  weights: Value | undefined,
  meanOver: MeanOver = "kept",
): Value {
  const averaged = reduction === "sum_over_batch_size" || reduction === "mean";
  const kept = mask && besideValues(b, cast(b, mask, dtypeOf(values)), values);
  if (kept && shapeOf(kept.type).length > shapeOf(values.type).length) {
    throw new ShapeError(
      `the loss is ${typeText(values.type)}, one number for many steps: the output's mask ${
        typeText(kept.type)
      } has no place in it; compute the output without a mask`,
    );
  }
  let sum = values, factors: Value | undefined;
  for (const factor of [kept, weights && besideValues(b, weights, values)]) {
    if (!factor) continue;
    sum = b.mul(sum, factor);
    factors = factors ? b.mul(factors, factor) : factor;
  }
  if (averaged) {
    const mean = b.reduceMean(sum, whole);
    const over = (x: Value, counted: Value | undefined) => {
      if (!counted) return x;
      const share = b.reduceMean(counted, whole);
      return b.div(x, b.max([share, scalarLike(b, 1e-12, share)]));
    };
    if (meanOver === "everything") return mean;
    const unweighted = meanOver === "weighted" && weights
      ? cast(b, b.not(b.equal(weights, scalarLike(b, 0, weights))), dtypeOf(values))
      : undefined;
    return over(over(mean, kept), unweighted);
  }
  if (reduction === "mean_with_sample_weight") {
    if (!factors) return b.reduceMean(sum, whole);
    const total = b.reduceSum(b.expand(factors, b.shape(values)), whole);
    return b.div(b.reduceSum(sum, whole), b.max([total, scalarLike(b, 1e-12, total)]));
  }
  return b.reduceSum(sum, whole);
}
