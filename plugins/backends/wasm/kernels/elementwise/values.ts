/** The values of a fused loop: how each node becomes vector code. A value is four elements. @module */

import type { FunctionBuilder, PlainOp } from "../../assembler/assembler.ts";
import { divideInt, fmod, mod, pow, sine, tan } from "./double.ts";
import type { ElementwiseNode, ValueType } from "../../../room/lowering/loops.ts";
import { erf, exp, expm1, log, log1p, sigmoid, softplus, tanh } from "./transcendental.ts";
import { Vectors } from "./vector.ts";

/** Four elements in vector locals: one local, or two for int64. A bool lane is all ones or all zeros. */
export interface Value {
  readonly type: ValueType;
  readonly low: number;
  /** Elements 2 and 3 of an int64; equal to `low` otherwise. */
  readonly high: number;
}

type Unary = (v: Vectors, x: number) => number;
type Binary = (v: Vectors, x: number, y: number) => number;

const plain = (name: PlainOp): Unary & Binary => (v: Vectors, ...args: number[]): number =>
  v.op(name, ...args);

const FLOAT_UNARY: Readonly<Record<string, Unary>> = {
  neg: plain("f32x4.neg"),
  abs: plain("f32x4.abs"),
  sqrt: plain("f32x4.sqrt"),
  reciprocal: (v, x) => v.div(v.float(1), x),
  square: (v, x) => v.mul(x, x),
  sign: (v, x) => {
    const one = v.op("v128.and", v.op("f32x4.ne", x, v.float(0)), v.float(1));
    return v.select(v.op("f32x4.eq", x, x), v.orSign(one, x), x);
  },
  ceil: plain("f32x4.ceil"),
  floor: plain("f32x4.floor"),
  trunc: plain("f32x4.trunc"),
  round: plain("f32x4.nearest"),
  relu: (v, x) => v.op("f32x4.pmax", x, v.float(0)),
  exp,
  log,
  expm1,
  log1p,
  tanh,
  sigmoid,
  softplus,
  softsign: (v, x) => v.div(x, v.add(v.op("f32x4.abs", x), v.float(1))),
  erf,
  sin: (v, x) => sine(v, x, 0),
  cos: (v, x) => sine(v, x, 1),
  tan,
};
const FLOAT_BINARY: Readonly<Record<string, Binary>> = {
  add: plain("f32x4.add"),
  sub: plain("f32x4.sub"),
  mul: plain("f32x4.mul"),
  div: plain("f32x4.div"),
  min: plain("f32x4.min"),
  max: plain("f32x4.max"),
  pow,
  mod,
  fmod,
};
const INT_UNARY: Readonly<Record<string, Unary>> = {
  neg: plain("i32x4.neg"),
  abs: plain("i32x4.abs"),
  square: (v, x) => v.op("i32x4.mul", x, x),
  sign: (v, x) => v.op("v128.or", v.shr(x, 31), v.op("v128.and", v.op("i32x4.gt_s", x, v.int(0)), v.int(1))),
  relu: (v, x) => v.op("i32x4.max_s", x, v.int(0)),
};
const INT_BINARY: Readonly<Record<string, Binary>> = {
  add: plain("i32x4.add"),
  sub: plain("i32x4.sub"),
  mul: plain("i32x4.mul"),
  min: plain("i32x4.min_s"),
  max: plain("i32x4.max_s"),
  div: (v, x, y) => divideInt(v, x, y, "quotient"),
  mod: (v, x, y) => divideInt(v, x, y, "floored"),
  fmod: (v, x, y) => divideInt(v, x, y, "remainder"),
};
const LONG_UNARY: Readonly<Record<string, Unary>> = { neg: plain("i64x2.neg"), abs: plain("i64x2.abs") };
const longPick = (compare: PlainOp): Binary => (v, x, y) => v.select(v.op(compare, x, y), x, y);
const LONG_BINARY: Readonly<Record<string, Binary>> = {
  add: plain("i64x2.add"),
  sub: plain("i64x2.sub"),
  mul: plain("i64x2.mul"),
  min: longPick("i64x2.lt_s"),
  max: longPick("i64x2.gt_s"),
};
const LOGIC: Readonly<Record<string, Binary>> = {
  and: plain("v128.and"),
  or: plain("v128.or"),
  xor: plain("v128.xor"),
  ne: plain("v128.xor"),
  eq: (v, x, y) => v.op("v128.not", v.op("v128.xor", x, y)),
};
const UNARY: Readonly<Record<ValueType, Readonly<Record<string, Unary>>>> = {
  f32: FLOAT_UNARY,
  i32: INT_UNARY,
  i64: LONG_UNARY,
  bool: { not: plain("v128.not") },
};
const BINARY: Readonly<Record<ValueType, Readonly<Record<string, Binary>>>> = {
  f32: FLOAT_BINARY,
  i32: INT_BINARY,
  i64: LONG_BINARY,
  bool: LOGIC,
};
const COMPARE = ["eq", "ne", "lt", "le", "gt", "ge"] as const;

