/** Optimizers with Keras' meaning: what a step makes of a weight, its gradient and its slots. @module */
import type { Value } from "../../../core/graph/graph.ts";
import { bool, float } from "../../../core/values/schema.ts";
import type { OptimizerConfig, OptimizerDef } from "../../../core/training/contract.ts";
import { isEarly, type PartFactory, partFactory } from "../../../core/training/parts.ts";
import {
  add,
  type Betas,
  betas,
  common,
  div,
  isOld,
  keras,
  kerasBetas,
  lazily,
  mixed,
  mul,
  parts,
  plus,
  remaining,
  sqrt,
  sub,
  times,
  towards,
} from "./optimizerkit.ts";

/** Options of {@link sgdDef}. */
export interface SgdConfig extends OptimizerConfig {
  /** Share of the last step that is added. */
  readonly momentum: number;
  /** Look ahead by the momentum (Sutskever et al. 2013). */
  readonly nesterov: boolean;
}
const sgdDef: OptimizerDef<SgdConfig> = {
  kind: "optimizer",
  name: "sgd",
  className: "SGD",
  config: {
    ...common(0.01),
    momentum: float({ default: 0, min: 0, max: 1 }),
    nesterov: bool({ default: false }),
  },
  parts,
  keras,
  slots: ({ momentum }) => (momentum > 0 ? [[{ name: "momentum" }]] : []),
  slotsOfKeras2: () => [[{ name: "momentum" }]],
  update(c) {
    const { momentum, nesterov } = c.config, change = mul(c, c.gradient, c.rate);
    if (momentum === 0) return sub(c, c.variable, change);
    const m = sub(c, times(c, c.slot("momentum"), momentum), change);
    c.setSlot("momentum", lazily(c, m, c.slot("momentum")));
    return lazily(c, add(c, c.variable, nesterov ? sub(c, times(c, m, momentum), change) : m), c.variable);
  },
};
/** Stochastic gradient descent: `sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true })`. */
export const sgd: PartFactory<OptimizerDef, SgdConfig> = partFactory<OptimizerDef>(sgdDef);

/** Options of {@link rmspropDef}. */
export interface RmspropConfig extends OptimizerConfig {
  /** Share of the old mean square that a step keeps. */
  readonly rho: number;
  /** Share of the last step that is added. */
  readonly momentum: number;
  /** Added to the mean square. */
  readonly epsilon: number;
  /** Divide by the deviation, not by the root mean square. */
  readonly centered: boolean;
}
const rmspropDef: OptimizerDef<RmspropConfig> = {
  kind: "optimizer",
  name: "rmsprop",
  className: "RMSprop",
  config: {
    ...common(0.001),
    rho: float({ default: 0.9 }),
    momentum: float({ default: 0 }),
    epsilon: float({ default: 1e-7 }),
    centered: bool({ default: false }),
  },
  parts,
  keras,
  slots: ({ momentum, centered }) => [
    [{ name: "velocity" }],
    ...(momentum > 0 ? [[{ name: "momentum" }]] : []),
    ...(centered ? [[{ name: "average_gradient" }]] : []),
  ],
  update(c) {
    const { rho, momentum, epsilon, centered } = c.config, g = c.gradient;
    const kept = (next: Value, slot: string) => momentum > 0 ? lazily(c, next, c.slot(slot)) : next;
    const velocity = mixed(c, c.slot("velocity"), c.squared(), rho);
    c.setSlot("velocity", kept(velocity, "velocity"));
    let square = velocity;
    if (centered) {
      const average = mixed(c, c.slot("average_gradient"), g, rho);
      c.setSlot("average_gradient", kept(average, "average_gradient"));
      square = sub(c, velocity, mul(c, average, average));
    }
    const outside = isOld(c.config) && momentum === 0;
    const root = outside ? plus(c, sqrt(c, square), epsilon) : sqrt(c, plus(c, square, epsilon));
    const change = div(c, mul(c, g, c.rate), root);
    if (momentum === 0) return sub(c, c.variable, change);
    const m = add(c, times(c, c.slot("momentum"), momentum), change);
    c.setSlot("momentum", lazily(c, m, c.slot("momentum")));
    return lazily(c, sub(c, c.variable, m), c.variable);
  },
};
/** RMSprop (Tieleman and Hinton 2012). */
export const rmsprop: PartFactory<OptimizerDef, RmspropConfig> = partFactory<OptimizerDef>(rmspropDef);

