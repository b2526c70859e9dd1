/** Elementwise operators as expressions of the fused loop. @module */
import { item } from "../../../../core/values/item.ts";
import { type DType, dtypeFromOnnx, isDType } from "../../../../core/values/dtype.ts";
import type { Node } from "../../../../core/graph/graph.ts";
import type { Type } from "../../../../core/values/shape.ts";
import type {
  BinaryOp,
  CompareOp,
  ElementType,
  ElementwiseNode,
  LogicOp,
  UnaryOp,
  ValueType,
} from "./loops.ts";

/** An expression graph while it grows; value numbers count the inputs first. */
export class Expression {
  readonly nodes: ElementwiseNode[] = [];
  readonly #types: ValueType[];
  readonly #consts = new Map<string, number>();
  constructor(inputs: readonly ElementType[]) {
    this.#types = inputs.map((t) => (t === "u8" ? "i32" : t));
  }
  /** Type of a value. */
  type(value: number): ValueType {
    return this.#types[value] ?? "f32";
  }
  #push(node: ElementwiseNode, type: ValueType): number {
    this.nodes.push(node);
    return this.#types.push(type) - 1;
  }
  /** An operator whose result has its first argument's type. */
  op(op: ArithmeticOp, ...args: number[]): number {
    return this.#push({ op, args }, this.type(item(args, 0)));
  }
  /** A comparison, a test or logic: the result is bool. */
  test(op: TestOp, ...args: number[]): number {
    return this.#push({ op, args }, "bool");
  }
  where(condition: number, a: number, b: number): number {
    return this.#push({ op: "where", args: [condition, a, b] }, this.type(a));
  }
  constant(value: number, dtype: ValueType = "f32"): number {
    const key = `${dtype}:${Object.is(value, -0) ? "-0" : value}`;
    let found = this.#consts.get(key);
    if (found === undefined) this.#consts.set(key, found = this.#push({ op: "const", dtype, value }, dtype));
    return found;
  }
  cast(value: number, to: ValueType): number {
    return this.type(value) === to ? value : this.#push({ op: "cast", to, args: [value] }, to);
  }
  clip(value: number, min: number, max: number): number {
    return this.#push({ op: "clip", min, max, args: [value] }, "f32");
  }
  leaky(value: number, alpha: number): number {
    return this.#push({ op: "leaky", alpha, args: [value] }, "f32");
  }
}
type TestOp = CompareOp | LogicOp | "isnan" | "isinf";
type ArithmeticOp = Exclude<UnaryOp | BinaryOp, TestOp>;

interface Rule {
  /** Types the first (or compared) argument may have. */
  readonly on: readonly ValueType[];
  /** Absent optional arguments are undefined. */
  build(e: Expression, args: readonly (number | undefined)[], node: Node): number;
}
const F: readonly ValueType[] = ["f32"], FI: readonly ValueType[] = ["f32", "i32"];
const number = (node: Node, name: string, otherwise: number): number => {
  const v = node.attributes[name];
  return typeof v === "number" ? v : typeof v === "boolean" ? Number(v) : otherwise;
};
const unary = (op: ArithmeticOp, on = F): Rule => ({ on, build: (e, [x = 0]) => e.op(op, x) });
const variadic = (op: ArithmeticOp, on: readonly ValueType[]): Rule => ({
  on,
  build: (e, args) => {
    const [first = 0, ...others] = args.filter((x) => x !== undefined);
    return others.reduce((sum, x) => e.op(op, sum, x), first);
  },
});
const compare = (op: TestOp, on: readonly ValueType[] = ["f32", "i32", "i64"]): Rule => ({
  on,
  build: (e, [a = 0, b = 0]) => e.test(op, a, b),
});
const logic = (op: TestOp): Rule => ({
  on: ["bool"],
  build: (e, args) => e.test(op, ...args.filter((x) => x !== undefined)),
});

