/** What optimizers share: fields, Keras' names of them, what older files say otherwise, and arithmetic. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import { ConfigError, shown } from "../../../core/values/errors.ts";
import type { Value } from "../../../core/graph/graph.ts";
import { scalarLike } from "../../../core/ops/words.ts";
import {
  bool,
  choice,
  type Field,
  float,
  int,
  isRecord,
  list,
  nullable,
  type Schema,
  text,
} from "../../../core/values/schema.ts";
import type {
  LossScaling,
  OptimizerConfig,
  OptimizerDef,
  Part,
  ScheduleDef,
  UpdateContext,
} from "../../../core/training/contract.ts";
import { isEarly } from "../../../core/training/parts.ts";

/** A rate, or a schedule of it; the trainer looks a schedule's name up. */
function rateField(value: number): Field<number | Part<ScheduleDef>> {
  return {
    expects: "number >= 0, or a schedule",
    required: false,
    default: value,
    parse(raw, path) {
      if (typeof raw === "number" && raw >= 0) return raw;
      if (isRecord(raw)) return raw as unknown as Part<ScheduleDef>;
      throw new ConfigError(`${path}: expected a number >= 0 or a schedule, got ${shown(raw)}`, {
        place: path,
      });
    },
  };
}
const limit = () => nullable(float({ min: 0 }));
const steps = () => nullable(int({ min: 1 }));
/** Fields that every optimizer has. */
export function common(rate: number, decay: number | null = null): Schema<OptimizerConfig> {
  return {
    learningRate: rateField(rate),
    weightDecay: { ...limit(), default: decay },
    excludeFromWeightDecay: list({
      of: text(),
      default: [],
    }),
    clipNorm: limit(),
    globalClipNorm: limit(),
    clipValue: limit(),
    useEma: bool({ default: false }),
    emaMomentum: float({ default: 0.99, min: 0, max: 1 }),
    emaOverwriteFrequency: steps(),
    gradientAccumulationSteps: steps(),
    lossScaling: lossScalingField,
    era: choice({
      of: ["3", "2.11", "2", "1", "1-theano"],
      default: "3",
    }),
  };
}
const lossScalingField: Field<LossScaling | null> = {
  expects: "{ initialScale, dynamicGrowthSteps }",
  required: false,
  default: null,
  parse(raw, path) {
    if (raw === null) return null;
    const { initialScale = 2 ** 15, dynamicGrowthSteps = 2000, ...rest } = isRecord(raw) ? raw : { raw };
    const [unknown] = Object.keys(rest);
    const fits = typeof initialScale === "number" && initialScale > 0 &&
      typeof dynamicGrowthSteps === "number" && Number.isSafeInteger(dynamicGrowthSteps) &&
      dynamicGrowthSteps > 0;
    if (fits && unknown === undefined) return { initialScale, dynamicGrowthSteps };
    throw new ConfigError(
      `${path}: expected { initialScale > 0, dynamicGrowthSteps >= 1 }, got ${shown(raw)}`,
      { place: path },
    );
  },
};
const fields: Readonly<Record<string, string>> = {
  clipNorm: "clipnorm",
  globalClipNorm: "global_clipnorm",
  clipValue: "clipvalue",
};
/** Options of every optimizer that Keras writes for the one around another too, where they mean nothing. */
export const baseOptions: readonly string[] = [
  "weight_decay",
  "clipnorm",
  "global_clipnorm",
  "clipvalue",
  "use_ema",
  "ema_momentum",
  "ema_overwrite_frequency",
  "loss_scale_factor",
  "gradient_accumulation_steps",
];
/** A field that takes whatever is given. */
export const anything = (): Field<unknown> => ({
  expects: "anything",
  required: true,
  parse: (raw) => raw,
});
/** Keras' names; what older files say in other words. */
export const keras: NonNullable<OptimizerDef["keras"]> = {
  fields,
  ignore: ["loss_scale_factor"],
  own: ["excludeFromWeightDecay", "lossScaling", "era"],
  upgrade(config: Record<string, unknown>): Record<string, unknown> {
    const { lr, decay, ...given } = config;
    // Keras' clipnorm was that of all gradients together at first.
    const { clipnorm, ...others } = given;
    const rest: Record<string, unknown> = isEarly(given.era) && clipnorm
      ? { global_clipnorm: clipnorm, ...others }
      : given;
    const rate = rest.learning_rate ?? lr;
    const decays = typeof decay === "number" && decay > 0;
    // Up to Keras 2.3 on TensorFlow the count of steps has grown when it is read: rate / (1 + decay · (step + 1)).
    const first = rest.era === "1" && decays ? 1 + decay : 1;
    const schedule = decays && typeof rate === "number"
      ? {
        class_name: "InverseTimeDecay",
        config: { initial_learning_rate: rate / first, decay_steps: 1, decay_rate: decay / first },
      }
      : rate;
    const noDecay = rest.weight_decay === false ? { weight_decay: null } : {};
    return { ...rest, ...noDecay, ...(schedule !== undefined && { learning_rate: schedule }) };
  },
};
/** For optimizers that came with Keras 3: files of Keras 2 hold no compilation with them. */
export const since3: NonNullable<OptimizerDef["keras"]>["save"] = (config, major) =>
  major === 3 ? { config } : undefined;
