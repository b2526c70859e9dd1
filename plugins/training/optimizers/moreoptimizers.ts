/** Further optimizers of Keras 3: Ftrl, Adafactor, Lamb, Muon, and AdamW without a schedule. @module */
import type { Value } from "../../../core/graph/graph.ts";
import { scalarLike } from "../../../core/ops/words.ts";
import { bool, float, int, isRecord, nullable } from "../../../core/values/schema.ts";
import type {
  OptimizerConfig,
  OptimizerDef,
  SlotSpec,
  UpdateContext,
} from "../../../core/training/contract.ts";
import { type PartFactory, partFactory } from "../../../core/training/parts.ts";
import {
  add,
  anything,
  baseOptions,
  type Betas,
  betas,
  common,
  div,
  keras,
  kerasBetas,
  lazily,
  mixed,
  mul,
  parts,
  plus,
  remaining,
  since3,
  sqrt,
  sub,
  times,
  towards,
} from "./optimizerkit.ts";

type Context = UpdateContext<OptimizerConfig>;
const power = ({ b }: Context, x: Value, n: number) => b.pow(x, scalarLike(b, n, x));
const square = (c: Context, x: Value) => mul(c, x, x);
const oneMinus = ({ b }: Context, x: Value) => b.sub(b.scalar(1), x);
const sum = ({ b }: Context, x: Value) => b.reduceSum(x, { keepdims: 0 });
/** √ of the mean square. */
const rootMean = (c: Context, x: Value) => sqrt(c, c.b.reduceMean(square(c, x), { keepdims: 0 }));

/** Options of {@link ftrlDef}. */
export interface FtrlConfig extends OptimizerConfig {
  /** How the rate falls with the sums of squares. */
  readonly learningRatePower: number;
  /** What the sums of squares begin with. */
  readonly initialAccumulatorValue: number;
  /** Weights within this reach become 0. */
  readonly l1RegularizationStrength: number;
  /** Share of the weights that makes them smaller. */
  readonly l2RegularizationStrength: number;
  /** Twice this share of a weight is added to its gradient. */
  readonly l2ShrinkageRegularizationStrength: number;
  /** Beta of the paper. */
  readonly beta: number;
}
const strength = () => float({ default: 0, min: 0 });
const ftrlDef: OptimizerDef<FtrlConfig> = {
  kind: "optimizer",
  name: "ftrl",
  config: {
    ...common(0.001),
    learningRatePower: float({ default: -0.5, max: 0 }),
    initialAccumulatorValue: float({ default: 0.1, min: 0 }),
    l1RegularizationStrength: strength(),
    l2RegularizationStrength: strength(),
    l2ShrinkageRegularizationStrength: strength(),
    beta: float({ default: 0 }),
  },
  parts,
  keras,
  slots: ({ initialAccumulatorValue: initial }) => [[{ name: "accumulator", initial }, { name: "linear" }]],
  update(c) {
    const { learningRatePower, l1RegularizationStrength: l1, beta } = c.config,
      { b, gradient: g, variable: w } = c;
    const { l2RegularizationStrength, l2ShrinkageRegularizationStrength: shrinkage } = c.config;
    const l2 = c.once(
      "l2",
      () => plus(c, div(c, b.scalar(beta), times(c, c.rate, 2)), l2RegularizationStrength),
    );
    const before = c.slot("accumulator"), old = c.slot("linear"), now = add(c, before, c.squared());
    const raised = (x: Value) => power(c, x, -learningRatePower);
    const used = shrinkage === 0 ? g : add(c, g, times(c, w, 2 * shrinkage));
    const slowed = mul(c, div(c, sub(c, raised(now), raised(before)), c.rate), w);
    const linear = add(c, old, sub(c, used, slowed));
    const quadratic = add(c, div(c, raised(now), c.rate), times(c, l2, 2));
    const within = b.clip(linear, scalarLike(b, -l1, linear), scalarLike(b, l1, linear));
    c.setSlot("accumulator", now);
    c.setSlot("linear", lazily(c, linear, old));
    return lazily(c, div(c, sub(c, within, linear), quadratic), w);
  },
};
/** Follow the regularized leader (McMahan et al. 2013). */
export const ftrl: PartFactory<OptimizerDef, FtrlConfig> = partFactory<OptimizerDef>(ftrlDef);

