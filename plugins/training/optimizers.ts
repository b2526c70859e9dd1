/** Optimizers with Keras 3's meaning: what a step makes of a weight, its gradient and its slots. @module */
import type { Builder } from "../../core/builder.ts";
import { ConfigError, shown } from "../../core/errors.ts";
import type { Value } from "../../core/graph.ts";
import { scalarLike } from "../../core/layerkit.ts";
import { bool, type Field, float, int, list, nullable, type Schema, text } from "../../core/schema.ts";
import type {
  OptimizerConfig,
  OptimizerDef,
  Part,
  ScheduleDef,
  UpdateContext,
} from "../../core/training/contract.ts";
import { type PartFactory, partFactory } from "../../core/training/parts.ts";

const isRecord = (raw: unknown): boolean => typeof raw === "object" && raw !== null;
/** A rate, or a schedule of it; the trainer looks a schedule's name up. */
function rateField(value: number): Field<number | Part<ScheduleDef>> {
  return {
    doc: "the rate, or a schedule of it",
    expects: "number >= 0, or a schedule",
    required: false,
    default: value,
    parse(raw, path) {
      if (typeof raw === "number" && raw >= 0) return raw;
      if (isRecord(raw)) return raw as Part<ScheduleDef>;
      throw new ConfigError(`${path}: expected a number >= 0 or a schedule, got ${shown(raw)}`, {
        place: path,
      });
    },
  };
}
const limit = (doc: string) => nullable(float({ doc, min: 0 }));
const steps = (doc: string) => nullable(int({ doc, min: 1 }));
/** Fields that every optimizer has. */
function common(rate: number, decay: number | null = null): Schema<OptimizerConfig> {
  return {
    learningRate: rateField(rate),
    weightDecay: { ...limit("share of a weight that a step takes away, times the rate"), default: decay },
    excludeFromWeightDecay: list({
      doc: "weights whose path holds one of these words don't decay",
      of: text({ doc: "part of a path" }),
      default: [],
    }),
    clipNorm: limit("largest norm of each gradient"),
    globalClipNorm: limit("largest norm of all gradients together"),
    clipValue: limit("largest magnitude of a gradient's elements"),
    useEma: bool({ doc: "keep a moving average of the weights", default: false }),
    emaMomentum: float({ doc: "share of the old average that a step keeps", default: 0.99, min: 0, max: 1 }),
    emaOverwriteFrequency: steps("steps after which the weights become their average"),
    gradientAccumulationSteps: steps("steps whose gradients are averaged for one update"),
  };
}
const fields: Readonly<Record<string, string>> = {
  clipNorm: "clipnorm",
  globalClipNorm: "global_clipnorm",
  clipValue: "clipvalue",
};
/** Keras' names; what older files say in other words. */
const keras = {
  fields,
  ignore: ["loss_scale_factor", "exclude_from_weight_decay"],
  upgrade(config: Record<string, unknown>): Record<string, unknown> {
    const { lr, decay, ...rest } = config;
    const rate = rest.learning_rate ?? lr;
    const decays = typeof decay === "number" && decay > 0;
    const schedule = decays && typeof rate === "number"
      ? {
        class_name: "InverseTimeDecay",
        config: { initial_learning_rate: rate, decay_steps: 1, decay_rate: decay },
      }
      : rate;
    const noDecay = rest.weight_decay === false ? { weight_decay: null } : {};
    return { ...rest, ...noDecay, ...(schedule !== undefined && { learning_rate: schedule }) };
  },
};
const kerasBetas = { ...keras, fields: { ...fields, beta1: "beta_1", beta2: "beta_2" } };
const parts = { learningRate: "schedule" } as const;

type Context = Pick<UpdateContext<unknown>, "b">;
const add = ({ b }: Context, x: Value, y: Value) => b.one("Add", [x, y]);
const sub = ({ b }: Context, x: Value, y: Value) => b.one("Sub", [x, y]);
const mul = ({ b }: Context, x: Value, y: Value) => b.one("Mul", [x, y]);
const div = ({ b }: Context, x: Value, y: Value) => b.one("Div", [x, y]);
const sqrt = ({ b }: Context, x: Value) => b.one("Sqrt", [x]);
const times = ({ b }: Context, x: Value, n: number) => b.one("Mul", [x, scalarLike(b, n, x)]);
const plus = ({ b }: Context, x: Value, n: number) => b.one("Add", [x, scalarLike(b, n, x)]);
/** old + (now − old) · share */
const towards = (c: Context, old: Value, now: Value, share: number) =>
  add(c, old, times(c, sub(c, now, old), share));
