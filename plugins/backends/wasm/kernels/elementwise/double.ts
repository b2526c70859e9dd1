/** Functions that float32 arithmetic is too short for: computed on two float64 lanes at a time. @module */

import type { Vectors } from "./vector.ts";

/** A float64 in both lanes. */
function double(v: Vectors, value: number): number {
  v.f.vector(new Uint8Array(new Float64Array([value, value]).buffer));
  return v.keep();
}

function polynomial(v: Vectors, x: number, coefficients: readonly number[]): number {
  const [last = 0, ...rest] = coefficients.toReversed();
  return rest.reduce((sum, c) => v.op("f64x2.add", v.op("f64x2.mul", sum, x), double(v, c)), double(v, last));
}

/** Lanes 0–1, or 2–3, of a float32 vector as float64. */
function widen(v: Vectors, x: number, high: boolean): number {
  if (high) v.f.get(x, x).shuffle(2, 3, 2, 3);
  else v.f.get(x);
  v.f.op("f64x2.promote_low_f32x4");
  return v.keep();
}

/** Two pairs of float64 as four float32. */
function narrow(v: Vectors, low: number, high: number): number {
  const a = v.op("f32x4.demote_f64x2_zero", low);
  const b = v.op("f32x4.demote_f64x2_zero", high);
  v.f.get(a, b).shuffle(0, 1, 4, 5);
  return v.keep();
}

/** Applies a float64 function to both halves of float32 vectors. */
function halves(v: Vectors, args: readonly number[], apply: (args: number[]) => number): number {
  const [low = 0, high = 0] = [false, true].map((half) => apply(args.map((x) => widen(v, x, half))));
  return narrow(v, low, high);
}

/** ln x for finite x > 0 that is no float64 denormal, relative error below 1e-11. */
function logDouble(v: Vectors, x: number): number {
  const offset = v.op("i64x2.sub", x, bits(v, 0x3fe6a09e667f3bcdn));
  v.f.get(offset).i32(52).op("i64x2.shr_s");
  const exponent = v.keep();
  v.f.get(exponent).i32(52).op("i64x2.shl");
  const m = v.op("i64x2.sub", x, v.keep());
  const one = double(v, 1);
  const s = v.op("f64x2.div", v.op("f64x2.sub", m, one), v.op("f64x2.add", m, one));
  const square = v.op("f64x2.mul", s, s);
  const series = polynomial(v, square, Array.from({ length: 8 }, (_, i) => 2 / (2 * i + 1)));
  v.f.get(exponent, exponent).shuffle(0, 2, 0, 2).op("f64x2.convert_low_i32x4_s");
  const e = v.keep();
  return v.op("f64x2.add", v.op("f64x2.mul", e, double(v, Math.LN2)), v.op("f64x2.mul", s, series));
}

/** e^x for |x| ≤ 700, relative error below 1e-11. */
function expDouble(v: Vectors, x: number): number {
  const n = v.op("f64x2.nearest", v.op("f64x2.mul", x, double(v, Math.LOG2E)));
  const r = v.op("f64x2.sub", x, v.op("f64x2.mul", n, double(v, Math.LN2)));
  let factorial = 1;
  const taylor = Array.from({ length: 11 }, (_, i) => 1 / (factorial *= Math.max(1, i)));
  const p = polynomial(v, r, taylor);
  const whole = v.op("i32x4.trunc_sat_f64x2_s_zero", n);
  v.f.get(v.op("i64x2.extend_low_i32x4_s", whole)).i32(52).op("i64x2.shl");
  const shifted = v.keep();
  return v.op("f64x2.mul", p, v.op("i64x2.add", shifted, bits(v, 0x3ff0000000000000n)));
}

function bits(v: Vectors, value: bigint): number {
  v.f.vector(new Uint8Array(new BigInt64Array([value, value]).buffer));
  return v.keep();
}

