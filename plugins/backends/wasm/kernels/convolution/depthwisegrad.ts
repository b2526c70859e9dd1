/** The gradient of a depthwise convolution in its kernel. @module */

import type { Kernel } from "../../assembler/assembler.ts";
import { defineKernel } from "../common.ts";
import { storeWidth } from "../reduce/reduce.ts";

const NAMES = "batch H W C X xN xH xW DY yN yH yW Y".split(" ");

/**
 * Y[c] = Σ x·dy over [batch, H, W] for one kernel position: `batch H W C X xN xH xW DY yN yH yW Y`, extents of dy, byte
 * strides of the image (times the convolution's) and of dy; channels are contiguous. Rows are summed on their own first.
 */
export function depthwiseGradient(): Kernel {
  return defineKernel<string>("depthwise-gradient", NAMES, (f, arg) => {
    const at = (name: string) => arg[name] ?? 0;
    const [sum, row, left, high, wide] = [
      f.local("v128"),
      f.local("v128"),
      f.local("i32"),
      f.local("i32"),
      f.local("i32"),
    ];
    const [xn, xh, xw, yn, yh, yw] = [0, 0, 0, 0, 0, 0].map(() => f.local("i32"));
    if (!xn || !xh || !xw || !yn || !yh || !yw) return;
    f.loop((again) => {
      f.zero().set(sum).get(at("X")).set(xn).get(at("DY")).set(yn).get(at("batch")).set(left);
      f.times(left, () => {
        f.get(xn).set(xh).get(yn).set(yh).get(at("H")).set(high);
        f.times(high, () => {
          f.zero().set(row).get(xh).set(xw).get(yh).set(yw).get(at("W")).set(wide);
          f.times(wide, () => {
            f.get(xw).mem("v128.load").get(yw).mem("v128.load").madd(row).set(row);
            f.incBy(xw, at("xW")).incBy(yw, at("yW"));
          });
          f.get(sum, row).op("f32x4.add").set(sum);
          f.incBy(xh, at("xH")).incBy(yh, at("yH"));
        });
        f.incBy(xn, at("xN")).incBy(yn, at("yN"));
      });
      storeWidth(f, at("Y"), sum, at("C"));
      f.inc(at("X"), 16).inc(at("DY"), 16).inc(at("Y"), 16);
      f.inc(at("C"), -4).get(at("C")).i32(0).op("i32.gt_s").brIf(again);
    });
  });
}