/** old · kept + now · (1 − kept) */
const mixed = (c: Context, old: Value, now: Value, kept: number) =>
  add(c, times(c, old, kept), times(c, now, 1 - kept));
/** base^exponent of float32 scalars. */
const powered = (b: Builder, base: number, exponent: Value) => b.one("Pow", [b.scalar(base), exponent]);
/** 1 − base^step, made once for all weights. */
const remaining = (c: UpdateContext<unknown>, base: number) =>
  c.once(`1-${base}^step`, () => c.b.one("Sub", [c.b.scalar(1), powered(c.b, base, c.step)]));

/** Options of {@link sgdDef}. */
export interface SgdConfig extends OptimizerConfig {
  /** Share of the last step that is added. */
  readonly momentum: number;
  /** Look ahead by the momentum (Sutskever et al. 2013). */
  readonly nesterov: boolean;
}
/** Stochastic gradient descent. */
export const sgdDef: OptimizerDef<SgdConfig> = {
  kind: "optimizer",
  name: "sgd",
  className: "SGD",
  summary: "stochastic gradient descent, with momentum",
  config: {
    ...common(0.01),
    momentum: float({ doc: "share of the last step that is added", default: 0, min: 0, max: 1 }),
    nesterov: bool({ doc: "look ahead by the momentum", default: false }),
  },
  parts,
  keras,
  slots: ({ momentum }) => (momentum > 0 ? [[{ name: "momentum" }]] : []),
  slotsOfKeras2: () => [[{ name: "momentum" }]],
  update(c) {
    const { momentum, nesterov } = c.config, change = mul(c, c.gradient, c.rate);
    if (momentum === 0) return sub(c, c.variable, change);
    const m = sub(c, times(c, c.slot("momentum"), momentum), change);
    c.setSlot("momentum", m);
    return add(c, c.variable, nesterov ? sub(c, times(c, m, momentum), change) : m);
  },
};

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
/** RMSprop (Tieleman and Hinton 2012). */
export const rmspropDef: OptimizerDef<RmspropConfig> = {
  kind: "optimizer",
  name: "rmsprop",
  className: "RMSprop",
  summary: "steps over the root mean square of gradients",
  config: {
    ...common(0.001),
    rho: float({ doc: "share of the old mean square that a step keeps", default: 0.9 }),
    momentum: float({ doc: "share of the last step that is added", default: 0 }),
    epsilon: float({ doc: "added to the mean square", default: 1e-7 }),
    centered: bool({ doc: "divide by the deviation", default: false }),
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
    const velocity = mixed(c, c.slot("velocity"), c.squared(), rho);
    c.setSlot("velocity", velocity);
    let square = velocity;
    if (centered) {
      const average = mixed(c, c.slot("average_gradient"), g, rho);
      c.setSlot("average_gradient", average);
      square = sub(c, velocity, mul(c, average, average));
    }
    const change = div(c, mul(c, g, c.rate), sqrt(c, plus(c, square, epsilon)));
    if (momentum === 0) return sub(c, c.variable, change);
    const m = add(c, times(c, c.slot("momentum"), momentum), change);
    c.setSlot("momentum", m);
    return sub(c, c.variable, m);
  },
};

/** Options of {@link adamDef} and {@link adamWDef}. */
export interface AdamConfig extends OptimizerConfig {
  /** Share of the old mean that a step keeps. */
  readonly beta1: number;
  /** Share of the old mean square that a step keeps. */
  readonly beta2: number;
  /** Added to the root mean square. */
  readonly epsilon: number;
  /** Divide by the largest mean square so far (Reddi et al. 2018). */
  readonly amsgrad: boolean;
}
const betas = (epsilon = 1e-7, beta2 = 0.999) => ({
  beta1: float({ doc: "share of the old mean that a step keeps", default: 0.9 }),
  beta2: float({ doc: "share of the old mean square that a step keeps", default: beta2 }),
  epsilon: float({ doc: "added to the root mean square", default: epsilon }),
});
/** Adam (Kingma and Ba 2014). */
export const adamDef: OptimizerDef<AdamConfig> = {
  kind: "optimizer",
  name: "adam",
  summary: "steps of the mean gradient over its root mean square",
  config: {
    ...common(0.001),
    ...betas(),
    amsgrad: bool({ doc: "divide by the largest mean square so far", default: false }),
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
      v = c.b.one("Max", [c.slot("velocity_hat"), v]);
      c.setSlot("velocity_hat", v);
    }
    return sub(c, c.variable, div(c, mul(c, m, alpha), plus(c, sqrt(c, v), epsilon)));
  },
};
/** Adam with decoupled weight decay (Loshchilov and Hutter 2019). */
export const adamWDef: OptimizerDef<AdamConfig> = {
  ...adamDef,
  name: "adamW",
  summary: "Adam with weight decay of its own",
  config: { ...adamDef.config, ...common(0.001, 0.004) },
};