/** Options of {@link adafactorDef}. */
export interface AdafactorConfig extends OptimizerConfig {
  /** How the share of old squares falls with the steps. */
  readonly beta2Decay: number;
  /** Added to squared gradients. */
  readonly epsilon1: number;
  /** The least size of weights that a step is measured by. */
  readonly epsilon2: number;
  /** Steps are made smaller to this root mean square. */
  readonly clipThreshold: number;
  /** The rate is at most one over the root of the steps. */
  readonly relativeStep: boolean;
}
const isMatrix = (shape: readonly number[]) => shape.length >= 2;
const adafactorSlots = (otherwise: readonly number[] | undefined): readonly (readonly SlotSpec[])[] => [[
  { name: "r", shape: ({ shape }) => isMatrix(shape) ? shape.slice(0, -1) : otherwise },
  {
    name: "c",
    shape: ({ shape }) => isMatrix(shape) ? [...shape.slice(0, -2), ...shape.slice(-1)] : otherwise,
  },
  { name: "velocity" },
]];
const adafactorDef: OptimizerDef<AdafactorConfig> = {
  kind: "optimizer",
  name: "adafactor",
  config: {
    ...common(0.001),
    beta2Decay: float({ default: -0.8 }),
    epsilon1: float({ default: 1e-30 }),
    epsilon2: float({ default: 1e-3 }),
    clipThreshold: float({ default: 1 }),
    relativeStep: bool({ default: true }),
  },
  parts,
  keras: {
    ...keras,
    fields: { ...keras.fields, beta2Decay: "beta_2_decay", epsilon1: "epsilon_1", epsilon2: "epsilon_2" },
  },
  // Keras 3 holds a number for what vectors have no rows and columns of.
  slots: () => adafactorSlots([]),
  slotsOfKeras2: () => adafactorSlots(undefined),
  update(c) {
    const { beta2Decay, epsilon1, epsilon2, clipThreshold } = c.config, { b, gradient: g, variable: w } = c;
    const root = c.once("root", () => div(c, b.scalar(1), sqrt(c, c.step)));
    const rho = c.once("rho", () => b.min([c.rate, root]));
    const kept = c.once("kept", () => oneMinus(c, power(c, c.step, beta2Decay)));
    const towardsNow = (old: Value, now: Value) => add(c, mul(c, old, kept), mul(c, now, oneMinus(c, kept)));
    const mean = (x: Value, axis: number, keepdims: 0 | 1 = 0) =>
      b.reduceMean(x, b.ints([axis]), { keepdims });
    const squares = plus(c, c.squared(), epsilon1);
    let v: Value;
    if (w.type.kind === "tensor" && isMatrix(w.type.shape as readonly number[])) {
      const rows = towardsNow(c.slot("r"), mean(squares, -1)),
        columns = towardsNow(c.slot("c"), mean(squares, -2));
      c.setSlot("r", rows);
      c.setSlot("c", columns);
      const share = b.unsqueeze(div(c, rows, mean(rows, -1, 1)), b.ints([-1]));
      v = mul(c, share, b.unsqueeze(columns, b.ints([-2])));
    } else v = towardsNow(c.slot("velocity"), squares);
    c.setSlot("velocity", v);
    const change = div(c, g, sqrt(c, v)), size = b.max([b.scalar(epsilon2), rootMean(c, w)]);
    // Of a table that is looked up, Keras squares each row of a batch on its own.
    const length = sqrt(c, b.reduceMean(div(c, c.squared(), v), { keepdims: 0 }));
    const over = b.max([b.scalar(1), times(c, length, 1 / clipThreshold)]);
    return sub(c, w, mul(c, div(c, change, over), mul(c, size, rho)));
  },
};
/** Adam in the space of rows and columns (Shazeer and Stern 2018). */
export const adafactor: PartFactory<OptimizerDef, AdafactorConfig> = partFactory<OptimizerDef>(adafactorDef);

/** Options of {@link lambDef}. */
export type LambConfig = OptimizerConfig & Betas;
const lambDef: OptimizerDef<LambConfig> = {
  kind: "optimizer",
  name: "lamb",
  config: { ...common(0.001), ...betas() },
  parts,
  keras: { ...kerasBetas, save: since3 },
  slots: () => [[{ name: "momentum" }, { name: "velocity" }]],
  update(c) {
    const { beta1, beta2, epsilon } = c.config, { b, variable: w } = c, one = b.scalar(1);
    const m = towards(c, c.slot("momentum"), c.gradient, 1 - beta1);
    const v = towards(c, c.slot("velocity"), c.squared(), 1 - beta2);
    c.setSlot("momentum", m);
    c.setSlot("velocity", v);
    const root = plus(c, sqrt(c, div(c, v, remaining(c, beta2))), epsilon);
    const update = div(c, div(c, m, remaining(c, beta1)), root);
    const norm = (x: Value) => sqrt(c, sum(c, square(c, x)));
    const size = norm(w), length = norm(update), above = (x: Value) => b.greater(x, b.scalar(0));
    const both = b.and(above(size), above(length));
    const ratio = b.where(both, div(c, size, length), one);
    return sub(c, w, mul(c, update, mul(c, ratio, c.rate)));
  },
};
/** Adam whose steps are as long as the weights are large (You et al. 2019). */
export const lamb: PartFactory<OptimizerDef, LambConfig> = partFactory<OptimizerDef>(lambDef);