/** Writes nodes as vector code. */
export class Values {
  readonly f: FunctionBuilder;
  readonly v: Vectors;

  constructor(f: FunctionBuilder) {
    this.f = f;
    this.v = new Vectors(f);
  }

  /** The code of a node whose arguments are in locals. */
  node(node: ElementwiseNode, args: readonly Value[]): Value {
    const { v } = this;
    const [a = NONE, b = NONE, c = NONE] = args;
    switch (node.op) {
      case "const":
        return this.constant(node.dtype, node.value);
      case "cast":
        return this.cast(a, node.to);
      case "clip":
        return single("f32", v.clamp(a.low, node.min, node.max));
      case "leaky":
        return single(
          "f32",
          v.select(v.op("f32x4.lt", a.low, v.float(0)), v.mul(a.low, v.float(node.alpha)), a.low),
        );
      case "where":
        return this.where(a, b, c);
      case "isnan":
        return single("bool", v.op("f32x4.ne", a.low, a.low));
      case "isinf":
        return single("bool", v.op("f32x4.eq", v.op("f32x4.abs", a.low), v.float(Infinity)));
      default:
        return this.arithmetic(node.op, a, b, args.length, node);
    }
  }

  arithmetic(op: string, a: Value, b: Value, count: number, node: ElementwiseNode): Value {
    const { v } = this;
    if (a.type !== "bool" && COMPARE.some((name) => name === op)) return this.compare(op, a, b);
    if (op === "pow") {
      const exponent = this.constants.get(b.low);
      const short = exponent === undefined ? undefined : this.shortPower(a.low, exponent);
      if (short !== undefined) return single("f32", short);
    }
    const unary = UNARY[a.type][op];
    const binary = BINARY[a.type][op];
    const apply = (x: number, y: number): number | undefined =>
      count === 1 ? unary?.(v, x) : binary?.(v, x, y);
    const low = apply(a.low, b.low);
    if (low === undefined) throw new Error(`The fused loop has no ${node.op} of ${count} ${a.type}.`);
    return { type: a.type, low, high: a.type === "i64" ? apply(a.high, b.high) ?? low : low };
  }

  /** Float constants by their local, for powers with a known exponent. */
  readonly constants: Map<number, number> = new Map();

  shortPower(x: number, exponent: number): number | undefined {
    const { v } = this;
    if (exponent === 1) return x;
    if (exponent === 2) return v.mul(x, x);
    if (exponent === 3) return v.mul(v.mul(x, x), x);
    if (exponent === -1) return v.div(v.float(1), x);
    if (exponent === 0.5) return v.op("f32x4.sqrt", v.add(x, v.float(0)));
    if (exponent === -0.5) return v.div(v.float(1), v.op("f32x4.sqrt", v.add(x, v.float(0))));
    return undefined;
  }

  constant(type: ValueType, value: number): Value {
    const { v, f } = this;
    if (type === "i64") {
      f.vector(new Uint8Array(new BigInt64Array([BigInt(value), BigInt(value)]).buffer));
      return single("i64", v.keep());
    }
    if (type === "bool") return single("bool", v.int(value === 0 ? 0 : -1));
    if (type === "i32") return single("i32", v.int(value));
    const local = v.float(value);
    this.constants.set(local, value);
    return single("f32", local);
  }