const elements: Partial<Readonly<Record<DType, ElementType>>> = {
  float32: "f32",
  int32: "i32",
  int64: "i64",
  bool: "bool",
};
/** ONNX operators that the fused loop computes. */
export const elementwiseRules: Readonly<Record<string, Rule>> = {
  Add: variadic("add", ["f32", "i32", "i64"]),
  Sub: variadic("sub", ["f32", "i32", "i64"]),
  Mul: variadic("mul", ["f32", "i32", "i64"]),
  Div: variadic("div", F),
  Min: variadic("min", FI),
  Max: variadic("max", FI),
  Sum: variadic("add", F),
  Mean: {
    on: F,
    build: (e, args) => {
      const [first = 0, ...others] = args.filter((x) => x !== undefined);
      const sum = others.reduce((s, x) => e.op("add", s, x), first);
      return others.length === 0 ? sum : e.op("div", sum, e.constant(others.length + 1));
    },
  },
  Pow: { on: F, build: (e, [a = 0, b = 0]) => e.op("pow", a, e.cast(b, "f32")) },
  Neg: unary("neg", FI),
  Abs: unary("abs"),
  Sign: unary("sign"),
  Sqrt: unary("sqrt"),
  Reciprocal: unary("reciprocal"),
  Exp: unary("exp"),
  Log: unary("log"),
  Floor: unary("floor"),
  Ceil: unary("ceil"),
  Round: unary("round"),
  Erf: unary("erf"),
  Sin: unary("sin"),
  Cos: unary("cos"),
  Tanh: unary("tanh"),
  Sigmoid: unary("sigmoid"),
  Relu: unary("relu"),
  Softplus: unary("softplus"),
  Softsign: unary("softsign"),
  LeakyRelu: { on: F, build: (e, [x = 0], n) => e.leaky(x, number(n, "alpha", 0.01)) },
  PRelu: {
    on: F,
    build: (e, [x = 0, slope = 0]) => e.where(e.test("lt", x, e.constant(0)), e.op("mul", x, slope), x),
  },
  Elu: {
    on: F,
    build: (e, [x = 0], n) => {
      const below = e.op("mul", e.constant(number(n, "alpha", 1)), e.op("expm1", x));
      return e.where(e.test("gt", x, e.constant(0)), x, below);
    },
  },
  Selu: {
    on: F,
    build: (e, [x = 0], n) => {
      const gamma = e.constant(number(n, "gamma", 1.0507009873554805));
      const below = e.op("mul", e.constant(number(n, "alpha", 1.6732632423543772)), e.op("expm1", x));
      return e.op("mul", gamma, e.where(e.test("gt", x, e.constant(0)), x, below));
    },
  },
  HardSigmoid: {
    on: F,
    build: (e, [x = 0], n) => {
      const scaled = e.op("mul", x, e.constant(number(n, "alpha", 0.2)));
      return e.clip(e.op("add", scaled, e.constant(number(n, "beta", 0.5))), 0, 1);
    },
  },
  Clip: {
    on: FI,
    // By comparison: a bound of NaN is none.
    build: (e, [x = 0, min, max]) => {
      const low = min === undefined ? x : e.where(e.test("lt", x, min), min, x);
      return max === undefined ? low : e.where(e.test("gt", low, max), max, low);
    },
  },
  Where: { on: ["bool"], build: (e, [c = 0, a = 0, b = 0]) => e.where(c, a, b) },
  Not: logic("not"),
  And: logic("and"),
  Or: logic("or"),
  Xor: logic("xor"),
  Equal: compare("eq", ["f32", "i32", "i64", "bool"]),
  Greater: compare("gt"),
  GreaterOrEqual: compare("ge"),
  Less: compare("lt"),
  LessOrEqual: compare("le"),
  IsNaN: { on: F, build: (e, [x = 0]) => e.test("isnan", x) },
  IsInf: { on: F, build: (e, [x = 0]) => e.test("isinf", x) },
  Cast: { on: ["f32", "i32", "i64", "bool"], build: (e, [x = 0], n) => e.cast(x, castTarget(n)) },
};

function castTarget(node: Node): ValueType {
  const to = node.attributes["to"];
  const dtype = isDType(to) ? to : typeof to === "number" ? dtypeFromOnnx(to) : undefined;
  const type = dtype && elements[dtype];
  if (type === undefined || type === "u8") throw new RangeError(`Cast to ${to} is not an engine type`);
  return type;
}

/** The loop's element type for a tensor's, where it has one. */
export function elementType(dtype: DType): ElementType | undefined {
  return elements[dtype];
}

/** Whether the fused loop can compute a node, given the types of its graph's values. */
export function isElementwise(node: Node, types: readonly Type[]): boolean {
  const rule = node.domain === "" && Object.hasOwn(elementwiseRules, node.op)
    ? elementwiseRules[node.op]
    : undefined;
  // A kernel takes an address an operand, and engines take at most 1,000 parameters.
  if (!rule || node.inputs.length > 200) return false;
  const of = (index: number) => elementAt(node.inputs[index], types), first = of(0);
  if (first === undefined || !rule.on.includes(first as ValueType)) return false;
  if (elementAt(node.outputs[0], types) === undefined) return false;
  let same = true;
  for (const id of node.inputs) {
    if (id < 0) continue;
    const type = elementAt(id, types);
    if (type === undefined) return false;
    if (type !== first) same = false;
  }
  if (node.op === "Cast") return true;
  if (node.op === "Where") return of(1) === of(2);
  if (node.op === "Pow") return of(1) === "f32" || of(1) === "i32";
  if (node.op === "Equal" && first === "bool") return false;
  if (node.op === "IsInf") {
    return number(node, "detect_negative", 1) === 1 && number(node, "detect_positive", 1) === 1;
  }
  return same;
}
function elementAt(id: number | undefined, types: readonly Type[]): ElementType | undefined {
  const type = id === undefined ? undefined : types[id];
  return type?.kind === "tensor" ? elements[type.dtype] : undefined;
}
