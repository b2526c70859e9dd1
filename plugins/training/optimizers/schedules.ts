/** Learning rates by step, computed inside the step's graph. Formulas are Keras 3's; one-cycle is Smith and Topin's. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import { bool, float, int, list, nullable } from "../../../core/values/schema.ts";
import type { ScheduleDef } from "../../../core/training/contract.ts";
import { type PartFactory, partFactory } from "../../../core/training/parts.ts";

/** Float32 arithmetic on scalars. */
class Scalars {
  readonly b: Builder;
  constructor(b: Builder) {
    this.b = b;
  }
  of(x: Value | number): Value {
    return typeof x === "number" ? this.b.scalar(x) : x;
  }
  #two(op: string, x: Value | number, y: Value | number): Value {
    return this.b.one(op, [this.of(x), this.of(y)]);
  }
  add(x: Value | number, y: Value | number): Value {
    return this.#two("Add", x, y);
  }
  sub(x: Value | number, y: Value | number): Value {
    return this.#two("Sub", x, y);
  }
  mul(x: Value | number, y: Value | number): Value {
    return this.#two("Mul", x, y);
  }
  div(x: Value | number, y: Value | number): Value {
    return this.#two("Div", x, y);
  }
  pow(x: Value | number, y: Value | number): Value {
    return this.#two("Pow", x, y);
  }
  min(x: Value | number, y: Value | number): Value {
    return this.#two("Min", x, y);
  }
  max(x: Value | number, y: Value | number): Value {
    return this.#two("Max", x, y);
  }
  floor(x: Value): Value {
    return this.b.floor(x);
  }
  /** `yes` where x < y. */
  below(x: Value, y: number, yes: Value | number, no: Value | number): Value {
    return this.b.where(this.#two("Less", x, y), this.of(yes), this.of(no));
  }
  /** (1 + cos(π·x)) / 2 */
  wave(x: Value): Value {
    return this.mul(this.add(this.b.cos(this.mul(x, Math.PI)), 1), 0.5);
  }
}
const rate = () => float({ min: 0 });
const count = () => int({ min: 1 });
const stairs = () => bool({ default: false });

/** Options of {@link exponentialDecayDef} and {@link inverseTimeDecayDef}. */
export interface DecayConfig {
  /** Rate of the first step. */
  readonly initialLearningRate: number;
  /** Steps after which the decay has happened once. */
  readonly decaySteps: number;
  /** The rate's factor in `decaySteps`; what its divisor grows by where it decays by inverse time. */
  readonly decayRate: number;
  /** Whole multiples of `decaySteps` only. */
  readonly staircase: boolean;
}
const decayFields = {
  initialLearningRate: rate(),
  decaySteps: count(),
  decayRate: float(),
  staircase: stairs(),
};
function share(s: Scalars, step: Value, { decaySteps, staircase }: DecayConfig): Value {
  const part = s.div(step, decaySteps);
  return staircase ? s.floor(part) : part;
}
const exponentialDecayDef: ScheduleDef<DecayConfig> = {
  kind: "schedule",
  name: "exponentialDecay",
  config: decayFields,
  build(b, step, config) {
    const s = new Scalars(b);
    return s.mul(config.initialLearningRate, s.pow(config.decayRate, share(s, step, config)));
  },
};
/** initial · rate^(step / steps) */
export const exponentialDecay: PartFactory<
  ScheduleDef,
  DecayConfig,
  "initialLearningRate" | "decaySteps" | "decayRate"
> = partFactory<ScheduleDef>(exponentialDecayDef) as never;
const inverseTimeDecayDef: ScheduleDef<DecayConfig> = {
  kind: "schedule",
  name: "inverseTimeDecay",
  config: decayFields,
  build(b, step, config) {
    const s = new Scalars(b);
    return s.div(config.initialLearningRate, s.add(s.mul(share(s, step, config), config.decayRate), 1));
  },
};
/** initial / (1 + rate · step / steps) */
export const inverseTimeDecay: PartFactory<
  ScheduleDef,
  DecayConfig,
  "initialLearningRate" | "decaySteps" | "decayRate"
> = partFactory<ScheduleDef>(inverseTimeDecayDef) as never;