  compare(op: string, a: Value, b: Value): Value {
    const { v } = this;
    const suffix = a.type === "f32" || op === "eq" || op === "ne" ? op : `${op}_s`;
    const shape = a.type === "f32" ? "f32x4" : a.type === "i32" ? "i32x4" : "i64x2";
    const name = `${shape}.${suffix}` as PlainOp;
    const low = v.op(name, a.low, b.low);
    return single("bool", a.type === "i64" ? this.lowWords(low, v.op(name, a.high, b.high)) : low);
  }

  where(condition: Value, a: Value, b: Value): Value {
    const { v } = this;
    if (a.type !== "i64") return single(a.type, v.select(condition.low, a.low, b.low));
    const mask = this.widen(condition.low);
    return { type: "i64", low: v.select(mask.low, a.low, b.low), high: v.select(mask.high, a.high, b.high) };
  }

  cast(a: Value, to: ValueType): Value {
    const { v } = this;
    if (a.type === to) return a;
    if (to === "bool") return this.truth(a);
    if (a.type === "bool") {
      const one = v.op("v128.and", a.low, to === "f32" ? v.float(1) : v.int(1));
      return to === "i64" ? this.widen(one) : single(to, one);
    }
    if (a.type === "i64") {
      return to === "i32" ? single("i32", this.lowWords(a.low, a.high)) : this.longToFloat(a);
    }
    if (a.type === "i32") {
      return to === "i64" ? this.widen(a.low) : single("f32", v.op("f32x4.convert_i32x4_s", a.low));
    }
    if (to === "i64") return this.floatToLong(a.low);
    // NaN and what is too large become the least number, which conversion gives to what is too small alone.
    const fits = v.op("f32x4.lt", a.low, v.float(2 ** 31));
    return single("i32", v.select(fits, v.op("i32x4.trunc_sat_f32x4_s", a.low), v.int(-(2 ** 31))));
  }

  truth(a: Value): Value {
    const { v } = this;
    if (a.type === "f32") return single("bool", v.op("f32x4.ne", a.low, v.float(0)));
    if (a.type === "i32") return single("bool", v.op("i32x4.ne", a.low, v.int(0)));
    const zero = v.int(0);
    return single("bool", this.lowWords(v.op("i64x2.ne", a.low, zero), v.op("i64x2.ne", a.high, zero)));
  }

  widen(x: number): Value {
    const { v } = this;
    return {
      type: "i64",
      low: v.op("i64x2.extend_low_i32x4_s", x),
      high: v.op("i64x2.extend_high_i32x4_s", x),
    };
  }

  lowWords(low: number, high: number): number {
    this.f.get(low, high).shuffle(0, 2, 4, 6);
    return this.v.keep();
  }

  longToFloat(a: Value): Value {
    const { f } = this;
    const result = f.local("v128");
    f.zero().set(result);
    for (let i = 0; i < 4; i++) {
      f.get(result).get(i < 2 ? a.low : a.high).lane("i64x2.extract_lane", i & 1);
      f.op("f32.convert_i64_s").lane("f32x4.replace_lane", i).set(result);
    }
    return single("f32", result);
  }

  floatToLong(x: number): Value {
    const { f } = this;
    const halves = f.locals("v128", 2), one = f.local("f32");
    halves.forEach((half, h) => {
      f.zero().set(half);
      for (let i = 0; i < 2; i++) {
        f.get(x).lane("f32x4.extract_lane", h * 2 + i).set(one);
        f.get(half).get(one).op("i64.trunc_sat_f32_s").i64(-(2n ** 63n));
        f.get(one).f32(2 ** 63).op("f32.lt", "select").lane("i64x2.replace_lane", i).set(half);
      }
    });
    const [low = 0, high = 0] = halves;
    return { type: "i64", low, high };
  }
}

const NONE: Value = { type: "f32", low: 0, high: 0 };

function single(type: ValueType, local: number): Value {
  return { type, low: local, high: local };
}
