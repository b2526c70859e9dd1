/** Philox 4×32-10: uniform random numbers by key and counter. @module */

import type { FunctionBuilder, Kernel } from "../../assembler/assembler.ts";
import { defineKernel } from "../common.ts";

const M0 = 0xd2511f53n, M1 = 0xcd9e8d57n, W0 = 0x9e3779b9 | 0, W1 = 0xbb67ae85 | 0;

/**
 * `Y n K C`: n float32 numbers in [0, 1) at Y, under the two 32-bit words at K and the 64-bit counter at C. Number i is the
 * top 24 bits of word i mod 4 of block i div 4 (Salmon et al. 2011).
 */
export function philox(): Kernel {
  return defineKernel("philox", ["Y", "n", "K", "C"], (f, arg, m) => {
    const block = m.kernel(philoxBlock()), index = f.local("i32"), left = f.local("i32");
    f.get(arg.n).i32(3).op("i32.add").i32(2).op("i32.shr_u").set(left);
    f.times(left, () => {
      f.get(arg.Y, index).get(arg.K).mem("i32.load").get(arg.K).mem("i32.load", 4);
      f.get(arg.C).mem("i32.load").get(arg.C).mem("i32.load", 4).get(arg.n).call(block);
      f.inc(arg.Y, 16).inc(index, 1).inc(arg.n, -4);
    });
  });
}

/** One block: four words, of which the first `left` are stored. */
function philoxBlock(): Kernel {
  return defineKernel("philox-block", ["Y", "index", "k0", "k1", "low", "high", "left"], (f, arg) => {
    const [c0, c1, c2, c3] = [f.local("i32"), f.local("i32"), f.local("i32"), f.local("i32")];
    const [p0, p1] = [f.local("i64"), f.local("i64")];
    f.get(arg.index).set(c0).get(arg.low).set(c2).get(arg.high).set(c3);
    for (let round = 0; round < 10; round++) {
      product(f, c0, M0, p0);
      product(f, c2, M1, p1);
      upper(f, p1).get(c1).op("i32.xor").get(arg.k0).op("i32.xor").set(c0);
      upper(f, p0).get(c3).op("i32.xor").get(arg.k1).op("i32.xor").set(c2);
      f.get(p1).op("i32.wrap_i64").set(c1).get(p0).op("i32.wrap_i64").set(c3);
      f.get(arg.k0).i32(W0).op("i32.add").set(arg.k0).get(arg.k1).i32(W1).op("i32.add").set(arg.k1);
    }
    [c0, c1, c2, c3].forEach((word, i) => {
      f.get(arg.left).i32(i).op("i32.gt_s").if(() => {
        f.get(arg.Y, word).i32(8).op("i32.shr_u", "f32.convert_i32_u").f32(1 / 16777216).op("f32.mul").mem(
          "f32.store",
          i * 4,
        );
      });
    });
  });
}
function product(f: FunctionBuilder, word: number, factor: bigint, out: number): void {
  f.get(word).op("i64.extend_i32_u").i64(factor).op("i64.mul").set(out);
}
function upper(f: FunctionBuilder, wide: number): FunctionBuilder {
  return f.get(wide).i64(32n).op("i64.shr_u", "i32.wrap_i64");
}