/** Options of {@link piecewiseConstantDecayDef}. */
export interface PiecewiseConfig {
  /** The last step of each value but the last one. */
  readonly boundaries: readonly number[];
  /** The rates. */
  readonly values: readonly number[];
}
const piecewiseConstantDecayDef: ScheduleDef<PiecewiseConfig> = {
  kind: "schedule",
  name: "piecewiseConstantDecay",
  config: {
    boundaries: list({ of: float() }),
    values: list({ of: rate() }),
  },
  build(b, step, { boundaries, values }) {
    let found = b.scalar(values.at(-1) ?? 0);
    for (let i = boundaries.length - 1; i >= 0; i--) {
      const here = b.lessOrEqual(step, b.scalar(boundaries[i] ?? 0));
      found = b.where(here, b.scalar(values[i] ?? 0), found);
    }
    return found;
  },
};
/** One value up to the first boundary, the next up to the second, and so on. */
export const piecewiseConstantDecay: PartFactory<ScheduleDef, PiecewiseConfig, "boundaries" | "values"> =
  partFactory<ScheduleDef>(piecewiseConstantDecayDef) as never;

/** Options of {@link polynomialDecayDef}. */
export interface PolynomialConfig {
  /** Rate of the first step. */
  readonly initialLearningRate: number;
  /** Steps until the end. */
  readonly decaySteps: number;
  /** Rate at the end. */
  readonly endLearningRate: number;
  /** Exponent of the fall: 1 falls evenly. */
  readonly power: number;
  /** Begin again over a longer stretch. */
  readonly cycle: boolean;
}
const polynomialDecayDef: ScheduleDef<PolynomialConfig> = {
  kind: "schedule",
  name: "polynomialDecay",
  config: {
    initialLearningRate: rate(),
    decaySteps: count(),
    endLearningRate: { ...rate(), required: false, default: 0.0001 },
    power: float({ default: 1 }),
    cycle: bool({ default: false }),
  },
  build(b, step, c) {
    const s = new Scalars(b);
    let at = s.min(step, c.decaySteps), whole = s.of(c.decaySteps);
    if (c.cycle) {
      const laps = s.max(b.ceil(s.div(step, c.decaySteps)), 1);
      [at, whole] = [step, s.mul(laps, c.decaySteps)];
    }
    const rest = s.pow(s.sub(1, s.div(at, whole)), c.power);
    return s.add(s.mul(rest, c.initialLearningRate - c.endLearningRate), c.endLearningRate);
  },
};
/** (initial − end) · (1 − step / steps)^power + end */
export const polynomialDecay: PartFactory<
  ScheduleDef,
  PolynomialConfig,
  "initialLearningRate" | "decaySteps"
> = partFactory<ScheduleDef>(polynomialDecayDef) as never;

/** Options of {@link cosineDecayDef}. */
export interface CosineConfig {
  /** Rate of the first step. */
  readonly initialLearningRate: number;
  /** Steps of the decay, those of the warm-up left out. */
  readonly decaySteps: number;
  /** Share of the rate at the end. */
  readonly alpha: number;
  /** The rate that a warm-up leads to; no warm-up where null. */
  readonly warmupTarget: number | null;
  /** Steps of the warm-up. */
  readonly warmupSteps: number;
}
const cosineDecayDef: ScheduleDef<CosineConfig> = {
  kind: "schedule",
  name: "cosineDecay",
  config: {
    initialLearningRate: rate(),
    decaySteps: count(),
    alpha: float({ default: 0 }),
    warmupTarget: nullable(rate()),
    warmupSteps: int({ default: 0, min: 0 }),
  },
  build(b, step, { initialLearningRate: first, decaySteps, alpha, warmupTarget: top, warmupSteps }) {
    const s = new Scalars(b);
    const decay = (at: Value, from: number) =>
      s.mul(s.add(s.mul(s.wave(s.div(at, decaySteps)), 1 - alpha), alpha), from);
    if (top === null) return decay(s.min(step, decaySteps), first);
    const at = s.min(step, decaySteps + warmupSteps), after = decay(s.sub(at, warmupSteps), top);
    if (warmupSteps === 0) return after;
    return s.below(at, warmupSteps, s.add(s.mul(s.div(at, warmupSteps), top - first), first), after);
  },
};
/** Half a cosine from the rate to alpha times the rate, after a linear warm-up (Loshchilov and Hutter 2016). */
export const cosineDecay: PartFactory<ScheduleDef, CosineConfig, "initialLearningRate" | "decaySteps"> =
  partFactory<ScheduleDef>(cosineDecayDef) as never;

