/**
 * exp, log and their kin on four float32 lanes, out of adds and multiplications only, so that every engine gives the same
 * result. Error bounds are those that transcendental_test.ts measures against float64, in units in the last place.
 * @module
 */

import type { Vectors } from "./vector.ts";

const LOG2E = 1.4426950408889634;
/** ln 2 in two parts; the first has few enough bits that its multiples up to 128 are exact. */
const LN2_HIGH = 0.693138122558594;
const LN2_LOW = 9.0580006144708e-6;
/** Adding it rounds a small float to an integer, which the low bits of the sum then hold. */
const MAGIC = 12582912;
/** (exp(r) - 1 - r) / r² for |r| ≤ ln 2 / 2, minimax. */
const EXP = [
  0.4999999701976776,
  0.1666654348373413,
  0.04166720062494278,
  0.008366580121219158,
  0.0013882509665563703,
];
/** (ln(1 + f) - f + f²/2) / f³ for |f| ≤ 1/3, minimax. */
const LOG = [
  ...[0.3333321511745453, -0.24999797344207764, 0.20010405778884888, -0.16680487990379333],
  ...[0.14005868136882782, -0.12184260040521622, 0.13984444737434387, -0.1289168894290924],
];

/** exp(x) = 2^n · (1 + p): the integer n is in the low bits of `n`, p = exp(r) - 1 for the rest r. */
interface Reduced {
  readonly n: number;
  readonly p: number;
}

/** Reduces `factor`·x, where factor is a power of two with either sign, so that no extra product is needed. */
function reduce(v: Vectors, x: number, factor: number): Reduced {
  const n = v.madd(x, v.float(LOG2E * factor), v.float(MAGIC));
  const whole = v.sub(n, v.float(MAGIC));
  const high = v.madd(whole, v.float(-Math.fround(LN2_HIGH) / factor), x);
  const r = v.madd(whole, v.float(-Math.fround(LN2_LOW) / factor), high);
  const scaled = EXP.map((c, i) => c * factor ** (i + 2));
  const square = v.mul(r, r);
  const first = factor === 1 ? r : v.mul(r, v.float(factor));
  return { n, p: v.madd(square, v.polynomial(r, scaled), first) };
}

/** 2^(n + offset) from the low bits of `n`. */
function power(v: Vectors, n: number, offset = 0): number {
  return v.op("i32x4.add", v.shl(n, 23), v.int((127 + offset) << 23));
}

/** e^x, 1.03 ulp; overflows to infinity, underflows through the denormals to 0. */
export function exp(v: Vectors, x: number): number {
  const { n, p } = reduce(v, v.clamp(x, -104, 89), 1);
  const whole = v.op("i32x4.sub", n, v.int(0x4b400000));
  const half = v.shr(whole, 1);
  const first = power(v, half);
  const second = power(v, v.op("i32x4.sub", whole, half));
  return v.mul(v.madd(p, first, first), second);
}

/** e^x - 1, 1.7 ulp. */
export function expm1(v: Vectors, x: number): number {
  const { n, p } = reduce(v, v.clamp(x, -80, 89), 1);
  // Half of it first: 2^128 is no float32, 2^127 is.
  const scale = power(v, n, -1);
  const half = v.madd(p, scale, v.sub(scale, v.float(0.5)));
  return v.orSign(v.add(half, half), x);
}

/** tanh |x| = (e^2|x| - 1) / (e^2|x| + 1), 2.4 ulp. */
export function tanh(v: Vectors, x: number): number {
  const { n, p } = reduce(v, v.op("f32x4.pmin", v.op("f32x4.abs", x), v.float(9.1)), 2);
  const scale = power(v, n);
  const less = v.madd(p, scale, v.sub(scale, v.float(1)));
  return v.orSign(v.div(less, v.add(less, v.float(2))), x);
}