/** Options of {@link nadamDef} and {@link adamaxDef}. */
export interface BetaConfig extends OptimizerConfig {
  /** Share of the old mean that a step keeps. */
  readonly beta1: number;
  /** Share of the old mean square (or largest magnitude) that a step keeps. */
  readonly beta2: number;
  /** Added to what a step is divided by. */
  readonly epsilon: number;
}
/** Adam with Nesterov's momentum (Dozat 2016). */
export const nadamDef: OptimizerDef<BetaConfig> = {
  kind: "optimizer",
  name: "nadam",
  summary: "Adam with Nesterov's momentum",
  config: { ...common(0.001), ...betas() },
  parts,
  keras: kerasBetas,
  slots: () => [[{ name: "momentum" }, { name: "velocity" }]],
  shared: [{ name: "u_product", initial: 1 }],
  update(c) {
    const { beta1, beta2, epsilon } = c.config, { b, gradient: g } = c, one = b.scalar(1);
    const schedule = (step: Value) =>
      times(c, b.one("Sub", [one, times(c, powered(b, 0.96, step), 0.5)]), beta1);
    const now = c.once("u", () => schedule(c.step));
    const next = c.once("uNext", () => schedule(plus(c, c.step, 1)));
    const product = c.once("uProduct", () => {
      const made = mul(c, c.shared("u_product"), now);
      c.setShared("u_product", made);
      return made;
    });
    const ofMean = c.once("ofMean", () => div(c, next, sub(c, one, mul(c, product, next))));
    const ofGradient = c.once("ofGradient", () => div(c, sub(c, one, now), sub(c, one, product)));
    const m = towards(c, c.slot("momentum"), g, 1 - beta1);
    const v = towards(c, c.slot("velocity"), c.squared(), 1 - beta2);
    c.setSlot("momentum", m);
    c.setSlot("velocity", v);
    const mean = add(c, mul(c, m, ofMean), mul(c, g, ofGradient));
    const root = plus(c, sqrt(c, div(c, v, remaining(c, beta2))), epsilon);
    return sub(c, c.variable, div(c, mul(c, mean, c.rate), root));
  },
};
/** Adam by the largest magnitude (Kingma and Ba 2014, section 7). */
export const adamaxDef: OptimizerDef<BetaConfig> = {
  kind: "optimizer",
  name: "adamax",
  summary: "Adam by the largest magnitude",
  config: { ...common(0.001), ...betas() },
  parts,
  keras: kerasBetas,
  slots: () => [[{ name: "momentum" }, { name: "norm" }]],
  update(c) {
    const { beta1, beta2, epsilon } = c.config, g = c.gradient;
    const m = towards(c, c.slot("momentum"), g, 1 - beta1);
    const norm = c.b.one("Max", [times(c, c.slot("norm"), beta2), c.magnitude()]);
    c.setSlot("momentum", m);
    c.setSlot("norm", norm);
    const rate = c.once("rate", () => div(c, c.rate, remaining(c, beta1)));
    return sub(c, c.variable, div(c, mul(c, m, rate), plus(c, norm, epsilon)));
  },
};

/** Options of {@link adagradDef}. */
export interface AdagradConfig extends OptimizerConfig {
  /** What the sums of squares begin with. */
  readonly initialAccumulatorValue: number;
  /** Added to the sums of squares. */
  readonly epsilon: number;
}
/** Adagrad (Duchi et al. 2011). */
export const adagradDef: OptimizerDef<AdagradConfig> = {
  kind: "optimizer",
  name: "adagrad",
  summary: "steps over the root of all squared gradients",
  config: {
    ...common(0.001),
    initialAccumulatorValue: float({ doc: "what the sums of squares begin with", default: 0.1, min: 0 }),
    epsilon: float({ doc: "added to the sums of squares", default: 1e-7 }),
  },
  parts,
  keras,
  slots: ({ initialAccumulatorValue: initial }) => [[{ name: "accumulator", initial }]],
  update(c) {
    const g = c.gradient, sum = add(c, c.slot("accumulator"), c.squared());
    c.setSlot("accumulator", sum);
    return sub(c, c.variable, div(c, mul(c, g, c.rate), sqrt(c, plus(c, sum, c.config.epsilon))));
  },
};

