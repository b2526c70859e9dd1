/** Special functions out of ONNX' operators, by approximations of the literature. @module */
import type { Builder } from "../../../core/graph/builder.ts";
import type { Value } from "../../../core/graph/graph.ts";
import { cast, dtypeOf, range, scalarLike as constant } from "../../../core/ops/words.ts";
import { below, plus, times } from "./terms.ts";

const like = (b: Builder, n: number, v: Value) => constant(b, n, v);

/** A polynomial, the highest power first (Horner). */
function polynomial(b: Builder, x: Value, coefficients: readonly number[]): Value {
  const [first = 0, ...rest] = coefficients;
  return rest.reduce((sum, c) => plus(b, b.mul(sum, x), c), like(b, first, x));
}
/** The inverse of the error function (Giles 2010, "Approximating the erfinv function"). */
export function erfinv(b: Builder, x: Value): Value {
  const near = [
    2.81022636e-08,
    3.43273939e-07,
    -3.5233877e-06,
    -4.39150654e-06,
    0.00021858087,
    -0.00125372503,
  ];
  const far = [-0.000200214257, 0.000100950558, 0.00134934322, -0.00367342844, 0.00573950773, -0.0076224613];
  const nearEnd = [-0.00417768164, 0.246640727, 1.50140941], farEnd = [0.00943887047, 1.00167406, 2.83297682];
  const w = b.neg(b.log(b.mul(b.sub(like(b, 1, x), x), plus(b, x, 1))));
  const small = polynomial(b, plus(b, w, -2.5), [...near, ...nearEnd]);
  const large = polynomial(b, plus(b, b.sqrt(w), -3), [...far, ...farEnd]);
  const y = b.mul(x, b.where(below(b, w, 5), small, large));
  const edge = b.equal(b.abs(x), like(b, 1, x));
  return b.where(edge, times(b, x, Infinity), y);
}
/** The modified Bessel function of order 0, as it is or over its growth (Abramowitz and Stegun 9.8.1, 9.8.2). */
export function bessel(b: Builder, x: Value, scaled = false): Value {
  const size = b.abs(x), t = times(b, size, 1 / 3.75);
  const near = polynomial(b, b.mul(t, t), [
    0.0045813,
    0.0360768,
    0.2659732,
    1.2067492,
    3.0899424,
    3.5156229,
    1,
  ]);
  const far = polynomial(b, b.reciprocal(b.max([t, like(b, 1, t)])), [
    0.00392377,
    -0.01647633,
    0.02635537,
    -0.02057706,
    0.00916281,
    -0.00157565,
    0.00225319,
    0.01328592,
    0.39894228,
  ]);
  const slow = b.div(far, b.sqrt(b.max([size, like(b, 1, size)])));
  const [p, q] = scaled ? [b.mul(near, b.exp(b.neg(size))), slow] : [near, b.mul(slow, b.exp(size))];
  return b.where(below(b, size, 3.75), p, q);
}
/** The logarithm of the gamma function (Lanczos' approximation with g = 7; the reflection formula below 1/2). */
export function lgamma(b: Builder, v: Value): Value {
  const coefficients = [
    676.5203681218851,
    -1259.1392167224028,
    771.3234287776531,
    -176.6150291621406,
    12.507343278686905,
    -0.13857109526572012,
    9.984369578019572e-6,
    1.5056327351493116e-7,
  ];
  const z = cast(b, v, "float64"), low = b.less(z, like(b, 0.5, z));
  const at = plus(b, b.where(low, b.sub(like(b, 1, z), z), z), -1);
  const sum = coefficients.reduce(
    (s, c, i) => b.add(s, b.div(like(b, c, at), plus(b, at, i + 1))),
    like(b, 0.9999999999998099, at),
  );
  const t = plus(b, at, 7.5);
  const log = b.add(
    b.sub(b.mul(plus(b, at, 0.5), b.log(t)), t),
    plus(b, b.log(sum), 0.5 * Math.log(2 * Math.PI)),
  );
  const sine = b.abs(b.sin(times(b, z, Math.PI)));
  const reflected = b.sub(b.sub(like(b, Math.log(Math.PI), z), b.log(sine)), log);
  return cast(b, b.where(low, reflected, log), dtypeOf(v));
}
/** Its derivative (the recurrence up to 6, then the asymptotic series; Abramowitz and Stegun 6.3.5, 6.3.18). */
export function digamma(b: Builder, v: Value): Value {
  const z = cast(b, v, "float64"), low = b.lessOrEqual(z, like(b, 0, z));
  let at = b.where(low, b.sub(like(b, 1, z), z), z), sum = like(b, 0, z);
  for (const _ of range(0, 6)) {
    sum = b.sub(sum, b.reciprocal(at));
    at = plus(b, at, 1);
  }
  const inverse = b.reciprocal(at), square = b.mul(inverse, inverse);
  const series = [1 / 240, -1 / 252, 1 / 120, -1 / 12].reduce(
    (s, c) => plus(b, b.mul(s, square), c),
    like(b, -1 / 132, z),
  );
  const tail = b.add(b.log(at), times(b, inverse, -0.5));
  const value = b.add(sum, b.add(tail, b.mul(series, square)));
  const turn = times(b, b.reciprocal(b.tan(times(b, z, Math.PI))), Math.PI);
  return cast(b, b.where(low, b.sub(value, turn), value), dtypeOf(v));
}
/** The modified Bessel function of order 1 over its growth (Abramowitz and Stegun 9.8.3, 9.8.4). */
export function bessel1(b: Builder, v: Value, scaled: boolean): Value {
  const size = b.abs(v), t = times(b, size, 1 / 3.75), power = b.mul(t, t);
  const near = polynomial(b, power, [
    0.00032411,
    0.00301532,
    0.02658733,
    0.15084934,
    0.51498869,
    0.87890594,
    0.5,
  ]);
  const far = polynomial(b, b.reciprocal(b.max([t, like(b, 1, t)])), [
    -0.00420059,
    0.01787654,
    -0.02895312,
    0.02282967,
    -0.01031555,
    0.00163801,
    -0.00362018,
    -0.03988024,
    0.39894228,
  ]);
  const falling = b.exp(b.neg(size)), small = b.mul(size, near);
  const large = b.div(far, b.sqrt(b.max([size, like(b, 1, size)])));
  const nearby = b.less(size, like(b, 3.75, size));
  const value = scaled
    ? b.where(nearby, b.mul(small, falling), large)
    : b.where(nearby, small, b.mul(large, b.exp(size)));
  return b.mul(b.sign(v), value);
}