/** 1 / (1 + e^-x), 2.3 ulp; it stays at 1.2e-38 below -87.3, where the true value is a denormal. */
export function sigmoid(v: Vectors, x: number): number {
  const { n, p } = reduce(v, v.clamp(x, -87.3, 88), -1);
  const scale = power(v, n);
  return v.div(v.float(1), v.add(v.madd(p, scale, scale), v.float(1)));
}

/** ln x for x > 0 and finite, denormals too, as exponent · ln 2 + ln(1 + f), without the special cases. */
function logFinite(v: Vectors, x: number): number {
  const tiny = v.op("f32x4.lt", x, v.float(2 ** -126));
  const normal = v.select(tiny, v.mul(x, v.float(2 ** 23)), x);
  const offset = v.op("i32x4.sub", normal, v.int(0x3f2aaaab));
  const exponent = v.shr(offset, 23);
  const mantissa = v.op("i32x4.sub", normal, v.shl(exponent, 23));
  const shift = v.op("v128.and", tiny, v.int(23));
  const e = v.op("f32x4.convert_i32x4_s", v.op("i32x4.sub", exponent, shift));
  const f = v.sub(mantissa, v.float(1));
  const square = v.mul(f, f);
  const cubic = v.mul(v.mul(square, f), v.polynomial(f, LOG));
  const low = v.madd(e, v.float(LN2_LOW), cubic);
  const rest = v.madd(square, v.float(-0.5), low);
  return v.madd(e, v.float(LN2_HIGH), v.add(f, rest));
}

/** ln x, 0.82 ulp: -infinity at ±0, NaN below. */
export function log(v: Vectors, x: number): number {
  const zero = v.float(0);
  const finite = logFinite(v, x);
  const proper = v.select(v.op("f32x4.lt", x, v.float(Infinity)), finite, x);
  const atZero = v.select(v.op("f32x4.eq", x, zero), v.int(-0x800000), proper);
  return v.op("v128.or", atZero, v.op("f32x4.lt", x, zero));
}

/** ln(1 + x), 2.4 ulp: what rounding 1 + x lost comes back as a factor. */
export function log1p(v: Vectors, x: number): number {
  const one = v.float(1);
  const sum = v.add(x, one);
  const rounded = v.sub(sum, one);
  const corrected = v.mul(log(v, sum), v.div(x, rounded));
  const same = v.op("v128.or", v.op("f32x4.eq", rounded, v.float(0)), v.op("f32x4.eq", x, v.float(Infinity)));
  const atMinusOne = v.select(v.op("f32x4.eq", sum, v.float(0)), v.float(-Infinity), corrected);
  return v.select(same, x, atMinusOne);
}

/** ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|), 2.7 ulp. */
export function softplus(v: Vectors, x: number): number {
  const negative = v.op("v128.or", x, v.int(-0x80000000));
  const tail = log1p(v, exp(v, negative));
  return v.add(v.op("f32x4.pmax", x, v.float(0)), tail);
}

/** The error function, 1.2 ulp, by N. Juffa's two minimax polynomials: near zero, and -ln(1 - erf) beyond 475/512. */
export function erf(v: Vectors, x: number): number {
  const t = v.op("f32x4.pmin", v.op("f32x4.abs", x), v.float(4));
  const s = v.mul(x, x);
  const outer = [
    -1.28717512e-1,
    -6.34846687e-1,
    -1.06777877e-1,
    2.42546219e-2,
    -3.88396438e-3,
    3.83197126e-4,
  ];
  const exponent = v.polynomial(t, [...outer, -1.72853470e-5]);
  const far = v.sub(v.float(1), exp(v, v.sub(v.mul(exponent, t), t)));
  const inner = [1.28379166e-1, -3.76125336e-1, 1.12819925e-1, -2.67681349e-2, 4.99119423e-3, -5.96761703e-4];
  const near = v.madd(v.polynomial(s, inner), x, x);
  return v.select(v.op("f32x4.gt", t, v.float(475 / 512)), v.orSign(far, x), near);
}
