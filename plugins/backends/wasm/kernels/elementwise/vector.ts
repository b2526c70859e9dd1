/** Vector expressions: every operation puts its result into a new local and returns it. @module */

import type { FunctionBuilder, PlainOp } from "../../assembler/assembler.ts";

/** Writes four-lane arithmetic as expressions over locals. */
export class Vectors {
  readonly f: FunctionBuilder;

  constructor(f: FunctionBuilder) {
    this.f = f;
  }

  /** Pops the top of the stack into a new local. */
  keep(): number {
    const local = this.f.local("v128");
    this.f.set(local);
    return local;
  }

  /** One instruction on vector locals. */
  op(name: PlainOp, ...args: number[]): number {
    this.f.get(...args).op(name);
    return this.keep();
  }

  /** A float32 in all lanes. */
  float(value: number): number {
    this.f.splat(value);
    return this.keep();
  }

  /** An int32 in all lanes. */
  int(value: number): number {
    this.f.splatInt(value);
    return this.keep();
  }

  /** a·b + c */
  madd(a: number, b: number, c: number): number {
    this.f.get(a, b).madd(c);
    return this.keep();
  }

  add(a: number, b: number): number {
    return this.op("f32x4.add", a, b);
  }

  sub(a: number, b: number): number {
    return this.op("f32x4.sub", a, b);
  }

  mul(a: number, b: number): number {
    return this.op("f32x4.mul", a, b);
  }

  div(a: number, b: number): number {
    return this.op("f32x4.div", a, b);
  }

  /** `mask ? a : b`, bit by bit. */
  select(mask: number, a: number, b: number): number {
    return this.op("v128.bitselect", a, b, mask);
  }

  /** Bits shifted left by a constant. */
  shl(a: number, bits: number): number {
    this.f.get(a).i32(bits).op("i32x4.shl");
    return this.keep();
  }

  /** Bits shifted right by a constant, with the sign. */
  shr(a: number, bits: number): number {
    this.f.get(a).i32(bits).op("i32x4.shr_s");
    return this.keep();
  }

  /** x between two numbers; one instruction each, and NaN stays NaN. */
  clamp(x: number, min: number, max: number): number {
    const low = this.op("f32x4.pmax", x, this.float(min));
    return this.op("f32x4.pmin", low, this.float(max));
  }

  /** `magnitude` with the sign of `sign` where its own sign bit is clear. */
  orSign(magnitude: number, sign: number): number {
    return this.op("v128.or", magnitude, this.op("v128.and", sign, this.int(-0x80000000)));
  }

  /** c[0] + c[1]·x + c[2]·x² + … */
  polynomial(x: number, coefficients: readonly number[]): number {
    const [last = 0, ...rest] = coefficients.toReversed();
    return rest.reduce((sum, c) => this.madd(sum, x, this.float(c)), this.float(last));
  }
}
