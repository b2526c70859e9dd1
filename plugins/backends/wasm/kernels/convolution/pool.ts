/** Maximum and average pooling over channels-last images. @module */

import type { FunctionBuilder, Kernel, ModuleBuilder } from "../../assembler/assembler.ts";
import { type Args, defineKernel } from "../common.ts";
import { storeWidth } from "../reduce/reduce.ts";

/** Specialisation of a pooling; lists go depth, height, width (1 to 3 of them). */
export interface PoolSpec {
  readonly mode: "max" | "average";
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Whether an average divides by positions in the padding too. */
  readonly countIncludePad?: boolean;
}
const NAMES = [
  ..."batch D H W C X sN sD sH sW d0 d1 h0 h1 w0 w1".split(" "),
  ..."Y OD OH OW yPixel".split(" "),
];
/** Names of the dims, outermost first. */
export const AXES = ["D", "H", "W"] as const;

/**
 * Pools an unpadded image whose channels are contiguous. Arguments:
 * `batch D H W C X sN sD sH sW d0 d1 h0 h1 w0 w1 Y OD OH OW yPixel`: extents, byte strides, padding before and after each
 * dim (after matters to `countIncludePad` only), output address and extents, bytes between output pixels.
 */
export function pool(spec: PoolSpec): Kernel {
  const full = fill3(spec);
  const key = `pool ${spec.mode} ${full.kernel} ${full.strides} ${full.dilations}${
    spec.countIncludePad ? " all" : ""
  }`;
  return defineKernel<string>(key, NAMES, (f, arg, m) => {
    const one = m.kernel(poolPixel(full, key));
    const position = AXES.map(() => f.local("i32")), left = AXES.map(() => f.local("i32"));
    const from = AXES.map(() => f.local("i32")),
      to = AXES.map(() => f.local("i32")),
      divisor = f.local("i32");
    const loop = (axis: number): void => {
      const name = AXES[axis];
      if (name === undefined) return emitPixel(f, arg, full, from, to, divisor, one);
      const [p = 0, n = 0, a = 0, b = 0] = [position[axis], left[axis], from[axis], to[axis]];
      const step = full.strides[axis] ?? 1;
      f.i32(0).get(arg[`${name.toLowerCase()}0`] ?? 0).op("i32.sub").set(p).get(arg[`O${name}`] ?? 0).set(n);
      f.times(n, () => {
        window(f, p, full.kernel[axis] ?? 1, full.dilations[axis] ?? 1, arg[name] ?? 0, a, b);
        loop(axis + 1);
        f.inc(p, step);
      });
    };
    f.times(arg["batch"] ?? 0, () => {
      loop(0);
      f.incBy(arg["X"] ?? 0, arg["sN"] ?? 0);
    });

    function emitPixel(
      f: FunctionBuilder,
      arg: Args<string>,
      spec: PoolSpec,
      from: readonly number[],
      to: readonly number[],
      divisor: number,
      one: number,
    ): void {
      const at = (name: string) => arg[name] ?? 0;
      count(f, arg, spec, from, to, position, divisor);
      f.get(at("C"), at("X"), at("Y"), divisor);
      AXES.forEach((name, i) => f.get(position[i] ?? 0, from[i] ?? 0, to[i] ?? 0, at(`s${name}`)));
      f.call(one).incBy(at("Y"), at("yPixel"));
    }
  });
}

/** The specialisation with all three dims. */
export function fill3(spec: PoolSpec): PoolSpec {
  const lead = (list: readonly number[]) => [...new Array<number>(3 - list.length).fill(1), ...list];
  return { ...spec, kernel: lead(spec.kernel), strides: lead(spec.strides), dilations: lead(spec.dilations) };
}