/** Options of {@link adamDef} and {@link adamWDef}. */
export interface AdamConfig extends OptimizerConfig, Betas {
  /** Divide by the largest mean square so far (Reddi et al. 2018). */
  readonly amsgrad: boolean;
}
const adamDef: OptimizerDef<AdamConfig> = {
  kind: "optimizer",
  name: "adam",
  config: {
    ...common(0.001),
    ...betas(),
    amsgrad: bool({ default: false }),
  },
  parts,
  keras: kerasBetas,
  slots: ({ amsgrad }) => [
    [{ name: "momentum" }, { name: "velocity" }],
    ...(amsgrad ? [[{ name: "velocity_hat" }]] : []),
  ],
  update(c) {
    const { beta1, beta2, epsilon, amsgrad } = c.config, g = c.gradient;
    const alpha = c.once("alpha", () => {
      const corrected = mul(c, c.rate, sqrt(c, remaining(c, beta2)));
      return div(c, corrected, remaining(c, beta1));
    });
    const m = towards(c, c.slot("momentum"), g, 1 - beta1);
    let v = towards(c, c.slot("velocity"), c.squared(), 1 - beta2);
    c.setSlot("momentum", m);
    c.setSlot("velocity", v);
    if (amsgrad) {
      v = c.b.max([c.slot("velocity_hat"), v]);
      c.setSlot("velocity_hat", v);
    }
    return sub(c, c.variable, div(c, mul(c, m, alpha), plus(c, sqrt(c, v), epsilon)));
  },
};
/** Adam (Kingma and Ba 2014): `adam({ learningRate: 1e-3, clipNorm: 1 })`. */
export const adam: PartFactory<OptimizerDef, AdamConfig> = partFactory<OptimizerDef>(adamDef);
const adamWDef: OptimizerDef<AdamConfig> = {
  ...adamDef,
  name: "adamW",
  config: { ...adamDef.config, ...common(0.001, 0.004) },
};
/** Adam with decoupled weight decay (Loshchilov and Hutter 2019). */
export const adamW: PartFactory<OptimizerDef, AdamConfig> = partFactory<OptimizerDef>(adamWDef);

/** Options of {@link adamaxDef}. */
export type BetaConfig = OptimizerConfig & Betas;
const adamaxDef: OptimizerDef<BetaConfig> = {
  kind: "optimizer",
  name: "adamax",
  config: { ...common(0.001), ...betas() },
  parts,
  keras: kerasBetas,
  slots: () => [[{ name: "momentum" }, { name: "norm" }]],
  update(c) {
    const { beta1, beta2, epsilon } = c.config, g = c.gradient;
    const m = towards(c, c.slot("momentum"), g, 1 - beta1);
    const norm = c.b.max([times(c, c.slot("norm"), beta2), c.magnitude()]);
    c.setSlot("momentum", lazily(c, m, c.slot("momentum")));
    c.setSlot("norm", lazily(c, norm, c.slot("norm")));
    const rate = c.once("rate", () => div(c, c.rate, remaining(c, beta1)));
    return lazily(c, sub(c, c.variable, div(c, mul(c, m, rate), plus(c, norm, epsilon))), c.variable);
  },
};
/** Adam by the largest magnitude (Kingma and Ba 2014, section 7). */
export const adamax: PartFactory<OptimizerDef, BetaConfig> = partFactory<OptimizerDef>(adamaxDef);

