/** Elementwise operators: one tensor, or several that broadcast. @module */
import type { DType } from "../../../core/values/dtype.ts";
import { dtypes } from "../../../core/values/dtype.ts";
import type { Contents } from "../dice.ts";
import type { Draft } from "../draft.ts";
import { everything, floats, type Maker, type Makers, mate, numbers, some, unary } from "./kit.ts";

const few = (d: Draft, p: number, name: string, value: number) => (d.dice.chance(p) ? { [name]: value } : {});
const rate = (name: string, low: number, high: number) => (d: Draft) =>
  few(d, 0.6, name, Math.fround(d.dice.uniform(low, high)));

const ones: Makers = {
  Abs: unary("Abs", numbers),
  Acos: unary("Acos", floats, "unit"),
  Acosh: (d) => ({ op: "Acosh", inputs: [some(d, { dtypes: floats, contents: "positive" }).name] }),
  Asin: unary("Asin", floats, "unit"),
  Asinh: unary("Asinh", floats),
  Atan: unary("Atan", floats),
  Atanh: unary("Atanh", floats, "unit"),
  Ceil: unary("Ceil", floats),
  Celu: unary("Celu", ["float32"], "normal", rate("alpha", 0.3, 2)),
  Cos: unary("Cos", floats),
  Cosh: unary("Cosh", floats),
  Elu: unary("Elu", floats, "normal", rate("alpha", 0.3, 2)),
  Erf: unary("Erf", floats),
  Exp: unary("Exp", floats),
  Floor: unary("Floor", floats),
  Gelu: unary("Gelu", floats, "normal", (d) => (d.dice.chance(0.5) ? { approximate: "tanh" } : {})),
  HardSigmoid: unary(
    "HardSigmoid",
    floats,
    "normal",
    (d) => ({ ...rate("alpha", 0.1, 1)(d), ...rate("beta", -1, 1)(d) }),
  ),
  HardSwish: unary("HardSwish", floats),
  Identity: unary("Identity", everything),
  IsInf: unary("IsInf", ["float32", "float64"], "corner", (d) => ({
    ...few(d, 0.3, "detect_negative", 0),
    ...few(d, 0.3, "detect_positive", 0),
  })),
  IsNaN: unary("IsNaN", floats, "corner"),
  LeakyRelu: unary("LeakyRelu", floats, "normal", rate("alpha", -0.3, 0.9)),
  Log: unary("Log", floats, "positive"),
  Mish: unary("Mish", floats),
  Neg: unary("Neg", [...numbers, "int8"]),
  Reciprocal: unary("Reciprocal", floats, "positive"),
  Relu: unary("Relu", [...numbers, "int8"]),
  Round: unary("Round", floats, "corner"),
  Selu: unary(
    "Selu",
    floats,
    "normal",
    (d) => ({ ...rate("alpha", 0.3, 2)(d), ...rate("gamma", 0.3, 2)(d) }),
  ),
  Shrink: unary("Shrink", ["float32"], "normal", (d) => ({
    ...rate("bias", -1, 1)(d),
    ...rate("lambd", 0, 1)(d),
  })),
  Sigmoid: unary("Sigmoid", floats),
  Sign: unary("Sign", [...numbers, "uint8"]),
  Sin: unary("Sin", floats),
  Sinh: unary("Sinh", floats),
  Softplus: unary("Softplus", floats),
  Softsign: unary("Softsign", floats),
  Sqrt: unary("Sqrt", floats, "positive"),
  Tan: unary("Tan", floats),
  Tanh: unary("Tanh", floats),
  ThresholdedRelu: unary("ThresholdedRelu", floats, "normal", rate("alpha", -1, 1)),
  BitwiseNot: unary("BitwiseNot", ["int32", "int64", "uint8", "int8"]),
  Not: unary("Not", ["bool"]),
};

