/** Softmax and its logarithm over one axis. @module */

import type { FunctionBuilder, Kernel } from "../../assembler/assembler.ts";
import { defineKernel } from "../common.ts";
import { expLanes, logLanes } from "../elementwise/lanes.ts";
import { overColumns, type ReduceAxis, storeWidth } from "./reduce.ts";

/**
 * Softmax. For axis "inner": `outer n X xOuter Y yOuter`. For "middle": `outer n inner X xOuter xReduce Y yOuter yReduce`.
 * Y may be X where their strides are equal.
 */
export function softmax(spec: { readonly log?: boolean; readonly axis: ReduceAxis }): Kernel {
  const log = spec.log ?? false, key = `${log ? "log-" : ""}softmax ${spec.axis}`;
  if (spec.axis === "inner") {
    return defineKernel(key, ["outer", "n", "X", "xOuter", "Y", "yOuter"], (f, arg, m) => {
      const row = m.kernel(softmaxRow(log));
      f.times(arg.outer, () => {
        f.get(arg.n, arg.X, arg.Y).call(row).incBy(arg.X, arg.xOuter).incBy(arg.Y, arg.yOuter);
      });
    });
  }
  const names = ["outer", "n", "inner", "X", "xOuter", "xReduce", "Y", "yOuter", "yReduce"] as const;
  return defineKernel(key, names, (f, arg, m) => {
    const columns = m.kernel(softmaxColumns(log));
    overColumns(f, arg, (x, y, width) => f.get(arg.n, x, arg.xReduce, y, arg.yReduce, width).call(columns));
  });
}

/** One contiguous row. Lanes past its end count as −∞. */
function softmaxRow(log: boolean): Kernel {
  return defineKernel(`softmax-row ${log}`, ["n", "X", "Y"], (f, arg, m) => {
    const exp = m.kernel(expLanes()), ln = m.kernel(logLanes());
    const [x, y, left] = [f.local("i32"), f.local("i32"), f.local("i32")];
    const [most, sum, value] = [f.local("v128"), f.local("v128"), f.local("v128")];
    const each = (body: () => void) => {
      f.get(arg.X).set(x).get(arg.Y).set(y).get(arg.n).set(left);
      f.loop((again) => {
        body();
        f.inc(x, 16).inc(y, 16).inc(left, -4).get(left).i32(0).op("i32.gt_s").brIf(again);
      });
    };
    const load = (pointer: number, past: number) => {
      f.get(pointer).mem("v128.load").splat(past);
      f.get(left).op("i32x4.splat").lanesInt([0, 1, 2, 3]).op("i32x4.gt_s", "v128.bitselect");
    };
    f.splat(-Infinity).set(most);
    each(() => {
      load(x, -Infinity);
      f.get(most).op("f32x4.max").set(most);
    });
    across(f, most, "f32x4.max");
    each(() => {
      load(x, -Infinity);
      f.get(most).op("f32x4.sub").call(exp).tee(value).get(sum).op("f32x4.add").set(sum);
      if (!log) storeWidth(f, y, value, left);
    });
    across(f, sum, "f32x4.add");
    if (log) f.get(sum).call(ln).get(most).op("f32x4.add").set(sum);
    each(() => {
      f.get(log ? x : y).mem("v128.load").get(sum).op(log ? "f32x4.sub" : "f32x4.div").set(value);
      storeWidth(f, y, value, left);
    });
  });
}

/** Leaves the joined lanes of a vector in all of its lanes. */
export function across(f: FunctionBuilder, vector: number, join: "f32x4.add" | "f32x4.max"): void {
  f.get(vector, vector).shuffle(2, 3, 0, 1).get(vector).op(join).set(vector);
  f.get(vector, vector).shuffle(1, 0, 3, 2).get(vector).op(join).set(vector);
}

/** Up to four columns side by side. */
function softmaxColumns(log: boolean): Kernel {
  return defineKernel(
    `softmax-columns ${log}`,
    ["n", "X", "xReduce", "Y", "yReduce", "width"],
    (f, arg, m) => {
      const exp = m.kernel(expLanes()), ln = m.kernel(logLanes());
      const [x, y, left] = [f.local("i32"), f.local("i32"), f.local("i32")];
      const [most, sum, value] = [f.local("v128"), f.local("v128"), f.local("v128")];
      const each = (body: () => void) => {
        f.get(arg.X).set(x).get(arg.Y).set(y).get(arg.n).set(left);
        f.times(left, () => {
          body();
          f.incBy(x, arg.xReduce).incBy(y, arg.yReduce);
        });
      };
      f.splat(-Infinity).set(most);
      each(() => f.get(x).mem("v128.load").get(most).op("f32x4.max").set(most));
      each(() => {
        f.get(x).mem("v128.load").get(most).op("f32x4.sub").call(exp).set(value).get(value, sum).op(
          "f32x4.add",
        ).set(sum);
        if (!log) storeWidth(f, y, value, arg.width);
      });
      if (log) f.get(sum).call(ln).get(most).op("f32x4.add").set(sum);
      each(() => {
        f.get(log ? x : y).mem("v128.load").get(sum).op(log ? "f32x4.sub" : "f32x4.div").set(value);
        storeWidth(f, y, value, arg.width);
      });
    },
  );
}
