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
    return this.b.one("Floor", [x]);
  }
  /** `yes` where x < y. */
  below(x: Value, y: number, yes: Value | number, no: Value | number): Value {
    return this.b.one("Where", [this.#two("Less", x, y), this.of(yes), this.of(no)]);
  }
  /** (1 + cos(π·x)) / 2 */
  wave(x: Value): Value {
    return this.mul(this.add(this.b.one("Cos", [this.mul(x, Math.PI)]), 1), 0.5);
  }
}
const rate = (doc = "rate of the first step") => float({ doc, min: 0 });
const count = (doc: string) => int({ doc, min: 1 });
const stairs = () => bool({ doc: "whole steps of the exponent only", default: false });

/** Options of {@link exponentialDecayDef} and {@link inverseTimeDecayDef}. */
export interface DecayConfig {
  /** Rate of the first step. */
  readonly initialLearningRate: number;
  /** Steps after which the decay has happened once. */
  readonly decaySteps: number;
  /** How much it decays. */
  readonly decayRate: number;
  /** Whole multiples of `decaySteps` only. */
  readonly staircase: boolean;
}
const decayFields = {
  initialLearningRate: rate(),
  decaySteps: count("steps after which the decay has happened once"),
  decayRate: float({ doc: "how much it decays" }),
  staircase: stairs(),
};
function share(s: Scalars, step: Value, { decaySteps, staircase }: DecayConfig): Value {
  const part = s.div(step, decaySteps);
  return staircase ? s.floor(part) : part;
}
/** initial · rate^(step / steps) */
export const exponentialDecayDef: ScheduleDef<DecayConfig> = {
  kind: "schedule",
  name: "exponentialDecay",
  summary: "initial * decayRate^(step / decaySteps)",
  config: decayFields,
  build(b, step, config) {
    const s = new Scalars(b);
    return s.mul(config.initialLearningRate, s.pow(config.decayRate, share(s, step, config)));
  },
};
/** initial / (1 + rate · step / steps) */
export const inverseTimeDecayDef: ScheduleDef<DecayConfig> = {
  kind: "schedule",
  name: "inverseTimeDecay",
  summary: "initial / (1 + decayRate * step / decaySteps)",
  config: decayFields,
  build(b, step, config) {
    const s = new Scalars(b);
    return s.div(config.initialLearningRate, s.add(s.mul(share(s, step, config), config.decayRate), 1));
  },
};

/** Options of {@link piecewiseConstantDecayDef}. */
export interface PiecewiseConfig {
  /** The last step of each value but the last one. */
  readonly boundaries: readonly number[];
  /** The rates. */
  readonly values: readonly number[];
}
/** One value up to the first boundary, the next up to the second, and so on. */
export const piecewiseConstantDecayDef: ScheduleDef<PiecewiseConfig> = {
  kind: "schedule",
  name: "piecewiseConstantDecay",
  summary: "one value up to each boundary",
  config: {
    boundaries: list({ doc: "the last step of each value but the last", of: float({ doc: "step" }) }),
    values: list({ doc: "the rates", of: rate("rate") }),
  },
  build(b, step, { boundaries, values }) {
    let found = b.scalar(values.at(-1) ?? 0);
    for (let i = boundaries.length - 1; i >= 0; i--) {
      const here = b.one("LessOrEqual", [step, b.scalar(boundaries[i] ?? 0)]);
      found = b.one("Where", [here, b.scalar(values[i] ?? 0), found]);
    }
    return found;
  },
};

/** Options of {@link polynomialDecayDef}. */
export interface PolynomialConfig {
  /** Rate of the first step. */
  readonly initialLearningRate: number;
  /** Steps until the end. */
  readonly decaySteps: number;
  /** Rate at the end. */
  readonly endLearningRate: number;
  /** Power. */
  readonly power: number;
  /** Begin again over a longer stretch. */
  readonly cycle: boolean;
}
/** (initial − end) · (1 − step / steps)^power + end */
export const polynomialDecayDef: ScheduleDef<PolynomialConfig> = {
  kind: "schedule",
  name: "polynomialDecay",
  summary: "(initial - end) * (1 - step / decaySteps)^power + end",
  config: {
    initialLearningRate: rate(),
    decaySteps: count("steps until the end"),
    endLearningRate: { ...rate("rate at the end"), required: false, default: 0.0001 },
    power: float({ doc: "power", default: 1 }),
    cycle: bool({ doc: "begin again over a longer stretch", default: false }),
  },
  build(b, step, c) {
    const s = new Scalars(b);
    let at = s.min(step, c.decaySteps), whole = s.of(c.decaySteps);
    if (c.cycle) {
      const laps = s.max(b.one("Ceil", [s.div(step, c.decaySteps)]), 1);
      [at, whole] = [step, s.mul(laps, c.decaySteps)];
    }
    const rest = s.pow(s.sub(1, s.div(at, whole)), c.power);
    return s.add(s.mul(rest, c.initialLearningRate - c.endLearningRate), c.endLearningRate);
  },
};

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
/** Half a cosine from the rate to alpha times the rate, after a linear warm-up (Loshchilov and Hutter 2016). */
export const cosineDecayDef: ScheduleDef<CosineConfig> = {
  kind: "schedule",
  name: "cosineDecay",
  summary: "half a cosine down to alpha times the rate, after a warm-up",
  config: {
    initialLearningRate: rate(),
    decaySteps: count("steps of the decay"),
    alpha: float({ doc: "share of the rate at the end", default: 0 }),
    warmupTarget: nullable(rate("rate that a warm-up leads to")),
    warmupSteps: int({ doc: "steps of the warm-up", default: 0, min: 0 }),
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

/** Options of {@link cosineDecayRestartsDef}. */
export interface RestartsConfig {
  /** Rate of the first step. */
  readonly initialLearningRate: number;
  /** Steps of the first period. */
  readonly firstDecaySteps: number;
  /** How much longer each period is than the one before. */
  readonly tMul: number;
  /** Share of the rate that each period begins with. */
  readonly mMul: number;
  /** Share of the rate at a period's end. */
  readonly alpha: number;
}
/** Cosine decay that begins again, in longer periods from lower rates (Loshchilov and Hutter 2016). */
export const cosineDecayRestartsDef: ScheduleDef<RestartsConfig> = {
  kind: "schedule",
  name: "cosineDecayRestarts",
  summary: "cosine decay that begins again",
  config: {
    initialLearningRate: rate(),
    firstDecaySteps: count("steps of the first period"),
    tMul: float({ doc: "how much longer each period is", default: 2, min: 1 }),
    mMul: float({ doc: "share of the rate that each period begins with", default: 1 }),
    alpha: float({ doc: "share of the rate at a period's end", default: 0 }),
  },
  build(b, step, { initialLearningRate: first, firstDecaySteps, tMul, mMul, alpha }) {
    const s = new Scalars(b), done = s.div(step, firstDecaySteps);
    let period: Value, at: Value;
    if (tMul === 1) {
      period = s.floor(done);
      at = s.sub(done, period);
    } else {
      const logs = s.div(b.one("Log", [s.sub(1, s.mul(done, 1 - tMul))]), Math.log(tMul));
      period = s.floor(logs);
      const length = s.pow(tMul, period), before = s.div(s.sub(1, length), 1 - tMul);
      at = s.div(s.sub(done, before), length);
    }
    const wave = s.mul(s.wave(at), s.pow(mMul, period));
    return s.mul(s.add(s.mul(wave, 1 - alpha), alpha), first);
  },
};

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
/** Up and down once by half cosines (Smith and Topin 2018). */
export const oneCycleDef: ScheduleDef<OneCycleConfig> = {
  kind: "schedule",
  name: "oneCycle",
  summary: "up to the highest rate and far down again, once",
  config: {
    maxLearningRate: rate("the highest rate"),
    totalSteps: count("all steps"),
    warmupShare: float({ doc: "share of the steps on the way up", default: 0.3, min: 0, max: 1 }),
    divFactor: float({ doc: "the highest rate over the first", default: 25 }),
    finalDivFactor: float({ doc: "the first rate over the last", default: 1e4 }),
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

/** Every schedule. */
export const schedules: readonly ScheduleDef[] = [
  exponentialDecayDef,
  inverseTimeDecayDef,
  piecewiseConstantDecayDef,
  polynomialDecayDef,
  cosineDecayDef,
  cosineDecayRestartsDef,
  oneCycleDef,
];
/** initial · rate^(step / steps) */
export const exponentialDecay: PartFactory<
  ScheduleDef,
  DecayConfig,
  "initialLearningRate" | "decaySteps" | "decayRate"
> = partFactory<ScheduleDef>(exponentialDecayDef) as never;
/** initial / (1 + rate · step / steps) */
export const inverseTimeDecay: PartFactory<
  ScheduleDef,
  DecayConfig,
  "initialLearningRate" | "decaySteps" | "decayRate"
> = partFactory<ScheduleDef>(inverseTimeDecayDef) as never;
/** One value up to each boundary. */
export const piecewiseConstantDecay: PartFactory<ScheduleDef, PiecewiseConfig, "boundaries" | "values"> =
  partFactory<ScheduleDef>(piecewiseConstantDecayDef) as never;
/** (initial − end) · (1 − step / steps)^power + end */
export const polynomialDecay: PartFactory<
  ScheduleDef,
  PolynomialConfig,
  "initialLearningRate" | "decaySteps"
> = partFactory<ScheduleDef>(polynomialDecayDef) as never;
/** Half a cosine, after a warm-up. */
export const cosineDecay: PartFactory<ScheduleDef, CosineConfig, "initialLearningRate" | "decaySteps"> =
  partFactory<ScheduleDef>(cosineDecayDef) as never;
/** Cosine decay that begins again. */
export const cosineDecayRestarts: PartFactory<
  ScheduleDef,
  RestartsConfig,
  "initialLearningRate" | "firstDecaySteps"
> = partFactory<ScheduleDef>(cosineDecayRestartsDef) as never;
/** Up and down once. */
export const oneCycle: PartFactory<ScheduleDef, OneCycleConfig, "maxLearningRate" | "totalSteps"> =
  partFactory<ScheduleDef>(oneCycleDef) as never;
