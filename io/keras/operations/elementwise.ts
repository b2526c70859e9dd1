/** Keras 3's elementwise operations. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import { isFloat } from "../../../core/values/dtype.ts";
import type { Value } from "../../../core/graph/graph.ts";
import { cast, dtypeOf, inputAt, scalarLike, shapeOf } from "../../../core/ops/words.ts";
import { first, type Given, type Operation, type Operations } from "./given.ts";

const two = ["x1", "x2"];
/** An operator of two tensors. */
export const binary = (build: (b: Builder, x: Value, y: Value) => Value): Operation => ({
  args: two,
  build(given) {
    const [x, y] = given.together(...two);
    return build(given.b, first(x ? [x] : []), first(y ? [y] : []));
  },
});
const plain = (op: string) => binary((b, x, y) => b.one(op, [x, y]));
const not = (op: string) => binary((b, x, y) => b.not(b.one(op, [x, y])));
/** Two tensors in floats. */
export const floats = (build: (b: Builder, x: Value, y: Value) => Value): Operation =>
  binary((b, x, y) => build(b, asFloat(b, x), asFloat(b, y)));
/** Two tensors as booleans. */
const logical = (op: string): Operation => ({
  args: two,
  build: (given) => given.b.one(op, two.map((n) => cast(given.b, given.value(n), "bool"))),
});
const asFloat = (b: Builder, x: Value) => isFloat(dtypeOf(x)) ? x : cast(b, x, "float32");
/** A function of one tensor, in floats. */
export const unary = (build: (b: Builder, x: Value, given: Given) => Value): Operation => ({
  args: ["x"],
  build: (given) => build(given.b, given.float("x"), given),
});
const one = (op: string) => unary((b, x) => b.one(op, [x]));
/** A function that keeps the element type. */
const kept = (op: string): Operation => ({
  args: ["x"],
  build: (given) => given.b.one(op, [given.value("x")]),
});
/** An activation, whose options have Keras' names but for the slope's. */
const activation = (name: string) =>
  unary((b, x, given) => {
    const options = ["alpha", "threshold", "b", "axis", "negative_slope"].filter((key) => given.has(key));
    return b.activation(
      name,
      x,
      Object.fromEntries(
        options.map((key) => [key === "negative_slope" ? "negativeSlope" : key, given.get(key)]),
      ),
    );
  });
/** Operations of one form by their names. */
const each = (names: string, make: (name: string) => Operation): Operations =>
  Object.fromEntries(names.split(" ").map((name) => [name, make(name)]));
const scaled = (b: Builder, x: Value, by: number) => b.mul(x, scalarLike(b, by, x));
const plus = (b: Builder, x: Value, by: number) => b.add(x, scalarLike(b, by, x));
const floorDivide = (b: Builder, x: Value, y: Value) =>
  isFloat(dtypeOf(x)) ? b.floor(b.div(x, y)) : b.div(b.sub(x, b.mod(x, y)), y);
/** x mod y with y's sign. */
function floorMod(b: Builder, x: Value, y: Value): Value {
  if (!isFloat(dtypeOf(x))) return b.mod(x, y);
  return b.sub(x, b.mul(b.floor(b.div(x, y)), y));
}
function rounded(given: Given): Value {
  const { b } = given, x = given.value("x"), scale = 10 ** given.number("decimals", 0);
  if (!isFloat(dtypeOf(x))) return x;
  return scale === 1 ? b.round(x) : scaled(b, b.round(scaled(b, x, scale)), 1 / scale);
}
function clipped(given: Given): Value {
  const values = given.together("x", "x_min", "x_max");
  const x = inputAt(values, 0), low = inputAt(values, 1), high = inputAt(values, 2);
  return given.b.min([given.b.max([x, low]), high]);
}
function selected(given: Given): Value | readonly Value[] {
  const { b } = given, condition = cast(b, given.value("condition"), "bool");
  if (!given.has("x1") && !given.has("x2")) return places(b, condition);
  return b.one("Where", [condition, ...given.together("x1", "x2")]);
}
/** Where elements aren't zero, a vector for each axis. */
export function places(b: Builder, x: Value): readonly Value[] {
  const at = cast(b, b.nonZero(cast(b, x, "bool")), "int32");
  return shapeOf(x.type).map((_, i) => b.gather(at, b.scalar(i, "int64"), { axis: 0 }));
}
/** NaN and the infinities replaced. */
function numbersOnly(given: Given): Value {
  const { b } = given, x = given.float("x"), most = 3.4028234663852886e38;
  const like = (n: number) => scalarLike(b, n, x);
  const infinite = (sign: 1 | -1) =>
    b.isInf(x, { detect_negative: sign < 0 ? 1 : 0, detect_positive: sign > 0 ? 1 : 0 });
  const y = b.where(b.isNaN(x), like(given.number("nan", 0)), x);
  const z = b.where(infinite(1), like(given.number("posinf", most)), y);
  return b.where(infinite(-1), like(given.number("neginf", -most)), z);
}

