/** Activations that are smooth nearly everywhere: sigmoids, exponentials, softmaxes and their kin. @module */
import type { Builder } from "../../core/graph/builder.ts";
import type { Value } from "../../core/graph/graph.ts";
import type { ActivationDef } from "../../core/network/layer.ts";
import { cast, dtypeOf, inputAt, range, scalarLike } from "../../core/ops/words.ts";
import { dimsOf, normalAxis } from "../../core/values/shape.ts";
import { type NamedFactory, namedFactory } from "../../core/network/named.ts";

/** The scale of an exponential. */
export interface AlphaOption {
  /** Scale below 0; 1 unless given. */
  readonly alpha?: number;
}
/** The axis of an activation that looks along one. */
export interface AxisOption {
  /** The axis; the last unless given. */
  readonly axis?: number;
}
/** Options of {@link gelu}. */
export interface GeluOptions {
  /** By tanh in place of the normal distribution; false unless given. */
  readonly approximate?: boolean;
}
/** Options of {@link squareplus}. */
export interface SquareplusOptions {
  /** How round the bend is: the square of twice the value at 0; 4 unless given. */
  readonly b?: number;
}

type Options = Readonly<Record<string, unknown>>;
/** An option as a number. */
const num = (options: Options, name: string): number => Number(options[name]);

function simple(name: string, op: string, attributes = {}): ActivationDef {
  return { kind: "activation", name, build: (b, x) => b.one(op, [x], attributes) };
}

/** 1 / (1 + e⁻ˣ). */
export const sigmoid: NamedFactory<ActivationDef> = namedFactory(simple("sigmoid", "Sigmoid"));
/** The hyperbolic tangent. */
export const tanh: NamedFactory<ActivationDef> = namedFactory(simple("tanh", "Tanh"));
/** log(1 + eˣ). */
export const softplus: NamedFactory<ActivationDef> = namedFactory(simple("softplus", "Softplus"));
/** x / (1 + |x|). */
export const softsign: NamedFactory<ActivationDef> = namedFactory(simple("softsign", "Softsign"));
/** eˣ. */
export const exponential: NamedFactory<ActivationDef> = namedFactory(simple("exponential", "Exp"));
/** x · tanh(softplus(x)), Misra 2019. */
export const mish: NamedFactory<ActivationDef> = namedFactory(simple("mish", "Mish"));
/** Scaled exponential linear unit (Klambauer et al. 2017). */
export const selu: NamedFactory<ActivationDef> = namedFactory(simple("selu", "Selu"));

const swishOf = (b: Builder, x: Value): Value => b.mul(x, b.sigmoid(x));
/** x · sigmoid(x). */
export const silu: NamedFactory<ActivationDef> = namedFactory({
  kind: "activation",
  name: "silu",
  build: swishOf,
});
/** The older name of {@link silu}. */
export const swish: NamedFactory<ActivationDef> = namedFactory({ ...silu.def, name: "swish" });

/** log sigmoid(x). */
export const logSigmoid: NamedFactory<ActivationDef> = namedFactory({
  kind: "activation",
  name: "logSigmoid",
  build: (b, x) => b.neg(b.softplus(b.neg(x))),
});
/** x where positive, else alpha · (eˣ − 1). */
export const elu: NamedFactory<ActivationDef, AlphaOption> = namedFactory({
  kind: "activation",
  name: "elu",
  options: { alpha: 1 },
  build: (b, x, options) => b.elu(x, { alpha: num(options, "alpha") }),
});
/** Continuously differentiable exponential linear unit. */
export const celu: NamedFactory<ActivationDef, AlphaOption> = namedFactory({
  kind: "activation",
  name: "celu",
  options: { alpha: 1 },
  build: (b, x, options) => b.celu(x, { alpha: num(options, "alpha") }),
});
/** x · P(X ≤ x), X standard normal; by tanh where `approximate`. */
export const gelu: NamedFactory<ActivationDef, GeluOptions> = namedFactory({
  kind: "activation",
  name: "gelu",
  options: { approximate: false },
  build: (b, x, options) => b.gelu(x, { approximate: options.approximate ? "tanh" : "none" }),
});
/** eˣ over its sum along the axis. */
export const softmax: NamedFactory<ActivationDef, AxisOption> = namedFactory({
  kind: "activation",
  name: "softmax",
  options: { axis: -1 },
  build: (b, x, options) => b.softmax(x, { axis: num(options, "axis") }),
});
/** Logarithm of softmax. */
export const logSoftmax: NamedFactory<ActivationDef, AxisOption> = namedFactory({
  kind: "activation",
  name: "logSoftmax",
  options: { axis: -1 },
  build: (b, x, options) => b.logSoftmax(x, { axis: num(options, "axis") }),
});
/** a · sigmoid(g), the two halves of an axis, Dauphin et al. 2016. */
export const glu: NamedFactory<ActivationDef, AxisOption> = namedFactory({
  kind: "activation",
  name: "glu",
  options: { axis: -1 },
  build(b, x, options) {
    const halves = b.split(x, { axis: num(options, "axis"), num_outputs: 2 });
    return b.mul(inputAt(halves, 0), b.sigmoid(inputAt(halves, 1)));
  },
});
/** (x + √(x² + b)) / 2. */
export const squareplus: NamedFactory<ActivationDef, SquareplusOptions> = namedFactory({
  kind: "activation",
  name: "squareplus",
  options: { b: 4 },
  build(b, x, options) {
    const root = b.sqrt(b.add(b.mul(x, x), scalarLike(b, num(options, "b"), x)));
    return b.mul(b.add(x, root), scalarLike(b, 0.5, x));
  },
});
/**
 * The probability simplex' nearest point, with zeros (Martins and Astudillo 2016), as Keras computes it: its threshold
 * adds up the running sums of the members, so that it is exact for one member and too high for more.
 */
export const sparsemax: NamedFactory<ActivationDef, AxisOption> = namedFactory({
  kind: "activation",
  name: "sparsemax",
  options: { axis: -1 },
  build(b, x, options) {
    const rank = dimsOf(x.type).length, axis = normalAxis(num(options, "axis"), rank);
    const count = b.shape(x, { start: axis, end: axis + 1 });
    const sorted = b.topK(x, count, { axis, largest: 1, sorted: 1 })[0];
    const positions = b.unsqueeze(
      b.range(b.scalar(1, "int64"), b.add(b.squeeze(count), b.scalar(1, "int64")), b.scalar(1, "int64")),
      b.ints(range(0, rank).filter((a) => a !== axis)),
    );
    const k = cast(b, positions, dtypeOf(x));
    const sums = b.cumSum(sorted, b.scalar(axis, "int64"));
    const one = scalarLike(b, 1, x);
    const inside = b.greater(b.add(one, b.mul(k, sorted)), sums);
    const members = b.reduceSum(cast(b, inside, dtypeOf(x)), b.ints([axis]), { keepdims: 1 });
    const mass = b.reduceSum(b.where(inside, sums, scalarLike(b, 0, x)), b.ints([axis]), {
      keepdims: 1,
    });
    const tau = b.div(b.sub(mass, one), members);
    return b.relu(b.sub(x, tau));
  },
});