/** x^y, 1 ulp, with IEEE's special cases: x^0 = 1^y = 1, a negative x needs a whole y. */
export function pow(v: Vectors, x: number, y: number): number {
  const [zero, one, infinity] = [v.float(0), v.float(1), v.float(Infinity)];
  const size = v.op("f32x4.abs", x);
  const magnitude = halves(v, [size, y], ([a = 0, b = 0]) => {
    const exponent = v.op("f64x2.mul", b, logDouble(v, a));
    const low = v.op("f64x2.pmax", exponent, double(v, -200));
    return expDouble(v, v.op("f64x2.pmin", low, double(v, 200)));
  });
  const extreme = v.op("v128.or", v.op("f32x4.eq", size, zero), v.op("f32x4.eq", size, infinity));
  const grows = v.op("v128.xor", v.op("f32x4.gt", size, one), v.op("f32x4.lt", y, zero));
  const limit = v.op("v128.and", grows, infinity);
  let result = v.select(extreme, limit, magnitude);
  const bigY = v.op("f32x4.eq", v.op("f32x4.abs", y), infinity);
  result = v.select(v.op("v128.and", bigY, v.op("f32x4.ne", size, one)), limit, result);
  const whole = v.op("f32x4.eq", v.op("f32x4.trunc", y), y);
  const halfY = v.mul(y, v.float(0.5));
  const odd = v.op("v128.and", whole, v.op("f32x4.ne", v.op("f32x4.trunc", halfY), halfY));
  const sign = v.op("v128.and", v.op("v128.and", x, v.int(-0x80000000)), odd);
  result = v.op("v128.or", result, sign);
  const finiteBelow = v.op("v128.andnot", v.op("f32x4.lt", x, zero), extreme);
  result = v.op("v128.or", result, v.op("v128.andnot", finiteBelow, whole));
  const unordered = v.op("v128.or", v.op("f32x4.ne", x, x), v.op("f32x4.ne", y, y));
  result = v.op("v128.or", result, unordered);
  const minusOne = v.op("v128.and", bigY, v.op("f32x4.eq", size, one));
  const always = v.op("v128.or", v.op("f32x4.eq", y, zero), v.op("f32x4.eq", x, one));
  return v.select(v.op("v128.or", always, minusOne), one, result);
}

/** The remainder with the sign of x (C's fmod); exact while |x / y| < 2^29. */
export function fmod(v: Vectors, x: number, y: number): number {
  const remainder = halves(v, [x, y], ([a = 0, b = 0]) => remainderDouble(v, a, b));
  const bounded = v.op("f32x4.eq", v.op("f32x4.abs", y), v.float(Infinity));
  const finite = v.op("f32x4.lt", v.op("f32x4.abs", x), v.float(Infinity));
  return v.orSign(v.select(v.op("v128.and", bounded, finite), x, remainder), x);
}

function remainderDouble(v: Vectors, a: number, b: number): number {
  const quotient = v.op("f64x2.trunc", v.op("f64x2.div", a, b));
  return v.op("f64x2.sub", a, v.op("f64x2.mul", quotient, b));
}

/** The remainder with the sign of y (Python's %). */
export function mod(v: Vectors, x: number, y: number): number {
  const r = fmod(v, x, y);
  const differs = v.op(
    "f32x4.lt",
    v.mul(r, v.op("v128.or", v.op("v128.and", y, v.int(-0x80000000)), v.float(1))),
    v.float(0),
  );
  return v.select(differs, v.add(r, y), r);
}

/** int32 division toward zero, and its remainder with the sign of y, through float64, where both are exact. */
export function divideInt(
  v: Vectors,
  x: number,
  y: number,
  want: "quotient" | "remainder" | "floored",
): number {
  const [low = 0, high = 0] = [false, true].map((half) => {
    const [a = 0, b = 0] = [x, y].map((value) => {
      if (half) v.f.get(value, value).shuffle(2, 3, 2, 3);
      else v.f.get(value);
      v.f.op("f64x2.convert_low_i32x4_s");
      return v.keep();
    });
    if (want === "quotient") return v.op("i32x4.trunc_sat_f64x2_s_zero", v.op("f64x2.div", a, b));
    if (want === "remainder") return v.op("i32x4.trunc_sat_f64x2_s_zero", remainderDouble(v, a, b));
    const quotient = v.op("f64x2.floor", v.op("f64x2.div", a, b));
    const floored = v.op("f64x2.sub", a, v.op("f64x2.mul", quotient, b));
    return v.op("i32x4.trunc_sat_f64x2_s_zero", floored);
  });
  v.f.get(low, high).shuffle(0, 1, 4, 5);
  return v.keep();
}

/** sin and cos polynomials on [-π/4, π/4] (Cephes). */
const SIN = [-1.6666654611e-1, 8.3321608736e-3, -1.9515295891e-4];
const COS = [4.166664568298827e-2, -1.388731625493765e-3, 2.443315711809948e-5];