/** Elementwise operations by class name. */
export const elementwise: Operations = {
  ...each("Equal Greater Less", plain),
  ...each("Sqrt Reciprocal Exp Log Erf Sin Cos Tan Sinh Cosh Tanh Floor Ceil Sigmoid", one),
  ...each(
    "Relu Relu6 Softplus Softsign Silu Selu HardSigmoid HardSilu HardTanh TanhShrink LogSigmoid SparsePlus SparseSigmoid Mish Elu Celu LeakyRelu HardShrink SoftShrink Squareplus Sparsemax Glu",
    (name) => activation(name.charAt(0).toLowerCase() + name.slice(1)),
  ),
  Add: plain("Add"),
  Subtract: plain("Sub"),
  Multiply: plain("Mul"),
  Divide: floats((b, x, y) => b.div(x, y)),
  TrueDivide: floats((b, x, y) => b.div(x, y)),
  DivideNoNan: floats((b, x, y) => {
    const zero = scalarLike(b, 0, y), none = b.equal(y, zero);
    return b.where(none, zero, b.div(x, b.where(none, scalarLike(b, 1, y), y)));
  }),
  FloorDivide: binary(floorDivide),
  Mod: binary(floorMod),
  Maximum: plain("Max"),
  Minimum: plain("Min"),
  Power: plain("Pow"),
  NotEqual: not("Equal"),
  GreaterEqual: plain("GreaterOrEqual"),
  LessEqual: plain("LessOrEqual"),
  LogicalAnd: logical("And"),
  LogicalOr: logical("Or"),
  LogicalXor: logical("Xor"),
  LogicalNot: {
    args: ["x"],
    build: (given) => given.b.not(cast(given.b, given.value("x"), "bool")),
  },
  Hypot: floats((b, x, y) => b.sqrt(b.add(b.mul(x, x), b.mul(y, y)))),
  Logaddexp: floats((b, x, y) => {
    const top = b.max([x, y]), low = b.min([x, y]);
    return b.add(top, b.softplus(b.sub(low, top)));
  }),
  Negative: kept("Neg"),
  Absolute: kept("Abs"),
  Abs: kept("Abs"),
  Fabs: one("Abs"),
  Sign: kept("Sign"),
  Square: { args: ["x"], build: (given) => given.b.mul(given.value("x"), given.value("x")) },
  Rsqrt: unary((b, x) => b.reciprocal(b.sqrt(x))),
  Cbrt: unary((b, x) => b.mul(b.sign(x), b.pow(b.abs(x), scalarLike(b, 1 / 3, x)))),
  Exp2: unary((b, x) => b.exp(scaled(b, x, Math.LN2))),
  Expm1: unary((b, x) => plus(b, b.exp(x), -1)),
  Log2: unary((b, x) => scaled(b, b.log(x), Math.LOG2E)),
  Log10: unary((b, x) => scaled(b, b.log(x), Math.LOG10E)),
  Log1p: unary((b, x) => b.log(plus(b, x, 1))),
  Arcsin: one("Asin"),
  Arccos: one("Acos"),
  Arctan: one("Atan"),
  Arcsinh: one("Asinh"),
  Arccosh: one("Acosh"),
  Arctanh: one("Atanh"),
  Deg2rad: unary((b, x) => scaled(b, x, Math.PI / 180)),
  Rad2deg: unary((b, x) => scaled(b, x, 180 / Math.PI)),
  Trunc: unary((b, x) => b.mul(b.sign(x), b.floor(b.abs(x)))),
  Round: { args: ["x"], build: rounded },
  Clip: { args: ["x", "x_min", "x_max"], build: clipped },
  Where: { args: ["condition", "x1", "x2"], build: selected },
  NanToNum: { args: ["x"], build: numbersOnly },
  Isnan: one("IsNaN"),
  Isinf: one("IsInf"),
  Isfinite: unary((b, x) => b.not(b.or(b.isNaN(x), b.isInf(x)))),
  StopGradient: { args: ["variable"], build: (given) => given.value("variable") },
  ConvertToTensor: {
    args: ["x", "dtype", "sparse", "ragged"],
    build(given) {
      const dtype = given.dtype(), x = given.value("x", dtype);
      if (given.flag("sparse")) throw given.refuse("sparse");
      if (given.flag("ragged")) throw given.refuse("ragged");
      return x;
    },
  },
  Copy: { args: ["x"], build: (given) => given.value("x") },
  Gelu: unary((b, x, given) =>
    b.activation("gelu", x, { approximate: given.has("approximate") ? given.flag("approximate") : true })
  ),
  Threshold: unary((b, x, given) => {
    const above = b.greater(x, scalarLike(b, given.number("threshold"), x));
    return b.where(above, x, scalarLike(b, given.number("default_value"), x));
  }),
};