/** The same with Keras' names of betas. */
export const kerasBetas: NonNullable<OptimizerDef["keras"]> = {
  ...keras,
  fields: { ...fields, beta1: "beta_1", beta2: "beta_2" },
};
/** Fields that hold parts. */
export const parts: NonNullable<OptimizerDef["parts"]> = { learningRate: "schedule" };

/** What arithmetic needs. */
export type Context = Pick<UpdateContext<unknown>, "b">;
/** x + y */
export const add = ({ b }: Context, x: Value, y: Value): Value => b.add(x, y);
/** x − y */
export const sub = ({ b }: Context, x: Value, y: Value): Value => b.sub(x, y);
/** x · y */
export const mul = ({ b }: Context, x: Value, y: Value): Value => b.mul(x, y);
/** x / y */
export const div = ({ b }: Context, x: Value, y: Value): Value => b.div(x, y);
/** √x */
export const sqrt = ({ b }: Context, x: Value): Value => b.sqrt(x);
/** x · n */
export const times = ({ b }: Context, x: Value, n: number): Value => b.mul(x, scalarLike(b, n, x));
/** x + n */
export const plus = ({ b }: Context, x: Value, n: number): Value => b.add(x, scalarLike(b, n, x));
/** old + (now − old) · share */
export const towards = (c: Context, old: Value, now: Value, share: number): Value =>
  add(c, old, times(c, sub(c, now, old), share));
/** old · kept + now · (1 − kept) */
export const mixed = (c: Context, old: Value, now: Value, kept: number): Value =>
  add(c, times(c, old, kept), times(c, now, 1 - kept));
/** base^exponent of float32 scalars. */
export const powered = (b: Builder, base: number, exponent: Value): Value => b.pow(b.scalar(base), exponent);
/** The step that powers are taken of: with a decay, that of Keras up to 2.3 on TensorFlow has grown by then. */
const stepOf = (c: UpdateContext<OptimizerConfig>): Value =>
  c.config.era === "1" && typeof c.config.learningRate !== "number" ? plus(c, c.step, 1) : c.step;
/** 1 − base^step, made once for all weights. */
export const remaining = (c: UpdateContext<OptimizerConfig>, base: number): Value =>
  c.once(`1-${base}^step`, () => c.b.sub(c.b.scalar(1), powered(c.b, base, stepOf(c))));

/** True for the optimizers before TensorFlow 2.11, which add epsilon to the root. */
export const isOld = ({ era }: { readonly era?: unknown }): boolean => era === "2" || isEarly(era);
/** Before TensorFlow 2.11 some optimizers leave the rows of a table alone that a batch doesn't take. */
export function lazily(c: UpdateContext<OptimizerConfig>, next: Value, old: Value): Value {
  const touched = c.config.era === "2" ? c.touched() : undefined;
  return touched ? c.b.where(touched, next, old) : next;
}
/** Fields of the share of old means that a step keeps. */
export const betas = (epsilon = 1e-7, beta2 = 0.999): Schema<Betas> => ({
  beta1: float({ default: 0.9 }),
  beta2: float({ default: beta2 }),
  epsilon: float({ default: epsilon }),
});
/** Options of {@link betas}. */
export interface Betas {
  /** Share of the old mean that a step keeps. */
  readonly beta1: number;
  /** Share of the old mean square (or largest magnitude) that a step keeps. */
  readonly beta2: number;
  /** Added to what a step is divided by. */
  readonly epsilon: number;
}