/** Options of {@link scheduleFreeAdamWDef}. */
export interface ScheduleFreeConfig extends OptimizerConfig, Betas {
  /** Steps that lead up to the rate. */
  readonly warmupSteps: number;
}
const scheduleFreeAdamWDef: OptimizerDef<ScheduleFreeConfig> = {
  kind: "optimizer",
  name: "scheduleFreeAdamW",
  config: {
    ...common(0.0025),
    ...betas(1e-8),
    warmupSteps: int({ default: 0, min: 0 }),
  },
  parts,
  keras: { ...kerasBetas, save: since3 },
  slots: () => [[{ name: "momentum", initial: "weight" }, { name: "velocity" }]],
  update(c) {
    const { beta1, beta2, epsilon, warmupSteps } = c.config, { b, variable: y } = c, one = b.scalar(1);
    const rate = c.once(
      "warm",
      () => warmupSteps === 0 ? c.rate : mul(c, c.rate, b.min([times(c, c.step, 1 / warmupSteps), one])),
    );
    const old = c.slot("momentum"), v = towards(c, c.slot("velocity"), c.squared(), 1 - beta2);
    const root = plus(c, sqrt(c, div(c, v, remaining(c, beta2))), epsilon);
    const z = sub(c, old, div(c, mul(c, c.gradient, rate), root));
    c.setSlot("velocity", v);
    c.setSlot("momentum", z);
    const share = c.once("share", () => div(c, one, c.step));
    // On TensorFlow the old momentum is read after it has changed.
    const before = times(c, sub(c, y, times(c, z, 1 - beta1)), 1 / beta1);
    const x = add(c, mul(c, before, c.once("rest", () => oneMinus(c, share))), mul(c, z, share));
    return mixed(c, x, z, beta1);
  },
};
/** AdamW that averages its weights in place of a schedule (Defazio et al. 2024). */
export const scheduleFreeAdamW: PartFactory<OptimizerDef, ScheduleFreeConfig> = partFactory<OptimizerDef>(
  scheduleFreeAdamWDef,
);

/** Options of {@link lossScaleOptimizerDef}. */
export interface LossScaleConfig {
  /** The scale at first. */
  readonly initialScale: number;
  /** Steps after which it doubles; null where it stays. */
  readonly dynamicGrowthSteps: number | null;
  /** The optimizer whose loss is scaled. */
  readonly innerOptimizer: unknown;
}
/** Stands around another optimizer and scales the loss, as models of mixed precision need it; in float32 it changes little. */
export const lossScaleOptimizerDef: OptimizerDef<LossScaleConfig> = {
  kind: "optimizer",
  name: "lossScaleOptimizer",
  aliases: ["LossScaleOptimizerV1", "LossScaleOptimizerV3"],
  config: {
    innerOptimizer: anything(),
    initialScale: float({ default: 2 ** 15, min: 0 }),
    dynamicGrowthSteps: {
      ...nullable(int({ min: 1 })),
      default: 2000,
    },
  },
  parts: { innerOptimizer: "optimizer" },
  keras: {
    ignore: [...baseOptions, "loss_scale", "dynamic"],
    upgrade(config) {
      const { optimizer, loss_scale: scale, era, ...rest } = config,
        { inner_optimizer: inner = optimizer } = rest;
      // TensorFlow 2.3's scale is an object of its own.
      const older = isRecord(scale) && isRecord(scale.config) ? scale.config : {};
      // A scale that stays changes nothing in float32.
      const fixed = config.dynamic === false || config.dynamic_growth_steps === null;
      const given = isRecord(inner) && isRecord(inner.config)
        ? { ...inner, config: { ...(era !== undefined && { era }), ...inner.config } }
        : inner;
      return {
        ...(older.initial_loss_scale !== undefined && { initial_scale: older.initial_loss_scale }),
        ...(older.increment_period !== undefined && { dynamic_growth_steps: older.increment_period }),
        ...rest,
        ...(fixed && { dynamic_growth_steps: null }),
        inner_optimizer: given,
      };
    },
  },
  around: {
    field: "innerOptimizer",
    options: ({ initialScale, dynamicGrowthSteps }) => ({
      lossScaling: { initialScale, dynamicGrowthSteps },
    }),
  },
  slots: () => [],
  update() {
    throw new RangeError("the optimizer inside updates");
  },
};

/** Another optimizer under a dynamic scale of the loss: `lossScaleOptimizer({ innerOptimizer: adam() })`. */
export const lossScaleOptimizer: PartFactory<OptimizerDef, LossScaleConfig, "innerOptimizer"> = partFactory<
  OptimizerDef
>(lossScaleOptimizerDef) as never;
