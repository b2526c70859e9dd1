/** Functions of one number: each with its derivative beside it. @module */
import { scalarLike } from "../words.ts";
import type { Builder } from "../../graph/builder.ts";
import type { DType } from "../../values/dtype.ts";
import { type Dim, subDims } from "../../values/shape.ts";
import type { Value } from "../../graph/graph.ts";
import type { OpDef } from "../../graph/op.ts";
import { defineOp, floats, keepsType, numeric, signed, tensorAt } from "../define.ts";
import { mapUnary, type Unary } from "../kernels.ts";
import { upgradeUnary } from "../legacy.ts";

interface UnarySpec extends Unary {
  readonly name: string;
  readonly since: number;
  readonly summary: string;
  readonly types?: readonly DType[];
  readonly accuracy?: "exact" | "rounding";
  /** dx from x, y = f(x) and dy; "zero" for steps, whose derivative is zero wherever there is one. */
  readonly gradient: "zero" | ((b: Builder, x: Value, y: Value, dy: Value) => Value);
  /** The same of sizes that are known. */
  readonly dims?: (d: Dim) => Dim;
}

/** Declares an elementwise function of one input. */
export function unaryOp(spec: UnarySpec): OpDef {
  const { name, since, summary, types = floats, accuracy = "rounding", gradient, dims } = spec;
  return defineOp({
    name,
    since,
    summary,
    attributes: {},
    arity: [1, 1],
    accuracy,
    infer: keepsType(types),
    ...(dims && { propagate: (c) => c.dims(0)?.map(dims) }),
    plain: (inputs) => [mapUnary(tensorAt(inputs, 0), spec)],
    upgrade: upgradeUnary,
    vjp(b, node, [dy]) {
      const x = node.inputs[0], y = node.outputs[0];
      return gradient === "zero" || !x || !y || !dy ? [undefined] : [gradient(b, x, y, dy)];
    },
  });
}

const square = (b: Builder, x: Value) => b.mul(x, x);
/** dy / √(a·x² + c) */
const overRoot = (a: number, c: number) => (b: Builder, x: Value, _: Value, dy: Value) => {
  const scaled = a === 1 ? square(b, x) : b.neg(square(b, x));
  const root = b.sqrt(b.add(scaled, scalarLike(b, c, x)));
  return b.div(dy, root);
};
/** dy / (1 + a·x²) */
const overSquare = (a: number) => (b: Builder, x: Value, _: Value, dy: Value) =>
  b.div(dy, b.one(a === 1 ? "Add" : "Sub", [scalarLike(b, 1, x), square(b, x)]));

/** To the nearest whole number, halves to even; what rounds to zero keeps its sign. */
export function roundHalfEven(x: number): number {
  const down = Math.floor(x), rest = x - down;
  const up = rest > 0.5 || (rest === 0.5 && down % 2 !== 0);
  const whole = up ? down + 1 : down;
  return whole === 0 && x < 0 ? -0 : whole;
}

/** The error function within a few units of 1e-16: series near zero, continued fraction (Lentz) in the tail. */
export function erf(x: number): number {
  const a = Math.abs(x);
  if (Number.isNaN(x)) return x;
  if (a > 6) return Math.sign(x);
  if (a < 2.5) {
    let term = a, sum = a;
    for (let n = 1; n < 100; n++) {
      term *= (2 * a * a) / (2 * n + 1);
      sum += term;
      if (term < sum * 1e-17) break;
    }
    return Math.sign(x) * 2 / Math.sqrt(Math.PI) * Math.exp(-a * a) * sum;
  }
  let f = a;
  for (let n = 60; n > 0; n--) f = a + n / 2 / f;
  return Math.sign(x) * (1 - Math.exp(-a * a) / (f * Math.sqrt(Math.PI)));
}

/** 1 / (1 + e⁻ˣ) without overflow. */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

