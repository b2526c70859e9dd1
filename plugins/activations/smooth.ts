/** Activations that are smooth nearly everywhere: sigmoids, exponentials, softmaxes and their kin. @module */
import type { Builder } from "../../core/graph/builder.ts";
import type { Value } from "../../core/graph/graph.ts";
import type { ActivationDef } from "../../core/network/layer.ts";
import { cast, dtypeOf, range, scalarLike } from "../../core/graph/words.ts";
import { dimsOf, normalAxis } from "../../core/values/shape.ts";

type Options = Readonly<Record<string, unknown>>;
/** An option as a number. */
const num = (options: Options, name: string): number => Number(options[name]);

function simple(name: string, op: string, summary: string, attributes = {}): ActivationDef {
  return { kind: "activation", name, summary, build: (b, x) => b.one(op, [x], attributes) };
}

/** 1 / (1 + e⁻ˣ) */
export const sigmoid: ActivationDef = simple("sigmoid", "Sigmoid", "1 / (1 + exp(-x))");
/** The hyperbolic tangent. */
export const tanh: ActivationDef = simple("tanh", "Tanh", "hyperbolic tangent");
/** ln(1 + eˣ) */
export const softplus: ActivationDef = simple("softplus", "Softplus", "log(1 + exp(x))");
/** x / (1 + |x|) */
export const softsign: ActivationDef = simple("softsign", "Softsign", "x / (1 + |x|)");
/** eˣ */
export const exponential: ActivationDef = simple("exponential", "Exp", "exp(x)");
/** x · tanh(softplus(x)), Misra 2019. */
export const mish: ActivationDef = simple("mish", "Mish", "x · tanh(softplus(x))");
/** Scaled exponential linear unit, Klambauer et al. 2017. */
export const selu: ActivationDef = simple("selu", "Selu", "scaled exponential linear unit");

const swishOf = (b: Builder, x: Value): Value => b.one("Mul", [x, b.one("Sigmoid", [x])]);
/** x · sigmoid(x) */
export const silu: ActivationDef = {
  kind: "activation",
  name: "silu",
  summary: "x · sigmoid(x)",
  build: swishOf,
};
/** The older name of {@link silu}. */
export const swish: ActivationDef = { ...silu, name: "swish" };

/** −ln(1 + e⁻ˣ) */
export const logSigmoid: ActivationDef = {
  kind: "activation",
  name: "logSigmoid",
  summary: "log(sigmoid(x))",
  build: (b, x) => b.one("Neg", [b.one("Softplus", [b.one("Neg", [x])])]),
};
/** x where positive, else α·(eˣ − 1). */
export const elu: ActivationDef = {
  kind: "activation",
  name: "elu",
  summary: "x where positive, else alpha · (exp(x) - 1)",
  options: { alpha: 1 },
  build: (b, x, options) => b.one("Elu", [x], { alpha: num(options, "alpha") }),
};
/** max(0, x) + min(0, α·(e^(x/α) − 1)), Barron 2017. */
export const celu: ActivationDef = {
  kind: "activation",
  name: "celu",
  summary: "continuously differentiable exponential linear unit",
  options: { alpha: 1 },
  build: (b, x, options) => b.one("Celu", [x], { alpha: num(options, "alpha") }),
};
/** x · Φ(x), or its tanh approximation, Hendrycks and Gimpel 2016. */
export const gelu: ActivationDef = {
  kind: "activation",
  name: "gelu",
  summary: "x · P(X <= x), X standard normal; approximate: by tanh",
  options: { approximate: false },
  build: (b, x, options) => b.one("Gelu", [x], { approximate: options.approximate ? "tanh" : "none" }),
};
/** eˣ / Σ eˣ over an axis. */
export const softmax: ActivationDef = {
  kind: "activation",
  name: "softmax",
  summary: "exp(x) over its sum along an axis",
  options: { axis: -1 },
  build: (b, x, options) => b.one("Softmax", [x], { axis: num(options, "axis") }),
};
/** ln softmax. */
export const logSoftmax: ActivationDef = {
  kind: "activation",
  name: "logSoftmax",
  summary: "logarithm of softmax",
  options: { axis: -1 },
  build: (b, x, options) => b.one("LogSoftmax", [x], { axis: num(options, "axis") }),
};
/** a · sigmoid(g), the two halves of an axis, Dauphin et al. 2016. */
export const glu: ActivationDef = {
  kind: "activation",
  name: "glu",
  summary: "first half of an axis times the sigmoid of its second half",
  options: { axis: -1 },
  build(b, x, options) {
    const [value, gate] = b.op("Split", [x], { axis: num(options, "axis"), num_outputs: 2 }, { outputs: 2 });
    return b.one("Mul", [value, gate && b.one("Sigmoid", [gate])]);
  },
};
/** (x + √(x² + b)) / 2 */
export const squareplus: ActivationDef = {
  kind: "activation",
  name: "squareplus",
  summary: "(x + sqrt(x² + b)) / 2",
  options: { b: 4 },
  build(b, x, options) {
    const root = b.one("Sqrt", [b.one("Add", [b.one("Mul", [x, x]), scalarLike(b, num(options, "b"), x)])]);
    return b.one("Mul", [b.one("Add", [x, root]), scalarLike(b, 0.5, x)]);
  },
};
/**
 * The probability simplex' nearest point, with zeros (Martins and Astudillo 2016), as Keras computes it: its threshold
 * adds up the running sums of the members, so that it is exact for one member and too high for more.
 */
export const sparsemax: ActivationDef = {
  kind: "activation",
  name: "sparsemax",
  summary: "projection on the probability simplex",
  options: { axis: -1 },
  build(b, x, options) {
    const rank = dimsOf(x.type).length, axis = normalAxis(num(options, "axis"), rank);
    const count = b.one("Shape", [x], { start: axis, end: axis + 1 });
    const sorted = b.one("TopK", [x, count], { axis, largest: 1, sorted: 1 });
    const positions = b.one("Unsqueeze", [
      b.one("Range", [
        b.scalar(1, "int64"),
        b.one("Add", [b.one("Squeeze", [count]), b.scalar(1, "int64")]),
        b.scalar(1, "int64"),
      ]),
      b.ints(range(0, rank).filter((a) => a !== axis)),
    ]);
    const k = cast(b, positions, dtypeOf(x));
    const sums = b.one("CumSum", [sorted, b.scalar(axis, "int64")]);
    const one = scalarLike(b, 1, x);
    const inside = b.one("Greater", [b.one("Add", [one, b.one("Mul", [k, sorted])]), sums]);
    const members = b.one("ReduceSum", [cast(b, inside, dtypeOf(x)), b.ints([axis])], { keepdims: 1 });
    const mass = b.one("ReduceSum", [b.one("Where", [inside, sums, scalarLike(b, 0, x)]), b.ints([axis])], {
      keepdims: 1,
    });
    const tau = b.one("Div", [b.one("Sub", [mass, one]), members]);
    return b.one("Relu", [b.one("Sub", [x, tau])]);
  },
};
