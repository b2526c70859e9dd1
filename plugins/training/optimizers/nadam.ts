/** Nadam, as every version of Keras computed it. @module */
import type { Value } from "../../../core/graph/graph.ts";
import { float } from "../../../core/values/schema.ts";
import type { OptimizerConfig, OptimizerDef, UpdateContext } from "../../../core/training/contract.ts";
import { type PartFactory, partFactory } from "../../../core/training/parts.ts";
import {
  add,
  type Betas,
  betas,
  common,
  div,
  isOld,
  kerasBetas,
  lazily,
  mul,
  parts,
  plus,
  powered,
  remaining,
  sqrt,
  sub,
  times,
  towards,
} from "./optimizerkit.ts";

/** Options of {@link nadamDef}. */
export interface NadamConfig extends OptimizerConfig, Betas {
  /** How fast the momentum grows; 1 since TensorFlow 2.11. */
  readonly scheduleDecay: number;
}
/**
 * The product of the momenta so far. Since TensorFlow 2.11 every weight's update takes it a step further, but for the
 * one whose number is that of the step, as its graph was traced.
 */
function productOf(c: UpdateContext<NadamConfig>, now: Value): Value {
  const further = () => mul(c, c.shared("u_product"), now);
  if (c.config.era !== "2.11") {
    return c.once("uProduct", () => {
      const made = further();
      c.setShared("u_product", made);
      return made;
    });
  }
  let made = further();
  if (c.index > 0) {
    const same = c.b.equal(c.step, c.b.scalar(c.index));
    made = c.b.where(same, c.shared("u_product"), made);
  }
  c.setShared("u_product", made);
  return made;
}
const nadamDef: OptimizerDef<NadamConfig> = {
  kind: "optimizer",
  name: "nadam",
  config: {
    ...common(0.001),
    ...betas(),
    scheduleDecay: float({ default: 1 }),
  },
  parts,
  keras: {
    ...kerasBetas,
    own: [...kerasBetas.own ?? [], "scheduleDecay"],
    upgrade(config) {
      // TensorFlow called it decay until 2.11.
      const { decay, ...rest } = config;
      const older = isOld(rest) ? { schedule_decay: decay ?? 0.004 } : {};
      return kerasBetas.upgrade?.({ ...older, ...rest }) ?? rest;
    },
  },
  slots: () => [[{ name: "momentum" }, { name: "velocity" }]],
  shared: [{ name: "u_product", initial: 1 }],
  update(c) {
    const { beta1, beta2, epsilon, scheduleDecay } = c.config, { b, gradient: g } = c, one = b.scalar(1);
    const schedule = (step: Value) => {
      const share = powered(b, 0.96, scheduleDecay === 1 ? step : times(c, step, scheduleDecay));
      return times(c, b.sub(one, times(c, share, 0.5)), beta1);
    };
    const now = c.once("u", () => schedule(c.step));
    const next = c.once("uNext", () => schedule(plus(c, c.step, 1)));
    const product = productOf(c, now);
    const ofMean = div(c, next, sub(c, one, mul(c, product, next)));
    const ofGradient = div(c, sub(c, one, now), sub(c, one, product));
    const m = towards(c, c.slot("momentum"), g, 1 - beta1);
    const v = towards(c, c.slot("velocity"), c.squared(), 1 - beta2);
    c.setSlot("momentum", m);
    c.setSlot("velocity", v);
    const mean = add(c, mul(c, m, ofMean), mul(c, g, ofGradient));
    const root = plus(c, sqrt(c, div(c, v, remaining(c, beta2))), epsilon);
    return lazily(c, sub(c, c.variable, div(c, mul(c, mean, c.rate), root)), c.variable);
  },
};
/** Adam with Nesterov's momentum (Dozat 2016). */
export const nadam: PartFactory<OptimizerDef, NadamConfig> = partFactory<OptimizerDef>(nadamDef);
