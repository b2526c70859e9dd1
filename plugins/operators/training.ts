/** ONNX's own optimizers (ai.onnx.preview.training): one step for any number of tensors. @module */
import type { Builder } from "../../core/graph/builder.ts";
import { ShapeError } from "../../core/values/errors.ts";
import type { Value } from "../../core/graph/graph.ts";
import type { OpDef } from "../../core/graph/op.ts";
import { defineOp } from "../../core/ops/define.ts";
import { choice, float } from "../../core/values/schema.ts";
import { asTensor } from "../../core/values/shape.ts";
import { needed } from "./integer.ts";

/** A tensor of those that are optimized, its gradient and its states. */
type Step<A> = (b: Builder, values: readonly Value[], rate: Value, count: Value, a: A) => readonly Value[];

/** Arithmetic with numbers of a value's element type. */
function arithmetic(b: Builder, like: Value) {
  const { dtype } = asTensor(like.type);
  const value = (v: Value | number) => (typeof v === "number" ? b.scalar(v, dtype) : v);
  const binary = (op: string) => (x: Value | number, y: Value | number) => b.one(op, [value(x), value(y)]);
  return {
    add: binary("Add"),
    sub: binary("Sub"),
    mul: binary("Mul"),
    div: binary("Div"),
    pow: binary("Pow"),
    sqrt: (x: Value) => b.sqrt(x),
    cast: (x: Value) => b.cast(x, { to: dtype }),
    where: (c: Value, x: Value | number, y: Value | number) => b.where(c, value(x), value(y)),
  };
}
/** An optimizer: inputs are the rate, the count of updates, then all tensors, all gradients, all states of each kind. */
function optimizer<A>(
  name: string,
  summary: string,
  attributes: OpDef<A>["attributes"],
  states: number,
  step: Step<A>,
): OpDef {
  return defineOp<A>({
    name,
    domain: "ai.onnx.preview.training",
    since: 1,
    summary,
    attributes,
    arity: [4 + states, Infinity],
    maxOutputs: Infinity,
    accuracy: "rounding",
    infer(c) {
      const count = (c.inputs.length - 2) / (2 + states);
      if (!Number.isInteger(count)) {
        throw new ShapeError(`${c.inputs.length} inputs don't divide among tensors`);
      }
      const tensors = c.inputs.slice(2).map((t) => asTensor(t));
      return [...tensors.slice(0, count), ...tensors.slice(2 * count)];
    },
    body(b, v, a) {
      const rate = needed(v, 0), count = needed(v, 1), rest = v.slice(2), each = rest.length / (2 + states);
      const done = Array.from({ length: each }, (_, i) => {
        const own = Array.from({ length: 2 + states }, (_, k) => needed(rest, k * each + i));
        return step(b, own, rate, count, a);
      });
      return Array.from({ length: 1 + states }, (_, k) => done.map((values) => needed(values, k))).flat();
    },
  });
}
const penalty = float({ doc: "factor of the penalty on weights", default: 0 });

interface Adagrad {
  readonly decay_factor: number;
  readonly epsilon: number;
  readonly norm_coefficient: number;
}
const adagrad = optimizer<Adagrad>(
  "Adagrad",
  "One step of Adagrad (Duchi et al. 2011)",
  {
    decay_factor: float({ doc: "how the rate falls with the count", default: 0 }),
    epsilon: float({ doc: "added to the root", default: 1e-6 }),
    norm_coefficient: penalty,
  },
  1,
  (b, values, rate, count, a) => {
    const x = needed(values, 0), { add, sub, mul, div, sqrt, cast } = arithmetic(b, x);
    const falling = div(cast(rate), add(1, mul(cast(count), a.decay_factor)));
    const gradient = add(mul(a.norm_coefficient, x), needed(values, 1));
    const squares = add(needed(values, 2), mul(gradient, gradient));
    return [sub(x, div(mul(falling, gradient), add(sqrt(squares), a.epsilon))), squares];
  },
);

interface Momentum {
  readonly alpha: number;
  readonly beta: number;
  readonly mode: "standard" | "nesterov";
  readonly norm_coefficient: number;
}
const momentum = optimizer<Momentum>(
  "Momentum",
  "One step of gradient descent with momentum (Polyak 1964, Nesterov 1983)",
  {
    alpha: float({ doc: "share of the momentum that stays" }),
    beta: float({ doc: "share of the gradient, after the first step" }),
    mode: choice({ doc: "whether the step looks ahead", of: ["standard", "nesterov"] }),
    norm_coefficient: float({ doc: "factor of the penalty on weights" }),
  },
  1,
  (b, values, rate, count, a) => {
    const x = needed(values, 0), { add, sub, mul, cast, where } = arithmetic(b, x);
    const gradient = add(mul(a.norm_coefficient, x), needed(values, 1));
    const share = where(b.greater(count, b.scalar(0, asTensor(count.type).dtype)), a.beta, 1);
    const moved = add(mul(a.alpha, needed(values, 2)), mul(share, gradient));
    const way = a.mode === "standard" ? moved : add(gradient, mul(a.alpha, moved));
    return [sub(x, mul(cast(rate), way)), moved];
  },
);

interface Adam {
  readonly alpha: number;
  readonly beta: number;
  readonly epsilon: number;
  readonly norm_coefficient: number;
  readonly norm_coefficient_post: number;
}
const adam = optimizer<Adam>(
  "Adam",
  "One step of Adam (Kingma and Ba 2015)",
  {
    alpha: float({ doc: "share of the mean that stays", default: 0.9 }),
    beta: float({ doc: "share of the mean square that stays", default: 0.999 }),
    epsilon: float({ doc: "added to the root", default: 1e-6 }),
    norm_coefficient: penalty,
    norm_coefficient_post: float({ doc: "factor of the penalty after the step", default: 0 }),
  },
  2,
  (b, values, rate, count, a) => {
    const x = needed(values, 0), { add, sub, mul, div, pow, sqrt, cast, where } = arithmetic(b, x);
    const gradient = add(mul(a.norm_coefficient, x), needed(values, 1));
    const mean = add(mul(a.alpha, needed(values, 2)), mul(1 - a.alpha, gradient));
    const squares = add(mul(a.beta, needed(values, 3)), mul(1 - a.beta, mul(gradient, gradient)));
    const steps = cast(count), r = cast(rate);
    const unbiased = div(mul(r, sqrt(sub(1, pow(a.beta, steps)))), sub(1, pow(a.alpha, steps)));
    const started = b.greater(count, b.scalar(0, asTensor(count.type).dtype));
    const moved = sub(x, div(mul(where(started, unbiased, r), mean), add(sqrt(squares), a.epsilon)));
    return [mul(1 - a.norm_coefficient_post, moved), mean, squares];
  },
);

/** ONNX's optimizers. */
export const trainingOps: readonly OpDef[] = [adagrad, momentum, adam];