/** Where two parts of π/2 no longer do. */
const FAR = 2 ** 20;
/** 2/π in parts of 24 bits, so that a float32 times a part is exact in float64; enough of them for 2^128. */
const TWO_OVER_PI = [0xa2f983, 0x6e4e44, 0x1529fc, 0x2757d1, 0xf534dd, 0xc0db62, 0x95993c, 0x439041];

/** Quarter turns of x and the rest in [-π/4, π/4], in float64. */
interface Turned {
  readonly turns: number;
  readonly rest: number;
}
/** By two parts of π/2: exact for |x| up to {@link FAR}. */
function nearTurns(v: Vectors, x: number): Turned {
  const turns = v.op("f64x2.nearest", v.op("f64x2.mul", x, double(v, 2 / Math.PI)));
  const first = v.op("f64x2.sub", x, v.op("f64x2.mul", turns, double(v, 1.57079631090164184570)));
  return {
    turns,
    rest: v.op("f64x2.sub", first, v.op("f64x2.mul", turns, double(v, 1.58932547735281966916e-8))),
  };
}
/** By as many parts of 2/π as the largest float32 needs, whole turns taken off each product (Payne and Hanek). */
function farTurns(v: Vectors, x: number): Turned {
  let turns = double(v, 0), rest = turns;
  TWO_OVER_PI.forEach((part, i) => {
    const product = v.op("f64x2.mul", x, double(v, part * 2 ** (-24 * (i + 1))));
    const whole = v.op("f64x2.nearest", v.op("f64x2.mul", product, double(v, 0.25)));
    const less = v.op("f64x2.sub", product, v.op("f64x2.mul", whole, double(v, 4)));
    const sum = v.op("f64x2.add", rest, less), quarter = v.op("f64x2.nearest", sum);
    turns = v.op("f64x2.add", turns, quarter);
    rest = v.op("f64x2.sub", sum, quarter);
  });
  return { turns, rest: v.op("f64x2.mul", rest, double(v, Math.PI / 2)) };
}
/** Quarter turns of four numbers (int32) and the rests (float32). */
function turned(v: Vectors, x: number, reduce: (v: Vectors, x: number) => Turned): Turned {
  const [low = 0, high = 0] = [false, true].map((half) => widen(v, x, half));
  const [a, b] = [reduce(v, low), reduce(v, high)];
  const rest = narrow(v, a.rest, b.rest);
  const [first = 0, second = 0] = [a, b].map(({ turns }) => v.op("i32x4.trunc_sat_f64x2_s_zero", turns));
  v.f.get(first, second).shuffle(0, 1, 4, 5);
  return { turns: v.keep(), rest };
}
function quarterTurns(v: Vectors, x: number): Turned {
  const near = turned(v, x, nearTurns);
  v.f.get(v.op("f32x4.gt", v.op("f32x4.abs", x), v.float(FAR))).op("v128.any_true").if(() => {
    const far = turned(v, x, farTurns);
    v.f.get(far.turns).set(near.turns).get(far.rest).set(near.rest);
  });
  return near;
}

/** sin of x, or cos where `ahead` is 1: 1.6 ulp plus 2^-36. */
export function sine(v: Vectors, x: number, ahead: 0 | 1): number {
  const { turns, rest } = quarterTurns(v, x);
  if (ahead === 1) return quadrant(v, v.op("i32x4.add", turns, v.int(1)), rest, x);
  return v.select(v.op("f32x4.eq", x, v.float(0)), x, quadrant(v, turns, rest, x));
}

function quadrant(v: Vectors, turns: number, r: number, x: number): number {
  const square = v.mul(r, r);
  const sin = v.madd(v.mul(square, r), v.polynomial(square, SIN), r);
  const half = v.madd(square, v.float(-0.5), v.float(1));
  const cos = v.madd(v.mul(square, square), v.polynomial(square, COS), half);
  const odd = v.op("i32x4.ne", v.op("v128.and", turns, v.int(1)), v.int(0));
  const sign = v.shl(v.op("v128.and", turns, v.int(2)), 30);
  const value = v.op("v128.xor", v.select(odd, cos, sin), sign);
  return v.op("v128.or", value, v.op("f32x4.ne", v.sub(x, x), v.float(0)));
}

/** tan x = sin x / cos x. */
export function tan(v: Vectors, x: number): number {
  const { turns, rest } = quarterTurns(v, x);
  const next = v.op("i32x4.add", turns, v.int(1));
  return v.div(quadrant(v, turns, rest, x), quadrant(v, next, rest, x));
}