const basics: readonly UnarySpec[] = [
  {
    name: "Neg",
    since: 13,
    summary: "−x",
    types: signed,
    accuracy: "exact",
    number: (x) => -x,
    big: (x) => -x,
    gradient: (b, _x, _y, dy) => b.neg(dy),
    dims: (d) => subDims(0, d),
  },
  {
    name: "Abs",
    since: 13,
    summary: "|x|",
    types: numeric,
    accuracy: "exact",
    number: Math.abs,
    big: (x) => (x < 0n ? -x : x),
    gradient: (b, x, _, dy) => b.mul(dy, b.sign(x)),
  },
  {
    name: "Sign",
    since: 13,
    summary: "−1, 0 or 1",
    types: numeric,
    accuracy: "exact",
    number: Math.sign,
    big: (x) => (x > 0n ? 1n : x < 0n ? -1n : 0n),
    gradient: "zero",
  },
  { name: "Floor", since: 13, summary: "⌊x⌋", accuracy: "exact", number: Math.floor, gradient: "zero" },
  { name: "Ceil", since: 13, summary: "⌈x⌉", accuracy: "exact", number: Math.ceil, gradient: "zero" },
  {
    name: "Round",
    since: 22,
    summary: "The nearest whole number, halves to even.",
    accuracy: "exact",
    number: roundHalfEven,
    gradient: "zero",
  },
  {
    name: "Sqrt",
    since: 13,
    summary: "√x",
    number: Math.sqrt,
    gradient: (b, _x, y, dy) => b.div(b.mul(dy, scalarLike(b, 0.5, y)), y),
  },
  {
    name: "Reciprocal",
    since: 13,
    summary: "1 / x",
    number: (x) => 1 / x,
    gradient: (b, _x, y, dy) => b.neg(b.mul(dy, square(b, y))),
  },
  {
    name: "Exp",
    since: 13,
    summary: "eˣ",
    number: Math.exp,
    gradient: (b, _x, y, dy) => b.mul(dy, y),
  },
  {
    name: "Log",
    since: 13,
    summary: "ln x",
    number: Math.log,
    gradient: (b, x, _, dy) => b.div(dy, x),
  },
  {
    name: "Erf",
    since: 13,
    summary: "The error function.",
    types: numeric,
    number: erf,
    gradient: (b, x, _, dy) => {
      const bell = b.exp(b.neg(square(b, x)));
      return b.mul(dy, b.mul(bell, scalarLike(b, 2 / Math.sqrt(Math.PI), x)));
    },
  },
];

const trigonometry: readonly UnarySpec[] = [
  {
    name: "Sin",
    since: 22,
    summary: "sin x",
    number: Math.sin,
    gradient: (b, x, _, dy) => b.mul(dy, b.cos(x)),
  },
  {
    name: "Cos",
    since: 22,
    summary: "cos x",
    number: Math.cos,
    gradient: (b, x, _, dy) => b.neg(b.mul(dy, b.sin(x))),
  },
  {
    name: "Tan",
    since: 22,
    summary: "tan x",
    number: Math.tan,
    gradient: (b, _x, y, dy) => b.mul(dy, b.add(square(b, y), scalarLike(b, 1, y))),
  },
  { name: "Asin", since: 22, summary: "arcsin x", number: Math.asin, gradient: overRoot(-1, 1) },
  {
    name: "Acos",
    since: 22,
    summary: "arccos x",
    number: Math.acos,
    gradient: (b, x, y, dy) => b.neg(overRoot(-1, 1)(b, x, y, dy)),
  },
  { name: "Atan", since: 22, summary: "arctan x", number: Math.atan, gradient: overSquare(1) },
  {
    name: "Sinh",
    since: 22,
    summary: "sinh x",
    number: Math.sinh,
    gradient: (b, x, _, dy) => b.mul(dy, b.cosh(x)),
  },
  {
    name: "Cosh",
    since: 22,
    summary: "cosh x",
    number: Math.cosh,
    gradient: (b, x, _, dy) => b.mul(dy, b.sinh(x)),
  },
  {
    name: "Tanh",
    since: 13,
    summary: "tanh x",
    number: Math.tanh,
    gradient: (b, _x, y, dy) => b.mul(dy, b.sub(scalarLike(b, 1, y), square(b, y))),
  },
  { name: "Asinh", since: 22, summary: "arsinh x", number: Math.asinh, gradient: overRoot(1, 1) },
  { name: "Acosh", since: 22, summary: "arcosh x", number: Math.acosh, gradient: overRoot(1, -1) },
  { name: "Atanh", since: 22, summary: "artanh x", number: Math.atanh, gradient: overSquare(-1) },
];

const squashing: readonly UnarySpec[] = [
  {
    name: "Sigmoid",
    since: 13,
    summary: "1 / (1 + e⁻ˣ)",
    number: sigmoid,
    gradient: (b, _x, y, dy) => b.mul(dy, b.mul(y, b.sub(scalarLike(b, 1, y), y))),
  },
  {
    name: "Relu",
    since: 14,
    summary: "max(x, 0)",
    types: signed,
    accuracy: "exact",
    number: (x) => (x < 0 ? 0 : x),
    big: (x) => (x < 0n ? 0n : x),
    gradient: (b, _x, y, dy) => {
      const zero = scalarLike(b, 0, y);
      return b.where(b.greater(y, zero), dy, zero);
    },
  },
  {
    name: "Softplus",
    since: 22,
    summary: "ln(1 + eˣ), without overflow",
    number: (x) => (x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x))),
    gradient: (b, x, _, dy) => b.mul(dy, b.sigmoid(x)),
  },
];

/** Functions of one number. */
export const mathOps: readonly OpDef[] = [...basics, ...trigonometry, ...squashing].map(unaryOp);