function two(
  op: string,
  types: readonly DType[],
  second: Contents = "normal",
  attributes: (d: Draft) => Record<string, number> = () => ({}),
): Maker {
  return (d) => {
    const a = some(d, { dtypes: types }), b = mate(d, a, second);
    const swapped = d.dice.chance(0.35) && second === "normal";
    return { op, inputs: swapped ? [b.name, a.name] : [a.name, b.name], attributes: attributes(d) };
  };
}
function several(op: string, types: readonly DType[]): Maker {
  return (d) => {
    const a = some(d, { dtypes: types });
    const more = Array.from({ length: d.dice.between(0, 3) }, () => mate(d, a).name);
    return { op, inputs: d.dice.shuffled([a.name, ...more]) };
  };
}
const bits: readonly DType[] = ["int32", "int64", "uint8", "int8"];
const compared: readonly DType[] = [...numbers, "uint8", "int8"];
const pairs: Makers = {
  Add: two("Add", [...numbers, "float16"]),
  Sub: two("Sub", [...numbers, "float16"]),
  Mul: two("Mul", [...numbers, "float16"]),
  Div: two("Div", [...numbers, "float16"], "positive"),
  Pow: (d) => {
    const a = some(d, { dtypes: floats, contents: "positive" });
    const b = d.dice.chance(0.5)
      ? d.constant(d.dice.tensor([], d.dice.pick<DType>(["float32", "int64", "int32", "float64"]), "whole"))
      : mate(d, a, "small");
    return { op: "Pow", inputs: [a.name, b.name] };
  },
  Mod: (d) => {
    const a = some(d, { dtypes: numbers }), b = mate(d, a, "positive"), float = a.dtype.startsWith("float");
    return { op: "Mod", inputs: [a.name, b.name], attributes: { fmod: float || d.dice.chance(0.3) ? 1 : 0 } };
  },
  PRelu: (d) => {
    const a = some(d, { dtypes: ["float32", "float32", "float64"] });
    const sizes = d.sizes(a).slice(d.dice.between(0, a.rank)).map((s) =>
      s === undefined || d.dice.chance(0.3) ? 1 : s
    );
    return { op: "PRelu", inputs: [a.name, d.source(sizes, a.dtype).name] };
  },
  BitShift: two("BitShift", ["uint8", "uint32", "uint64"]),
  BitwiseAnd: two("BitwiseAnd", bits),
  BitwiseOr: two("BitwiseOr", bits),
  BitwiseXor: two("BitwiseXor", bits),
  And: two("And", ["bool"]),
  Or: two("Or", ["bool"]),
  Xor: two("Xor", ["bool"]),
  Equal: two("Equal", [...compared, "bool"]),
  Greater: two("Greater", compared),
  Less: two("Less", compared),
  GreaterOrEqual: two("GreaterOrEqual", compared),
  LessOrEqual: two("LessOrEqual", compared),
  Max: several("Max", numbers),
  Min: several("Min", numbers),
  Sum: several("Sum", ["float32", "float32", "float64"]),
  Mean: several("Mean", ["float32", "float32", "float64"]),
};

const rest: Makers = {
  BitShift: (d) => {
    const a = some(d, { dtypes: ["uint8", "uint32", "uint64"] }), b = mate(d, a);
    return {
      op: "BitShift",
      inputs: [a.name, b.name],
      attributes: { direction: d.dice.pick(["LEFT", "RIGHT"]) },
    };
  },
  Clip: (d) => {
    const a = some(d, { dtypes: numbers });
    const bound = () => d.dice.chance(0.7) ? d.source([], a.dtype, "whole").name : undefined;
    return { op: "Clip", inputs: [a.name, bound(), bound()] };
  },
  Where: (d) => {
    const a = some(d, { dtypes: everything });
    const sizes = d.sizes(a).map((s) => s === undefined || d.dice.chance(0.3) ? 1 : s);
    const c = d.find((t) => t.dtype === "bool" && d.dice.chance(0.5)) ?? d.source(sizes, "bool");
    const b = mate(d, a);
    return { op: "Where", inputs: [c.name, ...d.dice.shuffled([a.name, b.name])] };
  },
  Cast: (d) => {
    const a = some(d, { dtypes: everything });
    const to = d.dice.pick<DType>([
      "float32",
      "float64",
      "float16",
      "int64",
      "int32",
      "int8",
      "uint8",
      "bool",
      "int16",
    ]);
    return { op: "Cast", inputs: [a.name], attributes: { to: dtypes[to].onnx } };
  },
  CastLike: (d) => {
    const a = some(d, { dtypes: everything }), b = some(d, { dtypes: everything });
    return { op: "CastLike", inputs: [a.name, b.name] };
  },
  Dropout: (d) => {
    const a = some(d, { dtypes: floats });
    const rest = d.dice.chance(0.5) ? [d.constant(d.dice.tensor([], "float32", "positive")).name] : [];
    return { op: "Dropout", inputs: [a.name, ...rest], outputs: d.dice.chance(0.3) ? 2 : 1 };
  },
};

/** Their makers. */
export const elementwise: Makers = { ...ones, ...pairs, ...rest };
