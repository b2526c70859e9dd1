/** Fused expressions, an element at a time: what each operator of the room's loops means. @module */
import { BackendError } from "../../../core/values/errors.ts";
import type {
  ElementwiseNode,
  ElementwiseSpec,
  ValueType,
} from "../../../plugins/backends/room/lowering/loops.ts";
import { item } from "../../../core/values/item.ts";
import type { Element } from "./memory.ts";

type Unary = (x: number) => number;
type Binary<T> = (a: T, b: T) => T;

/** ONNX rounds halves to even. */
function round(x: number): number {
  const down = Math.floor(x), rest = x - down;
  return rest < 0.5 || (rest === 0.5 && down % 2 === 0) ? down : down + 1;
}
/** erf by Chebyshev's fit of erfc (Press et al., Numerical Recipes, erfccheb), in float64. */
function erf(x: number): number {
  const z = Math.abs(x), t = 2 / (2 + z), ty = 4 * t - 2;
  let d = 0, dd = 0;
  for (let j = fit.length - 1; j > 0; j--) [d, dd] = [ty * d - dd + item(fit, j), d];
  const tail = t * Math.exp(-z * z + 0.5 * (item(fit, 0) + ty * d) - dd);
  return x >= 0 ? 1 - tail : tail - 1;
}
// deno-fmt-ignore
const fit = [
  -1.3026537197817094, 6.4196979235649026e-1, 1.9476473204185836e-2, -9.561514786808631e-3, -9.46595344482036e-4,
  3.66839497852761e-4, 4.2523324806907e-5, -2.0278578112534e-5, -1.624290004647e-6, 1.303655835580e-6, 1.5626441722e-8,
  -8.5238095915e-8, 6.529054439e-9, 5.059343495e-9, -9.91364156e-10, -2.27365122e-10, 9.6467911e-11, 2.394038e-12,
  -6.886027e-12, 8.94487e-13, 3.13092e-13, -1.12708e-13, 3.81e-16, 7.106e-15,
];
const unary: Readonly<Record<string, Unary>> = {
  neg: (x) => -x,
  abs: Math.abs,
  sqrt: Math.sqrt,
  reciprocal: (x) => 1 / x,
  square: (x) => x * x,
  sign: Math.sign,
  ceil: Math.ceil,
  floor: Math.floor,
  trunc: Math.trunc,
  round,
  relu: (x) => (x < 0 ? 0 : x),
  exp: Math.exp,
  log: Math.log,
  expm1: Math.expm1,
  log1p: Math.log1p,
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  softsign: (x) => x / (1 + Math.abs(x)),
  erf,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  isnan: (x) => Number(Number.isNaN(x)),
  isinf: (x) => Number(Math.abs(x) === Infinity),
  not: (x) => 1 - x,
};
const binary: Readonly<Record<string, Binary<number>>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  min: Math.min,
  max: Math.max,
  pow: (a, b) => (a === 1 ? 1 : a ** b),
  mod: (a, b) => a - Math.floor(a / b) * b,
  fmod: (a, b) => a % b,
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
};
const whole: Readonly<Record<string, Binary<number>>> = {
  add: (a, b) => (a + b) | 0,
  sub: (a, b) => (a - b) | 0,
  mul: Math.imul,
  min: Math.min,
  max: Math.max,
};
const long: Readonly<Record<string, Binary<bigint>>> = {
  add: (a, b) => BigInt.asIntN(64, a + b),
  sub: (a, b) => BigInt.asIntN(64, a - b),
  mul: (a, b) => BigInt.asIntN(64, a * b),
};
const compare: Readonly<Record<string, (a: Element, b: Element) => boolean>> = {
  eq: (a, b) => a === b,
  ne: (a, b) => a !== b,
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
  gt: (a, b) => a > b,
  ge: (a, b) => a >= b,
};

/** Casts as ONNX does: towards zero; what is out of range or no number is the least integer. */
function cast(value: Element, from: ValueType, to: ValueType): Element {
  if (to === "bool") return Number(Number(value) !== 0);
  if (to === "f32") return Math.fround(Number(value));
  if (typeof value === "bigint") return to === "i64" ? value : Number(BigInt.asIntN(32, value));
  if (from !== "f32") return to === "i64" ? BigInt(value) : value;
  const n = Math.trunc(value), most = to === "i64" ? 2 ** 63 : 2 ** 31;
  const fits = n >= -most && n < most;
  return to === "i64" ? BigInt(fits ? n : -most) : fits ? n | 0 : -most;
}

type Step = (values: readonly Element[]) => Element;
interface Typed {
  readonly type: ValueType;
  readonly run: Step;
}
function stepOf(node: ElementwiseNode, types: readonly ValueType[]): Typed {
  const { op } = node, args = node.args ?? [];
  if (node.op === "const") {
    const value = node.dtype === "i64"
      ? BigInt(node.value)
      : node.dtype === "f32"
      ? Math.fround(node.value)
      : node.value;
    return { type: node.dtype, run: () => value };
  }
  const [x, y = x, z = x] = args, type = item(types, x ?? -1);
  const first = (v: readonly Element[]) => v[x ?? -1] as Element;
  const second = (v: readonly Element[]) => v[y ?? -1] as Element,
    third = (v: readonly Element[]) => v[z ?? -1] as Element;
  const float = (v: readonly Element[]) => first(v) as number;
  switch (node.op) {
    case "where":
      return { type: item(types, y ?? -1), run: (v) => (first(v) ? second(v) : third(v)) };
    case "cast":
      return { type: node.to, run: (v) => cast(first(v), type, node.to) };
    case "clip":
      return { type, run: (v) => Math.fround(Math.min(Math.max(float(v), node.min), node.max)) };
    case "leaky":
      return {
        type,
        run: (v) => (float(v) < 0 ? Math.fround(float(v) * Math.fround(node.alpha)) : float(v)),
      };
  }
  const test = compare[op];
  if (test) return { type: "bool", run: (v) => Number(test(first(v), second(v))) };
  const tests = op === "isnan" || op === "isinf";
  const one = args.length === 1 ? unary[op] : undefined;
  if (one) {
    const of = type === "i32" ? (n: number) => one(n) | 0 : Math.fround;
    return {
      type: tests ? "bool" : type,
      run: (v) => (type === "i32" ? one(float(v)) | 0 : of(one(float(v)))),
    };
  }
  const longs = long[op], wholes = whole[op], both = binary[op];
  if (type === "i64" && longs) return { type, run: (v) => longs(first(v) as bigint, second(v) as bigint) };
  if (type === "i32" && wholes) return { type, run: (v) => wholes(float(v), second(v) as number) };
  if (both) return { type, run: (v) => Math.fround(both(float(v), second(v) as number)) };
  throw new BackendError(`the loops have no ${op} on ${type}`);
}

/** A function that computes an expression's values of one element after its inputs, in place. */
export function evaluator({ inputs, nodes }: ElementwiseSpec): (values: Element[]) => void {
  const types = inputs.map(({ dtype }): ValueType => (dtype === "u8" ? "i32" : dtype));
  const steps = nodes.map((node) => {
    const { type, run } = stepOf(node, types);
    types.push(type);
    return run;
  });
  return (values) => {
    for (const step of steps) values.push(step(values));
  };
}