/** The kernel positions [from, to) of a window at `start` that lie inside [0, size). */
export function window(
  f: FunctionBuilder,
  start: number,
  kernel: number,
  dilation: number,
  size: number,
  from: number,
  to: number,
): void {
  f.i32(0).set(from);
  f.get(start).i32(0).op("i32.lt_s").if(() => {
    f.i32(dilation - 1).get(start).op("i32.sub").i32(dilation).op("i32.div_s").set(from);
  });
  f.get(size, start).op("i32.sub").i32(dilation - 1).op("i32.add").i32(dilation).op("i32.div_s").set(to);
  f.get(to).i32(kernel).op("i32.gt_s").if(() => f.i32(kernel).set(to));
  f.get(to, from).op("i32.lt_s").if(() => f.get(from).set(to));
}

/** How many positions an average divides by. */
export function count(
  f: FunctionBuilder,
  arg: Args<string>,
  spec: PoolSpec,
  from: readonly number[],
  to: readonly number[],
  position: readonly number[],
  divisor: number,
): void {
  f.i32(1);
  AXES.forEach((name, i) => {
    const [p = 0, a = 0, b = 0] = [position[i], from[i], to[i]];
    if (!spec.countIncludePad) f.get(b, a).op("i32.sub", "i32.mul");
    else {
      // Positions up to the end of the padding after the image.
      const reach = f.local("i32"), dilation = spec.dilations[i] ?? 1;
      f.get(arg[name] ?? 0, arg[`${name.toLowerCase()}1`] ?? 0).op("i32.add").get(p).op("i32.sub");
      f.i32(dilation - 1).op("i32.add").i32(dilation).op("i32.div_s").set(reach);
      f.get(reach).i32(spec.kernel[i] ?? 1).op("i32.gt_s").if(() => f.i32(spec.kernel[i] ?? 1).set(reach));
      f.get(reach).op("i32.mul");
    }
  });
  f.set(divisor);
}

/** One output pixel: every channel, four at a time. */
function poolPixel(spec: PoolSpec, key: string): Kernel {
  const names = ["C", "X", "Y", "divisor", ...AXES.flatMap((a) => [`p${a}`, `f${a}`, `t${a}`, `s${a}`])];
  return defineKernel<string>(`${key} pixel`, names, (f, arg, m) => {
    const at = (name: string) => arg[name] ?? 0;
    const sum = f.local("v128");
    f.loop((again) => {
      f.splat(spec.mode === "max" ? -Infinity : 0).set(sum);
      visit(f, m, spec, arg, 0, at("X"), sum);
      if (spec.mode === "average") {
        f.get(sum).get(at("divisor")).op("f32.convert_i32_s", "f32x4.splat", "f32x4.div").set(sum);
      }
      storeWidth(f, at("Y"), sum, at("C"));
      f.inc(at("X"), 16).inc(at("Y"), 16).inc(at("C"), -4).get(at("C")).i32(0).op("i32.gt_s").brIf(again);
    });
  });
}

function visit(
  f: FunctionBuilder,
  m: ModuleBuilder,
  spec: PoolSpec,
  arg: Args<string>,
  axis: number,
  base: number,
  sum: number,
): void {
  const name = AXES[axis], at = (n: string) => arg[n] ?? 0;
  if (name === undefined) {
    f.get(base).mem("v128.load").get(sum).op(spec.mode === "max" ? "f32x4.max" : "f32x4.add").set(sum);
    return;
  }
  const [pointer, left] = [f.local("i32"), f.local("i32")], dilation = spec.dilations[axis] ?? 1;
  f.get(base, at(`p${name}`), at(`f${name}`)).i32(dilation).op("i32.mul", "i32.add").get(at(`s${name}`)).op(
    "i32.mul",
    "i32.add",
  ).set(pointer);
  f.get(at(`t${name}`), at(`f${name}`)).op("i32.sub").set(left);
  f.times(left, () => {
    visit(f, m, spec, arg, axis + 1, pointer, sum);
    f.get(pointer, at(`s${name}`)).i32(dilation).op("i32.mul", "i32.add").set(pointer);
  });
}
