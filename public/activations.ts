/**
 * Activations, for `activation` and the like: each stands for itself, or is called with options. Their names as strings
 * do as well.
 *
 * ```ts
 * import { elu, tanh } from "@lapis/lapis/activations";
 * import { dense } from "@lapis/lapis/layers";
 * const layers = [dense({ units: 8, activation: tanh }), dense({ units: 8, activation: elu({ alpha: 0.5 }) })];
 * ```
 * @module
 */
import type { ActivationDef } from "../core/network/layer.ts";
import { type NamedFactory, namedFactory } from "../core/network/named.ts";
import * as hub from "../plugins/activations/hub.ts";
import * as piecewise from "../plugins/activations/piecewise.ts";
import * as smooth from "../plugins/activations/smooth.ts";

export type { NamedFactory, NamedSpec } from "../core/network/named.ts";

/** Continuously differentiable exponential linear unit. */
export const celu: NamedFactory<ActivationDef, { readonly alpha?: number }> = namedFactory(smooth.celu);
/** x where positive, else alpha · (eˣ − 1). */
export const elu: NamedFactory<ActivationDef, { readonly alpha?: number }> = namedFactory(smooth.elu);
/** eˣ. */
export const exponential: NamedFactory<ActivationDef> = namedFactory(smooth.exponential);
/** x · P(X ≤ x), X standard normal; by tanh where `approximate`. */
export const gelu: NamedFactory<ActivationDef, { readonly approximate?: boolean }> = namedFactory(
  smooth.gelu,
);
/** gelu by tanh, as KerasHub has it. */
export const geluByTanh: NamedFactory<ActivationDef> = namedFactory(hub.geluByTanh);
/** One half along the axis times the sigmoid of the other. */
export const glu: NamedFactory<ActivationDef, { readonly axis?: number }> = namedFactory(smooth.glu);
/** x where |x| is above the threshold, else 0. */
export const hardShrink: NamedFactory<ActivationDef, { readonly threshold?: number }> = namedFactory(
  piecewise.hardShrink,
);
/** clip(x / 6 + 0.5, 0, 1), as Keras 3 has it. */
export const hardSigmoid: NamedFactory<ActivationDef> = namedFactory(piecewise.hardSigmoid);
/** clip(0.2·x + 0.5, 0, 1), as Keras 1 and 2 have it. */
export const hardSigmoidKeras2: NamedFactory<ActivationDef> = namedFactory(piecewise.hardSigmoidKeras2);
/** x · hardSigmoid(x). */
export const hardSilu: NamedFactory<ActivationDef> = namedFactory(piecewise.hardSilu);
/** The same as {@link hardSilu}. */
export const hardSwish: NamedFactory<ActivationDef> = namedFactory(piecewise.hardSwish);
/** clip(x, −1, 1). */
export const hardTanh: NamedFactory<ActivationDef> = namedFactory(piecewise.hardTanh);
/** x where positive, else negativeSlope · x. */
export const leakyRelu: NamedFactory<ActivationDef, { readonly negativeSlope?: number }> = namedFactory(
  piecewise.leakyRelu,
);
/** x itself. */
export const linear: NamedFactory<ActivationDef> = namedFactory(piecewise.linear);
/** log sigmoid(x). */
export const logSigmoid: NamedFactory<ActivationDef> = namedFactory(smooth.logSigmoid);
/** Logarithm of softmax. */
export const logSoftmax: NamedFactory<ActivationDef, { readonly axis?: number }> = namedFactory(
  smooth.logSoftmax,
);
/** x · tanh(softplus(x)). */
export const mish: NamedFactory<ActivationDef> = namedFactory(smooth.mish);
/** max(x, 0), with an optional slope below a threshold, and a ceiling. */
export const relu: NamedFactory<
  ActivationDef,
  { readonly negativeSlope?: number; readonly maxValue?: number | null; readonly threshold?: number }
> = namedFactory(piecewise.relu);
/** max(x, 0), at most 6. */
export const relu6: NamedFactory<ActivationDef> = namedFactory(piecewise.relu6);
/** Scaled exponential linear unit (Klambauer et al. 2017). */
export const selu: NamedFactory<ActivationDef> = namedFactory(smooth.selu);
/** 1 / (1 + e⁻ˣ). */
export const sigmoid: NamedFactory<ActivationDef> = namedFactory(smooth.sigmoid);
/** x · sigmoid(x). */
export const silu: NamedFactory<ActivationDef> = namedFactory(smooth.silu);
/** x nearer to 0 by the threshold, 0 within it. */
export const softShrink: NamedFactory<ActivationDef, { readonly threshold?: number }> = namedFactory(
  piecewise.softShrink,
);
/** eˣ over its sum along the axis. */
export const softmax: NamedFactory<ActivationDef, { readonly axis?: number }> = namedFactory(smooth.softmax);
/** log(1 + eˣ). */
export const softplus: NamedFactory<ActivationDef> = namedFactory(smooth.softplus);
/** x / (1 + |x|). */
export const softsign: NamedFactory<ActivationDef> = namedFactory(smooth.softsign);
/** 0 below −1, x above 1, a parabola between. */
export const sparsePlus: NamedFactory<ActivationDef> = namedFactory(piecewise.sparsePlus);
/** clip((x + 1) / 2, 0, 1). */
export const sparseSigmoid: NamedFactory<ActivationDef> = namedFactory(piecewise.sparseSigmoid);
/** The nearest point of the simplex (Martins and Astudillo 2016). */
export const sparsemax: NamedFactory<ActivationDef, { readonly axis?: number }> = namedFactory(
  smooth.sparsemax,
);
/** (x + √(x² + b)) / 2. */
export const squareplus: NamedFactory<ActivationDef, { readonly b?: number }> = namedFactory(
  smooth.squareplus,
);
/** The same as {@link silu}. */
export const swish: NamedFactory<ActivationDef> = namedFactory(smooth.swish);
/** Hyperbolic tangent. */
export const tanh: NamedFactory<ActivationDef> = namedFactory(smooth.tanh);
/** x − tanh(x). */
export const tanhShrink: NamedFactory<ActivationDef> = namedFactory(piecewise.tanhShrink);
/** x above the threshold, else the default value. */
export const threshold: NamedFactory<
  ActivationDef,
  { readonly threshold?: number; readonly defaultValue?: number }
> = namedFactory(piecewise.threshold);
