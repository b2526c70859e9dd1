/** exp and log of four float32 lanes, within 1 ulp (exp) and 1.2 ulp (log) of the exact value. @module */

import type { FunctionBuilder, Kernel } from "../assembler.ts";

function lanesKernel(key: string, emit: (f: FunctionBuilder, x: number) => void): Kernel {
  return { key, args: ["x"], params: ["v128"], results: ["v128"], emit: (f) => emit(f, 0) };
}
/** Horner's rule from the highest coefficient; the result stays on the stack. */
function polynomial(f: FunctionBuilder, x: number, coefficients: readonly number[]): void {
  const [first = 0, ...others] = coefficients, sum = f.local("v128");
  f.splat(first).set(sum);
  for (const c of others) f.get(sum, x).op("f32x4.mul").splat(c).op("f32x4.add").set(sum);
  f.get(sum);
}

/** exp(x): x = n·ln 2 + r, a polynomial in r (Cephes' coefficients), scaled by 2ⁿ in two steps so that denormals come out right. */
export function expLanes(): Kernel {
  return lanesKernel("lanes exp", (f, x) => {
    const [n, r, y, i, half] = [
      f.local("v128"),
      f.local("v128"),
      f.local("v128"),
      f.local("v128"),
      f.local("v128"),
    ];
    const clipped = f.local("v128");
    f.get(x).splat(-104).op("f32x4.max").splat(89).op("f32x4.min").set(clipped);
    f.get(clipped).splat(1.4426950408889634).op("f32x4.mul", "f32x4.nearest").set(n);
    f.get(clipped).get(n).splat(0.693359375).op("f32x4.mul", "f32x4.sub").get(n).splat(-2.12194440e-4);
    f.op("f32x4.mul", "f32x4.sub").set(r);
    polynomial(f, r, [
      1.9875691500e-4,
      1.3981999507e-3,
      8.3334519073e-3,
      4.1665795894e-2,
      1.6666665459e-1,
      5.0000001201e-1,
    ]);
    f.get(r, r).op("f32x4.mul", "f32x4.mul").get(r).op("f32x4.add").splat(1).op("f32x4.add").set(y);
    f.get(n).op("i32x4.trunc_sat_f32x4_s").set(i);
    f.get(i).i32(1).op("i32x4.shr_s").set(half);
    for (const part of ["half", "rest"]) {
      f.get(y);
      if (part === "half") f.get(half);
      else f.get(i, half).op("i32x4.sub");
      f.splatInt(127).op("i32x4.add").i32(23).op("i32x4.shl", "f32x4.mul").set(y);
    }
    f.get(y);
  });
}

/** ln(x): the mantissa in [√½, √2) and the exponent apart (Cephes' coefficients); 0 gives −∞, negatives NaN. */
export function logLanes(): Kernel {
  return lanesKernel("lanes log", (f, x) => {
    const [m, e, small, z, y, tiny] = [0, 0, 0, 0, 0, 0].map(() => f.local("v128"));
    const [mantissa = 0, exponent = 0, low = 0, square = 0, result = 0, denormal = 0] = [
      m,
      e,
      small,
      z,
      y,
      tiny,
    ];
    f.get(x).splat(1.17549435e-38).op("f32x4.lt").set(denormal);
    f.get(x).splat(8388608).op("f32x4.mul").get(x, denormal).op("v128.bitselect").set(mantissa);
    f.get(mantissa).i32(23).op("i32x4.shr_u").splatInt(126).op("i32x4.sub", "f32x4.convert_i32x4_s").set(
      exponent,
    );
    f.get(exponent).splat(23).get(denormal).op("v128.and", "f32x4.sub").set(exponent);
    f.get(mantissa).splatInt(0x007fffff).op("v128.and").splatInt(0x3f000000).op("v128.or").set(mantissa);
    f.get(mantissa).splat(0.7071067811865476).op("f32x4.lt").set(low);
    f.get(exponent).splat(1).get(low).op("v128.and", "f32x4.sub").set(exponent);
    f.get(mantissa).splat(1).op("f32x4.sub").get(mantissa).get(low).op("v128.and", "f32x4.add").set(mantissa);
    f.get(mantissa, mantissa).op("f32x4.mul").set(square);
    polynomial(f, mantissa, [
      ...[7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1],
      ...[-1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1],
    ]);
    f.get(mantissa).op("f32x4.mul").get(square).op("f32x4.mul");
    f.get(exponent).splat(-2.12194440e-4).op("f32x4.mul", "f32x4.add").get(square).splat(0.5);
    f.op("f32x4.mul", "f32x4.sub").get(mantissa).op("f32x4.add").get(exponent).splat(0.693359375);
    f.op("f32x4.mul", "f32x4.add").set(result);
    f.splat(Infinity).get(result).get(x).splat(Infinity).op("f32x4.eq", "v128.bitselect").set(result);
    f.splat(-Infinity).get(result).get(x).splat(0).op("f32x4.eq", "v128.bitselect").set(result);
    f.splat(NaN).get(result).get(x).splat(0).op("f32x4.lt").get(x, x).op(
      "f32x4.ne",
      "v128.or",
      "v128.bitselect",
    ).set(result);
    f.get(result);
  });
}