/** Options of {@link adagradDef}. */
export interface AdagradConfig extends OptimizerConfig {
  /** What the sums of squares begin with. */
  readonly initialAccumulatorValue: number;
  /** Added to the sums of squares. */
  readonly epsilon: number;
}
const adagradDef: OptimizerDef<AdagradConfig> = {
  kind: "optimizer",
  name: "adagrad",
  config: {
    ...common(0.001),
    initialAccumulatorValue: float({ default: 0.1, min: 0 }),
    epsilon: float({ default: 1e-7 }),
  },
  parts,
  keras: {
    ...keras,
    // Sums began with nothing at first.
    upgrade: (config) =>
      keras.upgrade?.(isEarly(config.era) ? { initial_accumulator_value: 0, ...config } : config) ?? config,
  },
  slots: ({ initialAccumulatorValue: initial }) => [[{ name: "accumulator", initial }]],
  update(c) {
    const g = c.gradient, sum = add(c, c.slot("accumulator"), c.squared());
    c.setSlot("accumulator", sum);
    const { epsilon } = c.config;
    const root = isOld(c.config) ? plus(c, sqrt(c, sum), epsilon) : sqrt(c, plus(c, sum, epsilon));
    return sub(c, c.variable, div(c, mul(c, g, c.rate), root));
  },
};
/** Adagrad (Duchi et al. 2011). */
export const adagrad: PartFactory<OptimizerDef, AdagradConfig> = partFactory<OptimizerDef>(adagradDef);

/** Options of {@link adadeltaDef}. */
export interface AdadeltaConfig extends OptimizerConfig {
  /** Share of the old mean squares that a step keeps. */
  readonly rho: number;
  /** Added to the mean squares. */
  readonly epsilon: number;
}
const adadeltaDef: OptimizerDef<AdadeltaConfig> = {
  kind: "optimizer",
  name: "adadelta",
  config: {
    ...common(0.001),
    rho: float({ default: 0.95 }),
    epsilon: float({ default: 1e-7 }),
  },
  parts,
  keras,
  slots: () => [[{ name: "accumulated_grad" }, { name: "accumulated_delta_var" }]],
  update(c) {
    const { rho, epsilon } = c.config, g = c.gradient;
    const rms = (x: Value) => sqrt(c, plus(c, x, epsilon));
    const squares = mixed(c, c.slot("accumulated_grad"), c.squared(), rho);
    const before = c.slot("accumulated_delta_var");
    const factor = div(c, rms(before), rms(squares)), change = mul(c, factor, g);
    const changes = mul(c, mul(c, factor, factor), c.squared());
    c.setSlot("accumulated_grad", lazily(c, squares, c.slot("accumulated_grad")));
    c.setSlot("accumulated_delta_var", lazily(c, mixed(c, before, changes, rho), before));
    return lazily(c, sub(c, c.variable, mul(c, change, c.rate)), c.variable);
  },
};
/** Adadelta (Zeiler 2012). */
export const adadelta: PartFactory<OptimizerDef, AdadeltaConfig> = partFactory<OptimizerDef>(adadeltaDef);

/** Options of {@link lionDef}. */
export interface LionConfig extends OptimizerConfig {
  /** Share of the mean in the step's direction. */
  readonly beta1: number;
  /** Share of the old mean that a step keeps. */
  readonly beta2: number;
}
const lionDef: OptimizerDef<LionConfig> = {
  kind: "optimizer",
  name: "lion",
  config: {
    ...common(0.001),
    beta1: float({ default: 0.9 }),
    beta2: float({ default: 0.99 }),
  },
  parts,
  keras: kerasBetas,
  slots: () => [[{ name: "momentum" }]],
  update(c) {
    const { beta1, beta2 } = c.config, g = c.gradient, m = c.slot("momentum");
    c.setSlot("momentum", mixed(c, m, g, beta2));
    return sub(c, c.variable, mul(c, c.b.sign(mixed(c, m, g, beta1)), c.rate));
  },
};
/** Lion: the sign of the mean gradient (Chen et al. 2023). */
export const lion: PartFactory<OptimizerDef, LionConfig> = partFactory<OptimizerDef>(lionDef);