/** Options of {@link adadeltaDef}. */
export interface AdadeltaConfig extends OptimizerConfig {
  /** Share of the old mean squares that a step keeps. */
  readonly rho: number;
  /** Added to the mean squares. */
  readonly epsilon: number;
}
/** Adadelta (Zeiler 2012). */
export const adadeltaDef: OptimizerDef<AdadeltaConfig> = {
  kind: "optimizer",
  name: "adadelta",
  summary: "steps in the units of earlier steps",
  config: {
    ...common(0.001),
    rho: float({ doc: "share of the old mean squares that a step keeps", default: 0.95 }),
    epsilon: float({ doc: "added to the mean squares", default: 1e-7 }),
  },
  parts,
  keras,
  slots: () => [[{ name: "accumulated_grad" }, { name: "accumulated_delta_var" }]],
  update(c) {
    const { rho, epsilon } = c.config, g = c.gradient;
    const rms = (x: Value) => sqrt(c, plus(c, x, epsilon));
    const squares = mixed(c, c.slot("accumulated_grad"), c.squared(), rho);
    const before = c.slot("accumulated_delta_var");
    const change = div(c, mul(c, rms(before), g), rms(squares));
    c.setSlot("accumulated_grad", squares);
    c.setSlot("accumulated_delta_var", mixed(c, before, mul(c, change, change), rho));
    return sub(c, c.variable, mul(c, change, c.rate));
  },
};

/** Options of {@link lionDef}. */
export interface LionConfig extends OptimizerConfig {
  /** Share of the mean in the step's direction. */
  readonly beta1: number;
  /** Share of the old mean that a step keeps. */
  readonly beta2: number;
}
/** Lion: the sign of the mean gradient (Chen et al. 2023). */
export const lionDef: OptimizerDef<LionConfig> = {
  kind: "optimizer",
  name: "lion",
  summary: "steps by the sign of the mean gradient",
  config: {
    ...common(0.001),
    beta1: float({ doc: "share of the mean in the step's direction", default: 0.9 }),
    beta2: float({ doc: "share of the old mean that a step keeps", default: 0.99 }),
  },
  parts,
  keras: kerasBetas,
  slots: () => [[{ name: "momentum" }]],
  update(c) {
    const { beta1, beta2 } = c.config, g = c.gradient, m = c.slot("momentum");
    c.setSlot("momentum", mixed(c, m, g, beta2));
    return sub(c, c.variable, mul(c, c.b.one("Sign", [mixed(c, m, g, beta1)]), c.rate));
  },
};

/** Every optimizer. */
export const optimizers: readonly OptimizerDef[] = [
  sgdDef,
  rmspropDef,
  adamDef,
  adamWDef,
  nadamDef,
  adamaxDef,
  adagradDef,
  adadeltaDef,
  lionDef,
];
/** Stochastic gradient descent: `sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true })`. */
export const sgd: PartFactory<OptimizerDef, SgdConfig> = partFactory<OptimizerDef>(sgdDef);
/** RMSprop. */
export const rmsprop: PartFactory<OptimizerDef, RmspropConfig> = partFactory<OptimizerDef>(rmspropDef);
/** Adam: `adam({ learningRate: 1e-3, clipNorm: 1 })`. */
export const adam: PartFactory<OptimizerDef, AdamConfig> = partFactory<OptimizerDef>(adamDef);
/** AdamW. */
export const adamW: PartFactory<OptimizerDef, AdamConfig> = partFactory<OptimizerDef>(adamWDef);
/** Nadam. */
export const nadam: PartFactory<OptimizerDef, BetaConfig> = partFactory<OptimizerDef>(nadamDef);
/** Adamax. */
export const adamax: PartFactory<OptimizerDef, BetaConfig> = partFactory<OptimizerDef>(adamaxDef);
/** Adagrad. */
export const adagrad: PartFactory<OptimizerDef, AdagradConfig> = partFactory<OptimizerDef>(adagradDef);
/** Adadelta. */
export const adadelta: PartFactory<OptimizerDef, AdadeltaConfig> = partFactory<OptimizerDef>(adadeltaDef);
/** Lion. */
export const lion: PartFactory<OptimizerDef, LionConfig> = partFactory<OptimizerDef>(lionDef);