/** Options of {@link cosineDecayRestartsDef}. */
export interface RestartsConfig {
  /** Rate of the first step. */
  readonly initialLearningRate: number;
  /** Steps of the first period. */
  readonly firstDecaySteps: number;
  /** How much longer each period is than the one before. */
  readonly tMul: number;
  /** Rate at a period's start over that at the start of the period before. */
  readonly mMul: number;
  /** Share of the rate at a period's end. */
  readonly alpha: number;
}
const cosineDecayRestartsDef: ScheduleDef<RestartsConfig> = {
  kind: "schedule",
  name: "cosineDecayRestarts",
  config: {
    initialLearningRate: rate(),
    firstDecaySteps: count(),
    tMul: float({ default: 2, min: 1 }),
    mMul: float({ default: 1 }),
    alpha: float({ default: 0 }),
  },
  build(b, step, { initialLearningRate: first, firstDecaySteps, tMul, mMul, alpha }) {
    const s = new Scalars(b), done = s.div(step, firstDecaySteps);
    let period: Value, at: Value;
    if (tMul === 1) {
      period = s.floor(done);
      at = s.sub(done, period);
    } else {
      const logs = s.div(b.log(s.sub(1, s.mul(done, 1 - tMul))), Math.log(tMul));
      period = s.floor(logs);
      const length = s.pow(tMul, period), before = s.div(s.sub(1, length), 1 - tMul);
      at = s.div(s.sub(done, before), length);
    }
    const wave = s.mul(s.wave(at), s.pow(mMul, period));
    return s.mul(s.add(s.mul(wave, 1 - alpha), alpha), first);
  },
};
/** Cosine decay that begins again, in longer periods from lower rates (Loshchilov and Hutter 2016). */
export const cosineDecayRestarts: PartFactory<
  ScheduleDef,
  RestartsConfig,
  "initialLearningRate" | "firstDecaySteps"
> = partFactory<ScheduleDef>(cosineDecayRestartsDef) as never;

/** Options of {@link oneCycleDef}. */
export interface OneCycleConfig {
  /** The highest rate. */
  readonly maxLearningRate: number;
  /** All steps. */
  readonly totalSteps: number;
  /** Share of the steps on the way up. */
  readonly warmupShare: number;
  /** The highest rate over the first one. */
  readonly divFactor: number;
  /** The first rate over the last one. */
  readonly finalDivFactor: number;
}
const oneCycleDef: ScheduleDef<OneCycleConfig> = {
  kind: "schedule",
  name: "oneCycle",
  config: {
    maxLearningRate: rate(),
    totalSteps: count(),
    warmupShare: float({ default: 0.3, min: 0, max: 1 }),
    divFactor: float({ default: 25 }),
    finalDivFactor: float({ default: 1e4 }),
  },
  build(b, step, { maxLearningRate: top, totalSteps, warmupShare, divFactor, finalDivFactor }) {
    const s = new Scalars(b), first = top / divFactor, last = first / finalDivFactor;
    const peak = Math.max(0, warmupShare * totalSteps - 1), down = Math.max(1, totalSteps - 1 - peak);
    const at = s.min(step, totalSteps - 1);
    const fall = s.add(s.mul(s.wave(s.div(s.sub(at, peak), down)), top - last), last);
    if (peak === 0) return fall;
    const rise = s.add(s.mul(s.wave(s.div(at, peak)), first - top), top);
    return s.below(at, peak, rise, fall);
  },
};
/** Up and down once by half cosines (Smith and Topin 2018). */
export const oneCycle: PartFactory<ScheduleDef, OneCycleConfig, "maxLearningRate" | "totalSteps"> =
  partFactory<ScheduleDef>(oneCycleDef) as never;
